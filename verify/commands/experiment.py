"""`w2s experiment`: real features, splits of a pool, measured against predicted. See verify/experiments/."""

import json
import math
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from verify.certificate import to_json, write_json, write_text
from verify.commands import INTERRUPTED, Stop
from verify.commands._inputs import WIDTH
from verify.commands._text import cells as width_of
from verify.commands._text import fill
from verify.commands.verify import require_writable
from verify.experiments import EXPERIMENTS, Place, load
from verify.experiments.recorded import Outcome, code, recorded, tables
from verify.experiments.results import LARGE, SURE, Summary, write
from verify.experiments.unavailable import Unavailable
from verify.features import BadTable


def command(
    name: Annotated[str, typer.Argument(help=f"Which one: {', '.join(EXPERIMENTS)}.")],
    pair: Annotated[
        list[str] | None, typer.Option(help="Only this pair of features; may be given more than once.")
    ] = None,
    splits: Annotated[
        int | None, typer.Option(min=2, help="Random splits of the pool in each cell.", metavar="INT")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the splits and of random features.", metavar="INT")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for tables and figures; results/NAME by default.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Take finished cells from --out.")] = False,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for what is fetched and extracted; in your cache by default.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with files to use in place of a fetch.")] = None,
    extract: Annotated[
        bool,
        typer.Option("--extract", help="Extract features anew, and say how far they are from the cache."),
    ] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write results.parquet, too.")] = False,
    shown: Annotated[
        bool, typer.Option("--recorded", help="Show the results that came with this version; runs nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Fit teacher, student, baseline and ceiling on real features, and compare with what the theory predicts.

    Variances are exact over label noise in each split; a Gaussian control with the same covariances runs
    beside every pair.

    Example: w2s experiment digits --out results/digits
    """
    if name not in EXPERIMENTS:
        raise Stop(f"there is no experiment {name!r}; there are {', '.join(EXPERIMENTS)}")
    if shown:
        outcome = recorded(name)
        if outcome is None:
            raise Stop(f"no results of {name} came with this version")
        _show(outcome, as_json, "recorded")
        return
    if data is not None and not data.is_dir():
        raise Stop(f"--data {data} is not a folder")
    folder = out or Path("results") / name
    require_writable(folder)
    if parquet:
        _require_pyarrow()
    quiet = as_json or not sys.stderr.isatty()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    place = Place(cache or default_cache(), data, extract, lambda text: console.print(text, style="dim"))
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    try:
        pairs = load(name, seed, place)
        known = [p.name for p in pairs]
        for wrong in (p for p in pair or () if p not in known):
            raise Stop(f"--pair must be one of {', '.join(known)}, not {wrong!r}")
        chosen = [p for p in pairs if not pair or p.name in pair]
        with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
            task = bar.add_task("", total=None)

            def progress(what: str, done: int, of: int) -> None:
                bar.update(task, description=what, completed=done, total=of)

            count = splits or EXPERIMENTS[name].splits
            outcome = tables(name, chosen, count, seed, folder, resume, progress)
        write(outcome.rows, folder / "results.csv")
        if parquet:
            write(outcome.rows, folder / "results.parquet")
        write_json(folder / "about.json", outcome.about)
        for file, svg in outcome.figures():
            write_text(folder / file, svg)
    except KeyboardInterrupt:
        again = [a for a in sys.argv[1:] if a != "--resume"]
        raise Stop(f"interrupted; resume with: w2s {shlex.join(again)} --resume", INTERRUPTED) from None
    except (Unavailable, BadTable) as why:
        raise Stop(str(why)) from None
    except OSError as why:
        raise Stop(f"cannot write to {folder}: {why.strerror or why}; what was finished is kept") from None
    _show(outcome, as_json, str(folder))


def default_cache() -> Path:
    """Where fetched files and extracted features are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "w2s-theory"


def _require_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401  # whether it is there
    except ModuleNotFoundError:
        raise Stop("--parquet needs pyarrow (pip install 'w2s-theory[parquet]')") from None


# --------------------------------------------------------------------------------------- printing


def _show(outcome: Outcome, as_json: bool, where: str) -> None:
    found = outcome.summaries()
    if as_json:
        document = {
            "schema": "w2s.experiment/1",
            "about": outcome.about,
            "summary": [asdict(s) for s in found],
        }
        typer.echo(json.dumps(to_json(document), indent=1, ensure_ascii=False))
        return
    for line in _lines(outcome, found, where):
        typer.echo(line)


def _lines(outcome: Outcome, found: list[Summary], where: str) -> Iterator[str]:
    for name, about in outcome.about["pairs"].items():
        yield from fill(f"{name}: {about['about']}", WIDTH, "", "  ")
        yield (
            f"  {about['rows']} rows, d_w = {about['d_w']}, d_s = {about['d_s']}, d_sw = {about['d_sw']:.4g} "
            f"[{about['d_sw_low']:.4g}, {about['d_sw_high']:.4g}]"
        )
    yield ""
    yield f"Variance of the W2S student, measured/predicted, where n ≥ {LARGE} d_w and N ≥ {LARGE} d_s;"
    yield f"±: half the widest simultaneous {100 * SURE:g} % interval; do they all meet the band?"
    yield f"{'':<24}{'law':<11}{'cells':>6}{'least':>7}{'most':>7}{'±':>8}  band"
    for s in found:
        head = f"{s.pair}{' (control)' * s.control}"
        verdict = "" if s.band is None else f"{s.band[0]}–{s.band[1]} {'yes' if not s.fails else _fails(s)}"
        numbers = f"{s.cells:>6}{s.low:>7.3f}{s.high:>7.3f}{100 * s.widest:>6.1f} %"
        yield f"{head:<24}{s.law:<11}{numbers}  {verdict}".rstrip()
    pgr = [r for r in outcome.rows if r.quantity == "pgr" and not r.control]
    if pgr:
        yield ""
        yield "PGR, measured ± standard error and predicted, at the middle n and the largest N"
    for key in dict.fromkeys((r.pair, r.labels, r.added) for r in pgr):
        at = [r for r in pgr if (r.pair, r.labels, r.added) == key]
        sizes = sorted({r.n for r in at})
        r = max((r for r in at if r.n == sizes[len(sizes) // 2]), key=lambda r: r.N)
        what = f"{key[1]}{f', noise {key[2]:g}' if key[2] else ''}"
        predicted = f"{r.gaussian:.3f}" if math.isfinite(r.gaussian) else "none"
        text = f"{key[0]:<15}{what:<22}{r.measured:>7.3f} ± {r.error:.3f}  {predicted}"
        yield f"{text}{' ' * max(1, 62 - width_of(text))}n = {r.n}, N = {r.N}"
    yield ""
    if where != "recorded":
        yield f"tables and figures are in {where}"
    else:
        same = "this state" if outcome.about["code"] == code() else "an earlier state"
        text = f"recorded with {same} of the code, {outcome.about['splits']} splits a cell; nothing was run"
        yield from fill(text, WIDTH)


def _fails(s: Summary) -> str:
    return f"not {len(s.fails)} of {s.cells}"
