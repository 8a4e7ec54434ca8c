"""Certificates: verdicts and trust, JSON there and back, atomic files, digests, what points could not see."""

import json
import math
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from sympy import MatrixSymbol

from derivations.claims import Claim, Equal, Limit, SameLaw
from derivations.core.language import E, T, mul, tr
from derivations.core.laws import Setting, standard
from derivations.notation import Gamma, N, d, d_s, d_sw, d_w, k, m, n, sigma2
from derivations.points import point
from tests.planted import proved
from tests.running import KNOWN, equal, only, states, unproved
from verify.certificate import (
    IDENTICAL,
    NOT_APPLICABLE,
    PASSED,
    REFUTED,
    TRUST,
    UNDECIDED,
    Certificate,
    Check,
    check_from,
    combine,
    own_trust,
    read_findings,
    to_json,
    weakened,
    write_json,
    write_text,
)
from verify.channels import Subject
from verify.digests import digest, statement_digest
from verify.domain import domain, unseen
from verify.mutants import small_changes
from verify.runner import made_from

ROOT = Path(__file__).parent.parent


def check(channel: str, verdict: str = PASSED, whole: bool = True, bound: str | None = None) -> Check:
    return Check(channel, "statement", "", verdict, bound=bound, whole=whole)


def bare(id: str, trust: str = "proved", depends: tuple[str, ...] = (), *checks: Check) -> Certificate:
    return Certificate(id, PASSED, trust, checks, (), depends, (), {}, 0, "quick")


# ----------------------------------------------------------------------------- verdicts and trust


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], NOT_APPLICABLE),
        ([NOT_APPLICABLE], NOT_APPLICABLE),
        ([IDENTICAL], NOT_APPLICABLE),
        ([IDENTICAL, PASSED, NOT_APPLICABLE], PASSED),
        ([PASSED, UNDECIDED], UNDECIDED),
        ([UNDECIDED, PASSED, REFUTED], REFUTED),
    ],
)
def test_one_verdict_for_many(verdicts: list[str], expected: str) -> None:
    assert combine(verdicts) == expected
    assert combine(reversed(verdicts)) == expected


ASSUMED = "assumed: variance of a pilot times 2"


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([], "none"),
        ([check("replay")], "proved"),
        ([check("exact")], "enclosed"),
        ([check("sampling")], "supported"),
        ([check("sampling", bound=ASSUMED)], "supported (assumed variance)"),
        ([check("sampling", bound=ASSUMED), check("pipeline")], "supported"),
        ([check("sampling"), check("sampling", bound=ASSUMED)], "supported (assumed variance)"),
        ([check("pipeline", bound=ASSUMED), check("exact"), check("replay")], "proved"),
        ([check("replay", NOT_APPLICABLE), check("sampling")], "supported"),
        ([check("sampling", IDENTICAL)], "none"),
        ([check("sampling", whole=False)], "none"),  # steps are not the statement
        # Nothing is earned while anything is amiss.
        ([check("replay"), check("sampling", UNDECIDED)], "none"),
        ([check("replay"), check("sampling", REFUTED, whole=False)], "none"),
    ],
)
def test_a_claim_earns_the_strongest_trust_of_its_channels(checks: list[Check], expected: str) -> None:
    assert own_trust(checks) == expected


def test_trust_is_the_weakest_along_the_dependencies() -> None:
    found: dict[str, Certificate] = {}
    for c in (bare("a", "enclosed"), bare("b", "proved", ("a",)), bare("c", "supported", ("b", "elsewhere"))):
        found[c.id] = weakened(c, found)
    top = weakened(bare("d", "proved", ("c", "b")), found)
    assert [found[id].trust for id in "abc"] == ["enclosed", "enclosed", "supported"]
    assert top.trust == "supported"
    assert weakened(bare("d", "none", ("b",)), found).trust == "none"
    assert list(TRUST) == sorted(TRUST, key=TRUST.index)


# ---------------------------------------------------------------------------------------- as JSON

