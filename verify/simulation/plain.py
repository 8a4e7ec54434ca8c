"""The plain pipeline: draw data, fit four models by least squares from shared Gram matrices, measure.

One pass over the data, in blocks that stay in cache: when the unlabelled inputs are drawn the teacher is
fitted already, so of them only Gram matrices with the strong features are needed. The ceiling's are the sums
of the baseline's and the student's. This rung uses no claim: normal equations solved instead of orthogonal
transformations are algebra, of every draw. It is not the procedure that closed forms are judged by, which is
verify/pipeline.py and fits each model on its own; the two agree draw by draw (tests/test_ladder.py).

Of noise: a fit is linear in the labels, so that of f* + σz and of any other noise on the same inputs costs a
right-hand side and no Gram matrix; and the mean of the risks under z and -z is the risk of the two parts
apart. Both average risks that have one law, whatever that is.
"""

import math
from collections.abc import Iterator

import numpy as np

from verify.simulation.latent import Latent, latent, square_norm
from verify.simulation.problem import MODELS, Array, Problem
from verify.streams import Stream

COPIES = 16  # noise vectors on the same inputs, each with both signs: w2s bench --only copies
ROWS = 512  # of a block: with 300 columns 1 MB, which stays in cache beside the matrices
_BLOCK = 1 << 17  # doubles of a block of small data sets, of which many are worked on at once


def sample(problem: Problem, stream: Stream, trials: int) -> Array:
    """Excess risks of the four models, (trials, 4), each the mean over ± `COPIES` noise vectors."""
    return simulate(problem, stream, trials, COPIES, both_signs=True)


def single(problem: Problem, stream: Stream, trials: int) -> Array:
    """Excess risks of the four models under one noise vector a data set, as an experiment has it."""
    return simulate(problem, stream, trials, 1, both_signs=False)


def simulate(problem: Problem, stream: Stream, trials: int, copies: int, *, both_signs: bool) -> Array:
    """Excess risks of the four models on `trials` data sets, (trials, 4), averaged over noise vectors."""
    place = latent(problem)
    batch = batch_of(place.D + copies, problem)
    out = np.empty((trials, len(MODELS)))
    for start in range(0, trials, batch):
        size = min(batch, trials - start)
        out[start : start + size] = _risks(problem, place, stream, size, copies, both_signs)
    return out


def batch_of(width: int, problem: Problem) -> int:
    """How many data sets are worked on at once: as many as fit in a block."""
    matrices = problem.d_w**2 + 3 * problem.d_s**2
    return max(1, _BLOCK // max(width * min(problem.n + problem.N, 2 * ROWS), matrices))


def product(left: Array, right: Array) -> Array:
    """leftᵀ right of stacks of matrices; of a matrix with itself, half of it is computed."""
    out: Array = np.matmul(np.swapaxes(left, -1, -2), right)
    return out


def _risks(p: Problem, place: Latent, stream: Stream, trials: int, copies: int, both: bool) -> Array:
    """One batch of data sets, all drawn and fitted side by side."""
    sigma, D, d_s, d_w = math.sqrt(p.sigma2), place.D, p.d_s, p.d_w
    memory = np.empty((trials, min(ROWS, max(p.n, p.N)), D + copies))
    weak, weak_labels = np.zeros((trials, d_w, d_w)), np.zeros((trials, d_w, 1 + copies))
    strong, strong_labels = np.zeros((trials, d_s, d_s)), np.zeros((trials, d_s, 1 + copies))
    for data in passed(stream, memory, p.n):
        inputs = data[..., :D]
        labels = _beside(inputs @ place.target, data[..., D:])
        x, s = place.weak(inputs), place.strong(inputs)
        weak += product(x, x)
        weak_labels += product(x, labels)
        strong += product(s, s)
        strong_labels += product(s, labels)
    scale = np.append(1.0, np.full(copies, sigma))
    f_w = place.from_weak(solve(weak, weak_labels) * scale)
    f_s = place.from_strong(solve(strong, strong_labels) * scale)

    fresh, taught = np.zeros((trials, d_s, d_s)), np.zeros((trials, d_s, 1 + copies))
    for data in passed(stream, memory, p.N):
        inputs = data[..., :D]
        s = place.strong(inputs)
        fresh += product(s, s)
        taught += product(s, inputs @ f_w)
        strong_labels += product(s, _beside(inputs @ place.target, data[..., D:]))
    f_w2s = place.from_strong(solve(fresh, taught))
    f_c = place.from_strong(solve(strong + fresh, strong_labels) * scale)

    return np.column_stack([_risk(f, place.target, both) for f in (f_w, f_w2s, f_s, f_c)])


def solve(matrices: Array, sides: Array) -> Array:
    """Solutions (trials, d, q) of square systems (trials, d, d)."""
    return np.asarray(np.linalg.solve(matrices, sides), dtype=np.float64)


def invert(matrices: Array) -> Array:
    """Inverses of square matrices (trials, d, d)."""
    return np.asarray(np.linalg.inv(matrices), dtype=np.float64)


def passed(stream: Stream, memory: Array, rows: int) -> Iterator[Array]:
    """The inputs of `rows` rows in blocks of fresh normals (trials, rows of the block, width).

    A block is there until the next is asked for: all are in the same memory, (trials, most rows, width).
    """
    trials, most, width = memory.shape
    flat = memory.reshape(-1)
    for start in range(0, rows, most):
        size = min(most, rows - start)
        block = flat[: trials * size * width].reshape(trials, size, width)
        stream.standard_normal(out=block)
        yield block


def _beside(clean: Array, noise: Array) -> Array:
    """Labels as columns, those without noise first: (trials, rows, 1 + copies)."""
    out: Array = np.concatenate([clean[..., None], noise], axis=-1)
    return out


def _risk(functions: Array, target: Array, both: bool) -> Array:
    """Excess risk, (trials,), of the fits (trials, D, 1 + copies) to f* and to each noise vector alone."""
    error, noise = functions[..., :1] - target[:, None], functions[..., 1:]
    if both:  # ‖e + z‖² and ‖e - z‖² have the mean ‖e‖² + ‖z‖²
        return np.asarray(square_norm(error)[..., 0] + np.mean(square_norm(noise), axis=-1))
    return np.asarray(np.mean(square_norm(error + noise), axis=-1))
