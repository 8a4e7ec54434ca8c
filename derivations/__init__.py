"""What is claimed, and why it is true: claims, their derivations and the core that makes them.

>>> import derivations
>>> derivations.derive("w2s-variance").conclusion  # doctest: +SKIP
"""

from derivations.claims import Book, Claim, Theorem, claims, library


def derive(claim: str) -> Theorem:
    """Derive a claim, and all it cites, from nothing. Raises Refused for an unknown id."""
    return library().theorem(claim)


__all__ = ["Book", "Claim", "Theorem", "claims", "derive", "library"]
