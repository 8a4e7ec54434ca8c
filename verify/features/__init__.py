"""The theory's numbers measured on real features, and what it predicts there.

`verify.features.measure(weak, strong, labels)` is `w2s measure` from Python.
"""

from verify.features.forecast import Forecast, forecast
from verify.features.measurement import Measurement, Settings, measured
from verify.features.spaces import parse_fit
from verify.features.tables import BadTable, Source

__all__ = ["BadTable", "Forecast", "Measurement", "Settings", "forecast", "measure", "parse_fit"]


def measure(
    weak: Source, strong: Source, labels: Source | None = None, settings: Settings | None = None
) -> Measurement:
    """Measure two feature maps, and a target, on one sample of inputs.

    weak: (m, p_w), strong: (m, p_s), labels: (m,) or (m, r) for r labels a sample: arrays, paths of files, or
    iterables of arrays with some rows each; what can be iterated only once is, and then there are no
    leverages. Raises BadTable, with one sentence. What the theory predicts: `forecast(measurement, n, N)`.
    """
    return measured(weak, strong, labels, settings or Settings())
