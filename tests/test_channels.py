"""What the channels refute, and with what witness; what they leave alone; when they disagree."""

import math
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from sympy import MatrixSymbol

from derivations.claims import ChiSquare, Claim, Consequence, Equal, Limit, SameLaw, plant
from derivations.core.derivation import Derivation
from derivations.core.language import E, GramInverse, T, mul, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import PATHWISE, SCALAR, ChangeVariables
from derivations.core.words import Expression
from derivations.notation import Gamma, d, k, m, noise, sigma2
from derivations.points import Point, point
from tests.planted import PLANTED_CLAIMS, PLANTED_RULES, PlantedClaim, PlantedRule, edited, proved, wrong_rule
from tests.running import KNOWN, equal, only, report, states, unproved, whole
from verify import decide, machine
from verify.certificate import IDENTICAL, NOT_APPLICABLE, PASSED, REFUTED, UNDECIDED, Certificate, Check
from verify.channels import Subject, laws, limits, pipeline, sampling
from verify.levels import FALSE_ALARMS, LEVELS, Level
from verify.machine import Sample
from verify.runner import CHANNELS, Report, run

# d_s > d_w, oblique angles, both margins within four of the boundary: a "- 1" is large here.
SPACES = point(("1", "3/5"), n=8, N=16, d_s=5, d_w=3, sigma2="1/4")
# Where one point of a claim is enough to see what is planted in it.
SMALL: dict[str, tuple[Point, ...]] = (
    {
        "gaussian-conditioning": KNOWN["gaussian-conditioning"].points[3:4],
        "noise-energy": KNOWN["noise-energy"].points[3:4],  # σ² = 1/4, which is not σ
        "wishart-inverse-mean": KNOWN["wishart-inverse-mean"].points[2:4],
    }
    | {id: (SPACES,) for id in KNOWN if id.startswith("w2s-variance") and not id.endswith("order")}
)
FINE = "a factor of 1.01"


def small(claim: Claim, id: str) -> Claim:
    return replace(claim, id=id, points=SMALL.get(claim.id, claim.points[:1]))


def assert_witness(check: Check, claim: Claim) -> None:
    """A refutation can be looked at again: the point, both values, the interval, the seed."""
    assert check.verdict == REFUTED
    assert check.seed == 0
    # A point of the claim, or one of the grid with all its values.
    on_grid = check.channel == "exact" and all(f"{k}=" in check.point for k, _ in claim.points[0].values)
    assert on_grid or check.point in {p.label for p in claim.points}
    assert check.lhs is not None
    assert check.rhs is not None
    assert check.lhs != check.rhs
    if check.channel == "exact":
        return
    assert check.interval is not None
    low, high = check.interval
    assert low <= high
    assert not low <= 0 <= high
    assert isinstance(check.lhs, float)
    assert isinstance(check.rhs, float)
    assert (check.lhs > check.rhs) == (low > 0)
    assert check.trials
    assert check.alpha
    assert check.alpha <= FALSE_ALARMS


# ---------------------------------------------------------------------------------- wrong claims


def named(p: PlantedClaim | PlantedRule) -> str:
    return f"{p.name}, part {p.part}" if isinstance(p, PlantedClaim) and p.part else p.name


@pytest.fixture(scope="module")
def every_planted() -> tuple[dict[str, Claim], Report]:
    """Every planted claim at few points and under an id of its own, through every channel at once.

    Channels know nothing of each other, so what they say is what they would say with the others switched off.
    """
    made = {named(p): small(p.claim(), f"wrong-{i}") for i, p in enumerate(PLANTED_CLAIMS)}
    # A factor of 1.01 is below what sampling can see at level quick.
    quick = {name: c for name, c in made.items() if FINE not in name}
    every = report(*quick.values(), channels=tuple(CHANNELS))
    fine = report(*(c for name, c in made.items() if name not in quick), channels=("replay", "exact"))
    return made, replace(every, certificates=every.certificates + fine.certificates)


@pytest.mark.parametrize("wrong", PLANTED_CLAIMS, ids=named)
def test_replay_refuses_a_planted_claim(
    wrong: PlantedClaim, every_planted: tuple[dict[str, Claim], Report]
) -> None:
    made, found_of = every_planted
    found = whole(found_of[made[named(wrong)].id], "replay")
    check = found[wrong.part]
    assert [c.verdict for c in found if c is not check] == [PASSED] * (len(found) - 1)
    assert check.verdict == REFUTED
    assert check.reason
    assert " states " in check.reason
    assert "but its derivation concludes" in check.reason


