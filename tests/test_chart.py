"""w2s predict --chart: it draws what predict says, where it says so, and nothing where there is no number."""

import functools
import json
import math
import os
import re
import sys
import types
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from verify.charts import curves as made
from verify.charts.curves import COUNT, Curves, against_teacher, spaced, stretches
from verify.charts.marks import INSIDE, LEFT
from verify.charts.scales import label, linear_axis, log_axis, sizes_axis
from verify.charts.svg import LOOKS, to_svg
from verify.charts.text import SIGNS, plot
from verify.commands import run
from verify.commands._entries import NAMES, described
from verify.commands._inputs import conclusion
from verify.commands._text import cells
from verify.planning import resized
from verify.predictions import Entry, Prediction, Range, predict
from verify.targets import Inputs

Captured = pytest.CaptureFixture[str]
F = Fraction
SVG = "{http://www.w3.org/2000/svg}"
AT = {"d_w": 20, "d_s": 10, "d_sw": 4, "n": 60, "N": 200, "sigma2": "0.25"}
MISSPECIFIED = {"rho_w": "0.1", "rho_s": "0.05"}
PLAIN = Inputs(20, 10, F(4), 60, 200, F(1, 4))
RANGED = Inputs(20, 10, F(4), 60, 200, F(1, 4), F(1, 10), F(1, 20))
WIDE = Inputs(20, 30, F(4), 60, 200, F(1, 4))  # d_s > d_w: the baseline begins later than the teacher


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def w2s(capsys: Captured, *more: str, **changes: object) -> tuple[int, str, str]:
    given = {**AT, **changes}
    code = run(["predict", *(f"--{k.replace('_', '-')}={v}" for k, v in given.items()), *more])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def shown(capsys: Captured, *more: str, **changes: object) -> dict[str, Any]:
    code, out, err = w2s(capsys, *more, "--json", **changes)
    assert (code, err) == (0, "")
    document: dict[str, Any] = json.loads(out)
    return document


@functools.cache
def drawn_over(at: Inputs, over: str, low: int, high: int) -> Curves:
    return made.curves(at, over, low, high, conclusion)


def drawing(c: Curves) -> ElementTree.Element:
    return ElementTree.fromstring(to_svg(c, NAMES, [*described(c.at)]))


# ------------------------------------------------------------------------------------ the data


@pytest.mark.parametrize(("low", "high"), [(12, 4000), (1, 2), (9, 30), (12, 20 * 10**30)])
def test_sizes_are_spaced_evenly_on_a_log_axis(low: int, high: int) -> None:
    sizes = spaced(low, high)
    assert (sizes[0], sizes[-1]) == (low, high)
    assert all(a < b for a, b in pairwise(sizes))
    assert len(sizes) <= COUNT
    step = math.log(high / low) / (COUNT - 1)
    assert all(b - a == 1 or math.log(b / a) < 1.5 * step + 1 / a for a, b in pairwise(sizes))


