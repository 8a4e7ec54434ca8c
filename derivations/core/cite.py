"""Citing a proved claim: its equation is matched against the expression and instantiated.

A cited equation holds for every size, all matrices that are random as in its setting and every `given`
matrix. Matching binds its random matrices to matrices of the expression with the same joint law, and its
given ones to whole words. An equation between expectations holds conditionally on what is independent of the
random ones, and so in expectation, if the given ones and the rest of the expectation are. Whatever else the
lemma's setting says (hypotheses, relations, definitions, named traces) has to hold of what is bound.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations, product

import sympy as sp
from sympy import Identity, MatrixSymbol

from derivations.core.laws import Block, Relation, Setting, frame, standard, unit
from derivations.core.rules import IN_EXPECTATION, PATHWISE, Equation, Library, Rule, State
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
    rewrite,
    rotations,
    symbols,
)


@dataclass(frozen=True)
class Binding:
    """What the letters of a lemma stand for: sizes, random (or defined) matrices, and given ones."""

    sizes: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    random: Mapping[MatrixSymbol, MatrixSymbol] = field(default_factory=dict)
    given: Mapping[MatrixSymbol, MatrixSum] = field(default_factory=dict)

    def size(self, x: sp.Expr) -> sp.Expr:
        """A size, or any scalar, of the lemma in terms of those in force."""
        return x.subs(dict(self.sizes), simultaneous=True)

    def shape(self, shape: Iterable[sp.Expr]) -> tuple[sp.Expr, ...]:
        """A shape of the lemma in terms of the sizes in force."""
        return tuple(self.size(s) for s in shape)

    def fits(self) -> bool:
        """Whether everything bound has the shape of its letter."""
        return all(
            self.shape(x.shape) == value.shape for x, value in (*self.random.items(), *self.given.items())
        )

    def matrix(self, total: MatrixSum) -> MatrixSum:
        """A matrix of the lemma in terms of those in force."""
        parts = [
            (self.size(c) * k, w) for c, word in total.terms for k, w in expand(word, self._factor).terms
        ]
        return MatrixSum(tuple(parts), self.shape(total.shape))

    def _factor(self, f: Factor) -> MatrixSum:
        if isinstance(f.symbol, Identity):
            return matrix(identity(self.size(f.symbol.shape[0])))
        if f.symbol in self.random:
            return matrix((f._replace(symbol=self.random[f.symbol]),))
        if f.symbol not in self.given or f.op != PLAIN:
            raise Refused(f"{f.symbol} of the lemma has no counterpart here")
        return self.given[f.symbol].T if f.transposed else self.given[f.symbol]


@dataclass(frozen=True)
class Cite(Rule):
    """Use a proved claim wherever one of its equations (or the one numbered `part`) matches."""

    claim: str
    part: int | None = None
    once: bool = False
    kind = IN_EXPECTATION
    title = "by"

    def chosen(self, library: Library) -> tuple[Equation, ...]:
        """The equations that may be used."""
        equations = library.equations(self.claim)
        return equations if self.part is None else equations[self.part : self.part + 1]

    def kind_by(self, library: Library) -> str:
        """Pathwise if all that may be used is an identity between traces, else in expectation."""
        means = any(t.groups for e in self.chosen(library) for t in e.left.terms)
        return IN_EXPECTATION if means else PATHWISE

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace every match by the other side of the equation."""
        equations = self.chosen(library)
        matched, reasons = False, []
        terms, done = list(expression.terms), list[Term]()
        while terms:
            t = terms.pop()
            for equation in equations:
                try:
                    new = _instance(t, equation, setting)
                except Refused as why:
                    reasons.append(str(why))
                    continue
                if new is not None:
                    matched, (more, setting) = True, new
                    (done if self.once else terms).extend(more)
                    break
            else:
                done.append(t)
        if not matched:
            raise Refused(f"{self.claim} does not apply: " + (reasons[0] if reasons else "nothing matches"))
        return collect(done), setting


def _instance(t: Term, equation: Equation, setting: Setting) -> tuple[tuple[Term, ...], Setting] | None:
    """The term rewritten by one use of the equation, or None where the pattern does not occur."""
    wanted, means = _pattern(equation)
    places: list[tuple[int | None, Group]] = list(enumerate(t.groups))
    if not means:
        places = [(None, t.traces), *places]
    refusal: Refused | None = None
    for place, words in places:
        for chosen in permutations(range(len(words)), len(wanted)):
            rest = tuple(w for i, w in enumerate(words) if i not in chosen)
            for found in _matches(wanted, [words[i] for i in chosen], equation.setting, Binding()):
                if not found.fits():
                    continue
                try:
                    binding, after = _complete(found, equation, setting)
                    _check(binding, equation.setting, setting, rest if means else None)
                    new = Expression(tuple(_rewritten(t, place, rest, equation, binding)))
                    return after.normal(new).terms, after
                except Refused as why:
                    refusal = why
    if refusal is not None:
        raise refusal
    return None


