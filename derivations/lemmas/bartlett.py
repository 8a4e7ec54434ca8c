"""Bartlett's decomposition."""

from sympy import MatrixSymbol

from derivations.claims import Part, SameLaw, claim
from derivations.core.language import T, mul, tr
from derivations.core.laws import Block, Setting, standard
from derivations.core.words import identity, matrix
from derivations.notation import Gamma, d, m
from derivations.points import point

A = MatrixSymbol("A", d, d)

FACTOR = MatrixSymbol("T", d, d)

GAUSSIAN = Setting((standard(Gamma),), (m - d + 1, d), (A,))
TRIANGULAR = Setting(
    (Block((FACTOR,), ((matrix(identity(d)),),), False, draws=((FACTOR, "bartlett:m"),)),),
    (m - d + 1, d),
    (A,),
)
W, TTt = mul(T(Gamma), Gamma), mul(FACTOR, T(FACTOR))


@claim(
    id="bartlett",
    title="Bartlett's decomposition",
    kind="law",
    source="the literature (Bartlett 1933)",
    statement=r"W=TT^\top,\qquad T_{ii}^2\sim\chi^2_{m-i+1},\ T_{ij}\sim N(0,1)\ (i>j),\text{ independent}",
    points=[point(m=m, d=d) for d in (1, 2, 3, 5) for m in (d, d + 2, 3 * d + 2)],
    literature=("Bartlett's decomposition of a Wishart matrix",),
)
def bartlett() -> tuple[Part, ...]:
    r"""A Gram matrix is the product of a triangular factor with independent entries and its transpose.

    The Gram matrix of an $m\times d$ standard Gaussian matrix has the law of $TT^\top$ with $T$ lower
    triangular and all its entries independent. It is taken from the literature, and listed as an axiom of
    whatever uses it; here the two sides are compared in law, sampled independently, on three functionals.
    """
    return (
        SameLaw(tr(W), GAUSSIAN, tr(TTt), TRIANGULAR, "tr W"),
        SameLaw(tr(mul(W, A)), GAUSSIAN, tr(mul(TTt, A)), TRIANGULAR, "tr WA"),
        SameLaw(tr(mul(W, A, W)), GAUSSIAN, tr(mul(TTt, A, TTt)), TRIANGULAR, "tr WAW"),
    )
