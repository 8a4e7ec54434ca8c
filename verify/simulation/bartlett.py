"""The Bartlett form: no data at all, four triangular factors, at a cost that n and N do not enter.

The Gram matrices of the weak features on the labelled inputs, and of the strong ones on the unlabelled, the
labelled and on all inputs have the laws of TTᵀ (`bartlett`). Given the labelled weak features the teacher's
error e has covariance (σ² + ρ_w) W_w⁻¹ (`noise-energy`, `gram-pseudoinverse`; what the features cannot
express of f* is noise, for Gaussian features). The student sees Ce and, through what the strong features
cannot express of the weak, noise of variance (θ + e)ᵀK(θ + e) a sample, independent of its own features
(`gaussian-conditioning`), which costs it that times tr W_s⁻¹ (`quadratic-expectation`). The expectation over
e and over that noise is taken; it leaves

    ρ_s + δ² + (σ²+ρ_w) Σ_i cos²θ_i (W_w⁻¹)_ii + tr W_s⁻¹ [τ² + (σ²+ρ_w) Σ_i sin²θ_i (W_w⁻¹)_ii].

The means of the inverses are not taken: they are what is sampled. The factors are drawn apart, because a
mean, and a ratio of means, does not ask what law the models' risks have together.
"""

import numpy as np
from numba import njit

from verify.simulation.problem import MODELS, Array, Problem
from verify.streams import Stream

_BLOCK = 1 << 18  # normals drawn at a time


def sample(problem: Problem, stream: Stream, trials: int) -> Array:
    """Expected excess risks of the four models given the triangular factors, (trials, 4)."""
    p = problem
    cosines2 = 1 - p.sines2
    noise_w, noise_s = p.sigma2 + p.rho_w, p.sigma2 + p.rho_s
    out = np.empty((trials, len(MODELS)))
    batch = max(1, _BLOCK // max(p.d_w, p.d_s) ** 2)
    for start in range(0, trials, batch):
        size = min(batch, trials - start)
        weak = inverse_diagonals(stream, p.n, p.d_w, size)
        fresh, strong, every = (
            np.sum(inverse_diagonals(stream, m, p.d_s, size), axis=1) for m in (p.N, p.n, p.n + p.N)
        )
        out[start : start + size] = np.column_stack(
            [
                p.rho_w + noise_w * np.sum(weak, axis=1),
                p.rho_s
                + p.delta2
                + noise_w * np.sum(cosines2 * weak, axis=1)
                + fresh * (p.tau2 + noise_w * np.sum(p.sines2 * weak, axis=1)),
                p.rho_s + noise_s * strong,
                p.rho_s + noise_s * every,
            ]
        )
    return out


def inverse_diagonals(stream: Stream, m: int, d: int, trials: int) -> Array:
    """The diagonals of inverse Gram matrices of m rows of d independent standard normals, (trials, d).

    Needs m >= d; by Bartlett factors, so that m does not enter the cost.
    """
    diagonal = np.sqrt(stream.chisquare(m - np.arange(d, dtype=np.float64), (trials, d)))
    below = stream.standard_normal((trials, d * (d - 1) // 2))
    out = np.empty((trials, d))
    _column_squares(diagonal, below, out)
    return out


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _column_squares(diagonal: Array, below: Array, out: Array) -> None:
    """(W⁻¹)_jj for W = TTᵀ: the squared norms of the columns of T⁻¹, row by row from the top.

    Row i of T⁻¹ is (e_i - Σ_j T_ij row_j)/T_ii, over j < i; four rows at a time, to read and write less.
    """
    trials, d = diagonal.shape
    rows = np.zeros((d, d))
    for trial in range(trials):
        total, place = out[trial], 0
        total[:] = 0.0
        for i in range(d):
            row, t = rows[i], below[trial, place : place + i]
            row[: i + 1] = 0.0
            j = 0
            while j + 4 <= i:
                a, b, c, e = t[j], t[j + 1], t[j + 2], t[j + 3]
                ra, rb, rc, re = rows[j], rows[j + 1], rows[j + 2], rows[j + 3]
                for k in range(j + 4):
                    row[k] -= a * ra[k] + b * rb[k] + (c * rc[k] + e * re[k])
                j += 4
            while j < i:
                for k in range(j + 1):
                    row[k] -= t[j] * rows[j, k]
                j += 1
            row[i] = 1.0
            scale = 1.0 / diagonal[trial, i]
            for k in range(i + 1):
                row[k] *= scale
                total[k] += row[k] * row[k]
            place += i
