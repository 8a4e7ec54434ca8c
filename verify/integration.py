"""Expectations as exact numbers: finite sums of products of normal and chi-square moments, nothing sampled.

What `verify.contraction` leaves are traces of words in given matrices and in Bartlett factors T: lower
triangular, T_ii² ~ χ² with m - i + 1 degrees of freedom, T_ij ~ N(0, 1), all independent. Entries of the
inverse are polynomials in the T_ij and the 1/T_ii, so a product of such traces is one, and its mean is a
rational number: no quadrature, no closed form. Given matrices are arbitrary, and drawn as such. A mean that
does not exist shows as an infinite moment, because a polynomial in independent variables is integrable
exactly if its monomials are.
"""

import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache

import numpy as np
import sympy as sp
from flint import Ordering, fmpq, fmpq_mat, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Identity, MatrixSymbol

from derivations.core.laws import Setting
from derivations.core.words import MatrixSum, matrix
from verify import rational
from verify.contraction import COVARIANCE, FACTOR, GIVEN, INVERSE, Contracted, Letter, Letters, Mean, Summand
from verify.environment import ROOT
from verify.moments import Infinite, chi_square, normal, weingarten

LARGEST = 5  # columns of a matrix whose inverse occurs: the number of monomials grows fast with them
_ENTRIES = 10_000  # of a given matrix

_Powers = tuple[int, ...]  # of the diagonal entries of all Bartlett factors in sight
_Table = list[list[fmpq_mpoly]]  # a matrix of polynomials


class TooLarge(ValueError):
    """A matrix has too many entries to be drawn, or columns to be integrated."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Sizes, scalars and named traces by name, and exact given matrices. Build with `numbers`.

    `degree` is that of an entry of a given matrix in the integers drawn, over a denominator that the entries
    have in common; `known` is what numbers of rows do not change, and `exact` what they do, once worked out.
    """

    values: Mapping[str, fmpq]
    matrices: Mapping[MatrixSymbol, fmpq_mat]
    degree: int = 1
    known: dict[object, dict[_Powers, fmpq]] = field(default_factory=dict)
    exact: dict[sp.Expr, fmpq] = field(default_factory=dict)

    def moved(self, values: Mapping[str, fmpq]) -> "Numbers":
        """The same given matrices with other scalars, and sizes that they do not depend on."""
        return replace(self, values={**self.values, **values}, exact={})

    def number(self, expression: sp.Expr) -> fmpq:
        """An expression in sizes and scalars; ValueError unless it is a rational number."""
        if expression not in self.exact:
            self.exact[expression] = evaluate(expression, self.values)
        return self.exact[expression]

    def size(self, expression: sp.Expr) -> int:
        """A size; ValueError unless a positive integer."""
        found = self.number(expression)
        if found.q != 1 or found <= 0:
            raise ValueError(f"the size {expression} is {found}, not a positive integer")
        return int(found.p)

    def given(self, x: MatrixSymbol | Identity) -> fmpq_mat:
        """A given matrix; ValueError where there is none."""
        if isinstance(x, Identity):
            return rational.eye(self.size(x.shape[0]))
        if x not in self.matrices:
            raise ValueError(f"there is no value for {x}")
        return self.matrices[x]

    def total(self, value: MatrixSum) -> fmpq_mat:
        """A sum of products of given matrices."""
        result = fmpq_mat(*map(self.size, value.shape))
        for coefficient, word in value.terms:
            product = rational.eye(self.size(value.shape[0])) * self.number(coefficient)
            for f in word:
                one = self.given(f.symbol)
                product = product * (one.transpose() if f.transposed else one)
            result = result + product
        return result


