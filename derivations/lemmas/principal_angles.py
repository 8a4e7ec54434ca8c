"""The principal angles between F_s and F_w: cosines, invariant, and what they say of the intersection."""

from sympy import MatrixSymbol

from derivations.claims import Equal, Part, claim
from derivations.core.derivation import Derivation
from derivations.core.language import E, T, mul, norm2, parse_matrix, tr
from derivations.core.laws import Block, Relation, Setting
from derivations.core.rules import Contract, Expand, Fold, Relate
from derivations.core.words import Factor, identity, matrix
from derivations.notation import EYE_S, EYE_W, D, d_s, d_sw, d_w, fresh_s, fresh_w, size
from derivations.points import point

x = MatrixSymbol("x", 1, D)  # orthonormal functions that span F_s and F_w together, as a row
U_s, U_w = MatrixSymbol("U_s", D, d_s), MatrixSymbol("U_w", D, d_w)  # orthonormal bases of F_s and F_w
A, A_INV = MatrixSymbol("A", d_s, d_s), MatrixSymbol("A_inv", d_s, d_s)
B, B_INV = MatrixSymbol("B", d_w, d_w), MatrixSymbol("B_inv", d_w, d_w)
X, Y, v = MatrixSymbol("X", d_s, d_s), MatrixSymbol("Y", d_w, d_s), MatrixSymbol("v", d_w, 1)
R = MatrixSymbol("R", 1, d_w)  # what the strong features cannot express of the weak, as a row
r = size("r")  # how many of the angles are 0
U, V = MatrixSymbol("U", d_s, r), MatrixSymbol("V", d_w, r)
COSINES, COMMON = mul(T(U_s), U_w), mul(U, T(V))  # C in general, and of angles of 0 and 90 degrees


def inverse(a: MatrixSymbol, b: MatrixSymbol) -> tuple[Relation, Relation]:
    """The relation ab = I, and its transpose."""
    one, other, eye = Factor(a), Factor(b), matrix(identity(a.shape[0]))
    return ((one, other), eye), ((other.T, one.T), eye)


def orthonormal(u: MatrixSymbol) -> Relation:
    """The relation uᵀu = I."""
    return (Factor(u).T, Factor(u)), matrix(identity(u.shape[1]))


def aligned() -> Block:
    """Features of which r directions agree and all others are uncorrelated, of any law."""
    first, second = (MatrixSymbol(f"{x.name}_0", *x.shape) for x in (fresh_s, fresh_w))
    cross = parse_matrix(COMMON)
    apart = EYE_W + parse_matrix(mul(V, T(V))).times(-1)
    return Block(
        (fresh_s, fresh_w),
        ((EYE_S, cross), (cross.T, EYE_W)),
        False,
        ((first, "noise"), (second, "noise")),
        ((fresh_s, matrix(first)), (fresh_w, matrix(first) * cross + matrix(second) * apart)),
    )


SETTING = Setting(
    (Block((x,), ((matrix(identity(D)),),), False, ((x, "noise"),)),),
    (D - d_s + 1, D - d_w + 1, d_s, d_w),
    (U_s, U_w, A, A_INV, B, B_INV, X, Y, v),
    (orthonormal(U_s), orthonormal(U_w), *inverse(A, A_INV), *inverse(B, B_INV)),
    definitions=(
        (fresh_s, parse_matrix(mul(x, U_s))),
        (fresh_w, parse_matrix(mul(x, U_w))),
        (R, matrix(fresh_w) + parse_matrix(mul(fresh_s, COSINES)).times(-1)),
    ),
    names=((d_sw, (Factor(U_w).T, Factor(U_s), Factor(U_s).T, Factor(U_w))),),
    forms=((U_s, "orthogonal"), (U_w, "orthogonal"), (A_INV, "inverse of A"), (B_INV, "inverse of B")),
)
EXTREME = Setting(
    (aligned(),),
    (d_s - r + 1, d_w - r + 1, d_s, d_w, r),
    (U, V, v),
    (orthonormal(U), orthonormal(V)),
    definitions=((R, matrix(fresh_w) + parse_matrix(mul(fresh_s, COMMON)).times(-1)),),
    forms=((U, "orthogonal"), (V, "orthogonal")),
)
# Σ_s⁻¹ Σ_sw Σ_w⁻¹ Σ_ws of the features φ_s = Aᵀγ_s and φ_w = Bᵀγ_w
CORRELATIONS = (A_INV, T(A_INV), T(A), COSINES, B, B_INV, T(B_INV), T(B), T(COSINES), A)
MISSED = E(norm2(mul(R, v)))


def features(p: Derivation) -> Derivation:
    """An expectation in the features by that of x."""
    for symbol, note in ((fresh_w, "γ_w = U_wᵀx"), (fresh_s, "γ_s = U_sᵀx")):
        if symbol in {f.symbol for f in p.end.factors()}:
            p = p.by(Expand(symbol), note)
    return p.by(Contract(x), "E xxᵀ = I")


def missed(p: Derivation) -> Derivation:
    """The features at right angles to each other where they do not agree."""
    return (
        p.by(Expand(R), "multiply out")
        .by(Contract(fresh_w), "E γ_wγ_wᵀ = I, E γ_sγ_wᵀ = UVᵀ")
        .by(Contract(fresh_s), "E γ_sγ_sᵀ = I")
        .by(Relate(), "UᵀU = I")
    )


