"""The graph of what rests on what: a drawing whose boxes lead to the claims, and what falls with each."""

from collections import Counter
from collections.abc import Iterable
from html import escape

from book.evidence import said
from book.markup import ASSETS, badge, html, script
from book.sources import Sources
from verify.dependencies import UNKNOWN, Node, to_svg


def drawing(sources: Sources) -> str:
    """The graph as SVG, a choice of the claim that is taken away, and where to say what falls with it."""
    nodes = list(sources.nodes.values())
    choices = (f'<option value="{id}">{id}</option>' for id in sorted(sources.nodes))
    return html(
        '<p class="w2s-controls"><label>Take away '
        '<select id="w2s-falls"><option value="">nothing</option>' + "".join(choices) + "</select></label>",
        '<span id="w2s-fallen" role="status"></span></p>',
        f'<p class="w2s-controls">{_legend(nodes)}</p>',
        '<div class="w2s-wide w2s-drawing" tabindex="0" role="region" aria-label="The graph">',
        to_svg(nodes, link=lambda id: f"claims/{id}.html").rstrip(),
        "</div>",
        script("graph.js", (ASSETS / "graph.js").read_text("utf-8")),
    )


def _legend(nodes: Iterable[Node]) -> str:
    """Verdicts and trusts as they are coloured, with how many claims have them."""
    found = Counter((n.verdict, n.trust) for n in nodes)
    return " ".join(badge(f"{_words(*key)}: {count}", _kind(*key)) for key, count in sorted(found.items()))


def _words(verdict: str, trust: str) -> str:
    return "not certified" if verdict == UNKNOWN else f"{said(verdict)}, {escape(trust)}"


def _kind(verdict: str, trust: str) -> str:
    return "draft" if verdict == UNKNOWN else trust if verdict == "passed" else verdict


def summary(sources: Sources) -> str:
    """How large the graph is and what most of it rests on."""
    falls = {id: len(sources.above(id)) for id in sources.nodes}
    most = max(falls, key=lambda id: (falls[id], id))
    arrows = sum(len(n.depends) for n in sources.nodes.values())
    return (
        f"{len(falls)} claims, {arrows} citations. Most rests on [{most}](claims/{most}.md): without it "
        f"{falls[most]} others would fall."
    )
