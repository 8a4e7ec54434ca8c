"""Which figures a simulation has, and what is in each: an axis, and a column a value of another one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp

from verify.charts.measured import Facet, Spot, to_svg
from verify.simulation.cases import AXES, SIZES, Case
from verify.simulation.moments import QUANTITIES
from verify.simulation.table import Row

LETTERS = {
    "n": "n", "N": "N", "d_s": "d_s", "d_w": "d_w", "d_sw": "d_sw", "sigma2": "σ²", "rho_w": "ρ_w",
    "rho_s": "ρ_s", "delta2": "δ²",
}  # fmt: skip
MEANINGS = {"n": "labelled samples", "N": "unlabelled samples"}
COLUMNS = 4  # of a figure; more values of the facet go to further figures
FINE = 21  # places of an exact curve over a sample size


def figures(
    table: Sequence[Row], names: dict[str, str], conclude: Callable[[str], sp.Expr], said: Sequence[str]
) -> dict[str, str]:
    """The figures by name: one for each axis along which several cases lie, and each setting of the others.

    Cases belong to one curve if they differ in nothing but the axis. Of what else varies, that with the
    most values up to `COLUMNS` is set out in columns.
    """
    drawn: dict[str, str] = {}
    for over in AXES:
        curves: dict[Case, list[Row]] = {}
        for row in table:
            curves.setdefault(_without(row.case, over), []).append(row)
        curves = {at: rows for at, rows in curves.items() if len({r.case for r in rows}) > 2}
        if not curves or (over not in ("n", "N") and _drawn_over_sizes(table)):
            continue
        facet = _facet(list(curves), over)
        groups: dict[str, list[Case]] = {}
        for at in curves:
            groups.setdefault(_settings(at, list(curves), (over, facet)), []).append(at)
        for setting, members in groups.items():
            for start in range(0, len(members), COLUMNS):
                chosen = members[start : start + COLUMNS]
                facets = [Facet(_value(at, facet), *_drawn(at, curves[at], over, conclude)) for at in chosen]
                fixed = _fixed(chosen, over)
                title = f"Measured and exact over {LETTERS[over]}" + (f", {setting}" if setting else "")
                lines = [fixed, *said] if fixed else [*said]
                drawn[f"over-{over}-{len(drawn) + 1}"] = to_svg(
                    title, LETTERS[over], MEANINGS.get(over, "by value"), facets, names, lines
                )
    return drawn


def _drawn_over_sizes(table: Sequence[Row]) -> bool:
    """Whether some curve over n or N has points enough."""
    return any(len({getattr(r.case, axis) for r in table}) > 2 for axis in ("n", "N"))


def _without(case: Case, over: str) -> Case:
    """The curve that a case lies on. δ² and d_sw go with what they are derived from."""
    return _at(case, over, Fraction(0))


def _at(case: Case, axis: str, value: Fraction) -> Case:
    """The case with another value on an axis."""
    changes: dict[str, Any] = {axis: int(value) if axis in SIZES else value}
    return replace(case, **changes)


def _varying(cases: Sequence[Case], but: tuple[str, ...]) -> list[str]:
    return [a for a in AXES if a not in but and len({getattr(c, a) for c in cases}) > 1]


def _facet(cases: Sequence[Case], over: str) -> str:
    """What is set out in columns."""
    varying = _varying(cases, (over,))
    if "d_sw" in varying:
        return "d_sw"
    return max(varying, key=lambda a: len({getattr(c, a) for c in cases}), default="")


def _settings(case: Case, cases: Sequence[Case], but: tuple[str, ...]) -> str:
    """What varies among the cases, but for some axes: as text."""
    return ", ".join(_value(case, a) for a in _varying(cases, but) if a not in _DEPENDENT)


def _fixed(cases: Sequence[Case], over: str) -> str:
    """What is the same in all of these cases and not zero: as text."""
    same = [a for a in AXES if a not in (over, *_varying(cases, ())) and getattr(cases[0], a) != 0]
    return ", ".join(_value(cases[0], a) for a in same)


_DEPENDENT = ("rho_w", "delta2")  # in the paper's experiment they go with d_sw; the table has them


def _value(case: Case, axis: str) -> str:
    return f"{LETTERS[axis]} = {float(getattr(case, axis)):.4g}" if axis else ""


def _drawn(
    at: Case, rows: Sequence[Row], over: str, conclude: Callable[[str], sp.Expr]
) -> tuple[dict[str, list[Spot]], dict[str, list[tuple[Fraction, float]]]]:
    """The measured points and the exact curves of one column, by quantity."""
    measured: dict[str, list[Spot]] = {}
    for row in rows:
        if row.mean is not None:
            place = Fraction(getattr(row.case, over))
            measured.setdefault(row.quantity, []).append(Spot(place, row.mean, row.standard_error))
    places = sorted({Fraction(getattr(r.case, over)) for r in rows})
    cases = {r.case for r in rows}
    if over in ("n", "N"):
        low, high = int(places[0]), int(places[-1])
        sizes = sorted({low + round(i * (high - low) / (FINE - 1)) for i in range(FINE)})
        cases = {_at(at, over, Fraction(size)) for size in sizes}
    curves: dict[str, list[tuple[Fraction, float]]] = {}
    for case in sorted(cases, key=lambda c: Fraction(getattr(c, over))):
        exact = case.exact(conclude)
        for quantity in QUANTITIES:
            value = exact[quantity]
            if value is not None:
                curves.setdefault(quantity, []).append((Fraction(getattr(case, over)), value))
    return measured, curves
