"""What came out of an experiment: measured next to predicted, with standard errors, a row a number.

A ratio of two models' risks (PGR, OPR) is that of their means over splits; its error is from a jackknife.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student_t

from verify.certificate import write_bytes, write_text
from verify.experiments.expected import ANY, ELLIPTICAL, GAUSSIAN, LAWS, Expected
from verify.experiments.pairs import Pair
from verify.experiments.run import Cell
from verify.features.forecast import number
from verify.features.tables import Floats
from verify.predictions import MODELS

VARIANCE, RISK = "variance", "excess_risk"
LARGE = 4  # n and N in units of their dimensions, from which on the bands are asked for
BANDS = {GAUSSIAN: (0.8, 1.2), ELLIPTICAL: (0.95, 1.05)}
CONTROL_BAND, SURE, WIDE = (0.97, 1.03), 0.99, 0.02


@dataclass(frozen=True)
class Row:
    """One number of one cell. NaN where there is none; of `variance` the unit is σ², of a risk y²."""

    pair: str
    control: bool
    quantity: str  # variance, excess_risk, pgr, opr
    model: str  # of PGR and OPR: w2s
    labels: str  # the kind; empty for a variance
    added: float  # standard deviation of added noise
    n: int
    N: int
    splits: int
    measured: float
    error: float  # standard error
    gaussian: float
    elliptical: float
    any: float


@dataclass(frozen=True)
class Summary:
    """Of the W2S student's variance in the cells with n >= 4 d_w and N >= 4 d_s: measured over predicted.

    low, high: the least and greatest ratio. widest: half-width of the widest simultaneous interval. fails:
    cells whose interval does not meet the band, as (n, N).
    """

    pair: str
    control: bool
    law: str
    cells: int
    low: float
    high: float
    widest: float
    band: tuple[float, float] | None
    fails: tuple[tuple[int, int], ...]


def rows(pair: Pair, cells: Sequence[Cell], ahead: Expected) -> Iterator[Row]:
    """All rows of a pair."""
    for cell in cells:
        splits = len(cell.splits)
        head = (pair.name, pair.control)
        laws = ahead.variances(cell.n, cell.N)
        for i, model in enumerate(MODELS):
            value, error = _mean(cell.splits[:, 0, i])
            yield Row(*head, VARIANCE, model, "", 0.0, cell.n, cell.N, splits, value, error,
                      *(laws[law][model] for law in LAWS))  # fmt: skip
        for k, labels in enumerate(pair.labels, 1):
            for added in labels.added:
                risks = cell.splits[:, k] - labels.floor + added**2 * cell.splits[:, 0]
                predicted = ahead.risks(labels.name, added, cell.n, cell.N)
                base = Row(*head, RISK, "w2s", labels.name, added, cell.n, cell.N, splits, *[math.nan] * 5)
                for i, model in enumerate(MODELS):
                    value, error = _mean(risks[:, i])
                    gaussian = number(predicted.excess_risk[model])
                    yield replace(base, model=model, measured=value, error=error, gaussian=gaussian)
                for name, of in (("pgr", _pgr), ("opr", _opr)):
                    value, error = _jackknife(risks, of)
                    gaussian = number(predicted.ratios[name])
                    yield replace(base, quantity=name, measured=value, error=error, gaussian=gaussian)


def _mean(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


def _pgr(risk: Floats) -> Floats:
    """Of mean risks (…, 4)."""
    return np.asarray((risk[..., 0] - risk[..., 1]) / (risk[..., 0] - risk[..., 3]))


def _opr(risk: Floats) -> Floats:
    return np.asarray(risk[..., 2] / risk[..., 1])


def _jackknife(risks: Floats, of: Callable[[Floats], Floats]) -> tuple[float, float]:
    """A function of the means over splits, and its standard error."""
    count = len(risks)
    left_out = of((risks.sum(axis=0) - risks) / (count - 1))
    spread = math.sqrt((count - 1) / count * float(np.sum((left_out - left_out.mean()) ** 2)))
    return float(of(risks.mean(axis=0))), spread


def summaries(every: Iterable[Row], d_w: int, d_s: int) -> Iterator[Summary]:
    """One for each law, of the rows of one pair or of its control."""
    found = [r for r in every if r.quantity == VARIANCE and r.model == "w2s"]
    large = [r for r in found if r.n >= LARGE * d_w and r.N >= LARGE * d_s]
    if not large:
        return
    for law in LAWS:
        spots = [(r, r.measured / getattr(r, law), r.error / getattr(r, law)) for r in large]
        if not all(math.isfinite(ratio) for _, ratio, _ in spots):
            continue
        # every interval at once at 99 %: each at 1 - 0.01/cells
        reach = float(student_t.ppf(1 - (1 - SURE) / len(spots) / 2, large[0].splits - 1))
        band = CONTROL_BAND if large[0].control and law != ANY else BANDS.get(law)
        misses = (
            (r.n, r.N) for r, ratio, error in spots
            if band and (ratio + reach * error < band[0] or ratio - reach * error > band[1])
        )  # fmt: skip
        yield Summary(
            pair=large[0].pair,
            control=large[0].control,
            law=law,
            cells=len(spots),
            low=min(ratio for _, ratio, _ in spots),
            high=max(ratio for _, ratio, _ in spots),
            widest=max(reach * error for _, _, error in spots),
            band=band,
            fails=tuple(misses),
        )


# ----------------------------------------------------------------------------------------- files


def to_csv(every: Sequence[Row]) -> str:
    """A line a row, an empty field where there is no number."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f.name for f in fields(Row)])
    for row in every:
        writer.writerow([_text(x) for x in astuple(row)])
    return out.getvalue()


def _text(x: object) -> object:
    if isinstance(x, bool):
        return int(x)
    return (f"{x:.10g}" if math.isfinite(x) else "") if isinstance(x, float) else x


def from_csv(text: str) -> list[Row]:
    """What `to_csv` wrote, to ten digits."""
    whole, truth = {"n", "N", "splits"}, {"control"}
    texts = {"pair", "quantity", "model", "labels"}

    def value(name: str, x: str) -> Any:
        if name in texts:
            return x
        return int(x) if name in whole else x == "1" if name in truth else float(x) if x else math.nan

    return [Row(**{k: value(k, x) for k, x in line.items()}) for line in csv.DictReader(io.StringIO(text))]


def write(every: Sequence[Row], path: Path) -> None:
    """To .csv or .parquet. Raises OSError, ModuleNotFoundError for Parquet without pyarrow."""
    if path.suffix == ".csv":
        write_text(path, to_csv(every))
        return
    import pyarrow
    from pyarrow import parquet

    columns = {f.name: [getattr(row, f.name) for row in every] for f in fields(Row)}
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(columns), sink)
    write_bytes(path, sink.getvalue().to_pybytes())
