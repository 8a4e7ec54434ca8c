"""Equality in law, sampled: Kolmogorov-Smirnov distances with DKW bands."""

from collections.abc import Callable

import numpy as np
import sympy as sp
from scipy.special import chdtr, chdtrc  # scipy.stats would take a third of a second to import

from derivations.claims import ChiSquare, SameLaw
from derivations.core.language import parse
from derivations.core.laws import Setting
from derivations.points import Point
from verify import decide
from verify.certificate import NOT_APPLICABLE, Check
from verify.channels import SAMPLING
from verify.environment import environment
from verify.kernels import Floats
from verify.levels import Level
from verify.machine import sample
from verify.tape import Tape, lower

SHARES = 1  # statistical checks at one point


def check(
    part: SameLaw, number: int, point: Point, level: Level, alpha: float, seed: int, key: tuple[str, ...]
) -> Check:
    """Compare the two distributions, drawn independently of each other; `number` is that of the part."""
    step, epsilon = f"law of {part.label}", level.law / 2
    try:
        left = _tape(part.left, part.left_setting, point)
        right = (
            _distribution(part.right, part.left_setting, point)
            if isinstance(part.right, ChiSquare)
            else _tape(part.right, part.right_setting or part.left_setting, point)
        )
    except ValueError as why:
        return Check(SAMPLING, step, point.label, NOT_APPLICABLE, reason=str(why), part=number, whole=True)
    if isinstance(right, Tape):
        count = _size(lambda size, share: decide.dkw_radius_two(size, size, share), epsilon, alpha)
        x, y = _draws(left, count, seed, (*key, "left")), _draws(right, count, seed, (*key, "right"))
        found = decide.ks_two_sample(x, y, alpha, epsilon, 1)
    else:
        count = _size(decide.dkw_radius, epsilon, alpha)
        found = decide.ks_one_sample(_draws(left, count, seed, (*key, "left")), right, alpha, epsilon, 1)
    return Check(
        SAMPLING,
        step,
        point.label,
        found.verdict,
        scale=1.0,
        interval=found.interval,
        alpha=found.alpha,
        detectable=found.detectable,
        miss=found.miss,
        method=found.method,
        bound="Dvoretzky-Kiefer-Wolfowitz-Massart",
        trials=found.observations,
        seed=seed,
        part=number,
        whole=True,
    )


def _tape(expression: sp.Expr, setting: Setting, point: Point) -> Tape:
    return lower([parse(expression)], setting, (), environment(setting, point))


def _distribution(law: ChiSquare, setting: Setting, point: Point) -> Callable[[Floats], Floats]:
    """The distribution function of a chi-square law or of its reciprocal's."""
    freedom = environment(setting, point).size(law.freedom)
    if not law.reciprocal:
        return lambda t: np.asarray(chdtr(freedom, np.maximum(t, 0.0)))
    return lambda t: np.where(t > 0, chdtrc(freedom, 1.0 / np.where(t > 0, t, 1.0)), 0.0)


def _size(radius: Callable[[int, float], float], epsilon: float, alpha: float) -> int:
    """Draws of each sample for a band of half-width epsilon at the first and only look."""
    low, high = 1, 1 << 40
    share = decide.look_share(alpha, 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if radius(middle, share) <= epsilon else (middle + 1, high)
    return low


def _draws(tape: Tape, count: int, seed: int, key: tuple[str, ...]) -> Floats:
    """`count` values of the tape's only side, from one stream a chunk."""
    parts: list[Floats] = []
    while sum(len(part) for part in parts) < count:
        parts.append(sample(tape, 1, seed, *key, len(parts)).values[:, 0])
    return np.concatenate(parts)[:count]
