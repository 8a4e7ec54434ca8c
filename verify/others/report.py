"""What a run of others says about the theory: everything that `w2s compare` prints of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from verify.features.correlation import Estimate
from verify.features.forecast import chance
from verify.features.tables import Floats
from verify.others.fits import Curve, Governing, by_size, crossing, fit, governing, with_dimension
from verify.others.tables import STUDENT, TEACHER, Features, Run


@dataclass(frozen=True)
class Level:
    """A run at one noise level over N.

    governing: None with too few sizes. candidates: fits with the dimensions named by --dims. by_size: with
    d/N. loses, wins: the last N at which the student has more error and the first from which on it has less.
    predicted: the N from which on it has less variance, 2d + 2 at the governing d.
    """

    noise: float
    n: int
    sizes: tuple[int, ...]
    governing: Governing | None
    candidates: Mapping[str, tuple[int, Curve | None]]
    by_size: Curve | None
    loses: int | None
    wins: int | None
    predicted: int | None


@dataclass(frozen=True)
class Ratio:
    """Var_w2s/Var_w from two noise levels of one run: shared + outside·κ over N, at a dimension.

    values: at each N, because errors are linear in the squared noise. shared is d_sw/d_w and outside its
    complement under (G), with standard errors from the residuals. teacher: Var_w over σ², mean over N.
    """

    noise: float
    over: float
    dimension: int
    sizes: tuple[int, ...]
    values: tuple[float, ...]
    shared: Estimate
    outside: Estimate
    teacher: float


@dataclass(frozen=True)
class Report:
    """printed: an overlap that --dims prints, and what chance alone gives for it (None without --dims)."""

    run: Run
    levels: tuple[Level, ...]
    ratios: tuple[Ratio, ...]
    printed: tuple[float, float] | None


def report(run: Run, dims: Mapping[str, Features], confidence: float) -> Report:
    """Fit one run. Sizes at which a metric is missing are left out."""
    levels = tuple(_level(run, noise, dims, confidence) for noise in run.noises())
    return Report(run, levels, tuple(_ratios(run, dims, levels, confidence)), _printed(run, dims))


def _over_N(run: Run, noise: float) -> tuple[int, list[int], Floats, Floats]:
    """n, the sizes with both errors, the student's and the teacher's."""
    n, every = run.over_N()
    pairs = [(N, run.mean(STUDENT, noise, n, N), run.mean(TEACHER, noise, n, N)) for N in every]
    known = [p for p in pairs if np.isfinite(p[1])]
    return n, [N for N, _, _ in known], np.array([s for _, s, _ in known]), np.array([w for _, _, w in known])


def _candidates(run: Run, dims: Mapping[str, Features]) -> dict[str, int]:
    if run.strong not in dims:
        return {}
    strong = dims[run.strong]
    return {"width": strong.width, **strong.dimensions}


def _level(run: Run, noise: float, dims: Mapping[str, Features], confidence: float) -> Level:
    n, sizes, student, teacher = _over_N(run, noise)
    best = governing(sizes, student, confidence) if sizes else None
    loses, wins = (
        crossing(sizes, student, teacher) if sizes and np.all(np.isfinite(teacher)) else (None, None)
    )
    return Level(
        noise=noise,
        n=n,
        sizes=tuple(sizes),
        governing=best,
        candidates={k: (d, with_dimension(d, sizes, student)) for k, d in _candidates(run, dims).items()},
        by_size=by_size(sizes, student),
        loses=loses,
        wins=wins,
        predicted=None if best is None else 2 * best.d + 2,
    )


def _ratios(
    run: Run, dims: Mapping[str, Features], levels: Sequence[Level], confidence: float
) -> Iterator[Ratio]:
    """Of each noise level over the least one, at the strong width if known, else at what governs."""
    base = levels[0]
    for level in levels[1:]:
        _, sizes, low, low_w = _over_N(run, base.noise)
        _, others, high, high_w = _over_N(run, level.noise)
        if others != sizes or level.governing is None:
            continue
        d = dims[run.strong].width if run.strong in dims else level.governing.d
        if d + 1 >= min(sizes):
            continue
        values = (high - low) / (high_w - low_w)
        kappa = d / (np.array(sizes, dtype=np.float64) - d - 1)
        shared, outside = _line(kappa, values, confidence)
        teacher = float(np.mean((high_w - low_w) / (level.noise**2 - base.noise**2)))
        at = tuple(sizes), tuple(map(float, values))
        yield Ratio(level.noise, base.noise, d, *at, shared, outside, teacher)


def _line(x: Floats, y: Floats, confidence: float) -> tuple[Estimate, Estimate]:
    """a + b x by least squares of relative residuals, with Student's t intervals."""
    curve = fit(x, y)
    design = np.column_stack([1 / y, x / y])
    left = len(y) - 2
    scale = curve.rms**2 * len(y) / left * np.linalg.inv(design.T @ design)
    reach = float(stdtrit(left, (1 + confidence) / 2)) * np.sqrt(np.diag(scale))
    a, b = (Estimate(v, v - r, v + r) for v, r in zip((curve.a, curve.b), map(float, reach), strict=True))
    return a, b


def _printed(run: Run, dims: Mapping[str, Features]) -> tuple[float, float] | None:
    """The printed overlap of the weak features next to what chance gives in the narrower width."""
    if run.weak not in dims or run.strong not in dims or dims[run.weak].printed is None:
        return None
    weak, strong = dims[run.weak], dims[run.strong]
    if not weak.dimensions or not strong.dimensions:
        return None
    d_w, d_s = next(iter(weak.dimensions.values())), next(iter(strong.dimensions.values()))
    room = min(strong.width, weak.width)
    return weak.printed or 0.0, chance(d_s, d_w, room)
