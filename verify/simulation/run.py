"""Cases -> chunks -> estimates, on any number of threads, with every finished chunk kept.

A chunk is so many trials of one case by one rung, from a stream of its own; how many follows from the case
alone. After each round of chunks a case is finished or says how many more it needs, which depends on their
results and on nothing else: so the results are the same bits on any number of threads, and however often a
run was killed and resumed.
"""

import json
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from verify import certificate as files
from verify import digests
from verify.simulation import moments
from verify.simulation.cases import Case
from verify.simulation.ladder import SINGLE, Rung
from verify.simulation.moments import Estimate, Moments, estimates, merged
from verify.simulation.problem import Problem
from verify.streams import generator

CHUNK = 0.1  # seconds that a chunk takes, roughly
LEAST = 64  # trials before a standard error is believed
PLAIN_TRIALS, FINER = 40, 10  # a tenth of the standard error of that many trials of an experiment
GROWTH = 8  # at most so many times the chunks that there are, for the next round
ENDLESS = 4  # chunks where the variance is infinite: no number of trials has a standard error there
_SPARE = 1.05  # times the trials that an estimate says are needed

Progress = Callable[[float, float, int], None]
"""(chunks done, chunks known to be needed, cases finished)."""


@dataclass(frozen=True)
class Goal:
    """When a case is finished: after so many trials, or at standard errors.

    relative: of a risk or OPR relative to it, of PGR itself. With neither: a tenth of the standard error that
    40 single trials have, which are drawn first.
    """

    trials: int | None = None
    relative: float | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was found at a case; `single` is of the trials that set the goal, if it was set so."""

    case: Case
    found: Moments
    single: Moments | None
    estimates: dict[str, Estimate]


@dataclass(frozen=True)
class _Job:
    """One chunk: number `chunk` of `trials` trials of case number `case`."""

    case: int
    rung: Rung
    chunk: int
    trials: int


@dataclass(eq=False)
class _State:
    """How far a case is."""

    case: Case
    problem: Problem
    size: int
    chunks: list[Moments] = field(default_factory=list)
    wanted: int = 0
    single: Moments | None = None
    pending: dict[int, Moments] = field(default_factory=dict)


def run(
    cases: Sequence[Case],
    rung: Rung,
    goal: Goal,
    *,
    seed: int,
    out: Path,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Simulate every case. Raises ValueError for a case that cannot be, OSError where `out` is not writable.

    out: a folder, in which each finished chunk is a file at once; with `resume` those of an earlier run of
    the same code and seed are not repeated, without it they are removed.
    """
    states = [_state(case, rung) for case in cases]
    store = _Store(out, resume, seed)
    jobs = [job for i, s in enumerate(states) for job in _first(i, s, rung, goal)]
    known, done, finished = len(jobs), 0, 0
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1)
    try:
        waiting: dict[Future[Moments], _Job] = {
            pool.submit(_chunk, states[j.case], j, store): j for j in jobs
        }
        while waiting:
            ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                job = waiting.pop(future)
                more = _received(states[job.case], job, future.result(), rung, goal)
                known, done = known + len(more), done + 1
                finished += len(states[job.case].chunks) == states[job.case].wanted and not more
                waiting |= {pool.submit(_chunk, states[j.case], j, store): j for j in more}
            if progress:
                progress(done, known, finished)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [_outcome(s) for s in states]


def _state(case: Case, rung: Rung) -> _State:
    try:
        problem = case.problem()
    except ValueError as why:
        raise ValueError(f"{why} (at {case.key})") from None
    return _State(case, problem, chunk_size(rung, problem))


def chunk_size(rung: Rung, problem: Problem) -> int:
    """How many trials a chunk has, by the size of the problem alone."""
    return min(1 << 14, max(1, round(CHUNK / rung.seconds(problem))))


def _first(i: int, state: _State, rung: Rung, goal: Goal) -> list[_Job]:
    """The chunks that a case begins with."""
    if goal.trials is None and goal.relative is None:
        return [_Job(i, SINGLE, 0, PLAIN_TRIALS)]
    state.wanted = _opening(state, goal, rung)
    return _jobs(i, state, rung, goal, 0)


