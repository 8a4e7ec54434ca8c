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
    UNKNOWN: "is finite, but this theory does not know it",
    ZERO: "is 0, which has no place on a log axis",
}


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


def _at(over: str, runs: Iterable[tuple[int, int]]) -> str:
    spans = (f"{first}" if first == last else f"{first} – {last}" for first, last in runs)
    return f"at {over} = {', '.join(spans)}"
