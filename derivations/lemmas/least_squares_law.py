"""The law of the excess risk of least squares."""

from sympy import MatrixSymbol

from derivations.claims import Part, SameLaw, claim
from derivations.core.language import GramInverse, Pinv, T, mul, norm2, tr
from derivations.core.laws import Setting, standard
from derivations.notation import Gamma, d, m
from derivations.points import point

z = MatrixSymbol("z", m, 1)  # label noise over σ
above, below = MatrixSymbol("x", d, 1), MatrixSymbol("y", m - d + 1, 1)

REALISED = norm2(mul(Pinv(Gamma), z))  # excess risk of one fit on one sample, over σ²
RATIO = tr(mul(T(above), above)) * tr(GramInverse(below))  # χ²_d / χ²_{m-d+1}
FITTED = Setting((standard(z), standard(Gamma)), (m - d + 1, m, d))
RATIOS = Setting((standard(above), standard(below)), (m - d + 1, d))


@claim(
    id="least-squares-law",
    title="The law of the excess risk of least squares",
    kind="law",
    source="the literature (the multivariate t law)",
    statement=r"\|\Gamma^+z\|^2\sim\frac{d}{m-d+1}\,F(d,m-d+1)\qquad(z\sim N(0,I_m))",
    points=[point(m=m, d=d) for d in (1, 2, 3, 6) for m in (d + 1, d + 4, 3 * d + 5)],
    literature=("a Gaussian vector whose covariance is an inverse Wishart matrix has a multivariate t law",),
)
def least_squares_law() -> tuple[Part, ...]:
    r"""What least squares loses on one sample is an F variable, if the noise is Gaussian.

    In units of the noise, coefficients $\Gamma^+z$ are Gaussian given the features, with covariance
    $W^{-1}$; over the features too they have a multivariate t law, and their squared length that of a ratio
    of independent chi-squares, $\chi^2_d/\chi^2_{m-d+1}$. So the realised excess risk has a law of its own,
    with the mean $\frac{d}{m-d-1}$ that it shares with the conditional variance
    $\operatorname{tr}W^{-1}$. That law is taken from the literature; here the two sides are compared by
    sampling, independently of each other.
    """
    return (SameLaw(REALISED, FITTED, RATIO, RATIOS, "the realised excess risk"),)
