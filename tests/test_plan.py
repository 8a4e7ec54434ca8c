"""w2s plan: its integers against a plain loop over predictions, known thresholds, peaks, and refusals."""

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.commands import run
from verify.commands._inputs import conclusion
from verify.commands._text import cells
from verify.planning import BEATS_BASELINE, BEATS_TEACHER, OPR, PGR, Plan, Target, plan, resized
from verify.predictions import predict
from verify.targets import Infeasible, Inputs, Targets

Captured = pytest.CaptureFixture[str]
F = Fraction
KEYS = {"inputs", "target", "solve", "answer", "holds_until", "value_at_answer", "notes"}
AT = {"d_w": "20", "d_s": "10", "d_sw": "4", "n": "60", "sigma2": "0.25", "solve": "N", "target": "pgr=0.8"}
END = 40  # of the plain loop


def w2s(capsys: Captured, *more: str, **changes: object) -> tuple[int, str, str]:
    """Run w2s plan at AT with changes; None leaves an option out."""
    given = {k: v for k, v in {**AT, **changes}.items() if v is not None}
    code = run(["plan", *(f"--{name.replace('_', '-')}={value}" for name, value in given.items()), *more])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def planned(capsys: Captured, **changes: object) -> dict[str, Any]:
    code, out, err = w2s(capsys, "--json", **changes)
    assert (code, err) == (0, "")
    shown: dict[str, Any] = json.loads(out)
    assert set(shown) == KEYS
    return shown


def found(at: Inputs, unknown: str, name: str, value: object = 1) -> Plan:
    return plan(at, unknown, Target(name, F(str(value))), conclusion)


# --------------------------------------------------------------------------- against a plain loop


def holds(at: Inputs, name: str, value: Fraction) -> bool:
    """The target in terms of the four predicted risks."""
    risk = predict(at, conclusion).excess_risk
    weak, student, baseline, ceiling = (risk[k] for k in ("weak", "w2s", "strong_baseline", "strong_ceiling"))
    assert isinstance(weak, Fraction)
    assert isinstance(student, Fraction)
    assert isinstance(ceiling, Fraction)
    if name == BEATS_TEACHER:
        return student < weak
    if name == PGR:
        return ceiling < weak and weak - student >= value * (weak - ceiling)
    assert isinstance(baseline, Fraction)
    if name == BEATS_BASELINE:
        return student < baseline
    return student > 0 and baseline >= value * student


def runs(at: Inputs, unknown: str, name: str, value: Fraction) -> tuple[int | None, int | None]:
    """The first size that does and the last of its run, None beyond END, by trying one after the other."""
    least = at.d_s + 2
    if unknown == "n":
        least = max(at.d_w, at.d_s if name in (OPR, BEATS_BASELINE) else 0) + 2
    first = None
    for size in range(least, END + 1):
        ok = holds(resized(at, unknown, size), name, value)
        if ok and first is None:
            first = size
        if not ok and first is not None:
            return first, size - 1
    return first, None


def within(got: Plan) -> tuple[int | None, int | None]:
    """What the loop should find of it."""
    if got.answer is None or got.answer > END:
        return None, None
    return got.answer, None if got.holds_until is None or got.holds_until >= END else got.holds_until


def draw(rng: np.random.Generator) -> Inputs | None:
    """Small random inputs, well specified or not; None where the target is infeasible or not determined."""

    def some(high: int, over: int) -> Fraction:
        return F(int(rng.integers(0, high)), over)

    d_w, d_s = (int(v) for v in rng.integers(1, 6, 2))
    d_sw = F(int(rng.integers(0, 2 * min(d_w, d_s) + 1)), 2)
    sizes = max(d_w, d_s) + int(rng.integers(2, 20)), d_s + int(rng.integers(2, 20))
    sigma2 = some(5, 4)
    if not rng.integers(0, 3):
        return Inputs(d_w, d_s, d_sw, *sizes, sigma2)
    try:
        at = Inputs(d_w, d_s, d_sw, *sizes, sigma2, some(5, 8), some(5, 8), some(5, 16), some(5, 16))
        return at if Targets(at).pair is not None else None
    except Infeasible:
        return None


@pytest.mark.parametrize("unknown", ["N", "n"])
def test_the_integers_are_those_of_a_plain_loop(unknown: str) -> None:
    rng = np.random.default_rng(20)
    seen = {"none": 0, "some": 0, "misspecified": 0}
    while seen["none"] + seen["some"] < 24:
        if (at := draw(rng)) is None:
            continue
        name = (PGR, OPR, BEATS_TEACHER, BEATS_BASELINE)[int(rng.integers(0, 4))]
        value = F(int(rng.integers(1, 12)), 8) if name in (PGR, OPR) else F(1)
        got, want = found(at, unknown, name, value), runs(at, unknown, name, value)
        assert within(got) == want, (at, unknown, name, value)
        seen["none" if got.answer is None else "some"] += 1
        seen["misspecified"] += at.rho_s + at.rho_w > 0
    assert min(seen.values()) > 2, seen


