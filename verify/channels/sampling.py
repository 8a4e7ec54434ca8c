"""Sampling: steps that hold in expectation, statements, laws, limits and divergences, by simulation.

The same expressions that prove are lowered to tapes and run; only the laws of the setting are drawn. Small
points carry the power. Trust: `supported` to the stated resolution.
"""

from collections.abc import Sequence

import numpy as np
import sympy as sp

from derivations.claims import Equal, Limit, SameLaw, Tendency
from derivations.core.laws import Setting, inverse_degrees
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Expression
from derivations.points import Point
from verify.certificate import UNDECIDED, Check
from verify.channels import (
    SAMPLING,
    Findings,
    Pair,
    Subject,
    Task,
    inapplicable,
    laws,
    limits,
    smallest,
    sources,
)
from verify.environment import Environment, environment
from verify.kernels import Floats, Ints
from verify.levels import LARGE, Level
from verify.machine import Sample, affordable, sample
from verify.rounding import BOUNDED, Rounding, of_difference, respected
from verify.sequential import Outcome, Record, Target, until_decided
from verify.tape import lower

NAME = SAMPLING
MEANS = "means"  # stands for a claim's id in the keys of what several claims share
COPIES = 8  # noise vectors, or fresh points, per draw of the features
_NEAR = 4  # a boundary this close means heavy tails

Piece = tuple[Subject, int]  # a claim and the number of one of its parts


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """One task for each point of each setting: parts that share both share their draws."""
    tasks: list[Task] = []
    together: dict[tuple[Setting, Point], list[Piece]] = {}
    for s in subjects:
        for number, part in enumerate(s.claim.parts):
            if isinstance(part, Equal | Limit) and _sampled((s, number)):
                for point in _points(part, s.claim.points):
                    together.setdefault((part.setting, point), []).append((s, number))
            shares, points = _special(s, number, level)
            for p in points:
                key = (NAME, s.claim.id, str(number), p.label)
                tasks.append(Task(NAME, key, ((s.claim.id, number),), shares, p))
    for (_, point), pieces in together.items():
        named = tuple((s.claim.id, number) for s, number in pieces)
        shares = sum(len(_sampled(piece)) for piece in pieces)
        tasks.append(Task(NAME, (NAME, MEANS, point.label), named, shares, point))
    return tasks


def _points(part: Equal | Limit, points: Sequence[Point]) -> Sequence[Point]:
    """Where the means of a part are compared; for a limit, whose steps alone have any, at one small point."""
    if isinstance(part, Limit):
        return smallest(points, part)[:1]
    return points if part.right != sp.oo else ()


