"""The variance of the student where samples differ in scale: features √τ·(Gaussian), one τ a sample.

τ is measured by ‖γ‖²/d, the leverage in units of its mean, after its own scatter χ²_d/d is taken out of the
spread; the root of a one-dimensional equation then takes the place of the inverse-Wishart mean. With
τ ≡ 1 it is the Gaussian theory.

Source: theory.md, section 4 (elliptical); proportional limit, ridgeless fits.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import polygamma

from verify.features.leverage import Rows
from verify.features.tables import Floats

_LARGEST = 2**40  # samples; above that no threshold is looked for
_TIE = 1e-9  # roots are numerical, so a tie is not quite one


def trace_inverse(scale: Floats, d: int, m: int) -> float:
    """s(d, m), the limit of tr W⁻¹: the root of (m−1) E[τs/(1+τs)] = d, infinite if there is none."""
    if d >= (m - 1) * np.mean(scale > 0):
        return math.inf

    def excess(log_s: float) -> float:
        x = scale * math.exp(log_s)
        return float((m - 1) * np.mean(x / (1 + x)) - d)

    guess = math.log(d / (m - 1 - d))  # the root at τ ≡ 1
    low, high = guess - 1, guess + 1
    while excess(low) > 0:
        low -= 2
    while excess(high) < 0:
        high += 2
    return math.exp(float(brentq(excess, low, high, xtol=1e-12)))


@dataclass(frozen=True, eq=False)
class Elliptical:
    """Scales τ of the rows, each of mean 1, (m,), and ‖R‖² in units of its mean."""

    strong: Floats
    weak: Floats
    outside: Floats
    d_s: int
    d_w: int

    def teacher(self, n: int) -> float:
        """Var(f_w)/σ²."""
        return trace_inverse(self.weak, self.d_w, n)

    def kept(self, N: int) -> float:
        """What is left of the teacher's variance outside F_s: κ where τ ≡ 1."""
        s = trace_inverse(self.strong, self.d_s, N)
        if math.isinf(s):
            return math.inf
        weight = self.strong / (1 + self.strong * s) ** 2
        return float(s * np.mean(weight * self.outside) / np.mean(weight))

    def student(self, d_sw: float, n: int, N: int) -> float:
        """Var(f_w2s)/σ²."""
        outside = self.d_w - d_sw
        return self.teacher(n) / self.d_w * (d_sw + (self.kept(N) * outside if outside > 0 else 0.0))

    def threshold(self) -> int | None:
        """The N from which on the student has less variance than the teacher; None if beyond reach."""
        low, high = self.d_s + 1, 2 * self.d_s + 2  # not below, below
        while not self.kept(high) < 1 - _TIE:
            low, high = high, 2 * high
            if high > _LARGEST:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.kept(middle) < 1 - _TIE else (middle, high)
        return high


def elliptical(found: Rows, d_s: int, d_w: int) -> Elliptical | None:
    """The scales that these rows show; None where a row is alone in a direction."""
    if found.alone:
        return None
    outside = found.outside.mean()
    return Elliptical(
        strong=scales(found.strong, d_s),
        weak=scales(found.weak, d_w),
        outside=found.outside / outside if outside > 0 else np.ones_like(found.outside),
        d_s=d_s,
        d_w=d_w,
    )


def scales(leverage: Floats, d: int) -> Floats:
    """τ of mean 1 from leverages ‖γ‖² = τχ²_d, (m,).

    Logarithms are drawn in to their mean until what χ²_d adds to their variance is gone.
    """
    seen = leverage > 0
    logs = np.log(leverage[seen])
    spread, chance = float(np.var(logs)), float(polygamma(1, d / 2))  # Var log χ²_d = ψ'(d/2)
    kept = math.sqrt(1 - chance / spread) if spread > chance else 0.0
    out = np.zeros_like(leverage)
    out[seen] = np.exp(kept * (logs - logs.mean()))
    return np.asarray(out / out.mean())
