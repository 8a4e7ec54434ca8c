"""The predictions at many values of one sample size: the data of a chart.

No closed form is written here: each size is a prediction of its own. Sizes are spaced evenly on a log axis;
between two at which different things are known, or at which the student fares differently against its
teacher, the integers are searched until the two are neighbours, so that such a place is never off by a step.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

import sympy as sp

from verify.planning import resized
from verify.predictions import INFINITE, Entry, Prediction, Range, predict
from verify.targets import PRECISION, Inputs

COUNT, REACH = 61, 20  # sizes before the search; how far beyond the size asked for the axis goes
Bound = Fraction | float
Spot = tuple[int, Fraction, Fraction]  # a size, and between what an entry lies there
LOSES, TIES, WINS = "loses", "ties", "wins"  # the student, against its teacher
INFINITY, UNKNOWN, ZERO = "infinite", "finite but not known", "0"


@dataclass(frozen=True)
class Curves:
    """The predictions at ascending sizes of n or N, as `over` says, around the inputs `at`."""

    over: str
    at: Inputs
    sizes: tuple[int, ...]
    predictions: tuple[Prediction, ...]

    @property
    def asked(self) -> int | None:
        """The size in the inputs, or None if the axis leaves it out."""
        size: int = getattr(self.at, self.over)
        return size if self.sizes[0] <= size <= self.sizes[-1] else None

    def risk(self, model: str) -> tuple[Entry, ...]:
        """The excess risk of a model at each size."""
        return tuple(p.excess_risk[model] for p in self.predictions)

    def ratio(self, name: str) -> tuple[Entry, ...]:
        """PGR or OPR at each size."""
        return tuple(p.ratios[name] for p in self.predictions)

    def missing(self, model: str) -> Iterator[str | None]:
        """At each size why a model has no place on a log axis, or None if it has one."""
        return map(_missing, self.risk(model))

    def against_teacher(self) -> Iterator[tuple[str | None, int, int]]:
        """How the student fares, from which size to which; None where that is not determined."""
        return runs(self.sizes, map(against_teacher, self.predictions))


def curves(
    at: Inputs, over: str, low: int, high: int, conclude: Callable[[str], sp.Expr], digits: int = PRECISION
) -> Curves:
    """Predict at sizes from `low` to `high`, both among them. Raises Infeasible as `predict` does."""

    def ask(size: int) -> Prediction:
        return predict(resized(at, over, size), conclude, digits)

    asked = getattr(at, over)
    sizes = sorted({*spaced(low, high), *([asked] if low <= asked <= high else [])})
    found = {size: ask(size) for size in sizes}
    between = [*pairwise(sizes)]
    for left, right in between:  # it grows
        if right - left > 1 and _kind(found[left]) != _kind(found[right]):
            middle = (left + right) // 2
            found[middle] = ask(middle)
            between += [(left, middle), (middle, right)]
    ordered = sorted(found)
    return Curves(over, at, tuple(ordered), tuple(found[size] for size in ordered))


def spaced(low: int, high: int) -> list[int]:
    """Ascending integers, evenly spaced on a log axis as far as integers are, both ends among them."""
    step = (math.log(high) - math.log(low)) / (COUNT - 1)
    inside = (round(math.exp(math.log(low) + i * step)) for i in range(1, COUNT - 1))
    return sorted({low, high, *(size for size in inside if low < size < high)})


def ends(x: Entry) -> tuple[Bound, Bound] | None:
    """The least and the greatest value that an entry may have, infinity among them; None if not known."""
    if x is None:
        return None
    return (x.low, x.high) if isinstance(x, Range) else (x, x)


def values(entries: Iterable[Entry]) -> list[Fraction]:
    """The ends of these entries, as far as they are numbers."""
    return [end for x in entries for end in ends(x) or () if isinstance(end, Fraction)]


def stretches(sizes: Iterable[int], entries: Iterable[Entry], positive: bool) -> Iterator[list[Spot]]:
    """Where a curve is unbroken: its sizes with both ends, as long as there are numbers (perhaps above 0)."""
    run = list[Spot]()
    for size, x in zip(sizes, entries, strict=True):
        low, high = ends(x) or (INFINITE, INFINITE)
        if isinstance(low, Fraction) and isinstance(high, Fraction) and (high > 0 or not positive):
            run.append((size, low, high))
        elif run:
            yield run
            run = []
    if run:
        yield run


def against_teacher(p: Prediction) -> str | None:
    """Whether the student has more excess risk than its teacher, as much or less; None if that is open."""
    student, teacher = ends(p.excess_risk["w2s"]), ends(p.excess_risk["weak"])
    if student is None or teacher is None or INFINITE == student[0] == teacher[0]:
        return None
    if student[0] > teacher[1]:
        return LOSES
    if student[1] < teacher[0]:
        return WINS
    return TIES if student[0] == student[1] == teacher[0] == teacher[1] else None


def runs(sizes: Iterable[int], said: Iterable[str | None]) -> Iterator[tuple[str | None, int, int]]:
    """Neighbouring sizes of which the same is said: what, from which size, to which."""
    for text, group in groupby(zip(sizes, said, strict=True), key=lambda pair: pair[1]):
        found = [size for size, _ in group]
        yield text, found[0], found[-1]


def _missing(x: Entry) -> str | None:
    if x is None:
        return UNKNOWN
    return INFINITY if x == INFINITE else ZERO if x == 0 else None


def _kind(p: Prediction) -> tuple[object, ...]:
    """What stays the same on a stretch of a chart: how the student fares, what is a number, the notes."""
    entries = (*p.excess_risk.values(), p.ratios["pgr"], p.ratios["opr"])
    return against_teacher(p), p.notes, *(_missing(x) or type(x) for x in entries)
