"""A deliberately false claim: the factor d_s/N taken for exact in the population risk.

w2s verify --claims tests/examples/too_optimistic.py
"""

from derivations.claims import Equal, Part, claim
from derivations.notation import W2S, N, d_s, d_sw, d_w, n, sigma2
from derivations.points import W2S_POINTS
from derivations.theorems.w2s_variance_reduced import FITTED, reduced


@claim(
    id="too-optimistic",
    title="The reduced variance with d_s/N, taken for exact",
    kind="equality",
    source="an example of a false claim",
    statement=r"\operatorname{Var}_{V_w\setminus V_s}(f_{w2s})="
    r"\sigma^2\,\frac{d_w-d_{sw}}{n-d_w-1}\cdot\frac{d_s}{N}",
    points=W2S_POINTS[:4],
)
def too_optimistic() -> tuple[Part, ...]:
    r"""On fresh inputs the factor is $d_s/(N-d_s-1)$; $d_s/N$ is its leading order, and exact in sample.

    The derivation concludes something else than what is stated, and every channel that looks says so.
    """
    return (
        Equal(
            FITTED,
            sigma2 * (d_w - d_sw) / (n - d_w - 1) * d_s / N,
            W2S,
            reduced,
            measured="w2s_reduced",
        ),
    )
