"""The trusted core: random-matrix expressions, the rules of inference, derivations and their replay."""
