"""The raw statement, evaluated by walking its SymPy tree: the door of every derivation, checked from outside.

A derivation starts from the normal form of a statement, and a summand dropped at that door would be
invisible to every later step. So statements are also evaluated as they stand, with plain NumPy: nothing here
knows of words or tapes, and pseudo-inverses come from NumPy's singular values. The walk is written once for
any kind of numbers; `verify.rational` walks with exact ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy import Identity, MatAdd, MatMul, MatrixSymbol, Trace, Transpose

from derivations.core.language import E, GramInverse, Pinv, T, matrix_to_sympy, parse
from derivations.core.laws import Block, Setting
from verify import machine
from verify.environment import Environment
from verify.streams import generator
from verify.symbols import Definitions
from verify.tape import lower

Array = NDArray[np.float64]
Matrix = TypeVar("Matrix")
Scalar = TypeVar("Scalar")


@dataclass(frozen=True)
class Algebra(Generic[Matrix, Scalar]):
    """What a walk computes with: numbers, matrices and the operations on them.

    `number` gives a scalar without matrices, `eye` the identity of a size. Sums and products of matrices and
    scalars go by the operators + and * of Python, except products of matrices, which are `product`.
    """

    number: Callable[[sp.Expr], Scalar]
    eye: Callable[[sp.Expr], Matrix]
    product: Callable[[Matrix, Matrix], Matrix]
    transpose: Callable[[Matrix], Matrix]
    pinv: Callable[[Matrix], Matrix]
    gram_inverse: Callable[[Matrix], Matrix]
    trace: Callable[[Matrix], Scalar]


def evaluate(
    x: sp.Expr, draws: Sequence[Mapping[MatrixSymbol, Matrix]], algebra: Algebra[Matrix, Scalar]
) -> Scalar:
    """The value of a scalar statement, with every expectation replaced by its content at one draw.

    `draws` give the matrices by symbol. Traces outside any expectation are taken at draws[0] and expectation
    number r of a product at draws[r + 1], so that factors are independent; there are at least 1 +
    `expectations` draws, or a single one at which everything is taken. Raises ValueError for what it does
    not know.
    """
    if 1 < len(draws) <= expectations(x):
        raise ValueError(f"{len(draws)} draws are too few for {1 + expectations(x)} independent factors")
    value: Scalar = _scalar(x, draws, algebra, 1)
    return value


def expectations(x: sp.Expr) -> int:
    """The largest number of expectations multiplied together in a statement."""
    if isinstance(x, E):
        return 1
    counts = [expectations(arg) for arg in x.args] if x.is_Add or x.is_Mul or x.is_Pow else []
    if x.is_Pow:
        return counts[0] * int(x.exp) if counts[0] else 0
    return sum(counts) if x.is_Mul else max(counts, default=0)


def _scalar(
    x: sp.Expr, draws: Sequence[Mapping[MatrixSymbol, Matrix]], algebra: Algebra[Matrix, Scalar], first: int
) -> Any:
    """`evaluate`, with the next expectation at draws[first]; scalars are of any type with + and *."""
    if isinstance(x, E):
        return _scalar(x.args[0], draws[min(first, len(draws) - 1) :][:1], algebra, 0)
    if isinstance(x, Trace):
        return algebra.trace(_matrix(x.args[0], draws[0], algebra))
    if not x.has(Trace, E):
        return algebra.number(x)
    if x.is_Add:
        total, *rest = (_scalar(arg, draws, algebra, first) for arg in x.args)
        for value in rest:
            total = total + value
        return total
    if x.is_Pow and x.exp.is_Integer and x.exp > 0:
        x = sp.Mul(*[x.base] * int(x.exp), evaluate=False)
    if not x.is_Mul:
        raise ValueError(f"a statement may not contain {x}")
    result = algebra.number(sp.Integer(1))
    for arg in x.args:
        result = result * _scalar(arg, draws, algebra, first)
        first += expectations(arg)
    return result


def _matrix(x: sp.Expr, values: Mapping[MatrixSymbol, Matrix], algebra: Algebra[Matrix, Scalar]) -> Any:
    """The value of a matrix expression; matrices are of any type with + and a product with scalars."""
    if isinstance(x, MatrixSymbol):
        if x not in values:
            raise ValueError(f"there is no value for {x}")
        return values[x]
    if isinstance(x, Identity):
        return algebra.eye(x.shape[0])
    if isinstance(x, Pinv | GramInverse):
        return (algebra.pinv if isinstance(x, Pinv) else algebra.gram_inverse)(
            _matrix(x.args[0], values, algebra)
        )
    if isinstance(x, T | Transpose):
        return algebra.transpose(_matrix(x.args[0], values, algebra))
    if isinstance(x, MatAdd):
        total, *rest = (_matrix(arg, values, algebra) for arg in x.args)
        for value in rest:
            total = total + value
        return total
    if isinstance(x, MatMul):
        first, *others = (_matrix(arg, values, algebra) for arg in x.args if arg.is_Matrix)
        for value in others:
            first = algebra.product(first, value)
        for arg in x.args:
            if not arg.is_Matrix:
                first = first * algebra.number(arg)
        return first
    raise ValueError(f"a statement may not contain the matrix {x}")


def floats(environment: Environment) -> Algebra[Array, float]:
    """Plain NumPy."""
    return Algebra(
        number=environment.number,
        eye=lambda size: np.eye(environment.size(size)),
        product=lambda a, b: a @ b,
        transpose=lambda a: a.T,
        pinv=np.linalg.pinv,
        gram_inverse=lambda a: np.linalg.inv(a.T @ a),
        trace=lambda a: float(np.trace(a)),
    )


def complete(
    base: Mapping[MatrixSymbol, Array], setting: Setting, definitions: Definitions, environment: Environment
) -> dict[MatrixSymbol, Array]:
    """All matrices of one draw: the base draws, the given ones, and whatever these determine."""
    values = {**environment.matrices, **base}
    left = [*(entry for block in setting.blocks for entry in block.sampler)]
    left += [*definitions, *setting.definitions, *setting.origins]
    algebra = floats(environment)
    while left:
        ready = [
            (x, value) for x, value in left if all(f.symbol in values for _, w in value.terms for f in w)
        ]
        if not ready:
            break  # the rest is in terms of symbols that are not in use here
        for x, value in ready:
            if x not in values:
                values[x] = _matrix(matrix_to_sympy(value), values, algebra)
        left = [entry for entry in left if entry not in ready]
    return values


class Door(NamedTuple):
    """A statement as it stands and its normal form at the same draws, and the tolerance: (trials,) each."""

    raw: Array
    normal: Array
    tolerance: Array

    @property
    def agrees(self) -> bool:
        """Whether the two agree to rounding at every draw; never if one is not finite."""
        return bool(np.all(np.abs(self.raw - self.normal) <= self.tolerance))


def door(
    statement: sp.Expr,
    setting: Setting,
    environment: Environment,
    *,
    extra_blocks: Sequence[Block] = (),
    seed: int = 0,
    trials: int = 8,
) -> Door:
    """Compare a statement with its normal form at random draws.

    The factors of a product of expectations have independent draws; since they have no order in the normal
    form, both sides are averaged over all orders of the draws. The tolerance is four times the tape's
    rounding bound.
    """
    tape = lower([parse(statement)], setting, (), environment, extra_blocks=extra_blocks)
    orders = list(permutations(range(max(tape.replicas, 1 + expectations(statement)))))
    shapes = {x: environment.shape(x) for b in (*setting.blocks, *extra_blocks) for x, _ in b.draws}
    stream = generator(seed, "door", environment.label, str(statement))
    algebra = floats(environment)
    raw, normal, tolerance = np.zeros(trials), np.zeros(trials), np.zeros(trials)
    for t in range(trials):
        # An identity between functions of the draws: their law does not matter, so all are normal.
        draws = [{x: stream.standard_normal(shape) for x, shape in shapes.items()} for _ in orders[0]]
        values = [complete(draw, setting, (), environment) for draw in draws]
        for order in orders:
            raw[t] += evaluate(statement, [values[r] for r in order], algebra) / len(orders)
            packed = machine.pack(tape, [draws[r] for r in order])
            normal[t] += machine.run(tape, packed)[0, 0] / len(orders)
            tolerance[t] += 4 * machine.bounds(tape, packed)[0, 0] / len(orders)
    return Door(raw, normal, tolerance)