@pytest.mark.parametrize(
    ("unknown", "name", "value"), [("N", PGR, "0.783"), ("n", PGR, "0.8"), ("n", OPR, 1)]
)
def test_so_are_those_of_runs_that_end(unknown: str, name: str, value: object) -> None:
    at = {
        ("N", PGR): Inputs(4, 1, F(1), 20, 9, F(1)),
        ("n", PGR): Inputs(3, 5, F(0), 20, 20, F(1)),
        ("n", OPR): Inputs(4, 3, F(1), 20, 60, F(1), F(1, 4), F(1, 16), F(1, 4), F(1, 16)),
    }[unknown, name]
    got = found(at, unknown, name, value)
    assert within(got) == runs(at, unknown, name, F(str(value)))
    assert got.holds_until is not None
    assert got.holds_until < END


# ------------------------------------------------------------------------- thresholds of the theory


@pytest.mark.parametrize(
    ("d_w", "n", "sigma2", "d_sw"), [(20, 60, "1/4", "4"), (5, 7, 3, "0"), (300, 10**6, "1e-9", "9.5")]
)
def test_the_student_beats_the_teacher_from_twice_its_dimension(
    d_w: int, n: int, sigma2: object, d_sw: str
) -> None:
    got = found(Inputs(d_w, 10, F(d_sw), n, 12, F(str(sigma2))), "N", BEATS_TEACHER)
    assert (got.answer, got.holds_until) == (22, None)


def test_ties_do_not_beat(capsys: Captured) -> None:
    """F_w ⊂ F_s: the student is the teacher, whatever N."""
    shown = planned(capsys, d_s=30, d_sw=20, target="beats-teacher")
    assert (shown["answer"], shown["holds_until"], shown["value_at_answer"]) == (None, None, {})
    assert "at most 1" in shown["notes"][0]
    # For N = 2d_s + 1 it is a tie, and n does not enter.
    assert planned(capsys, n=None, N=21, solve="n", target="beats-teacher")["answer"] is None
    assert planned(capsys, n=None, N=22, solve="n", target="beats-teacher")["answer"] == 22


def test_a_size_far_beyond_any_loop(capsys: Captured) -> None:
    """The PGR of many unlabelled samples tends to 1 - d_sw/d_w from below if n < 2d_w + 1."""
    near = planned(capsys, n=40, target="pgr=0.799999999999")
    assert near["answer"] > 10**11
    assert near["holds_until"] is None
    for at_limit in ("pgr=0.8", "pgr=0.81"):
        shown = planned(capsys, n=40, target=at_limit)
        assert shown["answer"] is None
        assert shown["notes"] == ["PGR stays below 0.8, which it approaches as N grows"]


def test_recovery_that_peaks(capsys: Captured) -> None:
    """If n > 2d_w + 1 PGR exceeds its limit 1 - d_sw/d_w = 0.8 at finite N, and falls back to it."""
    below = planned(capsys, target="pgr=0.8")
    assert below["holds_until"] is None
    between = planned(capsys, target="pgr=0.81")
    assert below["answer"] < between["answer"] < 155 < between["holds_until"]
    assert between["value_at_answer"]["pgr"] >= 0.81
    above = planned(capsys, target="pgr=0.83")
    assert above["answer"] is None
    assert above["notes"] == ["PGR is at most 0.823126, at N = 155"]


def test_recovery_where_the_ceiling_is_no_better(capsys: Captured) -> None:
    changes = {"d_w": 10, "d_s": 30, "d_sw": 0, "n": 100000}
    shown = planned(capsys, **changes, target="pgr=0.1")
    assert shown["answer"] > 50000
    never = planned(capsys, d_w=1, d_s=1, d_sw=0, sigma2=0, rho_w=1, rho_s=2, delta2=0, tau2=1)
    assert never["notes"] == ["the ceiling is no better than the teacher at any N"]
    ends = planned(capsys, **{**changes, "n": None}, N=100, solve="n", target="pgr=0.1")
    assert ends["holds_until"] is not None
    assert "at n = " in ends["notes"][-1]


def test_without_any_risk(capsys: Captured) -> None:
    for target in ("opr=1", "beats-teacher", "beats-baseline"):
        shown = planned(capsys, sigma2=0, target=target)
        assert shown["answer"] is None
        assert shown["notes"] == ["no model has any risk, whatever N"]
    assert planned(capsys, sigma2=0)["answer"] is None


