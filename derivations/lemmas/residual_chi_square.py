"""1/(W⁻¹)_dd is chi-square."""

from sympy import Identity, MatrixSymbol

from derivations.claims import ChiSquare, Equal, Part, SameLaw, claim
from derivations.core.analysis import IdempotentForm
from derivations.core.derivation import Derivation, begin
from derivations.core.language import E, GramInverse, T, mul, parse_matrix, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import Cancel, ChangeVariables, Relate, ScalarOut
from derivations.core.words import Factor, matrix
from derivations.notation import Gamma, d, m
from derivations.points import point

e, E1 = MatrixSymbol("e", d, 1), MatrixSymbol("E_1", d, d - 1)
g, Gamma_1 = MatrixSymbol("g", m, 1), MatrixSymbol("Gamma_1", m, d - 1)
x = MatrixSymbol("x", m - d + 1, 1)
RELATIONS = (
    ((Factor(e, transposed=True), Factor(e)), matrix((Factor(Identity(1)),))),
    ((Factor(E1, transposed=True), Factor(E1)), matrix((Factor(Identity(d - 1)),))),
    ((Factor(e, transposed=True), Factor(E1)), parse_matrix(mul(T(e), E1)).times(0)),
    ((Factor(E1, transposed=True), Factor(e)), parse_matrix(mul(T(E1), e)).times(0)),
    (
        (Factor(e), Factor(e, transposed=True)),
        matrix((Factor(Identity(d)),)) + parse_matrix(mul(E1, T(E1))).times(-1),
    ),
)
FORMS = ((e, "frame last"), (E1, "frame rest"))
SETTING = Setting(
    (standard(Gamma),),
    (m - d + 1, m, d),
    (e, E1),
    RELATIONS,
    definitions=((Gamma_1, parse_matrix(mul(Gamma, E1))), (g, parse_matrix(mul(Gamma, e)))),
    forms=FORMS,
    extended=True,
)
SPLIT = ChangeVariables(SETTING.definitions, ((Gamma, parse_matrix(mul(Gamma_1, T(E1)) + mul(g, T(e)))),))
# p times the squared residual of the last column, and also 1: see the page
PRODUCT = tr(mul(T(e), GramInverse(Gamma), T(Gamma), Gamma, e)) - tr(
    mul(T(e), GramInverse(Gamma), T(Gamma), Gamma, E1, GramInverse(Gamma_1), T(Gamma_1), g)
)


def two_ways(p: Derivation) -> tuple[Derivation, Derivation]:
    """The same expression is 1 (W⁻¹ cancels) and (W⁻¹)_dd times the squared residual (Γ split by columns)."""
    start = begin(PRODUCT, SETTING, p.library)
    return (
        start.by(Cancel(Gamma), "W⁻¹W = I").by(Relate(), "eᵀe = 1, eᵀE₁ = 0"),
        start.by(SPLIT, "last column and the others")
        .by(Relate(), "eᵀe = 1, eᵀE₁ = 0")
        .by(Cancel(Gamma_1), "the other columns cancel")
        .by(ScalarOut(), "(W⁻¹)_dd comes out"),
    )


@claim(
    id="residual-chi-square",
    title="The last diagonal entry of the inverse Gram matrix",
    kind="law",
    source="this project",
    statement=r"\frac{1}{(W^{-1})_{dd}}=\|(I-\Pi_1)g\|^2\sim\chi^2_{m-d+1}",
    points=[point(m=m, d=d) for d in (2, 3, 5) for m in (d + 4, d + 5, 2 * d + 5, 3 * d + 8)],
    literature=("a unit vector can be completed to an orthonormal basis",),
)
def residual_chi_square() -> tuple[Part, ...]:
    r"""A diagonal entry of the inverse Gram matrix is one over the squared residual of a column.

    Let $e$ be a unit vector, $g=\Gamma e$ the last column in a basis that ends in $e$, $\Gamma_1$ the
    others, and $\Pi_1$ the projection onto their span. The vector $v=e-E_1W_1^{-1}\Gamma_1^\top g$ has
    $\Gamma v=(I-\Pi_1)g$, so $Wv=e\cdot g^\top(I-\Pi_1)g$, and $e^\top W^{-1}Wv$ is both $1$ and
    $(W^{-1})_{dd}\,g^\top(I-\Pi_1)g$. Since $g$ is independent of $\Gamma_1$ and $I-\Pi_1$ is a projection
    of trace $m-d+1$, the quadratic form is chi-square with that many degrees of freedom.
    """
    return (
        Equal(
            E(tr(mul(T(e), GramInverse(Gamma), e))),
            E(tr(GramInverse(x))),
            SETTING,
            lambda p: p.by(
                IdempotentForm((two_ways(p),), g), "the squared residual is χ² with m - d + 1 degrees"
            ),
        ),
        SameLaw(
            tr(mul(T(e), GramInverse(Gamma), e)),
            SETTING,
            ChiSquare(m - d + 1, reciprocal=True),
            label="(W⁻¹)_dd",
        ),
    )
