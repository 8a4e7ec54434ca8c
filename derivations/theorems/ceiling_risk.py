"""The excess risk of the strong ceiling."""

from sympy import MatrixSymbol

from derivations.claims import Part, claim
from derivations.notation import N, d_s, fresh_s, n, rho_s
from derivations.points import point
from derivations.theorems._supervised import least_squares

SAMPLE = MatrixSymbol("Gammabar_s", n + N, d_s)


@claim(
    id="ceiling-risk",
    title="The excess risk of the strong ceiling",
    kind="equality",
    source="the authors' published code, leading order; exact form derived here",
    statement=r"\operatorname{ER}(f_c)=\rho_s+(\sigma^2+\rho_s)\frac{d_s}{n+N-d_s-1}",
    points=[
        point(n=n, N=N, d_s=s, sigma2=v, rho_s=r, noise=law)
        for n, N, s, v, r, law in (
            (2, 5, 2, "1", "1", "normal"), (3, 5, 4, "1", "1/4", "normal"), (4, 2, 1, "1/4", "1", "sign"),
            (3, 5, 3, "1", "4", "normal"), (4, 6, 5, "9/4", "0", "normal"), (5, 6, 6, "1", "1/9", "uniform"),
            (6, 7, 8, "1/100", "1", "normal"), (5, 10, 10, "1", "1", "sign"), (4, 5, 4, "1", "1/4", "normal"),
            (5, 7, 8, "1/4", "1/4", "normal"), (8, 9, 12, "1", "1/16", "normal"),
            (500, 1000, 4, "1", "1", "normal"),
        )
    ],
)  # fmt: skip
def ceiling_risk() -> tuple[Part, ...]:
    r"""All $n+N$ inputs with true labels: the baseline with more of them.

    It is the best that the strong features could have done with the same inputs, and the reference of the
    performance gap recovered.
    """
    return (least_squares(SAMPLE, fresh_s, rho_s, "strong_ceiling"),)
