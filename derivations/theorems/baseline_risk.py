"""The excess risk of the strong baseline."""

from sympy import MatrixSymbol

from derivations.claims import Part, claim
from derivations.notation import d_s, fresh_s, n, rho_s
from derivations.points import point
from derivations.theorems._supervised import least_squares

SAMPLE = MatrixSymbol("Gammatilde_s", n, d_s)


@claim(
    id="baseline-risk",
    title="The excess risk of the strong baseline",
    kind="equality",
    source="the authors' published code, leading order; exact form derived here",
    statement=r"\operatorname{ER}(f_s)=\rho_s+(\sigma^2+\rho_s)\frac{d_s}{n-d_s-1}",
    points=[
        point(n=n, d_s=s, sigma2=v, rho_s=r, noise=law)
        for n, s, v, r, law in (
            (6, 2, "1", "1", "normal"), (8, 4, "1", "1/4", "normal"), (6, 1, "1/4", "1", "sign"),
            (8, 3, "1", "4", "normal"), (10, 5, "9/4", "0", "normal"), (11, 6, "1", "1/9", "uniform"),
            (13, 8, "1/100", "1", "normal"), (15, 10, "1", "1", "sign"), (9, 4, "1", "1/4", "normal"),
            (12, 8, "1/4", "1/4", "normal"), (17, 12, "1", "1/16", "normal"), (1500, 4, "1", "1", "normal"),
        )
    ],
)  # fmt: skip
def baseline_risk() -> tuple[Part, ...]:
    r"""The student's own features fitted to the $n$ labels: the teacher's risk with the roles exchanged.

    Nothing in the argument knows which features are called weak; see teacher-risk. The baseline is what the
    labels could have bought without a teacher, the denominator of OPR turned upside down.
    """
    return (least_squares(SAMPLE, fresh_s, rho_s, "strong_baseline"),)
