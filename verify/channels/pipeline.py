"""Pipeline: the naive procedure against the closed forms. Trust: `supported` to the stated resolution.

Data are drawn and models fitted by `verify.pipeline`, which knows nothing of the theory; what it measures at
a point serves every claim that has the point, so it is simulated once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from derivations.claims import Equal
from derivations.core.language import parse
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Expression
from derivations.points import Point
from verify import pipeline
from verify.channels import Findings, Pair, Subject, Task, inapplicable
from verify.channels.sampling import is_near, report, scaled
from verify.environment import Environment, environment
from verify.kernels import Floats
from verify.levels import LARGE, Level
from verify.machine import batch_means
from verify.sequential import Record, Target, until_decided
from verify.streams import generator
from verify.worlds import world_at

NAME = "pipeline"
COPIES = 8  # noise vectors per draw of the features
_PILOT = 4096
_PIECE = 1 << 16  # trials at a time, for the sake of memory
_NOTHING = Expression(())
_ROUNDING = 1e-12  # relative; least squares by orthogonal transformations at the condition numbers met here


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """One task for each point, over all claims that measure something there."""
    points: dict[Point, list[tuple[str, int]]] = {}
    for s in subjects:
        for number, part in enumerate(s.claim.parts):
            if isinstance(part, Equal) and part.measured:
                for point in s.claim.points[: level.pipeline]:
                    points.setdefault(point, []).append((s.claim.id, number))
    return [Task(NAME, (NAME, p.label), tuple(named), len(named), p) for p, named in points.items()]


class _Wanted(NamedTuple):
    """What is to be measured for one part of one claim, and the value that it states."""

    id: str
    pair: Pair
    env: Environment
    world: pipeline.World
    stated: float
    near: bool
    column: int


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Simulate at one point until every claim is decided there."""
    point = task.point
    assert point is not None
    wanted: list[_Wanted] = []
    findings: Findings = []
    for id, number in task.parts:
        part = subjects[id].claim.parts[number]
        assert isinstance(part, Equal)
        # The statement as the procedure sees it: no expressions, only what is measured.
        pair = Pair(f"{part.measured}, measured", IN_EXPECTATION, _NOTHING, _NOTHING, number, whole=True)
        try:
            env = environment(part.setting, point)
            close = is_near(part.setting, [parse(part.left)], env)
            value, column = env.number(part.right), _column(part.measured)
            wanted.append(_Wanted(id, pair, env, world_at(env), value, close, column))
        except ValueError as why:
            findings.append((id, inapplicable(NAME, pair, point, why)))
    if not wanted:
        return findings
    env, world = wanted[0].env, wanted[0].world
    columns = np.array([w.column for w in wanted])
    fitted = {pipeline.QUANTITIES[w.column] for w in wanted}
    models: pipeline.Models = "all" if fitted & {"strong_baseline", "strong_ceiling"} else "w2s"
    stated = np.array([w.stated for w in wanted])
    unit = np.where(stated > 0, stated, 1.0)

    def measure(role: str | int, trials: int, batch: int, asked: Sequence[int]) -> Floats:
        """Batch means of what the procedure measures."""
        stream, chosen = generator(seed, NAME, point.label, role), columns[list(asked)]
        piece = max(1, _PIECE // batch) * batch
        blocks = [
            batch_means(pipeline.simulate(world, stream, size, COPIES, models)[:, chosen], batch)
            for size in (min(piece, trials - start) for start in range(0, trials, piece))
        ]
        return np.concatenate(blocks)

    first = measure("pilot", _pilot_size(env), 1, range(len(wanted)))
    record = Record(first)

    def draw(role: str | int, trials: int, batch: int, waiting: Sequence[int]) -> Floats:
        """Measured minus stated."""
        asked = list(waiting)
        means = measure(role, trials, batch, asked)
        record.add(asked, means)
        return np.asarray((means - stated[asked]) / unit[asked])

    targets = [Target(scaled(level.coarse, w.near, env, level) / 2, w.near, _ROUNDING) for w in wanted]
    outcomes = until_decided(draw, (first - stated) / unit, targets, alpha, level.draws)
    measured = zip(record.means.tolist(), stated.tolist(), unit.tolist(), strict=True)
    return findings + [
        (w.id, report(NAME, w.pair, point, o, t, values, alpha, seed))
        for w, o, t, values in zip(wanted, outcomes, targets, measured, strict=True)
    ]


def _pilot_size(env: Environment) -> int:
    """Fewer trials where one is large."""
    return _PILOT if all(v < LARGE for v in env.values.values()) else _PILOT // 8


def _column(quantity: str) -> int:
    """Where a quantity stands among what is measured."""
    if quantity not in pipeline.QUANTITIES:
        raise ValueError(f"the procedure measures {', '.join(pipeline.QUANTITIES)}, not {quantity!r}")
    return pipeline.QUANTITIES.index(quantity)
