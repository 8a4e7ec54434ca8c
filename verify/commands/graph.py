"""`w2s graph`: which claim rests on which, and what would fall with one. See verify/dependencies.py."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from verify import certificate as files
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, TRUST, UNDECIDED, Certificate
from verify.commands import Stop
from verify.commands._claims import CERTIFICATES, book, completions, derived
from verify.commands._text import HARD, fill
from verify.commands.list import STYLES
from verify.dependencies import Node, falling_with, nodes_of, short, to_dot, to_svg

FORMATS = ("text", "svg", "dot", "json")
WIDEST = 100


def command(
    out: Annotated[Path, typer.Option("--out", help="Where the certificates are.")] = CERTIFICATES,
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "text",
    falls: Annotated[
        str | None,
        typer.Option(
            help="List, or mark, what would fall with this claim.", metavar="ID", autocompletion=completions
        ),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write to this file instead.", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Show which claim rests on which, as the derivations cite, with the last verdicts and their trust.

    The trust is the certificate's, but no stronger than that of any claim underneath: certificates may be of
    different runs.

    Example: w2s graph --falls wishart-inverse-mean --format svg --to graph.svg
    """
    if form not in FORMATS:
        raise Stop(f"--format must be one of {', '.join(FORMATS)}, not {form!r}")
    if as_json and form not in ("text", "json"):
        raise Stop(f"--json and --format {form} exclude each other")
    form = "json" if as_json else form
    found = book([] if falls is None else [falls])
    read = {id: c for id in found.claims if (c := _certificate(out / f"{id}.json", id))}
    for id in found.claims:
        derived(found, id)
    nodes = nodes_of(found, read)
    if form == "text":
        console = Console(highlight=False, soft_wrap=True)
        width = min(console.width, WIDEST)
        _tell(_falling(nodes, falls, width) if falls else _listed(nodes, width), console, to)
    elif form == "json":
        _put(json.dumps(_document(nodes, falls), indent=2, ensure_ascii=False) + "\n", to)
    else:
        _put((to_svg if form == "svg" else to_dot)(nodes, falls), to)


# ------------------------------------------------------------------------------ what is shown


def _certificate(path: Path, id: str) -> Certificate | None:
    """The verdict and the trust in a claim's certificate, or None where there is no such file."""
    try:
        data: Any = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as why:
        raise Stop(f"cannot read {path}: {why.strerror or why}") from None
    except (ValueError, RecursionError):
        raise Stop(f"{path} is not a certificate: it is not whole JSON") from None
    if not isinstance(data, dict) or (data.get("schema"), data.get("id")) != (files.SCHEMA, id):
        raise Stop(f"{path} is not a certificate of {id} of schema {files.SCHEMA}")
    verdict, trust = data.get("verdict"), data.get("trust")
    if verdict not in (PASSED, REFUTED, UNDECIDED, NOT_APPLICABLE) or trust not in TRUST:
        raise Stop(f"{path} is not a certificate: its verdict or its trust is missing or unknown")
    return Certificate(id, verdict, trust, (), (), (), (), {}, 0, "")


def _document(nodes: Sequence[Node], falls: str | None) -> dict[str, object]:
    """What --json prints; the claim asked about is not itself among those that fall with it."""
    falling = falling_with(nodes, falls)
    return {"claims": [{**n._asdict(), "falls": n.id in falling} for n in nodes], "falls": falls}


# ---------------------------------------------------------------------------------- the text


def _listed(nodes: Sequence[Node], width: int) -> Iterator[Text]:
    """Each claim with what it cites, below all that it rests on."""
    for n, head in zip(nodes, _heads(nodes), strict=True):
        cited = f"  <-{HARD}{', '.join(n.depends)}" if n.depends else ""
        yield from _coloured(n, fill((head + cited).rstrip(), width, "", "      "))
    yield from _footnote(nodes)


def _falling(nodes: Sequence[Node], falls: str, width: int) -> Iterator[Text]:
    """The claims that would fall with one, or that none would."""
    falling = falling_with(nodes, falls)
    if not falling:
        yield Text(f"Nothing rests on {falls}.")
        return
    what = "1 claim" if len(falling) == 1 else f"{len(falling)} claims"
    yield from map(Text, fill(f"With {falls} would fall {what} (first the length of the path):", width))
    by_id = {n.id: n for n in nodes}
    found = [by_id[id] for id in falling]
    for n, head in zip(found, _heads(found), strict=True):
        yield from _coloured(n, fill(head.rstrip(), width, f"{falling[n.id]:>3}  ", "      "))
    yield from _footnote(found)


def _heads(nodes: Sequence[Node]) -> list[str]:
    """Id, verdict and trust in columns."""
    rows = [(n.id, *short(n)) for n in nodes]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows]


def _footnote(nodes: Iterable[Node]) -> Iterator[Text]:
    """What the asterisk means, where there is one."""
    if any(short(n)[1].endswith("*") for n in nodes):
        yield Text("* the variance is assumed, see w2s verify", "dim")


def _coloured(n: Node, lines: Iterable[str]) -> Iterator[Text]:
    """The lines of a claim, its verdict in the colour that `w2s list` gives it."""
    for line in lines:
        text = Text(line)
        text.highlight_words([f" {short(n)[0]} "], STYLES.get(n.verdict, ""))
        yield text


# ------------------------------------------------------------------------------- where it goes


def _tell(lines: Iterable[Text], console: Console, to: Path | None) -> None:
    """Print lines, in colour on a terminal, or write them to a file."""
    if to is not None:
        _put("".join(f"{line.plain}\n" for line in lines), to)
        return
    for line in lines:
        console.print(line)


def _put(text: str, to: Path | None) -> None:
    """Print a text, or write it to a file."""
    if to is None:
        typer.echo(text, nl=False)
        return
    try:
        files.write_text(to, text)
    except OSError as why:
        raise Stop(f"cannot write {to}: {why.strerror or why}") from None
