"""Double-double: its numbers against mpmath at 60 digits, its tapes against exact rational arithmetic."""

from collections.abc import Callable
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from derivations.core.language import E, GramInverse, Pinv, T, mul, tr
from derivations.notation import Gamma
from derivations.points import point
from tests.test_machine import SETTING, A, Array, exact, student, tape_of, trace
from verify import doubledouble, machine
from verify.doubledouble import UNIT
from verify.environment import environment
from verify.rational import gram_inverse, pseudo_inverse
from verify.streams import generator

Pair = tuple[float, float]
Number = tuple[mpmath.mpf, Pair]


def numbers(count: int, key: str) -> list[Number]:
    """Double-doubles of all sizes and both signs, with low parts that are full, nothing, or far below."""
    stream = generator(0, "double-doubles", key)
    high = stream.standard_normal(count) * 2.0 ** stream.integers(-60, 60, count)
    low = high * 2.0**-54 * (2 * stream.random(count) - 1)
    low[::3] = 0.0
    low[1::3] *= 2.0 ** -stream.integers(0, 40, len(low[1::3]))
    pairs = list(zip(high.tolist(), low.tolist(), strict=True))
    return [(mpmath.mpf(h) + mpmath.mpf(low), (h, low)) for h, low in pairs]


def close(first: list[Number], second: list[Number]) -> list[tuple[Number, Number]]:
    """Pairs of numbers, some of which nearly cancel."""
    # The high parts cancel, and the low ones do not add up to a double: every digit is needed.
    pairs = [(-h, 0.3 * low) for _, (h, low) in first[::4]]
    beside = [(mpmath.mpf(h) + mpmath.mpf(low), (h, low)) for h, low in pairs]
    return [*zip(first, second, strict=True), *zip(first[::4], beside, strict=True)]


