"""Citing a proved claim: its equation is matched against the expression and instantiated.

A cited equation holds for every size, every standard Gaussian (or second-moment) matrix of its setting and
every `given` matrix. Matching binds its matrices to matrices of the expression with the same law, and its
given ones to whole words that are independent of those; then the lemma holds conditionally on the words,
and so in expectation. The lemma's hypotheses must follow from the ones in force.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import ClassVar

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.laws import Block, Setting, simplify_by
from derivations.core.rules import IN_EXPECTATION, PATHWISE, Equation, Library, State
from derivations.core.words import (
    PLAIN,
    Expression,
    Factor,
    Group,
    MatrixSum,
    Refused,
    Term,
    Word,
    collect,
    expand,
    identity,
    matrix,
    rotations,
    transpose,
)


@dataclass(frozen=True)
class Binding:
    """What the matrices of a lemma stand for."""

    symbols: Mapping[MatrixSymbol, MatrixSymbol]
    words: Mapping[MatrixSymbol, Word]
    sizes: Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class Cite:
    """Use a proved claim wherever one of its equations (or the one numbered `part`) matches."""

    claim: str
    part: int | None = None
    once: bool = False
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "by"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace every match by the other side of the equation."""
        equations = library.equations(self.claim)
        chosen = equations if self.part is None else equations[self.part : self.part + 1]
        changed, reasons = False, []
        terms, done = list(expression.terms), []
        while terms:
            t = terms.pop()
            for equation in chosen:
                try:
                    new = _instance(t, equation, setting)
                except Refused as why:
                    reasons.append(str(why))
                    continue
                if new is not None:
                    changed, (more, setting) = True, new
                    (done if self.once else terms).extend(more)
                    break
            else:
                done.append(t)
        if not changed:
            raise Refused(f"{self.claim} does not apply: " + (reasons[0] if reasons else "nothing matches"))
        return collect(done), setting


def _instance(t: Term, equation: Equation, setting: Setting) -> tuple[tuple[Term, ...], Setting] | None:
    """The term rewritten by one use of the equation, or None where the pattern does not occur."""
    if len(equation.left.terms) != 1:
        raise Refused("only an equation with a single term on its left can be cited")
    (pattern,) = equation.left.terms
    pathwise = equation.kind == PATHWISE
    wanted = pattern.traces if pathwise else pattern.groups[0]
    refusal: Refused | None = None
    places = [(None, t.traces), *enumerate(t.groups)] if pathwise else list(enumerate(t.groups))
    for place, words in places:
        for chosen in permutations(range(len(words)), len(wanted)):
            left_over = tuple(w for i, w in enumerate(words) if i not in chosen)
            targets = [words[i] for i in chosen]
            for found in _matches(wanted, targets, equation.setting, Binding({}, {}, {})):
                try:
                    binding = _with_definitions(found, equation.setting, setting)
                    _check(binding, equation, setting, left_over)
                except Refused as why:
                    refusal = why
                    continue
                more, setting = _rewrite(t, place, left_over, pattern, equation, binding, setting)
                return more, setting
    if refusal is not None:
        raise refusal
    return None


def _matches(wanted: Group, targets: list[Word], lemma: Setting, binding: Binding) -> Iterator[Binding]:
    if not wanted:
        yield binding
        return
    for way in rotations(targets[0]):
        for bound in _match(wanted[0], way, lemma, binding):
            yield from _matches(wanted[1:], targets[1:], lemma, bound)


def _match(pattern: Word, target: Word, lemma: Setting, binding: Binding) -> Iterator[Binding]:
    """Bindings under which the pattern, read from the left, spells the target."""
    if not pattern:
        if not target:
            yield binding
        return
    f, rest = pattern[0], pattern[1:]
    if f.symbol in lemma.given and f.op == PLAIN and not _related(f.symbol, lemma):
        for length in range(len(target) + 1):
            run = target[:length]
            word = transpose(run) if f.transposed else run
            known = binding.words.get(f.symbol)
            if known is None or known == word:
                bound = replace(binding, words={**binding.words, f.symbol: word})
                yield from _match(rest, target[length:], lemma, bound)
    elif target and (target[0].op, target[0].transposed) == (f.op, f.transposed):
        x = target[0].symbol
        if binding.symbols.get(f.symbol, x) == x:
            sizes = _unify(f.symbol.shape, x.shape, binding.sizes)
            if sizes is not None:
                bound = replace(binding, symbols={**binding.symbols, f.symbol: x}, sizes=sizes)
                yield from _match(rest, target[1:], lemma, bound)


