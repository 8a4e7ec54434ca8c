"""Consequences: what follows from closed forms by algebra alone, an equation, an order, a sign, a limit.

A consequence speaks of scalars. Its sides are expressions in sizes, scalars and `Value`s, each of which
stands for the closed form that a claim's derivation concludes. Here those are inserted, and what is stated
is compared with what comes out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.symbol import Str

from derivations.core.analysis import Limit
from derivations.core.language import E, norm2, parse
from derivations.core.laws import Setting
from derivations.core.regions import LONG, Change, Region
from derivations.core.rules import LIMIT, Library
from derivations.core.words import Expression, Refused, Term, declared


class Value(sp.Expr):  # type: ignore[misc]  # SymPy has no types
    """The closed form that the derivation of a claim's part concludes, perhaps with letters replaced."""

    is_commutative = True
    is_real = True
    claim = property(lambda self: self.args[0].name)
    part = property(lambda self: int(self.args[1]))
    changes = property(lambda self: dict(self.args[2:]))


def value(claim: str, *changes: Change, part: int = 0) -> Value:
    """The closed form of a part of a claim; `changes` replace letters of it."""
    return Value(Str(claim), sp.Integer(part), *(sp.Tuple(*pair) for pair in changes))


@dataclass(frozen=True)
class Square:
    """A value that is not negative, because it is ‖x‖² or its mean: of `root` = x."""

    value: Value
    root: sp.MatrixExpr


@dataclass(frozen=True)
class Inference:
    """What was inferred: the left side with closed forms inserted, what it comes to, and from which claims.

    For an order or a threshold `ratio` is the difference, or the left side over the right one, that has a
    sign.
    """

    inserted: sp.Expr
    conclusion: sp.Expr
    uses: tuple[str, ...]
    ratio: sp.Expr | None = None


def formula(left: sp.Expr, region: Region, library: Library) -> Inference:
    """The closed form that an expression comes to. Raises Refused where a claim in it does not hold."""
    region = understood(region, library)
    inserted = insert(left, region, library)
    return Inference(inserted, _tidy(inserted), uses(left))


def order(
    left: sp.Expr,
    right: sp.Expr,
    strict: bool,
    region: Region,
    library: Library,
    because: sp.Expr | None,
    squares: Iterable[Square] = (),
) -> Inference:
    """left > right, or left >= right, all over the region. Raises Refused where that is not shown."""
    region = understood(region, library)
    inserted, difference = insert(left, region, library), left - right
    if because is None:
        difference = _tidy(inserted - insert(right, region, library))
    else:
        sides = [difference, because]
        for v in difference.atoms(Value) ^ because.atoms(Value):  # those on both may be anything
            sides = [side.xreplace({v: _closed_form(v, region, library)}) for side in sides]
        if not _same(*map(region.put, sides)):
            raise Refused(f"{because} is not another form of {left - right}")
        difference = because
    signed = {s.value: _nonnegative(s, region, library) for s in squares}
    _require_positive(insert(difference.xreplace(signed), region, library), strict, region)
    difference = insert(difference, region, library)
    used = sp.Tuple(left - right, because or 0, *(s.value for s in squares))
    return Inference(inserted, difference, uses(used), difference)


def threshold(left: sp.Expr, right: sp.Expr, region: Region, library: Library) -> Inference:
    """left has the sign of right all over the region, zero included. Raises Refused if that is not shown."""
    region = understood(region, library)
    inserted, side = insert(left, region, library), insert(right, region, library)
    if side == 0:
        raise Refused("zero is the sign of nothing")
    ratio = _tidy(inserted / side)
    _require_positive(ratio, True, region)
    return Inference(inserted, side * ratio, uses(left - right), ratio)


def tendency(left: sp.Expr, variable: sp.Symbol, rate: int, region: Region, library: Library) -> Inference:
    """The limit of an expression as a size grows, with an error of order variable^(-rate)."""
    region = understood(region, library)
    inserted = insert(left, region, library)
    growing = Setting(hypotheses=tuple(h for h, _ in region.hypotheses if h.has(variable)))
    term = Expression((Term(_tidy(inserted)),))
    end, _ = Limit(variable, rate).apply(term, growing, library)
    below = sp.denom(sp.together(end.scalar))
    sign = region.sign(below)
    if sign is None or not sign.strict:  # where it vanishes there is another limit, or none
        raise Refused(f"the limit divides by {below}, which is not shown to have a sign")
    return Inference(inserted, end.scalar, uses(left))


