"""The excess risk of the weak-to-strong student."""

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.language import E, mul, norm2
from derivations.core.rules import Vanish
from derivations.notation import N, d_s, d_sw, d_w, n, sigma2, z
from derivations.theorems import _in_sample
from derivations.theorems._misspecified import NOISE, SETTING, STUDENT, TARGET, TEACHER, bias_steps
from derivations.theorems.w2s_bias import BIAS, IN_SAMPLE, KAPPA, POINTS

RISK = BIAS + sigma2 * (d_sw + KAPPA * (d_w - d_sw)) / (n - d_w - 1)
ON_ITS_OWN = IN_SAMPLE + sigma2 * (d_sw + d_s / N * (d_w - d_sw)) / (n - d_w - 1)


@claim(
    id="w2s-risk",
    title="The excess risk of the weak-to-strong student",
    kind="equality",
    source="this project (the published form is a leading order)",
    statement=r"\operatorname{ER}(f_{w2s})=\rho_s+\delta^2+\kappa\tau^2+(\sigma^2+\rho_w)\frac{d_{sw}+\kappa(d_w-d_{sw})}{n-d_w-1}"
    r",\quad \kappa=\frac{d_s}{N-d_s-1}",
    points=POINTS,
)
def w2s_risk() -> tuple[Part, ...]:
    r"""Variance and bias together: label noise has mean zero given everything else, so they add.

    What the weak features cannot express of the target is noise to the teacher, and so $\rho_w$ joins
    $\sigma^2$ in both components of the variance; see w2s-variance and w2s-bias. On its own sample
    the factor of the second one is $d_s/N$, as it is for the variance alone.
    """
    return (
        Equal(
            E(norm2(mul(STUDENT, TEACHER + NOISE) - TARGET)),
            RISK,
            SETTING,
            lambda p: bias_steps(
                p.by(Vanish(z), "label noise has mean zero given the rest").by(
                    Cite("w2s-variance"), "its variance"
                )
            ),
            measured="w2s",
        ),
        Equal(
            E(norm2(mul(_in_sample.STUDENT, TEACHER + NOISE) - _in_sample.TARGET) / N),
            ON_ITS_OWN,
            _in_sample.SETTING,
            lambda p: _in_sample.bias_steps(
                p.by(Vanish(z), "label noise has mean zero given the rest").by(
                    Cite("noise-energy"), "label noise"
                )
            ),
            label="on its own sample",
            measured="w2s_in_sample",
        ),
    )
