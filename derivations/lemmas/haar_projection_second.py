"""Second moments of a projection onto a uniform subspace."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.analysis import Solve
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, begin
from derivations.core.language import E, Pinv, T, mul, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import Cancel, Contract, PseudoInverse
from derivations.lemmas.haar_projection_mean import PROJECTION, A, G
from derivations.notation import d, m
from derivations.points import point

B = MatrixSymbol("B", d, d)
SETTING = Setting((standard(G),), (d - m + 1, d - 1, m, d), (A, B))
SQUARE = mul(G, T(G))
BESIDE = mul(PROJECTION, SQUARE)  # which is GGᵀ


def by_parts(p: Derivation) -> Derivation:
    """Expectations of P and PGGᵀ, which is GGᵀ: either way integrated by parts, and a linear system."""
    pairs = []
    for inserted, whole, alone in (
        (tr(mul(BESIDE, A, PROJECTION, B)), 4, 2),
        (tr(mul(BESIDE, A, PROJECTION, T(B))), 4, 2),
        (tr(mul(BESIDE, A)) * tr(mul(PROJECTION, B)), 4, 0),
    ):
        start = begin(E(inserted), SETTING, p.library)
        within = start.by(Contract(G, whole), "within the subspace").by(Cancel(G), "W⁻¹W = I")
        freely = start.by(Cancel(G), "PG = G").by(Contract(G, alone), "freely")
        pairs.append((within, freely.by(Cite("haar-projection-mean", 1), "mean of P")))
    return p.by(PseudoInverse(G), "G⁺ = W⁻¹Gᵀ, W = GᵀG").by(Solve(tuple(pairs)), "a linear system")


@claim(
    id="haar-projection-second",
    title="Second moments of a uniform projection",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,PAP=\frac{m(d(m+1)-2)A+m(d-m)\operatorname{tr}(A)I}{d(d-1)(d+2)}"
    r"\quad(A=A^\top,\ d\ge 2)",
    points=[
        point(m=m, d=d)
        for d, m in (
            (6, 2), (2, 1), (3, 1), (3, 2), (4, 1), (4, 2), (4, 3), (5, 1), (5, 2), (5, 4), (6, 3), (7, 2),
        )
    ],
)  # fmt: skip
def haar_projection_second() -> tuple[Part, ...]:
    r"""What a uniform projection does to a fixed matrix on both of its sides.

    With $P=GG^+$ the product $GG^\top$ is also $PGG^\top$. Integrated by parts within the range of $P$,
    which does not move $P$, the expectation of $GG^\top$ beside another $P$ is $d$ times that of $P$
    beside it; integrated freely, it is a combination of the same second moments and of $\mathbb{E}P$. Three
    such equations determine them, with a determinant that is positive for $d\ge2$. For a general $A$ the
    transpose appears: $(m(d+1)-2)A+(d-m)A^\top$ in the place of $(d(m+1)-2)A$.
    """
    product, turned, traces = tr(mul(A, B)), tr(mul(A, T(B))), tr(A) * tr(B)
    scale = m / (d * (d - 1) * (d + 2))
    return (
        Equal(
            E(tr(mul(G, Pinv(G), A, G, Pinv(G), B))),
            scale * ((m * (d + 1) - 2) * product + (d - m) * (turned + traces)),
            SETTING,
            by_parts,
            label="PAP",
        ),
        Equal(
            E(tr(mul(G, Pinv(G), A)) * tr(mul(G, Pinv(G), B))),
            scale * ((m * (d + 1) - 2) * traces + (d - m) * (turned + product)),
            SETTING,
            by_parts,
            label="tr(PA) tr(PB)",
        ),
    )
