"""The book's generator: a page for every claim, all its checks on it, nothing stale, no broken link."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from email.message import Message
from importlib.util import find_spec
from itertools import pairwise
from os.path import normpath
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import sympy as sp

from book import explorer, generate, mathjax, reference, tutorial
from book.chapters import CHAPTERS, filled
from book.claim_page import page
from book.evidence import groups
from book.generate import pages, stamp, write
from book.markup import display, inequality, note, paragraphs, prose, title
from book.notebook import notebook
from book.overview import INDEX
from book.sources import Sources, gather, told
from book.synthetic import SPACES, synthetic
from derivations.claims import Book, claims, plant
from derivations.theorems._published import PAPER, WEAK
from tests.planted import proved, shelf
from tests.running import equal
from verify.certificate import (
    PASSED,
    REFUTED,
    SCHEMA,
    TRUST,
    UNDECIDED,
    Certificate,
    Check,
    to_json,
    write_json,
)
from verify.channels import Subject
from verify.commands import COMMANDS
from verify.dependencies import TRUSTED
from verify.domain import domain
from verify.runner import made_from

IDS = sorted(claims())
ROOT = Path(__file__).parent.parent
MEAN = "wishart-inverse-mean"
Folder = pytest.TempPathFactory


def stub(book: Book, id: str) -> Certificate:
    """A certificate with two sampled checks of every step and one exact one of each part's statement."""
    subject, checks = Subject(book.claims[id], book), list[Check]()
    for number in range(len(subject.claim.parts)):
        checks.append(Check("exact", f"part {number}", "all", PASSED, "1/2", "1/2", part=number, whole=True))
        for pair in subject.pairs(number):
            for at, low in (("small", -0.01), ("large", -0.002)):
                checks.append(
                    Check(
                        "sampling", pair.step, at, PASSED, 1.25, 1.5, 2.0, (low, 0.011), 1e-9, 0.05, 1e-3,
                        method="<pilot & bet>", trials=12345, seed=7, part=number, whole=pair.whole,
                    )
                )  # fmt: skip
    depends, axioms = book.theorem(id).depends, book.axioms(id)
    where = domain(subject.claim, [], checks)
    return Certificate(
        id,
        PASSED,
        "enclosed",
        tuple(checks),
        axioms,
        depends,
        ("2*x for x",),
        where,
        7,
        "quick",
        made_from(subject),
    )


def certify(folder: Path, *found: Certificate) -> None:
    for c in found:
        write_json(folder / f"{c.id}.json", {"schema": SCHEMA, **to_json(c)})


@pytest.fixture(scope="module")
def stubs() -> dict[str, Certificate]:
    return {id: stub(proved(), id) for id in IDS}


@pytest.fixture(scope="module")
def folder(stubs: dict[str, Certificate], tmp_path_factory: Folder) -> Path:
    made = tmp_path_factory.mktemp("certificates")
    certify(made, *stubs.values())
    return made


@pytest.fixture(scope="module")
def sources(folder: Path) -> Sources:
    return gather(folder, book=proved())


@pytest.fixture(scope="module")
def printed(sources: Sources) -> dict[str, str]:
    return pages(sources)


def alone(folder: Path, id: str, book: Book | None = None) -> Sources:
    """What is gathered of one claim and what it rests on."""
    book = book or proved()
    names = (id, *book.ancestors(id))
    made = {name: book.theorem(name) for name in names}
    return gather(folder, book=Book({name: book.claims[name] for name in names}, made))


# --------------------------------------------------------------------------------------- the pages


def test_every_claim_has_a_page_in_the_contents(printed: dict[str, str]) -> None:
    listed = re.findall(r"(?:file|root): (.*)", printed["_toc.yml"])
    by_hand = [path.stem for path in CHAPTERS.glob("*.md")]
    assert sorted(listed) == sorted([INDEX, *by_hand, *(f"claims/{id}" for id in IDS)])
    assert {f"{name}.md" for name in listed} == {name for name in printed if name.endswith(".md")}


