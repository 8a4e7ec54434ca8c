"""The command w2s graph: the order, what falls with a claim, the drawings, the files it reads and writes."""

import json
import os
import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from derivations.claims import Book, claims, library
from verify.certificate import SCHEMA
from verify.commands import _claims, run
from verify.commands._text import cells
from verify.dependencies import BOX, Node, dependents, layers, layout, order, to_dot, to_svg

IDS = sorted(claims())
SVG = "{http://www.w3.org/2000/svg}"
MEAN = "wishart-inverse-mean"
DIAMOND = {"top": ("left", "right", "base"), "left": ("base",), "right": ("base",), "base": (), "alone": ()}
Captured = pytest.CaptureFixture[str]
Box = tuple[float, float, float, float]


@pytest.fixture(scope="module")
def derived_once() -> Book:
    return library()


@pytest.fixture(autouse=True)
def _eighty_columns_and_no_certificates(
    monkeypatch: pytest.MonkeyPatch, derived_once: Book, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(_claims, "Book", lambda known: derived_once)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def depends(derived_once: Book) -> dict[str, tuple[str, ...]]:
    return {id: derived_once.theorem(id).depends for id in IDS}


def graph(capsys: Captured, *arguments: str) -> str:
    """What the command prints when it does well."""
    code = run(["graph", *arguments])
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    return printed.out


def assert_refused(capsys: Captured, arguments: list[str], *words: str) -> None:
    """One sentence on stderr, nothing on stdout, exit code 2."""
    code = run(["graph", *arguments])
    printed = capsys.readouterr()
    assert (code, printed.out) == (2, "")
    assert printed.err.startswith("w2s: ")
    assert printed.err.count("\n") == 1
    assert all(word in printed.err for word in words)


def certify(folder: Path, id: str, verdict: str, trust: str) -> None:
    """A certificate, as far as the graph reads it."""
    content = {"schema": SCHEMA, "id": id, "verdict": verdict, "trust": trust}
    (folder / f"{id}.json").write_text(json.dumps(content))


# ------------------------------------------------------------------------------------ the graph


def test_the_order_is_topological(depends: Mapping[str, tuple[str, ...]]) -> None:
    found = order(depends)
    assert sorted(found) == IDS
    assert all(found.index(d) < found.index(id) for id in IDS for d in depends[id])


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        order({"a": ("b",), "b": ("a",)})


def test_distances_are_the_shortest_and_layers_the_longest() -> None:
    assert dependents(DIAMOND, "base") == {"top": 1, "left": 1, "right": 1}
    assert dependents({**DIAMOND, "more": ("left",)}, "base")["more"] == 2
    assert dependents(DIAMOND, "top") == {}
    assert layers(DIAMOND) == {"base": 0, "alone": 0, "left": 1, "right": 1, "top": 2}


def test_an_arrow_over_a_column_has_a_lane_of_its_own() -> None:
    found = layout(DIAMOND, 50)
    assert found.arrows["base", "top"] == [("base", 0), ("base", 1), ("top", 2)]
    lane = found.centres["base", 1]
    assert all(abs(lane - found.centres[id, 1]) > 25 for id in ("left", "right"))
    assert [b.x for b in map(found.boxes.__getitem__, ("base", "left", "top"))] == found.lefts


# ------------------------------------------------------------------------------------- the text


def test_text_lists_each_claim_below_what_it_rests_on(capsys: Captured) -> None:
    out = graph(capsys)
    assert max(map(cells, out.splitlines())) <= 80
    ids = re.findall(r"^(\S+)  +-  -", out, re.MULTILINE)
    assert sorted(ids) == IDS
    assert ids.index("w2s-variance-reduced") < ids.index("w2s-variance")
    joined = re.sub(r"\n +", " ", out)
    variance = re.search(r"^w2s-variance +- +- +<-\s(.*)$", joined, re.MULTILINE)
    assert variance
    assert {"w2s-variance-inherited", "w2s-variance-reduced"} <= set(variance[1].split(", "))


def test_text_has_verdicts_and_explains_the_asterisk(capsys: Captured, tmp_path: Path) -> None:
    certify(tmp_path, "noise-energy", "passed", "supported (assumed variance)")
    certify(tmp_path, "bartlett", "not_applicable", "none")
    out = graph(capsys, "--out", str(tmp_path))
    assert re.search(r"^noise-energy +passed +supported\*$", out, re.MULTILINE)
    assert re.search(r"^bartlett +n/a +none$", out, re.MULTILINE)
    assert out.splitlines()[-1].startswith("* the variance is assumed")


def test_what_falls_with_a_claim(capsys: Captured) -> None:
    first, *lines = graph(capsys, "--falls", MEAN).splitlines()
    rows = [line.split()[:2] for line in lines]
    falling = {id: int(distance) for distance, id in rows}
    assert first.startswith(f"With {MEAN} would fall {len(lines)} claims")
    assert {"teacher-variance", "w2s-variance", "w2s-risk"} <= set(falling)
    assert not {"gram-pseudoinverse", MEAN} & set(falling)
    assert falling["w2s-variance-reduced"] == 1
    assert falling["w2s-variance"] == 2
    assert [*falling.values()] == sorted(falling.values())


def test_nothing_falls_with_a_claim_that_nobody_cites(
    capsys: Captured, depends: dict[str, list[str]]
) -> None:
    lonely = next(id for id in IDS if not any(id in below for below in depends.values()))
    assert graph(capsys, "--falls", lonely) == f"Nothing rests on {lonely}.\n"


# -------------------------------------------------------------------------------- JSON and trust


def test_json(capsys: Captured, depends: dict[str, tuple[str, ...]]) -> None:
    shown = json.loads(graph(capsys, "--json", "--falls", MEAN))
    assert graph(capsys, "--format", "json") == graph(capsys, "--json")
    assert set(shown) == {"claims", "falls"}
    assert shown["falls"] == MEAN
    assert all(set(c) == {"id", "verdict", "trust", "depends", "falls"} for c in shown["claims"])
    assert {c["id"]: tuple(c["depends"]) for c in shown["claims"]} == depends
    assert {c["id"] for c in shown["claims"] if c["falls"]} == set(dependents(depends, MEAN))
    assert json.loads(graph(capsys, "--json"))["falls"] is None


def test_trust_is_limited_by_everything_underneath(capsys: Captured, tmp_path: Path) -> None:
    certify(tmp_path, "noise-energy", "refuted", "none")
    certify(tmp_path, "w2s-variance", "passed", "proved")  # rests on it through claims without a certificate
    certify(tmp_path, MEAN, "passed", "proved")
    found = json.loads(graph(capsys, "--json", "--out", str(tmp_path)))["claims"]
    known = {c["id"]: (c["verdict"], c["trust"]) for c in found}
    assert known["noise-energy"] == ("refuted", "none")
    assert known["w2s-variance"] == ("passed", "none")
    assert known[MEAN] == ("passed", "proved")
    assert known["w2s-variance-reduced"] == ("-", "-")


# --------------------------------------------------------------------------------- the drawings


def test_dot_has_every_claim_and_every_edge(capsys: Captured, depends: dict[str, tuple[str, ...]]) -> None:
    out = graph(capsys, "--format", "dot", "--falls", MEAN)
    opening, *body, closing = out.splitlines()
    assert (opening, closing) == ("digraph claims {", "}")
    name, value = r'"([^"]+)"', r'(?:"[^"]*"|\w+)'
    attribute = rf"\w+={value}"
    statement = rf"  (?:{attribute}|(?:node|{name}) \[{attribute}(?:, {attribute})*\]|{name} -> {name});"
    assert [line for line in body if not re.fullmatch(statement, line)] == []
    assert set(re.findall(rf"^  {name} \[", out, re.MULTILINE)) == set(IDS)
    edges = re.findall(rf"{name} -> {name};", out)
    assert sorted(edges) == sorted((d, id) for id in IDS for d in depends[id])
    assert out.count("peripheries=2") == 1 + len(dependents(depends, MEAN))


def boxes(drawing: ElementTree.Element) -> dict[str, Box]:
    """The corners of the claims' boxes, by the ids of their groups."""
    found = {}
    for group in drawing.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        x, y, width, height = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
        found[group.attrib["id"]] = (x, y, x + width, y + height)
    return found


@pytest.mark.parametrize("more", [[], ["--falls", MEAN]], ids=["plain", "falls"])
def test_svg_is_whole_and_no_boxes_overlap(
    capsys: Captured, depends: dict[str, tuple[str, ...]], more: list[str]
) -> None:
    drawing = ElementTree.fromstring(graph(capsys, "--format", "svg", *more))
    found = boxes(drawing)
    assert sorted(found) == [f"claim-{id}" for id in IDS]
    for (left, top, right, bottom), other in combinations(found.values(), 2):
        assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
    width, height = float(drawing.attrib["width"]), float(drawing.attrib["height"])
    assert all(0 < b[0] and b[2] < width and 0 < b[1] and b[3] < height for b in found.values())
    arrows = [path for path in drawing.iter(f"{SVG}path") if "arrow" in path.get("class", "")]
    assert len(arrows) == sum(map(len, depends.values()))


def test_svg_lanes_pass_no_box(depends: dict[str, tuple[str, ...]]) -> None:
    found = layout(depends, 50)
    for (_, column), height in ((s, y) for s, y in found.centres.items() if s[1] != layers(depends)[s[0]]):
        beside = [b for b in found.boxes.values() if b.x == found.lefts[column]]
        assert not any(b.y <= height <= b.y + b.height for b in beside)


def test_svg_says_in_words_what_it_says_in_colour(capsys: Captured, tmp_path: Path) -> None:
    certify(tmp_path, MEAN, "refuted", "none")
    drawing = ElementTree.fromstring(
        graph(capsys, "--format", "svg", "--falls", MEAN, "--out", str(tmp_path))
    )
    groups = {g.attrib["id"]: g for g in drawing.iter(f"{SVG}g")}
    assert groups[f"claim-{MEAN}"].attrib["class"] == "claim refuted falls"
    assert groups["claim-gram-pseudoinverse"].attrib["class"] == "claim unchecked"
    assert [t.text for t in groups[f"claim-{MEAN}"].iter(f"{SVG}text")][-2:] == [
        "refuted · none",
        "taken away",
    ]
    assert [t.text for t in groups["claim-w2s-variance"].iter(f"{SVG}text")][-1] == "falls, 2 away"
    for id in IDS:
        title = groups[f"claim-{id}"].find(f"{SVG}title")
        assert title is not None
        assert (title.text or "").startswith(f"{id}: ")


def test_svg_escapes_ids_and_needs_no_claims() -> None:
    drawing = ElementTree.fromstring(to_svg([Node('a<&"b', "-", "-", ()), Node("c", "-", "-", ('a<&"b',))]))
    assert list(boxes(drawing)) == ['claim-a<&"b', "claim-c"]
    ElementTree.fromstring(to_svg([]))
    assert '"a" -> "b"' in to_dot([Node("a", "-", "-", ()), Node("b", "-", "-", ("a",))])


def test_svg_grows_with_the_layers() -> None:
    chain = {str(i): (str(i - 1),) if i else () for i in range(9)}
    found = layout(chain, 50)
    assert all(b - a > BOX for a, b in zip(found.lefts, found.lefts[1:], strict=False))
    assert found.width > found.lefts[-1] + BOX


# ------------------------------------------------------------------------------- files, bad input


@pytest.mark.parametrize("form", ["text", "svg", "dot", "json"])
def test_to_writes_what_would_be_printed(capsys: Captured, tmp_path: Path, form: str) -> None:
    printed = graph(capsys, "--format", form)
    assert graph(capsys, "--format", form, "--to", str(tmp_path / "graph")) == ""
    assert (tmp_path / "graph").read_text("utf-8") == printed
    assert os.listdir(tmp_path) == ["graph"]


def test_a_failed_write_leaves_the_old_file(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "graph.svg"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    assert_refused(capsys, ["--format", "svg", "--to", str(target)], "cannot write", "No space left")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["graph.svg"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--falls", "w2s-varianc"], "did you mean w2s-variance?"),
        (["--format", "png"], "--format must be one of"),
        (["--json", "--format", "svg"], "exclude each other"),
        (["--to", "missing/graph.txt"], "cannot write missing/graph.txt"),
    ],
)
def test_bad_usage_gets_one_sentence(capsys: Captured, arguments: list[str], word: str) -> None:
    assert_refused(capsys, arguments, word)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ('{"verdict": "pas', "not whole JSON"),
        ('["verdict"]', "not a certificate of bartlett"),
        (json.dumps({"schema": SCHEMA, "id": "misfit", "verdict": "passed", "trust": "none"}), "of bartlett"),
        (json.dumps({"schema": SCHEMA, "id": "bartlett", "verdict": "passed"}), "missing or unknown"),
        (json.dumps({"schema": SCHEMA, "id": "bartlett", "verdict": [], "trust": {}}), "missing or unknown"),
        (None, "cannot read"),
    ],
    ids=["torn", "list", "another", "no trust", "wrong types", "folder"],
)
def test_an_unreadable_certificate_is_named(
    capsys: Captured, tmp_path: Path, content: str | None, word: str
) -> None:
    file = tmp_path / "bartlett.json"
    if content is None:
        file.mkdir()
    else:
        file.write_text(content)
    assert_refused(capsys, ["--out", str(tmp_path)], str(file), word)
