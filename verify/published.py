"""Published forms against exact values: the ratio at the paper's own sizes, and where the form fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from derivations.claims import Claim, Formula, Published
from derivations.notation import W2S, d_sw
from derivations.points import Point
from verify.consequences import Sides, Stated


@dataclass(frozen=True)
class Comparison:
    """A published form (right) and the exact value (left) at the paper's sizes and at the witness."""

    published: Published
    at: Sides
    witness: Sides

    @property
    def ratio(self) -> Fraction:
        """Exact over published, at the paper's sizes."""
        return self.at.left / self.at.right


def compared(published: Published, claims: Mapping[str, Claim]) -> Comparison:
    """Both sides at the two points, from the closed forms that the claims state."""
    whole = Stated(Formula(published.exact, published.form, published.region, W2S), claims)
    return Comparison(
        published, *(whole.compare(_letters(whole, p)) for p in (published.at, published.witness))
    )


def _letters(whole: Stated, point: Point) -> dict[sp.Symbol, Fraction]:
    """The letters' values, by name; d_sw follows from overlaps where there is no value of it."""
    shared = sum((c * c for c in point.overlaps), Fraction(0))
    given = {d_sw.name: shared, **dict(point.values)}
    region = whole.part.region
    found = region.values({s: sp.Rational(given[s.name]) for s in whole.letters if s.name in given})
    return {s: Fraction(int(found[s].p), int(found[s].q)) for s in whole.letters if s in found}
