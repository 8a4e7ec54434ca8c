"""Feature tables as they are handed in (files, arrays, iterators of arrays), read in blocks and checked.

What is read is data: no pickle, nothing evaluated. Whatever is wrong with it is one sentence that names the
table, and where it can, row and column; both count from 0, as NumPy does.
"""

import csv
import math
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy_format
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Source: TypeAlias = str | Path | NDArray[Any] | Iterable[NDArray[Any]]

ID = "id"  # the name of the column, or of the array of an .npz, that says which sample a row is
SUFFIXES = (".npy", ".npz", ".csv", ".parquet")
# Rows read at a time: 128 MB of doubles at 2048 columns. A multiple of every number of groups in use.
BLOCK = 8000
SMALL = 500  # the same where each block is multiplied by small matrices: what comes of it stays in cache
_UNPACKED, _RATIO = 1 << 30, 100  # bytes, and times its size: beyond both an archive is not unpacked
# What NumPy and the zip module raise for files that are none of theirs.
_NO_ARRAY = (ValueError, EOFError, OverflowError, MemoryError, TypeError, SyntaxError, struct.error)
_NO_ARCHIVE = (BadZipFile, NotImplementedError, RuntimeError, zlib.error)
LARGEST = 1e100  # of an entry: its square is summed


class BadTable(ValueError):
    """A table cannot be used; one sentence says which, where and why."""


@dataclass(frozen=True)
class Table:
    """One sample a row. `blocks` starts reading from the first row; `again` says whether it can twice."""

    name: str
    columns: int
    epsilon: float  # relative rounding error of an entry as it was stored
    rows: int | None  # None: not known before everything was read
    blocks: Callable[[], Iterator[NDArray[np.generic]]]
    again: bool = True
    ids: NDArray[np.generic] | None = None


def table(source: Source, name: str) -> Table:
    """A table from a path, an array or an iterable of arrays. Raises BadTable."""
    if isinstance(source, str | Path):
        return _file(Path(source), str(source))
    if isinstance(source, np.ndarray):
        return _array(source, name)
    if isinstance(source, Iterable):
        return _iterable(source, name)
    raise BadTable(
        f"{name}: an array, a path or an iterable of arrays is wanted, not {type(source).__name__}"
    )


def aligned(tables: list[Table]) -> None:
    """Check that these tables have the same samples in the same order, as far as that is known."""
    known = [t for t in tables if t.rows is not None]
    for other in known[1:]:
        if known[0].rows != other.rows:
            raise BadTable(f"{known[0].name} has {known[0].rows} rows and {other.name} {other.rows}")
    named = [t for t in tables if t.ids is not None]
    for other in named[1:]:
        a, b = named[0].ids, other.ids
        assert a is not None
        assert b is not None
        differ = np.flatnonzero(a.astype(str) != b.astype(str))
        if len(differ):
            row = int(differ[0])
            raise BadTable(
                f"the rows are not aligned: in row {row} the {ID} is {a[row]} in {named[0].name} "
                f"and {b[row]} in {other.name}"
            )


def joined(tables: list[Table], size: int = BLOCK) -> Iterator[Floats]:
    """The tables side by side in blocks of `size` rows (the last may be smaller), as doubles.

    Raises BadTable. A block belongs to the caller until the next one is asked for: it is the same memory.
    """
    streams = [_Stream(t) for t in tables]
    width = sum(t.columns for t in tables)
    block = np.empty((size, width))
    start = 0
    while True:
        counts, left = list[int](), 0
        for stream in streams:
            right = left + stream.table.columns
            counts.append(stream.fill(block[:, left:right], start))
            left = right
        least = min(counts)
        if max(counts) > least:
            short = tables[counts.index(least)]
            longer = next(t for t, c in zip(tables, counts, strict=True) if c > least)
            raise BadTable(f"{short.name} ends after row {start + least - 1}, {longer.name} does not")
        if least:
            yield block[:least]
        start += least
        if least < size:
            return


