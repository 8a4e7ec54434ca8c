"""Result tables in long format, as handed in: a number a line, with the run it belongs to.

Rows of different runs are different random draws, so nothing is ever subtracted across runs.
"""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from verify.features.tables import BadTable

COLUMNS = ("run", "weak", "strong", "added_label_noise_sd", "n", "N", "metric", "mean", "sd")
TEACHER, STUDENT, BASELINE, CEILING = "ew", "ew2s", "es", "ec"  # mean squared errors on test samples
_DIMENSIONS = ("width", "dimension")  # how the columns of --dims begin


@dataclass(frozen=True)
class Run:
    """One run: mean and standard deviation by (metric, noise, n, N)."""

    name: str
    weak: str
    strong: str
    values: Mapping[tuple[str, float, int, int], tuple[float, float]]

    def noises(self) -> list[float]:
        """Standard deviations of added label noise, rising."""
        return sorted({noise for _, noise, _, _ in self.values})

    def over_N(self) -> tuple[int, list[int]]:
        """The n at which there are most values of N, and these."""
        by_n = dict[int, set[int]]()
        for metric, _, n, N in self.values:
            if metric == STUDENT:
                by_n.setdefault(n, set()).add(N)
        n = max(by_n, key=lambda k: (len(by_n[k]), -k))
        return n, sorted(by_n[n])

    def mean(self, metric: str, noise: float, n: int, N: int) -> float:
        """A mean; NaN where there is none."""
        return self.values.get((metric, noise, n, N), (math.nan, math.nan))[0]


@dataclass(frozen=True)
class Features:
    """What --dims says of a feature map: its width, other dimensions by name, a printed overlap."""

    width: int
    dimensions: Mapping[str, int]
    printed: float | None


def read(path: Path) -> list[Run]:
    """All runs in a .csv file, or in those of a folder that have the columns. Raises BadTable."""
    if not path.exists():
        raise BadTable(f"{path}: there is no such file or folder")
    paths = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    found = dict[str, Run]()
    for each in paths:
        heads, lines = _lines(each)
        missing = [c for c in COLUMNS if c not in heads]
        if missing and path.is_dir():
            continue
        if missing:
            raise BadTable(f"{each} has no column {missing[0]}; wanted are {', '.join(COLUMNS)}")
        _add(found, each, lines)
    if not found:
        raise BadTable(f"{path} holds no table of results: wanted are .csv files with {', '.join(COLUMNS)}")
    return list(found.values())


def _lines(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            return list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as why:
        raise BadTable(f"{path} cannot be read as a table: {why}") from None


def _add(found: dict[str, Run], path: Path, lines: Iterable[Mapping[str, str]]) -> None:
    """The rows of one file; a number said twice must be the same."""
    for i, line in enumerate(lines):
        noise, mean, sd = (_number(path, i, line, c) for c in ("added_label_noise_sd", "mean", "sd"))
        n, N = (_number(path, i, line, c) for c in ("n", "N"))
        if n < 1 or N < 1 or n % 1 or N % 1:
            raise BadTable(
                f"{path}: row {i}: n and N must be positive integers, not {line['n']} and {line['N']}"
            )
        name, weak, strong = line["run"], line["weak"], line["strong"]
        run = found.setdefault(name, Run(name, weak, strong, {}))
        if (run.weak, run.strong) != (weak, strong):
            raise BadTable(
                f"{path}: row {i}: run {name} is of {run.weak} → {run.strong}, not {weak} → {strong}"
            )
        key = (line["metric"], noise, int(n), int(N))
        assert isinstance(run.values, dict)
        if run.values.setdefault(key, (mean, sd)) != (mean, sd):
            raise BadTable(
                f"{path}: row {i}: {key[0]} at n = {key[2]}, N = {key[3]} was another number before"
            )


def _number(path: Path, row: int, line: Mapping[str, str | None], column: str) -> float:
    text = line[column]
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadTable(f"{path}: row {row}: {column} is {text!r}, not a number")
    return value


def read_dimensions(path: Path) -> dict[str, Features]:
    """By the name of the feature map: columns features, width, dimension…, printed_d_sw…. Raises BadTable."""
    heads, lines = _lines(path)
    for wanted in ("features", "width"):
        if wanted not in heads:
            raise BadTable(f"{path} has no column {wanted}")
    found = dict[str, Features]()
    for i, line in enumerate(lines):
        given = {c: _number(path, i, line, c) for c in heads if c != "features" and line[c]}
        dimensions = {c: int(x) for c, x in given.items() if c.startswith("dimension")}
        printed = next((x for c, x in given.items() if c.startswith("printed_d_sw")), None)
        found[line["features"]] = Features(int(given["width"]), dimensions, printed)
    return found
