"""Hostile input: feature files, certificates and command lines are data, and never a traceback."""

import ast
import contextlib
import io
import json
import os
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verify.certificate import SCHEMA, Certificate, read_certificate
from verify.commands import run as w2s
from verify.features.tables import BadTable, joined, table

ROOT = Path(__file__).resolve().parent.parent
# `make fuzz` sets the number of inputs; here few, so that the tests stay quick.
INPUTS = int(os.environ.get("W2S_FUZZ", "150"))
fuzzed = settings(
    max_examples=INPUTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(path: Path | str) -> np.ndarray:
    return np.concatenate([block.copy() for block in joined([table(path, "t")])])


def npy(shape: str, dtype: str = "'<f8'", body: bytes = b"") -> bytes:
    """An array file whose header says whatever it likes."""
    head = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}"
    head = head.ljust(118 - 1 + (-(len(head) + 11) % 64)) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + body


@pytest.mark.parametrize(
    "head",
    [
        npy("(1000000000000, 1000000)"),
        npy("(99999999999999999999999999, 3)"),
        npy("(-3, 3)"),
        npy("(2, 3)", "'|O'"),
        npy("(2, 3)", "'<c16'", bytes(96)),
        npy("(2, 3)", "[('a', '<f8')]", bytes(48)),
        npy("__import__('os').system('touch hacked')"),
        npy("(2, 3)", "'<f8'", bytes(47)),
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x03\x00\xff\xff\xff\xff{",
        b"\x93NUMPY\x09\x00",
    ],
)
def test_absurd_headers_are_refused_before_anything_is_allocated(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "bad.npy"
    path.write_bytes(head)
    with pytest.raises(BadTable) as why:
        table(path, "t")
    assert "\n" not in str(why.value)
    assert not Path("hacked").exists()


@pytest.mark.parametrize("bomb", [npy("(1000000000, 1000)"), npy("(100000, 1000)")])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, bomb: bytes) -> None:
    """An archive of a few kilobytes that says, or holds, nearly a gigabyte."""
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as member:
        member.write(bomb)
        for _ in range(8):
            member.write(bytes(1 << 23))
    with pytest.raises(BadTable, match="speaks of another size"):
        table(path, "t")


def test_zero_rows_one_row_many_columns_and_odd_names(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="empty"):
        table(np.empty((0, 3)), "t")
    for name in ("ein fäßchen 数.npy", "one.npy"):
        np.save(tmp_path / name, np.ones((1, 3)))
        assert read(tmp_path / name).shape == (1, 3)
    wide = np.zeros((2, 100_000), dtype=np.float32)
    np.save(tmp_path / "wide.npy", wide)
    (tmp_path / "link.npy").symlink_to(tmp_path / "wide.npy")
    assert read(tmp_path / "link.npy").shape == wide.shape
    (tmp_path / "loop.npy").symlink_to(tmp_path / "loop.npy")
    with pytest.raises(BadTable, match=r"no such file|cannot be read"):
        table(tmp_path / "loop.npy", "t")


def test_a_read_only_map_in_fortran_order_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    values = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    np.save(tmp_path / "f.npy", values)
    (tmp_path / "f.npy").chmod(0o400)
    mapped = np.load(tmp_path / "f.npy", mmap_mode="r")
    assert not mapped.flags.writeable
    assert np.array_equal(np.concatenate([b.copy() for b in joined([table(mapped, "t")])]), values)


def test_lengths_that_do_not_match_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((4, 2)))
    np.save(tmp_path / "b.npy", np.ones((5, 2)))
    with pytest.raises(BadTable, match="ends after row 3"):
        list(joined([table(tmp_path / "a.npy", "a"), table(tmp_path / "b.npy", "b")]))


@fuzzed
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".npy", ".npz", ".csv"]))
def test_any_bytes_are_a_table_or_one_sentence(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"fuzz{suffix}"
    path.write_bytes(content if suffix != ".npy" else b"\x93NUMPY\x01\x00" + content)
    with contextlib.suppress(BadTable):
        read(path)


def nested() -> st.SearchStrategy[object]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    return st.recursive(
        leaves, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=8), x, max_size=3)
    )


