"""`w2s simulate`: the same bits whatever happens, the paper's experiment, what is written, and refused."""

import csv
import json
import multiprocessing
import random
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from verify import commands
from verify.commands._inputs import conclusion
from verify.simulation import ladder, moments
from verify.simulation import run as running
from verify.simulation.cases import Case, grid, paper_synthetic
from verify.simulation.ladder import RUNGS
from verify.simulation.problem import Array
from verify.simulation.run import Goal, Outcome, run
from verify.simulation.table import rows, to_csv

BASE = Case(3, 5, Fraction(3, 2), 20, 16, Fraction(1, 2), Fraction(1, 5), Fraction(1, 5))
CASES = [replace(BASE, N=N) for N in (12, 16, 24, 40)] + [replace(BASE, n=n) for n in (14, 30)]
GOAL, FINE = Goal(relative=0.02), Goal(relative=0.002)


def simulated(out: Path, rung: str = "bartlett", goal: Goal = GOAL, **options: object) -> list[Outcome]:
    return run(CASES, RUNGS[rung], goal, seed=5, out=out, **options)  # type: ignore[arg-type]


def bits(outcomes: list[Outcome]) -> str:
    """Every number that was found, with all its digits."""
    return json.dumps([[o.case.key, o.found.to_json(), o.estimates] for o in outcomes])


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 0.01)


@pytest.mark.parametrize(
    ("rung", "goal"), [("bartlett", GOAL), ("plain", Goal(trials=700)), ("conditional", Goal())]
)
def test_the_same_bits_on_any_number_of_threads(rung: str, goal: Goal, tmp_path: Path) -> None:
    found = {k: bits(simulated(tmp_path / f"{k}", rung, goal, workers=k)) for k in (1, 2, 4)}
    assert found[1] == found[2] == found[4]


def test_a_goal_is_reached(tmp_path: Path) -> None:
    for o in simulated(tmp_path / "relative"):
        for name, e in o.estimates.items():
            assert e.error <= 0.02 * (1 if name == "pgr" else e.value)
    assert {o.found.count for o in simulated(tmp_path / "trials", goal=Goal(trials=700))} == {700}
    for o in simulated(tmp_path / "single", goal=Goal()):
        assert o.single is not None
        assert o.single.count == 40
        for name, e in moments.estimates(o.single).items():
            assert o.estimates[name].error <= e.error / 10


def whole_run(out: str) -> None:
    """What the killed process does: the run of these tests, on two threads."""
    running.CHUNK = 0.01
    simulated(Path(out), goal=FINE, resume=True, workers=2)


def test_killed_at_random_moments_it_repeats_nothing_and_ends_with_the_same_bits(tmp_path: Path) -> None:
    expected = bits(simulated(tmp_path / "whole", goal=FINE))
    out, chance = tmp_path / "killed", random.Random(3)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["verify.simulation.run", "tests.test_simulate"])
    written: dict[Path, int] = {}
    kills = 0
    while kills < 6:
        child = processes.Process(target=whole_run, args=(str(out),))
        child.start()
        before = len(written)
        while child.is_alive() and len([*(out / "chunks").glob("*.json")]) <= before:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.05))
        child.kill()
        child.join()
        kills += 1
        for file in (out / "chunks").glob("*.json"):
            assert written.setdefault(file, file.stat().st_ino) == file.stat().st_ino  # never written again
        if child.exitcode == 0:
            break
    assert kills > 2
    assert bits(simulated(out, goal=FINE, resume=True)) == expected
    assert all(file.stat().st_ino == inode for file, inode in written.items())
    assert not [*out.rglob(".*")]  # nor is anything half written left


def test_a_damaged_chunk_is_done_again_and_without_resume_all_are(tmp_path: Path) -> None:
    expected = bits(simulated(tmp_path))
    for damage, file in zip((b"", b"{}", b'{"count": 1}'), sorted(tmp_path.rglob("*.json")), strict=False):
        file.write_bytes(damage)
    assert bits(simulated(tmp_path, resume=True)) == expected
    kept = {f: f.stat().st_ino for f in tmp_path.rglob("*.json")}
    simulated(tmp_path, resume=True)
    assert {f: f.stat().st_ino for f in tmp_path.rglob("*.json")} == kept
    (tmp_path / "chunks" / "of-another-version.json").write_text("{}")
    simulated(tmp_path)
    assert not (tmp_path / "chunks" / "of-another-version.json").exists()


