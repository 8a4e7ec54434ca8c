"""What the samplers are given: a weak-to-strong problem in principal coordinates.

A change of basis of either feature map changes no fit, and a rotation of the Gaussian latent changes no law.
So every problem of `verify.pipeline` is one in which C is diagonal: strong direction i and weak direction i
enclose the principal angle i, and all other pairs of directions are orthogonal.

Source: theory.md, section 1.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from verify.pipeline import World

Array: TypeAlias = NDArray[np.float64]

MODELS = ("weak", "w2s", "strong_baseline", "strong_ceiling")
_TINY = 1e-12  # of a cosine away from 0 or 1: rounding of the SVD that found it


@dataclass(frozen=True, eq=False)
class Problem:
    """Features with principal cosines, a target, label noise and sample sizes.

    cosines: (k,), descending, in [0, 1], k at most min(d_s, d_w); the other angles are 90 degrees. theta:
    (d_w,), the best weak fit; delta: (d_s,), what the strong features see of its error; rest: squared norm
    of the part of f* outside F_s + F_w. sigma2: variance of the label noise. Raises ValueError.
    """

    d_s: int
    d_w: int
    cosines: Array
    theta: Array
    delta: Array
    rest: float
    sigma2: float
    n: int
    N: int

    def __post_init__(self) -> None:
        cosines = np.zeros(min(self.d_s, self.d_w))
        given = np.array(self.cosines, dtype=np.float64)
        if given.ndim != 1 or len(given) > len(cosines) or np.any(np.diff(given) > 0):
            raise ValueError("cosines must be at most min(d_s, d_w) numbers in descending order")
        if len(given) and not (0 <= given[-1] and given[0] <= 1):
            raise ValueError("cosines must lie in [0, 1]")
        cosines[: len(given)] = np.where(given > 1 - _TINY, 1.0, np.where(given < _TINY, 0.0, given))
        for name, size in (("theta", self.d_w), ("delta", self.d_s)):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != (size,) or not np.all(np.isfinite(values)):
                raise ValueError(f"{name} must be {size} finite numbers")
            object.__setattr__(self, name, _fixed(values))
        if np.any(self.delta[: len(cosines)][cosines == 1]):
            raise ValueError("delta must be orthogonal to the directions in F_s that lie in F_w too")
        for name in ("rest", "sigma2"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} must be finite and not negative, not {getattr(self, name)}")
        for name, least, which in (("n", self.d_w, "d_w"), ("N", self.d_s, "d_s"), ("n", self.d_s, "d_s")):
            if getattr(self, name) <= least:
                raise ValueError(f"{name} = {getattr(self, name)} must be above {which} = {least}")
        object.__setattr__(self, "cosines", _fixed(cosines))

    def __reduce__(self) -> tuple[Any, ...]:
        return Problem, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    @property
    def shared(self) -> int:
        """How many directions F_s and F_w have in common."""
        return int(np.sum(self.cosines == 1))

    @property
    def sines2(self) -> Array:
        """sin² of the angle between each weak direction and F_s, (d_w,): the eigenvalues of K."""
        sines2 = np.ones(self.d_w)
        sines2[: len(self.cosines)] -= self.cosines**2
        return sines2

    @property
    def d_sw(self) -> float:
        """The correlation dimension."""
        return float(np.sum(self.cosines**2))

    @property
    def delta2(self) -> float:
        """‖P_s(I-P_w)f*‖²."""
        return float(np.sum(self.delta**2))

    @property
    def tau2(self) -> float:
        """‖(I-P_s)P_w f*‖² = θᵀKθ."""
        return float(np.sum(self.theta**2 * self.sines2))

    @property
    def rho_w(self) -> float:
        """‖(I-P_w)f*‖²: what is orthogonal to F_w and seen by the strong features, and the rest."""
        k = len(self.cosines)
        seen = np.append(self.sines2[:k], np.ones(self.d_s - k))
        return self.rest + float(np.sum(self.delta**2 / np.where(seen > 0, seen, 1.0)))

    @property
    def rho_s(self) -> float:
        """‖(I-P_s)f*‖², from ρ_s = ρ_w + τ² - δ² - 2δᵀCθ."""
        k = len(self.cosines)
        cross = float(np.sum(self.delta[:k] * self.cosines * self.theta[:k]))
        return max(0.0, self.rho_w + self.tau2 - self.delta2 - 2 * cross)


def _fixed(values: Array) -> Array:
    values.setflags(write=False)
    return values


def from_world(world: World) -> Problem:
    """A problem of the naive procedure in principal coordinates."""
    u, cosines, vt = np.linalg.svd(world.C)
    theta = vt @ (world.weak @ world.target)
    unseen = world.target - world.weak.T @ (world.weak @ world.target)
    delta = u.T @ (world.strong @ unseen)
    cosines = np.minimum(cosines, 1.0)
    k = len(cosines)
    cosines[cosines > 1 - _TINY] = 1.0
    delta[:k][cosines == 1] = 0.0
    sines2 = np.append(1 - cosines**2, np.ones(len(delta) - k))
    inside = np.sum(np.divide(delta**2, sines2, out=np.zeros(len(delta)), where=sines2 > 0))
    rest = max(0.0, float(np.sum(unseen**2) - inside))
    if rest < 1e-14 * np.sum(world.target**2):
        rest = 0.0
    d_s, d_w = len(world.strong), len(world.weak)
    return Problem(d_s, d_w, cosines, theta, delta, rest, world.sigma2, world.n, world.N)


def problem_at(
    d_s: int,
    d_w: int,
    cosines: ArrayLike,
    *,
    n: int,
    N: int,
    sigma2: float,
    delta2: float = 0.0,
    tau2: float = 0.0,
    rest: float = 0.0,
) -> Problem:
    """A problem whose target has a part seen by neither feature map, one by either, and no other.

    The part that only the strong features see, of squared norm δ², lies in a direction orthogonal to F_w;
    that which only the weak see, τ², in one orthogonal to F_s. So ρ_w = δ² + rest and ρ_s = τ² + rest.
    Raises ValueError where there is no such direction.
    """
    found = np.sort(np.array(cosines, dtype=np.float64))[::-1]
    theta, delta = np.zeros(d_w), np.zeros(d_s)
    for values, square, name, which in ((delta, delta2, "delta2", "strong"), (theta, tau2, "tau2", "weak")):
        if square and len(found) == len(values) and found[-1] >= _TINY:
            raise ValueError(f"{name} needs a {which} direction at 90 degrees to the other features")
        values[-1] = math.sqrt(square)
    return Problem(d_s, d_w, found, theta, delta, rest, sigma2, n, N)


def cosines_of(d_s: int, d_w: int, d_sw: float) -> Array:
    """Principal cosines with Σcos² = d_sw: as many shared directions as fit, and one between.

    Raises ValueError unless 0 <= d_sw <= min(d_s, d_w).
    """
    if not 0 <= d_sw <= min(d_s, d_w):
        raise ValueError(f"d_sw must be between 0 and min(d_s, d_w) = {min(d_s, d_w)}, not {d_sw}")
    whole = math.floor(d_sw)
    part = d_sw - whole
    return np.array([1.0] * whole + ([math.sqrt(part)] if part > 0 else []))
