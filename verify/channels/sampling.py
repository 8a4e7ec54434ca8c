"""Sampling: steps that hold in expectation, statements, laws, limits and divergences, by simulation.

The same expressions that prove are lowered to tapes and run; only the laws of the setting are drawn. Small
points carry the power. Trust: `supported` to the stated resolution.
"""

from collections.abc import Sequence

import numpy as np
import sympy as sp
from derivations.claims import Equal, Limit, Part, SameLaw
from derivations.core.laws import Setting, inverse_degrees
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Expression
from derivations.points import Point

from verify.certificate import IDENTICAL, NOT_APPLICABLE, Check
from verify.channels import Findings, Pair, Subject, Task, sources
from verify.channels import laws, limits
from verify.environment import Environment, environment
from verify.kernels import Floats
from verify.levels import LARGE, Level
from verify.machine import sample
from verify.sequential import Outcome, Target, until_decided
from verify.tape import Tape, lower

NAME = "sampling"
COPIES = 8
_NEAR = 4  # a boundary this close means heavy tails


Piece = tuple[Subject, int]  # a claim and the number of one of its parts


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """One task for each point of each setting: parts that share both share their draws."""
    tasks: list[Task] = []
    together: dict[tuple[Setting, Point], list[Piece]] = {}
    for s in subjects:
        for number, part in enumerate(s.claim.parts):
            if isinstance(part, Equal) and part.right != sp.oo:
                for point in s.claim.points if _sampled((s, number)) else ():
                    together.setdefault((part.setting, point), []).append((s, number))
                continue
            count, points = _special(part, s.claim.points)
            for p in points:
                piece = ((s.claim.id, number),)
                tasks.append(Task(NAME, (NAME, s.claim.id, str(number), p.label), piece, count, p))
    for (_, point), pieces in together.items():
        named = tuple((s.claim.id, number) for s, number in pieces)
        count = sum(len(_sampled(piece)) for piece in pieces)
        tasks.append(Task(NAME, (NAME, "means", point.label), named, count, point))
    return tasks


def _special(part: Part, points: tuple[Point, ...]) -> tuple[int, Sequence[Point]]:
    """Shares of the budget and points of a part that is not an equality of means."""
    if isinstance(part, SameLaw):
        return laws.shares(part), points
    if isinstance(part, Limit):
        return limits.SIZES, points
    return limits.DECADES, limits.diverging_points(part, points)


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
        found = laws.check(part, point, level, alpha, seed, key)
    elif isinstance(part, Limit):
        found = limits.rate(subject, number, point, level, alpha, seed, key)
    elif part.right == sp.oo:
        found = limits.divergence(part, point, level, alpha, seed, key)
    else:
        return _means(pieces, part.setting, point, level, alpha, seed)
    return [(subject.claim.id, check) for check in found]


def _means(
    pieces: list[Piece], setting: Setting, point: Point, level: Level, alpha: float, seed: int
) -> Findings:
    owned = [(s.claim.id, p) for s, number in pieces for p in _sampled((s, number))]
    try:
        env = environment(setting, point)
    except ValueError as why:
        return [(id, Check(NAME, p.step, point.label, NOT_APPLICABLE, reason=str(why))) for id, p in owned]
    definitions, extra = sources([c for s, number in pieces for c in s.chains(number)])
    heavy = {e for _, p in owned for e in (p.left, p.right) if not has_finite_variance(e, env)}
    why = "infinite variance at this point"
    findings = [
        (id, Check(NAME, p.step, point.label, NOT_APPLICABLE, reason=why))
        for id, p in owned
        if heavy & {p.left, p.right}
    ]
    owned = [(id, p) for id, p in owned if not heavy & {p.left, p.right}]
    if not owned:
        return findings
    # A tape of its own for each resolution: the finest is asked of the simplest expressions, which are cheap.
    resolutions = {p: resolution(p, setting, env, level) for _, p in owned}
    for wanted in sorted(set(resolutions.values()), reverse=True):
        together = [(id, p) for id, p in owned if resolutions[p] == wanted]
        sides = list(dict.fromkeys(e for _, p in together for e in (p.left, p.right)))
        tape = lower(sides, setting, definitions, env, COPIES, extra)
        key = ("means", pieces[0][0].claim.id, point.label, str(wanted))
        findings += _decide(tape, sides, together, wanted / 2, setting, env, point, level, alpha, seed, key)
    return findings


