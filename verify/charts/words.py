"""What a chart shows, in sentences: for readers who do not see it, and to the exact size for those who do."""

from collections.abc import Iterable, Iterator, Mapping

from verify.charts.curves import INFINITY, LOSES, TIES, UNKNOWN, ZERO, Curves, against_teacher, runs
from verify.predictions import Prediction

FARES = {
    LOSES: "the student has more risk than its teacher",
    TIES: "the student has as much risk as its teacher",
    None: "it is not determined whether the student has more risk than its teacher",
}
NO_CURVE = {
    INFINITY: "is infinite",
    UNKNOWN: "is finite, and the subject of the claim four-regimes",
    ZERO: "is 0, which has no place on a log axis",
}
RANGES = "entries with two ends"  # how the predictions' note on ranges begins


def sentences(curves: Curves, names: Mapping[str, str], signs: Mapping[str | None, str]) -> Iterator[str]:
    """Where the student does not beat its teacher, with the sign there is for it; where there is no curve."""
    fares = _places(curves, map(against_teacher, curves.predictions))
    for outcome, text in FARES.items():
        if outcome in fares:
            sign = f"{signs[outcome]} " if outcome in signs else ""
            yield f"{sign}{fares[outcome]} {text}"
    for model, name in names.items():
        for reason, place in _places(curves, curves.missing(model)).items():
            if reason is not None:
                yield f"{place} the risk of the {name} {NO_CURVE[reason]}"
    for ratio in ("pgr", "opr"):
        for note, place in _places(curves, (_note(p, f"{ratio}: ") for p in curves.predictions)).items():
            if note is not None:
                yield f"{place} {ratio.upper()} is {note}"
    ranges = (_note(p, RANGES) for p in curves.predictions)
    yield from (f"{RANGES}{note}" for note in dict.fromkeys(ranges) if note is not None)


def _places(curves: Curves, said: Iterable[str | None]) -> dict[str | None, str]:
    """Where each of the things is said that are said of the sizes."""
    spans: dict[str | None, list[str]] = {}
    for text, first, last in runs(curves.sizes, said):
        spans.setdefault(text, []).append(f"{first}" if first == last else f"{first} – {last}")
    return {text: f"At {curves.over} = {', '.join(found)}" for text, found in spans.items()}


def _note(p: Prediction, beginning: str) -> str | None:
    """How a note of a prediction goes on that begins so."""
    return next((n.removeprefix(beginning) for n in p.notes if n.startswith(beginning)), None)
