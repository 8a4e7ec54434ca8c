"""The outcome of an experiment as a whole, and those that came with this version: small tables, marked so."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from verify.digests import digest
from verify.experiments.expected import expected
from verify.experiments.figure import drawing
from verify.experiments.pairs import Pair, control
from verify.experiments.results import Row, Summary, from_csv, rows, summaries
from verify.experiments.run import run

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Outcome:
    """All rows; about: name, seed, splits, digests of code and data, and of each pair its dimensions."""

    about: dict[str, Any]
    rows: list[Row]

    def summaries(self) -> list[Summary]:
        """Of each pair, then of its control."""
        out = list[Summary]()
        for name, about in self.about["pairs"].items():
            for controlled in (False, True):
                found = [r for r in self.rows if r.pair == name and r.control == controlled]
                out += summaries(found, about["d_w"], about["d_s"])
        return out

    def figures(self) -> Iterator[tuple[str, str]]:
        """File names and drawings, one for each pair."""
        for name, about in self.about["pairs"].items():
            head = [
                about["about"],
                f"{about['rows']} rows, d_w = {about['d_w']}, d_s = {about['d_s']}, d_sw = "
                f"{about['d_sw']:.4g}; {self.about['splits']} splits a cell",
            ]
            found = [r for r in self.rows if r.pair == name]
            title = f"{self.about['experiment']}, {name}: measured and predicted"
            yield f"{name}.svg", drawing(title, head, found, about["d_w"], about["d_s"])


def tables(
    name: str, pairs: Sequence[Pair], splits: int, seed: int, folder: Path, resume: bool, progress: Progress
) -> Outcome:
    """Run pairs and their controls. Raises BadTable, OSError."""
    held = folder / "cells"
    held.mkdir(parents=True, exist_ok=True)
    every, about = list[Row](), dict[str, Any]()
    for pair in pairs:
        for each in (pair, control(pair, seed)):
            said = f"{each.name}{' (control)' * each.control}"
            cells = run(each, splits, seed, held, resume, partial(progress, said))
            ahead = expected(each)
            every += rows(each, cells, ahead)
            if not each.control:
                d_sw = ahead.found.d_sw
                about[pair.name] = {
                    "about": pair.about, "rows": pair.rows, "d_w": pair.d_w, "d_s": pair.d_s,
                    "d_sw": d_sw.value, "d_sw_low": d_sw.low, "d_sw_high": d_sw.high, "data": pair.digest(),
                }  # fmt: skip
    whole = {"experiment": name, "seed": seed, "splits": splits, "code": code(), "pairs": about}
    return Outcome(whole, every)


@cache
def code() -> str:
    """Digest of the source files that the numbers depend on: of experiments and of measuring features."""
    here = Path(__file__).resolve().parent
    sources = sorted(p for folder in (here, here.parent / "features") for p in folder.glob("*.py"))
    return digest(*((p.name, p.read_text("utf-8")) for p in sources))


def recorded(name: str) -> Outcome | None:
    """What came with this version: results.csv and about.json of a run. None where nothing did."""
    folder = files("verify.experiments") / "tables"
    table, about = folder / f"{name}.csv", folder / f"{name}.json"
    if not table.is_file() or not about.is_file():
        return None
    return Outcome(json.loads(about.read_text("utf-8")), from_csv(table.read_text("utf-8")))
