"""Exact pathwise identities: true ones hold at every random matrix, planted wrong ones at none."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from flint import fmpq_mat
from sympy import Identity, MatrixSymbol

from derivations.core.language import E, GramInverse, Pinv, T, mul, norm2, parse, parse_matrix, tr
from derivations.core.laws import Block, Setting, standard
from derivations.core.words import identity, matrix
from derivations.notation import (
    RESIDUAL,
    W2S,
    C,
    Gamma,
    Gamma_s,
    Gamma_w,
    L,
    R,
    d,
    d_s,
    d_sw,
    d_w,
    m,
    sigma2,
)
from derivations.points import Point, point
from verify import rational
from verify.environment import environment
from verify.rational import Comparison, gram_inverse, pathwise_equal, pseudo_inverse
from verify.streams import generator

A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", m, m)
Q, K, ROOT = (MatrixSymbol(name, d, d) for name in ("Q", "K", "L"))
e, REST = MatrixSymbol("e", d, 1), MatrixSymbol("E_1", d, d - 1)
INVERSE = MatrixSymbol("A_inv", d, d)
FORMS = (
    (Q, "orthogonal"),
    (e, "frame last"),
    (REST, "frame rest"),
    (K, "covariance"),
    (ROOT, "root of K"),
    (INVERSE, "inverse of A"),
)
SETTING = Setting((standard(Gamma),), given=(A, B, Q, e, REST, K, ROOT, INVERSE), forms=FORMS)
WORLD = replace(W2S, given=(*W2S.given, MatrixSymbol("H", d_w, d_w)))
H = WORLD.given[-1]
SMALL = point(m=5, d=3)
BOTH = point(n=6, N=7, d_s=3, d_w=2, sigma2="2/3", overlaps=("1/2",))
W, GRAM = GramInverse(Gamma), mul(T(Gamma), Gamma)


def compare(left: sp.Expr, right: sp.Expr, setting: Setting = SETTING, where: Point = SMALL) -> Comparison:
    """Both as typed and in normal form, which must agree about whether the sides do."""
    env = environment(setting, where)
    found = pathwise_equal(parse(left), parse(right), setting, (), env)
    raw = pathwise_equal(left, right, setting, (), env)
    assert (found.equal, found.left, found.right) == (raw.equal, raw.left, raw.right)
    return found


# ---------------------------------------------------------------------------------- inverses


def integers(rows: int, columns: int, key: int, bound: int = 50) -> fmpq_mat:
    values = generator(0, "integers", key).integers(-bound, bound, (rows, columns))
    return fmpq_mat(rows, columns, [int(x) for x in values.ravel()])


def of_rank(rank: int, rows: int, columns: int, key: int) -> fmpq_mat:
    return integers(rows, rank, key) * integers(rank, columns, key + 1000)


@pytest.mark.parametrize(
    "a",
    [
        integers(5, 3, 1),
        integers(3, 5, 2),
        integers(4, 4, 3),
        integers(6, 1, 4),
        of_rank(2, 5, 4, 5),
        of_rank(1, 3, 6, 6),
        fmpq_mat(3, 2, [0] * 6),
        fmpq_mat(2, 3, [0, 1, 2, 0, 2, 4]),
    ],
)
def test_greville_satisfies_the_penrose_equations(a: fmpq_mat) -> None:
    p = pseudo_inverse(a)
    assert a * p * a == a
    assert p * a * p == p
    assert (a * p).transpose() == a * p
    assert (p * a).transpose() == p * a


def test_gram_inverses_are_exact_or_refused() -> None:
    a = integers(5, 3, 7)
    assert gram_inverse(a) * a.transpose() * a == fmpq_mat(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1])
    with pytest.raises(ValueError, match="a 3 x 5 matrix has no inverse Gram matrix"):
        gram_inverse(a.transpose())


# --------------------------------------------------------------------------------- identities

TRUE: dict[str, tuple[sp.Expr, sp.Expr]] = {
    "pseudo-inverse": (tr(mul(Pinv(Gamma), B, Gamma, A)), tr(mul(W, T(Gamma), B, Gamma, A))),
    "left inverse": (tr(mul(Pinv(Gamma), Gamma, A)), tr(A)),
    "cancels": (tr(mul(W, GRAM, A)), tr(A)),
    "its own square": (tr(mul(Pinv(Gamma), T(Pinv(Gamma)), A)), tr(mul(W, A))),
    "trace of a projection": (tr(mul(Gamma, Pinv(Gamma))), d + 0 * tr(A)),
    "inside an expectation": (2 * E(tr(mul(W, GRAM, A)) * tr(A)), 2 * E(tr(A)) ** 2),
    "rotation": (norm2(mul(Gamma, Q)), norm2(Gamma)),
    "rotation, other side": (tr(mul(Q, T(Q), A)), tr(A)),
    "frame": (tr(mul(e, T(e), A)), tr(A) - tr(mul(REST, T(REST), A))),
    "unit vector": (tr(mul(T(e), e)) + norm2(mul(T(REST), e)), tr(Identity(1))),
    "root": (tr(mul(T(ROOT), ROOT, A)), tr(mul(K, A))),
    "covariance is symmetric": (tr(mul(K, A)), tr(mul(K, T(A)))),
    "inverse": (tr(mul(A, INVERSE, K)) + tr(mul(INVERSE, A, Q)), tr(K) + tr(Q)),
}
FALSE: dict[str, tuple[sp.Expr, sp.Expr]] = {
    "a factor": (tr(mul(W, GRAM, A)), sp.Rational(1001, 1000) * tr(A)),
    "transposed": (tr(mul(W, A, W, A)), tr(mul(W, A, W, T(A)))),
    "order": (tr(mul(W, A, GRAM, A)), tr(mul(A, A))),
    "not its own square": (tr(mul(Pinv(Gamma), T(Pinv(Gamma)), A)), tr(mul(W, W, A))),
    "right inverse": (tr(mul(Gamma, Pinv(Gamma), B)), tr(B)),
    "rank": (tr(mul(Gamma, Pinv(Gamma))), m + 0 * tr(A)),
    "frame": (tr(mul(e, T(e), A)), tr(A) + tr(mul(REST, T(REST), A))),
    "not the root": (tr(mul(ROOT, T(ROOT), A)), tr(mul(K, A))),
    "rotation of the wrong kind": (tr(mul(Q, A)), tr(mul(T(Q), A))),
    "sign": (tr(mul(W, A)), -tr(mul(W, A))),
    "not the inverse": (tr(mul(T(A), INVERSE, K)), tr(K)),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_hold_exactly(name: str) -> None:
    found = compare(*TRUE[name])
    assert found
    assert found.points == 3
    assert 0 < found.miss < 1e-18


@pytest.mark.parametrize("name", FALSE)
def test_wrong_identities_are_refuted_at_the_first_point(name: str) -> None:
    found = compare(*FALSE[name])
    assert not found
    assert (found.points, found.miss) == (1, 0.0)
    assert found.left != found.right


def test_wide_matrices_have_right_inverses() -> None:
    where = point(m=3, d=5)
    assert compare(tr(mul(Gamma, Pinv(Gamma), B)), tr(B), where=where)
    assert not compare(tr(mul(Pinv(Gamma), Gamma, A)), tr(A), where=where)


def test_rotations_are_of_both_orientations() -> None:
    setting = Setting(given=(Q, A), forms=((Q, "orthogonal"),))
    env = environment(setting, point(d=1))
    sides = parse(tr(mul(Q, A))), parse(tr(A))
    assert not all(pathwise_equal(*sides, setting, (), env, seed=k, points=1) for k in range(20))
    assert pathwise_equal(parse(tr(mul(Q, Q, A))), sides[1], setting, (), env)


def test_a_tall_rotation_has_orthonormal_columns() -> None:
    tall = MatrixSymbol("U", m, d)
    setting = Setting(given=(A, B, tall), forms=((tall, "orthogonal"),))
    assert compare(tr(mul(T(tall), tall, A)), tr(A), setting)
    assert not compare(tr(mul(tall, T(tall), B)), tr(B), setting)


def test_values_are_those_of_the_floats() -> None:
    env = environment(Setting((standard(Gamma),)), SMALL)
    side = parse(tr(mul(W, GRAM)) + sigma2 * 0 + norm2(mul(Gamma, W)) * 2**40)
    found = pathwise_equal(side, side, Setting((standard(Gamma),)), (), env, points=1)
    stream = generator(0, "exact", env.label, 0)
    x = stream.integers(-(2**31), 2**31, (5, 3)).astype(float)
    assert float(found.left) == pytest.approx(3 + 2**40 * np.trace(np.linalg.inv(x.T @ x)), rel=1e-9)


# ------------------------------------------------------------------------ settings of the theory


def test_the_residual_is_computed_from_what_is_drawn() -> None:
    assert compare(
        tr(mul(T(Gamma_s), Gamma_w, H, T(C))),
        tr(mul(T(Gamma_s), Gamma_s, C, H, T(C))) + tr(mul(T(Gamma_s), R, H, T(C))),
        WORLD,
        BOTH,
    )
    assert not compare(norm2(Gamma_w), norm2(mul(Gamma_s, C)) + norm2(R), WORLD, BOTH)


def test_an_origin_counts_like_a_definition_and_a_drawn_symbol_has_none() -> None:
    setting = replace(W2S, definitions=(), origins=RESIDUAL)
    env = environment(setting, BOTH)
    wrong = ((Gamma_w, parse_matrix(mul(Gamma_s, C))),)
    sides = (
        parse(tr(mul(T(R), R))),
        parse(norm2(mul(Gamma_s, C)) - 2 * tr(mul(T(Gamma_w), Gamma_s, C)) + norm2(Gamma_w)),
    )
    assert pathwise_equal(*sides, setting, wrong, env)
    assert not pathwise_equal(parse(norm2(Gamma_w)), parse(norm2(mul(Gamma_s, C))), setting, wrong, env)
    other = ((R, matrix(Gamma_w)), *RESIDUAL)
    assert not pathwise_equal(*sides, setting, other, env)


def test_names_of_traces_are_those_of_the_matrices_drawn() -> None:
    assert compare(sigma2 * tr(mul(T(C), C)), sigma2 * d_sw + 0 * tr(H), WORLD, BOTH)
    assert not compare(tr(mul(T(C), C)), d_s - d_sw + 0 * tr(H), WORLD, BOTH)


def test_a_root_of_what_is_missing_to_the_identity() -> None:
    both = tr(mul(T(L), L, H)) + tr(mul(T(C), C, H))
    assert compare(both, tr(H), WORLD, BOTH)
    assert compare(norm2(L), d_w - d_sw + 0 * tr(H), WORLD, BOTH)
    assert not compare(tr(mul(L, T(L), H)) + tr(mul(T(C), C, H)), tr(H), WORLD, BOTH)


def test_without_the_root_the_overlap_matrix_is_arbitrary() -> None:
    env = environment(W2S, BOTH)
    found = pathwise_equal(parse(tr(mul(T(C), C))), parse(tr(mul(T(C), C))), W2S, (), env, points=1)
    assert found.left > 2**40


def test_laws_cited_by_a_step_are_arbitrary_matrices() -> None:
    x = MatrixSymbol("x", m - d + 1, 1)
    env = environment(SETTING, SMALL)
    left, right = parse(tr(mul(GramInverse(x), T(x), x))), parse(tr(Identity(1)))
    assert pathwise_equal(left, right, SETTING, (), env, extra_blocks=(standard(x),))


def test_a_bartlett_factor_is_lower_triangular() -> None:
    t = MatrixSymbol("T", d, d)
    block = Block((t,), ((matrix(identity(d)),),), draws=((t, "bartlett:m"),))
    setting = Setting((block,), given=(e, REST, MatrixSymbol("first", d, 1)))
    env = environment(setting, SMALL)
    sources = rational._Sources(setting, (), (), env)
    drawn = sources.draw([t], generator(0)).matrices[t]
    assert [drawn[i, j] == 0 for i in range(3) for j in range(3)] == [
        j > i for i in range(3) for j in range(3)
    ]


# ------------------------------------------------------------------------- the bound on missing


def degrees(side: sp.Expr, setting: Setting = SETTING, where: Point = SMALL) -> Sequence[tuple[int, int]]:
    sources = rational._Sources(setting, (), (), environment(setting, where))
    expression = parse(side)
    return sources.degrees(expression, sources.closure(f.symbol for f in expression.factors()))


@pytest.mark.parametrize(
    ("side", "power"),
    [
        (tr(A), 1),
        (tr(mul(W, A)), -1),
        (tr(mul(Pinv(Gamma), T(Pinv(Gamma)))), -2),
        (tr(mul(W, GRAM)), 0),
        (tr(mul(W, A)) * E(norm2(Gamma)) ** 2, 3),
        (tr(mul(K, A)), 3),
        (tr(mul(Q, A)), 1),
    ],
)
def test_degrees_agree_with_how_a_side_scales(side: sp.Expr, power: int) -> None:
    ((top, bottom),) = degrees(side)
    assert top - bottom == power


def test_degrees_of_an_inverse_are_those_of_adjugate_and_determinant() -> None:
    assert degrees(tr(W)) == [(4, 6)]
    assert degrees(tr(mul(Pinv(Gamma), T(Pinv(Gamma))))) == [(10, 12)]


def test_the_chance_of_a_miss_falls_with_every_point() -> None:
    env = environment(SETTING, SMALL)
    left, right = (parse(side) for side in TRUE["cancels"])
    one, two = (pathwise_equal(left, right, SETTING, (), env, points=k).miss for k in (1, 2))
    assert two == pytest.approx(one**2)
    # tr W⁻¹ΓᵀΓA - tr A is a polynomial of degree 7 over one of degree 6.
    assert one == 13 / 2**32


# ----------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("side", "message"),
    [
        (tr(MatrixSymbol("X", d, d)), "X is neither drawn, given nor defined"),
        (sp.sqrt(d) * tr(A), "not a rational number"),
        (tr(A) / (m - 2 * d + 1), "not a finite number"),
    ],
)
def test_what_has_no_exact_value_is_refused(side: sp.Expr, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pathwise_equal(parse(side), parse(side), SETTING, (), environment(SETTING, SMALL))


def test_circular_definitions_are_refused() -> None:
    x = MatrixSymbol("X", d, d)
    with pytest.raises(ValueError, match="the definition of X is circular"):
        pathwise_equal(
            parse(tr(x)), parse(tr(x)), SETTING, ((x, parse_matrix(mul(x, A))),), environment(SETTING, SMALL)
        )
