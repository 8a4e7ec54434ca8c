"""The target from labels: ρ_s, ρ_w, δ², τ² and σ², each freed of what noise adds to it.

In R^m, y the labels: a projection P̂ of pure noise of variance v has squared norm v tr P̂ on average,
whatever the features. So what y leaves outside a space of dimension d is divided by m − d, and from ‖P̂_s(I
− P̂_w)y‖² and ‖(I − P̂_s)P̂_wy‖² the noise's v(d_s − tr P̂_sP̂_w) and v(d_w − tr P̂_sP̂_w) are taken away, v
what y leaves outside both spaces. What is left off by that is the design's own part of δ² and τ², of
relative order d/m.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from verify.features.tables import BadTable, Floats
from verify.targets import Infeasible, Inputs, Targets

GIVEN, REPEATED, RESIDUAL = "given", "repeated labels", "residual of both feature maps"
_SHARED = 1e-9  # squared sines below are 0: that direction of F_w is in F_s


@dataclass(frozen=True)
class Target:
    """A target as labels show it, in units of squared labels; noise says where σ² comes from."""

    rho_w: float
    rho_s: float
    delta2: float
    tau2: float
    sigma2: float
    noise: str

    def inputs(self, d_w: int, d_s: int, d_sw: float, n: int, N: int) -> Inputs:
        """The problem at these sizes.

        δ² and τ² that rounding or chance put where no target is are moved to the nearest one.
        Raises Infeasible where even then there is none.
        """
        overlap = Fraction(d_sw)
        rho_w = Fraction(self.rho_w)
        most = rho_w * min(Fraction(1), d_s - overlap)
        at = Inputs(
            d_w, d_s, overlap, n, N, Fraction(self.sigma2), rho_w, Fraction(self.rho_s),
            min(Fraction(self.delta2), most), Fraction(self.tau2),
        )  # fmt: skip
        try:
            Targets(at)
        except Infeasible:
            return _moved(at)
        return at


def _moved(at: Inputs) -> Inputs:
    """The nearest τ² at this δ², and if no target has that δ², the nearest δ² first."""
    assert at.delta2 is not None
    assert at.tau2 is not None
    free = replace(at, delta2=None, tau2=None)
    targets = Targets(free)
    if targets.pair is not None:
        return replace(at, delta2=targets.pair[0], tau2=targets.pair[1])
    low, high = (pair[0] for pair in targets.extremes(Fraction(1), Fraction(0)))
    seen = _inside(at.delta2, low, high)
    targets = Targets(replace(free, delta2=seen))
    if targets.pair is not None:
        return replace(at, delta2=seen, tau2=targets.pair[1])
    assert targets.slice is not None
    least, most = (pair[1] for pair in targets.slice)
    return replace(at, delta2=seen, tau2=_inside(at.tau2, least, most))


def _inside(x: Fraction, low: Fraction, high: Fraction) -> Fraction:
    """The nearest number between; not quite at the ends, which are rounded roots."""
    edge = (high - low) / 10**9
    return min(max(x, low + edge), high - edge)


def target(
    overlap: Floats,
    seen_s: Floats,
    seen_w: Floats,
    square: float,
    rows: int,
    repeats: tuple[int, float] | None,
    sigma2: float | None,
) -> Target:
    """The target from labels in coordinates that are orthonormal over the rows. Raises BadTable.

    overlap: Ĉ = Γ_sᵀΓ_w, (d_s, d_w). seen_s, seen_w: Γ_sᵀy, Γ_wᵀy. square: ‖y‖². rows: m, or m − 1 about the
    mean. repeats: how many labels y averages, and the variance of one about their mean. sigma2: σ², if known.
    """
    d_s, d_w = overlap.shape
    plug_in = float(np.sum(overlap**2))
    values, vectors = np.linalg.eigh(np.eye(d_w) - overlap.T @ overlap)
    only_weak = values > _SHARED
    rest = vectors.T @ (seen_w - overlap.T @ seen_s)
    both = square - float(seen_s @ seen_s) - float(np.sum(rest[only_weak] ** 2 / values[only_weak]))
    left = rows - d_s - int(only_weak.sum())
    if left < 1:
        raise BadTable(f"{rows} rows are too few to tell noise from target at {rows - left} dimensions")
    noise = max(both, 0.0) / left
    outside_w = (square - float(seen_w @ seen_w)) / (rows - d_w)
    outside_s = (square - float(seen_s @ seen_s)) / (rows - d_s)
    only_s = float(np.sum((seen_s - overlap @ seen_w) ** 2)) - noise * (d_s - plug_in)
    only_w = float(seen_w @ seen_w - np.sum((overlap @ seen_w) ** 2)) - noise * (d_w - plug_in)
    if sigma2 is not None:
        single, mean, source = sigma2, sigma2 / (repeats[0] if repeats else 1), GIVEN
    elif repeats is not None:
        single, mean, source = repeats[1], repeats[1] / repeats[0], REPEATED
    else:
        single, mean, source = noise, noise, RESIDUAL
    return Target(
        rho_w=max(outside_w - mean, 0.0),
        rho_s=max(outside_s - mean, 0.0),
        delta2=max(only_s, 0.0) / rows,
        tau2=max(only_w, 0.0) / rows,
        sigma2=single,
        noise=source,
    )
