"""E Γ⁺Γ⁺ᵀ with fewer samples than dimensions."""

from derivations.claims import Equal, Part, claim
from derivations.core.analysis import Isotropy, Solve
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, begin
from derivations.core.language import E, GramInverse, T, mul, tr
from derivations.core.laws import Setting, standard, unit
from derivations.core.rules import Cancel
from derivations.lemmas.haar_projection_mean import A, G, e
from derivations.notation import d, m
from derivations.points import point

SETTING = Setting((standard(G),), (d - m - 1, m, d), (A, e), (unit(e),), forms=((e, "frame last"),))
# Γ⁺ = G(GᵀG)⁻¹ for Γ = Gᵀ with full row rank, so this is Γ⁺Γ⁺ᵀ
SQUARE = mul(G, GramInverse(G), GramInverse(G), T(G))


def by_rotation(p: Derivation) -> Derivation:
    """A multiple of the identity, whose trace is that of an inverse Gram matrix."""
    start = begin(E(tr(SQUARE)), SETTING, p.library)
    trace = start.by(Cancel(G), "W⁻¹W = I, W = GᵀG").by(Cite("wishart-inverse-mean", 0), "mean of W⁻¹")
    spread = start.by(Isotropy(G, e), "a multiple of I")
    return p.by(Isotropy(G, e), "a multiple of I").by(Solve(((trace, spread),)), "whose trace is E tr W⁻¹")


@claim(
    id="interpolating-inverse",
    title="The pseudo-inverse with fewer samples than dimensions",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,\Gamma^+\Gamma^{+\top}=\frac{m}{d(d-m-1)}\,I\qquad(m<d-1)",
    points=[
        point(m=m, d=d)
        for d, m in (
            (6, 1), (9, 1), (6, 2), (10, 2), (7, 3), (12, 4), (10, 5), (11, 6), (13, 8), (15, 10), (18, 6),
            (40, 3),
        )
    ],
)  # fmt: skip
def interpolating_inverse() -> tuple[Part, ...]:
    r"""Noise fitted by interpolation: all of it is fitted, and $m/d$ of the dimensions carry it.

    For $G=\Gamma^\top$ of full column rank, $\Gamma^+=G(G^\top G)^{-1}$. The mean of
    $\Gamma^+\Gamma^{+\top}$ turns with $G$ and is a multiple of the identity, and its trace is that of the
    inverse of $G^\top G=\Gamma\Gamma^\top$, an $m\times m$ Gram matrix of $d$ samples.
    """
    return (Equal(E(tr(mul(SQUARE, A))), tr(A) * m / (d * (d - m - 1)), SETTING, by_rotation),)
