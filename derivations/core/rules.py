"""The rules of inference. Each states its side conditions, checks them, and refuses otherwise.

A rule is a frozen value; `apply(expression, setting, library)` returns the next expression and the setting
then in force. Whatever a rule returns is put in normal form, where every inverse and every expectation has to
exist. A symbol keeps its meaning along a derivation: rules add new symbols and never give an old one another
value. There is no rule that asserts a step, and no rule contains an answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Protocol

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.laws import Block, Setting, simplify_by
from derivations.core.words import (
    GRAM_INVERSE,
    ONE,
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
    rewrite,
    rotations,
    spell,
    substitute,
    symbols,
    transpose,
)

PATHWISE, IN_EXPECTATION, SCALAR, LIMIT = "pathwise", "in expectation", "scalar", "limit"
State = tuple[Expression, Setting]


@dataclass(frozen=True)
class Equation:
    """A proved equation under the hypotheses of `setting`; `after` has the laws of what its right adds."""

    left: Expression
    right: Expression
    setting: Setting
    after: Setting
    kind: str


class Library(Protocol):
    """Where cited claims come from."""

    def equations(self, claim: str) -> tuple[Equation, ...]:
        """The proved equations of a claim; raises Refused for an unknown one."""


class Rule:
    """What every rule is.

    `kind` says how its step can be tested: `pathwise` (both sides agree for every draw), `in expectation`
    (only their means agree), `scalar` (no matrix is involved) or `limit`. `axioms` are facts taken from the
    literature, `lemma` a claim the rule rests on; both end up in what the conclusion is said to rest on.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    axioms: ClassVar[tuple[str, ...]] = ()
    lemma: str | None = None

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """The next expression and setting; raises Refused."""
        raise NotImplementedError  # every rule has its own; Rule itself is not among the trusted


def changed(before: Expression, after: Expression, otherwise: str) -> Expression:
    """What a rule made of an expression; refused when that is nothing new."""
    if after == before:
        raise Refused(otherwise)
    return after


def repeated(once: Callable[[Word], MatrixSum | None]) -> Callable[[Word], list[tuple[sp.Expr, Word]]]:
    """The change of a trace that does `once` until it gives None."""

    def change(word: Word) -> list[tuple[sp.Expr, Word]]:
        if (new := once(word)) is None:
            return [(ONE, word)]
        return [(c * k, w) for c, v in new.terms for k, w in change(v)]

    return change


def cancelled(word: Word) -> Word:
    """An open word without its products W⁻¹ΓᵀΓ and ΓᵀΓW⁻¹, which are identities wherever W⁻¹ exists."""
    for i in range(len(word) - 2):
        if _is_identity(word[i : i + 3]):
            return cancelled(product(word[:i], identity(word[i].shape[0]), word[i + 3 :]))
    return word


def _is_identity(three: Word) -> bool:
    x = Factor(three[0].symbol)
    inverse = Factor(three[0].symbol, GRAM_INVERSE)
    return three in ((inverse, x.T, x), (x.T, x, inverse))


