"""`w2s predict`: the theory's numbers at given dimensions and sample sizes, as a table or JSON.

The mathematics is in verify/predictions.py and verify/targets.py.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Annotated

import mpmath
import sympy as sp
import typer
from rich.console import Console
from rich.text import Text

from derivations.claims import Book
from verify.commands import Stop
from verify.commands._claims import book, derived
from verify.commands._text import cells, fill
from verify.predictions import (
    CLAIMS,
    INFINITE,
    Entry,
    Prediction,
    Range,
    predict,
)
from verify.targets import PRECISION, Infeasible, Inputs

NAMES = {
    "weak": "weak teacher f_w",
    "w2s": "W2S student f_w2s",
    "w2s_inherited": "  V_s∩V_w, inherited",
    "w2s_reduced": "  V_w\\V_s, reduced",
    "strong_baseline": "strong baseline f_s",
    "strong_ceiling": "strong ceiling f_c",
}
RATIOS = {"pgr": "PGR", "opr": "OPR", "misfit": "misfit E(f_w−f_w2s)²", "kappa": "κ = d_s/(N−d_s−1)"}
WIDTH = 80
LARGEST = 10**30
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?|[+-]?\d{1,40}/\d{1,40}")


def command(
    d_w: Annotated[str, typer.Option(help="Dimension of the weak features.", metavar="INT")],
    d_s: Annotated[str, typer.Option(help="Dimension of the strong features.", metavar="INT")],
    d_sw: Annotated[
        str, typer.Option(help="Correlation dimension, between 0 and both of these.", metavar="REAL")
    ],
    n: Annotated[str, typer.Option("--n", help="Labelled samples.", metavar="INT")],
    N: Annotated[str, typer.Option("--N", help="Unlabelled samples, with pseudo-labels.", metavar="INT")],
    sigma2: Annotated[str, typer.Option(help="Variance of the label noise.", metavar="REAL")],
    rho_w: Annotated[
        str, typer.Option(help="What the weak features cannot express of the target.", metavar="REAL")
    ] = "0",
    rho_s: Annotated[
        str, typer.Option(help="What the strong features cannot express of it.", metavar="REAL")
    ] = "0",
    delta2: Annotated[
        str | None, typer.Option(help="What only the strong features can: ‖P_s(I−P_w)f*‖².", metavar="REAL")
    ] = None,
    tau2: Annotated[
        str | None, typer.Option(help="What only the weak features can: ‖(I−P_s)P_w f*‖².", metavar="REAL")
    ] = None,
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
        at = Inputs(
            d_w=_whole("d_w", d_w),
            d_s=_whole("d_s", d_s),
            d_sw=_real("d_sw", d_sw),
            n=_whole("n", n),
            N=_whole("N", N),
            sigma2=_real("sigma2", sigma2),
            rho_w=_real("rho_w", rho_w),
            rho_s=_real("rho_s", rho_s),
            delta2=None if delta2 is None else _real("delta2", delta2),
            tau2=None if tau2 is None else _real("tau2", tau2),
        )
        prediction = predict(at, _conclusion, PRECISION + 2 * (digits or 0))
    except Infeasible as why:
        raise Stop(str(why)) from None
    if as_json:
        document = _document(prediction, _digits(digits) if digits else float)
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in _lines(prediction, digits):
            console.print(line)


@functools.cache
def _book() -> Book:
    """The claims, each derived once in this process."""
    return book(CLAIMS)


def _conclusion(claim: str) -> sp.Expr:
    derived(_book(), claim)
    return _book().theorem(claim).conclusion


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _real(name: str, text: str) -> Fraction:
    """An exact number from the command line: a decimal or a fraction, never evaluated as code."""
    if _NUMBER.fullmatch(text.strip()) is None or re.search("/0+$", text.strip()):
        raise Stop(f"{_option(name)} must be a number such as 3, 2.5 or 1/3, not {text!r}")
    value = Fraction(text.strip())
    if abs(value) > LARGEST:
        raise Stop(f"{_option(name)} is too large: {text}")
    return value


def _whole(name: str, text: str) -> int:
    value = _real(name, text)
    if value.denominator != 1 or value < 1:
        raise Stop(f"{_option(name)} must be a positive integer, not {text!r}")
    return int(value)


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
