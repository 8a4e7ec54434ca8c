"""Exact: pathwise and scalar steps at random matrices of large integers. Trust: `enclosed`, radius 0.

Also the door by which a statement enters: its normal form against the statement itself, evaluated by code
that shares nothing with it.
"""

from collections.abc import Sequence

from derivations.claims import Equal, Limit, SameLaw
from derivations.core.rules import IN_EXPECTATION
from derivations.core.language import parse
from derivations.points import Point

from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import Findings, Pair, Subject, Task, setting_of, sources
from verify.environment import Environment, environment
from verify.levels import Level
from verify.rational import pathwise_equal
from verify.raw import door

NAME = "exact"
POINTS = 3  # the smallest points of a claim: rational arithmetic grows fast with size
_MATRICES = 3  # random integer matrices at each


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """One task for each part at each of the smallest points."""
    return [
        Task(NAME, (NAME, s.claim.id, str(part), point.label), ((s.claim.id, part),), 0, point)
        for s in subjects
        for part, stated in enumerate(s.claim.parts)
        for point in smallest(s.claim.points, stated)
    ]


def smallest(points: Sequence[Point], stated: Equal | Limit | SameLaw) -> list[Point]:
    """The points of smallest total size, one size for a limit's variable added."""
    ordered = sorted(points, key=lambda p: sum(v for _, v in p.values if isinstance(v, int)))
    if isinstance(stated, Limit):
        name, start = stated.variable.name, 2 * sum(v for k, v in ordered[0].values if k.startswith("d_"))
        ordered = [Point((*p.values, (name, start)), p.overlaps, p.noise) for p in ordered]
    return ordered[:POINTS]


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Compare the two sides of each pathwise or scalar step exactly."""
    ((id, number),), point = task.parts, task.point
    assert point is not None
    subject = subjects[id]
    part = subject.claim.parts[number]
    try:
        env = environment(setting_of(part), point)
    except ValueError as why:
        return [(id, Check(NAME, part.label or "statement", point.label, NOT_APPLICABLE, reason=str(why)))]
    if isinstance(part, SameLaw):
        return []
    found = [_door(part, env, point, seed)]
    steps = (pair for pair in subject.pairs(number) if pair.kind != IN_EXPECTATION)
    found += [_compare(pair, subject, number, env, point, seed) for pair in steps]
    return [(id, check) for check in found]


def _door(part: Equal | Limit, env: Environment, point: Point, seed: int) -> Check:
    """The statement's left side as typed against its normal form: exactly at one draw, and by raw floats.

    Exact arithmetic takes everything at one draw and could not tell E[X]E[Y] from E[XY]; the floats can.
    """
    equal = pathwise_equal(part.left, parse(part.left), part.setting, (), env, seed=seed, points=1)
    floats = door(part.left, part.setting, env, seed=seed, trials=4)
    step = (f"{part.label}: " if part.label else "") + "the statement as typed and in normal form"
    return Check(
        NAME,
        step,
        point.label,
        PASSED if equal and floats.agrees else REFUTED,
        lhs=str(equal.left),
        rhs=str(equal.right),
        miss=equal.miss,
        rounding_bound=float(floats.tolerance.max()),
        method="exact arithmetic at a random integer matrix, and floats at 4 draws",
        seed=seed,
    )


def _compare(pair: Pair, subject: Subject, part: int, env: Environment, point: Point, seed: int) -> Check:
    stated = subject.claim.parts[part]
    definitions, extra = sources(subject.chains(part))
    equal = pathwise_equal(
        pair.left,
        pair.right,
        setting_of(stated),
        definitions,
        env,
        extra_blocks=extra,
        seed=seed,
        points=_MATRICES,
    )
    return Check(
        NAME,
        pair.step,
        point.label,
        PASSED if equal else REFUTED,
        lhs=str(equal.left),
        rhs=str(equal.right),
        miss=equal.miss,
        method=f"exact arithmetic at {equal.points} random integer matrices",
        seed=seed,
        whole=pair.whole,
    )
