"""Figures, drawn from closed forms alone: the two components of the variance, and the paper's curves."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape

from book.markup import dropdown, html
from book.sources import Sources
from book.synthetic import MOST, SPACES, synthetic
from derivations.theorems._published import SIZES
from verify.charts.curves import curves, spaced
from verify.charts.scales import Axis, sizes_axis
from verify.charts.svg import to_svg
from verify.commands._entries import NAMES
from verify.predictions import Prediction, predict
from verify.targets import Inputs

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 700, 300, 64, 16, 44
INSIDE, TALL = WIDTH - LEFT - 12, HEIGHT - TOP - BOTTOM


def inputs(weak: range, **changes: int) -> Inputs:
    """The paper's synthetic experiment with this weak space."""
    values = dict(synthetic(weak).but(changes).values)
    sizes = {name: int(values[name]) for name in ("d_w", "d_s", "n", "N")}
    real = {name: Fraction(values[name]) for name in ("d_sw", "sigma2", "rho_w", "rho_s", "delta2", "tau2")}
    return Inputs(
        sizes["d_w"], sizes["d_s"], real["d_sw"], sizes["n"], sizes["N"], real["sigma2"],
        real["rho_w"], real["rho_s"], real["delta2"], real["tau2"],
    )  # fmt: skip


def synthetic_curves(sources: Sources) -> str:
    """The four risks, PGR and OPR of the experiment over N and over n, for each of its weak spaces."""
    blocks = [block for weak in reversed(SPACES) for block in _curves(sources, weak)]
    return html(*blocks)


def _curves(sources: Sources, weak: range) -> Iterator[str]:
    """Over N at the experiment's n, and over n at its largest N; the first figure of all is open."""
    for over, changes in (("N", {}), ("n", {"N": MOST})):
        at = inputs(weak, **changes)
        drawn = curves(at, over, SIZES["N"], MOST, lambda id: sources.theorem(id).conclusion)
        svg = to_svg(drawn, NAMES, [*_described(at)]).rstrip()
        lines = dropdown(
            f"d_sw = {at.d_sw}, over {over}", ['<div class="w2s-wide w2s-chart" tabindex="0">', svg, "</div>"]
        )
        opened = over == "N" and weak == SPACES[-1]
        yield from (line.replace("<details", "<details open") if opened else line for line in lines)


def _described(at: Inputs) -> Iterator[str]:
    """The inputs, the parts of the target to four digits."""
    sizes = f"d_w = {at.d_w}, d_s = {at.d_s}, d_sw = {at.d_sw}, n = {at.n}, N = {at.N}"
    yield f"{sizes}, σ² = {float(at.sigma2):g}"
    parts = {"ρ_w": at.rho_w, "ρ_s": at.rho_s, "δ²": at.delta2, "τ²": at.tau2}
    yield ", ".join(f"{name} = {float(x or 0):.4g}" for name, x in parts.items())


def components(sources: Sources) -> str:
    """The variance over N at the experiment's sizes: inherited, and reduced on top."""
    sizes = spaced(SIZES["d_s"] + SIZES["d_s"] // 10, MOST)
    found = [predict(inputs(SPACES[-1], N=size), lambda id: sources.theorem(id).conclusion) for size in sizes]
    return html(*_components(sizes, found))


def _components(sizes: Sequence[int], found: Sequence[Prediction]) -> Iterator[str]:
    inherited = [_number(p.variance["w2s_inherited"]) for p in found]
    whole = [_number(p.variance["w2s"]) for p in found]
    teacher = _number(found[0].variance["weak"])
    up, across = Axis(0, float(2 * teacher), log=False), sizes_axis(sizes[0], sizes[-1])

    def y(v: Fraction) -> float:
        return TOP + TALL * (1 - min(up.place(v), 1.0))

    xs = [LEFT + INSIDE * across.place(size) for size in sizes]
    floor = [(x, y(Fraction(0))) for x in xs]
    low, high = ([(x, y(v)) for x, v in zip(xs, vs, strict=True)] for vs in (inherited, whole))
    says = "The student's variance over N: inherited below, reduced on top, and the teacher's as a line"
    yield '<figure class="w2s-figure">'
    yield f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(says)}">'
    yield f'<path class="inherited" d="{_area(floor, low)}"/><path class="reduced" d="{_area(low, high)}"/>'
    below = TOP + TALL + 16
    for place, text in across.ticks(8):
        yield f'<text x="{LEFT + INSIDE * place:.1f}" y="{below}" text-anchor="middle">{text}</text>'
    for place, text in up.ticks(5):
        yield f'<text x="{LEFT - 6}" y="{TOP + TALL * (1 - place) + 4:.1f}" text-anchor="end">{text}</text>'
    yield f'<path class="teacher" d="M{LEFT} {y(teacher):.1f}h{INSIDE}"/>'
    yield f'<text x="{LEFT + INSIDE - 6}" y="{y(teacher) - 6:.1f}" text-anchor="end">the teacher</text>'
    yield f'<text x="{LEFT + INSIDE - 6}" y="{y(inherited[-1]) - 8:.1f}" text-anchor="end">the student</text>'
    yield f'<text x="{LEFT + INSIDE / 2}" y="{HEIGHT - 8}" text-anchor="middle">N, pseudo-labels</text>'
    yield f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{INSIDE}" height="{TALL}"/></svg>'
    at = found[0].inputs
    yield (
        '<figcaption><span class="w2s-key inherited"></span> inherited in V<sub>s</sub>∩V<sub>w</sub>, '
        '<span class="w2s-key reduced"></span> reduced in V<sub>w</sub>∖V<sub>s</sub>; the line is '
        f"the teacher's. d<sub>w</sub> = {at.d_w}, d<sub>s</sub> = {at.d_s}, d<sub>sw</sub> = {at.d_sw}, "
        f"n = {at.n}, σ² = {float(at.sigma2):g}.</figcaption></figure>"
    )


def _number(x: object) -> Fraction:
    assert isinstance(x, Fraction)
    return x


def _area(below: Sequence[tuple[float, float]], above: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*above, *reversed(below)]) + "Z"