def _related(symbol: MatrixSymbol, lemma: Setting) -> bool:
    """Whether a given matrix has relations or a named trace, so that it cannot stand for just any word."""
    tied = [*(word for word, _ in lemma.relations), *(word for _, word in lemma.names)]
    return any(symbol == f.symbol for word in tied for f in word)


def _unify(
    lemma: tuple[sp.Expr, sp.Expr], target: tuple[sp.Expr, sp.Expr], sizes: Mapping[sp.Symbol, sp.Expr]
) -> Mapping[sp.Symbol, sp.Expr] | None:
    out = dict(sizes)
    for a, b in zip(lemma, target, strict=True):
        value = a.subs(out, simultaneous=True) if not a.is_Symbol else out.setdefault(a, b)
        if value != b:
            return None
    return out


def _with_definitions(binding: Binding, lemma: Setting, setting: Setting) -> Binding:
    """Where a defined matrix of the lemma was bound, what defines it stands for itself, and defines it here."""
    for x, value in lemma.definitions:
        if x not in binding.symbols:
            continue
        words, symbols = dict(binding.words), dict(binding.symbols)
        for f in (f for _, w in value.terms for f in w):
            if f.symbol in lemma.given:
                if words.setdefault(f.symbol, (Factor(f.symbol),)) != (Factor(f.symbol),):
                    raise Refused(f"{f.symbol} would have to be {f.symbol} itself")
            elif symbols.setdefault(f.symbol, f.symbol) != f.symbol:
                raise Refused(f"{f.symbol} would have to be {f.symbol} itself")
        if setting.image(value) != setting.image(matrix(binding.symbols[x])):
            raise Refused(f"{binding.symbols[x]} is not what the lemma defines as {x}")
        binding = Binding(symbols, words, binding.sizes)
    return binding


def _check(binding: Binding, equation: Equation, setting: Setting, left_over: Group) -> None:
    """The side conditions of a match; raises Refused with the one that fails."""
    lemma = equation.setting
    sizes = dict(binding.sizes)
    for x, word in binding.words.items():
        shape = tuple(s.subs(sizes, simultaneous=True) for s in x.shape)
        if word and (word[0].shape[0], word[-1].shape[1]) != shape:
            raise Refused(f"{x} would have to be {shape}")
        if not word and shape[0] != shape[1]:
            raise Refused(f"{x} is not square, so it cannot be an identity")
    for h in lemma.hypotheses:
        setting.require_positive(h.subs(sizes, simultaneous=True), "its hypothesis")
    for word, value in lemma.relations:
        named_by = {f.symbol for w in (word, *(w for _, w in value.terms)) for f in w}
        if all(x in binding.symbols or isinstance(x, sp.Identity) for x in named_by):
            named = tuple(_resized(f._replace(symbol=binding.symbols[f.symbol]), sizes) for f in word)
            wanted = [(c, tuple(_bound(f, binding) for f in w)) for c, w in value.terms]
            if set(simplify_by(named, setting.relations).terms) != set(wanted):
                raise Refused("a relation between the lemma's given matrices is not known here")
    for name, word in lemma.names:
        if dict(setting.names).get(name) != word:
            raise Refused(f"{name} does not mean the same here")
        if any(binding.symbols.get(f.symbol, f.symbol) != f.symbol for f in word):
            raise Refused(f"{name} is the name of another trace")
    used: set[Block] = set()
    for block in lemma.blocks:
        bound = [x for x in block.members if x in binding.symbols]
        homes = setting.supports([(Factor(binding.symbols[x]),) for x in bound])
        names = ", ".join(str(binding.symbols[x]) for x in bound)
        if homes & used:
            raise Refused(f"{names} is not independent of what it has to be independent of")
        if not all(h.gaussian for h in homes) and block.gaussian:
            raise Refused(f"{names} is not known to be Gaussian")
        used |= homes
        for x in bound:
            for y in bound:
                have = setting.covariance(binding.symbols[x], binding.symbols[y])
                if not _same(block.between(x, y), have, binding):
                    raise Refused(f"the covariance of {binding.symbols[x]} is not the lemma's")
    if equation.kind == PATHWISE:
        return
    outside = [*binding.words.values(), *left_over]
    shared = used & setting.supports(outside)
    if shared:
        names = ", ".join(str(x) for b in shared for x in b.members)
        raise Refused(f"the rest of the expectation is not independent of {names}")