NAMES = tuple(f.name for f in fields(Certificate))


@fuzzed
@given(data=st.dictionaries(st.sampled_from(NAMES), nested()) | nested(), right=st.booleans())
def test_any_json_is_a_certificate_or_one_sentence(tmp_path: Path, data: object, right: bool) -> None:
    if isinstance(data, dict) and right:
        data = {**{key: [] for key in NAMES}, **data, "schema": SCHEMA}
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data), "utf-8")
    with contextlib.suppress(ValueError):
        read_certificate(path)


@fuzzed
@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(content)
    assert quiet(["check", str(path)]) == 2


WORDS = st.sampled_from(
    ["predict", "plan", "list", "show", "graph", "check", "mutants", "--d-w", "--d-s", "--d-sw", "--n", "--N",
     "--sigma2", "--rho-w", "--delta2", "--tau2", "--target", "--solve", "--digits", "--level", "--json",
     "pgr=0.8", "opr=", "=", "10", "-1", "0", "1/0", "1/3", "nan", "inf", "1e999", "1e-999", "9" * 50,
     "../..",
     "__import__('os')", "lambda: 0", "w2s-variance", "\x00", "'; touch hacked", "$(touch hacked)", "--", "-"]
)  # fmt: skip
NUMBERS = ("--d-w", "--d-s", "--d-sw", "--n", "--N", "--sigma2", "--rho-w", "--rho-s", "--delta2", "--tau2")


def quiet(arguments: list[str]) -> int:
    """The exit code; whatever is raised is a traceback, and on bad usage one sentence is said."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = w2s(arguments)
    assert code in (0, 1, 2, 3)
    assert "Traceback" not in err.getvalue()
    assert code != 2 or len(err.getvalue().strip().splitlines()) == 1, err.getvalue()
    return code


@fuzzed
@given(words=st.lists(WORDS | st.text(max_size=6), max_size=4), command=st.sampled_from(["predict", "plan"]))
def test_any_command_line_is_answered_without_a_traceback(words: list[str], command: str) -> None:
    quiet([command, *words])


@fuzzed
@given(
    values=st.tuples(
        *[st.text(max_size=5) | WORDS | st.integers().map(str) | st.floats().map(str)] * len(NUMBERS)
    ),
    most=st.integers(5, len(NUMBERS)),
)
def test_any_numbers_are_predicted_or_refused(values: tuple[str, ...], most: int) -> None:
    given_ = [f"{name}={value}" for name, value in zip(NUMBERS[:most], values, strict=False)]
    quiet(["predict", *given_])
    assert not Path("hacked").exists()


CODE = {"eval", "exec", "compile", "parse_expr", "popen", "Popen", "getoutput"}


def test_strings_never_reach_an_evaluator_or_a_shell() -> None:
    """A grep: no evaluator is called anywhere, and `sympify` never on what a file or a user said."""
    for path in [*(ROOT / "verify").rglob("*.py"), *(ROOT / "derivations").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                # re.compile, and a network that is told to be used, not trained
                harmless = name == "compile" or (name == "eval" and not node.args and not node.keywords)
                own = isinstance(node.func, ast.Attribute) and harmless
                where = f"{path.relative_to(ROOT)}: {ast.unparse(node.func)}"
                assert name not in CODE or own, where
                assert ast.unparse(node.func) != "os.system", where
                shell = [k for k in node.keywords if k.arg in ("shell", "allow_pickle")]
                assert all(isinstance(k.value, ast.Constant) and k.value.value is False for k in shell), where
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {a.name.split(".")[0] for a in node.names} | {getattr(node, "module", "") or ""}
                assert not names & {"pickle", "marshal", "shelve", "dill"}, path
                # Programs are run to fetch pinned packages, by a list of words, which no shell reads.
                assert "subprocess" not in names or path.parent.name == "experiments", path
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("subprocess."):
                assert isinstance(node.args[0], ast.List), path
    for folder in ("commands", "features"):
        for path in (ROOT / "verify" / folder).rglob("*.py"):
            assert "sympify" not in path.read_text("utf-8"), path