class _Stream:
    """The rows of one table in order, copied out in portions of any size."""

    def __init__(self, source: Table) -> None:
        self.table = source
        self._blocks = source.blocks()
        self._rest: NDArray[np.generic] | None = None

    def fill(self, out: Floats, start: int) -> int:
        """Copy the next rows, of which the first is number `start`; how many there were."""
        done = 0
        while done < len(out):
            if self._rest is None or len(self._rest) == 0:
                self._rest = self._next(start + done)
                if self._rest is None:
                    break
            part = self._rest[: len(out) - done]
            out[done : done + len(part)] = part
            self._rest = self._rest[len(part) :]
            done += len(part)
        _check_finite(out[:done], self.table.name, start)
        return done

    def _next(self, row: int) -> NDArray[np.generic] | None:
        for block in self._blocks:
            part = block[:, None] if block.ndim == 1 else block
            _check_numbers(part.dtype, self.table.name)
            if part.ndim != 2 or part.shape[1] != self.table.columns:
                raise BadTable(
                    f"{self.table.name}: the block that begins with row {row} has shape {part.shape}, "
                    f"not (rows, {self.table.columns})"
                )
            if len(part):
                return part
        return None


def _check_finite(block: Floats, name: str, start: int) -> None:
    if len(block) == 0 or (block.min() > -LARGEST and block.max() < LARGEST):  # false where one is NaN
        return
    row, column = (int(i) for i in np.argwhere(~(np.abs(block) < LARGEST))[0])
    what = "too large" if np.isfinite(block[row, column]) else "not a finite number"
    raise BadTable(f"{name}: row {start + row}, column {column} is {block[row, column]}, {what}")


def _check_numbers(dtype: np.dtype[np.generic], name: str) -> None:
    if dtype.kind not in "biuf":
        kind = {"O": "Python objects", "c": "complex numbers"}.get(dtype.kind, f"of type {dtype}")
        raise BadTable(f"{name}: real numbers are wanted, and these are {kind}")


# ------------------------------------------------------------------------------ arrays, iterators


