"""The command w2s: one file a subcommand, imported when it is called.

A subcommand is a module of this folder with a function `command` (its docstring is the help; what it returns,
if anything, is the exit code) and a line in `COMMANDS`. Exit codes: 2 bad usage or input, else 1 something
refuted, else 3 undecided, else 0; 130 interrupted.
"""

import importlib
import os
import sys
from collections.abc import Callable, Sequence

import typer

COMMANDS = {
    "list": "The claims, and the last verdict on each.",
    "show": "One claim: statement, assumptions, and the proof step by step.",
    "verify": "Check claims through every channel and write certificates.",
    "check": "Check certificates again, from the source and with another seed.",
    "graph": "Which claim rests on which, and what would fall with one.",
    "predict": "What the theory predicts at given dimensions and sample sizes.",
    "plan": "The smallest sample size that reaches a target, or that none does.",
    "measure": "Dimensions, angles and d_sw of real features, and what the theory predicts there.",
    "mutants": "Changes every closed form in small ways, and shows that each is refuted.",
    "experiment": "The theory against real features: measured and predicted.",
    "compare": "The theory next to result tables of others.",
    "simulate": "The four models simulated over a grid, beside the exact values.",
    "bench": "Figures of speed, as ratios to naive baselines in the same run.",
}
BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 2, 130, 141  # the last one for `w2s show … | head`


class Stop(typer.TyperException):
    """Ends the command with one sentence on stderr and an exit code."""

    def __init__(self, sentence: str, exit_code: int = BAD_INPUT) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def _w2s() -> None:
    """A theory of weak-to-strong generalization, derived, replayed and sampled.

    Every step of every proof is made by a rule and can be run as a simulation.
    Start with `w2s show w2s-variance` and `w2s verify`.
    """


GREETING = """\
The theory of weak-to-strong generalization, derived, replayed and sampled.
Three ways to begin:

  w2s show w2s-variance            the main theorem and its proof
  w2s verify wishart-inverse-mean  check a lemma through every channel
  w2s predict --d-w 20 --d-s 10 --d-sw 4 --n 60 --N 200 --sigma2 0.25
                                   the theory at your own sizes

All commands: w2s --help. Completion by the Tab key: w2s --install-completion."""


def build(called: str | None) -> typer.Typer:
    """The application; of the modules of the subcommands only the one that is called is imported."""
    app = typer.Typer(
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: importing rich would double the time that it takes
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_w2s)
    for name, summary in COMMANDS.items():
        function = _load(name) if name == called else _w2s
        app.command(name, short_help=summary)(function)
    return app


def _load(name: str) -> Callable[..., object]:
    module = f"verify.commands.{name}"
    try:
        function: Callable[..., object] = importlib.import_module(module).command
    except ModuleNotFoundError as missing:
        if missing.name != module:
            raise
        raise Stop(f"w2s {name} is not part of this version") from None
    return function


def _completed() -> Sequence[str]:
    """The words on the line that a shell asks to complete; none where it does not ask."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    return line.split()[1:] if "_W2S_COMPLETE" in os.environ else []


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    words = [*arguments, *_completed()]
    called = next((a for a in words if not a.startswith("-")), None)
    try:
        # [*arguments], because importing the subcommand `list` puts a module of that name here
        code = build(called)([*arguments], prog_name="w2s", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except typer.TyperException as stop:  # what typer finds wrong with the usage is one of these, too
        context = getattr(stop, "ctx", None)
        hint = f" (see {context.command_path} --help)" if context else ""
        print(f"w2s: {stop.format_message().rstrip('.')}{hint}", file=sys.stderr)
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("w2s: interrupted", file=sys.stderr)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit) as end:  # typer turns the first into the second
        if not isinstance(end, BrokenPipeError) and not isinstance(end.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


def main(argv: Sequence[str] | None = None) -> None:
    """The entry point of w2s. Without arguments it greets, and points to where to begin."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments and "_W2S_COMPLETE" not in os.environ:
        print(GREETING)
        sys.exit(0)
    sys.exit(run(arguments))
