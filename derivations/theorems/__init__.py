"""One file a theorem of the paper."""