def test_merged_chunks_are_the_whole() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=(100, 4))
    whole = moments.moments(values)
    parts = moments.merged([moments.moments(values[a:b]) for a, b in ((0, 1), (1, 40), (40, 100))])
    for name in vars(whole):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
    assert moments.from_json(json.loads(json.dumps(whole.to_json()))).mean.tolist() == whole.mean.tolist()


def test_standard_errors_of_ratios_are_what_means_of_many_runs_scatter_by() -> None:
    stream = np.random.default_rng(1)
    shape = np.array([4.0, 2.0, 3.0, 1.0])

    def draw() -> Array:
        common = stream.normal(size=(400, 1))
        return np.asarray(stream.gamma(8.0, size=(400, 4)) / 8 * shape + common * 0.3)

    runs = [moments.estimates(moments.moments(draw())) for _ in range(2000)]
    for name in moments.QUANTITIES:
        scatter = np.std([r[name].value for r in runs])
        assert np.mean([r[name].error for r in runs]) == pytest.approx(scatter, rel=0.08)  # 5 of its errors


# -------------------------------------------------------------------------------- the experiment


def test_the_experiment_of_the_paper() -> None:
    cases = paper_synthetic()
    by_overlap = {int(c.d_sw): c for c in cases}
    assert {k: round(float(c.rho_w) * 1e6) for k, c in by_overlap.items()} == {90: 164, 50: 234, 10: 256}
    assert {f"{float(c.rho_s):.3g}" for c in cases} == {"5.48e-05"}
    assert {float(c.sigma2) for c in cases} == {1e-2, 4e-4, 0.1}
    assert {(c.d_s, c.d_w) for c in cases} == {(100, 200)}
    curve = [c for c in cases if c.sigma2 == Fraction(1, 10) and c.d_sw == 50]
    assert sorted({c.n for c in curve if c.N == 4000})[::20] == [400, 4000]
    assert len({c.n for c in curve if c.N == 4000}) == 20 + 1  # 2000 is of the other axis
    assert len({c.N for c in curve if c.n == 2000}) == 20
    for case in by_overlap.values():  # the target, direction by direction
        o = 100 - int(case.d_sw)
        a2 = 1 / (20000 * np.arange(1, 301))
        strong, weak = np.arange(300) < 100, (np.arange(300) >= o) & (np.arange(300) < o + 200)
        p = case.problem()
        assert (p.rho_s, p.rho_w) == pytest.approx((a2[~strong].sum(), a2[~weak].sum()))
        assert (p.delta2, p.tau2) == pytest.approx((a2[strong & ~weak].sum(), a2[weak & ~strong].sum()))


def test_a_grid_has_every_combination_once() -> None:
    values = {name: [Fraction(1)] for name in ("sigma2", "rho_w", "rho_s")}
    sizes = {name: [Fraction(x)] for name, x in {"d_s": 3, "d_w": 4}.items()}
    several = {"n": [Fraction(9), Fraction(10)], "N": [Fraction(8), Fraction(8)], "d_sw": [Fraction(1)]}
    assert [(c.n, c.N) for c in grid({**several, **sizes, **values}, None)] == [(9, 8), (10, 8)]
    del several["d_sw"]
    (case, _) = grid({**several, **sizes, **values}, [60.0, 0.0])
    assert case.problem().cosines.tolist() == pytest.approx([1, 0.5, 0])
    assert float(case.d_sw) == pytest.approx(1.25)


# ----------------------------------------------------------------------------------- the command

ASKED = "--n 20,30 --N 12:40:5 --d-s 3 --d-w 5 --d-sw 0,1.5 --sigma2 1/2 --rho-w .3 --rho-s .1 --error .02"


def command(text: str, out: Path) -> int:
    return commands.run(["simulate", *text.split(), "--out", str(out)])


def test_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(ASKED, tmp_path) == 0
    said = capsys.readouterr().out
    assert "assumes bartlett, gaussian-conditioning" in said
    assert max(map(len, said.splitlines())) <= 80
    with (tmp_path / "simulation.csv").open(encoding="utf-8") as file:
        table = [*csv.DictReader(file)]
    assert len(table) == 2 * 5 * 2 * 6
    for row in table:
        assert float(row["deviation"]) == pytest.approx(
            (float(row["mean"]) - float(row["exact"])) / float(row["standard_error"]), abs=1e-6
        )
    assert {row["delta2"] for row in table} == {"0.2"}
    drawings = sorted(tmp_path.glob("*.svg"))
    assert len(drawings) == 2
    for drawing in drawings:
        root = ET.parse(drawing).getroot()
        found = [e.get("class") for e in root.iter("{http://www.w3.org/2000/svg}path")]
        assert (found.count("exact"), found.count("bar")) == (2 * 6, 2 * 6 * 5)


