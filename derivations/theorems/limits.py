"""What PGR and OPR tend to."""

import sympy as sp

from derivations.claims import Part, Tendency, claim
from derivations.core.consequences import value
from derivations.notation import W2S, N, d_s, d_sw, d_w, n
from derivations.points import point
from derivations.theorems._recovery import (
    BASELINE,
    CEILING,
    EXPRESSED,
    STUDENT_VARIANCE,
    WEAK_VARIANCE,
    A,
    kappa,
    labelled,
    u,
    x,
)

r = sp.Symbol("r", positive=True)  # n/N, where both grow


def pgr(*changes: tuple[sp.Symbol, sp.Expr]) -> sp.Expr:
    """PGR of a target in both spaces, with letters replaced in every risk."""
    weak, student, ceiling = (value(v.claim, *changes) for v in (WEAK_VARIANCE, STUDENT_VARIANCE, CEILING))
    return (weak - student) / (weak - ceiling)


@claim(
    id="limits",
    title="What PGR and OPR tend to",
    kind="limit",
    source="the paper's abstract (scaling); exact forms and rates derived here",
    statement=r"\operatorname{PGR}\to\frac{d_w-d_{sw}}{d_w}\ (N\to\infty),\quad"
    r"\operatorname{PGR}\to\frac{(1-\kappa)(d_w-d_{sw})}{d_w-d_s}\ (n\to\infty,\ d_w>d_s)"
    r"\qquad(\rho_s=\rho_w=0)",
    points=[
        point(("1/2",), n=12, N=20, d_s=2, d_w=2, sigma2="1"),
        point(("4/5", "1/2"), n=30, N=24, d_s=2, d_w=4, sigma2="1"),
        point(("1/2",), n=12, N=6, d_s=1, d_w=6, sigma2="1"),
        point(("1/2",), n=16, N=14, d_s=3, d_w=5, sigma2="1"),
    ],
)
def limits() -> tuple[Part, ...]:
    r"""For a target in both spaces, with an error of the order of one over what grows.

    With ever more pseudo-labels the student closes the part of the gap that lies outside its space, and OPR
    levels off where $d_{sw}>0$. With ever more labels PGR levels off if $d_w>d_s$; if $d_s=d_w$ it grows as
    $n(1-\kappa)\frac{d_w-d_{sw}}{d_wN}$, as the ceiling's advantage vanishes. With both, $n=rN$, it tends to
    $\frac{d_w-d_{sw}}{d_w-d_sr/(1+r)}$ where that divides by something positive.
    """
    equal = EXPRESSED.where(at=((d_s, d_w),))
    opr = BASELINE / STUDENT_VARIANCE
    return (
        Tendency(pgr(), u / d_w, EXPRESSED, W2S, label="PGR, N → ∞", variable=N),
        Tendency(
            opr,
            d_s * x / (labelled * d_sw),
            EXPRESSED.where(labelled, d_sw),
            W2S,
            label="OPR, N → ∞",
            variable=N,
        ),
        Tendency(
            pgr(),
            (1 - kappa) * u / (d_w - d_s),
            EXPRESSED.where(d_w - d_s),
            W2S,
            label="PGR, n → ∞",
            variable=n,
            measured=False,
        ),
        Tendency(
            opr,
            d_s / A,
            EXPRESSED.where(labelled, d_sw),
            W2S,
            label="OPR, n → ∞",
            variable=n,
            measured=False,
        ),
        Tendency(
            pgr() / n,
            ((1 - kappa) * u / (d_w * N)).subs(d_s, d_w),
            equal,
            W2S,
            label="PGR/n, n → ∞, d_s = d_w",
            measured=False,
            variable=n,
        ),
        Tendency(
            pgr((n, r * N)),
            u / (d_w - d_s * r / (1 + r)),
            EXPRESSED.where(r * N - d_w - 1, d_w * (1 + r) - d_s * r),
            W2S,
            label="PGR, n = rN → ∞",
            given=((r, sp.Rational(1, 2)),),
            variable=N,
        ),
    )
