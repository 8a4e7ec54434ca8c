"""The graph of which claim rests on which: its order, what falls with a claim, and drawings of it.

A graph maps each claim to the claims that it cites. A drawing has a column for each layer, so that every
arrow leads to the right, from a claim to one that rests on it; an arrow that passes a column has a lane
there, shared by all arrows from the same claim, so that none is hidden behind a box.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from derivations.claims import Book
from verify.certificate import PASSED, Certificate, weakened

Graph = Mapping[str, Sequence[str]]
Spot = tuple[str, int]  # a claim and a column: its box in its own layer, its lane in later ones

UNKNOWN = "-"  # the verdict and the trust of a claim without a certificate
FILLS = {"passed": "#d5efd8", "refuted": "#f3b3b0", "undecided": "#fdebb5", "not_applicable": "#e4e4ea"}
UNCHECKED = "#ffffff"
# Of a claim that passed the trust, too: the more, the darker and the less broken its border, so that it is
# read without colours.
TRUSTED = {
    "proved": ("#a6d9ae", "none"),
    "enclosed": ("#c9e2f5", "none"),
    "supported": ("#e9e6f8", "7 2"),
    "supported-assumed-variance": ("#fdf3cf", "2 2"),
}

WIDTH, MARGIN, BOX, LETTERS = 900, 12, 128, 16  # LETTERS of an id fit on a line of a box
LINE, PADDING, BETWEEN, LANE, NARROWEST = 14, 6, 10, 6, 40  # NARROWEST: the room between columns
SWEEPS = 12


class Node(NamedTuple):
    """A claim with what is known of it."""

    id: str
    verdict: str
    trust: str
    depends: tuple[str, ...]


class Box(NamedTuple):
    """Where a claim is drawn: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


# ------------------------------------------------------------------------------------ the graph


def order(depends: Graph) -> tuple[str, ...]:
    """The claims, each after everything that it rests on. Raises ValueError where one rests on itself."""
    return tuple(TopologicalSorter(depends).static_order())


def dependents(depends: Graph, id: str) -> dict[str, int]:
    """Every claim that rests on a claim, nearest first, with the length of the shortest path to it."""
    found, queue = {id: 0}, [id]
    for name in queue:  # it grows
        for above, below in depends.items():
            if name in below and above not in found:
                found[above] = found[name] + 1
                queue.append(above)
    return {name: distance for name, distance in found.items() if name != id}


def falling_with(nodes: Iterable[Node], falls: str | None) -> dict[str, int]:
    """What falls with a claim, and how far away it is; nothing where no claim is asked about."""
    return {} if falls is None else dependents({n.id: n.depends for n in nodes}, falls)


def layers(depends: Graph) -> dict[str, int]:
    """The length of the longest path below each claim, so that a claim is above all that it rests on."""
    level: dict[str, int] = {}
    for id in order(depends):
        level[id] = max((level[d] + 1 for d in depends[id]), default=0)
    return level


def nodes_of(book: Book, certificates: Mapping[str, Certificate]) -> list[Node]:
    """The claims, each after all that it rests on; a trust is limited by every certificate underneath."""
    nodes, shown = [], dict[str, Certificate]()
    for id in order({id: book.theorem(id).depends for id in book.claims}):
        depends = book.theorem(id).depends
        if id not in certificates:
            nodes.append(Node(id, UNKNOWN, UNKNOWN, depends))
            continue
        shown[id] = weakened(replace(certificates[id], depends=book.ancestors(id)), shown)
        nodes.append(Node(id, shown[id].verdict, shown[id].trust, depends))
    return nodes


# ----------------------------------------------------------------------------------- the layout


class Layout(NamedTuple):
    """Where everything is: boxes, what each arrow (dependency, dependent) passes, and where that is."""

    boxes: dict[str, Box]
    arrows: dict[tuple[str, str], list[Spot]]
    centres: dict[Spot, float]  # how far down
    lefts: list[float]  # of the columns
    width: float
    height: float


def layout(depends: Graph, box_height: float) -> Layout:
    """Columns by layer, each ordered by the mean height of what its spots are joined to, and centred."""
    level = layers(depends)
    arrows = {(d, id): _spots(d, id, level) for id, below in depends.items() for d in below}
    heights = {(id, level[id]): box_height for id in depends}
    heights |= {spot: LANE for spots in arrows.values() for spot in spots if spot not in heights}
    count = max(level.values(), default=0) + 1
    columns = [[spot for spot in heights if spot[1] == c] for c in range(count)]
    centres = _arranged(columns, arrows.values(), heights)
    gap = max(NARROWEST, (WIDTH - 2 * MARGIN - count * BOX) / max(count - 1, 1))
    lefts = [MARGIN + c * (BOX + gap) for c in range(count)]
    boxes = {id: Box(lefts[c], centres[id, c] - box_height / 2, BOX, box_height) for id, c in level.items()}
    bottom = max((centres[spot] + heights[spot] / 2 for spot in centres), default=MARGIN)
    return Layout(boxes, arrows, centres, lefts, max(WIDTH, lefts[-1] + BOX + MARGIN), bottom + MARGIN)


