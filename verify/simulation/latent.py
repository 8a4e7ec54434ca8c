"""A problem on independent normal coordinates: features, target and risks as arrays of many data sets.

The coordinates g ~ N(0, I_D) of an input are the strong features, those shared with the weak ones last; then
what the weak features see and the strong do not; then, if the target has it, one direction that neither sees.
So strong features, and weak ones if no angle is strictly between 0 and 90 degrees, are columns of the data
as drawn, and nothing is copied. A function b·g has the squared L²(P) norm ‖b‖².

Arrays have data sets on their first axis and functions, one for each noise vector, on their last.
"""

from dataclasses import dataclass

import numpy as np

from verify.simulation.problem import Array, Problem


@dataclass(frozen=True, eq=False)
class Latent:
    """Where the coordinates of a problem are. D of them; weak direction i < shared is one of the strong.

    target: the coefficients of f*, (D,). Weak directions from `shared` to `seen` are at an angle strictly
    between 0 and 90 degrees with strong ones, of cosines `cosines` (the others of `sines` are 1).
    """

    d_s: int
    d_w: int
    shared: int
    seen: int
    cosines: Array
    sines: Array
    target: Array

    @property
    def D(self) -> int:
        """How many coordinates there are."""
        return len(self.target)

    def strong(self, latents: Array) -> Array:
        """The strong features, (..., d_s) of (..., D): a view."""
        return latents[..., : self.d_s]

    def weak(self, latents: Array) -> Array:
        """The weak features, (..., d_w) of (..., D): a view where that is possible."""
        first = self.d_s - self.shared
        columns = latents[..., first : first + self.d_w]
        partial = self.seen - self.shared
        if not partial:
            return columns
        mixed = columns.copy()
        mixed[..., self.shared : self.seen] *= self.sines
        mixed[..., self.shared : self.seen] += self.cosines * latents[..., :partial]
        return mixed

    def from_strong(self, fits: Array) -> Array:
        """Functions of the strong features on the coordinates: (..., D, q) of (..., d_s, q)."""
        out = np.zeros((*fits.shape[:-2], self.D, fits.shape[-1]))
        out[..., : self.d_s, :] = fits
        return out

    def from_weak(self, fits: Array) -> Array:
        """Functions of the weak features on the coordinates: (..., D, q) of (..., d_w, q)."""
        out = np.zeros((*fits.shape[:-2], self.D, fits.shape[-1]))
        first = self.d_s - self.shared
        out[..., first : first + self.d_w, :] = fits
        partial = self.seen - self.shared
        if partial:
            between = fits[..., self.shared : self.seen, :]
            out[..., self.d_s : self.d_s + partial, :] = self.sines[:, None] * between
            out[..., :partial, :] += self.cosines[:, None] * between
        return out


def latent(problem: Problem) -> Latent:
    """The coordinates of a problem. The part of f* beyond F_w is the shortest that has E γ_s ξ_w = δ."""
    p = problem
    shared, seen = p.shared, int(np.sum(p.cosines > 0))
    cosines = p.cosines[shared:seen]
    sines = np.sqrt(p.sines2[shared:seen])
    target = np.zeros(p.d_s + p.d_w - shared + (p.rest > 0))
    found = Latent(p.d_s, p.d_w, shared, seen, cosines, sines, target)
    target += found.from_weak(p.theta[:, None])[:, 0]
    delta = np.roll(p.delta, -shared)  # the shared directions are the last of the strong
    target[: p.d_s] += delta
    # ξ_w = δ_i (s_i - cos w_i)/sin², with w_i = cos s_i + sin η_i, has the part -δ_i cos/sin along η_i
    target[p.d_s : p.d_s + len(cosines)] -= delta[: len(cosines)] * cosines / sines
    if p.rest > 0:
        target[-1] = np.sqrt(p.rest)
    target.setflags(write=False)
    return found


def square_norm(functions: Array) -> Array:
    """Σ over coefficients of squares, (..., q) of (..., D, q)."""
    out: Array = np.sum(functions * functions, axis=-2)
    return out
