"""The rules of inference. Each states its side conditions, checks them, and refuses otherwise.

A rule is a frozen value; `apply(expression, setting, library)` returns the next expression and the setting
then in force. `kind` says how its step can be tested: `pathwise` (both sides agree for every draw), `in
expectation` (only their means agree) or `scalar` (no matrix is involved). `axioms` are facts taken from
the literature, `lemmas` the claims a rule rests on; both end up in what the conclusion is said to rest on.
There is no rule that asserts a step, and no rule contains an answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.laws import Block, Setting, simplify_by, standard
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
    identity,
    matrix,
    product,
    rotations,
    spell,
    substitute,
    transpose,
)

PATHWISE, IN_EXPECTATION, SCALAR = "pathwise", "in expectation", "scalar"
State = tuple[Expression, Setting]


class Rule(Protocol):
    """What every rule is."""

    kind: ClassVar[str]
    title: ClassVar[str]
    axioms: ClassVar[tuple[str, ...]]

    def apply(self, expression: Expression, setting: Setting, library: "Library") -> State:
        """The next expression and setting; raises Refused."""


class Library(Protocol):
    """Where cited claims come from."""

    def equations(self, claim: str) -> "tuple[Equation, ...]":
        """The proved equations of a claim; raises Refused for an unknown one."""


@dataclass(frozen=True)
class Equation:
    """A proved equation under the hypotheses of `setting`; `after` has the laws of what its right side adds."""

    left: Expression
    right: Expression
    setting: Setting
    after: Setting
    kind: str


def _each_word(expression: Expression, rewrite: Callable[[Word], MatrixSum | None]) -> Expression:
    """Rewrite words under their traces, wherever `rewrite` gives a sum; repeat until nothing changes."""
    changed, terms = False, list(expression.terms)
    done: list[Term] = []
    while terms:
        t = terms.pop()
        places = [(None, i, w) for i, w in enumerate(t.traces)]
        places += [(g, i, w) for g, group in enumerate(t.groups) for i, w in enumerate(group)]
        for g, i, word in places:
            if (new := rewrite(word)) is not None:
                changed = True
                terms += [_put(t, g, i, c, w).canonical() for c, w in new.terms]
                break
        else:
            done.append(t)
    if not changed:
        raise Refused("the rule changes nothing here")
    return collect(done)


def _put(t: Term, group: int | None, i: int, c: sp.Expr, word: Word) -> Term:
    """The term with one word replaced."""
    if group is None:
        return t._replace(coefficient=t.coefficient * c, traces=(*t.traces[:i], word, *t.traces[i + 1 :]))
    new = (*t.groups[group][:i], word, *t.groups[group][i + 1 :])
    groups = (*t.groups[:group], new, *t.groups[group + 1 :])
    return t._replace(coefficient=t.coefficient * c, groups=groups)


@dataclass(frozen=True)
class Cancel:
    """W⁻¹ΓᵀΓ = I: the inverse Gram matrix meets its Gram matrix (needs full column rank, m ≥ d)."""

    symbol: MatrixSymbol
    kind: ClassVar[str] = PATHWISE
    title: ClassVar[str] = "an inverse cancels"
    axioms: ClassVar[tuple[str, ...]] = ("a Gaussian m x d matrix with m >= d has full column rank almost surely",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace every W⁻¹ΓᵀΓ and ΓᵀΓW⁻¹ by the identity."""
        m, d = self.symbol.shape
        setting.require_positive(m - d + 1, f"full column rank of {self.symbol}")
        gram = (Factor(self.symbol, transposed=True), Factor(self.symbol))
        inverse = Factor(self.symbol, GRAM_INVERSE)

        def rewrite(word: Word) -> MatrixSum | None:
            for w in rotations(word):
                if w[:3] in ((inverse, *gram), (*gram, inverse)):
                    return matrix(product(identity(d), w[3:]))
            return None

        return _each_word(expression, rewrite), setting


