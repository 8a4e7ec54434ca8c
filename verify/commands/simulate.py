"""`w2s simulate`: the four models' risks over a grid, measured, beside the exact values."""

import json
import math
import shlex
import statistics
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from derivations.claims import Book, claims
from verify.certificate import write_bytes, write_json
from verify.commands import INTERRUPTED, Stop
from verify.commands._entries import NAMES, RATIOS
from verify.commands._inputs import WIDTH, conclusion, real
from verify.commands._text import fill
from verify.commands.verify import require_writable
from verify.simulation import baseline
from verify.simulation.blas import one_thread
from verify.simulation.cases import AXES, SIZES, Case, grid, paper_synthetic
from verify.simulation.figures import figures
from verify.simulation.ladder import BEST, MEASURED, RUNGS, Rung, checks
from verify.simulation.problem import MODELS
from verify.simulation.run import FINER, PLAIN_TRIALS, Goal, Outcome, run
from verify.simulation.table import ALARM, NoParquet, Row, parquet_modules, rows, to_csv, to_parquet
from verify.targets import Infeasible, Targets

PRESETS = {"paper-synthetic": paper_synthetic}
RELATIVE = 1e-3
_LINES = 12  # of the table that are shown; the file has all


def _list(help: str) -> object:
    return typer.Option(help=help, metavar="LIST")


