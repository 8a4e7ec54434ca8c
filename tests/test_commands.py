"""The command w2s: what it prints, its JSON, its exit codes, and how soon it answers."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from derivations.claims import Book, claims, library
from verify import commands
from verify.commands import COMMANDS, Stop, _claims, _text, run
from verify.commands._text import board, cells, fill, latex_prose, maths, plain

IDS = sorted(claims())
ROOT = Path(__file__).parent.parent
Captured = pytest.CaptureFixture[str]


def w2s(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    """Run a command line in this process: its exit code, what it printed, what it complained of."""
    code = run(arguments)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def shell(*command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own."""
    environment = {**os.environ, "COLUMNS": "80", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment,
        timeout=60,
    )


@pytest.fixture(scope="module")
def derived_once() -> Book:
    return library()


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch, derived_once: Book) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(_claims, "Book", lambda known: derived_once)


def assert_refused(result: tuple[int, str, str], *words: str) -> None:
    """One sentence on stderr, nothing on stdout, exit code 2."""
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("w2s: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err


# -------------------------------------------------------------------------------- the frame


def test_help_answers_at_once() -> None:
    seconds = []
    for _ in range(3):  # the best of three, because other tests may be using the machine
        start = time.perf_counter()
        answer = shell("-m", "verify", "--help")
        seconds.append(time.perf_counter() - start)
        assert answer.returncode == 0
        assert all(name in answer.stdout for name in COMMANDS)
    assert min(seconds) < 0.5


def test_the_frame_imports_nothing_heavy() -> None:
    heavy = ("sympy", "numpy", "numba", "scipy", "mpmath", "rich", "derivations")
    program = (
        f"import sys, verify.commands as c; c.run(['-h']); print([m for m in {heavy} if m in sys.modules])"
    )
    assert shell("-c", program).stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_explains_itself_with_an_example(capsys: Captured, name: str) -> None:
    if importlib.util.find_spec(f"verify.commands.{name}") is None:
        assert_refused(w2s(capsys, name), "not part of this version")
        return
    code, out, _ = w2s(capsys, name, "--help")
    assert code == 0
    assert re.search(rf"Example:\s+w2s\s+{name}", " ".join(out.split()))
    assert "--json" in out


def test_no_arguments_greet_with_three_commands_that_work(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        commands.main([])
    assert end.value.code == 0
    greeting = capsys.readouterr().out
    begins = re.findall(r"^  w2s ((?:\S+ )*\S+)", greeting, re.MULTILINE)
    assert len(begins) == 3
    for line in begins:
        name, *_ = line.split()
        arguments = ["verify", "--help"] if name == "verify" else line.split()  # which takes seconds
        assert w2s(capsys, *arguments)[0] == 0
    assert max(map(len, greeting.splitlines())) <= 80


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("w2s pre", {"predict"}),
        ("w2s predict --rho", {"--rho-w", "--rho-s"}),
        ("w2s show w2s-variance-r", {"w2s-variance-reduced"}),
        ("w2s graph --falls wishart-inverse-m", {"wishart-inverse-mean"}),
    ],
)
@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_completion(line: str, expected: set[str], name: str) -> None:
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1), "_TYPER_COMPLETE_ARGS": line}
    if name == "bash":
        del asked["_TYPER_COMPLETE_ARGS"]
    program = "from verify.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **asked, "_W2S_COMPLETE": f"complete_{name}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {word for word in expected if word in done.stdout} == expected
    assert "bartlett" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["list", "--nonsense"], "--nonsense"),
        (["show"], "Missing argument"),
        (["show", "w2s-varianc"], "did you mean w2s-variance?"),
        (["show", "nonsense"], "w2s list shows them all"),
        (["predict", "--d-w", "3"], "--d-s"),
    ],
)
def test_bad_usage_gets_one_sentence(capsys: Captured, arguments: list[str], word: str) -> None:
    assert_refused(w2s(capsys, *arguments), word)


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (Stop("it was refuted", 1), 1, "w2s: it was refuted"),
        (Stop("bad input."), 2, "w2s: bad input"),
    ],
)
def test_how_commands_end(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, words: str
) -> None:
    def command() -> None:
        raise raised

    monkeypatch.setattr(commands, "_load", lambda name: command)
    result = w2s(capsys, "list")
    assert result[0] == code
    assert words in result[2]


def test_a_command_returns_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_load", lambda name: lambda: 3)
    assert run(["list"]) == 3


