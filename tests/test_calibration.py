"""Calibration, reduced: the whole is `make calibrate`, and what it found is in verify/recorded."""

import json
from dataclasses import replace

import numpy as np
import pytest

from derivations.points import point
from tests.running import KNOWN, only
from verify.calibration import (
    _MOMENTS,
    BUDGET,
    LAWS,
    RECORDED,
    SCHEMA,
    Law,
    Rate,
    battery,
    false_alarms,
    method_digest,
    one_run,
    power,
)  # fmt: skip
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED


def test_the_bounds_are_those_of_clopper_and_pearson() -> None:
    assert Rate(0, 100).upper == pytest.approx(1 - 0.01 ** (1 / 100))
    assert Rate(100, 100).lower == pytest.approx(0.01 ** (1 / 100))
    assert Rate(100, 100).upper == 1.0
    assert Rate(0, 100).lower == 0.0
    assert Rate(1, 2000).upper == pytest.approx(0.00332, abs=2e-5)


@pytest.mark.parametrize("law", [law for law in LAWS if law.served], ids=lambda law: law.name)
def test_true_claims_are_seldom_refuted(law: Law) -> None:
    assert false_alarms(law, 12, seed=1).count <= 2  # at a rate of 5 % more come once in 50 such tests


def test_a_wrong_mean_is_an_alarm() -> None:
    assert REFUTED in one_run(LAWS[0], 0.5, 0.1, 2, 0, "wrong")
    assert one_run(LAWS[0], 0.0, 0.1, 2, 0, "right") == [PASSED, PASSED]


def test_what_is_detectable_is_seen_and_a_twentieth_only_by_a_finer_look() -> None:
    found = power(LAWS[0], 12, 2, seed=2)
    assert found["detectable_refuted"]["count"] == 12
    assert found["twentieth_passed"]["count"] == 12
    assert found["twentieth_refuted_finer"]["count"] == 2


def test_means_without_a_variance_are_not_sampled() -> None:
    """The method would not be calibrated there, and the channel says so instead of trying."""
    claim = KNOWN["wishart-inverse-mean"]
    heavy = replace(claim, points=(point(m=5, d=2), point(m=4, d=2)))
    for check in only(replace(heavy, parts=heavy.parts[:1]), "sampling").checks:
        if check.whole:
            assert (check.verdict, check.reason) == (NOT_APPLICABLE, "infinite variance at this point")


def test_the_random_streams() -> None:
    for figures in battery(16, 1 << 13, seed=3).values():
        assert figures["moments_z"] < 5
        assert figures["serial_z"] < 5
        assert figures["across_z"] < 5
        assert figures["kolmogorov_share"] < 1


def test_the_moments_of_chi_square() -> None:
    x = np.random.default_rng(0).chisquare(7, 1_000_000)
    z = (x - 7) / np.sqrt(14)
    assert [(z**p).mean() for p in (2, 3, 4)] == pytest.approx(_MOMENTS["chi-square"][2:5], rel=0.05)


@pytest.mark.skipif(not RECORDED.exists(), reason="make calibrate has not been run yet")
def test_the_recorded_report_is_of_this_method_and_says_that_it_is_recorded() -> None:
    found = json.loads(RECORDED.read_text("utf-8"))
    assert found["schema"] == SCHEMA
    assert found["recorded"].startswith("measured once")
    assert found["digests"]["method"] == method_digest(), "run make calibrate again"
    for name, figures in found["false_alarms"].items():
        assert figures["runs"] >= (2000 if figures["sampled_by_the_channel"] else 200)
        assert figures["kept"] == (figures["upper99"] <= BUDGET)
        assert figures["kept"] or not figures["sampled_by_the_channel"], name
    for figures in found["power"]:
        assert figures["detectable_refuted"]["rate"] >= 0.99
