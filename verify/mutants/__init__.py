"""Mutants: closed forms changed in every small way, to show what each channel would have noticed.

`changes` makes them from an expression tree, `proofs` sets apart those that say the same or less, `places`
and `stored` put the others to the channels, `judge` and `report` bring it together. `small` is the short list
of changes that every certificate looks at.
"""

from verify.mutants.small import small_changes

__all__ = ["small_changes"]
