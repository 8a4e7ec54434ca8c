"""Pipeline: the naive procedure against the closed forms. Trust: `supported` to the stated resolution.

Data are drawn and models fitted by `verify.pipeline`, which knows nothing of the theory; what it measures at
a point serves every claim that has the point, so it is simulated once.
"""

from collections.abc import Sequence

import numpy as np
from derivations.claims import Equal
from derivations.core.language import parse
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Expression
from derivations.points import Point

from verify import pipeline
from verify.certificate import NOT_APPLICABLE, Check
from verify.channels import Findings, Pair, Subject, Task
from verify.channels.sampling import is_near, report, scaled
from verify.environment import Environment, environment
from verify.kernels import Floats
from verify.levels import LARGE, Level
from verify.machine import batch_means
from verify.sequential import Target, until_decided
from verify.streams import generator

NAME = "pipeline"
COPIES = 8  # noise vectors per draw of the features
_PILOT = 4096
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


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Simulate at one point until every claim is decided there."""
    point = task.point
    assert point is not None
    wanted: list[tuple[str, Equal]] = []
    for id, number in task.parts:
        part = subjects[id].claim.parts[number]
        assert isinstance(part, Equal)
        wanted.append((id, part))
    try:
        environments = [environment(part.setting, point) for _, part in wanted]
        stated = np.array([env.number(part.right) for env, (_, part) in zip(environments, wanted, strict=True)])
    except ValueError as why:
        return [(id, Check(NAME, "pipeline", point.label, NOT_APPLICABLE, reason=str(why))) for id, _ in wanted]
    env = environments[0]
    near = [is_near(part.setting, [parse(part.left)], e) for e, (_, part) in zip(environments, wanted, strict=True)]
    world = _world(env)
    columns = [pipeline.QUANTITIES.index(part.measured) for _, part in wanted]

    means: list[Floats] = []

    def draw(role: str | int, trials: int, batch: int) -> Floats:
        stream = generator(seed, NAME, point.label, role)
        values = batch_means(pipeline.simulate(world, stream, trials, COPIES, "w2s")[:, columns], batch)
        means.append(values)
        return (values - stated) / unit

    unit = np.where(stated > 0, stated, 1.0)
    targets = [Target(scaled(level.coarse, close, env, level) / 2, close, _ROUNDING) for close in near]
    outcomes = until_decided(draw, draw("pilot", _pilot_size(env), 1), targets, alpha, level.draws)
    found = np.concatenate(means[1:] or means).mean(axis=0)
    return [
        (id, report(NAME, _measured(part), point, o, t, (float(f), float(v), float(u)), alpha, seed))
        for (id, part), o, t, f, v, u in zip(wanted, outcomes, targets, found, stated, unit, strict=True)
    ]


def _measured(part: Equal) -> Pair:
    """The statement as the procedure sees it."""
    nothing = Expression(())
    return Pair(f"{part.measured}, measured", IN_EXPECTATION, nothing, nothing, whole=True)


def _pilot_size(env: Environment) -> int:
    """Fewer trials where one is large."""
    return _PILOT if all(v < LARGE for v in env.values.values()) else _PILOT // 8


def _world(env: Environment) -> pipeline.World:
    """The problem at a point; a claim about the teacher alone gets a student with one feature."""
    size = {name: int(value) for name, value in env.values.items() if value.is_Integer}
    overlap = next((m for x, m in env.matrices.items() if x.name == "C"), np.zeros((1, size["d_w"])))
    students = size.get("N", 4)
    return pipeline.world_from_overlap(overlap, float(env.values["sigma2"]), size["n"], students)
