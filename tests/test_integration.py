"""Expectations as exact sums: against other sources, where they are infinite, and what they refute."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import acb, fmpq, fmpq_mat
from sympy import MatrixSymbol

from derivations.claims import Equal
from derivations.core.language import E, GramInverse, Pinv, T, mul, norm2, parse, parse_matrix, tr
from derivations.core.laws import Block, Setting, standard
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import identity, matrix
from derivations.lemmas import wishart_inverse_mean
from derivations.notation import (
    W2S,
    C,
    D,
    Gamma,
    Gamma_lab,
    Gamma_s,
    Gamma_w,
    N,
    d,
    d_s,
    d_sw,
    d_w,
    fresh_s,
    k,
    m,
    n,
    noise,
    sigma2,
    z,
)
from derivations.points import Point, point
from tests.oracles import moments as oracle
from tests.planted import proved
from tests.running import KNOWN, equal, only, states, unproved, whole
from verify import integration, predictions, targets
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import Pair, integrals
from verify.contraction import contracted
from verify.integration import Numbers, TooLarge, rationals, value
from verify.moments import Infinite, chi_square, normal, pairings, weingarten

A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", d, d)
G = MatrixSymbol("G", d, m)
WISHART = Setting((standard(Gamma),), (), (A, B))
HAAR = Setting((standard(G),), (), (A, B))
W, GRAM, P = GramInverse(Gamma), mul(T(Gamma), Gamma), mul(G, Pinv(G))
NOISE = Setting((noise(z), standard(Gamma_lab)), (), ())


def mean(
    inside: sp.Expr, setting: Setting, given: dict[MatrixSymbol, Any] | None = None, **sizes: int | Fraction
) -> Fraction:
    """E of an expression, worked out exactly."""
    matrices = {x: fmpq_mat(np.asarray(v).tolist()) for x, v in (given or {}).items()}
    return value(contracted(parse(E(inside)), setting), Numbers(rationals(sizes), matrices))


def unit(size: int, i: int, j: int) -> list[list[int]]:
    return [[int((r, c) == (i, j)) for c in range(size)] for r in range(size)]


def integers(size: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.random.default_rng(seed).integers(-9, 10, (size, size))


# ------------------------------------------------------------------------------------- single moments


def integral(of: Any, low: int, high: int) -> Any:
    return acb.integral(lambda x, _: of(x), low, high).real


@pytest.mark.parametrize(("freedom", "power"), [(2, 0), (4, -1), (6, -2), (6, 3), (12, -5), (3, 2), (7, 0)])
def test_chi_square_moments_are_integrals_of_the_density(freedom: int, power: int) -> None:
    """With x = y², to have a polynomial times e^(-y²/2); the tail beyond 60 is below 1e-700."""
    top = integral(lambda y: y ** (freedom - 1 + 2 * power) * (-y * y / 2).exp(), 0, 60)
    bottom = integral(lambda y: y ** (freedom - 1) * (-y * y / 2).exp(), 0, 60)
    found = chi_square(freedom, power)
    ball = top / bottom
    assert ball.rad() < 1e-10 * abs(ball.mid())
    assert (ball * int(found.q)).contains(int(found.p))


@pytest.mark.parametrize("power", range(9))
def test_normal_moments_are_integrals_of_the_density(power: int) -> None:
    top, bottom = (integral(lambda x, k=k: x**k * (-x * x / 2).exp(), -60, 60) for k in (power, 0))
    assert (top / bottom).contains(normal(power))
    assert len(pairings(power)) == normal(power)


@pytest.mark.parametrize(("freedom", "power"), [(1, -1), (2, -1), (3, -2), (4, -2), (6, -3)])
def test_a_moment_that_is_infinite_has_no_value(freedom: int, power: int) -> None:
    with pytest.raises(Infinite):
        chi_square(freedom, power)
    assert chi_square(freedom + 2, power) > 0


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_entries_of_a_uniform_orthogonal_matrix(size: int) -> None:
    four = weingarten(4, size)
    same, other = (sum((four[i, j] for i in rows for j in range(3)), fmpq(0)) for rows in ((0, 1, 2), (0,)))
    assert weingarten(2, size)[0, 0] == fmpq(1, size)
    assert same == fmpq(3, size * (size + 2))  # E Q₁₁⁴
    assert other == fmpq(1, size * (size + 2))  # E Q₁₁²Q₂₁²
    if size > 1:
        assert four[0, 0] == fmpq(size + 1, size * (size - 1) * (size + 2))  # E Q₁₁²Q₂₂²


# ----------------------------------------------------------------------------------- Wishart matrices


@pytest.mark.parametrize(("rows", "columns"), [(5, 1), (7, 2), (6, 3), (12, 3), (1000, 3), (9, 4)])
def test_the_mean_of_the_inverse_is_scipys(rows: int, columns: int) -> None:
    expected = oracle.inverse_mean(rows, columns)
    for i, j in product(range(columns), repeat=2):
        found = mean(tr(mul(W, A)), WISHART, {A: unit(columns, i, j)}, m=rows, d=columns)
        assert float(found) == pytest.approx(expected[j, i], rel=1e-13, abs=0)


@pytest.mark.parametrize(("rows", "columns"), [(6, 1), (7, 2), (9, 3), (12, 3), (1000, 2)])
def test_second_moments_of_the_inverse_are_those_of_the_tables(rows: int, columns: int) -> None:
    expected, variances = oracle.inverse_second(rows, columns), oracle.inverse_variances(rows, columns)
    mean_of = oracle.inverse_mean(rows, columns)
    for i, j, p, q in product(range(columns), repeat=4):
        given = {A: unit(columns, j, i), B: unit(columns, q, p)}
        found = mean(tr(mul(W, A)) * tr(mul(W, B)), WISHART, given, m=rows, d=columns)
        joined = mean(
            tr(mul(W, A, W, B)), WISHART, {A: unit(columns, j, p), B: unit(columns, q, i)}, m=rows, d=columns
        )
        assert found == joined
        assert float(found) == pytest.approx(expected[i, j, p, q], rel=1e-13, abs=0)
        if (i, j) == (p, q):
            assert float(found) - mean_of[i, j] ** 2 == pytest.approx(variances[i, j], rel=1e-9)


@pytest.mark.parametrize(("rows", "columns"), [(3, 1), (5, 2), (4, 3)])
def test_moments_of_the_gram_matrix_itself(rows: int, columns: int) -> None:
    """E WAW = m²A + mAᵀ + m tr(A) I, also when there is an inverse beside it."""
    a, b = integers(columns, 1), integers(columns, 2)
    ab, atb, traces = np.trace(a @ b), np.trace(a.T @ b), np.trace(a) * np.trace(b)
    expected = rows * (rows * ab + atb + traces)
    plain = mean(tr(mul(GRAM, A, GRAM, B)), WISHART, {A: a, B: b}, m=rows, d=columns)
    beside = mul(Gamma, W, GRAM)  # Γ
    longer = mean(tr(mul(T(Gamma), beside, A, GRAM, B)), WISHART, {A: a, B: b}, m=rows, d=columns)
    assert plain == longer == expected


@pytest.mark.parametrize(("rows", "columns"), [(3, 1), (5, 2), (6, 3), (100, 3)])
def test_euler_of_a_homogeneous_function(rows: int, columns: int) -> None:
    """E tr W f = (md + degree) E f for a homogeneous f, by parts."""
    inverse = mean(tr(W), WISHART, m=rows, d=columns)
    assert mean(tr(GRAM) * tr(W), WISHART, m=rows, d=columns) == (rows * columns - 2) * inverse


@pytest.mark.parametrize(("rows", "columns"), [(4, 2), (6, 3)])
def test_an_inverse_undoes_its_matrix(rows: int, columns: int) -> None:
    """With the identity for A, which nothing knows to be one; the signs in T⁻¹ show beside those in T."""
    b = integers(columns, 2)
    given = {A: np.eye(columns, dtype=int), B: b}
    assert mean(tr(mul(GRAM, A, W, B)), WISHART, given, m=rows, d=columns) == np.trace(b)
    assert mean(tr(mul(Pinv(Gamma), Gamma, A, B)), WISHART, given, m=rows, d=columns) == np.trace(b)


@pytest.mark.parametrize("rows", [7, 8, 50])
def test_a_third_moment(rows: int) -> None:
    found = mean(tr(W) ** 3, WISHART, m=rows, d=1)
    assert found == Fraction(1, (rows - 2) * (rows - 4) * (rows - 6))
    assert mean(tr(mul(W, W, W)), WISHART, m=rows, d=1) == found


# ------------------------------------------------------------------------------------ Haar projections


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_projections_against_spherical_designs(size: int) -> None:
    a, b = integers(size, 3), integers(size, 4)
    cases = {
        tr(mul(P, A)): lambda p: np.trace(p @ a),
        tr(mul(P, A, P, B)): lambda p: np.trace(p @ a @ p @ b),
        tr(mul(P, A)) * tr(mul(P, B)): lambda p: np.trace(p @ a) * np.trace(p @ b),
    }
    for inside, of in cases.items():
        found = float(mean(inside, HAAR, {A: a, B: b}, m=1, d=size))
        assert found == pytest.approx(oracle.over_lines(size, of), rel=1e-12, abs=1e-12)
        if size > 1:
            found = float(mean(inside, HAAR, {A: a, B: b}, m=size - 1, d=size))
            assert found == pytest.approx(oracle.over_planes(size, of), rel=1e-12, abs=1e-12)


def test_a_projection_onto_everything_is_the_identity() -> None:
    a, b = integers(3, 5), integers(3, 6)
    assert mean(tr(mul(P, A, P, B)), HAAR, {A: a, B: b}, m=3, d=3) == np.trace(a @ b)


def test_a_projection_and_its_complement() -> None:
    """Half of the dimensions: P and I - P have one law."""
    a, b = integers(4, 7), integers(4, 8)
    at = {"m": 2, "d": 4}
    twice = mean(tr(mul(P, A, P, B)), HAAR, {A: a, B: b}, **at)
    crossed = np.trace(a @ b) - mean(tr(mul(P, A, B)), HAAR, {A: a, B: b}, **at) * 2 + twice
    assert twice == crossed


def test_however_a_projection_is_written() -> None:
    a, b = integers(3, 5), integers(3, 6)
    longer = mul(G, GramInverse(G), T(G))
    for one, other in product((P, T(P), longer), repeat=2):
        found = mean(tr(mul(one, A, other, B)), HAAR, {A: a, B: b}, m=2, d=3)
        assert found == mean(tr(mul(P, A, P, B)), HAAR, {A: a, B: b}, m=2, d=3)


@pytest.mark.parametrize(("rows", "columns"), [(4, 1), (9, 2), (8, 3), (40, 3)])
def test_the_inverse_of_a_line_is_that_of_its_length(rows: int, columns: int) -> None:
    """E G(GᵀG)⁻²Gᵀ turns with G, and its trace is that of the inverse."""
    square = mul(G, GramInverse(G), GramInverse(G), T(G), A)
    a = integers(rows, 9)
    trace = mean(tr(W), WISHART, m=rows, d=columns)
    assert mean(tr(square), HAAR, {A: a}, m=columns, d=rows) == Fraction(int(np.trace(a)), rows) * trace


# ------------------------------------------------------------------------- Gaussian and other matrices


def test_four_normal_vectors() -> None:
    x, a = MatrixSymbol("x", d, 1), integers(3, 1)
    found = mean(tr(mul(T(x), A, x)) ** 2, Setting((standard(x),), (), (A,)), {A: a}, d=3)
    assert found == np.trace(a) ** 2 + np.trace(a @ a) + np.trace(a @ a.T)


def test_correlated_rows_by_their_covariance() -> None:
    """E (γ_wᵀBγ_w)(γ_sᵀAγ_s), rows one by one, with and without an inverse that makes it a regression."""
    a, c = integers(2, 1), np.array([[1, 2], [3, -1]])
    given, at = {A_s: a, C: c}, {"N": 1, "d_s": 2, "d_w": 2}
    one = tr(mul(Gamma_s, A_s, T(Gamma_s))) * tr(mul(Gamma_w, T(Gamma_w)))
    expected = 2 * np.trace(a) + np.trace(c.T @ (a + a.T) @ c)
    assert mean(one, FEATURES, given, **at) == expected
    for size in (2, 5):
        projected = tr(mul(T(Gamma_w), Gamma_s, Pinv(Gamma_s), Gamma_w))
        inside = np.trace(c.T @ c)
        value = mean(projected, FEATURES, given, N=size, d_s=2, d_w=2)
        assert value == size * inside + 2 * (2 - inside)


A_s = MatrixSymbol("A", d_s, d_s)
FEATURES = replace(W2S, given=(*W2S.given, A_s))


@pytest.mark.parametrize(("labels", "samples"), [(4, 4), (9, 12), (5, 1000)])
def test_one_feature_each(labels: int, samples: int) -> None:
    """With d_s = d_w = 1 the variance is a product of two inverse chi-square means, by hand."""
    student = E(norm2(mul(fresh_s, Pinv(Gamma_s), Gamma_w, Pinv(Gamma_lab), z)))
    cosine = Fraction(3, 5)
    sizes: dict[str, int | Fraction] = {"n": labels, "N": samples, "d_s": 1, "d_w": 1}
    sizes["sigma2"] = Fraction(9, 4)
    at = Numbers(rationals(sizes), {C: fmpq_mat([[fmpq(3, 5)]])})
    expected = Fraction(9, 4) / (labels - 2) * (cosine**2 + (1 - cosine**2) / (samples - 2))
    assert value(contracted(parse(student), W2S), at) == expected


def test_two_matrices_of_one_size_are_not_taken_for_each_other() -> None:
    """What is remembered of a word belongs to its matrices in their order, which differs here."""
    inside = tr(mul(C, GramInverse(Gamma_lab), T(C)))
    joined = tr(mul(C, GramInverse(Gamma_lab), T(C), Pinv(Gamma_s), Gamma_s))
    apart = tr(mul(Pinv(Gamma_s), Gamma_s)) * inside
    sizes: dict[str, int | Fraction] = {"n": 6, "N": 9, "d_s": 2, "d_w": 2}
    at = Numbers(rationals(sizes), {C: fmpq_mat([[1, 2], [3, 4]])})
    found = [contracted(parse(E(x)), W2S) for x in (joined, apart, inside)]
    assert found[0].terms[0][2][0].factors == found[1].terms[0][2][0].factors[::-1]
    assert [value(x, at) for x in found] == [Fraction(30, 3), Fraction(60, 3), Fraction(30, 3)]


def test_what_is_remembered_depends_on_the_scalars() -> None:
    y = MatrixSymbol("y", 1, d)
    rows = Block((y,), ((matrix(identity(d)).times(sigma2),),), False)
    side = contracted(parse(E(tr(mul(y, W, T(y))))), Setting((rows, standard(Gamma))))
    at = Numbers(rationals({"m": 6, "d": 2, "sigma2": 1}), {})
    assert value(side, at) == Fraction(2, 3)
    assert value(side, at.moved(rationals({"sigma2": 3}))) == 2


# ------------------------------------------------------------------------------- infinite, not served


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_where_the_mean_of_an_inverse_is_infinite(columns: int) -> None:
    for rows in (columns, columns + 1):
        with pytest.raises(Infinite):
            mean(tr(W), WISHART, m=rows, d=columns)
    assert mean(tr(W), WISHART, m=columns + 2, d=columns) == columns
    for rows in range(columns, columns + 4):
        with pytest.raises(Infinite):
            mean(tr(W) ** 2, WISHART, m=rows, d=columns)
    assert mean(tr(W) ** 2, WISHART, m=columns + 4, d=columns) > 0


def test_an_infinite_mean_times_zero_has_no_value() -> None:
    x, y = MatrixSymbol("x", m, 1), MatrixSymbol("y", m, 1)
    setting = Setting((standard(Gamma), standard(x), standard(y)), (), (A,))
    # An entry off the diagonal; an odd number of factors.
    for inside in (tr(mul(W, A)), tr(W) * tr(mul(T(x), y)), tr(mul(T(x), Gamma, W, W, T(Gamma), y))):
        for rows in (2, 3):
            with pytest.raises(ValueError, match="may be infinite is multiplied by one that is zero"):
                mean(inside, setting, {A: unit(2, 0, 1)}, m=rows, d=2)
        assert mean(inside, setting, {A: unit(2, 0, 1)}, m=4, d=2) == 0
    # A projection is bounded, whatever it is multiplied by.
    assert mean(tr(mul(Gamma, Pinv(Gamma), x, T(y))), setting, m=2, d=2) == 0


def test_what_is_not_served() -> None:
    x = MatrixSymbol("x", m, d)
    scaled = Block((x,), ((matrix(identity(d)).times(sp.Integer(4)),),), True)
    rows = Block((x,), ((matrix(identity(d)),),), False)
    four = tr(mul(T(z), z)) ** 2
    eleven = tr(mul(T(x), x)) ** 5
    cases: list[tuple[sp.Expr, Setting, str]] = [
        (E(tr(GramInverse(x))), Setting((scaled,)), "only where x is a standard Gaussian"),
        (E(tr(GramInverse(x))), Setting((rows,)), "only where x is a standard Gaussian"),
        (E(tr(GramInverse(x))), Setting((), (), (x,)), "only where x is a standard Gaussian"),
        (E(four), NOISE, "only mean and covariance of z are known"),
        (E(eleven), Setting((standard(x),)), "x occurs 10 times, more than 8"),
        (E(tr(mul(GramInverse(x), A))), Setting((standard(x),)), "A has no law"),
        (tr(mul(T(z), z)), NOISE, "outside every expectation"),
        (
            E(tr(mul(Pinv(Gamma_s), Gamma_w, Pinv(Gamma_w), Gamma_s))),
            W2S,
            "together with those of a matrix that it is correlated with",
        ),
    ]
    for statement, setting, why in cases:
        with pytest.raises(ValueError, match=why):
            contracted(parse(statement), setting)
    with pytest.raises(ValueError, match="2 x 3 matrix has no inverse Gram matrix"):
        mean(tr(W), WISHART, m=2, d=3)
    with pytest.raises(TooLarge, match="9 columns"):
        mean(tr(W), WISHART, m=20, d=9)
    with pytest.raises(ValueError, match="sqrt\\(sigma2\\) is not a rational number"):
        mean(sp.sqrt(sigma2) * tr(W), WISHART, m=9, d=2, sigma2=2)
    assert mean(sp.sqrt(sigma2) * tr(W), WISHART, m=9, d=1, sigma2=Fraction(9, 4)) == Fraction(3, 14)


# ---------------------------------------------------------------------------------------- the channel


def exactly(part: Equal, *points: Point) -> list[Check]:
    """What the channel says of a statement that nobody proved."""
    return whole(only(states(replace(part, proof=unproved, also=()), *points), "exact"), "exact")


def test_a_statement_is_compared_at_its_points_and_at_the_grid() -> None:
    part = equal("wishart-inverse-second", 1)
    small, grid = exactly(part, point(m=14, d=2))
    assert (small.verdict, small.point) == (PASSED, "m=14, d=2")
    assert (grid.verdict, grid.point) == (PASSED, "d = 1..3, m = 5..12, 100, 1000")
    assert grid.method == "exact sum of products of moments of the Bartlett factor of Gamma, at 27 points"
    for check in (small, grid):
        assert (check.detectable, check.scale, check.whole) == (0.0, 1.0, True)
        assert check.lhs == check.rhs
        assert check.miss is not None
        assert 0 < check.miss < 1e-6


TEACHER = sigma2 / (n - d_w - 1)
TEACHERS, STUDENTS = point(n=9, d_w=2, sigma2="4"), point(("4/5",), n=9, N=12, d_s=2, d_w=3, sigma2="1/4")


def test_the_grid_has_an_order() -> None:
    """The first difference found is the same in every run."""
    setting = equal("ceiling-risk").setting
    grid = list(integrals.grid(setting, [point(n=9, N=9, d_s=2, sigma2="4", rho_s="1")]))
    assert [sizes for _, sizes in grid[:2]] == [{"d_s": 1, "N": 1, "n": 12}, {"d_s": 1, "N": 2, "n": 12}]
    assert len(grid) == len({p.label for p, _ in grid}) == 81
    assert all("sigma2=4" in p.label for p, _ in grid)


WRONG: dict[str, tuple[str, int, sp.Expr, Point]] = {
    "m - d for m - d - 1": ("wishart-inverse-mean", 0, tr(A) / (m - d), point(m=9, d=2)),
    "k - 1 for k - 2": ("chi-square-inverse", 0, 1 / (k - 1), point(k=9)),
    "a finite mean": ("wishart-inverse-mean", 1, sp.Integer(1), point(m=9, d=2)),
    "m + 1 for m": ("haar-projection-mean", 0, tr(A) * (m + 1) / d, point(m=1, d=3)),
    "d - m for d - m - 1": ("interpolating-inverse", 0, tr(A) * m / (d * (d - m)), point(m=1, d=6)),
    "D + 1 for D": ("random-subspaces", 0, d_s * d_w / (D + 1), point(D=4, d_s=1, d_w=2)),
    "a millionth": ("teacher-variance", 0, TEACHER * d_w * (1 + sp.Rational(1, 10**6)), TEACHERS),
    "n - d_w for n - d_w - 1": ("teacher-variance", 0, sigma2 * d_w / (n - d_w), TEACHERS),
    "d_s/N": ("w2s-variance", 0, TEACHER * (d_sw + d_s / N * (d_w - d_sw)), STUDENTS),
    "the reduced part dropped": ("w2s-variance", 0, TEACHER * d_sw, STUDENTS),
    "n and N swapped": (
        "w2s-variance",
        0,
        sigma2 / (N - d_w - 1) * (d_sw + d_s / (n - d_s - 1) * (d_w - d_sw)),
        STUDENTS,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_closed_form_is_refuted_at_its_point_and_at_the_grid(name: str) -> None:
    id, number, right, at = WRONG[name]
    part = equal(id, number)
    checks = exactly(replace(part, right=right), at)
    assert [c.verdict for c in checks] == [REFUTED] * 2
    assert checks[0].point == at.label
    assert checks[1].point != at.label
    assert all(c.lhs != c.rhs for c in checks)
    assert {c.verdict for c in exactly(part, at)} == {PASSED}


def test_an_infinite_mean_is_told_from_a_finite_one() -> None:
    for rows, verdict in ((0, PASSED), (1, PASSED), (2, REFUTED), (3, REFUTED)):
        small, grid = exactly(wishart_inverse_mean.diagonal(rows), point(d=2))
        assert small.verdict == grid.verdict == verdict
        assert (small.lhs, small.rhs) == ("oo" if rows < 2 else str(Fraction(1, rows - 1)), "oo")


def test_steps_are_integrated_too() -> None:
    found = only(replace(KNOWN["w2s-variance"], points=KNOWN["w2s-variance"].points[:1]), "exact")
    steps = [c for c in found.checks if not c.whole and "Bartlett" in str(c.method)]
    assert {c.verdict for c in steps} == {PASSED}
    assert len(steps) == 3
    assert found.trust == "enclosed"


def test_the_values_are_those_that_are_predicted() -> None:
    """Both are exact, so they agree to any digit."""
    claim = KNOWN["w2s-variance"]
    for at in claim.points:
        if max(int(at["d_s"]), int(at["d_w"])) <= integration.LARGEST:
            shared = sum((c * c for c in at.overlaps), Fraction(0))
            d_s, d_w, n, N = (int(at[name]) for name in ("d_s", "d_w", "n", "N"))
            inputs = targets.Inputs(d_w, d_s, shared, n, N, Fraction(at["sigma2"]))
            predicted = predictions.predict(inputs, lambda id: proved().theorem(id).conclusion)
            assert exactly(equal("w2s-variance"), at)[0].lhs == str(predicted.variance["w2s"])


def test_a_word_that_is_not_served_is_not_applicable_and_says_why() -> None:
    inverse = E(tr(mul(Pinv(Gamma_s), Gamma_w, Pinv(Gamma_w), Gamma_s)))
    (check,) = exactly(Equal(inverse, d_s, W2S, unproved), STUDENTS)
    assert check.verdict == NOT_APPLICABLE
    assert "correlated with" in str(check.reason)


def test_sizes_that_are_not_served_are_left_out() -> None:
    part = equal("wishart-inverse-mean")
    (grid,) = exactly(part, point(m=20, d=9))
    assert (grid.verdict, grid.point) == (PASSED, "d = 1..3, m = 3..12, 100, 1000")
    assert exactly(part, point(m=20, d=9), point(m=20, d=3))[0].point == "m=20, d=3"


def test_a_closed_form_with_a_pole_says_where() -> None:
    wrong = replace(equal("wishart-inverse-mean"), right=tr(A) / (m - d - 2))
    *found, pole = exactly(wrong, point(m=9, d=2))
    assert [c.verdict for c in found] == [REFUTED] * 2
    assert (pole.verdict, pole.point) == (NOT_APPLICABLE, "m=3, d=1")
    assert "divides by zero" in str(pole.reason)


def test_the_inverse_of_a_turned_matrix() -> None:
    """Through that of the matrix, if it was turned indeed: by a matrix that is orthogonal."""
    turned, a = MatrixSymbol("Y", m, d), integers(2, 5)
    definitions = ((turned, parse_matrix(mul(Gamma, T(B)))),)
    turn, sizes = fmpq_mat([[3, -4], [4, 3]]) / 5, rationals({"m": 6, "d": 2})
    for inside, again in (
        (tr(mul(GramInverse(turned), A)), tr(mul(W, T(B), A, B))),
        (tr(mul(A, Pinv(turned), Gamma)), tr(mul(A, B))),
        (tr(mul(GRAM, A, GramInverse(turned))), tr(mul(GRAM, A, B, W, T(B)))),
    ):
        side = contracted(parse(E(inside)), WISHART, definitions)
        at = Numbers(sizes, {A: fmpq_mat(a.tolist()), B: turn})
        assert value(side, at) == value(contracted(parse(E(again)), WISHART), at)
        with pytest.raises(ValueError, match="only where B is orthogonal"):
            value(side, replace(at, matrices={**at.matrices, B: turn * 2}, known={}))


def test_where_a_hypothesis_fails_nothing_is_said() -> None:
    (check,) = exactly(equal("wishart-inverse-mean"), point(m=4, d=3))
    assert check.verdict == NOT_APPLICABLE
    assert check.reason == "the hypothesis -d + m - 1 > 0 fails at this point"


def test_two_means_that_may_not_exist_are_not_equal() -> None:
    """In the extended reals both may be infinite; elsewhere that is no equality."""
    inverse = E(tr(mul(W, A)))
    loose = Setting((standard(Gamma),), (m - d + 1, m, d), (A,))
    pair = Pair("statement", IN_EXPECTATION, parse(inverse), parse(2 * inverse), whole=True)
    with pytest.raises(ValueError, match="neither side is known to exist"):
        integrals.Sides(loose, (), (), 0).compare(pair, point(m=3, d=2))
