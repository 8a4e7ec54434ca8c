"""`w2s bench`: figures of speed."""

import dataclasses
import json
from typing import Annotated

import typer
from rich.console import Console

from verify.bench import builders, figures, machine_description
from verify.commands import Stop
from verify.commands._inputs import WIDTH
from verify.commands._text import fill
from verify.races import PAIRS, Figure


def command(
    pairs: Annotated[int, typer.Option(help="Pairs of runs; the median ratio is reported.")] = PAIRS,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only this figure; may be repeated.", metavar="NAME")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time the project against naive baselines in the same run; ratios above 1 are faster than the baseline.

    Baseline and ours are timed in turn, so that the ratios hold on a busy machine, too. Runs some minutes.

    Example: w2s bench --only pipeline --only variance --pairs 9
    """
    if pairs < 1:
        raise Stop(f"--pairs must be at least 1, not {pairs}")
    known = builders()
    for wrong in (name for name in only or () if name not in known):
        raise Stop(f"--only must be one of {', '.join(known)}, not {wrong!r}")
    chosen = list(dict.fromkeys(only or known))
    console, machine = Console(stderr=True), machine_description()
    found = list[Figure]()
    if not as_json:
        typer.echo(f"{machine}; medians of {pairs} pairs")
    with console.status("") as status:
        status.update(f"timing {chosen[0]}")
        for number, figure in enumerate(figures(chosen, pairs), 1):
            found.append(figure)
            if not as_json:
                _say(figure)
            status.update(f"timing {chosen[number]}" if number < len(chosen) else "")
    if as_json:
        record = {"machine": machine, "pairs": pairs, "figures": [dataclasses.asdict(f) for f in found]}
        typer.echo(json.dumps(record, indent=1))


def _say(f: Figure) -> None:
    """One figure: its ratio, the range of that, the seconds, the goal, and what was timed."""
    ratio = f"{f.ratio:.1f}x" if f.ratio < 1000 else f"{f.ratio:.3g}x"
    spread = f"[{f.lowest:.3g}, {f.highest:.3g}]"
    goal = f"goal {f.goal}" if f.goal else ""
    typer.echo(f"{f.name:<11}{ratio:>9}  {spread:<19}{f.baseline:.3g} s / {f.ours:.3g} s  {goal}".rstrip())
    for line in fill(f.work, WIDTH, "  ", "  "):
        typer.echo(line)