def test_a_reader_who_leaves_is_no_error() -> None:
    line = f"{sys.executable} -m verify show w2s-variance --json | head -n 1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert (done.stdout, done.stderr) == ("{\n", "")


# ------------------------------------------------------------------------------------- list


def test_list_has_every_claim_and_the_last_verdict(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "noise-energy.json").write_text(json.dumps({"verdict": "passed"}))
    (tmp_path / "bartlett.json").write_text('{"verdict": "pas')
    (tmp_path / "w2s-variance.json").write_text('["verdict"]')
    code, out, _ = w2s(capsys, "list", "--json", "--out", str(tmp_path))
    rows = json.loads(out)
    assert code == 0
    assert all(set(row) == {"id", "kind", "title", "source", "verdict"} for row in rows)
    assert {row["id"]: row["verdict"] for row in rows} == dict.fromkeys(IDS) | {"noise-energy": "passed"}

    code, out, _ = w2s(capsys, "list", "--out", str(tmp_path))
    assert code == 0
    assert re.search(r"^noise-energy +equality +passed$", out, re.MULTILINE)
    assert re.search(r"^bartlett +law +-$", out, re.MULTILINE)
    assert max(map(cells, out.splitlines())) <= 80


# ------------------------------------------------------------------------------------- show


@pytest.mark.parametrize("claim", IDS)
def test_show_fits_a_terminal(capsys: Captured, claim: str) -> None:
    code, out, _ = w2s(capsys, "show", claim)
    assert code == 0
    assert out.startswith(claim)
    too_long = [line for line in out.splitlines() if cells(line) > 80]
    assert too_long == []
    assert not re.search(r"\\[a-z]|\$|[\ue000-\uf8ff\u00a0]", out)  # neither LaTeX nor marks of ours are left


def test_show_reads_like_a_proof(capsys: Captured) -> None:
    _, out, _ = w2s(capsys, "show", "w2s-variance")
    lines = [line.strip() for line in out.splitlines()]
    proof = lines[lines.index("Proof") :]
    assert proof[1] == "E (γ_sᵀ Γ_s⁺ Γ_w Γ̃_w⁺ z)²"
    assert "= E (γ_sᵀ Γ_s⁺ Γ_s C Γ̃_w⁺ z)² + E (γ_sᵀ Γ_s⁺ R Γ̃_w⁺ z)²" in proof
    assert "= σ² d_sw/(n − d_w − 1) + E (γ_sᵀ Γ_s⁺ R Γ̃_w⁺ z)²" in proof
    assert "= σ²/(n − d_w − 1) · [d_sw + d_s (d_w − d_sw)/(N − d_s − 1)]" in proof
    assert re.search(r"V_s∩V_w: inherited +by w2s-variance-inherited", out)
    assert re.search(r"V_w\\V_s: reduced +by w2s-variance-reduced", out)
    assert "n > d_w + 1, N > d_s + 1." in lines
    assert "Stein's identity for Gaussian vectors" in out


def test_show_marks_second_proofs_and_limits(capsys: Captured) -> None:
    _, out, _ = w2s(capsys, "show", "wishart-inverse-mean")
    assert (
        out.index("Proof")
        < out.index("A second, independent proof")
        < out.index("Part 2: infinite at m = d + 1")
    )
    assert "One expression in two ways:" in out
    _, out, _ = w2s(capsys, "show", "w2s-variance-leading-order")
    assert "    → σ² (d_w − d_sw)/(n − d_w − 1)" in out.splitlines()


def test_show_says_what_is_only_sampled(capsys: Captured) -> None:
    _, out, _ = w2s(capsys, "show", "bartlett")
    assert "‖Γ‖_F² =ᵈ ‖T‖_F²" in out
    assert "Compared by sampling, not derived here." in out


@pytest.mark.parametrize("claim", IDS)
def test_show_json(capsys: Captured, claim: str) -> None:
    code, out, _ = w2s(capsys, "show", claim, "--json")
    shown = json.loads(out)
    assert code == 0
    assert {"id", "title", "kind", "source", "statement", "page", "parts", "depends", "axioms"} == set(shown)
    cited = set()
    for part in shown["parts"]:
        keys = {"label", "left", "relation", "right", "remark", "assumptions", "derivations", "inferences"}
        assert keys == set(part)
        for made in part["inferences"]:
            assert set(made["uses"]) <= set(shown["depends"])
            assert made["steps"][0]["note"]
            assert made["conclusion"]["latex"].isascii()
        for made in part["derivations"]:
            assert [step["number"] for step in made["steps"]] == [*range(1, len(made["steps"]) + 1)]
            for step in made["steps"]:
                assert step["expression"]["text"]
                assert step["expression"]["latex"].isascii()
                cited.add(step["cites"])
    assert cited - {None} <= set(shown["depends"])


@pytest.mark.parametrize("claim", IDS)
def test_show_latex_is_a_document(capsys: Captured, claim: str, tmp_path: Path) -> None:
    code, out, _ = w2s(capsys, "show", claim, "--latex")
    assert code == 0
    assert out.startswith(r"\documentclass")
    assert out.isascii()  # no package for Unicode is needed
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", out):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    stack: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", out):
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert stack == []
    for block in re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", out, re.DOTALL):
        rows = re.sub(r"\\intertext\{.*\}\n", "", block).split(r"\\")
        assert all(row.count("&") == 1 for row in rows)
    outside = re.sub(r"\$[^$]*\$|\\\[.*?\\\]|\\begin\{align\*\}.*?\\end\{align\*\}", "", out, flags=re.DOTALL)
    assert "_" not in outside
    assert "^" not in outside
    if pdflatex := shutil.which("pdflatex"):
        (tmp_path / "claim.tex").write_text(out)
        subprocess.run(
            [pdflatex, "-interaction=batchmode", "claim.tex"], cwd=tmp_path, check=True, timeout=60
        )


