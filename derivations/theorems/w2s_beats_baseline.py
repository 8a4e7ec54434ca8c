"""When the student beats the strong baseline."""

from derivations.claims import Part, Threshold, claim
from derivations.notation import W2S, N, d_s, d_sw, n, rho_s, rho_w, sigma2
from derivations.theorems._misspecified import SETTING, delta2
from derivations.theorems._recovery import (
    ANY,
    BASELINE,
    EXPRESSED,
    POINTS,
    STUDENT,
    labelled,
    tau2,
    u,
    x,
    y,
)


@claim(
    id="w2s-beats-baseline",
    title="When the student beats the strong baseline",
    kind="threshold",
    source="this project",
    statement=r"\operatorname{ER}(f_{w2s})<\operatorname{ER}(f_s)\iff "
    r"d_s(n-d_w-1)(N-d_s-1)>(n-d_s-1)\bigl[d_{sw}(N-d_s-1)+d_s(d_w-d_{sw})\bigr]"
    r"\qquad(\rho_s=\rho_w=0)",
    points=POINTS,
)
def w2s_beats_baseline() -> tuple[Part, ...]:
    r"""A weak teacher and $N$ pseudo-labels against strong features on the same $n$ labels.

    The condition is linear in $N$. With $b=n-d_s-1$, $c=d_s(n-d_w-1)-d_{sw}b$ and $u=d_w-d_{sw}$ the student
    wins from $N>d_s+1+\frac{d_sub}{c}$ on if $c>0$, and else never. It is linear in $n$ as well, with slope
    $(d_s-d_{sw})(N-d_s-1)-d_su$.
    """
    form = d_s * x * y - labelled * (d_sw * y + d_s * u)
    gains = (sigma2 + rho_s) * d_s / labelled - delta2 - (sigma2 + rho_w) * d_sw / x
    pays = tau2 + (sigma2 + rho_w) * u / x
    better, region = BASELINE - STUDENT, EXPRESSED.where(labelled)
    return (
        Threshold(better, form, region, W2S, label="a target in both spaces, in N", variable=N),
        Threshold(
            better, form, region, W2S, label="a target in both spaces, in n", variable=n, measured=False
        ),
        Threshold(
            better, gains * y - d_s * pays, ANY.where(labelled), SETTING, label="in general", variable=N
        ),
    )
