"""Γ⁺ through the Gram matrix."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.language import GramInverse, Pinv, T, mul, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import Cancel, PseudoInverse
from derivations.notation import Gamma, d, m
from derivations.points import point

A = MatrixSymbol("A", m, d)
B = MatrixSymbol("B", d, d)
SETTING = Setting((standard(Gamma),), (m - d + 1, m, d), (A, B))


@claim(
    id="gram-pseudoinverse",
    title="The pseudo-inverse and the Gram matrix",
    kind="equality",
    source="this project",
    statement=r"\Gamma^+=W^{-1}\Gamma^\top,\quad \Gamma^+\Gamma=I,"
    r"\quad \Gamma^+\Gamma^{+\top}=W^{-1}\qquad (m\ge d)",
    points=[point(m=m, d=d) for d in (1, 2, 3, 5) for m in (d, d + 1, 2 * d + 3)],
)
def gram_pseudoinverse() -> tuple[Part, ...]:
    r"""The pseudo-inverse of a matrix of full column rank goes through its Gram matrix.

    For a matrix $\Gamma$ of full column rank with Gram matrix $W=\Gamma^\top\Gamma$, the matrix
    $W^{-1}\Gamma^\top$ satisfies the four Penrose equations, so it is the pseudo-inverse; the two products
    that least squares needs follow. Each identity is stated as a trace against an arbitrary matrix, and it
    holds for every draw.
    """
    return (
        Equal(
            tr(mul(Pinv(Gamma), Gamma, B)),
            tr(B),
            SETTING,
            lambda p: p.by(PseudoInverse(Gamma), "Γ⁺ = W⁻¹Γᵀ").by(Cancel(Gamma), "W⁻¹W = I"),
            label="Γ⁺Γ = I",
        ),
        Equal(
            tr(mul(Pinv(Gamma), T(Pinv(Gamma)), B)),
            tr(mul(GramInverse(Gamma), B)),
            SETTING,
            lambda p: p.by(PseudoInverse(Gamma), "Γ⁺ = W⁻¹Γᵀ").by(Cancel(Gamma), "W⁻¹W = I"),
            label="Γ⁺Γ⁺ᵀ = W⁻¹",
        ),
        Equal(
            tr(mul(Pinv(Gamma), A)),
            tr(mul(GramInverse(Gamma), T(Gamma), A)),
            SETTING,
            lambda p: p.by(PseudoInverse(Gamma), "Γ⁺ = W⁻¹Γᵀ"),
            label="Γ⁺ = W⁻¹Γᵀ",
        ),
    )
