"""Equality in law, sampled: Kolmogorov-Smirnov distances with DKW bands, and means."""

import numpy as np
from derivations.claims import ChiSquare, SameLaw
from derivations.core.language import parse
from derivations.core.laws import Setting
from derivations.core.words import Expression
from derivations.points import Point
from scipy import stats

from verify import decide
from verify.certificate import NOT_APPLICABLE, Check
from verify.decide import Decision
from verify.environment import Environment, environment
from verify.kernels import Floats
from verify.levels import Level
from verify.machine import sample
from verify.tape import lower

NAME = "sampling"


def shares(part: SameLaw) -> int:
    """Statistical checks at one point."""
    return 1


def check(part: SameLaw, point: Point, level: Level, alpha: float, seed: int, key: tuple[str, ...]) -> list[Check]:
    """Compare the two distributions, drawn independently of each other."""
    try:
        env = environment(part.left_setting, point)
        epsilon = level.law / 2
        if isinstance(part.right, ChiSquare):
            count = _size(epsilon, alpha, 1)
            x = _draws(part.left, part.left_setting, env, count, seed, (*key, "left"))
            freedom = env.size(part.right.freedom)
            reciprocal = part.right.reciprocal

            def cdf(t: Floats) -> Floats:
                law = stats.chi2(freedom)
                if not reciprocal:
                    return np.asarray(law.cdf(t))
                safe = np.where(t > 0, t, 1.0)
                return np.where(t > 0, law.sf(1.0 / safe), 0.0)

            decision = decide.ks_one_sample(x, cdf, alpha, epsilon, 1)
        else:
            setting = part.right_setting or part.left_setting
            count = _size(epsilon, alpha, 2)
            x = _draws(part.left, part.left_setting, env, count, seed, (*key, "left"))
            y = _draws(part.right, setting, environment(setting, point), count, seed, (*key, "right"))
            decision = decide.ks_two_sample(x, y, alpha, epsilon, 1)
    except ValueError as why:
        return [Check(NAME, f"law of {part.label}", point.label, NOT_APPLICABLE, reason=str(why))]
    return [_report(part, point, decision, seed)]


def _size(epsilon: float, alpha: float, samples: int) -> int:
    """Draws of each sample for a band of half-width epsilon at the first look."""
    low, high = 1, 1 << 40
    share = decide.look_share(alpha, 1)
    while low < high:
        middle = (low + high) // 2
        radius = decide.dkw_radius(middle, share) if samples == 1 else decide.dkw_radius_two(middle, middle, share)
        low, high = (low, middle) if radius <= epsilon else (middle + 1, high)
    return low


def _draws(
    expression: object, setting: Setting, env: Environment, count: int, seed: int, key: tuple[str, ...]
) -> Floats:
    side: Expression = parse(expression)
    tape = lower([side], setting, (), env)
    parts, number = [], 0
    while sum(map(len, parts)) < count:
        parts.append(sample(tape, 1, seed, *key, number).values[:, 0])
        number += 1
    return np.concatenate(parts)[:count]


def _report(part: SameLaw, point: Point, d: Decision, seed: int) -> Check:
    return Check(
        NAME,
        f"law of {part.label}",
        point.label,
        d.verdict,
        scale=1.0,
        interval=d.interval,
        alpha=d.alpha,
        detectable=d.detectable,
        miss=d.miss,
        method=d.method,
        bound="Dvoretzky-Kiefer-Wolfowitz-Massart",
        trials=d.observations,
        seed=seed,
        whole=True,
    )
