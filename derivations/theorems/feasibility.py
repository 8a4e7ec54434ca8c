"""Which targets there are: inequalities between ρ_s, ρ_w, δ² and τ²."""

import sympy as sp

from derivations.claims import Order, Part, claim
from derivations.core.consequences import Square, value
from derivations.core.regions import Region
from derivations.notation import d_s, d_sw, d_w, rho_s, rho_w
from derivations.theorems._misspecified import delta2, fitted2, shared2
from derivations.theorems._recovery import NAMES, tau2
from derivations.theorems.target_geometry import POINTS, ROOTS, SETTING, a, b

t = (rho_w + tau2 - delta2 - rho_s) / 2  # δᵀCθ
rest2 = rho_w - delta2
# The last hypothesis says that there are such features and targets.
TARGETS = Region(positive=(*SETTING.hypotheses, rho_w - shared2), names=NAMES)


def _is(part: int, *changes: tuple[sp.Symbol, sp.Expr]) -> Square:
    """The square of a part, with letters replaced."""
    return Square(value("target-geometry", *changes, part=part), ROOTS[part])


def _order(
    label: str,
    larger: sp.Expr,
    smaller: sp.Expr,
    where: Region,
    *terms: tuple[sp.Expr, Square],
) -> Order:
    """An inequality whose sides differ by a sum of factors times squares."""
    because = sp.Add(*(factor * square.value for factor, square in terms))
    squares = tuple(square for _, square in terms)
    return Order(
        larger, smaller, where, SETTING, label, measured=False, strict=False, because=because, squares=squares
    )


@claim(
    id="feasibility",
    title="Which targets there are",
    kind="inequality",
    source="this project",
    statement=r"\delta^2\le\rho_w\min(1,d_s-d_{sw}),\quad|t|\le\tau\sqrt{\rho_w-\delta^2},"
    r"\quad|t|\sqrt{1-d_{sw}}\le\tau\delta\sqrt{d_{sw}},\quad t=\tfrac12(\rho_w+\tau^2-\delta^2-\rho_s)",
    points=POINTS,
)
def feasibility() -> tuple[Part, ...]:
    r"""Nothing but second moments: a square is not negative.

    Of $f_*=\gamma_w^\top\theta+\xi$ the strong features miss a part of size $\tau$ of the first term and one
    of size $\sqrt{\rho_w-\delta^2}$ of the second. Their inner product is $-t$ with
    $t=\delta^\top C\theta$, and $\rho_s$ is the square of their sum. So $\rho_w\ge\delta^2$, and by Cauchy
    and Schwarz $t^2\le\tau^2(\rho_w-\delta^2)$, which is the triangle inequality
    $|\tau-\sqrt{\rho_w-\delta^2}|\le\sqrt{\rho_s}\le\tau+\sqrt{\rho_w-\delta^2}$. The same for the
    vectors $\delta$ and $C\theta$, and $\|C\theta\|^2\le\|C\|_F^2\|\theta\|^2$, bound $t$ by $\delta$ and
    $\tau$. What the weak features miss of $\gamma_s^\top\delta$ has a mean square of at most
    $\delta^2(d_s-d_{sw})$ and an inner product $\delta^2$ with $\xi$, so $\delta^2\le\rho_w(d_s-d_{sw})$;
    likewise $\tau^2\le\|\theta\|^2(d_w-d_{sw})$.

    In particular $\tau=0$ if $d_{sw}=d_w$, and $\delta=0$ if $d_{sw}=d_s$, where $\gamma_s$ is a function of
    $\gamma_w$. Where $\delta$, $\tau$ or $d_{sw}$ vanishes $t=0$, that is $\rho_s=\rho_w+\tau^2-\delta^2$.
    """
    q, theta_2 = d_s - d_sw, tau2 + fitted2
    both = TARGETS.where(delta2, theta_2, nonnegative=[1 - d_sw])
    return (
        _order("δ² and ρ_w", rho_w, delta2, TARGETS, (sp.S.One, _is(0, (a, sp.S.Zero), (b, sp.S.One)))),
        _order(
            "δ² and d_s − d_sw",
            rho_w * q,
            delta2,
            TARGETS.where(q, delta2),
            (q, _is(1, (b, 1 / q))),
            (1 / (delta2 * q), _is(2)),
        ),
        _order(
            "τ² and d_w − d_sw", theta_2 * (d_w - d_sw), tau2, TARGETS.where(theta_2), (1 / theta_2, _is(3))
        ),
        _order(
            "t, τ² and ρ_w − δ²",
            tau2 * rest2,
            t**2,
            TARGETS.where(rest2),
            (1 / rest2, _is(0, (a, rest2), (b, t))),
        ),
        _order(
            "the same, where that vanishes",
            tau2 * rest2,
            t**2,
            TARGETS.where(tau2),
            (1 / tau2, _is(0, (a, t), (b, tau2))),
        ),
        _order(
            "t, τ² and δ²",
            d_sw * delta2 * tau2,
            (1 - d_sw) * t**2,
            both,
            (delta2 / theta_2, _is(5)),
            ((1 - d_sw) / delta2, _is(4, (a, delta2), (b, t))),
        ),
    )
