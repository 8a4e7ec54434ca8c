"""`w2s mutants`: every small change of a closed form, and which channel refutes it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from derivations.claims import claims
from verify.certificate import write_json
from verify.commands import Stop
from verify.commands._claims import book
from verify.commands.verify import require_writable
from verify.levels import LEVELS
from verify.mutants.judge import BELOW, KILLED, SURVIVED, Judged, Mutant
from verify.mutants.report import CHANNELS, Mutants, mutants, tally


def command(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Claims to change; all of them if none is named.")
    ] = None,
    level: Annotated[str, typer.Option(help=f"How fine claims are sampled: {', '.join(LEVELS)}.")] = "quick",
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Threads that sample.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the report, and for what is sampled.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Reuse what an earlier run sampled in --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> int:
    """Change each closed form in every small way, and show which channels refute the change.

    Changes that are shown to say the same, or less of an inequality, are set apart. Every other one is put to
    the exact channel, and to sampling and the naive procedure against intervals kept from one run of the
    true claim; those too small for an interval count as below its resolution. Exit code: 1 if a change
    survives.

    Example: w2s mutants w2s-variance teacher-risk
    """
    book(ids or [], claims())
    if level not in LEVELS:
        raise Stop(f"--level must be one of {', '.join(LEVELS)}, not {level!r}")
    if workers is not None and workers < 1:
        raise Stop(f"--workers must be at least 1, not {workers}")
    if resume and out is None:
        raise Stop("--resume needs the --out of the run to resume")
    if out is not None:
        require_writable(out)
    console = Console(highlight=False, soft_wrap=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    away = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=away) as bar:
        sampling, changing = bar.add_task("sampling", total=None), bar.add_task("changing", total=None)

        def done(count: int, total: int, last: Judged) -> None:
            bar.update(changing, completed=count, total=total)
            if not as_json:
                console.print(line(last))

        found = mutants(
            ids or None,
            level=level,
            seed=seed,
            out=out,
            resume=resume,
            workers=workers,
            progress=lambda count, total, *_: bar.update(sampling, completed=count, total=total),
            done=done,
        )
    try:
        if out is not None:
            write_json(out / "mutants.json", found.to_json())
    except OSError as why:
        raise Stop(f"cannot write to {out}: {why.strerror or why}") from None
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    else:
        closing(found, console)
    return 1 if found.survivors else 0


def line(j: Judged) -> Text:
    """A claim in one line of at most 80 columns."""
    count = tally(j.mutants)
    apart = count["equivalent"] + count["true_but_weaker"]
    sees = min((x for c, x in j.notices.items() if x > 0), default=None)
    id = j.claim if len(j.claim) <= 26 else f"{j.claim[:25]}…"
    if not j.mutants:
        return Text(f"{id:<26} states no closed form", "dim")
    killed = f"{count['killed']} of {len(j.mutants) - apart} killed"
    power = f"samples see {sees:.1e}" if sees else ""
    style = "bold red" if count["survived"] else ""
    return Text(f"{id:<26} {killed:<20} {apart:>3} set apart  {power}", style)


def closing(found: Mutants, console: Console) -> None:
    """Kills by channel, and the survivors by name."""
    total = tally(found.every)
    apart = total["equivalent"] + total["true_but_weaker"]
    console.print(
        f"{total['mutants']} mutants: {total['equivalent']} equivalent, {total['true_but_weaker']} true but "
        f"weaker, each with its proof; {total['mutants'] - apart} others."
    )
    for channel in CHANNELS:
        by = total["channels"][channel]
        below = f", {by['below_resolution']} below its resolution" if channel != "exact" else ""
        silent = f", {by['not_applicable']} not for it" if by["not_applicable"] else ""
        console.print(f"  {channel:<9} {by[KILLED]} killed, {by[SURVIVED]} survived{below}{silent}")
    for m in found.survivors:
        for text in survivor(m):
            console.print(Text(text, "red"))


def survivor(m: Mutant) -> list[str]:
    """A surviving mutant, and what came nearest to seeing it."""
    of = f"{m.claim} ({m.label})" if m.label else m.claim
    told = {c: o for c, o in m.channels.items() if o.verdict in (SURVIVED, BELOW) and o.point}
    near = [f"  {c}: nearest at {o.point}, {o.share:.2g} of what it detects there" for c, o in told.items()]
    return [f"survived: {of}: {m.change}", *near]
