"""The figures of speed that `w2s bench` measures.

Timings live here and not in tests, which they would make flake.
"""

import os
import platform
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.linalg import lstsq

from derivations.claims import Equal, claims
from derivations.core.derivation import stated
from derivations.core.language import parse
from verify import machine, pipeline, raw
from verify.environment import environment
from verify.features import measure as measure_features
from verify.features import tables
from verify.races import PAIRS, Figure, Race, measure
from verify.simulation.races import RACES as SAMPLERS
from verify.streams import generator
from verify.tape import lower

_WORLD = {"d_s": 100, "d_w": 200, "n": 2000, "N": 4000}  # the sizes of the paper's synthetic experiment


def machine_description() -> str:
    """The machine in one line, and how busy it is."""
    try:
        load = f", load {os.getloadavg()[0]:.1f}"
    except OSError:
        load = ""
    what = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    return f"{what}, NumPy {np.__version__}{load}"


def builders() -> dict[str, Callable[[], Race]]:
    """What can be timed, by name: each is set up when it is its turn."""
    return {"naive": _pipeline, "tape": _tape, "features": _features, **SAMPLERS}


def _pipeline() -> Race:
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
    return Race("naive", f"one trial, four models, {sizes}; baseline scipy lstsq", baseline, ours)


def _fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    solution: np.ndarray = lstsq(x, y, lapack_driver="gelsy", check_finite=False)[0]
    return solution


def _tape(draws: int = 2048) -> Race:
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

    return Race("tape", f"w2s-variance, {draws} draws at {point.label}; baseline numpy", baseline, ours)


def _features(rows: int = 100000, width: int = 256) -> Race:
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
    return Race("features", work, baseline, lambda: measure_features(weak, strong))


def figures(chosen: Sequence[str], pairs: int = PAIRS) -> Iterator[Figure]:
    """These figures, each as it is measured. Raises KeyError for an unknown name."""
    known = builders()
    for build in [known[name] for name in chosen]:
        yield measure(build(), pairs)
