"""Consequences in exact arithmetic: their sides at points, their boundaries, points all over their regions.

A value stands for the closed form that a claim states; what the core concludes is not asked here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import sympy as sp

from derivations.claims import Claim, Consequence, Formula, Tendency, Threshold
from derivations.core.consequences import Value
from derivations.points import Point
from verify.environment import environment
from verify.predictions import evaluate
from verify.roots import around_roots

Letters = Mapping[sp.Symbol, Fraction]
_LARGEST, _HUGE = (
    24,
    1 << 20,
)  # of the integers that a sweep draws: as a rule, and where leading orders are tight
_TRIES = 50  # for each place of a sweep, where hypotheses are left that no coordinates take care of


@dataclass(frozen=True)
class Sides:
    """The sides of a consequence at one place; `scale` is the sum of the left one's terms without signs."""

    left: Fraction
    right: Fraction
    scale: Fraction


@dataclass(frozen=True)
class Stated:
    """A consequence with the closed forms that the claims state in the place of their names."""

    part: Consequence
    claims: Mapping[str, Claim] = field(repr=False)

    def form(self, v: Value) -> sp.Expr:
        """The closed form of a value, in the letters of the region. Raises ValueError where there is none."""
        parts = self.claims[v.claim].provable if v.claim in self.claims else ()
        if not 0 <= v.part < len(parts):
            raise ValueError(f"there is no claim {v.claim} with a part {v.part} to insert")
        form = sp.sympify(parts[v.part].right)
        if form.has(sp.MatrixSymbol, sp.oo):
            raise ValueError(f"{v.claim} states no closed form that could be inserted")
        return self.part.region.put(form.subs(v.changes, simultaneous=True))

    def inserted(self, x: sp.Expr) -> sp.Expr:
        """An expression without values."""
        x = sp.sympify(x)
        return self.part.region.put(x.xreplace({v: self.form(v) for v in x.atoms(Value)}))

    @cached_property
    def sides(self) -> tuple[sp.Expr, sp.Expr]:
        """Both sides, inserted."""
        return self.inserted(self.part.left), self.inserted(self.part.right)

    @cached_property
    def hypotheses(self) -> tuple[tuple[sp.Expr, bool], ...]:
        """What is positive (True) or not negative on the region."""
        return tuple((self.inserted(h), strict) for h, strict in self.part.region.hypotheses)

    @cached_property
    def letters(self) -> frozenset[sp.Symbol]:
        """What has to have a value."""
        means = (self.part.left - self.part.right).atoms(Value)
        every = (*self.sides, *map(self.form, means), *(h for h, _ in self.hypotheses))
        return frozenset[sp.Symbol]().union(*(x.free_symbols for x in every))

    @cached_property
    def why_not(self) -> str:
        """Why nothing can be said of it, because a value has no closed form; empty where all have one."""
        hypotheses = (h for h, _ in self.part.region.hypotheses)
        try:
            for x in (self.part.left, self.part.right, *hypotheses):
                self.inserted(x)
        except ValueError as why:
            return str(why)
        return ""

    def at(self, point: Point) -> dict[sp.Symbol, Fraction]:
        """The letters' values at a point. Raises ValueError where the consequence does not speak of it."""
        env, region = environment(self.part.setting, point), self.part.region
        meant = frozenset[sp.Symbol]().union(*(m.free_symbols for _, m, _ in region.names))
        known = {s: env.values[s.name] for s in self.letters | meant if s.name in env.values}
        found = region.values({**known, **dict(self.part.given)})
        for letter, fixed in region.at:
            if env.values.get(letter.name, found[letter]) != found[letter]:
                raise ValueError(f"{letter} is not {fixed} at the point ({point.label})")
        if missing := sorted(s.name for s in self.letters - found.keys()):
            raise ValueError(f"the point ({point.label}) gives no value for {', '.join(missing)}")
        values = {s: Fraction(int(found[s].p), int(found[s].q)) for s in self.letters}
        if not self.holds(values):
            raise ValueError(f"a hypothesis fails at the point ({point.label})")
        return values

    def holds(self, letters: Letters) -> bool:
        """Whether every hypothesis holds at these values."""
        found = ((evaluate(h, letters), strict) for h, strict in self.hypotheses)
        return all(x > 0 if strict else x >= 0 for x, strict in found)

    def compare(self, letters: Letters) -> Sides:
        """Both sides at these values. Raises ZeroDivisionError where a ratio has no meaning."""
        left, right = (evaluated(x, letters) for x in self.sides)
        scale = sum((abs(evaluated(x, letters)) for x in self._terms), Fraction(0))
        return Sides(left, right, scale)

    def places(self, points: Iterable[Point]) -> list[Point]:
        """The points that the consequence speaks of."""
        found = []
        for point in points:
            with suppress(ValueError):
                self.at(point)
                found.append(point)
        return found

    def boundary(self, point: Point) -> list[Point]:
        """The point with a threshold's variable at integers beside which the right side has another sign.

        Where it does so nowhere among the sizes, the point alone.
        """
        part = self.part
        assert isinstance(part, Threshold)
        letters = {s: v for s, v in self.at(point).items() if s != part.variable}
        fixed = {s: sp.Rational(v.numerator, v.denominator) for s, v in letters.items()}
        side = sp.numer(sp.together(self.sides[1].subs(fixed)))
        near = {k + i for k in around_roots(side, part.variable) for i in (-1, 0, 1)}
        signs = {k: sp.sign(side.subs(part.variable, k)) for k in {j + i for j in near for i in (-1, 0, 1)}}
        sizes = sorted(k for k in near if not signs[k - 1] == signs[k] == signs[k + 1])
        return self.places(point.but({part.variable.name: size}) for size in sizes) or [point]

    @cached_property
    def level(self) -> sp.Expr:
        """The numerator of the right side, which vanishes where that does."""
        return sp.expand(sp.numer(sp.together(self.sides[1])))

    @cached_property
    def scalars(self) -> list[sp.Symbol]:
        """The letters other than sizes in which `level` is linear."""
        known = sorted(self.level.free_symbols, key=str)
        return [s for s in known if not s.is_integer and sp.degree(self.level, s) == 1]

    @staticmethod
    def admits(letter: sp.Symbol, value: Fraction) -> bool:
        """Whether a letter may have a value, by its own assumptions."""
        return value > 0 if letter.is_positive else value >= 0 if letter.is_nonnegative else True

    @cached_property
    def _terms(self) -> tuple[sp.Expr, ...]:
        return tuple(map(self.inserted, sp.Add.make_args(self.part.left)))


