"""γ_w = Cᵀγ_s + R."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, SameLaw, claim
from derivations.core.language import E, T, mul, parse_matrix, tr
from derivations.core.laws import Block, Setting
from derivations.core.rules import ChangeVariables, Contract, Expand
from derivations.core.words import identity, matrix
from derivations.notation import RESIDUAL, C, CtC, Gamma_s, Gamma_w, L, N, R, correlated, d_s, d_w
from derivations.points import point

A = MatrixSymbol("A", d_w, d_s)
B = MatrixSymbol("B", d_w, d_w)
FORMS = ((C, "overlap"), (L, "root of C"))
SETTING = Setting(
    (correlated(Gamma_s, Gamma_w),), (N, d_s, d_w), (A, B, C, L), definitions=RESIDUAL, forms=FORMS
)
CONDITION = ChangeVariables(RESIDUAL, ((Gamma_w, matrix(R) + parse_matrix(mul(Gamma_s, C))),))
BASE_S, BASE_R = MatrixSymbol("Gamma_s", N, d_s), MatrixSymbol("R_0", N, d_w)
APART = Setting(
    (
        Block((Gamma_s,), ((matrix(identity(d_s)),),), draws=((Gamma_s, "normal"),)),
        Block(
            (R,),
            ((matrix(identity(d_w)) + matrix(CtC).times(-1),),),
            draws=((BASE_R, "normal"),),
            sampler=((R, parse_matrix(mul(BASE_R, L))),),
        ),
    ),
    (N, d_s, d_w),
    (A, B, C, L),
    forms=FORMS,
)


@claim(
    id="gaussian-conditioning",
    title="What the strong features say of the weak",
    kind="law",
    source="this project",
    statement=r"\gamma_w=C^\top\gamma_s+R,\qquad R\perp\gamma_s,\quad \mathbb{E}RR^\top=I-C^\top C",
    points=[
        point(N=N, d_s=s, d_w=w, overlaps=cos)
        for N, s, w, cos in (
            (2, 1, 1, ("1/2",)),
            (3, 2, 1, ("9/10",)),
            (3, 1, 2, ("3/5",)),
            (4, 2, 2, ("4/5", "3/10")),
            (4, 2, 2, (1, 0)),
            (5, 3, 2, ()),
            (5, 2, 3, ("7/10", "1/5")),
            (6, 3, 3, ("9/10", "1/2", "1/10")),
            (6, 4, 2, ("19/20", "2/5")),
            (8, 2, 4, ("4/5", "1/2")),
            (8, 4, 4, (1, "1/2", "1/4", 0)),
            (12, 3, 2, ("3/4", "1/4")),
        )
    ],
)
def gaussian_conditioning() -> tuple[Part, ...]:
    r"""Jointly Gaussian features: regress the weak on the strong.

    The residual $R=\Gamma_w-\Gamma_sC$ is uncorrelated with $\Gamma_s$, and its rows have covariance
    $I-C^\top C$; both are computed by contraction. Uncorrelated and jointly Gaussian, $R$ is independent of
    $\Gamma_s$ -- the one place where normality of the features, rather than of their second moments, is
    used.
    """
    return (
        Equal(
            E(tr(mul(T(R), R, B))),
            N * tr(B) - N * tr(mul(T(C), C, B)),
            SETTING,
            lambda p: p.by(CONDITION, "regress Γ_w on Γ_s").by(Contract(R), "rows of R are independent"),
            label="rows of R have covariance I − CᵀC",
        ),
        Equal(
            E(tr(mul(T(Gamma_s), R, A))),
            N * tr(mul(C, A)) - N * tr(mul(C, A)),
            SETTING,
            lambda p: p.by(Expand(R), "R = Γ_w − Γ_sC").by(Contract(Gamma_s), "Γ_s by parts"),
            label="R is uncorrelated with Γ_s",
        ),
        SameLaw(tr(mul(T(Gamma_s), R, A)), SETTING, tr(mul(T(Gamma_s), R, A)), APART, "Γ_sᵀR"),
        SameLaw(tr(mul(T(R), R, B)), SETTING, tr(mul(T(R), R, B)), APART, "RᵀR"),
    )
