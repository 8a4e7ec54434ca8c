"""E zᵀAz."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.language import E, T, mul, tr
from derivations.core.laws import Setting
from derivations.core.rules import Contract
from derivations.notation import m, noise, sigma2
from derivations.points import point

A = MatrixSymbol("A", m, m)
z = MatrixSymbol("z", m, 1)
SETTING = Setting((noise(z),), (m,), (A,))


@claim(
    id="noise-energy",
    title="The energy of noise in a quadratic form",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,z^\top A z=\sigma^2\,\mathbb{E}\operatorname{tr}A"
    r"\qquad (z\perp A,\ \mathbb{E}z=0,\ \mathbb{E}zz^\top=\sigma^2 I)",
    points=[
        point(m=m, sigma2=sigma2, noise=law)
        for m, sigma2 in ((2, "1"), (3, "1/4"), (5, "4"), (12, "9/4"))
        for law in ("normal", "sign", "uniform")
    ],
)
def noise_energy() -> tuple[Part, ...]:
    r"""Only the mean and the covariance of the noise matter.

    Contracting the two occurrences of $z$ leaves $\sigma^2$ times a trace. $A$ may be random as long as it
    is independent of $z$; the lemma then holds conditionally on it. The checks use normal, sign and uniform
    noise.
    """
    return (
        Equal(
            E(tr(mul(T(z), A, z))),
            sigma2 * tr(A),
            SETTING,
            lambda p: p.by(Contract(z), "only the covariance σ²I of z matters"),
        ),
    )
