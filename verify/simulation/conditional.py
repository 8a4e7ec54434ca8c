"""The conditional expectation given the features: the same pass over data, and label noise integrated out.

Every model is A y for labels y = f* + σz and a matrix A of the features alone, so its expected risk given
them is the risk of A f* plus σ² tr AᵀA (`noise-energy`), and tr AᵀA is read off the Gram matrices
(`gram-pseudoinverse`). The features are drawn as in the plain pipeline.
"""

import numpy as np

from verify.simulation.latent import Latent, latent, square_norm
from verify.simulation.plain import ROWS, batch_of, invert, passed, product, solve
from verify.simulation.problem import MODELS, Array, Problem
from verify.streams import Stream


def sample(problem: Problem, stream: Stream, trials: int) -> Array:
    """Expected excess risks of the four models given the features, (trials, 4)."""
    place = latent(problem)
    batch = batch_of(place.D, problem)
    out = np.empty((trials, len(MODELS)))
    for start in range(0, trials, batch):
        size = min(batch, trials - start)
        out[start : start + size] = _risks(problem, place, stream, size)
    return out


def _risks(p: Problem, place: Latent, stream: Stream, trials: int) -> Array:
    """One batch of data sets, side by side."""
    D, d_s, d_w = place.D, p.d_s, p.d_w
    memory = np.empty((trials, min(ROWS, max(p.n, p.N)), D))
    weak, strong = np.zeros((trials, d_w, d_w)), np.zeros((trials, d_s, D))
    weak_labels, fresh = np.zeros((trials, d_w, 1)), np.zeros((trials, d_s, D))
    for inputs in passed(stream, memory, p.n):
        x = place.weak(inputs)
        weak += product(x, x)
        weak_labels += product(x, (inputs @ place.target)[..., None])
        strong += product(place.strong(inputs), inputs)
    for inputs in passed(stream, memory, p.N):
        fresh += product(place.strong(inputs), inputs)

    target = place.target[:, None]
    inverse = invert(weak)
    f_w = place.from_weak(solve(weak, weak_labels))
    # What the student makes of the teacher's coefficients: those of a fit to each of the weak features.
    passes = solve(place.strong(fresh), np.concatenate([fresh @ f_w, place.weak(fresh)], axis=-1))
    f_w2s, carried = place.from_strong(passes[..., :1]), passes[..., 1:]
    means, noise = [f_w, f_w2s], [_trace(inverse), np.sum((carried @ inverse) * carried, axis=(-1, -2))]
    for every in (strong, strong + fresh):
        gram = place.strong(every)
        means.append(place.from_strong(solve(gram, every @ target)))
        inverse = invert(gram)
        noise.append(_trace(inverse))
    return np.column_stack(
        [square_norm(f - target)[..., 0] + p.sigma2 * v for f, v in zip(means, noise, strict=True)]
    )


def _trace(matrices: Array) -> Array:
    return np.asarray(np.trace(matrices, axis1=-2, axis2=-1))
