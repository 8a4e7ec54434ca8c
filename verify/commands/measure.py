"""`w2s measure`: the theory's numbers on feature files, as a table or JSON. See verify/features/."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from verify.commands import Stop
from verify.commands._figures import draw, drawable
from verify.commands._inputs import WIDTH, whole
from verify.commands._text import cells, fill
from verify.features import BadTable, Forecast, Measurement, Settings, forecast, measure, parse_fit
from verify.features.correlation import Estimate
from verify.features.document import document
from verify.features.figure import drawing
from verify.features.forecast import chance
from verify.features.remarks import remarks
from verify.features.spaces import Space
from verify.targets import Infeasible


def command(
    weak: Annotated[str, typer.Argument(help="Weak features: .npy, .npz, .csv or .parquet.")],
    strong: Annotated[str, typer.Argument(help="Strong features of the same samples.")],
    labels: Annotated[str | None, typer.Argument(help="Labels of them; several columns are repeats.")] = None,
    n: Annotated[str | None, typer.Option("--n", help="Labelled samples.", metavar="INT")] = None,
    N: Annotated[str | None, typer.Option("--N", help="Unlabelled samples.", metavar="INT")] = None,
    fit: Annotated[
        str, typer.Option(help="How the models will be fitted.", metavar="ridgeless|pca:K|ridge:L")
    ] = "ridgeless",
    sigma2: Annotated[
        float | None, typer.Option(help="Variance of one label's noise, if known.", metavar="REAL")
    ] = None,
    uncentred: Annotated[
        bool,
        typer.Option(
            "--uncentred", help="Moments about zero: for features that are not centred before the fit."
        ),
    ] = False,
    tail: Annotated[
        float, typer.Option(help="Part of the trace that the leading dimension leaves out.", metavar="REAL")
    ] = 0.01,
    rcond: Annotated[
        float | None,
        typer.Option(help="Relative singular value that counts as 0; default: rounding.", metavar="REAL"),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.", metavar="REAL")] = 0.95,
    to: Annotated[
        Path | None, typer.Option(help="Draw a figure to this .svg or .png file, too.", metavar="FILE")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the groups of rows behind the intervals.", metavar="INT")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure dimensions, angles and d_sw of two feature maps, and predict what weak-to-strong does there.

    Files have a sample a row, in the same order; a column (or array) called id is checked, not measured.

    Example: w2s measure weak.npy strong.npy labels.npy --n 500 --N 5000

    The same with a figure, of spectra, angles and risks over N: … --to figure.svg
    """
    sizes = {name: None if x is None else whole(name, x) for name, x in (("n", n), ("N", N))}
    if (n is None) != (N is None):
        raise Stop("--n and --N are wanted together")
    drawable("to", to)
    try:
        settings = Settings(parse_fit(fit), not uncentred, tail, rcond, confidence, sigma2, seed)
        found = measure(weak, strong, labels, settings)
        ahead = forecast(found, **sizes)
    except (BadTable, Infeasible) as why:
        raise Stop(str(why)) from None
    if to is not None:
        draw("to", to, drawing(found, sizes["n"], sizes["N"]))
    if as_json:
        typer.echo(json.dumps(document(found, ahead, sizes), indent=2, ensure_ascii=False, allow_nan=False))
        return
    for line in _lines(found, ahead):
        typer.echo(line)


# ------------------------------------------------------------------------------------- the table


def _lines(found: Measurement, ahead: Forecast) -> Iterator[str]:
    about = ("mean", "zero") if found.settings.centred else ("zero", "mean")
    yield f"{found.rows} rows, moments about {'the mean' if found.settings.centred else 'zero'}"
    yield ""
    yield f"{'':<30}{'weak':>12}{'strong':>12}"
    for head, values in _dimensions(found.weak, found.strong, about, found.settings.tail):
        yield f"{head:<{30 + len(head) - cells(head)}}{values[0]:>12}{values[1]:>12}"
    yield ""
    yield from _overlap(found)
    yield from _fourth(found)
    yield from _target(found)
    yield from _predictions(ahead)
    yield ""
    for note in remarks(found):
        yield from fill(note, WIDTH, "- ", "  ")
    yield ""
    yield from fill(ahead.reason[0].upper() + ahead.reason[1:] + ".", WIDTH)