def _pattern(equation: Equation) -> tuple[Group, bool]:
    """The words to look for, and whether the equation is one between expectations."""
    left = equation.left.terms
    if [t.coefficient for t in left] == [1]:
        if len(left[0].groups) == 1 and not left[0].traces:
            if any(len(t.groups) > 1 for t in equation.right.terms):
                raise Refused("an equation with a product of expectations on its right cannot be cited")
            return left[0].groups[0], True
        if left[0].traces and not left[0].groups and equation.kind != IN_EXPECTATION:
            if any(t.groups for t in equation.right.terms):
                raise Refused("an identity between traces with an expectation on its right cannot be cited")
            return left[0].traces, False
    raise Refused("only one expectation, or an identity between traces, without a factor can be cited")


def _matches(wanted: Group, targets: list[Word], lemma: Setting, binding: Binding) -> Iterator[Binding]:
    """Bindings under which each wanted trace is the target at its place."""
    if not wanted:
        yield binding
        return
    for way in rotations(targets[0]):
        for bound in _match(wanted[0], way, way[0].shape[0], lemma, binding):
            yield from _matches(wanted[1:], targets[1:], lemma, bound)


def _match(pattern: Word, target: Word, last: sp.Expr, lemma: Setting, binding: Binding) -> Iterator[Binding]:
    """Bindings under which the pattern, read from the left, spells the target with `last` columns."""
    if not pattern:
        if not target:
            yield binding
        return
    f = pattern[0]
    if f.symbol not in lemma.given:
        if target and target[0][1:] == f[1:]:
            bound = _bound(binding, f.symbol, target[0].symbol)
            if bound is not None:
                yield from _match(pattern[1:], target[1:], last, lemma, bound)
    elif f.op == PLAIN:
        for length in range(len(target) + 1):
            value = matrix(target[:length] or identity(target[0].shape[0] if target else last))
            bound = _bound(binding, f.symbol, value.T if f.transposed else value)
            if bound is not None:
                yield from _match(pattern[1:], target[length:], last, lemma, bound)


def _bound(binding: Binding, x: MatrixSymbol, value: MatrixSymbol | MatrixSum) -> Binding | None:
    """One more letter bound, and the sizes that are letters in its shape; None where others contradict it."""
    sizes = dict(binding.sizes)
    for letter, size in zip(x.shape, value.shape, strict=True):
        if letter.is_Symbol and sizes.setdefault(letter, size) != size:
            return None
    if isinstance(value, MatrixSum):
        if binding.given.get(x, value) != value:
            return None
        return replace(binding, sizes=sizes, given={**binding.given, x: value})
    if binding.random.get(x, value) != value:
        return None
    return replace(binding, sizes=sizes, random={**binding.random, x: value})


def _complete(found: Binding, equation: Equation, setting: Setting) -> tuple[Binding, Setting]:
    """Bind what is left open: covariances by the laws, new matrices to new ones, the rest to itself."""
    lemma, after = equation.setting, setting
    random, given = dict(found.random), dict(found.given)

    def itself(letters: Iterable[MatrixSymbol]) -> None:
        for x in letters:
            if x in lemma.given and x in setting.given:
                given.setdefault(x, matrix(x))
            elif x not in lemma.given and x not in setting.given:
                setting.support(random.setdefault(x, x))
            elif x not in given:
                raise Refused(f"{x} of the lemma has no counterpart here")

    rights = symbols(w for t in equation.right.terms for w in t.words())
    made = {x for x in rights if not _is_known(x, lemma)}
    itself(rights - made - set(lemma.given))
    for x in tuple(random):
        if lemma.block(x) is None:
            itself(lemma.image(matrix(x)).symbols)
    for b in lemma.blocks:
        for x, y in product([x for x in b.members if x in random], repeat=2):
            wanted = b.between(x, y)
            for letter in wanted.symbols - given.keys():
                if wanted == matrix(letter):
                    given[letter] = setting.covariance(random[x], random[y])
            itself(wanted.symbols)
    itself(rights & set(lemma.given))
    free = frozenset(x for r in lemma.relations for x in _letters(r)) - given.keys()
    for relation in lemma.relations:
        if not all(_exists(x, free, lemma) for x in _letters(relation) & free):
            itself(_letters(relation))
    for x in made:
        random[x] = _new(x, rights, equation, found)
        after = replace(after, blocks=(*after.blocks, standard(random[x])))
    return Binding(found.sizes, random, given), after


def _is_known(x: MatrixSymbol, setting: Setting) -> bool:
    return x in setting.given or setting.block(x) is not None or x in dict(setting.definitions)


