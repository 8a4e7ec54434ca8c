"""`w2s predict --chart`: the curves over one sample size, in the terminal, as a figure or as JSON.

What is drawn is in verify/charts/.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from rich.text import Text

from verify.charts.curves import REACH, Curves, against_teacher, curves
from verify.charts.svg import to_svg
from verify.charts.text import BAND, SHADES, SIGNS, plot
from verify.charts.words import sentences
from verify.commands import Stop
from verify.commands._entries import NAMES, RATIOS, described, significant, tables, written
from verify.commands._figures import draw, drawable
from verify.commands._inputs import WIDTH, conclusion, whole
from verify.commands._text import cells, fill
from verify.planning import SIZES
from verify.predictions import Prediction, Range
from verify.targets import Infeasible, Inputs


def usage(over: str | None, low: str | None, high: str | None, to: Path | None) -> None:
    """Refuse options that do not go together, before anything is worked out."""
    if over is None:
        for name, value in (("low", low), ("high", high), ("to", to)):
            if value is not None:
                raise Stop(f"--{name} needs --chart")
    elif over not in SIZES:
        raise Stop(f"--chart must be n or N, not {over!r}")
    drawable("to", to)


def charted(at: Inputs, over: str, low: str | None, high: str | None, precision: int) -> Curves:
    """The curves that the options ask for. Raises Stop."""
    first = (at.d_s if over == "N" else at.d_w) + 2
    size = getattr(at, over)
    least = min(first, size) if low is None else whole("low", low)
    most = REACH * max(first, size) if high is None else whole("high", high)
    if least >= most:
        raise Stop(f"--low {least} must be below --high {most}")
    try:
        return curves(at, over, least, most, conclusion, precision)
    except Infeasible as why:
        raise Stop(f"--low {least}: {why}") from None


def document(drawn: Curves, number: Callable[[Fraction], object]) -> dict[str, object]:
    """The part of the JSON: what a prediction has, as lists with an entry for each size."""
    rows = [tables(p, number) for p in drawn.predictions]
    return {
        "over": drawn.over,
        "sizes": [size if number is float else str(size) for size in drawn.sizes],
        **{key: _listed([row[key] for row in rows]) for key in rows[0]},
        "against_teacher": [against_teacher(p) for p in drawn.predictions],
    }


def _listed(entries: list[object]) -> object:
    """A list of tables as a table of lists."""
    found = [x for x in entries if isinstance(x, dict)]
    return {name: [table[name] for table in found] for name in found[0]} if found else entries


def write(drawn: Curves, to: Path) -> None:
    """Draw to a file, as its suffix says. Raises Stop where that fails."""
    draw("to", to, to_svg(drawn, NAMES, [*described(drawn.at)]))


# ------------------------------------------------------------------------------ in the terminal


def lines(drawn: Curves, said: Sequence[str]) -> Iterator[Text]:
    """The plot, its signs with the values at a few sizes, then sentences, without the notes already said."""
    yield Text()
    for line in plot(drawn, WIDTH):
        yield Text(line)
    yield Text()
    for i, line in enumerate(_table(drawn)):
        yield Text(line, "" if i else "bold")
    yield Text()
    if any(isinstance(x, Range) for model in SIGNS for x in drawn.risk(model)):
        yield Text(f"{BAND} between the two ends of a range", "dim")
    models = {model: NAMES[model] for model in reversed(SIGNS)}
    for sentence in sentences(drawn, models, SHADES):
        if sentence not in said:
            yield from (Text(line, "dim") for line in fill(sentence, WIDTH, "", "  "))


def _table(drawn: Curves) -> list[str]:
    """A row for each model and ratio; as many of the sizes that matter most as there is room for."""
    by_size = dict(zip(drawn.sizes, drawn.predictions, strict=True))
    entries = [*reversed(SIGNS), "pgr", "opr"]
    names = [f"{SIGNS.get(e, ' ')} {NAMES.get(e) or RATIOS[e]}" for e in entries]
    width = max(map(cells, names))
    shown = list[list[str]]()
    chosen = list[int]()
    for size in dict.fromkeys(_telling(drawn)):
        columns = {k: _column(k, by_size[k], entries, drawn.over) for k in sorted([*chosen, size])}
        if width + sum(2 + max(map(cells, column)) for column in columns.values()) <= WIDTH:
            chosen, shown = [*columns], [*columns.values()]
    widths = [max(map(cells, column)) for column in shown]
    rows = zip(["", *names], *shown, strict=True)
    return [
        "  ".join([f"{name:<{width}}", *(f"{x:>{w}}" for x, w in zip(row, widths, strict=True))])
        for name, *row in rows
    ]


def _column(size: int, p: Prediction, entries: list[str], over: str) -> list[str]:
    """A size and its entries."""
    every = {**p.excess_risk, **p.ratios}
    ranged = any(isinstance(every[e], Range) for e in entries)
    number = significant(3 if ranged else 4)
    return [f"{over} = {size}", *(written(every[e], number) for e in entries)]


def _telling(drawn: Curves) -> Iterator[int]:
    """The sizes to tell of, those that matter most first."""
    if drawn.asked is not None:
        yield drawn.asked
    yield from (drawn.sizes[0], drawn.sizes[-1])
    yield from (first for _, first, _ in drawn.against_teacher())
    yield from (last for _, _, last in drawn.against_teacher())
    yield drawn.sizes[len(drawn.sizes) // 2]
