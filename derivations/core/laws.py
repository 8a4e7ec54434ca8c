"""What is random and how: blocks of Gaussian (or merely second-moment) matrices, and the hypotheses.

A block is a family of matrices with the same rows: the rows are independent, and within a row the
members are jointly distributed with mean zero and the stated cross-covariances. Different blocks are
independent. A `Setting` is all that a derivation may assume; it is frozen, and checks when it is made that
each symbol has one meaning.
"""

from collections.abc import Callable, Iterable, Mapping
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
    declared,
    define,
    expand,
    identity,
    matrix,
    rotations,
    spell,
    transpose,
)

Relation = tuple[Word, MatrixSum]  # a product of given matrices, and what it is


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

    def __post_init__(self) -> None:
        if len({x.shape[0] for x in self.members}) != 1:
            raise Refused(f"the members of a block have the same rows, unlike {self.members}")
        shapes = tuple(tuple((x.shape[1], y.shape[1]) for y in self.members) for x in self.members)
        if tuple(tuple(entry.shape for entry in row) for row in self.covariance) != shapes:
            raise Refused(f"the covariances of {self.members} have the wrong shapes")

    def between(self, x: MatrixSymbol, y: MatrixSymbol) -> MatrixSum:
        """The covariance of a row of x with the same row of y."""
        return self.covariance[self.members.index(x)][self.members.index(y)]


def standard(x: MatrixSymbol) -> Block:
    """Independent standard normal entries."""
    return Block((x,), ((matrix(identity(x.shape[1])),),), draws=((x, "normal"),))


def unit(e: MatrixSymbol) -> Relation:
    """The relation eᵀe = 1."""
    return (Factor(e).T, Factor(e)), matrix(identity(sp.Integer(1)))


def frame(e: MatrixSymbol, rest: MatrixSymbol) -> tuple[Relation, ...]:
    """The relations of an orthonormal basis: a unit vector e and the other vectors as columns of `rest`."""
    last, others = Factor(e), Factor(rest)
    d, count = rest.shape
    return (
        unit(e),
        ((others.T, others), matrix(identity(count))),
        ((last.T, others), MatrixSum((), (sp.Integer(1), count))),
        ((others.T, last), MatrixSum((), (count, sp.Integer(1)))),
        ((last, last.T), matrix(identity(d)) + matrix((others, others.T)).times(sp.Integer(-1))),
    )


