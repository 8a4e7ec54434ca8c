"""When the student beats its teacher."""

from derivations.claims import Part, Threshold, claim
from derivations.notation import W2S, N, d_s, rho_s, rho_w, sigma2
from derivations.theorems._misspecified import SETTING, delta2
from derivations.theorems._recovery import ANY, EXPRESSED, POINTS, STUDENT, WEAK, tau2, u, x, y


@claim(
    id="w2s-beats-teacher",
    title="When the student beats its teacher",
    kind="threshold",
    source="this project (the published condition is d_s/N < 1)",
    statement=r"\operatorname{ER}(f_{w2s})<\operatorname{ER}(f_w)\iff N>2d_s+1"
    r"\qquad(\rho_s=\rho_w=0,\ d_{sw}<d_w)",
    points=POINTS,
)
def w2s_beats_teacher() -> tuple[Part, ...]:
    r"""For a target in both spaces the number of pseudo-labels alone decides, whatever $n$, $d_w$, $\sigma$.

    The student gains $(1-\kappa)$ times the teacher's variance outside $V_s$, and $\kappa<1$ means
    $N>2d_s+1$; at equality they tie. In general it gains $a=\rho_w-\rho_s-\delta^2+b-\tau^2$ and pays
    $\kappa b$ with $b=\tau^2+(\sigma^2+\rho_w)\frac{d_w-d_{sw}}{n-d_w-1}$, so that it wins exactly where
    $a(N-d_s-1)>d_sb$: for all large $N$ if $a>0$, and for none otherwise.
    """
    outside = (sigma2 + rho_w) * u / x
    gains, pays = rho_w - rho_s - delta2 + outside, tau2 + outside
    return (
        Threshold(
            WEAK - STUDENT,
            N - 2 * d_s - 1,
            EXPRESSED.where(u),
            W2S,
            label="a target in both spaces",
            variable=N,
        ),
        Threshold(WEAK - STUDENT, gains * y - d_s * pays, ANY, SETTING, label="in general", variable=N),
    )
