"""The normal form: words of matrices, their traces, and sums of products of traces.

A *word* is a product of factors; a factor is a matrix symbol, its pseudo-inverse or the inverse of its
Gram matrix, possibly transposed. A trace is kept as the least of the rotations of its word and of its
transpose, so that two traces are equal here exactly when those two laws make them so. An `Expression` is
a sum of terms: a scalar coefficient, traces outside any expectation, and groups of traces under one
expectation each. Nothing in this file knows of laws or of theorems.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import sympy as sp
from sympy import Identity, MatrixExpr, MatrixSymbol

OPERATIONS = PLAIN, PINV, GRAM_INVERSE = "", "pinv", "graminv"  # X, X⁺, (XᵀX)⁻¹
ONE = sp.Integer(1)


class Refused(ValueError):
    """A rule's side condition fails, or an expression is malformed; the message is one sentence."""


class Factor(NamedTuple):
    """One matrix in a word."""

    symbol: MatrixSymbol | Identity
    op: str = PLAIN
    transposed: bool = False

    @property
    def shape(self) -> tuple[sp.Expr, sp.Expr]:
        """(rows, columns) of this factor."""
        rows, cols = self.symbol.shape
        if self.op == GRAM_INVERSE:
            return cols, cols
        return (rows, cols) if (self.op == PINV) == self.transposed else (cols, rows)

    @property
    def T(self) -> "Factor":
        """The transpose; an inverse Gram matrix and an identity are their own."""
        if self.op == GRAM_INVERSE or isinstance(self.symbol, Identity):
            return self
        return self._replace(transposed=not self.transposed)


Word = tuple[Factor, ...]
Group = tuple[Word, ...]


def identity(size: sp.Expr) -> Word:
    """The word of the identity matrix."""
    return (Factor(Identity(size)),)


def transpose(word: Word) -> Word:
    """The transpose of a word."""
    return tuple(f.T for f in reversed(word))


def product(*words: Word) -> Word:
    """The product of words; shapes must fit, and identities are dropped where something else is left."""
    factors = tuple(f for word in words for f in word)
    for f in factors:
        known = type(f) is Factor and type(f.symbol) in (MatrixSymbol, Identity) and f.op in OPERATIONS
        if not known or type(f.transposed) is not bool:
            raise Refused(f"{f} is not a factor of a word")
    for left, right in pairwise(factors):
        if left.shape[1] != right.shape[0]:
            raise Refused(f"shapes do not fit: {left.shape} times {right.shape} in {spell(factors)}")
    return tuple(f for f in factors if not isinstance(f.symbol, Identity)) or factors[:1]


def spell(word: Word) -> str:
    """A word as plain text, for messages."""
    mark = {PLAIN: "", PINV: "+", GRAM_INVERSE: "-gram"}
    return " ".join(f"{f.symbol}{mark[f.op]}{chr(39) if f.transposed else ''}" for f in word)


def symbols(words: Iterable[Word]) -> frozenset[MatrixSymbol]:
    """The matrix symbols of words, identities aside."""
    return frozenset(f.symbol for word in words for f in word if not isinstance(f.symbol, Identity))


def rotations(word: Word) -> Iterable[Word]:
    """Every word with the same trace by rotation and transposition."""
    for way in (word, transpose(word)):
        for i in range(len(way)):
            yield way[i:] + way[:i]


def _key(word: Word) -> tuple[int, tuple[tuple[str, str, bool], ...]]:
    return len(word), tuple((getattr(f.symbol, "name", "I"), f.op, f.transposed) for f in word)


def cyclic(word: Word) -> Word:
    """The canonical representative of the trace of a square word."""
    word = product(word)
    if word[0].shape[0] != word[-1].shape[1]:
        raise Refused(f"the trace of a non-square product: {spell(word)}")
    return min(rotations(word), key=_key)


def declared(value: sp.Expr) -> sp.Expr:
    """An exact expression in scalars, as coefficients are. Raises Refused where it hides something else."""
    value = sp.sympify(value)
    if value.is_Rational:
        return value
    if value.has(MatrixExpr) or any(type(s) not in (sp.Symbol, sp.Dummy) for s in value.free_symbols):
        raise Refused(f"{value} is not an expression in scalars")
    if value.has(sp.Float):
        raise Refused(f"{value} is not exact")
    if value.has(sp.nan, sp.zoo):
        raise Refused("a coefficient is undefined: infinity minus infinity, or a division by zero")
    return value


@cache
def _tidy(coefficient: sp.Expr) -> sp.Expr:
    """A coefficient in factored form, in which equal rational functions are equal."""
    return declared(sp.factor(sp.cancel(coefficient)))


class Term(NamedTuple):
    """coefficient * product of traces * product over groups of E[product of traces]."""

    coefficient: sp.Expr
    traces: Group = ()
    groups: tuple[Group, ...] = ()

    def canonical(self) -> "Term":
        """Words canonical and sorted, traces of identities turned into their size."""
        coefficient = self.coefficient

        def tidy(words: Group) -> Group:
            nonlocal coefficient
            kept = []
            for word in map(cyclic, words):
                if isinstance(word[0].symbol, Identity):
                    coefficient *= word[0].symbol.shape[0]
                else:
                    kept.append(word)
            return tuple(sorted(kept, key=_key))

        traces, groups = tidy(self.traces), [g for g in map(tidy, self.groups) if g]
        return Term(coefficient, traces, tuple(sorted(groups, key=lambda g: [_key(w) for w in g])))

    def words(self) -> Iterable[Word]:
        """All words of the term."""
        yield from self.traces
        for group in self.groups:
            yield from group


