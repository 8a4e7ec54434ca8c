"""`w2s list`: the claims."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from derivations.claims import claims
from verify.commands._claims import CERTIFICATES, last_verdict
from verify.commands._text import fill

STYLES = {"passed": "green", "identical": "green", "refuted": "bold red", "undecided": "yellow"}


def command(
    out: Annotated[Path, typer.Option("--out", help="Where the certificates are.")] = CERTIFICATES,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the claims: id, kind, title, source, and the last verdict as the certificates have it.

    Example: w2s list --out certificates
    """
    rows = [
        {"id": c.id, "kind": c.kind, "title": c.title, "source": c.source, "verdict": last_verdict(c.id, out)}
        for c in claims().values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    width = min(console.width, 100)
    console.print(Text(f"{'id':<29}{'kind':<12}verdict", "bold"))
    for row in rows:
        verdict = row["verdict"] or "-"
        head = f"{row['id'] or '':<28} {row['kind'] or '':<11} "
        console.print(Text.assemble(head, (verdict, STYLES.get(verdict, ""))))
        for line in fill(f"{row['title']} · {row['source']}", width, "  ", "  "):
            console.print(Text(line, "dim"))
