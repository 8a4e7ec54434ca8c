"""The chapters by hand: Markdown with places between double braces that are filled by what is computed."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from book import explorer, figures, graph, real, reference, tutorial
from book.sources import Sources

CHAPTERS = Path(__file__).parent / "chapters"
# What is computed for a place, by its name; each is called where a chapter asks for it.
PLACES: Mapping[str, Callable[[Sources], str]] = {
    "bibliography": reference.bibliography,
    "changelog": reference.changelog,
    "changes": reference.changes,
    "commands": reference.commands,
    "components": figures.components,
    "criterion": real.criterion,
    "crosswalk": reference.crosswalk,
    "explorer": explorer.controls,
    "graph": graph.drawing,
    "graph-summary": graph.summary,
    "passes": reference.passes,
    "published": reference.published,
    "real-features": real.results,
    "synthetic-curves": figures.synthetic_curves,
    "tutorial-checked": tutorial.checked,
    "tutorial-refuted": tutorial.refuted,
    "tutorial-source": tutorial.source,
}
_PLACE = re.compile(r"\{\{ (?:statement )?([a-z0-9-]+) \}\}")


def chapters(sources: Sources) -> dict[str, str]:
    """Every chapter by its path, filled, and the formulas that one of them loads."""
    texts = {path.name: path.read_text("utf-8") for path in CHAPTERS.glob("*.md")}
    found = {name: filled(name, text, sources) for name, text in texts.items()}
    return {**found, "assets/w2s/theory.js": explorer.script(sources.book)}


def filled(name: str, text: str, sources: Sources) -> str:
    """A chapter with every place filled. Raises KeyError where nothing fills one."""

    def fill(found: re.Match[str]) -> str:
        if "statement " in found[0]:
            return reference.statement(sources, found[1])
        if found[1] not in PLACES:
            raise KeyError(f"{name} asks for {found[1]}, which nothing computes")
        return PLACES[found[1]](sources)

    return _PLACE.sub(fill, text)