def evaluated(x: sp.Expr, letters: Letters) -> Fraction:
    """A rational function in exact arithmetic; derivatives in it are worked out by dual numbers."""
    return evaluate(x.xreplace({d: _slope(d, letters) for d in x.atoms(sp.Derivative)}), letters)


def _slope(x: sp.Derivative, letters: Letters) -> sp.Rational:
    ((variable, order),) = x.variable_count
    if order != 1:
        raise TypeError(f"{x} is not a first derivative")
    slope = _dual(x.expr, variable, letters)[1]
    return sp.Rational(slope.numerator, slope.denominator)


def _dual(x: sp.Expr, variable: sp.Symbol, letters: Letters) -> tuple[Fraction, Fraction]:
    """The value of a rational function, and its derivative."""
    if x.is_Pow and x.exp.is_Integer:
        (base, slope), power = _dual(x.base, variable, letters), int(x.exp)
        return base**power, power * base ** (power - 1) * slope
    if not (x.is_Add or x.is_Mul):
        return evaluate(x, letters), Fraction(int(x == variable))
    value, slope = Fraction(int(x.is_Mul)), Fraction(0)
    for y in x.args:
        other, rise = _dual(y, variable, letters)
        value, slope = (
            (value * other, slope * other + value * rise) if x.is_Mul else (value + other, slope + rise)
        )
    return value, slope


def sweep(whole: Stated, stream: np.random.Generator, count: int) -> Iterator[dict[sp.Symbol, Fraction]]:
    """Places all over the region: letters that range freely are drawn, the others follow from them.

    Sizes are integers; a scalar is an integer over a small one. Fewer places come where the hypotheses that
    no letter was solved for leave little room.
    """
    region, found = whole.part.region, 0
    free, (solved, _) = region.free(whole.letters), region.coordinates
    for _ in range(_TRIES * count):
        drawn = {s: _drawn(s, stream) for s in free}
        letters = drawn | {s: evaluate(x, drawn) for s, x in solved.items()}
        if whole.holds(letters):
            found += 1
            yield letters
        if found == count:
            return


def problems(
    whole: Stated, points: Sequence[Point], stream: np.random.Generator, count: int
) -> Iterator[Point]:
    """Points like those of a claim, with other sizes, angles and scalars, that a consequence speaks of.

    Where a square is known not to be negative the letters depend on each other as no region says. No angle is
    0, where traces that vanish are no more than rounding.
    """
    for _ in range(_TRIES * count if points else 0):
        like = points[int(stream.integers(len(points)))]
        new = Point(tuple((name, _like(x, stream)) for name, x in like.values), noise=like.noise)
        room = min((int(v) for k, v in new.values if k in ("d_s", "d_w")), default=0)
        angles = tuple(Fraction(int(stream.integers(10)), 10) for _ in range(int(stream.integers(room + 1))))
        found = whole.places([replace(new, overlaps=angles)])
        yield from found
        count -= len(found)
        if count == 0:
            return


