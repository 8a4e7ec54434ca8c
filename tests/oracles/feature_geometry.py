"""Two feature tables, looked at the slow way: an oracle for what is streamed and derived.

Everything from the whole matrix at once: ranks and bases by its singular values, leverages by leaving each
row out, variances by fitting. Nothing is imported from the packages under test.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import subspace_angles

Floats = NDArray[np.float64]
Draw = Callable[[int], tuple[Floats, Floats]]  # number of samples -> weak, strong


def rank(x: Floats) -> int:
    """By NumPy, of columns scaled to unit norm."""
    norms = np.linalg.norm(x, axis=0)
    return int(np.linalg.matrix_rank(x[:, norms > 0] / norms[norms > 0], tol=1e-6))


def cosines(weak: Floats, strong: Floats) -> Floats:
    """Of the principal angles between the ranges of two full-rank tables, falling."""
    return np.asarray(np.sort(np.cos(subspace_angles(weak, strong)))[::-1])


def without(
    weak: Floats, strong: Floats, row: int, centred: bool
) -> tuple[float, float, float, float, float]:
    """‖γ_s‖², ‖γ_w‖², ‖R‖², γ_sᵀCR and ‖Cγ_w‖² of one row, the rest from the other rows."""
    others = np.arange(len(weak)) != row
    w, s = weak[others], strong[others]
    at_w, at_s = weak[row], strong[row]
    if centred:
        at_w, at_s = at_w - w.mean(axis=0), at_s - s.mean(axis=0)
        w, s = w - w.mean(axis=0), s - s.mean(axis=0)
    metric_w, metric_s = np.linalg.inv(w.T @ w), np.linalg.inv(s.T @ s)
    said_w = at_s @ np.linalg.lstsq(s, w, rcond=None)[0]
    said_s = at_w @ np.linalg.lstsq(w, s, rcond=None)[0]
    rest = at_w - said_w
    return (
        float(at_s @ metric_s @ at_s),
        float(at_w @ metric_w @ at_w),
        float(rest @ metric_w @ rest),
        float(said_w @ metric_w @ rest),
        float(said_s @ metric_s @ said_s),
    )


def variances(draw: Draw, n: int, N: int, draws: int) -> tuple[Floats, Floats]:
    """Var(f_w) and Var(f_w2s) over σ² of ridgeless fits, for each of `draws` data sets.

    `draw` gives features with E xxᵀ = I, so that the mean square of a linear function is that of its
    coefficients; the label noise is averaged exactly.
    """
    found = []
    for _ in range(draws):
        teacher = np.linalg.pinv(draw(n)[0])
        weak, strong = draw(N)
        student = np.linalg.lstsq(strong, weak @ teacher, rcond=None)[0]
        found.append((np.sum(teacher**2), np.sum(student**2)))
    out = np.array(found)
    return out[:, 0], out[:, 1]


def risks_on_pool(
    weak: Floats, strong: Floats, target: Floats, sigma: float, n: int, N: int, stream: np.random.Generator
) -> tuple[float, float]:
    """Excess risk over the rest of a pool of teacher and student, fitted with intercept on two parts."""
    order = stream.permutation(len(weak))
    labelled, unlabelled = order[:n], order[n : n + N]
    ones = np.ones((len(weak), 1))
    w, s = np.hstack([ones, weak]), np.hstack([ones, strong])
    y = target[labelled] + sigma * stream.standard_normal(n)
    f_w = w @ np.linalg.lstsq(w[labelled], y, rcond=None)[0]
    f_w2s = s @ np.linalg.lstsq(s[unlabelled], f_w[unlabelled], rcond=None)[0]
    rest = order[n + N :]
    return float(np.mean((f_w - target)[rest] ** 2)), float(np.mean((f_w2s - target)[rest] ** 2))
