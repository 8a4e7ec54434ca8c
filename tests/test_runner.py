"""Runs: the report, bits that depend on nothing but the seed, interruption and resumption, failing disks."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from derivations.claims import Claim, plant
from derivations.points import point
from tests.running import KNOWN, equal, only, proved_before, report, states, unproved
from verify import digests, runner
from verify.certificate import PASSED, REFUTED, SCHEMA, TRUST, UNDECIDED, Certificate
from verify.channels import Findings, Subject, Task, replay
from verify.levels import FALSE_ALARMS, LEVELS, Level
from verify.runner import CHANNELS, Report, run

ROOT = Path(__file__).parent.parent


def few(id: str, points: int = 2, name: str = "") -> Claim:
    claim = KNOWN[id]
    return replace(claim, id=name or id, points=claim.points[:points])


# Cheap, and of every kind of task: pathwise parts, means, laws, a divergence, something measured.
CHEAP = "noise-energy", "gram-pseudoinverse", "chi-square-inverse", "bartlett"
SOME = (
    *(few(id) for id in CHEAP),
    replace(KNOWN["teacher-variance"], points=(point(n=30, d_w=3, sigma2="1"),)),
)
LIBRARY = {**KNOWN, **{c.id: c for c in SOME}}
IDS = [c.id for c in SOME]
NOISE = LIBRARY["noise-energy"]


def go(out: Path | None = None, **options: Any) -> Report:
    """Run the cheap claims."""
    with proved_before():
        return run(**{"ids": IDS, "library": LIBRARY, "out": out, **options})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """A run that nobody disturbed: its folder, not to be changed, and its report."""
    out = tmp_path_factory.mktemp("finished")
    return out, go(out, workers=1)


def files(out: Path) -> dict[str, bytes]:
    """Everything that a run leaves but the seconds."""
    return {
        str(p.relative_to(out)): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name != "timing.json"
    }


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """The tasks that are really done, in the order in which they are begun."""
    begun: list[Task] = []

    class Counted:
        def __init__(self, channel: Any) -> None:
            self.NAME, self.plan, self._run = channel.NAME, channel.plan, channel.run

        def run(self, task: Task, *rest: Any) -> Findings:
            begun.append(task)
            found: Findings = self._run(task, *rest)
            return found

    monkeypatch.setattr(runner, "CHANNELS", {name: Counted(c) for name, c in CHANNELS.items()})
    return begun


# --------------------------------------------------------------------------------------- the report

ON_CLAIMS = {"id", "verdict", "trust", "checks", "axioms", "unseen", "domain"}
ON_CHECKS = {
    "channel", "step", "point", "verdict", "lhs", "rhs", "scale", "interval", "alpha", "detectable", "miss",
    "rounding_bound", "method", "bound", "trials", "seed", "reason", "slack", "rate",
}  # fmt: skip


def test_the_report_is_as_design_says(finished: tuple[Path, Report]) -> None:
    out, found = finished
    data = json.loads((out / "report.json").read_text())
    assert data == json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert set(data) == {"schema", "seed", "level", "verdict", "claims"}
    assert (data["schema"], data["seed"], data["level"], data["verdict"]) == (SCHEMA, 0, "quick", PASSED)
    assert SCHEMA == "w2s.report/1"
    assert [c["id"] for c in data["claims"]] == IDS
    for c in data["claims"]:
        assert set(c) >= ON_CLAIMS
        assert c["trust"] in TRUST
        assert set(c["domain"]) == {"truth", "finite_variance", "tested"}
        assert c["checks"]
        for check in c["checks"]:
            assert set(check) >= ON_CHECKS
            assert check["channel"] in CHANNELS
            assert check["verdict"] in {"passed", "refuted", "undecided", "not_applicable", "identical"}
            assert check["reason"] or check["verdict"] not in {"undecided", "not_applicable", "identical"}


def test_statistical_checks_state_what_they_could_have_seen(finished: tuple[Path, Report]) -> None:
    _, found = finished
    statistical = [c for certificate in found.certificates for c in certificate.checks if c.detectable]
    assert {c.channel for c in statistical} == {"sampling", "pipeline"}
    for check in statistical:
        assert check.miss is not None
        assert check.miss <= 1e-3
        assert check.interval is not None
        assert check.bound
        assert check.method
        assert check.trials
        assert check.seed == 0


def test_all_checks_of_a_run_share_one_false_alarm_budget(finished: tuple[Path, Report]) -> None:
    _, found = finished
    spent = sum(c.alpha or 0.0 for certificate in found.certificates for c in certificate.checks)
    assert 0.5 * FALSE_ALARMS < spent <= FALSE_ALARMS * (1 + 1e-9)


def test_certificates_are_parts_of_the_report(finished: tuple[Path, Report]) -> None:
    out, _ = finished
    claims = json.loads((out / "report.json").read_text())["claims"]
    for c in claims:
        certificate = json.loads((out / f"{c['id']}.json").read_text())
        assert certificate == {"schema": SCHEMA, **c}
        assert set(certificate["digests"]) == {"statement", "derivation", "code", "environment"}


def test_seconds_and_the_environment_stay_outside(finished: tuple[Path, Report]) -> None:
    out, _ = finished
    timing = json.loads((out / "timing.json").read_text())
    assert set(timing["seconds"]) == set(IDS)
    assert timing["environment"] == digests.environment()
    assert b"seconds" not in (out / "report.json").read_bytes()


def test_a_report_is_looked_up_by_id(finished: tuple[Path, Report]) -> None:
    _, found = finished
    assert found["bartlett"].id == "bartlett"
    with pytest.raises(KeyError):
        found["nonsense"]


@pytest.mark.parametrize(
    ("verdicts", "verdict", "code"),
    [
        (["passed", "not_applicable"], "passed", 0),
        (["passed", "undecided"], "undecided", 3),
        (["undecided", "refuted", "passed"], "refuted", 1),
        (["not_applicable"], "not_applicable", 0),
    ],
)
def test_exit_codes(verdicts: list[str], verdict: str, code: int) -> None:
    made = tuple(Certificate(v, v, "none", (), (), (), (), {}, 0, "quick") for v in verdicts)
    found = Report(0, "quick", made, {})
    assert (found.verdict, found.exit_code) == (verdict, code)


# ------------------------------------------------------------------------------- what is to be run


@pytest.mark.parametrize(
    "options", [{"ids": ["nonsense"]}, {"level": "nonsense"}, {"channels": ["replay", "nonsense"]}], ids=str
)
def test_what_is_unknown_is_a_key_error(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="nonsense"):
        go(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_what_is_named_twice_is_done_once() -> None:
    found = run(["noise-energy", "noise-energy"], library=LIBRARY, channels=iter(["replay", "replay"]))
    assert [c.id for c in found.certificates] == ["noise-energy"]
    assert [c.channel for c in found["noise-energy"].checks] == ["replay"]


def test_an_empty_library_is_no_library() -> None:
    assert run(library={}).certificates == ()


def test_a_claim_that_no_channel_can_check_is_shown_all_the_same() -> None:
    shown = []
    found = run(
        ["noise-energy"],
        library=LIBRARY,
        channels=["pipeline"],
        progress=lambda done, total, certificate, seconds: shown.append(certificate),
    )
    assert found["noise-energy"].verdict == "not_applicable"
    assert shown == [found["noise-energy"]]


def test_progress_counts_tasks_and_shows_each_claim_once() -> None:
    counted: set[tuple[int, int]] = set()
    shown: list[Certificate] = []

    def progress(done: int, total: int, certificate: Certificate | None, seconds: float) -> None:
        counted.add((done, total))
        if certificate:
            assert seconds >= 0
            shown.append(certificate)

    found = go(progress=progress)
    assert counted == {(n, len(counted)) for n in range(1, len(counted) + 1)}
    assert sorted(c.id for c in shown) == sorted(IDS)
    assert all(found[c.id] == c for c in shown)


def test_a_claim_is_worth_no_more_than_what_it_rests_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is shown after that, in whatever order they are done: what is shown is final."""
    real = replay.run

    def unable(task: Task, *rest: Any) -> Findings:
        """Replay that says nothing of one claim, which is then only sampled."""
        found = real(task, *rest)
        if task.claims == ("noise-energy",):
            return [(id, replace(c, verdict="not_applicable")) for id, c in found]
        return found

    monkeypatch.setattr(replay, "run", unable)
    shown: list[Certificate] = []
    with proved_before():
        found = run(
            ["teacher-variance", "gram-pseudoinverse", "noise-energy"],
            library=LIBRARY,
            channels=["replay", "sampling"],
            workers=1,  # so that its own tasks are done before those of what it rests on
            progress=lambda done, total, c, seconds: shown.append(c) if c else None,
        )
    trust = {c.id: c.trust for c in found.certificates}
    weak = "supported (assumed variance)"
    assert trust == {"teacher-variance": weak, "gram-pseudoinverse": "proved", "noise-energy": weak}
    assert {c.id: c.trust for c in shown} == trust
    assert shown[-1].id == "teacher-variance"