@dataclass(frozen=True)
class Cancel(Rule):
    """W⁻¹ΓᵀΓ = I: the inverse Gram matrix meets its Gram matrix (needs full column rank, m ≥ d)."""

    symbol: MatrixSymbol
    kind = PATHWISE
    title = "an inverse cancels"
    axioms = ("a Gaussian m x d matrix with m >= d has full column rank almost surely",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace every W⁻¹ΓᵀΓ and ΓᵀΓW⁻¹ by the identity."""
        setting.require_full_rank(self.symbol)

        def once(word: Word) -> MatrixSum | None:
            for w in rotations(word):
                if w[0].symbol == self.symbol and _is_identity(w[:3]):
                    return matrix(product(identity(w[0].shape[0]), w[3:]))
            return None

        after = rewrite(expression, repeated(once))
        return changed(expression, after, f"no inverse of {self.symbol} meets its Gram matrix"), setting


@dataclass(frozen=True)
class PseudoInverse(Rule):
    """Γ⁺ = W⁻¹Γᵀ, because W⁻¹Γᵀ satisfies the four Penrose equations, which the rule checks."""

    symbol: MatrixSymbol
    kind = PATHWISE
    title = "the pseudo-inverse by its Penrose equations"
    axioms = ("the Penrose equations have exactly one solution", *Cancel.axioms)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace every Γ⁺ by W⁻¹Γᵀ."""
        setting.require_full_rank(self.symbol)
        x = (Factor(self.symbol),)
        y = (Factor(self.symbol, GRAM_INVERSE), Factor(self.symbol).T)
        penrose = [(x + y + x, x), (y + x + y, y), (x + y, transpose(x + y)), (y + x, transpose(y + x))]
        if any(cancelled(left) != cancelled(right) for left, right in penrose):
            raise Refused("W⁻¹Γᵀ fails a Penrose equation")

        def new(f: Factor) -> MatrixSum | None:
            if f.symbol != self.symbol or f.op != PINV:
                return None
            return matrix(transpose(y) if f.transposed else y)

        after = substitute(expression, new)
        return changed(expression, after, f"the pseudo-inverse of {self.symbol} does not occur"), setting


@dataclass(frozen=True)
class Expand(Rule):
    """Insert the definition of a symbol and multiply out."""

    symbol: MatrixSymbol
    kind = PATHWISE
    title = "by definition"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the symbol by what it is defined to be."""
        value = dict(setting.definitions).get(self.symbol)
        if value is None:
            raise Refused(f"{self.symbol} has no definition here")
        after = substitute(expression, define({self.symbol: value}))
        return changed(expression, after, f"{self.symbol} does not occur"), setting


@dataclass(frozen=True)
class Relate(Rule):
    """Use the relations between given matrices, such as QᵀQ = I."""

    kind = PATHWISE
    title = "by the relations of the given matrices"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Apply every relation wherever it fits."""

        def once(word: Word) -> MatrixSum | None:
            for i in range(len(word)):  # as it stands, not transposed: Kᵀ = K must not be undone again
                w = word[i:] + word[:i]
                if (new := simplify_by(w, setting.relations)) != matrix(w):
                    return new
            return None

        return changed(expression, rewrite(expression, repeated(once)), "no relation applies"), setting


@dataclass(frozen=True)
class ScalarOut(Rule):
    """A trace with several cuts of size one is a product of scalars: tr(u vᵀw xᵀ) = (vᵀw)(xᵀu)."""

    kind = PATHWISE
    title = "a number comes out of the product"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Split every trace at its cuts of size one."""

        def split(words: Group) -> Group:
            out: list[Word] = []
            for word in words:
                cuts = [i for i, f in enumerate(word) if f.shape[0] == 1] or [0]
                turned = word[cuts[0] :] + word[: cuts[0]]
                places = [i - cuts[0] for i in cuts] + [len(word)]
                out += [turned[a:b] for a, b in pairwise(places)]
            return tuple(out)

        terms = (Term(t.coefficient, split(t.traces), tuple(map(split, t.groups))) for t in expression.terms)
        return changed(expression, collect(terms), "no product here has two cuts of size one"), setting


@dataclass(frozen=True)
class Contract(Rule):
    """Gaussian integration by parts: contract one occurrence of a matrix with every other of its block.

    E[G_ij f] = Σ Cov(G_ij, H_kl) E[∂f/∂H_kl], with dW⁻¹ = -W⁻¹(dHᵀH + HᵀdH)W⁻¹; f and every term of its
    derivative have to be integrable. It serves also for a block of which only mean and covariance are known,
    since such a block occurs at most twice under an expectation, and never inverted. So used on a quantity
    that is never negative the rule is Tonelli's theorem, and needs no integrability in the extended reals.
    `place` chooses the occurrence (default: the first).
    """

    symbol: MatrixSymbol
    place: int = 0
    kind = IN_EXPECTATION
    title = "Gaussian integration by parts"
    axioms = ("Stein's identity for Gaussian vectors",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Contract in one expectation of every term in which the matrix occurs under one."""
        block = setting.block(self.symbol)
        if block is None:
            raise Refused(f"{self.symbol} has no law here: use its definition or a change of variables")
        terms: list[Term] = []
        for t in expression.terms:
            hits = [i for i, g in enumerate(t.groups) if self.symbol in symbols(g)]
            if not hits:
                terms.append(t)
                continue
            rest = (*t.groups[: hits[0]], *t.groups[hits[0] + 1 :])
            parts = self._contract(t.groups[hits[0]], block, setting)
            new = tuple(Term(t.coefficient * c, t.traces, (*rest, ws)) for c, ws in parts)
            terms += setting.normal(Expression(new)).terms  # each on its own, before like ones are combined
        return changed(expression, collect(terms), f"{self.symbol} does not occur in an expectation"), setting

    def _contract(self, group: Group, block: Block, setting: Setting) -> Iterator[tuple[sp.Expr, Group]]:
        for x in symbols(group) - set(block.members):
            if block in setting.support(x):
                raise Refused(f"{x} depends on {self.symbol}: insert its definition first")
        if any(f.op == PINV and f.symbol in block.members for word in group for f in word):
            raise Refused(f"the pseudo-inverse of {self.symbol} has to be rewritten first")
        plain = [
            (i, j) for i, w in enumerate(group) for j, f in enumerate(w) if f[:2] == (self.symbol, PLAIN)
        ]
        if not 0 <= self.place < len(plain):
            raise Refused(f"{self.symbol} has no plain occurrence number {self.place} to contract")
        i, j = plain[self.place]
        g, others = group[i][j], (*group[:i], *group[i + 1 :])
        rows, cols = self.symbol.shape
        # Turned to tr(G y). With another matrix in place of G, it still has to be integrable.
        y = (*group[i][j + 1 :], *group[i][:j])
        y = (transpose(y) if g.transposed else y) or identity(cols)
        other = MatrixSymbol(f"{self.symbol}_other", rows, cols)
        used = [f.op for w in group for f in w if f.symbol in block.members]
        if not (setting.extended and used == [PLAIN] * 2 and setting.is_lone(Term(ONE, (), (group,)))):
            fixed = replace(setting, given=(*setting.given, other))
            fixed.require_integrable(((Factor(other), *y), *others))
        for sign, before, h, after in _occurrences(y, block):
            left = transpose(before or identity(cols))
            for c, s in block.between(self.symbol, h.symbol).terms:
                if h.transposed:
                    yield sign * c, (product(left, s), after or identity(rows), *others)
                else:
                    yield sign * c, (product(left, s, after or identity(h.shape[1])), *others)
        for k, word in enumerate(others):
            for sign, before, h, after in _occurrences(word, block):
                x = (*after, *before) or identity(rows)
                x = transpose(x) if h.transposed else x
                for c, s in block.between(self.symbol, h.symbol).terms:
                    yield sign * c, (product(transpose(y), s, x), *others[:k], *others[k + 1 :])


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
class Vanish(Rule):
    """A term with a single occurrence of a mean-zero matrix, independent of the rest, is zero."""

    symbol: MatrixSymbol
    kind = IN_EXPECTATION
    title = "the cross term vanishes"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Drop the terms that are linear in the symbol."""
        block = setting.block(self.symbol)
        if block is None:
            raise Refused(f"{self.symbol} has no law of its own here")

        def linear(group: Group) -> bool:
            used = [f for w in group for f in w if block in setting.support(f.symbol)]
            return len(used) == 1 and used[0][:2] == (self.symbol, PLAIN)

        kept = [t for t in expression.terms if not any(map(linear, t.groups))]
        why = f"no term is linear in {self.symbol} with the rest independent of it"
        return changed(expression, collect(kept), why), setting


@dataclass(frozen=True)
class Independent(Rule):
    """E[XY] = E[X] E[Y] for functions of different blocks."""

    kind = IN_EXPECTATION
    title = "by independence"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Split every expectation into its independent parts."""

        def parts(group: Group) -> Iterator[Group]:
            apart: list[Group] = []
            for word in group:
                joined = [p for p in apart if setting.supports(p) & setting.supports([word])]
                apart = [p for p in apart if p not in joined] + [sum(joined, ()) + (word,)]
            yield from apart

        terms = (t._replace(groups=tuple(p for g in t.groups for p in parts(g))) for t in expression.terms)
        return changed(expression, collect(terms), "nothing here is independent of the rest"), setting


@dataclass(frozen=True)
class ChangeVariables(Rule):
    """New matrices as linear images of Gaussian ones; uncorrelated parts are independent.

    `new` gives the new symbols in terms of the members of one or more Gaussian blocks, `old` gives replaced
    members back in terms of new and kept ones, which is checked. Covariances are computed; the new blocks are
    the parts that are correlated. Replaced symbols are replaced by their expansions, and are defined by them
    from then on. `lemma` names the claim of which this is an instance.
    """

    new: tuple[tuple[MatrixSymbol, MatrixSum], ...]
    old: tuple[tuple[MatrixSymbol, MatrixSum], ...]
    lemma: str | None = None
    kind = PATHWISE
    title = "a linear change of Gaussian variables"
    axioms = (
        "a linear image of a Gaussian is Gaussian, and uncorrelated jointly Gaussian parts are independent",
    )

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace old symbols by expansions in new ones, with the laws of the new ones."""
        if self.lemma:
            library.equations(self.lemma)
        defined, images, back = dict(setting.definitions), dict(self.new), dict(self.old)
        for x, value in self.new:
            if x in defined and setting.image(defined[x]) != setting.image(value):
                raise Refused(f"{x} is in use: it is defined as something else")
        kept = tuple(d for d in setting.definitions if d[0] not in images)
        trial = replace(setting, definitions=(*kept, *self.new))  # where the new symbols are only names
        touched = trial.supports((Factor(x),) for x in images)
        if not all(b.gaussian for b in touched):
            raise Refused("a change of variables needs Gaussian blocks")
        members = [x for b in setting.blocks if b in touched for x in b.members]
        for x, value in self.old:
            if trial.image(value) != matrix(x):
                raise Refused(f"the inverse given for {x} does not recover it")
        fresh = [x for x in members if x not in back] + list(images)
        table = {(x, y): trial.covariance(x, y) for x in fresh for y in fresh}
        parts: list[list[MatrixSymbol]] = []
        for x in fresh:
            linked = [p for p in parts if any(table[x, y].terms for y in p)]
            parts = [p for p in parts if p not in linked] + [[*(y for p in linked for y in p), x]]
        made = tuple(Block(tuple(p), tuple(tuple(table[x, y] for y in p) for x in p)) for p in parts)
        after = replace(
            setting,
            blocks=tuple(b for b in setting.blocks if b not in touched) + made,
            definitions=kept + self.old,
            origins=setting.origins + self.new,
        )
        return substitute(expression, define(back)), after


@dataclass(frozen=True)
class Rename(Rule):
    """In an expectation, a matrix gives way to another of its law if the rest is independent of both."""

    old: MatrixSymbol
    new: MatrixSymbol
    kind = IN_EXPECTATION
    title = "equal in law"
    axioms = ("a Gaussian law is determined by its mean and covariance",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the symbol `old` by `new`, both standard Gaussian of one shape, in every expectation."""
        alike = setting.is_standard(self.old) and setting.is_standard(self.new)
        if not alike or self.old.shape != self.new.shape:
            raise Refused(f"{self.old} is not known to have the law of {self.new}")
        both = setting.support(self.old) | setting.support(self.new)

        def renamed(group: Group) -> Group:
            if self.old not in symbols(group):
                return group
            for x in symbols(group) - {self.old}:
                if setting.support(x) & both:
                    raise Refused(f"{x} is not independent of {self.old} and {self.new}")
            new = {self.old: self.new}
            return tuple(tuple(f._replace(symbol=new.get(f.symbol, f.symbol)) for f in w) for w in group)

        terms = (t._replace(groups=tuple(map(renamed, t.groups))) for t in expression.terms)
        return changed(expression, collect(terms), f"{self.old} does not occur in an expectation"), setting


@dataclass(frozen=True)
class Rotate(Rule):
    """W⁻¹ of Γ = Γ'Q is QᵀW'⁻¹Q when Q is orthogonal."""

    symbol: MatrixSymbol
    kind = PATHWISE
    title = "the inverse of a rotated Gram matrix"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace W⁻¹ of a symbol defined as another one times an orthogonal matrix."""
        value = dict(setting.definitions).get(self.symbol)
        words = [word for _, word in value.terms] if value else []
        if [len(word) for word in words] != [2] or value != matrix((Factor(words[0][0].symbol), words[0][1])):
            raise Refused(f"{self.symbol} is not defined as a matrix times a rotation")
        inner, q = words[0]
        eye = matrix(identity(q.shape[0]))
        if setting.reduce(matrix((q, q.T))) != eye or setting.reduce(matrix((q.T, q))) != eye:
            raise Refused(f"{q.symbol} is not known to be orthogonal")
        turned = matrix((q.T, Factor(inner.symbol, GRAM_INVERSE), q))
        hit = Factor(self.symbol, GRAM_INVERSE)
        after = substitute(expression, lambda f: turned if f == hit else None)
        return changed(expression, after, f"the inverse of {self.symbol} does not occur"), setting


@dataclass(frozen=True)
class Fold(Rule):
    """Write a named trace by its name."""

    name: sp.Symbol
    kind = SCALAR
    title = "by definition"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the trace that the setting gives this name."""
        word = dict(setting.names).get(self.name)
        if word is None:
            raise Refused(f"{self.name} is not the name of a fixed trace here")
        (target,) = Term(ONE, (word,)).canonical().traces
        terms = []
        for t in expression.terms:
            kept = tuple(w for w in t.traces if w != target)
            power = len(t.traces) - len(kept)
            terms.append(t._replace(coefficient=t.coefficient * self.name**power, traces=kept))
        return changed(expression, collect(terms), f"the trace of {spell(word)} does not occur"), setting
