"""What is printed reads well, and means what the core holds: it is read back and compared."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Identity, MatrixSymbol

from derivations import notation as th
from derivations import printing
from derivations.claims import Book, Consequence, SameLaw, claims, library
from derivations.core.derivation import Derivation, nested
from derivations.core.language import E, GramInverse, Pinv, T, mul, norm2, parse, parse_matrix, tr
from derivations.core.words import GRAM_INVERSE, PINV, PLAIN, Expression, Factor, Word, cyclic, transpose
from derivations.lemmas.principal_angles import r
from derivations.printing.style import LATEX, UNICODE
from derivations.printing.words import trace
from derivations.theorems import blow_up
from derivations.theorems._misspecified import cross, delta2, fitted2, theta2
from derivations.theorems.target_geometry import a, b, seen2

n, N, d_s, d_w, d_sw, sigma2 = th.n, th.N, th.d_s, th.d_w, th.d_sw, th.sigma2
IDS = sorted(claims())


@pytest.fixture(scope="module")
def book() -> Book:
    return library()


def chain(made: Derivation) -> Iterator[Expression]:
    yield made.start
    for step in made.steps:
        yield step.after
        for inner in nested(step.rule):
            yield from chain(inner)


def every_expression(book: Book, claim: str) -> Iterator[Expression]:
    theorem = book.theorem(claim)
    for made in (*theorem.derivations, *theorem.others):
        yield from chain(made)
    for part in theorem.claim.parts:
        if isinstance(part, Consequence):
            continue  # its sides are no expressions of matrices
        yield parse(part.left)
        if not isinstance(part, SameLaw):
            yield parse(part.right)


# -------------------------------------------------------------------------- what a board shows


def test_the_heart_of_the_theory_reads_as_on_a_board(book: Book) -> None:
    made = book.theorem("w2s-variance").derivations[0]
    assert printing.unicode(made.start) == "E (γ_sᵀ Γ_s⁺ Γ_w Γ̃_w⁺ z)²"
    assert printing.unicode(made.end) == "σ²/(n − d_w − 1) · [d_sw + d_s (d_w − d_sw)/(N − d_s − 1)]"
    assert printing.latex(made.end) == (
        r"\frac{\sigma^2}{n - d_w - 1}\Bigl[d_{sw} + \frac{d_s (d_w - d_{sw})}{N - d_s - 1}\Bigr]"
    )
    shown = [printing.unicode(e) for e in chain(made)]
    assert any("2 E[(γ_sᵀ Γ_s⁺ Γ_s C Γ̃_w⁺ z)(γ_sᵀ Γ_s⁺ R Γ̃_w⁺ z)]" in text for text in shown)


X, Y, Z = MatrixSymbol("X", 5, 3), MatrixSymbol("Y", 3, 3), MatrixSymbol("x", 5, 1)


@pytest.mark.parametrize(
    ("expression", "text", "tex"),
    [
        (E(norm2(mul(Pinv(th.Gamma_s), th.R))), "E‖Γ_s⁺ R‖_F²", r"\mathbb{E}\|\Gamma_s^{+} R\|_F^2"),
        (E(norm2(mul(Pinv(th.Gamma_lab), th.z))), "E‖Γ̃_w⁺ z‖²", r"\mathbb{E}\|\tilde\Gamma_w^{+} z\|^2"),
        (E(norm2(mul(th.fresh_s, th.C))), "E‖Cᵀ γ_s‖²", r"\mathbb{E}\|C^{\top} \gamma_s\|^2"),
        (tr(GramInverse(th.Gamma_lab)), "tr W̃_w⁻¹", r"\operatorname{tr} \tilde W_w^{-1}"),
        (E(tr(GramInverse(Z))), "E (xᵀ x)⁻¹", r"\mathbb{E} (x^{\top} x)^{-1}"),
        (tr(mul(GramInverse(X), Y)), "tr((Xᵀ X)⁻¹ Y)", r"\operatorname{tr}((X^{\top} X)^{-1} Y)"),
        (tr(mul(Y, GramInverse(X), T(Y))), "tr(Y (Xᵀ X)⁻¹ Yᵀ)", None),
        (tr(mul(T(Z), X, Y, T(X), Z)), "xᵀ X Y Xᵀ x", None),
        (tr(Y) ** 2 * 3, "3 (tr Y)²", r"3 (\operatorname{tr} Y)^2"),
        (tr(Y) * tr(mul(Y, Y)), "tr Y · tr(Y Y)", None),
        (E(tr(Y)) - tr(Y), "E tr Y − tr Y", None),
        (sigma2 * tr(Y) / (n - d_w - 1), "σ² tr Y / (n − d_w − 1)", None),
    ],
)
def test_words(expression: sp.Expr, text: str, tex: str | None) -> None:
    assert printing.unicode(parse(expression)) == text
    if tex is not None:
        assert printing.latex(parse(expression)) == tex


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-d_s * sigma2 * (d_sw - d_w) / ((N - d_s - 1) * (-d_w + n - 1)),
         "σ² (d_w − d_sw)/(n − d_w − 1) · d_s/(N − d_s − 1)"),
        (-sp.Rational(3, 2) * sigma2 / (d_w + 1 - n), "3 σ²/(2 (n − d_w − 1))"),
        (sigma2**2 * (n - d_w) ** 2, "σ⁴ (n − d_w)²"),
        (d_w - d_s, "d_w − d_s"),
        (sigma2 * (d_w - d_s), "σ² (d_w − d_s)"),
        (1 - sp.Symbol("kappa"), "1 − κ"),
        (-N, "−N"),
        (th.m - th.d + 1, "m − d + 1"),
        (2 * d_s + 1 - N, "2 d_s + 1 − N"),
        (sp.oo, "∞"),
        (sp.S.Zero, "0"),
        (sp.Rational(-1, 2), "−1/2"),
        (N / (N - 2 * d_s - 1) - 1, "(2 d_s + 1)/(N − 2 d_s − 1)"),
    ],
)  # fmt: skip
def test_scalars(value: sp.Expr, text: str) -> None:
    assert printing.unicode_scalar(value) == text


@pytest.mark.parametrize(
    ("name", "text", "tex"),
    [
        ("sigma2", "σ²", r"\sigma^2"),
        ("rho_w", "ρ_w", r"\rho_w"),
        ("delta2", "δ²", r"\delta^2"),
        ("d_sw", "d_sw", "d_{sw}"),
        ("Gammatilde_w", "Γ̃_w", r"\tilde\Gamma_w"),
        ("Gamma'", "Γ'", r"\Gamma'"),
        ("E_1", "E₁", "E_1"),
        ("lambda", "λ", r"\lambda"),
        ("kappa", "κ", r"\kappa"),
        ("not a name", "not a name", "not a name"),
    ],
)
def test_names(name: str, text: str, tex: str) -> None:
    assert (UNICODE.name(name), LATEX.name(name)) == (text, tex)


def test_a_matrix_of_one_row_is_the_transpose_of_a_column() -> None:
    row = MatrixSymbol("gamma_s", 1, d_s)
    assert UNICODE.factor(Factor(row)) == "γ_sᵀ"
    assert UNICODE.factor(Factor(row, transposed=True)) == "γ_s"
    assert UNICODE.factor(Factor(row, PINV, True)) == "(γ_sᵀ)⁺ᵀ"
    assert UNICODE.factor(Factor(row, GRAM_INVERSE)) == "(γ_s γ_sᵀ)⁻¹"


def test_matrices() -> None:
    eye_minus = parse_matrix(Identity(d_w)) + parse_matrix(mul(T(th.C), th.C)).times(-1)
    assert printing.unicode_matrix(eye_minus) == "I − Cᵀ C"
    assert printing.latex_matrix(eye_minus.times(sigma2)) == r"\sigma^2 I - \sigma^2 C^{\top} C"
    assert printing.unicode_matrix(eye_minus.times(0)) == "0"
    assert printing.unicode_matrix(th.Gamma_w) == "Γ_w"


# --------------------------------------------------------------------- every expression there is


@pytest.mark.parametrize("claim", IDS)
def test_every_expression_prints_on_one_line_in_both_notations(book: Book, claim: str) -> None:
    for e in every_expression(book, claim):
        text, tex = printing.unicode(e), printing.latex(e)
        assert text.strip() == text != ""
        assert "\n" not in text + tex
        assert not re.search(r"\*|Trace|Gamma|sigma|Pinv|_\d{4}|\\", text), text
        assert tex.isascii(), tex
        assert "*" not in tex
        for opening, closing in ("()", "[]", "{}"):
            assert text.count(opening) == text.count(closing), text
            assert tex.count(opening) == tex.count(closing), tex
        assert text.count("‖") % 2 == 0


def pieces(word: Word) -> Counter[Word]:
    """A trace as the product of numbers that it is: cut wherever a row of size one begins."""
    starts = [i for i, f in enumerate(word) if f.shape[0] == 1]
    if not starts:
        return Counter([cyclic(word)])
    turned, ends = word[starts[0] :] + word[: starts[0]], [s - starts[0] for s in starts[1:]]
    return Counter(cyclic(turned[a:b]) for a, b in zip([0, *ends], [*ends, len(word)], strict=True))


def read_back(text: str, names: dict[str, Factor]) -> Counter[Word]:
    """The numbers that a printed trace says."""
    norm = re.fullmatch(r"‖(.*)‖(_F)?²", text)
    inner = norm[1] if norm else text.removeprefix("tr ")
    if inner.startswith("tr("):
        inner = inner[3:-1]
    ordered = sorted(names, key=len, reverse=True)
    word: Word = ()
    while inner:
        name = next(x for x in ordered if inner == x or inner.startswith(x + " "))
        word, inner = (*word, names[name]), inner[len(name) + 1 :]
    return pieces((*transpose(word), *word) if norm else word)


@pytest.mark.parametrize("claim", IDS)
def test_a_printed_trace_reads_back_as_the_same_trace(book: Book, claim: str) -> None:
    for e in every_expression(book, claim):
        names = {UNICODE.factor(g): g for f in e.factors() for g in (f, f.T)}
        for t in e.terms:
            for word in t.words():
                said: Counter[Word] = sum((read_back(x, names) for x in trace(word, UNICODE)), Counter())
                assert said == pieces(word), trace(word, UNICODE)


SYMBOLS = {printing.unicode_scalar(s): s for s in (n, N, d_s, d_w, d_sw, th.m, th.d, th.k, th.D, r)}


def evaluated(text: str) -> sp.Expr:
    """What a printed scalar says, as SymPy's."""
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    greek = {"φ": "phi", "σ": "sigma", "θ": "theta", "δ": "delta", "ψ": "psi"}
    squares = re.compile("([σθδφψ])(_s)?([²⁴⁶⁸])")
    text = squares.sub(lambda m: f"{greek[m[1]]}{m[2] or ''}2**{int(m[3].translate(raised)) // 2}", text)
    text = text.replace("ρ", "rho")
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: "**" + m[0].translate(raised), text)
    text = text.replace("−", "-").replace(" · ", "*").replace("[", "(").replace("]", ")")
    text = re.sub(r"(?<=[\w)]) ?(?=\()|(?<=[\w)]) (?=\w)", "*", text)
    target = {s.name: s for s in (th.rho_w, th.rho_s, theta2, fitted2, delta2, cross, seen2, blow_up.v, a, b)}
    return sp.sympify(text, locals={**SYMBOLS, **target, "sigma2": sigma2, "N": N})