@claim(
    id="principal-angles",
    title="The principal angles of the two feature maps",
    kind="equality",
    source="this project",
    statement=r"0\le\cos\theta_i\le 1,\qquad \Sigma_s^{-1}\Sigma_{sw}\Sigma_w^{-1}\Sigma_{ws}\sim CC^\top"
    r"\text{ in all bases},\qquad d_{sw}=\dim(F_s\cap F_w)\text{ if all }\cos\theta_i\in\{0,1\}",
    points=[
        point(noise=law, D=whole, d_s=s, d_w=w, r=common)
        for whole, s, w, common, law in (
            (7, 3, 3, 2, "normal"),
            (4, 2, 2, 1, "normal"),
            (3, 1, 2, 1, "sign"),
            (3, 2, 2, 2, "uniform"),
            (4, 1, 3, 1, "normal"),
            (4, 3, 2, 2, "sign"),
            (5, 2, 3, 1, "uniform"),
            (5, 3, 3, 3, "normal"),
            (6, 3, 4, 2, "uniform"),
            (7, 4, 3, 2, "normal"),
            (8, 4, 4, 2, "sign"),
            (6, 4, 4, 3, "uniform"),
        )
    ],
)
def principal_angles() -> tuple[Part, ...]:
    r"""The singular values of $C$ are cosines of angles between the spaces, whatever features span them.

    Only second moments are used: $\gamma_s=U_s^\top x$ and $\gamma_w=U_w^\top x$ in orthonormal functions
    $x$ that span both spaces, so $C=U_s^\top U_w$ and $d_{sw}=\|C\|_F^2=\operatorname{tr}P_sP_w$.

    Parts 1 and 2: the best strong fit of a weak function $\gamma_w^\top v$ is $\gamma_s^\top Cv$, since what
    it misses is orthogonal to $F_s$; that has mean square $\|v\|^2-\|Cv\|^2$. A mean of squares is not
    negative, so no singular value of $C$ exceeds 1.

    Parts 3 to 6: other features of the same spaces are $A^\top\gamma_s$ and $B^\top\gamma_w$ with $A$ and
    $B$ invertible. From their second moments
    $\Sigma_s^{-1}\Sigma_{sw}\Sigma_w^{-1}\Sigma_{ws}=A^{-1}CC^\top A$, which is similar to $CC^\top$: its
    eigenvalues $\cos^2\theta_i$ and its trace $d_{sw}$ are the same in all bases.

    Parts 7 and 8: if every angle is 0 or 90 degrees, then $C=UV^\top$ with $r$ orthonormal columns each. A
    weak function lies in $F_s$ exactly if its best strong fit misses nothing, $\|v\|^2=\|V^\top v\|^2$: for
    $v$ in the range of $V$, which has $r$ dimensions. So $\dim(F_s\cap F_w)=r$, and $d_{sw}=r$.

    Derived are the equations. Read off them are three facts of linear algebra: a mean of squares is not
    negative, similar matrices have the same eigenvalues, and $\|v\|=\|V^\top v\|$ only in the range of
    $V$. Features that are linearly dependent are not covered.
    """
    square = tr(mul(T(v), v))
    return (
        Equal(
            MISSED,
            square - norm2(mul(COSINES, v)),
            SETTING,
            lambda p: features(p.by(Expand(R), "R = γ_w − Cᵀγ_s")).by(Relate(), "UᵀU = I"),
            label="what the best strong fit misses",
        ),
        Equal(
            E(tr(mul(T(fresh_s), R, Y))),
            0,
            SETTING,
            lambda p: features(p.by(Expand(R), "R = γ_w − Cᵀγ_s")).by(Relate(), "UᵀU = I"),
            label="what it misses is orthogonal to F_s",
        ),
        Equal(
            E(tr(mul(T(A), T(fresh_s), fresh_s, A, X))),
            tr(mul(T(A), A, X)),
            SETTING,
            lambda p: features(p).by(Relate(), "UᵀU = I"),
            label="Σ_s in another basis",
        ),
        Equal(
            E(tr(mul(T(A), T(fresh_s), fresh_w, B, Y))),
            tr(mul(T(A), COSINES, B, Y)),
            SETTING,
            features,
            label="Σ_sw in other bases",
        ),
        Equal(
            tr(mul(*CORRELATIONS, X)),
            tr(mul(A_INV, COSINES, T(COSINES), A, X)),
            SETTING,
            lambda p: p.by(Relate(), "AA⁻¹ = I and BB⁻¹ = I"),
            label="similar to CCᵀ",
        ),
        Equal(
            tr(mul(*CORRELATIONS)),
            d_sw,
            SETTING,
            lambda p: p.by(Relate(), "AA⁻¹ = I and BB⁻¹ = I").by(Fold(d_sw), "‖C‖_F²"),
            label="the correlation dimension",
        ),
        Equal(
            MISSED,
            square - norm2(mul(T(V), v)),
            EXTREME,
            missed,
            label="shared or orthogonal: what is missed",
        ),
        Equal(
            norm2(COMMON),
            r,
            EXTREME,
            lambda p: p.by(Relate(), "UᵀU = VᵀV = I"),
            label="shared or orthogonal: the correlation dimension",
        ),
    )