def _spots(start: str, end: str, level: Mapping[str, int]) -> list[Spot]:
    """What an arrow passes: the box that it leaves, lanes, and the box that it reaches."""
    return [*((start, c) for c in range(level[start], level[end])), (end, level[end])]


def _arranged(
    columns: list[list[Spot]], arrows: Iterable[list[Spot]], heights: Mapping[Spot, float]
) -> dict[Spot, float]:
    """The centres of all spots after sweeps to the right, by what is on the left, and back."""
    joined: dict[int, defaultdict[Spot, dict[Spot, None]]] = {1: defaultdict(dict), -1: defaultdict(dict)}
    for spots in arrows:
        for left, right in pairwise(spots):
            joined[1][right][left] = joined[-1][left][right] = None  # ordered sets: sums are reproducible
    tallest = max(_tall(column, heights) for column in columns)
    centres = {spot: y for column in columns for spot, y in _stacked(column, heights, tallest).items()}
    for sweep in range(SWEEPS):
        direction = -1 if sweep % 2 else 1
        for column in columns[::direction]:
            beside = {spot: joined[direction][spot] or [spot] for spot in column}
            column.sort(key=lambda s: (sum(centres[b] for b in beside[s]) / len(beside[s]), centres[s]))
            centres |= _stacked(column, heights, tallest)
    return centres


def _tall(column: Sequence[Spot], heights: Mapping[Spot, float]) -> float:
    return sum(heights[spot] + BETWEEN for spot in column) - BETWEEN


def _stacked(column: Sequence[Spot], heights: Mapping[Spot, float], tallest: float) -> dict[Spot, float]:
    """The centres of a column's spots, one below the other, in the middle of the drawing's height."""
    centres, y = {}, MARGIN + (tallest - _tall(column, heights)) / 2
    for spot in column:
        centres[spot] = y + heights[spot] / 2
        y += heights[spot] + BETWEEN
    return centres


# --------------------------------------------------------------------------------- the drawings


def short(node: Node) -> tuple[str, str]:
    """Verdict and trust as `w2s verify` abbreviates them: an asterisk for an assumed variance."""
    verdict = "n/a" if node.verdict == "not_applicable" else node.verdict
    return verdict, node.trust.replace(" (assumed variance)", "*")


def to_dot(nodes: Sequence[Node], falls: str | None = None) -> str:
    """Source for Graphviz; what falls with a claim has a double border and says so."""
    distance = falling_with(nodes, falls)
    lines = ["digraph claims {", "  rankdir=LR;", '  node [shape=box, style=filled, fontname="monospace"];']
    for n in nodes:
        label = "\\n".join([n.id, *_status(n, falls, distance)])
        double = ", peripheries=2" if n.id == falls or n.id in distance else ""
        lines.append(f'  "{n.id}" [label="{label}", fillcolor="{FILLS.get(n.verdict, UNCHECKED)}"{double}];')
    lines += [f'  "{d}" -> "{n.id}";' for n in nodes for d in n.depends]
    return "\n".join([*lines, "}"]) + "\n"


def _status(n: Node, falls: str | None, distance: Mapping[str, int]) -> list[str]:
    """The lines below an id: what is known of the claim, and whether it falls."""
    known = "not checked" if n.verdict == UNKNOWN else " · ".join(short(n))
    if n.id == falls:
        return [known, "taken away"]
    return [known, f"falls, {distance[n.id]} away"] if n.id in distance else [known]


def to_svg(nodes: Sequence[Node], falls: str | None = None, link: Callable[[str], str] | None = None) -> str:
    """A drawing that needs nothing else: a claim is a group with an id, a title, classes by what is known.

    With `link`, the address of a claim's page by its id, each claim leads to its page.
    """
    distance = falling_with(nodes, falls)
    texts = {n.id: (textwrap.wrap(n.id, LETTERS), _status(n, falls, distance)) for n in nodes}
    most = max((len(name) + len(status) for name, status in texts.values()), default=0)
    places = layout({n.id: n.depends for n in nodes}, most * LINE + 2 * PADDING)
    marked = {*distance, falls}
    return "\n".join(
        [
            *_opening(places, falls),
            *(_arrow(places, *pair, pair[0] in marked) for pair in places.arrows),
            *(
                line
                for n in nodes
                for line in _linked(n.id, link, _group(n, places.boxes[n.id], *texts[n.id], n.id in marked))
            ),
            *_legend(nodes, places.height),
            "</svg>\n",
        ]
    )