@pytest.mark.parametrize("claim", IDS)
def test_a_printed_coefficient_reads_back_as_the_same_number(book: Book, claim: str) -> None:
    for e in every_expression(book, claim):
        for t in e.terms:
            if t.coefficient.is_finite is not False:
                said = evaluated(printing.unicode_scalar(t.coefficient))
                assert sp.cancel(said - t.coefficient) == 0, printing.unicode_scalar(t.coefficient)


linear = st.builds(
    lambda a, b, c, k: a * b - c + k,
    st.sampled_from([1, 2, -1]),
    st.sampled_from([n, N, d_w, sigma2]),
    st.sampled_from([d_s, d_sw, sp.S.Zero, 2 * d_w]),
    st.integers(-2, 2),
).filter(lambda p: p != 0)


@settings(max_examples=25)  # each one is a dozen factorizations
@given(
    st.lists(linear, min_size=1, max_size=4),
    st.lists(linear, max_size=3),
    st.integers(1, 6),
    st.integers(-6, 6),
)
def test_rational_functions_read_back(over: list[sp.Expr], under: list[sp.Expr], p: int, q: int) -> None:
    value = sp.Mul(*over) / sp.Mul(*under) * sp.Rational(q, p) + (over[0] if q % 2 else 0)
    assert sp.cancel(evaluated(printing.unicode_scalar(value)) - value) == 0
    assert printing.latex_scalar(value).count("{") == printing.latex_scalar(value).count("}")


def test_plain_factors_have_their_marks() -> None:
    marks = [(PLAIN, False), (PLAIN, True), (PINV, False), (PINV, True), (GRAM_INVERSE, False)]
    shown = [UNICODE.factor(Factor(th.Gamma_s, op, turned)) for op, turned in marks]
    assert shown == ["Γ_s", "Γ_sᵀ", "Γ_s⁺", "Γ_s⁺ᵀ", "W_s⁻¹"]
