"""The V_s∩V_w component."""

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.language import E, Pinv, mul, norm2
from derivations.core.rules import Contract, Fold
from derivations.notation import W2S, C, Gamma_lab, Gamma_s, d_sw, d_w, fresh_s, n, sigma2, z
from derivations.points import W2S_POINTS

INSIDE = mul(
    Gamma_s, C, Pinv(Gamma_lab), z
)  # the part of the teacher's noise in V_s, on the unlabelled sample


@claim(
    id="w2s-variance-inherited",
    title="The variance inherited in V_s∩V_w",
    kind="equality",
    source="the paper's abstract; exact form derived here",
    statement=r"\operatorname{Var}_{V_s\cap V_w}(f_{w2s})=\sigma^2\,\frac{d_{sw}}{n-d_w-1}",
    points=W2S_POINTS,
)
def w2s_variance_inherited() -> tuple[Part, ...]:
    r"""Inside the student's space least squares reproduces the teacher's noise whatever the sample.

    There the teacher's noise is an exact linear function of the strong features, $\gamma_s^\top
    C\tilde\Gamma_w^+z$, and $\Gamma_s^+\Gamma_s=I$. The student inherits the teacher's variance there,
    untouched; the number $N$ of pseudo-labels does not enter. It is also what the teacher itself has there,
    which is the second part. Between $0$ and $90$ degrees a direction counts with $\cos^2\theta_i$, and
    $d_{sw}=\|C\|_F^2=\sum_i\cos^2\theta_i$.
    """
    own = E(norm2(mul(fresh_s, C, Pinv(Gamma_lab), z)))
    value = sigma2 * d_sw / (n - d_w - 1)
    return (
        Equal(
            E(norm2(mul(fresh_s, Pinv(Gamma_s), INSIDE))),
            value,
            W2S,
            lambda p: (
                p.by(Contract(fresh_s), "a fresh point: E γ_sγ_sᵀ = I")
                .by(Cite("gram-pseudoinverse", 0), "least squares reproduces what lies in V_s")
                .by(Cite("noise-energy"), "label noise")
                .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
                .by(Cite("wishart-inverse-mean"), "the teacher's sample")
                .by(Fold(d_sw), "d_sw = ‖C‖_F²")
            ),
            measured="w2s_inherited",
        ),
        Equal(
            own,
            value,
            W2S,
            lambda p: (
                p.by(Contract(fresh_s), "a fresh point: E γ_sγ_sᵀ = I")
                .by(Cite("noise-energy"), "label noise")
                .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
                .by(Cite("wishart-inverse-mean"), "the teacher's sample")
                .by(Fold(d_sw), "d_sw = ‖C‖_F²")
            ),
            label="the teacher's own variance in V_s",
            measured="weak_inside",
        ),
    )
