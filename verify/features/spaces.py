"""The space that a feature map spans, told from its scatter matrix: rank, spectrum, whitened coordinates.

Everything later depends on the features through these spaces only. Coordinates are scaled to the table: over
its m rows they are orthonormal, so that the squares of a row sum to its leverage, and m times that is
‖γ‖² of theory.md, section 1.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verify.features.tables import BadTable, Floats

RIDGELESS, PCA, RIDGE = "ridgeless", "pca", "ridge"
_EPS = float(np.finfo(np.float64).eps)
_SAME = 1e-12  # how far a correlation of two columns may be from ±1 to call them the same


@dataclass(frozen=True)
class Fit:
    """How the models will be fitted, which says what dimension governs.

    ridgeless: on all features, the full rank. pca: on the leading `components`, that number. ridge: with
    `penalty` on the mean loss, the effective dimension.
    """

    kind: str = RIDGELESS
    components: int = 0
    penalty: float = 0.0

    def __str__(self) -> str:
        """As --fit takes it."""
        return {PCA: f"{PCA}:{self.components}", RIDGE: f"{RIDGE}:{self.penalty:g}"}.get(self.kind, self.kind)


ALL = Fit()


@dataclass(frozen=True, eq=False)
class Space:
    """A feature map on its table.

    dimension: d, of the space that the fit uses; basis: (p, d), to coordinates that are orthonormal over the
    rows. rank, leading, spectrum: of the features about their mean or about zero, as was asked; leading is
    how many eigenvalues leave out at most `tail` of the trace. rank_other, leading_other: the other way.
    spectrum: (p,), eigenvalues of the second moment, falling; directions: (p, leading), their first
    eigenvectors.
    """

    name: str
    columns: int
    dimension: int
    rank: int
    leading: int
    rank_other: int
    leading_other: int
    spectrum: Floats
    basis: Floats
    directions: Floats
    constant: tuple[int, ...]
    duplicates: tuple[tuple[int, int], ...]
    effective: float | None = None  # Σ λ/(λ + penalty), with --fit ridge
    moment: Floats | None = None  # Λ, the second moment in whitened coordinates, (d, d), with --fit ridge


@dataclass(frozen=True)
class _Cut:
    """What counts as zero: `rcond` of the largest singular value, or what rounding leaves of one."""

    epsilon: float
    rcond: float | None

    def eigenvalue(self, top: float, p: int) -> float:
        """Below which an eigenvalue of the scatter of p unit columns counts as 0.

        Entries rounded to a relative ε move p unit columns by at most √p·ε in norm, so smaller singular
        values are indistinguishable from 0; and the scatter itself is a sum in doubles.
        """
        if self.rcond is not None:
            return self.rcond**2 * top
        return max(p * self.epsilon**2, 4 * p * _EPS * top)


def space(
    name: str,
    scatters: tuple[Floats, Floats],
    mean: Floats,
    rows: int,
    *,
    centred: bool,
    fit: Fit,
    epsilon: float,
    rcond: float | None,
    tail: float,
) -> Space:
    """A feature map from its scatter about the mean and about zero, (p, p) each. Raises BadTable."""
    cut = _Cut(epsilon, rcond)
    here, there = (0, 1) if centred else (1, 0)
    empty = _constant(scatters[0], mean, rows), np.diag(scatters[1]) <= 0
    ranked, whitening, same = _rank(scatters[here], empty[here], cut)
    rank_other, _, _ = _rank(scatters[there], empty[there], cut)
    values, vectors = np.linalg.eigh(scatters[here])
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    if ranked == 0:
        raise BadTable(f"{name}: every column is constant" if centred else f"{name}: every entry is 0")
    at_most = rows - 1 if centred else rows
    basis, effective, moment = whitening, None, None
    if fit.kind == PCA:
        if fit.components > ranked:
            raise BadTable(f"{name}: there are no {fit.components} components, because its rank is {ranked}")
        basis = vectors[:, : fit.components] / np.sqrt(values[: fit.components])
    elif fit.kind == RIDGE:
        effective = float(np.sum(values / (values + fit.penalty * rows)))
        back = scatters[here] @ basis  # from whitened coordinates to features
        moment = back.T @ back / rows
    if basis.shape[1] >= at_most:
        raise BadTable(
            f"{name}: {rows} rows cannot show what {basis.shape[1]} dimensions do; give more rows, or say "
            "with --fit pca:K how many components will be used"
        )
    leading = _leading(values, tail)
    return Space(
        name=name,
        columns=len(mean),
        dimension=basis.shape[1],
        rank=ranked,
        leading=leading,
        rank_other=rank_other,
        leading_other=_leading(np.asarray(np.linalg.eigvalsh(scatters[there])[::-1]), tail),
        spectrum=values / rows,
        basis=basis,
        directions=vectors[:, :leading],
        constant=tuple(int(i) for i in np.flatnonzero(empty[0])),
        duplicates=same,
        effective=effective,
        moment=moment,
    )


def _constant(centred: Floats, mean: Floats, rows: int) -> NDArray[np.bool_]:
    """Columns whose deviation from their mean is rounding."""
    variance = np.diag(centred) / rows
    return np.asarray(variance <= (8 * _EPS * np.abs(mean)) ** 2)


def _rank(
    scatter: Floats, void: NDArray[np.bool_], cut: _Cut
) -> tuple[int, Floats, tuple[tuple[int, int], ...]]:
    """Numerical rank, whitening (p, rank) and pairs of equal columns, after scaling columns to unit norm.

    Scaling changes no space, and keeps small features from being taken for rounding of large ones.
    """
    p = len(scatter)
    kept = np.flatnonzero(~void)
    if len(kept) == 0:
        return 0, np.zeros((p, 0)), ()
    scale = 1 / np.sqrt(np.diag(scatter)[kept])
    unit = scatter[np.ix_(kept, kept)] * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(unit)
    good = values > cut.eigenvalue(values[-1], len(kept))
    whitening = np.zeros((p, int(good.sum())))
    whitening[kept] = scale[:, None] * (vectors[:, good] / np.sqrt(values[good]))
    pairs = np.argwhere(np.abs(np.triu(unit, 1)) > 1 - _SAME)
    return int(good.sum()), whitening, tuple((int(kept[i]), int(kept[j])) for i, j in pairs)


def _leading(values: Floats, tail: float) -> int:
    """How many leading eigenvalues leave out at most `tail` of the trace."""
    sums = np.cumsum(np.maximum(values, 0.0))
    return int(np.searchsorted(sums, (1 - tail) * sums[-1] * (1 - 4 * _EPS))) + 1


def parse_fit(text: str) -> Fit:
    """What --fit says. Raises BadTable, in one sentence."""
    kind, _, value = text.partition(":")
    if text == RIDGELESS:
        return ALL
    if kind == PCA and value.isascii() and value.isdigit() and 0 < len(value) < 8 and int(value) > 0:
        return Fit(PCA, components=int(value))
    if kind == RIDGE:
        try:
            penalty = float(value)
        except ValueError:
            penalty = math.nan
        if 0 < penalty < math.inf:
            return Fit(RIDGE, penalty=penalty)
    raise BadTable(f"--fit must be ridgeless, pca:K or ridge:L with a number above 0, not {text!r}")


def canonical(weak: Space, strong: Space, cross: Floats) -> tuple[Space, Space, Floats]:
    """Turn both bases to canonical coordinates; cosines of the principal angles, falling.

    cross: (p_s, p_w), scatter of strong against weak features. Then Γ_sᵀΓ_w is diagonal in these coordinates.
    """
    u, cosines, vt = np.linalg.svd(strong.basis.T @ cross @ weak.basis)
    return _turned(weak, vt.T), _turned(strong, u), np.clip(cosines, 0.0, 1.0)


def _turned(x: Space, by: Floats) -> Space:
    """In other coordinates: by an orthogonal matrix."""
    moment = None if x.moment is None else by.T @ x.moment @ by
    return replace(x, basis=x.basis @ by, moment=moment)
