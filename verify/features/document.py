"""A measurement as --json writes it: plain numbers under fixed names, null for what is not known."""

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction

import numpy as np

from verify.features.correlation import Estimate
from verify.features.forecast import Forecast, Variance, chance
from verify.features.measurement import Measurement
from verify.features.remarks import remarks
from verify.features.spaces import Space
from verify.features.tables import Floats
from verify.predictions import Entry, Prediction, Range

SCHEMA = "w2s.measure/1"
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def document(found: Measurement, ahead: Forecast, sizes: Mapping[str, int | None]) -> dict[str, object]:
    """Everything that was measured and predicted."""
    settings = found.settings
    return {
        "schema": SCHEMA,
        "settings": {
            "fit": str(settings.fit), "centred": settings.centred, "tail": settings.tail,
            "rcond": settings.rcond, "confidence": settings.confidence, "seed": settings.seed, **sizes,
        },
        "rows": found.rows,
        "weak": _space(found.weak),
        "strong": _space(found.strong),
        "cosines": found.cosines.tolist(),
        "angles": np.degrees(np.arccos(found.cosines)).tolist(),
        "d_sw": {
            "debiased": found.d_sw.value,
            "interval": _interval(found.d_sw),
            "plug_in": found.plug_in,
            "plug_in_by_chance": chance(found.strong.dimension, found.weak.dimension, found.freedom),
            "heaviness": found.heavy,
        },
        "parameter_overlap": _parameters(found),
        "leverage": _leverages(found),
        "fourth_moments": _fourth(found),
        "target": None if found.whole.target is None else vars(found.whole.target),
        "prediction": _forecast(ahead),
        "notes": remarks(found),
    }  # fmt: skip


def _finite(x: float | None) -> float | None:
    return float(x) if x is not None and np.isfinite(x) else None


def _interval(x: Estimate) -> list[float] | None:
    return [x.low, x.high] if np.isfinite(x.low) and np.isfinite(x.high) else None


def _space(x: Space) -> dict[str, object]:
    return {
        "name": x.name, "columns": x.columns, "dimension": x.dimension, "rank": x.rank, "leading": x.leading,
        "rank_other": x.rank_other, "leading_other": x.leading_other, "effective": x.effective,
        "constant": [*x.constant], "duplicates": [[*pair] for pair in x.duplicates],
        "spectrum": x.spectrum.tolist(),
    }  # fmt: skip


def _parameters(found: Measurement) -> dict[str, object] | None:
    if found.parameters is None:
        return None
    dimensions = found.strong.leading, found.weak.leading
    return {"value": found.parameters, "by_chance": chance(*dimensions, found.weak.columns)}


def _leverages(found: Measurement) -> dict[str, object] | None:
    """Quantiles of the scales τ, each of mean 1."""
    shape = found.elliptical
    if shape is None:
        return None

    def quantiles(scale: Floats) -> list[float]:
        return [float(x) for x in np.quantile(scale, QUANTILES)]

    return {"quantiles": [*QUANTILES], "weak": quantiles(shape.weak), "strong": quantiles(shape.strong)}


def _fourth(found: Measurement) -> dict[str, object] | None:
    if found.fourth is None:
        return None
    gaussian = {"reduced": 1.0, "crossed": 0.0, "inherited": found.weak.dimension + 1.0}
    return {name: {"value": x, "gaussian": gaussian[name]} for name, x in vars(found.fourth).items()}


def _forecast(ahead: Forecast) -> dict[str, object]:
    out = dict[str, object]()
    for name in (field.name for field in fields(ahead)):
        x = getattr(ahead, name)
        if isinstance(x, Variance):
            x = {
                "weak": _finite(x.weak),
                "w2s": _finite(x.w2s),
                "interval": [_finite(x.low), _finite(x.high)],
            }
        elif isinstance(x, Estimate):
            x = {"value": x.value, "interval": _interval(x)}
        elif isinstance(x, Prediction):
            x = _risks(x)
        out[name] = x
    return out


def _risks(x: Prediction) -> dict[str, object]:
    """The parts of `w2s predict --json` under the same names."""
    return {
        "excess_risk": {k: _entry(v) for k, v in x.excess_risk.items()},
        "variance": {k: _entry(v) for k, v in x.variance.items()},
        "bias": {k: _entry(v) for k, v in x.bias.items()},
        **{k: _entry(v) for k, v in x.ratios.items()},
        "diverges": [*x.diverges],
        "notes": [*x.notes],
    }


def _entry(x: Entry) -> object:
    if isinstance(x, Range):
        return [float(x.low), float(x.high)]
    return float(x) if isinstance(x, Fraction) else None
