"""Sampling until decided: decisions, plans, budgets, and what is settled without chance."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from verify.certificate import IDENTICAL, PASSED, REFUTED, UNDECIDED
from verify.kernels import Floats
from verify.sequential import FACTOR, NEAR_FACTOR, Outcome, Record, Target, until_decided
from verify.streams import generator

ALPHA = 1e-8
Law = Callable[[np.random.Generator, int], Floats]  # (stream, draws) -> differences, (draws,)


def normal(mean: float, deviation: float = 1.0) -> Law:
    return lambda stream, draws: mean + deviation * stream.standard_normal(draws)


def constant(value: float) -> Law:
    return lambda stream, draws: np.full(draws, value)


@dataclass
class Source:
    """Differences of given laws; remembers what was asked of it."""

    laws: tuple[Law, ...]
    seed: int = 0
    asked: list[tuple[str | int, int, int]] = field(default_factory=list)
    wanted: list[tuple[int, ...]] = field(default_factory=list)

    def __call__(self, role: str | int, draws: int, batch: int, wanted: Sequence[int]) -> Floats:
        self.asked.append((role, draws, batch))
        self.wanted.append(tuple(wanted))
        values = [self.laws[i](generator(self.seed, "test", role, i), draws) for i in wanted]
        return np.asarray(np.column_stack(values).reshape(-1, batch, len(values)).mean(axis=1))

    @property
    def drawn(self) -> int:
        return sum(draws for role, draws, _ in self.asked if role != "pilot")


def decide(
    *laws: Law, epsilon: float = 0.1, budget: int = 10**7, seed: int = 0, targets: tuple[Target, ...] = ()
) -> tuple[list[Outcome], Source]:
    source = Source(laws, seed)
    wanted = targets or tuple(Target(epsilon, near=False) for _ in laws)
    return until_decided(source, source("pilot", 512, 1, range(len(laws))), wanted, ALPHA, budget), source


# ------------------------------------------------------------------------------------- decisions


@pytest.mark.parametrize("seed", range(20))
def test_zero_passes_and_an_error_of_twice_epsilon_is_refuted(seed: int) -> None:
    (zero, above, below), _ = decide(normal(0.0), normal(0.2), normal(-0.2), seed=seed)
    assert [o.verdict for o in (zero, above, below)] == [PASSED, REFUTED, REFUTED]
    for outcome, mean in ((zero, 0.0), (above, 0.2), (below, -0.2)):
        assert outcome.decision is not None
        assert outcome.interval == outcome.decision.interval
        low, high = outcome.decision.interval
        assert low < mean < high
        assert outcome.decision.alpha == ALPHA
        assert outcome.decision.miss <= 1e-3
        assert outcome.reason is None
    assert zero.decision is not None
    assert zero.decision.half_width <= 0.1


@pytest.mark.parametrize("deviation", [0.1, 10.0])
def test_the_interval_is_for_the_mean(deviation: float) -> None:
    (found,), _ = decide(normal(5.0, deviation), epsilon=0.1)
    assert found.interval is not None
    low, high = found.interval
    assert low < 5.0 < high
    assert high - low < deviation


def test_each_difference_stops_as_soon_as_it_is_decided() -> None:
    (gross, plain, wide), source = decide(normal(3.0), normal(0.0), normal(0.0, 3.0))
    assert gross.trials < plain.trials < wide.trials == source.drawn


def test_a_gross_error_is_seen_at_a_fraction_of_the_planned_draws() -> None:
    (true,), _ = decide(normal(0.0), epsilon=0.01)
    (gross,), _ = decide(normal(0.2), epsilon=0.01)
    assert (true.verdict, gross.verdict) == (PASSED, REFUTED)
    assert gross.trials < true.trials / 10


def test_the_plan_is_kept_and_not_passed_by_much() -> None:
    """The draws that the interval needs are known from the pilot; more are taken only if it was wrong."""
    (found,), source = decide(normal(0.0), epsilon=0.02)
    assert found.verdict == PASSED
    (early, planned) = [draws for role, draws, _ in source.asked if role != "pilot"]
    assert 1 / 17 < early / (early + planned) < 1 / 15
    assert found.trials == source.drawn


def test_near_a_boundary_the_pilot_is_believed_less() -> None:
    far, near = Target(0.05, near=False), Target(0.05, near=True)
    assert (far.factor, near.factor) == (FACTOR, NEAR_FACTOR)
    outcomes, _ = decide(normal(0.0), normal(0.0), targets=(far, near))
    assert 1.3 * outcomes[0].trials < outcomes[1].trials


def test_draws_come_from_streams_of_their_own_in_order() -> None:
    _, source = decide(normal(0.0), normal(0.0, 4.0))
    assert [role for role, _, _ in source.asked] == ["pilot", *range(len(source.asked) - 1)]
    assert len({batch for role, _, batch in source.asked if role != "pilot"}) == 1
    assert all(draws % batch == 0 for _, draws, batch in source.asked)


def test_what_is_decided_is_not_drawn_any_longer() -> None:
    outcomes, source = decide(normal(0.0), normal(5.0), normal(0.0, 4.0))
    assert source.wanted[1] == (0, 1, 2), "the first look"
    assert source.wanted[-1] == (2,)
    drawn = [
        sum(
            draws
            for (_, draws, _), wanted in zip(source.asked[1:], source.wanted[1:], strict=True)
            if i in wanted
        )
        for i in range(3)
    ]
    assert [o.trials for o in outcomes] == drawn


def test_the_same_seed_gives_the_same_bits_and_another_one_others() -> None:
    laws = normal(0.0), normal(0.05), normal(0.0, 2.0)
    assert decide(*laws)[0] == decide(*laws)[0]
    assert decide(*laws)[0] != decide(*laws, seed=1)[0]


def test_few_batch_means_are_kept_however_many_draws_are_needed() -> None:
    _, source = decide(normal(0.0, 10.0), epsilon=0.1)
    assert source.drawn > 10**5
    assert source.drawn / source.asked[-1][2] < 10_000


# --------------------------------------------------------------------------------------- budgets


@pytest.mark.parametrize("budget", [1, 2, 100, 1024, 5000, 123_457])
def test_a_budget_that_ends_leaves_undecided(budget: int) -> None:
    (found,), source = decide(normal(0.0), epsilon=1e-5, budget=budget)
    assert found.verdict == UNDECIDED
    assert found.decision is not None
    assert found.interval is not None
    assert found.interval[0] < 0 < found.interval[1]
    batch = source.asked[-1][2]
    assert budget <= found.trials == source.drawn < budget + batch
    assert batch <= max(1, budget / 1000)


def test_a_budget_that_ends_still_refutes_what_it_can() -> None:
    outcomes, _ = decide(normal(1.0), normal(0.0), epsilon=1e-5, budget=10_000)
    assert [o.verdict for o in outcomes] == [REFUTED, UNDECIDED]


def test_all_differences_share_one_budget() -> None:
    outcomes, source = decide(*(normal(0.0, s) for s in (1.0, 2.0, 3.0)), epsilon=1e-4, budget=20_000)
    assert {o.verdict for o in outcomes} == {UNDECIDED}
    assert source.drawn < 21_000


# ------------------------------------------------------------------------------ no chance involved


def rare(value: float, after: int) -> Law:
    """Normal differences, one of which is something else."""

    def law(stream: np.random.Generator, draws: int) -> Floats:
        values = stream.standard_normal(draws)
        if draws > after:
            values[after] = value
        return values

    return law


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_never_passes(value: float) -> None:
    # In the pilot; in the first draws; late, in a batch of many.
    for law, epsilon in ((rare(value, 3), 0.1), (rare(value, 600), 0.1), (rare(value, 50_000), 0.005)):
        (found, good), source = decide(law, normal(0.0), epsilon=epsilon)
        assert (found.verdict, found.reason) == (UNDECIDED, "a value is not finite")
        assert good.verdict == PASSED
        assert found.trials <= good.trials == source.drawn


def test_a_value_that_is_not_finite_ends_the_drawing() -> None:
    """It stays, so no further draw could decide."""
    (found,), source = decide(rare(math.nan, 600), epsilon=1e-3, budget=10**8)
    assert found.verdict == UNDECIDED
    assert source.drawn < 10**7


SETTLED: dict[str, tuple[Law, float, bool, str]] = {
    "zero": (constant(0.0), 0.0, False, IDENTICAL),
    "zero to rounding": (constant(3e-15), 1e-15, False, IDENTICAL),
    "noise below rounding": (normal(0.0, 1e-16), 1e-15, False, IDENTICAL),
    "the same computation": (normal(0.0), 0.0, True, IDENTICAL),
    "off by a constant": (constant(0.01), 1e-15, False, REFUTED),
    "off by little": (constant(-1e-6), 1e-15, False, REFUTED),
    "off, and rounded": (normal(1e-3, 1e-17), 1e-15, False, REFUTED),
}


@pytest.mark.parametrize(("law", "rounding", "same", "verdict"), SETTLED.values(), ids=SETTLED)
def test_what_does_not_vary_is_identical_or_refuted(
    law: Law, rounding: float, same: bool, verdict: str
) -> None:
    (found,), source = decide(law, targets=(Target(0.1, near=False, rounding=rounding, identical=same),))
    assert found.verdict == verdict
    assert found.reason
    assert found.decision is None
    assert source.drawn == 0
    assert found.trials == 512
    if verdict == REFUTED:
        assert found.interval is not None
        assert not found.interval[0] <= 0 <= found.interval[1]


def test_what_varies_a_little_more_than_rounding_is_sampled() -> None:
    (found,), source = decide(normal(0.0, 1e-3), targets=(Target(0.1, near=False, rounding=1e-15),))
    assert found.verdict == PASSED
    assert source.drawn > 0


def test_settled_and_open_differences_keep_their_places() -> None:
    outcomes, _ = decide(constant(0.0), normal(0.5), constant(1.0), normal(0.0))
    assert [o.verdict for o in outcomes] == [IDENTICAL, REFUTED, REFUTED, PASSED]


def test_nothing_to_decide_draws_nothing() -> None:
    source = Source(())
    assert until_decided(source, np.empty((512, 0)), (), ALPHA, 1000) == []
    assert source.asked == []


# -------------------------------------------------------------------------------- false alarms


@pytest.mark.parametrize(
    "law",
    [
        normal(0.0),
        lambda stream, draws: stream.choice([-1.0, 1.0], draws),
        # 1/χ²_5, centred: the variance is finite, the third moment is not.
        lambda stream, draws: 1 / stream.chisquare(5, draws) - 1 / 3,
    ],
    ids=["normal", "sign", "inverse chi-square"],
)
def test_a_true_mean_is_never_refuted_under_200_seeds(law: Law) -> None:
    verdicts = [decide(law, epsilon=0.1, seed=seed)[0][0].verdict for seed in range(200)]
    assert REFUTED not in verdicts
    assert verdicts.count(PASSED) > 190


def test_a_record_is_of_the_batches_and_of_the_pilot_only_where_there_are_none() -> None:
    record = Record(np.array([[1.0, 10.0, 100.0], [3.0, 30.0, 300.0]]))
    record.add([0, 2], np.array([[5.0, 7.0], [6.0, 8.0]]))
    record.add([2], np.array([[9.0]]))
    assert record.means.tolist() == [5.5, 20.0, 8.0]
