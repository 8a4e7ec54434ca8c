"""The results of a simulation as a table: a row for each case and quantity, as CSV or Parquet."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import sympy as sp

from verify.simulation.cases import AXES, Case
from verify.simulation.ladder import Rung
from verify.simulation.moments import estimates
from verify.simulation.run import Outcome

STEADY = 7  # samples beyond the features from which a standard error is to be believed: fourth moments
ALARM = 6.0  # standard errors: a chance of 2e-9 a row


class NoParquet(RuntimeError):
    """Parquet cannot be written here; one sentence says why."""


class Row(NamedTuple):
    """One quantity at one case. None: infinite, or not a number.

    standard_error is None where the estimator's variance is infinite; deviation is (mean - exact) in units of
    it; single_error is the standard error of 40 trials of an experiment, if such were simulated.
    """

    case: Case
    quantity: str
    mean: float | None
    standard_error: float | None
    exact: float | None
    deviation: float | None
    trials: int
    single_error: float | None
    rung: str

    @property
    def far(self) -> bool:
        """Whether the mean is so far from the exact value that one of them is wrong."""
        p = self.case
        steady = min(p.n - p.d_w, p.n - p.d_s, p.N - p.d_s) > STEADY
        return steady and self.deviation is not None and abs(self.deviation) > ALARM


def rows(outcomes: Sequence[Outcome], rung: Rung, conclude: Callable[[str], sp.Expr]) -> list[Row]:
    """The table."""
    found = []
    for o in outcomes:
        finite = rung.finite_variance(o.case.problem())
        exact = o.case.exact(conclude)
        single = {} if o.single is None else estimates(o.single)
        for name, estimate in o.estimates.items():
            error = _number(estimate.error) if finite else None
            apart = None
            if error and exact[name] is not None:
                apart = (estimate.value - float(exact[name] or 0.0)) / error
            alone = _number(single[name].error) if name in single else None
            mean = _number(estimate.value)
            count = o.found.count
            found.append(Row(o.case, name, mean, error, exact[name], apart, count, alone, rung.name))
    return found


def _number(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _records(table: Iterable[Row]) -> list[dict[str, Any]]:
    """Columns by name: the case first."""
    records = []
    for row in table:
        at: dict[str, Any] = {name: getattr(row.case, name) for name in (*AXES, "tau2")}
        at = {k: v if isinstance(v, int) else float(v) for k, v in at.items()}
        records.append({**at, **{k: v for k, v in row._asdict().items() if k != "case"}})
    return records


def to_csv(table: Iterable[Row]) -> bytes:
    """As CSV, numbers with all their digits, what is not a number left empty."""
    records = _records(table)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def to_parquet(table: Iterable[Row]) -> bytes:
    """The same as Parquet. Raises NoParquet where pyarrow, an extra, is not installed."""
    pyarrow, parquet = parquet_modules()
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(_records(table)), buffer)
    return buffer.getvalue()


def parquet_modules() -> tuple[Any, Any]:
    """The modules of the extra. Raises NoParquet."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise NoParquet("Parquet needs pyarrow (pip install 'w2s-theory[parquet]'); CSV needs none") from None
    return pyarrow, parquet
