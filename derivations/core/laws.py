"""What is random and how: blocks of Gaussian (or merely second-moment) matrices, and the hypotheses.

A block is a family of matrices with the same rows: the rows are independent, and within a row the
members are jointly distributed with mean zero and the stated cross-covariances. Different blocks are
independent. A `Setting` is all that a derivation may assume; everything in it is frozen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import sympy as sp
from sympy import Identity, MatrixSymbol

from derivations.core.words import (
    GRAM_INVERSE,
    PINV,
    PLAIN,
    Expression,
    Factor,
    Group,
    MatrixSum,
    Refused,
    Term,
    Word,
    collect,
    define,
    expand,
    identity,
    matrix,
    rotations,
    transpose,
)


@dataclass(frozen=True)
class Block:
    """Independent rows, jointly distributed over `members`; `covariance[i][j]` is E of xᵢᵀxⱼ over one row.

    `gaussian=False` claims only mean zero and that covariance. The last three fields say how to simulate
    and are trusted by no rule: `draws` are base draws (symbol, kind), `sampler` gives members in terms of
    them (a member that is itself a base draw needs no entry), and `copies` names the axis of length one
    along which a simulation may average several copies of a matrix that occurs quadratically.
    """

    members: tuple[MatrixSymbol, ...]
    covariance: tuple[tuple[MatrixSum, ...], ...]
    gaussian: bool = True
    draws: tuple[tuple[MatrixSymbol, str], ...] = ()
    sampler: tuple[tuple[MatrixSymbol, MatrixSum], ...] = ()
    copies: int | None = None

    def between(self, x: MatrixSymbol, y: MatrixSymbol) -> MatrixSum:
        """The covariance of a row of x with the same row of y."""
        return self.covariance[self.members.index(x)][self.members.index(y)]


def standard(x: MatrixSymbol) -> Block:
    """Independent standard normal entries."""
    return Block((x,), ((matrix(identity(x.shape[1])),),), draws=((x, "normal"),))


@dataclass(frozen=True)
class Setting:
    """The hypotheses in force.

    `given` are arbitrary fixed matrices; `relations` are products of them that simplify (QᵀQ = I);
    `definitions` say what a symbol is in terms of others; `hypotheses` are strict inequalities in the
    sizes; `names` are scalars that stand for traces of given matrices, which thereby become constants that no
    citation may replace. `extended` lets expectations of nonnegative quantities be infinite. For simulation only: `forms` say what kind of matrix to put for a given one (default generic), and
    `origins` how a symbol introduced by a step is computed from earlier ones.
    """

    blocks: tuple[Block, ...] = ()
    hypotheses: tuple[sp.Expr, ...] = ()  # each one is positive
    given: tuple[MatrixSymbol, ...] = ()
    relations: tuple[tuple[Word, MatrixSum], ...] = ()
    definitions: tuple[tuple[MatrixSymbol, MatrixSum], ...] = ()
    names: tuple[tuple[sp.Symbol, Word], ...] = ()
    origins: tuple[tuple[MatrixSymbol, MatrixSum], ...] = ()
    forms: tuple[tuple[MatrixSymbol, str], ...] = ()
    extended: bool = False

    def block(self, symbol: MatrixSymbol) -> Block | None:
        """The block that a symbol belongs to."""
        return next((b for b in self.blocks if symbol in b.members), None)

    def support(self, symbol: MatrixSymbol | Identity) -> frozenset[Block]:
        """The blocks that a symbol is a function of. Unknown symbols are refused."""
        if isinstance(symbol, Identity) or symbol in self.given:
            return frozenset()
        if (block := self.block(symbol)) is not None:
            return frozenset((block,))
        definition = dict(self.definitions).get(symbol)
        if definition is None:
            raise Refused(f"{symbol} has no law, no definition and is not given")
        return frozenset().union(*(self.support(f.symbol) for _, w in definition.terms for f in w))

    def supports(self, words: Iterable[Word]) -> frozenset[Block]:
        """The blocks that words are functions of."""
        return frozenset().union(*(self.support(f.symbol) for word in words for f in word))

    def positive(self, goal: sp.Expr) -> bool:
        """Whether goal > 0 follows from one hypothesis and the positivity of the sizes."""
        goal = sp.expand(goal)
        margins = (sp.expand(goal - h) for h in self.hypotheses)
        return bool(goal.is_positive) or any(bool(m.is_nonnegative) for m in margins)

    def require_positive(self, goal: sp.Expr, why: str) -> None:
        """Refuse unless goal > 0 follows."""
        if not self.positive(goal):
            raise Refused(f"{why} needs {goal} > 0, which does not follow from the hypotheses")

    def normal(self, expression: Expression) -> Expression:
        """Deterministic traces out of the expectations; every symbol known; everything integrable."""
        terms = []
        for t in expression.terms:
            self.supports(t.words())
            traces, groups = list(t.traces), []
            for group in t.groups:
                random = tuple(w for w in group if self.supports([w]))
                traces += [w for w in group if w not in random]
                self._require_integrable(random)
                groups.append(random)
            terms.append(Term(t.coefficient, tuple(traces), tuple(groups)))
        return collect(terms)

    def _require_integrable(self, group: Group) -> None:
        """E|group| is finite when m - d + 1 > 2k for each Gram matrix of total inverse degree k.

        The smallest eigenvalue λ of the Gram matrix of an m x d Gaussian matrix has E λ^(-k) finite exactly
        then; polynomial factors cost nothing since the inequality is strict and can be shared by Hölder.
        """
        for x, degree in inverse_degrees(group).items():
            if degree <= 0:
                continue
            if self.extended and len(group) == 1 and is_quadratic(group[0]):
                continue
            if not self.is_standard(x):
                raise Refused(f"the inverse of {x} is only integrable for a standard Gaussian {x}")
            m, d = x.shape
            self.require_positive(m - d + 1 - 2 * degree, f"the integrability of {x}^(-{2 * degree})")

    def is_standard(self, x: MatrixSymbol) -> bool:
        """Whether x has independent standard normal entries."""
        if any(not b.gaussian for b in self.support(x)):
            return False
        return self.covariance(x, x) == matrix(identity(x.shape[1]))

    def image(self, total: MatrixSum) -> MatrixSum:
        """A sum with every definition inserted, down to the matrices that have laws of their own."""
        out, values = MatrixSum((), total.shape), dict(self.definitions)
        for c, word in total.terms:
            if not any(f.symbol in values and f.op == PLAIN for f in word):
                out += matrix(word).times(c)
                continue
            piece = expand(word, lambda f: define(f.symbol, values[f.symbol])(f) if f.symbol in values else None)
            out += self.image(piece).times(c)
        return self.reduce(out)

    def covariance(self, x: MatrixSymbol, y: MatrixSymbol) -> MatrixSum:
        """The row covariance of two random matrices, defined ones expanded."""
        total = MatrixSum((), (x.shape[1], y.shape[1]))
        for (a, v), (b, w) in product(self.image(matrix(x)).terms, self.image(matrix(y)).terms):
            g, h = v[0].symbol, w[0].symbol
            block = self.block(g)
            if v[0] != Factor(g) or w[0] != Factor(h) or block is None or self.supports([v[1:], w[1:]]):
                raise Refused("not a sum of random matrices times given ones, so its covariance is unknown")
            if h in block.members:
                left = matrix(transpose(v[1:]) or identity(g.shape[1]))
                right = matrix(w[1:] or identity(h.shape[1]))
                total += (left * block.between(g, h) * right).times(a * b)
        return self.reduce(total)

    def reduce(self, total: MatrixSum) -> MatrixSum:
        """Simplify by the relations of the given matrices."""
        parts = [simplify_by(w, self.relations).times(c) for c, w in total.terms]
        return sum(parts, MatrixSum((), total.shape))

    def holds_at(self, values: Mapping[sp.Symbol, int]) -> bool:
        """Whether every hypothesis holds at a point."""
        return all(bool(h.subs(values) > 0) for h in self.hypotheses)


def is_quadratic(word: Word) -> bool:
    """Whether the trace is tr(vᵀW⁻¹v), so that it is nonnegative and its expectation always defined."""
    centred = (w for w in rotations(word) if len(w) % 2 and w[len(w) // 2].op == GRAM_INVERSE)
    return any(transpose(w) == w for w in centred)


def inverse_degrees(group: Iterable[Word]) -> dict[MatrixSymbol, sp.Rational]:
    """How often each Gram matrix is inverted: W⁻¹ counts 1, W⁻¹Γᵀ and Γ⁺ count 1/2, ΓW⁻¹Γᵀ and ΓΓ⁺ 0."""
    half, degrees = sp.Rational(1, 2), {}
    for word in group:
        for i, f in enumerate(word):
            if f.op == PLAIN:
                continue
            before, after = word[i - 1], word[(i + 1) % len(word)]
            degree = half if f.op == PINV else sp.Integer(1)
            tamed_left = f.op == GRAM_INVERSE or not f.transposed
            tamed_right = f.op == GRAM_INVERSE or f.transposed
            degree -= half * int(tamed_left and before == Factor(f.symbol))
            degree -= half * int(tamed_right and after == Factor(f.symbol, transposed=True))
            degrees[f.symbol] = degrees.get(f.symbol, sp.Integer(0)) + degree
    return degrees


def simplify_by(word: Word, relations: tuple[tuple[Word, MatrixSum], ...]) -> MatrixSum:
    """Apply the setting's relations to a word until none applies."""
    for pattern, value in relations:
        for i in range(len(word) - len(pattern) + 1):
            if word[i : i + len(pattern)] == pattern:
                left = matrix(word[:i]) if word[:i] else matrix(identity(value.shape[0]))
                tail = word[i + len(pattern) :]
                right = matrix(tail) if tail else matrix(identity(value.shape[1]))
                total = left * value * right
                reduced = [simplify_by(w, relations).times(c) for c, w in total.terms]
                return sum(reduced, MatrixSum((), total.shape))
    return matrix(word)