def _opening(places: Layout, falls: str | None) -> Iterator[str]:
    """The size, what the drawing is, and its looks, kept to it by a class in case that a page contains it."""
    width, height = round(places.width), round(places.height + 2 * LINE)
    title = "Which claim rests on which" + (f", and what falls with {falls}" if falls else "")
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="w2s-graph" viewBox="0 0 {width} {height}"'
    yield f'  width="{width}" height="{height}" role="group" font-family="monospace" font-size="10">'
    yield f"<title>{escape(title)}</title>"
    yield "<style>"
    yield f".w2s-graph .claim rect {{ fill: {UNCHECKED}; stroke: #555; }}"
    yield from (f".w2s-graph .{verdict} rect {{ fill: {fill}; }}" for verdict, fill in FILLS.items())
    for trust, (fill, dashes) in TRUSTED.items():
        yield f".w2s-graph .passed.{trust} rect {{ fill: {fill}; stroke-dasharray: {dashes}; }}"
    yield ".w2s-graph .refuted rect { stroke-width: 2.5; }"
    yield ".w2s-graph .undecided rect, .w2s-graph .unchecked rect { stroke-dasharray: 5 3; }"
    yield ".w2s-graph .falls rect { stroke: #a00; stroke-width: 2.5; }"
    yield ".w2s-graph .arrow { fill: none; stroke: #8a8a8a; }"
    yield ".w2s-graph .arrow.falls { stroke: #a00; }"
    yield "</style>"
    yield '<rect width="100%" height="100%" fill="#fff"/>'
    yield '<marker id="w2s-graph-head" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6"'
    yield '  orient="auto"><path d="M0 0L6 3L0 6z" fill="#555"/></marker>'


def _arrow(places: Layout, start: str, end: str, falls: bool) -> str:
    """A curve between columns, straight along its lanes."""
    first, *rest = places.arrows[start, end]
    x, y = places.lefts[first[1]] + BOX, places.centres[first]
    path = f"M{x:.1f} {y:.1f}"
    for spot in rest:
        left, height = places.lefts[spot[1]], places.centres[spot]
        middle = (x + left) / 2
        path += f"C{middle:.1f} {y:.1f} {middle:.1f} {height:.1f} {left:.1f} {height:.1f}"
        x, y = left + BOX, height
        path += f"H{x:.1f}" if spot != rest[-1] else ""
    title = escape(f"{end} rests on {start}")
    kind = "arrow falls" if falls else "arrow"
    return (
        f'<path class="{kind}" data-from={quoteattr(start)} data-to={quoteattr(end)} d="{path}" '
        f'marker-end="url(#w2s-graph-head)"><title>{title}</title></path>'
    )


def _linked(id: str, link: Callable[[str], str] | None, lines: Iterable[str]) -> Iterator[str]:
    """What is drawn of a claim, inside a link to its page if there is one."""
    if link is None:
        yield from lines
    else:
        yield f"<a href={quoteattr(link(id))}>"
        yield from lines
        yield "</a>"


def _group(n: Node, box: Box, name: list[str], status: list[str], falls: bool) -> Iterator[str]:
    """The box of a claim."""
    known = "unchecked" if n.verdict == UNKNOWN else n.verdict
    known += f" {_slug(n.trust)}" if n.verdict == PASSED else ""
    kind = f"claim {known} falls" if falls else f"claim {known}"
    said = ", ".join(status)
    rests = f"; rests on {', '.join(n.depends)}" if n.depends else ""
    yield f'<g id={quoteattr("claim-" + n.id)} class="{kind}" role="img">'
    yield f"<title>{escape(f'{n.id}: {said}{rests}')}</title>"
    yield f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width}" height="{box.height}" rx="4"/>'
    y = box.y + (box.height - LINE * (len(name) + len(status))) / 2 - 3
    for i, text in enumerate([*name, *status], 1):
        looks = ' font-size="12" font-weight="bold"' if i <= len(name) else ""
        yield f'<text x="{box.x + PADDING:.1f}" y="{y + i * LINE:.1f}"{looks}>{escape(text)}</text>'
    yield "</g>"


def _slug(trust: str) -> str:
    """A trust as the name of a class."""
    return "-".join(re.findall("[a-z]+", trust))


def _legend(nodes: Iterable[Node], y: float) -> Iterator[str]:
    words = "An arrow leads from a claim to one that rests on it. In a box: the last verdict · its trust."
    if any("*" in short(n)[1] for n in nodes):
        words += " * variance assumed"
    yield f'<text x="{MARGIN}" y="{y + LINE:.1f}" fill="#333">{words}</text>'
