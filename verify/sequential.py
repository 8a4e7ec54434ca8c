"""Sampling until decided: pilot, plan, chunks, looks.

The mean of a difference is estimated from batch means. Its variance is bounded, for want of a proved bound,
by a multiple of the variance in a pilot run with a stream of its own: such a check is `assumed` and says so.
From the pilot follow the size of a batch and the looks, before any draw that counts.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from verify.certificate import IDENTICAL, REFUTED, UNDECIDED
from verify.decide import Decision, bet_grid, decide_mean, observations_needed
from verify.kernels import Floats

FACTOR, NEAR_FACTOR = 1.25, 2.0  # the pilot's variance is multiplied by this; the second near a boundary
_FEWEST = 1024  # draws before the first look
_OBSERVATIONS = 1024  # batch means at the planned end, so that a look costs a millisecond
_STORED = 4096  # batch means kept for the difference that needs the most draws
_EARLY = 16  # a first look at this fraction of the planned draws sees gross errors
_GROWTH = 1.2  # each look after the planned one has this many times the draws

Draw = Callable[[str | int, int, int], Floats]
"""(role, draws, batch) -> (draws / batch, k): batch means of k differences, from the stream of that role."""


@dataclass(frozen=True)
class Target:
    """What is asked of one difference, in units of its scale.

    It is to be told from 0 to `epsilon`; `rounding` bounds how far rounding moves it. `identical` says that
    the two sides are the same computation.
    """

    epsilon: float
    near: bool
    rounding: float = 0.0
    identical: bool = False

    @property
    def factor(self) -> float:
        """What the variance of the pilot is multiplied by."""
        return NEAR_FACTOR if self.near else FACTOR


@dataclass(frozen=True)
class Outcome:
    """What was found about one difference."""

    verdict: str
    decision: Decision | None
    trials: int


@dataclass
class _Open:
    """A difference being decided: variance bound of one draw, batches merged, next look, planned end."""

    target: Target
    variance: float
    merge: int
    bets: tuple[float, ...]
    look: int
    planned: int


def until_decided(
    draw: Draw, pilot: Floats, targets: Sequence[Target], alpha: float, budget: int
) -> list[Outcome]:
    """Decide every difference on the same draws; each spends `alpha`, all together `budget` draws.

    pilot: (p, k) single differences from a stream of their own.
    """
    outcomes: dict[int, Outcome] = {}
    bounds: dict[int, float] = {}
    for i, t in enumerate(targets):
        settled = _settled(pilot[:, i], t)
        if settled is not None:
            outcomes[i] = Outcome(settled, None, len(pilot))
        else:
            bounds[i] = t.factor * float(pilot[:, i].var(ddof=1))
    needed = {i: max(_FEWEST, _plan(v, alpha, targets[i].epsilon)) for i, v in bounds.items()}
    batch = _power(max(needed.values(), default=1) / _STORED)
    waiting: dict[int, _Open] = {}
    for i, v in bounds.items():
        merge = _power(needed[i] / batch / _OBSERVATIONS)
        size = batch * merge
        end = -(-needed[i] // size)
        bets = bet_grid(v / size, alpha, -(-end // _EARLY), end, size=2)
        waiting[i] = _Open(targets[i], v, merge, bets, max(_FEWEST, needed[i] // _EARLY), needed[i])
    parts: list[Floats] = []
    done = 0
    while waiting:
        goal = min(budget, min(w.look for w in waiting.values()))
        trials = max(batch, -(-(goal - done) // batch) * batch)
        parts.append(draw(len(parts), trials, batch))
        done += trials
        means = np.concatenate(parts)
        for i, w in list(waiting.items()):
            if done < min(w.look, budget):
                continue
            decision = _look(w, means[:, i], alpha, batch)
            if decision.verdict != UNDECIDED or done >= budget:
                outcomes[i] = Outcome(decision.verdict, decision, done)
                del waiting[i]
            w.look = max(w.planned, math.ceil(w.look * _GROWTH))
    return [outcomes[i] for i in range(len(targets))]


def _plan(variance: float, alpha: float, epsilon: float) -> int:
    """Draws after which the interval should be narrow enough, as if every draw were an observation.

    Batches need as many draws, and a few observations more: the margin.
    """
    return math.ceil(1.03 * observations_needed(variance, alpha, epsilon))


def _power(x: float) -> int:
    """The largest power of two up to x, at least 1."""
    return 1 << max(0, int(math.log2(max(1.0, x))))


def _settled(pilot: Floats, t: Target) -> str | None:
    """The verdict where there is nothing to sample.

    Sides that agree for every draw would pass by sampling without evidence; sides that differ by the same
    amount for every draw need no statistics.
    """
    if not np.all(np.isfinite(pilot)):
        return UNDECIDED
    if t.identical or np.abs(pilot).max() <= 8 * t.rounding:
        return IDENTICAL
    if float(pilot.std(ddof=1)) <= t.rounding:
        return REFUTED
    return None


def _look(w: _Open, differences: Floats, alpha: float, batch: int) -> Decision:
    whole = len(differences) // w.merge * w.merge
    merged = differences[:whole].reshape(-1, w.merge).mean(axis=1)
    return decide_mean(merged, w.variance / (batch * w.merge), alpha, w.target.epsilon, w.bets)