def _dimensions(
    weak: Space, strong: Space, about: tuple[str, str], tail: float
) -> Iterator[tuple[str, tuple[str, str]]]:
    both = (weak, strong)

    def row(head: str, *values: object) -> tuple[str, tuple[str, str]]:
        return head, (str(values[0]), str(values[1]))

    yield row("columns", *(x.columns for x in both))
    yield row(f"rank about the {about[0]}", *(x.rank for x in both))
    yield row(f"rank about {about[1]}", *(x.rank_other for x in both))
    yield row(f"leading, {100 * (1 - tail):g} % of the trace", *(x.leading for x in both))
    yield row(f"  the same about {about[1]}", *(x.leading_other for x in both))
    if weak.effective is not None and strong.effective is not None:
        yield row("effective under the ridge", f"{weak.effective:.4g}", f"{strong.effective:.4g}")
    yield row("d, which the fit uses", *(x.dimension for x in both))


def _between(x: Estimate, digits: int = 5) -> str:
    if not np.isfinite(x.low) or not np.isfinite(x.high):
        return f"{x.value:.{digits}g}"
    return f"{x.value:.{digits}g}  [{x.low:.{digits}g}, {x.high:.{digits}g}]"


def _overlap(found: Measurement) -> Iterator[str]:
    percent = f"{100 * found.settings.confidence:g} %"
    angles = np.degrees(np.arccos(np.quantile(found.cosines, (1, 0.5, 0))))
    by_chance = chance(found.strong.dimension, found.weak.dimension, found.freedom)
    yield f"d_sw, debiased [{percent}]          {_between(found.d_sw)}"
    yield f"  plug-in; chance alone gives   {found.plug_in:.5g}; {by_chance:.4g}"
    yield f"principal angles, plug-in       {angles[0]:.1f}° to {angles[2]:.1f}°, median {angles[1]:.1f}°"
    if found.parameters is not None:
        chances = chance(found.strong.leading, found.weak.leading, found.weak.columns)
        yield f"‖V_sᵀV_w‖² of coordinates        {found.parameters:.5g}; chance alone gives {chances:.5g}"


def _fourth(found: Measurement) -> Iterator[str]:
    if found.elliptical is not None:
        for name, scale in (("weak", found.elliptical.weak), ("strong", found.elliptical.strong)):
            low, middle, high = np.quantile(scale, (0.05, 0.5, 0.95))
            head = f"leverage τ, {name} (mean 1)"
            yield f"{head:<32}5 % {low:.3g}, median {middle:.3g}, 95 % {high:.3g}"
    if found.fourth is not None:
        x, d = found.fourth, found.weak.dimension
        yield f"E‖γ_s‖²‖R‖²/(d_s u)             {x.reduced:.4g}; Gaussian 1"
        yield f"−2E‖γ_s‖²γ_sᵀCR/(d_s u)         {x.crossed:.4g}; Gaussian 0"
        yield f"tr CᵀC(E‖γ_w‖²γ_wγ_wᵀ−I)/d_sw   {x.inherited:.4g}; Gaussian {d + 1}"


def _target(found: Measurement) -> Iterator[str]:
    x = found.whole.target
    if x is None:
        return
    yield ""
    yield f"ρ_w {x.rho_w:.4g}, ρ_s {x.rho_s:.4g}, δ² {x.delta2:.4g}, τ² {x.tau2:.4g}"
    yield f"σ² {x.sigma2:.4g} ({x.noise})"


def _predictions(ahead: Forecast) -> Iterator[str]:
    laws = (
        ("Gaussian", ahead.gaussian),
        ("elliptical", ahead.elliptical),
        ("any features, leading order", ahead.leading_order),
        ("ridge fits, proportional limit", ahead.ridge),
    )
    known = [(name, x) for name, x in laws if x is not None]
    if known:
        yield ""
        yield f"{'variance/σ² predicted':<30}{'weak':>12}{'w2s':>12}  over d_sw's interval"
    for name, x in known:
        weak, student, low, high = (_number(v) for v in (x.weak, x.w2s, x.low, x.high))
        yield f"{name:<30}{weak:>12}{student:>12}  [{low}, {high}]"
    if ahead.correction is not None:
        yield f"fourth moments, leading order    {ahead.correction:.4g} times the Gaussian variance"
    if ahead.risks is None:
        return
    yield ""
    yield "excess risk predicted, Gaussian"
    for name, risk in ahead.risks.excess_risk.items():
        shown = f"{float(risk):.5g}" if isinstance(risk, Fraction) else "∞" if risk == np.inf else "?"
        yield f"  {name:<28}{shown:>12}"
    for name, ratio in (("PGR", ahead.pgr), ("OPR", ahead.opr)):
        if ratio is not None:
            yield f"  {name:<28}{_between(ratio, 4)}"


def _number(x: float) -> str:
    return "-" if np.isnan(x) else "∞" if np.isinf(x) else f"{x:.5g}"
