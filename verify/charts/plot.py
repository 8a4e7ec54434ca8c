"""A figure of panels one below the other, each with axes of its own: series of points, error bars, levels.

The drawing of everything but `w2s predict --chart`, whose panels share one axis and show outcomes. The same
bytes for the same input; told apart without colour by dashes and markers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite, log10
from xml.sax.saxutils import escape

from verify.charts.marks import (
    FONTS,
    INSIDE,
    LEFT,
    LINE,
    WIDTH,
    Look,
    label,
    marker,
    path,
    stroke,
    wrapped,
)
from verify.charts.scales import Axis

ROOM, FOOT, TICKS = 34, 44, 10  # above a panel for its heading, below it for its axis; marks at most
LOOKS = (  # for series without a look of their own, in the order of the series
    Look("#000", "none", "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z", filled=True),
    Look("#1f5fa8", "8 4", "M-3.6-3.6H3.6V3.6H-3.6Z"),
    Look("#b04a00", "2 3", "M0-4.5L4.2 3.2H-4.2Z"),
    Look("#0b6e4f", "9 3 2 3", "M0-4.5L4.5 0L0 4.5L-4.5 0Z"),
    Look("#7a3b8f", "4 2 1 2 1 2", "M-3.6-3.6L3.6 3.6M3.6-3.6L-3.6 3.6"),
)
Point = tuple[float, float]
_Spot = tuple[float, float, float | None, float | None]  # x, y and the ends of its bar, on the page


@dataclass(frozen=True)
class Series:
    """Points in order, and below and above each `bounds` for an error bar, or for a band if `band`.

    Bounds that are infinite are not drawn; none need be given. What is not finite, and what is not above 0 on
    a log axis, is left out. marks: every how manieth point has a marker, 0 for none; lines: whether
    neighbours are joined.
    """

    name: str
    look: Look
    points: Sequence[Point]
    bounds: Sequence[tuple[float, float]] = ()
    band: bool = False
    marks: int = 1
    lines: bool = True


@dataclass(frozen=True)
class Panel:
    """One panel: what its axes are and in what units, named levels across it, named places along it."""

    heading: str
    across: Axis
    up: Axis
    across_name: str
    series: Sequence[Series]
    levels: Sequence[tuple[float, str]] = ()
    places: Sequence[tuple[float, str]] = ()
    height: float = 200
    columns: int = 3  # of the legend


def axis(values: Sequence[float], log: bool, ends: Sequence[float] = ()) -> Axis:
    """An axis for these values, with some room; `ends` are on it, too, and need no room.

    Values without a place are left out; with none left, the axis is from 1 to 10 or from 0 to 1.
    """

    def places(numbers: Sequence[float]) -> list[float]:
        return [log10(x) if log else x for x in numbers if isfinite(x) and (x > 0 or not log)]

    inner, outer = places(values), places(ends)
    if not inner and not outer:
        return Axis(0.0, 1.0, log)
    if inner:
        room = 0.05 * (max(inner) - min(inner)) or (0.1 if log else 0.5)
        outer += [min(inner) - room, max(inner) + room]
    return Axis(min(outer), max(outer), log)


def to_svg(title: str, head: Sequence[str], panels: Sequence[Panel], below: Sequence[str] = ()) -> str:
    """The drawing; `head` says what is shown, `below` what there is to say about it."""
    opening, closing = wrapped(head), wrapped(below)
    top = 34.0 + LINE * len(opening)
    body = list[str]()
    for panel in panels:
        body += _panel(panel, top)
        top += _tall(panel)
    height = top + 14 + LINE * len(closing)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}"',
            f'  height="{height:g}" role="img" font-family="{FONTS}"',
            '  font-size="12" fill="#222">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape('. '.join([*head, *(p.heading for p in panels), *below]))}.</desc>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            label(LEFT, 26, title, 'font-size="16" font-weight="bold"'),
            *(label(LEFT, 28 + LINE * i, line) for i, line in enumerate(opening, 1)),
            *body,
            *(label(LEFT, top + 12 + LINE * i, line) for i, line in enumerate(closing)),
            "</svg>\n",
        ]
    )


def _keys(panel: Panel) -> int:
    """Lines of the legend."""
    return -(-len(panel.series) // panel.columns)


def _tall(panel: Panel) -> float:
    return ROOM + LINE * _keys(panel) + panel.height + FOOT


def _panel(panel: Panel, top: float) -> Iterator[str]:
    """Heading, legend, ticks; then, clipped, grid, levels, places and series; then a frame."""
    yield label(LEFT, top + 20, panel.heading, 'font-weight="bold"')
    for i, series in enumerate(panel.series):
        x = LEFT + INSIDE / panel.columns * (i % panel.columns)
        y = top + 32 + LINE * (i // panel.columns)
        if series.lines:
            yield f'<path d="M{x:g} {y:g}h30" {stroke(series.look)}/>'
        if series.marks:
            yield marker(series.look, x + 15, y)
        yield label(x + 36, y + 4, series.name)
    start, high = top + ROOM + LINE * _keys(panel), panel.height
    rows, columns = panel.up.ticks(round(high / 28)), panel.across.ticks(TICKS)
    for place, text in rows:
        yield label(LEFT - 6, start + high * (1 - place) + 4, text, 'text-anchor="end"')
    for place, text in columns:
        yield label(LEFT + INSIDE * place, start + high + 15, text, 'text-anchor="middle"')
    yield label(LEFT + INSIDE / 2, start + high + 31, panel.across_name, 'text-anchor="middle"')
    yield f'<svg x="{LEFT}" y="{start:g}" width="{INSIDE}" height="{high:g}">'
    for place, _ in columns:
        yield f'<path d="M{INSIDE * place:.1f} 0V{high:g}" stroke="#e6e6e6"/>'
    for place, _ in rows:
        yield f'<path d="M0 {high * (1 - place):.1f}H{INSIDE}" stroke="#e6e6e6"/>'
    yield from _marked(panel)
    for series in panel.series:
        yield from _series(series, panel)
    yield f'<rect width="{INSIDE}" height="{high:g}" fill="none" stroke="#555"/>'
    yield "</svg>"


def _marked(panel: Panel) -> Iterator[str]:
    """Levels and places, with their names: levels' at the right, places' at the top."""
    for value, name in panel.levels:
        y = _at(panel.up, value, panel.height, down=True)
        yield f'<path d="M0 {y:.1f}H{INSIDE}" stroke="#777" stroke-dasharray="6 2"/>'
        yield label(INSIDE - 6, y - 4 if y > 18 else y + 14, name, 'text-anchor="end" fill="#444"')
    for i, (value, name) in enumerate(panel.places):
        x = _at(panel.across, value, INSIDE)
        yield f'<path d="M{x:.1f} 0V{panel.height:g}" stroke="#777" stroke-dasharray="1 3"/>'
        left = x < INSIDE * 0.6
        anchor = "" if left else ' text-anchor="end"'
        yield label(x + (5 if left else -5), 14 + 14 * i, name, f'fill="#444"{anchor}')


def _at(axis: Axis, value: float, length: float, down: bool = False) -> float:
    place = axis.place(Fraction(value))
    return length * ((1 - place) if down else place)


def _series(series: Series, panel: Panel) -> Iterator[str]:
    """Bars or a band, then the line with gaps where there is no place, then markers."""
    bounds = [*series.bounds] or [(inf, inf)] * len(series.points)
    runs, run = list[list[_Spot]](), list[_Spot]()
    for (x, y), ends in zip(series.points, bounds, strict=True):
        if _placed(panel.across, x) and _placed(panel.up, y):
            low, high = (_end(panel, e) for e in ends) if all(map(isfinite, ends)) else (None, None)
            run.append((_at(panel.across, x, INSIDE), _at(panel.up, y, panel.height, down=True), low, high))
        elif run:
            runs.append(run)
            run = []
    runs += [run] * bool(run)
    for each in runs:
        spans = [(x, low, high) for x, _, low, high in each if low is not None and high is not None]
        if spans and series.band:
            edge = [(x, low) for x, low, _ in spans] + [(x, high) for x, _, high in reversed(spans)]
            yield f'<path class="band" d="{path(edge)}Z" fill="{series.look.colour}" fill-opacity="0.18"/>'
        elif spans:
            bars = "".join(
                f"M{x:.1f} {a:.1f}V{b:.1f}M{x - 3:.1f} {a:.1f}h6M{x - 3:.1f} {b:.1f}h6" for x, a, b in spans
            )
            yield f'<path class="bars" d="{bars}" stroke="{series.look.colour}" stroke-width="1.2"/>'
        if series.lines and len(each) > 1:
            yield f'<path class="line" d="{path([(x, y) for x, y, _, _ in each])}" {stroke(series.look)}/>'
    if series.marks:
        found = [(x, y) for each in runs for x, y, _, _ in each]
        yield from (marker(series.look, *point) for point in found[:: series.marks])


def _end(panel: Panel, value: float) -> float:
    """Where a bound is; one that has no place on a log axis is out of sight below."""
    return _at(panel.up, value, panel.height, down=True) if _placed(panel.up, value) else panel.height + 9


def _placed(axis: Axis, x: float) -> bool:
    return isfinite(x) and (x > 0 or not axis.log)
