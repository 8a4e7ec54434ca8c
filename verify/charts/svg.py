"""A chart as SVG: excess risk, PGR and OPR over one size, in three panels one below the other.

It needs nothing else, has no ids (a page may contain several) and is the same bytes for the same input. Dash
patterns and markers differ, so that it is read without colour.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from xml.sax.saxutils import escape

from verify.charts.curves import LOSES, TIES, WINS, Curves, Spot, stretches, values
from verify.charts.scales import Axis, linear_axis, log_axis, sizes_axis
from verify.charts.words import sentences
from verify.predictions import Entry

WIDTH, LEFT, RIGHT, LINE, LETTERS = 760, 64, 24, 16, 88  # LETTERS fit on a line, be they digits
INSIDE = WIDTH - LEFT - RIGHT
HIGH, SMALL, BETWEEN = 300, 110, 40  # the heights of the panels, and the room above each
FONTS = "Helvetica, Arial, Liberation Sans, DejaVu Sans, Noto Sans, sans-serif"
HALF = Fraction(1, 2)
EVERY = 7  # sizes from marker to marker
LEAST, MOST = -1, 2  # of PGR: near the size where the ceiling equals the teacher it has no bounds


@dataclass(frozen=True)
class Look:
    """How a curve is told from the others: its colour, its dashes, its marker (a path around the origin)."""

    colour: str
    dashes: str
    marker: str
    filled: bool = False


LOOKS = {  # in the order in which they are drawn
    "strong_ceiling": Look("#0b6e4f", "9 3 2 3", "M0-4.5L4.5 0L0 4.5L-4.5 0Z"),
    "strong_baseline": Look("#b04a00", "2 3", "M0-4.5L4.2 3.2H-4.2Z"),
    "weak": Look("#1f5fa8", "8 4", "M-3.6-3.6H3.6V3.6H-3.6Z"),
    "w2s": Look("#000", "none", "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z", filled=True),
}


@dataclass(frozen=True)
class Panel:
    """What is drawn in one panel, on what axis (None: no value has a place), and from where to where down."""

    heading: str
    series: Mapping[str, tuple[Entry, ...]]
    axis: Axis | None
    level: int | None  # a value to compare with
    top: float
    height: float


def to_svg(curves: Curves, names: Mapping[str, str], inputs: Sequence[str]) -> str:
    """The drawing; `names` has the models' names, `inputs` lines that say where the curves are."""
    models = {model: names[model] for model in reversed(LOOKS)}
    head = _lines(inputs)
    said = [*sentences(curves, models, {})]
    below = _lines(said)
    across = sizes_axis(curves.sizes[0], curves.sizes[-1])
    legend = 36 + LINE * len(head) + 8
    panels = _panels(curves, legend + 3 * LINE)
    floor = panels[-1].top + panels[-1].height
    height = floor + 48 + LINE * len(below)
    title = f"Excess risk, PGR and OPR over {curves.over}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}"',
            f'  height="{height:g}" role="img" font-family="{FONTS}"',
            '  font-size="12" fill="#222">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape('. '.join([*inputs, *said]))}.</desc>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            written(LEFT, 26, title, 'font-size="16" font-weight="bold"'),
            *(written(LEFT, 28 + LINE * i, line) for i, line in enumerate(head, 1)),
            *_legend(curves, models, legend),
            *(line for panel in panels for line in _panel(curves, panel, across)),
            *_bottom(across, floor, curves.over),
            *(written(LEFT, floor + 42 + LINE * i, line) for i, line in enumerate(below, 1)),
            "</svg>\n",
        ]
    )


