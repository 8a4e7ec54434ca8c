"""Limits by their rate, and divergences by the growth of truncated means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from derivations.claims import Equal, Limit, Tendency
from derivations.core.language import parse
from derivations.core.words import GRAM_INVERSE, PINV, Factor, MatrixSum, matrix, substitute
from derivations.points import Point
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, UNDECIDED, Check
from verify.channels import SAMPLING, Chain, Subject, labelled, sources
from verify.consequences import functional
from verify.decide import Interval, bet_grid, catoni_interval, observations_needed, rate_interval
from verify.environment import environment
from verify.kernels import Floats
from verify.levels import Level
from verify.machine import sample
from verify.predictions import evaluate
from verify.tape import Tape, lower

SIZES = 4  # sizes of a limit's variable, each twice the one before
DECADES = 2  # of truncation levels compared for a divergence
# For a resolution r of the order, errors are known to a relative r / 5, and the smallest size is 4 / r times
# the largest dimension, so that what is not yet asymptotic stays well inside r.
_RELATIVE, _FIRST = 0.2, 4.0
_FACTOR = 1.5  # on the pilot's variance
_ROUNDING = 1e-12  # relative: a smaller standard deviation, or error, is rounding
_COPIES = 8  # of noise and fresh points for each design, so that the design is most of what varies
_HALF = 0.5  # of the gain per decade has to be left in the next decade where a mean is infinite


def rate(
    subject: Subject, part: int, point: Point, level: Level, alpha: float, seed: int, key: tuple[str, ...]
) -> Check:
    """The order at which sampled values approach the limit, from sizes in geometric progression.

    The expressions sampled are the last ones of derivations that are still random, or the statement's own.
    """
    stated = subject.claim.parts[part]
    assert isinstance(stated, Limit | Tendency)
    fixed = {x: v for x, v in point.values if isinstance(v, int) and x != stated.variable.name}
    largest = max(
        (v for x, v in fixed.items() if x.startswith("d") or isinstance(stated, Tendency)), default=1
    )
    sizes = [math.ceil(_FIRST / level.rate) * largest * 2**i for i in range(SIZES)]
    step = labelled(stated, f"order of the error, {stated.variable} from {sizes[0]} to {sizes[-1]}")
    errors, last, trials = [], (math.nan, math.nan), 0
    for size in sizes:
        try:
            error = _approach(subject, part, point.but({stated.variable.name: size}))
        except ValueError as why:
            return Check(SAMPLING, step, point.label, NOT_APPLICABLE, reason=str(why), part=part, whole=True)
        pilot = error.sampled(1, 1024, seed, *key, size, "pilot")
        if not np.all(np.isfinite(pilot)):
            errors.append((-math.inf, math.inf))
            continue
        variance = max(_FACTOR * float(pilot.var(ddof=1)), _ROUNDING**2)
        target = _RELATIVE * level.rate * abs(float(pilot.mean())) + _ROUNDING
        count = min(level.draws, math.ceil(1.1 * observations_needed(variance, alpha, target)))
        batch = max(1, count // 1024)
        values = error.sampled(batch, -(-count // batch) * batch, seed, *key, size, 0)
        low, high = _mean(values, variance / batch, alpha)
        errors.append((low, high))
        mean = error.goal + error.unit * float(values.mean())
        last, trials = (mean, error.goal), trials + len(values) * batch
    verdict, (low, high) = told(sizes, errors, stated.order, level)
    return Check(
        SAMPLING,
        step,
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
        trials=trials,
        seed=seed,
        rate=(low, high),
        errors=tuple((float(size), *ends) for size, ends in zip(sizes, errors, strict=True)),
        part=part,
        whole=True,
    )


def told(
    sizes: Sequence[float], errors: Sequence[Interval], order: int, level: Level
) -> tuple[str, Interval]:
    """The verdict on the order of an error that lies in intervals at these sizes, and the order."""
    ends = []
    for low, high in errors:
        least = min(abs(low), abs(high)) if low * high > 0 else 0.0
        ends.append((least, max(abs(low), abs(high))))
    low, high = rate_interval(sizes, ends)
    tolerance = level.rate / 2
    if low > order + tolerance or high < order - tolerance:
        return REFUTED, (low, high)
    inside = order - tolerance <= low and high <= order + tolerance
    return PASSED if inside else UNDECIDED, (low, high)


@dataclass(frozen=True)
class _Error:
    """How far from a limit: the mean of a constant plus weighted tapes, in units of the limit."""

    tapes: tuple[tuple[Tape, float], ...]
    constant: float
    goal: float

    @property
    def unit(self) -> float:
        """The limit without its sign, or one."""
        return abs(self.goal) or 1.0

    def sampled(self, batch: int, trials: int, seed: int, *key: str | int) -> Floats:
        """(trials / batch,) means of batches; each tape has draws of its own."""
        total = np.full(trials // batch, self.constant)
        for number, (tape, weight) in enumerate(self.tapes):
            total = total + weight * sample(tape, batch, seed, *key, number, trials=trials).values[:, 0]
        return total / self.unit


def _approach(subject: Subject, part: int, point: Point) -> _Error:
    """What approaches a limit, less the limit. Raises ValueError where they have no value."""
    stated = subject.claim.parts[part]
    if isinstance(stated, Limit):
        tape = _last(stated, subject.chains(part), point)
        goal = environment(stated.setting, point).number(stated.right)
        return _Error(((tape, 1.0),), -goal, goal)
    assert isinstance(stated, Tendency)
    whole = subject.stated(part)
    letters = whole.at(point)
    found = functional(whole, letters)
    tapes = []
    constant = found.constant - found.stated
    for v, weight in found.weights.items():
        if not whole.form(v).has(stated.variable):  # it does not move: sampling it would add noise alone
            constant += weight * evaluate(whole.form(v), letters)
            continue
        below = subject.book.claims[v.claim].provable[v.part]
        made = Chain("proof", subject.book.theorem(v.claim).derivations[v.part])
        fixed = {**dict(stated.region.at), **v.changes}
        moved = {x.name: evaluate(stated.region.put(sp.sympify(to)), letters) for x, to in fixed.items()}
        tapes.append((_last(below, [made], point.but(moved)), float(weight)))
    return _Error(tuple(tapes), float(constant), float(found.stated))


def _last(stated: Equal | Limit, chains: Sequence[Chain], point: Point) -> Tape:
    """The tape of the last expression of a derivation that is still random."""
    sides = [stated.setting.normal(parse(stated.left))]
    if chains:
        sides += [s.after for s in chains[0].made.steps if any(t.groups for t in s.after.terms)]
    definitions, extra = sources(chains)
    return lower([sides[-1]], stated.setting, definitions, environment(stated.setting, point), 1, extra)


def diverging_points(part: Equal, points: Sequence[Point]) -> list[Point]:
    """Small points that differ in what the part has (sizes, scalars, noise); else one empty point."""
    symbols = {f.symbol for f in parse(part.left).factors()}
    random = [b for b in part.setting.blocks if symbols & {*b.members}]
    scalars = [c for b in random for _, total in b.sampler for c, _ in total.terms]
    names = {s.name for x in (*(n for y in symbols for n in y.shape), *scalars) for s in x.free_symbols}
    kept = (replace(p, values=tuple((k, v) for k, v in p.values if k in names)) for p in points)
    noisy = any(kind == "noise" for b in random for _, kind in b.draws)
    found = dict.fromkeys(p if noisy else replace(p, noise="normal") for p in kept)
    small = sorted(found, key=lambda p: sum(v for _, v in p.values))
    return small[1:4] or small or [Point(())]


def divergence(
    part: Equal, number: int, point: Point, level: Level, alpha: float, seed: int, key: tuple[str, ...]
) -> Check:
    """Means truncated at 2, 20 and 200 medians: the gain per decade does not fall if a mean is infinite.

    With a tail of index p the gain per decade is multiplied by 10^(1 - p); a gain that falls to less than
    half is a finite mean's, one that stays above half is not refuted as infinite. `number` is that of the
    part.
    """
    step = f"{part.label or 'divergence'}: gain of the truncated mean per decade, second over first"
    try:
        sampled = substitute(parse(part.left), _by_pseudo_inverse)
        tape = lower([sampled], part.setting, (), environment(part.setting, point), _COPIES)
    except ValueError as why:
        return Check(SAMPLING, step, point.label, NOT_APPLICABLE, reason=str(why), part=number, whole=True)
    pilot = sample(tape, 1, seed, *key, "pilot", trials=8192).values[:, 0]
    median = float(np.median(pilot))
    if not median > 0.0:
        why_not = f"the median is {median}, not a positive number"
        return Check(
            SAMPLING, step, point.label, UNDECIDED, reason=why_not, seed=seed, part=number, whole=True
        )
    cuts = median * np.array([2.0, 20.0, 200.0])
    chunks, size, batch = max(1, min(level.draws // 4, 1 << 23) >> 16), 1 << 16, 1024
    sums: list[Floats] = []
    for chunk in range(chunks):
        draws = sample(tape, 1, seed, *key, chunk, trials=size).values[:, 0]
        capped = np.minimum(draws[:, None], cuts)
        sums.append(np.diff(capped, axis=1).reshape(-1, batch, DECADES).mean(axis=1))
    gains = np.concatenate(sums)
    ends = []
    for j, width in enumerate(np.diff(cuts)):
        # A gain lies between 0 and the width of its decade, so its variance is at most mean times width.
        mean = float(np.diff(np.minimum(pilot[:, None], cuts), axis=1)[:, j].mean())
        variance = max(2.0 * width * mean, width**2 / len(pilot)) / batch
        ends.append(_mean(gains[:, j], variance, alpha))
    low, high = ends[1][0] / max(ends[0][1], 1e-300), ends[1][1] / max(ends[0][0], 1e-300)
    verdict = PASSED if low >= _HALF else REFUTED if high < _HALF else UNDECIDED
    first, second = (float(gain) for gain in gains.mean(axis=0))
    return Check(
        SAMPLING,
        step,
        point.label,
        verdict,
        lhs=second,
        rhs=first,
        scale=first,
        interval=(low - 1.0, high - 1.0),
        alpha=alpha * DECADES,
        detectable=_HALF,
        miss=alpha * DECADES,
        method="catoni intervals of truncated means",
        bound="assumed: pilot mean times the width of the decade",
        trials=chunks * size,
        seed=seed,
        slack=_HALF,
        part=number,
        whole=True,
    )


def _by_pseudo_inverse(f: Factor) -> MatrixSum | None:
    """(XᵀX)⁻¹ = X⁺X⁺ᵀ, which has a value where a square X is too near singular for Cholesky."""
    if f.op != GRAM_INVERSE:
        return None
    inverse = Factor(f.symbol, PINV)
    return matrix((inverse, inverse.T))


def _mean(values: Floats, variance: float, alpha: float) -> Interval:
    """An interval for a mean, looked at once; everything where a value is not finite."""
    if not np.all(np.isfinite(values)):
        return -math.inf, math.inf
    return catoni_interval(values, variance, alpha, bet_grid(variance, alpha, len(values), len(values)))
