"""Sequential decisions with a stated false-alarm budget and stated power.

One rule for every check. An interval covers the estimated quantity, at all looks at once, except with
probability `alpha`. The check is `refuted` if the interval excludes 0, `passed` to `epsilon` if it contains
0 and its half-width is at most `epsilon`, and `undecided` otherwise.

Power. A `passed` interval contains 0 and is at most 2 epsilon wide, so it lies in [-2 epsilon, 2 epsilon]:
an error of 2 epsilon or more passes only if the interval fails on the side of zero. Each side has half of
the budget, so such an error is missed with probability at most alpha / 2, whatever the rule for stopping
(at most alpha where two samples are compared). Nothing is decided on a budget that would leave `miss` above
`MISS_CONTRACT`.

Sources: Catoni, "Challenging the empirical mean and empirical variance" (2012); Wang and Ramdas,
"Catoni-style confidence sequences for heavy-tailed mean estimation" (arXiv 2202.01250); Massart, "The tight
constant in the Dvoretzky-Kiefer-Wolfowitz inequality" (1990).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["passed", "refuted", "undecided"]
Interval = tuple[float, float]
Floats = NDArray[np.float64]

MISS_CONTRACT = 1e-3  # no decision may miss an error of `detectable` with a larger probability
GRID_SIZE = 4  # bets in a grid unless told otherwise; `observations_needed` plans for as many

_SMALLEST_ALPHA, _LARGEST_BET = 1e-100, 1e100  # beyond (the latter of |bet * value|) squares overflow
_CELLS = 512  # of the upper sum that bounds the tail of a sum of two DKW errors
_CDF_ROUNDING = 1e-12  # by which a distribution function may leave [0, 1]


@dataclass(frozen=True)
class Decision:
    """What a check found: a verdict, the interval behind it, and what the check could have seen.

    `interval` covers the estimated quantity except with probability `alpha`. `half_width` is what is held
    against `epsilon`; for a law it is the radius of the band, before the distance is cut off at 0 and 1.
    `miss` bounds the probability that an error of size `detectable` = 2 `epsilon` passes. `observations` is
    the number used, of two samples together. `method` names the interval.
    """

    verdict: Verdict
    interval: Interval
    half_width: float
    epsilon: float
    detectable: float
    alpha: float
    miss: float
    observations: int
    method: str

    @property
    def contradicts_bound(self) -> bool:
        """Whether no mean at all is compatible with the data, so that the variance bound is in doubt."""
        return self.interval[0] > self.interval[1]


def split_budget(total: float, checks: int) -> float:
    """The equal share of a false-alarm budget `total` that each of `checks` checks may spend (union bound).

    Raises ValueError if `checks` < 1 or `total` is no usable probability.
    """
    if checks < 1:
        raise ValueError(f"a budget is split over at least one check, not {checks}")
    _require_alpha(total)
    return total / checks


def look_share(alpha: float, look: int) -> float:
    """The share 6 alpha / (pi look)^2 of look 1, 2, ...: over all looks they sum to alpha."""
    _require_alpha(alpha)
    if look < 1:
        raise ValueError(f"looks are counted from 1, not {look}")
    return 6.0 * alpha / (math.pi * look) ** 2


# Means -----------------------------------------------------------------------------------------------------


def catoni_interval(values: Floats, variance: float, alpha: float, bets: tuple[float, ...]) -> Interval:
    """The present ends of a confidence sequence for a mean, given a bound on the variance and nothing else.

    Shapes: `values` (t,), independent draws with mean mu and variance at most `variance` (for batch means,
    the bound divided by the size of a batch); `bets` (K,), positive, in units of 1 / value, fixed before
    the data are seen.

    Guarantee: with probability at least 1 - alpha, mu lies in the intervals of *all* t at once; each end
    fails with probability at most alpha / 2. Looking often and stopping for any reason cost nothing, and
    neither symmetry nor a third moment nor a large t is needed.

    How: let phi(x) = sign(x) log(1 + |x| + x^2 / 2). Because (1 + x + x^2 / 2)(1 - x + x^2 / 2) =
    1 + x^4 / 4 >= 1, exp(phi(x)) <= 1 + x + x^2 / 2 for every x. So for each bet b

        M(m; b) = prod_i exp(phi(b (X_i - m))) / (1 + b^2 variance / 2)

    is at m = mu a non-negative supermartingale that starts at 1, and so is its average over the bets; by
    Ville's inequality it ever reaches 2 / alpha with probability at most alpha / 2. The lower end is the m
    at which the average equals 2 / alpha (it decreases in m); the upper end is that of -X, reflected. The
    denominator is Wang and Ramdas's exp(b^2 variance / 2) before their last step, 1 + u <= exp(u).

    Raises ValueError for values that are empty, not finite, not one-dimensional or beyond the range of the
    arithmetic, and for a variance, alpha or bet that is not positive and finite.
    """
    data = _one_dimensional(values, "values")
    if not np.all(np.isfinite(data)):
        raise ValueError("a confidence interval needs finite values")
    _require_positive(variance, "the variance bound")
    _require_alpha(alpha)
    stakes = np.asarray(bets, dtype=np.float64)
    if stakes.ndim != 1 or stakes.size == 0 or not np.all(np.isfinite(stakes) & (stakes > 0.0)):
        raise ValueError(f"bets must be a non-empty tuple of positive finite numbers, not {bets}")
    if float(stakes.max()) * max(float(np.abs(data).max()), math.sqrt(variance)) > _LARGEST_BET:
        raise ValueError(f"bet times value exceeds {_LARGEST_BET:g}: a value, the variance or a bet is wrong")
    return _lower_end(data, variance, alpha, stakes), -_lower_end(-data, variance, alpha, stakes)


def _lower_end(data: Floats, variance: float, alpha: float, bets: Floats) -> float:
    """The m at which the mixture M(m) equals 2 / alpha, or a point just below it; never above.

    Newton's method within a bracket; the point returned has itself been seen to have M(m) >= 2 / alpha.
    """
    threshold = math.log(2.0 / alpha) + math.log(bets.size)
    penalties = np.log1p(bets**2 * (variance / 2.0))
    column = bets[:, np.newaxis]

    def excess(m: float) -> tuple[float, float]:
        """The excess log M(m) - log(2 / alpha), and its derivative in m."""
        scaled = column * (data - m)
        size = np.abs(scaled)
        growth = size * (1.0 + 0.5 * size)
        wealth = np.copysign(np.log1p(growth), scaled).sum(axis=1) - data.size * penalties
        slopes = -bets * ((1.0 + size) / (1.0 + growth)).sum(axis=1)
        top = wealth.max()
        weights = np.exp(wealth - top)
        return float(top + np.log(weights.sum()) - threshold), float(weights @ slopes / weights.sum())

    # If every observation lies x / b above m, with phi(x) = penalty + threshold / t, bet b alone reaches the
    # threshold; such an x is at most sqrt(2) exp(phi(x) / 2). If none lies above m, no bet gains anything.
    reach = math.sqrt(2.0) * np.exp((penalties + threshold / data.size) / 2.0) / bets
    below, above = float(data.min() - reach.min()), float(data.max())
    spread = math.sqrt(2.0 * threshold * variance / data.size)
    tolerance = max(1e-9 * spread, 4.0 * math.ulp(float(np.abs(data).max())))

    m = min(max(float(np.median(data)) - spread, below), above)
    for _ in range(100):
        value, slope = excess(m)
        below, above = (m, above) if value >= 0.0 else (below, m)
        following = m - value / slope
        if not below < following < above:
            following = 0.5 * (below + above)
        moved, m = abs(following - m), following
        if moved <= max(tolerance, 4.0 * math.ulp(m)):
            break
    # Nothing rests on convergence: walk outwards until M(m) >= 2 / alpha is seen.
    tolerance = max(tolerance, 4.0 * math.ulp(m))
    while m > below:
        m = max(m - tolerance, below)
        if excess(m)[0] >= 0.0:
            return m
        tolerance *= 2.0
    return below


def bet_grid(
    variance: float, alpha: float, smallest: int, largest: int, size: int = GRID_SIZE
) -> tuple[float, ...]:
    """Bets near the best for every number of observations from `smallest` to `largest`, in falling order.

    The half-width after t observations with bet b is about (t b^2 variance / 2 + L) / (t b), where
    L = log(2 size / alpha): least, and equal to sqrt(2 L variance / t), at b = sqrt(2 L / (t variance)). The
    grid takes that bet at `size` numbers t in geometric progression (at the geometric mean for size 1).
    Where neighbouring t differ by a factor 4, a number between them costs at most 6 % in width. If
    `smallest` equals `largest` the grid is a single bet.

    Raises ValueError unless 1 <= smallest <= largest and size >= 1.
    """
    _require_positive(variance, "the variance bound")
    _require_alpha(alpha)
    if not 1 <= smallest <= largest:
        raise ValueError(f"a grid of bets needs 1 <= smallest <= largest, not {smallest} and {largest}")
    if size < 1:
        raise ValueError(f"a grid of bets needs at least one bet, not {size}")
    size = 1 if smallest == largest else size
    demand = 2.0 * math.log(2.0 * size / alpha) / variance
    places = [i / (size - 1) for i in range(size)] if size > 1 else [0.5]
    return tuple(math.sqrt(demand / (smallest * (largest / smallest) ** place)) for place in places)


def observations_needed(variance: float, alpha: float, half_width: float) -> int:
    """Observations after which `catoni_interval`, with a bet tuned to that number, is as narrow as asked.

    A plan, not a guarantee: t = 2 L (1 + variance / half_width^2) with L = log(2 GRID_SIZE / alpha), which
    inverts Catoni's width sqrt(2 L variance / (t - 2 L)). The width follows the *bound* on the variance, not
    the variance: a bound k times too large costs k times the observations.

    Raises ValueError unless all three are positive and finite, and alpha < 1.
    """
    _require_positive(variance, "the variance bound")
    _require_alpha(alpha)
    _require_positive(half_width, "half_width")
    return math.ceil(2.0 * math.log(2.0 * GRID_SIZE / alpha) * (1.0 + variance / half_width / half_width))


def decide_mean(
    values: Floats, variance: float, alpha: float, epsilon: float, bets: tuple[float, ...]
) -> Decision:
    """Decide whether the mean of `values` (t,) is 0, to within `epsilon`; call it at as many looks as wanted.

    A mean of 0 is ever refuted with probability at most `alpha`; a mean of 2 epsilon or more in size ever
    passes with probability at most alpha / 2.

    If a value is not finite the verdict is `undecided` with the interval (-inf, inf); dropping the value
    would bias the rest. An empty interval excludes 0, so it is `refuted`, and `contradicts_bound` says why.

    Raises ValueError as `catoni_interval` does, and for an epsilon or alpha out of range (`MISS_CONTRACT`).
    """
    data = _one_dimensional(values, "values")
    lower, upper = -math.inf, math.inf
    if np.all(np.isfinite(data)):
        lower, upper = catoni_interval(data, variance, alpha, bets)
    half_width = (upper - lower) / 2.0
    return _decision((lower, upper), half_width, epsilon, alpha, alpha / 2.0, data.size, "catoni-mixture")


# Laws ------------------------------------------------------------------------------------------------------


def ks_one_sample(
    values: Floats, cdf: Callable[[Floats], Floats], alpha: float, epsilon: float, look: int
) -> Decision:
    """Decide whether independent `values` (t,) have the distribution function `cdf`, to `epsilon`.

    Estimates sup |F - cdf|, in units of probability, by the distance of the empirical distribution function,
    give or take the radius of the DKW-Massart inequality: `refuted` when the distance exceeds the radius,
    `passed` when it does not and the radius is at most `epsilon`. Valid for every law, also discrete and
    lattice ones: ties are counted, and the limit of `cdf` from the left is taken, so the values of a lattice
    law must be the very floats at which `cdf` jumps.

    Look j = 1, 2, ... spends `look_share(alpha, j)`, so all looks together stay within `alpha`. The number
    of values at look j must not depend on the data; they may include those of earlier looks. Non-finite
    values give `undecided`, with the interval (0, 1).

    Raises ValueError for values of a wrong shape, a `cdf` that leaves [0, 1], and arguments out of range.
    """
    data = _one_dimensional(values, "values")
    radius = dkw_radius(data.size, look_share(alpha, look))
    distance = distance_to_law(data, cdf) if np.all(np.isfinite(data)) else math.nan
    return _law_decision(distance, radius, epsilon, alpha, alpha / 2.0, data.size, "dkw-one-sample")


def ks_two_sample(x: Floats, y: Floats, alpha: float, epsilon: float, look: int) -> Decision:
    """Decide whether independent samples `x` (n,) and `y` (m,) have the same law, to `epsilon`.

    As `ks_one_sample`, for sup |F - G|, with the radius of `dkw_radius_two`; an error of 2 epsilon is missed
    with probability at most alpha. The samples must be independent: no common random numbers.
    """
    first, second = _one_dimensional(x, "x"), _one_dimensional(y, "y")
    radius = dkw_radius_two(first.size, second.size, look_share(alpha, look))
    finite = np.all(np.isfinite(first)) and np.all(np.isfinite(second))
    distance = distance_of_samples(first, second) if finite else math.nan
    return _law_decision(distance, radius, epsilon, alpha, alpha, first.size + second.size, "dkw-two-sample")


def distance_to_law(values: Floats, cdf: Callable[[Floats], Floats]) -> float:
    """The distance sup |F_t - cdf| of the empirical distribution function F_t of finite `values` (t,)."""
    points, counts = np.unique(values, return_counts=True)
    after = np.cumsum(counts) / values.size
    before = np.concatenate(([0.0], after[:-1]))
    here = np.asarray(cdf(points), dtype=np.float64)
    left = np.asarray(cdf(np.nextafter(points, -np.inf)), dtype=np.float64)
    for levels in (here, left):
        if levels.shape != points.shape or not np.all(np.abs(levels - 0.5) <= 0.5 + _CDF_ROUNDING):
            raise ValueError("a distribution function must map an array to probabilities in [0, 1]")
    return float(max(np.max(np.abs(after - here)), np.max(np.abs(before - left))))


def distance_of_samples(x: Floats, y: Floats) -> float:
    """The distance sup |F_n - G_m| of the empirical distribution functions of finite x (n,) and y (m,)."""
    points = np.sort(np.concatenate((x, y)))  # in order, so that the searches below stay in the cache
    levels_x, levels_y = (np.searchsorted(np.sort(s), points, side="right") / s.size for s in (x, y))
    return float(np.max(np.abs(levels_x - levels_y)))


def dkw_radius(observations: int, alpha: float) -> float:
    """The r with 2 exp(-2 t r^2) = alpha, which sup |F_t - F| exceeds with probability at most alpha."""
    return math.sqrt(math.log(2.0 / alpha) / (2.0 * observations))


@cache
def dkw_radius_two(n: int, m: int, alpha: float) -> float:
    """A radius that sup |F_n - F| + sup |G_m - G| exceeds with probability at most alpha, for any F and G.

    The two errors are independent and, by DKW-Massart, stochastically at most independent A and B with
    P(A >= a) = min(1, 2 exp(-2 n a^2)), and m for n; the tail of A + B is bounded by an upper
    Riemann-Stieltjes sum. About 3/4 of the radius from giving each sample half of alpha. (The familiar
    two-sample radius is 6 % smaller still, but holds under F = G only and so gives no power.)
    """
    tops = np.arange(1, _CELLS + 1) / _CELLS

    def tail(radius: float) -> float:
        first = np.minimum(1.0, 2.0 * np.exp(-2.0 * n * (radius * tops) ** 2))
        mass = np.concatenate(([1.0], first[:-1])) - first
        second = np.minimum(1.0, 2.0 * np.exp(-2.0 * m * (radius * (1.0 - tops)) ** 2))
        return float(mass @ second + first[-1])

    low, high = 0.0, dkw_radius(n, alpha / 2.0) + dkw_radius(m, alpha / 2.0)  # high: the union bound
    while high - low > 1e-9 * high:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if tail(middle) <= alpha else (middle, high)
    return high


# Rates -----------------------------------------------------------------------------------------------------


def rate_interval(sizes: Sequence[float], intervals: Sequence[Interval]) -> Interval:
    """The order p at which a positive error e(N) ~ c N^-p falls between the smallest and the largest size.

    `sizes` (k,), increasing, k >= 2 and better 4; `intervals` (k,), pairs that enclose e at those sizes.
    Returns an enclosure of p = log(e(N_1) / e(N_k)) / log(N_k / N_1), the mean slope over the whole range,
    rounded outwards. It is sound whatever e does in between, if the two end intervals hold (they fail with
    probability at most the sum of their alphas). Intersecting the slopes of other pairs would be narrower
    but sound only for an exact power, which a limit with corrections is not; the intervals between the ends
    are only held to e >= 0. An end of the result is infinite where an end interval touches 0.

    Raises ValueError for fewer than two sizes, sizes not increasing and positive, and an interval that is
    empty, NaN, or below 0 and so contradicts a positive error.
    """
    if len(sizes) < 2 or len(sizes) != len(intervals):
        raise ValueError(f"a rate needs two sizes or more, each with an interval: {sizes} and {intervals}")
    if not (sizes[0] > 0 and all(a < b < math.inf for a, b in pairwise(sizes))):
        raise ValueError(f"sizes must be positive, finite and increasing, not {sizes}")
    for size, (low, high) in zip(sizes, intervals, strict=True):
        if not (low <= high and high >= 0.0):
            raise ValueError(f"the interval [{low}, {high}] at size {size} encloses no error >= 0")
    (first_low, first_high), (last_low, last_high) = intervals[0], intervals[-1]
    span = math.log(sizes[-1] / sizes[0])
    return _slope(first_low, last_high, span, -1.0), _slope(first_high, last_low, span, 1.0)


def _slope(first: float, last: float, span: float, outwards: float) -> float:
    """log(first / last) / span rounded in the direction `outwards`; infinite unless both are in (0, inf)."""
    if not (0.0 < first < math.inf and 0.0 < last < math.inf):
        return outwards * math.inf
    first, last = math.log(first), math.log(last)
    rounding = 8.0 * math.ulp(1.0) * (abs(first) + abs(last)) * (1.0 + 1.0 / span)
    return (first - last + outwards * rounding) / span


def _decision(
    interval: Interval, half_width: float, epsilon: float, alpha: float, miss: float, count: int, method: str
) -> Decision:
    """The verdict that follows from an interval."""
    _require_positive(epsilon, "epsilon")
    _require_alpha(alpha)
    if miss > MISS_CONTRACT:
        raise ValueError(f"alpha = {alpha:g} would leave a miss of {miss:g}, above {MISS_CONTRACT:g}")
    verdict: Verdict = "undecided"
    if not interval[0] <= 0.0 <= interval[1]:
        verdict = "refuted"
    elif half_width <= epsilon:
        verdict = "passed"
    return Decision(verdict, interval, half_width, epsilon, 2.0 * epsilon, alpha, miss, count, method)


def _law_decision(
    distance: float, radius: float, epsilon: float, alpha: float, miss: float, count: int, method: str
) -> Decision:
    """The decision on a distance in [0, 1] known to within `radius`; a distance of NaN is undecided."""
    if math.isnan(distance):
        return _decision((0.0, 1.0), math.inf, epsilon, alpha, miss, count, method)
    ends = max(0.0, distance - radius), min(1.0, distance + radius)
    return _decision(ends, radius, epsilon, alpha, miss, count, method)


def _one_dimensional(values: Floats, name: str) -> Floats:
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 1 or data.size == 0:
        raise ValueError(f"{name} must be a non-empty one-dimensional array, not of shape {data.shape}")
    return data


def _require_alpha(alpha: float) -> None:
    if not _SMALLEST_ALPHA <= alpha < 1.0:
        raise ValueError(f"alpha must lie in [{_SMALLEST_ALPHA:g}, 1), not {alpha}")


def _require_positive(value: float, name: str) -> None:
    if not 0.0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, not {value}")
