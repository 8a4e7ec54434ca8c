"""Second moments of a uniform projection entry by entry, from the beta law of its diagonal.

P projects onto a uniform m-dimensional subspace of R^d. P_11 = Σ_{i≤m} u_i² for u uniform on the sphere, so
it is beta with m/2 and (d - m)/2, and E P_11² = m(m+2)/(d(d+2)). The other mixed moments follow from
Σ_j P_jj = m, from Σ_j P_1j² = P_11 and from symmetry under sign changes and permutations of the axes. Exact,
with nothing of what it checks.
"""

from fractions import Fraction
from itertools import product

Rows = list[list[int]]


def entries(m: int, d: int, i: int, j: int, k: int, n: int) -> Fraction:
    """E P_ij P_kn."""
    square = Fraction(m * (m + 2), d * (d + 2))
    if i == j == k == n:
        return square
    if i == j and k == n:
        return (Fraction(m * m, d) - square) / (d - 1)
    if {i, j} == {k, n} and i != j:
        return (Fraction(m, d) - square) / (d - 1)
    return Fraction(0)


def sandwiched(m: int, d: int, a: Rows, b: Rows) -> Fraction:
    """E tr(PAPB)."""
    every = product(range(d), repeat=4)
    return sum((entries(m, d, i, j, k, n) * a[j][k] * b[n][i] for i, j, k, n in every), Fraction(0))


def traces(m: int, d: int, a: Rows, b: Rows) -> Fraction:
    """E tr(PA) tr(PB)."""
    every = product(range(d), repeat=4)
    return sum((entries(m, d, i, j, k, n) * a[j][i] * b[n][k] for i, j, k, n in every), Fraction(0))


def overlap_variance(s: int, w: int, d: int) -> Fraction:
    """The variance of tr(PQ) for independent uniform P and Q of ranks s and w."""
    every = product(range(d), repeat=4)
    square = sum(
        (entries(s, d, *at) * entries(w, d, at[1], at[0], at[3], at[2]) for at in every), Fraction(0)
    )
    return square - Fraction(s * w, d) ** 2
