"""The correlation dimension of two unrelated subspaces."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.language import E, Pinv, mul, tr
from derivations.core.laws import Setting, standard
from derivations.notation import D, d_s, d_w
from derivations.points import point

G, H = MatrixSymbol("G", D, d_s), MatrixSymbol("H", D, d_w)  # their ranges are the two subspaces
SETTING = Setting((standard(G), standard(H)), (D - d_s + 1, D - d_w + 1, d_s, d_w))


@claim(
    id="random-subspaces",
    title="The correlation dimension of unrelated subspaces",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,d_{sw}=\frac{d_sd_w}{D}"
    r"\qquad(\text{independent uniform subspaces of }\mathbb{R}^D)",
    points=[
        point(D=D, d_s=s, d_w=w)
        for D, s, w in (
            (3, 1, 2), (2, 1, 1), (3, 2, 2), (4, 1, 3), (5, 2, 2), (5, 4, 1), (6, 2, 5), (6, 5, 5),
            (8, 3, 4), (10, 2, 7), (12, 5, 6), (40, 3, 2),
        )
    ],
)  # fmt: skip
def random_subspaces() -> tuple[Part, ...]:
    r"""Chance alone gives two subspaces an overlap, which is the baseline for any measured one.

    With projections $P_s=GG^+$ and $P_w=HH^+$ the sum of squared cosines of the principal angles is
    $d_{sw}=\operatorname{tr}P_sP_w$. Given one of them, the mean of the other is a multiple of the
    identity: haar-projection-mean, used twice.
    """
    return (
        Equal(
            E(tr(mul(G, Pinv(G), H, Pinv(H)))),
            d_s * d_w / D,
            SETTING,
            lambda p: p.by(Cite("haar-projection-mean"), "for one given the other, then for the other"),
        ),
    )