FLOATS = st.floats(allow_nan=False) | st.sampled_from([math.inf, -math.inf])
CHECKS = st.builds(
    Check,
    channel=st.sampled_from(["replay", "exact", "sampling", "pipeline"]),
    step=st.text(max_size=20),
    point=st.text(max_size=10),
    verdict=st.sampled_from([PASSED, REFUTED, UNDECIDED, NOT_APPLICABLE, IDENTICAL]),
    lhs=st.none() | FLOATS | st.just("1/3"),
    rhs=st.none() | FLOATS,
    scale=st.none() | FLOATS,
    interval=st.none() | st.tuples(FLOATS, FLOATS),
    alpha=st.none() | FLOATS,
    trials=st.none() | st.integers(0),
    seed=st.none() | st.integers(),
    reason=st.none() | st.text(max_size=20),
    rate=st.none() | st.tuples(FLOATS, FLOATS),
    part=st.integers(0, 3),
    whole=st.booleans(),
)


@given(CHECKS)
def test_a_check_survives_json(found: Check) -> None:
    text = json.dumps(to_json(found), allow_nan=False)
    again = check_from(json.loads(text))
    assert again == found
    assert json.dumps(to_json(again)) == text


def test_a_value_that_is_no_number_is_a_text_in_json() -> None:
    found = replace(check("sampling"), lhs=math.nan, interval=(-math.inf, math.inf))
    data = to_json(found)
    assert (data["lhs"], data["interval"]) == ("nan", ["-inf", "inf"])
    assert math.isnan(float(check_from(data).lhs or 0))


@pytest.mark.parametrize(
    "text",
    ["", "[", "{}x", '{"a": 1}', "[1]", '[["x"]]', '[["x", {}]]', '[["x", 3]]', '[["x", {"channel": "a"}]]'],
)
def test_findings_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    file.write_text(text)
    with pytest.raises((ValueError, TypeError)):
        read_findings(file)


def test_disagreement_is_part_of_the_certificate() -> None:
    apart = bare("x", "none", (), check("sampling"), check("pipeline", REFUTED))
    assert to_json(apart)["disagreement"] == {"passed": ["sampling"], "refuted": ["pipeline"]}
    assert to_json(bare("x"))["disagreement"] is None
    assert {f.name for f in fields(Certificate)} | {"disagreement"} == set(to_json(apart))


# ------------------------------------------------------------------------------------------- files


def test_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    write_json(file, {"x": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(file, {"x": 2})
    assert json.loads(file.read_text()) == {"x": 1}
    assert list(tmp_path.iterdir()) == [file]


def test_nobody_sees_a_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is at the file's name while another text is being written is the old text, or nothing."""
    seen = []
    real = os.fsync

    def look(handle: int) -> None:
        seen.append([p.read_text() for p in tmp_path.glob("*.json")])
        real(handle)

    monkeypatch.setattr(os, "fsync", look)
    write_text(tmp_path / "a.json", "old")
    write_text(tmp_path / "a.json", "new")
    assert seen == [[], ["old"]]
    assert (tmp_path / "a.json").read_text() == "new"
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644


def test_what_json_cannot_say_is_an_error_and_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"x": object()})
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------------- digests

TEACHER = KNOWN["teacher-variance"]
MEAN = equal("teacher-variance")
LAW = next(p for p in KNOWN["bartlett"].parts if isinstance(p, SameLaw))
LIMIT = next(p for p in KNOWN["w2s-variance-leading-order"].parts if isinstance(p, Limit))
_WIDE = MatrixSymbol("Gamma", m, d + 1)
OTHER_STATEMENTS: dict[str, tuple[Claim, Claim]] = {
    "id": (TEACHER, replace(TEACHER, id="other")),
    "kind": (TEACHER, replace(TEACHER, kind="law")),
    "points": (TEACHER, replace(TEACHER, points=TEACHER.points[1:])),
    "overlaps": (states(MEAN, point(n=9)), states(MEAN, point((1,), n=9))),
    "right side": (TEACHER, replace(TEACHER, parts=(replace(MEAN, right=MEAN.right * 2),))),
    "hypotheses": (
        TEACHER,
        replace(TEACHER, parts=(replace(MEAN, setting=replace(MEAN.setting, hypotheses=(n - d_w - 2,))),)),
    ),
    "measured": (TEACHER, replace(TEACHER, parts=(replace(MEAN, measured="w2s"),))),
    "order of a limit": (states(LIMIT), states(replace(LIMIT, order=2))),
    "other law": (states(LAW), states(replace(LAW, right_setting=None))),
    # `str` shows neither shapes nor assumptions.
    "shape": (
        states(Equal(tr(mul(T(Gamma), Gamma)), m * d, Setting((standard(Gamma),)), unproved)),
        states(Equal(tr(mul(T(_WIDE), _WIDE)), m * d, Setting((standard(_WIDE),)), unproved)),
    ),
    "assumptions": (
        states(Equal(sp.Symbol("x"), sp.Integer(0), Setting(), unproved)),
        states(Equal(sp.Symbol("x", positive=True), sp.Integer(0), Setting(), unproved)),
    ),
}