def _letters(relation: Relation) -> frozenset[MatrixSymbol]:
    return symbols([relation[0]]) | relation[1].symbols


def _new(
    x: MatrixSymbol, rights: frozenset[MatrixSymbol], equation: Equation, sizes: Binding
) -> MatrixSymbol:
    """A matrix that the lemma's right side adds becomes a new one, with the law that it has there."""
    after, means = equation.after, equation.left.terms[0].groups
    block = after.block(x)
    if not means or block is None or len(block.members) > 1 or not after.is_standard(x):
        raise Refused(f"{x} of the lemma has no counterpart here")
    if block in after.supports((Factor(y),) for y in rights if y != x):
        raise Refused(f"{x} of the lemma is not independent of the rest of its right side")
    return MatrixSymbol(x.name, *sizes.shape(x.shape))


def _exists(x: MatrixSymbol, free: frozenset[MatrixSymbol], lemma: Setting) -> bool:
    """Whether an open letter exists: a unit vector, or the other vectors of a basis that has one."""
    about = {r for r in lemma.relations if x in _letters(r)}
    units = [e for e in lemma.given if e.shape[1] == 1 and unit(e) in lemma.relations]
    bases = [(e, y) for e in units for y in lemma.given if y.shape == (e.shape[0], e.shape[0] - 1)]
    if x in units and about == {unit(x)}:
        return True
    return any(about <= set(frame(e, y)) and (x == y or (x == e and y in free)) for e, y in bases)


def _check(binding: Binding, lemma: Setting, setting: Setting, rest: Group | None) -> None:
    """The side conditions of a match; `rest` is what else is under the expectation. Raises Refused."""
    random, given = binding.random, binding.given
    for size in binding.sizes.values():
        setting.require_positive(size, "a size of the lemma")
    if not binding.fits():
        raise Refused("a matrix that stands for itself has another shape here than in the lemma")
    for h in lemma.hypotheses:
        setting.require_positive(binding.size(h), "a hypothesis of the lemma")
    for name, word in lemma.names:
        if (name, word) not in setting.names:
            raise Refused(f"{name} does not mean the same here")
        for x in symbols([word]):
            if given.get(x, matrix(x)) != matrix(x) or binding.shape(x.shape) != x.shape:
                raise Refused(f"{name} is the name of another trace")
    for pattern, value in lemma.relations:
        if _letters((pattern, value)) <= given.keys():
            left, right = binding.matrix(matrix(pattern)), binding.matrix(value)
            if setting.reduce(left) != setting.reduce(right):
                raise Refused("a relation between the lemma's given matrices is not known here")
    for x, value in lemma.definitions:
        if x in random:
            left, right = binding.matrix(lemma.image(value)), matrix(random[x])
            if setting.image(left) != setting.image(right):
                raise Refused(f"{random[x]} is not what the lemma defines as {x}")
    used = _check_laws(binding, lemma, setting)
    if rest is not None:
        shared = used & setting.supports((*rest, *(w for value in given.values() for _, w in value.terms)))
        if shared:
            names = ", ".join(str(x) for b in shared for x in b.members)
            raise Refused(f"the rest of the expectation is not independent of {names}")


def _check_laws(binding: Binding, lemma: Setting, setting: Setting) -> frozenset[Block]:
    """The blocks that bound random matrices live in; refused unless their joint law is the lemma's."""
    used: frozenset[Block] = frozenset()
    for block in lemma.blocks:
        bound = [(x, binding.random[x]) for x in block.members if x in binding.random]
        homes = setting.supports((Factor(y),) for _, y in bound)
        names = ", ".join(str(y) for _, y in bound)
        if homes & used:
            raise Refused(f"{names} is not independent of what it has to be independent of")
        if block.gaussian and not all(h.gaussian for h in homes):
            raise Refused(f"{names} is not known to be Gaussian")
        for (x, x_here), (y, y_here) in product(bound, repeat=2):
            wanted = setting.reduce(binding.matrix(block.between(x, y)))
            if wanted != setting.covariance(x_here, y_here):
                raise Refused(f"the covariance of {x_here} and {y_here} is not the lemma's")
        used |= homes
    return used


def _rewritten(
    t: Term, place: int | None, rest: Group, equation: Equation, binding: Binding
) -> Iterator[Term]:
    """The right side in place of what was matched."""
    for r in equation.right.terms:
        sized = Expression((r._replace(coefficient=t.coefficient * binding.size(r.coefficient)),))
        for u in rewrite(sized, lambda word: binding.matrix(matrix(word)).terms).terms:
            words = (*rest, *u.traces, *(w for group in u.groups for w in group))
            if place is None:
                yield Term(u.coefficient, words, t.groups)
            else:
                yield Term(u.coefficient, t.traces, (*t.groups[:place], words, *t.groups[place + 1 :]))
