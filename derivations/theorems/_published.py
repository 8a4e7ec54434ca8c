"""What the published forms are made of, and the problem at which they are compared with exact values.

That is the paper's synthetic experiment, where its N is smallest and its spaces share least: a target with
coefficients ±1/√D on the first 300 coordinates of Σ^½γ, which has the eigenvalues 1/i; strong features are
the coordinates 1 to 100, weak ones 91 to 290.
"""

from fractions import Fraction

from derivations.notation import N, d_s, d_sw
from derivations.points import Point, point
from derivations.theorems._recovery import u

CODE, ABSTRACT = "the authors' published code", "the paper's abstract"
coded = d_sw + u * d_s / N  # d(N), which stands where the exact form has d_sw + κ(d_w - d_sw)


def _energy(*coordinates: range) -> Fraction:
    """The part of the target's variance that lies in some coordinates."""
    return sum((Fraction(1, 20000 * i) for some in coordinates for i in some), Fraction(0))


STRONG, WEAK = range(1, 101), range(91, 291)
SIZES = {"n": 2000, "N": 400, "d_s": len(STRONG), "d_w": len(WEAK), "d_sw": len({*STRONG} & {*WEAK})}
PLAIN = point((), sigma2="1/100").but(SIZES)  # label noise alone
PAPER: Point = PLAIN.but(
    {
        "rho_w": _energy(range(1, 91), range(291, 301)),
        "rho_s": _energy(range(101, 301)),
        "delta2": _energy(range(1, 91)),
        "tau2": _energy(range(101, 291)),
    }
)
