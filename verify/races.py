"""A figure of speed: a ratio to a naive baseline timed in the same run, pair by pair.

A pair runs the baseline and then the project's own code on the same work, so that what else the machine does
slows both; what is reported is the median of the ratios, with their range.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 5


@dataclass(frozen=True)
class Figure:
    """One figure: seconds of baseline and of ours for the same work, and their ratio over the pairs."""

    name: str
    work: str
    baseline: float
    ours: float
    ratio: float
    lowest: float
    highest: float
    goal: str = ""


@dataclass(frozen=True)
class Race:
    """Two ways to do the same work; each is called once unmeasured, so that nothing is timed compiling.

    worth: how many times the work that was timed the baseline has to do for what ours does, if not once.
    """

    name: str
    work: str
    baseline: Callable[[], object]
    ours: Callable[[], object]
    goal: str = ""
    worth: float = 1.0


def measure(race: Race, pairs: int = PAIRS) -> Figure:
    """Time baseline and ours in turn, `pairs` times."""
    race.baseline(), race.ours()
    seconds = [(race.worth * _timed(race.baseline), _timed(race.ours)) for _ in range(pairs)]
    ratios = sorted(b / o for b, o in seconds)
    middle = statistics.median
    slow, fast = middle(b for b, _ in seconds), middle(o for _, o in seconds)
    return Figure(race.name, race.work, slow, fast, middle(ratios), ratios[0], ratios[-1], race.goal)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
