"""The numbers of a point: its sizes and scalars, and the matrices that a setting takes as given.

The given matrices are drawn from streams named by the point, never by the seed of a run: a point is the same
numbers in every run, so a refutation can be looked at again. No BLAS or LAPACK is used, so they do not
depend on the number of threads either.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import sympy as sp
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray
from sympy import MatrixSymbol

from derivations.core.laws import Setting
from derivations.core.words import Word
from derivations.points import Point
from verify.streams import generator

Array = NDArray[np.float64]

D_SW = "d_sw"  # the name of the sum of squared overlaps, a value that follows from them
ROOT, INVERSE = "root of ", "inverse of "
_SEED = 0  # of the given matrices: a constant, see above


@dataclass(frozen=True, eq=False)
class Environment:
    """What the symbols of a setting stand for at a point.

    `values` are exact, by symbol name; `matrices` are read-only (rows, columns) arrays of the given matrices;
    `noise` is the law that base draws of kind "noise" have. Build with `environment`.
    """

    label: str
    values: Mapping[str, sp.Rational]
    matrices: Mapping[MatrixSymbol, Array]
    noise: str = "normal"
    known: dict[sp.Expr, sp.Expr] = field(
        default_factory=dict, init=False, repr=False
    )  # values, once worked out

    def exact(self, expression: sp.Expr) -> sp.Expr:
        """The exact value of an expression in sizes and scalars; ValueError unless finite and real."""
        if expression not in self.known:
            self.known[expression] = self._exact(sp.sympify(expression))
        return self.known[expression]

    def _exact(self, expression: sp.Expr) -> sp.Expr:
        if missing := sorted(s.name for s in expression.free_symbols if s.name not in self.values):
            raise ValueError(f"the point ({self.label}) gives no value for {', '.join(missing)}")
        value = expression.subs({s: self.values[s.name] for s in expression.free_symbols})
        if not (value.is_number and value.is_finite and value.is_extended_real):
            raise ValueError(f"{expression} is {value} at the point ({self.label}), not a finite number")
        return value

    def rational(self, expression: sp.Expr) -> Fraction:
        """The exact value of an expression; ValueError unless it is rational."""
        value = self.exact(expression)
        if not value.is_Rational and not (value := sp.simplify(value)).is_Rational:
            raise ValueError(f"{expression} is {value} at the point ({self.label}), not a rational number")
        return Fraction(int(value.p), int(value.q))

    def number(self, expression: sp.Expr) -> float:
        """The value of an expression, correctly rounded to a float but for the last bit."""
        return float(sp.N(self.exact(expression), 30))

    def size(self, expression: sp.Expr) -> int:
        """The value of a size such as m - d + 1; ValueError unless a positive integer."""
        value = self.exact(expression)
        if not (value.is_Integer and value > 0):
            raise ValueError(
                f"the size {expression} is {value} at the point ({self.label}), not a positive integer"
            )
        return int(value)

    def shape(self, symbol: MatrixSymbol) -> tuple[int, int]:
        """(rows, columns) of a matrix."""
        rows, columns = symbol.shape
        return self.size(rows), self.size(columns)


def environment(setting: Setting, point: Point) -> Environment:
    """The numbers of a point in a setting.

    A given matrix of form "generic" (the default) has independent standard normal entries; "overlap" is U
    diag(overlaps) Vᵀ with U and V uniform rotations, and "root of C" is then the symmetric positive root of
    I - CᵀC; "covariance" is GᵀG with G generic, and "root of K" is then G; "inverse of A" is that of A,
    generic; "orthogonal" is a uniform rotation, or its first columns; "frame last" and "frame rest" are the
    last column and the other columns of one uniform rotation. With C an overlap matrix, "residual inverse of
    C" is the pseudo-inverse of I - CCᵀ, and "residual of C" a vector in its range. Where the setting has an
    overlap matrix, d_sw is the sum of squared overlaps; other names of traces have those traces' values.

    Raises ValueError, with one sentence, for a size that is missing or not a positive integer, an overlap
    outside [0, 1], more overlaps than min(d_s, d_w), a d_sw that contradicts them or exceeds the sizes, or
    an unknown form.
    """
    values = {name: sp.Rational(value.numerator, value.denominator) for name, value in point.values}
    forms = dict(setting.forms)
    if outside := [c for c in point.overlaps if not 0 <= c <= 1]:
        raise ValueError(f"an overlap is a cosine in [0, 1], but the point ({point.label}) has {outside[0]}")
    if "overlap" in forms.values():
        squares = sum((c * c for c in point.overlaps), Fraction(0))
        implied = sp.Rational(squares.numerator, squares.denominator)
        if values.setdefault(D_SW, implied) != implied:
            raise ValueError(
                f"{D_SW} = {values[D_SW]} contradicts the overlaps, whose squares sum to {implied}"
            )
    sizes = [values[name] for name in ("d_s", "d_w") if name in values]
    if D_SW in values and not 0 <= values[D_SW] <= min(sizes, default=sp.oo):
        raise ValueError(
            f"{D_SW} = {values[D_SW]} is not in the range from 0 to min(d_s, d_w) = {min(sizes)}"
        )
    numbers = Environment(point.label, values, {}, point.noise)
    for block in setting.blocks:
        for symbol in (*block.members, *(s for s, _ in block.draws)):
            numbers.shape(symbol)
    matrices = {x: _matrix(x, forms, point, numbers.shape(x)) for x in setting.given}
    for name, word in setting.names:
        values.setdefault(name.name, sp.Rational(_trace(word, matrices)))
    return Environment(point.label, values, matrices, point.noise)


def _trace(word: Word, matrices: Mapping[MatrixSymbol, Array]) -> float:
    """The trace of a word of given matrices."""
    first, *rest = (matrices[f.symbol].T if f.transposed else matrices[f.symbol] for f in word)
    for factor in rest:
        first = _product(first, factor)
    return float(np.trace(first))


def _matrix(
    symbol: MatrixSymbol, forms: Mapping[MatrixSymbol, str], point: Point, shape: tuple[int, int]
) -> Array:
    """The matrix that stands for a given symbol, read-only."""
    form = forms.get(symbol, "generic")
    if form.startswith(ROOT):
        name = form.removeprefix(ROOT)
        kind = next((kind for x, kind in forms.items() if x.name == name), "generic")
        if kind not in _ROOTS:
            raise ValueError(
                f"{symbol} is to be a root of {name}, which is neither an overlap nor a covariance"
            )
        value = _ROOTS[kind](name, point, shape)
    elif (beside := next((kind for kind in _BESIDE if form.startswith(kind)), None)) is not None:
        value = _BESIDE[beside](form.removeprefix(beside), symbol.name, point, shape)
    elif form in _FORMS:
        value = _FORMS[form](symbol.name, point, shape)
    else:
        raise ValueError(f"{symbol} has the unknown form {form!r}")
    if value.shape != shape:
        raise ValueError(
            f"{symbol} of form {form!r} cannot have the shape {shape} at the point ({point.label})"
        )
    value.setflags(write=False)
    return value


def _generic(name: str, point: Point, shape: tuple[int, int]) -> Array:
    """Normal entries; if square, halved and about the identity, so that the trace does not vanish."""
    entries = generator(_SEED, "given", point.label, name).standard_normal(shape)
    if shape[0] != shape[1]:
        return entries
    return np.asarray(np.eye(shape[0]) + entries / (2.0 * np.sqrt(shape[0])))


def _inverse(of: str, name: str, point: Point, shape: tuple[int, int]) -> Array:
    """The inverse of a generic square matrix, worked out exactly and then rounded."""
    entries = [Fraction(x) for x in _generic(of, point, shape).ravel().tolist()]
    exact = fmpq_mat(*shape, [fmpq(x.numerator, x.denominator) for x in entries]).inv()
    return np.array([int(x.p) / int(x.q) for x in exact.entries()]).reshape(shape)


def _overlap(name: str, point: Point, shape: tuple[int, int]) -> Array:
    rank = len(point.overlaps)
    if rank > min(shape):
        raise ValueError(
            f"{rank} overlaps do not fit into {name} of shape {shape} at the point ({point.label})"
        )
    left = rotation(shape[0], generator(_SEED, "given", point.label, name, "left"))[:, :rank]
    right = _right(name, point, shape[1])[:, :rank]
    return _product(left * np.array([float(c) for c in point.overlaps]), right.T)


def _right(name: str, point: Point, size: int) -> Array:
    """The rotation V of an overlap matrix U diag(overlaps) Vᵀ."""
    return rotation(size, generator(_SEED, "given", point.label, name, "right"))


def _root_of_overlap(name: str, point: Point, shape: tuple[int, int]) -> Array:
    """V diag(√(1 - overlaps²)) Vᵀ: exactly singular where an overlap is exactly 1."""
    size = max(shape[0], len(point.overlaps))
    sines = [float(1 - c * c) ** 0.5 for c in point.overlaps] + [1.0] * (size - len(point.overlaps))
    v = _right(name, point, size)
    return _product(v * np.array(sines), v.T)


def _residual_inverse(overlap: str, name: str, point: Point, shape: tuple[int, int]) -> Array:
    """U diag(1 / (1 - overlaps²)) Uᵀ, the pseudo-inverse of I - CCᵀ: zero where an overlap is exactly 1."""
    return _residual(overlap, point, shape[0], lambda sine2: 1 / sine2)


def _residual_vector(overlap: str, name: str, point: Point, shape: tuple[int, int]) -> Array:
    """A short vector with no part along directions that both feature maps have."""
    entries = generator(_SEED, "given", point.label, name).standard_normal(shape) / (2.0 * np.sqrt(shape[0]))
    return _product(_residual(overlap, point, shape[0], lambda _: Fraction(1)), entries)


def _residual(overlap: str, point: Point, size: int, of: Callable[[Fraction], Fraction]) -> Array:
    """U diag(of(1 - overlaps²)) Uᵀ with the left rotation U of an overlap matrix; 0 where the argument is."""
    sines2 = [1 - c * c for c in point.overlaps] + [Fraction(1)] * (size - len(point.overlaps))
    u = rotation(size, generator(_SEED, "given", point.label, overlap, "left"))
    return _product(u * np.array([float(of(s)) if s else 0.0 for s in sines2]), u.T)


def _root_of_covariance(name: str, point: Point, shape: tuple[int, int]) -> Array:
    return _generic(name, point, shape)


def _covariance(name: str, point: Point, shape: tuple[int, int]) -> Array:
    root = _root_of_covariance(name, point, shape)
    return _product(root.T, root)


def _orthogonal(name: str, point: Point, shape: tuple[int, int]) -> Array:
    return rotation(shape[0], generator(_SEED, "given", point.label, name))[:, : shape[1]].copy()


def _frame_last(name: str, point: Point, shape: tuple[int, int]) -> Array:
    return _frame(point, shape[0])[:, -1:].copy()


def _frame_rest(name: str, point: Point, shape: tuple[int, int]) -> Array:
    return _frame(point, shape[0])[:, :-1].copy()


def _frame(point: Point, size: int) -> Array:
    """The rotation whose columns "frame last" and "frame rest" share."""
    return rotation(size, generator(_SEED, "given", point.label, "frame", size))


_FORMS: Mapping[str, Callable[[str, Point, tuple[int, int]], Array]] = {
    "generic": _generic,
    "overlap": _overlap,
    "covariance": _covariance,
    "orthogonal": _orthogonal,
    "frame last": _frame_last,
    "frame rest": _frame_rest,
}
_BESIDE: Mapping[str, Callable[[str, str, Point, tuple[int, int]], Array]] = {
    INVERSE: _inverse,
    "residual inverse of ": _residual_inverse,
    "residual of ": _residual_vector,
}
_ROOTS: Mapping[str, Callable[[str, Point, tuple[int, int]], Array]] = {
    "overlap": _root_of_overlap,
    "covariance": _root_of_covariance,
}


def _product(a: Array, b: Array) -> Array:
    """A matrix product without BLAS."""
    out: Array = np.einsum("ik,kj->ij", a, b, optimize=False)
    return out


def rotation(size: int, stream: np.random.Generator) -> Array:
    """A (size, size) orthogonal matrix, uniform with respect to Haar measure.

    The product of reflections that take independent Gaussian vectors of growing length to the axes, with the
    signs that make it uniform: Stewart, "The efficient generation of random orthogonal matrices" (1980).
    """
    q = np.eye(size)
    for k in range(size - 2, -1, -1):
        x = stream.standard_normal(size - k)
        length = float(np.sqrt(np.sum(x * x)))
        sign = 1.0 if x[0] >= 0 else -1.0
        x[0] += sign * length
        # H x = -sign * length * e_1; rows k.. of the product so far are reflected, then row k gets its sign.
        part = q[k:, k:]
        part -= np.multiply.outer(x * (2.0 / np.sum(x * x)), np.sum(x[:, None] * part, axis=0))
        part[0] *= -sign
    q[-1] *= 1.0 if stream.standard_normal() >= 0 else -1.0
    return q