def _same(wanted: MatrixSum, have: MatrixSum, binding: Binding) -> bool:
    """Whether the lemma's covariance is the one in force; a free one is read off by `_covariances`."""
    if _free(wanted, binding) is not None:
        return have.shape[0] == have.shape[1]

    def value(f: Factor) -> MatrixSum:
        word = binding.words.get(f.symbol)
        return matrix((_resized(f, binding.sizes),) if word is None else transpose(word) if f.transposed else word)

    total = MatrixSum((), have.shape)
    for c, w in wanted.terms:
        total += expand(w, value).times(c)
    return total == have


def _free(wanted: MatrixSum, binding: Binding) -> MatrixSymbol | None:
    """The symbol of a covariance that the lemma leaves free."""
    if len(wanted.terms) != 1 or wanted.shape[0] != wanted.shape[1] or len(wanted.terms[0][1]) != 1:
        return None
    x = wanted.terms[0][1][0].symbol
    return None if isinstance(x, sp.Identity) or x in binding.words else x


def _resized(f: Factor, sizes: Mapping[sp.Symbol, sp.Expr]) -> Factor:
    if isinstance(f.symbol, sp.Identity):
        return Factor(sp.Identity(f.symbol.shape[0].subs(dict(sizes), simultaneous=True)))
    return f


def _bound(f: Factor, binding: Binding) -> Factor:
    return f._replace(symbol=binding.symbols[f.symbol]) if f.symbol in binding.symbols else _resized(f, binding.sizes)


def _covariances(binding: Binding, lemma: Setting, setting: Setting) -> dict[MatrixSymbol, MatrixSum]:
    """Values of the lemma's free covariance matrices."""
    values = {}
    for block in lemma.blocks:
        for x in block.members:
            free = _free(block.between(x, x), binding)
            if x in binding.symbols and free is not None:
                values[free] = setting.covariance(binding.symbols[x], binding.symbols[x])
    return values


def _rewrite(
    t: Term,
    place: int | None,
    left_over: Group,
    pattern: Term,
    equation: Equation,
    binding: Binding,
    setting: Setting,
) -> tuple[tuple[Term, ...], Setting]:
    lemma, sizes = equation.setting, dict(binding.sizes)
    covariances = _covariances(binding, lemma, setting)
    names = dict(binding.symbols)
    new_blocks: list[Block] = []

    def value(f: Factor) -> MatrixSum | None:
        if f.symbol in covariances:
            return covariances[f.symbol].T if f.transposed else covariances[f.symbol]
        if f.symbol in binding.words:
            shape = f.symbol.shape[0].subs(sizes, simultaneous=True)
            word = binding.words[f.symbol] or identity(shape)
            return matrix(transpose(word) if f.transposed else word)
        if f.symbol not in names:
            if isinstance(f.symbol, sp.Identity):
                return matrix((_resized(f, sizes),))
            names[f.symbol] = _introduce(f.symbol, equation.after, sizes, setting, new_blocks)
        return matrix((f._replace(symbol=names[f.symbol]),))

    out = []
    for r in equation.right.terms:
        base = t.coefficient / pattern.coefficient * r.coefficient.subs(sizes, simultaneous=True)
        inner = (*r.traces, *(w for g in r.groups for w in g))
        if len(r.groups) > 1:
            raise Refused("an equation with a product of expectations on its right cannot be cited")
        partial: list[tuple[sp.Expr, Group]] = [(base, ())]
        for word in inner:
            grown = expand(word, value)
            partial = [(c * a, (*ws, w)) for c, ws in partial for a, w in grown.terms]
        for c, ws in partial:
            if place is None:
                out.append(Term(c, (*left_over, *ws), t.groups))
            else:
                groups = (*t.groups[:place], (*left_over, *ws), *t.groups[place + 1 :])
                out.append(Term(c, t.traces, groups))
    blocks = setting.blocks + tuple(new_blocks)
    return tuple(x.canonical() for x in out), replace(setting, blocks=blocks)


def _introduce(
    symbol: MatrixSymbol, after: Setting, sizes: dict[sp.Symbol, sp.Expr], setting: Setting, made: list[Block]
) -> MatrixSymbol:
    """A matrix that occurs only on the right of the lemma: a new one with the law it has there."""
    block = after.block(symbol)
    if block is None or block.members != (symbol,) or not after.is_standard(symbol):
        raise Refused(f"{symbol} of the lemma has no counterpart here")
    new = MatrixSymbol(symbol.name, *(s.subs(sizes, simultaneous=True) for s in symbol.shape))
    if setting.block(new) is not None:
        raise Refused(f"{new} is in use")
    cov = MatrixSum(((sp.Integer(1), identity(new.shape[1])),), (new.shape[1], new.shape[1]))
    made.append(Block((new,), ((cov,),), draws=((new, "normal"),)))
    return new



