"""The risk explorer: its controls, and the closed forms of claims as JavaScript by SymPy's printer.

A conclusion is linear in σ² and in what a target adds (ρ_w, ρ_s, δ², τ²). It is printed as such a sum with
factored coefficients: expanded, as derivations have it, it would lose digits in floating point.
"""

import json
from collections.abc import Iterator

import sympy as sp

from book import markup
from book.markup import ASSETS, html
from book.sources import Sources
from book.synthetic import MOST, SPACES, synthetic
from derivations.claims import Book, Equal
from derivations.core.consequences import Value
from derivations.notation import N, d_s, d_sw, d_w, n, rho_s, rho_w, sigma2
from derivations.points import Point
from derivations.theorems import _misspecified
from derivations.theorems._misspecified import cross, delta2, fitted2, theta2
from verify.predictions import BASELINE, CEILING, INHERITED, MISFIT, REDUCED, STUDENT, TEACHER

tau2 = sp.Symbol("tau2", nonnegative=True)
LINEAR = (sigma2, rho_w, rho_s, delta2, tau2)
LETTERS = (n, N, d_w, d_s, d_sw, *LINEAR)
CLAIMS = (TEACHER, STUDENT, BASELINE, CEILING, INHERITED, REDUCED, MISFIT)
RATIOS = ("pgr", "opr")
TARGET = {theta2: tau2, fitted2: 0, cross: (rho_w + tau2 - delta2 - rho_s) / 2}
ARGUMENTS = "({" + ", ".join(s.name for s in LETTERS) + "})"


CONTROLS = {  # of each letter with a slider: how it is written and what it is
    "n": ("n", "labelled samples"),
    "N": ("N", "pseudo-labels"),
    "d_w": ("d<sub>w</sub>", "weak dimension"),
    "d_s": ("d<sub>s</sub>", "strong dimension"),
    "d_sw": ("d<sub>sw</sub>", "correlation dimension"),
    "sigma2": ("σ²", "label noise"),
    "rho_w": ("ρ<sub>w</sub>", "of the target beyond the weak features"),
    "delta2": ("δ²", "what the strong features see of that"),
    "tau2": ("τ²", "of the weak fit beyond the strong features"),
}
SHOWN = {  # of each value: its name, and the class of its curve
    TEACHER: ("weak teacher", "weak"),
    STUDENT: ("W2S student", "w2s"),
    INHERITED: ("its variance inherited in V<sub>s</sub>∩V<sub>w</sub>", "inherited"),
    REDUCED: ("its variance reduced in V<sub>w</sub>∖V<sub>s</sub>", "reduced"),
    BASELINE: ("strong baseline", "baseline"),
    CEILING: ("strong ceiling", "ceiling"),
    "pgr": ("PGR", ""),
    "opr": ("OPR", ""),
    MISFIT: ("misfit", ""),
    "rho_s": ("ρ<sub>s</sub>, which follows", ""),
}


def controls(sources: Sources) -> str:
    """Sliders, the values at the point that they give, and a place for the curves."""
    rows = [
        f'<div class="w2s-slider" data-letter="{k}"><label for="w2s-{k}"><i>{name}</i> {what}</label>'
        f'<input type="range" id="w2s-{k}" min="0" max="1000" step="1">'
        f'<input type="number" step="any" aria-label="{what}"></div>'
        for k, (name, what) in CONTROLS.items()
    ]
    cells = [
        f'<tr><td><span class="w2s-key {kind}"></span></td><th scope="row">{name}</th>'
        f'<td data-value="{k}"></td></tr>'
        for k, (name, kind) in SHOWN.items()
    ]
    return html(
        '<div id="w2s-explorer">',
        '<p class="w2s-controls"><label>Begin with <select id="w2s-preset"><option value="">…</option>'
        '</select></label><label>Curves over <select id="w2s-over"><option value="N">N</option>'
        '<option value="n">n</option></select></label></p>',
        *rows,
        '<p id="w2s-fares" role="status"></p>',
        '<table class="w2s-table w2s-values"><tbody>',
        *cells,
        "</tbody></table>",
        '<div id="w2s-panels"></div>',
        "<noscript>The explorer needs JavaScript.</noscript>",
        "</div>",
        markup.script("theory.js", script(sources.book)),
        markup.script("explorer.js", (ASSETS / "explorer.js").read_text("utf-8")),
    )


def script(book: Book) -> str:
    """A script that defines `theory`: closed forms by claim, where they hold, ratios of them, presets."""
    return "\n".join(["// Generated from what the claims conclude.", '"use strict";', *_lines(book)]) + "\n"


def _lines(book: Book) -> Iterator[str]:
    yield "const theory = {"
    yield "  claims: {"
    for id in CLAIMS:
        yield f"    {json.dumps(id)}: {{"
        yield f"      holds: {ARGUMENTS} => {_holds(book, id)},"
        yield f"      value: {ARGUMENTS} => {sp.jscode(stable(book.theorem(id).conclusion))},"
        yield "    },"
    yield "  },"
    for id in RATIOS:
        ratio, values = quotient(book, id)
        names = ", ".join(f"{json.dumps(claim)}: {symbol.name}" for claim, symbol in values.items())
        yield f"  {id}: ({{{names}}}) => {sp.jscode(ratio)},"
    # of a target with δᵀCθ = 0, so that (ρ_w, δ², τ²) determine it
    missed = _misspecified.rho_s.subs({theta2: tau2, fitted2: 0, cross: 0})
    yield f"  rho_s: {ARGUMENTS} => {sp.jscode(missed)},"
    yield f"  presets: {json.dumps(presets(book), ensure_ascii=False)},"
    yield "};"


def stable(conclusion: sp.Expr) -> sp.Expr:
    """The same as a sum over the letters that it is linear in, with factored coefficients."""
    form = conclusion.subs(TARGET)
    return sp.Add(*(sp.factor(sp.diff(form, letter)) * letter for letter in LINEAR))


def _holds(book: Book, id: str) -> str:
    """The hypotheses of a claim; the ceiling's are those of its own sample."""
    part = book.claims[id].parts[0]
    assert isinstance(part, Equal)
    return " && ".join(f"{sp.jscode(h)} > 0" for h in part.setting.hypotheses) or "true"


def quotient(book: Book, id: str) -> tuple[sp.Expr, dict[str, sp.Symbol]]:
    """A ratio of risks as its claim states it, with a letter for each risk."""
    left = book.claims[id].parts[0].left
    values = sorted(left.atoms(Value), key=lambda v: str(v.claim))
    letters = {v: sp.Symbol(f"v{i}") for i, v in enumerate(values)}
    return left.subs(letters), {v.claim: s for v, s in letters.items()}


def presets(book: Book) -> dict[str, dict[str, float]]:
    """Problems to begin with: the paper's synthetic experiment, and what misleads published forms."""
    experiments = [synthetic(weak).but({"N": MOST}) for weak in SPACES]
    found = {f"the paper's synthetic experiment, d_sw = {p['d_sw']}": _given(p) for p in experiments}
    (threshold, *_) = book.claims["published-threshold"].published
    (recovery, *_) = book.claims["published-recovery-bounds"].published
    found["where the published threshold misleads"] = _given(threshold.witness)
    found["where the published recovery bounds fail"] = _given(recovery.witness)
    return found


def _given(p: Point) -> dict[str, float]:
    """The letters of a point by name, as floats; what it does not give is zero."""
    shared = sum((c * c for c in p.overlaps), start=0)
    values = {"d_sw": shared, **dict(p.values)}
    return {s.name: float(values.get(s.name, 0)) for s in LETTERS}