def _epsilon(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else float(np.finfo(np.float64).eps)


def _array(values: NDArray[np.generic], name: str, ids: NDArray[np.generic] | None = None) -> Table:
    """A table that is in memory, or mapped into it."""
    columns = _shape(values, name)

    def blocks() -> Iterator[NDArray[np.generic]]:
        yield from (values[start : start + BLOCK] for start in range(0, len(values), BLOCK))

    return Table(name, columns, _epsilon(values.dtype), len(values), blocks, ids=ids)


def _shape(values: NDArray[np.generic], name: str) -> int:
    """The number of columns; a vector is one."""
    _check_numbers(values.dtype, name)
    if values.ndim not in (1, 2):
        raise BadTable(f"{name}: a matrix with a sample a row is wanted, and this has shape {values.shape}")
    if values.size == 0:
        raise BadTable(f"{name} is empty: its shape is {values.shape}")
    return 1 if values.ndim == 1 else values.shape[1]


def _iterable(source: Iterable[NDArray[np.generic]], name: str) -> Table:
    """Blocks of rows. What can be iterated only once is: then what takes a second look is left out."""
    again = iter(source) is not source
    stream = iter(source)
    try:
        first = np.asarray(next(stream))
    except StopIteration:
        raise BadTable(f"{name} is empty: there is no block in it") from None
    columns = _shape(first, name)

    def blocks() -> Iterator[NDArray[np.generic]]:
        if again:
            yield from (np.asarray(block) for block in source)
        else:
            yield first
            yield from (np.asarray(block) for block in stream)

    return Table(name, columns, _epsilon(first.dtype), None, blocks, again)


# ----------------------------------------------------------------------------------------- files


def _file(path: Path, name: str) -> Table:
    """A table from a file of one of the known formats."""
    if path.suffix not in SUFFIXES:
        raise BadTable(f"{name}: the name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if not path.is_file():
        raise BadTable(f"{name}: there is no such file")
    try:
        if path.stat().st_size == 0:
            raise BadTable(f"{name} is empty")
        return {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}[path.suffix](path, name)
    except OSError as why:
        raise BadTable(f"{name} cannot be read: {why.strerror or why}") from None


def _npy(path: Path, name: str) -> Table:
    """An array file, mapped anew for each block, so that pages that were read do not stay."""

    def mapped() -> NDArray[np.generic]:
        loaded: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
        return loaded

    try:
        values = mapped()
    except _NO_ARRAY as why:
        raise BadTable(f"{name} is no array file without pickled objects: {_plain(why)}") from None
    columns, rows = _shape(values, name), len(values)

    def blocks() -> Iterator[NDArray[np.generic]]:
        yield from (mapped()[start : start + BLOCK] for start in range(0, rows, BLOCK))

    return Table(name, columns, _epsilon(values.dtype), rows, blocks)


def _npz(path: Path, name: str) -> Table:
    """The one array in an archive beside `id`; read into memory, because an archive cannot be mapped."""
    try:
        _check_archive(path, name)
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, NpzFile):
                raise BadTable(f"{name} is no archive of arrays")
            arrays = {key: archive[key] for key in archive.files}
    except (*_NO_ARRAY, *_NO_ARCHIVE) as why:
        if isinstance(why, BadTable):
            raise
        raise BadTable(f"{name} is no archive of arrays without pickled objects: {_plain(why)}") from None
    ids = arrays.pop(ID, None)
    if len(arrays) != 1:
        found = ", ".join(arrays) or "none"
        raise BadTable(f"{name} must hold one array beside {ID}, and it holds {found}")
    values = next(iter(arrays.values()))
    return _array(values, name, _ids(ids, len(values) if values.ndim else 0, name))


def _check_archive(path: Path, name: str) -> None:
    """Refuse, before any of it is unpacked, an archive that unpacks to far more than it is.

    And arrays whose headers speak of other sizes than the archive's directory does.
    """
    with ZipFile(path) as archive:
        members = archive.infolist()
        whole = sum(m.file_size for m in members)
        if whole > _UNPACKED and whole > _RATIO * path.stat().st_size:
            raise BadTable(f"{name} would unpack to {whole / 1e9:.1f} GB, more than {_RATIO} times its size")
        for m in (m for m in members if m.filename.endswith(".npy")):
            with archive.open(m) as file:
                shape, _, dtype = _header(file)
                if not dtype.hasobject and math.prod(shape) * dtype.itemsize != m.file_size - file.tell():
                    raise BadTable(f"{name}: the header of {m.filename} speaks of another size than it has")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, whether in Fortran order, type) of an array file, read from its header alone."""
    version = npy_format.read_magic(file)
    read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    found: tuple[tuple[int, ...], bool, np.dtype[Any]] = read(file)
    return found


def _plain(why: BaseException) -> str:
    return str(why).splitlines()[0].rstrip(".") if str(why) else type(why).__name__


def _ids(ids: NDArray[np.generic] | None, rows: int, name: str) -> NDArray[np.generic] | None:
    if ids is not None and (ids.shape != (rows,) or ids.dtype.kind == "O"):
        raise BadTable(f"{name}: {ID} must be one number or text a row")
    return ids


def _csv(path: Path, name: str) -> Table:
    """Numbers with commas between them, under a line of column names if the first line has a text in it."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = [row for row in csv.reader(lines) if row]
    except (UnicodeDecodeError, csv.Error) as why:
        raise BadTable(f"{name} is no table of numbers: {_plain(why)}") from None
    heads = rows.pop(0) if rows and any(_number(x) is None for x in rows[0]) else None
    if not rows:
        raise BadTable(f"{name} is empty: there is no row of numbers in it")
    place = None if heads is None or ID not in heads else heads.index(ID)
    width = len(heads or rows[0])
    values = np.empty((len(rows), width - (place is not None)))
    for i, row in enumerate(rows):
        if len(row) != width:
            raise BadTable(f"{name}: row {i} has {len(row)} entries, and {width} are wanted")
        for j, text in enumerate(text for k, text in enumerate(row) if k != place):
            if (x := _number(text)) is None:
                raise BadTable(f"{name}: row {i}, column {j} is {text!r}, not a number")
            values[i, j] = x
    ids = None if place is None else np.array([row[place] for row in rows])
    return _array(values, name, ids)


def _number(text: str) -> float | None:
    """A number as it is usually written; a missing one is NaN, and refused where it stands."""
    if not text.strip():
        return math.nan
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _parquet(path: Path, name: str) -> Table:
    """The columns of a Parquet file, in memory."""
    try:
        from pyarrow import ArrowException, parquet
    except ModuleNotFoundError:
        raise BadTable(f"{name}: reading Parquet needs pyarrow (pip install 'w2s-theory[parquet]')") from None
    try:
        read = parquet.read_table(path)
    except ArrowException as why:
        raise BadTable(f"{name} is no Parquet file: {_plain(why)}") from None
    columns = {key: read[key].to_numpy() for key in read.column_names}
    ids = columns.pop(ID, None)
    for key, column in columns.items():
        if column.dtype.kind not in "biuf":
            raise BadTable(f"{name}: column {key!r} holds no real numbers")
    if not columns:
        raise BadTable(f"{name} is empty: there is no column of numbers in it")
    if ids is not None and ids.dtype.kind == "O":
        ids = ids.astype(str)
    return _array(np.column_stack([*columns.values()]), name, _ids(ids, read.num_rows, name))
