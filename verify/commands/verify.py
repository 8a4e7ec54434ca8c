"""`w2s verify`: claims through every channel."""

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from derivations.claims import claims
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, UNDECIDED, Certificate, Check
from verify.commands import INTERRUPTED, Stop
from verify.commands._claims import CERTIFICATES, book, claims_from, completions
from verify.commands.list import STYLES
from verify.levels import LEVELS
from verify.runner import CHANNELS, Report, run

_SAYS = {REFUTED: "refutes", UNDECIDED: "cannot decide"}


def command(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Claims to check; all of them if none is named.", autocompletion=completions),
    ] = None,
    level: Annotated[str, typer.Option(help=f"How fine to look: {', '.join(LEVELS)}.")] = "quick",
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 0,
    executor: Annotated[str, typer.Option(help="Where the work is done: local.")] = "local",
    workers: Annotated[int | None, typer.Option(help="Threads; the results do not depend on it.")] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help=f"Only these channels: {', '.join(CHANNELS)}.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the certificates.")] = CERTIFICATES,
    resume: Annotated[
        bool, typer.Option("--resume", help="Reuse what an interrupted run finished in --out.")
    ] = False,
    more: Annotated[
        str | None,
        typer.Option("--claims", help="Claims of your own: a Python file or module (code: it is run)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> int:
    """Check claims by replay, exact arithmetic, sampling and the naive procedure, and write certificates.

    Exit code: 1 if anything is refuted, else 3 if anything is undecided, else 0.

    Example: w2s verify w2s-variance --level standard --seed 7
    """
    library = dict(claims())
    chosen = list(ids or [])
    if more is not None:
        own = claims_from(more)
        library |= own
        chosen = chosen or list(own)
    book(chosen, library)
    for name, value, known in (("--level", [level], LEVELS), ("--channel", channel or [], CHANNELS)):
        for wrong in (v for v in value if v not in known):
            raise Stop(f"{name} must be one of {', '.join(known)}, not {wrong!r}")
    if executor != "local":
        raise Stop(f"--executor must be local in this version, not {executor!r}")
    if workers is not None and workers < 1:
        raise Stop(f"--workers must be at least 1, not {workers}")
    require_writable(out)
    show = _Show(quiet=as_json)
    try:
        with show:
            report = run(
                chosen or None,
                level=level,
                seed=seed,
                channels=channel or tuple(CHANNELS),
                library=library,
                out=out,
                resume=resume,
                workers=workers,
                progress=show.update,
            )
    except KeyboardInterrupt:
        again = [a for a in sys.argv[1:] if a != "--resume"]
        raise Stop(f"interrupted; resume with: w2s {shlex.join(again)} --resume", INTERRUPTED) from None
    except OSError as why:
        raise Stop(f"cannot write to {out}: {why.strerror or why}; what was finished is kept") from None
    for c in report.certificates:
        complain(c)
    if as_json:
        typer.echo(json.dumps(report.to_json(), indent=1, ensure_ascii=False))
    else:
        closing(report, out)
    return report.exit_code


def require_writable(out: Path) -> None:
    """Raise Stop unless files can be made in the folder, which is made if need be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as why:
        raise Stop(f"--out {out} is not a folder that can be written to: {why.strerror or why}") from None


class _Show:
    """One line per claim as it is completed, and a progress bar below them on a terminal."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.console = Console(highlight=False, soft_wrap=True)
        columns = TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        away = not sys.stderr.isatty()
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=away)
        self.task = self.bar.add_task("", total=None)

    def __enter__(self) -> "_Show":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def update(self, done: int, total: int, completed: Certificate | None, seconds: float) -> None:
        """Called by the run after each task."""
        self.bar.update(self.task, completed=done, total=total)
        if completed is not None and not self.quiet:
            for text in (line(completed, seconds), *witnesses(completed)):
                self.console.print(text)


def line(c: Certificate, seconds: float) -> Text:
    """A claim in one line of at most 80 columns: verdict, id, trust, checks, resolution, seconds."""
    sees = min(
        (k.detectable for k in c.checks if k.whole and k.verdict == PASSED and k.detectable), default=None
    )
    power = f"sees {_short(sees)}" if sees else ""
    verdict = "n/a" if c.verdict == NOT_APPLICABLE else c.verdict
    id = c.id if len(c.id) <= 26 else f"{c.id[:25]}…"
    trust, checks = c.trust.replace(" (assumed variance)", "*"), f"{len(c.checks)} checks"
    head = Text(f"{verdict:<9}", STYLES.get(c.verdict, ""))
    return head + Text(f" {id:<26} {trust:<10} {checks:>11}  {power:<11}{seconds:6.1f} s", "")


def _short(x: float) -> str:
    mantissa, exponent = f"{x:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def witnesses(c: Certificate) -> Iterator[Text]:
    """For each channel that refutes a claim, or else cannot decide it, what it saw first."""
    found: dict[str, list[Check]] = {}
    for check in c.checks:
        if check.verdict == c.verdict and check.verdict in _SAYS:
            found.setdefault(check.channel, []).append(check)
    for first, *more in found.values():
        for text in witness(first, len(more)):
            yield Text(text, "red" if c.verdict == REFUTED else "yellow")


def witness(c: Check, more: int = 0) -> Iterator[str]:
    """What a check saw: the step, the point, both values, the interval, the seed; `more` are like it."""
    where = f" at {c.point}" if c.point not in ("", "all") else ""
    yield f"  {c.channel} {_SAYS[c.verdict]} {c.step}{where}" + (f" (and {more} more)" if more else "")
    if c.reason:
        yield f"    {c.reason}"
    if c.lhs is not None:
        yield f"    left {_number(c.lhs)}, right {_number(c.rhs)}, seed {c.seed}"
    if c.interval:
        what = "distance of the laws" if c.lhs is None else "(left - right) / scale"
        chance = "" if c.alpha is None else f" but for {c.alpha:.1e}"
        seed = f", seed {c.seed}" if c.lhs is None else ""
        off = "" if c.rounding_bound is None else f"; rounding at most {c.rounding_bound:.0e}"
        yield f"    {what} in [{c.interval[0]:.3g}, {c.interval[1]:.3g}]{chance}{off}{seed}"


def _number(value: float | str | None) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:40]


def complain(c: Certificate) -> None:
    """Say on stderr, loudly, that channels disagree on a claim, if they do."""
    if c.disagreement:
        passed, refuted = (", ".join(names) for names in c.disagreement)
        text = f"CHANNELS DISAGREE on {c.id}: {passed} passed, {refuted} refuted. One of them is wrong."
        Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text, "bold red"))


def closing(report: Report, out: Path) -> None:
    """The last line."""
    console = Console(highlight=False, soft_wrap=True)
    verdicts = [c.verdict for c in report.certificates]
    tally = ", ".join(f"{verdicts.count(v)} {v.replace('_', ' ')}" for v in dict.fromkeys(verdicts))
    if any(c.trust.endswith("variance)") for c in report.certificates):
        console.print(Text("* the variance is assumed: a pilot's times a factor, not a proved bound", "dim"))
    claims = "1 claim" if len(verdicts) == 1 else f"{len(verdicts)} claims"
    console.print(
        Text(f"{claims}: {tally}. Level {report.level}, seed {report.seed}. Certificates in {out}{os.sep}")
    )
