"""The symbols of the theory, defined once, and the settings they live in (theory.md, section 1)."""

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.language import mul, parse_matrix
from derivations.core.laws import Block, Setting, standard
from derivations.core.words import Factor, MatrixSum, identity, matrix


def size(name: str) -> sp.Symbol:
    """A positive integer size."""
    return sp.Symbol(name, integer=True, positive=True)


n, N, m, d, k = (size(s) for s in ("n", "N", "m", "d", "k"))
d_s, d_w = size("d_s"), size("d_w")
D = size("D")  # of the latent space, of which V_s and V_w are subspaces
d_sw = sp.Symbol("d_sw", nonnegative=True)
sigma2 = sp.Symbol("sigma2", positive=True)
rho_w, rho_s = sp.Symbol("rho_w", nonnegative=True), sp.Symbol("rho_s", nonnegative=True)

Gamma = MatrixSymbol("Gamma", m, d)  # a generic m x d standard Gaussian matrix
Gamma_s = MatrixSymbol("Gamma_s", N, d_s)  # strong features of the unlabelled sample
Gamma_w = MatrixSymbol("Gamma_w", N, d_w)  # weak features of the same sample
Gamma_lab = MatrixSymbol("Gammatilde_w", n, d_w)  # weak features of the labelled sample
C = MatrixSymbol("C", d_s, d_w)  # E γ_s γ_wᵀ, singular values the cosines of the principal angles
R = MatrixSymbol("R", N, d_w)  # Γ_w - Γ_s C: what the strong features cannot express of the weak
L = MatrixSymbol("L", d_w, d_w)  # any root LᵀL = I - CᵀC, used to simulate only
z = MatrixSymbol("z", n, 1)  # label noise
fresh_s = MatrixSymbol("gamma_s", 1, d_s)  # strong features of a fresh point, as a row
fresh_w = MatrixSymbol("gamma_w", 1, d_w)  # weak features of a fresh point, as a row

theta = MatrixSymbol("theta", d_w, 1)  # f* = γ_wᵀθ + ξ_w: the best weak fit
delta = MatrixSymbol("delta", d_s, 1)  # E γ_s ξ_w
xi_lab = MatrixSymbol("xitilde", n, 1)  # ξ_w on the labelled sample
xi = MatrixSymbol("xi", 1, 1)  # ξ_w at a fresh point

CtC = (Factor(C, transposed=True), Factor(C))  # its trace is the correlation dimension d_sw
EYE_W, EYE_S = matrix(identity(d_w)), matrix(identity(d_s))


def noise(symbol: MatrixSymbol = z) -> Block:
    """Label noise: independent entries, mean zero, variance σ², of any law."""
    base = MatrixSymbol(f"{symbol.name}_0", *symbol.shape)
    covariance = matrix(identity(symbol.shape[1])).times(sigma2)
    scaled = matrix(base).times(sp.sqrt(sigma2))
    return Block((symbol,), ((covariance,),), False, ((base, "noise"),), ((symbol, scaled),), copies=1)


def correlated(strong: MatrixSymbol, weak: MatrixSymbol, copies: int | None = None) -> Block:
    """Strong and weak features of the same inputs: standard Gaussian each, cross-covariance C."""
    first = MatrixSymbol(f"{strong.name}_0", *strong.shape)
    second = MatrixSymbol(f"{weak.name}_0", *weak.shape)
    sampled = parse_matrix(mul(first, C)) + parse_matrix(mul(second, L))
    covariance = ((EYE_S, matrix(C)), (matrix(C).T, EYE_W))
    draws, sampler = ((first, "normal"), (second, "normal")), ((strong, matrix(first)), (weak, sampled))
    return Block((strong, weak), covariance, True, draws, sampler, copies)


def fresh(symbol: MatrixSymbol) -> Block:
    """Features of one fresh point, averaged over several in simulations."""
    block = standard(symbol)
    return Block(block.members, block.covariance, True, block.draws, copies=0)


RESIDUAL: tuple[tuple[MatrixSymbol, MatrixSum], ...] = (
    (R, matrix(Gamma_w) + parse_matrix(mul(Gamma_s, C)).times(-1)),
)
W2S = Setting(
    blocks=(noise(), standard(Gamma_lab), correlated(Gamma_s, Gamma_w), fresh(fresh_s)),
    hypotheses=(n - d_w - 1, N - d_s - 1, d_w, d_s),
    given=(C, L),
    definitions=RESIDUAL,
    names=((d_sw, CtC),),
    forms=((C, "overlap"), (L, "root of C")),
)
TEACHER = Setting(
    blocks=(noise(), standard(Gamma_lab), fresh(fresh_w)),
    hypotheses=(n - d_w - 1,),
)

__all__ = [name for name in globals() if not name.startswith("_") and name not in ("sp", "T")]