def outside_formulas(text: str) -> str:
    """A page without formulas, HTML and code."""
    text = re.sub("^(> ?)+", "", text, flags=re.MULTILINE)
    text = re.sub(r"```\{(math|raw)\}.*?\n```|```bash.*?\n```", "", text, flags=re.DOTALL)
    return re.sub(r"(?<!\\)\$[^$]*\$|`[^`]*`", "", text)


@pytest.mark.parametrize("id", IDS)
def test_no_tex_outside_formulas(printed: dict[str, str], id: str) -> None:
    left = outside_formulas(printed[f"claims/{id}.md"])
    assert "$" not in left
    assert not re.search(r"\\[A-Za-z]", left)
    assert not re.search(r"[\ue000-\uf8ff\u00a0]", left)


@pytest.mark.parametrize("id", IDS)
def test_no_subscript_in_the_text_of_a_formula(printed: dict[str, str], id: str) -> None:
    for text in re.findall(r"\\text\{([^{}]*)\}", printed[f"claims/{id}.md"]):
        assert not re.search("[_^]", text)


def test_links_lead_to_pages(printed: dict[str, str]) -> None:
    for name, text in printed.items():
        here = PurePosixPath(name).parent
        targets = re.findall(r"\]\(([^)]*)\)", outside_formulas(text)) if name.endswith(".md") else []
        targets += [t.replace(".html", ".md") for t in re.findall(r'href="([^"#]*)"', text)]
        for target in targets:
            if not target.startswith("https://"):
                assert normpath(here / target) in printed, (name, target)


def rows(text: str) -> int:
    """Rows of the tables of all checks on a page."""
    return sum(block.count("<tr>") - 1 for block in re.findall(r"All checks:.*?</details>", text, re.DOTALL))


@pytest.mark.parametrize("id", IDS)
def test_every_check_is_on_the_page(printed: dict[str, str], stubs: dict[str, Certificate], id: str) -> None:
    text = printed[f"claims/{id}.md"]
    assert rows(text) == len(stubs[id].checks)
    assert "w2s-draft" not in text
    assert "&lt;pilot &amp; bet&gt;" in text or not Subject(claims()[id], proved()).pairs(0)


@pytest.mark.parametrize("id", IDS)
def test_the_steps_of_the_proof_have_their_evidence(printed: dict[str, str], id: str) -> None:
    book = proved()
    every = [pair for k in range(len(claims()[id].parts)) for pair in Subject(claims()[id], book).pairs(k)]
    steps = {(pair.part, pair.step) for pair in every if not pair.whole}
    lines = printed[f"claims/{id}.md"].count('<p class="w2s-evidence">')
    assert lines >= len(steps)  # steps inside those of a proof may share a name
    assert (lines > 0) == bool(steps)


def test_a_page_says_what_rests_on_what(sources: Sources) -> None:
    text = page(sources, MEAN)
    below, above = text.split("## What rests on it")
    assert "[orthogonal-invariance](orthogonal-invariance.md)" in below
    assert "[w2s-variance-inherited](w2s-variance-inherited.md)" in above
    assert all(f"({id}.md)" in above for id in sources.above(MEAN))
    assert "{download}`its certificate <../certificates/wishart-inverse-mean.json>`" in text
    assert "w2s check certificates/wishart-inverse-mean.json" in text
    assert "`2*x for x`" in text


def test_the_badge_has_the_weakest_trust_along_the_dependencies(
    stubs: dict[str, Certificate], tmp_path: Path
) -> None:
    certify(tmp_path, *stubs.values())
    weak = stubs[MEAN]
    checks = tuple(c for c in weak.checks if c.channel == "sampling")
    certify(tmp_path, replace(weak, checks=checks, trust="supported"))
    text = page(gather(tmp_path, book=proved()), "w2s-variance")
    assert '<span class="w2s-badge w2s-supported">supported</span>' in text
    assert (
        f"Its own evidence earns *enclosed*, but that of [{MEAN}]({MEAN}.md) no more than *supported*."
        in text
    )


def test_the_graph_leads_to_the_pages(printed: dict[str, str]) -> None:
    text = printed["graph.md"]
    assert text.count("<svg") == 1
    boxes = re.findall(r'<a href="claims/([^"]*)\.html">\n<g id="claim-([^"]*)"', text)
    assert sorted(boxes) == [(id, id) for id in IDS]
    assert len(re.findall("<option value=.[a-z]", text)) == len(IDS)


