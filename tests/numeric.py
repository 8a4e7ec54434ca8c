"""The core's expressions evaluated a second time, in plain NumPy, for tests: nothing here is of verify/.

Arrays of matrices have a first axis for draws. Given matrices are drawn to satisfy what the theory says of
them (overlaps are contractions, frames are orthonormal); random ones only from the laws of the setting a
derivation starts in. What a step introduces is computed from those draws, so a wrong law is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy import Identity, MatrixSymbol

from derivations.core.laws import Setting
from derivations.core.words import GRAM_INVERSE, PINV, Expression, Factor, MatrixSum, Word

Array = NDArray[np.floating[Any]]
Values = dict[MatrixSymbol | Factor, Array]  # (draws, rows, columns); one draw for a given matrix


@dataclass(frozen=True)
class World:
    """A setting at one point: numbers for its scalars, arrays for its given matrices."""

    setting: Setting
    scalars: Mapping[str, sp.Expr]
    given: Values
    noise: str = "normal"

    def number(self, x: sp.Expr) -> float:
        """A scalar expression."""
        x = sp.sympify(x)
        return float(x.subs({s: self.scalars[s.name] for s in x.free_symbols}))

    def shape(self, x: MatrixSymbol | Identity) -> tuple[int, int]:
        """(rows, columns)."""
        return round(self.number(x.shape[0])), round(self.number(x.shape[1]))


def world(
    setting: Setting,
    seed: int = 0,
    noise: str = "normal",
    overlaps: Sequence[Fraction] = (),
    scalars: Mapping[str, int | Fraction] | None = None,
) -> World:
    """Given matrices at random, of the forms that the setting names."""
    rng = np.random.default_rng([2, seed])
    found = World(setting, {k: sp.Rational(Fraction(v)) for k, v in (scalars or {}).items()}, {}, noise)
    forms, given = dict(setting.forms), dict[MatrixSymbol | Factor, Array]()
    rotations = {
        k: np.linalg.qr(rng.standard_normal((k, k)))[0] for x in setting.given for k in found.shape(x)
    }
    for x in setting.given:
        rows, cols = found.shape(x)
        form, _, of = forms.get(x, "generic").partition(" of ")
        other = given[_named(of, given)][0] if of else np.eye(rows)
        outside = np.eye(len(other)) - other @ other.T  # what an overlap leaves, on its left
        match form:
            case "generic":
                value = rng.standard_normal((rows, cols))
            case "overlap":
                cosines = np.zeros((rows, cols))
                cosines[range(len(overlaps)), range(len(overlaps))] = [float(c) for c in overlaps]
                value = rotations[rows].T @ cosines @ rotations[cols]
            case "covariance":
                root = rng.standard_normal((cols, cols))
                value = root.T @ root
            case "orthogonal":
                value = np.linalg.qr(rng.standard_normal((rows, rows)))[0][:, :cols]  # each its own
            case "inverse":
                value = np.linalg.inv(other)
            case "frame last":
                value = rotations[rows][:, -1:]
            case "frame rest":
                value = rotations[rows][:, :-1]
            case "root":
                size, axes = np.linalg.eigh(
                    other if forms[_named(of, given)] == "covariance" else _inside(other)
                )
                value = axes @ np.diag(np.sqrt(np.maximum(size, 0))) @ axes.T
            case "residual inverse":
                value = np.linalg.pinv(outside, rcond=1e-9)
            case "residual":
                inverse = np.linalg.pinv(outside, rcond=1e-9)
                value = inverse @ outside @ rng.standard_normal((rows, cols))
                value = value / max(1.0, (value.T @ inverse @ value).item() ** 0.5)
            case unknown:
                raise ValueError(f"{x} has the unknown form {unknown!r}")
        given[x] = value[None]
    traces = {name.name: float(trace(word, given, found)[0]) for name, word in setting.names}
    return World(setting, {**found.scalars, **{k: sp.Float(v, 20) for k, v in traces.items()}}, given, noise)


def _named(name: str, given: Values) -> MatrixSymbol:
    return next(y for y in given if isinstance(y, MatrixSymbol) and y.name == name)


def _inside(overlap: Array) -> Array:
    """What an overlap leaves, on its right: I - CᵀC."""
    return np.asarray(np.eye(overlap.shape[1]) - overlap.T @ overlap)


def draw(where: World, count: int, seed: int, later: Setting | None = None) -> Values:
    """Draws of everything random, and of what the setting or a later one defines in terms of it.

    A law that only the later setting has is drawn from only where nothing says how to compute the matrix.
    """
    rng = np.random.default_rng([3, seed])
    values, setting = dict(where.given), where.setting
    waiting = [*setting.definitions, *(later.origins + later.definitions if later else ())]
    for blocks in (setting.blocks, later.blocks if later else ()):
        for x, kind in (entry for b in blocks for entry in b.draws):
            if x not in values:
                values[x] = _base(where, kind, (count, *where.shape(x)), rng)
        waiting = [entry for b in blocks for entry in b.sampler] + waiting
        while ready := [(x, v) for x, v in waiting if x not in values and v.symbols <= values.keys()]:
            values |= {x: total(value, values, where) for x, value in ready}
    return values


def _base(where: World, kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Independent entries of mean zero and variance one."""
    law = where.noise if kind == "noise" else kind
    if law == "normal":
        return rng.standard_normal(shape)
    if law == "sign":
        return 2.0 * rng.integers(0, 2, shape) - 1.0
    return rng.uniform(-np.sqrt(3), np.sqrt(3), shape)