@pytest.mark.parametrize(("one", "other"), OTHER_STATEMENTS.values(), ids=OTHER_STATEMENTS)
def test_another_statement_has_another_digest(one: Claim, other: Claim) -> None:
    assert statement_digest(one) != statement_digest(other)
    assert statement_digest(one) == statement_digest(replace(one))


def test_what_is_not_stated_does_not_count() -> None:
    """Pages, titles and proofs; the latter have a digest of their own."""
    same = replace(TEACHER, title="Another", page="Another", parts=(replace(MEAN, proof=unproved),))
    assert statement_digest(same) == statement_digest(TEACHER)


def test_another_derivation_has_another_digest() -> None:
    def digests(claim: Claim) -> dict[str, str]:
        return made_from(Subject(claim, proved()))

    shorter = replace(MEAN, proof=lambda p: replace(made := MEAN.proof(p), steps=made.steps[:-1]))
    here, there = digests(TEACHER), digests(replace(TEACHER, parts=(shorter,)))
    assert {name for name in here if here[name] != there[name]} == {"derivation"}


def test_digests_tell_values_apart_by_type_and_place() -> None:
    values: list[object] = [1, "1", 1.0, ("1",), ("1", "1"), (("1",), "1"), {"1": 1}, None, sp.Integer(1)]
    assert len({digest(v) for v in values}) == len(values)
    assert digest("a", "b") != digest("ab")
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_digests_are_the_same_in_every_process() -> None:
    """Hashes of texts, and with them the order of sets, differ from process to process."""
    program = (
        "from derivations.claims import Book, claims\n"
        "from verify.channels import Subject\n"
        "from verify.runner import made_from\n"
        "known = claims()\n"
        "for id in ('gaussian-conditioning', 'wishart-inverse-mean'):\n"
        "    print(made_from(Subject(known[id], Book(known))))\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


# --------------------------------------------------------------------------------- domain and unseen

A = MatrixSymbol("A", d, d)
FORM = sigma2 / (n - d_w - 1) * (d_sw + d_s / (N - d_s - 1) * (d_w - d_sw))


def test_small_changes_are_all_different_functions() -> None:
    found = dict(small_changes(FORM))
    symbols = (d_s, d_sw, d_w, n, N, sigma2)
    places = np.random.default_rng(0).uniform(1, 9, (4, len(symbols)))

    def values(form: sp.Expr) -> tuple[float, ...]:
        at = sp.lambdify(symbols, form)
        return tuple(round(at(*place), 9) for place in places)

    forms = {label: values(form) for label, form in found.items()}
    assert len(found) > 20
    assert len({values(FORM), *forms.values()}) == 1 + len(found)
    # Those that people make, among them n - d_w for n - d_w - 1.
    for slip in (FORM.subs(n, n + 1), FORM.subs({d_s: d_w, d_w: d_s}, simultaneous=True), FORM * 1.01):
        assert values(slip) in forms.values()


def passed(
    claim: Claim, detectable: float, scale: float = 1.0, part: int = 0, whole: bool = True
) -> list[Check]:
    return [
        Check("sampling", "", p.label, PASSED, scale=scale, detectable=detectable, part=part, whole=whole)
        for p in claim.points
    ]


def test_points_that_cannot_see_a_change_name_it() -> None:
    """At n = 2000 nobody sees a - 1, at n = 6 everybody does."""
    part = replace(MEAN, proof=unproved)
    blind = only(states(part, point(n=2000, d_w=3, sigma2="1")), "sampling")
    assert blind.verdict == PASSED
    assert "-1 dropped from -d_w + n - 1" in blind.unseen
    assert "-1 -> -2 in -d_w + n - 1" in blind.unseen
    sharp = only(states(part, point(n=7, d_w=2, sigma2="1/4")), "sampling")
    assert sharp.verdict == PASSED
    assert sharp.unseen == ("times 1.01",)


def test_a_change_is_seen_only_by_passed_checks_of_the_same_statement() -> None:
    claim = states(MEAN, point(n=9, d_w=3, sigma2="4"))
    everything = tuple(label for label, _ in small_changes(MEAN.right))
    assert unseen(claim, passed(claim, 1e-6)) == ()
    for checks in (
        [],
        passed(claim, 1e-6, part=1),
        passed(claim, 1e-6, whole=False),
        [replace(c, verdict=UNDECIDED) for c in passed(claim, 1e-6)],
        [replace(c, point="elsewhere") for c in passed(claim, 1e-6)],
    ):
        assert unseen(claim, checks) == everything


def test_exact_arithmetic_sees_every_change() -> None:
    claim = KNOWN["gram-pseudoinverse"]
    small = replace(claim, points=claim.points[:1])
    assert only(small, "exact").unseen == ()
    assert len(only(small, "replay").unseen) == len(claim.parts)  # no point has been looked at


def test_what_is_detectable_is_in_units_of_the_scale() -> None:
    claim = states(MEAN, point(n=9, d_w=3, sigma2="4"))  # where the variance is 2.4
    assert "times 1.01" in unseen(claim, passed(claim, 0.0101, scale=2.4))
    assert "times 1.01" not in unseen(claim, passed(claim, 0.0099, scale=2.4))
    assert "times 1.01" not in unseen(claim, passed(claim, 0.0198, scale=1.2))


def test_every_part_with_a_closed_form_has_small_changes_and_traces_stay() -> None:
    setting = Setting((standard(Gamma),), (m - d - 1, m, d), (A,))
    mean = Equal(tr(A), tr(A) / (m - d - 1), setting, unproved)
    others = replace(mean, label="second"), replace(mean, right=sp.oo), replace(mean, right=E(tr(A)))
    claim = replace(states(mean, point(m=2000, d=2)), parts=(mean, *others))
    found = unseen(claim, passed(claim, 0.2, scale=1e-3))
    assert "-1 dropped from -d + m - 1" in found
    assert not any("tr(A) -> " in label for label in found)
    assert "second: times 1.01" in found
    assert unseen(claim, passed(claim, 0.2, scale=1e-3) + passed(claim, 1e-9, part=1)) == tuple(
        label for label in found if not label.startswith("second")
    )


def test_the_domain_of_a_claim() -> None:
    claim = states(MEAN, point(n=9, d_w=3, sigma2="1"), point(n=8, d_w=3, sigma2="1"))
    checks = [check("replay"), *passed(claim, 0.1)]
    checks[-1] = replace(checks[-1], verdict=UNDECIDED)
    found = domain(claim, [MEAN.setting], checks)
    assert found["truth"][0] == "-d_w + n - 1 > 0"
    assert found["finite_variance"] == ["-d_w + n - 3 > 0"]
    assert found["tested"] == [claim.points[0].label]


def test_the_domain_of_an_infinite_mean_has_no_variance() -> None:
    x = MatrixSymbol("x", k, 1)
    infinite = Equal(E(tr(mul(T(x), x))), sp.oo, Setting((standard(x),), extended=True), unproved)
    assert domain(states(infinite), [infinite.setting], [])["finite_variance"] == []


def test_a_certificate_names_all_that_it_follows_from() -> None:
    found = made_from(Subject(TEACHER, proved()))
    assert set(found) == {"statement", "derivation", "code", "environment"}
    assert len(set(found.values())) == 4
