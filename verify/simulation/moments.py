"""What a chunk of trials leaves behind, how chunks are put together, and what is estimated from them.

Chunks are merged in the order of their numbers, so that the sums do not depend on who finished first.

Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
(1979).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from verify.simulation.problem import MODELS, Array

QUANTITIES = (*MODELS, "pgr", "opr")


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, mean (4,), Σ(x - mean)(x - mean)ᵀ (4, 4) and extremes (4,) of the risks of the models."""

    count: int
    mean: Array
    scatter: Array
    low: Array
    high: Array

    def to_json(self) -> dict[str, object]:
        """As a chunk's file has them."""
        return {k: v if isinstance(v, int) else v.tolist() for k, v in vars(self).items()}


class Estimate(NamedTuple):
    """A value and its standard error."""

    value: float
    error: float


def moments(risks: Array) -> Moments:
    """Of trials (count, 4). Raises ValueError where a risk is not a finite number."""
    if not np.all(np.isfinite(risks)):
        raise ValueError("a data set was singular to working precision")
    mean = np.mean(risks, axis=0)
    apart = risks - mean
    return Moments(len(risks), mean, _product(apart), np.min(risks, axis=0), np.max(risks, axis=0))


def _product(rows: Array) -> Array:
    """rowsᵀ rows without BLAS, whose sums may depend on the machine's processors."""
    return np.array([[np.sum(x * y) for y in rows.T] for x in rows.T])


def from_json(data: Mapping[str, Any]) -> Moments:
    """What `to_json` wrote. Raises KeyError, TypeError or ValueError if it is something else."""
    k = len(MODELS)
    shapes = {"mean": (k,), "scatter": (k, k), "low": (k,), "high": (k,)}
    arrays = {name: np.array(data[name], dtype=np.float64) for name in shapes}
    if any(arrays[name].shape != shape for name, shape in shapes.items()) or type(data["count"]) is not int:
        raise ValueError("not the moments of a chunk")
    return Moments(data["count"], **arrays)


def merged(parts: Iterable[Moments]) -> Moments:
    """All chunks together, merged from the first to the last."""
    first, *others = parts
    for other in others:
        count = first.count + other.count
        apart = other.mean - first.mean
        mean = first.mean + apart * (other.count / count)
        between = np.multiply.outer(apart, apart) * (first.count * other.count / count)
        low, high = np.minimum(first.low, other.low), np.maximum(first.high, other.high)
        first = Moments(count, mean, first.scatter + other.scatter + between, low, high)
    return first


def estimates(found: Moments) -> dict[str, Estimate]:
    """Every quantity; the ratios are ratios of means, their errors by the delta method.

    A ratio is NaN where what it divides by is zero.
    """
    covariance = found.scatter / (max(1, found.count - 1) * found.count)
    weak, student, baseline, ceiling = found.mean.tolist()
    gap, student_ = weak - ceiling or math.nan, student or math.nan
    pgr, opr = (weak - student) / gap, baseline / student_
    values = (*found.mean.tolist(), pgr, opr)
    slopes = [
        *np.eye(len(MODELS)),
        np.array([1 - pgr, -1, 0, pgr]) / gap,
        np.array([0, -opr, 1, 0]) / student_,
    ]
    squares = [float(np.sum(covariance * np.multiply.outer(g, g))) for g in slopes]
    errors = [x if math.isnan(x) else math.sqrt(max(0.0, x)) for x in squares]
    return {name: Estimate(v, e) for name, v, e in zip(QUANTITIES, values, errors, strict=True)}