def luminance(colour: str) -> float:
    return sum(w * int(colour[i : i + 2], 16) for w, i in ((0.2126, 1), (0.7152, 3), (0.0722, 5)))


def test_trust_is_read_off_the_graph_without_colours() -> None:
    light = [luminance(fill) for fill, _ in TRUSTED.values()]
    assert all(b - a > 9 for a, b in pairwise(light))
    dashes = [dash for _, dash in TRUSTED.values()]
    assert len({*dashes[1:]}) == 3
    style = (ROOT / "book/_static/w2s.css").read_text("utf-8")
    for trust, (fill, _) in TRUSTED.items():
        assert re.search(rf"\.w2s-{trust}[,\w. -]* {{ background: {fill}; }}", style), trust


def test_a_chapter_asks_for_nothing_that_is_not_computed(sources: Sources) -> None:
    with pytest.raises(KeyError, match=r"new\.md asks for weather"):
        filled("new.md", "today: {{ weather }}", sources)


def test_consequences_show_region_and_argument(printed: dict[str, str]) -> None:
    text = printed["claims/w2s-beats-teacher.md"]
    assert r"\operatorname{sign}" in text
    assert "### Assumptions" in text
    assert "left over right is" in text
    assert "insert what [" in text


# ---------------------------------------------------------------------------------------- evidence


def test_the_closest_call_is_the_one_shown() -> None:
    near = Check("sampling", "step", "near", PASSED, interval=(-0.001, 0.03), detectable=0.05)
    far = Check("sampling", "step", "far", PASSED, interval=(-0.03, 0.03), detectable=0.08)
    other = Check("exact", "step", "there", PASSED, detectable=0.0)
    exact, sampled = groups([far, near, other])
    assert (exact.channel, sampled.closest.point, sampled.detects) == ("exact", "near", (0.05, 0.08))
    worse = replace(far, verdict=UNDECIDED)
    (group,) = groups([near, worse])
    assert (group.verdict, group.closest.point, group.trust) == (UNDECIDED, "far", TRUST[0])
    (group,) = groups([near, replace(far, verdict="identical")])
    assert group.verdict == PASSED
    (group,) = groups([replace(far, verdict="identical")])
    assert group.verdict == "identical"


def test_statements_come_before_steps_in_the_order_of_the_proof() -> None:
    names = ["proof, step 1: a", "proof, step 2: b"]
    checks = [Check("sampling", s, "", PASSED) for s in reversed(names)]
    checks += [Check(c, "statement", "", PASSED, whole=True) for c in ("sampling", "replay")]
    found = [(g.step, g.channel) for g in groups(checks, names)]
    assert found == [("statement", "replay"), ("statement", "sampling"), *((n, "sampling") for n in names)]


# ----------------------------------------------------------------------------- what is not printed


def refused(sources: Sources) -> dict[str, str]:
    return dict(sources.refusals)


def test_all_is_printed_when_all_is_current(sources: Sources) -> None:
    assert sources.refusals == ()
    assert sorted(sources.certificates) == IDS


def test_a_changed_closed_form_is_refused_by_name(folder: Path) -> None:
    wrong = plant(claims()["teacher-variance"], right=2 * equal("teacher-variance").right)
    with pytest.raises(ValueError, match="teacher-variance"):
        gather(folder, book=shelf(wrong))


def test_a_claim_that_says_something_else_is_stale(folder: Path) -> None:
    known = claims()["noise-energy"]
    other = replace(known, statement=known.statement.replace("sigma", "tau"))
    found = refused(alone(folder, "noise-energy", shelf(other)))
    assert found == {"noise-energy": "has a stale certificate: statement changed since"}
    assert told(tuple(found.items())).endswith("statement changed since: noise-energy")


