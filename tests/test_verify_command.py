"""The commands `w2s verify` and `w2s check`: what they print, their JSON, their exit codes, bad input."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from derivations.claims import Claim, plant
from derivations.points import point
from tests.planted import PLANTED_RULES, wrong_rule
from tests.running import KNOWN, equal, proved_before, unproved
from verify import certificate, digests
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, SCHEMA, UNDECIDED, Certificate, Check
from verify.channels import sampling
from verify.commands import check as check_command
from verify.commands import run
from verify.commands import verify as verify_command
from verify.levels import LEVELS
from verify.runner import CHANNELS, Report

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "tests" / "examples" / "too_optimistic.py"
REGISTRY = sys.modules["derivations.claims"]  # the attribute of that name is a function
Captured = pytest.CaptureFixture[str]
Answer = tuple[int, str, str]

NOISE = replace(KNOWN["noise-energy"], points=KNOWN["noise-energy"].points[3:5])
LIBRARY: dict[str, Claim] = {**KNOWN, "noise-energy": NOISE}


@pytest.fixture(autouse=True)
def _few_points_and_a_registry_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(REGISTRY, "_CLAIMS", dict(registered()))
    know(monkeypatch, {})
    with proved_before():
        yield


def registered() -> dict[str, Claim]:
    found: dict[str, Claim] = vars(REGISTRY)["_CLAIMS"]
    return found


def know(monkeypatch: pytest.MonkeyPatch, changed: dict[str, Claim]) -> None:
    """Let the commands find these claims in the package."""
    for module in (verify_command, check_command):
        monkeypatch.setattr(module, "claims", lambda: {**LIBRARY, **changed})


def w2s(capsys: Captured, *arguments: object) -> Answer:
    """Run a command line in this process: its exit code, what it printed, what it complained of."""
    code = run([str(a) for a in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def assert_refused(answer: Answer, *words: str) -> None:
    """One sentence on stderr, nothing on stdout, exit code 2."""
    code, out, err = answer
    assert (code, out) == (2, ""), err
    assert err.startswith("w2s: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err


# ------------------------------------------------------------------------------------ what it prints


def test_one_line_for_each_claim_and_a_closing_line(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    code, printed, err = w2s(
        capsys, "verify", "noise-energy", "gram-pseudoinverse", "--out", out, "--seed", 3
    )
    assert (code, err) == (0, "")
    *lines, closing = printed.splitlines()
    assert sorted(line.split()[1] for line in lines) == ["gram-pseudoinverse", "noise-energy"]
    assert all(re.fullmatch(r"passed +\S+ +proved +\d+ checks .* \d+\.\d s", line) for line in lines)
    assert any("sees 2e-2" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert closing == f"2 claims: 2 passed. Level quick, seed 3. Certificates in {out}{os.sep}"
    assert {"noise-energy.json", "gram-pseudoinverse.json", "report.json", "timing.json"} <= set(
        os.listdir(out)
    )


def made(verdict: str, trust: str, id: str, *checks: Check) -> Certificate:
    return Certificate(id, verdict, trust, checks, (), (), (), {}, 0, "quick")


@pytest.mark.parametrize("verdict", [PASSED, REFUTED, UNDECIDED, NOT_APPLICABLE])
@pytest.mark.parametrize(
    "id", ["x", "w2s-variance-leading-order", "a-claim-with-a-name-that-nobody-can-remember"]
)
def test_no_line_is_longer_than_80_columns(verdict: str, id: str) -> None:
    check = Check("sampling", "statement", "n=3", PASSED, detectable=2.5e-4, whole=True)
    for trust in certificate.TRUST:
        text = verify_command.line(made(verdict, trust, id, *[check] * 9999), 3599.9).plain
        assert len(text) <= 80
        assert "sees 2.5e-4" in text
        assert "9999 checks" in text
        assert id[:25] in text


def test_what_would_have_been_seen_is_that_of_the_passed_statement() -> None:
    checks = (
        Check("sampling", "statement", "", PASSED, detectable=0.05, whole=True),
        Check("sampling", "statement", "", UNDECIDED, detectable=0.01, whole=True),
        Check("sampling", "proof, step 1", "", PASSED, detectable=0.001),
    )
    assert "sees 5e-2" in verify_command.line(made(PASSED, "proved", "x", *checks), 1).plain
    assert "sees" not in verify_command.line(made(PASSED, "proved", "x", *checks[1:]), 1).plain


def test_a_refutation_shows_a_witness_from_every_channel(capsys: Captured, tmp_path: Path) -> None:
    code, printed, _ = w2s(capsys, "verify", "--claims", EXAMPLE, "--out", tmp_path)
    assert code == 1
    first, *rest = printed.splitlines()
    assert re.match(r"refuted +too-optimistic +none ", first)
    assert len(first) <= 80
    data = json.loads((tmp_path / "too-optimistic.json").read_text())
    shown = "\n".join(rest)
    assert re.search(
        r"replay refutes derivation\n +too-optimistic states .*, but its derivation concludes ", shown
    )
    for channel in ("sampling", "pipeline"):
        refuted = [c for c in data["checks"] if c["channel"] == channel and c["verdict"] == REFUTED]
        c = refuted[0]
        low, high = c["interval"]
        assert f"  {channel} refutes {c['step']} at {c['point']} (and {len(refuted) - 1} more)" in shown
        assert f"    left {c['lhs']:.6g}, right {c['rhs']:.6g}, seed {c['seed']}" in shown
        assert f"    (left - right) / scale in [{low:.3g}, {high:.3g}] but for {c['alpha']:.1e}" in shown
    assert rest[-1].startswith("1 claim: 1 refuted. ")


def test_a_law_that_is_refuted_has_a_distance_and_no_sides() -> None:
    found = Check("sampling", "law of W", "m=3", REFUTED, interval=(0.1, 0.2), alpha=1e-8, seed=7, whole=True)
    assert list(verify_command.witness(found, 2)) == [
        "  sampling refutes law of W at m=3 (and 2 more)",
        "    distance of the laws in [0.1, 0.2] but for 1.0e-08, seed 7",
    ]


def test_undecided_exits_3_and_says_why(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LEVELS, "quick", replace(LEVELS["quick"], coarse=1e-3, fine=1e-3, draws=2000))
    code, printed, _ = w2s(capsys, "verify", "noise-energy", "--out", tmp_path)
    assert code == 3
    assert re.search(r"^undecided +noise-energy +none ", printed)
    assert "sampling cannot decide statement at " in printed
    assert "the budget ended at 2000 draws" in printed
    assert "1 claim: 1 undecided." in printed


def test_refuted_wins_over_undecided(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LEVELS, "quick", replace(LEVELS["quick"], coarse=1e-3, fine=1e-3, draws=2000))
    know(monkeypatch, {"wrong": replace(plant(NOISE, right=2 * equal("noise-energy").right), id="wrong")})
    code, printed, _ = w2s(capsys, "verify", "noise-energy", "wrong", "--out", tmp_path)
    assert code == 1
    assert "2 claims: 1 undecided, 1 refuted." in printed


@pytest.mark.parametrize("as_json", [False, True])
def test_channels_that_disagree_are_reported_loudly(
    as_json: bool, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = next(p for p in PLANTED_RULES if p.name == "independence assumed")
    with wrong_rule(wrong) as book:
        know(monkeypatch, {wrong.id: replace(book.claims[wrong.id], points=wrong.points[:1])})
        code, printed, err = w2s(capsys, "verify", wrong.id, "--out", tmp_path, *["--json"] * as_json)
    assert code == 1
    loud = f"CHANNELS DISAGREE on {wrong.id}: replay passed, exact, sampling refuted. One of them is wrong.\n"
    assert err == loud
    if as_json:
        (claim,) = json.loads(printed)["claims"]
        assert claim["disagreement"] == {"passed": ["replay"], "refuted": ["exact", "sampling"]}
        assert claim["verdict"] == REFUTED


def test_an_assumed_variance_is_starred_and_explained(capsys: Captured, tmp_path: Path) -> None:
    _, printed, _ = w2s(capsys, "verify", "noise-energy", "--out", tmp_path, "--channel", "sampling")
    assert re.search(r"^passed +noise-energy +supported\* ", printed)
    assert "\n* the variance is assumed" in printed


def test_a_claim_that_no_channel_can_check(capsys: Captured, tmp_path: Path) -> None:
    code, printed, _ = w2s(capsys, "verify", "noise-energy", "--out", tmp_path, "--channel", "pipeline")
    assert code == 0
    assert re.search(r"^n/a +noise-energy +none +0 checks ", printed)
    assert "1 claim: 1 not applicable." in printed


def test_json_is_all_there_is_on_stdout(capsys: Captured, tmp_path: Path) -> None:
    code, printed, err = w2s(capsys, "verify", "noise-energy", "--out", tmp_path, "--json")
    assert (code, err) == (0, "")
    data = json.loads(printed)
    assert data == json.loads((tmp_path / "report.json").read_text())
    assert (data["schema"], data["seed"], data["level"], data["verdict"]) == (SCHEMA, 0, "quick", PASSED)


def test_every_claim_is_checked_if_none_is_named(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def record(ids: object, **options: object) -> Report:
        asked.append((ids, options["channels"], options["level"]))
        return Report(0, "quick", (), {})

    monkeypatch.setattr(verify_command, "run", record)
    w2s(capsys, "verify", "--out", tmp_path)
    w2s(capsys, "verify", "--out", tmp_path, "--channel", "exact", "--level", "deep", "bartlett")
    assert asked == [(None, tuple(CHANNELS), "quick"), (["bartlett"], ["exact"], "deep")]


# ------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["noise-enrgy"], ["no claim 'noise-enrgy'", "did you mean noise-energy?"]),
        (["zzz"], ["no claim 'zzz'", "w2s list shows them all"]),
        (["--level", "slow"], ["--level", "quick, standard, deep", "'slow'"]),
        (["--channel", "luck"], ["--channel", "replay, exact, sampling, pipeline", "'luck'"]),
        (["--executor", "cluster"], ["--executor", "'cluster'"]),
        (["--workers", "0"], ["--workers", "at least 1"]),
        (["--workers", "many"], ["--workers"]),
        (["--seed", "x"], ["--seed"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_bad_usage_gets_one_sentence(
    arguments: list[str], words: list[str], capsys: Captured, tmp_path: Path
) -> None:
    assert_refused(w2s(capsys, "verify", *arguments, "--out", tmp_path / "out"), *words)
    assert not (tmp_path / "out").exists()


CLAIM_FILE = """
from dataclasses import replace
from derivations.claims import claim
from derivations.core.language import E, T, mul, tr
from derivations.lemmas.noise_energy import A, SETTING, noise_energy, z
from derivations.points import point

