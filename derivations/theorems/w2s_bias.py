"""The bias of the weak-to-strong student."""

from derivations.claims import Equal, Part, claim
from derivations.core.language import E, mul, norm2
from derivations.notation import N, d_s, d_sw, d_w, n, rho_w
from derivations.points import W2S_POINTS, misspecified
from derivations.theorems import _in_sample
from derivations.theorems._misspecified import (
    SETTING,
    STUDENT,
    TARGET,
    TEACHER,
    bias_steps,
    delta2,
    rho_s,
    tau2,
)

KAPPA = d_s / (N - d_s - 1)
# Each term has points where it is large: the target's own parts, what ρ_w adds to noise, the noise itself.
LARGE = (("4", "1"), ("100", "100"), ("4", "400"))
POINTS = tuple(misspecified(p, *LARGE[i % len(LARGE)]) for i, p in enumerate(W2S_POINTS))
TEACHERS = rho_w / (n - d_w - 1)  # what ρ_w adds to the teacher's coefficients, a dimension
BIAS = rho_s + delta2 + KAPPA * tau2 + TEACHERS * (d_sw + KAPPA * (d_w - d_sw))

IN_SAMPLE = rho_s + delta2 + d_s / N * (rho_w - rho_s - delta2) + TEACHERS * (d_sw + d_s / N * (d_w - d_sw))


@claim(
    id="w2s-bias",
    title="The bias of the weak-to-strong student",
    kind="equality",
    source="this project (the published form is a leading order)",
    statement=r"\operatorname{Bias}(f_{w2s})=\rho_s+\delta^2+\kappa\tau^2+\rho_w\frac{d_{sw}+\kappa(d_w-d_{sw})}{n-d_w-1}"
    r",\quad \kappa=\frac{d_s}{N-d_s-1}",
    points=POINTS,
)
def w2s_bias() -> tuple[Part, ...]:
    r"""Everything in the student's excess risk that is there without label noise.

    The target is $f_*=\gamma_w^\top\theta+\xi_w$ with $\mathbb{E}\gamma_s\xi_w=\delta$. Without noise the
    teacher errs by $\tilde\Gamma_w^+\tilde\xi_w$ alone, which the student inherits and reduces as it does
    label noise: the last term. Of $\gamma_w^\top\theta$ it cannot express a part of size $\tau^2$, which
    again acts as noise on its pseudo-labels, times $\kappa$; it cannot see $\xi_w$ at all, and so misses
    even the part $\delta$ of it that it could express, beside $\rho_s$, which nothing in its space can.
    Here $\|\theta\|^2$, $\|C\theta\|^2$, $\|\delta\|^2$ and $\delta^\top C\theta$ are fixed numbers,
    $\tau^2=\|\theta\|^2-\|C\theta\|^2$ and $\rho_s=\rho_w+\tau^2-\delta^2-2\delta^\top C\theta$.

    On the $N$ unlabelled inputs themselves the student's fit is a projection of rank $d_s$, which can express
    a part $d_s/N$ of anything. The error there is $\rho_s+\delta^2+\frac{d_s}{N}(\rho_w-\rho_s-\delta^2)$,
    and through the teacher $\frac{\rho_w}{n-d_w-1}\bigl(d_{sw}+\frac{d_s}{N}(d_w-d_{sw})\bigr)$ more.
    """
    on_its_own = norm2(mul(_in_sample.STUDENT, TEACHER) - _in_sample.TARGET) / N
    return (
        Equal(E(norm2(mul(STUDENT, TEACHER) - TARGET)), BIAS, SETTING, bias_steps),
        Equal(E(on_its_own), IN_SAMPLE, _in_sample.SETTING, _in_sample.bias_steps, label="on its own sample"),
    )
