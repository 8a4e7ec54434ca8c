"""Exact: pathwise and scalar steps at random matrices of large integers, and expectations as exact sums.

Trust: `enclosed`, radius 0. The expectations are in integrals.py. Also the door by which a statement enters:
its normal form against the statement itself, evaluated by code that shares nothing with it.
"""

from collections.abc import Iterator, Sequence

from derivations.claims import Consequence, Equal, Limit, Part
from derivations.core.language import parse
from derivations.core.rules import IN_EXPECTATION
from derivations.points import Point
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import (
    Findings,
    Pair,
    Subject,
    Task,
    comparisons,
    inapplicable,
    integrals,
    labelled,
    smallest,
    sources,
)
from verify.environment import environment
from verify.levels import Level
from verify.rational import pathwise_equal
from verify.raw import door

NAME = "exact"
_POINTS = 3  # the smallest points of a claim: rational arithmetic grows fast with size
_MATRICES = 3  # random integer matrices at each
_MEANS, _EVERYWHERE = "means", "everywhere"  # keys of tasks that integrate, and that compare closed forms
_DRAWS = 4  # in floats, of a statement as typed


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """For each part but a law one task at each of the smallest points, and one for all that is a mean.

    A consequence has one task, for its points, its boundaries and a sweep.
    """
    return [
        Task(NAME, (NAME, s.claim.id, str(number), key), ((s.claim.id, number),), 0, point)
        for s in subjects
        for number, part in enumerate(s.claim.parts)
        for key, point in _places(part, s.claim.points)
    ]


def _places(part: Part, points: Sequence[Point]) -> Iterator[tuple[str, Point | None]]:
    if isinstance(part, Consequence):
        yield _EVERYWHERE, None
    elif isinstance(part, Equal | Limit):
        for point in smallest(points, part)[:_POINTS]:
            yield point.label, point
        if integrals.has_means(part):
            yield _MEANS, None


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Compare the two sides of each pathwise or scalar step exactly, or those of what is a mean."""
    ((id, number),), point = task.parts, task.point
    if point is None:
        if task.key[-1] == _EVERYWHERE:
            return [(id, check) for check in comparisons.checks(subjects[id], number, seed)]
        return [(id, check) for check in integrals.checks(subjects[id], number, _POINTS, seed)]
    pairs = [pair for pair in subjects[id].pairs(number) if pair.kind != IN_EXPECTATION]
    checks = [_door(subjects[id], number, point, seed)]
    checks += [_compare(pair, subjects[id], point, seed) for pair in pairs]
    return [(id, check) for check in checks]


def _door(subject: Subject, number: int, point: Point, seed: int) -> Check:
    """The statement's left side as typed against its normal form: exactly at one draw, and in floats.

    Exact arithmetic takes everything at one draw and could not tell E[X]E[Y] from E[XY]; the floats can.
    """
    part = subject.claim.parts[number]
    assert isinstance(part, Equal | Limit)
    step = labelled(part, "the statement as typed and in normal form")
    try:
        env = environment(part.setting, point)
        equal = pathwise_equal(part.left, parse(part.left), part.setting, (), env, seed=seed, points=1)
        floats = door(part.left, part.setting, env, seed=seed, trials=_DRAWS)
    except ValueError as why:
        return Check(NAME, step, point.label, NOT_APPLICABLE, reason=str(why), part=number)
    return Check(
        NAME,
        step,
        point.label,
        PASSED if equal and floats.agrees else REFUTED,
        lhs=str(equal.left),
        rhs=str(equal.right),
        miss=equal.miss,
        rounding_bound=float(floats.tolerance.max()),
        method=f"exact arithmetic at a random integer matrix, and floats at {_DRAWS} draws",
        seed=seed,
        part=number,
    )


def _compare(pair: Pair, subject: Subject, point: Point, seed: int) -> Check:
    part = subject.claim.parts[pair.part]
    assert isinstance(part, Equal | Limit)
    definitions, extra = sources(subject.chains(pair.part))
    try:
        equal = pathwise_equal(
            pair.left,
            pair.right,
            part.setting,
            definitions,
            environment(part.setting, point),
            extra_blocks=extra,
            seed=seed,
            points=_MATRICES,
        )
    except ValueError as why:  # no such point, or a root, or a singular Gram matrix: nothing for rationals
        return inapplicable(NAME, pair, point, why)
    return Check(
        NAME,
        pair.step,
        point.label,
        PASSED if equal else REFUTED,
        lhs=str(equal.left),
        rhs=str(equal.right),
        scale=1.0,
        detectable=0.0,
        miss=equal.miss,
        method=f"exact arithmetic at {equal.points} random integer matrices",
        seed=seed,
        part=pair.part,
        whole=pair.whole,
    )
