"""`w2s predict`: the theory's numbers at given dimensions and sample sizes.

No closed form is written here: each number is the conclusion of a claim's derivation at the point asked for.
The baseline and the ceiling are least squares on labels, like the teacher, so they are teacher-variance with
other sizes.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

import mpmath
import sympy as sp
import typer
from rich.console import Console
from rich.text import Text

from derivations import notation
from verify.commands import Stop
from verify.commands._claims import book, derived
from verify.commands._text import fill

MODELS = ("weak", "w2s", "strong_baseline", "strong_ceiling")
COMPONENTS = ("w2s_inherited", "w2s_reduced")
NAMES = {
    "weak": "weak teacher f_w",
    "w2s": "W2S student f_w2s",
    "w2s_inherited": "  in V_s∩V_w, inherited",
    "w2s_reduced": "  in V_w\\V_s, reduced",
    "strong_baseline": "strong baseline f_s",
    "strong_ceiling": "strong ceiling f_c",
}
TEACHER, INHERITED, REDUCED, STUDENT = (
    "teacher-variance",
    "w2s-variance-inherited",
    "w2s-variance-reduced",
    "w2s-variance",
)
RATIOS = {
    "pgr": ("weak", "w2s", "strong_ceiling"),
    "opr": ("w2s", "strong_baseline"),
    "misfit": ("weak", "w2s"),
}
LATER = (
    "the bias, and with it excess_risk, pgr, opr and misfit, is derived in a later version: null until then"
)
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
    digits: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Significant digits; numbers in JSON are then strings."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predict the variance of the four models; every number is a derived closed form, evaluated exactly.

    Real numbers may be decimals or fractions: --d-sw 2.5, --sigma2 1/100.

    Example: w2s predict --d-w 20 --d-s 10 --d-sw 4 --n 60 --N 200 --sigma2 0.25
    """
    sizes = {"d_w": d_w, "d_s": d_s, "n": n, "N": N}
    whole = {name: _whole(name, text) for name, text in sizes.items()}
    prediction = predict(Inputs(**whole, d_sw=_real("d_sw", d_sw), sigma2=_real("sigma2", sigma2)))
    number = _digits(digits) if digits else float
    if as_json:
        typer.echo(json.dumps(prediction.document(number), indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in _lines(prediction, _digits(digits or 6)):
            console.print(line)


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


# ------------------------------------------------------------------------------- prediction


@dataclass(frozen=True)
class Inputs:
    """Where the theory is evaluated. Raises Stop at a point that cannot be."""

    d_w: int
    d_s: int
    d_sw: Fraction
    n: int
    N: int
    sigma2: Fraction

    def __post_init__(self) -> None:
        if not 0 <= self.d_sw <= min(self.d_s, self.d_w):
            most = min(self.d_s, self.d_w)
            raise Stop(f"--d-sw must be between 0 and min(d_s, d_w) = {most}, not {self.d_sw}")
        if self.sigma2 < 0:
            raise Stop(f"--sigma2 is a variance and cannot be negative: {self.sigma2}")
        for size, least, which in (("n", self.d_w - 1, "d_w"), ("N", self.d_s - 1, "d_s")):
            if (m := getattr(self, size)) < least:
                raise Stop(
                    f"{_option(size)} {m} is below {which} - 1 = {least}, where the risk is finite again but "
                    "needs isotropic features: the subject of the claim four-regimes"
                )


@dataclass(frozen=True)
class Prediction:
    """Exact values by entry; None where one is infinite, and so named in `diverges`, or not known."""

    inputs: Inputs
    variance: Mapping[str, Fraction | None]
    kappa: Fraction | None
    diverges: tuple[str, ...]
    notes: tuple[str, ...]

    def document(self, number: Callable[[Fraction], object]) -> dict[str, object]:
        """What --json prints."""

        def put(x: Fraction | None) -> object:
            return None if x is None else number(x)

        given = {k: number(v) if isinstance(v, Fraction) else v for k, v in vars(self.inputs).items()}
        if number is not float:
            given = {k: str(v) for k, v in vars(self.inputs).items()}
        return {
            "inputs": given,
            "excess_risk": dict.fromkeys(MODELS),
            "variance": {name: put(x) for name, x in self.variance.items()},
            "bias": dict.fromkeys(MODELS),
            "pgr": None,
            "opr": None,
            "misfit": None,
            "kappa": put(self.kappa),
            "diverges": [*self.diverges],
            "notes": [*self.notes],
        }


def predict(at: Inputs) -> Prediction:
    """Evaluate the conclusions of the claims at a point."""
    found = book([TEACHER, INHERITED, REDUCED, STUDENT])

    def value(claim: str, **other: int | Fraction) -> Fraction:
        derived(found, claim)
        symbols = {getattr(notation, name): sp.Rational(x) for name, x in {**vars(at), **other}.items()}
        exact = found.theorem(claim).conclusion.subs(symbols, simultaneous=True)
        return Fraction(int(exact.p), int(exact.q))

    values: dict[str, Fraction | None] = dict.fromkeys((*MODELS, *COMPONENTS))
    infinite, notes = list[str](), [LATER]

    def fit(entry: str, d: int, m: int, sigma2: Fraction) -> Fraction | None:
        """The variance of least squares with d features on m labels; where it has none, say why."""
        if m > d + 1:
            return value(TEACHER, n=m, d_w=d, sigma2=sigma2)
        if m < d - 1:
            notes.append(f"{entry}: with fewer than d_s - 1 samples the risk is the subject of four-regimes")
            return None
        if sigma2 == 0:
            return Fraction(0)
        infinite.append(entry)
        return None

    values["weak"] = fit("weak", at.d_w, at.n, at.sigma2)
    kappa = fit("kappa", at.d_s, at.N, Fraction(1))
    if at.sigma2 == 0 or at.d_sw == 0:
        values["w2s_inherited"] = Fraction(0)
    elif values["weak"] is None:
        infinite.append("w2s_inherited")
    elif (
        at.N >= at.d_s
    ):  # the student reproduces what lies in its space: the number of samples does not enter
        values["w2s_inherited"] = value(INHERITED)
    else:
        notes.append("w2s_inherited: finite, but with N < d_s it is the subject of four-regimes")
    if at.sigma2 == 0 or at.d_sw == at.d_w:
        values["w2s_reduced"] = Fraction(0)
    elif values["weak"] is None or kappa is None:
        infinite.append("w2s_reduced")
    else:
        values["w2s_reduced"] = value(REDUCED)
    inherited, reduced = (values[name] for name in COMPONENTS)
    if set(COMPONENTS) & set(infinite):
        infinite.append("w2s")
    elif inherited is not None and reduced is not None:
        values["w2s"] = value(STUDENT) if kappa is not None and values["weak"] != 0 else inherited + reduced
    values["strong_baseline"] = fit("strong_baseline", at.d_s, at.n, at.sigma2)
    values["strong_ceiling"] = fit("strong_ceiling", at.d_s, at.n + at.N, at.sigma2)
    for ratio, needs in RATIOS.items():
        if set(needs) & set(infinite):
            infinite.append(ratio)
    return Prediction(at, values, kappa, tuple(infinite), tuple(notes))


# ---------------------------------------------------------------------------------- printing


def _digits(count: int) -> Callable[[Fraction], str]:
    """Writes an exact number with so many significant digits."""

    def write(x: Fraction) -> str:
        with mpmath.workdps(count + 15):
            text: str = mpmath.nstr(mpmath.mpf(x.numerator) / x.denominator, count)
        return text.removesuffix(".0")

    return write


def _lines(prediction: Prediction, number: Callable[[Fraction], str]) -> Iterator[Text]:
    at = prediction.inputs
    sizes = f"d_w = {at.d_w}, d_s = {at.d_s}, d_sw = {at.d_sw}, n = {at.n}, N = {at.N}, σ² = {at.sigma2}"
    yield Text(sizes, "dim")
    yield Text()

    def put(entry: str, x: Fraction | None) -> str:
        return number(x) if x is not None else "∞" if entry in prediction.diverges else "?"

    yield Text(f"{'':<28}variance", "bold")
    for entry, name in NAMES.items():
        yield Text(f"{name:<28}{put(entry, prediction.variance[entry])}")
    yield Text()
    yield Text(f"{'κ, the reduction factor':<28}{put('kappa', prediction.kappa)}")
    yield Text()
    for note in prediction.notes:
        yield from (Text(line, "dim") for line in fill(note, 80))