def command(
    n: Annotated[str | None, typer.Option("--n", help="Labelled samples.", metavar="LIST")] = None,
    N: Annotated[str | None, typer.Option("--N", help="Unlabelled samples.", metavar="LIST")] = None,
    d_s: Annotated[str | None, _list("Dimension of the strong features.")] = None,
    d_w: Annotated[str | None, _list("Dimension of the weak features.")] = None,
    d_sw: Annotated[str | None, _list("Correlation dimension; this or --angles.")] = None,
    angles: Annotated[str | None, _list("Principal angles in degrees; the others are 90.")] = None,
    sigma2: Annotated[str | None, _list("Variance of the label noise.")] = None,
    rho_w: Annotated[str, _list("What the weak features cannot express of the target.")] = "0",
    rho_s: Annotated[str, _list("What the strong features cannot express of it.")] = "0",
    delta2: Annotated[
        str | None, _list("What only the strong features can; by default rho_w - rho_s, or 0.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help=f"A grid by name: {', '.join(PRESETS)}.")] = None,
    rung: Annotated[str, typer.Option(help=f"The sampler: {', '.join(RUNGS)}.")] = BEST,
    trials: Annotated[int | None, typer.Option(help="Trials a case.")] = None,
    error: Annotated[
        float | None,
        typer.Option(
            help=f"Instead: relative standard error of the risks and OPR, and that of PGR. "
            f"[default: {RELATIVE}]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Threads; the results do not depend on it.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for table and figures.")] = Path("simulation"),
    resume: Annotated[bool, typer.Option("--resume", help="Reuse finished chunks in --out.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write the table as Parquet, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> int:
    """Simulate the four models over a grid; write measured and exact values to --out, and figures of them.

    A LIST is numbers with commas between, or first:last:count. Every combination is simulated.
    The samplers assume the more the faster they are, and say what; none assumes what it measures.
    Exit code: 1 if a mean is 6 standard errors from the exact value, else 0.

    Example: w2s simulate --n 60 --N 40:400:10 --d-s 10 --d-w 20 --d-sw 0,5,10 --sigma2 1

    The paper's synthetic experiment: w2s simulate --preset paper-synthetic
    """
    given = {
        "n": n, "N": N, "d_s": d_s, "d_w": d_w, "d_sw": d_sw, "sigma2": sigma2, "delta2": delta2,
    }  # fmt: skip
    if preset is None:
        cases = _cases({**given, "rho_w": rho_w, "rho_s": rho_s}, angles)
    else:
        cases = _preset(preset, [*given.values(), angles, trials, error], rho_w, rho_s)
    goal = Goal() if preset else Goal(trials, None if trials else RELATIVE if error is None else error)
    _usage(rung, trials, error, workers)
    chosen, book = RUNGS[rung], Book(claims())
    for claim in MEASURED.values():
        checks(chosen, claim, book)
    if parquet:
        try:
            parquet_modules()
        except NoParquet as why:
            raise Stop(f"--parquet: {why}") from None
    for case in cases:
        try:
            Targets(case.inputs())
        except Infeasible as why:
            raise Stop(f"{why} (at {case.key})") from None
    require_writable(out)
    began = time.perf_counter()
    outcomes = _simulated(cases, chosen, goal, seed=seed, out=out, resume=resume, workers=workers)
    took = time.perf_counter() - began
    with Console(stderr=True).status("evaluating the exact values"):
        table = rows(outcomes, chosen, conclusion)
    compared = _compared(outcomes) if preset else None
    try:
        written = _write(out, table, chosen, parquet)
        write_json(out / "timing.json", {"seconds": took, "baseline_seconds": compared})
    except OSError as why:
        raise Stop(f"cannot write to {out}: {why.strerror or why}; the finished chunks are kept") from None
    if as_json:
        typer.echo(_json(table))
    else:
        _say(table, chosen, written, took, compared, resume)
    far = [row for row in table if row.far]
    for row in far[:3]:
        name = NAMES.get(row.quantity) or RATIOS[row.quantity]
        print(
            f"w2s: {name} is {row.mean:.6g}, {abs(row.deviation or 0):.1f} standard errors from the exact "
            f"{row.exact:.6g} (at {row.case.key})",
            file=sys.stderr,
        )
    return 1 if far else 0


def _json(table: Sequence[Row]) -> str:
    """The table as JSON: a list of rows."""
    records = []
    for row in table:
        at = {a: getattr(row.case, a) for a in AXES}
        numbers = {k: v if isinstance(v, int) else float(v) for k, v in at.items()}
        records.append({**numbers, **{k: v for k, v in row._asdict().items() if k != "case"}})
    return json.dumps(records, indent=1)


# ------------------------------------------------------------------------------------- the grid


def _cases(given: dict[str, str | None], angles: str | None) -> list[Case]:
    """The cases that the options ask for. Raises Stop."""
    if (given["d_sw"] is None) == (angles is None):
        raise Stop("either --d-sw or --angles is needed")
    for name in ("n", "N", "d_s", "d_w", "sigma2"):
        if given[name] is None:
            raise Stop(f"--{name.replace('_', '-')} is needed, or --preset")
    values = {name: _numbers(name, x) for name in AXES if (x := given[name]) is not None}
    degrees = None if angles is None else [float(x) for x in _numbers("angles", angles)]
    if degrees is not None and not all(0 <= a <= 90 for a in degrees):
        raise Stop("--angles must be between 0 and 90 degrees")
    try:
        cases = grid(values, degrees)
        for case in cases:
            case.problem()
    except ValueError as why:
        raise Stop(str(why)) from None
    return cases


def _numbers(name: str, text: str) -> list[Fraction]:
    """The numbers of a list; sizes are whole, and between the ends of a range rounded to be."""
    option = "--" + name.replace("_", "-")
    parts = text.split(":")
    if len(parts) == 3:
        first, last, count = (real(name, part) for part in parts)
        if count.denominator != 1 or not 2 <= count <= 10_000:
            raise Stop(f"{option} {text}: the count must be a whole number from 2 to 10000")
        found = [first + i * (last - first) / (count - 1) for i in range(int(count))]
        if name in SIZES:
            found = [Fraction(round(x)) for x in found]
    elif len(parts) == 1:
        found = [real(name, part) for part in text.split(",")]
    else:
        raise Stop(f"{option} must be numbers with commas between, or first:last:count, not {text!r}")
    for x in found:
        if name in SIZES and (x.denominator != 1 or x < 1):
            raise Stop(f"{option} must be positive whole numbers, not {x}")
        if x < 0:
            raise Stop(f"{option} cannot be negative: {x}")
    return list(dict.fromkeys(found))


def _preset(name: str, others: Sequence[object], *rhos: str) -> list[Case]:
    """The cases of a preset. Raises Stop."""
    if name not in PRESETS:
        raise Stop(f"--preset must be {' or '.join(PRESETS)}, not {name!r}")
    if any(x is not None for x in others) or any(x != "0" for x in rhos):
        raise Stop("--preset has a grid and a precision of its own: leave the other options out")
    return PRESETS[name]()


def _usage(rung: str, trials: int | None, error: float | None, workers: int | None) -> None:
    """Refuse what cannot be asked for."""
    if rung not in RUNGS:
        raise Stop(f"--rung must be one of {', '.join(RUNGS)}, not {rung!r}")
    if trials is not None and error is not None:
        raise Stop("--trials and --error exclude each other")
    if trials is not None and trials < 2:
        raise Stop(f"--trials must be at least 2, not {trials}")
    if error is not None and not (math.isfinite(error) and 1e-6 <= error < 1):
        raise Stop(f"--error must be between 1e-6 and 1, not {error}")
    if workers is not None and workers < 1:
        raise Stop(f"--workers must be at least 1, not {workers}")


# -------------------------------------------------------------------------------------- the run


def _simulated(
    cases: list[Case], rung: Rung, goal: Goal, *, seed: int, out: Path, resume: bool, workers: int | None
) -> list[Outcome]:
    """Run with a progress bar on a terminal. Raises Stop."""
    columns = (
        TextColumn("simulating"), BarColumn(), TextColumn("{task.fields[cases]}"), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    away = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=away) as bar:
        shown = bar.add_task("", total=None, cases=f"0/{len(cases)} cases")

        def update(done: float, known: float, finished: int) -> None:
            bar.update(shown, completed=done, total=known, cases=f"{finished}/{len(cases)} cases")

        try:
            return run(cases, rung, goal, seed=seed, out=out, resume=resume, workers=workers, progress=update)
        except KeyboardInterrupt:
            again = [a for a in sys.argv[1:] if a != "--resume"]
            raise Stop(f"interrupted; resume with: w2s {shlex.join(again)} --resume", INTERRUPTED) from None
        except OSError as why:
            sentence = f"cannot write to {out}: {why.strerror or why}; the finished chunks are kept"
            raise Stop(f"{sentence}, and --resume goes on from them") from None
        except ValueError as why:
            raise Stop(str(why)) from None


def _write(out: Path, table: Sequence[Row], rung: Rung, parquet: bool) -> list[str]:
    """The files; their names. Raises OSError."""
    contents = {"simulation.csv": to_csv(table)}
    if parquet:
        contents["simulation.parquet"] = to_parquet(table)
    names = {model: NAMES[model] for model in MODELS}
    assumed = ", ".join(rung.uses) or "no claim"
    said = [f"Points: rung {rung.name}, two standard errors either way. Lines: exact. Assumes {assumed}."]
    for name, svg in figures(table, names, conclusion, said).items():
        contents[f"{name}.svg"] = svg.encode("utf-8")
    for stale in out.glob("over-*.svg"):
        if stale.name not in contents:
            stale.unlink()
    for name, content in contents.items():
        write_bytes(out / name, content)
    return [*contents]


# ------------------------------------------------------------------------------------- printing


def _say(
    table: Sequence[Row], rung: Rung, written: list[str], took: float, compared: float | None, resumed: bool
) -> None:
    """A few rows, what they rest on, how far from exact, and where everything is."""
    typer.echo(f"{'':<22}{'measured':>11}{'± s.e.':>12}{'exact':>11}{'deviation':>11}{'trials':>10}")
    head = None
    for row in table[:_LINES]:
        if row.case != head:
            head = row.case
            typer.echo(f"n = {head.n}, N = {head.N}, d_s = {head.d_s}, d_w = {head.d_w}, "
                       f"d_sw = {float(head.d_sw):.4g}, σ² = {float(head.sigma2):.4g}")  # fmt: skip
        name = NAMES.get(row.quantity) or RATIOS[row.quantity]
        cells = [_text(x) for x in (row.mean, row.standard_error, row.exact)]
        apart = "–" if row.deviation is None else f"{row.deviation:+.2f}"
        typer.echo(f"  {name:<20}{cells[0]:>11}{cells[1]:>12}{cells[2]:>11}{apart:>11}{row.trials:>10}")
    if len(table) > _LINES:
        typer.echo(f"  … {len(table) - _LINES} more rows in {written[0]}")
    assumed = ", ".join(rung.uses) or "no claim"
    apart_ = [abs(row.deviation) for row in table if row.deviation is not None]
    _print(f"Rung {rung.name}, which assumes {assumed}.")
    if apart_:
        typer.echo(
            f"Largest of {len(apart_)} deviations: {max(apart_):.1f} standard errors (alarm at {ALARM:g})."
        )
    if any(row.standard_error is None for row in table):
        typer.echo("Within 3 samples of a number of features the variance is infinite: no standard error.")
    _print(f"{took:.1f} s. Files: {', '.join(written[:4])}{', …' if len(written) > 4 else ''}.")
    if compared is not None:
        # Of a run that went on from an earlier one the time says nothing.
        times = "" if resumed else f", {compared / took:.0f} times as long"
        _print(
            f"The same standard errors, 1/{FINER} of those of {PLAIN_TRIALS} plain trials, by one call of "
            f"scipy's lstsq a model: {_duration(compared)} on one processor{times}."
        )


def _print(text: str) -> None:
    for line in fill(text, WIDTH, "", "  "):
        typer.echo(line)


def _text(x: float | None) -> str:
    return "–" if x is None else f"{x:.5g}"


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds > 5400 else f"{seconds / 60:.1f} minutes"


def _compared(outcomes: Sequence[Outcome]) -> float:
    """Seconds that trials of the baseline would take for the standard errors that were reached.

    A trial of the baseline is timed at the smallest, the middle and the largest size and its time taken to
    be linear in n and N (as its work is); the trials it needs are 40 times the square of the ratio of the
    standard errors of 40 trials to those asked for, a hundred.
    """
    problems = [o.case.problem() for o in outcomes]
    sizes = [(p.n, p.N) for p in problems]
    corners = {min(sizes), max(sizes), min(sizes, key=lambda s: s[::-1]), statistics.median_low(sizes)}
    with one_thread():
        timed = {
            c: statistics.median(baseline.seconds(problems[sizes.index(c)]) for _ in range(3))
            for c in corners
        }
    rate = statistics.median(t / (c[0] + c[1]) for c, t in timed.items())
    return sum(rate * (n + N) * PLAIN_TRIALS * FINER**2 for n, N in sizes)
