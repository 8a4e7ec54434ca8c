from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from sympy import MatrixSymbol

from derivations.core.laws import Setting, standard
from derivations.notation import W2S, C, Gamma, Gamma_s, L, N, d, d_s, d_w, m, n, sigma2
from derivations.points import Point, point
from verify.environment import environment, rotation
from verify.streams import generator

A, Q, K, ROOT = (MatrixSymbol(name, d, d) for name in ("A", "Q", "K", "L"))
e, REST = MatrixSymbol("e", d, 1), MatrixSymbol("E_1", d, d - 1)
FORMS = ((Q, "orthogonal"), (e, "frame last"), (REST, "frame rest"), (K, "covariance"), (ROOT, "root of K"))
GIVEN = Setting(given=(A, Q, e, REST, K, ROOT), forms=FORMS)
W2S_POINT = point(n=12, N=16, d_s=5, d_w=4, sigma2="1/3", overlaps=(1, "3/5", "1/2"))


def test_values_are_exact_and_sizes_are_evaluated() -> None:
    env = environment(W2S, W2S_POINT)
    assert env.rational(sigma2 / (n - d_w - 1)) == Fraction(1, 21)
    assert env.number(sp.sqrt(sigma2)) == 3**-0.5
    assert env.size(n - d_w + 1) == 9
    assert env.shape(Gamma_s) == (16, 5)


def test_the_correlation_dimension_is_the_sum_of_squared_overlaps() -> None:
    env = environment(W2S, W2S_POINT)
    assert env.values["d_sw"] == sp.Rational(161, 100)
    assert np.sum(env.matrices[C] ** 2) == pytest.approx(1.61, rel=1e-14)


def test_overlaps_are_the_singular_values_and_the_root_is_a_root() -> None:
    env = environment(W2S, W2S_POINT)
    overlap, root = env.matrices[C], env.matrices[L]
    assert np.linalg.svd(overlap, compute_uv=False) == pytest.approx([1, 0.6, 0.5, 0], abs=1e-14)
    assert root.T @ root == pytest.approx(np.eye(4) - overlap.T @ overlap, abs=1e-14)
    assert root == pytest.approx(root.T, abs=1e-15)
    assert np.linalg.eigvalsh(root) == pytest.approx([0, 0.8, 0.75**0.5, 1], abs=1e-14)
    assert np.abs(overlap).min() > 1e-3, "C is rotated, not diagonal"
    square = environment(
        W2S, point(n=9, N=9, d_s=3, d_w=3, sigma2=1, overlaps=("1/2", "1/3", "1/4"))
    ).matrices[C]
    assert np.linalg.norm(square - square.T) > 0.1, "by two different rotations"


def test_forms_have_their_relations() -> None:
    matrices = environment(GIVEN, point(d=4)).matrices
    q, k, root = matrices[Q], matrices[K], matrices[ROOT]
    assert q.T @ q == pytest.approx(np.eye(4), abs=1e-14)
    frame = np.hstack((matrices[REST], matrices[e]))
    assert frame @ frame.T == pytest.approx(np.eye(4), abs=1e-14)
    assert k == pytest.approx(root.T @ root, abs=1e-14)
    assert not np.allclose(matrices[A], matrices[A].T)


def test_an_inverse_is_one_and_a_tall_rotation_has_orthonormal_columns() -> None:
    inverse, tall = MatrixSymbol("A_inv", d, d), MatrixSymbol("U", m, d)
    setting = Setting(given=(inverse, A, tall), forms=((inverse, "inverse of A"), (tall, "orthogonal")))
    for size in (1, 3, 6):
        matrices = environment(setting, point(m=size + 2, d=size)).matrices
        assert matrices[A] @ matrices[inverse] == pytest.approx(np.eye(size), abs=1e-12)
        assert matrices[tall].T @ matrices[tall] == pytest.approx(np.eye(size), abs=1e-13)


