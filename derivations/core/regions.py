"""Regions of sizes and scalars, and the signs that expressions have all over them.

The hypotheses of a region are solved for letters, each with one new letter that ranges freely over positive
or nonnegative numbers; a polynomial in such letters is positive if all its coefficients are.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import sympy as sp

from derivations.core.words import Refused


@dataclass(frozen=True)
class Sign:
    """What is known of a quantity: times `of` (1 or -1) it is positive, or if not `strict` nonnegative."""

    of: int
    strict: bool

    def __mul__(self, other: "Sign") -> "Sign":
        return Sign(self.of * other.of, self.strict and other.strict)


PLUS, SQUARE = Sign(1, True), Sign(1, False)
Change = tuple[sp.Symbol, sp.Expr]
LONG = 30  # terms of a polynomial from which it is not factored: that may take minutes
_PLACES = 60  # looked at for a counterexample


@dataclass(frozen=True)
class Region:
    """The sizes and scalars of which a consequence speaks.

    There `positive` are positive and `nonnegative` not negative. `names` introduce letters: (letter, what it
    stands for, the letter of the closed forms that it replaces). `at` gives letters the values that they have
    throughout.
    """

    positive: tuple[sp.Expr, ...] = ()
    nonnegative: tuple[sp.Expr, ...] = ()
    names: tuple[tuple[sp.Symbol, sp.Expr, sp.Symbol], ...] = ()
    at: tuple[Change, ...] = ()

    def where(
        self, *positive: sp.Expr, nonnegative: Iterable[sp.Expr] = (), at: Iterable[Change] = ()
    ) -> "Region":
        """The part of the region in which more holds."""
        return replace(
            self,
            positive=(*self.positive, *positive),
            nonnegative=(*self.nonnegative, *nonnegative),
            at=(*self.at, *at),
        )

    @cached_property
    def _as_stated(self) -> dict[sp.Expr, Sign]:
        return {self.put(h): Sign(1, strict) for h, strict in reversed(self.hypotheses)}

    @property
    def hypotheses(self) -> tuple[tuple[sp.Expr, bool], ...]:
        """Each with whether it is positive, or only not negative."""
        return (
            *((sp.sympify(h), True) for h in self.positive),
            *((sp.sympify(h), False) for h in self.nonnegative),
        )

    def put(self, x: sp.Expr) -> sp.Expr:
        """An expression in the letters of the closed forms, in those of the region."""
        for letter, meaning, instead in reversed(self.names):
            slope = sp.diff(meaning, instead)
            if not (slope.is_number and slope.is_nonzero):
                raise Refused(f"{instead} does not follow from {letter} = {meaning}")
            x = x.subs(instead, sp.expand(instead + (letter - meaning) / slope))
        return x.subs(dict(self.at), simultaneous=True)

    def values(self, known: Mapping[sp.Symbol, sp.Expr]) -> dict[sp.Symbol, sp.Expr]:
        """The values of the region's letters where those of the closed forms, or its own, are known."""
        found = {s: sp.sympify(v) for s, v in known.items()}
        for letter, meaning, _ in self.names:
            if (x := meaning.subs(found)).is_number:
                found[letter] = x
        return found | {letter: sp.sympify(x).subs(found) for letter, x in self.at}

    def holds_at(self, known: Mapping[sp.Symbol, sp.Expr]) -> bool:
        """Whether no hypothesis fails at these values; what they do not decide does not fail."""
        found = self.values(known)
        put = ((self.put(h).subs(found), strict) for h, strict in self.hypotheses)
        return not any((x.is_positive if strict else x.is_nonnegative) is False for x, strict in put)

    @cached_property
    def coordinates(self) -> tuple[dict[sp.Symbol, sp.Expr], dict[sp.Expr, Sign]]:
        """Letters in terms of ones that range freely, and the signs of hypotheses that give none.

        A hypothesis is solved for a letter that stands in it with the factor one, if nothing is subtracted in
        the solution: else the letters left would not range freely.
        """
        solved: dict[sp.Symbol, sp.Expr] = {}
        known: dict[sp.Expr, Sign] = {}
        free: set[sp.Symbol] = set()
        for h, strict in self.hypotheses:
            h = self._cleared(self.put(h).subs(solved))
            for x in sorted(h.free_symbols - free, key=str):
                rest = sp.expand(x - h)
                if not rest.has(x) and _nothing_subtracted(rest):
                    new = sp.Dummy("h", positive=True) if strict else sp.Dummy("h", nonnegative=True)
                    free.add(new)
                    solved = {y: v.subs(x, new + rest) for y, v in solved.items()} | {x: new + rest}
                    known = {k.subs(x, new + rest): s for k, s in known.items()}
                    break
            else:
                known[h] = Sign(1, strict)
        return solved, known

    @staticmethod
    def _cleared(h: sp.Expr) -> sp.Expr:
        """A hypothesis without its denominator, if that is plainly positive."""
        above, below = sp.fraction(sp.cancel(sp.together(h)))
        return sp.expand(above) if _nothing_subtracted(sp.expand(below)) else h

    def free(self, letters: Iterable[sp.Symbol]) -> list[sp.Symbol]:
        """What ranges freely: letters that no hypothesis was solved for, and those in the solutions."""
        solved, _ = self.coordinates
        every = (set(letters) - solved.keys()).union(*(x.free_symbols for x in solved.values()))
        return sorted(every, key=sp.default_sort_key)

    def admits(self, letter: sp.Symbol, value: sp.Expr) -> bool:
        """Whether a value is real, and positive or not negative if its letter is, all over the region."""
        value = sp.sympify(value)
        if not (value.is_rational_function() and _real(value)) or value.has(sp.I):
            return False
        below = self.sign(sp.denom(sp.together(value)))
        if below is None or not below.strict:
            return False
        if not letter.is_nonnegative:
            return True
        s = self.sign(value)
        return s is not None and s.of > 0 and (s.strict or not letter.is_positive)

    def counterexample(self, x: sp.Expr, strict: bool) -> dict[sp.Symbol, sp.Expr] | None:
        """A place in the region where an expression is not positive, or is negative, among a few small ones.

        It saves a search for a sign that is not there; that none is found shows nothing.
        """
        chance, (solved, _) = random.Random(0), self.coordinates
        wanted, hypotheses = self.put(sp.sympify(x)), [(self.put(h), s) for h, s in self.hypotheses]
        letters = sorted(wanted.free_symbols.union(*(h.free_symbols for h, _ in hypotheses)), key=str)
        ordered = self.free(letters)
        rough = sp.lambdify(ordered, wanted.subs(solved), "math")
        for _ in range(_PLACES):
            drawn = {s: _small(s, chance) for s in ordered}
            try:
                if rough(*drawn.values()) > 0:  # in floats, so that the exact value is seldom worked out
                    continue
            except (ArithmeticError, ValueError):
                continue
            place = {
                s: sp.sympify(solved[s]).subs(drawn) if s in solved else sp.Integer(drawn[s]) for s in letters
            }
            value = wanted.subs(place)
            inside = all(_holds(h.subs(place), positive) for h, positive in hypotheses)
            if inside and value.is_extended_real and not _holds(value, strict):
                return place
        return None

    def sign(self, x: sp.Expr) -> Sign | None:
        """The sign that an expression has on the whole region, or None where none is found.

        It is found of polynomials whose coefficients agree in sign once hypotheses are solved for letters, of
        hypotheses and even powers, and of products and sums of those.
        """
        x = sp.sympify(x)
        if x.is_positive:  # a letter that a hypothesis was solved for is positive still
            return PLUS
        if x in self._as_stated:
            return self._as_stated[x]
        return self._by_parts(x) or self._rational(x)

    def _by_parts(self, x: sp.Expr) -> Sign | None:
        """The sign of a product, a power or a sum whose parts have signs."""
        if x.is_Pow and x.exp.is_Integer:
            base = self.sign(x.base)
            if x.exp < 0:
                return Sign(base.of ** int(-x.exp), True) if base and base.strict else None
            if base:
                return Sign(base.of ** int(x.exp), base.strict)
            return SQUARE if x.exp % 2 == 0 and _real(x) else None
        parts = [self.sign(y) for y in x.args] if x.is_Add or x.is_Mul else []
        signs = [s for s in parts if s is not None]
        if not parts or len(signs) < len(parts):
            return None
        return _multiplied(signs) if x.is_Mul else _summed(signs)

    def _rational(self, x: sp.Expr) -> Sign | None:
        """The sign of a rational function by those of its factors."""
        fraction = [
            sp.expand(side) for side in sp.fraction(sp.together(self.put(x).subs(self.coordinates[0])))
        ]
        if all(len(sp.Add.make_args(side)) <= LONG for side in fraction):
            fraction = list(sp.fraction(sp.cancel(fraction[0] / fraction[1])))
        total = PLUS
        for side in fraction:
            if not side.is_polynomial(*side.free_symbols):
                return None
            constant, factors = _factors(side)
            if constant == 0:
                return SQUARE
            signs = [Sign(1 if constant > 0 else -1, True)]
            for f, power in factors:
                s = self._factor(f) or (SQUARE if power % 2 == 0 and _real(f) else None)
                if s is None:
                    return None
                signs.append(Sign(s.of ** int(power), s.strict))
            total = _multiplied([total, *signs])
        # A denominator that may vanish has no sign; the numerator decides whether zero is possible.
        return total if self._vanishes_nowhere(fraction[1]) else None

    def _vanishes_nowhere(self, below: sp.Expr) -> bool:
        return all((s := self._factor(f)) is not None and s.strict for f, _ in _factors(below)[1])

    def _factor(self, f: sp.Expr) -> Sign | None:
        """The sign of a polynomial: of coefficients that agree, or a hypothesis times a number."""
        letters = sorted(f.free_symbols, key=sp.default_sort_key)
        signs = [_monomial(letters, powers, c) for powers, c in sp.Poly(f, *letters).terms()]
        known = [s for s in signs if s is not None]
        found = [_summed(known) if len(known) == len(signs) else None]
        for h, s in self.coordinates[1].items():
            ratio = sp.cancel(f / h)
            if ratio.is_number and ratio.is_nonzero:
                found.append(s * Sign(1 if ratio > 0 else -1, True))
        return max((s for s in found if s is not None), key=lambda s: s.strict, default=None)