@dataclass(frozen=True)
class PseudoInverse:
    """Γ⁺ = W⁻¹Γᵀ, because W⁻¹Γᵀ satisfies the four Penrose equations, which the rule checks."""

    symbol: MatrixSymbol
    kind: ClassVar[str] = PATHWISE
    title: ClassVar[str] = "the pseudo-inverse by its Penrose equations"
    axioms: ClassVar[tuple[str, ...]] = ("the Penrose equations have exactly one solution", *Cancel.axioms)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace every Γ⁺ by W⁻¹Γᵀ."""
        x, w = Factor(self.symbol), Factor(self.symbol, GRAM_INVERSE)
        m, d = self.symbol.shape
        setting.require_positive(m - d + 1, f"full column rank of {self.symbol}")
        candidate = (w, x.T)

        def reduce(word: Word) -> Word:
            for i in range(len(word) - 2):
                if word[i : i + 3] in ((w, x.T, x), (x.T, x, w)):
                    return reduce(product(word[:i], identity(d), word[i + 3 :]))
            return word

        ok = reduce((x, *candidate, x)) == (x,) and reduce((*candidate, x, *candidate)) == candidate
        for side in ((x, *candidate), (*candidate, x)):
            ok &= reduce(side) == reduce(transpose(side))
        if not ok:
            raise Refused("W⁻¹Γᵀ fails a Penrose equation")

        def new(f: Factor) -> MatrixSum | None:
            if f.symbol != self.symbol or f.op != PINV:
                return None
            return matrix(transpose(candidate) if f.transposed else candidate)

        return substitute(expression, new), setting


@dataclass(frozen=True)
class Expand:
    """Insert the definition of a symbol and multiply out."""

    symbol: MatrixSymbol
    kind: ClassVar[str] = PATHWISE
    title: ClassVar[str] = "by definition"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the symbol by what it is defined to be."""
        value = dict(setting.definitions).get(self.symbol)
        if value is None:
            raise Refused(f"{self.symbol} has no definition here")
        return substitute(expression, define(self.symbol, value)), setting


@dataclass(frozen=True)
class Relate:
    """Use the relations between given matrices, such as QᵀQ = I."""

    kind: ClassVar[str] = PATHWISE
    title: ClassVar[str] = "by the relations of the given matrices"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Apply every relation wherever it fits."""

        def rewrite(word: Word) -> MatrixSum | None:
            for i in range(len(word)):  # as it stands, not transposed: Kᵀ = K must not be undone again
                w = word[i:] + word[:i]
                if (new := simplify_by(w, setting.relations)) != matrix(w):
                    return new
            return None

        return _each_word(expression, rewrite), setting


@dataclass(frozen=True)
class ScalarOut:
    """A trace of a product with several cuts of size one is a product of scalars: tr(u vᵀw xᵀ) = (vᵀw)(xᵀu)."""

    kind: ClassVar[str] = PATHWISE
    title: ClassVar[str] = "a number comes out of the product"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Split every trace at its cuts of size one."""

        def split(words: Group) -> Group:
            out: list[Word] = []
            for word in words:
                starts = [i for i, f in enumerate(word) if f.shape[0] == 1]
                turned = word[starts[0] :] + word[: starts[0]] if starts else word
                cuts = [i for i, f in enumerate(turned) if f.shape[0] == 1 or i == 0]
                out += [turned[a:b] for a, b in zip(cuts, [*cuts[1:], len(turned)], strict=True)]
            return tuple(out)

        terms = (Term(t.coefficient, split(t.traces), tuple(map(split, t.groups))) for t in expression.terms)
        if (after := collect(terms)) == expression:
            raise Refused("no product here has two cuts of size one")
        return after, setting


