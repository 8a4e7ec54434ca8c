"""Moments of uniform projections, and angles between subspaces, against routes of their own."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from derivations.core.derivation import Derivation
from derivations.core.words import Word
from derivations.lemmas.principal_angles import EXTREME, SETTING
from derivations.points import point
from tests import numeric
from tests.oracles import uniform_projection
from tests.oracles.uniform_projection import Rows
from tests.planted import proved

SIZES = [(m, d) for d in (2, 3, 4, 5) for m in range(1, d + 1)]
SECOND = proved().theorem("haar-projection-second").derivations


def value(made: Derivation, sizes: dict[str, int], matrices: dict[str, Rows]) -> Fraction:
    """What a derivation concludes, at integer matrices."""

    def trace(word: Word) -> int:
        out = np.array(np.eye(sizes["d"], dtype=int), dtype=object)
        for f in word:
            x = np.array(matrices[f.symbol.name], dtype=object)
            out = out @ (x.T if f.transposed else x)
        return int(np.trace(out))

    total = Fraction(0)
    for t in made.end.terms:
        at = sp.Rational(t.coefficient.subs({s: sizes[s.name] for s in t.coefficient.free_symbols}))
        term = Fraction(int(at.p), int(at.q))
        for word in t.traces:
            term *= trace(word)
        total += term
    return total


def integers(d: int, seed: int) -> Rows:
    rows: Rows = np.random.default_rng(seed).integers(-9, 10, (d, d)).tolist()
    return rows


@pytest.mark.parametrize(("m", "d"), SIZES)
@pytest.mark.parametrize(
    ("part", "oracle"), [(0, uniform_projection.sandwiched), (1, uniform_projection.traces)]
)
def test_second_moments_of_a_uniform_projection_are_those_of_the_beta_law(
    part: int, oracle: Callable[[int, int, Rows, Rows], Fraction], m: int, d: int
) -> None:
    a, b = integers(d, 10 * d + m), integers(d, 100 * d + m)
    assert value(SECOND[part], {"m": m, "d": d}, {"A": a, "B": b}) == oracle(m, d, a, b)


def test_one_direction_of_the_plane_is_an_integral_over_an_angle() -> None:
    """P = (cos t, sin t)(cos t, sin t)ᵀ with t uniform."""
    t = sp.Symbol("t")
    u = sp.Matrix([sp.cos(t), sp.sin(t)])
    a, b = integers(2, 1), integers(2, 2)
    turned = [sp.Matrix(x) for x in (a, b)]
    inside = (u.T * turned[0] * u)[0] * (u.T * turned[1] * u)[0]
    mean = sp.integrate(sp.expand(inside), (t, 0, 2 * sp.pi)) / (2 * sp.pi)
    for made in SECOND:  # for one direction tr(PAPB) = tr(PA) tr(PB)
        assert value(made, {"m": 1, "d": 2}, {"A": a, "B": b}) == Fraction(int(mean.p), int(mean.q))


@pytest.mark.parametrize(("s", "w", "d"), [(1, 1, 2), (1, 2, 3), (2, 2, 3), (2, 3, 4), (2, 2, 5), (4, 3, 5)])
def test_the_variance_of_a_chance_overlap_is_that_of_the_beta_law(s: int, w: int, d: int) -> None:
    form = proved().theorem("random-subspaces").derivations[1].conclusion
    at = form.subs({x: {"D": d, "d_s": s, "d_w": w}[x.name] for x in form.free_symbols})
    assert Fraction(int(at.p), int(at.q)) == uniform_projection.overlap_variance(s, w, d)


def test_angles_in_any_basis_are_those_of_the_spaces() -> None:
    """The matrix that the claim speaks of has the squared cosines that scipy's bases would have."""
    where = numeric.world(SETTING, 3, scalars={"D": 7, "d_s": 4, "d_w": 3})
    given = {x.name: value[0] for x, value in where.given.items()}  # type: ignore[union-attr]  # symbols
    strong, weak = given["U_s"] @ given["A"], given["U_w"] @ given["B"]
    s, sw, w = strong.T @ strong, strong.T @ weak, weak.T @ weak
    found = np.linalg.eigvals(np.linalg.solve(s, sw) @ np.linalg.solve(w, sw.T))
    cosines = np.linalg.svd(np.linalg.qr(strong)[0].T @ np.linalg.qr(weak)[0], compute_uv=False)
    assert np.sort(found.real)[1:] == pytest.approx(np.sort(cosines**2), rel=1e-9)
    made = proved().theorem("principal-angles").derivations[5]
    (value_of,) = (t.coefficient for t in made.end.terms)
    assert where.number(value_of) == pytest.approx(float(np.sum(cosines**2)), rel=1e-9)


def test_angles_of_0_and_90_degrees_are_what_the_cross_covariance_says() -> None:
    where = numeric.world(EXTREME, 4, scalars={"d_s": 4, "d_w": 3, "r": 2})
    given = {x.name: value[0] for x, value in where.given.items()}  # type: ignore[union-attr]  # symbols
    cosines = np.linalg.svd(given["U"] @ given["V"].T, compute_uv=False)
    assert cosines == pytest.approx([1, 1, 0], abs=1e-12)
    assert EXTREME.holds_at(dict(point(d_s=4, d_w=3, r=2).values))
    assert not EXTREME.holds_at(dict(point(d_s=4, d_w=3, r=4).values))
