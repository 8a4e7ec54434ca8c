"""What a chart shows, in sentences: for readers who do not see it, and to the exact size for those who do."""

from collections.abc import Iterable, Iterator, Mapping

from verify.charts.curves import INFINITY, LOSES, TIES, UNKNOWN, ZERO, Curves

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
NOTED = ("pgr:", "opr:", "entries with two ends:")  # what the predictions note on the rest of what is drawn


def sentences(curves: Curves, names: Mapping[str, str], signs: Mapping[str | None, str]) -> Iterator[str]:
    """Where the student does not beat its teacher, with the sign there is for it; where there is no curve."""
    fares = [*curves.against_teacher()]
    for outcome, text in FARES.items():
        if runs := [(first, last) for said, first, last in fares if said == outcome]:
            sign = f"{signs[outcome]} " if outcome in signs else ""
            yield f"{sign}{_at(curves.over, runs)} {text}"
    for model, name in names.items():
        missing = [*curves.missing(model)]
        for reason, text in NO_CURVE.items():
            if runs := [(first, last) for said, first, last in missing if said == reason]:
                yield f"{_at(curves.over, runs)} the risk of the {name} {text}"
    notes = dict.fromkeys(note for p in curves.predictions for note in p.notes)
    yield from (note for note in notes if note.startswith(NOTED))


def _at(over: str, runs: Iterable[tuple[int, int]]) -> str:
    spans = (f"{first}" if first == last else f"{first} – {last}" for first, last in runs)
    return f"At {over} = {', '.join(spans)}"