@dataclass(frozen=True)
class Contract:
    """Gaussian integration by parts: contract one occurrence of a matrix with every other of its block.

    E[G_ij f] = Σ Cov(G_ij, H_kl) E[∂f/∂H_kl], with dW⁻¹ = -W⁻¹(dHᵀH + HᵀdH)W⁻¹. For a block of which only
    mean and covariance are known it serves while the block occurs at most twice and never inverted.
    `place` chooses the occurrence (default: the first).
    """

    symbol: MatrixSymbol
    place: int = 0
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "Gaussian integration by parts"
    axioms: ClassVar[tuple[str, ...]] = ("Stein's identity for Gaussian vectors",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Contract in every expectation where the matrix occurs."""
        block = setting.block(self.symbol)
        if block is None:
            raise Refused(f"{self.symbol} has no law of its own here; use its definition or a change of variables")
        terms: list[Term] = []
        for t in expression.terms:
            hit = next((g for g in t.groups if any(f.symbol == self.symbol for w in g for f in w)), None)
            if hit is None:
                terms.append(t)
                continue
            rest = list(t.groups)
            rest.remove(hit)
            new = [Term(t.coefficient * c, t.traces, (*rest, ws)) for c, ws in self._contract(hit, block, setting)]
            terms += setting.normal(collect(new)).terms
        if terms == list(expression.terms):
            raise Refused(f"{self.symbol} does not occur")
        return collect(terms), setting

    def _contract(self, group: Group, block: Block, setting: Setting) -> Iterator[tuple[sp.Expr, Group]]:
        for f in (f for w in group for f in w):
            if setting.block(f.symbol) is None and block in setting.support(f.symbol):
                raise Refused(f"{f.symbol} depends on {self.symbol}: insert its definition first")
        inside = [f for w in group for f in w if f.symbol in block.members]
        if not block.gaussian and (len(inside) > 2 or any(f.op != PLAIN for f in inside)):
            raise Refused(f"only mean and covariance of {self.symbol} are known: two plain occurrences at most")
        if any(f.op == PINV for f in inside):
            raise Refused(f"rewrite the pseudo-inverse of {self.symbol} first")
        plain = [(i, j) for i, w in enumerate(group) for j, f in enumerate(w) if f[:2] == (self.symbol, PLAIN)]
        if not plain:
            raise Refused(f"{self.symbol} occurs only inverted: nothing to contract")
        i, j = plain[self.place]
        word, others = group[i], (*group[:i], *group[i + 1 :])
        y = (*word[j + 1 :], *word[:j])
        if word[j].transposed:
            y = transpose(y)
        rows, cols = self.symbol.shape
        y = y or identity(cols)
        for sign, before, h, after in _occurrences(y, block):
            s = block.between(self.symbol, h.symbol)
            x1, x2 = before or identity(cols), after or identity(rows)
            if h.transposed:
                yield from ((sign * c, (product(transpose(x1), v), product(x2), *others)) for c, v in s.terms)
            else:
                x2 = after or identity(h.shape[1])
                yield from ((sign * c, (product(transpose(x1), v, x2), *others)) for c, v in s.terms)
        for k, other in enumerate(others):
            left = (*others[:k], *others[k + 1 :])
            for sign, before, h, after in _occurrences(other, block):
                x = (*after, *before)
                x = transpose(x) if h.transposed else x
                s = block.between(self.symbol, h.symbol)
                x = x or identity(rows)
                yield from ((sign * c, (product(transpose(y), v, x), *left)) for c, v in s.terms)


def _occurrences(word: Word, block: Block) -> Iterator[tuple[int, Word, Factor, Word]]:
    """(sign, before, H or Hᵀ, after) for each place where a derivative with respect to the block acts."""
    for p, f in enumerate(word):
        if f.symbol not in block.members:
            continue
        before, after, h = word[:p], word[p + 1 :], Factor(f.symbol)
        if f.op == PLAIN:
            yield 1, before, f, after
        else:
            yield -1, (*before, f), h.T, (h, f, *after)
            yield -1, (*before, f, h.T), h, (f, *after)


@dataclass(frozen=True)
class Vanish:
    """A term with a single occurrence of a mean-zero matrix, independent of the rest, is zero."""

    symbol: MatrixSymbol
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "the cross term vanishes"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Drop the terms that are linear in the symbol."""
        block = setting.block(self.symbol)
        if block is None:
            raise Refused(f"{self.symbol} has no law of its own here")

        def linear(group: Group) -> bool:
            used = [f for w in group for f in w if block in setting.support(f.symbol)]
            return len(used) == 1 and used[0][:2] == (self.symbol, PLAIN)

        kept = [t for t in expression.terms if not any(map(linear, t.groups))]
        if len(kept) == len(expression.terms):
            raise Refused(f"no term is linear in {self.symbol} with the rest independent of it")
        return collect(kept), setting


@dataclass(frozen=True)
class Independent:
    """E[XY] = E[X] E[Y] for functions of different blocks."""

    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "by independence"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Split every expectation into its independent parts."""
        terms = []
        for t in expression.terms:
            groups: list[Group] = []
            for group in t.groups:
                parts: list[tuple[frozenset[Block], Group]] = []
                for word in group:
                    support = setting.supports([word])
                    joined = [p for p in parts if p[0] & support]
                    parts = [p for p in parts if not p[0] & support]
                    words = sum((p[1] for p in joined), ()) + (word,)
                    parts.append((support.union(*(p[0] for p in joined)), words))
                groups += [words for _, words in parts]
            terms.append(t._replace(groups=tuple(groups)))
        if collect(terms) == expression:
            raise Refused("nothing here is independent of the rest")
        return collect(terms), setting


@dataclass(frozen=True)
class ChangeVariables:
    """New matrices as linear images of Gaussian ones; uncorrelated parts are independent.

    `new` gives the new symbols in terms of the members of one or more Gaussian blocks, `old` the inverse,
    which is checked. Covariances are computed; blocks are the parts that are correlated. The old symbols
    are replaced by their expansions. `lemma` names the claim of which this is an instance.
    """

    new: tuple[tuple[MatrixSymbol, MatrixSum], ...]
    old: tuple[tuple[MatrixSymbol, MatrixSum], ...]
    lemma: str | None = None
    kind: ClassVar[str] = PATHWISE
    title: ClassVar[str] = "a linear change of Gaussian variables"
    axioms: ClassVar[tuple[str, ...]] = (
        "a linear image of a Gaussian is Gaussian, and uncorrelated jointly Gaussian parts are independent",
    )

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace old symbols by expansions in new ones, with the laws of the new ones."""
        if self.lemma:
            library.equations(self.lemma)
        images, back = dict(self.new), dict(self.old)
        touched = {f.symbol for value in images.values() for _, w in value.terms for f in w}
        blocks = [b for b in setting.blocks if touched & set(b.members)]
        members = [x for b in blocks for x in b.members]
        if not all(b.gaussian for b in blocks):
            raise Refused("a change of variables needs Gaussian blocks")
        trial = replace(setting, definitions=(*setting.definitions, *self.new))
        for x in members:
            if x in back and trial.image(back[x]) != matrix(x):
                raise Refused(f"the inverse given for {x} does not recover it")

        fresh = [x for x in members if x not in back] + list(images)
        table = {(x, y): trial.covariance(x, y) for x in fresh for y in fresh}
        parts: list[list[MatrixSymbol]] = []
        for x in fresh:
            linked = [p for p in parts if any(table[x, y].terms for y in p)]
            parts = [p for p in parts if p not in linked] + [sum(linked, []) + [x]]
        made = tuple(Block(tuple(p), tuple(tuple(table[x, y] for y in p) for x in p)) for p in parts)
        definitions = tuple(d for d in setting.definitions if d[0] not in images) + self.old
        after = replace(
            setting,
            blocks=tuple(b for b in setting.blocks if b not in blocks) + made,
            definitions=definitions,
            origins=setting.origins + self.new,
        )
        for x, value in self.old:
            expression = substitute(expression, define(x, value))
        return expression, after


@dataclass(frozen=True)
class Rename:
    """A matrix may be called by another name of the same law, if that name is not otherwise in use."""

    old: MatrixSymbol
    new: MatrixSymbol
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "equal in law"
    axioms: ClassVar[tuple[str, ...]] = ("a Gaussian law is determined by its mean and covariance",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the symbol `old` by `new`, both standard Gaussian of one shape."""
        if not setting.is_standard(self.old) or self.old.shape != self.new.shape:
            raise Refused(f"{self.old} is not known to have the law of {self.new}")
        if any(f.symbol == self.new for f in expression.factors()) or setting.block(self.new):
            raise Refused(f"{self.new} is in use")
        terms = tuple(_renamed(t, self.old, self.new) for t in expression.terms)
        blocks = tuple(b for b in setting.blocks if self.old not in b.members) + (standard(self.new),)
        definitions = tuple(d for d in setting.definitions if d[0] != self.new)
        return collect(terms), replace(setting, blocks=blocks, definitions=definitions)


def _renamed(t: Term, old: MatrixSymbol, new: MatrixSymbol) -> Term:
    def go(words: Group) -> Group:
        return tuple(tuple(f._replace(symbol=new) if f.symbol == old else f for f in w) for w in words)

    return Term(t.coefficient, go(t.traces), tuple(map(go, t.groups)))


@dataclass(frozen=True)
class Rotate:
    """W⁻¹ of Γ = Γ'Q is QᵀW'⁻¹Q when Q is orthogonal."""

    symbol: MatrixSymbol
    kind: ClassVar[str] = PATHWISE
    title: ClassVar[str] = "the inverse of a rotated Gram matrix"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace W⁻¹ of a symbol defined as another one times an orthogonal matrix."""
        value = dict(setting.definitions).get(self.symbol)
        if value is None or len(value.terms) != 1 or len(value.terms[0][1]) != 2:
            raise Refused(f"{self.symbol} is not defined as a matrix times a rotation")
        inner, q = value.terms[0][1]
        eye = matrix(identity(q.shape[0]))
        if setting.reduce(matrix((q, q.T))) != eye or setting.reduce(matrix((q.T, q))) != eye:
            raise Refused(f"{q.symbol} is not known to be orthogonal")
        turned = matrix((q.T, Factor(inner.symbol, GRAM_INVERSE), q))
        hit = Factor(self.symbol, GRAM_INVERSE)
        return substitute(expression, lambda f: turned if f == hit else None), setting


@dataclass(frozen=True)
class Fold:
    """Write a named trace by its name (d_sw for tr CᵀC)."""

    name: sp.Symbol
    kind: ClassVar[str] = SCALAR
    title: ClassVar[str] = "by definition"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the trace that the setting gives this name."""
        word = dict(setting.names).get(self.name)
        if word is None or setting.supports([word]):
            raise Refused(f"{self.name} is not the name of a fixed trace here")
        (target,) = Term(sp.Integer(1), (word,)).canonical().traces
        terms = []
        for t in expression.terms:
            kept = tuple(w for w in t.traces if w != target)
            power = len(t.traces) - len(kept)
            terms.append(t._replace(coefficient=t.coefficient * self.name**power, traces=kept))
        if collect(terms) == expression:
            raise Refused(f"the trace of {spell(word)} does not occur")
        return collect(terms), setting
