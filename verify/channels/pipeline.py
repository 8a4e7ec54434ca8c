"""Pipeline: the naive procedure against the closed forms. Trust: `supported` to the stated resolution.

Data are drawn and models fitted by `verify.pipeline`, which knows nothing of the theory; what it measures at
a point serves every claim that has the point, so it is simulated once. A consequence is measured as the mean
of a combination of what the closed forms in it are about; where it claims a sign, the sign is what is told.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from derivations.claims import Claim, Consequence, Equal, Tendency, Threshold
from derivations.core.consequences import Value
from derivations.core.language import parse
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Expression
from derivations.points import Point
from verify import pipeline
from verify.channels import Findings, Pair, Subject, Task, inapplicable, labelled
from verify.channels.sampling import is_near, report, scaled
from verify.consequences import functional
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
_SIGN = 0.5  # of a value, to which it is measured where its sign is claimed
_ROUNDING = 1e-12  # relative; least squares by orthogonal transformations at the condition numbers met here


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """One task for each point, over all claims that measure something there."""
    points: dict[Point, list[tuple[str, int]]] = {}
    for s in subjects:
        for number in range(len(s.claim.parts)):
            for point in measured_at(s, number, level):
                points.setdefault(point, []).append((s.claim.id, number))
    return [Task(NAME, (NAME, p.label), tuple(named), len(named), p) for p, named in points.items()]


def measured_at(subject: Subject, number: int, level: Level) -> list[Point]:
    """Where a part is measured: at the first points of its claim, a threshold beside and at its boundary."""
    part, every = subject.claim.parts[number], list(subject.claim.points)
    if isinstance(part, Equal):
        return every[: level.pipeline] if part.measured else []
    if not isinstance(part, Consequence) or isinstance(part, Tendency) or not part.measured:
        return []
    whole = subject.stated(number)
    at = whole.places(every)
    few = -(-level.pipeline // 2)  # what a consequence is about has been measured for its own claims
    if not isinstance(part, Threshold):
        return at[:few]
    near = sorted((whole.boundary(point) for point in at), key=len, reverse=True)
    return list(dict.fromkeys(p for points in near[:few] for p in points))


class _Wanted(NamedTuple):
    """What is to be measured for one part of one claim, and the value that it states.

    Measured is a constant plus the mean of a combination of quantities, in units of `unit`.
    """

    id: str
    pair: Pair
    env: Environment
    world: pipeline.World
    target: Target
    weights: Floats
    constant: float
    stated: float
    unit: float


def _wanted(subject: Subject, number: int, point: Point, level: Level) -> _Wanted:
    """What one part of a claim has measured at a point. Raises ValueError where that is nothing."""
    id, part = subject.claim.id, subject.claim.parts[number]
    weights = np.zeros(len(pipeline.QUANTITIES))
    assert isinstance(part, Equal | Consequence)
    env = environment(part.setting, point)
    world = world_at(env)
    if isinstance(part, Equal):
        pair = _pair(f"{part.measured}, measured", number)
        weights[_column(part.measured)] = 1.0
        near, stated = is_near(part.setting, [parse(part.left)], env), env.number(part.right)
        target = Target(scaled(level.coarse, near, env, level) / 2, near, _ROUNDING)
        return _Wanted(id, pair, env, world, target, weights, 0.0, stated, stated if stated > 0 else 1.0)
    whole = subject.stated(number)
    found = functional(whole, whole.at(point))
    for v, weight in found.weights.items():
        weights[_column(_measured(v, whole.claims))] += float(weight)
    near = is_near(part.setting, [], env)
    epsilon = _SIGN if found.sign_only else scaled(level.coarse, near, env, level) / 2
    target = Target(epsilon, near, _ROUNDING)
    pair = _pair(labelled(part, "sign, measured" if found.sign_only else "measured"), number)
    numbers = float(found.constant), float(found.stated), float(found.unit)
    return _Wanted(id, pair, env, world, target, weights, *numbers)


def _measured(v: Value, claims: Mapping[str, Claim]) -> str:
    """What is measured where a closed form is about its mean."""
    part = claims[v.claim].provable[v.part]
    if not isinstance(part, Equal) or not part.measured or v.changes:
        raise ValueError(f"the naive procedure does not measure what {v.claim} is about here")
    return part.measured


def _pair(step: str, number: int) -> Pair:
    """A statement as the procedure sees it: no expressions, only what is measured."""
    return Pair(step, IN_EXPECTATION, _NOTHING, _NOTHING, number, whole=True)


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Simulate at one point until every claim is decided there."""
    point = task.point
    assert point is not None
    wanted: list[_Wanted] = []
    findings: Findings = []
    for id, number in task.parts:
        try:
            wanted.append(_wanted(subjects[id], number, point, level))
        except ValueError as why:
            findings.append((id, inapplicable(NAME, _pair("measured", number), point, why)))
    if not wanted:
        return findings
    env, world = wanted[0].env, wanted[0].world
    weights = np.column_stack([w.weights for w in wanted])
    constants = np.array([w.constant for w in wanted])
    fitted = {pipeline.QUANTITIES[i] for i in np.nonzero(weights)[0]}
    models: pipeline.Models = "all" if fitted & {"strong_baseline", "strong_ceiling"} else "w2s"
    stated = np.array([w.stated for w in wanted])
    unit = np.array([w.unit for w in wanted])

    def measure(role: str | int, trials: int, batch: int, asked: Sequence[int]) -> Floats:
        """Batch means of what the procedure measures."""
        stream, chosen = generator(seed, NAME, point.label, role), list(asked)
        piece = max(1, _PIECE // batch) * batch
        blocks = [
            batch_means(
                _combined(pipeline.simulate(world, stream, size, COPIES, models), weights[:, chosen]), batch
            )
            for size in (min(piece, trials - start) for start in range(0, trials, piece))
        ]
        return np.asarray(np.concatenate(blocks) + constants[chosen])

    first = measure("pilot", _pilot_size(env), 1, range(len(wanted)))
    record = Record(first)

    def draw(role: str | int, trials: int, batch: int, waiting: Sequence[int]) -> Floats:
        """Measured minus stated."""
        asked = list(waiting)
        means = measure(role, trials, batch, asked)
        record.add(asked, means)
        return np.asarray((means - stated[asked]) / unit[asked])

    targets = [w.target for w in wanted]
    outcomes = until_decided(draw, (first - stated) / unit, targets, alpha, level.draws)
    measured = zip(record.means.tolist(), stated.tolist(), unit.tolist(), strict=True)
    return findings + [
        (w.id, report(NAME, w.pair, point, o, t, values, alpha, seed))
        for w, o, t, values in zip(wanted, outcomes, targets, measured, strict=True)
    ]


def _combined(measured: Floats, weights: Floats) -> Floats:
    """(trials, quantities) times (quantities, k); quantities without a weight need not have a value."""
    out = np.empty((len(measured), weights.shape[1]))
    for j, column in enumerate(weights.T):
        (used,) = np.nonzero(column)
        out[:, j] = sum(column[i] * measured[:, i] for i in used)
    return out


def _pilot_size(env: Environment) -> int:
    """Fewer trials where one is large."""
    return _PILOT if all(v < LARGE for v in env.values.values()) else _PILOT // 8


def _column(quantity: str) -> int:
    """Where a quantity stands among what is measured."""
    if quantity not in pipeline.QUANTITIES:
        raise ValueError(f"the procedure measures {', '.join(pipeline.QUANTITIES)}, not {quantity!r}")
    return pipeline.QUANTITIES.index(quantity)
