"""First and second moments of a joint table in one pass, in groups of rows that can be left out one by one.

The groups are what intervals are made of (a jackknife). They are drawn row by row, balanced, so that an order
in the file (by class, by label) does not make them unlike.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk

from verify.features.tables import Floats
from verify.streams import generator

GROUPS = 20  # an interval from them uses Student's t with 19 degrees of freedom: 7 % wider than from many


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the rows of each group, of x - shift and of its outer product with itself.

    shift: (p,), near the data, so that a large mean does not cost digits. counts: (G,). sums: (G, p).
    outer: (G, p, p), lower triangles; what is above is not set.
    """

    shift: Floats
    counts: NDArray[np.int64]
    sums: Floats
    outer: Floats

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return int(self.counts.sum())

    @functools.cached_property
    def _whole(self) -> Floats:
        return np.asarray(self.outer.sum(axis=0))

    def scatter(self, centred: bool, without: int | None = None) -> Floats:
        """Sum of the outer products of rows, (p, p), about their mean or about zero; without one group."""
        m, first, lower = float(self.rows), self.sums.sum(axis=0), self._whole
        if without is not None:
            m -= float(self.counts[without])
            first, lower = first - self.sums[without], lower - self.outer[without]
        second = np.tril(lower) + np.tril(lower, -1).T
        if centred:
            return np.asarray(second - np.outer(first, first / m))
        cross = np.outer(first, self.shift)
        return np.asarray(second + cross + cross.T + m * np.outer(self.shift, self.shift))

    def mean(self) -> Floats:
        """The mean row, (p,)."""
        return np.asarray(self.shift + self.sums.sum(axis=0) / self.rows)


def moments(blocks: Iterable[Floats], seed: int, groups: int = GROUPS) -> Moments:
    """Stream over blocks of rows, (b, p) each, used up; all but the last have a multiple of `groups`.

    The work is one symmetric product of the data with itself; the memory, `groups` p × p matrices.
    """
    stream = generator(seed, "measure", "groups")
    shift = counts = sums = outer = None
    for block in blocks:
        if shift is None or counts is None or sums is None or outer is None:
            shift = _near(block)
            p = len(shift)
            counts, sums = np.zeros(groups, dtype=np.int64), np.zeros((groups, p))
            outer = np.zeros((groups, p, p))
        block -= shift
        rounds = -(-len(block) // groups)
        order = stream.permuted(np.tile(np.arange(groups), (rounds, 1)), axis=1).reshape(-1)[: len(block)]
        for g in range(groups):
            x = block[order == g]
            counts[g] += len(x)
            sums[g] += x.sum(axis=0)
            if len(x):
                # In place on the upper triangle of a transposed view, so nothing of p × p is copied.
                dsyrk(1.0, x.T, beta=1.0, c=outer[g].T, overwrite_c=1, lower=0)
    if shift is None or counts is None or sums is None or outer is None:
        raise ValueError("there are no rows to take moments of")
    return Moments(shift, counts, sums, outer)


def _near(block: Floats) -> Floats:
    """A point near the data: the mean of some of them, and exactly the value of what is constant there."""
    low, high = block.min(axis=0), block.max(axis=0)
    return np.asarray(np.where(low == high, low, block.mean(axis=0)))
