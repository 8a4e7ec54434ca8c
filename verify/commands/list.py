"""`w2s list`: the claims, published forms against exact ones, and what settles the paper's statements."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from derivations.claims import Claim, claims
from derivations.crosswalk import SOURCES, Statement, crosswalk
from derivations.points import Point
from verify.certificate import combine
from verify.commands._claims import CERTIFICATES, last_verdict
from verify.commands._consequences import written
from verify.commands._text import fill, plain

if TYPE_CHECKING:
    from verify.published import Comparison

STYLES = {"passed": "green", "identical": "green", "refuted": "bold red", "undecided": "yellow"}


def command(
    out: Annotated[Path, typer.Option("--out", help="Where the certificates are.")] = CERTIFICATES,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="Compare published forms with the exact values.")
    ] = False,
    as_crosswalk: Annotated[
        bool, typer.Option("--crosswalk", help="Go through the paper's statements, with what settles each.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the claims: id, kind, title, source, and the last verdict as the certificates have it.

    With --as-published: each form as coded or stated, the exact value, their ratio in the paper's synthetic
    experiment, the definition under which the form holds, and a problem in which it does not.

    With --crosswalk: each statement of the abstract and formula of the authors' code, the claims that settle
    it, and how.

    Example: w2s list --as-published
    """
    if as_published and as_crosswalk:
        raise typer.BadParameter("give one of --as-published and --crosswalk")
    known = claims()
    console = Console(highlight=False, soft_wrap=True)
    width = min(console.width, 100)
    if as_crosswalk:
        told = [{**asdict(s), "verdict": _settled(s, out)} for s in crosswalk()]
        if as_json:
            typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
            return
        for source, statements in groupby(crosswalk(), key=lambda s: s.source):
            console.print(Text(f"{SOURCES[source][0].upper()}{SOURCES[source][1:]}", "bold"))
            for s in statements:
                for text in (*_statement(s, out, width), Text()):
                    console.print(text)
        return
    if as_published:
        from verify.published import compared

        rows = [(c, compared(p, known)) for c in known.values() for p in c.published]
        if as_json:
            typer.echo(json.dumps([_row(c, r, out) for c, r in rows], indent=2, ensure_ascii=False))
            return
        for c, r in rows:
            for text in _comparison(c, r, out, width):
                console.print(text)
        return
    listed = [
        {"id": c.id, "kind": c.kind, "title": c.title, "source": c.source, "verdict": last_verdict(c.id, out)}
        for c in known.values()
    ]
    if as_json:
        typer.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    console.print(Text(f"{'id':<29}{'kind':<12}verdict", "bold"))
    for row in listed:
        verdict = row["verdict"] or "-"
        head = f"{row['id'] or '':<28} {row['kind'] or '':<11} "
        console.print(Text.assemble(head, (verdict, STYLES.get(verdict, ""))))
        for line in fill(f"{row['title']} · {row['source']}", width, "  ", "  "):
            console.print(Text(line, "dim"))


def _settled(statement: Statement, out: Path) -> str | None:
    """The verdict on all claims that settle a statement; None where a certificate is missing, or no claim."""
    verdicts = [last_verdict(id, out) for id in statement.settled_by]
    known = [v for v in verdicts if v is not None]
    return combine(known) if known and len(known) == len(verdicts) else None


def _statement(statement: Statement, out: Path, width: int) -> Iterator[Text]:
    verdict = _settled(statement, out) or "-"
    yield from map(Text, fill(plain(statement.says), width, "", ""))
    yield from map(Text, fill(f"{statement.finding}: {plain(statement.how)}", width, "    ", "    "))
    if statement.settled_by:
        text = f"{verdict}: {', '.join(statement.settled_by)}"
        yield from (Text(line, STYLES.get(verdict, "dim")) for line in fill(text, width, "    ", "    "))


def _row(claim: Claim, found: "Comparison", out: Path) -> dict[str, object]:
    """A comparison as data; numbers as floats."""
    p = found.published
    return {
        "id": claim.id,
        "source": p.source,
        "published": {"text": written(p.form, False), "latex": written(p.form, True)},
        "exact": {"text": written(p.exact, False), "latex": written(p.exact, True)},
        "holds": p.definition,
        "at": _values(p.at),
        "ratio": float(found.ratio),
        "witness": {
            "at": _values(p.witness),
            "published": float(found.witness.right),
            "exact": float(found.witness.left),
        },
        "verdict": last_verdict(claim.id, out),
    }


def _values(point: Point) -> dict[str, object]:
    numbers = {k: v if isinstance(v, int) else float(v) for k, v in point.values}
    return {**numbers, **({"cos": [float(c) for c in point.overlaps]} if point.overlaps else {})}


def _comparison(claim: Claim, found: "Comparison", out: Path, width: int) -> Iterator[Text]:
    p, verdict = found.published, last_verdict(claim.id, out) or "-"
    yield Text.assemble((f"{claim.id:<28} ", "bold"), (verdict, STYLES.get(verdict, "")))
    failing = f"{_number(found.witness.right)} published, {_number(found.witness.left)} exact"
    rows = (
        ("published", f"{written(p.form, False)}   ({p.source})"),
        ("exact", written(p.exact, False)),
        ("holds", p.definition),
        ("exact/published", f"{_number(found.ratio)} at {_spelled(p.at)}"),
        ("witness", f"{failing} at {_spelled(p.witness)}"),
    )
    for name, text in rows:
        yield from map(Text, fill(text, width, f"  {name:<16} ", " " * 19))


def _number(x: Fraction) -> str:
    return f"{float(x):.4g}"


def _spelled(point: Point) -> str:
    """A point with its scalars as decimals."""
    parts = [f"{k}={v if isinstance(v, int) else _number(v)}" for k, v in point.values]
    return ", ".join(parts + [f"cos=({', '.join(map(str, point.overlaps))})"] * bool(point.overlaps))