def _panels(curves: Curves, below: float) -> list[Panel]:
    """The three panels."""
    risks = {model: curves.risk(model) for model in LOOKS}
    pgr, opr = curves.ratio("pgr"), curves.ratio("opr")
    share = linear_axis(values(pgr), LEAST, MOST)
    cut = [f"below {LEAST}".replace("-", "−")] * any(x < LEAST for x in values(pgr))
    cut += [f"above {MOST}"] * any(x > MOST for x in values(pgr))
    outside = f"; cut off {' and '.join(cut)}" if cut else ""
    tops = [below + BETWEEN, below + 2 * BETWEEN + HIGH, below + 3 * BETWEEN + HIGH + SMALL]
    return [
        Panel("Excess risk E(f − f*)² in squared units of y (log scale)", risks,
              log_axis(values(chain.from_iterable(risks.values()))), None, tops[0], HIGH),
        Panel(f"PGR: how much of the gap from teacher to ceiling the student closes{outside}", {"w2s": pgr},
              share, 0, tops[1], SMALL),
        Panel("OPR: the baseline's risk over the student's (log scale)", {"w2s": opr},
              log_axis([*values(opr), *([Fraction(1)] if values(opr) else [])]), 1, tops[2], SMALL),
    ]  # fmt: skip


def _lines(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, LETTERS, break_on_hyphens=False)]


def written(x: float, y: float, text: str, more: str = "") -> str:
    """A text at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}"{" " if more else ""}{more}>{escape(text)}</text>'


# ------------------------------------------------------------------------------------ one panel


def _panel(curves: Curves, panel: Panel, across: Axis) -> Iterator[str]:
    """Heading and ticks, then, clipped to the panel, what is behind the curves, the curves, and a frame."""
    yield written(LEFT, panel.top - 8, panel.heading)
    marks = panel.axis.ticks(round(panel.height / 30)) if panel.axis else []
    for place, text in marks:
        yield written(LEFT - 6, panel.top + panel.height * (1 - place) + 4, text, 'text-anchor="end"')
    yield f'<svg x="{LEFT}" y="{panel.top:g}" width="{INSIDE}" height="{panel.height:g}">'
    yield from _fares(curves, across, panel.height)
    for place, _ in across.ticks(12):
        yield f'<path d="M{INSIDE * place:.1f} 0V{panel.height:g}" stroke="#e2e2e2"/>'
    for place, _ in marks:
        yield f'<path d="M0 {panel.height * (1 - place):.1f}H{INSIDE}" stroke="#e2e2e2"/>'
    if panel.axis and panel.level is not None:
        y = panel.height * (1 - panel.axis.place(panel.level))
        yield f'<path d="M0 {y:.1f}H{INSIDE}" stroke="#888"/>'
    if curves.asked is not None:
        yield f'<path d="M{INSIDE * across.place(curves.asked):.1f} 0V{panel.height:g}" {_ASKED}/>'
    if panel.axis:
        for model, entries in panel.series.items():
            yield from _curve(curves, LOOKS[model], entries, across, panel.axis, panel.height)
    else:
        yield written(12, 24, "none at any of these sizes")
    yield f'<rect width="{INSIDE}" height="{panel.height:g}" fill="none" stroke="#555"/>'
    yield "</svg>"


_MARKS = {LOSES: "the student loses to its teacher", None: "the student may lose to its teacher"}
_ASKED = 'stroke="#444" stroke-width="1.2" stroke-dasharray="1 3"'


def _fares(curves: Curves, across: Axis, height: float) -> Iterator[str]:
    """Shades where the student loses to its teacher, stripes where that is open; a size is one wide."""
    for outcome, first, last in curves.against_teacher():
        if outcome not in (WINS, TIES):
            half = [INSIDE * across.place(x) for x in (first - HALF, last + HALF)]
            yield _shade(outcome, max(half[0], 0), 0, min(half[1], INSIDE), height)


def _shade(outcome: str | None, left: float, top: float, right: float, height: float) -> str:
    if outcome == LOSES:
        return (
            f'<rect class="loses" x="{left:.1f}" y="{top:g}" width="{right - left:.1f}" height="{height:g}" '
            'fill="#ddd"/>'
        )
    stripes = "".join(
        f"M{left + 1 + 6 * i:.1f} {top:g}v{height:g}" for i in range(1 + int((right - left) / 6))
    )
    return f'<path class="open" d="{stripes}" stroke="#ccc"/>'


def _curve(
    curves: Curves, look: Look, entries: Iterable[Entry], across: Axis, axis: Axis, height: float
) -> Iterator[str]:
    """A line for each end of what an entry may be, a band between them, a gap where there is no number."""
    for run in stretches(curves.sizes, entries, positive=axis.log):
        xs = [INSIDE * across.place(size) for size, _, _ in run]
        lower, upper = ([height * (1 - axis.place(spot[i])) for spot in run] for i in (1, 2))
        lines = [[*zip(xs, ys, strict=True)] for ys in ([upper, lower] if lower != upper else [upper])]
        if len(lines) == 2:
            around = polyline([*lines[0], *reversed(lines[1])])
            yield f'<path class="band" d="{around}Z" fill="{look.colour}" fill-opacity="0.15"/>'
        for line in lines:
            yield f'<path class="line" d="{polyline(line)}" {stroke(look)}/>'
            yield from (marker(look, *point) for point in _marked(curves, run, line))


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """The path through these points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def stroke(look: Look) -> str:
    """How the line of a curve is drawn."""
    width = 2.2 if look.filled else 1.6
    return f'fill="none" stroke="{look.colour}" stroke-width="{width}" stroke-dasharray="{look.dashes}"'


