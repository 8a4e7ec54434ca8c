"""Where polynomials change sign, between integers: exactly."""

import sympy as sp

_WIDTH = sp.Rational(1, 2)  # of the intervals that isolate roots


def around_roots(polynomial: sp.Expr, variable: sp.Symbol) -> set[int]:
    """For each real root r of a polynomial ⌊r⌋ and ⌊r⌋ + 1, and perhaps a neighbour; of a constant none."""
    made = sp.Poly(polynomial, variable, domain=sp.QQ)
    if made.is_ground:
        return set()
    found = set[int]()
    for (low, high), _ in made.intervals(eps=_WIDTH):
        found |= set(range(int(sp.floor(low)), int(sp.floor(high)) + 2))
    return found