def factor(f: Factor, values: Values, where: World) -> Array:
    """One factor of a word."""
    if isinstance(f.symbol, Identity):
        return np.eye(where.shape(f.symbol)[0])[None]
    plain = f._replace(transposed=False)  # inverses are kept with the draws they were made of
    if f.op == GRAM_INVERSE and plain not in values:
        x = values[f.symbol]
        values[plain] = np.linalg.inv(np.swapaxes(x, 1, 2) @ x)
    elif f.op == PINV and plain not in values:
        values[plain] = np.linalg.pinv(values[f.symbol])
    x = values[plain] if f.op else values[f.symbol]
    return np.swapaxes(x, 1, 2) if f.transposed else x


def word(factors: Word, values: Values, where: World) -> Array:
    """A product."""
    out, *rest = (factor(f, values, where) for f in factors)
    for x in rest:
        out = out @ x
    return out


def trace(factors: Word, values: Values, where: World) -> Array:
    """The trace of a product, (draws,)."""
    return np.asarray(np.trace(word(factors, values, where), axis1=1, axis2=2))


def total(value: MatrixSum, values: Values, where: World) -> Array:
    """A sum of products."""
    rows, cols = (round(where.number(s)) for s in value.shape)
    return sum((where.number(c) * word(w, values, where) for c, w in value.terms), np.zeros((1, rows, cols)))


def evaluate(expression: Expression, draws: Sequence[Values], where: World) -> Array:
    """An expression draw by draw: each expectation gives way to its content, at its own draws if any.

    Traces outside expectations are taken at the first draws.
    """
    out = np.zeros(1)
    for t in expression.terms:
        value = np.full(1, where.number(t.coefficient))
        for w in t.traces:
            value = value * trace(w, draws[0], where)
        for r, group in enumerate(t.groups):
            for w in group:
                value = value * trace(w, draws[r % len(draws)], where)
        out = out + value
    return out


def z_score(
    left: Expression, right: Expression, where: World, later: Setting, count: int = 20_000, seed: int = 0
) -> float:
    """How many standard errors apart the means of two expressions are, at common random numbers."""
    copies = max([1, *(len(t.groups) for side in (left, right) for t in side.terms)])
    draws = [draw(where, count, 10 * seed + r, later) for r in range(copies)]
    a, b = evaluate(left, draws, where), evaluate(right, draws, where)
    apart = a - b
    if np.max(np.abs(apart)) <= 1e-9 * np.max(np.abs(a) + np.abs(b)):
        return 0.0  # the same draw by draw, to rounding
    return float(abs(apart.mean()) / (apart.std(ddof=1) / np.sqrt(len(apart))))


def largest_gap(
    left: Expression, right: Expression, where: World, later: Setting, count: int = 50, seed: int = 0
) -> float:
    """The largest relative difference of two expressions over draws, everything taken at one draw."""
    draws = [draw(where, count, seed, later)]
    a, b = evaluate(left, draws, where), evaluate(right, draws, where)
    return float(np.max(np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-3)))
