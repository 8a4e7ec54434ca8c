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
_NOT_FINITE = "a value is not finite"
_GROWTH = 1.2  # each look after the planned one has this many times the draws

Draw = Callable[[str | int, int, int, Sequence[int]], Floats]
"""(role, draws, batch, k differences) -> (draws / batch, k): batch means, from the stream of that role."""


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
    """What was found about one difference after `trials` draws.

    Without a `decision` nothing was left to chance, and `reason` says why; so it does where all remained
    undecided. `interval` is for the difference, in units of its scale.
    """

    verdict: str
    decision: Decision | None
    trials: int
    interval: tuple[float, float] | None = None
    reason: str | None = None


class Record:
    """What was measured on the way to a decision: means over batches, over the pilot where there are none.

    pilot: (p, k) single values.
    """

    def __init__(self, pilot: Floats) -> None:
        self.pilot = pilot.mean(axis=0)
        self.sums, self.batches = np.zeros((2, pilot.shape[1]))

    def add(self, columns: Sequence[int], means: Floats) -> None:
        """Batch means (b, c) of some of the columns."""
        self.sums[columns] += means.sum(axis=0)
        self.batches[columns] += len(means)

    @property
    def means(self) -> Floats:
        """(k,), all batches weighing the same."""
        return np.where(self.batches > 0, self.sums / np.maximum(self.batches, 1), self.pilot)


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

    pilot: (p, k) single differences from a stream of their own, p >= 2; targets: k of them. Those that are
    decided are not drawn any longer. A difference that meets a value which is not finite stays undecided. The
    budget may be passed by less than one batch.
    """
    outcomes: dict[int, Outcome] = {}
    bounds: dict[int, float] = {}
    for i, t in enumerate(targets):
        settled = _settled(pilot[:, i], t)
        if settled is not None:
            outcomes[i] = settled
        else:
            bounds[i] = t.factor * float(pilot[:, i].var(ddof=1))
    plans = {i: max(_FEWEST, _plan(v, alpha, targets[i].epsilon)) for i, v in bounds.items()}
    needed = {i: min(budget, planned) for i, planned in plans.items()}
    batch = _power(max(needed.values(), default=1) / _STORED)
    waiting = {i: _opened(targets[i], v, needed[i], batch, alpha) for i, v in bounds.items()}
    drawn: dict[int, list[Floats]] = {i: [] for i in waiting}
    done, role = 0, 0
    while waiting:
        goal = min(budget, min(w.look for w in waiting.values()))
        trials = max(batch, -(-(goal - done) // batch) * batch)
        means = draw(role, trials, batch, tuple(waiting))
        done, role = done + trials, role + 1
        for k, (i, w) in enumerate(list(waiting.items())):
            drawn[i].append(means[:, k])
            if done < min(w.look, budget):
                continue
            outcome = _look(w, np.concatenate(drawn[i]), alpha, batch)
            if outcome.verdict != UNDECIDED or outcome.reason or done >= budget:
                outcomes[i] = outcome
                del waiting[i]
            w.look = max(w.planned, math.ceil(w.look * _GROWTH))
    return [outcomes[i] for i in range(len(targets))]


def _plan(variance: float, alpha: float, epsilon: float) -> int:
    """Draws after which the interval should be narrow enough, as if every draw were an observation.

    Batches need as many draws, and a few observations more: the margin.
    """
    return math.ceil(1.03 * observations_needed(variance, alpha, epsilon))


def _opened(target: Target, variance: float, needed: int, batch: int, alpha: float) -> _Open:
    """The plan of one difference: all that follows from the pilot."""
    merge = _power(needed / batch / _OBSERVATIONS)
    end = -(-needed // (batch * merge))
    bets = bet_grid(variance / (batch * merge), alpha, -(-end // _EARLY), end, size=2)
    return _Open(target, variance, merge, bets, max(_FEWEST, needed // _EARLY), needed)


def _power(x: float) -> int:
    """The largest power of two up to x, at least 1."""
    return 1 << max(0, int(math.log2(max(1.0, x))))


def _settled(pilot: Floats, t: Target) -> Outcome | None:
    """The outcome where there is nothing to sample.

    Sides that agree for every draw would pass by sampling without evidence; sides that differ by the same
    amount for every draw need no statistics. Where rounding could hide what is asked for, that they agree to
    rounding says nothing.
    """
    if not np.all(np.isfinite(pilot)):
        return Outcome(UNDECIDED, None, len(pilot), reason=_NOT_FINITE)
    if t.identical or np.abs(pilot).max() <= 8 * t.rounding <= t.epsilon:
        why = "the two sides agree draw by draw: nothing to sample"
        return Outcome(IDENTICAL, None, len(pilot), reason=why)
    ends = float(pilot.min()), float(pilot.max())
    apart = ends[0] > 8 * t.rounding or ends[1] < -8 * t.rounding
    if apart and float(pilot.std(ddof=1)) <= t.rounding:
        return Outcome(REFUTED, None, len(pilot), ends, "the two sides differ by as much at every draw")
    return None


def _look(w: _Open, differences: Floats, alpha: float, batch: int) -> Outcome:
    whole = len(differences) // w.merge * w.merge
    merged = differences[:whole].reshape(-1, w.merge).mean(axis=1)
    found = decide_mean(merged, w.variance / (batch * w.merge), alpha, w.target.epsilon, w.bets)
    odd = found.verdict == UNDECIDED and not np.all(np.isfinite(differences))
    reason = _NOT_FINITE if odd else None
    return Outcome(found.verdict, found, len(differences) * batch, found.interval, reason)