@pytest.mark.parametrize("name", ["statement", "derivation", "code", "environment"])
def test_any_digest_makes_a_certificate_stale(
    stubs: dict[str, Certificate], tmp_path: Path, name: str
) -> None:
    old = replace(stubs["noise-energy"], digests={**stubs["noise-energy"].digests, name: "0" * 32})
    certify(tmp_path, old)
    assert refused(alone(tmp_path, "noise-energy")) == {
        "noise-energy": f"has a stale certificate: {name} changed since"
    }


def test_what_is_missing_broken_or_not_passed_is_refused(
    stubs: dict[str, Certificate], tmp_path: Path
) -> None:
    right = stubs["noise-energy"]
    assert refused(alone(tmp_path, "noise-energy")) == {"noise-energy": "has no certificate"}
    for verdict in (REFUTED, UNDECIDED):
        checks = (*right.checks, replace(right.checks[0], verdict=verdict))
        certify(tmp_path, replace(right, checks=checks, verdict=verdict, trust="none"))
        assert refused(alone(tmp_path, "noise-energy")) == {"noise-energy": f"is {verdict}"}
    path = tmp_path / "noise-energy.json"
    certify(tmp_path, replace(right, trust="proved"))  # more than its checks earn
    assert "do not earn" in refused(alone(tmp_path, "noise-energy"))["noise-energy"]
    for content in (path.read_text()[:-9], "[]", "{}", json.dumps({"schema": "w2s.report/2"})):
        path.write_text(content)
        assert "is not a certificate" in refused(alone(tmp_path, "noise-energy"))["noise-energy"]
    certify(tmp_path, replace(right, id="elsewhere"))
    (tmp_path / "elsewhere.json").rename(path)
    assert refused(alone(tmp_path, "noise-energy")) == {
        "noise-energy": "has the certificate of another, elsewhere"
    }


def two() -> Book:
    """Two claims that rest on nothing."""
    book = proved()
    ids = ("noise-energy", "gram-pseudoinverse")
    return Book({id: book.claims[id] for id in ids}, {id: book.theorem(id) for id in ids})