@dataclass(frozen=True)
class Setting:
    """The hypotheses in force.

    `given` are arbitrary fixed matrices; `relations` are products of them that simplify (QᵀQ = I);
    `definitions` say what a symbol is in terms of others; `hypotheses` are scalars that are positive; `names`
    are scalars that stand for traces of given matrices. `extended` lets the expectation of a nonnegative
    quantity be infinite, as long as it stands alone. For simulation only: `forms` say what kind of matrix to
    put for a given one (default generic), and `origins` how a symbol introduced by a step is computed from
    earlier ones.
    """

    blocks: tuple[Block, ...] = ()
    hypotheses: tuple[sp.Expr, ...] = ()
    given: tuple[MatrixSymbol, ...] = ()
    relations: tuple[Relation, ...] = ()
    definitions: tuple[tuple[MatrixSymbol, MatrixSum], ...] = ()
    names: tuple[tuple[sp.Symbol, Word], ...] = ()
    origins: tuple[tuple[MatrixSymbol, MatrixSum], ...] = ()
    forms: tuple[tuple[MatrixSymbol, str], ...] = ()
    extended: bool = False

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse a setting that can change, or in which a symbol has no meaning or more than one."""
        try:
            hash(self)
        except TypeError as why:
            raise Refused("a setting is made of tuples: nothing in it can change") from why
        self._check_symbols()
        self._check_given()
        self._check_definitions()

    def _check_symbols(self) -> None:
        """Each symbol is random, given or defined, once; no two share a name; no size names a trace."""
        random, defined = [x for b in self.blocks for x in b.members], [x for x, _ in self.definitions]
        seen: set[str] = set()
        for x in (*self.given, *random, *defined):
            if type(x) is not MatrixSymbol or x.name in seen:
                raise Refused(
                    f"{x} is in use: a name is that of one matrix, which is random, given or defined"
                )
            seen.add(x.name)
        sizes = {
            letter for x in (*self.given, *random, *defined) for s in x.shape for letter in s.free_symbols
        }
        scalars = [name for name, _ in self.names]
        if len(set(scalars)) < len(scalars) or sizes & set(scalars):
            raise Refused("the name of a trace is that of one trace, and of no size")

    def _check_given(self) -> None:
        """Covariances, relations and named traces are well formed and in terms of given matrices."""
        totals = [(matrix(word), value) for word, value in self.relations]
        for b in self.blocks:
            if type(b) is not Block:
                raise Refused(f"{b} is not a block")
            for x, y in product(b.members, repeat=2):
                totals.append((b.between(x, y), b.between(y, x).T))
                if self.reduce(totals[-1][0]) != self.reduce(totals[-1][1]):
                    raise Refused(f"the covariance of {x} and {y} is not symmetric")
        for pair in (*totals, *((matrix(word), matrix(word)) for _, word in self.names)):
            if any(type(total) is not MatrixSum or not total.symbols <= set(self.given) for total in pair):
                raise Refused(
                    f"covariances, relations and names speak of given matrices only, not of {pair[0]}"
                )
            if pair[0].shape != pair[1].shape:
                raise Refused(f"a relation between matrices of shapes {pair[0].shape} and {pair[1].shape}")

    def _check_definitions(self) -> None:
        """Each definition fits its symbol and leads back to matrices that are given or have a law."""
        waiting = dict(self.definitions)
        for x, value in self.definitions:
            if type(value) is not MatrixSum or value.shape != x.shape:
                raise Refused(f"{x} is defined as something of another shape")
        while waiting:
            ready = [x for x, value in waiting.items() if not value.symbols & waiting.keys()]
            if not ready:
                raise Refused(f"the definition of {next(iter(waiting))} is circular")
            for x in ready:
                self.supports([w for _, w in waiting.pop(x).terms])

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
        return self.supports(w for _, w in definition.terms)

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

    def require_full_rank(self, x: MatrixSymbol) -> None:
        """Refuse unless x has full column rank almost surely, so that its Gram matrix is invertible."""
        if not self.is_standard(x):
            raise Refused(f"{x} is not known to be standard Gaussian, so its Gram matrix may be singular")
        self.require_positive(x.shape[0] - x.shape[1] + 1, f"full column rank of {x}")

    def normal(self, expression: Expression) -> Expression:
        """Deterministic traces out of the expectations; every symbol known; every inverse and mean exists.

        Terms are looked at before like ones are combined: infinity minus infinity is not zero.
        """
        terms = []
        for t in expression.terms:
            declared(t.coefficient)
            for x in {f.symbol for w in t.words() for f in w if f.op == GRAM_INVERSE}:
                self.require_full_rank(x)
            fixed = [w for group in t.groups for w in group if not self.supports([w])]
            groups = (tuple(w for w in group if self.supports([w])) for group in t.groups)
            self.supports(t.traces)
            terms.append(Term(t.coefficient, (*t.traces, *fixed), tuple(g for g in groups if g)))
        if not (self.extended and len(terms) == 1 and self.is_lone(terms[0])):
            for group in (g for t in terms for g in t.groups):
                self.require_integrable(group)
        return collect(terms)

    def is_lone(self, t: Term) -> bool:
        """Whether a term is a positive multiple of one E tr(vᵀv) or E tr(vᵀW⁻¹v): defined, if infinite."""
        positive = {word for letter, word in self.names if letter.is_positive}
        t = t.canonical()
        if not t.coefficient.is_positive or any(positive.isdisjoint(rotations(w)) for w in t.traces):
            return False
        if [len(group) for group in t.groups] != [1]:
            return False
        ((word,),) = t.groups
        centred = (w for w in rotations(word) if len(w) % 2 == 0 or w[len(w) // 2].op == GRAM_INVERSE)
        return any(transpose(w) == w for w in centred)

    def require_integrable(self, group: Group) -> None:
        """Refuse unless E|group| is finite: m - d + 1 > 2k for each Gram matrix of total inverse degree k.

        That is a condition on the sizes, and the value of no expectation. The smallest eigenvalue λ of the
        Gram matrix of an m x d Gaussian matrix has E λ^(-k) finite exactly then; polynomial factors cost
        nothing, since the inequality is strict and can be shared by Hölder. For the same reason the degrees
        of matrices that are not independent of each other are added.
        """
        for b in self.supports(group):
            used = [f for word in group for f in word if b in self.support(f.symbol)]
            if not b.gaussian and len(used) > 2:
                raise Refused(
                    f"only mean and covariance of {spell((used[0],))} are known: it may occur twice at most"
                )
        degrees = inverse_degrees(group)
        for x in (x for x, own in degrees.items() if own > 0 and self.support(x)):
            if not self.is_standard(x):
                raise Refused(f"the inverse of {x} is only integrable for a standard Gaussian {x}")
            degree = sum(k for y, k in degrees.items() if self.support(x) & self.support(y))
            m, d = x.shape
            self.require_positive(m - d + 1 - 2 * degree, f"the integrability of {x}^(-{2 * degree})")

    def is_standard(self, x: MatrixSymbol) -> bool:
        """Whether x has independent standard normal entries."""
        support = self.support(x)
        if not support or any(not b.gaussian for b in support):
            return False
        return self.covariance(x, x) == matrix(identity(x.shape[1]))

    def image(self, total: MatrixSum) -> MatrixSum:
        """A sum with every definition inserted, down to the matrices that have laws of their own."""
        values = dict(self.definitions)
        while any(f.symbol in values and f.op == PLAIN for _, word in total.terms for f in word):
            total = _replaced(total, lambda word: expand(word, define(values)))
        return self.reduce(total)

    def covariance(self, x: MatrixSymbol, y: MatrixSymbol) -> MatrixSum:
        """The row covariance of two random matrices, defined ones expanded."""
        total = MatrixSum((), (x.shape[1], y.shape[1]))
        for (a, v), (b, w) in product(self.image(matrix(x)).terms, self.image(matrix(y)).terms):
            g, h = v[0].symbol, w[0].symbol
            block = self.block(g)
            if v[0] != Factor(g) or w[0] != Factor(h) or block is None or self.supports([v[1:], w[1:]]):
                raise Refused(
                    f"{x} or {y} is not a sum of random matrices times given ones: covariance unknown"
                )
            if h in block.members:
                left = matrix(transpose(v[1:]) or identity(g.shape[1]))
                right = matrix(w[1:] or identity(h.shape[1]))
                total += (left * block.between(g, h) * right).times(a * b)
        return self.reduce(total)

    def reduce(self, total: MatrixSum) -> MatrixSum:
        """Simplify by the relations of the given matrices."""
        return _replaced(total, lambda word: simplify_by(word, self.relations))

    def holds_at(self, values: Mapping[str, object]) -> bool:
        """Whether no hypothesis fails at the values of sizes and scalars, given by name."""
        at = [
            h.subs({s: values[s.name] for s in h.free_symbols if s.name in values}) for h in self.hypotheses
        ]
        return all(h.is_positive is not False for h in at)


def _replaced(total: MatrixSum, change: Callable[[Word], MatrixSum]) -> MatrixSum:
    parts = [(c * k, w) for c, word in total.terms for k, w in change(word).terms]
    return MatrixSum(tuple(parts), total.shape)


def inverse_degrees(group: Iterable[Word]) -> dict[MatrixSymbol, sp.Rational]:
    """How often each Gram matrix is inverted: W⁻¹ counts 1, W⁻¹Γᵀ and Γ⁺ count 1/2, ΓW⁻¹Γᵀ and ΓΓ⁺ 0."""
    half = sp.Rational(1, 2)
    degrees: dict[MatrixSymbol, sp.Rational] = {}
    for word in group:
        for i, f in enumerate(word):
            if f.op == PLAIN:
                continue
            before, after = word[i - 1], word[(i + 1) % len(word)]
            degree = half if f.op == PINV else sp.Integer(1)
            if (f.op == GRAM_INVERSE or not f.transposed) and before == Factor(f.symbol):
                degree -= half
            if (f.op == GRAM_INVERSE or f.transposed) and after == Factor(f.symbol).T:
                degree -= half
            degrees[f.symbol] = degrees.get(f.symbol, sp.Integer(0)) + degree
    return degrees


def simplify_by(word: Word, relations: Iterable[Relation]) -> MatrixSum:
    """Apply relations to a word until none applies."""
    for pattern, value in relations:
        for i in range(len(word) - len(pattern) + 1):
            if word[i : i + len(pattern)] == pattern:
                left = matrix(word[:i] or identity(value.shape[0]))
                right = matrix(word[i + len(pattern) :] or identity(value.shape[1]))
                return _replaced(left * value * right, lambda w: simplify_by(w, relations))
    return matrix(word)
