"""`w2s show`: a claim as one would write it on a board."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from derivations import printing
from derivations.claims import Book, Consequence, Part
from derivations.core.consequences import Inference
from derivations.core.derivation import Derivation, Step, nested
from derivations.core.words import Expression
from verify.commands import _consequences
from verify.commands._claims import book, completions, derived
from verify.commands._proofs import assumptions, cited, goal, parts, reason, relation, remark, rows_of
from verify.commands._text import HARD, board, cells, fill, latex_prose, maths, plain

WIDEST = 100
DIM, HEAD = "dim", "bold"


def command(
    id: Annotated[
        str, typer.Argument(help="The id of a claim; w2s list has them all.", autocompletion=completions)
    ],
    latex: Annotated[bool, typer.Option("--latex", help="Print a complete LaTeX document.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, in both notations.")
    ] = False,
) -> None:
    """Show a claim: its statement, its assumptions, each step of its proof with the rule, its axioms.

    Example: w2s show w2s-variance
    """
    found = book([id])
    derived(found, id)
    if as_json:
        typer.echo(json.dumps(document(found, id), indent=2, ensure_ascii=False))
    elif latex:
        typer.echo("\n".join(latex_document(found, id)))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in page(found, id, min(console.width, WIDEST)):
            console.print(line)


# ------------------------------------------------------------------------------------- JSON


def document(found: Book, name: str) -> dict[str, object]:
    """All of it as data; expressions in Unicode and in LaTeX."""
    theorem, claim = found.theorem(name), found.claims[name]
    everything = (*theorem.derivations, *theorem.others)
    return {
        "id": claim.id,
        "title": claim.title,
        "kind": claim.kind,
        "source": claim.source,
        "statement": {"text": maths(claim.statement), "latex": claim.statement},
        "page": " ".join(claim.page.split()),
        "parts": [
            {
                "label": part.label,
                "left": _both(*(goal(part, tex)[0] for tex in (False, True))),
                "relation": goal(part)[1],
                "right": _both(*(goal(part, tex)[2] for tex in (False, True))),
                "remark": remark(part).replace(HARD, " "),
                "assumptions": [line.replace(HARD, " ") for line in assumptions(part, everything)],
                "derivations": [
                    {"independent": i > 0, **_chain(d, found)}
                    for i, d in enumerate((*own.derivations, *own.others))
                ],
                "inferences": [_inference(part, made) for made in own.inferences],
            }
            for part, own in parts(theorem)
        ],
        "depends": list(theorem.depends),
        "axioms": list(found.axioms(name)),
    }


def _both(text: str, tex: str) -> dict[str, str]:
    return {"text": text, "latex": tex}


def _expression(e: Expression) -> dict[str, str]:
    return _both(printing.unicode(e), printing.latex(e))


def _inference(part: Part, made: Inference) -> dict[str, object]:
    assert isinstance(part, Consequence)
    return {
        "uses": list(made.uses),
        "inserted": _both(*(_consequences.written(made.inserted, tex) for tex in (False, True))),
        "conclusion": _both(*(_consequences.written(made.conclusion, tex) for tex in (False, True))),
        "steps": [
            {"note": note, "relation": relation, "expression": _both(text, tex)}
            for (note, relation, text), (_, _, tex) in zip(
                *(_consequences.steps(part, made, tex) for tex in (False, True)), strict=True
            )
        ],
    }


def _chain(made: Derivation, found: Book) -> dict[str, object]:
    return {
        "start": _expression(made.start),
        "steps": [
            {
                "number": number,
                "rule": type(step.rule).__name__,
                "title": step.rule.title,
                "cites": cited(step),
                "note": step.note,
                "kind": step.kind,
                "relation": relation(step),
                "expression": _expression(step.after),
                "unchanged": step.after == step.before,
                "from": [_chain(inner, found) for inner in nested(step.rule)],
            }
            for number, step in enumerate(made.steps, 1)
        ],
    }


# --------------------------------------------------------------------------------- terminal


def page(found: Book, name: str, width: int) -> Iterator[Text]:
    """The claim on lines of at most `width` columns."""
    theorem, claim = found.theorem(name), found.claims[name]
    everything = (*theorem.derivations, *theorem.others)
    yield Text.assemble((claim.id, HEAD), "  ", claim.title)
    yield Text(f"{claim.kind} · {claim.source}", DIM)
    yield Text()
    yield from (Text(line, HEAD) for line in fill(maths(claim.statement), width, "  ", "    "))
    yield Text()
    yield from map(Text, fill(plain(claim.page), width))
    several, before = len(claim.parts) > 1, list[str]()
    for number, (part, own) in enumerate(parts(theorem), 1):
        if several:
            yield Text()
            yield Text(f"Part {number}" + (f": {part.label}" if part.label else ""), HEAD)
            left, sign, right = goal(part)
            yield from map(Text, fill(f"{left} {sign} {right}", width, "  ", "    "))
        elif remark(part):
            yield Text()
        if remark(part):
            yield from map(Text, fill(remark(part), width, "  ", "  "))
        if (assumed := assumptions(part, everything)) != before:
            before = assumed
            yield Text()
            yield Text("Assumptions", HEAD)
            for sentence in assumed:
                yield from map(Text, fill(sentence, width, "  ", "    "))
        for inference in own.inferences:
            yield Text()
            yield Text("Proof", HEAD)
            yield from _argued(part, inference, width)
            yield Text("∎".rjust(width))
        for i, made in enumerate((*own.derivations, *own.others)):
            yield Text()
            yield Text("A second, independent proof" if i else "Proof", HEAD)
            yield from _written(made, found, width)
            yield Text("∎".rjust(width))
    yield Text()
    if theorem.depends:
        yield Text("Rests on", HEAD)
        yield from map(Text, fill(", ".join(theorem.depends), width, "  ", "  "))
    yield Text("Taken for granted" if found.axioms(name) else "Takes nothing for granted", HEAD)
    for axiom in found.axioms(name):
        yield from map(Text, fill(axiom, width, "  · ", "    "))


def _argued(part: Part, made: Inference, width: int) -> Iterator[Text]:
    """How a consequence follows, each formula under the reason for it."""
    assert isinstance(part, Consequence)
    for number, (note, sign, formula) in enumerate(_consequences.steps(part, made, tex=False), 1):
        yield from (Text(line, "cyan") for line in fill(note, width, f"{number:>2}  ", "    "))
        if formula:
            yield from map(Text, fill(f"{sign} {formula}".strip(), width, "    ", "      "))


def _written(made: Derivation, found: Book, width: int, margin: str = "") -> Iterator[Text]:
    """A chain of expressions, each under the reason for it; one inside another is lettered."""
    yield from _formula("  ", made.start, width, margin + "    ")
    for number, step in enumerate(made.steps, 1):
        yield Text()
        yield from _reason(step, chr(96 + number) if margin else str(number), found, width, margin)
        inner = list(nested(step.rule))
        for i, chain in enumerate(inner):
            yield Text(margin + "    " + ("One expression in two ways:" if i % 2 == 0 else "and"), DIM)
            yield from _written(chain, found, width, margin + "    ")
        if inner:
            yield Text(margin + "    so", DIM)
        if step.after != step.before or step is made.steps[-1]:
            yield from _formula(relation(step) + " ", step.after, width, margin + "    ")


def _reason(step: Step, number: str, found: Book, width: int, margin: str) -> Iterator[Text]:
    note, rule = reason(step, found)
    lines = fill(note, width, f"{margin}{number:>2}  ", margin + "    ")
    room = width - cells(lines[-1]) - cells(rule)
    yield from (Text(line, "cyan") for line in lines[:-1])
    if rule and room >= 2:
        yield Text.assemble((lines[-1], "cyan"), " " * room, (rule, DIM))
        return
    yield Text(lines[-1], "cyan")
    if rule:
        yield Text(rule.rjust(width), DIM)


def _formula(sign: str, e: Expression, width: int, margin: str) -> Iterator[Text]:
    for i, line in enumerate(board(*printing.terms(e), width - cells(margin) - 2)):
        yield Text(margin + (sign if i == 0 else "  ") + line)


# ------------------------------------------------------------------------------------ LaTeX


def latex_document(found: Book, name: str) -> Iterator[str]:
    """A document that compiles as it is."""
    theorem, claim = found.theorem(name), found.claims[name]
    everything = (*theorem.derivations, *theorem.others)
    yield r"\documentclass{article}"
    yield r"\usepackage[T1]{fontenc}"
    yield r"\usepackage[margin=25mm]{geometry}"
    yield r"\usepackage{amsmath,amssymb}"
    yield r"\allowdisplaybreaks"
    yield r"\setlength{\parindent}{0pt}"
    yield r"\begin{document}"
    yield rf"\section*{{{latex_prose(claim.title)}}}"
    yield rf"\texttt{{{claim.id}}} ({claim.kind}; {latex_prose(claim.source)})"
    yield rf"\[ {claim.statement} \]"
    yield claim.page.strip()
    several, before = len(claim.parts) > 1, list[str]()
    for number, (part, own) in enumerate(parts(theorem), 1):
        if several:
            label = f": {latex_prose(part.label)}" if part.label else ""
            yield rf"\subsection*{{Part {number}{label}}}"
            yield rf"\[ {' '.join(goal(part, tex=True))} \]"
        yield remark(part, tex=True)
        if (assumed := assumptions(part, everything, tex=True)) != before:
            before = assumed
            yield r"\paragraph{Assumptions.}\leavevmode"
            yield from _items(assumed)
        for inference in own.inferences:
            assert isinstance(part, Consequence)
            yield r"\paragraph{Proof.}\leavevmode"
            for note, sign, formula in _consequences.steps(part, inference, tex=True):
                yield latex_prose(note) + (rf"\[ {sign} {formula} \]".replace("→", r"\to") if formula else "")
            yield r"\hfill$\square$"
        for i, made in enumerate((*own.derivations, *own.others)):
            yield rf"\paragraph{{{'A second, independent proof' if i else 'Proof'}.}}\leavevmode"
            yield from _aligned(made, found)
            yield r"\hfill$\square$"
    if theorem.depends:
        yield r"\paragraph{Rests on} " + ", ".join(rf"\texttt{{{d}}}" for d in theorem.depends) + "."
    if found.axioms(name):
        yield r"\paragraph{Taken for granted.}\leavevmode"
        yield from _items([latex_prose(axiom) for axiom in found.axioms(name)])
    yield r"\end{document}"


def _items(lines: list[str]) -> Iterator[str]:
    yield r"\begin{itemize}"
    yield from (rf"\item {line}" for line in lines)
    yield r"\end{itemize}"


def _aligned(made: Derivation, found: Book) -> Iterator[str]:
    """A chain of expressions in `align*`, interrupted by the derivations that a step rests on."""
    rows = rows_of(r"\phantom{{}={}}", made.start)
    for number, step in enumerate(made.steps, 1):
        note, rule = reason(step, found)
        beside = rf"\hfill\textit{{{latex_prose(rule)}}}" if rule else ""
        text = rf"\textbf{{{number}.}} {latex_prose(note)}{beside}"
        inner = list(nested(step.rule))
        if inner:
            yield from _align(rows)
            yield text
            for i, chain in enumerate(inner):
                yield r"\begin{quote}" + ("One expression in two ways:" if i % 2 == 0 else "and")
                yield from _aligned(chain, found)
                yield r"\end{quote}"
            yield "so"
            rows = []
        else:
            rows.append(rf"\intertext{{{text}}}")
        if step.after != step.before or step is made.steps[-1] or inner:
            rows += rows_of(r"\to{}" if relation(step) == "→" else "={}", step.after)
    yield from _align(rows)


def _align(rows: list[str]) -> Iterator[str]:
    yield r"\begin{align*}"
    yield from (row if row.startswith(r"\intertext") else row + r" \\" for row in rows[:-1])
    yield from rows[-1:]
    yield r"\end{align*}"
