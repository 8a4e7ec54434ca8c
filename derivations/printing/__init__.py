"""Expressions as one would write them on a board: `unicode` for a terminal, `latex` for a page.

Nothing is computed here but what a reader does without a thought: traces are turned, terms with the same
random part are gathered, common factors taken out. What is printed equals what the core holds.
"""

from collections import Counter
from collections.abc import Iterable

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.words import Expression, Factor, Group, MatrixSum
from derivations.printing.scalars import (
    Powers,
    Ratio,
    fraction,
    in_front,
    plus_first,
    ratio,
    scalar,
    signed,
    split,
)
from derivations.printing.style import LATEX, UNICODE, Signed, Style
from derivations.printing.words import mean, order_of, trace


def terms(expression: Expression, tex: bool = False) -> tuple[str, list[Signed]]:
    """What stands in front of the whole, and its signed terms, those with the same random part gathered."""
    style = LATEX if tex else UNICODE
    names: dict[str, sp.Symbol] = {}
    atoms: dict[sp.Symbol, str] = {}

    def named(texts: Iterable[str]) -> sp.Expr:
        found = [names.setdefault(text, sp.Dummy(f"{len(names):04}", real=True)) for text in texts]
        atoms.update((symbol, text) for text, symbol in names.items())
        return sp.Mul(*found)

    gathered: dict[tuple[Group, ...], sp.Expr] = {}
    for t in expression.terms:
        traces = named(text for word in t.traces for text in trace(word, style))
        gathered[t.groups] = gathered.get(t.groups, sp.S.Zero) + t.coefficient * traces
    order = sorted(gathered, key=lambda groups: [[order_of(w) for w in words] for words in groups])
    parts = [(c, groups) for groups in order for c in split(gathered[groups], atoms)]
    means = [named([mean(words, style) for words in groups]) for _, groups in parts]
    summands = [c for c, _ in parts]
    if len(parts) < 2 or not all(c.is_rational_function(*c.free_symbols) for c in summands):
        return scalar(sp.Add(*(c * m for c, m in zip(summands, means, strict=True))), atoms, style)
    ratios = [ratio(c, atoms) for c in summands]
    common = Ratio(above=_shared([r.above for r in ratios]), below=_shared([r.below for r in ratios]))
    rest = [sp.cancel(c / common.value) * m for c, m in zip(summands, means, strict=True)]
    summed = plus_first(signed(c, atoms, style) for c in rest)
    return ("" if common.value == 1 else fraction(common, atoms, style)), summed


def _shared(sides: list[Powers]) -> Powers:
    """The factors that all sides have."""
    least = Counter(dict(sides[0]))
    for side in sides[1:]:
        least &= Counter(dict(side))
    return tuple((p, least[p]) for p, _ in sides[0] if p in least)


def unicode(expression: Expression) -> str:
    """An expression on one line, for the terminal."""
    return in_front(*terms(expression), UNICODE)


def latex(expression: Expression) -> str:
    """An expression in LaTeX's maths mode."""
    return in_front(*terms(expression, tex=True), LATEX)


def unicode_scalar(value: sp.Expr) -> str:
    """A coefficient, a size or a closed form on one line."""
    return in_front(*scalar(value, {}, UNICODE), UNICODE)


def latex_scalar(value: sp.Expr) -> str:
    """A coefficient, a size or a closed form in LaTeX's maths mode."""
    return in_front(*scalar(value, {}, LATEX), LATEX)


def unicode_matrix(total: MatrixSum | MatrixSymbol) -> str:
    """A sum of products of matrices, or a single symbol, on one line."""
    return _matrix(total, UNICODE)


def latex_matrix(total: MatrixSum | MatrixSymbol) -> str:
    """A sum of products of matrices, or a single symbol, in LaTeX's maths mode."""
    return _matrix(total, LATEX)


def _matrix(total: MatrixSum | MatrixSymbol, style: Style) -> str:
    if isinstance(total, MatrixSymbol):
        return style.factor(Factor(total))
    texts = []
    for c, word in (term for term in total.terms if term[0] != 0):
        sign, text = signed(c, {}, style)
        texts.append((sign, style.word(word) if text == "1" else f"{text} {style.word(word)}"))
    return style.total(texts) if texts else "0"


__all__ = [
    "latex",
    "latex_matrix",
    "latex_scalar",
    "terms",
    "unicode",
    "unicode_matrix",
    "unicode_scalar",
]