def marker(look: Look, x: float, y: float) -> str:
    """The marker of a curve at a place."""
    fill = look.colour if look.filled else "#fff"
    return (
        f'<path class="marker" d="{look.marker}" transform="translate({x:.1f} {y:.1f})" fill="{fill}" '
        f'stroke="{look.colour}" stroke-width="1.4"/>'
    )


def _marked(
    curves: Curves, run: Sequence[Spot], line: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """The points with a marker: some, the size asked for among them, and one that would be alone."""
    phase = 0 if curves.asked is None else curves.sizes.index(curves.asked)
    marked = {*curves.sizes[phase % EVERY :: EVERY]}
    for (size, _, _), point in zip(run, line, strict=True):
        if size in marked or len(run) == 1:
            yield point


# ------------------------------------------------------------------------------- around the panels


def _bottom(across: Axis, floor: float, over: str) -> Iterator[str]:
    """The ticks of the sizes, and what they are."""
    what = {"n": "labelled samples", "N": "unlabelled samples, with pseudo-labels"}[over]
    for place, text in across.ticks(12):
        yield written(LEFT + INSIDE * place, floor + 16, text, 'text-anchor="middle"')
    yield written(LEFT + INSIDE / 2, floor + 34, f"{over}, {what} (log scale)", 'text-anchor="middle"')


def _legend(curves: Curves, models: Mapping[str, str], top: float) -> Iterator[str]:
    """The curves in two columns, and in a third what else is marked."""
    for i, (model, name) in enumerate(models.items()):
        x, y = LEFT + 200 * (i // 2), top + LINE * (i % 2 + 0.5)
        yield f'<path d="M{x} {y:g}h40" {stroke(LOOKS[model])}/>'
        yield marker(LOOKS[model], x + 20, y)
        yield written(x + 48, y + 4, name)
    outcomes = {outcome for outcome, _, _ in curves.against_teacher()}
    marks = [(outcome, text) for outcome, text in _MARKS.items() if outcome in outcomes]
    x = LEFT + 400
    for i, (outcome, text) in enumerate(marks):
        yield _shade(outcome, x, top + LINE * i + 2, x + 40, LINE - 4)
        yield written(x + 48, top + LINE * i + 12, text)
    if curves.asked is not None:
        y = top + LINE * len(marks)
        yield f'<path d="M{x + 20} {y + 1:g}v{LINE - 2}" {_ASKED}/>'
        yield written(x + 48, y + 12, _short(curves.over, curves.asked))


def _short(over: str, size: int) -> str:
    """A size for the legend; the inputs above have all its digits."""
    return f"{over} = {size}" if size < 10**20 else f"{over} given"