def numbers(
    setting: Setting,
    values: Mapping[str, fmpq],
    overlaps: Sequence[Fraction],
    needed: Set[MatrixSymbol],
    stream: Callable[[str], np.random.Generator],
) -> Numbers:
    """Numbers with the random given matrices that are needed, of the forms that a setting names.

    Integers drawn have 32 bits, from a stream for each matrix. What named traces speak of is always drawn.

    A matrix of overlaps has the given ones for its singular values, between two rational rotations. A vector
    "of" the overlaps is any vector: what is stated is an identity between polynomials in its entries.

    Raises TooLarge, and ValueError for sizes that are missing, for more overlaps than there is room for, and
    for roots, which exist to simulate only.
    """
    at, matrices, frames = Numbers(values, {}), dict[MatrixSymbol, fmpq_mat](), dict[int, fmpq_mat]()
    forms, degree = dict(setting.forms), 1
    named = {f.symbol for _, word in setting.names for f in word}
    for x in (x for x in setting.given if x in needed or x in named):
        form, rows, columns = forms.get(x, "generic"), at.size(x.shape[0]), at.size(x.shape[1])
        if rows * columns > _ENTRIES:
            raise TooLarge(f"{x} is {rows} x {columns}: too large to be drawn")
        if form == "overlap":
            matrices[x] = _overlap(rows, columns, overlaps, stream(x.name))
            degree = max(degree, rows + columns)
        elif form == "orthogonal" or form.startswith("frame"):
            if rows not in frames:
                frames[rows] = rational.rotation(rows, stream("frame"))
            first = rows - 1 if form == "frame last" else 0
            table = [row[first : first + columns] for row in frames[rows].tolist()]
            matrices[x], degree = fmpq_mat(table), max(degree, rows)
        elif form.startswith(ROOT):
            raise ValueError(f"{x} is a root, which may have no rational entries")
        else:
            matrices[x] = rational.integers((rows, columns), stream(x.name))
            if form == "covariance":
                matrices[x], degree = matrices[x].transpose() * matrices[x], max(degree, 2)
    at = Numbers(values, matrices)
    traces = {x.name: rational.trace(at.total(matrix(word))) for x, word in setting.names}
    return Numbers({**values, **traces}, matrices, degree)


def _overlap(rows: int, columns: int, cosines: Sequence[Fraction], stream: np.random.Generator) -> fmpq_mat:
    if len(cosines) > min(rows, columns):
        raise ValueError(f"{len(cosines)} overlaps do not fit into a matrix of shape {rows, columns}")
    middle = fmpq_mat(rows, columns)
    for i, c in enumerate(cosines):
        middle[i, i] = fmpq(*c.as_integer_ratio())
    return rational.rotation(rows, stream) * middle * rational.rotation(columns, stream)


def value(side: Contracted, at: Numbers) -> Fraction:
    """The value of a side. Raises Infinite, or ValueError for what is not known to exist or is not served."""
    for x in side.orthogonal:
        q = at.given(x)
        if q.nrows() != q.ncols() or q.transpose() * q != rational.eye(q.nrows()):
            raise ValueError(f"an inverse is integrated through {x} only where {x} is orthogonal")
    place = _Place(at, {pair: at.total(total) for pair, total in side.covariances.items()})
    means: dict[Mean, fmpq] = {}
    result = fmpq(0)
    for coefficient, traces, factors in side.terms:
        if coefficient.has(sp.oo):
            raise Infinite("infinite as it stands")
        term = at.number(coefficient)
        for word in traces:
            term = term * place.trace(word)
        for mean in factors:
            if mean not in means:
                means[mean] = place.mean(mean)
            term = term * means[mean]
        result = result + term
    return rational.fraction(result)


def degree(side: Contracted, setting: Setting) -> int:
    """A bound of the degree of a side in the entries of the given matrices, over a common denominator."""
    names = {x: len(word) for x, word in setting.names}
    lengths = {
        pair: max((len(word) for _, word in total.terms), default=0)
        for pair, total in side.covariances.items()
    }

    def scalar(x: sp.Expr) -> int:
        if x.is_Pow and x.exp.is_Integer:
            return abs(int(x.exp)) * scalar(x.base)
        return names.get(x, 0) + sum(map(scalar, x.args))

    def letters(traces: Sequence[Letters]) -> int:
        found = [x for word in traces for x in word]
        covariances = sum(lengths[x.pair] for x in found if x.kind == COVARIANCE)
        return covariances + sum(x.kind == GIVEN for x in found)

    return sum(
        scalar(coefficient)
        + letters(traces)
        + sum(max((letters(s.traces) for s in mean.summands), default=0) for mean in means)
        for coefficient, traces, means in side.terms
    )


