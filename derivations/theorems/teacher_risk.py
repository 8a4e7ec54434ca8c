"""The excess risk of the weak teacher."""

from derivations.claims import Part, claim
from derivations.notation import Gamma_lab, fresh_w, rho_w
from derivations.points import point
from derivations.theorems._supervised import least_squares


@claim(
    id="teacher-risk",
    title="The excess risk of the weak teacher",
    kind="equality",
    source="the authors' published code, leading order; exact form derived here",
    statement=r"\operatorname{ER}(f_w)=\rho_w+(\sigma^2+\rho_w)\frac{d_w}{n-d_w-1}",
    points=[
        point(n=n, d_w=w, sigma2=s, rho_w=r, noise=law)
        for n, w, s, r, law in (
            (6, 2, "1", "1", "normal"), (8, 4, "1", "1/4", "sign"), (6, 1, "1/4", "1", "normal"),
            (8, 3, "1", "4", "normal"), (10, 5, "9/4", "0", "uniform"), (11, 6, "1", "1/9", "normal"),
            (13, 8, "1/100", "1", "sign"), (15, 10, "1", "1", "normal"), (9, 4, "1", "1/4", "normal"),
            (12, 8, "1/4", "1/4", "normal"), (17, 12, "1", "1/16", "normal"), (2000, 3, "1", "1", "normal"),
        )
    ],
)  # fmt: skip
def teacher_risk() -> tuple[Part, ...]:
    r"""What the weak features cannot express of the target acts on the fit exactly as label noise.

    Write $f_*=\gamma_w^\top\theta+\xi_w$ with $\xi_w$ independent of $\gamma_w$, of variance $\rho_w$. The
    fit reproduces $\theta$ whatever the sample, so its error is $\tilde\Gamma_w^+(\tilde\xi+z)$, and
    $\tilde\xi$ adds $\rho_w$ to the noise variance $\sigma^2$; at a fresh point $\xi_w$ itself remains. The
    published form $\rho_w+\sigma^2d_w/n$ is its leading order.
    """
    return (least_squares(Gamma_lab, fresh_w, rho_w, "weak"),)
