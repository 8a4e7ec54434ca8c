"""The Numba functions that run any tape, compiled once for all claims and cached on disk.

Many draws are worked on at once: a workspace is an array (slots, lanes) of doubles in which every lane holds
one draw, and every innermost loop runs over the lanes. The lanes never meet, so the loops vectorise without
reordering a single sum (no fastmath, no BLAS, no threads), and a draw has the same value in whatever lane.

Functions that call each other live in one file, because Numba's disk cache goes by the file of a function.
Where its folder cannot be written to, Numba keeps the cache in a folder of the user's instead.

Singular matrices give NaN: a pivot that has lost all its digits becomes NaN, so that no plausible number
comes of it.

Sources: Golub and Van Loan, "Matrix Computations", 4.2 and 5.1-5.2; Higham, "Accuracy and Stability of
Numerical Algorithms", chapters 3, 10 and 19, for the error bounds.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The operations. Each is one row of a tape, with the columns named below.
MULTIPLY, COMBINE, SCALE, TRACE, TRACE_PRODUCT, GRAM_INVERSE, PSEUDO_INVERSE = range(7)
# Opcode; slots of the result and of two operands; rows, inner size and columns; steps between rows and
# between columns of either operand (which is how transposes are read); numbers of the result and of the
# operands.
OP, OUT, A, B, ROWS, INNER, COLS, A_ROW, A_COL, B_ROW, B_COL, OUT_ID, A_ID, B_ID = range(14)
COLUMNS = 14

UNIT = 2.0**-53  # unit roundoff
_LOST = 16.0  # times (rows + columns) units: a pivot smaller than this part of what it came from is noise


class Program(NamedTuple):
    """A tape as the functions below take it.

    operations (K, 14) and weights (K, 2), of which the first `fixed` need no draws. A workspace has `slots`
    doubles a lane: constants, the numbers of a draw, results, and scratch from `scratch` on. Side s is the
    sum over t from starts[s] to starts[s + 1] of coefficients[t] times the slot places[t], which holds
    result number terms[t]; extents (results, 2) are the first slot and the length of every result: `given`
    constants, then draws up to `leaves`, then those of the operations in order.
    """

    operations: Ints
    weights: Floats
    fixed: int
    constants: Floats
    slots: int
    scratch: int
    starts: Ints
    places: Ints
    coefficients: Floats
    terms: Ints
    extents: Ints
    given: int
    leaves: int


# Division by zero gives an infinity and not an exception: values that are not finite are judged later.
_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _dot(ws: Floats, to: int, x: int, y: int, count: int, dx: int, dy: int) -> None:
    """ws[to] = Σ_p ws[x + p dx] ws[y + p dy], in order and four summands at a time."""
    lanes = ws.shape[1]
    for lane in range(lanes):
        ws[to, lane] = ws[x, lane] * ws[y, lane]
    p = 1
    while p + 4 <= count:
        x1, y1 = x + dx, y + dy
        x2, y2 = x1 + dx, y1 + dy
        x3, y3 = x2 + dx, y2 + dy
        x, y = x3 + dx, y3 + dy
        for lane in range(lanes):
            first = ws[x1, lane] * ws[y1, lane] + ws[x2, lane] * ws[y2, lane]
            second = ws[x3, lane] * ws[y3, lane] + ws[x, lane] * ws[y, lane]
            ws[to, lane] = ws[to, lane] + first + second
        p += 4
    while p < count:
        x, y, p = x + dx, y + dy, p + 1
        for lane in range(lanes):
            ws[to, lane] += ws[x, lane] * ws[y, lane]


@_compiled
def _subtract_product(ws: Floats, to: int, x: int, y: int) -> None:
    """ws[to] -= ws[x] ws[y]."""
    for lane in range(ws.shape[1]):
        ws[to, lane] -= ws[x, lane] * ws[y, lane]


@_compiled
def _invert(ws: Floats, to: int, x: int) -> None:
    """ws[to] = 1 / ws[x]."""
    for lane in range(ws.shape[1]):
        ws[to, lane] = 1.0 / ws[x, lane]


@_compiled
def _divide_negated(ws: Floats, to: int, x: int) -> None:
    """ws[to] = -ws[to] / ws[x]."""
    for lane in range(ws.shape[1]):
        ws[to, lane] = -ws[to, lane] / ws[x, lane]


@_compiled
def _multiply(ws: Floats, row: Ints) -> None:
    """The product of (rows, inner) and (inner, columns)."""
    for i in range(row[ROWS]):
        for j in range(row[COLS]):
            x, y = row[A] + i * row[A_ROW], row[B] + j * row[B_COL]
            _dot(ws, row[OUT] + i * row[COLS] + j, x, y, row[INNER], row[A_COL], row[B_ROW])


@_compiled
def _combine(ws: Floats, row: Ints, weights: Floats) -> None:
    """A linear combination of one or two matrices (rows, columns)."""
    first, second = weights
    for i in range(row[ROWS]):
        for j in range(row[COLS]):
            to = row[OUT] + i * row[COLS] + j
            x = row[A] + i * row[A_ROW] + j * row[A_COL]
            y = row[B] + i * row[B_ROW] + j * row[B_COL]
            if row[OP] == SCALE:
                for lane in range(ws.shape[1]):
                    ws[to, lane] = first * ws[x, lane]
            else:
                for lane in range(ws.shape[1]):
                    ws[to, lane] = first * ws[x, lane] + second * ws[y, lane]


@_compiled
def _trace(ws: Floats, row: Ints) -> None:
    """The trace of a square matrix."""
    step = row[A_ROW] + row[A_COL]
    for lane in range(ws.shape[1]):
        ws[row[OUT], lane] = ws[row[A], lane]
    for i in range(1, row[ROWS]):
        for lane in range(ws.shape[1]):
            ws[row[OUT], lane] += ws[row[A] + i * step, lane]


@_compiled
def _trace_product(ws: Floats, row: Ints, scratch: int) -> None:
    """Σ_ij A_ij B_ji of (rows, inner) and (inner, rows), row by row."""
    for i in range(row[ROWS]):
        x, y = row[A] + i * row[A_ROW], row[B] + i * row[B_COL]
        to = scratch if i else row[OUT]
        _dot(ws, to, x, y, row[INNER], row[A_COL], row[B_ROW])
        if i:
            for lane in range(ws.shape[1]):
                ws[row[OUT], lane] += ws[scratch, lane]


@_compiled
def _gram_inverse(ws: Floats, row: Ints, scratch: int) -> None:
    """(XᵀX)⁻¹ of X (m, d) by Cholesky: XᵀX = L Lᵀ, then (L⁻¹)ᵀ L⁻¹. Scratch: d² for L, d² for L⁻¹, 1."""
    lanes, m, d = ws.shape[1], row[ROWS], row[COLS]
    lower, inverse, start = scratch, scratch + d * d, scratch + 2 * d * d
    lost = _LOST * (m + d) * UNIT
    for i in range(d):
        for j in range(i + 1):
            x, y = row[A] + i * row[A_COL], row[A] + j * row[A_COL]
            _dot(ws, lower + i * d + j, x, y, m, row[A_ROW], row[A_ROW])
    for j in range(d):
        pivot = lower + j * d + j
        for lane in range(lanes):
            ws[start, lane] = ws[pivot, lane]
        for k in range(j):
            _subtract_product(ws, pivot, lower + j * d + k, lower + j * d + k)
        for lane in range(lanes):
            left = ws[pivot, lane]
            ws[pivot, lane] = math.sqrt(left) if left > lost * ws[start, lane] else math.nan
        for i in range(j + 1, d):
            to = lower + i * d + j
            for k in range(j):
                _subtract_product(ws, to, lower + i * d + k, lower + j * d + k)
            for lane in range(lanes):
                ws[to, lane] /= ws[pivot, lane]
    for j in range(d):
        _invert(ws, inverse + j * d + j, lower + j * d + j)
        for i in range(j + 1, d):
            to = inverse + i * d + j
            _dot(ws, to, lower + i * d + j, inverse + j * d + j, i - j, 1, d)
            _divide_negated(ws, to, lower + i * d + i)
    for i in range(d):
        for j in range(i + 1):
            to, mirrored = row[OUT] + i * d + j, row[OUT] + j * d + i
            _dot(ws, to, inverse + i * d + i, inverse + i * d + j, d - i, d, d)
            for lane in range(lanes):
                ws[mirrored, lane] = ws[to, lane]


@_compiled
def _pseudo_inverse(ws: Floats, row: Ints, scratch: int) -> None:
    """X⁺ (d, m) of a tall X (m, d) by Householder QR: H_d-1…H_0 X = [R; 0], so X⁺ = [R⁻¹ 0] H_d-1…H_0.

    Scratch: m d for R and the reflected vectors, d scales 2/‖v‖², d diagonal entries of R, 2.
    """
    lanes, m, d, out = ws.shape[1], row[ROWS], row[COLS], row[OUT]
    scale, diagonal = scratch + m * d, scratch + m * d + d
    norm, whole = scratch + m * d + 2 * d, scratch + m * d + 2 * d + 1
    lost = _LOST * (m + d) * UNIT
    for i in range(m):
        for j in range(d):
            x = row[A] + i * row[A_ROW] + j * row[A_COL]
            for lane in range(lanes):
                ws[scratch + i * d + j, lane] = ws[x, lane]
    for k in range(d):
        head = scratch + k * d + k
        x = row[A] + k * row[A_COL]
        _dot(ws, whole, x, x, m, row[A_ROW], row[A_ROW])
        _dot(ws, norm, head, head, m - k, d, d)
        for lane in range(lanes):
            kept = ws[norm, lane] > lost * lost * ws[whole, lane]
            length = math.sqrt(ws[norm, lane]) if kept else math.nan
            first = ws[head, lane]
            entry = -math.copysign(length, first)  # the sign for which nothing cancels in the next line
            ws[head, lane] = first - entry
            ws[diagonal + k, lane] = entry
            ws[scale + k, lane] = 1.0 / (length * (length + abs(first)))
        for j in range(k + 1, d):
            _reflect(ws, scratch + k * d + j, head, scale + k, norm, m - k, d, d)
    for i in range(d):
        for j in range(m):
            for lane in range(lanes):
                ws[out + i * m + j, lane] = 0.0
    for j in range(d):  # R⁻¹, column by column from the diagonal upwards
        _invert(ws, out + j * m + j, diagonal + j)
        for i in range(j - 1, -1, -1):
            to = out + i * m + j
            _dot(ws, to, scratch + i * d + i + 1, out + (i + 1) * m + j, j - i, 1, m)
            _divide_negated(ws, to, diagonal + i)
    for k in range(d - 1, -1, -1):
        for i in range(d):
            _reflect(ws, out + i * m + k, scratch + k * d + k, scale + k, norm, m - k, 1, d)


@_compiled
def _reflect(ws: Floats, x: int, v: int, scale: int, work: int, count: int, dx: int, dv: int) -> None:
    """Reflect a vector: x -= scale (v·x) v."""
    lanes = ws.shape[1]
    _dot(ws, work, x, v, count, dx, dv)
    for lane in range(lanes):
        ws[work, lane] *= ws[scale, lane]
    for p in range(count):
        _subtract_product(ws, x + p * dx, work, v + p * dv)


@_compiled
def _perform(ws: Floats, row: Ints, weights: Floats, scratch: int) -> None:
    """One operation of a tape, in every lane."""
    op = row[OP]
    if op == MULTIPLY:
        _multiply(ws, row)
    elif op in (COMBINE, SCALE):
        _combine(ws, row, weights)
    elif op == TRACE:
        _trace(ws, row)
    elif op == TRACE_PRODUCT:
        _trace_product(ws, row, scratch)
    elif op == GRAM_INVERSE:
        _gram_inverse(ws, row, scratch)
    elif op == PSEUDO_INVERSE:
        _pseudo_inverse(ws, row, scratch)


@_compiled
def _load(ws: Floats, constants: Floats, draws: Floats) -> None:
    """Constants and one block of draws, into the first slots."""
    for i in range(constants.shape[0]):
        for lane in range(ws.shape[1]):
            ws[i, lane] = constants[i]
    for i in range(draws.shape[0]):
        for lane in range(ws.shape[1]):
            ws[constants.shape[0] + i, lane] = draws[i, lane]


@_compiled
def evaluate(tape: Program, draws: Floats) -> Floats:
    """Values and scales of every side for every draw.

    draws: (blocks, drawn, lanes). Returns (blocks * lanes, 2 sides): values, then sums of absolute terms.
    """
    blocks, _, lanes = draws.shape
    sides = tape.starts.shape[0] - 1
    ws = np.empty((tape.slots, lanes))
    _load(ws, tape.constants, draws[0])
    for k in range(tape.fixed):
        _perform(ws, tape.operations[k], tape.weights[k], tape.scratch)
    out = np.zeros((blocks * lanes, 2 * sides))
    for block in range(blocks):
        _load(ws, tape.constants, draws[block])
        for k in range(tape.fixed, tape.operations.shape[0]):
            _perform(ws, tape.operations[k], tape.weights[k], tape.scratch)
        for side in range(sides):
            for t in range(tape.starts[side], tape.starts[side + 1]):
                for lane in range(lanes):
                    term = tape.coefficients[t] * ws[tape.places[t], lane]
                    out[block * lanes + lane, side] += term
                    out[block * lanes + lane, sides + side] += abs(term)
    return out


@_compiled
def bounds(tape: Program, draws: Floats) -> Floats:
    """Bounds on the rounding error of every side for every draw: (blocks * lanes, sides).

    A running error analysis in Frobenius norms, to first order, with a factor 2 for the rest where a matrix
    is inverted, and infinite where it is so ill-conditioned that the first order says nothing. Draws are
    exact, and a constant is off by a few units. The constant of Householder QR, "a small integer" in its
    source, is taken to be 8.
    """
    blocks, _, lanes = draws.shape
    sides = tape.starts.shape[0] - 1
    ws = np.empty((tape.slots, lanes))
    norms, errors = np.empty((len(tape.extents), lanes)), np.zeros((len(tape.extents), lanes))
    out = np.zeros((blocks * lanes, sides))
    for block in range(blocks):
        _load(ws, tape.constants, draws[block])
        for r in range(tape.leaves):
            _norm(ws, tape.extents[r], norms[r])
            if r < tape.given:
                for lane in range(lanes):
                    errors[r, lane] = 8.0 * math.sqrt(tape.extents[r, 1]) * UNIT * norms[r, lane]
        for k in range(tape.operations.shape[0]):
            row, weights = tape.operations[k], tape.weights[k]
            _perform(ws, row, weights, tape.scratch)
            result, a, b = row[OUT_ID], row[A_ID], row[B_ID]
            _norm(ws, tape.extents[result], norms[result])
            for lane in range(lanes):
                ea, eb = errors[a, lane], errors[b, lane]
                fa, fb = norms[a, lane] + ea, norms[b, lane] + eb
                errors[result, lane] = _error(row, weights, fa, ea, fb, eb, norms[result, lane])
        for side in range(sides):
            count = tape.starts[side + 1] - tape.starts[side] + 4
            for t in range(tape.starts[side], tape.starts[side + 1]):
                for lane in range(lanes):
                    error = errors[tape.terms[t], lane] + count * UNIT * abs(ws[tape.places[t], lane])
                    out[block * lanes + lane, side] += abs(tape.coefficients[t]) * error
    return out


@_compiled
def _norm(ws: Floats, extent: Ints, out: Floats) -> None:
    """The Frobenius norm of the matrix in a range of slots, in every lane."""
    start, count = extent
    for lane in range(ws.shape[1]):
        out[lane] = 0.0
    for i in range(start, start + count):
        for lane in range(ws.shape[1]):
            out[lane] += ws[i, lane] * ws[i, lane]
    for lane in range(ws.shape[1]):
        out[lane] = math.sqrt(out[lane])


@_compiled
def _error(row: Ints, weights: Floats, fa: float, ea: float, fb: float, eb: float, f: float) -> float:
    """Bound on ‖computed - true‖ of a result of norm f, from norms and errors of its operands."""
    op, rows, inner, columns = row[OP], row[ROWS], row[INNER], row[COLS]
    shift = 0.0  # relative, of a matrix to be inverted
    if op == MULTIPLY:
        error = fa * eb + fb * ea + 2.0 * inner * UNIT * fa * fb
    elif op == TRACE_PRODUCT:
        error = fa * eb + fb * ea + 2.0 * (rows + inner) * UNIT * fa * fb
    elif op == TRACE:
        error = math.sqrt(rows) * (ea + 2.0 * rows * UNIT * fa)
    elif op == SCALE:
        error = abs(weights[0]) * (ea + 4.0 * UNIT * fa)
    elif op == COMBINE:
        error = abs(weights[0]) * (ea + 4.0 * UNIT * fa) + abs(weights[1]) * (eb + 4.0 * UNIT * fb)
    elif op == GRAM_INVERSE:
        # W⁻¹ of a perturbed W, then of L⁻¹ (‖L⁻¹‖² = tr W⁻¹, ‖L‖² = tr W), then of their product.
        trace = math.sqrt(columns) * f
        shift = f * (2.0 * fa * ea + (rows + columns + 1) * UNIT * fa * fa)
        error = 2.0 * (f * shift / (1.0 - shift) + columns * UNIT * (2.0 * trace**1.5 * fa + trace))
    else:
        # X⁺ of a perturbed X (Wedin), then R⁻¹, then the reflections.
        qr = 8.0 * rows * columns * UNIT
        shift = f * (qr * fa + ea)
        error = 2.0 * f * (1.5 * shift / (1.0 - shift) + columns * UNIT * f * fa + qr)
    return error if shift < 0.5 else math.inf
