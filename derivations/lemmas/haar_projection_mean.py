"""E P of a projection onto a uniform subspace."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.analysis import Isotropy, Solve
from derivations.core.derivation import Derivation, begin
from derivations.core.language import E, GramInverse, Pinv, T, mul, tr
from derivations.core.laws import Setting, standard, unit
from derivations.core.rules import Cancel, PseudoInverse
from derivations.notation import d, m
from derivations.points import point

G = MatrixSymbol("G", d, m)  # its range is uniform: G is Γᵀ for fewer samples than dimensions
A, e = MatrixSymbol("A", d, d), MatrixSymbol("e", d, 1)
SETTING = Setting((standard(G),), (d - m + 1, m, d), (A, e), (unit(e),), forms=((e, "frame last"),))
PROJECTION = mul(G, GramInverse(G), T(G))


def by_rotation(p: Derivation) -> Derivation:
    """E P is a multiple of the identity, and the trace of P says which."""
    start = begin(E(tr(PROJECTION)), SETTING, p.library)
    rank = start.by(Cancel(G), "the trace is the rank")
    spread = start.by(Isotropy(G, e), "E P is a multiple of I")
    return p.by(Isotropy(G, e), "E P is a multiple of I").by(Solve(((rank, spread),)), "whose trace is m")


@claim(
    id="haar-projection-mean",
    title="The mean of a projection onto a uniform subspace",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,P=\frac{m}{d}\,I"
    r"\qquad(P\text{ onto a uniform }m\text{-dimensional subspace of }\mathbb{R}^d)",
    points=[
        point(m=m, d=d)
        for d, m in (
            (4, 1), (2, 1), (3, 1), (3, 2), (4, 2), (5, 1), (5, 4), (6, 3), (8, 2), (8, 7), (12, 5), (1, 1),
        )
    ],
)  # fmt: skip
def haar_projection_mean() -> tuple[Part, ...]:
    r"""The range of a Gaussian matrix $G$ is a uniform subspace, and $P=GG^+$ projects onto it.

    A rotation of $G$ from the left leaves its law as it is and turns $P$ with it, so $\mathbb{E}P$ is a
    multiple of the identity; the trace of $P$ is $m$ for every draw. With fewer samples than dimensions
    $G=\Gamma^\top$ and $P=\Gamma^+\Gamma$ is what minimum-norm least squares sees of a target.
    """
    mean = tr(A) * m / d
    return (
        Equal(
            E(tr(mul(G, Pinv(G), A))),
            mean,
            SETTING,
            lambda p: by_rotation(p.by(PseudoInverse(G), "G⁺ = (GᵀG)⁻¹Gᵀ")),
            label="P = GG⁺",
        ),
        Equal(E(tr(mul(PROJECTION, A))), mean, SETTING, by_rotation, label="P = G(GᵀG)⁻¹Gᵀ"),
    )
