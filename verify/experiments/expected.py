"""What the theory predicts for a pair: measured once on its pool, evaluated in every cell.

The Gaussian numbers are the claims' conclusions; the elliptical law and the leading order of any features
are those of `w2s measure`.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from verify.experiments.pairs import Labels, Pair
from verify.features import Measurement, Settings, measure
from verify.features.elliptical import trace_inverse
from verify.features.forecast import conclusion, number
from verify.predictions import MODELS, Prediction, predict
from verify.targets import Inputs

GAUSSIAN, ELLIPTICAL, ANY = "gaussian", "elliptical", "any"  # any: any features, leading order in 1/n and 1/N
LAWS = (GAUSSIAN, ELLIPTICAL, ANY)


@dataclass(frozen=True, eq=False)
class Expected:
    """A pair as measured: without labels, and with each kind of them."""

    found: Measurement
    targets: dict[str, Measurement]

    def variances(self, n: int, N: int) -> dict[str, dict[str, float]]:
        """Var/σ² by law and model; NaN where a law says nothing."""
        found = self.found
        d_w, d_s, d_sw = found.weak.dimension, found.strong.dimension, found.d_sw.value
        gaussian = predict(Inputs(d_w, d_s, Fraction(d_sw), n, N, Fraction(1)), conclusion).variance
        out = {law: dict.fromkeys(MODELS, math.nan) for law in LAWS}
        out[GAUSSIAN] = {model: number(gaussian[model]) for model in MODELS}
        if found.elliptical is not None:
            shape = found.elliptical
            out[ELLIPTICAL] = {
                "weak": shape.teacher(n),
                "w2s": shape.student(d_sw, n, N),
                "strong_baseline": trace_inverse(shape.strong, d_s, n),
                "strong_ceiling": trace_inverse(shape.strong, d_s, n + N),
            }
        if found.fourth is not None:
            out[ANY]["w2s"] = found.fourth.variance_factor(d_s, d_w, d_sw, n, N)
        return out

    def risks(self, kind: str, added: float, n: int, N: int) -> Prediction:
        """Of the four models, Gaussian, with the target that labels of this kind show and noise added."""
        found = self.targets[kind]
        target = found.whole.target
        assert target is not None
        noisy = replace(target, sigma2=target.sigma2 + added**2)
        dimensions = found.weak.dimension, found.strong.dimension
        return predict(noisy.inputs(*dimensions, found.d_sw.value, n, N), conclusion)


def expected(pair: Pair, confidence: float = 0.95) -> Expected:
    """Measure a pair. Raises BadTable."""
    plain = Settings(confidence=confidence)

    def labelled(labels: Labels) -> Measurement:
        return measure(pair.weak, pair.strong, labels.train, replace(plain, sigma2=labels.sigma2))

    found = measure(pair.weak, pair.strong, settings=plain)
    return Expected(found, {labels.name: labelled(labels) for labels in pair.labels})
