"""Axes: where a number is placed between the two ends, and which round numbers are marked.

Numbers come as exact fractions, perhaps beyond what a float holds; places are floats, 0 at the low end of an
axis and 1 at the high one.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

MARGIN = 0.06  # between the extreme values and the ends of an axis
FAR = 10.0  # a place farther outside than that is as good as this
NICE = (1, 2, 5)
ROUNDING = 1e-9  # so that an end of an axis that is round has its mark


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`: decimal logarithms if it is a log axis, else values."""

    low: float
    high: float
    log: bool

    def place(self, x: int | Fraction) -> float:
        """Where a number is; one that is not positive is far below the low end of a log axis."""
        if self.log:
            value = magnitude(x) if x > 0 else -math.inf
        else:
            beyond = (FAR + 1) * (self.high - self.low)
            value = float(min(max(Fraction(x), Fraction(self.low - beyond)), Fraction(self.high + beyond)))
        return min(max((value - self.low) / (self.high - self.low), -FAR), FAR)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Round numbers between the ends, at most so many, with their places and as text."""
        marks = (_log_marks if self.log else _marks)(self.low, self.high, most)
        placed = [(self.place(mark), label(mark)) for mark in marks]
        return [tick for tick in placed if -ROUNDING <= tick[0] <= 1 + ROUNDING]


def magnitude(x: int | Fraction) -> float:
    """The decimal logarithm of a positive number of any size."""
    exact = Fraction(x)
    return math.log10(exact.numerator) - math.log10(exact.denominator)


def sizes_axis(low: int, high: int) -> Axis:
    """A log axis with its ends at these integers."""
    return Axis(magnitude(low), magnitude(high), log=True)


def log_axis(values: Iterable[Fraction]) -> Axis | None:
    """A log axis for the positive among these values, or None where there is none."""
    places = [magnitude(x) for x in values if x > 0]
    if not places:
        return None
    low, high = min(places), max(places)
    if high - low < 0.3:  # all the same, or nearly: a factor of two in all
        low, high = (low + high) / 2 - 0.15, (low + high) / 2 + 0.15
    room = MARGIN * (high - low)
    return Axis(low - room, high + room, log=True)


def linear_axis(values: Iterable[Fraction], least: int, most: int) -> Axis | None:
    """An axis from 0 to 1, and as far beyond as the values go, but not below `least` or above `most`."""
    known = [*values]
    if not known:
        return None
    low = float(max(Fraction(least), min(Fraction(0), *known)))
    high = float(min(Fraction(most), max(Fraction(1), *known)))
    room = MARGIN * (high - low)
    return Axis(low - room, high + room, log=False)


def label(x: Fraction) -> str:
    """A round number as text."""
    sign, size = "−" if x < 0 else "", abs(x)
    if x == 0 or Fraction(1, 10**4) <= size < 10**5:
        return f"{sign}{float(size):.10g}"
    exponent = math.floor(magnitude(size) + ROUNDING)
    return f"{sign}{float(size / Fraction(10) ** exponent):.10g}e{exponent}"


def _log_marks(low: float, high: float, most: int) -> list[Fraction]:
    """As many of 1, 2 and 5 or 1 and 3 times powers of ten as may be; on a short axis as if linear."""
    exponents = range(math.floor(low), math.ceil(high) + 1)
    for stride, mantissas in _grids():
        marks = [m * Fraction(10) ** e for e in exponents if e % stride == 0 for m in mantissas]
        inside = [x for x in marks if low - ROUNDING <= magnitude(x) <= high + ROUNDING]
        if len(inside) < 3 and high - low < 1:
            base = Fraction(10) ** exponents[0]  # so that the ends are floats
            return [base * x for x in _marks(10 ** (low - exponents[0]), 10 ** (high - exponents[0]), most)]
        if len(inside) <= most:
            return inside
    raise AssertionError("strides grow without end")


def _grids() -> Iterator[tuple[int, tuple[int, ...]]]:
    """From fine to coarse: every how manieth power of ten, and what times it."""
    yield from ((1, NICE), (1, (1, 3)))
    yield from ((stride, (1,)) for stride in count(1))


def _marks(low: float, high: float, most: int) -> list[Fraction]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    for step in _steps((high - low) / most):
        marks = [
            step * i for i in range(math.ceil(low / step - ROUNDING), math.floor(high / step + ROUNDING) + 1)
        ]
        if len(marks) <= most:
            return marks
    raise AssertionError("steps grow without end")


def _steps(least: float) -> Iterator[Fraction]:
    exponent = math.floor(math.log10(least))
    while True:
        yield from (m * Fraction(10) ** exponent for m in NICE)
        exponent += 1
