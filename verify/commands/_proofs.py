"""What a claim assumes and how its steps are justified, in words and in either notation."""

from collections.abc import Iterable, Iterator

import sympy as sp

from derivations import printing
from derivations.claims import Book, ChiSquare, Consequence, Limit, Part, SameLaw, Tendency, Theorem
from derivations.core import analysis
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, Step, nested
from derivations.core.language import parse
from derivations.core.laws import Block, Setting
from derivations.core.words import GRAM_INVERSE, Expression, Factor, Term, Word, collect, identity, matrix
from derivations.printing.scalars import in_front
from derivations.printing.style import LATEX, UNICODE
from verify.commands import _consequences
from verify.commands._text import HARD, latex_prose


class Notation:
    """Unicode for a terminal or LaTeX for a page."""

    def __init__(self, tex: bool) -> None:
        self.style = LATEX if tex else UNICODE
        self.scalar = printing.latex_scalar if tex else printing.unicode_scalar
        self.matrix = printing.latex_matrix if tex else printing.unicode_matrix
        self.expression = printing.latex if tex else printing.unicode
        self.inline = "${}$".format if tex else lambda text: text.replace(" ", HARD)
        self.prose = latex_prose if tex else str

    def name(self, symbol: sp.MatrixSymbol) -> str:
        """A matrix; a single row is named by the vector that it is the transpose of."""
        row = symbol.shape[0] == 1 != symbol.shape[1]
        return self.inline(self.style.factor(Factor(symbol, transposed=row)))

    def inequality(self, positive: sp.Expr) -> str:
        """positive > 0, as n > d_w + 1, or m ≥ d where only a whole number is left out."""
        constant, linear = sp.expand(positive).as_coeff_Add()
        above = sp.Add(*(t for t in sp.Add.make_args(linear) if not t.could_extract_minus_sign()))
        below = sp.expand(above - linear)
        sign, rest = (">", below - constant) if constant != 1 else (r"\ge" if self.style.tex else "≥", below)
        return self.inline(f"{self.scalar(above)} {sign} {self.scalar(rest)}")


def parts(theorem: Theorem) -> Iterator[tuple[Part, Theorem]]:
    """Each part of a claim with what was made of it, independent second derivations after the first."""
    yield from zip(theorem.claim.parts, theorem.apart, strict=True)


def assumptions(part: Part, made: Iterable[Derivation] = (), tex: bool = False) -> list[str]:
    """The hypotheses of a part, and the notation of the derivations, a sentence each."""
    write = Notation(tex)
    if isinstance(part, Consequence):
        return _consequences.assumptions(part, tex)
    if not isinstance(part, SameLaw):
        return _assumed(part.setting, write, made)
    left = _assumed(part.left_setting, write, made)
    if part.right_setting is None or part.right_setting == part.left_setting:
        return left
    return [*left, "On the right, independently:", *_laws(part.right_setting, write)]


def _assumed(setting: Setting, write: Notation, made: Iterable[Derivation]) -> list[str]:
    sizes = ", ".join(write.inequality(h) for h in setting.hypotheses if not h.is_Symbol)
    lines = [f"{sizes}."] if sizes else []
    lines += _laws(setting, write)
    forms = dict(setting.forms)
    fixed = [x for x in setting.given if not forms.get(x, "").startswith("root of")]
    free = [x for x in fixed if forms.get(x) != "overlap"]
    lines += [f"{write.name(x)} is fixed, with singular values at most 1." for x in fixed if x not in free]
    if free:
        lines.append(f"{', '.join(map(write.name, free))}: arbitrary and fixed.")
    equal = [f"{write.matrix(matrix(word))} = {write.matrix(value)}" for word, value in setting.relations]
    equal += [f"{write.matrix(x)} = {write.matrix(value)}" for x, value in setting.definitions]
    equal += [f"{write.scalar(x)} = {write.expression(_trace(word))}" for x, word in setting.names]
    found = {f.symbol for d in made for e in _expressions(d) for f in e.factors() if f.op == GRAM_INVERSE}
    for x in sorted(found, key=str):
        if (name := write.style.gram(x)) is not None:
            equal.append(f"{name} = {write.matrix(matrix((Factor(x, transposed=True), Factor(x))))}")
    equal = [*dict.fromkeys(equal)]  # Γ of several sizes has one name
    lines += [f"{', '.join(map(write.inline, equal))}."] if equal else []
    return lines + ["Expectations of nonnegative quantities may be infinite."] * setting.extended


def _laws(setting: Setting, write: Notation) -> list[str]:
    """What is random and how, block by block."""
    names = [", ".join(map(write.name, block.members)) for block in setting.blocks]
    *most, last = (f"({name})" if "," in name else name for name in names)
    together = [f"{', '.join(most)} and {last} are independent."] if most else []
    return [f"{name}: {_law(b, write)}." for name, b in zip(names, setting.blocks, strict=True)] + together


