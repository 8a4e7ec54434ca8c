"""Reading feature tables: formats, alignment, and one sentence for whatever is wrong."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verify.features.tables import BadTable, Table, aligned, joined, table

Array = np.ndarray[Any, Any]
X = np.arange(24.0).reshape(8, 3) ** 1.5


def read(source: Any, size: int = 5) -> Array:
    return np.concatenate([block.copy() for block in joined([table(source, "x")], size)])


def write_csv(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def npy(folder: Path, values: Any, name: str = "x.npy", **options: Any) -> Path:
    np.save(folder / name, values, **options)
    return folder / name


# ------------------------------------------------------------------------------------ what can be read


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int16", "uint8", "bool"])
def test_array_files_of_every_real_type(tmp_path: Path, dtype: str) -> None:
    values = X.astype(dtype)
    assert np.array_equal(read(npy(tmp_path, values)), values.astype(np.float64))


def test_fortran_order_and_vectors(tmp_path: Path) -> None:
    assert np.array_equal(read(npy(tmp_path, np.asfortranarray(X))), X)
    assert np.array_equal(read(npy(tmp_path, X[:, 0])), X[:, :1])


def test_archives_hold_one_array_and_ids(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", features=X, id=np.arange(8))
    found = table(tmp_path / "x.npz", "x")
    assert np.array_equal(read(tmp_path / "x.npz"), X)
    assert found.columns == 3
    assert found.ids is not None


@pytest.mark.parametrize("head", ["", "a,b,c\n"])
def test_csv_with_and_without_names(tmp_path: Path, head: str) -> None:
    lines = "\n".join(",".join(repr(float(v)) for v in row) for row in X)
    assert np.array_equal(read(write_csv(tmp_path / "x.csv", head + lines + "\n")), X)


def test_csv_with_ids(tmp_path: Path) -> None:
    found = table(write_csv(tmp_path / "x.csv", "a,id,b\n1,cat,2\n3,dog,4\n"), "x")
    assert found.ids is not None
    assert found.ids.tolist() == ["cat", "dog"]
    assert np.array_equal(read(tmp_path / "x.csv"), [[1, 2], [3, 4]])


def test_blocks_of_an_iterable_may_have_any_size() -> None:
    pieces = [X[:1], X[1:1], X[1:7], X[7:]]
    assert np.array_equal(read(pieces), X)
    assert table(pieces, "x").again
    once = table(iter(pieces), "x")
    assert not once.again
    assert np.array_equal(np.concatenate([b.copy() for b in joined([once], 3)]), X)


def test_tables_side_by_side() -> None:
    other = X[:, :1].astype(np.float32)
    blocks = [b.copy() for b in joined([table(X, "a"), table(iter([other[:3], other[3:]]), "b")], 5)]
    assert [len(b) for b in blocks] == [5, 3]
    assert np.array_equal(np.concatenate(blocks), np.hstack([X, other.astype(np.float64)]))


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is the extra parquet")
def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    columns = {"a": X[:, 0], "id": [f"s{i}" for i in range(8)], "b": X[:, 1].astype(np.float32)}
    parquet.write_table(pyarrow.table(columns), tmp_path / "x.parquet")
    assert np.allclose(read(tmp_path / "x.parquet"), X[:, :2])
    found = table(tmp_path / "x.parquet", "x")
    assert found.ids is not None
    assert found.ids[3] == "s3"
    parquet.write_table(pyarrow.table({"a": ["x", "y"]}), tmp_path / "text.parquet")
    refused(lambda: table(tmp_path / "text.parquet", "x"), "text.parquet: column 'a' holds no real numbers")
    (tmp_path / "no.parquet").write_bytes(b"PAR?")
    refused(lambda: table(tmp_path / "no.parquet", "x"), "no.parquet is no Parquet file")


# --------------------------------------------------------------------------------------- what cannot


def refused(attempt: Callable[[], object], *words: str) -> None:
    with pytest.raises(BadTable) as why:
        attempt()
    assert "\n" not in str(why.value)
    for word in words:
        assert word in str(why.value)


def test_pickles_are_refused(tmp_path: Path) -> None:
    path = npy(tmp_path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    refused(lambda: table(path, "x"), "x.npy", "pickle")
    (tmp_path / "y.npy").write_bytes(b"\x80\x04K\x01.")
    refused(lambda: table(tmp_path / "y.npy", "y"), "y.npy", "pickle")
    np.savez(tmp_path / "x.npz", a=np.array([None], dtype=object))
    refused(lambda: table(tmp_path / "x.npz", "x"), "x.npz", "pickle")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.txt", b"1,2", ["x.txt", ".npy, .npz, .csv or .parquet"]),
        ("x.npy", b"", ["x.npy is empty"]),
        ("x.npy", b"\x93NUMPY\x01\x00v", ["x.npy is no array file"]),
        ("x.npz", b"PK..", ["x.npz is no archive"]),
        ("x.csv", b"\n\n", ["x.csv is empty"]),
        ("x.csv", b"a,b\n", ["x.csv is empty"]),
        ("x.csv", b"1,2\n3\n", ["x.csv: row 1 has 1 entries, and 2 are wanted"]),
        ("x.csv", b"1,2\n3,2+2\n", ["x.csv: row 1, column 1 is '2+2', not a number"]),
        ("x.csv", b"1,2\n3,1_0\n", ["row 1, column 1 is '1_0'"]),
        ("x.csv", b"\xff\xfe,2\n", ["x.csv is no table of numbers"]),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, words: list[str]) -> None:
    (tmp_path / name).write_bytes(content)
    refused(lambda: table(tmp_path / name, "x"), *words)


def test_files_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    refused(lambda: table(tmp_path / "no.npy", "x"), "no.npy: there is no such file")
    (tmp_path / "folder.npy").mkdir()
    refused(lambda: table(tmp_path / "folder.npy", "x"), "no such file")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((0, 3)), ["x is empty: its shape is (0, 3)"]),
        (np.zeros((3, 0)), ["x is empty"]),
        (np.zeros((2, 2, 2)), ["x: a matrix with a sample a row", "(2, 2, 2)"]),
        (np.zeros((2, 2), dtype=complex), ["x: real numbers are wanted", "complex"]),
        (np.array([["a"]]), ["x: real numbers are wanted"]),
        (3, ["x: an array, a path or an iterable of arrays is wanted, not int"]),
        ([], ["x is empty: there is no block"]),
    ],
)
def test_arrays_that_are_no_tables(values: Any, words: list[str]) -> None:
    refused(lambda: table(values, "x"), *words)


def test_archives_that_are_not_one_table(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=X, b=X)
    refused(lambda: table(tmp_path / "x.npz", "x"), "must hold one array beside id, and it holds a, b")
    np.savez(tmp_path / "y.npz", a=X, id=X)
    refused(lambda: table(tmp_path / "y.npz", "y"), "id must be one number or text a row")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named_with_row_and_column(tmp_path: Path, bad: float) -> None:
    values = X.copy()
    values[6, 1] = bad
    refused(lambda: read(values), f"x: row 6, column 1 is {bad}")
    path = npy(tmp_path, values)
    refused(lambda: read(path), f"x.npy: row 6, column 1 is {bad}")


def test_a_missing_entry_of_a_csv_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", "1,2\n3,\n")
    refused(lambda: read(path), "x.csv: row 1, column 1 is nan")


def test_numbers_whose_squares_would_overflow_are_refused() -> None:
    assert np.array_equal(read(np.full((3, 2), -9e99)), np.full((3, 2), -9e99))
    refused(lambda: read(np.full((3, 2), -1.7e308)), "x: row 0, column 0 is -1.7e+308, too large")


def test_rows_that_are_not_aligned() -> None:
    refused(lambda: aligned([table(X, "a"), table(X[:7], "b")]), "a has 8 rows and b 7")

    def once(values: Array) -> Iterator[Array]:
        yield values

    refused(lambda: aligned([table(once(X), "a"), table(X, "b"), table(X[:5], "c")]), "b has 8 rows and c 5")
    streams = [table(once(X), "a"), table(once(X[:7]), "b")]
    aligned(streams)
    refused(lambda: [*joined(streams, 5)], "b ends after row 6, a does not")


def test_ids_are_compared_row_by_row(tmp_path: Path) -> None:
    def named(ids: list[str], name: str) -> Table:
        return table(write_csv(tmp_path / name, "id,a\n" + "".join(f"{i},1\n" for i in ids)), name)

    aligned([named(["p", "q"], "a.csv"), table(X[:2], "b"), named(["p", "q"], "c.csv")])
    tables = [named(["p", "q"], "a.csv"), table(X[:2], "b"), named(["p", "r"], "c.csv")]
    refused(lambda: aligned(tables), "in row 1 the id is q in", "a.csv and r in", "c.csv")


def test_a_block_of_another_width_is_refused() -> None:
    refused(lambda: read([X, X[:, :2]]), "the block that begins with row 8 has shape (8, 2), not (rows, 3)")