# Far enough from every boundary that `standard` tells a hundredth, with as much in either component.
FAR = {
    "teacher-variance": point(n=12, d_w=4, sigma2="1"),
    "w2s-variance": point(("4/5", "3/5"), n=14, N=14, d_s=3, d_w=3, sigma2="1"),
}


@pytest.mark.parametrize("wrong", [p for p in PLANTED_CLAIMS if FINE in p.name], ids=named)
def test_a_hundredth_is_refuted_at_standard(wrong: PlantedClaim) -> None:
    point = FAR.get(wrong.id, FAR["w2s-variance"])
    claim = replace(wrong.claim(), id="planted", points=(point,))
    library = {**KNOWN, claim.id: claim}
    for channel in ("sampling", "pipeline"):
        found = run([claim.id], level="standard", library=library, channels=[channel])[claim.id]
        verdicts = [c for c in found.checks if c.whole and c.part == wrong.part]
        assert [c.verdict for c in verdicts] == [REFUTED]
        assert verdicts[0].detectable == LEVELS["standard"].coarse


@pytest.mark.parametrize("wrong", [p for p in PLANTED_CLAIMS if FINE not in p.name], ids=named)
def test_the_other_channels_refute_a_planted_claim(
    wrong: PlantedClaim, every_planted: tuple[dict[str, Claim], Report]
) -> None:
    made, found_of = every_planted
    claim = made[named(wrong)]
    found = found_of[claim.id]
    part = claim.parts[wrong.part]
    looking = {c.channel for c in found.checks if c.whole and c.part == wrong.part and c.lhs is not None}
    assert found.verdict == REFUTED
    assert found.trust == "none"
    assert found.disagreement is None
    if wrong.name == "wishart-inverse-mean: a finite mean at m = d + 1":
        # A mean that is claimed to be finite cannot be sampled where it is infinite.
        assert {c.verdict for c in whole(found, "sampling") if c.part == 1} == {NOT_APPLICABLE}
        assert looking == {"exact"}
    elif isinstance(part, Equal) and sp.sympify(part.left).has(E):
        assert looking == {"exact", "sampling"} | ({"pipeline"} if part.measured else set())
    assert looking
    for channel in looking:
        verdicts = [c for c in whole(found, channel) if c.part == wrong.part]
        assert_witness(verdicts[0], claim)
    # The proof is right, and so are the parts that were left alone.
    others = [c for c in found.checks if not (c.whole and c.part == wrong.part)]
    assert others
    assert not [c for c in others if c.verdict == REFUTED]


@pytest.mark.parametrize("wrong", [p for p in PLANTED_CLAIMS if FINE in p.name], ids=named)
def test_a_hundredth_is_refuted_by_exact_sums(
    wrong: PlantedClaim, every_planted: tuple[dict[str, Claim], Report]
) -> None:
    made, found_of = every_planted
    claim = made[named(wrong)]
    found = [c for c in whole(found_of[claim.id], "exact") if c.part == wrong.part]
    assert_witness(found[0], claim)
    assert {c.verdict for c in found} == {REFUTED}


AT = {
    "teacher-variance": (point(n=24, d_w=6, sigma2="1"), ("sampling", "pipeline")),
    "w2s-variance": (point(("1", "3/5"), n=24, N=24, d_s=3, d_w=4, sigma2="1"), ("pipeline",)),
    "wishart-inverse-mean": (point(m=14, d=2), ("sampling",)),
}


@pytest.mark.parametrize("id", AT)
def test_a_factor_of_1_01_is_refuted_at_standard(id: str) -> None:
    at, channels = AT[id]
    part = equal(id)
    wrong = replace(part, right=part.right * sp.Rational(101, 100), proof=unproved, also=())
    claim = states(wrong, at)
    found = only(claim, *channels, level="standard")
    for channel in channels:
        (check,) = whole(found, channel)
        assert_witness(check, claim)
        assert check.interval is not None
        low, high = check.interval
        assert low < 1 / 1.01 - 1 < high


