"""The operations of a tape in double-double arithmetic: about 31 digits, compiled by Numba.

A number is an unevaluated sum high + low of two doubles with |low| at most half a unit in the last place of
high. The sum and the product of two doubles are such numbers exactly; what follows from that has a relative
error of a few u² = 2^-106. The tape, its slots and its lanes are those of `verify.kernels`: the same program
on the same draws, so that the difference is the rounding error of the program in doubles.

Both inverses come of one Cholesky factor of XᵀX, which squares the condition of X. Double-double has twice
the digits: the result is less wrong than that of the best algorithm in doubles by a factor condition * 2^-49,
and a pivot which says that this is no longer small is not a number.

Draws, constants and coefficients are taken to be the doubles that they are.

Sources: Dekker, "A floating-point technique for extending the available precision" (1971); Joldes, Muller and
Popescu, "Tight and rigorous error bounds for basic building blocks of double-word arithmetic" (2017), for the
algorithms of sum (3u²), product (4u²) and quotient (9.8u²); Lefèvre, Louvet, Muller, Picot and Rideau,
"Accurate calculation of Euclidean norms using double-word arithmetic" (2023), for the root (3.2u²).
"""

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from verify.kernels import (
    A_COL,
    A_ROW,
    B_COL,
    B_ROW,
    COLS,
    COMBINE,
    GRAM_INVERSE,
    INNER,
    MULTIPLY,
    OP,
    OUT,
    PSEUDO_INVERSE,
    ROWS,
    SCALE,
    TRACE,
    TRACE_PRODUCT,
    A,
    B,
    Floats,
    Ints,
    Program,
)

Words = NDArray[np.float64]  # a workspace (slots, 2, lanes): high and low parts

UNIT = 2.0**-102
"""Bounds the relative error of each operation below."""
_LOST = 2.0**-80  # a pivot smaller than this part of what it came from is noise

_inline = njit(inline="always", error_model="numpy")
_compiled = njit(cache=True, nogil=True, error_model="numpy")


