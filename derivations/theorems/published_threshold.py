"""The published condition for the student to win."""

from derivations.claims import Formula, Order, Part, Published, claim
from derivations.core.consequences import value
from derivations.notation import W2S, N, d_s, d_w
from derivations.points import point
from derivations.theorems._published import ABSTRACT, PLAIN, coded
from derivations.theorems._recovery import EXPRESSED, POINTS, STUDENT_VARIANCE, WEAK_VARIANCE, u

FEW = (3 * d_s + 2) / 2  # more than d_s, so that d_s/N < 1, and κ = 2
AT_FEW = value("w2s-variance", (N, FEW))


@claim(
    id="published-threshold",
    title="The published condition for winning",
    kind="inequality",
    source="the paper's abstract; comparison derived here",
    statement=r"\frac{\operatorname{Var}(f_{w2s})}{\operatorname{Var}(f_w)}=1+\frac{d_w-d_{sw}}{d_w}"
    r"\quad\text{at }N=\tfrac{3d_s+2}2>d_s",
    points=(
        *POINTS,
        *(point(("1/2",), n=n, N=N, d_s=s, d_w=4, sigma2="1") for n, N, s in ((12, 10, 6), (14, 13, 8))),
    ),
    published=(
        Published(
            coded / d_w,
            STUDENT_VARIANCE / WEAK_VARIANCE,
            EXPRESSED,
            PLAIN,
            point(("1/2",), n=12, N=10, d_s=6, d_w=4, sigma2="1"),
            "on the student's own inputs; on fresh ones N > 2 d_s + 1 is needed",
            ABSTRACT,
        ),
    ),
)
def published_threshold() -> tuple[Part, ...]:
    r"""$d_s/N<1$ is not enough: the student wins where $\kappa<1$, which is $N>2d_s+1$.

    At $N=(3d_s+2)/2$ the published factor $d_s/N$ is below one, while $\kappa=2$: the student has twice the
    teacher's variance outside $V_s$. See w2s-beats-teacher for the exact condition; on the student's own
    inputs $d_s/N<1$ is right.
    """
    own = value("w2s-variance-in-sample")
    return (
        Formula(
            AT_FEW / WEAK_VARIANCE,
            1 + u / d_w,
            EXPRESSED.where(d_s - 2),
            W2S,
            label="the ratio at N = (3 d_s + 2)/2",
        ),
        Order(
            STUDENT_VARIANCE,
            WEAK_VARIANCE,
            EXPRESSED.where(u, 2 * d_s + 1 - N),
            W2S,
            label="no win below N = 2 d_s + 1",
        ),
        Order(WEAK_VARIANCE, own, EXPRESSED.where(u, N - d_s), W2S, label="a win on its own inputs"),
    )
