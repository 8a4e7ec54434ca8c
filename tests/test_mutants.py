"""Mutants: what is generated, what is set apart, and that nothing which a channel should see survives."""

import json
from dataclasses import replace

import pytest
import sympy as sp

from derivations.claims import Equal, Limit, plant
from derivations.notation import N, d_s, d_sw, d_w, n, rho_w, sigma2
from tests.planted import proved
from tests.running import KNOWN, proved_before
from verify.certificate import PASSED, Check
from verify.channels import Subject, exact
from verify.commands import run as w2s
from verify.levels import LEVELS
from verify.mutants import judge as judging
from verify.mutants.changes import every_change
from verify.mutants.judge import BELOW, KILLED, SURVIVED, judge
from verify.mutants.places import places, prepared
from verify.mutants.proofs import EQUIVALENT, WEAKER

FORM = sigma2 / (n - d_w - 1) * (d_sw + d_s / (N - d_s - 1) * (d_w - d_sw))


def judged(id: str, *checks: Check) -> judging.Judged:
    return judge(Subject(KNOWN[id], proved()), checks, LEVELS["quick"])


def test_the_slips_that_people_make_are_among_the_changes() -> None:
    found = [sp.cancel(form) for _, form in every_change(FORM) if not form.has(sp.Min)]
    inherited, x = sigma2 / (n - d_w - 1) * d_sw, sigma2 / (n - d_w - 1)
    for slip in (
        FORM.subs(n, n + 1),  # n - d_w for n - d_w - 1
        inherited + x * d_s / N * (d_w - d_sw),  # the leading order
        FORM.subs({d_s: d_w, d_w: d_s}, simultaneous=True),
        FORM.subs({n: N, N: n}, simultaneous=True),
        x * (d_sw + d_s / (N - d_s - 1) * (d_w + d_sw)),
        FORM * sp.Rational(1001, 1000),
        inherited,
    ):
        assert sp.cancel(slip) in found
    assert any(form.has(sp.Min(d_s, d_w)) for _, form in every_change(FORM))
    assert rho_w in set().union(*(form.free_symbols for _, form in every_change(FORM, [rho_w])))
    assert len(found) > 80


def test_no_two_changes_are_equal_and_labels_tell_them_apart() -> None:
    found = dict(every_change(FORM))
    forms = [sp.cancel(form) for form in found.values() if not form.has(sp.Min)]
    assert len(set(forms)) == len(forms)
    assert len(found) == len(list(every_change(FORM)))


@pytest.mark.parametrize("id", ["teacher-variance", "noise-energy", "wishart-inverse-mean"])
def test_exact_arithmetic_kills_every_mutant_of_an_equality(id: str) -> None:
    found = judged(id)
    assert len(found.mutants) > 10
    assert {m.verdict for m in found.mutants} <= {KILLED, EQUIVALENT}
    assert found.notices["exact"] == 0.0


def test_a_point_set_that_is_too_narrow_leaves_survivors() -> None:
    """With σ² = 1 everywhere nobody can tell σ² from its square."""
    claim = KNOWN["teacher-variance"]
    narrow = replace(claim, points=tuple(p.but({"sigma2": 1}) for p in claim.points[:1]))
    found = judge(Subject(narrow, proved()), [], LEVELS["quick"])
    assert {m.change for m in found.mutants if m.verdict == SURVIVED} >= {"factor sigma2 twice"}


def test_what_is_set_apart_has_a_proof() -> None:
    apart = [
        m for id in ("published-threshold", "quadratic-expectation") for m in judged(id).mutants if m.proof
    ]
    assert {m.verdict for m in apart} == {EQUIVALENT, WEAKER}
    assert all(not m.channels for m in apart)
    wider = next(m for m in apart if m.change == "left: times 1.01")
    assert wider.verdict == WEAKER
    turned = [m for m in apart if "transposed" in m.change]
    assert all(m.verdict == EQUIVALENT and "relations" in m.proof for m in turned)
    assert turned


def test_a_threshold_is_told_from_its_scalings_at_a_tie() -> None:
    found = judged("w2s-beats-teacher").mutants
    scaled = [m for m in found if m.label == "in general" and "times 1.001" in m.change]
    assert {m.verdict for m in scaled} == {KILLED, EQUIVALENT}
    assert not [m for m in found if m.verdict == SURVIVED]


def test_the_true_form_fits_at_every_place() -> None:
    for id in ("w2s-variance", "w2s-beats-baseline", "limits", "gram-pseudoinverse", "published-threshold"):
        subject = Subject(KNOWN[id], proved())
        for number, part in enumerate(subject.claim.parts):
            form = judging.closed_form(part)
            ready = prepared(subject, number, form)
            at = list(places(subject, number, seed=0))
            assert at
            assert all(place.fits(ready) for place in at)


def test_an_interval_kills_by_what_it_excludes_and_no_more() -> None:
    claim = KNOWN["teacher-variance"]
    point = claim.points[0]
    part = claim.parts[0]
    assert isinstance(part, Equal)
    kept = Check(
        "sampling", "statement", point.label, PASSED, scale=1.0, interval=(-0.004, 0.006), detectable=0.02,
        whole=True,
    )  # fmt: skip
    found = {m.change: m.channels["sampling"] for m in judged("teacher-variance", kept).mutants if m.channels}
    assert found["the sign"].verdict == KILLED
    assert found["times 1.001"].verdict == BELOW
    assert 0 < found["times 1.001"].share < 1
    assert judged("teacher-variance", kept).notices["sampling"] > 0


def test_the_limit_itself_is_seen_by_exact_arithmetic() -> None:
    claim = KNOWN["w2s-variance-leading-order"]
    part = claim.parts[0]
    assert isinstance(part, Limit)
    right = part.right
    for wrong in (right * sp.Rational(1001, 1000), right + 1, right.subs(d_w, d_s)):
        subject = Subject(plant(claim, 0, right=wrong), proved())
        tasks = [t for t in exact.plan([subject], LEVELS["quick"]) if t.point is None]
        checks = [c for t in tasks for _, c in exact.run(t, {claim.id: subject}, LEVELS["quick"], 1e-6, 0)]
        assert "refuted" in {c.verdict for c in checks if c.whole}


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with proved_before():
        assert w2s(["mutants", "noise-energy", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    total = found["total"]
    assert total["killed"] + total["equivalent"] == total["mutants"] > 5
    assert total["channels"]["sampling"]["killed"] > 0
    assert w2s(["mutants", "noise-energi"]) == 2
    assert "did you mean noise-energy" in capsys.readouterr().err
    assert w2s(["mutants", "noise-energy", "--level", "deepest"]) == 2
    assert w2s(["mutants", "noise-energy", "--resume"]) == 2