OPERATIONS: dict[str, tuple[Callable[..., Pair], Callable[..., mpmath.mpf]]] = {
    "sum": (doubledouble.add, lambda a, b: a + b),
    "product": (doubledouble.multiply, lambda a, b: a * b),
    "quotient": (doubledouble.divide, lambda a, b: a / b),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_as_good_as_their_sources_say(name: str) -> None:
    operation, truth = OPERATIONS[name]
    with mpmath.workdps(60):
        for (a, pair), (b, other) in close(numbers(400, "a"), numbers(400, "b")):
            high, low = operation(*pair, *other)
            error = abs(mpmath.mpf(high) + mpmath.mpf(low) - truth(a, b))
            assert error <= UNIT * abs(truth(a, b))
            assert abs(low) <= 0.5 * np.spacing(abs(high))


def test_roots() -> None:
    with mpmath.workdps(60):
        for a, (high, low) in numbers(400, "root"):
            if high > 0:
                r, r_low = doubledouble.root(high, low)
                assert abs(mpmath.mpf(r) + mpmath.mpf(r_low) - mpmath.sqrt(a)) <= UNIT * mpmath.sqrt(a)


@pytest.mark.parametrize("name", ["sum", "product"])
def test_two_doubles_have_an_exact_sum_and_an_exact_product(name: str) -> None:
    exactly = {"sum": doubledouble.two_sum, "product": doubledouble.two_prod}[name]
    for (_, (a, _)), (_, (b, _)) in zip(numbers(200, "a"), numbers(200, "b"), strict=True):
        high, low = exactly(a, b)
        truth = Fraction(a) + Fraction(b) if name == "sum" else Fraction(a) * Fraction(b)
        assert Fraction(high) + Fraction(low) == truth


# ---------------------------------------------------------------------------------------- tapes


def words() -> list[object]:
    square = mul(T(Gamma), Gamma)
    return [
        E(tr(mul(GramInverse(Gamma), A))),
        E(tr(mul(Pinv(Gamma), T(Pinv(Gamma)), A))),
        E(tr(mul(square, A, square))),
        2 * E(tr(mul(Pinv(Gamma), Gamma, A))) - 3 * tr(A),
    ]


def true_values(x: Array) -> list[Fraction]:
    """The same, exactly."""
    g, a = exact(x), exact(environment(SETTING, point(m=6, d=4)).matrices[A])
    inverse, pinv, square = gram_inverse(g), pseudo_inverse(g), g.transpose() * g
    last = 2 * trace(pinv * g * a) - 3 * trace(a)
    return [trace(inverse * a), trace(pinv * pinv.transpose() * a), trace(square * a * square), last]


def precise(high: float, low: float) -> Fraction:
    return Fraction(high) + Fraction(low)


@pytest.mark.parametrize("condition", [1e0, 1e-4, 1e-8])
def test_tapes_are_far_better_than_doubles_near_singular_designs_too(condition: float) -> None:
    tape = tape_of(*words(), m=6, d=4)
    draws = machine.fill(tape, generator(1), tape.lanes)
    matrices = draws[0].reshape(6, 4, -1)
    matrices[:, 3] = matrices[:, 0] + condition * matrices[:, 3]
    high, low = doubledouble.evaluate(tape.program, draws)
    claimed = machine.rounding_errors(tape, draws)
    in_doubles = machine.run(tape, draws)
    for t in range(16):
        truth = true_values(machine.unpack(tape, draws, t)[0][Gamma])
        for side, value in enumerate(truth):
            error = abs(precise(high[t, side], low[t, side]) - value)
            scale = Fraction(high[t, 4 + side])
            # condition**-2, and 2**10 for sizes and for what stands between condition and size of a column
            assert error <= scale * Fraction(2.0**-92) / Fraction(condition) ** 2
            if np.isfinite(in_doubles[t, side]):  # the error in doubles is then what it is said to be
                true_error = float(Fraction(in_doubles[t, side]) - value)
                assert claimed[t, side] == pytest.approx(true_error, rel=1e-3, abs=2.0**-60 * float(scale))


def test_scales_and_values_are_those_of_doubles_but_for_rounding() -> None:
    tape = student()
    draws = machine.fill(tape, generator(5), 3 * tape.lanes)
    values = machine.run(tape, draws)
    assert np.allclose(machine.run(tape, draws, precise=True), values, rtol=1e-12, atol=0)
    assert not np.array_equal(machine.run(tape, draws, precise=True), values)


def test_a_draw_has_the_same_value_in_whatever_lane_and_block() -> None:
    tape = student()
    draws = machine.fill(tape, generator(5), 3 * tape.lanes)
    turned = np.ascontiguousarray(draws[::-1, :, ::-1])
    values = machine.run(tape, draws, precise=True)
    assert np.array_equal(machine.run(tape, turned, precise=True), values[::-1])


def test_singular_matrices_give_no_plausible_number() -> None:
    tape = tape_of(*words(), m=6, d=4)
    draws = machine.fill(tape, generator(1), tape.lanes)
    matrices = draws[0].reshape(6, 4, -1)
    matrices[:, 3] = matrices[:, 0] + matrices[:, 1]
    values = machine.run(tape, draws, precise=True)
    exactly = matrices[:, 3] - matrices[:, 0] == matrices[:, 1]  # else rounding made it not quite singular
    assert not np.isfinite(values[exactly.all(axis=0)][:, [0, 1, 3]]).any()
    assert np.isfinite(values[:, 2]).all()


def test_errors_are_within_the_bounds_and_are_measured_by_a_sample() -> None:
    tape = tape_of(*words(), m=6, d=4)
    found = machine.sample(tape, 1, 3, "s", trials=1024, measured=True)
    draws = machine.fill(tape, generator(3, "s"), 1024)
    errors = np.abs(machine.rounding_errors(tape, draws[: machine.affordable(tape)]))
    assert np.array_equal(found.errors, errors.mean(axis=0))
    assert np.all(errors <= machine.bounds(tape, draws)[: len(errors)])
    assert np.isnan(machine.sample(tape, 1, 3, "s", trials=64).errors).all()
    large = tape_of(*words(), m=4000, d=40)
    assert (machine.affordable(tape), machine.affordable(large)) == (8, 0)


@pytest.mark.parametrize("extra", [2, 3, 6, 12])
def test_the_error_of_doubles_grows_where_designs_are_near_singular(extra: int) -> None:
    """The mean error of tr W⁻¹ at m = d + 2 and on, relative to its size: never far below its interval."""
    tape = tape_of(E(tr(GramInverse(Gamma))), m=8 + extra, d=8)
    found = machine.sample(tape, 1, 4, "near", trials=512, measured=True)
    relative = float(found.errors[0] / found.scales.mean())
    assert 1e-17 < relative < 1e-12
