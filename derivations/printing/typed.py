"""Closed forms as they were typed: sums, products and fractions are left where they stand.

For consequences, whose sides hold the names of other claims' closed forms.
"""

from collections.abc import Callable

import sympy as sp

from derivations.core.consequences import Value
from derivations.printing.scalars import plus_first, scalar
from derivations.printing.style import Signed, Style

Names = Callable[[Value], str]  # how a closed form is called


def typed(x: sp.Expr, names: Names, style: Style) -> str:
    """An expression on one line, or in LaTeX's maths mode."""
    sign, text = _signed(sp.sympify(x), names, style)
    return style.total([(sign, text)])


def _signed(x: sp.Expr, names: Names, style: Style) -> Signed:
    """One term: its sign, and its text without it."""
    number, rest = x.as_coeff_Mul()
    if x.is_Add:
        return 1, style.total(_terms(x, names, style))
    if number.is_negative and rest != 1:
        return -1, _text(-x, names, style)
    if x.is_number:
        return (1 if x >= 0 else -1), _plain(abs(x), style)
    return 1, _text(x, names, style)


def _plain(x: sp.Expr, style: Style) -> str:
    """A scalar without values, rearranged as any coefficient is."""
    front, terms = scalar(x, {}, style)
    return (front + " " if front else "") + style.total(terms)


def _terms(x: sp.Expr, names: Names, style: Style) -> list[Signed]:
    """The terms of a sum; a polynomial's in the order in which it is written anywhere else."""
    free = x.free_symbols
    if not x.atoms(Value, sp.Derivative) and x.is_polynomial(*free) and sp.total_degree(x, *free) == 1:
        return scalar(x, {}, style)[1]
    return plus_first(_signed(y, names, style) for y in x.args)


def _text(x: sp.Expr, names: Names, style: Style) -> str:
    """A term without a sign of its own."""
    if isinstance(x, Value):
        return names(x)
    if isinstance(x, sp.Derivative):
        letter, inside = style.name(x.variables[0].name), typed(x.expr, names, style)
        front = rf"\frac{{d}}{{d{letter}}}" if style.tex else f"d/d{letter} "
        return front + style.paren(inside, "[]")
    if x.is_Symbol:
        return style.name(x.name)
    if x.is_Pow and x.exp.is_Integer and x.exp > 0:
        base = x.base
        return (
            style.name(base.name, int(x.exp))
            if base.is_Symbol
            else style.power(_base(base, names, style), x.exp)
        )
    if x.is_Mul or x.is_Pow:
        return _fraction(*_sides(x), names, style)
    return _plain(x, style)


def _sides(x: sp.Expr) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """The factors above and below the line."""
    above, below = [], []
    for f in sp.Mul.make_args(x):
        if f.is_Rational:
            above += [sp.Integer(f.p)] if f.p != 1 else []
            below += [sp.Integer(f.q)] if f.q != 1 else []
        elif f.is_Pow and f.exp.is_negative:
            below.append(f.base**-f.exp)
        else:
            above.append(f)
    return above, below


def _fraction(above: list[sp.Expr], below: list[sp.Expr], names: Names, style: Style) -> str:
    over = _product(above, names, style, alone=style.tex and bool(below)) if above else "1"
    if not below:
        return over
    under = _product(below, names, style, alone=style.tex)
    if style.tex:
        return rf"\frac{{{over}}}{{{under}}}"
    return f"{over}/({under})" if len(below) > 1 else f"{over}/{under}"


def _product(factors: list[sp.Expr], names: Names, style: Style, alone: bool) -> str:
    """Factors side by side: numbers, letters, then sums; a sum alone at a line needs no parentheses."""
    if alone and len(factors) == 1 and factors[0].is_Add:
        return typed(factors[0], names, style)
    ordered = sorted(factors, key=lambda f: (not f.is_number, bool(f.atoms(sp.Add)), str(f)))
    texts = [_base(f, names, style) for f in ordered]
    return " ".join(texts).replace(") (", ")(")


def _base(x: sp.Expr, names: Names, style: Style) -> str:
    """A factor or the base of a power."""
    if x.is_Add or (x.is_Mul and len(x.args) > 1):
        return style.paren(typed(x, names, style))
    return _text(x, names, style)
