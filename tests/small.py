"""A small setting that the tests of the core share, and short ways to state and to cite in it."""

import re
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from sympy import MatrixSymbol

from derivations.claims import Book, Claim, Equal, Limit, claims
from derivations.core.analysis import Solve
from derivations.core.derivation import Derivation, begin
from derivations.core.language import (
    T,
    mul,
    parse_matrix,
)
from derivations.core.laws import Setting, standard, unit
from derivations.core.rules import (
    ChangeVariables,
    Library,
    Rule,
)
from derivations.core.words import (
    GRAM_INVERSE,
    Factor,
    MatrixSum,
    Refused,
    identity,
    matrix,
)
from derivations.lemmas import gaussian_conditioning, orthogonal_invariance, residual_chi_square
from derivations.notation import (
    CtC,
    Gamma,
    d,
    d_sw,
    d_w,
    k,
    m,
    n,
    noise,
)
from tests.planted import proved

A, B, K = (MatrixSymbol(name, d, d) for name in "ABK")
A_m, B_m = MatrixSymbol("A_m", m, m), MatrixSymbol("B_m", m, m)
u, v = MatrixSymbol("u", d, 1), MatrixSymbol("v", d, 1)
G = MatrixSymbol("G", n, d_w)  # a matrix of other sizes than Γ
H = MatrixSymbol("H", m, d)
A_w = MatrixSymbol("A_w", d_w, d_w)
ONE = sp.Integer(1)
SETTING = Setting((standard(Gamma), standard(H)), (m - d - 1, m, d), (A, B, A_m, B_m, u, v))
BOOK = proved()
W, X = Factor(Gamma, GRAM_INVERSE), Factor(Gamma)
GRAM = mul(T(Gamma), Gamma)


def start(statement: sp.Expr, setting: Setting = SETTING, book: Library = BOOK) -> Derivation:
    return begin(statement, setting, book)


def claim(id: str, *parts: Equal | Limit) -> Claim:
    return Claim(id, id, "equality", "a test", "", "", parts, ())


def book(*more: Claim) -> Book:
    return Book({**claims(), **{c.id: c for c in more}})


def refused(why: str) -> Any:
    """A refusal with a sentence that names the side condition."""
    return pytest.raises(Refused, match=re.escape(why))


EYE = matrix(identity(d))
half = sp.Rational(1, 2)
Q = orthogonal_invariance.Q
D = MatrixSymbol("D", m, d)
TURNED = replace(orthogonal_invariance.SETTING, definitions=((D, parse_matrix(mul(Gamma, Q))),))
FEATURES = replace(gaussian_conditioning.SETTING, names=((d_sw, CtC),))
CONDITION = gaussian_conditioning.CONDITION
A_sw, B_w = gaussian_conditioning.A, gaussian_conditioning.B
e = residual_chi_square.e
UNIT = replace(SETTING, given=(A, e), relations=(unit(e),))
NOISE = Setting((noise(), standard(MatrixSymbol("Z", n, 1))), (n,), (MatrixSymbol("M", n, n),))
M = MatrixSymbol("M", n, n)
TIGHT = replace(SETTING, hypotheses=(m - d + 1, m, d))
x = MatrixSymbol("x", k, 1)
CHI = Setting((standard(x),), (k - 2,))
OTHER, NEW = MatrixSymbol("Other", m, d), MatrixSymbol("New", m, d)
Y = MatrixSymbol("Y", m, d)
KNOWN = replace(SETTING, definitions=((D, parse_matrix(mul(Gamma, A))),))


def change(new: MatrixSum, old: MatrixSum | None = None, symbol: MatrixSymbol = Y) -> ChangeVariables:
    return ChangeVariables(((symbol, new),), ((Gamma, old),) if old is not None else ())


def equal(left: sp.Expr, right: sp.Expr, setting: Setting, *rules: Rule) -> Equal:
    def proof(p: Derivation) -> Derivation:
        for rule in rules:
            p = p.by(rule)
        return p

    return Equal(left, sp.sympify(right), setting, proof)


def two(first: Derivation, second: Derivation) -> Solve:
    return Solve(((first, second),))
