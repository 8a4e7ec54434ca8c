"""A trial as one would write it down: NumPy's normals, and one call of scipy's least squares a model.

It is what speed is measured against (`w2s bench`, and the preset of `w2s simulate`), and takes part in
nothing else.
"""

import time

import numpy as np
from scipy.linalg import lstsq

from verify.simulation.latent import latent
from verify.simulation.problem import Array, Problem


def trial(problem: Problem, rng: np.random.Generator) -> Array:
    """Excess risks of the four models, (4,), on one data set."""
    p, place = problem, latent(problem)
    inputs = rng.standard_normal((p.n + p.N, place.D))
    x, s, a = place.weak(inputs), place.strong(inputs), place.target
    y = inputs @ a + np.sqrt(p.sigma2) * rng.standard_normal(p.n + p.N)
    f_w = fit(x[: p.n], y[: p.n])
    students = (
        fit(s[p.n :], x[p.n :] @ f_w),
        fit(s[: p.n], y[: p.n]),
        fit(s, y),
    )
    functions = [place.from_weak(f_w[:, None]), *(place.from_strong(f[:, None]) for f in students)]
    return np.array([np.sum((f[:, 0] - a) ** 2) for f in functions])


def fit(features: Array, values: Array) -> Array:
    """Minimum-norm least squares by scipy's gelsy, (d,) of (m, d) and (m,)."""
    solution: Array = lstsq(features, values, lapack_driver="gelsy", check_finite=False)[0]
    return solution


def seconds(problem: Problem) -> float:
    """What one trial takes here and now."""
    rng = np.random.default_rng(0)
    began = time.perf_counter()
    trial(problem, rng)
    return time.perf_counter() - began