@pytest.fixture
def empty_chapters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chapters of a heading each, for claims that do not have what the real ones speak of."""
    texts = {path.name: f"# {path.stem}\n" for path in CHAPTERS.glob("*.md")}
    monkeypatch.setattr(generate, "chapters", lambda sources: texts)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_chapters: None) -> Path:
    """The command, for two claims, into a folder of the test."""
    monkeypatch.setattr(generate, "gather", lambda at: gather(at, book=two()))
    monkeypatch.setattr(generate, "GENERATED", tmp_path / "generated")
    monkeypatch.setattr(generate, "STAMP", tmp_path / "generated" / ".made-from")
    monkeypatch.setattr(mathjax, "vendored", lambda at: False)
    monkeypatch.setattr(mathjax, "present", lambda at: True)
    (tmp_path / "certificates").mkdir()
    return tmp_path


def test_the_command_refuses_and_drafts(
    small: Path, stubs: dict[str, Certificate], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--certificates", str(small / "certificates")]
    certify(small / "certificates", stubs["noise-energy"])
    assert generate.main(arguments) == 3
    assert "has no certificate: gram-pseudoinverse" in capsys.readouterr().err
    assert not (small / "generated").exists()
    assert generate.main([*arguments, "--draft"]) == 0
    grey = (small / "generated/claims/gram-pseudoinverse.md").read_text()
    assert "w2s-draft-mark" in grey
    assert "A draft: this claim has no certificate." in grey
    assert "Evidence" not in grey
    assert "w2s-draft" not in (small / "generated/claims/noise-energy.md").read_text()
    assert generate.main(arguments) == 3  # the drafts do not count
    certify(small / "certificates", stubs["gram-pseudoinverse"])
    assert generate.main(arguments) == 0
    assert "w2s-draft" not in (small / "generated/claims/gram-pseudoinverse.md").read_text()
    capsys.readouterr()
    assert generate.main(arguments) == 0
    assert "nothing has changed" in capsys.readouterr().out


def test_files_that_stay_are_not_touched_and_others_go(
    small: Path, stubs: dict[str, Certificate], tmp_path: Path
) -> None:
    certify(small / "certificates", stubs["noise-energy"], stubs["gram-pseudoinverse"])
    found, to = gather(small / "certificates", book=two()), tmp_path / "generated"
    write(found, to, offline=True)
    config = (to / "_config.yml").read_text()
    assert config.endswith(mathjax.SETTINGS)
    assert "sphinx:\n  config:\n" in config.removesuffix(mathjax.SETTINGS)
    kept, changed = to / "claims/noise-energy.md", to / "claims/gram-pseudoinverse.md"
    os.utime(kept, (1, 1))
    changed.write_text("something else")
    (to / "claims/withdrawn.md").write_text("")
    write(found, to, offline=False)
    assert kept.stat().st_mtime == 1
    assert changed.read_text() != "something else"
    assert not (to / "claims/withdrawn.md").exists()
    assert "mathjax" not in (to / "_config.yml").read_text()
    assert json.loads((to / "certificates/noise-energy.json").read_text())["id"] == "noise-energy"


def test_the_stamp_knows_certificates_and_drafts(stubs: dict[str, Certificate], tmp_path: Path) -> None:
    empty = stamp(tmp_path, draft=False)
    assert empty == stamp(tmp_path, draft=False) != stamp(tmp_path, draft=True)
    certify(tmp_path, stubs["noise-energy"])
    assert stamp(tmp_path, draft=False) != empty


# ------------------------------------------------------------------------------------------ markup


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$a_b$ and a_b, 5\% -- [x] <y> *z*", r"$a_b$ and a\_b, 5% – \[x\] \<y\> \*z\*"),
        ("see noise-energy, energy-noise", "see [noise-energy](noise-energy.md), energy-noise"),
        ("a  $x\n y$", "a $x y$"),
    ],
)
def test_prose(text: str, expected: str) -> None:
    assert prose(text, ["noise-energy"]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-d_w + n - 1 > 0", "$n - d_w - 1 > 0$"),
        ("d_s*s - w*(N - 2*d_s - 1) >= 0", r"$d_s s - w (N - 2 d_s - 1) \ge 0$"),
        ("-delta2 + rho_w >= 0", r"$\rho_w - \delta^2 \ge 0$"),
        ("-Value(a-b, 0) + Value(c, 0) > 0", r"$\text{c} - \text{a-b} > 0$"),
    ],
)
def test_inequalities_of_certificates_are_formulas(text: str, expected: str) -> None:
    assert inequality(text) == expected


def test_notes_and_titles() -> None:
    assert note("V_w\\V_s: Γ_w = Γ_s C + R").count("$") % 2 == 0
    assert note("by noise-energy", ["noise-energy"]) == "by [noise-energy](noise-energy.md)"
    assert note("a Gaussian m x d matrix with m >= d") == r"a Gaussian $m×d$ matrix with $m \ge d$"
    assert title("V_w\\V_s") == r"V\_w∖V\_s"
    assert paragraphs("A limit.\n\n  See w2s-risk.", ["limit", "w2s-risk"]) == [
        "A limit.",
        "See [w2s-risk](w2s-risk.md).",
    ]
    assert display("&= x") == "```{math}\n= x\n```"
    assert r"\begin{align*}" in display("&= x", "&+ y")


# ------------------------------------------------------------------------------------ the real thing


@pytest.mark.skipif(find_spec("jupyter_book") is None, reason="needs the extra: pip install .[book]")
@pytest.mark.usefixtures("empty_chapters")
def test_jupyter_book_builds_without_a_warning(sources: Sources, tmp_path: Path) -> None:
    write(gather(sources.folder, book=two()), tmp_path / "pages", offline=False)
    program = [sys.executable, "-c", "import sys; from jupyter_book.cli.main import main; sys.exit(main())"]
    command = [*program, "build", "pages", "--path-output", ".", "-n", "-W"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = (tmp_path / "_build/html/claims/noise-energy.html").read_text()
    assert 'class="math' in built
    assert list((tmp_path / "_build/html/_downloads").rglob("noise-energy.json"))
    assert 'href="noise-energy.html"' in (tmp_path / "_build/html/claims/index.html").read_text()


# ---------------------------------------------------------------------------------- the explorer


@pytest.mark.parametrize("id", explorer.CLAIMS)
def test_the_explorer_has_what_the_claim_concludes(id: str) -> None:
    conclusion = proved().theorem(id).conclusion
    stable = explorer.stable(conclusion)
    assert sp.cancel(sp.together(stable - conclusion.subs(explorer.TARGET))) == 0
    assert sp.jscode(stable) in explorer.script(proved())


def test_the_synthetic_experiment_is_the_one_that_claims_compare_at() -> None:
    assert synthetic(WEAK) == PAPER
    assert [p["d_sw"] for p in map(synthetic, SPACES)] == [90, 50, 10]
    for p in map(synthetic, SPACES):
        assert p["rho_s"] == p["rho_w"] + p["tau2"] - p["delta2"]


# ------------------------------------------------------------------------- chapters and downloads


def test_notebooks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(notebook(claims()["gram-pseudoinverse"]))
    names: dict[str, Any] = {}
    for cell in found["cells"]:
        if cell["cell_type"] == "code":
            exec(cell["source"], names)
    assert names["found"].verdict == PASSED
    assert all(json.loads(notebook(claim))["nbformat"] == 4 for claim in claims().values())


def test_links_to_code_come_from_the_metadata_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reference.source_of("derivations.lemmas.bartlett") is None  # no address is in pyproject.toml
    message = Message()
    message["Project-URL"] = "Homepage, https://example.org"
    message["Project-URL"] = "Repository, https://example.org/code/"
    monkeypatch.setattr(reference, "metadata", lambda name: message)
    assert reference.source_of("derivations.lemmas.bartlett") == (
        "https://example.org/code/blob/main/derivations/lemmas/bartlett.py"
    )


def test_the_bibliography_is_that_of_the_citation_file() -> None:
    found = reference.bibtex()
    cff = (ROOT / "CITATION.cff").read_text("utf-8")
    for value in re.findall(r"(?:family-names|given-names): (.*)", cff):
        assert value in found
    assert found.count("{") == found.count("}")


def test_the_reference_has_every_command_and_option(printed: dict[str, str]) -> None:
    text = printed["commands.md"]
    assert re.findall(r"^## w2s (.*)", text, re.MULTILINE) == [*COMMANDS]
    for name in COMMANDS:
        assert f"Usage: w2s {name}" in text
    assert "--as-published" in text


def test_published_forms_are_all_in_the_table(printed: dict[str, str]) -> None:
    forms = sum(len(c.published) for c in claims().values())
    assert printed["published.md"].count("Exact over published") == forms


@pytest.mark.parametrize("name", sorted(path.name for path in CHAPTERS.glob("*.md")))
def test_chapters_have_no_number_typed(name: str) -> None:
    words = re.sub(r"\$[^$]*\$|`[^`]*`|\{\{[^}]*\}\}|\]\([^)]*\)", "", (CHAPTERS / name).read_text("utf-8"))
    assert not re.search(r"\d", words.replace("w2s", ""))


def test_the_stamp_knows_what_chapters_quote(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "book"
    home.mkdir()
    monkeypatch.setattr(generate, "HERE", home)
    for name in ("CHANGELOG.md", "CITATION.cff", "pyproject.toml"):
        (tmp_path / name).write_text("")
    before = stamp(tmp_path, draft=False)
    (tmp_path / "CHANGELOG.md").write_text("news")
    assert stamp(tmp_path, draft=False) != before


def test_a_false_claim_or_a_claim_that_fails_stops_the_tutorial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tutorial, "EXAMPLE", tutorial.FALSE[1])
    with pytest.raises(ValueError, match="ended with 2"):  # no such id in that file
        tutorial.checked(None)  # type: ignore[arg-type]  # it needs no sources


def test_the_command_names_the_claim_whose_closed_form_was_changed(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = plant(claims()["teacher-variance"], right=2 * equal("teacher-variance").right)
    monkeypatch.setattr(generate, "gather", lambda at: gather(at, book=shelf(wrong)))
    assert generate.main(["--certificates", str(small / "certificates")]) == 1
    assert "teacher-variance" in capsys.readouterr().err
    assert not (small / "generated").exists()