def uses(x: sp.Expr) -> tuple[str, ...]:
    """The claims whose closed forms stand in an expression."""
    return tuple(sorted({v.claim for v in sp.sympify(x).atoms(Value)}))


def insert(x: sp.Expr, region: Region, library: Library) -> sp.Expr:
    """An expression with the closed forms in the place of their names, in the letters of the region.

    Raises Refused where a claim has no such part, or does not hold all over the region.
    """
    x = sp.sympify(x)
    forms = {v: _closed_form(v, region, library) for v in x.atoms(Value)}
    return declared(region.put(x.xreplace(forms).doit()))


def understood(region: Region, library: Library) -> Region:
    """The region with closed forms inserted in its hypotheses, each where those before it hold."""
    made = replace(region, positive=(), nonnegative=())
    plain = [(h, s) for h, s in region.hypotheses if not h.has(Value)]
    for h, strict in [*plain, *(pair for pair in region.hypotheses if pair[0].has(Value))]:
        shown = insert(h, made, library) if h.has(Value) else h
        made = made.where(shown) if strict else made.where(nonnegative=[shown])
    _require_admitted(region.at, made)
    return made


def _closed_form(v: Value, region: Region, library: Library) -> sp.Expr:
    equations = library.equations(v.claim)
    if not 0 <= v.part < len(equations):
        raise Refused(f"{v.claim} has no part {v.part}")
    equation = equations[v.part]
    form = equation.right.scalar
    if form is None or equation.kind == LIMIT or form.has(sp.oo):
        raise Refused(f"{v.claim} concludes no closed form that could be inserted")
    _require_admitted(v.changes.items(), region)
    for h in equation.setting.hypotheses:
        sign = region.sign(h.subs(v.changes, simultaneous=True))
        if sign is None or sign.of < 0 or not sign.strict:
            raise Refused(f"{v.claim} needs {h} > 0, which does not follow from the hypotheses")
    return form.subs(v.changes, simultaneous=True)


def _nonnegative(square: Square, region: Region, library: Library) -> sp.Symbol:
    """A letter that is not negative, for a square. Raises Refused where its claim is not about one."""
    _closed_form(square.value, region, library)
    equation = library.equations(square.value.claim)[square.value.part]
    claimed = norm2(square.root)
    if any(t.groups for t in equation.left.terms):
        claimed = E(claimed)
    if equation.setting.normal(parse(claimed)) == equation.left:
        return sp.Dummy("square", nonnegative=True)
    raise Refused(f"what {square.value.claim} is about is not ‖{square.root}‖² or its mean")


def _require_admitted(changes: Iterable[Change], region: Region) -> None:
    """Refuse a letter's value outside of what the letter stands for, where nothing is known to hold."""
    for letter, to in changes:
        if not region.admits(letter, to):
            known = "positive" if letter.is_positive else "nonnegative" if letter.is_nonnegative else "real"
            raise Refused(f"{letter} is {known}, which does not follow of {to}")


def _require_positive(x: sp.Expr, strict: bool, region: Region) -> None:
    """Refuse unless an expression is seen to be positive, or nonnegative, all over the region."""
    if (place := region.counterexample(x, strict)) is not None:
        where = ", ".join(f"{s}={v}" for s, v in sorted(place.items(), key=lambda pair: str(pair[0])))
        raise Refused(f"{x} is {region.put(x).subs(place)} at {where}")
    sign = region.sign(x)
    if sign is None or sign.of < 0 or (strict and not sign.strict):
        raise Refused(f"{x} is not shown to be {'positive' if strict else 'nonnegative'}")


def _tidy(x: sp.Expr) -> sp.Expr:
    """In lowest terms, and in factors where these are found in reasonable time."""
    lowest = sp.cancel(sp.together(x))
    long = any(len(sp.Add.make_args(side)) > LONG for side in sp.fraction(lowest))
    return lowest if long else sp.factor(lowest)


def _same(one: sp.Expr, other: sp.Expr) -> bool:
    """Whether two expressions are equal, whatever the values in them stand for."""
    letters = {v: sp.Dummy() for v in (one - other).atoms(Value)}
    return bool(one == other) or bool(sp.cancel(sp.together((one - other).xreplace(letters))) == 0)