def _at_level(level: Level, ids: list[str], library: dict[str, Claim], channels: list[str]) -> Report:
    LEVELS["a test"] = level
    try:
        return run(ids, library=library, channels=channels, level="a test")
    finally:
        del LEVELS["a test"]


def test_a_budget_that_ends_is_undecided_and_says_so() -> None:
    tight = Level("tight", 1e-3, 1e-3, 0.1, 0.5, draws=2000)
    found = _at_level(tight, ["noise-energy"], LIBRARY, ["sampling"])
    checks = [c for c in found["noise-energy"].checks if c.verdict == UNDECIDED]
    assert (found.verdict, found.exit_code, found["noise-energy"].trust) == (UNDECIDED, 3, "none")
    assert checks
    assert all("the budget ended at" in str(c.reason) for c in checks)


def test_dependencies_and_axioms_are_read_off_the_derivations() -> None:
    found = only(few("teacher-variance", 1), "replay")
    assert found.depends == ("gram-pseudoinverse", "noise-energy", "wishart-inverse-mean")
    with proved_before():
        (_subject,) = {Subject: 0} and [KNOWN["teacher-variance"]]
    assert "Stein's identity for Gaussian vectors" in found.axioms
    assert only(few("bartlett", 1), "replay").axioms == KNOWN["bartlett"].literature


