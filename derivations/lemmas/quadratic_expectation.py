"""E RᵀAR."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.language import E, T, mul, parse_matrix, tr
from derivations.core.laws import Block, Setting
from derivations.core.rules import Contract, Relate
from derivations.core.words import Factor, matrix
from derivations.notation import d, m
from derivations.points import point

R = MatrixSymbol("R", m, d)
K = MatrixSymbol("K", d, d)
A = MatrixSymbol("A", m, m)
B = MatrixSymbol("B", d, d)
ROOT = MatrixSymbol("L", d, d)
BASE = MatrixSymbol("R_0", m, d)
ROWS = Block((R,), ((matrix(K),),), False, ((BASE, "noise"),), ((R, parse_matrix(mul(BASE, ROOT))),))
SYMMETRIC = (((Factor(K, transposed=True),), matrix(K)),)
FORMS = ((K, "covariance"), (ROOT, "root of K"))
SETTING = Setting((ROWS,), (m, d), (A, B, K, ROOT), SYMMETRIC, forms=FORMS)


@claim(
    id="quadratic-expectation",
    title="The mean of a quadratic form in independent rows",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,R^\top A R=\mathbb{E}[\operatorname{tr}A]\,K"
    r"\qquad (\text{rows of }R\text{ iid, mean }0,\text{ covariance }K,\ A\perp R)",
    points=[
        point(m=m, d=d, noise=law)
        for m, d in ((2, 2), (4, 3), (7, 2), (12, 5))
        for law in ("normal", "sign", "uniform")
    ],
)
def quadratic_expectation() -> tuple[Part, ...]:
    r"""The matrix analogue of the noise energy.

    Rows of $R$ are independent with covariance $K$, so only the diagonal of $A$ survives, and every
    diagonal entry meets the same $K$. Stated against an arbitrary $B$. Nothing but mean and covariance of
    the rows is used.
    """
    return (
        Equal(
            E(tr(mul(T(R), A, R, B))),
            tr(A) * tr(mul(K, B)),
            SETTING,
            lambda p: p.by(Contract(R), "rows are independent with covariance K").by(
                Relate(), "K is symmetric"
            ),
        ),
    )
