r"""The V_w\V_s component."""

from dataclasses import replace

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation
from derivations.core.language import E, Pinv, mul, norm2, parse_matrix
from derivations.core.rules import ChangeVariables, Contract, Fold
from derivations.core.words import matrix
from derivations.notation import (
    RESIDUAL,
    W2S,
    C,
    Gamma_lab,
    Gamma_s,
    Gamma_w,
    N,
    R,
    correlated,
    d_s,
    d_sw,
    d_w,
    fresh_s,
    fresh_w,
    n,
    sigma2,
    z,
)
from derivations.points import W2S_POINTS

CONDITION = ChangeVariables(
    RESIDUAL, ((Gamma_w, matrix(R) + parse_matrix(mul(Gamma_s, C))),), lemma="gaussian-conditioning"
)
# A fresh point with both features, of which the teacher's error outside V_s is a function.
BOTH = replace(W2S, blocks=(*W2S.blocks[:-1], correlated(fresh_s, fresh_w, copies=0)))
FITTED = E(norm2(mul(fresh_s, Pinv(Gamma_s), R, Pinv(Gamma_lab), z)))


def reduced(p: Derivation) -> Derivation:
    """The proof; the in-sample and leading-order claims share nothing with it but its conclusion."""
    return (
        p.by(Contract(fresh_s), "a fresh point: E γ_sγ_sᵀ = I")
        .by(Cite("noise-energy"), "label noise")
        .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
        .by(Cite("wishart-inverse-mean"), "the teacher's sample")
        .by(CONDITION, "R is independent of Γ_s, with covariance I − CᵀC")
        .by(Cite("quadratic-expectation"), "average over R")
        .by(Cite("gram-pseudoinverse", 1), "Γ_s⁺Γ_s⁺ᵀ = W_s⁻¹")
        .by(Cite("wishart-inverse-mean"), "the student's sample")
        .by(Fold(d_sw), "d_sw = ‖C‖_F²")
    )


@claim(
    id="w2s-variance-reduced",
    title="The variance reduced in V_w\\V_s",
    kind="equality",
    source="the paper's abstract; exact form derived here",
    statement=r"\operatorname{Var}_{V_w\setminus V_s}(f_{w2s})"
    r"=\sigma^2\,\frac{d_w-d_{sw}}{n-d_w-1}\cdot\frac{d_s}{N-d_s-1}",
    points=W2S_POINTS,
)
def w2s_variance_reduced() -> tuple[Part, ...]:
    r"""What the strong features cannot express of the teacher's noise is only noise to the student.

    Given its own design, $R\,\tilde\Gamma_w^+z$ is fresh independent noise on the $N$ pseudo-labels: least
    squares averages it out as it would label noise, with the factor of $d_s$ coefficients fitted on $N$
    samples.
    """
    return (
        Equal(
            FITTED,
            sigma2 * (d_w - d_sw) / (n - d_w - 1) * d_s / (N - d_s - 1),
            W2S,
            reduced,
            measured="w2s_reduced",
        ),
        Equal(
            E(norm2(mul(fresh_w, Pinv(Gamma_lab), z) - mul(fresh_s, C, Pinv(Gamma_lab), z))),
            sigma2 * (d_w - d_sw) / (n - d_w - 1),
            BOTH,
            lambda p: (
                p.by(Contract(fresh_s), "a fresh point: E γ_sγ_sᵀ = I, E γ_sγ_wᵀ = C")
                .by(Contract(fresh_w), "E γ_wγ_wᵀ = I")
                .by(Cite("noise-energy"), "label noise")
                .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
                .by(Cite("wishart-inverse-mean"), "the teacher's sample")
                .by(Fold(d_sw), "d_sw = ‖C‖_F²")
            ),
            label="the teacher's own variance outside V_s",
            measured="weak_outside",
        ),
    )
