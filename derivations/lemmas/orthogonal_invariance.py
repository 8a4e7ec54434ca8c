"""W and QWQᵀ have one law."""

from sympy import Identity, MatrixSymbol

from derivations.claims import Equal, Part, SameLaw, claim
from derivations.core.language import E, GramInverse, T, mul, parse_matrix, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import ChangeVariables, Rename, Rotate
from derivations.core.words import Factor, matrix
from derivations.notation import Gamma, d, m
from derivations.points import point

A, Q = MatrixSymbol("A", d, d), MatrixSymbol("Q", d, d)
TURNED = MatrixSymbol("Gamma'", m, d)
q, EYE = Factor(Q), matrix((Factor(Identity(d)),))
RELATIONS = (((q, q.T), EYE), ((q.T, q), EYE))
SETTING = Setting((standard(Gamma),), (m - d - 1, m, d), (A, Q), RELATIONS, forms=((Q, "orthogonal"),))
TURN = ChangeVariables(((TURNED, parse_matrix(mul(Gamma, T(Q)))),), ((Gamma, parse_matrix(mul(TURNED, Q))),))


@claim(
    id="orthogonal-invariance",
    title="Invariance under rotations",
    kind="law",
    source="this project",
    statement=r"W\overset{d}{=}QWQ^\top\ (Q^\top Q=QQ^\top=I),\quad\text{so}"
    r"\quad \mathbb{E}f(W)\propto I\ \text{for equivariant }f",
    points=[point(m=m, d=d) for d in (1, 2, 3, 5) for m in (d + 4, d + 6, 3 * d + 6)],
)
def orthogonal_invariance() -> tuple[Part, ...]:
    r"""The rows of $\Gamma'=\Gamma Q^\top$ are Gaussian with covariance $QQ^\top=I$: the law of $\Gamma$.

    So $\mathbb{E}f(W)=Q^\top\mathbb{E}f(W)\,Q$ for every rotation and every $f$ that turns with its
    argument, and a matrix that commutes with all rotations is a multiple of the identity.
    """
    return (
        Equal(
            E(tr(mul(GramInverse(Gamma), A))),
            E(tr(mul(T(Q), GramInverse(Gamma), Q, A))),
            SETTING,
            lambda p: (
                p.by(TURN, "turn the rows")
                .by(Rotate(Gamma), "W⁻¹ = QᵀW'⁻¹Q")
                .by(Rename(TURNED, Gamma), "Γ' has the law of Γ")
            ),
            label="E W⁻¹",
        ),
        SameLaw(tr(mul(T(Gamma), Gamma, A)), SETTING, tr(mul(Q, T(Gamma), Gamma, T(Q), A)), SETTING, "W"),
        SameLaw(
            tr(mul(GramInverse(Gamma), A)), SETTING, tr(mul(Q, GramInverse(Gamma), T(Q), A)), SETTING, "W⁻¹"
        ),
    )