def _decide(
    tape: Tape,
    sides: list[Expression],
    owned: list[tuple[str, Pair]],
    epsilon: float,
    setting: Setting,
    env: Environment,
    point: Point,
    level: Level,
    alpha: float,
    seed: int,
    key: tuple[str, ...],
) -> Findings:
    """Decide pairs that share a tape and its draws."""
    lefts = np.array([sides.index(p.left) for _, p in owned])
    rights = np.array([sides.index(p.right) for _, p in owned])
    first = sample(tape, 1, seed, *key, "pilot", trials=_pilot_size(tape.drawn))
    # The larger of the two expected sums of absolute terms: the right side may vanish, or nearly so.
    scale = np.maximum(first.scales[:, lefts].mean(axis=0), first.scales[:, rights].mean(axis=0))
    unit = np.where(scale > 0, scale, 1.0)
    seen: list[Floats] = []

    def draw(role: str | int, trials: int, batch: int) -> Floats:
        """Differences of the sides, and on the way the sides themselves for the record."""
        values = sample(tape, batch, seed, *key, role, trials=trials).values
        seen.append(values)
        return (values[:, lefts] - values[:, rights]) / unit

    targets = [
        Target(
            epsilon,
            is_near(setting, (p.left, p.right), env),
            float(first.rounding[i] + first.rounding[j]) / float(u),
            tape.same(int(i), int(j)),
        )
        for (_, p), i, j, u in zip(owned, lefts, rights, unit, strict=True)
    ]
    pilot = (first.values[:, lefts] - first.values[:, rights]) / unit
    outcomes = until_decided(draw, pilot, targets, alpha, level.draws)
    means = np.concatenate(seen).mean(axis=0) if seen else first.values.mean(axis=0)
    return [
        (id, report(NAME, p, point, o, t, (float(means[i]), float(means[j]), float(u)), alpha, seed))
        for (id, p), o, t, i, j, u in zip(owned, outcomes, targets, lefts, rights, scale, strict=True)
    ]


def _pilot_size(drawn: int) -> int:
    """Fewer draws where one is large, but never under 512."""
    return max(512, min(4096, (1 << 22) // max(1, drawn)))


def resolution(pair: Pair, setting: Setting, env: Environment, level: Level) -> float:
    """The discrepancy to be detected: finer where a single random matrix is left."""
    homes: set[object] = set()
    for symbol in {f.symbol for e in (pair.left, pair.right) for f in e.factors()}:
        try:
            homes |= setting.support(symbol)
        except ValueError:  # a matrix that a step introduced
            homes.add(symbol)
    base = level.fine if len(homes) <= 1 else level.coarse
    return scaled(base, is_near(setting, (pair.left, pair.right), env), env, level)


def scaled(base: float, near: bool, env: Environment, level: Level) -> float:
    """A resolution, relaxed near a boundary and at large sizes."""
    if any(v >= LARGE for v in env.values.values()):
        return max(base, level.scaling)
    return base * (level.near if near else 1.0)


def has_finite_variance(expression: Expression, env: Environment) -> bool:
    """Whether every expectation's square is integrable at a point: the count of inverses, doubled."""
    return all(
        env.size(x.shape[0] - x.shape[1] + 1) > 4 * k
        for t in expression.terms
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
) -> Check:
    """An outcome as a check; `measured` is lhs, rhs and scale."""
    d = o.decision
    return Check(
        channel,
        pair.step,
        point.label,
        o.verdict,
        *measured,
        interval=d.interval if d else None,
        alpha=alpha if d else None,
        detectable=2 * t.epsilon if d else None,
        miss=d.miss if d else None,
        rounding_bound=t.rounding,
        method=d.method if d else None,
        bound=f"assumed: variance of a pilot times {t.factor}" if d else None,
        trials=o.trials,
        seed=seed,
        reason="the two sides agree draw by draw: nothing to sample" if o.verdict == IDENTICAL else None,
        whole=pair.whole,
    )