@pytest.mark.parametrize("over", ["n", "N"])
@pytest.mark.parametrize("more", [[], ["--digits", "20"]], ids=["floats", "digits"])
@pytest.mark.parametrize("changes", [{}, MISSPECIFIED, {"d_s": 30}], ids=["plain", "ranges", "wide"])
def test_json_has_at_each_size_what_predict_says_there(
    capsys: Captured, over: str, more: list[str], changes: dict[str, object]
) -> None:
    chart = shown(capsys, "--chart", over, *more, **changes)["chart"]
    assert chart["over"] == over
    sizes = [int(size) for size in chart["sizes"]]
    least = {"N": 10, "n": 20, **({"N": changes["d_s"]} if "d_s" in changes else {})}[over]
    assert (sizes[0], sizes[-1]) == (int(str(least)) + 2, 20 * int(str(AT[over])))
    assert AT[over] in sizes
    for i in (0, 1, len(sizes) // 2, -1):
        point = shown(capsys, *more, **{**changes, over: sizes[i]})
        del point["inputs"]
        for key, value in point.items():
            listed = chart[key]
            assert value == ({k: v[i] for k, v in listed.items()} if isinstance(value, dict) else listed[i])


def test_the_axis_begins_at_a_size_below_the_formulas_if_that_is_given(capsys: Captured) -> None:
    chart = shown(capsys, "--chart", "N", N=10, **MISSPECIFIED)["chart"]
    assert (chart["sizes"][0], chart["sizes"][-1]) == (10, 240)
    assert chart["excess_risk"]["w2s"][:2] == [None, None]
    assert all(low < high for low, high in chart["excess_risk"]["w2s"][2:])
    assert chart["diverges"][0] == ["w2s", "w2s_reduced", "pgr", "opr", "misfit", "kappa"]


def test_without_chart_there_is_none(capsys: Captured) -> None:
    assert "chart" not in shown(capsys)


@pytest.mark.parametrize("d_s", [2, 7, 10, 41, 300])
@pytest.mark.parametrize("high", [650, 9000])
def test_the_student_beats_its_teacher_from_twice_its_dimension_on(d_s: int, high: int) -> None:
    """ρ = 0: it loses up to N = 2d_s, ties at 2d_s + 1, wins from there, to the very integer."""
    c = drawn_over(Inputs(20, d_s, F(1), 60, 999, F(1, 4)), "N", d_s + 2, high)
    losing = [] if d_s + 2 > 2 * d_s else [("loses", d_s + 2, 2 * d_s)]
    assert [*c.against_teacher()] == [
        *losing,
        ("ties", 2 * d_s + 1, 2 * d_s + 1),
        ("wins", 2 * d_s + 2, high),
    ]


@pytest.mark.parametrize(
    ("at", "over", "low", "high"),
    [(RANGED, "N", 9, 150), (RANGED, "n", 19, 150), (WIDE, "n", 19, 150), (PLAIN, "N", 9, 60)],
    ids=["ranges over N", "ranges over n", "wide", "plain"],
)
def test_places_where_something_changes_are_exact(at: Inputs, over: str, low: int, high: int) -> None:
    """Against every integer in turn."""

    def fares(p: Prediction) -> str | None:
        student, teacher = p.excess_risk["w2s"], p.excess_risk["weak"]
        if student == math.inf:
            return None if teacher == math.inf else "loses"
        assert isinstance(teacher, Fraction)
        assert isinstance(student, Fraction | Range)
        ends = (student.low, student.high) if isinstance(student, Range) else (student, student)
        if ends[0] > teacher:
            return "loses"
        return "wins" if ends[1] < teacher else "ties" if ends[0] == ends[1] else None

    def known(p: Prediction) -> set[str]:
        return {m for m, x in p.excess_risk.items() if x is None or x == math.inf}

    c = drawn_over(at, over, low, high)
    every = {k: predict(resized(at, over, k), conclusion) for k in range(low, high + 1)}
    outcomes = {k: outcome for outcome, first, last in c.against_teacher() for k in range(first, last + 1)}
    for a, b in pairwise(c.sizes):
        for k in range(a, b):
            assert outcomes.get(k, outcomes[a]) == fares(every[k]) == against_teacher(every[k]), k
            assert known(every[k]) == known(every[a]), k


def test_a_curve_breaks_where_there_is_no_number() -> None:
    entries: list[Entry] = [F(1), Range(F(0), F(2)), math.inf, F(3), None, F(0), Range(F(0), F(0)), F(4)]
    found = [[size for size, _, _ in run] for run in stretches(range(8), entries, positive=True)]
    assert found == [[0, 1], [3], [7]]
    assert [len(run) for run in stretches(range(8), entries, positive=False)] == [2, 1, 3]


# ----------------------------------------------------------------------------------- the scales


@pytest.mark.parametrize("low", [F(1, 10**330), F(3, 10**5), F(1), F(117, 10), F(10**40)])
@pytest.mark.parametrize("times", [F(10**30), F(10**6), F(100), F(7), F(1001, 1000)])
@pytest.mark.parametrize("most", [4, 8, 12])
def test_marks_of_log_axes_are_round_and_in_their_places(low: Fraction, times: Fraction, most: int) -> None:
    axis = log_axis([low, low * times, F(0)])
    assert axis
    ticks = axis.ticks(most)
    assert 2 <= len(ticks) <= most
    assert all(a[0] < b[0] for a, b in pairwise(ticks))
    for place, text in ticks:
        assert axis.place(F(text)) == pytest.approx(place, abs=1e-9)
        assert len(text.partition("e")[0].strip("0.").replace(".", "")) <= 3
    assert 0 < axis.place(low) < axis.place(low * times) < 1
    assert axis.place(F(0)) < -1


def test_linear_axes_stop_where_they_are_told() -> None:
    axis = linear_axis([F(-(10**400)), F(1, 2)], -1, 2)
    assert axis
    assert [text for _, text in axis.ticks(4)] == ["−1", "0", "1"]
    (low, _), _, (high, _) = axis.ticks(4)
    assert axis.place(F(1, 2)) == pytest.approx(low + (high - low) * 3 / 4)
    assert axis.place(F(-(10**400))) < -1
    assert linear_axis([], -1, 2) is None
    assert log_axis([F(0)]) is None


def test_labels() -> None:
    given = [F(0), F(-1), F(1, 4), F(1, 10**4), F(2, 10**5), F(10**5), F(50), F(5, 10**400)]
    assert [*map(label, given)] == ["0", "−1", "0.25", "0.0001", "2e-5", "1e5", "50", "5e-400"]


# ---------------------------------------------------------------------------------- the SVG


def texts(parent: ElementTree.Element) -> list[str]:
    return [t.text or "" for t in parent.iter(f"{SVG}text")]


def panels(root: ElementTree.Element) -> list[ElementTree.Element]:
    return root.findall(f"{SVG}svg")


def paths(panel: ElementTree.Element, kind: str, look: str) -> list[list[tuple[float, float]]]:
    """The points of the lines or bands of a colour in a panel."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.attrib["d"])]
        for path in panel.findall(f"{SVG}path[@class='{kind}']")
        if LOOKS[look].colour in (path.get("stroke"), path.get("fill"))
    ]


class Reader:
    """Reads numbers off a drawing as a reader does: by the marks on its axes."""

    def __init__(self, root: ElementTree.Element, panel: ElementTree.Element) -> None:
        top, height = (float(panel.attrib[k]) for k in ("y", "height"))
        found = [(float(t.attrib["x"]), float(t.attrib["y"]), t.text or "", t.get("text-anchor"))
                 for t in root.findall(f"{SVG}text")]  # fmt: skip
        ups = [(top + height - y + 4, text) for _, y, text, anchor in found
               if anchor == "end" and top - 8 < y < top + height + 8]  # fmt: skip
        floor = max(
            y for _, y, text, anchor in found if anchor == "middle" and text.replace(".", "").isdigit()
        )
        acrosses = [(x - LEFT, text) for x, y, text, anchor in found if anchor == "middle" and y == floor]
        self.height = height
        self.up, self.across = ([*map(self._mark, marks)] for marks in (ups, acrosses))

    @staticmethod
    def _mark(mark: tuple[float, str]) -> tuple[float, float]:
        return mark[0], float(mark[1].replace("−", "-"))

    @staticmethod
    def _value(marks: list[tuple[float, float]], at: float, log: bool) -> float:
        (a, x), *_, (b, y) = sorted(marks)
        if not log:
            return x + (y - x) * (at - a) / (b - a)
        return float(x * (y / x) ** ((at - a) / (b - a)))

    def point(self, x: float, y: float, log: bool = True) -> tuple[float, float]:
        return self._value(self.across, x, True), self._value(self.up, self.height - y, log)


@pytest.mark.parametrize(
    ("at", "over"), [(PLAIN, "N"), (PLAIN, "n"), (RANGED, "N"), (WIDE, "n")], ids=["N", "n", "ranges", "wide"]
)
def test_values_read_off_the_svg_are_those_of_predict(at: Inputs, over: str) -> None:
    low = {"N": at.d_s, "n": at.d_w}[over] + 2
    c = drawn_over(at, over, low, 20 * getattr(at, over))
    there = [predict(resized(at, over, size), conclusion) for size in c.sizes]
    root = drawing(c)
    risk, pgr, opr = panels(root)
    for panel, name, log in ((risk, "", True), (pgr, "pgr", False), (opr, "opr", True)):
        reader = Reader(root, panel)
        for model in LOOKS if not name else ["w2s"]:
            entries = [p.ratios[name] if name else p.excess_risk[model] for p in there]
            drawn = sorted(reader.point(*p, log) for line in paths(panel, "line", model) for p in line)
            ends = [(float(k), float(e)) for k, x in zip(c.sizes, entries, strict=True)
                    if x is not None and x != math.inf
                    for e in ({x.low, x.high} if isinstance(x, Range) else {x})]  # fmt: skip
            assert len(drawn) == len(ends) > 40
            for (k, value), (size, end) in zip(drawn, sorted(ends), strict=True):
                assert k == pytest.approx(size, rel=0.005)
                if log or abs(end) < 5:
                    assert value == pytest.approx(end, rel=0.01 if log else 0, abs=0 if log else 0.03)


def test_a_gap_where_the_baseline_has_no_number() -> None:
    c = drawn_over(WIDE, "n", 22, 1200)
    root = drawing(c)
    risk, _, opr = panels(root)
    for panel, model in ((risk, "strong_baseline"), (opr, "w2s")):
        (line,) = paths(panel, "line", model)
        assert round(Reader(root, panel).point(*line[0])[0]) == 32  # n = d_s + 2
        assert len(line) == sum(n >= 32 for n in c.sizes) < len(c.sizes)
    said = " ".join(texts(root))
    assert "At n = 29 – 31 the risk of the strong baseline f_s is infinite" in said
    assert "At n = 22 – 28 the risk of the strong baseline f_s is finite" in said


def test_a_band_where_there_are_ranges_and_only_there() -> None:
    c = drawn_over(RANGED, "N", 12, 4000)
    for panel in panels(drawing(c)):
        (band,) = paths(panel, "band", "w2s")
        upper, lower = paths(panel, "line", "w2s")
        assert band == [*upper, *reversed(lower)]
        assert all(u[1] < v[1] for u, v in zip(upper, lower, strict=True))
        assert not any(paths(panel, "band", model) for model in LOOKS if model != "w2s")
    plain = drawing(drawn_over(PLAIN, "N", 12, 4000))
    assert not any(paths(panel, "band", model) for panel in panels(plain) for model in LOOKS)


@pytest.mark.parametrize(("at", "least", "open"), [(PLAIN, 20, None), (RANGED, 18, 35)])
def test_where_the_student_loses_is_shaded(at: Inputs, least: int, open: int | None) -> None:
    root = drawing(drawn_over(at, "N", 12, 4000))
    for panel in panels(root):
        (shade,) = panel.findall(f"{SVG}rect[@class='loses']")
        right = float(shade.attrib["x"]) + float(shade.attrib["width"])
        assert float(shade.attrib["x"]) == 0
        assert Reader(root, panels(root)[0]).point(right, 0)[0] == pytest.approx(least + 0.5, rel=0.005)
        assert len(panel.findall(f"{SVG}path[@class='open']")) == (open is not None)
    said = texts(root)
    assert f"At N = 12 – {least} the student has more risk than its teacher" in said
    assert any(text.startswith(f"At N = {least + 1} – {open} it is not determined") for text in said) == bool(
        open
    )
    assert ("the student may lose to its teacher" in said) == bool(open)
    assert "N = 200" in said


def test_a_single_size_is_marked_too() -> None:
    """At N = d_s - 1 this student is not known: one size of many, on a wide axis."""
    c = drawn_over(Inputs(5, 10, F(5), 60, 200, F(1, 4)), "N", 9, 10**9)
    assert [*c.against_teacher()] == [(None, 9, 9), ("ties", 10, 10**9)]
    open = [panel.find(f"{SVG}path[@class='open']") for panel in panels(drawing(c))]
    assert [path is not None and path.attrib["d"].startswith("M1.0 ") for path in open] == [True] * 3
    assert "└?─" in "\n".join(plot(c, 80))


def test_svg_says_what_it_is_and_is_read_without_colour() -> None:
    c = drawn_over(PLAIN, "N", 12, 4000)
    root = drawing(c)
    assert root.findtext(f"{SVG}title") == "Excess risk, PGR and OPR over N"
    assert (root.findtext(f"{SVG}desc") or "").startswith("d_w = 20, d_s = 10")
    said = texts(root)
    assert {NAMES[model] for model in LOOKS} <= {*said}
    for words in (
        "squared units of y (log scale)",
        "unlabelled samples, with pseudo-labels (log scale)",
        "PGR: ",
    ):
        assert any(words in text for text in said)
    assert any(text.endswith("cut off below −1") for text in said)
    for kind, looks in (("line", "stroke-dasharray"), ("marker", "d")):
        drawn = panels(root)[0].findall(f"{SVG}path[@class='{kind}']")
        assert len({path.attrib[looks] for path in drawn}) == len(LOOKS) == 4
    asked = [float(m) for m in re.findall(r'class="marker"[^>]*translate\(([\d.]+) ', to_svg(c, NAMES, []))]
    place = INSIDE * sizes_axis(12, 4000).place(200)
    assert sum(abs(x - place) < 0.06 for x in asked) == 6  # four risks, PGR, OPR
    assert not any("id" in element.attrib for element in root.iter())


def test_svg_and_text_where_nothing_has_a_place(capsys: Captured, tmp_path: Path) -> None:
    code, out, _ = w2s(capsys, "--chart", "N", sigma2=0)
    assert code == 0
    assert "There is nothing to draw" in out
    assert "At N = 12 – 4000 the risk of the weak teacher f_w is 0" in out.replace("\n  ", " ")
    assert w2s(capsys, "--chart", "N", "--to", str(tmp_path / "a.svg"), sigma2=0)[0] == 0
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert [texts(panel) for panel in panels(root)] == [["none at any of these sizes"]] * 3


# ---------------------------------------------------------------------------------- the terminal


def test_text_has_each_sign_in_the_row_of_its_value() -> None:
    """Read off by the marks on the axis, in the column of the size asked for."""
    lines = plot(drawn_over(PLAIN, "N", 12, 4000), 80)
    column = lines[-1].index("▲")
    rows = lines[1 : next(i for i, line in enumerate(lines) if "└" in line)]
    marks = [(i, float(row.split("┤")[0])) for i, row in enumerate(rows) if "┤" in row]
    (a, high), *_, (b, low) = marks
    for model, sign in SIGNS.items():
        row = next(i for i, text in enumerate(rows) if text[column : column + 1] == sign)
        value = predict(PLAIN, conclusion).excess_risk[model]
        assert isinstance(value, Fraction)
        expected = a + (b - a) * math.log(high / float(value)) / math.log(high / low)
        assert abs(row - expected) <= 1
    assert sum(row[column] == "┊" for row in rows) == len(rows) - len(SIGNS)


def test_text_marks_where_the_student_loses_and_bands(capsys: Captured) -> None:
    code, out, _ = w2s(capsys, "--chart", "N", **MISSPECIFIED)
    assert code == 0
    (floor,) = re.findall("└(.*)", out)
    assert re.fullmatch("▓+[?]+[─┬]+", floor)
    axis = sizes_axis(12, 4000)
    assert floor.count("▓") == pytest.approx(axis.place(18) * len(floor), abs=1.5)
    assert floor.index("─") == pytest.approx(axis.place(35) * len(floor), abs=1.5)
    assert "▓ At N = 12 – 18 the student has more risk than its teacher" in out
    assert "? At N = 19 – 35 it is not determined" in out
    assert "░ between the two ends of a range" in out
    assert "░░" in out
    plain = w2s(capsys, "--chart", "N")[1]
    assert "░" not in plain
    assert "?" not in plain
    assert "At N = 21 the student has as much risk as its teacher" in plain


def test_the_table_below_has_the_values_where_something_happens(capsys: Captured) -> None:
    out = w2s(capsys, "--chart", "N")[1]
    (head,) = re.findall(r"^ +N = .*$", out, re.MULTILINE)
    sizes = [int(k) for k in re.findall(r"N = (\d+)", head)]
    assert sizes == [12, 20, 21, 22, 200, 4000]
    (row,) = re.findall(r"^● W2S student f_w2s +(.*)$", out, re.MULTILINE)
    for k, text in zip(sizes, row.split(), strict=True):
        value = predict(resized(PLAIN, "N", k), conclusion).excess_risk["w2s"]
        assert isinstance(value, Fraction)
        assert float(text) == pytest.approx(float(value), rel=1e-3)
    assert re.search(r"PGR +-10.58 +-0.1239 +0 +0.1003 ", out)


@pytest.mark.parametrize("over", ["n", "N"])
@pytest.mark.parametrize(
    "changes",
    [
        {}, MISSPECIFIED, {"d_s": 30}, {"sigma2": 0}, {"N": 10}, {"n": 19}, {"N": "1e30", "sigma2": "1e-300"},
        {"sigma2": 0, "rho_s": 1}, {"d_w": 5, "d_sw": 5, "N": 9}, {"sigma2": "1e30", **MISSPECIFIED},
    ],
    ids=str,
)  # fmt: skip
def test_it_fits_in_eighty_columns(capsys: Captured, over: str, changes: dict[str, object]) -> None:
    code, out, err = w2s(capsys, "--chart", over, **changes)
    assert (code, err) == (0, "")
    chart = out[out.index("excess risk (log scale)" if "excess risk (log" in out else "There is nothing") :]
    assert max(map(cells, chart.splitlines())) <= 80
    assert "nan" not in out


def test_the_axis_may_leave_out_the_size_asked_for(capsys: Captured) -> None:
    chart = shown(capsys, "--chart", "N", "--low", "300", "--high", "310")["chart"]
    assert chart["sizes"] == [*range(300, 311)]
    out = w2s(capsys, "--chart", "N", "--low", "300", "--high", "310")[1]
    assert not {"▲", "┊"} & {*out}
    root = drawing(drawn_over(PLAIN, "N", 300, 310))
    assert "N = 200" not in texts(root)


# --------------------------------------------------------------------------------- files, bad input


def test_to_writes_the_same_svg_each_time(capsys: Captured, tmp_path: Path) -> None:
    for name in ("a.svg", "b.SVG"):
        code, out, err = w2s(capsys, "--chart", "N", "--to", str(tmp_path / name), **MISSPECIFIED)
        assert (code, err) == (0, "")
        assert "└" not in out
        assert "W2S student" in out
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.SVG").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.svg", "b.SVG"]
    expected = to_svg(drawn_over(RANGED, "N", 12, 4000), NAMES, [*described(RANGED)])
    assert (tmp_path / "a.svg").read_text("utf-8") == expected


def test_a_failed_write_leaves_the_old_file(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "curves.svg"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    code, out, err = w2s(capsys, "--chart", "N", "--to", str(target))
    assert (code, out) == (2, "")
    assert err == f"w2s: cannot write {target}: No space left on device\n"
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["curves.svg"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--chart", "M"], "--chart must be n or N, not 'M'"),
        (["--low", "20"], "--low needs --chart"),
        (["--high", "20"], "--high needs --chart"),
        (["--to", "a.svg"], "--to needs --chart"),
        (["--chart", "N", "--to", "a.pdf"], "--to a.pdf must end in .svg or .png"),
        (["--chart", "N", "--to", "svg"], "must end in .svg or .png"),
        (["--chart", "N", "--to", "missing/a.svg"], "cannot write missing/a.svg"),
        (["--chart", "N", "--low", "8"], "--low 8: --N 8 is below d_s - 1 = 9"),
        (["--chart", "n", "--low", "18"], "--low 18: --n 18 is below d_w - 1 = 19"),
        (["--chart", "N", "--low", "30", "--high", "30"], "--low 30 must be below --high 30"),
        (["--chart", "N", "--high", "9"], "--low 12 must be below --high 9"),
        (["--chart", "N", "--low", "0"], "--low must be a positive integer"),
        (["--chart", "N", "--high", "many"], "--high must be a number"),
    ],
)
def test_bad_usage_gets_one_sentence(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], word: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = w2s(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("w2s: ")
    assert err.count("\n") == 1
    assert word in err
    assert os.listdir(tmp_path) == []


def test_usage_is_refused_before_anything_is_derived(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derive(*_: object) -> None:
        raise AssertionError("derived")

    monkeypatch.setattr("verify.commands.predict.predict", derive)
    monkeypatch.setattr(made, "predict", derive)
    for arguments in (["--to", "a.svg"], ["--chart", "x"], ["--chart", "N", "--to", "a.gif"]):
        assert w2s(capsys, *arguments)[0] == 2


def renderer(monkeypatch: pytest.MonkeyPatch, sees_text: bool) -> list[dict[str, Any]]:
    """In the place of resvg something that writes down what it is asked."""
    calls = list[dict[str, Any]]()

    def svg_to_bytes(**asked: Any) -> bytes:
        calls.append(asked)
        return b"letter" if ">N<" in asked["svg_string"] and sees_text else b"blank"

    module = types.ModuleType("resvg_py")
    module.svg_to_bytes = svg_to_bytes  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "resvg_py", module)
    return calls


def test_a_png_is_the_svg_rendered(capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls = renderer(monkeypatch, sees_text=True)
    assert w2s(capsys, "--chart", "N", "--to", str(tmp_path / "a.png"))[0] == 0
    assert (tmp_path / "a.png").read_bytes() == b"blank"
    expected = to_svg(drawn_over(PLAIN, "N", 12, 4000), NAMES, [*described(PLAIN)])
    assert calls[-1] == {"svg_string": expected, "zoom": 2}


@pytest.mark.parametrize("installed", [False, True])
def test_a_png_without_renderer_or_font_is_refused(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: bool
) -> None:
    if installed:
        renderer(monkeypatch, sees_text=False)
    else:
        monkeypatch.setitem(sys.modules, "resvg_py", None)
    code, out, err = w2s(capsys, "--chart", "N", "--to", str(tmp_path / "a.png"))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert ("a font on this machine" if installed else "w2s-theory[png]") in err
    assert os.listdir(tmp_path) == []


def test_a_png_by_resvg_itself(capsys: Captured, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="the extra png is not installed")
    code, _, err = w2s(capsys, "--chart", "N", "--to", str(tmp_path / "a.png"))
    if "a font on this machine" in err:
        pytest.skip("no font")
    assert code == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_of_the_readme_is_what_its_command_draws(capsys: Captured, tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    (command,) = (x for x in (root / "README.md").read_text("utf-8").splitlines() if x.endswith("--chart N"))
    drawn = tmp_path / "drawn.svg"
    assert run([*command.split()[1:], "--to", str(drawn)]) == 0
    assert drawn.read_text("utf-8") == (root / "docs" / "main-result.svg").read_text("utf-8")
