"""How many pseudo-labels a target PGR or OPR takes."""

import sympy as sp

from derivations.claims import Part, Threshold, claim
from derivations.notation import W2S, N, d_s, d_sw, d_w, n
from derivations.theorems._recovery import (
    BASELINE,
    CEILING,
    EXPRESSED,
    POINTS,
    STUDENT,
    WEAK,
    labelled,
    u,
    x,
    y,
)

p, q = sp.Symbol("p", positive=True), sp.Symbol("q", positive=True)  # the PGR and the OPR to be reached
REACHED = ((p, sp.Rational(1, 10)), (q, sp.Rational(107, 100)))


@claim(
    id="sample-complexity",
    title="How many pseudo-labels a target takes",
    kind="threshold",
    source="the paper's abstract; exact form derived here",
    statement=r"\operatorname{PGR}\ge p\iff (u-pd_w)\nu^2+[u(n-d_s)-pd_wn+pd_s(n-d_w-1)]\nu\ge ud_sn"
    r",\quad \nu=N-d_s-1,\ u=d_w-d_{sw}\qquad(\rho_s=\rho_w=0)",
    points=POINTS,
)
def sample_complexity() -> tuple[Part, ...]:
    r"""For a target in both spaces; PGR where it has a meaning, that is where the ceiling beats the teacher.

    The condition for $\operatorname{PGR}\ge p$ is quadratic in $\nu=N-d_s-1$ and fails at $\nu\to0$. For
    $p<u/d_w$ its leading coefficient is positive, so there is one root, and the smallest $N$ is $d_s+1$ plus
    that root, rounded up. For larger $p$ there are two, between which the target is reached, or none: PGR
    may peak at a finite $N$. It exceeds its limit $u/d_w$ exactly where $(n-2d_w-1)(N-d_s-1)>d_wn$, hence for
    large $N$ if $n>2d_w+1$ and never otherwise.

    The condition for $\operatorname{OPR}\ge q$ is linear in $\nu$: with
    $c=d_s(n-d_w-1)-q(n-d_s-1)d_{sw}>0$ the smallest $N$ is $d_s+1$ plus $q(n-d_s-1)d_su/c$, rounded up; with
    $c\le0$ there is none.
    """
    recovered = (WEAK - STUDENT) - p * (WEAK - CEILING)
    quadratic = (u - p * d_w) * y**2 + (u * (n - d_s) - p * d_w * n + p * d_s * x) * y - u * d_s * n
    linear = (d_s * x - q * labelled * d_sw) * y - q * labelled * d_s * u
    return (
        Threshold(recovered, quadratic, EXPRESSED, W2S, label="PGR at least p", variable=N, given=REACHED),
        Threshold(
            BASELINE - q * STUDENT,
            linear,
            EXPRESSED.where(labelled),
            W2S,
            label="OPR at least q",
            given=REACHED,
            variable=N,
        ),
        Threshold(
            d_w * (WEAK - STUDENT) - u * (WEAK - CEILING),
            (n - 2 * d_w - 1) * y - d_w * n,
            EXPRESSED.where(u),
            W2S,
            label="PGR beyond its limit",
            measured=False,
            variable=N,
        ),
    )