def _rounded_once(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """The product of a and b, plus c, rounded once: one instruction where the processor has it."""
    number = types.float64

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return number(number, number, number), generate


_fma: Any = intrinsic(_rounded_once)


# Numbers ---------------------------------------------------------------------------------------------------


@_inline
def two_sum(a, b):  # type: ignore[no-untyped-def]  # compiled into its caller
    """The sum of two doubles, exactly."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@_inline
def two_prod(a, b):  # type: ignore[no-untyped-def]  # compiled into its caller
    """The product of two doubles, exactly unless it is below 2^-969."""
    p = a * b
    return p, _fma(a, b, -p)


@_inline
def _normal(a, b):  # type: ignore[no-untyped-def]  # compiled into its caller
    """The sum of two doubles, exactly, if the first is the larger or zero."""
    s = a + b
    return s, b - (s - a)


@_inline
def add(a, a_low, b, b_low):  # type: ignore[no-untyped-def]  # compiled into its caller
    """The sum."""
    s, s_low = two_sum(a, b)
    t, t_low = two_sum(a_low, b_low)
    s, s_low = _normal(s, s_low + t)
    return _normal(s, s_low + t_low)


@_inline
def multiply(a, a_low, b, b_low):  # type: ignore[no-untyped-def]  # compiled into its caller
    """The product."""
    p, p_low = two_prod(a, b)
    return _normal(p, p_low + _fma(a_low, b, _fma(a, b_low, a_low * b_low)))


@_inline
def divide(a, a_low, b, b_low):  # type: ignore[no-untyped-def]  # compiled into its caller
    """The quotient."""
    q = a / b
    p, p_low = two_prod(q, b)
    p, p_low = _normal(p, _fma(q, b_low, p_low))
    return _normal(q, ((a - p) + (a_low - p_low)) / b)


@_inline
def root(a, a_low):  # type: ignore[no-untyped-def]  # compiled into its caller
    """The square root of a positive number."""
    r = math.sqrt(a)
    return _normal(r, (_fma(-r, r, a) + a_low) / (2.0 * r))


# Lanes -----------------------------------------------------------------------------------------------------


@_compiled
def _put(ws: Words, to: int, value: float) -> None:
    """ws[to] = value."""
    for lane in range(ws.shape[2]):
        ws[to, 0, lane], ws[to, 1, lane] = value, 0.0


@_compiled
def _copy(ws: Words, to: int, x: int) -> None:
    """ws[to] = ws[x]."""
    for lane in range(ws.shape[2]):
        ws[to, 0, lane], ws[to, 1, lane] = ws[x, 0, lane], ws[x, 1, lane]


@_compiled
def _add_scaled(ws: Words, to: int, x: int, weight: float, absolute: bool) -> None:
    """ws[to] += weight ws[x], or the absolute value of that."""
    for lane in range(ws.shape[2]):
        p, low = multiply(ws[x, 0, lane], ws[x, 1, lane], weight, 0.0)
        sign = -1.0 if absolute and p < 0.0 else 1.0
        total = add(ws[to, 0, lane], ws[to, 1, lane], sign * p, sign * low)
        ws[to, 0, lane], ws[to, 1, lane] = total


@_compiled
def _accumulate(ws: Words, to: int, sign: float, x: int, y: int, count: int, dx: int, dy: int) -> None:
    """ws[to] += sign Σ_p ws[x + p dx] ws[y + p dy], in order."""
    for _ in range(count):
        for lane in range(ws.shape[2]):
            p, low = multiply(ws[x, 0, lane], ws[x, 1, lane], ws[y, 0, lane], ws[y, 1, lane])
            total = add(ws[to, 0, lane], ws[to, 1, lane], sign * p, sign * low)
            ws[to, 0, lane], ws[to, 1, lane] = total
        x, y = x + dx, y + dy


@_compiled
def _divide(ws: Words, to: int, x: int) -> None:
    """ws[to] /= ws[x]."""
    for lane in range(ws.shape[2]):
        q, low = divide(ws[to, 0, lane], ws[to, 1, lane], ws[x, 0, lane], ws[x, 1, lane])
        ws[to, 0, lane], ws[to, 1, lane] = q, low


@_compiled
def _pivot(ws: Words, to: int, start: int) -> None:
    """ws[to] becomes its root, or no number where hardly anything is left of ws[start]."""
    for lane in range(ws.shape[2]):
        if ws[to, 0, lane] > _LOST * ws[start, 0, lane]:
            ws[to, 0, lane], ws[to, 1, lane] = root(ws[to, 0, lane], ws[to, 1, lane])
        else:
            ws[to, 0, lane], ws[to, 1, lane] = math.nan, math.nan


# Operations of a tape --------------------------------------------------------------------------------------


@_compiled
def _factor(ws: Words, row: Ints, scratch: int) -> None:
    """The Cholesky factor L of XᵀX for X (m, d), row by row. Scratch: d² for L, 1."""
    m, d, start = row[ROWS], row[COLS], scratch + row[COLS] ** 2
    for i in range(d):
        for j in range(i + 1):
            to, x, y = scratch + i * d + j, row[A] + i * row[A_COL], row[A] + j * row[A_COL]
            _put(ws, to, 0.0)
            _accumulate(ws, to, 1.0, x, y, m, row[A_ROW], row[A_ROW])
            if i == j:
                _copy(ws, start, to)
            _accumulate(ws, to, -1.0, scratch + i * d, scratch + j * d, j, 1, 1)
            if i == j:
                _pivot(ws, to, start)
            else:
                _divide(ws, to, scratch + j * d + j)


@_compiled
def _solve(ws: Words, out: int, columns: int, lower: int, d: int) -> None:
    """Of a right-hand side (d, columns) make the solution, by L and then by Lᵀ."""
    for j in range(columns):
        for i in range(d):
            to = out + i * columns + j
            _accumulate(ws, to, -1.0, lower + i * d, out + j, i, 1, columns)
            _divide(ws, to, lower + i * d + i)
        for i in range(d - 1, -1, -1):
            to, below = out + i * columns + j, lower + (i + 1) * d + i
            _accumulate(ws, to, -1.0, below, to + columns, d - 1 - i, d, columns)
            _divide(ws, to, lower + i * d + i)


@_compiled
def _invert(ws: Words, row: Ints, scratch: int) -> None:
    """(XᵀX)⁻¹, or X⁺ = (XᵀX)⁻¹Xᵀ, of X (m, d): solve for the identity, or for Xᵀ."""
    d, out = row[COLS], row[OUT]
    columns = d if row[OP] == GRAM_INVERSE else row[ROWS]
    _factor(ws, row, scratch)
    for i in range(d):
        for j in range(columns):
            if row[OP] == GRAM_INVERSE:
                _put(ws, out + i * columns + j, 1.0 if i == j else 0.0)
            else:
                _copy(ws, out + i * columns + j, row[A] + j * row[A_ROW] + i * row[A_COL])
    _solve(ws, out, columns, scratch, d)


@_compiled
def _perform(ws: Words, row: Ints, weights: Floats, scratch: int) -> None:
    """One operation of a tape, in every lane."""
    op, out, a, b = row[OP], row[OUT], row[A], row[B]
    if op == MULTIPLY:
        for i in range(row[ROWS]):
            for j in range(row[COLS]):
                to, x, y = out + i * row[COLS] + j, a + i * row[A_ROW], b + j * row[B_COL]
                _put(ws, to, 0.0)
                _accumulate(ws, to, 1.0, x, y, row[INNER], row[A_COL], row[B_ROW])
    elif op in (COMBINE, SCALE):
        for i in range(row[ROWS]):
            for j in range(row[COLS]):
                to = out + i * row[COLS] + j
                _put(ws, to, 0.0)
                _add_scaled(ws, to, a + i * row[A_ROW] + j * row[A_COL], weights[0], False)
                if op == COMBINE:
                    _add_scaled(ws, to, b + i * row[B_ROW] + j * row[B_COL], weights[1], False)
    elif op == TRACE:
        _put(ws, out, 0.0)
        for i in range(row[ROWS]):
            _add_scaled(ws, out, a + i * (row[A_ROW] + row[A_COL]), 1.0, False)
    elif op == TRACE_PRODUCT:
        _put(ws, out, 0.0)
        for i in range(row[ROWS]):
            x, y = a + i * row[A_ROW], b + i * row[B_COL]
            _accumulate(ws, out, 1.0, x, y, row[INNER], row[A_COL], row[B_ROW])
    elif op in (GRAM_INVERSE, PSEUDO_INVERSE):
        _invert(ws, row, scratch)


@_compiled
def _load(ws: Words, constants: Floats, draws: Floats) -> None:
    """Constants and one block of draws, into the first slots."""
    first = constants.shape[0]
    for i in range(first):
        _put(ws, i, constants[i])
    for i in range(draws.shape[0]):
        for lane in range(ws.shape[2]):
            ws[first + i, 0, lane], ws[first + i, 1, lane] = draws[i, lane], 0.0


@_compiled
def evaluate(tape: Program, draws: Floats) -> Floats:
    """Values and scales of every side for every draw, as `verify.kernels.evaluate`, in double-double.

    draws: (blocks, drawn, lanes). Returns (2, blocks * lanes, 2 sides): high parts, low parts.
    """
    blocks, _, lanes = draws.shape
    sides, scratch, size = tape.starts.shape[0] - 1, tape.slots, 0
    for k in range(tape.operations.shape[0]):
        if tape.operations[k, OP] in (GRAM_INVERSE, PSEUDO_INVERSE):
            size = max(size, tape.operations[k, COLS] ** 2 + 1)
    total = scratch + size  # the slot in which terms are added up
    ws = np.empty((total + 1, 2, lanes))
    out = np.empty((2, blocks * lanes, 2 * sides))
    for block in range(blocks):
        _load(ws, tape.constants, draws[block])
        for k in range(0 if block == 0 else tape.fixed, tape.operations.shape[0]):
            _perform(ws, tape.operations[k], tape.weights[k], scratch)
        for side in range(2 * sides):
            _put(ws, total, 0.0)
            for t in range(tape.starts[side % sides], tape.starts[side % sides + 1]):
                _add_scaled(ws, total, tape.places[t], tape.coefficients[t], side >= sides)
            for lane in range(lanes):
                out[0, block * lanes + lane, side] = ws[total, 0, lane]
                out[1, block * lanes + lane, side] = ws[total, 1, lane]
    return out
