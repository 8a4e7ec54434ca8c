"""One split of the pool: variances of the four models, exact over label noise, and their errors as fitted.

No theory is in here. n labelled and N unlabelled samples are drawn without replacement, and what is left of
the pool is for testing, so that nothing is tested on what it was fitted on. In coordinates whose second
moment over the pool is I, that over the test samples is (mI − W_l − W_u)/(m − n − N), W the Gram matrices of
the two draws; the variance of a linear fit is then a trace of d × d matrices.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from verify.experiments.pairs import Labels, Pair
from verify.features.tables import Floats
from verify.predictions import MODELS
from verify.streams import Stream

Rows: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pool:
    """A pair in whitened coordinates: (m, d_w) and (m, d_s), each with second moment I over the pool."""

    weak: Floats
    strong: Floats
    labels: tuple[Labels, ...]


def pool(pair: Pair) -> Pool:
    """Whiten both maps, and put labels about their mean. Raises LinAlgError if a map lacks full rank."""
    return Pool(_white(pair.weak), _white(pair.strong), pair.labels)


def _white(x: Floats) -> Floats:
    lower = np.linalg.cholesky(x.T @ x / len(x))
    return np.ascontiguousarray(np.linalg.solve(lower, x.T).T)


def split(drawn: Pool, n: int, N: int, stream: Stream) -> Floats:
    """Variances over σ² of the four models, then their errors for each kind of label: (1 + kinds, 4).

    In the order of `MODELS`. Errors are mean squares on the test samples, without added noise. NaN for the
    baseline where n < d_s, because least squares then has no unique solution.
    """
    m, d_s = drawn.strong.shape
    order = stream.permutation(m)
    seen, unseen, test = order[:n], order[n : n + N], order[n + N :]
    weak, strong = drawn.weak[seen], drawn.strong[seen]
    weak_u, strong_u = drawn.weak[unseen], drawn.strong[unseen]
    gram_w, gram_s = weak.T @ weak, strong.T @ strong
    gram_wu, gram_su = weak_u.T @ weak_u, strong_u.T @ strong_u
    left = m - n - N
    test_w = (m * np.eye(drawn.weak.shape[1]) - gram_w - gram_wu) / left
    test_s = (m * np.eye(d_s) - gram_s - gram_su) / left
    teacher, student = cho_factor(gram_w), cho_factor(gram_su)
    ceiling = cho_factor(gram_s + gram_su)
    baseline = cho_factor(gram_s) if n >= d_s else None
    carried = cho_solve(student, strong_u.T @ weak_u)  # the student's coefficients of the teacher's
    noise = carried @ cho_solve(teacher, carried.T)
    variances = [
        np.trace(cho_solve(teacher, test_w)),
        np.vdot(test_s, noise),
        np.nan if baseline is None else np.trace(cho_solve(baseline, test_s)),
        np.trace(cho_solve(ceiling, test_s)),
    ]
    by_weak, by_strong = list[Floats](), list[Floats]()  # coefficients on the one and the other map
    for labels in drawn.labels:
        mean = labels.truth.mean()
        y, y_u = _draw(labels, seen, stream) - mean, _draw(labels, unseen, stream) - mean
        by_weak.append(cho_solve(teacher, weak.T @ y))
        by_strong += [
            carried @ by_weak[-1],
            np.full(d_s, np.nan) if baseline is None else cho_solve(baseline, strong.T @ y),
            cho_solve(ceiling, strong.T @ y + strong_u.T @ y_u),
        ]
    assert len(MODELS) == len(variances)
    return np.array([variances, *_errors(drawn, by_weak, by_strong, test)], dtype=np.float64)


def _errors(drawn: Pool, by_weak: list[Floats], by_strong: list[Floats], test: Rows) -> list[list[float]]:
    """Mean squares on the test rows for each kind of label.

    The whole pool is predicted, which is cheaper than copying the features of the test rows.
    """
    if not drawn.labels:
        return []
    teachers = (drawn.weak @ np.column_stack(by_weak))[test]
    others = (drawn.strong @ np.column_stack(by_strong))[test]
    out = list[list[float]]()
    for k, labels in enumerate(drawn.labels):
        truth = (labels.truth[test] - labels.truth.mean())[:, None]
        squares = np.mean(
            (np.column_stack([teachers[:, k], others[:, 3 * k : 3 * k + 3]]) - truth) ** 2, axis=0
        )
        out.append(squares.tolist())
    return out


def _draw(labels: Labels, rows: Rows, stream: Stream) -> Floats:
    """One label a sample."""
    raters = labels.train.shape[1]
    which = stream.integers(raters, size=len(rows)) if raters > 1 else np.zeros(len(rows), dtype=np.int64)
    return np.asarray(labels.train[rows, which])
