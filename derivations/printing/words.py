"""Where a trace reads best: a squared norm, a quadratic form, or a product of numbers, if it is one.

The normal form keeps the least rotation of a trace, tr(Γ⁺ z zᵀ Γ⁺ᵀ); a board has ‖Γ⁺ z‖².
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from derivations.core.words import GRAM_INVERSE, PLAIN, Group, Word, rotations, transpose
from derivations.printing.style import Style

_CLOSED = ("‖", r"\|", "(", r"\bigl(", "tr ", "tr(", r"\operatorname", "E ", "E‖", "E[", r"\mathbb")
_BETWEEN = re.compile(r"(?<=\)) (?:·|\\cdot) (?=\(|\\bigl\()")


def _reads(word: Word) -> tuple[object, ...]:
    """How well a product reads: few transposes, what occurs once last, an inverse or a transpose first."""
    first, last = word[0], word[-1]
    once = last.op == PLAIN and not last.transposed and [f.symbol for f in word].count(last.symbol) == 1
    opening = 0 if first.op != PLAIN else 1 if first.transposed else 2
    late_names = [tuple(-ord(c) for c in str(f.symbol)) for f in word]
    return sum(f.transposed for f in word), not once, opening, late_names


def numbers(word: Word) -> list[Word]:
    """The words between the cuts of size one: each of them is a number, and the trace is their product."""
    cuts = [i for i, f in enumerate(word) if f.shape[0] == 1]
    turned = word[cuts[0] :] + word[: cuts[0]] if cuts else ()
    ends = pairwise([c - cuts[0] for c in cuts] + [len(word)] * bool(cuts))
    return [min((turned[a:b], transpose(turned[a:b])), key=_reads) for a, b in ends]


def _root(word: Word) -> Word | None:
    """X where the trace is tr(XᵀX): a column, or with few transposes, if there is a choice."""
    half = len(word) // 2
    found = [w[half:] for w in rotations(word) if len(w) % 2 == 0 and transpose(w[half:]) == w[:half]]
    return min(found, key=lambda x: (x[-1].shape[1] != 1, *_reads(x)), default=None)


def _form(word: Word) -> Word | None:
    """The rotation X W⁻¹ Xᵀ of a trace, if there is one."""
    found = (w for w in rotations(word) if len(w) % 2 and w[len(w) // 2].op == GRAM_INVERSE)
    return next((w for w in found if transpose(w) == w), None)


def trace(word: Word, style: Style) -> list[str]:
    """A trace as a product of factors, most often a single one."""
    scalars = numbers(word)
    if len(scalars) > 1:
        return [text for piece in sorted(scalars, key=order_of) for text in trace(piece, style)]
    if (root := _root(word)) is not None:
        return [style.norm(style.word(root), frobenius=root[-1].shape[1] != 1)]
    return [
        style.word(scalars[0]) if scalars else style.trace(_form(word) or min(rotations(word), key=_reads))
    ]


def order_of(word: Word) -> list[tuple[bool, str]]:
    """Sorts words as in (a + b)²: Greek letters first, the longer word first, so that Γ_sC comes before R."""
    return [*sorted((len(str(f.symbol)) == 1, str(f.symbol)) for f in word), (True, "~")]


def product(texts: Iterable[str], style: Style) -> str:
    """Traces and expectations multiplied; a product of matrices gets parentheses among others."""
    counts = Counter(texts)
    if sum(counts.values()) == 1:
        return next(iter(counts))
    parts = (
        t if t.startswith(_CLOSED) and e == 1 else style.power(style.paren(t), e) for t, e in counts.items()
    )
    return _BETWEEN.sub("", style.dot.join(parts))


def mean(words: Group, style: Style) -> str:
    """The expectation of a product of traces."""
    texts = [text for word in words for text in trace(word, style)]
    inside = product(texts, style)
    return style.mean(style.paren(inside, "[]") if len(set(texts)) > 1 else inside)
