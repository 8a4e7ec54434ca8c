"""The figure of a pair: the student's variance over N, measured over predicted, and PGR, with errors."""

import math
from collections.abc import Sequence
from dataclasses import replace

from verify.charts.plot import LOOKS, Panel, Series, axis, to_svg
from verify.experiments.results import LARGE, VARIANCE, Row

SIZES = "N, unlabelled samples with pseudo-labels (log scale)"
BESIDE = 1.03  # by how much series are moved along a log axis, so as not to hide each other


def drawing(title: str, head: Sequence[str], every: Sequence[Row], d_w: int, d_s: int) -> str:
    """As SVG, from the rows of one pair and of its control."""
    panels = [_variances(every, d_w), _ratios(every, d_w, d_s)]
    if any(r.quantity == "pgr" for r in every):
        panels.append(_pgr(every))
    return to_svg(title, head, panels)


def _across(found: Sequence[Row]) -> Sequence[float]:
    sizes = [float(r.N) for r in found]
    return [min(sizes) / BESIDE**3, max(sizes) * BESIDE**3]


def _variances(every: Sequence[Row], d_w: int) -> Panel:
    """Measured as markers, predicted as lines, at the least, a middle and the greatest n."""
    found = [r for r in every if r.quantity == VARIANCE and r.model == "w2s" and not r.control]
    sizes = sorted({r.n for r in found})
    chosen = dict.fromkeys((sizes[0], sizes[len(sizes) // 2], sizes[-1]))
    law = "elliptical" if all(math.isfinite(r.elliptical) for r in found) else "gaussian"
    series = list[Series]()
    for n, look in zip(chosen, LOOKS, strict=False):
        at = [r for r in found if r.n == n]
        points, bars = [(float(r.N), r.measured) for r in at], [_bar(r) for r in at]
        series.append(Series(f"measured, n = {n}", look, points, bars, lines=False))
        lines = [(float(r.N), getattr(r, law)) for r in at]
        series.append(Series(f"{law}, n = {n}", replace(look, filled=False), lines, marks=0))
    return Panel(
        "Variance of the W2S student over σ², no unit (log scale; bars: two standard errors)",
        axis([], True, _across(found)),
        axis([y for s in series for _, y in s.points], True),
        SIZES,
        series,
        columns=2,
    )


def _bar(r: Row) -> tuple[float, float]:
    return r.measured - 2 * r.error, r.measured + 2 * r.error


def _ratios(every: Sequence[Row], d_w: int, d_s: int) -> Panel:
    """Measured over predicted in the cells with large n and N, by law; the control by the Gaussian one."""
    large = [
        r for r in every
        if r.quantity == VARIANCE and r.model == "w2s" and r.n >= LARGE * d_w and r.N >= LARGE * d_s
    ]  # fmt: skip
    kinds = [
        ("Gaussian", "gaussian", False),
        ("elliptical", "elliptical", False),
        ("any features, leading order", "any", False),
        ("Gaussian, control", "gaussian", True),
    ]
    series = list[Series]()
    for i, (name, law, control) in enumerate(kinds):
        at = [r for r in large if r.control == control and math.isfinite(getattr(r, law))]
        points = [(r.N * BESIDE ** (i - 1.5), r.measured / getattr(r, law)) for r in at]
        bars = [tuple(x / getattr(r, law) for x in _bar(r)) for r in at]
        series.append(Series(name, LOOKS[i], points, [(a, b) for a, b in bars], lines=False))
    values = [v for s in series for ends in s.bounds for v in ends] + [1.0]
    return Panel(
        f"Measured over predicted, no unit, where n ≥ {LARGE} d_w and N ≥ {LARGE} d_s (every n)",
        axis([], True, _across(large) if large else [1.0, 10.0]),
        axis(values, False),
        SIZES,
        series,
        levels=[(1.0, "as predicted")],
    )


def _pgr(every: Sequence[Row]) -> Panel:
    """Of each kind of labels at the middle n."""
    found = [r for r in every if r.quantity == "pgr" and not r.control]
    sizes = sorted({r.n for r in found})
    n = sizes[len(sizes) // 2]
    kinds = dict.fromkeys((r.labels, r.added) for r in found)
    series = list[Series]()
    for (labels, added), look in zip(kinds, LOOKS, strict=False):
        at = [r for r in found if r.n == n and (r.labels, r.added) == (labels, added)]
        name = f"{labels}{f', noise {added:g}' if added else ''}"
        points, bars = [(float(r.N), r.measured) for r in at], [_bar(r) for r in at]
        series.append(Series(name, look, points, bars, lines=False))
        series.append(Series("  predicted", look, [(float(r.N), r.gaussian) for r in at], marks=0))
    return Panel(
        f"PGR at n = {n}, no unit: markers measured, lines predicted (Gaussian)",
        axis([], True, _across(found)),
        axis([y for s in series for _, y in s.points] + [0.0], False),
        SIZES,
        series,
        levels=[(0.0, "no better than the teacher")],
        height=240,
        columns=2,
    )
