"""Texts of claims as MyST: prose, formulas, links, and pieces of HTML for what Markdown has no words for.

Claims and steps speak a little TeX (docstrings, statements) or Unicode (notes, made TeX by `latex_prose`);
what is between dollars goes to the page as it is, and nothing else may be taken for markup.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from functools import cache
from html import escape
from pathlib import Path

import sympy as sp

from derivations.printing import latex_scalar
from verify.commands._text import HARD, latex_prose

ASSETS = Path(__file__).parent / "assets" / "w2s"  # scripts of pages
_MARKUP = re.compile(r"([\\`*_\[\]<>#|])")
_SLUG = re.compile(r"(?<![\w-])[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![\w-])")


def prose(tex: str, links: Collection[str] = ()) -> str:
    """Text with TeX between dollars as one paragraph; the ids among `links` lead to their pages."""
    parts = re.split(r"(?<!\\)\$([^$]*)\$", " ".join(tex.replace(HARD, " ").split()))
    return "".join(formula(p) if i % 2 else _words(p, links) for i, p in enumerate(parts))


def note(text: str, links: Collection[str] = ()) -> str:
    """A note in Unicode, as steps and titles have them."""
    text = re.sub(r"\b(\w) x (\w)\b", r"\1×\2", text).replace(">=", "≥").replace("<=", "≤")
    return prose(latex_prose(text), links)


def title(text: str) -> str:
    """A title, in Unicode as it is: pages without a formula show it, too, and load nothing to typeset one."""
    return _words(text.replace("\\", "∖"))


def paragraphs(page: str, links: Collection[str] = ()) -> list[str]:
    """A claim's docstring; only ids with a hyphen are links in it, since the others are words."""
    named = [id for id in links if "-" in id]
    return [prose(p, named) for p in re.split(r"\n\s*\n", page.strip()) if p.strip()]


def formula(tex: str) -> str:
    """A formula in a line."""
    return f"${' '.join(tex.split())}$"


def inequality(text: str) -> str:
    """An inequality as certificates have it, `-d_w + n - 1 > 0`, as a formula, what is added before the rest.

    It is text from a file: it is read sign by sign, and never evaluated.
    """
    left, sign, right = re.split(r" (>=|>) ", re.sub("^-", "- ", text), maxsplit=1)
    terms = re.split(r" (?=[-+] )(?![^(]*\))", left)  # not inside brackets
    ordered = sorted(terms, key=lambda term: term.startswith("-"))
    shown = " ".join(re.sub(_NAME, _letter, t).replace("*", " ") for t in ordered).removeprefix("+ ")
    return formula(" ".join([shown, sign.replace(">=", r"\ge"), right]))


_NAME = re.compile(r"Value\(([\w-]+), \d+\)|[A-Za-z]\w*")


def _letter(found: re.Match[str]) -> str:
    return rf"\text{{{found[1]}}}" if found[1] else _symbol(found[0])


@cache
def _symbol(name: str) -> str:
    """A letter by the name that the code has for it."""
    return latex_scalar(sp.Symbol(name))


def _words(text: str, links: Collection[str] = ()) -> str:
    """Plain words, their markup taken away, with links."""
    text = re.sub(r"\\([&%#$_{}])", r"\1", text).replace("--", "–")
    out, last = "", 0
    for found in _SLUG.finditer(text):
        if found[0] in links:
            out += _MARKUP.sub(r"\\\1", text[last : found.start()]) + link(found[0])
            last = found.end()
    return out + _MARKUP.sub(r"\\\1", text[last:])


def link(id: str) -> str:
    """A link to the page of a claim, from that of another one."""
    return f"[{id}]({id}.md)"


def display(*rows: str) -> str:
    """A formula on lines of its own; rows have an & where they are aligned."""
    if len(rows) == 1:
        return f"```{{math}}\n{rows[0].replace('&', '')}\n```"
    inside = " \\\\\n".join(rows)
    return f"```{{math}}\n:nowrap:\n\n\\begin{{align*}}\n{inside}\n\\end{{align*}}\n```"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)


def html(*lines: str) -> str:
    """HTML as it is."""
    return "\n".join(["```{raw} html", *lines, "```"])


def script(name: str, content: str) -> str:
    """A script beside the pages; its address changes with its content, and so does the page that loads it.

    Without that Sphinx would leave an old script in place where nothing else has changed.
    """
    return f'<script defer src="w2s/{name}?v={hashlib.sha256(content.encode()).hexdigest()[:8]}"></script>'


def badge(text: str, kind: str = "") -> str:
    """A short word in a box, coloured by its kind; HTML for inside a line."""
    looks = re.sub("[^a-z]+", "-", kind.lower()).strip("-")
    return f'<span class="w2s-badge w2s-{looks or "plain"}">{escape(text)}</span>'


def cell(text: str, shown: int = 44) -> str:
    """The inside of a cell of a table; what is too long is cut, and whole in a title."""
    if len(text) <= shown:
        return escape(text)
    return f'<span title="{escape(text[:1000])}">{escape(text[: shown - 1])}…</span>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table that scrolls within the page; cells are HTML."""
    return [
        '<div class="w2s-wide" tabindex="0"><table class="w2s-table">',
        "<thead><tr>" + "".join(f"<th>{escape(h)}</th>" for h in head) + "</tr></thead>",
        "<tbody>",
        *("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows),
        "</tbody></table></div>",
    ]


def dropdown(summary: str, lines: Iterable[str]) -> list[str]:
    """HTML that opens when it is asked for."""
    head = f'<details class="w2s-details"><summary>{escape(summary)}</summary>'
    return [head, *lines, "</details>"]
