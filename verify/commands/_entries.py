"""How the entries of a prediction are called and written."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

import mpmath

from verify.predictions import INFINITE, Entry, Prediction, Range
from verify.targets import Inputs

NAMES = {
    "weak": "weak teacher f_w",
    "w2s": "W2S student f_w2s",
    "w2s_inherited": "  V_s∩V_w, inherited",
    "w2s_reduced": "  V_w\\V_s, reduced",
    "strong_baseline": "strong baseline f_s",
    "strong_ceiling": "strong ceiling f_c",
}
RATIOS = {"pgr": "PGR", "opr": "OPR", "misfit": "misfit E(f_w−f_w2s)²", "kappa": "κ = d_s/(N−d_s−1)"}


def significant(count: int) -> Callable[[Fraction], str]:
    """Writes an exact number with so many significant digits."""

    def write(x: Fraction) -> str:
        with mpmath.workdps(count + 15):
            text: str = mpmath.nstr(mpmath.mpf(x.numerator) / x.denominator, count)
        return text.removesuffix(".0")

    return write


def described(at: Inputs) -> Iterator[str]:
    """The inputs in words: dimensions and sizes, and what there is of a target beyond the features."""
    yield f"d_w = {at.d_w}, d_s = {at.d_s}, d_sw = {at.d_sw}, n = {at.n}, N = {at.N}, σ² = {at.sigma2}"
    target = {"ρ_w": at.rho_w, "ρ_s": at.rho_s, "δ²": at.delta2, "τ²": at.tau2}
    if any(target.values()):
        yield ", ".join(f"{k} = {v}" for k, v in target.items() if v is not None)


def written(x: Entry, number: Callable[[Fraction], str]) -> str:
    """An entry in a table: a number, two ends, infinite, or finite but not known."""
    if isinstance(x, Range):
        return f"{number(x.low)} – {number(x.high)}"
    return number(x) if isinstance(x, Fraction) else "∞" if x == INFINITE else "?"


def tables(prediction: Prediction, number: Callable[[Fraction], object]) -> dict[str, object]:
    """The entries as JSON has them: null where there is no number, and then named in one of the last two."""

    def put(x: Entry) -> object:
        if isinstance(x, Range):
            return [number(x.low), number(x.high)]
        return number(x) if isinstance(x, Fraction) else None

    def every(entries: Mapping[str, Entry]) -> dict[str, object]:
        return {name: put(x) for name, x in entries.items()}

    return {
        "excess_risk": every(prediction.excess_risk),
        "variance": every(prediction.variance),
        "bias": every(prediction.bias),
        **every(prediction.ratios),
        "diverges": [*prediction.diverges],
        "notes": [*prediction.notes],
    }
