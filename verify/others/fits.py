"""Curves fitted to the student's error over N, and what follows: the governing dimension, where it wins.

Under (G) the error is A + B κ with κ = d_s/(N − d_s − 1): A and B are fitted by least squares of relative
residuals, d_s by trying every integer. Its interval is the set of d whose sum of squares an F test does not
tell from the least one; residuals are taken as independent and of one relative size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_law

from verify.features.tables import Floats

FREE = 3  # numbers that are fitted: A, B and d
LEAST = FREE + 2  # points, so that there are residuals


@dataclass(frozen=True)
class Curve:
    """A + B·x(N): rms is the root mean square of the relative residuals, over `points` sizes."""

    a: float
    b: float
    rms: float
    points: int


@dataclass(frozen=True)
class Governing:
    """The dimension that fits best and its interval; `open` says which of its ends are not found."""

    d: int
    low: int
    high: int
    open: tuple[bool, bool]
    curve: Curve


def fit(x: Floats, y: Floats) -> Curve:
    """Least squares of relative residuals."""
    (a, b), *_ = np.linalg.lstsq(np.column_stack([1 / y, x / y]), np.ones(len(y)), rcond=None)
    rms = float(np.sqrt(np.mean(((a + b * x) / y - 1) ** 2)))
    return Curve(float(a), float(b), rms, len(y))


def with_dimension(d: int, sizes: Sequence[int], y: Floats) -> Curve | None:
    """κ as the theory has it; None unless there are enough sizes, all above d + 1."""
    N = np.array(sizes, dtype=np.float64)
    if len(N) < LEAST or d + 1 >= N.min():
        return None
    return fit(d / (N - d - 1), y)


def by_size(sizes: Sequence[int], y: Floats) -> Curve | None:
    """d/N as the abstract has it: with whatever d, because B takes it up."""
    return fit(1 / np.array(sizes, dtype=np.float64), y) if len(sizes) >= LEAST else None


def governing(sizes: Sequence[int], y: Floats, confidence: float) -> Governing | None:
    """Try every d below the least size; None with too few sizes."""
    every = range(1, min(sizes) - 1)
    if len(sizes) < LEAST or not every:
        return None
    curves = [fit(d / (np.array(sizes, dtype=np.float64) - d - 1), y) for d in every]
    squares = np.array([c.rms**2 * c.points for c in curves])
    best = int(np.argmin(squares))
    left = len(sizes) - FREE
    inside = np.flatnonzero(squares <= squares[best] * (1 + float(f_law.ppf(confidence, 1, left)) / left))
    low, high = every[int(inside[0])], every[int(inside[-1])]
    return Governing(every[best], low, high, (low == every[0], high == every[-1]), curves[best])


def crossing(sizes: Sequence[int], student: Floats, teacher: Floats) -> tuple[int | None, int | None]:
    """The last N at which the student loses, the first from which on it always wins; None if none."""
    wins = student < teacher
    losing = np.flatnonzero(~wins)
    if len(losing) == 0:
        return None, sizes[0]
    last = int(losing[-1])
    return sizes[last], sizes[last + 1] if last + 1 < len(sizes) else None
