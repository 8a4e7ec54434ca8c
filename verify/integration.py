"""Expectations as exact numbers: a finite sum of products of normal and chi-square moments. Nothing is sampled.

What `verify.contraction` leaves are traces of words in given matrices and in Bartlett factors T, lower triangular
with T_ii² ~ χ² with m - i + 1 degrees of freedom and T_ij ~ N(0, 1), all independent. Every minor of T that is
divided by is a product of diagonal entries, so a product of such traces is a polynomial in the T_ij and the
1/T_ii, and its mean is a rational number: a sum over monomials, with no quadrature, no closed form and no random
number but for the given matrices, which are arbitrary. A mean that does not exist shows as a chi-square moment
that is infinite, because a polynomial in independent variables is integrable exactly if its monomials are.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import numpy as np
import sympy as sp
from flint import Ordering, fmpq, fmpq_mat, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import MatrixSymbol

from derivations.core.laws import Setting
from derivations.core.words import MatrixSum
from derivations.points import Point
from verify import predictions, rational
from verify.contraction import COVARIANCE, FACTOR, GIVEN, INVERSE, Contracted, Letters, Mean, Summand
from verify.environment import ROOT
from verify.moments import chi_square, normal, weingarten

LARGEST = 6  # columns of a matrix whose inverse occurs: the number of monomials grows fast with it
_ENTRIES = 10_000  # of a given matrix
_Key = tuple[int, ...]  # the powers of the diagonal entries of all Bartlett factors in sight
_Poly = fmpq_mpoly
_Matrix = list[list[_Poly]]


@dataclass(frozen=True, eq=False)
class Numbers:
    """The values of sizes, scalars and named traces by name, and exact given matrices."""

    values: Mapping[str, Fraction]
    matrices: Mapping[MatrixSymbol, fmpq_mat]
    _reduced: dict[object, dict[_Key, fmpq]] = field(default_factory=dict)  # what no number of rows changes

    def number(self, expression: sp.Expr) -> Fraction:
        """An expression in sizes and scalars; ValueError unless it is a rational number."""
        return number(expression, self.values)

    def size(self, expression: sp.Expr) -> int:
        """A positive integer."""
        return size(expression, self.values)

    def matrix(self, letter: object) -> fmpq_mat:
        """A given matrix; ValueError where there is none."""
        if letter not in self.matrices:
            raise ValueError(f"there is no value for {letter}")
        return self.matrices[letter]

    def total(self, value: MatrixSum) -> fmpq_mat:
        """A sum of products of given matrices."""
        result = fmpq_mat(*map(self.size, value.shape))
        for c, word in value.terms:
            product = rational.eye(self.size(value.shape[0]))
            for f in word:
                if isinstance(f.symbol, MatrixSymbol):
                    one = self.matrix(f.symbol)
                    product = product * (one.transpose() if f.transposed else one)
            result = result + product * _fmpq(self.number(c))
        return result


def numbers(
    setting: Setting, values: Mapping[str, Fraction], overlaps: Sequence[Fraction], stream: np.random.Generator
) -> Numbers:
    """Numbers with random given matrices of the forms that a setting names; entries or angles have 32 bits.

    A matrix of overlaps has the given ones for its singular values, between two rational rotations; one that
    exists to simulate only, a root of overlaps, is left out. A vector "of" the overlaps is any vector, since
    what is stated is an identity between polynomials in its entries.
    """
    forms, matrices, frames = dict(setting.forms), dict[MatrixSymbol, fmpq_mat](), dict[int, fmpq_mat]()
    for x in setting.given:
        rows, columns = (size(s, values) for s in x.shape)
        if rows * columns > _ENTRIES:
            raise ValueError(f"{x} is {rows} x {columns}: too large to be drawn")
        form = forms.get(x, "generic")
        if form == "overlap":
            middle = fmpq_mat(rows, columns)
            for i, c in enumerate(overlaps):
                middle[i, i] = _fmpq(c)
            matrices[x] = rational.rotation(rows, stream) * middle * rational.rotation(columns, stream)
        elif form == "orthogonal":
            matrices[x] = rational.rotation(rows, stream)
        elif form.startswith("frame"):
            if rows not in frames:
                frames[rows] = rational.rotation(rows, stream)
            first = rows - 1 if form == "frame last" else 0
            table = [row[first : first + columns] for row in frames[rows].tolist()]
            matrices[x] = fmpq_mat(rows, columns, [value for row in table for value in row])
        elif not form.startswith(ROOT):
            matrices[x] = rational.integers((rows, columns), stream)
            if form == "covariance":
                matrices[x] = matrices[x].transpose() * matrices[x]
    found = Numbers(values, matrices)
    names = {}
    for name, word in setting.names:
        total = found.total(MatrixSum(((sp.Integer(1), word),), (word[0].shape[0], word[-1].shape[1])))
        names[name.name] = _fraction(rational.trace(total))
    return Numbers({**values, **names}, matrices)


def value(side: Contracted, at: Numbers) -> Fraction:
    """The value of a side. Raises Infinite, or ValueError for what is not known to exist or not served."""
    covariances = {pair: at.total(total) for pair, total in side.covariances.items()}
    places = _Places(at, covariances)
    means: dict[int, fmpq] = {}
    result = Fraction(0)
    for coefficient, traces, factors in side.terms:
        term = _fmpq(at.number(coefficient))
        for word in traces:
            term = term * places.trace(word)
        for mean in factors:
            if id(mean) not in means:
                means[id(mean)] = places.mean(mean)
            term = term * means[id(mean)]
        result += _fraction(term)
    return result


@dataclass(frozen=True, eq=False)
class _Places:
    """Words at one point."""

    at: Numbers
    covariances: Mapping[tuple[MatrixSymbol, MatrixSymbol], fmpq_mat]

    def mean(self, mean: Mean) -> fmpq:
        """One expectation."""
        freedoms = []
        for x, count in mean.inverses:
            rows, columns = map(self.at.size, x.shape)
            if rows < columns:
                raise ValueError(f"a {rows} x {columns} matrix has no inverse Gram matrix")
            if columns > LARGEST:
                raise ValueError(f"{x} has {columns} columns, more than {LARGEST}")
            # The smallest eigenvalue λ has E λ^(-count/2) finite exactly then.
            if mean.vanishing and rows - columns + 1 <= count:
                raise ValueError(f"a mean over {x} that may be infinite is multiplied by one that is zero")
            freedoms += [rows - i for i in range(columns)]
        total: dict[_Key, fmpq] = {}
        for s in mean.summands:
            weight = _fmpq(self.at.number(s.coefficient))
            for x, count, i, j in s.weights:
                weight = weight * weingarten(count, self.at.size(x.shape[0]))[i, j]
            for word in (w for w in s.traces if not _has_factor(w)):
                weight = weight * self.trace(word)
            for key, c in self.reduced(s, [x for x, _ in mean.inverses]).items():
                total[key] = total.get(key, fmpq(0)) + weight * c
        result = fmpq(0)
        for key, c in total.items():
            powers = list(zip(freedoms, key, strict=True))
            if c == 0 and any(freedom + power <= 0 for freedom, power in powers):
                raise ValueError("an infinite moment is multiplied by zero")
            if c != 0:
                for freedom, power in powers:
                    c = c * chi_square(freedom, power // 2)
                result = result + c
        return result

    def reduced(self, s: Summand, factors: Sequence[MatrixSymbol]) -> dict[_Key, fmpq]:
        """The product of traces with the off-diagonal entries of the factors integrated, by diagonal powers.

        A power whose coefficient has mean zero is kept: what it multiplies may be infinite.
        """
        words = tuple(w for w in s.traces if _has_factor(w))
        sizes = tuple(self.at.size(x.shape[1]) for x in factors)
        inside = [x for w in words for x in w if x.kind == COVARIANCE]
        key = words, tuple(factors), sizes, tuple(str(self.covariances[x.symbol, x.other]) for x in inside)
        if key not in self.at._reduced:
            ring, tables = _ring(sizes)
            parts = {x: table for x, table in zip(factors, tables, strict=True)}
            product = ring.constant(1)
            for word in words:
                product = product * self._polynomial(word, parts, ring)
            self.at._reduced[key] = _off_diagonal(product, sizes)
        return self.at._reduced[key]

    def _polynomial(
        self, word: Letters, parts: Mapping[MatrixSymbol, tuple[_Matrix, _Matrix]], ring: fmpq_mpoly_ctx
    ) -> _Poly:
        """The trace of a word with Bartlett factors."""
        matrices = []
        for x in word:
            if x.kind in (FACTOR, INVERSE):
                table = parts[x.symbol][x.kind == INVERSE]
                matrices.append([list(row) for row in zip(*table, strict=True)] if x.transposed else table)
            else:
                matrices.append([[ring.constant(c) for c in row] for row in self._given(x).tolist()])
        first, *rest = matrices
        for other in rest:
            columns = list(zip(*other, strict=True))
            first = [
                [sum((a * b for a, b in zip(row, c, strict=True)), ring.constant(0)) for c in columns]
                for row in first
            ]
        return sum((first[i][i] for i in range(len(first))), ring.constant(0))

    def trace(self, word: Letters) -> fmpq:
        """The trace of a word of given matrices."""
        first, *rest = map(self._given, word)
        for other in rest:
            first = first * other
        return rational.trace(first)

    def _given(self, x: object) -> fmpq_mat:
        if x.kind == COVARIANCE:
            return self.covariances[x.symbol, x.other]
        if x.kind != GIVEN:
            raise ValueError(f"{x.symbol} is left")
        found = self.at.matrix(x.symbol)
        return found.transpose() if x.transposed else found


def _has_factor(word: Letters) -> bool:
    return any(x.kind in (FACTOR, INVERSE) for x in word)


@cache
def _ring(sizes: tuple[int, ...]) -> tuple[fmpq_mpoly_ctx, tuple[tuple[_Matrix, _Matrix], ...]]:
    """Polynomials in the entries of lower triangular T of these sizes and in 1/T_ii; each T and its inverse.

    The variables of one T are its rows, T_11, T_21, T_22, ..., and then 1/T_11, 1/T_22, ...
    """
    names = [
        name
        for k, d in enumerate(sizes)
        for name in (
            *(f"t{k}_{i}_{j}" for i in range(d) for j in range(i + 1)),
            *(f"s{k}_{i}" for i in range(d)),
        )
    ]
    ring = fmpq_mpoly_ctx.get(names or ["t"], Ordering.lex)
    gens, tables = list(ring.gens()), []
    for d in sizes:
        entries, over = gens[: d * (d + 1) // 2], gens[d * (d + 1) // 2 :][:d]
        gens = gens[d * (d + 3) // 2 :]
        zero = ring.constant(0)
        t = [[entries[i * (i + 1) // 2 + j] if j <= i else zero for j in range(d)] for i in range(d)]
        inverse = [[zero] * d for _ in range(d)]
        for j in range(d):
            inverse[j][j] = over[j]
            for i in range(j + 1, d):  # row i of T T⁻¹ = I
                inverse[i][j] = -over[i] * sum((t[i][k] * inverse[k][j] for k in range(j, i)), zero)
        tables.append((t, inverse))
    return ring, tuple(tables)


def _off_diagonal(polynomial: _Poly, sizes: tuple[int, ...]) -> dict[_Key, fmpq]:
    """The mean over the off-diagonal entries, by the powers of the diagonal ones."""
    out: dict[_Key, fmpq] = {}
    for powers, c in polynomial.to_dict().items():
        first, key, moment, odd = 0, list[int](), 1, False
        for d in sizes:
            inverse = first + d * (d + 1) // 2
            for i in range(d):
                row = first + i * (i + 1) // 2
                moment *= math.prod(map(normal, powers[row : row + i]))
                power = powers[row + i] - powers[inverse + i]
                odd |= power % 2 == 1
                key.append(power)
            first = inverse + d
        if odd and moment:  # of T = DTD, with D = diag(±1), a function of TTᵀ has no odd part
            raise ValueError("an odd power of a diagonal entry of a Bartlett factor is left")
        out[tuple(key)] = out.get(tuple(key), fmpq(0)) + c * moment
    return out


def number(expression: sp.Expr, values: Mapping[str, Fraction]) -> Fraction:
    """An expression at values by name; ValueError unless it is a rational number."""
    at = {}
    for s in expression.free_symbols:
        if s.name not in values:
            raise ValueError(f"the point gives no value for {s.name}")
        at[s] = values[s.name]
    try:
        return predictions.evaluate(expression, at)
    except TypeError:  # a root
        found = sp.simplify(expression.subs({s: sp.Rational(v) for s, v in at.items()}))
    except ZeroDivisionError:
        raise ValueError(f"{expression} divides by zero") from None
    if not found.is_Rational:
        raise ValueError(f"{expression} is {found}, not a rational number")
    return Fraction(int(found.p), int(found.q))


def size(expression: sp.Expr, values: Mapping[str, Fraction]) -> int:
    """A size at values by name; ValueError unless a positive integer."""
    found = number(expression, values)
    if found.denominator != 1 or found <= 0:
        raise ValueError(f"the size {expression} is {found}, not a positive integer")
    return int(found)


def _fmpq(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def _fraction(x: fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))
