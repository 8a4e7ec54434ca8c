"""Checks that rounding would move: they say so, and are made in double-double by themselves."""

import math
from dataclasses import replace

import numpy as np
import pytest
from sympy import MatrixSymbol

from derivations.claims import Equal
from derivations.core.language import E, norm2
from derivations.core.laws import Setting, standard
from derivations.core.words import matrix
from derivations.notation import Gamma, d, m
from derivations.points import point
from tests.running import states, unproved
from verify.certificate import PASSED, REFUTED, UNDECIDED, Check
from verify.channels import sampling
from verify.commands.verify import witness
from verify.kernels import UNIT
from verify.machine import Sample
from verify.rounding import BOUNDED, MEASURED, PRECISE, Rounding, of_difference, respected
from verify.runner import run
from verify.sequential import Outcome

HUGE = 10**14


def lossy(factor: object = 1) -> Equal:
    """E‖X‖² = m d for X = (Γ + 10¹⁴ G) - 10¹⁴ G, of which doubles keep two digits."""
    rough, sharp, G = (MatrixSymbol(x, *Gamma.shape) for x in ("X", "Y", "G"))
    definitions = (
        (rough, matrix(Gamma) + matrix(G).times(HUGE)),
        (sharp, matrix(rough) + matrix(G).times(-HUGE)),
    )
    setting = Setting((standard(Gamma),), given=(G,), definitions=definitions)
    return Equal(E(norm2(sharp)), factor * m * d, setting, unproved)


def sampled(part: Equal) -> Check:
    claim = states(part, point(m=6, d=4))
    (check,) = run(library={claim.id: claim}, channels=["sampling"])[claim.id].checks
    return check


def test_a_check_moves_to_double_double_where_rounding_matters() -> None:
    found = sampled(lossy())
    assert (found.verdict, found.arithmetic) == (PASSED, PRECISE)
    assert found.rounding_bound is not None
    assert found.detectable is not None
    assert 0 < found.rounding_bound < 1e-3 * found.detectable


def test_what_is_wrong_is_refuted_there() -> None:
    found = sampled(lossy(2))
    assert (found.verdict, found.arithmetic) == (REFUTED, PRECISE)
    (*_, last) = witness(found)
    assert "rounding at most" in last


def test_where_that_is_too_slow_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.machine.affordable", lambda _: 0)
    monkeypatch.setattr(sampling, "affordable", lambda _: 0)
    found = sampled(lossy())
    assert (found.verdict, found.arithmetic) == (UNDECIDED, BOUNDED)
    assert "rounding may move it" in str(found.reason)


def test_most_checks_stay_in_doubles_and_say_what_that_costs() -> None:
    plain = Equal(E(norm2(Gamma)), m * d, Setting((standard(Gamma),)), unproved)
    found = sampled(plain)
    assert (found.verdict, found.arithmetic) == (PASSED, MEASURED)
    assert found.rounding_bound is not None
    assert UNIT < found.rounding_bound < 100 * UNIT


def pilot(errors: float) -> Sample:
    one = np.ones((1, 2))
    return Sample(one, one, np.full(2, 1e-9), np.full(2, errors))


def test_bounds_are_of_both_sides_in_units_of_the_scale() -> None:
    assert of_difference(pilot(1e-12), 0, 1, 2.0, precise=False).bound == pytest.approx(1e-12, rel=0.01)
    assert of_difference(pilot(math.nan), 0, 1, 2.0, precise=False) == Rounding(1e-9, BOUNDED)
    assert of_difference(pilot(1e-3), 0, 1, 2.0, precise=True).bound == pytest.approx(1e-3 / 512)
    assert of_difference(pilot(math.nan), 0, 1, 2.0, precise=True).matters(1.0)


PASSING = Outcome(PASSED, None, 10, (-0.5, 0.5))
APART = Outcome(REFUTED, None, 10, (0.2, 0.5))


@pytest.mark.parametrize(
    ("o", "bound", "verdict"),
    [
        (PASSING, 0.009, PASSED),
        (PASSING, 0.011, UNDECIDED),
        (PASSING, math.nan, UNDECIDED),
        (APART, 0.19, REFUTED),  # further from zero than rounding can have moved it
        (APART, 0.21, UNDECIDED),
        (replace(APART, interval=(-0.5, -0.2)), 0.19, REFUTED),
        (replace(APART, interval=(-0.5, -0.2)), 0.21, UNDECIDED),
        (APART, math.inf, UNDECIDED),
        (APART, math.nan, UNDECIDED),
    ],
)
def test_no_verdict_stands_that_rounding_may_have_made(o: Outcome, bound: float, verdict: str) -> None:
    found = respected(o, Rounding(bound, MEASURED), 1.0)
    assert found.verdict == verdict
    assert bool(found.reason) == (verdict == UNDECIDED)
