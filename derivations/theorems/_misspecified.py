"""Weak-to-strong under misspecification: the setting that bias and risk share, and the bias step by step."""

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.cite import Cite
from derivations.core.derivation import Derivation
from derivations.core.language import Pinv, T, mul, parse_matrix
from derivations.core.laws import Block, Setting, standard
from derivations.core.rules import Contract, Fold, Vanish
from derivations.core.words import Factor, MatrixSum, Word, identity, matrix
from derivations.notation import (
    EYE_S,
    EYE_W,
    RESIDUAL,
    C,
    CtC,
    Gamma_lab,
    Gamma_s,
    Gamma_w,
    L,
    N,
    R,
    correlated,
    d_s,
    d_sw,
    d_w,
    delta,
    fresh_s,
    fresh_w,
    n,
    noise,
    rho_w,
    theta,
    xi,
    xi_lab,
    z,
)
from derivations.theorems._supervised import misfit
from derivations.theorems.w2s_variance_reduced import CONDITION

M = MatrixSymbol("M", d_s, d_s)  # (I - CCᵀ)⁺, to simulate only
# Scalars of the target: ‖θ‖², ‖Cθ‖², ‖δ‖², δᵀCθ, and the part of ρ_w that the strong features can express.
theta2, fitted2, delta2 = sp.symbols("theta2 phi2 delta2", nonnegative=True)
cross, shared2 = sp.Symbol("t", real=True), sp.Symbol("shared2", nonnegative=True)

# As in theory.md, section 1: τ² = ‖(I - P_s)P_w f*‖² and ρ_s = ‖(I - P_s) f*‖² in these terms.
tau2 = theta2 - fitted2
rho_s = rho_w + tau2 - delta2 - 2 * cross


def _word(*factors: MatrixSymbol | Factor) -> Word:
    return tuple(f if isinstance(f, Factor) else Factor(f) for f in factors)


def _t(x: MatrixSymbol) -> Factor:
    return Factor(x, transposed=True)


NAMES: tuple[tuple[sp.Symbol, Word], ...] = (
    (d_sw, CtC),
    (theta2, _word(_t(theta), theta)),
    (fitted2, _word(_t(theta), *CtC, theta)),
    (delta2, _word(_t(delta), delta)),
    (cross, _word(_t(delta), C, theta)),
    (shared2, _word(_t(delta), M, delta)),
)


def inputs(strong: MatrixSymbol, weak: MatrixSymbol, rest: MatrixSymbol, copies: int | None = None) -> Block:
    """γ_s, γ_w and ξ_w of inputs: jointly Gaussian, ξ_w uncorrelated with γ_w, E γ_sξ_w = δ."""
    first, second, third = (MatrixSymbol(f"{x.name}_0", *x.shape) for x in (strong, weak, rest))
    zero = MatrixSum((), (d_w, sp.Integer(1)))
    covariance = (
        (EYE_S, matrix(C), matrix(delta)),
        (matrix(C).T, EYE_W, zero),
        (matrix(delta).T, zero.T, matrix(identity(sp.Integer(1))).times(rho_w)),
    )
    features = parse_matrix(mul(first, C)) + parse_matrix(mul(second, L))
    left_over = (
        parse_matrix(mul(first, delta))
        + parse_matrix(mul(second, L, T(C), M, delta)).times(-1)
        + matrix(third).times(sp.sqrt(rho_w - shared2))
    )
    draws = tuple((x, "normal") for x in (first, second, third))
    sampler = ((strong, matrix(first)), (weak, features), (rest, left_over))
    return Block((strong, weak, rest), covariance, True, draws, sampler, copies)


LABELLED = (noise(), standard(Gamma_lab), misfit(xi_lab, rho_w))  # what the teacher sees
SETTING = Setting(
    blocks=(*LABELLED, correlated(Gamma_s, Gamma_w), inputs(fresh_s, fresh_w, xi, copies=0)),
    hypotheses=(n - d_w - 1, N - d_s - 1, d_w, d_s),
    given=(C, L, theta, delta, M),
    definitions=RESIDUAL,
    names=NAMES,
    forms=((C, "overlap"), (L, "root of C"), (delta, "residual of C"), (M, "residual inverse of C")),
)
TARGET = mul(fresh_w, theta) + xi  # f* at a fresh point
TEACHER = mul(
    Pinv(Gamma_lab), mul(Gamma_lab, theta) + xi_lab
)  # the teacher's coefficients, but for label noise
NOISE = mul(Pinv(Gamma_lab), z)  # what label noise adds to them
STUDENT = mul(fresh_s, Pinv(Gamma_s), Gamma_w)  # the student at a fresh point, as a map of those coefficients


def bias_steps(p: Derivation) -> Derivation:
    """From the squared error of the noiseless student to its closed form."""
    return averages(
        p.by(Cite("gram-pseudoinverse", 0), "the teacher reproduces θ: Γ̃_w⁺Γ̃_w = I")
        .by(Vanish(xi_lab), "ξ on the labelled sample has mean zero given the rest")
        .by(CONDITION, "V_s∩V_w and V_w\\V_s: Γ_w = Γ_sC + R")
        .by(Cite("gram-pseudoinverse", 0), "least squares reproduces what lies in V_s")
        .by(Vanish(R), "R has mean zero given the rest")
        .by(Contract(fresh_s), "the fresh point: E γ_sγ_sᵀ = I, E γ_sγ_wᵀ = C, E γ_sξ = δ")
        .by(Contract(fresh_w), "E γ_wγ_wᵀ = I")
        .by(Contract(xi), "E ξ² = ρ_w")
    ).by(Fold(cross), "δᵀCθ")


def averages(p: Derivation) -> Derivation:
    """From means over the samples to closed forms in the scalars of the target, but for δᵀCθ."""
    return (
        p.by(Contract(xi_lab), "ξ acts as noise of its own variance")
        .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
        .by(Cite("wishart-inverse-mean", 0), "the teacher's sample")
        .by(Cite("quadratic-expectation"), "average over R")
        .by(Cite("gram-pseudoinverse", 1), "Γ_s⁺Γ_s⁺ᵀ = W_s⁻¹")
        .by(Cite("wishart-inverse-mean", 0), "the student's sample")
        .by(Fold(d_sw), "d_sw = ‖C‖_F²")
        .by(Fold(theta2), "‖θ‖²")
        .by(Fold(fitted2), "‖Cθ‖²")
    )
