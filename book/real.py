"""Real features: the recorded results of the experiments, measured next to what the theory predicts."""

from collections.abc import Iterator

from book.markup import cell, dropdown, html, table, title
from book.sources import Sources
from verify.experiments import EXPERIMENTS
from verify.experiments.recorded import Outcome, code, recorded
from verify.experiments.results import LARGE, SURE, Summary

HEAD = ("Features", "Prediction", "Cells", "Least", "Most", "±", "Band")


def results(sources: Sources) -> str:
    """A section for each experiment whose results came with this version: a table, a figure for each pair."""
    del sources
    found = {name: outcome for name in EXPERIMENTS if (outcome := recorded(name)) is not None}
    return "\n\n".join(block for name, outcome in found.items() for block in _section(name, outcome))


def criterion(sources: Sources) -> str:
    """Where the tables compare, and how sure their intervals are."""
    del sources
    sizes = f"$n\\ge {LARGE}d_w$ and $N\\ge {LARGE}d_s$"
    return f"{sizes}; ± is half the widest simultaneous {100 * SURE:g} % interval"


def _section(name: str, outcome: Outcome) -> Iterator[str]:
    yield f"## {name.capitalize()}"
    for pair, about in outcome.about["pairs"].items():
        dimensions = f"$d_w={about['d_w']}$, $d_s={about['d_s']}$, $d_{{sw}}={about['d_sw']:.4g}$"
        yield f"**{title(pair)}**: {title(about['about'])}. {about['rows']} rows, {dimensions}."
    yield html(*table(HEAD, (map(cell, _row(s)) for s in outcome.summaries())))
    state = "this state" if outcome.about["code"] == code() else "an earlier state"
    yield f"*Recorded* with {state} of the code, {outcome.about['splits']} splits a cell."
    for file, svg in outcome.figures():
        drawn = ['<div class="w2s-wide w2s-chart" tabindex="0">', svg.rstrip(), "</div>"]
        yield html(*dropdown(f"{file.removesuffix('.svg')}: measured and predicted", drawn))


def _row(s: Summary) -> tuple[str, ...]:
    band = "–" if s.band is None else f"{s.band[0]}–{s.band[1]}: {'yes' if not s.fails else 'no'}"
    numbers = f"{s.low:.3f}", f"{s.high:.3f}", f"{100 * s.widest:.1f} %"
    return (f"{s.pair}{' (control)' * s.control}", s.law, str(s.cells), *numbers, band)
