"""Limits by their rate, and divergences by the growth of truncated means."""

import math

import numpy as np
from derivations.claims import Equal, Limit
from derivations.core.language import parse
from derivations.core.words import Expression
from derivations.points import Point

from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, UNDECIDED, Check
from verify.channels import Subject, sources
from verify.decide import bet_grid, catoni_interval, observations_needed, rate_interval
from verify.environment import Environment, environment
from verify.levels import Level
from verify.machine import sample
from verify.tape import lower

NAME = "sampling"
SIZES = 4  # sizes of a limit's variable, each twice the one before
DECADES = 2  # of truncation levels compared for a divergence
# For a resolution r of the order, errors are known to a relative r / 5, and the smallest size is 4 / r times the
# largest dimension, so that what is not yet asymptotic stays well inside r.
_RELATIVE, _FIRST = 0.2, 4.0
_FACTOR = 1.5  # on the pilot's variance


def rate(
    subject: Subject, part: int, point: Point, level: Level, alpha: float, seed: int, key: tuple[str, ...]
) -> list[Check]:
    """The order at which sampled values approach the limit, from sizes in geometric progression.

    The expression sampled is the last one of the derivation that is still random.
    """
    stated = subject.claim.parts[part]
    assert isinstance(stated, Limit)
    chains = subject.chains(part)
    sides = [stated.setting.normal(parse(stated.left))]
    if chains:
        sides += [s.after for s in chains[0].made.steps if any(t.groups for t in s.after.terms)]
    definitions, extra = sources(chains)
    largest = max(int(v) for k, v in point.values if k.startswith("d"))
    sizes = [math.ceil(_FIRST / level.rate) * largest * 2**i for i in range(SIZES)]
    errors, last = [], (0.0, 0.0)
    for size in sizes:
        env = environment(stated.setting, _at(point, stated, size))
        goal = env.number(parse(stated.right).terms[0].coefficient) if parse(stated.right).terms else 0.0
        tape = lower([sides[-1]], stated.setting, definitions, env, 1, extra)
        pilot = sample(tape, 1, seed, *key, size, "pilot", trials=1024).values[:, 0] / goal - 1.0
        target = _RELATIVE * level.rate * abs(float(pilot.mean())) + 1e-12
        variance = _FACTOR * float(pilot.var(ddof=1))
        count = min(level.draws, math.ceil(1.1 * observations_needed(variance, alpha, target)))
        batch = max(1, count // 1024)
        parts = [sample(tape, batch, seed, *key, size, 0, trials=-(-count // batch) * batch).values[:, 0]]
        values = np.concatenate(parts) / goal - 1.0
        bets = bet_grid(variance / batch, alpha, len(values), len(values))
        low, high = catoni_interval(values, variance / batch, alpha, bets)
        errors.append((min(abs(low), abs(high)) if low * high > 0 else 0.0, max(abs(low), abs(high))))
        last = (float(values.mean() + 1.0) * goal, goal)
    low, high = rate_interval(sizes, errors)
    tolerance = level.rate / 2
    verdict = UNDECIDED
    if low > stated.order + tolerance or high < stated.order - tolerance:
        verdict = REFUTED
    elif stated.order - tolerance <= low and high <= stated.order + tolerance:
        verdict = PASSED
    return [
        Check(
            NAME,
            f"order of the error, {stated.variable} from {sizes[0]} to {sizes[-1]}",
            point.label,
            verdict,
            lhs=last[0],
            rhs=last[1],
            scale=1.0,
            interval=(low - stated.order, high - stated.order),
            alpha=alpha * SIZES,
            detectable=level.rate,
            miss=alpha * SIZES,
            method="slope of catoni intervals at the end sizes",
            bound=f"assumed: variance of a pilot times {_FACTOR}",
            seed=seed,
            rate=(low, high),
            whole=True,
        )
    ]


def _at(point: Point, stated: Limit, size: int) -> Point:
    return Point((*point.values, (stated.variable.name, size)), point.overlaps, point.noise)


def diverging_points(part: Equal, points: tuple[Point, ...]) -> list[Point]:
    """Small points with distinct values of the sizes that the part has; one empty point if it has none."""
    names = {str(s) for t in parse(part.left).factors() for s in t.symbol.free_symbols}
    found = dict.fromkeys(tuple((k, v) for k, v in p.values if k in names) for p in points)
    small = sorted(found, key=lambda values: sum(int(v) for _, v in values))
    return [Point(values) for values in small[1:4]] or [Point(())]


def divergence(part: Equal, point: Point, level: Level, alpha: float, seed: int, key: tuple[str, ...]) -> list[Check]:
    """Means truncated at 10, 100 and 1000 medians: where the mean is infinite the gain per decade does not fall.

    With a tail of index p the gain per decade is multiplied by 10^(1 - p); a gain that falls to less than
    half is a finite mean's, one that stays above half is not refuted as infinite.
    """
    step = part.label or "divergence"
    try:
        env: Environment = environment(part.setting, point)
    except ValueError as why:
        return [Check(NAME, step, point.label, NOT_APPLICABLE, reason=str(why))]
    side: Expression = parse(part.left)
    tape = lower([side], part.setting, (), env)
    pilot = sample(tape, 1, seed, *key, "pilot", trials=8192).values[:, 0]
    cuts = float(np.median(pilot)) * np.array([10.0, 100.0, 1000.0])
    count = 1 << 20 if level.name == "quick" else 1 << 23
    batch = 1024
    sums: list[np.ndarray] = []
    for number in range(count >> 16):
        draws = sample(tape, 1, seed, *key, number, trials=1 << 16).values[:, 0]
        capped = np.minimum(draws[:, None], cuts)
        sums.append(np.diff(capped, axis=1).reshape(-1, batch, DECADES).mean(axis=1))
    gains = np.concatenate(sums)
    ends = []
    for j in range(DECADES):
        # A gain lies between 0 and the width of its decade, so its variance is at most mean times width.
        width = cuts[j + 1] - cuts[j]
        variance = width * float(np.diff(np.minimum(pilot[:, None], cuts), axis=1)[:, j].mean()) * 2.0 / batch
        variance = max(variance, width**2 / (len(pilot) * batch))
        bets = bet_grid(variance, alpha, len(gains), len(gains))
        ends.append(catoni_interval(gains[:, j], variance, alpha, bets))
    low, high = ends[1][0] / ends[0][1], ends[1][1] / max(ends[0][0], 1e-300)
    verdict = PASSED if low >= 0.5 else REFUTED if high < 0.5 else UNDECIDED
    return [
        Check(
            NAME,
            f"{step}: gain of the truncated mean per decade, second over first",
            point.label,
            verdict,
            lhs=float(gains[:, 1].mean()),
            rhs=float(gains[:, 0].mean()),
            scale=1.0,
            interval=(low, high),
            alpha=alpha * DECADES,
            detectable=0.5,
            miss=alpha * DECADES,
            method="catoni intervals of truncated means",
            bound="assumed: pilot mean times the width of the decade",
            trials=count,
            seed=seed,
            whole=True,
        )
    ]
