"""Ordinary least squares under misspecification: what the teacher, the baseline and the ceiling share."""

import sympy as sp
from sympy import MatrixSymbol

from derivations.claims import Equal
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation
from derivations.core.language import E, Pinv, mul, norm2
from derivations.core.laws import Block, Setting, standard
from derivations.core.rules import Contract, Vanish
from derivations.core.words import identity, matrix
from derivations.notation import fresh, noise, sigma2


def misfit(symbol: MatrixSymbol, variance: sp.Symbol) -> Block:
    """What the features cannot express of f* on a sample: Gaussian, independent of them."""
    base = MatrixSymbol(f"{symbol.name}_0", *symbol.shape)
    covariance = matrix(identity(symbol.shape[1])).times(variance)
    scaled = matrix(base).times(sp.sqrt(variance))
    return Block((symbol,), ((covariance,),), True, ((base, "normal"),), ((symbol, scaled),))


def least_squares(sample: MatrixSymbol, point: MatrixSymbol, variance: sp.Symbol, measured: str) -> Equal:
    """The excess risk of minimum-norm least squares on a sample (m x d), from its definition.

    `point` is the row of features of a fresh input; `variance` is E ξ² of what the features cannot express.
    The closed form is the claim's; here are the setting, the raw statement and the proof.
    """
    m, d = sample.shape
    theta = MatrixSymbol("theta", d, 1)
    xi, new_xi, z = MatrixSymbol("xitilde", m, 1), MatrixSymbol("xi", 1, 1), MatrixSymbol("z", m, 1)
    setting = Setting(
        blocks=(noise(z), standard(sample), misfit(xi, variance), fresh(point), misfit(new_xi, variance)),
        hypotheses=(m - d - 1, m, d),
        given=(theta,),
    )
    fitted = mul(point, Pinv(sample), mul(sample, theta) + xi + z)

    def proof(p: Derivation) -> Derivation:
        return (
            p.by(Cite("gram-pseudoinverse", 0), "the best fit θ is reproduced: Γ⁺Γ = I")
            .by(Vanish(z), "noise has mean zero given the rest")
            .by(Vanish(xi), "so has ξ on the sample")
            .by(Contract(new_xi), "E ξ²")
            .by(Contract(point), "a fresh point: E γγᵀ = I")
            .by(Cite("noise-energy"), "label noise")
            .by(Contract(xi), "ξ acts as noise of its own variance")
            .by(Cite("gram-pseudoinverse", 1), "Γ⁺Γ⁺ᵀ = W⁻¹")
            .by(Cite("wishart-inverse-mean"))
        )

    value = variance + (sigma2 + variance) * d / (m - d - 1)
    return Equal(E(norm2(fitted - mul(point, theta) - new_xi)), value, setting, proof, measured=measured)
