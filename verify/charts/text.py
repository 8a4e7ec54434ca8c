"""A chart in characters: each model has a sign of its own, so that no colour is needed."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from verify.charts.curves import LOSES, TIES, WINS, Curves, Spot, stretches, values
from verify.charts.scales import Axis, log_axis, sizes_axis

ROWS = 17
# In the order in which they are drawn; where two share a cell, columns take turns.
SIGNS = {"strong_ceiling": "×", "strong_baseline": "+", "weak": "○", "w2s": "●"}
BAND, ASKED = "░", "┊"
SHADES = {LOSES: "▓", None: "?"}
Cells = list[list[str]]  # the signs drawn in each row, from the bottom, and column


def plot(curves: Curves, width: int) -> list[str]:
    """Lines of at most `width` columns: the excess risks over n or N, both on log axes."""
    across = sizes_axis(curves.sizes[0], curves.sizes[-1])
    up = log_axis(values(chain.from_iterable(map(curves.risk, SIGNS))))
    if up is None:
        return ["There is nothing to draw: no excess risk is a positive number."]
    marks = {round(place * (ROWS - 1)): text for place, text in up.ticks(ROWS // 2)}
    gutter = max(map(len, marks.values()))
    columns = width - gutter - 2
    rows = [
        f"{marks.get(r, ''):>{gutter}} {'┤' if r in marks else '│'}{_joined(cells)}"
        for r, cells in enumerate(_filled(curves, across, up, columns))
    ]
    ticks = [(round(place * (columns - 1)), text) for place, text in across.ticks(columns // 9)]
    indent = " " * (gutter + 1)
    return [
        "excess risk (log scale)",
        *(row.rstrip() for row in reversed(rows)),
        f"{indent}└{_floor(curves, across, columns, [column for column, _ in ticks])}",
        f"{indent} {_centred(ticks, columns)}",
        f"{indent} {_centred([*_below(curves, across, columns)], columns)}",
    ]


def _filled(curves: Curves, across: Axis, up: Axis, columns: int) -> Cells:
    """The curves, each unbroken between neighbouring sizes, with bands and the size asked for behind them."""
    cells: Cells = [[""] * columns for _ in range(ROWS)]
    behind: Cells = [[" "] * columns for _ in range(ROWS)]
    if curves.asked is not None:
        column = round(across.place(curves.asked) * (columns - 1))
        for row in behind:
            row[column] = ASKED
    for model, sign in SIGNS.items():
        for run in stretches(curves.sizes, curves.risk(model), positive=True):
            for column, low, high in _traced(run, across, up, columns):
                for r in {*low, *high} & {*range(ROWS)}:
                    cells[r][column] += sign
                for r in range(max(0, max(low) + 1), min(ROWS, min(high))):
                    behind[r][column] = BAND
    return [[cell or b for cell, b in zip(*rows, strict=True)] for rows in zip(cells, behind, strict=True)]


def _traced(
    run: Sequence[Spot], across: Axis, up: Axis, columns: int
) -> Iterator[tuple[int, list[int], list[int]]]:
    """In each column the rows of the lower end and those of the upper; steep lines take several."""
    xs = [across.place(size) * (columns - 1) for size, _, _ in run]
    lower, upper = ([up.place(spot[i]) * (ROWS - 1) for spot in run] for i in (1, 2))
    before: tuple[int, int] | None = None
    for column in range(round(xs[0]), round(xs[-1]) + 1):
        here = round(np.interp(column, xs, lower)), round(np.interp(column, xs, upper))
        low, high = ([*_climb(a, b)] for a, b in zip(before or here, here, strict=True))
        yield column, low, high
        before = here


def _climb(before: int, row: int) -> range:
    """The rows that join a row to the one in the column before."""
    if row > before:
        return range(before + 1, row + 1)
    return range(row, before) if row < before else range(row, row + 1)


def _joined(cells: Sequence[str]) -> str:
    return "".join(signs[column % len(signs)] for column, signs in enumerate(cells))


def _floor(curves: Curves, across: Axis, columns: int, ticks: Iterable[int]) -> str:
    """The axis below: where the student loses to its teacher, where that is open, and the ticks elsewhere."""
    floor = ["─"] * columns
    for column in ticks:
        floor[column] = "┬"
    for outcome, first, last in curves.against_teacher():
        if outcome not in (WINS, TIES):
            start, end = (round(across.place(size) * (columns - 1)) for size in (first, last))
            floor[start : end + 1] = SHADES[outcome] * (end + 1 - start)
    return "".join(floor)


def _below(curves: Curves, across: Axis, columns: int) -> Iterator[tuple[int, str]]:
    """The size asked for, and what the axis is."""
    title, over = f"{curves.over} (log scale)", curves.over
    if curves.asked is not None:
        column, text = round(across.place(curves.asked) * (columns - 1)), f"{over} = {curves.asked}"
        if column < columns / 2:
            yield from ((column + len(text) // 2 + 1, f"▲ {text}"), (columns, title))
        else:
            yield from ((column - len(text) // 2 - 1, f"{text} ▲"), (0, title))
    else:
        yield columns, title


def _centred(texts: Iterable[tuple[int, str]], columns: int) -> str:
    """Texts on one line, each centred at its column as far as the ends allow; none that would overlap."""
    line = " " * columns
    for column, text in texts:
        start = min(max(column - len(text) // 2, 0), columns - len(text))
        if not line[max(start - 1, 0) : start + len(text) + 1].strip():
            line = line[:start] + text + line[start + len(text) :]
    return line.rstrip()
