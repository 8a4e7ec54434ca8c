"""Running tapes: base draws, values, rounding bounds, and means over batches of draws.

The numbers of one draw lie in a lane of an array (blocks, drawn, lanes); draw number t is lane t % lanes of
block t // lanes. How many lanes there are depends on the tape alone, so what `sample` returns depends on the
tape and the name of the stream, and on nothing else.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from sympy import MatrixSymbol

from verify import doubledouble, kernels
from verify.kernels import Floats
from verify.streams import generator
from verify.tape import Draw, Tape

_FILL = 1 << 17  # doubles drawn at a time, where a block is not larger: they are read again from the cache
_WHOLE_CHUNK = 1 << 22  # doubles in a chunk of the default length, unless a single batch is larger

_PRECISE_WORK = 1 << 23  # multiplications in double-double, some 30 ns each, to measure rounding errors by
_MEASURED = 8  # blocks at most

CHUNK = 4096
"""Draws in a chunk, for tapes that draw few numbers."""


class Sample(NamedTuple):
    """Means over batches of draws, and how far rounding may have moved them.

    values, scales: (batches, sides), means of the sides and of their sums of absolute terms. rounding:
    (sides,), the mean over the first block of draws of the bound on the rounding error of a value: an
    estimate of a bound, from as many draws as there are lanes. errors: (sides,), the mean over the first
    draws of the rounding error itself, as double-double arithmetic finds it; NaN where that was not asked
    for or would cost too much.
    """

    values: Floats
    scales: Floats
    rounding: Floats
    errors: Floats


def fill(tape: Tape, stream: np.random.Generator, trials: int) -> Floats:
    """Base draws for `trials` draws, rounded up to whole blocks: (blocks, drawn, lanes)."""
    out = np.empty((-(-trials // tape.lanes), tape.drawn, tape.lanes))
    _fill(tape, stream, out)
    return out


def _fill(tape: Tape, stream: np.random.Generator, out: Floats) -> None:
    normal = sum(_length(draw) for draw in tape.draws if draw.kind == "normal")
    if normal == tape.drawn:
        stream.standard_normal(out=out)
        return
    out[:, :normal] = stream.standard_normal((len(out), normal, tape.lanes))
    for draw in tape.draws:
        if draw.kind != "normal":
            entries = _entries(draw, stream, (len(out), _length(draw), tape.lanes))
            out[:, draw.offset : draw.offset + _length(draw)] = entries


def _entries(draw: Draw, stream: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
    """Entries of a base draw that is not normal; (blocks, entries, lanes)."""
    values: Floats
    if draw.kind == "sign":
        values = np.where(stream.integers(0, 2, shape, dtype=np.int8) == 0, -1.0, 1.0)
        return values
    if draw.kind == "uniform":  # of variance one
        return (stream.random(shape) - 0.5) * math.sqrt(12.0)
    if draw.kind == "chisquare":
        values = stream.chisquare(draw.degrees, shape)
        return values
    # Bartlett's factor T: lower triangular, T_ij standard normal below the diagonal, T_ii² ~ χ² of m - i + 1.
    out = np.zeros(shape)
    size = draw.shape[0]
    for i in range(size):
        out[:, i * size : i * size + i] = stream.standard_normal((shape[0], i, shape[2]))
        out[:, i * size + i] = np.sqrt(stream.chisquare(draw.degrees - i, (shape[0], shape[2])))
    return out


def unpack(tape: Tape, draws: Floats, trial: int) -> list[dict[MatrixSymbol, Floats]]:
    """The base draws of one draw as matrices by symbol, one mapping for each replica."""
    column = draws[trial // tape.lanes, :, trial % tape.lanes]
    out: list[dict[MatrixSymbol, Floats]] = [{} for _ in range(tape.replicas)]
    for draw in tape.draws:
        out[draw.replica][draw.symbol] = column[draw.offset : draw.offset + _length(draw)].reshape(draw.shape)
    return out


def pack(tape: Tape, replicas: Sequence[Mapping[MatrixSymbol, Floats]]) -> Floats:
    """One block whose draws are all the given one, as `unpack` returns it; further symbols are ignored."""
    column = np.empty(tape.drawn)
    for draw in tape.draws:
        value = np.asarray(replicas[draw.replica][draw.symbol], dtype=np.float64)
        if value.shape != draw.shape:
            raise ValueError(f"{draw.symbol} has shape {draw.shape} on the tape, not {value.shape}")
        column[draw.offset : draw.offset + _length(draw)] = value.ravel()
    return np.repeat(column[None, :, None], tape.lanes, axis=2)


def run(tape: Tape, draws: Floats, precise: bool = False) -> Floats:
    """The value of every side for every draw, then the scales: (draws, 2 sides).

    `precise`: computed in double-double arithmetic and rounded once, a dozen times slower.
    """
    if precise:
        high: Floats = doubledouble.evaluate(tape.program, _checked(tape, draws))[0]
        return high
    return kernels.evaluate(tape.program, _checked(tape, draws))


def rounding_errors(tape: Tape, draws: Floats) -> Floats:
    """The rounding error of the value of every side for every draw, by double-double: (draws, sides).

    A value that doubles cannot give, because a pivot has lost all its digits, is off by all of it.
    """
    high, low = doubledouble.evaluate(tape.program, _checked(tape, draws))
    values = run(tape, draws)
    errors = np.where(np.isfinite(values), values - high - low, high)
    return np.asarray(errors[:, : tape.sides])


def bounds(tape: Tape, draws: Floats) -> Floats:
    """Bounds on the rounding error of the value of every side for every draw: (draws, sides).

    A running error analysis to first order, see `verify.kernels.bounds`; several times slower than `run`.
    """
    return kernels.bounds(tape.program, _checked(tape, draws))


def batch_means(values: Floats, size: int) -> Floats:
    """Means over consecutive batches of `size` draws, by compensated sums: (draws, k) to (draws / size, k).

    Values that are not finite make their batch not finite. Raises ValueError unless size divides the draws.
    """
    if size < 1 or len(values) % size:
        raise ValueError(f"{len(values)} draws are not a whole number of batches of {size}")
    return _batch_sums(np.ascontiguousarray(values), size) / size


@njit(cache=True, nogil=True)
def _batch_sums(values: Floats, size: int) -> Floats:
    """Compensated sums of (T, columns) over batches of `size` rows: (T // size, columns).

    Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen" (1974).
    """
    batches, columns = values.shape[0] // size, values.shape[1]
    out = np.empty((batches, columns))
    for batch in range(batches):
        for c in range(columns):
            total, lost = 0.0, 0.0
            for t in range(batch * size, (batch + 1) * size):
                value = values[t, c]
                grown = total + value
                if abs(total) >= abs(value):
                    lost += (total - grown) + value
                else:
                    lost += (value - grown) + total
                total = grown
            out[batch, c] = total + lost
    return out


def chunk_length(tape: Tape, batch: int) -> int:
    """Draws in a chunk: `CHUNK`, or fewer where a draw is large, but a whole number of batches."""
    draws = min(CHUNK, max(1, _WHOLE_CHUNK // max(tape.drawn, 1)))
    return max(1, draws // batch) * batch


def sample(
    tape: Tape,
    batch: int,
    seed: int,
    *key: str | int,
    trials: int | None = None,
    precise: bool = False,
    measured: bool = False,
) -> Sample:
    """Means over batches of `batch` draws, from the stream called (seed, key...).

    A chunk of work: `trials` draws, by default `chunk_length`. The key should end with the number of the
    chunk; different chunks may be done in any order and by any number of threads. At most `MEMORY` doubles
    are drawn at a time, unless a single draw is larger. `precise`: in double-double arithmetic. `measured`:
    rounding errors are measured on the first draws.
    """
    trials = chunk_length(tape, batch) if trials is None else trials
    if batch < 1 or trials < 1 or trials % batch:
        raise ValueError(f"{trials} draws are not a whole number of batches of {batch}")
    stream = generator(seed, *key)
    blocks = max(1, _FILL // max(tape.drawn * tape.lanes, 1))
    draws = np.empty((blocks, tape.drawn, tape.lanes))
    means: list[Floats] = []
    rest = np.empty((0, 2 * tape.sides))  # draws of a batch that is not complete yet
    rounding, errors = np.zeros(tape.sides), np.full(tape.sides, np.nan)
    for start in range(0, trials, blocks * tape.lanes):
        draws = draws[: -(-(trials - start) // tape.lanes)]
        _fill(tape, stream, draws)
        if start == 0:
            rounding = bounds(tape, draws[:1]).mean(axis=0)
            if measured and (count := affordable(tape)):
                errors = np.abs(rounding_errors(tape, draws[:count])).mean(axis=0)
        values = np.concatenate((rest, run(tape, draws, precise)[: trials - start]))
        whole = len(values) // batch * batch
        means.append(batch_means(values[:whole], batch))
        rest = values[whole:]
    every = np.concatenate(means)
    return Sample(every[:, : tape.sides], every[:, tape.sides :], rounding, errors)


def affordable(tape: Tape) -> int:
    """Blocks of draws on which rounding errors are measured; 0 where double-double would be too slow."""
    columns = tape.program.operations[:, [kernels.ROWS, kernels.INNER, kernels.COLS]]
    work = int(columns.prod(axis=1).sum()) * tape.lanes
    return min(_MEASURED, _PRECISE_WORK // max(work, 1))


def _checked(tape: Tape, draws: Floats) -> Floats:
    if draws.ndim != 3 or not len(draws) or draws.shape[1:] != (tape.drawn, tape.lanes):
        raise ValueError(f"draws of shape {draws.shape} do not fit (blocks, {tape.drawn}, {tape.lanes})")
    return np.ascontiguousarray(draws)


def _length(draw: Draw) -> int:
    return draw.shape[0] * draw.shape[1]