def test_outperformance_with_an_interior_maximum_in_n() -> None:
    at = Inputs(20, 10, F(4), 22, 400, F(1, 4), F(1, 100), F(1, 1000), F(1, 100), F(1, 1000))
    got = found(at, "n", OPR, "1.01")
    assert (got.answer, got.holds_until) == (32, 134)
    sides = [holds(resized(at, "n", size), OPR, F("1.01")) for size in (31, 32, 134, 135)]
    assert sides == [False, True, True, False]
    assert "at n = 135 OPR is" in got.notes[-1]


def test_a_target_that_holds_in_two_runs() -> None:
    """The ceiling is better than the teacher for few labels and for many, but not between."""
    at = Inputs(1, 30, F(0), 3, 100, F(1), F("0.05"), F("0.01"), F("0.04"), F(0))
    got = found(at, "n", PGR, "0.5")
    assert got.holds_until is not None
    assert "ceiling is no better" in got.notes[-2]
    words = got.notes[-1].split(" = ")
    assert words[0] == "it holds again at n"
    again = int(words[1].split(",")[0])
    sizes = (got.holds_until, got.holds_until + 1, again - 1, again)
    sides = [holds(resized(at, "n", size), PGR, F("0.5")) for size in sizes]
    assert sides == [True, False, False, True]


def test_the_baseline_in_both_sizes(capsys: Captured) -> None:
    for changes in ({}, {"n": None, "N": 60, "solve": "n"}):
        shown = planned(capsys, target="beats-baseline", **changes)
        assert set(shown["value_at_answer"]) == {"strong_baseline", "w2s"}
        assert shown["value_at_answer"]["w2s"] < shown["value_at_answer"]["strong_baseline"]
        ratio = planned(capsys, target="opr=1", **changes)  # not strict, so never later
        assert ratio["answer"] <= shown["answer"]
        assert ratio["value_at_answer"]["opr"] >= 1


# ------------------------------------------------------------------------------ output and refusals


def test_json(capsys: Captured) -> None:
    shown = planned(capsys)
    assert shown["inputs"] == {
        "d_w": 20, "d_s": 10, "d_sw": 4.0, "n": 60, "N": None, "sigma2": 0.25,
        "rho_w": 0.0, "rho_s": 0.0, "delta2": None, "tau2": None,
    }  # fmt: skip
    assert (shown["target"], shown["solve"], shown["holds_until"]) == ("pgr=0.8", "N", None)
    assert type(shown["answer"]) is int
    assert shown["value_at_answer"] == {"pgr": pytest.approx(0.8, abs=0.01)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ("N = 75 is the smallest with PGR ≥ 0.8", "every larger one")),
        ({"target": "pgr=0.81"}, ("It holds up to N =", "PGR is")),
        ({"target": "pgr=0.9"}, ("No N has PGR ≥ 0.9", "at most")),
        ({"target": "beats-baseline"}, ("less risk than the baseline", "student")),
    ],
)
def test_in_a_terminal(capsys: Captured, changes: dict[str, object], words: tuple[str, ...]) -> None:
    code, out, err = w2s(capsys, **changes)
    assert (code, err) == (0, "")
    assert max(map(cells, out.splitlines())) <= 80
    for word in words:
        assert word in " ".join(out.split())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"target": "pgr"}, "--target must be"),
        ({"target": "pgr="}, "--target pgr must be"),
        ({"target": "opr=high"}, "--target opr must be"),
        ({"target": "beats-teacher=1"}, "--target must be"),
        ({"target": "mse=1"}, "--target must be"),
        ({"solve": "m"}, "--solve must be N or n"),
        ({"n": None}, "--solve N needs --n"),
        ({"solve": "n", "n": None}, "--solve n needs --N"),
        ({"N": 100}, "cannot be given as well"),
        ({"n": "1.5"}, "--n must be a positive integer"),
        ({"sigma2": "-1"}, "negative"),
        ({"sigma2": "nan"}, "--sigma2"),
        ({"d_sw": 11}, "min(d_s, d_w) = 10"),
        ({"n": 21}, "--n must be at least 22"),
        ({"n": 18}, "four-regimes"),
        ({"n": 30, "d_s": 40, "target": "opr=1"}, "--n must be at least 42"),
        ({"n": None, "N": 11, "solve": "n"}, "--N must be at least 12"),
        ({"rho_w": 1, "rho_s": 1, "delta2": "1.1"}, "δ² ≤ ρ_w"),
        ({"rho_w": 1, "rho_s": 1}, "give --delta2 and --tau2"),
        ({"rho_w": 1, "rho_s": 1, "tau2": "0.5"}, "give --delta2"),
        ({"sigma2": None}, "--sigma2"),
    ],
)
def test_bad_input_gets_one_sentence(capsys: Captured, changes: dict[str, object], word: str) -> None:
    code, out, err = w2s(capsys, **changes)
    assert (code, out) == (2, "")
    assert err.startswith("w2s: ")
    assert err.count("\n") == 1
    assert word in err
