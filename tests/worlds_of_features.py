"""Synthetic feature tables for the tests of verify/features: given cosines, a law of the samples' scales."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pair(
    cosines: Floats, d_w: int, d_s: int, rows: int, stream: np.random.Generator, spread: float = 0.0
) -> tuple[Floats, Floats]:
    """Weak (rows, d_w) and strong (rows, d_s) features with E xxᵀ = I and these cosines, d_w <= d_s or not.

    spread: of the logarithm of the scale τ that a sample's features share, with E τ = 1; 0 is Gaussian.
    """
    k = len(cosines)
    strong, weak = stream.standard_normal((rows, d_s)), stream.standard_normal((rows, d_w))
    weak[:, :k] = strong[:, :k] * cosines + weak[:, :k] * np.sqrt(1 - cosines**2)
    scale = np.exp(0.5 * (spread * stream.standard_normal((rows, 1)) - spread**2 / 2))
    return weak * scale, strong * scale
