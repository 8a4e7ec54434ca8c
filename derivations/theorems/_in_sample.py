"""Weak-to-strong under misspecification, on the unlabelled inputs themselves: the bias step by step."""

from dataclasses import replace

from sympy import MatrixSymbol

from derivations.core.cite import Cite
from derivations.core.derivation import Derivation
from derivations.core.language import Pinv, mul, parse_matrix
from derivations.core.rules import Cancel, ChangeVariables, Contract, Fold, PseudoInverse, Vanish
from derivations.core.words import matrix
from derivations.notation import (
    RESIDUAL,
    C,
    Gamma_s,
    Gamma_w,
    N,
    R,
    d_sw,
    delta,
    theta,
    xi_lab,
)
from derivations.theorems._misspecified import LABELLED, cross, fitted2, inputs, theta2
from derivations.theorems._misspecified import SETTING as POPULATION

xi_un = MatrixSymbol("xi_u", N, 1)  # ξ_w on the unlabelled sample
r = MatrixSymbol("r", N, 1)  # what γ_s does not say of it
LEFT_OVER = ((r, matrix(xi_un) + parse_matrix(mul(Gamma_s, delta)).times(-1)),)

SETTING = replace(
    POPULATION,
    blocks=(*LABELLED, inputs(Gamma_s, Gamma_w, xi_un)),
    definitions=(*RESIDUAL, *LEFT_OVER),
)
CONDITION = ChangeVariables(
    SETTING.definitions,
    (
        (Gamma_w, matrix(R) + parse_matrix(mul(Gamma_s, C))),
        (xi_un, matrix(r) + parse_matrix(mul(Gamma_s, delta))),
    ),
    lemma="gaussian-conditioning",
)
TARGET = mul(Gamma_w, theta) + xi_un  # f* on the unlabelled inputs
STUDENT = mul(Gamma_s, Pinv(Gamma_s), Gamma_w)  # the student there, as a map of the teacher's coefficients


def bias_steps(p: Derivation) -> Derivation:
    """From the noiseless student's squared error on its own sample to its closed form."""
    return (
        p.by(Cite("gram-pseudoinverse", 0), "the teacher reproduces θ: Γ̃_w⁺Γ̃_w = I")
        .by(Vanish(xi_lab), "ξ on the labelled sample has mean zero given the rest")
        .by(Contract(xi_lab), "ξ acts as noise of its own variance")
        .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
        .by(Cite("wishart-inverse-mean", 0), "the teacher's sample")
        .by(CONDITION, "V_s∩V_w and V_w\\V_s: Γ_w = Γ_sC + R, ξ = Γ_sδ + r")
        .by(PseudoInverse(Gamma_s), "Γ_s⁺ = W_s⁻¹Γ_sᵀ")
        .by(Cancel(Gamma_s), "a projection of rank d_s, the identity on V_s")
        .by(Contract(R), "average over R")
        .by(Contract(r), "average over r")
        .by(Cancel(Gamma_s), "a projection of rank d_s")
        .by(Contract(Gamma_s), "E Γ_sᵀΓ_s = N I")
        .by(Fold(d_sw), "d_sw = ‖C‖_F²")
        .by(Fold(theta2), "‖θ‖²")
        .by(Fold(fitted2), "‖Cθ‖²")
        .by(Fold(cross), "δᵀCθ")
    )
