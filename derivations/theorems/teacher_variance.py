"""The variance of the weak teacher."""

from derivations.claims import Equal, Part, claim
from derivations.core.cite import Cite
from derivations.core.language import E, Pinv, mul, norm2
from derivations.core.rules import Contract
from derivations.notation import TEACHER, Gamma_lab, d_w, fresh_w, n, sigma2, z
from derivations.points import point

FIT = mul(fresh_w, Pinv(Gamma_lab), z)  # the noise part of the teacher at a fresh point


@claim(
    id="teacher-variance",
    title="The variance of the weak teacher",
    kind="equality",
    source="the paper's abstract; exact form derived here",
    statement=r"\operatorname{Var}(f_w)=\sigma^2\,\frac{d_w}{n-d_w-1}",
    points=[
        point(n=n, d_w=w, sigma2=s, noise=law)
        for n, w, s, law in (
            (6, 2, "1", "normal"), (8, 4, "4", "sign"), (6, 1, "1", "normal"), (8, 3, "1/4", "normal"),
            (10, 5, "9/4", "uniform"), (11, 6, "1", "sign"), (13, 8, "1/100", "normal"),
            (15, 10, "1", "normal"), (12, 4, "1", "normal"), (24, 8, "1", "normal"),
            (17, 12, "1", "normal"), (2000, 3, "1", "normal"),
        )
    ],
)  # fmt: skip
def teacher_variance() -> tuple[Part, ...]:
    r"""The teacher's coefficients carry the noise $\tilde\Gamma_w^+z$.

    At a fresh point their energy is a quadratic form in the noise, whose mean is a trace of an inverse Gram
    matrix.
    """
    return (
        Equal(
            E(norm2(FIT)),
            sigma2 * d_w / (n - d_w - 1),
            TEACHER,
            lambda p: (
                p.by(Contract(fresh_w), "a fresh point: E γ_wγ_wᵀ = I")
                .by(Cite("noise-energy"), "label noise")
                .by(Cite("gram-pseudoinverse", 1), "Γ̃_w⁺Γ̃_w⁺ᵀ = W̃_w⁻¹")
                .by(Cite("wishart-inverse-mean"), "mean of W̃_w⁻¹")
            ),
            measured="weak",
        ),
    )
