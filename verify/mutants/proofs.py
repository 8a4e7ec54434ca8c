"""Changed forms that are still true: shown to be the same, or to be less than what is claimed."""

from contextlib import suppress

import sympy as sp

from derivations.claims import Consequence, Order, Part, Threshold
from derivations.core import consequences
from derivations.core.consequences import Value, understood
from derivations.core.derivation import begin
from derivations.core.language import E, parse
from derivations.core.regions import LONG, Region
from derivations.core.rules import Library, Relate
from derivations.core.words import Expression, Refused
from verify.channels import setting_of

EQUIVALENT, WEAKER = "equivalent", "true but weaker"


def proof(part: Part, true: sp.Expr, form: sp.Expr, library: Library) -> tuple[str, str] | None:
    """(equivalent or weaker, why) where a changed form is shown to be true, else None.

    For an `Order` the forms are differences, left - right.
    """
    if _same(true, form):
        return EQUIVALENT, "the difference cancels"
    if not isinstance(part, Consequence):
        with suppress(Refused):
            if parse(true) == parse(form):
                return EQUIVALENT, "both have one normal form"
            if _related(true, part, library) == _related(form, part, library):
                return EQUIVALENT, "both have one normal form by the relations of the setting"
        return None
    if form.has(sp.Min):
        return None
    with suppress(Refused):
        region = understood(part.region, library)
        old, new = (consequences.insert(x, region, library) for x in (true, form))
        if sp.cancel(sp.together(new - old)) == 0:
            return EQUIVALENT, "equal with the closed forms inserted"
        if isinstance(part, Threshold):
            return _threshold(old, new, region)
        if isinstance(part, Order):
            return _order(part, old, new, form, region, library)
    return None


def _related(x: sp.Expr, part: Part, library: Library) -> Expression:
    """A form with the relations of its setting used where they can be."""
    made = begin(x, setting_of(part), library)
    with suppress(Refused):
        return made.by(Relate()).end
    return made.end


def _threshold(old: sp.Expr, new: sp.Expr, region: Region) -> tuple[str, str] | None:
    """A threshold with the sign of the true one all over the region is the same threshold."""
    ratio = sp.cancel(sp.together(new / old))
    sign = region.sign(ratio)
    if sign is not None and sign.of > 0 and sign.strict:
        return EQUIVALENT, f"{ratio} times the true form, which is positive"
    return None


def _order(
    part: Order, old: sp.Expr, new: sp.Expr, form: sp.Expr, region: Region, library: Library
) -> tuple[str, str] | None:
    """A difference that is larger than the true one, or that the core itself shows to be positive."""
    region = _in_integers(region, new)
    sign = region.sign(sp.cancel(sp.together(new - old)))
    if sign is not None and sign.of > 0:
        return WEAKER, "the difference is larger than the true one"
    if len(sp.Add.make_args(sp.numer(sp.together(new)))) <= LONG:
        with suppress(Refused):
            consequences.order(
                form, sp.Integer(0), part.strict, _in_integers(part.region, new), library, None
            )
            return WEAKER, "the core shows it"
    return None


def _in_integers(region: Region, form: sp.Expr) -> Region:
    """The region, with what is positive and a whole number known to be at least one."""
    sizes = [s for s in form.free_symbols if s.is_integer and s.is_positive]
    whole = [h for h in region.positive if sp.sympify(h).is_integer]
    return region.where(nonnegative=[h - 1 for h in (*whole, *sizes)])


def _same(one: sp.Expr, other: sp.Expr) -> bool:
    """Whether two forms are equal, whatever traces, means and values in them stand for."""
    difference = one - other
    stand_ins = {x: sp.Dummy() for x in difference.atoms(sp.Trace, E, Value)}
    difference = difference.xreplace(stand_ins)
    if difference.has(sp.Min, sp.Derivative):
        return bool(difference == 0)
    return bool(sp.cancel(sp.together(difference)) == 0)