def test_a_killed_run_of_the_command_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    assert command(ASKED, tmp_path / "whole") == 0
    assert command(ASKED, tmp_path / "part") == 0
    for file in sorted((tmp_path / "part" / "chunks").iterdir())[::2]:
        file.unlink()
    (tmp_path / "part" / "simulation.csv").write_text("half a")
    assert command(f"{ASKED} --resume --workers 4", tmp_path / "part") == 0
    for file in (tmp_path / "whole").iterdir():
        if file.suffix in (".csv", ".svg"):
            assert file.read_bytes() == (tmp_path / "part" / file.name).read_bytes()


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is the extra parquet")
def test_parquet_has_the_same_table(tmp_path: Path) -> None:
    from pyarrow import parquet

    assert command(f"{ASKED} --parquet", tmp_path) == 0
    read = parquet.read_table(tmp_path / "simulation.parquet").to_pylist()
    with (tmp_path / "simulation.csv").open(encoding="utf-8") as file:
        assert [float(r["mean"]) for r in csv.DictReader(file)] == [r["mean"] for r in read]


def test_a_mean_far_from_the_exact_value_is_said_and_is_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right, dict_of_rungs = RUNGS["bartlett"], ladder.RUNGS
    assert isinstance(dict_of_rungs, dict)
    wrong = replace(right, sample=lambda *a: right.sample(*a) * [1, 1.2, 1, 1])
    monkeypatch.setitem(dict_of_rungs, "bartlett", wrong)
    text = "--n 40 --N 20,30,40 --d-s 3 --d-w 5 --d-sw 1 --sigma2 1 --error .01"
    assert command(text, tmp_path) == 1
    assert "standard errors from the exact" in capsys.readouterr().err


def test_where_the_variance_is_infinite_there_is_no_standard_error(tmp_path: Path) -> None:
    case = replace(BASE, n=BASE.d_w + 3)
    found = run([case], RUNGS["bartlett"], GOAL, seed=0, out=tmp_path)
    table = rows(found, RUNGS["bartlett"], conclusion)
    assert {(r.standard_error, r.deviation) for r in table} == {(None, None)}
    assert to_csv(table).count(b",,") >= len(table)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1", "either --d-sw or --angles is needed"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1 --angles 9", "either --d-sw or --angles"),
        ("--N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1", "--n is needed, or --preset"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 4", "d_sw must be between 0 and"),
        ("--n 4 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1", "n = 4 must be above d_w = 5"),
        ("--n 1:2 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1", "first:last:count"),
        ("--n 9:99:1.5 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1", "the count must be a whole number"),
        ("--n 9.5 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1", "--n must be positive whole numbers"),
        ("--n x --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1", "--n must be a number"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2=-1 --d-sw 1", "--sigma2 cannot be negative"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --angles 91", "between 0 and 90 degrees"),
        ("--n 20 --N 9:9999:9000 --d-s 3,4 --d-w 5 --sigma2 1 --d-sw 1", "more than 10000"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1 --rung fast", "--rung must be one of plain,"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1 --trials 9 --error .1", "exclude each other"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1 --error 0", "--error must be between"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1 --workers 0", "--workers must be at least 1"),
        ("--n 20 --N 12 --d-s 3 --d-w 5 --sigma2 1 --d-sw 1 --rho-w 1 --delta2 2", "rho_w must be at least"),
        ("--preset paper", "--preset must be paper-synthetic, not 'paper'"),
        ("--preset paper-synthetic --n 20", "leave the other options out"),
    ],
)
def test_bad_input_is_one_sentence(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(text, tmp_path / "none") == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_an_interrupted_run_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_received", interrupted)
    monkeypatch.setattr("sys.argv", ["w2s", "simulate", *ASKED.split()])
    assert command(ASKED, tmp_path) == 130
    assert f"interrupted; resume with: w2s simulate {ASKED} --resume" in capsys.readouterr().err
    assert [*(tmp_path / "chunks").iterdir()]


def test_a_folder_that_goes_away_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("verify.certificate.write_json", full)
    assert command(ASKED, tmp_path) == 2
    assert "No space left on device; the finished chunks are kept" in capsys.readouterr().err