def test_an_error_in_a_task_ends_the_run_and_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Findings:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(replay, "run", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        go()


# ------------------------------------------------------------------------------- the same bits again


@pytest.mark.parametrize("workers", [2, 4])
def test_the_bits_do_not_depend_on_the_workers(
    workers: int, tmp_path: Path, finished: tuple[Path, Report]
) -> None:
    out, first = finished
    again = go(tmp_path, workers=workers)
    assert again.certificates == first.certificates
    assert files(tmp_path) == files(out)


def test_another_seed_gives_other_numbers_and_the_same_verdicts(finished: tuple[Path, Report]) -> None:
    _, first = finished
    again = go(seed=1)
    for one, other in zip(first.certificates, again.certificates, strict=True):
        assert one.verdict == other.verdict
        assert [c.verdict for c in one.checks] == [c.verdict for c in other.checks]
        assert {c.seed for c in other.checks if c.interval} <= {1}
        seen = [c.interval for c in one.checks if c.interval]
        assert not seen or seen != [c.interval for c in other.checks if c.interval]


def copy(out: Path, to: Path, keep: Callable[[Path], bool] = lambda _: True) -> Path:
    """The finished tasks of a run, or some of them, in another folder, as an interrupted run leaves them."""
    (to / "tasks").mkdir(parents=True)
    for file in sorted((out / "tasks").iterdir()):
        if keep(file):
            (to / "tasks" / file.name).write_bytes(file.read_bytes())
    return to


@pytest.mark.parametrize("third", [0, 1, 2])
def test_a_resumed_run_ends_with_the_same_bytes_and_repeats_nothing(
    third: int, tmp_path: Path, finished: tuple[Path, Report], done: list[Task]
) -> None:
    out, _ = finished
    names = sorted(p.name for p in (out / "tasks").iterdir())
    lost = set(names[third::3])
    begun = copy(out, tmp_path / "out", lambda file: file.name not in lost)
    found = go(begun, resume=True)
    assert len(done) == len(lost) < len(names)
    assert files(begun) == files(out)
    assert found.certificates == finished[1].certificates


def test_resuming_a_finished_run_does_nothing(
    tmp_path: Path, finished: tuple[Path, Report], done: list[Task]
) -> None:
    out, _ = finished
    begun = copy(out, tmp_path / "out")
    go(begun, resume=True)
    assert done == []
    assert files(begun) == files(out)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "half": lambda b: b[: len(b) // 2],
    "empty": lambda _: b"",
    "no findings": lambda _: b"[[1, 2]]",
    "no text": lambda _: b"\xff",
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_task_file_is_done_again(
    spoil: Callable[[bytes], bytes], tmp_path: Path, finished: tuple[Path, Report], done: list[Task]
) -> None:
    out, _ = finished
    begun = copy(out, tmp_path / "out")
    victim = sorted((begun / "tasks").iterdir())[0]
    victim.write_bytes(spoil(victim.read_bytes()))
    go(begun, resume=True)
    assert len(done) == 1
    assert files(begun) == files(out)


def test_without_resume_everything_is_done_anew(
    tmp_path: Path, finished: tuple[Path, Report], done: list[Task]
) -> None:
    out, _ = finished
    begun = copy(out, tmp_path / "out")
    (begun / "tasks" / "of-another-run.json").write_text("[]")
    go(begun)
    assert len(done) == len(list((out / "tasks").iterdir()))
    assert files(begun) == files(out)


def with_points(claim: Claim) -> Claim:
    return replace(claim, points=(claim.points[0], point(m=4, sigma2="3")))


OTHERWISE: dict[str, dict[str, Any]] = {
    "seed": {"seed": 5},
    "level": {"level": "coarse"},
    "statement": {
        "library": {**LIBRARY, "noise-energy": plant(NOISE, right=2 * equal("noise-energy").right)}
    },
    "proof": {"library": {**LIBRARY, "noise-energy": plant(NOISE, proof=unproved)}},
    "point": {"library": {**LIBRARY, "noise-energy": with_points(NOISE)}},
    "code": {},
    "environment": {},
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_tasks_of_another_run_are_not_taken_for_this_one(
    what: str, tmp_path: Path, done: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LEVELS, "coarse", replace(LEVELS["quick"], name="coarse", coarse=0.1, fine=0.1))
    one = {"ids": ["noise-energy"], "channels": ["sampling", "replay"], "resume": True}
    go(tmp_path, **one)
    first = len(done)
    assert first == 3
    if what in ("code", "environment"):
        monkeypatch.setattr(digests, f"{what}_digest", lambda: "another")
    go(tmp_path, **{**one, **OTHERWISE[what]})
    assert len(done) == 2 * first  # the points of a claim, too, are part of what every task of it depends on


def test_other_checks_in_a_run_are_another_share_of_the_budget(tmp_path: Path, done: list[Task]) -> None:
    go(tmp_path, ids=["noise-energy"], channels=["sampling"], resume=True)
    go(tmp_path, ids=["noise-energy", "bartlett"], channels=["sampling"], resume=True)
    assert [t.key for t in done].count(("sampling", "means", NOISE.points[0].label)) == 2


def test_parts_of_one_claim_in_different_settings_have_files_of_their_own(
    tmp_path: Path, done: list[Task]
) -> None:
    """They are at the same point of the same claim, and yet two tasks."""
    narrow = replace(equal("noise-energy").setting, hypotheses=())
    part = equal("noise-energy")
    claim = states(part, NOISE.points[0], id="two")
    claim = replace(claim, parts=(part, replace(part, setting=narrow, label="again")))
    options = {"ids": ["two"], "library": {**KNOWN, "two": claim}, "channels": ["sampling"]}
    first = go(tmp_path, **options)
    assert len(done) == len(list((tmp_path / "tasks").iterdir())) == 2
    assert {c.part for c in first["two"].checks} == {0, 1}
    assert go(tmp_path, resume=True, **options).certificates == first.certificates
    assert len(done) == 2


# -------------------------------------------------------------------------------------- kill -9

KILLED = """
import sys
from dataclasses import replace
from derivations.claims import claims
from verify.runner import run
known = claims()
claim = replace(known["bartlett"], points=known["bartlett"].points[3:9])
print("ready", flush=True)
run(["bartlett"], library={**known, "bartlett": claim}, out=sys.argv[1], channels=["sampling"], workers=2)
"""


@pytest.fixture(scope="module")
def laws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("laws")
    _laws(out)
    return out


def _laws(out: Path, resume: bool = False) -> Report:
    claim = replace(KNOWN["bartlett"], points=KNOWN["bartlett"].points[3:9])
    library = {**KNOWN, "bartlett": claim}
    return run(["bartlett"], library=library, out=out, channels=["sampling"], resume=resume)


@pytest.mark.parametrize("after", [1, 7, 13])
def test_a_killed_run_resumes_to_the_same_bytes(
    after: int, tmp_path: Path, laws: Path, done: list[Task]
) -> None:
    """kill -9 at a moment that nobody chooses, once that many of the 18 tasks are done."""
    program = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    try:
        until = time.monotonic() + 60
        while len(list(tmp_path.glob("tasks/*.json"))) < after:
            assert program.poll() is None
            assert time.monotonic() < until
            time.sleep(0.002)
    finally:
        program.send_signal(signal.SIGKILL)
        program.communicate()
    kept = list(tmp_path.glob("tasks/*.json"))
    assert after <= len(kept) < 18
    assert not (tmp_path / "report.json").exists()
    _laws(tmp_path, resume=True)
    assert len(done) == 18 - len(kept)
    assert files(tmp_path) == files(laws)


def test_what_a_killed_run_was_writing_is_swept_away(tmp_path: Path, laws: Path) -> None:
    copy(laws, tmp_path / "out")
    for left in (".report.json.abc.tmp", "tasks/.0123.json.abc.tmp"):
        (tmp_path / "out" / left).write_text('{"half')
    _laws(tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == files(laws)


# -------------------------------------------------------------------------------- failing disks


def full_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which that many more files have room."""
    real, written = os.fsync, 0

    def fsync(handle: int) -> None:
        nonlocal written
        written += 1
        if written > count:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("room", [0, 3])
def test_a_full_disk_is_an_error_and_keeps_what_was_finished(
    room: int, tmp_path: Path, finished: tuple[Path, Report], done: list[Task]
) -> None:
    out, _ = finished
    with pytest.MonkeyPatch.context() as disk:
        full_after(room, disk)
        with pytest.raises(OSError, match="No space left"):
            go(tmp_path, workers=1)
    assert len(list(tmp_path.glob("tasks/*.json"))) == room
    assert not list(tmp_path.glob("*.json"))
    done.clear()
    go(tmp_path, resume=True)
    assert len(done) == len(list((out / "tasks").iterdir())) - room
    assert files(tmp_path) == files(out)


def test_a_full_disk_at_the_end_leaves_the_old_certificates(
    tmp_path: Path, finished: tuple[Path, Report]
) -> None:
    """An older certificate stands until a newer one is complete."""
    out, _ = finished
    begun = copy(out, tmp_path / "out")
    (begun / "noise-energy.json").write_text("the old one")
    with pytest.MonkeyPatch.context() as disk:
        full_after(0, disk)
        with pytest.raises(OSError, match="No space left"):
            go(begun, resume=True)
    assert (begun / "noise-energy.json").read_text() == "the old one"
    go(begun, resume=True)
    assert files(begun) == files(out)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OSError, match="out"):
        go(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


# ------------------------------------------------------------------------------------- threads


def test_whoever_stops_asking_does_not_wait() -> None:
    """An interrupted run ends at once, and what has not begun never does."""
    begun: list[int] = []

    def work(i: int) -> int:
        begun.append(i)
        time.sleep(0.2)
        return i

    every = runner._side_by_side(work, range(50), 2)
    assert next(every) in (0, 1)
    start = time.monotonic()
    every.close()
    assert time.monotonic() - start < 0.1
    time.sleep(0.5)
    assert len(begun) <= 5


def test_results_come_as_they_are_made() -> None:
    def work(i: int) -> int:
        time.sleep([0.3, 0.0, 0.1][i])
        return i

    assert list(runner._side_by_side(work, range(3), 3)) == [1, 2, 0]
    assert list(runner._side_by_side(work, [], 3)) == []


# --------------------------------------------------------------------------------- plain Python


def test_verify_run_from_python(tmp_path: Path) -> None:
    import verify

    found = verify.run(["noise-energy"], library=LIBRARY, channels=["exact"], out=str(tmp_path))
    assert found["noise-energy"].verdict == PASSED
    assert (tmp_path / "noise-energy.json").exists()


def test_a_refuted_claim_exits_with_1() -> None:
    wrong = plant(few("noise-energy", 1, "wrong"), right=2 * equal("noise-energy").right)
    found = report(wrong, channels=("sampling",))
    assert (found.verdict, found.exit_code) == (REFUTED, 1)
