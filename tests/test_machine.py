"""The compiled operations, their rounding bounds, base draws, and sampling whatever the threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray
from sympy import MatrixSymbol

from derivations.core.language import E, GramInverse, Pinv, T, mul, norm2, parse, tr
from derivations.core.laws import Block, Setting, standard
from derivations.core.words import MatrixSum, identity, matrix
from derivations.notation import W2S, Gamma, Gamma_lab, Gamma_s, Gamma_w, d, fresh_s, z
from derivations.points import Point, point
from verify import kernels, machine
from verify.environment import environment
from verify.graph import Graph
from verify.rational import gram_inverse, pseudo_inverse
from verify.streams import generator
from verify.tape import Tape, lower

Array = NDArray[np.float64]
A = MatrixSymbol("A", d, d)
SETTING = Setting((standard(Gamma),), given=(A,))


def tape_of(*sides: object, setting: Setting = SETTING, **sizes: int) -> Tape:
    where = Point(tuple(sizes.items()))
    return lower([parse(side) for side in sides], setting, (), environment(setting, where))


def student(copies: int = 8) -> Tape:
    where = point(n=12, N=16, d_s=6, d_w=4, sigma2=1, overlaps=("4/5", "1/2"))
    sides = [
        E(norm2(mul(fresh_s, Pinv(Gamma_s), Gamma_w, Pinv(Gamma_lab), z))),
        E(tr(mul(GramInverse(Gamma_lab), T(Gamma_w), T(Pinv(Gamma_s)), Pinv(Gamma_s), Gamma_w))),
    ]
    return lower([parse(side) for side in sides], W2S, (), environment(W2S, where), copies)


# --------------------------------------------------------------------------------- operations


def perform(
    op: int, operands: list[Array], flips: list[bool], shape: tuple[int, int], weights: Array
) -> Array:
    """One operation by itself, every lane with operands of its own: (lanes, rows, columns)."""
    lanes = operands[0].shape[0]
    sizes = [x[0].size for x in operands]
    first = [0, sizes[0] if len(sizes) > 1 else 0]
    out = sum(sizes)
    ws = np.full((out + shape[0] * shape[1] + 3000, lanes), np.nan)
    for start, x in zip(first, operands, strict=False):
        ws[start : start + x[0].size] = x.reshape(lanes, -1).T
    strides, read = [], []
    for x, flipped in zip((operands * 2)[:2], (flips * 2)[:2], strict=True):
        rows, columns = x.shape[1:]
        strides += [1, columns] if flipped else [columns, 1]
        read.append((columns, rows) if flipped else (rows, columns))
    columns = read[1][1] if op == kernels.MULTIPLY else read[0][1]
    row = np.array([op, out, *first, read[0][0], read[0][1], columns, *strides, 0, 0, 0])
    kernels._perform(ws, row, weights, out + shape[0] * shape[1])
    return ws[out : out + shape[0] * shape[1]].T.reshape(lanes, *shape)


def random(lanes: int, rows: int, columns: int, key: str) -> Array:
    return generator(0, "operands", key).standard_normal((lanes, rows, columns))


def flipped(x: Array, flip: bool) -> Array:
    return np.swapaxes(x, 1, 2) if flip else x


NO_WEIGHTS = np.zeros(2)


@pytest.mark.parametrize("lanes", [1, 7, 64])
@pytest.mark.parametrize("inner", [1, 2, 4, 5, 9, 18])
@pytest.mark.parametrize(("left", "right"), [(False, False), (True, False), (False, True), (True, True)])
def test_products(lanes: int, inner: int, left: bool, right: bool) -> None:
    a, b = random(lanes, 3, inner, "a"), random(lanes, inner, 5, "b")
    operands = [flipped(a, left).copy(), flipped(b, right).copy()]
    found = perform(kernels.MULTIPLY, operands, [left, right], (3, 5), NO_WEIGHTS)
    assert found == pytest.approx(a @ b, rel=1e-12, abs=1e-14)
    b = random(lanes, inner, 3, "c")
    operands = [flipped(a, left).copy(), flipped(b, right).copy()]
    found = perform(kernels.TRACE_PRODUCT, operands, [left, right], (1, 1), NO_WEIGHTS)
    assert found[:, 0, 0] == pytest.approx(np.trace(a @ b, axis1=1, axis2=2), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("flip", [False, True])
def test_linear_combinations_and_traces(flip: bool) -> None:
    a, b = random(5, 4, 4, "a"), random(5, 4, 4, "b")
    operands = [a, flipped(b, flip).copy()]
    found = perform(kernels.COMBINE, operands, [False, flip], (4, 4), np.array([2.0, -0.5]))
    assert found == pytest.approx(2 * a - b / 2, rel=1e-15)
    found = perform(kernels.SCALE, [flipped(a, flip).copy()], [flip], (4, 4), np.array([3.0, 0.0]))
    assert found == pytest.approx(3 * a, rel=1e-15)
    found = perform(kernels.TRACE, [a], [False], (1, 1), NO_WEIGHTS)
    assert found[:, 0, 0] == pytest.approx(np.trace(a, axis1=1, axis2=2), rel=1e-15)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (6, 1), (3, 3), (5, 4), (16, 6), (30, 12)])
def test_inverses(rows: int, columns: int, flip: bool) -> None:
    x = random(6, rows, columns, "x")
    found = perform(kernels.GRAM_INVERSE, [flipped(x, flip).copy()], [flip], (columns, columns), NO_WEIGHTS)
    gram = np.linalg.inv(np.swapaxes(x, 1, 2) @ x)
    assert np.abs(found - gram).max() < 1e-11 * np.abs(gram).max()
    assert np.array_equal(found, np.swapaxes(found, 1, 2)), "exactly symmetric"
    found = perform(kernels.PSEUDO_INVERSE, [flipped(x, flip).copy()], [flip], (columns, rows), NO_WEIGHTS)
    pinv = np.linalg.pinv(x)
    assert np.abs(found - pinv).max() < 1e-12 * np.abs(pinv).max() ** 2


def test_a_zero_on_the_way_of_the_pivots_is_no_obstacle() -> None:
    x = np.array([[[0.0, 1.0], [2.0, 0.0], [0.0, 0.0]]])
    found = perform(kernels.PSEUDO_INVERSE, [x], [False], (2, 3), NO_WEIGHTS)
    assert found == pytest.approx(np.linalg.pinv(x), abs=1e-15)


def dependent(key: str) -> Array:
    x = random(3, 6, 3, key)
    x[:, :, 2] = x[:, :, 0] + x[:, :, 1] / 3
    return x


SINGULAR: dict[str, Array] = {
    "zero": np.zeros((3, 6, 3)),
    "dependent columns": dependent("x"),
    "scaled dependent columns": dependent("y") * 1e-150,
    "not a number": np.full((3, 6, 3), np.nan),
    "infinite": np.full((3, 6, 3), np.inf),
}


@pytest.mark.parametrize("op", [kernels.GRAM_INVERSE, kernels.PSEUDO_INVERSE])
@pytest.mark.parametrize("name", SINGULAR)
def test_singular_matrices_give_no_plausible_number(name: str, op: int) -> None:
    shape = (3, 3) if op == kernels.GRAM_INVERSE else (3, 6)
    found = perform(op, [SINGULAR[name]], [False], shape, NO_WEIGHTS)
    assert not np.isfinite(found).all(axis=(1, 2)).any()


def test_one_singular_draw_spoils_its_batch_and_no_other() -> None:
    tape = tape_of(E(tr(GramInverse(Gamma))), m=4, d=2)
    draws = machine.fill(tape, generator(0), 2 * tape.lanes)
    draws[0, :, 5] = 1.0
    values = machine.run(tape, draws)
    assert np.flatnonzero(~np.isfinite(values[:, 0])).tolist() == [5]
    means = machine.batch_means(values, 32)
    assert np.flatnonzero(~np.isfinite(means[:, 0])).tolist() == [0]
    assert not np.isfinite(machine.bounds(tape, draws)[5, 0])


# -------------------------------------------------------------------------------------- graph


def test_the_graph_computes_nothing_twice_and_reads_transposes() -> None:
    graph = Graph()
    x, y = graph.draw("x", (5, 3)), graph.draw("y", (3, 4))
    product = graph.product((x, y))
    assert graph.product((graph.flip(y), graph.flip(x))) == graph.flip(product)
    assert graph.shape(graph.flip(product)) == (4, 5)
    gram = graph.product((graph.flip(x), x))
    assert graph.flip(gram) == gram
    assert graph.trace((graph.flip(x), x)) == graph.trace((x, graph.flip(x)))
    before = len(graph.nodes)
    graph.product((x, y))
    assert len(graph.nodes) == before


def test_matrices_that_do_not_fit_are_refused() -> None:
    graph = Graph()
    x, y = graph.draw("x", (5, 3)), graph.draw("y", (4, 3))
    with pytest.raises(ValueError, match="cannot be multiplied"):
        graph.product((x, y))
    with pytest.raises(ValueError, match="cannot be added"):
        graph.combine([(1.0, x), (1.0, y)])


# ------------------------------------------------------------------------------------ rounding


def exact(x: Array) -> fmpq_mat:
    entries = [Fraction(float(v)) for v in x.ravel()]
    rows, columns = x.shape
    return fmpq_mat(rows, columns, [fmpq(v.numerator, v.denominator) for v in entries])


def trace(x: fmpq_mat) -> Fraction:
    total = sum((x[i, i] for i in range(x.nrows())), fmpq(0))
    return Fraction(int(total.p), int(total.q))


def exact_errors(tape: Tape, draws: Array, trials: int) -> tuple[Array, Array]:
    """Errors of tr W⁻¹A, tr Γ⁺Γ⁺ᵀA, tr ΓᵀΓA ΓᵀΓ and tr Γ⁺ΓA, and the bounds on them."""
    a = exact(environment(SETTING, point(m=6, d=4)).matrices[A])
    values, limits = machine.run(tape, draws), machine.bounds(tape, draws)
    errors = np.empty((trials, tape.sides))
    for t in range(trials):
        x = exact(machine.unpack(tape, draws, t)[0][Gamma])
        gram, pinv, square = gram_inverse(x), pseudo_inverse(x), x.transpose() * x
        truths = [gram * a, pinv * pinv.transpose() * a, square * a * square, pinv * x * a]
        # The difference is taken exactly: a truth rounded first would hide the smallest errors.
        errors[t] = [
            float(Fraction(value) - trace(y)) if np.isfinite(value) else np.nan
            for value, y in zip(values[t].tolist(), truths, strict=False)
        ]
    return np.abs(errors), limits[:trials]


@pytest.mark.parametrize("condition", [1e0, 1e-3, 1e-6])
def test_rounding_errors_are_within_their_bounds(condition: float) -> None:
    square = mul(T(Gamma), Gamma)
    tape = tape_of(
        E(tr(mul(GramInverse(Gamma), A))),
        E(tr(mul(Pinv(Gamma), T(Pinv(Gamma)), A))),
        E(tr(mul(square, A, square))),
        E(tr(mul(Pinv(Gamma), Gamma, A))),
        m=6,
        d=4,
    )
    draws = machine.fill(tape, generator(1), tape.lanes)
    matrices = draws[0].reshape(6, 4, -1)
    matrices[:, 3] = matrices[:, 0] + condition * matrices[:, 3]
    errors, limits = exact_errors(tape, draws, 20)
    known = np.isfinite(limits)  # the worst conditioned draws have no value, and no bound
    assert known.mean() > 0.9
    assert np.all(errors[known] <= limits[known])
    # Not the last: that a pseudo-inverse times its matrix has small errors is more than norms can tell.
    ratio = np.nanmedian((errors / limits)[:, :3], axis=0)
    assert np.all(ratio > 1e-6), "the bounds say something"


@pytest.mark.parametrize("name", ["D", "Y"])  # sums are in alphabetical order: before Γ and after it
def test_errors_of_operands_are_carried_along(name: str) -> None:
    rough, sharp, twice, G = (MatrixSymbol(x, *Gamma.shape) for x in ("X", name, "Z", "G"))
    definitions = (
        (rough, matrix(Gamma) + matrix(G).times(10**8)),
        (sharp, matrix(rough) + matrix(G).times(-(10**8))),
        (twice, matrix(sharp) + matrix(Gamma)),
    )
    setting = Setting((standard(Gamma),), given=(A, G), definitions=definitions)
    square = mul(T(sharp), sharp)
    sides = [mul(GramInverse(sharp), A), mul(Pinv(sharp), T(Pinv(sharp)), A), mul(square, A, square)]
    sides.append(mul(T(twice), twice, A))
    tape = tape_of(*(E(tr(side)) for side in sides), setting=setting, m=6, d=4)
    draws = machine.fill(tape, generator(1), tape.lanes)
    a, values = exact(environment(setting, point(m=6, d=4)).matrices[A]), machine.run(tape, draws)
    for t in range(20):
        x = exact(machine.unpack(tape, draws, t)[0][Gamma])
        gram, pinv, product = gram_inverse(x), pseudo_inverse(x), x.transpose() * x
        truths = [gram * a, pinv * pinv.transpose() * a, product * a * product, product * a * fmpq(4)]
        errors = np.abs(values[t, :4] - [trace(y) for y in truths])
        assert np.all(errors <= machine.bounds(tape, draws)[t])
        assert np.all(errors > 1e-12), "the digits lost in X - 10⁸ G"


# --------------------------------------------------------------------------------- base draws


def one_draw(kind: str, shape: tuple[object, object] = (d, d)) -> tuple[Setting, MatrixSymbol]:
    x = MatrixSymbol("X", *shape)
    covariance: MatrixSum = matrix(identity(x.shape[1]))
    return Setting((Block((x,), ((covariance,),), draws=((x, kind),)),)), x


def entries(kind: str, count: int, shape: tuple[object, object] = (d, d), **sizes: int) -> Array:
    setting, x = one_draw(kind, shape)
    tape = tape_of(E(norm2(x)), setting=setting, **sizes)
    draws = machine.fill(tape, generator(2, kind), count)
    return np.array([machine.unpack(tape, draws, t)[0][x] for t in range(count)])


def test_kinds_of_draws_have_their_laws() -> None:
    error = 5.5 / 200  # five and a half standard errors of 40,000 numbers of variance one
    sign, uniform = entries("sign", 10000, d=2), entries("uniform", 10000, d=2)
    assert set(sign.ravel().tolist()) == {-1.0, 1.0}
    assert abs(sign.mean()) < error
    assert np.abs(uniform).max() < 3**0.5
    assert [abs(uniform.mean()), abs((uniform**2).mean() - 1)] == pytest.approx([0, 0], abs=error)
    normal = entries("normal", 10000, d=2)
    assert [normal.mean(), (normal**2).mean(), (normal**4).mean()] == pytest.approx([0, 1, 3], abs=10 * error)
    chi = entries("chisquare:m-d+1", 10000, (d, 1), d=2, m=7)
    assert [chi.mean(), chi.var()] == pytest.approx([6, 12], abs=12 * error)
    assert chi.min() > 0


def test_bartlett_factors_have_the_moments_of_a_wishart_matrix() -> None:
    factor = entries("bartlett:m", 20000, m=5, d=3)
    assert np.all(factor[:, *np.triu_indices(3, 1)] == 0)
    assert np.all(np.diagonal(factor, axis1=1, axis2=2) > 0)
    wishart = factor @ np.swapaxes(factor, 1, 2)
    gram = generator(3).standard_normal((20000, 5, 3))
    gram = np.swapaxes(gram, 1, 2) @ gram
    moments = [(w, w @ w, np.linalg.det(w)[:, None, None]) for w in (wishart, gram)]
    for one, other in zip(*moments, strict=True):
        error = 5.5 * np.sqrt((one.var(axis=0) + other.var(axis=0)) / 20000)
        assert np.all(np.abs(one.mean(axis=0) - other.mean(axis=0)) < error)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("bartlett:m", "no Bartlett factor"),
        ("bartlett:k", "gives no value for k"),
        ("bartlett", "unknown kind"),
        ("chisquare:m-", "unknown kind"),
        ("chisquare:m-d", "not a positive integer"),
        ("normal:m", "unknown kind"),
    ],
)
def test_kinds_that_make_no_sense_are_refused(kind: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        entries(kind, 1, d=3, m=2)


def test_pack_undoes_unpack() -> None:
    tape = tape_of(E(tr(mul(T(Gamma), Gamma, A))) * E(norm2(Gamma)), m=4, d=2)
    draws = machine.fill(tape, generator(4), 100)
    packed = machine.pack(tape, machine.unpack(tape, draws, 77))
    assert np.array_equal(packed[0, :, 0], draws[77 // tape.lanes, :, 77 % tape.lanes])
    assert np.array_equal(machine.run(tape, packed)[0], machine.run(tape, draws)[77])
    with pytest.raises(ValueError, match="has shape"):
        machine.pack(tape, [{Gamma: np.ones((2, 2))}] * 2)


# ----------------------------------------------------------------------------------- sampling


def test_a_draw_has_the_same_value_in_whatever_lane_and_block() -> None:
    tape = student()
    draws = machine.fill(tape, generator(5), 3 * tape.lanes)
    values = machine.run(tape, draws)
    turned = np.ascontiguousarray(draws[::-1, :, ::-1])
    assert np.array_equal(machine.run(tape, turned), values[::-1])


def test_results_do_not_depend_on_threads_or_on_the_order_of_chunks() -> None:
    tape = student()

    def chunk(number: int) -> Array:
        found = machine.sample(tape, 50, 11, "claim", "point", number, trials=1000, measured=True)
        return np.concatenate([x.ravel() for x in found])

    numbers = list(range(12))
    expected = [chunk(k) for k in numbers]
    for workers, order in ((1, numbers), (2, numbers[::-1]), (5, [*numbers[6:], *numbers[:6]])):
        with ThreadPoolExecutor(workers) as pool:
            found = dict(zip(order, pool.map(chunk, order), strict=True))
        assert all(np.array_equal(found[k], expected[k]) for k in numbers)
    assert not np.array_equal(expected[0], expected[1])


def test_a_sample_is_the_batch_means_of_its_draws() -> None:
    tape = student()
    found = machine.sample(tape, 70, 12, "s", trials=700)
    draws = machine.fill(tape, generator(12, "s"), 700)
    values = machine.run(tape, draws)[:700]
    assert np.array_equal(found.values, machine.batch_means(values, 70)[:, :2])
    assert np.all(found.scales >= np.abs(found.values))
    assert np.array_equal(found.rounding, machine.bounds(tape, draws[:1]).mean(axis=0))
    assert machine.sample(tape, 10, 12, "s", trials=100).values.shape == (10, 2), "whole lanes are cut off"
    longer = machine.sample(tape, 70, 12, "s", trials=2100).values
    assert np.array_equal(longer[:4], found.values[:4]), "a longer chunk begins like a shorter one"


def test_scales_are_sums_of_absolute_terms() -> None:
    tape = tape_of(2 * E(tr(mul(T(Gamma), Gamma))) - 3 * E(norm2(mul(Gamma, A))), m=4, d=2)
    draws = machine.fill(tape, generator(6), 10)
    g, a = machine.unpack(tape, draws, 3)[0][Gamma], environment(SETTING, point(m=4, d=2)).matrices[A]
    first, second = 2 * np.sum(g * g), 3 * np.sum((g @ a) ** 2)
    assert machine.run(tape, draws)[3] == pytest.approx([first - second, first + second], rel=1e-12)


def test_batch_means_are_compensated() -> None:
    values = np.array([[1e16, 1.0], [1.0, -1e16], [-1e16, 1e16], [1.0, 1.0]])
    assert machine.batch_means(values, 4).tolist() == [[0.5, 0.5]]
    assert machine.batch_means(values, 1).tolist() == values.tolist()


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_batch_means_of_values_that_are_not_finite_are_not_finite(bad: float) -> None:
    assert not np.isfinite(machine.batch_means(np.array([[1.0], [bad], [1.0]]), 3)).any()


REFUSED: dict[str, Callable[[], object]] = {
    "batch": lambda: machine.batch_means(np.ones((5, 1)), 2),
    "no batch": lambda: machine.batch_means(np.ones((5, 1)), 0),
    "chunk": lambda: machine.sample(student(), 64, 0, trials=100),
    "no draws": lambda: machine.sample(student(), 64, 0, trials=0),
    "draws": lambda: machine.run(student(), np.ones((1, 2, 64))),
    "no blocks": lambda: machine.run(tape_of(E(norm2(Gamma)), m=2, d=2), np.ones((0, 4, 64))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"whole number of batches|do not fit"):
        REFUSED[name]()


def test_memory_is_bounded_by_using_fewer_lanes() -> None:
    small, large = (tape_of(E(norm2(Gamma)), m=rows, d=2) for rows in (4, 10**6))
    assert (small.lanes, large.lanes) == (64, 2)
    huge = tape_of(E(norm2(Gamma)), m=10**7, d=2)
    assert huge.lanes == 1
    assert machine.chunk_length(small, 64) == machine.CHUNK
    assert machine.chunk_length(large, 64) == 64
