"""The variance of the weak-to-strong student."""

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.language import E, Pinv, mul, norm2
from derivations.core.rules import Vanish
from derivations.notation import W2S, Gamma_lab, Gamma_s, Gamma_w, N, R, d_s, d_sw, d_w, fresh_s, n, sigma2, z
from derivations.points import W2S_POINTS
from derivations.theorems.w2s_variance_reduced import CONDITION

STUDENT = mul(
    fresh_s, Pinv(Gamma_s), Gamma_w, Pinv(Gamma_lab), z
)  # noise part of the student at a fresh point


@claim(
    id="w2s-variance",
    title="The variance of the weak-to-strong student",
    kind="equality",
    source="the paper's abstract; exact form derived here",
    statement=r"\operatorname{Var}(f_{w2s})"
    r"=\frac{\sigma^2}{n-d_w-1}\Bigl[d_{sw}+\frac{d_s}{N-d_s-1}(d_w-d_{sw})\Bigr]",
    points=W2S_POINTS,
)
def w2s_variance() -> tuple[Part, ...]:
    r"""The student fits the teacher's predictions $\Gamma_w\tilde\Gamma_w^+z$ on $N$ fresh inputs.

    Split each of them into what lies in the student's space and what does not, $\Gamma_w=\Gamma_sC+R$. The
    two parts are uncorrelated, because $R$ has mean zero given everything else; the first is inherited
    whole, the second is reduced.
    """
    return (
        Equal(
            E(norm2(STUDENT)),
            sigma2 / (n - d_w - 1) * (d_sw + d_s / (N - d_s - 1) * (d_w - d_sw)),
            W2S,
            lambda p: (
                p.by(CONDITION, "V_s∩V_w and V_w\\V_s: Γ_w = Γ_sC + R")
                .by(Vanish(R), "the cross term vanishes: R has mean zero given the rest")
                .by(Cite("w2s-variance-inherited"), "V_s∩V_w: inherited")
                .by(Cite("w2s-variance-reduced"), "V_w\\V_s: reduced")
            ),
            measured="w2s",
        ),
    )
