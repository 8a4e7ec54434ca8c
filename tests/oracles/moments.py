"""Moments from other sources, for tests of the exact ones: entries, tables and designs, in floats.

Nothing is imported from the packages under test. Second moments of an inverse Wishart matrix are von Rosen's
("Moments for the inverted Wishart distribution", 1988), entry by entry; the mean and the variances of its
entries are SciPy's. Polynomials are averaged over a sphere by spherical designs of strength five: the
vertices of a regular decagon, of the icosahedron and of the 24-cell.
"""

from collections.abc import Callable
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import invwishart

Array = NDArray[np.float64]


def inverse_mean(m: int, d: int) -> Array:
    """E W⁻¹, (d, d), W the Gram matrix of an m x d standard Gaussian matrix."""
    return np.atleast_2d(np.asarray(invwishart(df=m, scale=np.eye(d)).mean(), dtype=float))


def inverse_variances(m: int, d: int) -> Array:
    """The variances of the entries of W⁻¹, (d, d)."""
    return np.atleast_2d(np.asarray(invwishart(df=m, scale=np.eye(d)).var(), dtype=float))


def inverse_second(m: int, d: int) -> Array:
    """E (W⁻¹)_ij (W⁻¹)_kl, (d, d, d, d)."""
    both = 1.0 / ((m - d) * (m - d - 1) * (m - d - 3))
    out = np.zeros((d, d, d, d))
    for i, j, k, l in product(range(d), repeat=4):
        out[i, j, k, l] = both * (
            (m - d - 2) * (i == j) * (k == l) + (i == k) * (j == l) + (i == l) * (j == k)
        )
    return out


def design(d: int) -> Array:
    """Unit vectors (count, d); the mean of a polynomial of degree five over them is that over the sphere."""
    if d == 1:
        return np.array([[1.0], [-1.0]])
    if d == 2:
        angles = 2 * np.pi * np.arange(10) / 10
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if d == 3:
        golden = (1 + np.sqrt(5)) / 2
        rows = [np.roll([0.0, a, b * golden], r) for a, b in product((1, -1), repeat=2) for r in range(3)]
    elif d == 4:
        rows = [
            np.array([a if i == p else b if i == q else 0.0 for i in range(4)])
            for p, q in permutations(range(4), 2)
            if p < q
            for a, b in product((1.0, -1.0), repeat=2)
        ]
    else:
        raise ValueError("no design for this dimension")
    points = np.array(rows)
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def over_lines(d: int, of: Callable[[Array], float]) -> float:
    """The mean of a polynomial of degree two in uuᵀ, u uniform on the sphere."""
    return float(np.mean([of(np.outer(u, u)) for u in design(d)]))


def over_planes(d: int, of: Callable[[Array], float]) -> float:
    """The mean of a polynomial of degree two in the projection onto a uniform subspace of dimension d - 1."""
    return float(np.mean([of(np.eye(d) - np.outer(u, u)) for u in design(d)]))
