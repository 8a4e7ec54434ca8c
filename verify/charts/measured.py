"""What a simulation measured, as SVG: points with error bars over the exact curves, a column for each facet.

Above the four models' excess risks, below PGR and OPR. Points and curves share their colour and marker with
the chart of `w2s predict`; a bar is two standard errors either way and is often smaller than its marker.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from xml.sax.saxutils import escape

from verify.charts.marks import FONTS, LINE, label, marker, path, stroke
from verify.charts.scales import MARGIN, Axis, linear_axis, log_axis, magnitude
from verify.charts.svg import LEAST, LOOKS, MOST

COLUMN, LEFT, RIGHT, GAP = 280, 60, 20, 24
HIGH, SMALL, BETWEEN, TOP = 260, 110, 34, 92
LETTERS = 40  # of a line, above one column
BARS = 2  # standard errors either way


@dataclass(frozen=True)
class Spot:
    """A measured value and its standard error, which may be unknown, at a place of the axis."""

    at: Fraction
    value: float
    error: float | None


@dataclass(frozen=True)
class Facet:
    """One column: what it is about, and by quantity what was measured and the exact curve (place, value)."""

    heading: str
    measured: Mapping[str, Sequence[Spot]]
    curves: Mapping[str, Sequence[tuple[Fraction, float]]]


def to_svg(
    title: str, over: str, what: str, facets: Sequence[Facet], names: Mapping[str, str], said: Sequence[str]
) -> str:
    """The drawing. over: the name of the axis, what: its meaning; said: lines above the panels."""
    across = _across([s.at for f in facets for spots in f.measured.values() for s in spots])
    lines = _wrapped(said, len(facets))
    width = LEFT + RIGHT + len(facets) * COLUMN + (len(facets) - 1) * GAP
    top = TOP + LINE * len(lines)
    groups = [
        (tuple(LOOKS), HIGH, "Excess risk E(f − f*)²"),
        (("pgr",), SMALL, "PGR"),
        (("opr",), SMALL, "OPR"),
    ]
    body, y = list[str](), float(top)
    for quantities, height, heading in groups:
        axis = _axis(facets, quantities)
        for i, facet in enumerate(facets):
            x = LEFT + i * (COLUMN + GAP)
            above = f"{heading}, {facet.heading}" if facet.heading else heading
            body += _panel(x, y, height, above, facet, quantities, across, axis, labels=i == 0)
        y += height + BETWEEN
    floor = y - BETWEEN
    for i in range(len(facets)):
        x = LEFT + i * (COLUMN + GAP)
        for place, mark in across.ticks(6):
            body.append(label(x + COLUMN * place, floor + 16, mark, 'text-anchor="middle"'))
        body.append(label(x + COLUMN / 2, floor + 34, f"{over}, {what}", 'text-anchor="middle"'))
    described = ". ".join(x.rstrip(".") for x in (title, *said))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {floor + 46:g}" width="{width}"',
            f'  height="{floor + 46:g}" role="img" font-family="{FONTS}"',
            '  font-size="12" fill="#222">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(described)}.</desc>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            label(LEFT, 26, title, 'font-size="16" font-weight="bold"'),
            *(label(LEFT, 28 + LINE * k, line) for k, line in enumerate(lines, 1)),
            *_legend(names, 34 + LINE * len(lines)),
            *body,
            "</svg>\n",
        ]
    )


def _wrapped(lines: Sequence[str], columns: int) -> list[str]:
    """Lines that fit above so many columns."""
    room = LETTERS * columns
    return [part for line in lines for part in textwrap.wrap(line, room, break_on_hyphens=False)]


def _across(places: Sequence[Fraction]) -> Axis:
    """A log axis for places that differ by much, else a linear one; with room for the outermost markers."""
    least, most = min(places), max(places)
    log = least > 0 and most >= 4 * least
    low, high = (magnitude(least), magnitude(most)) if log else (float(least), float(most))
    room = MARGIN * (high - low) or 1.0
    return Axis(low - room, high + room, log=log)


def _axis(facets: Sequence[Facet], quantities: Sequence[str]) -> Axis | None:
    """The axis that the panels of a row share: of all that is drawn there."""
    every = [
        Fraction(v)
        for f in facets
        for q in quantities
        for v in chain((s.value for s in f.measured.get(q, ())), (v for _, v in f.curves.get(q, ())))
    ]
    return linear_axis(every, LEAST, MOST) if quantities == ("pgr",) else log_axis(every)


def _panel(
    x: float,
    y: float,
    height: float,
    heading: str,
    facet: Facet,
    quantities: Sequence[str],
    across: Axis,
    axis: Axis | None,
    *,
    labels: bool,
) -> Iterator[str]:
    """One panel; the numbers of its axis only on the left of a row."""
    yield label(x, y - 8, heading)
    marks = axis.ticks(round(height / 30)) if axis else []
    for place, mark in marks if labels else []:
        yield label(x - 6, y + height * (1 - place) + 4, mark, 'text-anchor="end"')
    yield f'<svg x="{x:g}" y="{y:g}" width="{COLUMN}" height="{height:g}">'
    for place, _ in across.ticks(6):
        yield f'<path d="M{COLUMN * place:.1f} 0V{height:g}" stroke="#e2e2e2"/>'
    for place, _ in marks:
        yield f'<path d="M0 {height * (1 - place):.1f}H{COLUMN}" stroke="#e2e2e2"/>'
    for quantity in quantities if axis else ():
        yield from _series(facet, quantity, across, axis, height)  # type: ignore[arg-type]  # there is one
    yield f'<rect width="{COLUMN}" height="{height:g}" fill="none" stroke="#555"/>'
    yield "</svg>"


def _series(facet: Facet, quantity: str, across: Axis, axis: Axis, height: float) -> Iterator[str]:
    """The exact curve of a quantity, and over it the measured points."""
    look = LOOKS.get(quantity, LOOKS["w2s"])

    def down(value: float) -> float:
        return height * (1 - axis.place(Fraction(value)))

    curve = [(COLUMN * across.place(at), down(v)) for at, v in facet.curves.get(quantity, ())]
    if len(curve) > 1:
        yield f'<path class="exact" d="{path(curve)}" {stroke(look)}/>'
    for spot in facet.measured.get(quantity, ()):
        at = COLUMN * across.place(spot.at)
        if spot.error is not None:
            low, high = down(spot.value - BARS * spot.error), down(spot.value + BARS * spot.error)
            line = f'd="M{at:.1f} {low:.2f}V{high:.2f}" stroke="{look.colour}" stroke-width="3"'
            yield f'<path class="bar" {line}/>'
        yield marker(look, at, down(spot.value))


def _legend(names: Mapping[str, str], top: float) -> Iterator[str]:
    """The models, two in a line."""
    for i, (model, name) in enumerate(names.items()):
        x, y = LEFT + 150 * (i % 2), top + LINE * (i // 2 + 0.5)
        yield f'<path d="M{x} {y:g}h28" {stroke(LOOKS[model])}/>'
        yield marker(LOOKS[model], x + 14, y)
        yield label(x + 34, y + 4, name)