def _like(value: int | Fraction, stream: np.random.Generator) -> int | Fraction:
    """A size, one often, where inequalities are tight; and a small number of the same sign for a scalar."""
    drawn, other = map(int, stream.integers(1, 6, 2))
    if isinstance(value, int):
        return min(drawn, other)
    return Fraction(drawn if value > 0 else -drawn, int(stream.integers(1, 9)))


def tie(whole: Stated, place: Letters, turn: int) -> dict[sp.Symbol, Fraction] | None:
    """A place moved onto the boundary of a threshold, or None where it does not reach it.

    It is moved in one of the scalars that the right side is linear in; they take turns.
    """
    if not isinstance(whole.part, Threshold) or not whole.scalars:
        return None
    letter = whole.scalars[turn % len(whole.scalars)]
    low, high = (evaluated(whole.level, {**place, letter: Fraction(x)}) for x in (0, 1))
    if high == low:
        return None
    at = {**place, letter: -low / (high - low)}
    return at if whole.admits(letter, at[letter]) and whole.holds(at) else None


def _drawn(letter: sp.Symbol, stream: np.random.Generator) -> Fraction:
    """A value for a letter by its assumptions: small ones often, zero and one among them."""
    low = 1 if letter.is_positive else 0 if letter.is_nonnegative else -_LARGEST
    high = low + int(stream.choice([2, _LARGEST // 4, _LARGEST, 8 * _LARGEST, _HUGE]))
    drawn = int(stream.integers(low, high, endpoint=True))
    size = letter.is_integer or isinstance(letter, sp.Dummy) or letter.name.startswith("d_")
    return Fraction(drawn) if size else Fraction(drawn, int(stream.integers(1, 4, endpoint=True)))


@dataclass(frozen=True)
class Functional:
    """What a consequence says of means: constant + Σ weight · value is `stated`.

    `unit` is the sum of what the left side's numerator adds or subtracts, over its denominator. With
    `sign_only` no more than the sign of what is stated is claimed, and the unit is its size.
    """

    weights: Mapping[Value, Fraction]
    constant: Fraction
    stated: Fraction
    unit: Fraction
    sign_only: bool


def functional(whole: Stated, letters: Letters) -> Functional:
    """A ratio A/B is r exactly where A - rB has mean zero, so that means alone need be known.

    Raises ValueError where a side is no ratio of linear combinations of values.
    """
    part = whole.part
    exact = isinstance(part, Formula | Tendency)
    tested = part.left if exact or isinstance(part, Threshold) else part.left - part.right
    if tested.has(sp.Derivative):
        raise ValueError("a derivative in a size cannot be measured at a size")
    means = sorted(tested.atoms(Value), key=str)
    if not means:
        raise ValueError("nothing random stands in it")
    stand_ins = {v: sp.Dummy() for v in means}
    sides = sp.fraction(sp.together(tested.xreplace(stand_ins)))
    (above, added), (below, alone) = (_combination(side, stand_ins, whole, letters) for side in sides)
    forms = {v: evaluate(whole.form(v), letters) for v in means}
    over = added + sum(above[v] * forms[v] for v in means)
    under = alone + sum(below[v] * forms[v] for v in means)
    if under == 0:
        raise ValueError("the ratio divides by zero here")
    right = evaluated(whole.sides[1], letters)
    size = (abs(added) + sum(abs(above[v] * forms[v]) for v in means)) / abs(under)
    if exact:
        weights = {v: (above[v] - right * below[v]) / under for v in means}
        return Functional(weights, right + (added - right * alone) / under, right, size, False)
    weights = {v: above[v] / under for v in means}
    side = right if isinstance(part, Threshold) else Fraction(1)
    stated = Fraction(0) if side == 0 else abs(over / under) * (1 if side > 0 else -1)
    return Functional(weights, added / under, stated, abs(stated) or size, stated != 0)


def _combination(
    side: sp.Expr, means: Mapping[Value, sp.Dummy], whole: Stated, letters: Letters
) -> tuple[dict[Value, Fraction], Fraction]:
    """The coefficients of means, and the constant. Raises ValueError where the side is not linear."""
    polynomial = sp.Poly(side, *means.values())
    if polynomial.total_degree() > 1:
        raise ValueError(f"{whole.part.left} is no ratio of linear combinations of values")

    def coefficient(of: sp.Expr) -> Fraction:
        return evaluated(whole.inserted(polynomial.coeff_monomial(of)), letters)

    return {v: coefficient(x) for v, x in means.items()}, coefficient(sp.S.One)
