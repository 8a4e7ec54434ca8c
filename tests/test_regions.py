"""Signs on regions: what is found holds at random places, and what does not hold is not found."""

import random
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.core.regions import PLUS, SQUARE, Region, Sign
from derivations.core.words import Refused
from derivations.notation import N, d_s, d_sw, d_w, n, sigma2
from derivations.theorems._recovery import ANY, EXPRESSED, tau2, u, x, y

a, b, c = (sp.Symbol(name, nonnegative=True) for name in "abc")
p = sp.Symbol("p", positive=True)
t = sp.Symbol("t", real=True)
MINUS = Sign(-1, True)


@pytest.mark.parametrize(
    ("region", "expression", "sign"),
    [
        (Region(), p, PLUS),
        (Region(), a, SQUARE),
        (Region(), -p - a, MINUS),
        (Region(), a - b, None),
        (Region(nonnegative=(a - b,)), a - b, SQUARE),
        (Region(positive=(a - b,)), a - b, PLUS),
        (Region(positive=(a - b,)), b - a, MINUS),
        (Region(positive=(a - b,)), (b - a) ** 3, MINUS),
        (Region(positive=(a - b,)), 1 / (a - b), PLUS),
        (Region(nonnegative=(a - b,)), 1 / (a - b), None),  # it may divide by zero
        (Region(positive=(a - b,)), a**2 - b**2, PLUS),
        (Region(positive=(a - b, b - c)), a - c, PLUS),
        (Region(nonnegative=(a - b, b - c)), a - c, SQUARE),
        (Region(positive=(a - b, a - b), nonnegative=(a - b,)), a - b, PLUS),
        (Region(), t**2, SQUARE),
        (Region(), t, None),
        (Region(), sp.Symbol("z") ** 2, None),  # of a number that may be complex
        (Region(), (sp.Symbol("z") - p) ** 2, None),
        (Region(), t**2 + p, PLUS),
        (Region(), (a - b) ** 2, SQUARE),
        (Region(), (a - b) ** 2 + p, PLUS),
        (Region(), (a - b) ** 2 - p, None),
        (Region(positive=(a * b - c,)), 3 * a * b - 3 * c, PLUS),  # known, though solved for no letter
        (Region(positive=(a * b - c,)), a * b - 2 * c, None),
        (Region(at=((a, sp.Integer(2)),)), a - 1, PLUS),
        (Region(), sp.S.Zero, SQUARE),
        (ANY, x * y / sigma2, PLUS),
        (ANY, u, SQUARE),
        (ANY, d_sw * y + d_s * u, SQUARE),  # both may be zero
        (ANY.where(u), d_sw * y + d_s * u, PLUS),
        (ANY, n - d_s - 1, None),
        (ANY, N - 2 * d_s - 1, None),
        (EXPRESSED, tau2 + sigma2, PLUS),
    ],
)
def test_a_sign_is_found_exactly_where_it_follows(
    region: Region, expression: sp.Expr, sign: Sign | None
) -> None:
    assert region.sign(expression) == sign


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_sign_that_is_found_holds_all_over_the_region(seed: int) -> None:
    """Random hypotheses and expressions; places drawn by rejection, which knows of no coordinates."""
    chance, letters = random.Random(seed), [a, b, c, p]

    def linear() -> sp.Expr:
        return sp.Add(*(chance.choice([-2, -1, 0, 1, 1, 2]) * s for s in letters)) + chance.choice([-1, 0, 1])

    def expression() -> sp.Expr:
        parts = [linear() * chance.choice([1, linear(), p]) for _ in range(chance.choice([1, 2, 3]))]
        whole = sp.Add(*parts)
        return (
            whole / chance.choice([1, p, 1 + a])
            if chance.random() < 0.5
            else sp.expand(whole) ** chance.choice([1, 2])
        )

    region = Region(tuple(linear() for _ in range(2)), (linear(),))
    sign = region.sign(wanted := expression())
    if sign is None:
        return
    for _ in range(400):
        at = {s: Fraction(chance.randint(0, 12), chance.choice([1, 2, 3])) for s in letters}
        at[p] += Fraction(1, 7)
        put = {s: sp.Rational(v.numerator, v.denominator) for s, v in at.items()}
        if not region.holds_at(put):
            continue
        value = sign.of * wanted.subs(put)
        assert value > 0 if sign.strict else value >= 0


def test_letters_are_replaced_by_what_they_are_defined_from() -> None:
    region = Region(names=((c, a - 2 * b, a),), at=((b, sp.Integer(3)),))
    assert region.put(a + b) == c + 9
    assert region.values({a: sp.Integer(10), b: sp.Integer(3)})[c] == 4
    with pytest.raises(Refused, match="a does not follow"):
        Region(names=((c, a**2, a),)).put(a)


def test_a_region_knows_where_it_is() -> None:
    region = Region(positive=(a - b,), nonnegative=(c - 1,))
    assert region.holds_at({a: 2, b: 1, c: 1})
    assert not region.holds_at({a: 1, b: 1, c: 1})
    assert not region.holds_at({a: 2, b: 1, c: 0})
    assert region.holds_at({a: 2, b: 1})  # what is not known does not fail
    assert region.where(a - 2).positive == (a - b, a - 2)


def test_a_product_of_signs() -> None:
    assert Sign(-1, True) * Sign(-1, False) == Sign(1, False)
    assert PLUS * MINUS == MINUS


def test_sizes_are_counted_in_the_letters_of_the_theory() -> None:
    assert ANY.where(d_w - d_s).sign(d_w - d_s) == PLUS