W2S, ALL = {"w2s", "w2s_inherited", "w2s_reduced"}, {"pgr", "opr", "misfit"}


# -------------------------------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\frac{\sigma^2}{n-d_w-1}\Bigl[d_{sw}+\frac{d_s}{N}(d_w-d_{sw})\Bigr]",
         "σ²/(n − d_w − 1) [d_sw + d_s/N (d_w − d_sw)]"),
        (r"\operatorname{Var}_{V_w\setminus V_s}(f_{w2s})", "Var_{V_w\\V_s}(f_w2s)"),
        (r"\mathbb{E}\operatorname{tr}W^{-1}=\infty", "E tr W⁻¹ = ∞"),
        (r"\Gamma_w\tilde\Gamma_w^+z", "Γ_w Γ̃_w⁺z"),
        (r"\Gamma^{+\top}", "Γ⁺ᵀ"),
        (r"T_{ii}^2\sim\chi^2_{m-i+1}", "T_ii² ~ χ²_{m−i+1}"),
        (r"W\overset{d}{=}QWQ^\top", "W =ᵈ QWQᵀ"),
        (r"-x\in\{d,d+1\}", "−x ∈ {d, d + 1}"),
        (r"\tfrac1N\textstyle\sum_i(\cdot)^2", "1/N Σ_i(·)²"),
    ],
)  # fmt: skip
def test_latex_as_plain_text(tex: str, text: str) -> None:
    assert maths(tex) == text


def test_prose_as_plain_text() -> None:
    assert plain("Let $x =\n  y$ -- or\n  not.").replace(_text.HARD, " ") == "Let x = y – or not."


@pytest.mark.parametrize(
    ("note", "tex"),
    [
        ("V_s∩V_w: inherited", r"$V_{s}\cap V_{w}$: inherited"),
        ("V_w\\V_s", r"$V_{w}\setminus V_{s}$"),
        ("a fresh point: E γ_sγ_sᵀ = I", r"a fresh point: $\mathbb{E} \gamma _{s}\gamma _{s}^{\top } = I$"),
        ("Γ̃_w⁺ = W̃_w⁻¹", r"$\tilde{\Gamma }_{w}^{+} = \tilde{W}_{w}^{-1}$"),
        ("χ² with m - d + 1 degrees", r"$\chi ^{2}$ with $m - d + 1$ degrees"),
        ("eᵀE₁ = 0, so", r"$e^{\top }E_{1} = 0$, so"),
        ("50% of a_long_name", r"50\% of a\_long\_name"),
    ],
)
def test_notes_as_latex(note: str, tex: str) -> None:
    assert latex_prose(note) == tex


def test_lines_are_filled_by_columns() -> None:
    assert fill("Γ̃ Γ̃ Γ̃", 3) == ["Γ̃ Γ̃", "Γ̃"]
    assert fill("one two   three", 8, "", "  ") == ["one two", "  three"]
    assert cells("W̃_w⁻¹") == 5


def test_a_sum_is_broken_at_its_signs() -> None:
    terms = [(1, "aaaa"), (-1, "bbbb"), (1, "cccc")]
    assert board("", terms, 80) == ["aaaa − bbbb + cccc"]
    assert board("", terms, 10) == ["aaaa", "− bbbb", "+ cccc"]
    assert board("1/N", terms, 16) == ["1/N · [aaaa", "       − bbbb", "       + cccc]"]
    assert board("", [(-1, "a")], 10) == ["−a"]
