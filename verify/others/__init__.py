"""The theory next to result tables of others: what dimension governs, where weak-to-strong begins to win."""
