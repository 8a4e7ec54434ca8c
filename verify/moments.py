"""Moments of the normal, the chi-square and the Haar law, as exact rational numbers. Nothing is sampled.

A pairing is a way to put 2k things into k pairs. The moments of normal variables are sums over pairings of
products of covariances (Isserlis); those of the first columns of a uniform orthogonal matrix are sums over
two pairings, one of the rows and one of the columns, weighted by the Weingarten function.

Sources: Isserlis (1918); Bartlett, "On the theory of statistical regression" (1933); Collins and Śniady,
"Integration with respect to the Haar measure on unitary, orthogonal and symplectic group" (2006).
"""

import math
from collections.abc import Iterator
from functools import cache

from flint import fmpq, fmpq_mat

from verify.rational import pseudo_inverse

Pairing = tuple[tuple[int, int], ...]


class Infinite(ValueError):
    """The mean of an absolute value is infinite."""


@cache
def pairings(count: int) -> tuple[Pairing, ...]:
    """Every pairing of range(count); none if the count is odd."""
    return tuple(_pairings(tuple(range(count))))


def _pairings(left: tuple[int, ...]) -> Iterator[Pairing]:
    if not left:
        yield ()
    for i in range(1, len(left)):
        for rest in _pairings(left[1:i] + left[i + 1 :]):
            yield ((left[0], left[i]), *rest)


def normal(power: int) -> int:
    """E x^power of a standard normal x: the number of pairings."""
    return 0 if power % 2 else math.prod(range(1, power, 2))


@cache
def chi_square(freedom: int, power: int) -> fmpq:
    """E X^power for X ~ χ², any integer power: 2^power Γ(freedom/2 + power)/Γ(freedom/2), or Infinite."""
    if freedom + 2 * power <= 0:
        raise Infinite(f"E X^({power}) is infinite for a chi-square X with {freedom} degrees of freedom")
    if power < 0:
        return fmpq(1, math.prod(freedom - 2 * j for j in range(1, 1 - power)))
    return fmpq(math.prod(freedom + 2 * j for j in range(power)))


@cache
def weingarten(count: int, size: int) -> fmpq_mat:
    """The weight of each two pairings of `count` entries of a uniform orthogonal (size x size) matrix Q.

    E of a tensor power of Q projects onto the tensors that every rotation leaves as they are, which the
    pairings span; so the weights are the (pseudo-)inverse of their inner products, size^(number of loops).
    """
    every = pairings(count)
    products = [size ** _loops(p, q) for p in every for q in every]
    return pseudo_inverse(fmpq_mat(len(every), len(every), products))


def _loops(p: Pairing, q: Pairing) -> int:
    """The number of closed curves that two pairings make."""
    home = list(range(2 * len(p)))
    for a, b in (*p, *q):
        home = [home[a] if x == home[b] else x for x in home]
    return len(set(home))
