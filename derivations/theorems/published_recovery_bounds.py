"""The published bounds of PGR and OPR."""

import sympy as sp

from derivations.claims import Order, Part, Published, Threshold, claim
from derivations.core.regions import Region
from derivations.notation import W2S, N, d_s, d_sw, d_w, n, rho_s, rho_w, sigma2
from derivations.points import Point, point
from derivations.theorems._misspecified import SETTING
from derivations.theorems._published import CODE, PLAIN, coded
from derivations.theorems._recovery import (
    ANY,
    CEILING,
    EXPRESSED,
    POINTS,
    STUDENT,
    WEAK,
    A,
    beyond,
    labelled,
    u,
    x,
)
from derivations.theorems.opr import OPR
from derivations.theorems.pgr import PGR

noise = sigma2 + rho_w
rho = rho_s + rho_w
CODED_PGR = 1 - n / x * coded / d_w - n / d_w * rho / sigma2
CODED_OPR = 1 / (n / x * coded / d_s + n / d_s * rho / sigma2)
EXACT_PGR = 1 - n / x * A / d_w - n / d_w * beyond / noise
EXACT_OPR = (sigma2 + rho_s) * d_s / (n * STUDENT)  # STUDENT is beyond + noise A/(n - d_w - 1)
# Where the student is no worse than its teacher, and the ceiling better.
MEANT = ANY.where(u, WEAK - CEILING, nonnegative=(WEAK - STUDENT,))
SHARE = n * STUDENT / (noise * d_w)  # what the bound takes for (student - ceiling)/(teacher - ceiling)


def _at(sizes: tuple[int, int, int, int, int]) -> Point:
    strong, weak, shared, labels, pseudo = sizes
    return point((), d_s=strong, d_w=weak, d_sw=shared, n=labels, N=pseudo, sigma2="1")


def _only(sizes: tuple[int, ...]) -> Region:
    """A single problem with a target in both spaces."""
    return EXPRESSED.where(at=tuple(zip((d_s, d_w, d_sw, n, N), map(sp.Integer, sizes), strict=True)))


FEW, WORSE = (2, 50, 0, 10000, 8), (20, 10, 0, 23, 23)


@claim(
    id="published-recovery-bounds",
    title="The published bounds of PGR and OPR",
    kind="inequality",
    source="the authors' published code; comparison derived here",
    statement=r"\operatorname{PGR}\ge 1-\frac{nA}{(n-d_w-1)d_w}-\frac{nB}{d_w(\sigma^2+\rho_w)}"
    r",\quad\operatorname{OPR}\ge\frac{d_s(\sigma^2+\rho_s)}{n\operatorname{ER}(f_{w2s})}",
    points=(
        *POINTS,
        _at(FEW),
        _at(WORSE),
    ),
    published=(
        Published(
            CODED_PGR,
            PGR,
            EXPRESSED,
            PLAIN,
            _at(FEW),
            "a bound with A for d(N), B for ρ, σ²+ρ_w for σ², where the student is no worse than its teacher",
            CODE,
        ),
        Published(
            CODED_OPR,
            OPR,
            EXPRESSED.where(labelled),
            PLAIN,
            _at(FEW),
            "a bound with A for d(N), B for ρ and the noise levels of both models",
            CODE,
        ),
    ),
)
def published_recovery_bounds() -> tuple[Part, ...]:
    r"""With exact forms for leading orders the bound of OPR holds, and that of PGR where it is meant to.

    Both are proved for $d_{sw}<d_w$.

    Here $A=d_{sw}+\kappa(d_w-d_{sw})$ and $B=\rho_s+\delta^2+\kappa\tau^2$; the published forms have
    $d(N)=d_{sw}+\frac{d_s}{N}(d_w-d_{sw})$, $\rho_s+\rho_w$ and $\sigma^2$ alone. The bound of PGR is meant
    where the student is no worse than its teacher and the ceiling is better; elsewhere it may fail, as at
    $(d_s,d_w,d_{sw},n,N)=(20,10,0,23,23)$. As published both fail at $(2,50,0,10000,8)$. As a function of
    $n$ the published bound of PGR is largest at $n=d_w+1+\sqrt{(d_w+1)\sigma^2d(N)/(\rho_s+\rho_w)}$; with
    the exact forms that is $d_w+1+\sqrt{(d_w+1)(\sigma^2+\rho_w)A/B}$.
    """
    return (
        Order(
            OPR,
            EXACT_OPR,
            ANY.where(u, labelled),
            SETTING,
            because=(rho_s + (sigma2 + rho_s) * d_s * (d_s + 1) / (n * labelled)) / STUDENT,
            strict=False,
            label="OPR, exact forms",
        ),
        Order(
            SHARE * (WEAK - CEILING),
            STUDENT - CEILING,
            MEANT,
            SETTING,
            because=(SHARE - STUDENT / WEAK) * (WEAK - CEILING) + CEILING * (WEAK - STUDENT) / WEAK,
            strict=False,
            label="PGR, exact forms",
        ),
        Order(EXACT_PGR, PGR, _only(WORSE), W2S, label="not where the student is worse", measured=False),
        Order(CODED_PGR, PGR, _only(FEW), W2S, label="PGR as published fails", measured=False),
        Order(CODED_OPR, OPR, _only(FEW), W2S, label="OPR as published fails", measured=False),
        Threshold(
            sp.Derivative(CODED_PGR, n),
            (d_w + 1) * sigma2 * coded - rho * x**2,
            ANY,
            SETTING,
            label="the published bound rises",
            variable=n,
        ),
        Threshold(
            sp.Derivative(EXACT_PGR, n),
            (d_w + 1) * noise * A - beyond * x**2,
            ANY,
            SETTING,
            label="the exact bound rises",
            variable=n,
        ),
    )
