"""Pathwise identities checked exactly, in rational arithmetic, at random matrices of large integers.

An identity for every draw is an identity of rational functions in the entries of the matrices, so it need not
be sampled: if it fails, it fails at almost every matrix of integers. Exactly how rarely a false one could be
missed is the lemma of Schwartz and Zippel: a polynomial of degree D that is not zero vanishes at a uniform
point of a grid of side 2^32 with probability at most D / 2^32.

Pseudo-inverses are made column by column (Greville), an algorithm that knows nothing of W⁻¹Γᵀ. Given matrices
satisfy their relations exactly: rotations are rational Cayley transforms.

Sources: Schwartz, "Fast probabilistic algorithms for verification of polynomial identities" (1980); Greville,
"Some applications of the pseudoinverse of a matrix" (1960); python-flint for the arithmetic.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from flint import fmpq, fmpq_mat
from sympy import Identity, MatrixSymbol

from derivations.core.language import parse
from derivations.core.laws import Block, Setting
from derivations.core.words import PINV, PLAIN, Expression, Factor, MatrixSum, Word
from verify import raw
from verify.environment import INVERSE, ROOT, Environment
from verify.streams import generator
from verify.symbols import Definitions

_SIDE = 1 << 32  # integers are uniform on [-2^31, 2^31)
Degrees = tuple[int, int]  # of numerator and denominator, in the integers drawn

Side: TypeAlias = Expression | Any  # or a raw SymPy statement: SymPy has no types


@dataclass(frozen=True)
class Comparison:
    """Whether two sides agreed exactly at every point, and their values at the last point looked at.

    `miss` bounds the probability that sides which are different functions would have agreed.
    """

    equal: bool
    miss: float
    points: int
    left: Fraction
    right: Fraction

    def __bool__(self) -> bool:
        return self.equal


def pathwise_equal(
    left: Side,
    right: Side,
    setting: Setting,
    definitions: Definitions,
    environment: Environment,
    *,
    extra_blocks: Sequence[Block] = (),
    seed: int = 0,
    points: int = 3,
) -> Comparison:
    """Compare two sides, each an `Expression` or a raw SymPy statement, at random exact matrices.

    Everything is taken at one draw, contents of expectations included. Sizes and scalars are those of the
    environment, except that names of traces, such as d_sw = tr CᵀC, are those of the matrices drawn. Members
    of blocks are arbitrary integer matrices (an identity for every draw does not depend on the law), symbols
    that no block of `setting` has are computed from definitions and origins, as on a tape.

    Raises ValueError for unknown symbols, coefficients that are not rational, and inverses that do not exist.
    """
    sources = _Sources(setting, definitions, tuple(extra_blocks), environment)
    needed = sources.closure([*_symbols(left), *_symbols(right)])
    first = second = fmpq(0)
    done, equal = 0, True
    while done < points and equal:
        draw = sources.draw(needed, generator(seed, "exact", environment.label, done))
        first, second = draw.value(left), draw.value(right)
        done, equal = done + 1, first == second
    degree = sum(_plus([*sources.degrees(left, needed), *sources.degrees(right, needed)]))
    miss = min(1.0, degree / _SIDE) ** done if equal else 0.0
    return Comparison(equal, miss, done, fraction(first), fraction(second))


def pseudo_inverse(a: fmpq_mat) -> fmpq_mat:
    """A⁺ of any rational matrix, column by column (Greville 1960)."""
    columns = [fmpq_mat(a.nrows(), 1, [row[j] for row in a.tolist()]) for j in range(a.ncols())]
    rows: list[fmpq_mat] = []  # of the pseudo-inverse of the columns so far
    for j, column in enumerate(columns):
        weights = [(row * column)[0, 0] for row in rows]
        rest = column
        for weight, earlier in zip(weights, columns[:j], strict=True):
            rest = rest - earlier * weight
        square = (rest.transpose() * rest)[0, 0]
        if square != 0:
            new = rest.transpose() / square
        else:  # the column depends on those before it
            new = fmpq_mat(1, a.nrows())
            for weight, row in zip(weights, rows, strict=True):
                new = new + row * weight
            new = new / (1 + sum((w * w for w in weights), fmpq(0)))
        rows = [row - new * weight for weight, row in zip(weights, rows, strict=True)] + [new]
    return fmpq_mat(a.ncols(), a.nrows(), [x for row in rows for x in row.entries()])


def gram_inverse(a: fmpq_mat) -> fmpq_mat:
    """(AᵀA)⁻¹; ValueError if it does not exist."""
    try:
        return (a.transpose() * a).inv()
    except ZeroDivisionError:
        raise ValueError(f"a {a.nrows()} x {a.ncols()} matrix has no inverse Gram matrix") from None


@dataclass(frozen=True)
class _Exact:
    """The exact matrices of one draw, by symbol, and the numbers that belong to them."""

    matrices: Mapping[MatrixSymbol, fmpq_mat]
    environment: Environment

    def value(self, side: Side) -> fmpq:
        """A side, everything taken at this draw."""
        if isinstance(side, Expression):
            total = fmpq(0)
            for t in side.terms:
                term = self.number(t.coefficient)
                for word in t.words():
                    term = term * self.trace(word)
                total = total + term
            return total
        algebra = raw.Algebra(
            number=self.number,
            eye=lambda size: eye(self.environment.size(size)),
            product=lambda a, b: a * b,
            transpose=fmpq_mat.transpose,
            pinv=pseudo_inverse,
            gram_inverse=gram_inverse,
            trace=trace,
        )
        return raw.evaluate(side, [self.matrices], algebra)

    def number(self, expression: sp.Expr) -> fmpq:
        """An expression in sizes and scalars."""
        value = self.environment.rational(expression)
        return fmpq(value.numerator, value.denominator)

    def trace(self, word: Word) -> fmpq:
        """The trace of a word, cut where it is narrowest."""
        narrow = min(range(len(word)), key=lambda i: self.environment.size(word[i].shape[0]))
        return trace(self.product((*word[narrow:], *word[:narrow])))

    def product(self, word: Word) -> fmpq_mat:
        """A word."""
        result: fmpq_mat | None = None
        for f in word:
            if isinstance(f.symbol, Identity):
                value = eye(self.environment.size(f.symbol.shape[0]))
            elif f.op == PLAIN:
                value = self.matrices[f.symbol]
            else:
                value = (pseudo_inverse if f.op == PINV else gram_inverse)(self.matrices[f.symbol])
            value = value.transpose() if f.transposed else value
            result = value if result is None else result * value
        assert result is not None
        return result

    def sum(self, total: MatrixSum) -> fmpq_mat:
        """A sum of words."""
        rows, columns = map(self.environment.size, total.shape)
        result = fmpq_mat(rows, columns)
        for coefficient, word in total.terms:
            result = result + self.product(word) * self.number(coefficient)
        return result


class _Sources:
    """Where exact matrices come from."""

    def __init__(
        self, setting: Setting, definitions: Definitions, extra: tuple[Block, ...], environment: Environment
    ) -> None:
        self.setting, self.environment, self.forms = setting, environment, dict(setting.forms)
        own = dict.fromkeys(x for b in setting.blocks for x in (*b.members, *(s for s, _ in b.draws)))
        self.kinds = dict.fromkeys(own, "") | {x: kind for b in setting.blocks for x, kind in b.draws}
        self.values: dict[MatrixSymbol, MatrixSum] = {}
        for x, value in (*definitions, *setting.definitions, *setting.origins):
            if x not in self.kinds and x not in setting.given:
                self.values.setdefault(x, value)
        for x in (x for b in extra for x in b.members):
            if x not in self.values and x not in self.kinds:
                self.kinds[x] = ""

    def closure(self, symbols: Iterable[MatrixSymbol]) -> list[MatrixSymbol]:
        """What symbols and named traces depend on, themselves included, in an order for computing."""
        found: dict[MatrixSymbol, None] = {}

        def visit(x: MatrixSymbol, above: tuple[MatrixSymbol, ...]) -> None:
            if x in above:
                raise ValueError(f"the definition of {x} is circular")
            if x in self.values:
                for f in (f for _, word in self.values[x].terms for f in word):
                    visit(f.symbol, (*above, x))
            elif not isinstance(x, Identity) and x not in self.kinds and x not in self.setting.given:
                raise ValueError(f"{x} is neither drawn, given nor defined")
            if not isinstance(x, Identity):
                found.setdefault(x)

        for x in sorted({*symbols, *(f.symbol for _, w in self.setting.names for f in w)}, key=str):
            visit(x, ())
        return list(found)

    def draw(self, needed: Sequence[MatrixSymbol], stream: np.random.Generator) -> _Exact:
        """Random exact matrices for the symbols."""
        shared: dict[tuple[str, int], fmpq_mat] = {}
        matrices: dict[MatrixSymbol, fmpq_mat] = {}
        exact = _Exact(matrices, self.environment)
        for x in needed:
            if x in self.values:
                matrices[x] = exact.sum(self.values[x])
            elif x in self.kinds:
                matrices[x] = integers(
                    self.environment.shape(x), stream, self.kinds[x].startswith("bartlett")
                )
            else:
                matrices[x] = self._given(x, needed, stream, shared)
        traces = {name.name: exact.trace(word) for name, word in self.setting.names}
        names = {name: sp.Rational(int(value.p), int(value.q)) for name, value in traces.items()}
        return replace(
            exact, environment=replace(self.environment, values={**self.environment.values, **names})
        )

    def degrees(self, side: Side, needed: Sequence[MatrixSymbol]) -> list[Degrees]:
        """The degrees of the terms of a side as rational functions of the integers drawn."""
        expression = side if isinstance(side, Expression) else parse(side)
        of: dict[MatrixSymbol, Degrees] = {}

        def word_degrees(word: Word) -> Degrees:
            return _times(_factor_degrees(f, of, self.environment) for f in word if f.symbol in of)

        for x in needed:
            if x in self.values:
                of[x] = _plus([word_degrees(word) for _, word in self.values[x].terms])
            else:
                of[x] = self._given_degrees(x, needed)
        names = {name: word_degrees(word) for name, word in self.setting.names}
        return [
            _times((_scalar_degrees(t.coefficient, names), *(word_degrees(w) for w in t.words())))
            for t in expression.terms
        ]

    def _given_degrees(self, x: MatrixSymbol, needed: Sequence[MatrixSymbol]) -> Degrees:
        """Degrees of what is drawn as it is, or is made of what is drawn."""
        if self._form(x).startswith(INVERSE):
            rows, _ = self.environment.shape(x)
            return rows - 1, rows
        size = self._cayley_size(x, needed)
        return (size, size) if size else (2 if self._form(x) == "covariance" else 1, 0)

    def _form(self, x: MatrixSymbol) -> str:
        return self.forms.get(x, "generic") if x in self.setting.given else ""

    def _cayley_size(self, x: MatrixSymbol, needed: Sequence[MatrixSymbol]) -> int:
        """The size of the rotation that a given matrix is a part of; 0 if it is free."""
        form = self._form(x)
        if form in ("orthogonal", "frame last", "frame rest"):
            return self.environment.size(x.shape[0])
        # C and a root L of I - CᵀC together are columns of a rotation: CᵀC + LᵀL = I.
        if form == "overlap" and any(self._form(y) == ROOT + x.name for y in needed):
            return self.environment.size(sum(x.shape))
        if form.startswith(ROOT) and self._form(self._parent(x)) == "overlap":
            return self.environment.size(sum(self._parent(x).shape))
        return 0

    def _parent(self, root: MatrixSymbol) -> MatrixSymbol:
        """What a given matrix is a root of."""
        name = self._form(root).removeprefix(ROOT)
        for x in self.forms:
            if x.name == name and self._form(x) in ("overlap", "covariance"):
                return x
        raise ValueError(f"{root} is to be a root of {name}, which is neither an overlap nor a covariance")

    def _given(
        self,
        x: MatrixSymbol,
        needed: Sequence[MatrixSymbol],
        stream: np.random.Generator,
        shared: dict[tuple[str, int], fmpq_mat],
    ) -> fmpq_mat:
        """A given matrix of its form; `shared` are the matrices of which several are parts."""
        form, (rows, columns) = self._form(x), self.environment.shape(x)
        size = self._cayley_size(x, needed)
        whole = form.removeprefix(INVERSE) if form.startswith(INVERSE) else x.name
        whole = "frame" if form.startswith("frame") else whole
        whole = self._parent(x).name if form.startswith(ROOT) else whole
        if (whole, size) not in shared:
            shared[whole, size] = rotation(size, stream) if size else integers((rows, columns), stream)
        if not size:
            root = shared[whole, size]
            if form.startswith(INVERSE):
                return root.inv()
            return root.transpose() * root if form == "covariance" else root
        top = size - rows if form.startswith(ROOT) else 0
        left = size - 1 if form == "frame last" else 0
        table = shared[whole, size].tolist()[top : top + rows]
        return fmpq_mat(rows, columns, [value for row in table for value in row[left : left + columns]])


def integers(shape: tuple[int, int], stream: np.random.Generator, triangular: bool = False) -> fmpq_mat:
    """Uniform integers on [-2^31, 2^31); with zeros above the diagonal if triangular."""
    values = stream.integers(-_SIDE // 2, _SIDE // 2, shape)
    values = np.tril(values) if triangular else values
    return fmpq_mat(*shape, [int(x) for x in values.ravel()])


def rotation(size: int, stream: np.random.Generator) -> fmpq_mat:
    """A rational orthogonal matrix: (I - S)(I + S)⁻¹ of a skew S (Cayley), its columns with random signs."""
    s = np.tril(stream.integers(-_SIDE // 2, _SIDE // 2, (size, size)), -1)
    skew = fmpq_mat(size, size, [int(x) for x in (s - s.T).ravel()])
    signs = fmpq_mat(size, size, [int(x) for x in np.diag(2 * stream.integers(0, 2, size) - 1).ravel()])
    return (eye(size) - skew) * (eye(size) + skew).inv() * signs


def _factor_degrees(f: Factor, of: Mapping[MatrixSymbol, Degrees], environment: Environment) -> Degrees:
    """Degrees of the entries of a factor; an inverse is the adjugate over the determinant."""
    top, bottom = of[f.symbol]
    rows, columns = environment.shape(f.symbol)
    if f.op == PLAIN:
        return top, bottom
    rank = min(rows, columns) if f.op == PINV else columns
    if f.op == PINV:
        return bottom + (2 * rank - 1) * top, 2 * rank * top
    return 2 * bottom + 2 * (rank - 1) * top, 2 * rank * top


def _scalar_degrees(expression: sp.Expr, names: Mapping[sp.Symbol, Degrees]) -> Degrees:
    """Degrees of a coefficient through the names of traces in it."""
    top, bottom = sp.fraction(sp.together(expression))
    degrees = [(0, 0)]
    for name in names.keys() & expression.free_symbols:
        up, down = names[name]
        above, below = (int(sp.degree(sp.expand(part), name)) for part in (top, bottom))
        degrees.append((above * up + below * down, above * down + below * up))
    return _times(degrees)


def _times(degrees: Iterable[Degrees]) -> Degrees:
    """Degrees of a product."""
    parts = list(degrees)
    return sum(top for top, _ in parts), sum(bottom for _, bottom in parts)


def _plus(degrees: Sequence[Degrees]) -> Degrees:
    """Degrees of a sum, over the product of the denominators."""
    bottom = sum(b for _, b in degrees)
    return max((t - b for t, b in degrees), default=0) + bottom, bottom


def _symbols(side: Side) -> set[MatrixSymbol]:
    """The matrix symbols of a side."""
    if isinstance(side, Expression):
        return {f.symbol for f in side.factors()}
    return set(side.atoms(MatrixSymbol))


def eye(size: int) -> fmpq_mat:
    """The identity."""
    return fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def trace(a: fmpq_mat) -> fmpq:
    """The trace of a square matrix."""
    return sum((a[i, i] for i in range(a.nrows())), fmpq(0))


def fraction(x: fmpq) -> Fraction:
    """The same number in Python's own type."""
    return Fraction(int(x.p), int(x.q))
