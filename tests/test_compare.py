"""w2s compare: fits of made-up results give back what these are of; published ones, where they are."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verify.commands import run as w2s
from verify.commands._text import cells
from verify.others.fits import crossing, governing, with_dimension
from verify.streams import generator

Captured = pytest.CaptureFixture[str]
PUBLISHED = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "utkface"
HEADS = ["run", "weak", "strong", "added_label_noise_sd", "n", "N", "metric", "mean", "sd"]
SIZES = [150, 250, 400, 700, 1000, 2000, 4000, 9000]
D, SHARED = 120, 0.25  # of the student; d_sw/d_w
TEACHER = 3.0  # its variance over σ²


def error(N: int, noise: float, scatter: float = 0.0) -> tuple[float, float]:
    """Student's and teacher's mean squared error: a floor, and a variance that is linear in noise²."""
    stream = generator(1, "compare", N, int(noise))
    kappa = D / (N - D - 1)
    variance = TEACHER * (4 + noise**2)
    factor = 1 + scatter * stream.standard_normal(2)
    return (10 + variance * (SHARED + (1 - SHARED) * kappa)) * factor[0], (10 + variance) * factor[1]


def lines(noises: tuple[float, ...] = (1, 3), scatter: float = 0.0, run: str = "one") -> list[list[Any]]:
    out = list[list[Any]]()
    for noise in noises:
        for N in SIZES:
            student, teacher = error(N, noise, scatter)
            for metric, value in (("ew2s", student), ("ew", teacher)):
                out.append([run, "small", "large", noise, 500, N, metric, value, 0.1])
    return out


def written(path: Path, rows: list[list[Any]], heads: list[str] = HEADS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([heads, *rows])
    return path


@pytest.fixture
def dims(tmp_path: Path) -> Path:
    rows = [["small", 90, 30, 25.0], ["large", 120, 60, ""]]
    return written(tmp_path / "dims.csv", rows, ["features", "width", "dimension_99", "printed_d_sw"])


def shown(capsys: Captured, *arguments: str | Path) -> dict[str, Any]:
    code = w2s(["compare", *map(str, arguments), "--json"])
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    document: dict[str, Any] = json.loads(printed.out)
    return document


def test_exact_errors_give_back_what_they_are_made_of(tmp_path: Path, dims: Path, capsys: Captured) -> None:
    found = shown(capsys, written(tmp_path / "r.csv", lines()), "--dims", dims)
    assert found["schema"] == "w2s.compare/1"
    (run,) = found["runs"]
    level = run["levels"][0]
    assert (level["governing"]["d"], level["n"]) == (D, 500)
    assert level["governing"]["curve"]["b"] == pytest.approx(5 * TEACHER * (1 - SHARED))
    assert level["candidates"]["width"][1]["rms"] < 1e-12
    assert level["candidates"]["dimension_99"][1]["rms"] > 0.01
    assert level["by_size"]["rms"] > 0.05
    # wins iff κ < 1: N > 2D + 1 = 241
    assert (level["loses"], level["wins"], level["predicted"]) == (150, 250, 2 * D + 2)
    (ratio,) = run["ratios"]
    assert ratio["teacher"] == pytest.approx(TEACHER)
    assert ratio["shared"]["value"] == pytest.approx(SHARED)
    assert ratio["outside"]["value"] == pytest.approx(1 - SHARED)
    assert ratio["values"] == pytest.approx([SHARED + (1 - SHARED) * D / (N - D - 1) for N in SIZES])
    assert run["printed_d_sw"] == {"printed": 25.0, "by_chance": pytest.approx(60 * 30 / 90)}


def test_the_interval_of_the_dimension_covers_it() -> None:
    """At its rate: 95 of 100 on average; fewer than 88 has a probability below 0.1 %."""
    covered = 0
    for seed in range(100):
        stream = generator(seed, "coverage")
        y = np.array([10 + 40 * D / (N - D - 1) for N in SIZES]) * (1 + 0.02 * stream.standard_normal(8))
        found = governing(SIZES, y, 0.95)
        assert found is not None
        covered += found.low <= D <= found.high
    assert 88 <= covered


def test_the_interval_ends_where_the_f_test_does() -> None:
    stream = generator(3, "interval")
    y = np.array([10 + 40 * D / (N - D - 1) for N in SIZES]) * (1 + 0.02 * stream.standard_normal(8))

    def square(d: int) -> float:
        x = np.array([d / (N - d - 1) for N in SIZES])
        design = np.column_stack([1 / y, x / y])
        return float(np.linalg.lstsq(design, np.ones(8), rcond=None)[1][0])

    found = governing(SIZES, y, 0.95)
    assert found is not None
    limit = square(found.d) * (1 + 6.6079 / 5)  # F of 1 and 5 at 0.95
    assert square(found.low) <= limit < square(found.low - 1)
    assert square(found.high) <= limit < square(found.high + 1)


def test_a_dimension_must_be_below_every_size() -> None:
    y = np.linspace(2, 1, 8)
    assert with_dimension(149, SIZES, y) is None
    assert with_dimension(148, SIZES, y) is not None


def test_runs_are_never_mixed(tmp_path: Path, capsys: Captured) -> None:
    other = [[*line[:7], 5 * line[7], line[8]] for line in lines((3,), run="two")]
    found = shown(capsys, written(tmp_path / "r.csv", [*lines((0,)), *other]))
    assert [(r["run"], len(r["ratios"])) for r in found["runs"]] == [("one", 0), ("two", 0)]
    assert found["runs"][0]["levels"][0]["candidates"] == {}


def test_where_the_data_do_not_tell_it_is_said(tmp_path: Path, capsys: Captured) -> None:
    flat = [[*line[:7], 10 + (i % 3), line[8]] for i, line in enumerate(lines((0,)))]
    assert w2s(["compare", str(written(tmp_path / "flat.csv", flat))]) == 0
    assert "the data do not determine it" in " ".join(capsys.readouterr().out.split())
    few = [line for line in lines((0,)) if line[5] in SIZES[:4]]
    assert w2s(["compare", str(written(tmp_path / "few.csv", few))]) == 0
    out = capsys.readouterr().out
    assert "4 values of N do not determine a dimension" in out
    assert max(map(cells, out.splitlines())) <= 90


@pytest.mark.parametrize(
    ("student", "teacher", "expected"),
    [([3, 1, 1], [2, 2, 2], (10, 20)), ([1, 1, 1], [2, 2, 2], (None, 10)), ([3, 3, 3], [2, 2, 2], (30, None)),
     ([1, 3, 1], [2, 2, 2], (20, 30))],
)  # fmt: skip
def test_crossings(
    student: list[float], teacher: list[float], expected: tuple[int | None, int | None]
) -> None:
    assert crossing([10, 20, 30], np.array(student), np.array(teacher)) == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [[*rows[0][:7], "x", 1]], "row 0: mean is 'x', not a number"),
        (lambda rows: [[*rows[0][:5], 1.5, *rows[0][6:]]], "n and N must be positive integers"),
        (lambda rows: [rows[0], [*rows[0][:7], 7, 1]], "row 1: ew2s at n = 500, N = 150 was another number"),
        (lambda rows: [rows[0], ["one", "other", *rows[1][2:]]], "row 1: run one is of small → large, not"),
        (lambda rows: [], "holds no table of results"),
    ],
)
def test_bad_tables_get_one_sentence(change: Any, words: str, tmp_path: Path, capsys: Captured) -> None:
    path = written(tmp_path / "r.csv", change(lines()))
    assert w2s(["compare", str(path)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_what_is_no_table_at_all(tmp_path: Path, capsys: Captured) -> None:
    for path, words in (
        (tmp_path / "none.csv", "there is no such file"),
        (written(tmp_path / "x.csv", [], ["a", "b"]), "has no column run"),
        (tmp_path, "holds no table of results"),
    ):
        assert w2s(["compare", str(path)]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published UTKFace results are not beside the project")
def test_published_results(capsys: Captured) -> None:
    """The full width of CLIP governs (768), not its 99 % dimension; the printed overlaps are chance."""
    found = shown(capsys, PUBLISHED, "--dims", PUBLISHED / "dims.csv")
    for run in found["runs"]:
        level = run["levels"][0]
        assert level["candidates"]["width"][1]["rms"] < 0.015
        assert level["candidates"]["dimension_99"][1]["rms"] > 0.06
        assert level["by_size"]["rms"] > 0.1
        assert abs(level["governing"]["d"] / 768 - 1) < 0.04
        assert level["loses"] < level["predicted"] < level["wins"]
        assert run["printed_d_sw"]["by_chance"] == pytest.approx(run["printed_d_sw"]["printed"], rel=0.002)
    ratios = [x for run in found["runs"] for x in run["ratios"]]
    assert len(ratios) == 7
    assert all(x["values"][0] > 1 > x["values"][1] for x in ratios if x["noise"] > 5)
