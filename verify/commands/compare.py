"""`w2s compare`: the theory next to result tables of others. See verify/others/."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from verify.certificate import to_json
from verify.commands import Stop
from verify.commands._inputs import WIDTH
from verify.commands._text import fill
from verify.features import BadTable
from verify.features.correlation import Estimate
from verify.others.report import Level, Ratio, Report, report
from verify.others.tables import read, read_dimensions


def command(
    path: Annotated[Path, typer.Argument(help="A .csv file of results, or a folder of them.")],
    dims: Annotated[
        Path | None, typer.Option(help="Widths and dimensions of the features, .csv.", metavar="FILE")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.", metavar="REAL")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fit the theory to published errors: which dimension governs, and where weak-to-strong begins to win.

    A line a number, with columns run, weak, strong, added_label_noise_sd, n, N, metric (ew2s, ew), mean, sd.
    Rows of different runs are different draws: noise levels are subtracted within a run only.

    Example: w2s compare results.csv --dims dims.csv
    """
    if not 0 < confidence < 1:
        raise Stop(f"--confidence must be between 0 and 1, not {confidence}")
    try:
        known = {} if dims is None else read_dimensions(dims)
        reports = [report(run, known, confidence) for run in read(path)]
    except BadTable as why:
        raise Stop(str(why)) from None
    if as_json:
        runs = [_document(r) for r in reports]
        typer.echo(json.dumps(to_json({"schema": "w2s.compare/1", "confidence": confidence, "runs": runs}),
                              indent=1, ensure_ascii=False))  # fmt: skip
        return
    for line in _lines(reports, confidence):
        typer.echo(line)


def _document(r: Report) -> dict[str, object]:
    """One run as JSON has it."""
    return {
        "run": r.run.name,
        "weak": r.run.weak,
        "strong": r.run.strong,
        "levels": [asdict(level) for level in r.levels],
        "ratios": [asdict(ratio) for ratio in r.ratios],
        "printed_d_sw": None if r.printed is None else {"printed": r.printed[0], "by_chance": r.printed[1]},
    }


# --------------------------------------------------------------------------------------- printing


def _lines(reports: list[Report], confidence: float) -> Iterator[str]:
    yield "The student's error over N, fitted by A + B d/(N−d−1); rms of relative residuals in %"
    for r in reports:
        yield ""
        yield f"{r.run.name}: {r.run.weak} → {r.run.strong}"
        for level in r.levels:
            yield from (
                line for text in _level(level, confidence) for line in fill(text, WIDTH, "  ", "    ")
            )
        for ratio in r.ratios:
            yield from (line for text in _ratio(ratio) for line in fill(text, WIDTH, "  ", "    "))
        if r.printed is not None:
            off = 100 * (r.printed[0] / r.printed[1] - 1)
            yield from fill(
                f"printed d_sw {r.printed[0]:g}; two unrelated spaces of these dimensions give "
                f"{r.printed[1]:.2f} by chance ({off:+.2f} %)", WIDTH, "  ", "    ",
            )  # fmt: skip
    yield ""
    yield from fill(
        "The intervals take the residuals at different N as independent. Where the sizes of a run share "
        "their labelled draws they are not, and the intervals are too narrow.", WIDTH,
    )  # fmt: skip


def _level(level: Level, confidence: float) -> Iterator[str]:
    head = f"noise {level.noise:g}, n = {level.n}: "
    if level.governing is None:
        yield f"{head}{len(level.sizes)} values of N do not determine a dimension"
        return
    best = level.governing
    text = f"{head}d = {best.d} fits best, to {100 * best.curve.rms:.2f} %"
    if all(best.open):
        yield f"{text}, but the data do not determine it: every d below the least N fits as well"
    else:
        low = "at most " if best.open[0] else ""
        bound = f"{low}{best.high}" if best.open[0] else f"{best.low} to {best.high}"
        bound = f"at least {best.low}" if best.open[1] else bound
        yield f"{text}; {100 * confidence:g} %: {bound}"
    others = [
        f"{name} {d}: " + ("not below the least N" if curve is None else f"{100 * curve.rms:.2f} %")
        for name, (d, curve) in level.candidates.items()
    ]
    if level.by_size is not None:
        others.append(f"any d/N: {100 * level.by_size.rms:.2f} %")
    yield "; ".join(others)
    if level.loses is None and level.wins is not None:
        seen = "the student wins at every N"
    elif level.wins is None:
        seen = (
            "the student does not win at any of these N"
            if level.loses
            else "the teacher's errors are missing"
        )
    else:
        seen = f"the student loses up to N = {level.loses} and wins from {level.wins} on"
    yield f"{seen}; in variance predicted from {level.predicted} on"


def _ratio(x: Ratio) -> Iterator[str]:
    ends = f"{x.values[0]:.3g} at N = {x.sizes[0]} to {x.values[-1]:.3g} at {x.sizes[-1]}"
    yield (
        f"Var_w2s/Var_w from noise {x.noise:g} over {x.over:g}: {ends}; {_shown(x.shared)} + "
        f"{_shown(x.outside)} κ at d = {x.dimension}, where the theory has d_sw/d_w and 1 − d_sw/d_w; "
        f"Var_w/σ² = {x.teacher:.3g}"
    )


def _shown(x: Estimate) -> str:
    return f"{x.value:.3f} [{x.low:.3f}, {x.high:.3f}]"
