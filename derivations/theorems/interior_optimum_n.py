"""How PGR and OPR change with the number of labels."""

import sympy as sp

from derivations.claims import Part, Threshold, claim
from derivations.notation import d_s, d_w, n, rho_s, rho_w, sigma2
from derivations.theorems._misspecified import SETTING
from derivations.theorems._recovery import (
    ANY,
    BASELINE,
    CEILING,
    POINTS,
    STUDENT,
    WEAK,
    A,
    beyond,
    labelled,
    x,
    y,
)


def rise(above: sp.Expr, below: sp.Expr) -> sp.Expr:
    """The derivative of a ratio in n, times the square of what it is divided by."""
    return sp.Derivative(above, n) * below - above * sp.Derivative(below, n)


@claim(
    id="interior-optimum-n",
    title="Where PGR and OPR turn as labels are added",
    kind="threshold",
    source="this project",
    statement=r"\tfrac{d}{dn}\operatorname{OPR}>0"
    r"\iff(\rho_sQ-BP)x^2+2\rho_sQ\Delta x+(\rho_s\Delta+P)Q\Delta>0"
    r",\quad x=n-d_w-1,\ \Delta=d_w-d_s",
    points=POINTS,
)
def interior_optimum_n() -> tuple[Part, ...]:
    r"""With a target that the spaces do not express, more labels may make a ratio rise, fall, or turn once.

    Here $B=\rho_s+\delta^2+\kappa\tau^2$, $P=(\sigma^2+\rho_s)d_s$,
    $Q=(\sigma^2+\rho_w)(d_{sw}+\kappa(d_w-d_{sw}))$, and $n$ is taken as a real number. For $\Delta>0$ OPR
    has an interior maximum exactly if $BP>\rho_sQ$, at the positive root. PGR, times the square of what it is
    divided by, has a derivative with the sign of
    $(af-eg)(x+c)^2-ahx^2+ehc$ with $a=\rho_w-B$, $g=\rho_w-\rho_s$, $e=(\sigma^2+\rho_w)d_w-Q$,
    $f=(\sigma^2+\rho_w)d_w$, $h=P$ and $c=N+d_w-d_s$.
    """
    P, Q, gap = (sigma2 + rho_s) * d_s, (sigma2 + rho_w) * A, d_w - d_s
    outperforms = (rho_s * Q - beyond * P) * x**2 + 2 * rho_s * Q * gap * x + (rho_s * gap + P) * Q * gap
    a, g, f = rho_w - beyond, rho_w - rho_s, (sigma2 + rho_w) * d_w
    e, c = f - Q, d_w + 1 + y
    recovers = (a * f - e * g) * (x + c) ** 2 - a * P * x**2 + e * P * c
    return (
        Threshold(
            rise(BASELINE, STUDENT), outperforms, ANY.where(labelled), SETTING, label="OPR", variable=n
        ),
        Threshold(rise(WEAK - STUDENT, WEAK - CEILING), recovers, ANY, SETTING, label="PGR", variable=n),
    )
