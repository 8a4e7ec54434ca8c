"""The door between SymPy and the normal form: how statements are written, and how results are read.

SymPy evaluates too eagerly for random matrices (it cancels (XXᵀ)⁻¹XXᵀ where XXᵀ is singular), so products
and traces are built unevaluated here and all algebra happens on words.
"""

from collections.abc import Iterator
from itertools import product as choices

import sympy as sp
from sympy import Identity, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Trace, Transpose

from derivations.core.words import (
    GRAM_INVERSE,
    PINV,
    Expression,
    Factor,
    Group,
    MatrixSum,
    Refused,
    Term,
    collect,
    declared,
    identity,
    matrix,
)


class E(sp.Expr):
    """The expectation of a scalar expression over everything random in it."""


class _OfSymbol(MatrixExpr):
    """A matrix function of one symbol."""

    arg = property(lambda self: self.args[0])


class Pinv(_OfSymbol):
    """The Moore-Penrose pseudo-inverse X⁺."""

    shape = property(lambda self: (self.arg.shape[1], self.arg.shape[0]))


class GramInverse(_OfSymbol):
    """The inverse Gram matrix (XᵀX)⁻¹, written W⁻¹ when X is a Γ."""

    shape = property(lambda self: (self.arg.shape[1], self.arg.shape[1]))


class T(_OfSymbol):
    """The transpose of any matrix expression, left as it is."""

    shape = property(lambda self: self.arg.shape[::-1])


def mul(*factors: MatrixExpr) -> MatrixExpr:
    """A product that SymPy leaves alone."""
    return MatMul(*factors, evaluate=False) if len(factors) > 1 else factors[0]


def tr(x: MatrixExpr) -> sp.Expr:
    """A trace that SymPy leaves alone."""
    return Trace(x)


def norm2(x: MatrixExpr) -> sp.Expr:
    """The squared Frobenius norm tr(xᵀx)."""
    return tr(mul(T(x), x))


def parse_matrix(x: sp.Expr) -> MatrixSum:
    """A SymPy matrix expression as a sum of words. Raises Refused for what the core does not know."""
    if type(x) in (MatrixSymbol, Identity):
        return matrix((Factor(x),))
    if type(x) in (Pinv, GramInverse) and type(x.arg) is MatrixSymbol:
        return matrix((Factor(x.arg, PINV if type(x) is Pinv else GRAM_INVERSE),))
    if type(x) in (T, Transpose):
        return parse_matrix(x.args[0]).T
    if type(x) is MatMul:
        total = matrix(identity(x.shape[0]))
        for arg in x.args:
            total = total * parse_matrix(arg) if arg.is_Matrix else total.times(declared(arg))
        return total
    if type(x) is MatAdd:
        parts = [parse_matrix(arg) for arg in x.args]
        return sum(parts[1:], parts[0])
    raise Refused(f"the core does not know the matrix {x}")


def summands(x: sp.Expr) -> Iterator[Term]:
    """The terms of a statement one by one, like ones not combined: each has to exist on its own."""
    x = sp.sympify(x)
    if type(x) is E and len(x.args) == 1:
        inner = parse(x.args[0])  # under one expectation, combining is harmless
        if any(t.groups for t in inner.terms):
            raise Refused(f"an expectation inside an expectation: {x}")
        yield from (Term(t.coefficient, (), (t.traces,)) for t in inner.terms)
    elif type(x) is Trace:
        yield from (Term(c, (word,)) for c, word in parse_matrix(x.args[0]).terms)
    elif not x.has(Trace, E):
        yield Term(declared(x))
    elif x.is_Add:
        for arg in x.args:
            yield from summands(arg)
    elif x.is_Mul or (x.is_Pow and x.exp.is_Integer and x.exp > 0):
        factors = x.args if x.is_Mul else [x.base] * int(x.exp)
        for parts in choices(*(tuple(summands(arg)) for arg in factors)):
            coefficient = sp.Mul(*(t.coefficient for t in parts))
            yield Term(coefficient, sum((t.traces for t in parts), ()), sum((t.groups for t in parts), ()))
    else:
        raise Refused(f"the core does not know the expression {x}")


def parse(x: sp.Expr) -> Expression:
    """A SymPy scalar expression in traces and expectations as an `Expression`."""
    return collect(summands(x))


def _sympy_factor(f: Factor) -> MatrixExpr:
    wrap = {PINV: Pinv, GRAM_INVERSE: GramInverse}.get(f.op, lambda s: s)
    return T(wrap(f.symbol)) if f.transposed else wrap(f.symbol)


def to_sympy(expression: Expression) -> sp.Expr:
    """An `Expression` as SymPy's."""

    def traces(words: Group) -> list[sp.Expr]:
        return [tr(mul(*map(_sympy_factor, word))) for word in words]

    return sp.Add(
        *(
            sp.Mul(t.coefficient, *traces(t.traces), *(E(sp.Mul(*traces(g))) for g in t.groups))
            for t in expression.terms
        )
    )


def matrix_to_sympy(total: MatrixSum) -> MatrixExpr:
    """A `MatrixSum` as SymPy's."""
    if not total.terms:
        return sp.ZeroMatrix(*total.shape)
    parts = [mul(*([c] if c != 1 else []), *map(_sympy_factor, w)) for c, w in total.terms]
    return MatAdd(*parts, evaluate=False) if len(parts) > 1 else parts[0]