# ----------------------------------------------------------------------------------- wrong rules


@pytest.mark.parametrize("wrong", PLANTED_RULES, ids=named)
def test_the_step_of_a_wrong_rule_is_refuted(wrong: PlantedRule) -> None:
    with wrong_rule(wrong) as book:
        claim = replace(book.claims[wrong.id], points=wrong.points[-2:])
        found = run([claim.id], library={**book.claims, claim.id: claim}, channels=["exact", "sampling"])
        made = Subject(claim, book).chains(0)[0].made
    step = next(s for s in made.steps if type(s.rule) is wrong.rule)
    # A change of variables is an identity for every draw; a wrong law that it states shows where it is used.
    exactly = step.kind in (PATHWISE, SCALAR) and wrong.rule is not ChangeVariables
    refuted = [c for c in found[claim.id].checks if c.verdict == REFUTED]
    assert {c.channel for c in refuted} == ({"exact"} if exactly else {"exact", "sampling"})
    if wrong.limit is None:
        where = " ".join(c.step for c in refuted if not c.whole)
        assert "proof, step" in where
        for check in refuted:
            assert_witness(check, claim)
    else:  # the order of the error tells a wrong limit, and the values of its variable are not the point's
        assert all("order of the error" in c.step for c in refuted)


def test_replay_cannot_see_an_error_of_the_core_and_the_channels_disagree() -> None:
    wrong = next(p for p in PLANTED_RULES if p.name == "independence assumed")
    with wrong_rule(wrong) as book:
        claim = replace(book.claims[wrong.id], points=wrong.points[:1])
        report = run([claim.id], library={**book.claims, claim.id: claim})
    found = report[claim.id]
    assert found.disagreement == (("replay",), ("exact", "sampling"))
    assert (found.verdict, found.trust, report.exit_code) == (REFUTED, "none", 1)


def test_an_edited_last_step_is_refused_and_refuted() -> None:
    right = equal("teacher-variance")

    def proof(p: Derivation) -> Derivation:
        made = right.proof(p)
        half = (t._replace(coefficient=t.coefficient / 2) for t in made.end.terms)
        return edited(made, Expression(tuple(half)))

    forged = replace(right, right=right.right / 2, proof=proof)
    claim = replace(
        KNOWN["teacher-variance"], id="forged", parts=(forged,), points=(point(n=12, d_w=4, sigma2="1"),)
    )
    found = only(claim, *CHANNELS)
    (refusal,) = whole(found, "replay")
    assert refusal.verdict == REFUTED
    assert "does not follow by its rule" in str(refusal.reason)
    steps = [c for c in found.checks if c.channel == "sampling" and not c.whole]
    assert [c.verdict for c in steps] == [PASSED] * (len(steps) - 1) + [REFUTED]
    assert_witness(steps[-1], claim)
    for channel in ("sampling", "pipeline"):
        assert_witness(whole(found, channel)[0], claim)


# --------------------------------------------------------------------------------- disagreements


def seen(channel: str, verdict: str, part: int = 0, whole: bool = True) -> Check:
    return Check(channel, "statement", "", verdict, part=part, whole=whole)


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([seen("sampling", PASSED), seen("pipeline", REFUTED)], (("sampling",), ("pipeline",))),
        ([seen("replay", REFUTED), seen("sampling", PASSED)], (("sampling",), ("replay",))),
        (
            [seen("replay", REFUTED), seen("replay", PASSED, 1), seen("exact", REFUTED, 1)],
            (("replay",), ("exact",)),
        ),
        (
            [seen("sampling", PASSED), seen("sampling", REFUTED), seen("exact", PASSED)],
            (("exact",), ("sampling",)),
        ),
        # Another part, a step, a channel that is undecided: no contradiction.
        ([seen("exact", PASSED, 1), seen("sampling", REFUTED, 0)], None),
        ([seen("sampling", PASSED, whole=False), seen("pipeline", REFUTED)], None),
        ([seen("sampling", UNDECIDED), seen("pipeline", REFUTED)], None),
        ([seen("sampling", IDENTICAL), seen("pipeline", REFUTED)], None),
        ([seen("sampling", REFUTED), seen("pipeline", REFUTED)], None),
    ],
)
def test_when_channels_disagree(checks: list[Check], expected: object) -> None:
    certificate = Certificate("x", REFUTED, "none", tuple(checks), (), (), (), {}, 0, "quick")
    assert certificate.disagreement == expected


