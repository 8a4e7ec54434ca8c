"""Points: the sizes, angles and scalars at which a claim is checked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction


@dataclass(frozen=True)
class Point:
    """One place in a claim's own parameters.

    `values` give the sizes and scalars by symbol name; `overlaps` are the singular values of C (cosines of
    the principal angles; missing ones are zero), which simulations rotate at random; `noise` is the law of
    the label noise (`normal`, `sign` or `uniform`, each of variance one before scaling).
    """

    values: tuple[tuple[str, int | Fraction], ...]
    overlaps: tuple[Fraction, ...] = ()
    noise: str = "normal"

    def __getitem__(self, name: str) -> int | Fraction:
        return dict(self.values)[name]

    @property
    def label(self) -> str:
        """The point in one line."""
        parts = [f"{k}={v}" for k, v in self.values]
        if self.overlaps:
            parts.append("cos=(" + ", ".join(str(c) for c in self.overlaps) + ")")
        if self.noise != "normal":
            parts.append(f"{self.noise} noise")
        return ", ".join(parts)

    def but(self, values: Mapping[str, int | Fraction]) -> "Point":
        """The point with other, or more, values."""
        return replace(self, values=tuple({**dict(self.values), **values}.items()))


def point(
    overlaps: tuple[Fraction | int | str, ...] = (), noise: str = "normal", **values: int | str
) -> Point:
    """A point from keywords: `point(n=8, d_w=4, overlaps=("1/2",))`."""
    exact = {k: v if isinstance(v, int) else Fraction(v) for k, v in values.items()}
    return Point(tuple(exact.items()), tuple(Fraction(c) for c in overlaps), noise)


def _w2s(
    n: int, N: int, d_s: int, d_w: int, *cos: int | str, sigma2: str = "1", noise: str = "normal"
) -> Point:
    return point(tuple(cos), noise, n=n, N=N, d_s=d_s, d_w=d_w, sigma2=sigma2)


def misspecified(p: Point, rho_w: str, sigma2: str) -> Point:
    """A point with a target that the weak features cannot express, by a variance ρ_w, and other noise."""
    return p.but({"rho_w": Fraction(rho_w), "sigma2": Fraction(sigma2)})


# The points of every claim that has both spaces. Most lie within four of a boundary, where an error in a
# "- 1" is largest; the last two, in the thousands, check scaling only. The naive procedure takes the first
# ones, so those with the heaviest tails come later.
W2S_POINTS = (
    _w2s(9, 12, 3, 4, "7/10", "1/5", noise="sign"),  # d_w > d_s
    _w2s(9, 18, 6, 4, "4/5", "1/2", "1/5"),  # d_s > d_w
    _w2s(10, 12, 4, 5, "19/20", "3/5", "1/4", noise="uniform"),
    _w2s(9, 14, 4, 4),  # no overlap
    _w2s(12, 12, 3, 3, 1, 1, 1, sigma2="1/4"),  # full overlap
    _w2s(6, 8, 2, 2, "4/5", "3/10"),  # generic angles, n = d_w + 4
    _w2s(12, 8, 4, 2, "9/10", "1/2"),  # N = d_s + 4
    _w2s(8, 16, 5, 3, 1, "3/5", 0),  # aligned, oblique and orthogonal directions at once
    _w2s(11, 9, 4, 5, 1, 1, "1/2"),
    _w2s(20, 11, 6, 8, "9/10", "4/5", "1/2", "1/10", sigma2="4"),
    _w2s(30, 2000, 3, 4, "4/5", "1/2"),  # N in the thousands
    _w2s(1500, 40, 4, 3, "3/5"),  # n in the thousands
)
