"""How two spaces and the labels lie to each other, read off one scatter matrix.

The bases are those of the whole table; without some of its rows they are not quite orthonormal, and are made
so here. So one function serves the table and every part of it that a jackknife leaves.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from verify.features.spaces import Space
from verify.features.tables import Floats

_LOST = 1e-8  # what is left of a direction's scatter, below which it is gone


@dataclass(frozen=True, eq=False)
class Overlap:
    """In coordinates orthonormal over the rows: Ĉ = Γ_sᵀΓ_w, (d_s, d_w), and what the labels add.

    y is their mean over repeats. seen_s, seen_w: Γ_sᵀy, (d_s,), and Γ_wᵀy, (d_w,). square: ‖y‖². spread:
    Σ (y_j − y)² over rows and repeats j, None with single labels. Without labels all four are None.
    """

    matrix: Floats
    seen_s: Floats | None = None
    seen_w: Floats | None = None
    square: float | None = None
    spread: float | None = None

    @property
    def plug_in(self) -> float:
        """‖Ĉ‖_F²."""
        return float(np.sum(self.matrix**2))


def overlap(scatter: Floats, weak: Space, strong: Space) -> Overlap:
    """From the scatter of weak features, strong features and labels, (p, p). Raises LinAlgError.

    The error says that on these rows one of the spaces has lost a dimension.
    """
    p, q = weak.columns, weak.columns + strong.columns
    lower_w = _root(weak.basis.T @ scatter[:p, :p] @ weak.basis)
    lower_s = _root(strong.basis.T @ scatter[p:q, p:q] @ strong.basis)
    cross = solve_triangular(lower_s, strong.basis.T @ scatter[p:q, :p] @ weak.basis, lower=True)
    matrix = np.asarray(solve_triangular(lower_w, cross.T, lower=True).T)
    repeats = len(scatter) - q
    if not repeats:
        return Overlap(matrix)
    labels = scatter[q:, q:]
    square = float(labels.mean())
    return Overlap(
        matrix,
        seen_s=np.asarray(solve_triangular(lower_s, strong.basis.T @ scatter[p:q, q:].mean(1), lower=True)),
        seen_w=np.asarray(solve_triangular(lower_w, weak.basis.T @ scatter[:p, q:].mean(1), lower=True)),
        square=square,
        spread=float(np.trace(labels)) - repeats * square if repeats > 1 else None,
    )


def _root(scatter: Floats) -> Floats:
    """The Cholesky factor, (d, d), unless a direction is gone."""
    lower = np.linalg.cholesky(scatter)
    if np.diag(lower).min() ** 2 < _LOST:  # of the identity they are 1
        raise np.linalg.LinAlgError("a direction is gone")
    return np.asarray(lower)