def _special(subject: Subject, number: int, level: Level) -> tuple[int, Sequence[Point]]:
    """Shares of the budget, and points, of what is not an equality of means."""
    part, points = subject.claim.parts[number], subject.claim.points
    if isinstance(part, SameLaw):
        return laws.SHARES, points
    if isinstance(part, Tendency):
        few = -(-level.pipeline // 2) if part.measured else 0
        return limits.SIZES, subject.stated(number).places(points)[:few]
    if isinstance(part, Limit):
        return limits.SIZES, points
    if isinstance(part, Equal) and part.right == sp.oo:
        return limits.DECADES, limits.diverging_points(part, points)
    return 0, ()


def _sampled(piece: Piece) -> list[Pair]:
    subject, part = piece
    return [p for p in subject.pairs(part) if p.kind == IN_EXPECTATION]


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Sample everything at one point that shares its draws."""
    point = task.point
    assert point is not None
    pieces = [(subjects[id], number) for id, number in task.parts]
    subject, number = pieces[0]
    part = subject.claim.parts[number]
    key = (subject.claim.id, point.label, str(number))
    if isinstance(part, SameLaw):
        return [(subject.claim.id, laws.check(part, number, point, level, alpha, seed, key))]
    if task.key[1] == MEANS:
        return _means(pieces, part.setting, point, level, alpha, seed)
    if isinstance(part, Limit | Tendency):
        return [(subject.claim.id, limits.rate(subject, number, point, level, alpha, seed, key))]
    assert isinstance(part, Equal)
    return [(subject.claim.id, limits.divergence(part, number, point, level, alpha, seed, key))]


def _means(
    pieces: list[Piece], setting: Setting, point: Point, level: Level, alpha: float, seed: int
) -> Findings:
    """Differences of sides, all on one tape, so that they share their random numbers."""
    every = [(s.claim.id, p) for s, number in pieces for p in _sampled((s, number))]
    definitions, extra = sources([c for s, number in pieces for c in s.chains(number)])
    try:
        env = environment(setting, point)
        owned = [(id, p) for id, p in every if _has_finite_variance((p.left, p.right), env)]
        heavy = "infinite variance at this point"
        findings = [(id, inapplicable(NAME, p, point, heavy)) for id, p in every if (id, p) not in owned]
        if not owned:
            return findings
        sides = list(dict.fromkeys(e for _, p in owned for e in (p.left, p.right)))
        tape = lower(sides, setting, definitions, env, COPIES, extra)
        near = [is_near(setting, (p.left, p.right), env) for _, p in owned]
    except ValueError as why:  # the point, or a symbol, means nothing in this setting
        if len(pieces) > 1:  # which of them is at fault is not for the others to pay
            return [f for piece in pieces for f in _means([piece], setting, point, level, alpha, seed)]
        return [(id, inapplicable(NAME, p, point, why)) for id, p in every]
    lefts = np.array([sides.index(p.left) for _, p in owned])
    rights = np.array([sides.index(p.right) for _, p in owned])
    key = (MEANS, pieces[0][0].claim.id, point.label)

    def pilot_run(precise: bool) -> Sample:
        size = _pilot_size(tape.drawn)
        return sample(tape, 1, seed, *key, "pilot", trials=size, precise=precise, measured=not precise)

    first = pilot_run(precise=False)
    # The larger of the two expected sums of absolute terms: the right side may vanish, or nearly so.
    scale = np.maximum(first.scales[:, lefts].mean(axis=0), first.scales[:, rights].mean(axis=0))
    unit = np.where(scale > 0, scale, 1.0)
    sizes = [
        scaled(_base(p, setting, level), close, env, level) / 2
        for (_, p), close in zip(owned, near, strict=True)
    ]
    rounding = _rounding(first, lefts, rights, unit, precise=False)
    # Given matrices are doubles, so that relations between them hold no better than that.
    exact = affordable(tape) > 0 and not setting.relations
    precise = exact and any(map(Rounding.matters, rounding, sizes))
    if precise:
        rounding = _rounding(first, lefts, rights, unit, precise)
        first = pilot_run(precise)
    record = Record(first.values[:, np.concatenate((lefts, rights))])

    def draw(role: str | int, trials: int, batch: int, wanted: Sequence[int]) -> Floats:
        """Differences of the wanted sides."""
        asked = list(wanted)
        used = np.unique(np.concatenate((lefts[asked], rights[asked])))
        narrow = tape.narrowed(used.tolist())
        values = sample(narrow, batch, seed, *key, role, trials=trials, precise=precise).values
        left, right = (values[:, np.searchsorted(used, side[asked])] for side in (lefts, rights))
        record.add([*asked, *(len(owned) + i for i in asked)], np.hstack((left, right)))
        return (left - right) / unit[asked]

    targets = [
        Target(
            size,
            close,
            r.bound if precise else float(first.rounding[i] + first.rounding[j]) / float(u),
            tape.same(int(i), int(j)),
        )
        for size, close, i, j, u, r in zip(sizes, near, lefts, rights, unit, rounding, strict=True)
    ]
    pilot = (first.values[:, lefts] - first.values[:, rights]) / unit
    outcomes = until_decided(draw, pilot, targets, alpha, level.draws)
    measured = zip(*record.means.reshape(2, -1).tolist(), scale.tolist(), strict=True)
    return findings + [
        (id, report(NAME, p, point, o, t, values, alpha, seed, r))
        for (id, p), o, t, values, r in zip(owned, outcomes, targets, measured, rounding, strict=True)
    ]


def _rounding(pilot: Sample, lefts: Ints, rights: Ints, unit: Floats, precise: bool) -> list[Rounding]:
    """How far rounding moves each difference."""
    return [
        of_difference(pilot, int(i), int(j), float(u), precise)
        for i, j, u in zip(lefts, rights, unit, strict=True)
    ]


def _pilot_size(drawn: int) -> int:
    """Fewer draws where one is large, but never under 512."""
    return max(512, min(4096, (1 << 22) // max(1, drawn)))


def _base(pair: Pair, setting: Setting, level: Level) -> float:
    """The discrepancy to be detected at small points: finer where a single random matrix is left."""
    homes: set[object] = set()
    for symbol in {f.symbol for e in (pair.left, pair.right) for f in e.factors()}:
        try:
            homes |= setting.support(symbol)
        except ValueError:  # a matrix that a step introduced
            homes.add(symbol)
    return level.fine if len(homes) <= 1 else level.coarse


def scaled(base: float, near: bool, env: Environment, level: Level) -> float:
    """A resolution, relaxed near a boundary and at large sizes."""
    if any(v >= LARGE for v in env.values.values()):
        return max(base, level.scaling)
    return base * (level.near if near else 1.0)


def _has_finite_variance(sides: Sequence[Expression], env: Environment) -> bool:
    """Whether the square of every expectation is integrable at a point: the count of inverses, doubled."""
    return all(
        env.size(x.shape[0] - x.shape[1] + 1) > 4 * k
        for t in (t for e in sides for t in e.terms)
        for g in (t.traces, *t.groups)
        for x, k in inverse_degrees(g).items()
        if k > 0
    )


def is_near(setting: Setting, sides: Sequence[Expression], env: Environment) -> bool:
    """Whether a hypothesis, or an inverse moment, is within four of its boundary."""
    margins = [env.exact(h) for h in setting.hypotheses if not h.is_Symbol]
    for t in (t for e in sides for t in e.terms):
        for group in (t.traces, *t.groups):
            for x, k in inverse_degrees(group).items():
                margins.append(env.exact(x.shape[0] - x.shape[1] + 1 - 2 * k))
    return any(0 < m <= _NEAR for m in margins)


def report(
    channel: str,
    pair: Pair,
    point: Point,
    o: Outcome,
    t: Target,
    measured: tuple[float, float, float],
    alpha: float,
    seed: int,
    rounding: Rounding | None = None,
) -> Check:
    """An outcome as a check; `measured` is lhs, rhs and scale; `rounding` is the target's unless given."""
    rounding = rounding or Rounding(t.rounding, BOUNDED)
    o = respected(o, rounding, t.epsilon)
    d = o.decision
    reason = o.reason
    if d and o.verdict == UNDECIDED and reason is None:
        reason = f"the budget ended at {o.trials} draws"
    return Check(
        channel,
        pair.step,
        point.label,
        o.verdict,
        *measured,
        interval=o.interval,
        alpha=alpha if d else None,
        detectable=2 * t.epsilon if d else None,
        miss=d.miss if d else None,
        rounding_bound=rounding.bound,
        arithmetic=rounding.arithmetic,
        method=d.method if d else None,
        bound=f"assumed: variance of a pilot times {t.factor}" if d else None,
        trials=o.trials,
        seed=seed,
        reason=reason,
        part=pair.part,
        whole=pair.whole,
    )
