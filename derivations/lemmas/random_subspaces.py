"""The correlation dimension of two unrelated subspaces."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation
from derivations.core.language import E, Pinv, mul, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import Cancel, PseudoInverse
from derivations.notation import D, d_s, d_w
from derivations.points import point

G, H = MatrixSymbol("G", D, d_s), MatrixSymbol("H", D, d_w)  # their ranges are the two subspaces
LAWS, SIZES = (standard(G), standard(H)), (D - d_s + 1, D - d_w + 1, d_s, d_w)
SETTING, SPREAD = Setting(LAWS, SIZES), Setting(LAWS, (D - 1, *SIZES))
OVERLAP = tr(mul(G, Pinv(G), H, Pinv(H)))


def variance(p: Derivation) -> Derivation:
    """The mean square by the second moments of one projection given the other, less the squared mean."""
    return (
        p.by(Cite("haar-projection-mean", 0), "the mean")
        .by(Cite("haar-projection-second", 1, once=True), "P_w given P_s")
        .by(PseudoInverse(G), "P_s = GW⁻¹Gᵀ, W = GᵀG")
        .by(Cancel(G), "P_s² = P_s, whose trace is d_s")
    )


@claim(
    id="random-subspaces",
    title="The correlation dimension of unrelated subspaces",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,d_{sw}=\frac{d_sd_w}{D},\qquad"
    r"\operatorname{Var}d_{sw}=\frac{2d_sd_w(D-d_s)(D-d_w)}{D^2(D-1)(D+2)}\quad(D\ge 2)",
    points=[
        point(D=D, d_s=s, d_w=w)
        for D, s, w in (
            (6, 1, 1), (3, 1, 2), (2, 1, 1), (3, 2, 2), (5, 2, 2), (5, 4, 1), (6, 2, 5), (6, 5, 5),
            (8, 3, 4), (10, 2, 7), (12, 5, 6), (16, 3, 2),
        )
    ],
)  # fmt: skip
def random_subspaces() -> tuple[Part, ...]:
    r"""Chance alone gives two subspaces an overlap, which is the baseline for any measured one.

    For independent uniform subspaces of $\mathbb{R}^D$ with projections $P_s=GG^+$ and $P_w=HH^+$ the sum of
    squared cosines of the principal angles is $d_{sw}=\operatorname{tr}P_sP_w$. Given one of them, the mean
    of the other is a multiple of the identity: haar-projection-mean, used twice. The mean square of
    $d_{sw}$ is, given $P_s$, a second moment of $P_w$ against $P_s$ twice: haar-projection-second.
    """
    return (
        Equal(
            E(OVERLAP),
            d_s * d_w / D,
            SETTING,
            lambda p: p.by(Cite("haar-projection-mean", 0), "for one given the other, then for the other"),
            label="mean",
        ),
        Equal(
            E(OVERLAP**2) - E(OVERLAP) ** 2,
            2 * d_s * d_w * (D - d_s) * (D - d_w) / (D**2 * (D - 1) * (D + 2)),
            SPREAD,
            variance,
            label="variance",
        ),
    )
