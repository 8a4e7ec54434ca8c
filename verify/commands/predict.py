"""`w2s predict`: the theory's numbers at given dimensions and sample sizes, as a table or JSON.

The mathematics is in verify/predictions.py and verify/targets.py.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Annotated

import mpmath
import typer
from rich.console import Console
from rich.text import Text

from verify.commands import Stop
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
from verify.predictions import (
    INFINITE,
    Entry,
    Prediction,
    Range,
    predict,
)
from verify.targets import PRECISION, Infeasible

NAMES = {
    "weak": "weak teacher f_w",
    "w2s": "W2S student f_w2s",
    "w2s_inherited": "  V_s∩V_w, inherited",
    "w2s_reduced": "  V_w\\V_s, reduced",
    "strong_baseline": "strong baseline f_s",
    "strong_ceiling": "strong ceiling f_c",
}
RATIOS = {"pgr": "PGR", "opr": "OPR", "misfit": "misfit E(f_w−f_w2s)²", "kappa": "κ = d_s/(N−d_s−1)"}


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predict the risk of the four models; every number is a derived closed form, evaluated exactly.

    Real numbers may be decimals or fractions: --d-sw 2.5, --sigma2 1/100. Without --delta2 and --tau2 what
    depends on them is the range of its values over all targets with these ρ_s and ρ_w.

    Example: w2s predict --d-w 20 --d-s 10 --d-sw 4 --n 60 --N 200 --sigma2 0.25 --rho-w 0.1 --rho-s 0.05
    """
    try:
        at = inputs(d_w, d_s, d_sw, sigma2, rho_w, rho_s, delta2, tau2, n=whole("n", n), N=whole("N", N))
        prediction = predict(at, conclusion, PRECISION + 2 * (digits or 0))
    except Infeasible as why:
        raise Stop(str(why)) from None
    if as_json:
        document = _document(prediction, _digits(digits) if digits else float)
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in _lines(prediction, digits):
            console.print(line)


def _document(prediction: Prediction, number: Callable[[Fraction], object]) -> dict[str, object]:
    """What --json prints."""

    def put(x: Entry) -> object:
        if isinstance(x, Range):
            return [number(x.low), number(x.high)]
        return number(x) if isinstance(x, Fraction) else None

    def every(entries: Mapping[str, Entry]) -> dict[str, object]:
        return {name: put(x) for name, x in entries.items()}

    given = vars(prediction.inputs).items()
    exact = number is not float
    return {
        "inputs": {
            k: None if v is None else str(v) if exact else float(v) if isinstance(v, Fraction) else v
            for k, v in given
        },
        "excess_risk": every(prediction.excess_risk),
        "variance": every(prediction.variance),
        "bias": every(prediction.bias),
        **every(prediction.ratios),
        "diverges": [*prediction.diverges],
        "notes": [*prediction.notes],
    }


# ---------------------------------------------------------------------------------- printing


def _digits(count: int) -> Callable[[Fraction], str]:
    """Writes an exact number with so many significant digits."""

    def write(x: Fraction) -> str:
        with mpmath.workdps(count + 15):
            text: str = mpmath.nstr(mpmath.mpf(x.numerator) / x.denominator, count)
        return text.removesuffix(".0")

    return write


def _lines(prediction: Prediction, digits: int | None) -> Iterator[Text]:
    """The table: a column each for excess risk, variance and bias, or one below the other if too wide."""
    at = prediction.inputs
    sizes = f"d_w = {at.d_w}, d_s = {at.d_s}, d_sw = {at.d_sw}, n = {at.n}, N = {at.N}, σ² = {at.sigma2}"
    target = {"ρ_w": at.rho_w, "ρ_s": at.rho_s, "δ²": at.delta2, "τ²": at.tau2}
    for line in fill(sizes, WIDTH):
        yield Text(line, "dim")
    if any(target.values()):
        for line in fill(", ".join(f"{k} = {v}" for k, v in target.items() if v is not None), WIDTH):
            yield Text(line, "dim")
    yield Text()
    columns = {
        "excess risk": prediction.excess_risk, "variance": prediction.variance, "bias": prediction.bias
    }  # fmt: skip
    ranged = any(isinstance(x, Range) for column in columns.values() for x in column.values())
    number = _digits(digits or (5 if ranged else 6))

    def put(x: Entry) -> str:
        if isinstance(x, Range):
            return f"{number(x.low)} – {number(x.high)}"
        return number(x) if isinstance(x, Fraction) else "∞" if x == INFINITE else "?"

    names = max(map(cells, (*NAMES.values(), *RATIOS.values())))
    rows = {
        entry: [put(column[entry]) if entry in column else "" for column in columns.values()]
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
        yield Text(f"{RATIOS[entry]:<{names}}  {put(x)}")
    if prediction.notes:
        yield Text()
    for note in prediction.notes:
        yield from (Text(line, "dim") for line in fill(note, WIDTH))
