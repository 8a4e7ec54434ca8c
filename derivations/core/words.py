"""The normal form: words of matrices, their traces, and sums of products of traces.

A *word* is a product of factors; a factor is a matrix symbol, its pseudo-inverse or the inverse of its
Gram matrix, possibly transposed. A trace is kept as the least of the rotations of its word and of its
transpose, so that two traces are equal here exactly when those two laws make them so. An `Expression` is
a sum of terms: a scalar coefficient, traces outside any expectation, and groups of traces under one
expectation each. Nothing in this file knows of laws or of theorems.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import sympy as sp
from sympy import Identity, MatrixSymbol

PLAIN, PINV, GRAM_INVERSE = "", "pinv", "graminv"  # X, X⁺, (XᵀX)⁻¹


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
    for left, right in zip(factors, factors[1:], strict=False):
        if left.shape[1] != right.shape[0]:
            raise Refused(f"shapes do not fit: {left.shape} times {right.shape} in {spell(factors)}")
    return tuple(f for f in factors if not isinstance(f.symbol, Identity)) or factors[:1]


def spell(word: Word) -> str:
    """A word as plain text, for messages."""
    mark = {PLAIN: "", PINV: "+", GRAM_INVERSE: "-gram"}
    return " ".join(f"{f.symbol}{mark[f.op]}{chr(39) if f.transposed else ''}" for f in word)


def rotations(word: Word) -> Iterable[Word]:
    """Every word with the same trace by rotation and transposition."""
    for way in (word, transpose(word)):
        for i in range(len(way)):
            yield way[i:] + way[:i]


def _key(word: Word) -> tuple[int, tuple[tuple[str, str, bool], ...]]:
    return len(word), tuple((str(f.symbol), f.op, f.transposed) for f in word)


def cyclic(word: Word) -> Word:
    """The canonical representative of the trace of a square word."""
    word = product(word)
    if word[0].shape[0] != word[-1].shape[1]:
        raise Refused(f"the trace of a non-square product: {spell(word)}")
    return min(rotations(word), key=_key)


class Term(NamedTuple):
    """coefficient * product of traces * product over groups of E[product of traces]."""

    coefficient: sp.Expr
    traces: Group = ()
    groups: tuple[Group, ...] = ()

    def canonical(self) -> "Term":
        """Words canonical and sorted, traces of identities turned into their size."""
        coefficient, traces, groups = self.coefficient, [], []
        for kept, words in ((traces, self.traces), *(([], g) for g in self.groups)):
            for word in map(cyclic, words):
                if isinstance(word[0].symbol, Identity):
                    coefficient *= word[0].symbol.shape[0]
                else:
                    kept.append(word)
            if kept is not traces and kept:
                groups.append(tuple(sorted(kept, key=_key)))
        order = sorted(groups, key=lambda g: [_key(w) for w in g])
        return Term(coefficient, tuple(sorted(traces, key=_key)), tuple(order))

    def words(self) -> Iterable[Word]:
        """All words of the term."""
        yield from self.traces
        for group in self.groups:
            yield from group


@dataclass(frozen=True)
class Expression:
    """A sum of terms, like terms combined. Build with `collect`."""

    terms: tuple[Term, ...]

    def __add__(self, other: "Expression") -> "Expression":
        return collect(self.terms + other.terms)

    def __mul__(self, other: "Expression") -> "Expression":
        return collect(
            Term(a.coefficient * b.coefficient, a.traces + b.traces, a.groups + b.groups)
            for a in self.terms
            for b in other.terms
        )

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
    """Combine like terms; coefficients are rational functions of the declared scalars."""
    sums: dict[tuple[Group, tuple[Group, ...]], sp.Expr] = {}
    for term in terms:
        _, *key = canonical = term.canonical()
        sums[tuple(key)] = sums.get(tuple(key), sp.Integer(0)) + canonical.coefficient
    tidy = {key: sp.factor(sp.cancel(c)) for key, c in sums.items()}
    kept = [Term(c, *key) for key, c in tidy.items() if c != 0]
    return Expression(tuple(sorted(kept, key=lambda t: (len(t.groups), str(t[1:])))))


def scalar(value: sp.Expr) -> Expression:
    """A number or a declared scalar as an expression."""
    return collect([Term(sp.sympify(value))])


@dataclass(frozen=True)
class MatrixSum:
    """A matrix-valued sum of words, all of one shape."""

    terms: tuple[tuple[sp.Expr, Word], ...]
    shape: tuple[sp.Expr, sp.Expr]

    @property
    def T(self) -> "MatrixSum":
        """The transpose."""
        return MatrixSum(tuple((c, transpose(w)) for c, w in self.terms), self.shape[::-1])

    def __add__(self, other: "MatrixSum") -> "MatrixSum":
        if self.shape != other.shape:
            raise Refused(f"a sum of matrices of shapes {self.shape} and {other.shape}")
        sums: dict[Word, sp.Expr] = {}
        for c, w in self.terms + other.terms:
            sums[w] = sums.get(w, sp.Integer(0)) + c
        return MatrixSum(tuple((c, w) for w, c in sums.items() if c != 0), self.shape)

    def __mul__(self, other: "MatrixSum") -> "MatrixSum":
        if self.shape[1] != other.shape[0]:
            raise Refused(f"a product of matrices of shapes {self.shape} and {other.shape}")
        zero = MatrixSum((), (self.shape[0], other.shape[1]))
        parts = (((a * b, product(v, w)),) for a, v in self.terms for b, w in other.terms)
        return sum((MatrixSum(p, zero.shape) for p in parts), zero)

    def times(self, value: sp.Expr) -> "MatrixSum":
        """Each coefficient multiplied by a scalar."""
        return MatrixSum(tuple((c * value, w) for c, w in self.terms), self.shape)

    def __eq__(self, other: object) -> bool:
        return type(other) is MatrixSum and self.shape == other.shape and set(self.terms) == set(other.terms)

    def __hash__(self) -> int:
        return hash((frozenset(self.terms), self.shape))


def matrix(word: Word | MatrixSymbol) -> MatrixSum:
    """A single word, or symbol, as a sum."""
    word = word if isinstance(word, tuple) else (Factor(word),)
    return MatrixSum(((sp.Integer(1), word),), (word[0].shape[0], word[-1].shape[1]))


def expand(word: Word, replace: Callable[[Factor], MatrixSum | None]) -> MatrixSum:
    """Replace factors of a word by sums and multiply out; None leaves a factor as it is."""
    values = [matrix((f,)) if (new := replace(f)) is None else new for f in word]
    total = values[0]
    for value in values[1:]:
        total = total * value
    return total


def substitute(expression: Expression, replace: Callable[[Factor], MatrixSum | None]) -> Expression:
    """Replace factors everywhere in an expression and multiply out."""

    def grown(words: Group) -> list[tuple[sp.Expr, Group]]:
        out: list[tuple[sp.Expr, Group]] = [(sp.Integer(1), ())]
        for word in words:
            out = [(c * k, ws + (w,)) for c, ws in out for k, w in expand(word, replace).terms]
        return out

    terms: list[Term] = []
    for t in expression.terms:
        partial = [Term(t.coefficient * c, ws) for c, ws in grown(t.traces)]
        for group in t.groups:
            partial = [
                Term(p.coefficient * c, p.traces, (*p.groups, ws)) for p in partial for c, ws in grown(group)
            ]
        terms += partial
    return collect(terms)


def define(symbol: MatrixSymbol, value: MatrixSum) -> Callable[[Factor], MatrixSum | None]:
    """A replacement of a plain symbol, and of its transpose, by a sum."""

    def replace(f: Factor) -> MatrixSum | None:
        if f.symbol != symbol or f.op != PLAIN:
            return None
        return value.T if f.transposed else value

    return replace


def rescale(expression: Expression, values: Mapping[sp.Expr, sp.Expr]) -> Expression:
    """Substitute scalars in the coefficients."""
    return collect(t._replace(coefficient=t.coefficient.subs(values)) for t in expression.terms)