def _small(letter: sp.Symbol, chance: random.Random) -> int:
    """A small integer that a letter can be, zero and one often."""
    low = 1 if letter.is_positive else 0 if letter.is_nonnegative else -3
    return chance.choice([low, low + 1, chance.randint(low, 4), chance.randint(low, 30)])


def _holds(x: sp.Expr, strict: bool) -> bool:
    return bool(x.is_positive if strict else x.is_nonnegative)


def _factors(p: sp.Expr) -> tuple[sp.Expr, list[tuple[sp.Expr, int]]]:
    """The factors of a polynomial; one that is too long to be factored in reasonable time is its own."""
    if len(sp.Add.make_args(p)) > LONG:
        return sp.S.One, [(p, 1)]
    constant, factors = sp.factor_list(p)
    return constant, factors


def _multiplied(signs: list[Sign]) -> Sign:
    """The sign of a product whose factors have these."""
    return reduce(Sign.__mul__, signs, PLUS)


def _summed(signs: list[Sign]) -> Sign | None:
    """The sign of a sum whose terms have these, if they agree."""
    if len({s.of for s in signs}) != 1:
        return None
    return Sign(signs[0].of, any(s.strict for s in signs))


def _real(x: sp.Expr) -> bool:
    """Whether every letter is real: of others not even a square has a sign."""
    return all(s.is_extended_real for s in x.free_symbols)


def _nothing_subtracted(x: sp.Expr) -> bool:
    """Whether an expression is a polynomial with positive coefficients in letters that are not negative."""
    letters = sorted(x.free_symbols, key=sp.default_sort_key)
    if not letters:
        return bool(x.is_nonnegative)
    polynomial = x.is_polynomial(*letters) and all(s.is_nonnegative for s in letters)
    return polynomial and all(c > 0 for c in sp.Poly(x, *letters).coeffs())


def _monomial(letters: list[sp.Symbol], powers: tuple[int, ...], coefficient: sp.Expr) -> Sign | None:
    """The sign of one term of a polynomial."""
    used = [(x, power) for x, power in zip(letters, powers, strict=True) if power]
    if any(not x.is_nonnegative and (power % 2 or not x.is_extended_real) for x, power in used):
        return None
    return Sign(1 if coefficient > 0 else -1, all(x.is_positive for x, _ in used))
