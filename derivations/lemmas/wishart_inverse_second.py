"""Second moments of W⁻¹."""

import sympy as sp
from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.analysis import Solve
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, begin
from derivations.core.language import E, GramInverse, T, mul, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import Cancel, Contract
from derivations.notation import Gamma, d, m
from derivations.points import point

A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", d, d)
SETTING = Setting((standard(Gamma),), (m - d - 3, m, d), (A, B))
W = GramInverse(Gamma)
GRAM = mul(W, T(Gamma), Gamma, A)  # A, times W⁻¹W
D = (m - d) * (m - d - 1) * (m - d - 3)


def by_parts(p: Derivation) -> Derivation:
    """Three expectations with W⁻¹W inserted, each simplified and integrated by parts, and a linear system."""
    starts = (tr(mul(GRAM, W, B)), tr(GRAM) * tr(mul(W, B)), tr(mul(GRAM, W, T(B))))
    pairs = []
    for inserted in starts:
        start = begin(E(inserted), SETTING, p.library)
        plain = start.by(Cancel(Gamma), "W⁻¹W = I").by(Cite("wishart-inverse-mean"), "mean of W⁻¹")
        parts = start.by(Contract(Gamma, 1), "integrate Γ by parts").by(Cancel(Gamma), "W⁻¹W = I")
        pairs.append((plain, parts))
    return p.by(Solve(tuple(pairs)), "a linear system for the second moments")


def second(left: sp.Expr, right: sp.Expr, label: str) -> Equal:
    """One second moment."""
    return Equal(left, right, SETTING, by_parts, label=label)


@claim(
    id="wishart-inverse-second",
    title="Second moments of an inverse Gram matrix",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,W^{-1}AW^{-1}"
    r"=\frac{(m-d-1)A+\operatorname{tr}(A)I}{(m-d)(m-d-1)(m-d-3)}\quad(A=A^\top,\ m>d+3)",
    points=[
        point(m=m, d=d)
        for d, m in (
            (1, 14), (1, 18), (2, 16), (2, 22), (3, 17), (3, 24), (4, 20), (4, 28), (5, 25), (6, 30), (8, 36),
            (3, 1200),
        )
    ],
)  # fmt: skip
def wishart_inverse_second() -> tuple[Part, ...]:
    r"""The same integration by parts as for the mean, in three expectations quadratic in $W^{-1}$.

    Each of them, with $W^{-1}\Gamma^\top\Gamma$ inserted, is on the one hand a mean, and on the other hand
    a combination of the three; the linear system has a determinant that is positive for $m>d+3$. For a
    general $A$ the transpose appears: $(m-d-2)A+A^\top$ in the place of $(m-d-1)A$. It gives
    $\mathbb{E}\,W^{-2}=(m-1)I/D$ and $\mathbb{E}(\operatorname{tr}W^{-1})^2=d(d(m-d-2)+2)/D$ with
    $D=(m-d)(m-d-1)(m-d-3)$.
    """
    mixed = tr(mul(A, B)), tr(mul(A, T(B))), tr(A) * tr(B)
    return (
        second(E(tr(mul(W, A, W, B))), ((m - d - 2) * mixed[0] + mixed[1] + mixed[2]) / D, "W⁻¹AW⁻¹"),
        second(
            E(tr(mul(W, A)) * tr(mul(W, B))),
            (mixed[0] + mixed[1] + (m - d - 2) * mixed[2]) / D,
            "tr(W⁻¹A) tr(W⁻¹B)",
        ),
    )
