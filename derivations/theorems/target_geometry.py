"""What either space misses of the target and of the other: the squares that bound what a target can be."""

from dataclasses import replace
from fractions import Fraction

import sympy as sp
from sympy import Identity

from derivations.claims import Equal, Part, claim
from derivations.core.derivation import Derivation
from derivations.core.language import E, T, mul, norm2
from derivations.core.rules import Contract, Fold, ScalarOut
from derivations.core.words import Factor
from derivations.notation import C, d_s, d_sw, d_w, delta, fresh_s, fresh_w, rho_w, theta, xi
from derivations.points import point
from derivations.theorems import _misspecified as target
from derivations.theorems._misspecified import cross, delta2, fitted2, theta2

a, b = sp.symbols("a b", real=True)
seen2 = sp.Symbol("psi2", nonnegative=True)  # ‖Cᵀδ‖²
SEEN = (Factor(delta, transposed=True), Factor(C), Factor(C, transposed=True), Factor(delta))
SETTING = replace(
    target.SETTING,
    blocks=(target.inputs(fresh_s, fresh_w, xi, copies=0),),
    hypotheses=(d_s, d_w),
    definitions=(),
    names=(*target.NAMES, (seen2, SEEN)),
)
# What either space cannot express of the other's features.
BEYOND_STRONG, BEYOND_WEAK = fresh_w - mul(fresh_s, C), fresh_s - mul(fresh_w, T(C))
MISSED = a * mul(BEYOND_STRONG, theta) + b * (xi - mul(fresh_s, delta))
UNSEEN = xi - b * mul(BEYOND_WEAK, delta)
ACROSS_STRONG = mul(delta2 * Identity(d_s) - mul(delta, T(delta)), T(BEYOND_WEAK))
ACROSS_WEAK = mul(theta2 * Identity(d_w) - mul(theta, T(theta)), T(BEYOND_STRONG))
ALONG = a * mul(C, theta) - b * delta
TURNED = mul(C, theta2 * Identity(d_w) - mul(theta, T(theta)))

ROOTS = (MISSED, UNSEEN, ACROSS_STRONG, ACROSS_WEAK, ALONG, TURNED)
POINTS = [
    p.but({"a": Fraction(a), "b": Fraction(b)})
    for p, a, b in (
        (point(("4/5", "1/2"), d_s=3, d_w=4, rho_w="4"), "1", "2"),
        (point(("1/2",), d_s=2, d_w=2, rho_w="1"), "-1", "1/2"),
        (point(("3/10",), d_s=1, d_w=3, rho_w="9"), "2", "-1"),
        (point(("9/10",), d_s=4, d_w=1, rho_w="4"), "1/2", "3"),
        (point((1, "1/2"), d_s=4, d_w=3, rho_w="1"), "-2", "-1"),
        (point(("4/5",), d_s=5, d_w=5, rho_w="16"), "1", "-1/3"),
        (point((), d_s=2, d_w=3, rho_w="4"), "3", "1"),
        (point(("1/5", "3/5"), d_s=2, d_w=6, rho_w="2"), "1/3", "-2"),
        (point(("19/20",), d_s=3, d_w=2, rho_w="25"), "-1", "1"),
        (point(("7/10", "7/10", "1/10"), d_s=6, d_w=3, rho_w="9"), "2", "1/4"),
        (point(("1/2", "1/2"), d_s=2, d_w=2, rho_w="1"), "1", "1"),
        (point(("9/10", "4/5", "1/5"), d_s=4, d_w=4, rho_w="36"), "-3", "1/2"),
    )
]
MEANS = {
    fresh_s: "E γ_sγ_sᵀ = I, E γ_sγ_wᵀ = C, E γ_sξ = δ",
    fresh_w: "E γ_wγ_wᵀ = I, E γ_wξ = 0",
    xi: "E ξ² = ρ_w",
}


def _squared(label: str, root: sp.MatrixExpr, right: sp.Expr, numbers: bool = False) -> Equal:
    """‖root‖², or its mean where features stand in it; `numbers` come out of products if there are any."""
    random = tuple(x for x in (fresh_s, fresh_w, xi) if root.has(x))
    letters = [x for x in (d_sw, theta2, fitted2, delta2, cross, seen2) if right.has(x)]

    def proof(p: Derivation) -> Derivation:
        for x in random:
            p = p.by(Contract(x), MEANS[x])
        p = p.by(ScalarOut(), "numbers come out") if numbers else p
        for x in letters:
            p = p.by(Fold(x))
        return p

    left = E(norm2(root)) if random else norm2(root)
    return Equal(left, right, SETTING, proof, label=label)


@claim(
    id="target-geometry",
    title="What either space misses of the target",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\bigl(a\,(I-P_s)P_wf_*+b\,(I-P_s)(I-P_w)f_*\bigr)^2"
    r"=a^2\tau^2-2ab\,\delta^\top C\theta+b^2(\rho_w-\delta^2)",
    points=POINTS,
)
def target_geometry() -> tuple[Part, ...]:
    r"""Second moments of the target, as squares: claims that cite them use that a square is not negative.

    Part 1 is the statement; at $a=b=1$ it is $\rho_s$. Part 2 is what the weak features miss of
    $\gamma_s^\top\delta$, taken $b$ times from $\xi$. In parts 3 and 4 features that are missed are
    multiplied by $\|\delta\|^2I-\delta\delta^\top$, which takes out what lies along $\delta$ (and
    likewise $\theta$): a trace is more than one of its diagonal entries. Parts 5 and 6 are about the vectors
    $\delta$ and $C\theta$, and about $C$.
    """
    return (
        _squared(
            "what the strong features miss",
            MISSED,
            a**2 * (theta2 - fitted2) + b**2 * (rho_w - delta2) - 2 * a * b * cross,
        ),
        _squared("what the weak features miss", UNSEEN, rho_w - 2 * b * delta2 + b**2 * (delta2 - seen2)),
        _squared("across δ", ACROSS_STRONG, delta2 * (delta2 * (d_s - d_sw) - delta2 + seen2), numbers=True),
        _squared("across θ", ACROSS_WEAK, theta2 * (theta2 * (d_w - d_sw) - theta2 + fitted2), numbers=True),
        _squared("along both", ALONG, a**2 * fitted2 + b**2 * delta2 - 2 * a * b * cross),
        _squared("turned", TURNED, theta2 * (theta2 * d_sw - fitted2), numbers=True),
    )
