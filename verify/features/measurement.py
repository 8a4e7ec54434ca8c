"""What two feature tables, and labels, show of the numbers that the theory speaks of.

Two passes over the rows: moments, which give the spaces, their angles and the correlation dimension; then
leverages. What the theory predicts at these numbers is in verify/features/forecast.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from verify.features.correlation import Estimate, debiased, heaviness, jackknife, shared
from verify.features.elliptical import Elliptical, elliptical
from verify.features.labels import Target, target
from verify.features.leverage import FourthMoments, Rows, fourth_moments, rows
from verify.features.moments import GROUPS, Moments, moments
from verify.features.overlap import Overlap, overlap
from verify.features.ridge import Ridge
from verify.features.spaces import ALL, Fit, Space, canonical, space
from verify.features.tables import SMALL, BadTable, Floats, Source, Table, aligned, joined, table

LEAST = 2 * GROUPS  # rows, for there to be an interval


@dataclass(frozen=True)
class Settings:
    """How to measure.

    fit: what will be fitted, see `spaces.Fit`. centred: about the mean, for fits on features
    centred beforehand. (An intercept that is fitted is a column of ones in both, not centred.)
    tail: part of the trace that the leading dimension leaves out. rcond: singular values of unit columns
    below this part of the largest count as 0; None: what rounding allows. confidence: of intervals. sigma2:
    σ² of a single label where it is known. seed: of the groups of the jackknife.
    """

    fit: Fit = ALL
    centred: bool = True
    tail: float = 0.01
    rcond: float | None = None
    confidence: float = 0.95
    sigma2: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("tail", "confidence"):
            if not 0 < getattr(self, name) < 1:
                raise BadTable(f"--{name} must be between 0 and 1, not {getattr(self, name)}")
        if self.rcond is not None and not 0 < self.rcond < 1:
            raise BadTable(f"--rcond must be between 0 and 1, not {self.rcond}")
        if self.sigma2 is not None and not 0 <= self.sigma2 < float("inf"):
            raise BadTable(f"--sigma2 is a variance and cannot be {self.sigma2}")


@dataclass(frozen=True)
class Sample:
    """What predictions need, from the table or from a part of it: d_sw and, with labels, the target.

    uncut: the estimate of d_sw before it was moved to where d_sw can be.
    """

    d_sw: float
    target: Target | None
    uncut: float


@dataclass(frozen=True, eq=False)
class Measurement:
    """What was measured.

    cosines: (min(d_w, d_s),), plug-in, of the principal angles, falling. plug_in: the sum of their squares.
    heavy: h of verify/features/correlation.py. whole, left_out: the table, and the table without each group
    (none of them where a space loses a dimension by that). parameters: ‖V_sᵀV_w‖_F² of the leading
    directions in the space of the coordinates, if both maps have equally many. leverages and what follows
    from them are None where the rows could be read only once, or where a row is alone in a direction.
    """

    settings: Settings
    rows: int
    weak: Space
    strong: Space
    cosines: Floats
    plug_in: float
    heavy: float
    d_sw: Estimate
    whole: Sample
    left_out: tuple[Sample, ...]
    parameters: float | None
    leverages: Rows | None
    fourth: FourthMoments | None
    elliptical: Elliptical | None
    ridge: Ridge | None

    @property
    def angles(self) -> Floats:
        """cos² freed of chance, as `correlation.shared`, scaled so that their sum is the debiased d_sw."""
        freed = shared(self.cosines, self.freedom, self.strong.dimension, self.weak.dimension)
        if freed.sum() == 0.0:
            return np.full_like(freed, self.d_sw.value / len(freed))
        return np.asarray(np.clip(freed * (self.d_sw.value / freed.sum()), 0.0, 1.0))

    @property
    def freedom(self) -> int:
        """Rows, less the one that the mean takes."""
        return self.rows - self.settings.centred


def measured(weak: Source, strong: Source, labels: Source | None, settings: Settings) -> Measurement:
    """Measure; tables are given as `tables.table` takes them. Raises BadTable, in one sentence."""
    sources = [("the weak features", weak), ("the strong features", strong), ("the labels", labels)]
    tables = [table(source, name) for name, source in sources if source is not None]
    aligned(tables)
    _enough(tables[0].rows, tables[0].name)
    found = moments(joined(tables), settings.seed)
    _enough(found.rows, tables[0].name)
    spaces = _spaces(tables, found, settings)
    whole = found.scatter(settings.centred)
    p, q = tables[0].columns, tables[0].columns + tables[1].columns
    weak_space, strong_space, cosines = canonical(*spaces, whole[p:q, :p])
    seen = _rows(tables, found, weak_space, strong_space, cosines, settings)
    heavy = 1.0 if seen is None else heaviness(seen.leverage_s, seen.leverage_w, seen.shared_s, seen.shared_w)

    def sample(scatter: Floats, count: int) -> Sample:
        here = overlap(scatter, weak_space, strong_space)
        d_s, d_w = here.matrix.shape
        uncut = debiased(here.plug_in, count, d_s, d_w, heavy)
        d_sw = min(max(uncut, 0.0), float(min(d_s, d_w)))
        return Sample(d_sw, _target(here, tables, count, settings), uncut)

    everything = sample(whole, found.rows - settings.centred)
    parts = _left_out(found, sample, settings)
    around = Estimate(everything.uncut, -np.inf, np.inf)
    if parts:
        around = jackknife(everything.uncut, np.array([part.uncut for part in parts]), settings.confidence)
    low, high = (min(max(x, 0.0), float(len(cosines))) for x in (around.low, around.high))
    return Measurement(
        settings=settings,
        rows=found.rows,
        weak=weak_space,
        strong=strong_space,
        cosines=cosines,
        plug_in=float(np.sum(cosines**2)),
        heavy=heavy,
        d_sw=Estimate(everything.d_sw, low, high),
        whole=everything,
        left_out=parts,
        parameters=_parameters(weak_space, strong_space),
        leverages=seen,
        fourth=None if seen is None else fourth_moments(seen, weak_space.dimension),
        elliptical=None if seen is None else elliptical(seen, strong_space.dimension, weak_space.dimension),
        ridge=_ridge(weak_space, strong_space, settings),
    )


def _enough(count: int | None, name: str) -> None:
    if count is not None and count < LEAST:
        raise BadTable(
            f"{name} has {count} row{'s' * (count != 1)}, too few to measure: at least {LEAST} are wanted"
        )


def _spaces(tables: list[Table], found: Moments, settings: Settings) -> tuple[Space, Space]:
    """Both feature maps, weak first."""
    mean, start, spaces = found.mean(), 0, list[Space]()
    scatters = found.scatter(centred=True), found.scatter(centred=False)
    for each in tables[:2]:
        part = slice(start, start + each.columns)
        start += each.columns
        spaces.append(
            space(
                each.name,
                (scatters[0][part, part], scatters[1][part, part]),
                mean[part],
                found.rows,
                centred=settings.centred,
                fit=settings.fit,
                epsilon=each.epsilon,
                rcond=settings.rcond,
                tail=settings.tail,
            )
        )
    return spaces[0], spaces[1]


def _rows(
    tables: list[Table], found: Moments, weak: Space, strong: Space, cosines: Floats, settings: Settings
) -> Rows | None:
    """The second pass, None where there can be none."""
    if not all(each.again for each in tables):
        return None
    mean = found.mean()[: weak.columns + strong.columns] if settings.centred else None
    weights = shared(cosines, found.rows - settings.centred, strong.dimension, weak.dimension)
    return rows(joined(tables[:2], SMALL), weak, strong, cosines, weights, mean)


def _target(here: Overlap, tables: list[Table], count: int, settings: Settings) -> Target | None:
    """The target that the labels show; None without labels."""
    if here.seen_s is None or here.seen_w is None or here.square is None:
        return None
    repeats = None
    if here.spread is not None:
        number = tables[2].columns
        repeats = number, max(here.spread, 0.0) / (count * (number - 1))
    return target(here.matrix, here.seen_s, here.seen_w, here.square, count, repeats, settings.sigma2)


def _left_out(
    found: Moments, sample: Callable[[Floats, int], Sample], settings: Settings
) -> tuple[Sample, ...]:
    """The estimates with each group of rows left out; nothing where that costs a dimension."""
    parts = list[Sample]()
    for group, count in enumerate(found.counts):
        left = found.rows - int(count) - settings.centred
        try:
            parts.append(sample(found.scatter(settings.centred, without=group), left))
        except np.linalg.LinAlgError:
            return ()
    return tuple(parts)


def _ridge(weak: Space, strong: Space, settings: Settings) -> Ridge | None:
    """What ridge fits depend on, if the fit is one."""
    if weak.moment is None or strong.moment is None:
        return None
    return Ridge(weak.moment, strong.moment, settings.fit.penalty)


def _parameters(weak: Space, strong: Space) -> float | None:
    """‖V_sᵀV_w‖_F² of the leading directions, where both live in one space of coordinates."""
    if weak.columns != strong.columns:
        return None
    return float(np.sum((strong.directions.T @ weak.directions) ** 2))
