"""`w2s plan`: the smallest sample size that reaches a target, or that none does. See verify/planning.py."""

import json
from fractions import Fraction
from typing import Annotated

import typer

from verify.commands import Stop
from verify.commands._inputs import (
    WIDTH,
    BeyondStrong,
    BeyondWeak,
    CorrelationDimension,
    DimensionStrong,
    DimensionWeak,
    LabelNoise,
    OnlyStrong,
    OnlyWeak,
    conclusion,
    inputs,
    real,
    whole,
)
from verify.commands._text import fill
from verify.planning import (
    BEATS_BASELINE,
    BEATS_TEACHER,
    OPR,
    PGR,
    RATIOS,
    SIZES,
    Plan,
    Target,
    number,
    plan,
)
from verify.predictions import Prediction
from verify.targets import Infeasible, Inputs

WORDS = {
    BEATS_TEACHER: "less risk than the teacher",
    BEATS_BASELINE: "less risk than the baseline",
}
MODELS = {"weak": "teacher", "strong_baseline": "baseline", "w2s": "student"}


def command(
    d_w: DimensionWeak,
    d_s: DimensionStrong,
    d_sw: CorrelationDimension,
    sigma2: LabelNoise,
    solve: Annotated[str, typer.Option(help="The sample size sought.", metavar="N|n")],
    target: Annotated[
        str,
        typer.Option(
            help="What it has to reach: pgr=P or opr=Q (at least), beats-teacher or beats-baseline.",
            metavar="TARGET",
        ),
    ],
    n: Annotated[
        str | None, typer.Option("--n", help="Labelled samples; with --solve N.", metavar="INT")
    ] = None,
    N: Annotated[
        str | None, typer.Option("--N", help="Unlabelled samples; with --solve n.", metavar="INT")
    ] = None,
    rho_w: BeyondWeak = "0",
    rho_s: BeyondStrong = "0",
    delta2: OnlyStrong = None,
    tau2: OnlyWeak = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the smallest N or n that reaches a target, as an exact integer, or say that none does.

    Only sizes count at which every risk compared is finite: N > d_s + 1, n > d_w + 1, and n > d_s + 1 for a
    target with the baseline. A tie does not count as beating.

    Example: w2s plan --d-w 20 --d-s 10 --d-sw 4 --n 60 --sigma2 0.25 --solve N --target pgr=0.8
    """
    goal = _target(target)
    sizes = _sizes(solve, n, N)
    try:
        # Of the size that is sought only that it is not refused.
        known = {"n": sizes["n"] or whole("d_w", d_w), "N": sizes["N"] or whole("d_s", d_s)}
        at = inputs(d_w, d_s, d_sw, sigma2, rho_w, rho_s, delta2, tau2, **known)
        found = plan(at, solve, goal, conclusion)
    except Infeasible as why:
        raise Stop(str(why)) from None
    if as_json:
        typer.echo(json.dumps(_document(at, solve, goal, target, found), indent=2, ensure_ascii=False))
    else:
        for sentence in _sentences(solve, goal, target, found):
            for line in fill(sentence, WIDTH, "", "  "):
                typer.echo(line)


def _target(text: str) -> Target:
    """What --target asks for."""
    name, equals, value = text.partition("=")
    if name in (PGR, OPR) and equals:
        return Target(name, real(f"target {name}", value))
    if text in WORDS:
        return Target(text)
    raise Stop(f"--target must be pgr=P, opr=Q, {BEATS_TEACHER} or {BEATS_BASELINE}, not {text!r}")


def _sizes(solve: str, n: str | None, N: str | None) -> dict[str, int | None]:
    """The size that is given; None for the one that is sought."""
    if solve not in SIZES:
        raise Stop(f"--solve must be N or n, not {solve!r}")
    sizes = {name: None if x is None else whole(name, x) for name, x in (("n", n), ("N", N))}
    other = "n" if solve == "N" else "N"
    if sizes[other] is None:
        raise Stop(f"--solve {solve} needs --{other}")
    if sizes[solve] is not None:
        raise Stop(f"--solve {solve} seeks --{solve}, which cannot be given as well")
    return sizes


def _document(at: Inputs, solve: str, goal: Target, target: str, found: Plan) -> dict[str, object]:
    """What --json prints."""
    inputs = {k: float(v) if isinstance(v, Fraction) else v for k, v in vars(at).items()}
    at_answer = {} if found.prediction is None else _values(goal, found.prediction)
    return {
        "inputs": {**inputs, solve: None},
        "target": target,
        "solve": solve,
        "answer": found.answer,
        "holds_until": found.holds_until,
        "value_at_answer": {name: float(x) for name, x in at_answer.items()},
        "notes": [*found.notes],
    }


def _values(goal: Target, prediction: Prediction) -> dict[str, Fraction]:
    """The numbers that a target compares: a ratio, or two risks."""
    other = {BEATS_TEACHER: "weak", BEATS_BASELINE: "strong_baseline"}.get(goal.name)
    entries = (
        {goal.name: prediction.ratios[goal.name]}
        if other is None
        else {model: prediction.excess_risk[model] for model in (other, "w2s")}
    )
    return {name: x for name, x in entries.items() if isinstance(x, Fraction)}


def _sentences(solve: str, goal: Target, target: str, found: Plan) -> list[str]:
    """The answer in words."""
    what = WORDS.get(goal.name) or f"{RATIOS[goal.name]} ≥ {target.partition('=')[2]}"
    if found.answer is None or found.prediction is None:
        return [f"No {solve} has {what}: {found.notes[0]}."]
    values = _values(goal, found.prediction).items()
    there = ", ".join(f"{MODELS.get(name) or RATIOS[name]} {number(x)}" for name, x in values)
    until = "for every larger one" if found.holds_until is None else f"up to {solve} = {found.holds_until}"
    return [
        f"{solve} = {found.answer} is the smallest with {what} ({there}).",
        "; ".join((f"It holds {until}", *found.notes)) + ".",
    ]
