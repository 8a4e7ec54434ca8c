"""`w2s predict`: the theory's numbers at given dimensions and sample sizes, as a table or JSON.

The mathematics is in verify/predictions.py and verify/targets.py.
"""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from verify.charts.curves import REACH
from verify.commands import Stop
from verify.commands._chart import charted, lines, usage, write
from verify.commands._chart import document as charts
from verify.commands._entries import NAMES, RATIOS, described, significant, tables, written
from verify.commands._inputs import (
    WIDTH,
    BeyondStrong,
    BeyondWeak,
    CorrelationDimension,
    DimensionStrong,
    DimensionWeak,
    LabelNoise,
    OnlyStrong,
    OnlyWeak,
    conclusion,
    inputs,
    whole,
)
from verify.commands._text import cells, fill
from verify.predictions import Prediction, Range, predict
from verify.targets import PRECISION, Infeasible


def command(
    d_w: DimensionWeak,
    d_s: DimensionStrong,
    d_sw: CorrelationDimension,
    n: Annotated[str, typer.Option("--n", help="Labelled samples.", metavar="INT")],
    N: Annotated[str, typer.Option("--N", help="Unlabelled samples, with pseudo-labels.", metavar="INT")],
    sigma2: LabelNoise,
    rho_w: BeyondWeak = "0",
    rho_s: BeyondStrong = "0",
    delta2: OnlyStrong = None,
    tau2: OnlyWeak = None,
    digits: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Significant digits; numbers in JSON are then strings."),
    ] = None,
    chart: Annotated[str | None, typer.Option(help="Draw the curves over this size.", metavar="n|N")] = None,
    low: Annotated[
        str | None, typer.Option(help="Its first size; by default the least with formulas.", metavar="INT")
    ] = None,
    high: Annotated[
        str | None, typer.Option(help=f"Its last; by default {REACH} times the size given.", metavar="INT")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="Draw it to this .svg or .png file instead.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predict the risk of the four models; every number is a derived closed form, evaluated exactly.

    Real numbers may be decimals or fractions: --d-sw 2.5, --sigma2 1/100. Without --delta2 and --tau2 what
    depends on them is the range of its values over all targets with these ρ_s and ρ_w.

    Example: w2s predict --d-w 20 --d-s 10 --d-sw 4 --n 60 --N 200 --sigma2 0.25 --rho-w 0.1 --rho-s 0.05

    The same with curves over N, and where on them the student loses to its teacher: … --chart N
    """
    usage(chart, low, high, to)
    precision = PRECISION + 2 * (digits or 0)
    try:
        at = inputs(d_w, d_s, d_sw, sigma2, rho_w, rho_s, delta2, tau2, n=whole("n", n), N=whole("N", N))
        prediction = predict(at, conclusion, precision)
    except Infeasible as why:
        raise Stop(str(why)) from None
    drawn = charted(at, chart, low, high, precision) if chart else None
    if drawn and to:
        write(drawn, to)
    if as_json:
        number = significant(digits) if digits else float
        document = _document(prediction, number) | ({"chart": charts(drawn, number)} if drawn else {})
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, soft_wrap=True)
        shown = lines(drawn, prediction.notes) if drawn and not to else ()
        for line in (*_lines(prediction, digits), *shown):
            console.print(line)


def _document(prediction: Prediction, number: Callable[[Fraction], object]) -> dict[str, object]:
    """What --json prints."""
    given = vars(prediction.inputs).items()
    exact = number is not float
    return {
        "inputs": {
            k: None if v is None else str(v) if exact else float(v) if isinstance(v, Fraction) else v
            for k, v in given
        },
        **tables(prediction, number),
    }


# ---------------------------------------------------------------------------------- printing


def _lines(prediction: Prediction, digits: int | None) -> Iterator[Text]:
    """The table: a column each for excess risk, variance and bias, or one below the other if too wide."""
    for text in described(prediction.inputs):
        yield from (Text(line, "dim") for line in fill(text, WIDTH))
    yield Text()
    columns = {
        "excess risk": prediction.excess_risk, "variance": prediction.variance, "bias": prediction.bias
    }  # fmt: skip
    ranged = any(isinstance(x, Range) for column in columns.values() for x in column.values())
    number = significant(digits or (5 if ranged else 6))
    names = max(map(cells, (*NAMES.values(), *RATIOS.values())))
    rows = {
        entry: [written(column[entry], number) if entry in column else "" for column in columns.values()]
        for entry in NAMES
    }
    widths = [max(map(cells, column)) for column in zip(columns, *rows.values(), strict=True)]
    if names + sum(widths) + 2 * len(widths) <= WIDTH:
        heads = "  ".join(f"{head:<{w}}" for head, w in zip(columns, widths, strict=True))
        yield Text(f"{'':<{names}}  {heads}".rstrip(), "bold")
        for entry, row in rows.items():
            texts = "  ".join(f"{text:<{w}}" for text, w in zip(row, widths, strict=True))
            yield Text(f"{NAMES[entry]:<{names}}  {texts}".rstrip())
    else:
        for i, head in enumerate(columns):
            yield Text(head, "bold")
            yield from (Text(f"{NAMES[e]:<{names}}  {row[i]}") for e, row in rows.items() if row[i])
    yield Text()
    for entry, x in prediction.ratios.items():
        yield Text(f"{RATIOS[entry]:<{names}}  {written(x, number)}")
    if prediction.notes:
        yield Text()
    for note in prediction.notes:
        yield from (Text(line, "dim") for line in fill(note, WIDTH))
