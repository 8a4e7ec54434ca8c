"""The paper's synthetic experiment, with each of its three weak spaces (theorems/_published.py has one)."""

from derivations.points import Point
from derivations.theorems._published import PLAIN, SIZES, STRONG, WEAK, _energy

TARGET = range(1, 301)  # the coordinates that the target has
SPACES = tuple(range(o + 1, o + 1 + len(WEAK)) for o in (10, 50, 90))
MOST = 4000  # of n and of N; the least is that of SIZES


def synthetic(weak: range) -> Point:
    """The experiment with these coordinates as the weak features, at the n and N of `SIZES`."""
    missed = [i for i in TARGET if i not in weak]
    sizes = {**SIZES, "d_sw": len({*STRONG} & {*weak})}
    return PLAIN.but(sizes).but(
        {
            "rho_w": sum(_energy(range(i, i + 1)) for i in missed),
            "rho_s": _energy(range(STRONG.stop, TARGET.stop)),
            "delta2": sum(_energy(range(i, i + 1)) for i in missed if i in STRONG),
            "tau2": sum(_energy(range(i, i + 1)) for i in weak if i in TARGET and i not in STRONG),
        }
    )
