"""Tables and lists that are read off the program: commands, published forms, checks, sources."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import metadata
from itertools import groupby
from pathlib import Path
from typing import Any

import sympy as sp
import typer
import yaml

from book.evidence import said
from book.markup import cell, html, prose, table
from book.sources import Sources
from derivations.crosswalk import SOURCES, Statement
from derivations.crosswalk import crosswalk as settled
from verify.certificate import PASSED
from verify.commands import COMMANDS, build
from verify.commands._consequences import written
from verify.commands.list import _number, _spelled
from verify.domain import has_closed_form
from verify.mutants import small_changes
from verify.published import compared

ROOT = Path(__file__).parent.parent


def commands(sources: Sources) -> str:
    """Every subcommand with its help, as it prints it."""
    del sources
    return "\n\n".join(f"## w2s {name}\n\n```text\n{_help(name)}\n```" for name in COMMANDS)


def _help(name: str) -> str:
    command = typer.main.get_command(build(name))
    context = command.make_context("w2s", [name], resilient_parsing=True)
    own = command.get_command(context, name)  # type: ignore[attr-defined]  # a group
    text: str = own.get_help(
        own.make_context(f"w2s {name}", [], resilient_parsing=True, max_content_width=80)
    )
    return text.strip()


def published(sources: Sources) -> str:
    """Published forms against exact values: where, by how much, and under which definition a form holds."""
    rows = [(c.id, compared(p, sources.claims)) for c in sources.claims.values() for p in c.published]
    blocks = []
    for id, found in rows:
        p = found.published
        blocks.append(f"## [{id}](claims/{id}.md)")
        for name, form in ((f"As published ({p.source})", p.form), ("Exact", p.exact)):
            blocks.append(f"{name}:\n\n```{{math}}\n{written(form, True)}\n```")
        blocks.append(
            f"The form is right as this: {p.definition}.\n\n"
            f"Exact over published: **{_number(found.ratio)}** at {_code(_spelled(p.at))}. A witness, "
            f"{_code(_spelled(p.witness))}: published {_number(found.witness.right)}, exact "
            f"{_number(found.witness.left)}."
        )
    return "\n\n".join(blocks)


def crosswalk(sources: Sources) -> str:
    """What the paper states, how it is settled, and by which claims, with their verdicts."""
    blocks = []
    for source, statements in groupby(settled(), key=lambda s: s.source):
        blocks.append(f"## {SOURCES[source][0].upper()}{SOURCES[source][1:]}")
        blocks += [_statement(s, sources) for s in statements]
    return "\n\n".join(blocks)


def _statement(s: Statement, sources: Sources) -> str:
    verdicts = {id: found.verdict for id, found in sources.certificates.items()}
    links = (
        f"[{id}](claims/{id}.md) ({said(verdicts[id]) if id in verdicts else '–'})" for id in s.settled_by
    )
    by = f" Settled by {', '.join(links)}." if s.settled_by else ""
    return f"**{prose(s.says)}**\\\n*{s.finding}*: {prose(s.how)}.{by}"


def _code(text: str) -> str:
    return f"`{text}`"


def passes(sources: Sources) -> str:
    """How many checks each channel made, with their verdicts, and the finest discrepancy that it detected."""
    checks = [c for found in sources.certificates.values() for c in found.checks]
    channels = dict.fromkeys(c.channel for c in checks)
    rows = []
    for channel in channels:
        own = [c for c in checks if c.channel == channel]
        counts = Counter(said(c.verdict) for c in own)
        seen = [c.detectable for c in own if c.verdict == PASSED and c.detectable]
        finest = f"{min(seen):.2g} to {max(seen):.2g}" if seen else "–"
        drawn = sum(c.trials or 0 for c in own)
        rows.append((channel, str(len(own)), ", ".join(f"{n} {v}" for v, n in counts.items()), finest,
                     f"{drawn:,}".replace(",", "\u202f") if drawn else "–"))  # fmt: skip
    return html(
        *table(("Channel", "Checks", "Verdicts", "Sampling detects", "Draws"), (map(cell, r) for r in rows))
    )


def changes(sources: Sources) -> str:
    """How many small changes of closed forms were tried, and how many of them no check would have noticed."""
    forms = [p for c in sources.claims.values() for p in c.parts if has_closed_form(p)]
    tried = sum(len(list(small_changes(_scalar(p.right)))) for p in forms)
    unseen = sum(len(found.unseen) for found in sources.certificates.values())
    return f"{tried} small changes of {len(forms)} closed forms were tried, and {unseen} went unnoticed"


def _scalar(form: sp.Expr) -> sp.Expr:
    """A closed form with a letter for each trace: those are not changed."""
    closed = sp.sympify(form)
    return closed.subs({x: sp.Symbol(f"tr{i}") for i, x in enumerate(closed.atoms(sp.Trace))})


def statement(sources: Sources, id: str) -> str:
    """What a claim says, with a link to its page."""
    claim = sources.claims[id]
    return f"```{{math}}\n{claim.statement}\n```\n\n([{id}](claims/{id}.md))"


# ----------------------------------------------------------------------------------- the sources


def repository() -> str | None:
    """Where the project's metadata says that its source is; nothing is invented where it does not."""
    named = (line.partition(", ") for line in metadata("w2s-theory").get_all("Project-URL") or ())
    found = (url for label, _, url in named if label.lower() in ("repository", "source", "source code"))
    return next(found, None)