@claim(
    id="{id}", title="t", kind="equality", source="s", statement="x", points=[point(m=3, sigma2="1/4")]
)
def mine():
    '''A page.'''
    return noise_energy.parts
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ["there is no such file"]),
        ("1 / 0", ["cannot be loaded", "ZeroDivisionError"]),
        ("import nonsense_of_a_test", ["cannot be loaded", "nonsense_of_a_test"]),
        ("x = (", ["cannot be loaded", "SyntaxError"]),
        ("x = 1", ["registers no claim"]),
        (CLAIM_FILE.format(id="noise-energy"), ["takes the id of a claim that exists: noise-energy"]),
    ],
    ids=["missing", "raises", "imports", "syntax", "empty", "taken"],
)
def test_a_file_of_claims_that_is_none(
    text: str | None, words: list[str], capsys: Captured, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text)
    answer = w2s(capsys, "verify", "--claims", file, "--out", tmp_path / "out")
    assert_refused(answer, f"--claims {file}", *words)
    assert not (tmp_path / "out").exists()


def test_a_module_of_claims_that_is_none(capsys: Captured, tmp_path: Path) -> None:
    answer = w2s(capsys, "verify", "--claims", "no.such.module", "--out", tmp_path)
    assert_refused(answer, "--claims no.such.module cannot be loaded")