# ---------------------------------------------------------------------------------- true claims

TINY = Level("tiny", coarse=0.4, fine=0.4, law=0.4, rate=1.0, draws=20_000, near=1.0)
# The variance of (W⁻¹)_dd is finite for n - d_w > 3; with one sample fewer there is nothing to be tested.
HEAVY: list[tuple[str, Point, str]] = [
    ("teacher-variance", point(n=8, d_w=4, sigma2="4", noise="sign"), "sampling"),
    ("teacher-variance", point(n=8, d_w=4, sigma2="4"), "pipeline"),
    ("chi-square-inverse", point(k=5), "sampling"),
    ("noise-energy", point(m=2, sigma2="9/4", noise="uniform"), "sampling"),
]


@pytest.mark.parametrize(("id", "at", "channel"), HEAVY, ids=["sampled", "measured", "scalar", "light"])
def test_a_true_claim_is_never_refuted(
    id: str, at: Point, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_PILOT", 1024)  # for speed; a worse bound on the variance is a harder test
    claim = replace(KNOWN[id], points=(at,), parts=KNOWN[id].parts[:1])
    subject = Subject(claim, proved())
    module = CHANNELS[channel]
    (task,) = module.plan([subject], TINY)
    verdicts = [
        check.verdict
        for seed in range(200)
        for _, check in module.run(task, {id: subject}, TINY, FALSE_ALARMS / task.checks, seed)
    ]
    assert len(verdicts) >= 200
    assert verdicts.count(REFUTED) == 0
    assert verdicts.count(PASSED) > len(verdicts) / 2


def of_regions(claim: Claim) -> bool:
    """Consequences have their places all over a region: test_consequences.py looks at them."""
    return any(isinstance(part, Consequence) for part in claim.parts)


def test_whatever_the_package_states_can_be_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A symbol that nothing defines, or a point without a value, is no refutation: it would be missed."""
    monkeypatch.setitem(LEVELS, "tiny", TINY)
    first = [replace(c, points=c.points[:1]) for c in KNOWN.values() if not of_regions(c)]
    found = report(*first, channels=("exact", "sampling", "pipeline"), level="tiny")
    amiss = {
        (c.id, check.channel, check.step, check.reason)
        for c in found.certificates
        for check in c.checks
        if check.verdict in (NOT_APPLICABLE, REFUTED)
    }
    assert amiss == set()
    assert all(c.checks for c in found.certificates)


# ------------------------------------------------------------------------- what cannot be checked


def test_infinite_variance_is_not_sampled() -> None:
    claim = replace(KNOWN["teacher-variance"], points=(point(n=7, d_w=4, sigma2="1"),))
    found = only(claim, "sampling")
    (check,) = whole(found, "sampling")
    assert (check.verdict, check.reason) == (NOT_APPLICABLE, "infinite variance at this point")


@pytest.mark.parametrize("channel", ["exact", "sampling", "pipeline"])
def test_a_point_without_values_is_not_applicable_and_says_why(channel: str) -> None:
    found = only(replace(KNOWN["teacher-variance"], points=(point(n=9, sigma2="1"),)), channel)
    assert found.checks
    assert {c.verdict for c in found.checks} == {NOT_APPLICABLE}
    assert all("d_w" in str(c.reason) for c in found.checks)


def test_one_claim_without_values_costs_the_others_nothing() -> None:
    """Parts that share a setting and a point share a tape; one that cannot be lowered is taken off it."""
    right = KNOWN["teacher-variance"]
    part = equal("teacher-variance")
    lost = states(
        replace(part, right=sigma2 * sp.Symbol("unknown"), proof=unproved), right.points[0], id="lost"
    )
    for channel in ("sampling", "pipeline"):
        found = report(lost, replace(right, points=right.points[:1]), channels=(channel,))
        assert found[right.id].verdict == PASSED
        assert {c.verdict for c in found["lost"].checks} == {NOT_APPLICABLE}


def test_a_quantity_that_the_procedure_does_not_measure() -> None:
    part = replace(equal("teacher-variance"), measured="luck")
    (check,) = only(states(part, point(n=9, d_w=3, sigma2="1")), "pipeline").checks
    assert check.verdict == NOT_APPLICABLE
    assert "not 'luck'" in str(check.reason)


def test_a_root_is_nothing_for_exact_arithmetic() -> None:
    z = MatrixSymbol("z", m, 1)
    part = Equal(
        sp.sqrt(sigma2) * tr(mul(T(z), z)),
        sp.sqrt(sigma2) * tr(mul(T(z), z)),
        Setting((noise(z),), (m,)),
        unproved,
    )
    checks = only(states(part, point(m=2, sigma2="2")), "exact").checks
    assert {c.verdict for c in checks} == {NOT_APPLICABLE}
    assert "not a rational number" in str(checks[0].reason)


def test_two_sides_that_are_one_computation_are_identical() -> None:
    a = MatrixSymbol("A", d, d)
    part = Equal(
        E(tr(mul(GramInverse(Gamma), a))),
        E(tr(mul(a, GramInverse(Gamma)))),
        Setting((standard(Gamma),), (m - d - 1, m, d), (a,)),
        unproved,
    )
    found = only(states(part, point(m=9, d=2)), "sampling")
    assert [c.verdict for c in found.checks] == [IDENTICAL]
    assert (found.verdict, found.trust) == (NOT_APPLICABLE, "none")


def test_a_random_right_side_is_sampled_and_not_taken_for_pathwise() -> None:
    a = MatrixSymbol("A", d, d)
    mean = E(tr(mul(GramInverse(Gamma), a)))
    part = Equal(tr(a) / (m - d - 1), mean, Setting((standard(Gamma),), (m - d - 1, m, d), (a,)), unproved)
    claim = states(part, point(m=12, d=2))
    assert [c.verdict for c in whole(only(claim, "sampling", "exact"), "sampling")] == [PASSED]
    at_the_point, at_the_grid = whole(only(claim, "exact"), "exact")
    assert at_the_point.verdict == at_the_grid.verdict == PASSED
    assert "Bartlett" in str(at_the_point.method)


# ------------------------------------------------------------------------- laws, limits, divergences


@pytest.mark.parametrize(
    ("freedom", "verdict"), [(m - d + 1, PASSED), (m - d, REFUTED), (m - d + 2, REFUTED)], ids=str
)
def test_a_law_is_told_from_its_neighbours(freedom: sp.Expr, verdict: str) -> None:
    residual = KNOWN["residual-chi-square"]
    law = residual.parts[1]
    assert isinstance(law, SameLaw)
    part = replace(law, right=ChiSquare(freedom, reciprocal=True))
    check = laws.check(part, 1, point(m=7, d=2), LEVELS["quick"], 1e-8, 0, ("t",))
    assert check.verdict == verdict
    assert check.interval is not None
    assert (check.interval[0] > 0) == (verdict == REFUTED)
    assert check.trials
    assert (check.detectable, check.seed, check.part) == (LEVELS["quick"].law, 0, 1)


@pytest.mark.parametrize(
    ("above", "below", "factor", "verdict"),
    [
        (d, m - d + 1, 1, PASSED),
        (d, m - d, 1, REFUTED),
        (d, m - d + 2, 1, REFUTED),
        (d + 1, m - d + 1, 1, REFUTED),
        (d - 1, m - d + 1, 1, REFUTED),
        (m - d + 1, d, 1, REFUTED),
        (d, m - d + 1, d / (m - d + 1), REFUTED),
    ],
    ids=str,
)
def test_the_law_of_least_squares_is_told_from_its_neighbours(
    above: sp.Expr, below: sp.Expr, factor: sp.Expr, verdict: str
) -> None:
    law = KNOWN["least-squares-law"].parts[0]
    assert isinstance(law, SameLaw)
    x, y = MatrixSymbol("x", above, 1), MatrixSymbol("y", below, 1)
    ratio = factor * tr(mul(T(x), x)) * tr(GramInverse(y))
    part = replace(law, right=ratio, right_setting=Setting((standard(x), standard(y)), (m - d + 1,)))
    check = laws.check(part, 0, point(m=4, d=2), LEVELS["quick"], 1e-8, 0, ("t",))
    assert check.verdict == verdict


def test_the_two_sides_of_a_law_are_drawn_independently() -> None:
    """With common random numbers the empirical laws of one functional would not differ at all."""
    law = KNOWN["bartlett"].parts[0]
    assert isinstance(law, SameLaw)
    same = replace(law, right=law.left, right_setting=law.left_setting)
    check = laws.check(same, 0, point(m=7, d=2), LEVELS["quick"], 1e-8, 0, ("t",))
    assert check.verdict == PASSED
    assert check.interval is not None
    assert check.trials is not None
    size = check.trials // 2
    assert check.interval[1] > 1.001 * decide.dkw_radius_two(size, size, decide.look_share(1e-8, 1))


def diverging(rows: int) -> Equal:
    x = MatrixSymbol("x", rows, 1)
    return Equal(
        E(tr(GramInverse(x))), sp.oo, Setting((standard(x),), extended=True), unproved, label=f"k = {rows}"
    )


@pytest.mark.parametrize(
    ("rows", "verdict"), [(1, PASSED), (2, PASSED), (3, REFUTED), (4, REFUTED), (6, REFUTED), (9, REFUTED)]
)
def test_an_infinite_mean_is_told_from_a_finite_one(rows: int, verdict: str) -> None:
    (check,) = only(states(diverging(rows), point(k=rows)), "sampling").checks
    assert check.verdict == verdict
    assert check.interval is not None
    assert (check.interval[1] < -0.5) == (verdict == REFUTED)
    assert check.slack == 0.5


@pytest.mark.parametrize(("order", "verdict"), [(1, PASSED), (2, REFUTED)])
def test_the_order_of_a_limit(order: int, verdict: str) -> None:
    claim = KNOWN["w2s-variance-leading-order"]
    planted = plant(replace(claim, id="limit", points=claim.points[:1]), order=order)
    found = only(planted, "sampling")
    (check,) = whole(found, "sampling")
    assert check.verdict == verdict
    assert check.rate is not None
    assert check.rate[0] <= 1 <= check.rate[1]


def test_a_limit_of_zero_and_a_point_without_dimensions() -> None:
    """Errors are then absolute, and sizes start from one."""
    x = MatrixSymbol("x", k, 1)
    limit = Limit(E(tr(GramInverse(x))), sp.Integer(0), Setting((standard(x),), (k - 2,)), unproved, k, 1)
    (check,) = only(states(limit, Point(())), "sampling").checks
    assert check.verdict == PASSED
    assert check.rhs == 0


def test_the_steps_of_a_limit_are_sampled_too() -> None:
    claim = KNOWN["w2s-variance-leading-order"]
    found = only(replace(claim, points=claim.points[:1]), "sampling")
    steps = [c for c in found.checks if not c.whole]
    assert steps
    assert all(c.verdict in (PASSED, IDENTICAL) for c in steps)


def test_a_single_point_is_enough_for_a_divergence() -> None:
    claim = KNOWN["wishart-inverse-mean"]
    part = equal("wishart-inverse-mean", 1)
    assert limits.diverging_points(part, (point(m=6, d=1),)) == [point(d=1)]
    assert limits.diverging_points(part, claim.points) == [point(d=2), point(d=3), point(d=4)]


@pytest.mark.parametrize("pilot", [True, False], ids=["in the pilot", "later"])
def test_a_value_that_is_not_finite_never_passes(pilot: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Sample:
        found = machine.sample(*args, **kwargs)
        if ("pilot" in args) == pilot or "left" in args:  # one side of a law, which has no pilot
            found.values[0] = math.nan
        return found

    for module in (limits, laws, sampling):
        monkeypatch.setattr(module, "sample", broken)
    order = KNOWN["w2s-variance-leading-order"]
    law = KNOWN["bartlett"]
    for claim in (
        replace(order, points=order.points[:1]),
        replace(law, points=law.points[:1], parts=law.parts[:1]),
        replace(KNOWN["noise-energy"], points=KNOWN["noise-energy"].points[:1]),
        states(diverging(2), point(k=2)),
    ):
        checks = [c for c in only(replace(claim, id="broken"), "sampling").checks if c.verdict != IDENTICAL]
        assert checks
        assert {c.verdict for c in checks} == {UNDECIDED}, claim.id