def source_of(module: str) -> str | None:
    """The address of a module's file, if that of the repository is known."""
    home = repository()
    return f"{home.rstrip('/')}/blob/main/{module.replace('.', '/')}.py" if home else None


@cache
def citation() -> Mapping[str, Any]:
    """CITATION.cff as data."""
    found: Mapping[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    return found


@cache
def bibtex() -> str:
    """The software and the paper, from CITATION.cff."""
    cff = citation()
    (paper,) = cff["references"]
    authors = " and ".join(f"{a['family-names']}, {a['given-names']}" for a in paper["authors"])
    preprint = next(i["value"].removeprefix("arXiv:") for i in paper["identifiers"])
    software = " and ".join("{" + a["name"] + "}" for a in cff["authors"])
    entries = (
        ("inproceedings", f"{paper['authors'][0]['family-names'].lower()}{paper['year']}", {
            "title": "{" + paper["title"] + "}", "author": authors, "booktitle": paper["collection-title"],
            "year": str(paper["year"]), "eprint": preprint, "archiveprefix": "arXiv",
        }),
        ("software", "w2s-theory", {
            "title": "{" + cff["title"] + "}", "author": software, "version": str(cff["version"]),
            "license": cff["license"],
        }),
    )  # fmt: skip
    return "\n\n".join(
        f"@{kind}{{{key},\n" + "\n".join(f"  {k} = {{{v}}}," for k, v in fields.items()) + "\n}"
        for kind, key, fields in entries
    )


def bibliography(sources: Sources) -> str:
    """The paper and the software as BibTeX, and what claims name as their sources."""
    lines = ["```bibtex", bibtex(), "```", "", "What claims name as their source, and which do:", ""]
    named: dict[str, list[str]] = {}
    for c in sources.claims.values():
        named.setdefault(c.source, []).append(c.id)
    lines += (f"- {source}: {', '.join(_links(ids))}" for source, ids in sorted(named.items()))
    literature = sorted({axiom for id in sources.claims for axiom in sources.claims[id].literature})
    if literature:
        lines += [
            "",
            "Facts taken from the literature by a claim as a whole:",
            "",
            *(f"- {x}" for x in literature),
        ]
    return "\n".join(lines)


def _links(ids: list[str]) -> Iterator[str]:
    return (f"[{id}](claims/{id}.md)" for id in ids)


def changelog(sources: Sources) -> str:
    """CHANGELOG.md below its heading."""
    del sources
    return (ROOT / "CHANGELOG.md").read_text("utf-8").partition("\n")[2].strip()
