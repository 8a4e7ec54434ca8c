"""The student's variance on the unlabelled sample itself."""

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.language import E, Pinv, mul, norm2
from derivations.core.rules import Cancel, Contract, Fold, PseudoInverse, Vanish
from derivations.notation import W2S, Gamma_lab, Gamma_s, Gamma_w, N, R, d_s, d_sw, d_w, n, sigma2, z
from derivations.points import W2S_POINTS
from derivations.theorems.w2s_variance_reduced import CONDITION


@claim(
    id="w2s-variance-in-sample",
    title="The student's variance on its own sample",
    kind="equality",
    source="the paper's abstract; exact form derived here",
    statement=r"\mathbb{E}\,\tfrac1N\|\Gamma_s\Gamma_s^+\Gamma_w\tilde\Gamma_w^+z\|^2"
    r"=\frac{\sigma^2}{n-d_w-1}\Bigl[d_{sw}+\frac{d_s}{N}(d_w-d_{sw})\Bigr]",
    points=W2S_POINTS,
)
def w2s_variance_in_sample() -> tuple[Part, ...]:
    r"""On its own sample the student keeps exactly the fraction $d_s/N$ that the abstract states.

    On the $N$ unlabelled inputs the fitted values are a projection of the pseudo-labels onto $d_s$ of $N$
    dimensions, and the part outside the student's space is spread evenly over all of them. It is the
    population risk for which $d_s/N$ is only the leading order.
    """
    return (
        Equal(
            E(norm2(mul(Gamma_s, Pinv(Gamma_s), Gamma_w, Pinv(Gamma_lab), z))) / N,
            sigma2 / (n - d_w - 1) * (d_sw + d_s / N * (d_w - d_sw)),
            W2S,
            lambda p: (
                p.by(Cite("noise-energy"), "label noise")
                .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
                .by(Cite("wishart-inverse-mean"), "the teacher's sample")
                .by(CONDITION, "V_s∩V_w and V_w\\V_s: Γ_w = Γ_sC + R")
                .by(Vanish(R), "the cross term vanishes: R has mean zero given the rest")
                .by(Cite("quadratic-expectation"), "average over R")
                .by(PseudoInverse(Gamma_s), "Γ_s⁺ = W_s⁻¹Γ_sᵀ")
                .by(Cancel(Gamma_s), "a projection of rank d_s, the identity on V_s")
                .by(Contract(Gamma_s), "E Γ_sᵀΓ_s = N I")
                .by(Fold(d_sw), "d_sw = ‖C‖_F²")
            ),
            measured="w2s_in_sample",
        ),
    )
