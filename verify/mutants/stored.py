"""The sampling and the pipeline channel on many right sides: against one stored interval per point.

A check of the true form keeps an interval for (lhs - rhs) / scale. With another form in the place of the
right side that interval is moved by the difference of the two forms there, so nothing is simulated again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy as sp
from scipy.special import chdtr

from derivations.claims import (
    ChiSquare,
    Claim,
    Consequence,
    Equal,
    Limit,
    Order,
    SameLaw,
    Tendency,
    Threshold,
)
from derivations.points import Point
from verify import raw
from verify.certificate import PASSED, REFUTED, Check
from verify.channels import SAMPLING, Subject, limits, pipeline
from verify.consequences import Stated
from verify.environment import Environment, environment
from verify.levels import Level
from verify.mutants.places import NO_VALUE, at_letters, extended, value


@dataclass(frozen=True)
class Seen:
    """What a check of the true form says of a changed one at its point.

    `share` is the size of the change in units of the discrepancy that was detectable there.
    """

    killed: bool
    share: float


@dataclass(frozen=True)
class Kept:
    """A passed check of a statement. `sees` takes a changed form, prepared as for a place.

    `least` is the smallest relative change of the right side that would be noticed here, if there is one.
    """

    point: str
    sees: Callable[[sp.Expr], Seen]
    least: float | None = None


def kept(
    subject: Subject, number: int, channel: str, checks: Sequence[Check], level: Level
) -> Iterator[Kept]:
    """The checks that one channel made and passed of the statement of a part."""
    claim, part = subject.claim, subject.claim.parts[number]
    mine = [
        c for c in checks if c.whole and c.part == number and c.channel == channel and c.verdict == PASSED
    ]
    if isinstance(part, SameLaw):
        yield from (_law(part, c, _point(claim, c)) for c in mine if isinstance(part.right, ChiSquare))
    elif isinstance(part, Limit | Tendency):
        yield from (_rate(subject, number, c, level) for c in mine if c.errors)
    elif isinstance(part, Consequence):
        consequence = subject.stated(number)
        points = {p.label: p for p in pipeline.measured_at(subject, number, level)}
        for c in mine:
            with suppress(*NO_VALUE):
                yield _consequence(consequence, points[c.point], c)
    elif isinstance(part, Equal):
        for c in mine:
            with suppress(*NO_VALUE):
                yield _equal(part, environment(part.setting, _point(claim, c)), c)


def _point(claim: Claim, c: Check) -> Point:
    return next(p for p in claim.points if p.label == c.point)


def _numbers(c: Check) -> tuple[float, float, float, float]:
    """The ends of the interval, the scale and what is detectable."""
    if c.interval is None or c.scale is None or c.detectable is None:
        raise ValueError("the check keeps no interval")
    return *c.interval, c.scale, c.detectable


def _moved(c: Check, by: float) -> Seen:
    """What is seen of a right side that is larger by so much."""
    low, high, scale, detectable = _numbers(c)
    shift = by / scale
    killed = not np.isfinite(by) or not low - shift <= 0.0 <= high - shift
    return Seen(killed, abs(shift) / detectable if np.isfinite(by) else np.inf)


def _least(c: Check, right: float) -> float | None:
    low, high, scale, _ = _numbers(c)
    return max(-low, high) * scale / abs(right) if right else None


def _equal(part: Equal, env: Environment, c: Check) -> Kept:
    known: dict[sp.Expr, Fraction] = {}

    def look(x: sp.Expr) -> Fraction:
        if x not in known:
            if x.is_Symbol:
                known[x] = env.rational(x)
            elif isinstance(x, sp.Trace):
                known[x] = Fraction(raw.evaluate(x, [env.matrices], raw.floats(env)))
            else:
                raise ValueError(f"{x} is random")
        return known[x]

    true = value(sp.sympify(part.right), look)

    def sees(form: sp.Expr) -> Seen:
        try:
            return _moved(c, float(value(form, look) - true))
        except ZeroDivisionError:
            return _moved(c, np.inf)

    return Kept(c.point, sees, _least(c, float(true)))


def _consequence(whole: Stated, point: Point, c: Check) -> Kept:
    """Of an equation as above; of a sign, whether the measured value has the one that a changed form says."""
    letters, part = whole.at(point), whole.part
    left, right = whole.compare(letters).left, whole.compare(letters).right
    low, high, scale, _ = _numbers(c)
    known = extended(whole, letters)
    stated = 0.0 if c.rhs is None else float(c.rhs)

    def sees(form: sp.Expr) -> Seen:
        try:
            new = at_letters(form, known)
        except ZeroDivisionError:
            return Seen(False, 0.0)
        if isinstance(part, Threshold):
            said = abs(stated) * (int(new > 0) - int(new < 0))
            return _moved(c, said - stated)
        if isinstance(part, Order):  # of which the difference is changed, and has to stay positive
            unit = stated / float(left - right) if left != right else 1.0
            said, measured = abs(float(new)) * unit, (stated + low * scale, stated + high * scale)
            change = (float(new) - float(left - right)) * unit
            apart = measured[0] + change > said or measured[1] + change < said
            return Seen(new < 0 and apart, abs(change) / scale)
        return _moved(c, float(new - right))

    exact = not isinstance(part, Threshold | Order)
    return Kept(c.point, sees, _least(c, float(right)) if exact else None)


def _rate(subject: Subject, number: int, c: Check, level: Level) -> Kept:
    """A limit: the errors at each size are moved, and the order is read off again."""
    part = subject.claim.parts[number]
    assert isinstance(part, Limit | Tendency)
    assert c.errors is not None
    errors = c.errors
    point = next(p for p in subject.claim.points if p.label == c.point)

    def at(form: sp.Expr, size: float) -> float:
        moved = point.but({part.variable.name: int(size)})
        if isinstance(part, Limit):
            env = environment(part.setting, moved)
            return float(value(form, lambda x: env.rational(x)))
        letters = subject.stated(number).at(point)
        whole = subject.stated(number)
        return float(at_letters(form, extended(whole, {**letters, part.variable: Fraction(int(size))})))

    true = sp.sympify(part.right)
    true = subject.stated(number).inserted(true) if isinstance(part, Tendency) else true

    def sees(form: sp.Expr) -> Seen:
        moved, share = [], 0.0
        try:
            for size, low, high in errors:
                goal = at(true, size)
                shift = (at(form, size) - goal) / (abs(goal) or 1.0)
                moved.append((low - shift, high - shift))
                share = max(share, abs(shift) / max(high - low, 1e-300))
        except ZeroDivisionError:
            return Seen(True, np.inf)
        verdict, _ = limits.told([size for size, _, _ in errors], moved, part.order, level)
        return Seen(verdict == REFUTED, share)

    return Kept(c.point, sees)


def _law(part: SameLaw, c: Check, point: Point) -> Kept:
    """A chi-square law of other freedom: further from the true law than that can be from what was drawn."""
    assert isinstance(part.right, ChiSquare)
    env = environment(part.left_setting, point)
    freedom = float(env.exact(part.right.freedom))
    high = _numbers(c)[1]
    grid = freedom * np.linspace(0.0, 6.0, 4001) + np.linspace(0.0, 12.0, 4001)

    def sees(form: sp.Expr) -> Seen:
        new = float(value(form, env.rational))
        if new <= 0:
            return Seen(True, np.inf)
        apart = float(np.abs(chdtr(freedom, grid) - chdtr(new, grid)).max())
        return Seen(apart > high, apart / high)

    return Kept(c.point, sees)


CHANNELS = (SAMPLING, pipeline.NAME)
