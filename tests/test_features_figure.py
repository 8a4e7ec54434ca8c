"""The figures: what is drawn is where the numbers are, with axes, names and bars."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.worlds_of_features import pair
from verify.charts.marks import INSIDE, Look
from verify.charts.plot import LOOKS, Panel, Series, axis, to_svg
from verify.commands import run
from verify.features import Settings, measure
from verify.features.figure import drawing
from verify.features.forecast import number, ratio_of_variances, risks_at
from verify.features.measurement import Measurement
from verify.features.spaces import parse_fit
from verify.streams import generator

SVG = "{http://www.w3.org/2000/svg}"
COSINES = np.array([0.9, 0.7, 0.5, 0.3])


@pytest.fixture(scope="module")
def found() -> Measurement:
    stream = generator(1, "figure")
    weak, strong = pair(COSINES, 5, 7, 800, stream, 0.4)
    return measure(weak, strong, weak[:, 0] + strong[:, 1] + 0.5 * stream.standard_normal(800))


def words(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def lines(svg: str, panel: int) -> list[list[tuple[float, float]]]:
    """The points of the lines in one panel."""
    inner = [e for e in ElementTree.fromstring(svg) if e.tag == f"{SVG}svg"][panel]
    paths = [e.get("d", "") for e in inner if e.get("class") == "line"]
    pattern = re.compile(r"(-?[\d.]+) (-?[\d.]+)")
    return [[(float(x), float(y)) for x, y in pattern.findall(path)] for path in paths]


def height(svg: str, panel: int) -> float:
    inner = [e for e in ElementTree.fromstring(svg) if e.tag == f"{SVG}svg"][panel]
    return float(inner.get("height", "0"))


def test_series_are_placed_by_their_axes_and_gaps_are_left() -> None:
    points = [(1.0, 10.0), (10.0, 100.0), (100.0, math.inf), (1000.0, 0.0), (10000.0, 1000.0), (1e5, 10.0)]
    panel = Panel(
        "h", axis([], True, [1.0, 1e5]), axis([], True, [10.0, 1000.0]), "x", [Series("s", LOOKS[0], points)]
    )
    svg = to_svg("t", [], [panel])
    drawn = lines(svg, 0)
    assert [len(line) for line in drawn] == [2, 2]
    assert drawn[0] == [(0, 200), (INSIDE / 5, 100)]
    assert drawn[1] == [(pytest.approx(INSIDE * 4 / 5, abs=0.1), 0), (INSIDE, 200)]


def test_bars_have_their_ends_where_the_bounds_are_and_infinite_ones_none() -> None:
    series = Series("s", LOOKS[0], [(0.0, 1.0), (1.0, 1.0)], [(0.5, 2.0), (math.inf, math.inf)])
    svg = to_svg(
        "t", [], [Panel("h", axis([], False, [0.0, 1.0]), axis([], False, [0.0, 2.0]), "x", [series])]
    )
    bars = re.findall(r'class="bars" d="([^"]*)"', svg)
    assert bars == ["M0.0 150.0V0.0M-3.0 150.0h6M-3.0 0.0h6"]


def test_looks_are_told_apart_without_colour() -> None:
    def grey(x: Look) -> tuple[str, str, bool]:
        return x.dashes, x.marker, x.filled

    assert len({grey(x) for x in LOOKS}) == len(LOOKS)


def test_without_labels_the_ratio_of_variances_is_drawn(found: Measurement) -> None:
    bare = measure(*pair(COSINES, 5, 7, 800, generator(1, "figure"), 0.4))
    svg = drawing(bare, None, 60)
    assert svg == drawing(bare, None, 60)
    said = words(svg)
    for text in ("d_w = 5", "d_s = 7", "N = 60", "the teacher", "freed of chance", "i, number of the angle"):
        assert text in said
    xs, ys = zip(*lines(svg, 2)[0], strict=True)
    at_60 = min(range(len(xs)), key=lambda i: abs(xs[i] / INSIDE - place(60)))
    ratios = [math.log(ratio_of_variances(bare, N).value) for N in (9, 60, 180)]
    assert (ys[0] - ys[at_60]) / (ys[0] - ys[-1]) == pytest.approx(
        (ratios[0] - ratios[1]) / (ratios[0] - ratios[2]), abs=0.002
    )


def place(N: int) -> float:
    return math.log(N / 9) / math.log(180 / 9)


def test_with_labels_the_risks_are_drawn_with_intervals(found: Measurement) -> None:
    svg = drawing(found, 40, 60)
    assert {"W2S student", "weak teacher", "baseline", "ceiling", "N = 60"} <= set(words(svg))
    assert 'class="bars"' in svg
    student, teacher = lines(svg, 2)[:2]
    # on one log axis: the distance between two curves is the logarithm of their ratio
    ahead = risks_at(found, found.whole, 40, 180)
    far = math.log10(number(ahead.excess_risk["weak"]) / number(ahead.excess_risk["w2s"]))
    near = risks_at(found, found.whole, 40, 9)
    first = math.log10(number(near.excess_risk["w2s"]) / number(near.excess_risk["weak"]))
    assert student[-1][1] - teacher[-1][1] == pytest.approx(
        (teacher[0][1] - student[0][1]) * far / first, abs=0.3
    )


def test_a_ridge_leaves_the_predicted_curves_out() -> None:
    data = pair(COSINES, 5, 7, 400, generator(2, "figure"))
    svg = drawing(measure(*data, settings=Settings(parse_fit("ridge:0.1"))), None, None)
    assert svg.count("<svg ") == 3
    assert "Variance predicted" not in svg


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weak, strong = pair(COSINES, 5, 7, 300, generator(3, "figure"))
    np.save(tmp_path / "w.npy", weak)
    np.save(tmp_path / "s.npy", strong)
    files = [str(tmp_path / name) for name in ("w.npy", "s.npy")]
    assert run(["measure", *files, "--to", str(tmp_path / "f.svg")]) == 0
    assert (tmp_path / "f.svg").read_text("utf-8").startswith("<svg")
    capsys.readouterr()
    assert run(["measure", *files, "--to", str(tmp_path / "f.pdf")]) == 2
    assert "must end in .svg or .png" in capsys.readouterr().err