@dataclass(frozen=True, eq=False)
class _Place:
    """Where words have values."""

    at: Numbers
    covariances: Mapping[tuple[MatrixSymbol, MatrixSymbol], fmpq_mat]

    def mean(self, mean: Mean) -> fmpq:
        """One expectation."""
        freedoms: list[int] = []
        for x, count in zip(mean.factors, mean.vanishing, strict=True):
            rows, columns = map(self.at.size, x.shape)
            if rows < columns:
                raise ValueError(f"a {rows} x {columns} matrix has no inverse Gram matrix")
            if columns > LARGEST:
                raise TooLarge(f"{x} has {columns} columns, more than {LARGEST}")
            # Of the smallest eigenvalue λ of the Gram matrix, E λ^(-count/2) is finite exactly otherwise.
            if rows - columns + 1 <= count:
                raise ValueError(f"a mean over {x} that may be infinite is multiplied by one that is zero")
            freedoms += [rows - i for i in range(columns)]
        total: dict[_Powers, fmpq] = {}
        for s in mean.summands:
            weight = self.at.number(s.coefficient)
            for x, count, i, j in s.weights:
                weight = weight * weingarten(count, self.at.size(x.shape[0]))[i, j]
            for word in (w for w in s.traces if not _has_factor(w)):
                weight = weight * self.trace(word)
            for powers, c in self.diagonal(s, mean.factors).items():
                total[powers] = total.get(powers, fmpq(0)) + weight * c
        return sum((_moment(powers, freedoms, c) for powers, c in total.items()), fmpq(0))

    def diagonal(self, s: Summand, factors: tuple[MatrixSymbol, ...]) -> dict[_Powers, fmpq]:
        """The mean of the traces over off-diagonal entries of the factors, by powers of the diagonal ones."""
        words = tuple(w for w in s.traces if _has_factor(w))
        sizes = tuple(self.at.size(x.shape[1]) for x in factors)
        covariances = tuple(str(self.covariances[x.pair]) for w in words for x in w if x.kind == COVARIANCE)
        key = words, factors, sizes, covariances
        if key not in self.at.known:
            ring, tables = _ring(sizes)
            product = ring.constant(1)
            for word in words:
                product = product * self.polynomial(word, dict(zip(factors, tables, strict=True)), ring)
            self.at.known[key] = _off_diagonal(product, sizes)
        return self.at.known[key]

    def polynomial(
        self, word: Letters, tables: Mapping[MatrixSymbol, tuple[_Table, _Table]], ring: fmpq_mpoly_ctx
    ) -> fmpq_mpoly:
        """The trace of a word with Bartlett factors."""

        def table(x: Letter) -> _Table:
            if x.kind not in (FACTOR, INVERSE):
                return [[ring.constant(c) for c in row] for row in self.given(x).tolist()]
            found = tables[x.symbol][x.kind == INVERSE]
            return [list(row) for row in zip(*found, strict=True)] if x.transposed else found

        zero = ring.constant(0)
        result, *rest = map(table, word)
        for other in rest:
            columns = list(zip(*other, strict=True))
            result = [
                [sum((a * b for a, b in zip(row, column, strict=True)), zero) for column in columns]
                for row in result
            ]
        return sum((result[i][i] for i in range(len(result))), zero)

    def trace(self, word: Letters) -> fmpq:
        """The trace of a word of given matrices."""
        product, *rest = map(self.given, word)
        for other in rest:
            product = product * other
        return rational.trace(product)

    def given(self, x: Letter) -> fmpq_mat:
        """The value of a letter."""
        if x.kind == COVARIANCE:
            return self.covariances[x.pair]
        found = self.at.given(x.symbol)
        return found.transpose() if x.transposed else found


def _has_factor(word: Letters) -> bool:
    return any(x.kind in (FACTOR, INVERSE) for x in word)