def test_a_point_is_always_the_same_numbers_and_they_cannot_be_changed() -> None:
    one, again = (environment(GIVEN, point(d=4)).matrices for _ in range(2))
    other = environment(GIVEN, point(d=4, noise="sign")).matrices
    for x in GIVEN.given:
        assert np.array_equal(one[x], again[x])
        assert not np.any(one[x] == other[x])
        with pytest.raises(ValueError, match="read-only"):
            one[x][0, 0] = 1.0


def test_rotations_are_uniform_on_the_orthogonal_group() -> None:
    stream = generator(0, "rotations")
    q = np.array([rotation(3, stream) for _ in range(20000)])
    assert np.abs(np.einsum("nij,nik->njk", q, q) - np.eye(3)).max() < 1e-14
    error = 5.5 / np.sqrt(20000)
    assert np.abs(q.mean(axis=0)).max() < error
    assert np.abs((q**4).mean(axis=0) - 3 / 15).max() < error
    assert abs(np.linalg.det(q).mean()) < error
    assert abs(np.trace(q, axis1=1, axis2=2).var() - 1) < 2 * error
    assert abs((q[:, 0, 0] * q[:, 1, 1] * q[:, 0, 1] * q[:, 1, 0]).mean() + 1 / 30) < error


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (point(n=12, N=16, d_s=5, sigma2=1), "gives no value for d_w"),
        (point(n=12, N=16, d_s=5, d_w="1/2", sigma2=1), "d_w is 1/2 .* not a positive integer"),
        (point(n=12, N=16, d_s=0, d_w=4, sigma2=1), "d_s is 0 .* not a positive integer"),
        (point(n=12, N=16, d_s=5, d_w=4, sigma2=1, overlaps=("11/10",)), r"cosine in \[0, 1\]"),
        (point(n=12, N=16, d_s=5, d_w=4, sigma2=1, overlaps=("-1/2",)), r"cosine in \[0, 1\]"),
        (point(n=12, N=16, d_s=2, d_w=4, sigma2=1, overlaps=("1/2",) * 3), "3 overlaps do not fit"),
        (point(n=12, N=16, d_s=2, d_w=4, sigma2=1, d_sw=2, overlaps=("1/2",)), "contradicts the overlaps"),
    ],
)
def test_a_bad_point_is_refused_in_one_sentence(where: Point, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        environment(W2S, where)


def test_a_correlation_dimension_beyond_the_sizes_is_refused() -> None:
    with pytest.raises(ValueError, match="not in the range from 0 to min"):
        environment(Setting(), point(d_s=3, d_w=2, d_sw="5/2"))


@pytest.mark.parametrize(
    ("symbol", "form", "message"),
    [
        (A, "round", "unknown form 'round'"),
        (A, "root of B", "neither an overlap nor a covariance"),
        (MatrixSymbol("A", d, d + 1), "orthogonal", "cannot have the shape"),
        (MatrixSymbol("A", d, d), "frame last", "cannot have the shape"),
        (MatrixSymbol("A", d, d), "frame rest", "cannot have the shape"),
    ],
)
def test_a_form_that_cannot_be_is_refused(symbol: MatrixSymbol, form: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        environment(Setting(given=(symbol,), forms=((symbol, form),)), point(d=3))


def test_values_that_are_not_finite_or_not_rational_are_refused() -> None:
    env = environment(Setting(), point(m=3, d=2))
    with pytest.raises(ValueError, match="not a finite number"):
        env.number(1 / (m - d - 1))
    with pytest.raises(ValueError, match="not a rational number"):
        env.rational(sp.sqrt(d))
    with pytest.raises(ValueError, match="gives no value for N, d_s"):
        env.exact(N + d_s)


def test_values_worked_out_at_one_point_are_not_those_of_another() -> None:
    here = environment(Setting((standard(Gamma),), (m, d)), point(m=7, d=2))
    assert here.exact(m - d) == 5
    there = replace(here, values={**here.values, "d": sp.Integer(3)})
    assert (here.exact(m - d), there.exact(m - d)) == (5, 4)
