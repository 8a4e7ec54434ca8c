"""A grid of cells, each with splits of its own: done one by one, kept as files, reusable after a stop."""

import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from verify.certificate import write_json
from verify.digests import digest
from verify.experiments.cells import Pool, pool, split
from verify.experiments.pairs import Pair
from verify.features.tables import Floats
from verify.streams import generator

VERSION = 1  # of what a cell is; one more makes finished cells of before be done again
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Cell:
    """All splits at n and N: (splits, 1 + kinds of labels, 4), see `cells.split`."""

    n: int
    N: int
    splits: Floats


def sizes(pair: Pair) -> list[tuple[int, int]]:
    """The cells of the grid that leave at least as many test samples as there are strong dimensions."""
    return [(n, N) for n in pair.n for N in pair.N if pair.rows - n - N >= pair.d_s]


def run(pair: Pair, splits: int, seed: int, folder: Path, resume: bool, progress: Progress) -> list[Cell]:
    """Every cell of a pair, kept as files in `folder` and with `resume` taken from there. Raises OSError."""
    cells, grid = list[Cell](), sizes(pair)
    made_of = digest(pair.digest(), splits, seed, VERSION)
    drawn: Pool | None = None
    for done, (n, N) in enumerate(grid):
        progress(done, len(grid))
        path = folder / f"{pair.name}{'-control' * pair.control}-n{n}-N{N}.json"
        values = _read(path, made_of) if resume else None
        if values is None:
            drawn = drawn or pool(pair)
            key = ("experiment", pair.name, int(pair.control), n, N)
            with _one_thread():
                values = np.array([split(drawn, n, N, generator(seed, *key, i)) for i in range(splits)])
            write_json(path, {"digest": made_of, "splits": _plain(values)})
        cells.append(Cell(n, N, values))
    progress(len(grid), len(grid))
    return cells


def _one_thread() -> AbstractContextManager[object]:
    """Matrices this small are ten times slower on two threads that wait for each other on a busy machine.

    threadpoolctl comes with scikit-learn; without it the environment's OPENBLAS_NUM_THREADS does the same.
    """
    try:
        limits: Callable[..., AbstractContextManager[object]] = import_module(
            "threadpoolctl"
        ).threadpool_limits
    except ModuleNotFoundError:
        return nullcontext()
    return limits(1, "blas")


def _plain(values: Floats) -> object:
    """As lists, with null for NaN."""
    return json.loads(json.dumps(values.tolist()).replace("NaN", "null"))


def _read(path: Path, made_of: str) -> Floats | None:
    """The splits in a file, None if it is not there, not whole or of something else."""
    try:
        held = json.loads(path.read_text("utf-8"))
        if held["digest"] != made_of:
            return None
        values = np.array(held["splits"], dtype=np.float64)  # None becomes NaN
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return values if values.ndim == 3 and not math.isinf(np.nanmax(values)) else None