@cache
def _ring(sizes: tuple[int, ...]) -> tuple[fmpq_mpoly_ctx, tuple[tuple[_Table, _Table], ...]]:
    """Polynomials in the entries of triangular T of these sizes and in the 1/T_ii; each T and its inverse.

    The variables of one T are its rows, T_11, T_21, T_22, ..., and then 1/T_11, 1/T_22, ...
    """
    names = ["one"]  # there has to be a variable
    for k, d in enumerate(sizes):
        names += [f"t_{k}_{i}_{j}" for i in range(d) for j in range(i + 1)]
        names += [f"s_{k}_{i}" for i in range(d)]
    ring = fmpq_mpoly_ctx.get(names, Ordering.lex)
    _, *left = ring.gens()
    zero, tables = ring.constant(0), []
    for d in sizes:
        rows = [[left.pop(0) for _ in range(i + 1)] for i in range(d)]
        over = [left.pop(0) for _ in range(d)]
        inverse = [[zero] * d for _ in range(d)]
        for j in range(d):
            inverse[j][j] = over[j]
            for i in range(j + 1, d):  # row i of T T⁻¹ = I
                inverse[i][j] = -over[i] * sum((rows[i][k] * inverse[k][j] for k in range(j, i)), zero)
        tables.append(([row + [zero] * (d - len(row)) for row in rows], inverse))
    return ring, tuple(tables)


def _off_diagonal(polynomial: fmpq_mpoly, sizes: tuple[int, ...]) -> dict[_Powers, fmpq]:
    """The mean over off-diagonal entries, by powers of the diagonal ones.

    Powers with the coefficient zero are kept: what they multiply may be infinite.
    """
    out: dict[_Powers, fmpq] = {}
    for (_, *exponents), coefficient in polynomial.to_dict().items():
        moment, powers = 1, list[int]()
        for d in sizes:
            rows = [[exponents.pop(0) for _ in range(i + 1)] for i in range(d)]
            powers += [rows[i][i] - exponents.pop(0) for i in range(d)]
            moment *= math.prod(normal(power) for row in rows for power in row[:-1])
        out[tuple(powers)] = out.get(tuple(powers), fmpq(0)) + coefficient * moment
    return out


def _moment(powers: _Powers, freedoms: Sequence[int], coefficient: fmpq) -> fmpq:
    """The mean of a monomial in the diagonal entries, T_ii² ~ χ². Raises Infinite.

    A function of TTᵀ is the same at DTD with D = diag(±1), so odd powers have the coefficient zero.
    """
    pairs = list(zip(powers, freedoms, strict=True))
    if coefficient == 0:
        if any(freedom + power <= 0 for power, freedom in pairs):
            raise ValueError("a mean that may be infinite is multiplied by one that is zero")
        return coefficient
    if any(power % 2 for power, _ in pairs):
        raise ValueError("an odd power of a diagonal entry of a Bartlett factor is left")
    for power, freedom in pairs:
        coefficient = coefficient * chi_square(freedom, power // 2)
    return coefficient


def evaluate(x: sp.Expr, values: Mapping[str, fmpq]) -> fmpq:
    """An expression at values by name; ValueError unless it is a rational number."""
    if x.is_Rational:
        return fmpq(int(x.p), int(x.q))
    if x.is_Symbol:
        if x.name not in values:
            raise ValueError(f"the point gives no value for {x.name}")
        return values[x.name]
    if x.is_Add:
        return sum((evaluate(y, values) for y in x.args), fmpq(0))
    if x.is_Mul:
        return math.prod((evaluate(y, values) for y in x.args), start=fmpq(1))
    if x.is_Pow and x.exp.is_Rational:
        base, power = evaluate(x.base, values), evaluate(x.exp, values)
        if base == 0 and power < 0:
            raise ValueError(f"{x} divides by zero")
        if power.q == 1:
            return base ** int(power.p)
        root = sp.Rational(int(base.p), int(base.q)) ** sp.Rational(1, int(power.q))
        if root.is_Rational:
            return fmpq(int(root.p), int(root.q)) ** int(power.p)
    raise ValueError(f"{x} is not a rational number at this point")


def rationals(values: Mapping[str, int | Fraction]) -> dict[str, fmpq]:
    """Python's numbers as those of python-flint."""
    return {name: fmpq(*x.as_integer_ratio()) for name, x in values.items()}
