"""Bounds of the student's bias in terms of ρ_s and ρ_w alone."""

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
    nonnegative=(w - a, s + a - t),
    at=((rho_s, s**2), (rho_w, w**2), (delta2, w**2 - a**2), (tau2, t**2)),
)


@claim(
    id="w2s-bias-bounds",
    title="Bounds of the bias by what either space misses",
    kind="inequality",
    source="this project",
    statement=r"\operatorname{Bias}(f_{w2s})-\rho_w\frac{A}{n-d_w-1}\le\rho_w+\frac{\rho_s}{1-\kappa}"
    r"\ (\kappa<1),\quad\le\rho_s+\kappa(\sqrt{\rho_s}+\sqrt{\rho_w})^2"
    r"\ (\kappa\sqrt{\rho_s}\ge(1-\kappa)\sqrt{\rho_w})",
    points=(*POINTS, POINTS[1].but({"N": 12})),
)
def w2s_bias_bounds() -> tuple[Part, ...]:
    r"""How bad the target can be for given $\rho_s$ and $\rho_w$.

    The hypotheses are $a^2=\rho_w-\delta^2\ge0$ and, by the triangle inequality for what the strong features
    miss, $\tau\le\sqrt{\rho_s}+a$. With $\kappa<1$ the bias is largest at
    $a=\frac{\kappa}{1-\kappa}\sqrt{\rho_s}$ if that is at most $\sqrt{\rho_w}$, which gives the first bound,
    and else at $a=\sqrt{\rho_w}$. The proofs write the slack as a sum of squares and of products of what is
    not negative.
    """
    inherited = w**2 * A / x
    many = N - 2 * d_s - 1
    wide = kappa * (s + a - t) * (s + a + t)
    return (
        Order(
            inherited + w**2 + s**2 / (1 - kappa),
            BIAS,
            TARGETS.where(many),
            SETTING,
            because=many / y * (a - kappa * s / (1 - kappa)) ** 2 + wide,
            strict=False,
            label="first bound, κ < 1",
            measured=False,
        ),
        Order(
            inherited + s**2 + kappa * (s + w) ** 2,
            BIAS,
            TARGETS.where(nonnegative=(many, d_s * s - many * w)),
            SETTING,
            because=2 * (d_s * s - many * w) * (w - a) / y + many * (w - a) ** 2 / y + wide,
            strict=False,
            label="second bound, κ ≤ 1",
            measured=False,
        ),
        Order(
            inherited + s**2 + kappa * (s + w) ** 2,
            BIAS,
            TARGETS.where(nonnegative=(-many,)),
            SETTING,
            because=2 * d_s * s * (w - a) / y - many * (w - a) * (w + a) / y + wide,
            strict=False,
            label="second bound, κ ≥ 1",
            measured=False,
        ),
    )
