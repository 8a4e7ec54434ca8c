"""How far rounding may move a check, and in which arithmetic it is therefore made.

Doubles, unless they might matter: a bound that is not far below the half-width asked of the interval moves
the check to double-double arithmetic. What then still is not far below leaves it undecided.
"""

from dataclasses import dataclass, replace

import numpy as np

from verify.certificate import PASSED, REFUTED, UNDECIDED
from verify.kernels import UNIT
from verify.machine import Sample
from verify.sequential import Outcome

MEASURED = "double, measured by double-double"
BOUNDED = "double, by running error analysis"
PRECISE = "double-double"

_FAR = 0.01  # of a half-width: what rounding may be and go unmentioned
_GAIN = 2.0**-9  # errors of double-double are at most this part of those in doubles: see verify.doubledouble
_STORED = 16 * UNIT  # of the scale: constants and coefficients are doubles, and values are rounded to one


@dataclass(frozen=True)
class Rounding:
    """A bound on how far rounding moves a mean, in units of the check's scale, and the arithmetic it is of.

    It is estimated: the mean, over the first draws of the pilot, of the size of every draw's error (or of a
    bound on it). Errors of different signs cancel in a mean; here they do not.
    """

    bound: float
    arithmetic: str

    def matters(self, half_width: float) -> bool:
        """Whether the bound is not far below a half-width; one that is no number is not."""
        return not self.bound <= _FAR * half_width


def of_difference(pilot: Sample, left: int, right: int, unit: float, precise: bool) -> Rounding:
    """The rounding of the difference of two sides, from a pilot in doubles that measured it if it could."""
    measured = float(pilot.errors[left] + pilot.errors[right]) / unit
    if precise:
        return Rounding(_GAIN * measured + _STORED, PRECISE)
    if np.isfinite(measured):
        return Rounding(measured + _STORED, MEASURED)
    return Rounding(float(pilot.rounding[left] + pilot.rounding[right]) / unit, BOUNDED)


def respected(o: Outcome, rounding: Rounding, half_width: float) -> Outcome:
    """An outcome, undecided if rounding may have made it."""
    if o.verdict not in (PASSED, REFUTED) or o.interval is None or not rounding.matters(half_width):
        return o
    low, high = o.interval
    if o.verdict == REFUTED and (low > rounding.bound or high < -rounding.bound):
        return o
    why = f"rounding may move it by {rounding.bound:.1e}, which is not far below {half_width:.1e}"
    return replace(o, verdict=UNDECIDED, reason=f"{why} ({rounding.arithmetic})")
