"""Consequences in words and in either notation: what is stated, on which region, and how it follows."""

from collections.abc import Iterator

import sympy as sp

from derivations import printing
from derivations.claims import Consequence, Order, Tendency, Threshold, claims
from derivations.core.consequences import Inference, Value
from derivations.core.words import Term, collect
from derivations.printing.style import LATEX, UNICODE
from derivations.printing.typed import typed
from verify.commands._text import HARD, latex_prose, maths

LONG = 40  # operations in a computed closed form that is still worth a reader's time


def name(v: Value, tex: bool) -> str:
    """How the value of a claim is called: the left side of its statement, or the label of its part."""
    known = claims()
    if v.claim not in known:
        return str(v.claim)
    if v.part:
        label = known[v.claim].provable[v.part].label
        return rf"[{_in_formula(label)}]" if tex else f"[{label}]"
    side: str = " ".join(known[v.claim].statement.partition("=")[0].split())
    text = side if tex else maths(side)
    if not v.changes:
        return text
    style = LATEX if tex else UNICODE
    changed = ", ".join(
        f"{style.name(x.name)} := {typed(to, lambda w: name(w, tex), style)}" for x, to in v.changes.items()
    )
    return rf"{text}\big|_{{{changed}}}" if tex else f"{text}[{changed}]"


def _in_formula(label: str) -> str:
    """Words in LaTeX's maths mode, formulas among them outside of the text."""
    pieces = latex_prose(label).split("$")
    return "".join(p if i % 2 else rf"\text{{{p}}}" * bool(p) for i, p in enumerate(pieces))


def written(x: sp.Expr, tex: bool) -> str:
    """A side of a consequence as it was typed."""
    return typed(x, lambda v: name(v, tex), LATEX if tex else UNICODE)


def sides(part: Consequence, tex: bool) -> tuple[str, str, str]:
    """The two sides and the relation between them."""
    left, right = written(part.left, tex), written(part.right, tex)
    if isinstance(part, Threshold):
        mark = r"\operatorname{sign}\bigl[{}\bigr]" if tex else "sign[{}]"
        return mark.replace("{}", left), "=", mark.replace("{}", right)
    relation = "="
    if isinstance(part, Tendency):
        relation = r"\to" if tex else "→"
    elif isinstance(part, Order):
        relation = ">" if part.strict else r"\ge" if tex else "≥"
    return left, relation, right


def assumptions(part: Consequence, tex: bool) -> list[str]:
    """The region, a sentence each: what is positive, what is not negative, what letters mean and are."""

    def inline(text: str) -> str:
        return f"${text}$" if tex else text.replace(" ", HARD)

    def each(pairs: Iterator[str]) -> str:
        return ", ".join(map(inline, pairs)) + "."

    region, lines = part.region, []
    weak = r"\ge" if tex else "≥"
    hypotheses = [f"{written(h, tex)} {'>' if strict else weak} 0" for h, strict in region.hypotheses]
    if hypotheses:
        lines.append(each(iter(hypotheses)))
    fixed = dict(region.at)
    kept = [(letter, meaning) for letter, meaning, _ in region.names if letter not in fixed]
    used = (part.left - part.right).free_symbols
    if kept and any(letter in used for letter, _ in kept):
        named = dict(part.setting.names)
        whole = printing.latex if tex else printing.unicode
        stand = {s for _, meaning in kept for s in meaning.free_symbols if s in named}
        equal = [f"{written(letter, tex)} = {written(meaning, tex)}" for letter, meaning in kept]
        equal += [
            f"{written(s, tex)} = {whole(collect([Term(sp.S.One, (named[s],))]))}"
            for s in sorted(stand, key=str)
        ]
        lines.append(each(iter(equal)))
    if fixed:
        lines.append("At " + each(f"{written(x, tex)} = {written(to, tex)}" for x, to in fixed.items()))
    return lines


def steps(part: Consequence, made: Inference, tex: bool) -> list[tuple[str, str, str]]:
    """(why, relation, formula) for each line of the argument."""
    scalar = printing.latex_scalar if tex else printing.unicode_scalar
    verb = "conclude" if len(made.uses) > 1 else "concludes"
    first = f"insert what {', '.join(made.uses)} {verb}" if made.uses else "by algebra"
    if not isinstance(part, Order | Threshold):
        arrow = "→" if isinstance(part, Tendency) else "="
        short = sp.count_ops(made.conclusion) <= LONG
        return [(first, arrow, scalar(made.conclusion) if short else written(part.right, tex))]
    assert made.ratio is not None
    sign = "≥ 0" if isinstance(part, Order) and not part.strict else "> 0"
    seen = f"{sign} all over the region, as are its parts"
    if isinstance(part, Threshold):
        return [(f"{first}; left over right is", "", scalar(made.ratio)), (seen, "", "")]
    shown = scalar(made.ratio) if part.because is None else written(part.because, tex)
    return [(f"{first}; left less right is", "", shown), (seen, "", "")]
