"""Variances of ridge fits on features of any covariance, by deterministic equivalents: no claim here.

With penalty λ on the mean loss a ridge fit on m samples acts in the proportional limit like one on the
whole population with penalty κ, the root of λ = κ(1 − df₁(κ)/m), where df_k = tr Λ^k(Λ+κ)^−k and Λ is the
second moment of the features in whitened coordinates; df₁(λ) is the effective dimension. With
A = Λ(Λ+κ)⁻¹, S = A_w²/(n − df₂,w) and h = γ_wᵀe, e of covariance S:

    Var(f_w)/σ² = tr S,
    Var(f_w2s)/σ² = tr SCᵀA_s²C + df₂,s/(N − df₂,s) · (tr S − 2 tr SCᵀA_sC + tr SCᵀA_s²C).

m − 1 is written for m, so that λ → 0 gives the exact ridgeless values. With Λ = I it is theory.md's ridge.
Source: Hastie, Montanari, Rosset, Tibshirani, "Surprises in high-dimensional ridgeless least squares
interpolation" (2022), as remembered, and simulated in the tests.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from scipy.optimize import brentq

from verify.features.tables import Floats


@dataclass(frozen=True, eq=False)
class Ridge:
    """weak: Λ_w, (d_w, d_w); strong: Λ_s, (d_s, d_s), both in canonical coordinates; penalty: λ."""

    weak: Floats
    strong: Floats
    penalty: float

    def teacher(self, n: int) -> float:
        """Var(f_w)/σ²."""
        return float(np.trace(self._noise(n)))

    def student(self, cosines: Floats, n: int, N: int) -> float:
        """Var(f_w2s)/σ²; cosines: of the principal angles, (min(d_w, d_s),)."""
        noise, k = self._noise(n), len(cosines)
        values, vectors = np.linalg.eigh(self.strong)
        shrunk, df2 = _shrunk(values, self.penalty, N)
        turned = vectors.T[:, :k] * cosines  # C in the eigenvectors of Λ_s: its other columns are 0
        second = np.sum((turned @ noise[:k, :k]) * turned, axis=1)
        kept, crossed = float(shrunk**2 @ second), float(shrunk @ second)
        left = float(np.trace(noise)) - 2 * crossed + kept
        return kept + df2 / (N - 1 - df2) * left

    def _noise(self, n: int) -> Floats:
        """S, (d_w, d_w)."""
        values, vectors = np.linalg.eigh(self.weak)
        shrunk, df2 = _shrunk(values, self.penalty, n)
        return np.asarray((vectors * (shrunk**2 / (n - 1 - df2))) @ vectors.T)


def _shrunk(values: Floats, penalty: float, m: int) -> tuple[Floats, float]:
    """The factors λ_i/(λ_i + κ), and the sum of their squares; m at least 2."""
    values = np.maximum(values, 0.0)

    def excess(log_kappa: float) -> float:
        kappa = np.exp(log_kappa)
        return float(kappa - kappa * np.sum(values / (values + kappa)) / (m - 1) - penalty)

    high = log(penalty + float(values.sum()) / (m - 1)) + 1e-9  # κ = λ + κ df₁/(m−1), κ df₁ ≤ tr Λ
    kappa = np.exp(brentq(excess, log(penalty) - 1e-9, high, xtol=1e-13))
    factors = values / (values + kappa)
    return np.asarray(factors), float(np.sum(factors**2))
