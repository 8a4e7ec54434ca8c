"""Performance gap recovery."""

from derivations.claims import Formula, Part, Threshold, claim
from derivations.notation import W2S, N, d_s, d_w, n, rho_s, rho_w, sigma2
from derivations.theorems._misspecified import SETTING
from derivations.theorems._recovery import (
    ANY,
    CEILING,
    EXPRESSED,
    POINTS,
    STUDENT,
    WEAK,
    A,
    M,
    beyond,
    kappa,
    u,
    x,
)

PGR = (WEAK - STUDENT) / (WEAK - CEILING)


@claim(
    id="pgr",
    title="Performance gap recovery",
    kind="equality",
    source="the paper's abstract; exact form derived here",
    statement=r"\operatorname{PGR}=\frac{\operatorname{ER}(f_w)-\operatorname{ER}(f_{w2s})}"
    r"{\operatorname{ER}(f_w)-\operatorname{ER}(f_c)}=\frac{(1-\kappa)(d_w-d_{sw})}{d_w-d_s\frac{n-d_w-1}{n+N-d_s-1}}"
    r"\quad\text{where }\rho_s=\rho_w=0",
    points=POINTS,
)
def pgr() -> tuple[Part, ...]:
    r"""How much of the gap between teacher and ceiling the student closes: a ratio of expectations.

    It has a meaning where the ceiling is better than the teacher. If the target lies in both spaces that is
    so exactly where $d_w(N-1)+d_s>n(d_s-d_w)$: always if $d_w\ge d_s$, and else while there are few labels
    for each pseudo-label. Elsewhere a student may beat its teacher and yet have a negative PGR.
    """
    gap = rho_w - rho_s + (sigma2 + rho_w) * d_w / x - (sigma2 + rho_s) * d_s / M
    gained = rho_w - beyond + (sigma2 + rho_w) * (d_w - A) / x
    return (
        Formula(PGR, gained / gap, ANY, SETTING, label="in general"),
        Formula(PGR, (1 - kappa) * u / (d_w - d_s * x / M), EXPRESSED, W2S, label="a target in both spaces"),
        Threshold(
            WEAK - CEILING,
            d_w * (N - 1) + d_s - n * (d_s - d_w),
            EXPRESSED,
            W2S,
            label="the ceiling is better than the teacher",
            variable=n,
        ),
    )
