"""The trusted core: random-matrix expressions, the rules of inference, derivations and their replay.

Read in this order: `words` (the normal form), `language` (how statements enter and results leave), `laws`
(what is random, what is assumed, what exists), `rules` (algebra and expectations), `cite` (using a proved
claim), `analysis` (linear systems, symmetry, chi-square, integrals, limits), `derivation` (steps, replay).

What a proved claim rests on: these files; the facts that rules name as their axioms; SymPy where it computes
with scalars (sums, rational functions, signs of sizes, one integral, limits). It rests on no other file, and
on nothing that is stored: a proof only proposes rules, and the core applies them again to the statement
itself. The fields of a setting that say how to simulate are read by no rule.
"""
