"""The second look at the rows: leverages and the fourth moments that the theory asks for.

A row's own part in the whitening pulls its leverage towards the others'. So every row is measured by the
other rows, exactly: scatters and regressions without row i are rank-one changes of those with it, and need
of the row only five numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from verify.features.spaces import Space
from verify.features.tables import Floats

_ALONE = 1e-9  # a row that leaves less than this of a direction to the others is alone in it


@dataclass(frozen=True, eq=False)
class Rows:
    """Of each row, (m,): leverages in the whole table, and what the other rows say of it.

    shared_s, shared_w: the parts of the leverages in shared directions. strong, weak: ‖γ_s‖², ‖γ_w‖².
    outside: ‖R‖². crossed: γ_sᵀCR. inside: ‖Cγ_w‖². These five each up to one factor for all rows; only
    ratios of means are of use. NaN where a row is alone in a direction.
    """

    leverage_s: Floats
    leverage_w: Floats
    shared_s: Floats
    shared_w: Floats
    strong: Floats
    weak: Floats
    outside: Floats
    crossed: Floats
    inside: Floats
    alone: int  # rows without which a dimension is lost


@dataclass(frozen=True)
class FourthMoments:
    """Both terms of theory.md's distribution-free form, as ratios; next to each its value under (G).

    reduced: E‖γ_s‖²‖R‖² / (d_s u), 1. crossed: −2E[‖γ_s‖²γ_sᵀCR] / (d_s u), 0. inherited:
    tr(CᵀC(E‖γ_w‖²γ_wγ_wᵀ − I)) / d_sw, d_w + 1.
    """

    reduced: float
    crossed: float
    inherited: float

    def variance_factor(self, d_s: int, d_w: int, d_sw: float, n: int, N: int) -> float:
        """Var(f_w2s)/σ² to leading order in 1/n and 1/N. Source: theory.md, section 4 (distribution-free)."""
        u = d_w - d_sw
        return (d_sw + d_s * u * (self.reduced + self.crossed) / N + d_sw * self.inherited / n) / n

    def correction(self, d_s: int, d_w: int, d_sw: float, n: int, N: int) -> float:
        """The leading order over what it is under (G): by what real features differ at these sizes."""
        gaussian = FourthMoments(1.0, 0.0, d_w + 1.0)
        at = d_s, d_w, d_sw, n, N
        return self.variance_factor(*at) / gaussian.variance_factor(*at)


def rows(
    blocks: Iterable[Floats],
    weak: Space,
    strong: Space,
    cosines: Floats,
    weights: Floats,
    mean: Floats | None,
) -> Rows:
    """Stream over joint rows, weak features first, in the canonical coordinates of both spaces.

    weights: (k,), of the canonical directions in the parts that count as shared. mean: (p,), of the joint
    rows, or None if the spaces are about zero. The blocks are used up.
    """
    p, q, k = weak.columns, weak.columns + strong.columns, len(cosines)
    parts = list[Floats]()
    for block in blocks:
        if mean is not None:
            block -= mean
        b, a = block[:, :p] @ weak.basis, block[:, p:q] @ strong.basis
        ca, cb = cosines * a[:, :k], cosines * b[:, :k]
        products = ((a, a), (b, b), (ca, b[:, :k]), (ca, ca), (cb, cb))
        sums = [np.vecdot(x, y) for x, y in products]
        parts.append(np.array([*sums, a[:, :k] ** 2 @ weights, b[:, :k] ** 2 @ weights]))
    hs, hw, ab, aa, bb, shared_s, shared_w = np.concatenate(parts, axis=1)
    return _left_out(hs, hw, ab, aa, bb, shared=(shared_s, shared_w), centred=mean is not None)


def _left_out(
    hs: Floats,
    hw: Floats,
    ab: Floats,
    aa: Floats,
    bb: Floats,
    *,
    shared: tuple[Floats, Floats],
    centred: bool,
) -> Rows:
    """What the other rows say of each, from ‖a‖², ‖b‖², aᵀCb, ‖Cᵀa‖², ‖Cb‖² of its coordinates a, b.

    With f = m/(m−1) (1 about zero), the row about the mean of the others is f times what it is about that of
    all; without it S⁻¹ gains f aaᵀ/(1 − f‖a‖²), and the residual r = b − Cᵀa becomes f r/(1 − f‖a‖²).
    """
    m = len(hs)
    f = m / (m - 1) if centred else 1.0
    left_s, left_w = 1 - f * hs, 1 - f * hw
    lonely = (left_s < _ALONE) | (left_w < _ALONE)
    left_s, left_w = (np.where(lonely, np.nan, x) for x in (left_s, left_w))
    rb = f * (hw - ab) / left_s  # residual times b
    rr = f * f * (hw - 2 * ab + aa) / left_s**2
    outside = rr + f * rb**2 / left_w
    pb, pr = f * hw - rb, f * rb - rr  # the prediction f b − residual, times b and times the residual
    ga = f * (hs - (hs - ab) / left_w)  # of γ_s from γ_w, times a
    gg = f * f * (hs - 2 * (hs - ab) / left_w + (hs - 2 * ab + bb) / left_w**2)
    return Rows(
        leverage_s=hs,
        leverage_w=hw,
        shared_s=shared[0],
        shared_w=shared[1],
        strong=f * f * hs / left_s,
        weak=f * f * hw / left_w,
        outside=outside,
        crossed=pr + f * pb * rb / left_w,
        inside=gg + f * ga**2 / left_s,
        alone=int(lonely.sum()),
    )


def fourth_moments(found: Rows, d_w: int) -> FourthMoments | None:
    """The ratios, None where a row is alone in a direction or one of the parts is empty."""
    strong, weak = found.strong, found.weak
    outside, inside = found.outside.mean(), found.inside.mean()
    if found.alone or outside <= 0 or inside <= 0:
        return None
    scale = strong.mean() * outside
    return FourthMoments(
        reduced=float(np.mean(strong * found.outside) / scale),
        crossed=float(-2 * np.mean(strong * found.crossed) / scale),
        inherited=float(d_w * np.mean(weak * found.inside) / (weak.mean() * inside) - 1),
    )
