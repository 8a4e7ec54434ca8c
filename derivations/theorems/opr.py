"""Outperforming ratio."""

from derivations.claims import Formula, Part, claim
from derivations.notation import W2S, d_s, rho_s, rho_w, sigma2
from derivations.theorems._misspecified import SETTING
from derivations.theorems._recovery import (
    ANY,
    BASELINE,
    EXPRESSED,
    POINTS,
    STUDENT,
    A,
    beyond,
    labelled,
    x,
)

OPR = BASELINE / STUDENT


@claim(
    id="opr",
    title="Outperforming ratio",
    kind="equality",
    source="the authors' published code, leading order; exact form derived here",
    statement=r"\operatorname{OPR}=\frac{\operatorname{ER}(f_s)}{\operatorname{ER}(f_{w2s})}"
    r"=\frac{d_s}{n-d_s-1}\cdot\frac{n-d_w-1}{d_{sw}+\kappa(d_w-d_{sw})}\quad\text{where }\rho_s=\rho_w=0",
    points=POINTS,
)
def opr() -> tuple[Part, ...]:
    r"""How much worse strong features do on the labels alone than with a teacher in between.

    A ratio of expectations: above one, the detour through a weak teacher and $N$ pseudo-labels is worth more
    than fitting the strong features to the $n$ labels themselves.
    """
    baseline = rho_s + (sigma2 + rho_s) * d_s / labelled
    student = beyond + (sigma2 + rho_w) * A / x
    return (
        Formula(OPR, baseline / student, ANY.where(labelled), SETTING, label="in general"),
        Formula(
            OPR,
            d_s / labelled * x / A,
            EXPRESSED.where(labelled),
            W2S,
            label="a target in both spaces",
        ),
    )
