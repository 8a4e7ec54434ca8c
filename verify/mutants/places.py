"""The exact channel on many right sides: its places, with the value of the true side at each, kept.

A place takes a changed form and says whether it still fits there. Places are those that the channel itself
looks at: a form that none of them tells from the true one would pass the channel.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp
from flint import fmpq_mat

from derivations.claims import Consequence, Equal, Limit, Order, Tendency, Threshold
from derivations.core.consequences import Value
from derivations.core.language import E, parse
from derivations.core.rules import IN_EXPECTATION
from verify import rational, raw
from verify.channels import Pair, Subject, comparisons, integrals, smallest, sources
from verify.consequences import Letters, Stated, evaluated
from verify.environment import environment
from verify.integration import Numbers

POINTS = 3  # the smallest of a claim, as the exact channel takes them

NO_VALUE = (ArithmeticError, ValueError, TypeError, LookupError)
Look = Callable[[sp.Expr], Fraction]  # the value of a letter, or of a trace or an expectation


@dataclass(frozen=True)
class Place:
    """A place of the exact channel; `fits` says whether a form can be told from the true one there.

    It raises one of `NO_VALUE` where the form has no value.
    """

    label: str
    fits: Callable[[sp.Expr], bool]


def places(subject: Subject, number: int, seed: int) -> Iterator[Place]:
    """Every place at which the exact channel compares the closed form of a part, its points first.

    For an `Order` the form is left - right.
    """
    part = subject.claim.parts[number]
    if isinstance(part, Tendency):
        yield from _tendency(subject.stated(number), subject)
    elif isinstance(part, Consequence):
        yield from _consequence(subject.stated(number), subject, number, seed)
    elif isinstance(part, Limit):
        yield from _limit(subject, number, part, seed)
    elif isinstance(part, Equal):
        pair = next((p for p in subject.pairs(number) if p.whole), None)
        if pair is None:
            return
        if pair.kind == IN_EXPECTATION:
            yield from _mean(subject, number, pair, seed)
        else:
            yield from _pathwise(subject, number, pair, seed)


def prepared(subject: Subject, number: int, form: sp.Expr) -> sp.Expr:
    """A form as places take it: that of a consequence without values, in the letters of its region."""
    part = subject.claim.parts[number]
    if not isinstance(part, Consequence):
        return form
    replaced = {instead for *_, instead in part.region.names}
    if form.has(Value, sp.Derivative) or form.free_symbols & replaced:
        return subject.stated(number).inserted(form)
    return form  # its letters have values, see `extended`


def value(form: sp.Expr, look: Look) -> Fraction:
    """A rational form in exact arithmetic. Raises ZeroDivisionError, TypeError, and what `look` raises."""
    if form.is_Rational:
        return Fraction(int(form.p), int(form.q))
    if form.is_Symbol or isinstance(form, sp.Trace | E):
        return look(form)
    if form.is_Add:
        return sum((value(x, look) for x in form.args), Fraction(0))
    if form.is_Mul:
        return math.prod((value(x, look) for x in form.args), start=Fraction(1))
    if form.is_Pow and form.exp.is_Integer:
        return value(form.base, look) ** int(form.exp)
    if isinstance(form, sp.Min):
        return min(value(x, look) for x in form.args)
    raise TypeError(f"{form} is not rational")


def _mean(subject: Subject, number: int, pair: Pair, seed: int) -> Iterator[Place]:
    """A closed form of an expectation: exact sums at the smallest points that are served, and at the grid."""
    part = subject.claim.parts[number]
    assert isinstance(part, Equal)
    sides = integrals.Sides(part.setting, *sources(subject.chains(number)), seed)
    ordered, count = smallest(subject.claim.points, part), 0
    numbers_at = sides.shared(pair)
    every = [*ordered, *(point for point, _ in integrals.grid(part.setting, ordered))] if ordered else []
    for i, point in enumerate(every):
        if i < len(ordered) and count == POINTS:
            continue
        with suppress(ValueError):  # no such point, or a matrix that is too large
            at = sides.numbers(pair, point) if i < len(ordered) else numbers_at(point)
            left = integrals.one_value(sides[pair.left][0], at)
            if left == math.inf:
                continue
            count += i < len(ordered)
            yield Place(point.label, _equals(Fraction(left), sides, at))


def _equals(left: Fraction, sides: integrals.Sides, at: Numbers) -> Callable[[sp.Expr], bool]:
    known: dict[sp.Expr, Fraction] = {}

    def look(x: sp.Expr) -> Fraction:
        if x not in known:
            known[x] = _known(x, sides, at)
        return known[x]

    return lambda form: value(form, look) == left


def _known(x: sp.Expr, sides: integrals.Sides, at: Numbers) -> Fraction:
    """A letter, a trace of given matrices, or an expectation, at one place."""
    if x.is_Symbol:
        return rational.fraction(at.number(x))
    if isinstance(x, E):
        found = integrals.one_value(sides[parse(x)][0], at)
        if found == math.inf:
            raise ZeroDivisionError(f"{x} is infinite")
        return Fraction(found)
    algebra = raw.Algebra(
        number=at.number,
        eye=lambda size: rational.eye(at.size(size)),
        product=lambda a, b: a * b,
        transpose=fmpq_mat.transpose,
        pinv=rational.pseudo_inverse,
        gram_inverse=rational.gram_inverse,
        trace=rational.trace,
    )
    return rational.fraction(raw.evaluate(x, [at.matrices], algebra))


def _limit(subject: Subject, number: int, part: Limit, seed: int) -> Iterator[Place]:
    sides = integrals.Sides(part.setting, *sources(subject.chains(number)), seed)
    pair = integrals.approach(part, number)
    for point in subject.claim.points:
        with suppress(ValueError):
            found = integrals.approaching(part, pair, sides, point)

            def fits(form: sp.Expr, found: list[tuple[Numbers, Fraction]] = found) -> bool:
                gaps = [x - value(form, lambda s, at=at: _known(s, sides, at)) for at, x in found]  # type: ignore[misc]
                return comparisons.approaches(gaps, part.order)

            yield Place(point.label, fits)


def _pathwise(subject: Subject, number: int, pair: Pair, seed: int) -> Iterator[Place]:
    """An identity for every draw: both sides at a random integer matrix."""
    part = subject.claim.parts[number]
    assert isinstance(part, Equal)
    definitions, extra = sources(subject.chains(number))
    for point in smallest(subject.claim.points, part)[:POINTS]:
        env = environment(part.setting, point)

        def fits(form: sp.Expr, env=env) -> bool:  # type: ignore[no-untyped-def]
            for least in form.atoms(sp.Min):
                form = form.xreplace({least: sp.Min(*(env.exact(x) for x in least.args))})
            return bool(
                rational.pathwise_equal(
                    pair.left, form, part.setting, definitions, env, extra_blocks=extra, seed=seed, points=1
                )
            )

        yield Place(point.label, fits)


def _consequence(whole: Stated, subject: Subject, number: int, seed: int) -> Iterator[Place]:
    part, points = whole.part, whole.places(subject.claim.points)
    if isinstance(part, Threshold):
        points = [p for point in points for p in whole.boundary(point)]
    where: list[tuple[str, Letters]] = [(p.label, whole.at(p)) for p in points]
    where += comparisons.swept(subject, number, seed)
    for label, letters in where:
        with suppress(ZeroDivisionError):
            yield Place(label, _holds(whole, letters))


def _holds(whole: Stated, letters: Letters) -> Callable[[sp.Expr], bool]:
    """Whether what is stated holds with another right side; of an order, with another difference."""
    order = isinstance(whole.part, Order)
    sides, letters = whole.compare(letters), extended(whole, letters)

    def fits(form: sp.Expr) -> bool:
        found = at_letters(form, letters)
        left, right = (found, Fraction(0)) if order else (sides.left, found)
        return comparisons.holds(whole.part, replace(sides, left=left, right=right))

    return fits


def extended(whole: Stated, letters: Letters) -> Letters:
    """The letters with those that have a value throughout the region."""
    return {**{x: evaluated(sp.sympify(to), letters) for x, to in whole.part.region.at}, **letters}


def at_letters(form: sp.Expr, letters: Letters) -> Fraction:
    """A prepared form of a consequence at one place."""
    return evaluated(form, letters) if form.has(sp.Derivative) else value(form, letters.__getitem__)


def _tendency(whole: Stated, subject: Subject) -> Iterator[Place]:
    part = whole.part
    assert isinstance(part, Tendency)
    for point in whole.places(subject.claim.points):
        letters = whole.at(point)
        sizes = comparisons.growing(max(int(v) for s, v in letters.items() if s.name.startswith("d")))
        moved: list[Mapping[sp.Symbol, Fraction]] = [{**letters, part.variable: Fraction(n)} for n in sizes]
        try:
            lefts = [whole.compare(at).left for at in moved]
        except ZeroDivisionError:
            continue

        def fits(form: sp.Expr, lefts=lefts, moved=moved) -> bool:  # type: ignore[no-untyped-def]
            gaps = [x - at_letters(form, extended(whole, at)) for x, at in zip(lefts, moved, strict=True)]
            return comparisons.approaches(gaps, part.order)

        yield Place(point.label, fits)


def own_boundary(subject: Subject, number: int, form: sp.Expr) -> Iterator[Place]:
    """Places at the boundary of a changed threshold, which the channel looks at where that is claimed."""
    part = subject.claim.parts[number]
    assert isinstance(part, Threshold)
    true = subject.stated(number)
    changed = Stated(replace(part, right=form), true.claims)
    for point in changed.places(subject.claim.points):
        with suppress(ValueError, ZeroDivisionError, sp.PolynomialError):
            for near in true.places(changed.boundary(point)):
                yield Place(near.label, _holds(true, true.at(near)))
