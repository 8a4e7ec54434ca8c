"""d_s/N as a leading order."""

from derivations.claims import Limit, Part, claim
from derivations.core import analysis
from derivations.notation import W2S, N, d_s, d_sw, d_w, n, sigma2
from derivations.points import point
from derivations.theorems.w2s_variance_reduced import FITTED, reduced


@claim(
    id="w2s-variance-leading-order",
    title="The reduction factor d_s/N as a leading order",
    kind="limit",
    source="the paper's abstract; rate derived here",
    statement=r"\frac{N}{d_s}\operatorname{Var}_{V_w\setminus V_s}(f_{w2s})\;\longrightarrow\;"
    r"\sigma^2\,\frac{d_w-d_{sw}}{n-d_w-1}\quad(N\to\infty),\ \text{error } O(1/N)",
    points=[
        point(("4/5", "3/10"), n=18, d_s=3, d_w=3, sigma2="1"),
        point(("9/10",), n=24, d_s=6, d_w=3, sigma2="1"),
        point((), n=24, d_s=4, d_w=6, sigma2="4"),
        point(("1/2",), n=16, d_s=2, d_w=3, sigma2="4"),  # small enough for exact sums, no two letters equal
    ],
)
def w2s_variance_leading_order() -> tuple[Part, ...]:
    r"""The abstract's factor $d_s/N$ is the limit of the exact one as $N$ grows.

    The ratio $\frac{N}{N-d_s-1}$ of the exact factor $\frac{d_s}{N-d_s-1}$ to it tends to one, with an
    error of order $1/N$. Checked by the rate at which simulations approach the limit, at growing $N$.
    """
    return (
        Limit(
            FITTED * N / d_s,
            sigma2 * (d_w - d_sw) / (n - d_w - 1),
            W2S,
            lambda p: reduced(p).by(analysis.Limit(N), "N → ∞"),
            N,
            1,
        ),
    )
