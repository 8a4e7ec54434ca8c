"""The risks of the four models side by side: the letters and the regions that their comparisons share."""

import sympy as sp

from derivations.core.consequences import value
from derivations.core.regions import Region
from derivations.notation import N, d_s, d_sw, d_w, n, rho_s, rho_w
from derivations.points import Point, point
from derivations.theorems import _misspecified
from derivations.theorems._misspecified import cross, delta2, theta2

WEAK, STUDENT = value("teacher-risk"), value("w2s-risk")
BASELINE, CEILING = value("baseline-risk"), value("ceiling-risk")
# Their parts that are linear in σ².
WEAK_VARIANCE, STUDENT_VARIANCE = value("teacher-variance"), value("w2s-variance")

tau2 = sp.Symbol("tau2", nonnegative=True)
x, y = n - d_w - 1, N - d_s - 1  # the denominators of the teacher's and the student's samples
M = n + y  # n + N - d_s - 1, that of the ceiling's
u = d_w - d_sw  # the discrepancy
kappa = d_s / y
A = d_sw + kappa * u
beyond = rho_s + delta2 + kappa * tau2  # the part of the student's risk that better labels do not help

# τ² and ρ_s in the place of ‖θ‖² and δᵀCθ, which occur in the closed forms in these combinations only.
NAMES = (
    (tau2, _misspecified.tau2, theta2),
    (rho_s, rho_w + tau2 - delta2 - 2 * cross, cross),
)
ANY = Region(positive=(x, y), nonnegative=(u,), names=NAMES)
EXPRESSED = ANY.where(at=((rho_w, 0), (rho_s, 0), (delta2, 0), (tau2, 0)))  # f* is in both spaces
labelled = n - d_s - 1  # positive where the baseline has a risk


def _at(n: int, N: int, d_s: int, d_w: int, *cos: int | str, rho_w: str = "", noise: str = "normal") -> Point:
    scalars = {"sigma2": "25", "rho_w": rho_w} if rho_w else {"sigma2": "1"}
    return point(tuple(cos), noise, n=n, N=N, d_s=d_s, d_w=d_w, **scalars)


# Far enough from the boundaries for ratios of risks; with ρ_w the target lies in neither space. The first one
# has what can be measured of boundaries in N, at and beside N = 2 d_s + 1.
POINTS = (
    _at(24, 14, 6, 6, "4/5", noise="sign"),
    _at(24, 14, 6, 6, "4/5", rho_w="9"),
    _at(12, 20, 2, 4, "4/5", "3/10", noise="uniform"),  # d_w > d_s
    _at(12, 20, 2, 4, "4/5", "3/10", rho_w="9"),
    _at(9, 8, 2, 1, "1/2"),  # the ceiling ties with the teacher
    _at(9, 8, 2, 1, "1/2", rho_w="4"),
    _at(14, 30, 5, 3, "9/10", "1/2"),  # d_s > d_w
    _at(14, 30, 5, 3, "9/10", "1/2", rho_w="1"),
    _at(12, 16, 3, 3),  # no overlap
    _at(12, 16, 3, 3, rho_w="16"),
    _at(16, 14, 4, 4, 1, 1, "1/2"),  # two directions are inherited whole
    _at(16, 14, 4, 4, 1, 1, "1/2", rho_w="1"),
)