@dataclass(frozen=True)
class Expression:
    """A sum of terms, like terms combined. Build with `collect`."""

    terms: tuple[Term, ...]

    @property
    def scalar(self) -> sp.Expr | None:
        """The value when no matrix is left, else None."""
        if any(t.traces or t.groups for t in self.terms):
            return None
        return self.terms[0].coefficient if self.terms else sp.Integer(0)

    def factors(self) -> Iterable[Factor]:
        """Every factor of every word."""
        return (f for t in self.terms for w in t.words() for f in w)


def collect(terms: Iterable[Term]) -> Expression:
    """Combine like terms; coefficients are functions of the declared scalars."""
    sums: dict[tuple[Group, tuple[Group, ...]], sp.Expr] = {}
    for term in terms:
        coefficient, traces, groups = term.canonical()
        sums[traces, groups] = sums.get((traces, groups), sp.Integer(0)) + coefficient
    kept = [Term(c, *key) for key, total in sums.items() if (c := _tidy(total)) != 0]
    return Expression(tuple(sorted(kept, key=lambda t: (len(t.groups), str(t[1:])))))


@dataclass(frozen=True)
class MatrixSum:
    """A matrix-valued sum of words, all of one shape; like words combined, in a fixed order."""

    terms: tuple[tuple[sp.Expr, Word], ...]
    shape: tuple[sp.Expr, sp.Expr]

    def __post_init__(self) -> None:
        sums: dict[Word, sp.Expr] = {}
        for c, factors in self.terms:
            word = product(factors)
            if (word[0].shape[0], word[-1].shape[1]) != tuple(self.shape):
                raise Refused(f"{spell(word)} is not of shape {self.shape}")
            sums[word] = sums.get(word, sp.Integer(0)) + c
        tidy = [(c if c.is_Rational else declared(sp.expand(c)), word) for word, c in sums.items()]
        kept = sorted(((c, word) for c, word in tidy if c != 0), key=lambda term: _key(term[1]))
        object.__setattr__(self, "terms", tuple(kept))

    @property
    def T(self) -> "MatrixSum":
        """The transpose."""
        return MatrixSum(tuple((c, transpose(w)) for c, w in self.terms), self.shape[::-1])

    @property
    def symbols(self) -> frozenset[MatrixSymbol]:
        """The matrix symbols that occur."""
        return symbols(word for _, word in self.terms)

    def __add__(self, other: "MatrixSum") -> "MatrixSum":
        if self.shape != other.shape:
            raise Refused(f"a sum of matrices of shapes {self.shape} and {other.shape}")
        return MatrixSum(self.terms + other.terms, self.shape)

    def __mul__(self, other: "MatrixSum") -> "MatrixSum":
        if self.shape[1] != other.shape[0]:
            raise Refused(f"a product of matrices of shapes {self.shape} and {other.shape}")
        terms = tuple((a * b, v + w) for a, v in self.terms for b, w in other.terms)
        return MatrixSum(terms, (self.shape[0], other.shape[1]))

    def times(self, value: sp.Expr) -> "MatrixSum":
        """Each coefficient multiplied by a scalar."""
        return MatrixSum(tuple((c * value, w) for c, w in self.terms), self.shape)


Replace = Callable[[Factor], MatrixSum | None]  # None leaves a factor as it is


def matrix(word: Word | MatrixSymbol) -> MatrixSum:
    """A single word, or symbol, as a sum."""
    word = word if isinstance(word, tuple) else (Factor(word),)
    return MatrixSum(((ONE, word),), (word[0].shape[0], word[-1].shape[1]))


def expand(word: Word, replace: Replace) -> MatrixSum:
    """Replace factors of a word by sums and multiply out."""
    values = [matrix((f,)) if (new := replace(f)) is None else new for f in word]
    total = values[0]
    for value in values[1:]:
        total = total * value
    return total


def define(values: Mapping[MatrixSymbol, MatrixSum]) -> Replace:
    """The replacement of plain symbols, and of their transposes, by sums."""

    def replace(f: Factor) -> MatrixSum | None:
        if f.op != PLAIN or f.symbol not in values:
            return None
        return values[f.symbol].T if f.transposed else values[f.symbol]

    return replace


def rewrite(expression: Expression, change: Callable[[Word], Iterable[tuple[sp.Expr, Word]]]) -> Expression:
    """Replace every trace by a sum of traces and multiply out."""

    def grown(words: Group) -> list[tuple[sp.Expr, Group]]:
        out: list[tuple[sp.Expr, Group]] = [(ONE, ())]
        for word in words:
            new = tuple(change(word))
            out = [(c * k, (*ws, w)) for c, ws in out for k, w in new]
        return out

    terms: list[Term] = []
    for t in expression.terms:
        partial = [Term(t.coefficient * c, ws) for c, ws in grown(t.traces)]
        for group in t.groups:
            choices = grown(group)
            partial = [
                Term(p.coefficient * c, p.traces, (*p.groups, ws)) for p in partial for c, ws in choices
            ]
        terms += partial
    return collect(terms)


def substitute(expression: Expression, replace: Replace) -> Expression:
    """Replace factors everywhere in an expression and multiply out."""
    return rewrite(expression, lambda word: expand(word, replace).terms)