def _expressions(made: Derivation) -> Iterator[Expression]:
    """Every expression of a derivation and of those that it rests on."""
    yield made.start
    for step in made.steps:
        yield step.after
        for inner in nested(step.rule):
            yield from _expressions(inner)


def _trace(word: Word) -> Expression:
    return collect([Term(sp.S.One, (word,))])


def _law(block: Block, write: Notation) -> str:
    x, covariance = block.members[0], block.covariance[0][0]
    columns = x.shape[1]
    sizes = " and ".join(_size(y, write) for y in block.members)
    if any(kind.startswith("bartlett") for _, kind in block.draws):
        return f"{sizes}, lower triangular, its entries as in Bartlett's decomposition"
    if len(block.members) > 1:
        own = " and ".join(write.inline(write.matrix(block.between(y, y))) for y in block.members)
        cross = write.inline(write.matrix(block.between(*block.members[:2])))
        law = "jointly Gaussian" if block.gaussian else "of any law"
        return f"{sizes}, rows independent, {law}, mean 0, covariances {own}, cross-covariance {cross}"
    if covariance == matrix(identity(columns)) and block.gaussian:
        return f"{sizes}, independent standard normal"
    law = "Gaussian" if block.gaussian else "of any law"
    if columns == 1:
        variance = write.inline(write.scalar(sp.Add(*(c for c, _ in covariance.terms))))
        return f"{sizes}, independent, {law}, mean 0, variance {variance}"
    return f"{sizes}, rows independent, {law}, mean 0, covariance {write.inline(write.matrix(covariance))}"


def _size(x: sp.MatrixSymbol, write: Notation) -> str:
    """The shape of a matrix, or the number of entries of a vector."""
    if 1 not in x.shape:
        sides = (f"({write.scalar(s)})" if s.is_Add else write.scalar(s) for s in x.shape)
        return write.inline(write.style.times.join(sides))
    entries = x.shape[0] * x.shape[1]
    return f"{write.inline(write.scalar(entries))} {'entry' if entries == 1 else 'entries'}"


def goal(part: Part, tex: bool = False) -> tuple[str, str, str]:
    """The two sides of a part and the relation between them, in the middle."""
    if isinstance(part, Consequence):
        return _consequences.sides(part, tex)
    write = Notation(tex)
    left = write.expression(parse(part.left))
    if not isinstance(part, SameLaw):
        arrow = r"\to" if tex else "→"
        return left, arrow if isinstance(part, Limit) else "=", write.expression(parse(part.right))
    same = r"\overset{d}{=}" if tex else "=ᵈ"
    if not isinstance(part.right, ChiSquare):
        return left, same, write.expression(parse(part.right))
    freedom = write.scalar(part.right.freedom)
    chi = rf"\chi^2_{{{freedom}}}" if tex else f"χ²_{{{freedom.replace(' ', '')}}}"
    return left, same, f"1/{chi}" if part.right.reciprocal else chi


def remark(part: Part, tex: bool = False) -> str:
    """What a part adds to its two sides: how fast a limit is reached, how a law is checked."""
    if isinstance(part, SameLaw):
        return "Compared by sampling, not derived here."
    if not isinstance(part, Limit | Tendency):
        return ""
    write, x = Notation(tex), Notation(tex).scalar(part.variable)
    grows = write.inline(rf"{x} \to \infty" if tex else f"{x} → ∞")
    return f"As {grows}, with an error of order {write.inline('1/' + write.style.power(x, part.order))}."


def cited(step: Step) -> str | None:
    """The claim that a step is an instance of."""
    return step.rule.claim if isinstance(step.rule, Cite) else getattr(step.rule, "lemma", None)


def reason(step: Step, found: Book) -> tuple[str, str]:
    """What one would write beside a step, and the rule or the lemma that makes it."""
    claim = cited(step)
    rule = f"by {claim}" if claim else step.rule.title
    title = found.claims[claim].title if claim else ""
    note = step.note.replace(" - ", " − ") or title[:1].lower() + title[1:]
    if not note or note.startswith(step.rule.title):
        return note or rule, "" if not claim or not note else rule
    return note, rule


def relation(step: Step) -> str:
    """How a step's expression relates to the one before it: a limit is not an equation."""
    return "→" if isinstance(step.rule, analysis.Limit) else "="


def rows_of(sign: str, e: Expression) -> list[str]:
    """An expression as rows of LaTeX's `align`, a term a row where it is a long sum."""
    front, found = printing.terms(e, tex=True)
    whole = in_front(front, found, LATEX)
    if len(whole) < 160 or len(found) == 1:
        return [f"&{sign} {whole}"]
    signs = [("" if i == 0 else "+") if plus > 0 else "-" for i, (plus, _) in enumerate(found)]
    rows = [rf"&\quad {mark} {term}" for mark, (_, term) in zip(signs, found, strict=True)]
    rows[0] = f"&{sign} " + (rf"{front}\Bigl[" if front else "") + signs[0] + found[0][1]
    rows[-1] += r"\Bigr]" if front else ""
    return rows
