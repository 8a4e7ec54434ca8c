"""Figures of speed of the samplers, at the sizes of the paper's synthetic experiment.

Source: the goals of the project's own issue on simulation; each is named beside its figure.
"""

import math
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from verify.races import Race
from verify.simulation import baseline, plain
from verify.simulation.blas import one_thread
from verify.simulation.ladder import BEST, RUNGS, SINGLE, Rung
from verify.simulation.latent import latent
from verify.simulation.moments import estimates, moments
from verify.simulation.problem import Array, Problem, cosines_of, problem_at
from verify.streams import generator

TRIALS = 2  # of the pipeline at a time
_PILOT = 200  # trials from which a variance is known to a tenth
_STUDENT = 1  # its column
BUDGET = 4.8916  # standard errors either way: a false alarm of 1e-6
WIDTH = 1e-4


def paper(n: int = 2000, N: int = 4000) -> Problem:
    """d_w = 200, d_s = 100, d_sw = 10, σ² = 1/100, and what the paper's target misses."""
    parts = {"delta2": 2.54e-4, "tau2": 5.31e-5, "rest": 1.7e-6}
    return problem_at(100, 200, cosines_of(100, 200, 10), n=n, N=N, sigma2=0.01, **parts)


_WORK = "d_w=200, d_s=100, d_sw=10, n=2000, N=4000"


def _draws(rung: Rung, problem: Problem, trials: int) -> Callable[[], Array]:
    stream = generator(0, "bench", rung.name)
    return lambda: rung.draw(problem, stream, trials)


def _lstsq(problem: Problem, trials: int) -> Callable[[], object]:
    """Trials of the baseline, BLAS on one thread or on all, whichever is faster for it here and now."""
    rng = np.random.default_rng(0)

    def timed(threads: Callable[[], AbstractContextManager[None]]) -> float:
        with threads():
            return statistics.median(baseline.seconds(problem) for _ in range(3))

    every: tuple[Callable[[], AbstractContextManager[None]], ...] = (one_thread, nullcontext)
    best = min(every, key=timed)

    def run() -> None:
        with best():
            for _ in range(trials):
                baseline.trial(problem, rng)

    return run


def pipeline() -> Race:
    """The pipeline against one call of scipy's least squares a model."""
    p = paper()
    work = f"{TRIALS} trials, four models, {_WORK}; baseline scipy lstsq (gelsy), one fit a model"
    return Race("pipeline", work, _lstsq(p, TRIALS), _draws(SINGLE, p, TRIALS), goal=">= 5x")


def floor() -> Race:
    """The pipeline over what it cannot do without: its normals, and the products that make Gram matrices."""
    p = paper()
    D = latent(p).D
    stream = generator(0, "bench", "floor")
    block = np.empty((plain.ROWS, D + 1))

    def least() -> None:
        with one_thread():
            for _ in range(TRIALS):
                for rows, widths in ((p.n, (p.d_w, p.d_s)), (p.N, (p.d_s,))):
                    for start in range(0, rows, plain.ROWS):
                        data = block[: min(plain.ROWS, rows - start)]
                        stream.standard_normal(out=data)
                        for width in widths:
                            plain.product(data[:, :width], data[:, :width])

    work = f"{TRIALS} trials over their normals and syrk alone, {_WORK}; 1x is the floor"
    return Race("floor", work, _draws(SINGLE, p, TRIALS), least, goal="<= 1.5x")


def variance() -> Race:
    """Variance times time for the student's risk: the best rung against the baseline."""
    return _worth("variance", RUNGS[BEST], ">= 5000x", 20)


def copies() -> Race:
    """The same for the plain rung: what 16 noise vectors with both signs are worth."""
    return _worth("copies", RUNGS["plain"], "above the pipeline's", TRIALS)


def _worth(name: str, rung: Rung, goal: str, trials: int) -> Race:
    """Time for one and the same variance. Both sides measure one mean, so variances compare as they are."""
    p = paper()
    alone, ours = (float(np.var(_draws(r, p, _PILOT)()[:, _STUDENT])) for r in (SINGLE, rung))
    work = f"variance x time of the student's risk, rung {rung.name}, {_WORK}; baseline as for pipeline"
    worth = alone / ours * trials / TRIALS
    return Race(name, work, _lstsq(p, TRIALS), _draws(rung, p, trials), goal=goal, worth=worth)


def flat() -> Race:
    """The Bartlett form at n = N = 1000 and at a billion."""
    small, large = paper(1000, 1000), paper(10**9, 10**9)
    work = "Bartlett form, d_w=200, d_s=100: n = N = 10^3 over n = N = 10^9"
    return Race(
        "flat", work, _draws(RUNGS[BEST], small, 300), _draws(RUNGS[BEST], large, 300), goal="1 ± 0.2"
    )


def threads() -> Race:
    """The pipeline on one thread and on two."""
    p = paper()
    work = f"8 trials of the pipeline on one thread over the same on two, {_WORK}; needs two idle processors"
    return Race("threads", work, lambda: _side_by_side(p, 1), lambda: _side_by_side(p, 2), goal=">= 1.8x")


def _side_by_side(problem: Problem, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(_draws(SINGLE, problem, 1)) for _ in range(8)]:
            done.result()


def half_width() -> Race:
    """The student's variance to a relative half-width of 1e-4 at the error budget of a run."""
    p = problem_at(20, 40, cosines_of(20, 40, 5), n=400, N=400, sigma2=1.0)
    rung = RUNGS[BEST]
    needed = _needed(moments(_draws(SINGLE, p, 4000)()).scatter[_STUDENT, _STUDENT] / 3999, p)

    def ours() -> int:
        stream, done, total, squares = generator(0, "bench", "half-width"), 0, 0.0, 0.0
        while True:
            risks = rung.draw(p, stream, 4096)[:, _STUDENT]
            done, total = done + len(risks), total + float(np.sum(risks))
            squares += float(np.sum(risks * risks))
            mean = total / done
            if BUDGET * math.sqrt((squares / done - mean**2) / done) <= WIDTH * mean:
                return done

    work = "w2s-variance to 1e-4, d_w=40, d_s=20, d_sw=5, n=N=400, normal interval at 1e-6, one thread; "
    work += "baseline by the trials that it needs"
    return Race("half-width", work, _lstsq(p, 10), ours, goal="time", worth=needed / 10)


def _needed(variance: float, p: Problem) -> float:
    """Trials of an experiment until the half-width is reached."""
    mean = estimates(moments(_draws(RUNGS[BEST], p, 4000)()))["w2s"].value
    return variance * (BUDGET / (WIDTH * mean)) ** 2


def normals() -> Race:
    """A million normals by NumPy's generator and by ours."""
    count = 1_000_000
    out, stream, numpys = np.empty(count), generator(0, "bench", "normals"), np.random.default_rng(0)
    work = "a million normals in place; baseline NumPy's default generator (PCG64, ziggurat)"
    return Race(
        "normals", work, lambda: numpys.standard_normal(out=out), lambda: stream.standard_normal(out=out)
    )


RACES: dict[str, Callable[[], Race]] = {
    "normals": normals,
    "pipeline": pipeline,
    "floor": floor,
    "copies": copies,
    "variance": variance,
    "flat": flat,
    "threads": threads,
    "half-width": half_width,
}
