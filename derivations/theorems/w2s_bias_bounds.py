"""Bounds of the student's bias in terms of ρ_s and ρ_w alone: its range where δ and τ are not known."""

import sympy as sp

from derivations.claims import Order, Part, claim
from derivations.core.consequences import value
from derivations.notation import N, d_s, rho_s, rho_w
from derivations.theorems._misspecified import SETTING, delta2
from derivations.theorems._recovery import ANY, POINTS, A, kappa, tau2, x, y

s, w = sp.Symbol("s", nonnegative=True), sp.Symbol("w", nonnegative=True)  # √ρ_s and √ρ_w
a, t = sp.Symbol("a", nonnegative=True), sp.Symbol("tau", nonnegative=True)  # √(ρ_w - δ²) and τ
BIAS = value("w2s-bias")
TARGETS = ANY.where(
    nonnegative=(w - a,),
    at=((rho_s, s**2), (rho_w, w**2), (delta2, w**2 - a**2), (tau2, t**2)),
)
# The triangle inequality, a side at a time.
UPPER, LOWER = TARGETS.where(nonnegative=(s + a - t,)), TARGETS.where(nonnegative=(s + t - a, a + t - s))


@claim(
    id="w2s-bias-bounds",
    title="Bounds of the bias by what either space misses",
    kind="inequality",
    source="this project",
    statement=r"\operatorname{Bias}(f_{w2s})-\rho_w\frac{A}{n-d_w-1}\le\rho_w+\frac{\rho_s}{1-\kappa}"
    r"\ (\kappa<1),\quad\le\rho_s+\kappa(\sqrt{\rho_s}+\sqrt{\rho_w})^2"
    r"\ (\kappa\sqrt{\rho_s}\ge(1-\kappa)\sqrt{\rho_w}),"
    r"\quad\ge\rho_s+\kappa(\sqrt{\rho_s}-\sqrt{\rho_w})^2\ (\kappa\sqrt{\rho_s}\ge(\kappa-1)\sqrt{\rho_w}),"
    r"\quad\ge\rho_w-\frac{\rho_s}{\kappa-1}\ (\kappa>1)",
    points=(*POINTS, POINTS[1].but({"N": 12})),
)
def w2s_bias_bounds() -> tuple[Part, ...]:
    r"""How bad the target can be for given $\rho_s$ and $\rho_w$.

    The hypotheses are $a^2=\rho_w-\delta^2\ge0$ and the triangle inequality between $\sqrt{\rho_s}$, $a$ and
    $\tau$ (claim feasibility). With $\kappa<1$ the bias is largest at
    $a=\frac{\kappa}{1-\kappa}\sqrt{\rho_s}$ if that is at most $\sqrt{\rho_w}$, which gives the first bound,
    and else at $a=\sqrt{\rho_w}$. It is least at $a=\sqrt{\rho_w}$, which gives the third, unless $\kappa>1$
    and $\frac{\kappa}{\kappa-1}\sqrt{\rho_s}$ is smaller: the fourth. The proofs write the slack as a sum of
    squares and of products of what is not negative.
    """
    inherited = w**2 * A / x
    many = N - 2 * d_s - 1
    wide = kappa * (s + a - t) * (s + a + t)
    narrow = kappa * (s + t - a) * (a + t - s)
    lower = s**2 + kappa * (s - w) ** 2
    return (
        Order(
            inherited + w**2 + s**2 / (1 - kappa),
            BIAS,
            UPPER.where(many),
            SETTING,
            because=many / y * (a - kappa * s / (1 - kappa)) ** 2 + wide,
            strict=False,
            label="first bound, κ < 1",
            measured=False,
        ),
        Order(
            inherited + s**2 + kappa * (s + w) ** 2,
            BIAS,
            UPPER.where(nonnegative=(many, d_s * s - many * w)),
            SETTING,
            because=2 * (d_s * s - many * w) * (w - a) / y + many * (w - a) ** 2 / y + wide,
            strict=False,
            label="second bound, κ ≤ 1",
            measured=False,
        ),
        Order(
            inherited + s**2 + kappa * (s + w) ** 2,
            BIAS,
            UPPER.where(nonnegative=(-many,)),
            SETTING,
            because=2 * d_s * s * (w - a) / y - many * (w - a) * (w + a) / y + wide,
            strict=False,
            label="second bound, κ ≥ 1",
            measured=False,
        ),
        Order(
            BIAS,
            inherited + lower,
            LOWER.where(nonnegative=(many,)),
            SETTING,
            because=(w - a) * (2 * d_s * s + many * (w + a)) / y + narrow,
            strict=False,
            label="third bound, κ ≤ 1",
            measured=False,
        ),
        Order(
            BIAS,
            inherited + lower,
            LOWER.where(nonnegative=(-many, d_s * s + many * w)),
            SETTING,
            because=2 * (d_s * s + many * w) * (w - a) / y - many * (w - a) ** 2 / y + narrow,
            strict=False,
            label="third bound, κ ≥ 1",
            measured=False,
        ),
        Order(
            BIAS,
            inherited + w**2 + s**2 / (1 - kappa),
            LOWER.where(-many),
            SETTING,
            because=-many / y * (a - kappa * s / (kappa - 1)) ** 2 + narrow,
            strict=False,
            label="fourth bound, κ > 1",
            measured=False,
        ),
    )
