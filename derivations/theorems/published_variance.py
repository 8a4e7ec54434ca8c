"""The published variance of the student, against the exact one."""

from derivations.claims import Formula, Order, Part, Published, claim
from derivations.core.consequences import value
from derivations.notation import W2S, N, d_s, d_sw, rho_s, rho_w, sigma2
from derivations.points import W2S_POINTS, point
from derivations.theorems._published import ABSTRACT, CODE, PAPER, PLAIN, coded
from derivations.theorems._recovery import ANY, EXPRESSED, STUDENT, STUDENT_VARIANCE, A, u, x, y

FORM = sigma2 / x * coded
IN_SAMPLE = value("w2s-variance-in-sample")


@claim(
    id="published-variance",
    title="The published variance against the exact one",
    kind="inequality",
    source="the paper's abstract; comparison derived here",
    statement=r"\operatorname{Var}(f_{w2s})>\frac{\sigma^2}{n-d_w-1}\Bigl[d_{sw}+\frac{d_s}{N}(d_w-d_{sw})\Bigr]"
    r"\quad(d_{sw}<d_w)",
    points=W2S_POINTS,
    published=(
        Published(
            FORM,
            STUDENT_VARIANCE,
            EXPRESSED.where(u),
            PLAIN,
            point((), n=24, N=12, d_s=5, d_w=4, sigma2="1"),
            "exact for the error on the student's own N inputs; leading order on fresh ones",
            ABSTRACT,
        ),
        Published(
            FORM + rho_w + rho_s,
            STUDENT,
            ANY,
            PAPER,
            PAPER,
            "leading order of an upper bound, for a bias of at most ρ_w + ρ_s",
            CODE,
        ),
    ),
)
def published_variance() -> tuple[Part, ...]:
    r"""With $d_s/N$ for $\kappa$ the variance is that on the student's own sample; elsewhere it is more.

    On fresh inputs $\kappa=\frac{d_s}{N-d_s-1}$ is larger than $d_s/N$, so the published form is below the
    exact value wherever there is any discrepancy: by $\frac{d_s(d_s+1)}{N(N-d_s-1)}$ of what the teacher has
    outside $V_s$. It is no upper bound.
    """
    return (
        Order(STUDENT_VARIANCE, FORM, EXPRESSED.where(u), W2S, label="on fresh inputs"),
        Formula(IN_SAMPLE, FORM, EXPRESSED, W2S, label="on the student's own inputs"),
        Formula(
            STUDENT_VARIANCE - FORM,
            sigma2 / x * u * d_s * (d_s + 1) / (N * y),
            EXPRESSED,
            W2S,
            label="by how much",
        ),
        Formula(
            STUDENT_VARIANCE / FORM, A / (d_sw + u * d_s / N), EXPRESSED.where(u), W2S, label="the ratio"
        ),
    )
