"""`w2s bench`: figures of speed."""

import dataclasses
import json
from typing import Annotated

import typer

from verify.bench import PAIRS, figures, machine_description
from verify.commands import Stop


def command(
    pairs: Annotated[int, typer.Option(help="Pairs of runs; the median ratio is reported.")] = PAIRS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time the project against naive baselines in the same run; ratios above 1 are faster than the baseline.

    Example: w2s bench --pairs 9
    """
    if pairs < 1:
        raise Stop(f"--pairs must be at least 1, not {pairs}")
    found = figures(pairs=pairs)
    if as_json:
        record = {
            "machine": machine_description(),
            "pairs": pairs,
            "figures": [dataclasses.asdict(f) for f in found],
        }
        typer.echo(json.dumps(record, indent=1))
        return
    typer.echo(f"{machine_description()}; medians of {pairs} pairs")
    for f in found:
        seconds = f"{f.baseline:.3g} s / {f.ours:.3g} s"
        typer.echo(f"{f.name:<16} {f.ratio:7.1f}x  [{f.lowest:.1f}, {f.highest:.1f}]  {seconds}")
        typer.echo(f"  {f.work}")
