"""Infinite risks: claimed one sample too far they are refused, and truncated means tell."""

from dataclasses import replace

import pytest
import sympy as sp

from derivations.claims import Claim, Equal, claims, plant
from derivations.notation import N, d_s, d_w, n
from derivations.theorems.blow_up import student, teacher
from tests.running import only
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED

CLAIM = claims()["blow-up"]
BEYOND = (
    teacher(d_w + 2, d_w, "n = d_w + 2"),
    teacher(d_w + 3, d_w, "n = d_w + 3"),
    teacher(n, n + 2, "n = d_w - 2"),
    student(d_s + 2, d_s, "N = d_s + 2"),
    student(d_s + 3, d_s, "N = d_s + 3"),
    student(N, N + 2, "N = d_s - 2"),
)


def alone(part: Equal) -> Claim:
    return replace(CLAIM, id="planted", parts=(part,), points=CLAIM.points[1:3])


@pytest.mark.parametrize("part", BEYOND, ids=lambda p: p.label)
def test_a_risk_that_is_finite_is_not_shown_to_be_infinite(part: Equal) -> None:
    wrong = alone(part)
    assert {c.verdict for c in only(wrong, "replay").checks} == {REFUTED}
    assert REFUTED in {c.verdict for c in only(wrong, "sampling").checks}


@pytest.mark.parametrize("part", CLAIM.parts, ids=lambda p: p.label)
def test_a_risk_that_is_infinite_is_not_shown_to_be_finite(part: Equal) -> None:
    right, wrong = alone(part), plant(alone(part), right=sp.Integer(7))
    assert {c.verdict for c in only(right, "sampling").checks} == {PASSED}
    assert {c.verdict for c in only(wrong, "replay").checks} == {REFUTED}
    assert {c.verdict for c in only(wrong, "exact").checks if c.whole} == {REFUTED}
    assert PASSED not in {c.verdict for c in only(wrong, "sampling").checks if c.whole} - {NOT_APPLICABLE}
