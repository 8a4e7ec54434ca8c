"""Decisions: coverage under optional stopping, power, planning, refusals.

Rates are judged by one-sided Clopper-Pearson bounds at 99 %, and always by the bound that too few runs would
fail, never by a bare rate. The intervals are also compared with oracles that share no code with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from verify import decide

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]


def inverse_chi_square(k: int) -> Draw:
    """1 / chi^2_k, centred and with variance 1; its moments are finite below order k / 2."""
    mean, variance = 1 / (k - 2), 2 / ((k - 2) ** 2 * (k - 4))
    return lambda rng, n: np.asarray((1 / rng.chisquare(k, n) - mean) / math.sqrt(variance))


# Every law has mean 0 and variance exactly 1.
LAWS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "sign": lambda rng, n: rng.choice([-1.0, 1.0], n),
    "t3": lambda rng, n: rng.standard_t(3, n) / math.sqrt(3),
    "two-point": lambda rng, n: np.where(rng.random(n) < 0.01, math.sqrt(99), -math.sqrt(1 / 99)),
    "inverse-chi-square-5": inverse_chi_square(5),
    "inverse-chi-square-6": inverse_chi_square(6),
    "inverse-chi-square-7": inverse_chi_square(7),
    "inverse-chi-square-8": inverse_chi_square(8),
}
every_law = pytest.mark.parametrize("law", LAWS)


def rate_at_most(hits: int, runs: int) -> float:
    """The upper Clopper-Pearson bound at 99 % of a rate seen `hits` times in `runs`."""
    return float(stats.beta.isf(0.01, hits + 1, runs - hits)) if hits < runs else 1.0


def rate_at_least(hits: int, runs: int) -> float:
    """The lower Clopper-Pearson bound at 99 %."""
    return 1.0 - rate_at_most(runs - hits, runs)


# Means -----------------------------------------------------------------------------------------------------


def log_wealth(values: Floats, m: float, variance: float, bets: tuple[float, ...]) -> float:
    """The logarithm of the mixture, one observation at a time in 40 digits."""
    with mpmath.workdps(40):
        total = mpmath.mpf(0)
        for bet in bets:
            product = mpmath.mpf(1)
            for value in values:
                x = mpmath.mpf(bet) * (mpmath.mpf(float(value)) - mpmath.mpf(m))
                factor = 1 + x + x**2 / 2 if x >= 0 else 1 / (1 - x + x**2 / 2)
                product *= factor / (1 + mpmath.mpf(bet) ** 2 * mpmath.mpf(variance) / 2)
            total += product
        return float(mpmath.log(total / len(bets)))


@pytest.mark.parametrize(
    ("values", "variance", "alpha"),
    [
        (np.random.default_rng(1).normal(size=60), 1.0, 1e-9),
        (np.random.default_rng(2).standard_t(3, 60), 3.0, 0.05),
        (1e-8 * np.random.default_rng(3).normal(size=60) + 1.0, 1e-16, 1e-6),
        (np.concatenate((np.random.default_rng(4).normal(size=40), [1e6, -3e7])), 1.0, 1e-3),
        (np.zeros(5), 2.0, 1e-12),
        (np.array([0.3]), 1.0, 1e-60),
    ],
)
def test_the_ends_are_where_the_mixture_reaches_two_over_alpha(
    values: Floats, variance: float, alpha: float
) -> None:
    bets = decide.bet_grid(variance, alpha, 5, 500, 3)
    lower, upper = decide.catoni_interval(values, variance, alpha, bets)
    nudge = 1e-6 * (upper - lower)
    threshold = math.log(2 / alpha)
    for data, end in ((values, lower), (-values, -upper)):
        assert log_wealth(data, end, variance, bets) >= threshold - 1e-6
        assert log_wealth(data, end + nudge, variance, bets) < threshold


def ever_excludes_zero(
    law: str, runs: int, variance: float, alpha: float, seed: int, looks: tuple[int, ...]
) -> int:
    """How many of the runs exclude the true mean 0 at one look or more."""
    rng = np.random.default_rng(seed)
    bets = decide.bet_grid(variance, alpha, looks[0], looks[-1])
    hits = 0
    for _ in range(runs):
        values = LAWS[law](rng, looks[-1])
        ends = [decide.catoni_interval(values[:t], variance, alpha, bets) for t in looks]
        hits += any(lower > 0 or upper < 0 for lower, upper in ends)
    return hits


LOOKS = (5, 12, 27, 50, 90, 150)


@every_law
def test_the_mean_is_covered_at_all_looks(law: str) -> None:
    assert rate_at_most(ever_excludes_zero(law, 300, 1.0, 0.05, 11, LOOKS), 300) <= 0.05


def test_the_coverage_test_sees_a_variance_bound_that_is_false() -> None:
    assert rate_at_least(ever_excludes_zero("normal", 200, 1 / 9, 0.05, 12, LOOKS), 200) > 0.05


@every_law
@pytest.mark.parametrize("count", [500, 1000, 4000])
def test_the_width_is_near_that_of_a_normal_interval(law: str, count: int) -> None:
    alpha = 1e-9
    values = LAWS[law](np.random.default_rng(21), count)
    lower, upper = decide.catoni_interval(values, 1.0, alpha, decide.bet_grid(1.0, alpha, count // 16, count))
    normal = stats.norm.isf(alpha / 2) / math.sqrt(count)
    assert 1.0 < (upper - lower) / 2 / normal < 1.15


@every_law
@pytest.mark.parametrize("alpha", [2e-3, 1e-9])
@pytest.mark.parametrize("half_width", [0.3, 0.15])
def test_the_planned_number_of_observations_is_enough_and_not_far_too_many(
    law: str, alpha: float, half_width: float
) -> None:
    rng = np.random.default_rng(22)
    planned = decide.observations_needed(1.0, alpha, half_width)
    for count, enough in ((planned, True), (4 * planned // 5, False)):
        bets = decide.bet_grid(1.0, alpha, max(1, count // 16), count)
        for _ in range(5):
            lower, upper = decide.catoni_interval(LAWS[law](rng, count), 1.0, alpha, bets)
            assert ((upper - lower) / 2 <= half_width) == enough


def test_the_grid_loses_little_between_its_bets_and_much_outside() -> None:
    alpha, grid = 1e-9, decide.bet_grid(1.0, 1e-9, 250, 16_000)
    assert all(a > b for a, b in pairwise(grid))

    def width(count: int, bets: tuple[float, ...]) -> float:
        values = np.random.default_rng(23).normal(size=count)
        lower, upper = decide.catoni_interval(values, 1.0, alpha, bets)
        return upper - lower

    for count in (250, 500, 1000, 2000, 8000):
        assert width(count, grid) < 1.10 * width(count, decide.bet_grid(1.0, alpha, count, count))
    assert width(30, grid) > 1.5 * width(30, decide.bet_grid(1.0, alpha, 30, 30))


def test_a_grid_scales_with_the_standard_deviation_and_collapses_to_one_bet() -> None:
    assert decide.bet_grid(4.0, 1e-6, 10, 90) == pytest.approx(
        [bet / 2 for bet in decide.bet_grid(1.0, 1e-6, 10, 90)]
    )
    assert len(decide.bet_grid(1.0, 1e-6, 70, 70)) == 1
    assert decide.bet_grid(1.0, 1e-6, 10, 1000, 1) == pytest.approx(decide.bet_grid(1.0, 1e-6, 100, 100))
    # The stated optimum, at the ends of the grid.
    demand = math.log(2 * 3 / 1e-6)
    assert decide.bet_grid(1.0, 1e-6, 10, 90, 3) == pytest.approx(
        [math.sqrt(2 * demand / t) for t in (10, 30, 90)]
    )


def test_the_interval_moves_with_shift_scale_and_reflection() -> None:
    values, bets = np.random.default_rng(24).standard_t(3, 300), (0.05, 0.2)
    lower, upper = decide.catoni_interval(values, 3.0, 1e-6, bets)
    assert decide.catoni_interval(values + 7, 3.0, 1e-6, bets) == pytest.approx((lower + 7, upper + 7))
    assert decide.catoni_interval(-values, 3.0, 1e-6, bets) == pytest.approx((-upper, -lower))
    scaled = decide.catoni_interval(1e-5 * values, 3e-10, 1e-6, (5e3, 2e4))
    assert scaled == pytest.approx((1e-5 * lower, 1e-5 * upper))


def test_the_interval_grows_with_confidence_and_variance() -> None:
    values, bets = np.random.default_rng(25).normal(size=400), (0.1, 0.3)
    intervals = [
        decide.catoni_interval(values, variance, alpha, bets)
        for variance, alpha in ((1.0, 1e-3), (1.0, 1e-6), (1.5, 1e-6), (1.5, 1e-12))
    ]
    for (inner_low, inner_high), (outer_low, outer_high) in pairwise(intervals):
        assert outer_low < inner_low < inner_high < outer_high


def test_a_mixture_is_no_wider_than_its_best_bet_at_a_fair_share() -> None:
    values, bets = np.random.default_rng(26).normal(size=400), (0.02, 0.1, 0.5)
    lower, upper = decide.catoni_interval(values, 1.0, 1e-6, bets)
    for bet in bets:
        single_low, single_high = decide.catoni_interval(values, 1.0, 1e-6 / 3, (bet,))
        assert single_low <= lower < upper <= single_high


ALPHA, EPSILON = 1e-8, 0.25


def decided(values: Floats, alpha: float = ALPHA, epsilon: float = EPSILON) -> decide.Decision:
    bets = decide.bet_grid(1.0, alpha, max(1, values.size // 16), values.size)
    return decide.decide_mean(values, 1.0, alpha, epsilon, bets)


@every_law
def test_an_error_of_twice_epsilon_is_refuted(law: str) -> None:
    rng = np.random.default_rng(31)
    count = decide.observations_needed(1.0, ALPHA, EPSILON)
    errors = [2 * EPSILON, -2 * EPSILON] * 250
    verdicts = [decided(LAWS[law](rng, count) + error).verdict for error in errors]
    assert "passed" not in verdicts
    assert rate_at_least(verdicts.count("refuted"), 500) >= 0.99


@every_law
@pytest.mark.parametrize("error", [0.0, 0.1])
def test_no_error_and_a_small_one_pass(law: str, error: float) -> None:
    rng = np.random.default_rng(32)
    count = decide.observations_needed(1.0, ALPHA, EPSILON)
    for _ in range(30):
        decision = decided(LAWS[law](rng, count) + error * EPSILON)
        assert decision.verdict == "passed"
        assert decision.interval[0] <= 0 <= decision.interval[1]


def test_few_observations_leave_it_undecided_and_more_decide() -> None:
    values = LAWS["inverse-chi-square-5"](np.random.default_rng(33), 2000)
    bets = decide.bet_grid(1.0, ALPHA, 50, 2000)
    verdicts = [decide.decide_mean(values[:t], 1.0, ALPHA, EPSILON, bets).verdict for t in (50, 200, 2000)]
    assert verdicts == ["undecided", "undecided", "passed"]


def test_a_passed_interval_lies_within_the_detectable_error() -> None:
    rng = np.random.default_rng(34)
    passed = 0
    for shift in np.linspace(-2, 2, 81):
        decision = decided(rng.normal(size=800) + shift * EPSILON)
        if decision.verdict == "passed":
            passed += 1
            assert max(map(abs, decision.interval)) <= decision.detectable
    assert passed >= 20


def test_a_decision_says_what_it_could_have_seen() -> None:
    values = np.random.default_rng(35).normal(size=700)
    bets = decide.bet_grid(1.0, ALPHA, 40, 700)
    decision = decide.decide_mean(values, 1.0, ALPHA, EPSILON, bets)
    assert decision.interval == decide.catoni_interval(values, 1.0, ALPHA, bets)
    assert decision.half_width == (decision.interval[1] - decision.interval[0]) / 2
    assert (decision.epsilon, decision.detectable, decision.alpha) == (EPSILON, 2 * EPSILON, ALPHA)
    assert decision.miss == ALPHA / 2 <= decide.MISS_CONTRACT
    assert (decision.observations, decision.method) == (700, "catoni-mixture")
    assert not decision.contradicts_bound
    with pytest.raises(FrozenInstanceError):
        decision.verdict = "passed"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("epsilon", [0.25, 1e300])
def test_a_value_that_is_not_finite_never_passes(bad: float, epsilon: float) -> None:
    values = np.zeros(2000)
    assert decided(values, epsilon=epsilon).verdict == "passed"
    values[1234] = bad
    decision = decided(values, epsilon=epsilon)
    assert (decision.verdict, decision.interval) == ("undecided", (-math.inf, math.inf))
    with pytest.raises(ValueError, match="finite values"):
        decide.catoni_interval(values, 1.0, ALPHA, (0.1,))


def test_data_that_contradict_the_variance_bound_are_refuted_and_say_so() -> None:
    values = np.repeat([-1.0, 99.0], [990, 10])
    decision = decide.decide_mean(values, 1e-4, 1e-3, 1000.0, (1e-2, 3.0))
    assert decision.contradicts_bound
    assert decision.verdict == "refuted"
    assert not decide.decide_mean(values, 99.0, 1e-3, 1000.0, (1e-2, 3.0)).contradicts_bound


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.zeros(0)}, "non-empty"),
        ({"values": np.zeros((2, 2))}, "one-dimensional"),
        ({"values": np.array([0.0, 1e102])}, "exceeds"),
        ({"values": np.array([0.0, 1e308]), "bets": (100.0,)}, "exceeds"),
        ({"variance": 0.0}, "variance bound"),
        ({"variance": -1.0}, "variance bound"),
        ({"variance": math.nan}, "variance bound"),
        ({"variance": math.inf}, "variance bound"),
        ({"variance": 1e300}, "exceeds"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 1.0}, "alpha"),
        ({"alpha": math.nan}, "alpha"),
        ({"alpha": 3e-3}, "miss"),
        ({"epsilon": 0.0}, "epsilon"),
        ({"epsilon": math.nan}, "epsilon"),
        ({"epsilon": math.inf}, "epsilon"),
        ({"bets": ()}, "bets"),
        ({"bets": (0.1, 0.0)}, "bets"),
        ({"bets": (0.1, math.nan)}, "bets"),
        ({"bets": (math.inf,)}, "bets"),
    ],
)
def test_bad_input_is_refused(change: dict[str, object], message: str) -> None:
    good = {"values": np.zeros(9), "variance": 1.0, "alpha": 1e-6, "epsilon": 0.1, "bets": (0.1,)}
    decide.decide_mean(**good)  # type: ignore[arg-type]  # a table of arguments of several types
    with pytest.raises(ValueError, match=message):
        decide.decide_mean(**(good | change))  # type: ignore[arg-type]  # as above


def test_bad_plans_and_budgets_are_refused() -> None:
    calls: tuple[tuple[str, Callable[[], object]], ...] = (
        ("smallest <= largest", lambda: decide.bet_grid(1.0, 1e-6, 0, 10)),
        ("smallest <= largest", lambda: decide.bet_grid(1.0, 1e-6, 11, 10)),
        ("at least one bet", lambda: decide.bet_grid(1.0, 1e-6, 1, 10, 0)),
        ("variance bound", lambda: decide.bet_grid(0.0, 1e-6, 1, 10)),
        ("alpha", lambda: decide.bet_grid(1.0, 2.0, 1, 10)),
        ("variance bound", lambda: decide.observations_needed(0.0, 1e-6, 0.1)),
        ("alpha", lambda: decide.observations_needed(1.0, 0.0, 0.1)),
        ("half_width", lambda: decide.observations_needed(1.0, 1e-6, 0.0)),
        ("at least one check", lambda: decide.split_budget(1e-6, 0)),
        ("alpha", lambda: decide.split_budget(0.0, 10)),
        ("alpha", lambda: decide.split_budget(1.0, 10)),
        ("looks", lambda: decide.look_share(1e-6, 0)),
        ("alpha", lambda: decide.look_share(-1e-6, 1)),
    )
    for message, call in calls:
        with pytest.raises(ValueError, match=message):
            call()


def test_shares_add_up_to_the_budget() -> None:
    assert 250 * decide.split_budget(1e-6, 250) == pytest.approx(1e-6, rel=1e-12)
    spent = sum(decide.look_share(1e-6, look) for look in range(1, 20_001))
    assert 0.9999e-6 < spent < 1e-6


# Laws ------------------------------------------------------------------------------------------------------


def test_distances_are_those_of_scipy() -> None:
    rng = np.random.default_rng(41)
    x, y = rng.normal(size=300), rng.normal(0.2, 1.1, size=170)
    assert decide.distance_to_law(x, stats.norm.cdf) == pytest.approx(stats.kstest(x, "norm").statistic)
    assert decide.distance_of_samples(x, y) == pytest.approx(stats.ks_2samp(x, y).statistic)
    tied_x, tied_y = rng.poisson(3.0, 300).astype(float), rng.poisson(4.0, 170).astype(float)
    assert decide.distance_of_samples(tied_x, tied_y) == pytest.approx(
        stats.ks_2samp(tied_x, tied_y).statistic
    )


def test_the_distance_to_a_lattice_law_is_taken_on_both_sides_of_its_jumps() -> None:
    values = np.random.default_rng(42).binomial(4, 0.3, 200).astype(float)
    law = stats.binom(4, 0.35)
    grid = np.concatenate([np.array([k - 0.5, k]) for k in range(-1, 7)])
    empirical = np.array([np.mean(values <= point) for point in grid])
    assert decide.distance_to_law(values, law.cdf) == pytest.approx(np.max(np.abs(empirical - law.cdf(grid))))
    assert decide.distance_to_law(np.zeros(50), lambda x: np.where(x >= 0, 1.0, 0.0)) == 0.0
    assert decide.distance_to_law(np.ones(50), lambda x: np.where(x >= 0, 1.0, 0.0)) == 1.0
    assert decide.distance_to_law(-np.ones(50), lambda x: np.where(x >= 0, 1.0, 0.0)) == 1.0


@pytest.mark.parametrize("count", [20, 100, 3000])
@pytest.mark.parametrize("alpha", [0.05, 1e-6])
def test_the_radius_is_just_above_the_exact_one_of_a_continuous_law(count: int, alpha: float) -> None:
    exact = stats.kstwo.isf(alpha, count)
    assert exact <= decide.dkw_radius(count, alpha) <= 1.06 * exact


@pytest.mark.parametrize(("n", "m"), [(1, 1), (40, 40), (1000, 1000), (1000, 4000), (30, 9000)])
@pytest.mark.parametrize("alpha", [0.05, 1e-9])
def test_the_radius_for_two_samples_bounds_the_sum_of_two_errors(n: int, m: int, alpha: float) -> None:
    def tail(radius: float) -> float:
        """P(A + B >= radius), with the density of A integrated from the median of 2 exp(-2 n a^2) on."""
        start = math.sqrt(math.log(2) / (2 * n))
        if radius <= start:
            return 1.0

        def integrand(a: float) -> float:
            second = min(1.0, 2 * math.exp(-2 * m * (radius - a) ** 2))
            return 8 * n * a * math.exp(-2 * n * a**2) * second

        kink = radius - math.sqrt(math.log(2) / (2 * m))
        points = [start, *([kink] if kink > start else []), radius]
        body = sum(integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-9)[0] for a, b in pairwise(points))
        return float(body + 2 * math.exp(-2 * n * radius**2))

    assert 0.85 * alpha < tail(decide.dkw_radius_two(n, m, alpha)) <= alpha


def test_laws_are_rarely_refuted_when_true_at_any_look() -> None:
    rng = np.random.default_rng(43)
    runs, alpha, wrong_one, wrong_two = 300, 0.05, 0, 0
    for _ in range(runs):
        x, y = rng.poisson(2.0, 400).astype(float), rng.poisson(2.0, 400).astype(float)
        one, two = False, False
        for look, count in enumerate((50, 100, 200, 400), start=1):
            share = decide.look_share(alpha, look)
            one |= decide.distance_to_law(x[:count], stats.poisson(2.0).cdf) > decide.dkw_radius(count, share)
            distance = decide.distance_of_samples(x[:count], y[:count])
            two |= distance > decide.dkw_radius_two(count, count, share)
        wrong_one, wrong_two = wrong_one + one, wrong_two + two
    assert rate_at_most(wrong_one, runs) <= alpha
    assert rate_at_most(wrong_two, runs) <= alpha


LAW_ALPHA, LAW_EPSILON = 1e-3, 0.1


def observations_for(look: int, two: bool) -> int:
    """The smallest number of observations, in each sample, whose radius is within LAW_EPSILON."""
    share = decide.look_share(LAW_ALPHA, look)
    radius = decide.dkw_radius_two(1, 1, share) if two else decide.dkw_radius(1, share)
    return math.ceil((radius / LAW_EPSILON) ** 2)  # radii fall as the square root


@pytest.mark.parametrize("look", [1, 4])
@pytest.mark.parametrize("two", [False, True])
def test_laws_pass_when_equal_and_are_refuted_at_twice_epsilon(look: int, two: bool) -> None:
    rng, count = np.random.default_rng(44), observations_for(look, two)
    shift = 2 * stats.norm.isf(0.5 - LAW_EPSILON)  # sup |F - G| = 2 Phi(shift / 2) - 1 = 2 epsilon

    def verdict(shift: float, count: int) -> str:
        x, y = rng.normal(size=count) + shift, rng.normal(size=count)
        if two:
            return decide.ks_two_sample(x, y, LAW_ALPHA, LAW_EPSILON, look).verdict
        return decide.ks_one_sample(x, stats.norm.cdf, LAW_ALPHA, LAW_EPSILON, look).verdict

    wrong = [verdict(shift, count) for _ in range(500)]
    assert "passed" not in wrong
    assert rate_at_least(wrong.count("refuted"), 500) >= 0.99
    assert [verdict(0.0, count) for _ in range(50)] == ["passed"] * 50
    assert [verdict(0.0, count - 1) for _ in range(50)] == ["undecided"] * 50


def test_a_decision_on_a_law_states_its_band_and_power() -> None:
    rng = np.random.default_rng(45)
    x, y = rng.normal(size=900), rng.normal(size=700)
    one = decide.ks_one_sample(x, stats.norm.cdf, LAW_ALPHA, 0.3, 2)
    two = decide.ks_two_sample(x, y, LAW_ALPHA, 0.3, 2)
    share = decide.look_share(LAW_ALPHA, 2)
    assert one.half_width == decide.dkw_radius(900, share)
    assert two.half_width == decide.dkw_radius_two(900, 700, share)
    assert one.interval == (0.0, decide.distance_to_law(x, stats.norm.cdf) + one.half_width)
    assert two.interval == (0.0, decide.distance_of_samples(x, y) + two.half_width)
    assert (one.miss, two.miss) == (LAW_ALPHA / 2, LAW_ALPHA)
    assert (one.observations, two.observations) == (900, 1600)
    assert (one.method, two.method) == ("dkw-one-sample", "dkw-two-sample")
    assert one.detectable == two.detectable == 0.6
    far = decide.ks_two_sample(x, y + 100, LAW_ALPHA, 0.3, 2)
    assert (far.verdict, far.interval) == ("refuted", (1 - two.half_width, 1.0))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_law_with_values_that_are_not_finite_never_passes(bad: float) -> None:
    x = np.random.default_rng(46).normal(size=500)
    y = np.concatenate((x, [bad]))
    decisions = (
        decide.ks_one_sample(y, stats.norm.cdf, LAW_ALPHA, 5.0, 1),
        decide.ks_two_sample(x, y, LAW_ALPHA, 5.0, 1),
        decide.ks_two_sample(y, x, LAW_ALPHA, 5.0, 1),
    )
    assert [decision.verdict for decision in decisions] == ["undecided"] * 3
    assert decide.ks_one_sample(x, stats.norm.cdf, LAW_ALPHA, 5.0, 1).verdict == "passed"


def test_bad_laws_are_refused() -> None:
    x = np.linspace(0, 1, 9)
    for values in (2 * x, x - 0.5, np.full_like(x, math.nan), np.zeros(2)):
        with pytest.raises(ValueError, match="probabilities"):
            decide.ks_one_sample(x, lambda _, values=values: values, LAW_ALPHA, 0.1, 1)  # type: ignore[misc]  # a lambda
    with pytest.raises(ValueError, match="non-empty"):
        decide.ks_one_sample(np.zeros(0), stats.norm.cdf, LAW_ALPHA, 0.1, 1)
    with pytest.raises(ValueError, match="y must be"):
        decide.ks_two_sample(x, np.zeros((3, 3)), LAW_ALPHA, 0.1, 1)
    with pytest.raises(ValueError, match="looks"):
        decide.ks_two_sample(x, x, LAW_ALPHA, 0.1, 0)
    with pytest.raises(ValueError, match="miss"):
        decide.ks_two_sample(x, x, 1.5e-3, 0.1, 1)
    assert decide.ks_one_sample(x, stats.uniform.cdf, 1.5e-3, 0.1, 1).miss == 0.75e-3


# Rates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [-0.5, 0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("constant", [1e-12, 1.0, 3e7])
def test_a_power_is_enclosed_even_by_intervals_of_no_width(order: float, constant: float) -> None:
    sizes = (8, 20, 50, 137)
    errors = [constant * size**-order for size in sizes]
    low, high = decide.rate_interval(sizes, [(error, error) for error in errors])
    with mpmath.workdps(40):
        exact = mpmath.log(mpmath.mpf(errors[0]) / mpmath.mpf(errors[-1])) / mpmath.log(mpmath.mpf(137) / 8)
        assert low <= exact <= high
    assert high - low < 2e-13


def test_the_ends_of_a_rate_are_the_steepest_and_flattest_slopes() -> None:
    intervals = [(0.8, 1.2), (0.3, 0.4), (0.1, 0.2), (0.008, 0.016)]
    low, high = decide.rate_interval([1, 4, 9, 100], intervals)
    assert low == pytest.approx(math.log(0.8 / 0.016) / math.log(100))
    assert high == pytest.approx(math.log(1.2 / 0.008) / math.log(100))
    assert decide.rate_interval([1, 100], [intervals[0], intervals[-1]]) == (low, high)


def test_a_rate_with_corrections_is_enclosed_where_pairs_would_contradict_each_other() -> None:
    sizes = [10, 20, 40, 80]
    intervals = [(0.999 * e, 1.001 * e) for e in (1 / size + 20 / size**2 for size in sizes)]
    low, high = decide.rate_interval(sizes, intervals)
    pairs = [decide.rate_interval(sizes[i : i + 2], intervals[i : i + 2]) for i in range(3)]
    assert max(pair[0] for pair in pairs) > min(pair[1] for pair in pairs)
    assert low < math.log((0.1 + 0.2) / (1 / 80 + 20 / 6400)) / math.log(8) < high


def test_a_rate_is_unbounded_where_an_end_touches_zero() -> None:
    sizes, good = [1, 10, 100], (0.1, 0.2)
    assert decide.rate_interval(sizes, [(0.0, 1.0), good, good])[0] == -math.inf
    assert math.isfinite(decide.rate_interval(sizes, [(0.0, 1.0), good, good])[1])
    assert decide.rate_interval(sizes, [good, good, (-0.1, 0.1)])[1] == math.inf
    assert math.isfinite(decide.rate_interval(sizes, [good, good, (-0.1, 0.1)])[0])
    assert decide.rate_interval(sizes, [(0.0, 0.0), good, (0.0, 0.0)]) == (-math.inf, math.inf)
    assert decide.rate_interval(sizes, [(0.1, math.inf), good, good])[1] == math.inf
    assert all(map(math.isfinite, decide.rate_interval(sizes, [good, (0.0, 9.0), good])))


@pytest.mark.parametrize(
    ("sizes", "intervals", "message"),
    [
        ([10], [(1.0, 2.0)], "two sizes"),
        ([10, 20], [(1.0, 2.0)], "two sizes"),
        ([20, 10], [(1.0, 2.0), (1.0, 2.0)], "increasing"),
        ([10, 10], [(1.0, 2.0), (1.0, 2.0)], "increasing"),
        ([0, 10], [(1.0, 2.0), (1.0, 2.0)], "increasing"),
        ([1, math.inf], [(1.0, 2.0), (1.0, 2.0)], "increasing"),
        ([1, math.nan], [(1.0, 2.0), (1.0, 2.0)], "increasing"),
        ([10, 20], [(1.0, 2.0), (2.0, 1.0)], "encloses no error"),
        ([10, 20], [(1.0, 2.0), (-2.0, -1.0)], "encloses no error"),
        ([10, 20], [(1.0, 2.0), (1.0, math.nan)], "encloses no error"),
        ([10, 20, 30], [(1.0, 2.0), (-2.0, -1.0), (0.1, 0.2)], "encloses no error"),
    ],
)
def test_bad_rates_are_refused(
    sizes: list[float], intervals: list[tuple[float, float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        decide.rate_interval(sizes, intervals)
