"""Figures of speed, each a ratio to a naive baseline timed in the same run, pair by pair.

Timings live here and not in tests, which they would make flake. A pair runs the baseline and then the
project's own code on the same work; what is reported is the median of the ratios, with their range.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lstsq

from derivations.claims import Equal, claims
from derivations.core.derivation import stated
from derivations.core.language import parse
from verify import machine, pipeline, raw
from verify.environment import environment
from verify.features import measure as measure_features
from verify.features import tables
from verify.streams import generator
from verify.tape import lower

PAIRS = 5
_WORLD = {"d_s": 100, "d_w": 200, "n": 2000, "N": 4000}  # the sizes of the paper's synthetic experiment


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


@dataclass(frozen=True)
class _Race:
    """Two ways to do the same work; each is called once unmeasured, so that nothing is timed compiling."""

    name: str
    work: str
    baseline: Callable[[], object]
    ours: Callable[[], object]


def machine_description() -> str:
    """The machine in one line."""
    return f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"


def races() -> tuple[_Race, ...]:
    """What is timed."""
    return (_pipeline(), _tape(), _features())


def measure(race: _Race, pairs: int = PAIRS) -> Figure:
    """Time baseline and ours in turn, `pairs` times."""
    race.baseline(), race.ours()
    seconds = [(_timed(race.baseline), _timed(race.ours)) for _ in range(pairs)]
    ratios = sorted(b / o for b, o in seconds)
    middle = statistics.median
    slow, fast = middle(b for b, _ in seconds), middle(o for _, o in seconds)
    return Figure(race.name, race.work, slow, fast, middle(ratios), ratios[0], ratios[-1])


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _pipeline() -> _Race:
    """One trial of the naive procedure, four models, against one least-squares call of scipy a model."""
    overlap = np.eye(_WORLD["d_s"], _WORLD["d_w"]) * 0.5
    world = pipeline.world_from_overlap(overlap, 0.01, _WORLD["n"], _WORLD["N"])

    def ours() -> object:
        return pipeline.simulate(world, generator(0, "bench", "pipeline"), 1)

    def baseline() -> object:
        stream = generator(0, "bench", "pipeline")
        n, N = world.n, world.N
        latent = stream.standard_normal((n + N, world.strong.shape[1]))
        strong, weak = latent @ world.strong.T, latent @ world.weak.T
        y = latent @ world.target + 0.1 * stream.standard_normal(n + N)
        teacher = _fit(weak[:n], y[:n])
        return teacher, _fit(strong[n:], weak[n:] @ teacher), _fit(strong[:n], y[:n]), _fit(strong, y)

    sizes = ", ".join(f"{k}={v}" for k, v in _WORLD.items())
    return _Race("naive procedure", f"one trial, four models, {sizes}; baseline scipy lstsq", baseline, ours)


def _fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    solution: np.ndarray = lstsq(x, y, lapack_driver="gelsy", check_finite=False)[0]
    return solution


def _tape(draws: int = 2048) -> _Race:
    """The statement of w2s-variance at one point, by tape and by walking the SymPy tree with numpy."""
    claim = claims()["w2s-variance"]
    part, point = claim.parts[0], claim.points[6]
    assert isinstance(part, Equal)
    env = environment(part.setting, point)
    tape = lower([stated(part.left, part.setting), parse(part.right)], part.setting, (), env)
    algebra = raw.floats(env)
    base = [symbol for block in part.setting.blocks for symbol, _ in block.draws]

    def ours() -> object:
        return machine.sample(tape, 1, 0, "bench", trials=draws)

    def baseline() -> object:
        stream = generator(0, "bench", "tape")
        total = 0.0
        for _ in range(draws):
            values = {x: stream.standard_normal(env.shape(x)) for x in base}
            total += raw.evaluate(part.left, [raw.complete(values, part.setting, (), env)], algebra)
        return total / draws

    return _Race("tape", f"w2s-variance, {draws} draws at {point.label}; baseline numpy", baseline, ours)


def _features(rows: int = 100000, width: int = 256) -> _Race:
    """Measuring two feature tables, against the matrix products alone that it cannot do without."""
    stream = generator(0, "bench", "features")
    weak, strong = (stream.standard_normal((rows, width)).astype(np.float32) for _ in range(2))

    def baseline() -> object:
        scatter, basis = np.zeros((2 * width, 2 * width)), np.eye(width)
        for start in range(0, rows, tables.BLOCK):
            block = slice(start, start + tables.BLOCK)
            x = np.hstack([weak[block], strong[block]], dtype=np.float64)
            scatter += x.T @ x
            for part in (x[:, :width], x[:, width:]):
                part @ basis
        return scatter

    work = f"two tables of {rows} rows and {width} columns; baseline its matrix products alone"
    return _Race("features", work, baseline, lambda: measure_features(weak, strong))


def figures(chosen: Sequence[_Race] | None = None, pairs: int = PAIRS) -> list[Figure]:
    """Every figure."""
    return [measure(race, pairs) for race in (races() if chosen is None else chosen)]