def _opening(state: _State, goal: Goal, rung: Rung) -> int:
    if goal.trials is not None:
        return -(-goal.trials // state.size)
    return max(ENDLESS if not rung.finite_variance(state.problem) else 1, -(-LEAST // state.size))


def _jobs(i: int, state: _State, rung: Rung, goal: Goal, start: int) -> list[_Job]:
    """Chunks from number `start` to the last that is wanted; the very last of a given number is smaller."""
    jobs = [_Job(i, rung, k, state.size) for k in range(start, state.wanted)]
    if goal.trials is not None:
        jobs[-1] = _Job(i, rung, state.wanted - 1, goal.trials - (state.wanted - 1) * state.size)
    return jobs


def _received(state: _State, job: _Job, found: Moments, rung: Rung, goal: Goal) -> list[_Job]:
    """Take in a chunk; the chunks that are needed next, once those of a round are all there."""
    if job.rung is SINGLE:
        state.single = found
        state.wanted = _opening(state, goal, rung)
        return _jobs(job.case, state, rung, goal, 0)
    state.pending[job.chunk] = found
    if len(state.chunks) + len(state.pending) < state.wanted:
        return []
    state.chunks += [state.pending[k] for k in sorted(state.pending)]
    state.pending.clear()
    start = state.wanted
    state.wanted = _needed(state, rung, goal)
    return _jobs(job.case, state, rung, goal, start) if state.wanted > start else []


def _needed(state: _State, rung: Rung, goal: Goal) -> int:
    """How many chunks a case needs by what is known of it; those it has if that is enough."""
    have = len(state.chunks)
    if goal.trials is not None or not rung.finite_variance(state.problem):
        return have
    found, targets = estimates(merged(state.chunks)), _targets(state, goal)
    ratios = [found[name].error / target for name, target in targets.items() if target > 0]
    worst = max((r for r in ratios if math.isfinite(r)), default=0.0)
    return have if worst <= 1 else min(GROWTH * have, max(have + 1, math.ceil(have * worst**2 * _SPARE)))


def _targets(state: _State, goal: Goal) -> dict[str, float]:
    """The standard error that each quantity is to have; 0 where it has none."""
    if goal.relative is not None:
        found = estimates(merged(state.chunks))
        return {name: goal.relative * (1.0 if name == "pgr" else abs(e.value)) for name, e in found.items()}
    assert state.single is not None
    return {name: e.error / FINER for name, e in estimates(state.single).items() if math.isfinite(e.error)}


def _outcome(state: _State) -> Outcome:
    found = merged(state.chunks)
    return Outcome(state.case, found, state.single, estimates(found))


def _chunk(state: _State, job: _Job, store: "_Store") -> Moments:
    """The moments of a chunk, from its file or by simulation."""
    kept = store.load(state.case, job)
    if kept is not None:
        return kept
    stream = generator(store.seed, "simulate", job.rung.name, state.case.key, job.chunk)
    try:
        found = moments.moments(job.rung.draw(state.problem, stream, job.trials))
    except ValueError as why:
        raise ValueError(f"{why} (at {state.case.key})") from None
    store.save(state.case, job, found)
    return found


class _Store:
    """Finished chunks in a folder, each a file written through a temporary one.

    A chunk is found again only by a run of the same code, in the same environment, with the same seed.
    """

    def __init__(self, out: Path, resume: bool, seed: int) -> None:
        self.folder, self.seed = out / "chunks", seed
        self.folder.mkdir(parents=True, exist_ok=True)
        useless = [*out.glob(f".*{files.TEMPORARY}"), *self.folder.glob(f".*{files.TEMPORARY}")]
        for file in useless + ([] if resume else [*self.folder.glob("*.json")]):
            file.unlink(missing_ok=True)

    def _path(self, case: Case, job: _Job) -> Path:
        made_of = digests.code_digest(), digests.environment_digest(), self.seed
        return (
            self.folder / f"{digests.digest(case.key, job.rung.name, job.chunk, job.trials, *made_of)}.json"
        )

    def load(self, case: Case, job: _Job) -> Moments | None:
        """A finished chunk, or None; a file that cannot be read is done again."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            return moments.from_json(json.loads(self._path(case, job).read_text("utf-8")))
        return None

    def save(self, case: Case, job: _Job, found: Moments) -> None:
        """Keep a finished chunk."""
        files.write_json(self._path(case, job), found.to_json())
