"""The figure of a measurement: both spectra, principal angles, and what the theory predicts over N.

Without labels the last panel is the variance of the student over that of its teacher, which under a Gaussian
design is the same at every n; with labels and n it is the risk of the four models.
"""

import numpy as np

from verify.charts.curves import spaced
from verify.charts.plot import LOOKS, Panel, Point, Series, axis, to_svg
from verify.features.correlation import Estimate, jackknife, shared
from verify.features.forecast import number, ratio_of_variances, risks_at
from verify.features.measurement import Measurement
from verify.features.remarks import governing
from verify.features.spaces import RIDGE, Space
from verify.predictions import MODELS

REACH, EVERY = 20, 8  # how far beyond d_s the sizes go; of the sizes have error bars, because one costs 20
SIZES = "N, unlabelled samples with pseudo-labels (log scale)"
_NAMES = {
    "weak": "weak teacher", "w2s": "W2S student", "strong_baseline": "baseline", "strong_ceiling": "ceiling"
}  # fmt: skip
_FLOOR = 1e-12  # of the largest eigenvalue: what is below is rounding, and would take up the axis


def drawing(found: Measurement, n: int | None, N: int | None) -> str:
    """The figure as SVG."""
    settings = found.settings
    head = [
        f"{found.weak.name} → {found.strong.name}",
        f"{found.rows} rows; d_w = {found.weak.dimension}, d_s = {found.strong.dimension}, d_sw = "
        f"{_shown(found.d_sw)} at {100 * settings.confidence:g} %; fit {settings.fit}",
    ]
    panels = [_spectra(found), _angles(found)]
    if settings.fit.kind != RIDGE:
        panels.append(_risks(found, n, N) if found.whole.target and n is not None else _variances(found, N))
    return to_svg("Measured features, and what the theory predicts", head, panels, [governing(found)])


def _shown(x: Estimate) -> str:
    return f"{x.value:.4g} [{x.low:.4g}, {x.high:.4g}]"


def _spectra(found: Measurement) -> Panel:
    """Eigenvalues in units of the largest, on log axes, and how many of them the fit uses."""

    def points(x: Space) -> list[Point]:
        values = x.spectrum / x.spectrum[0]
        return [(float(i), float(v)) for i, v in enumerate(values, 1) if v > _FLOOR]

    both = points(found.weak), points(found.strong)
    every = [*both[0], *both[1]]
    return Panel(
        "Spectra: eigenvalues of the second moment in units of the largest",
        axis([x for x, _ in every], True),
        axis([y for _, y in every], True),
        "i, number of the eigenvalue (log scale)",
        [
            Series("weak", LOOKS[1], both[0], marks=max(1, len(both[0]) // 12)),
            Series("strong", LOOKS[0], both[1], marks=max(1, len(both[1]) // 12)),
        ],
        places=[
            (found.weak.dimension, f"d_w = {found.weak.dimension}"),
            (found.strong.dimension, f"d_s = {found.strong.dimension}"),
        ],
    )


def _angles(found: Measurement) -> Panel:
    """Angles as they are in the sample, and freed of what chance adds to their cosines."""
    seen = np.degrees(np.arccos(found.cosines))
    freed = shared(found.cosines, found.freedom, found.strong.dimension, found.weak.dimension)
    true = np.degrees(np.arccos(np.sqrt(freed)))
    numbers = np.arange(1.0, len(seen) + 1)
    marks = max(1, len(seen) // 15)

    def series(name: str, look: int, angles: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Series:
        points = [(float(i), float(a)) for i, a in zip(numbers, angles, strict=True)]
        return Series(name, LOOKS[look], points, marks=marks)

    return Panel(
        "Principal angles between the two spaces, degrees",
        axis([], False, [0.0, len(seen) + 1.0]),
        axis([0.0, 90.0], False),
        "i, number of the angle",
        [series("in the sample", 1, seen), series("freed of chance", 0, true)],
        levels=[(90.0, "nothing shared")],
        height=150,
    )


def _range(found: Measurement, N: int | None) -> list[int]:
    first = found.strong.dimension + 2
    return sorted({*spaced(first, max(REACH * first, N or 0)), *([N] if N and N >= first else [])})


def _variances(found: Measurement, N: int | None) -> Panel:
    """By both laws, the Gaussian one with what the interval of d_sw says."""
    sizes = _range(found, N)
    values = [ratio_of_variances(found, size) for size in sizes]
    gaussian = [(float(k), v.value) for k, v in zip(sizes, values, strict=True)]
    drawn = [
        Series("W2S, Gaussian", LOOKS[0], gaussian, [(v.low, v.high) for v in values], band=True, marks=7)
    ]
    if found.elliptical is not None:
        shape, d_sw, d_w = found.elliptical, found.d_sw.value, found.weak.dimension
        ratios = [(d_sw + shape.kept(k) * (d_w - d_sw) if d_sw < d_w else d_w) / d_w for k in sizes]
        points = [(float(k), r) for k, r in zip(sizes, ratios, strict=True)]
        drawn.append(Series("W2S, elliptical", LOOKS[2], points, marks=7))
    numbers = [y for series in drawn for _, y in series.points] + [1.0]
    return Panel(
        "Variance predicted: Var(f_w2s)/Var(f_w), no unit (log scale; shade: interval of d_sw)",
        axis([], True, [float(k) for k in sizes]),
        axis([*numbers, *(v.low for v in values)], True),
        SIZES,
        drawn,
        levels=[(1.0, "the teacher")],
        places=[] if N is None else [(N, f"N = {N}")],
    )


def _risks(found: Measurement, n: int, N: int | None) -> Panel:
    """The risk of the four models at the measured target; the student's with an interval at some sizes."""
    sizes = _range(found, N)

    ahead = [risks_at(found, found.whole, n, k) for k in sizes]
    curves = {
        m: [(float(k), number(p.excess_risk[m])) for k, p in zip(sizes, ahead, strict=True)] for m in MODELS
    }
    asked = sizes.index(N) % EVERY if N in sizes else 0
    bars = [
        _interval(found, y, n, k) if i % EVERY == asked else (np.inf, np.inf)
        for i, (k, (_, y)) in enumerate(zip(sizes, curves["w2s"], strict=True))
    ]
    looks = dict(zip(("w2s", "weak", "strong_baseline", "strong_ceiling"), LOOKS, strict=False))
    return Panel(
        f"Excess risk predicted at n = {n}, Gaussian, squared units of the labels (log scale)",
        axis([], True, [float(k) for k in sizes]),
        axis([y for points in curves.values() for _, y in points], True),
        SIZES,
        [
            Series(_NAMES[m], looks[m], curves[m], bars if m == "w2s" else (), marks=0 if m == "w2s" else 9)
            for m in looks
        ],
        places=[] if N is None else [(N, f"N = {N}")],
        height=260,
    )


def _interval(found: Measurement, value: float, n: int, N: int) -> tuple[float, float]:
    """Of the student's risk, from predicting without each group of rows; infinite if there is none."""
    left_out = np.array(
        [number(risks_at(found, part, n, N).excess_risk["w2s"]) for part in found.left_out] or [np.inf]
    )
    if not np.all(np.isfinite(left_out)):
        return np.inf, np.inf
    around = jackknife(value, left_out, found.settings.confidence)
    return max(around.low, 0.0), around.high