def test_claims_of_ones_own_are_checked_alone_or_with_others(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CLAIM_FILE.format(id="my-own"))
    code, printed, _ = w2s(capsys, "verify", "--claims", file, "--out", tmp_path, "--channel", "exact")
    assert code == 0
    assert [line.split()[1] for line in printed.splitlines()[:-1]] == ["my-own"]


def refused_by_the_system(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "file").write_text("mine")
    yield tmp_path / "file"
    yield tmp_path / "file" / "below"
    yield Path("/proc/w2s")
    if os.geteuid() != 0:  # for whom nothing is read-only
        (tmp_path / "closed").mkdir(mode=0o555)
        yield tmp_path / "closed"


def test_a_place_that_cannot_be_written_to(capsys: Captured, tmp_path: Path) -> None:
    for out in refused_by_the_system(tmp_path):
        answer = w2s(capsys, "verify", "noise-energy", "--out", out)
        assert_refused(answer, f"--out {out} is not a folder that can be written to")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_read_only_folder(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(**_: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(verify_command.tempfile, "TemporaryFile", closed)  # type: ignore[attr-defined]
    answer = w2s(capsys, "verify", "noise-energy", "--out", tmp_path)
    assert_refused(answer, f"--out {tmp_path} is not a folder that can be written to: Permission denied")


def test_a_full_disk_is_one_sentence_and_keeps_what_was_finished(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = os.fsync, []

    def fsync(handle: int) -> None:
        written.append(handle)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        real(handle)

    (tmp_path / "noise-energy.json").write_text("the old one")
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", fsync)
        answer = w2s(capsys, "verify", "noise-energy", "--out", tmp_path)
    assert_refused(
        answer, f"cannot write to {tmp_path}: No space left on device", "what was finished is kept"
    )
    assert len(list((tmp_path / "tasks").iterdir())) == 2
    assert (tmp_path / "noise-energy.json").read_text() == "the old one"
    assert w2s(capsys, "verify", "noise-energy", "--out", tmp_path, "--resume")[0] == 0
    assert json.loads((tmp_path / "noise-energy.json").read_text())["verdict"] == PASSED


# ---------------------------------------------------------------------------------------- interrupted


def test_ctrl_c_shows_the_command_that_resumes(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Report:
        raise KeyboardInterrupt

    out = tmp_path / "with a space"
    given = ["verify", "noise-energy", "--out", str(out), "--resume"]
    monkeypatch.setattr(verify_command, "run", interrupted)
    monkeypatch.setattr(sys, "argv", ["w2s", *given])
    code, printed, err = w2s(capsys, *given)
    assert (code, printed) == (130, "")
    assert err == f"w2s: interrupted; resume with: w2s verify noise-energy --out '{out}' --resume\n"


ENDLESS = """
import time
from verify.channels import sampling
from verify.commands import main

real, begun = sampling.run, []

def run(task, *rest):
    begun.append(task)
    if len(begun) > 5:
        time.sleep(120)
    return real(task, *rest)

sampling.run = run
main()
"""


def test_a_real_ctrl_c_ends_at_once_and_the_command_shown_resumes(capsys: Captured, tmp_path: Path) -> None:
    """Even in the middle of tasks that would take minutes."""
    program = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, "verify", "bartlett", "--out", str(tmp_path), "--workers", "2"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 60
        while len(list(tmp_path.glob("tasks/*.json"))) < 5:
            assert program.poll() is None
            assert time.monotonic() < until
            time.sleep(0.005)
        time.sleep(0.2)  # by now both threads are asleep
        program.send_signal(signal.SIGINT)
        start = time.monotonic()
        printed, err = program.communicate(timeout=30)
    finally:
        program.kill()
    assert time.monotonic() - start < 5
    assert (program.returncode, printed) == (130, "")
    shown = re.fullmatch(r"w2s: interrupted; resume with: w2s (.*)\n", err)
    assert shown
    kept = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("tasks/*.json")}
    code, _, _ = w2s(capsys, *shlex.split(shown[1]))
    assert code == 0
    assert kept.items() <= {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("tasks/*.json")}.items()


# --------------------------------------------------------------------------------------------- check


@pytest.fixture
def certified(capsys: Captured, tmp_path: Path) -> Path:
    """A fresh certificate."""
    assert w2s(capsys, "verify", "noise-energy", "--out", tmp_path)[0] == 0
    return tmp_path / "noise-energy.json"


def test_check_passes_a_fresh_certificate_with_another_seed(capsys: Captured, certified: Path) -> None:
    code, printed, err = w2s(capsys, "check", certified)
    assert (code, err) == (0, "")
    assert re.match(r"passed +noise-energy ", printed)
    assert "with seed 1; the certificate says passed, with seed 0" in printed
    assert max(map(len, printed.splitlines())) <= 80
    code, printed, _ = w2s(capsys, "check", certified, certified, "--seed", 9, "--json")
    expected = {
        "path": str(certified),
        "id": "noise-energy",
        "stale": [],
        "noted": [],
        "verdict": PASSED,
        "seed": 9,
    }
    assert (code, json.loads(printed)) == (0, [expected] * 2)


STALE: dict[str, Claim] = {
    "statement": replace(NOISE, points=(*NOISE.points, point(m=4, sigma2="1"))),
    "derivation": plant(NOISE, also=(equal("noise-energy").proof,)),
}


@pytest.mark.parametrize("what", ["statement", "derivation", "code"])
def test_check_tells_a_stale_certificate(
    what: str, capsys: Captured, certified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if what in STALE:
        know(monkeypatch, {"noise-energy": STALE[what]})
    else:
        monkeypatch.setattr(digests, "code_digest", lambda: "another")
    code, printed, _ = w2s(capsys, "check", certified)
    assert code == 3
    assert printed == f"stale     noise-energy: {what} changed since; run w2s verify noise-energy\n"
    code, printed, _ = w2s(capsys, "check", certified, "--json")
    (found,) = json.loads(printed)
    assert code == 3
    assert (found["stale"], found["verdict"], found["seed"]) == ([what], None, None)


def test_check_in_another_environment_notes_it_and_goes_on(
    capsys: Captured, certified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "environment_digest", lambda: "another")
    code, printed, _ = w2s(capsys, "check", certified)
    assert code == 0
    assert ", from another environment" in printed


def test_check_of_a_claim_that_is_refuted_exits_1_with_the_witness(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(monkeypatch, {"noise-energy": plant(NOISE, right=2 * equal("noise-energy").right, proof=unproved)})
    assert w2s(capsys, "verify", "noise-energy", "--out", tmp_path)[0] == 1
    stale = tmp_path / "stale.json"
    data = json.loads((tmp_path / "noise-energy.json").read_text())
    stale.write_text(json.dumps({**data, "digests": {**data["digests"], "code": "old"}}))
    code, printed, _ = w2s(capsys, "check", stale, tmp_path / "noise-energy.json")
    assert code == 1  # over the 3 of the stale one
    assert "stale     noise-energy: code changed" in printed
    assert "sampling refutes statement at " in printed


def test_check_says_loudly_that_channels_disagree(
    capsys: Captured, certified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contrary(*_: object) -> list[tuple[str, Check]]:
        return [("noise-energy", Check("sampling", "statement", "", REFUTED, whole=True))]

    monkeypatch.setattr(sampling, "run", contrary)
    code, _, err = w2s(capsys, "check", certified)
    assert code == 1
    assert err.startswith("CHANNELS DISAGREE on noise-energy: replay, exact passed, sampling refuted.")


def test_check_of_a_certificate_that_stays_undecided_exits_3(
    capsys: Captured, certified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LEVELS, "quick", replace(LEVELS["quick"], coarse=1e-3, fine=1e-3, draws=2000))
    code, printed, _ = w2s(capsys, "check", certified)
    assert code == 3
    assert printed.startswith("undecided")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda text: text[: len(text) // 2], "not whole JSON"),
        (lambda text: "", "not whole JSON"),
        (lambda text: "[" * 100_000, "not whole JSON"),
        (lambda text: "[]", f"not a certificate of schema {SCHEMA}"),
        (lambda text: text.replace(SCHEMA, "w2s.report/9"), f"not a certificate of schema {SCHEMA}"),
        (lambda text: text.replace('"seed": 0', '"seed": true'), "'seed'"),
        (lambda text: text.replace('"seed": 0', '"seed": "0"'), "'seed'"),
        (lambda text: text.replace('"digests"', '"digest"'), "'digests'"),
        (lambda text: text.replace('"level": "quick"', '"level": "slow"'), "unknown level 'slow'"),
        (lambda text: text.replace('"id": "noise-energy"', '"id": "nonsense"'), "'nonsense'"),
    ],
    ids=["half", "empty", "deep", "list", "schema", "truth", "text", "digests", "level", "id"],
)
def test_check_refuses_what_is_no_certificate(
    spoil: object, word: str, capsys: Captured, certified: Path
) -> None:
    certified.write_text(spoil(certified.read_text()))  # type: ignore[operator]  # one of the functions above
    assert_refused(w2s(capsys, "check", certified), str(certified), word)


def test_check_refuses_what_it_cannot_read(capsys: Captured, tmp_path: Path) -> None:
    assert_refused(w2s(capsys, "check", tmp_path / "none.json"), "none.json", "No such file")
    assert_refused(w2s(capsys, "check", tmp_path), str(tmp_path), "Is a directory")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    assert_refused(w2s(capsys, "check", tmp_path / "bytes.json"), "not whole JSON")
    assert_refused(w2s(capsys, "check"), "Missing argument")


def test_check_reads_every_file_before_it_runs(capsys: Captured, certified: Path) -> None:
    """A bad file costs no time, and nothing is half reported."""
    assert_refused(w2s(capsys, "check", certified, certified.parent / "none.json"), "none.json")


def test_check_of_ones_own_claims(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CLAIM_FILE.format(id="my-own"))
    before = dict(registered())
    assert w2s(capsys, "verify", "--claims", file, "--out", tmp_path)[0] == 0
    monkeypatch.setattr(REGISTRY, "_CLAIMS", before)  # another process would not know it
    assert_refused(w2s(capsys, "check", tmp_path / "my-own.json"), "'my-own'", "--claims")
    assert w2s(capsys, "check", tmp_path / "my-own.json", "--claims", file)[0] == 0
