"""E W⁻¹."""

from sympy import Identity, MatrixSymbol, oo

from derivations.claims import Equal, Part, claim
from derivations.core.analysis import Isotropy, Solve
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, begin
from derivations.core.language import E, GramInverse, T, mul, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import Cancel, Contract
from derivations.core.words import Factor, matrix
from derivations.notation import Gamma, d, m
from derivations.points import point

A, e = MatrixSymbol("A", d, d), MatrixSymbol("e", d, 1)
UNIT = (((Factor(e, transposed=True), Factor(e)), matrix((Factor(Identity(1)),))),)
SETTING = Setting((standard(Gamma),), (m - d - 1, m, d), (A, e), UNIT, forms=((e, "frame last"),))
GRAM = E(tr(mul(GramInverse(Gamma), T(Gamma), Gamma, A)))


def by_parts(p: Derivation) -> Derivation:
    """Integrate by parts in E tr(W⁻¹ΓᵀΓA), which is also tr A."""
    start = begin(GRAM, SETTING, p.library)
    plain = start.by(Cancel(Gamma), "W⁻¹W = I")
    parts = start.by(Contract(Gamma, 1), "integrate Γ by parts").by(Cancel(Gamma), "W⁻¹W = I")
    return p.by(Solve(((plain, parts),)), "divide by the factor, which is positive")


def by_chi_square(p: Derivation) -> Derivation:
    """Rotational invariance, then the law of one diagonal entry."""
    return (
        p.by(Isotropy(Gamma, e), "E W⁻¹ is a multiple of I")
        .by(Cite("residual-chi-square"), "a diagonal entry of W⁻¹ is 1/χ²")
        .by(Cite("chi-square-inverse"), "mean of 1/χ²")
    )


def diagonal(rows: int) -> Equal:
    """The diagonal entry of W⁻¹ with d + rows samples, whose mean is infinite."""
    gamma = MatrixSymbol("Gamma", d + rows, d)
    setting = Setting((standard(gamma),), (d,), (e,), UNIT, forms=((e, "frame last"),), extended=True)
    return Equal(
        E(tr(mul(T(e), GramInverse(gamma), e))),
        oo,
        setting,
        lambda p: p.by(Cite("residual-chi-square")).by(Cite("chi-square-inverse")),
        label=f"infinite at m = d + {rows}" if rows else "infinite at m = d",
    )


@claim(
    id="wishart-inverse-mean",
    title="The mean of an inverse Gram matrix",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,W^{-1}=\frac{I}{m-d-1}"
    r"\quad(m>d+1),\qquad \mathbb{E}\operatorname{tr}W^{-1}=\infty\quad(m\in\{d,d+1\})",
    points=[
        point(m=m, d=d)
        for d, m in (
            (1, 6), (1, 9), (2, 6), (2, 10), (3, 7), (4, 12), (5, 10), (6, 11), (8, 13), (10, 15),
            (12, 36), (3, 2000),
        )
    ],
)  # fmt: skip
def wishart_inverse_mean() -> tuple[Part, ...]:
    r"""Insert the Gram matrix beside its inverse, and integrate by parts.

    Write $\operatorname{tr}A=\mathbb{E}\operatorname{tr}(W^{-1}\Gamma^\top\Gamma A)$ and integrate one
    $\Gamma$ by parts. It meets its transpose ($m$), and twice the inverse, which costs $d$ and $1$; every
    term is again $\mathbb{E}\operatorname{tr}(W^{-1}A)$, so dividing by the total factor gives the mean. A
    second derivation goes through rotations and the law of one diagonal entry; it also shows that the mean
    is infinite at $m=d$ and $m=d+1$.
    """
    return (
        Equal(
            E(tr(mul(GramInverse(Gamma), A))), tr(A) / (m - d - 1), SETTING, by_parts, also=(by_chi_square,)
        ),
        diagonal(1),
        diagonal(0),
    )
