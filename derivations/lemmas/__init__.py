"""One file a lemma: facts about Gaussian matrices that the theorems cite."""
