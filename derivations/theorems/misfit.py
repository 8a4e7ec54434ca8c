"""The disagreement of student and teacher."""

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.language import E, mul, norm2
from derivations.core.rules import Contract, Vanish
from derivations.notation import R, d_sw, d_w, fresh_s, fresh_w, n, rho_w, sigma2, xi_lab, z
from derivations.theorems._misspecified import NOISE, SETTING, STUDENT, TEACHER, averages, tau2
from derivations.theorems.w2s_bias import KAPPA, POINTS
from derivations.theorems.w2s_variance_reduced import CONDITION

COEFFICIENTS = TEACHER + NOISE


@claim(
    id="misfit",
    title="The disagreement of student and teacher",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}(f_w-f_{w2s})^2=(1+\kappa)\Bigl[\tau^2+(\sigma^2+\rho_w)\frac{d_w-d_{sw}}{n-d_w-1}\Bigr]"
    r",\quad \kappa=\frac{d_s}{N-d_s-1}",
    points=POINTS,
)
def misfit() -> tuple[Part, ...]:
    r"""What the student cannot express of the teacher, plus what it makes of that by mistake.

    On fresh inputs they differ by the part of the teacher outside $V_s$, whose mean square is the bracket:
    $\tau^2$ of the target's part and the teacher's variance there. The student fits that part on its sample
    as if it were noise, which adds $\kappa$ times as much. It can be measured on unlabelled inputs alone.
    """
    outside = tau2 + (sigma2 + rho_w) * (d_w - d_sw) / (n - d_w - 1)
    return (
        Equal(
            E(norm2(mul(STUDENT, COEFFICIENTS) - mul(fresh_w, COEFFICIENTS))),
            (1 + KAPPA) * outside,
            SETTING,
            lambda p: averages(
                p.by(Cite("gram-pseudoinverse", 0), "the teacher reproduces θ: Γ̃_w⁺Γ̃_w = I")
                .by(Vanish(z), "label noise has mean zero given the rest")
                .by(Vanish(xi_lab), "so has ξ on the labelled sample")
                .by(CONDITION, "V_s∩V_w and V_w\\V_s: Γ_w = Γ_sC + R")
                .by(Cite("gram-pseudoinverse", 0), "least squares reproduces what lies in V_s")
                .by(Vanish(R), "R has mean zero given the rest")
                .by(Contract(fresh_s), "the fresh point: E γ_sγ_sᵀ = I, E γ_sγ_wᵀ = C")
                .by(Contract(fresh_w), "E γ_wγ_wᵀ = I")
                .by(Cite("noise-energy"), "label noise")
            ),
            measured="misfit",
        ),
    )
