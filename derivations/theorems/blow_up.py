"""Where the risks are infinite: as many samples as dimensions, one more, or one less."""

import sympy as sp
from sympy import MatrixSymbol, oo

from derivations.claims import Equal, Part, claim
from derivations.core.analysis import Isotropy
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation
from derivations.core.language import E, GramInverse, Pinv, mul, norm2, parse_matrix
from derivations.core.laws import Block, Setting, standard, unit
from derivations.core.rules import Cancel, Contract, Fold
from derivations.core.words import Factor, matrix
from derivations.notation import N, d_s, d_w, fresh, n, noise
from derivations.points import point

v = sp.Symbol("v", positive=True)  # wᵀKw
K, ROOT, w = MatrixSymbol("K", d_w, d_w), MatrixSymbol("L", d_w, d_w), MatrixSymbol("w", d_w, 1)
NAME = (v, (Factor(w, transposed=True), Factor(K), Factor(w)))
SYMMETRIC = ((Factor(K, transposed=True),), matrix(K))
FORMS = ((K, "covariance"), (ROOT, "root of K"))


def teacher(samples: sp.Expr, features: sp.Expr, label: str) -> Equal:
    """What label noise does to least squares on a sample."""
    z = MatrixSymbol("z", samples, 1)
    return _infinite(samples, features, noise(z), z, (), (), "label noise", label)


def student(samples: sp.Expr, features: sp.Expr, label: str) -> Equal:
    """What least squares makes of pseudo-labels Rw outside of its space."""
    R, base = MatrixSymbol("R", samples, d_w), MatrixSymbol("R_0", samples, d_w)
    sampler = ((R, parse_matrix(mul(base, ROOT))),)
    rows = Block((R,), ((matrix(K),),), False, ((base, "noise"),), sampler)
    given, note = (K, ROOT, w), "R is independent of the strong features"
    return _infinite(samples, features, rows, mul(R, w), given, (NAME,), note, label)


def _infinite(
    samples: sp.Expr,
    features: sp.Expr,
    block: Block,
    errors: sp.MatrixExpr,
    given: tuple[MatrixSymbol, ...],
    names: tuple[tuple[sp.Symbol, tuple[Factor, ...]], ...],
    note: str,
    label: str,
) -> Equal:
    """The energy at a fresh point of minimum-norm least squares on errors that are independent of it."""
    wide = (features - samples).is_positive
    # With fewer samples than features Γ⁺ = G(GᵀG)⁻¹ for G = Γᵀ.
    x = MatrixSymbol("G", features, samples) if wide else MatrixSymbol("Gamma", samples, features)
    gamma, e = MatrixSymbol("gamma", 1, features), MatrixSymbol("e", x.shape[1], 1)
    fit = mul(x, GramInverse(x)) if wide else Pinv(x)
    setting = Setting(
        (block, standard(x), fresh(gamma)),
        (),
        (*given, e),
        (unit(e), *([SYMMETRIC] if given else [])),
        names=names,
        forms=((e, "frame last"), *(FORMS if given else ())),
        extended=True,
    )

    def proof(p: Derivation) -> Derivation:
        p = p.by(Contract(gamma), "a fresh point").by(Contract(block.members[0]), note)
        p = p.by(Fold(v), "wᵀKw") if names else p
        cancelled = (Cancel(x), "W⁻¹W = I") if wide else (Cite("gram-pseudoinverse", 1), "Γ⁺Γ⁺ᵀ = W⁻¹")
        return (
            p.by(*cancelled)
            .by(Isotropy(x, e), "E W⁻¹ is a multiple of I, if infinite")
            .by(Cite("residual-chi-square"), "a diagonal entry of W⁻¹ is 1/χ²")
            .by(Cite("chi-square-inverse"), "with two degrees of freedom or one")
        )

    return Equal(E(norm2(mul(gamma, fit, errors))), oo, setting, proof, label=label)


@claim(
    id="blow-up",
    title="Where the risks are infinite",
    kind="divergence",
    source="this project",
    statement=r"\operatorname{ER}(f_w)=\infty\ (|n-d_w|\le1,\ \sigma^2+\rho_w>0),\quad"
    r"\operatorname{ER}(f_{w2s})=\infty\ (|N-d_s|\le1,\ (\sigma^2+\rho_w)(d_w-d_{sw})+\tau^2>0)",
    points=[
        point(n=small, N=small + 1, d_s=small + 1, d_w=weak, sigma2="1", noise=law)
        for weak in (2, 4, 3)
        for small, law in ((2, "normal"), (3, "sign"), (6, "uniform"), (4, "normal"))
    ],
)
def blow_up() -> tuple[Part, ...]:
    r"""One sample more or less than dimensions: the smallest singular value of a design is too often small.

    Given its features, the excess risk of least squares is what it would be without errors in the labels
    plus the energy $\|\gamma\Gamma^+\epsilon\|^2$ that they add, which here has no mean. For the teacher
    $\epsilon$ are label noise and what the weak features cannot express of the target, of variance
    $\sigma^2+\rho_w$ together. For the student they are $Rw$, with $w=\theta+\tilde\Gamma_w^+(\tilde\xi+z)$
    the teacher's coefficients and $R$ what the strong features cannot express of the weak: independent of
    the strong features, of covariance $K=I-C^\top C$, so that $w^\top Kw$ is a variance of pseudo-labels.
    It is positive for some teachers unless $(\sigma^2+\rho_w)\operatorname{tr}K+\tau^2=0$, and then the
    student has, given each of them, an infinite mean. If $F_w\subset F_s$ and $N\ge d_s$, the student is its
    teacher: least squares reproduces what lies in its space.

    Below the dimension features are taken to be isotropic, and $\Gamma^+=G(G^\top G)^{-1}$, $G=\Gamma^\top$.
    """
    return (
        teacher(d_w + 1, d_w, "teacher, n = d_w + 1"),
        teacher(d_w, d_w, "teacher, n = d_w"),
        teacher(n, n + 1, "teacher, n = d_w − 1"),
        student(d_s + 1, d_s, "student, N = d_s + 1"),
        student(d_s, d_s, "student, N = d_s"),
        student(N, N + 1, "student, N = d_s − 1"),
    )
