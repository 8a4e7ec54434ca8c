"""The page of all claims, a table; and the table of contents of the book."""

from collections.abc import Iterator
from html import escape
from importlib.metadata import version

from book.evidence import number, said
from book.markup import badge, html, table
from book.sources import Sources
from verify.certificate import PASSED
from verify.commands._text import plain
from verify.dependencies import UNKNOWN

INDEX = "claims/index"


def index(sources: Sources) -> str:
    """The page in MyST."""
    return "\n\n".join(_index(sources)) + "\n"


def _index(sources: Sources) -> Iterator[str]:
    yield "# All claims"
    yield "By the room that they are in, each after all it rests on; see also [the graph](../graph.md)."
    head = ("Claim", "Kind", "What it says", "Verdict", "Trust", "Checks", "Detects", "Rests on it")
    for room, ids in sources.rooms():
        yield f"## {room.capitalize()}"
        yield html(*table(head, (_row(sources, id) for id in ids)))
    yield _colophon(sources)


def _row(sources: Sources, id: str) -> Iterator[str]:
    claim, node, found = sources.claims[id], sources.nodes[id], sources.certificates.get(id)
    yield f'<a href="{id}.html"><code>{id}</code></a>'
    yield escape(claim.kind)
    yield escape(plain(claim.title))
    if found is None or node.verdict == UNKNOWN:
        yield badge("not certified", "draft")
        yield from ("–",) * 3
    else:
        yield badge(said(node.verdict), node.verdict)
        yield badge(node.trust, node.trust)
        yield str(len(found.checks))
        sees = [c.detectable for c in found.checks if c.whole and c.verdict == PASSED and c.detectable]
        yield number(min(sees)) if sees else "–"
    yield str(len(sources.above(id)))


def _colophon(sources: Sources) -> str:
    """Of which version and which runs the pages are."""
    runs = dict.fromkeys(f"level {c.level}, seed {c.seed}" for c in sources.certificates.values())
    made = f"from certificates of {' and '.join(runs)}" if runs else "without a certificate"
    return f"Printed by w2s-theory {version('w2s-theory')} {made}."


# The chapters by hand, in the order of the book.
PARTS = {
    "The theory": (
        "setting",
        "main-theorem",
        "recovery",
        "explorer",
        "published",
        "crosswalk",
        "real-features",
    ),
    "The checks": ("passes", "graph", INDEX),
    "Use it": ("extend", "commands", "bibliography", "changelog"),
}


def contents(sources: Sources) -> str:
    """The table of contents of Jupyter Book: the chapters, then the claims by their rooms."""
    lines = ["format: jb-book", "root: intro", "parts:"]
    rooms = {room.capitalize(): [f"claims/{id}" for id in ids] for room, ids in sources.rooms()}
    for caption, files in (PARTS | rooms).items():
        lines += [f"  - caption: {caption}", "    chapters:"]
        lines += (f"      - file: {file}" for file in files)
    return "\n".join(lines) + "\n"
