"""Every claim derives, replays and agrees with hand calculation and simulation; a wrong one is refused."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derivations.claims import KINDS, Book, Disagreement, Equal, Limit, Tendency, claims
from derivations.core.language import parse, to_sympy
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Refused
from derivations.notation import d_sw
from derivations.points import W2S_POINTS, Point
from tests import numeric
from tests.planted import PLANTED_CLAIMS, PlantedClaim, edited, proved, shelf
from tests.planted import library as planted_library

BOOK = proved()
AGAIN = Book(BOOK.claims)
CLAIMS = sorted(BOOK.claims)
PROVED = [id for id in CLAIMS if BOOK.claims[id].provable]
PARTS = [(id, part) for id in PROVED for part in range(len(BOOK.theorem(id).derivations))]

DEPENDS: dict[str, set[str]] = {
    "bartlett": set(),
    "chi-square-inverse": set(),
    "gaussian-conditioning": set(),
    "gram-pseudoinverse": set(),
    "noise-energy": set(),
    "haar-projection-mean": {"orthogonal-invariance"},
    "haar-projection-second": {"haar-projection-mean"},
    "orthogonal-invariance": set(),
    "principal-angles": set(),
    "quadratic-expectation": set(),
    "random-subspaces": {"haar-projection-mean", "haar-projection-second"},
    "residual-chi-square": set(),
    "wishart-inverse-mean": {"orthogonal-invariance", "residual-chi-square", "chi-square-inverse"},
    "teacher-variance": {"noise-energy", "gram-pseudoinverse", "wishart-inverse-mean"},
    "w2s-variance-inherited": {"noise-energy", "gram-pseudoinverse", "wishart-inverse-mean"},
    "w2s-variance-reduced": {
        "noise-energy",
        "gram-pseudoinverse",
        "wishart-inverse-mean",
        "gaussian-conditioning",
        "quadratic-expectation",
    },
    "w2s-variance": {"gaussian-conditioning", "w2s-variance-inherited", "w2s-variance-reduced"},
    "w2s-variance-leading-order": {
        "noise-energy",
        "gram-pseudoinverse",
        "wishart-inverse-mean",
        "gaussian-conditioning",
        "quadratic-expectation",
    },
    "w2s-variance-in-sample": {
        "noise-energy",
        "gram-pseudoinverse",
        "wishart-inverse-mean",
        "gaussian-conditioning",
        "quadratic-expectation",
    },
}


@pytest.mark.parametrize("id", CLAIMS)
def test_a_claim_is_whole(id: str) -> None:
    claim = BOOK.claims[id]
    assert claim.id == id
    assert claim.kind in KINDS
    assert claim.title
    assert claim.source
    assert claim.statement
    assert len(claim.page) > 100
    assert claim.parts


@pytest.mark.parametrize("id", PROVED)
def test_a_claim_derives_replays_and_concludes_what_it_states(id: str) -> None:
    theorem = AGAIN.theorem(id)  # a book proves nothing that it does not replay
    assert len(theorem.derivations) == len(theorem.claim.provable)
    for part, made in zip(theorem.claim.provable, theorem.derivations, strict=True):
        assert made.steps
        assert (
            sp.expand(to_sympy(parse(part.right)) - made.conclusion) == 0
            or part.right == sp.oo == made.conclusion
        )
        assert [made.start, made.setting] == [made.setting.normal(parse(part.left)), part.setting]
    for other in theorem.others:
        assert other.conclusion == theorem.conclusion


@pytest.mark.parametrize("id", DEPENDS)
def test_dependencies_are_as_expected(id: str) -> None:
    assert set(BOOK.theorem(id).depends) == DEPENDS[id]


def test_the_mean_of_an_inverse_gram_matrix_is_derived_twice_independently() -> None:
    theorem = BOOK.theorem("wishart-inverse-mean")
    first, *_ = theorem.derivations
    (second,) = theorem.others
    assert first.conclusion == second.conclusion
    titles = [{step.rule.title for step in made.steps} for made in (first, second)]
    assert not titles[0] & titles[1]


def test_a_replay_starts_from_nothing() -> None:
    theorem = BOOK.replay("w2s-variance")
    assert theorem == BOOK.theorem("w2s-variance")
    assert theorem is not BOOK.theorem("w2s-variance")


def test_what_a_conclusion_rests_on_is_listed() -> None:
    below = {*DEPENDS} - {
        "bartlett",
        "haar-projection-mean",
        "haar-projection-second",
        "principal-angles",
        "random-subspaces",
        "teacher-variance",
        "w2s-variance-leading-order",
        "w2s-variance-in-sample",
    }
    assert set(BOOK.ancestors("w2s-variance")) == below - {"w2s-variance"}
    rests = BOOK.axioms("w2s-variance")
    for fact in ("Stein's identity", "full column rank", "Penrose", "uncorrelated jointly Gaussian"):
        assert any(fact in axiom for axiom in rests)
    assert BOOK.axioms("bartlett") == ("Bartlett's decomposition of a Wishart matrix",)


# ------------------------------------------------------------------------------------------- points


@pytest.mark.parametrize("id", CLAIMS)
def test_a_claim_has_a_dozen_points_at_which_its_hypotheses_hold(id: str) -> None:
    claim = BOOK.claims[id]
    limits = any(isinstance(part, Limit | Tendency) for part in claim.parts)
    assert len(set(claim.points)) == len(claim.points) >= (1 if limits else 12)
    for part in claim.provable:
        at = [p for p in claim.points if part.setting.holds_at(dict(p.values))]
        assert at == list(claim.points)


REQUIRED: dict[str, Callable[[Point], bool]] = {
    "d_s > d_w": lambda p: p["d_s"] > p["d_w"],
    "d_w > d_s": lambda p: p["d_w"] > p["d_s"],
    "no overlap": lambda p: not any(p.overlaps),
    "full overlap": lambda p: len(p.overlaps) == min(p["d_s"], p["d_w"]) and set(p.overlaps) == {1},
    "generic angles": lambda p: len({c for c in p.overlaps if 0 < c < 1}) > 1,
    "n = d_w + 4": lambda p: p["n"] == p["d_w"] + 4,
    "N = d_s + 4": lambda p: p["N"] == p["d_s"] + 4,
    "N in the thousands": lambda p: p["N"] >= 1000 and max(p["d_s"], p["d_w"]) <= 12,
    "other noise than normal": lambda p: p.noise != "normal",
    "aligned, oblique and orthogonal at once": lambda p: {0, 1} < set(p.overlaps),
}


@pytest.mark.parametrize("kind", REQUIRED)
def test_points_of_both_spaces_are_of_every_kind(kind: str) -> None:
    assert any(map(REQUIRED[kind], W2S_POINTS))


def test_points_of_both_spaces_are_small_where_power_is_needed() -> None:
    small = [p for p in W2S_POINTS if max(p["n"], p["N"]) < 1000]
    assert all(p["n"] <= max(3 * p["d_w"], p["d_w"] + 10) and max(p["d_s"], p["d_w"]) <= 12 for p in small)
    both = [id for id in DEPENDS if id.startswith("w2s-variance") and id != "w2s-variance-leading-order"]
    assert all(BOOK.claims[id].points == W2S_POINTS for id in both)


# --------------------------------------------------------------------- the same, worked out by hand


def teacher(s2: Fraction, dw: int, n: int) -> Fraction:
    """σ² times the sum of d_w means 1/(n - d_w - 1) of diagonal entries."""
    return sum((s2 / (n - 1 - dw) for _ in range(dw)), Fraction(0))


def student(
    s2: Fraction, cosines: list[Fraction], dw: int, ds: int, n: int, N: int, noise: Fraction
) -> Fraction:
    """Direction by direction: cos² of the teacher's variance is kept, sin² multiplied by `noise`."""
    total = Fraction(0)
    for i in range(dw):
        cos2 = cosines[i] ** 2 if i < len(cosines) else Fraction(0)
        total += s2 / (n - 1 - dw) * (cos2 + (1 - cos2) * noise)
    return total


HAND: dict[str, Callable[[Fraction, list[Fraction], int, int, int, int], Fraction]] = {
    "teacher-variance": lambda s2, cos, dw, ds, n, N: teacher(s2, dw, n),
    "w2s-variance": lambda s2, cos, dw, ds, n, N: student(s2, cos, dw, ds, n, N, Fraction(ds, N - 1 - ds)),
    "w2s-variance-in-sample": lambda s2, cos, dw, ds, n, N: student(s2, cos, dw, ds, n, N, Fraction(ds, N)),
    "w2s-variance-inherited": lambda s2, cos, dw, ds, n, N: student(s2, cos, dw, ds, n, N, Fraction(0)),
    "w2s-variance-reduced": lambda s2, cos, dw, ds, n, N: (
        student(s2, cos, dw, ds, n, N, Fraction(ds, N - 1 - ds)) - student(s2, cos, dw, ds, n, N, Fraction(0))
    ),
    "w2s-variance-leading-order": lambda s2, cos, dw, ds, n, N: (
        teacher(s2, dw, n) - student(s2, cos, dw, ds, n, N, Fraction(0))
    ),
}
positive = st.fractions(Fraction(1, 8), 8)
cosine = st.fractions(0, 1)


@pytest.mark.parametrize("id", HAND)
@given(
    positive,
    st.lists(cosine, max_size=40),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(2, 500),
    st.integers(2, 500),
)
def test_conclusions_agree_with_hand_calculation_at_random_sizes(
    id: str, s2: Fraction, cos: list[Fraction], dw: int, ds: int, more_n: int, more_N: int
) -> None:
    n, N, cos = dw + more_n, ds + more_N, cos[: min(dw, ds)]
    values = {
        "sigma2": s2,
        "d_w": dw,
        "d_s": ds,
        "n": n,
        "N": N,
        d_sw.name: sum((c * c for c in cos), Fraction(0)),
    }
    form = BOOK.theorem(id).conclusion
    at = form.subs({s: sp.Rational(values[s.name]) for s in form.free_symbols})
    assert Fraction(int(at.p), int(at.q)) == HAND[id](s2, cos, dw, ds, n, N)


@given(st.integers(1, 200), st.integers(3, 400))
def test_the_two_inverse_moments_agree_with_hand_calculation(d: int, more: int) -> None:
    chi = BOOK.theorem("chi-square-inverse").conclusion
    assert chi.subs(dict.fromkeys(chi.free_symbols, more)) == sp.Rational(1, more - 2)
    wishart = BOOK.theorem("wishart-inverse-mean").derivations[0].end.terms[0].coefficient
    assert wishart.subs({s: {"m": d + more, "d": d}[s.name] for s in wishart.free_symbols}) == sp.Rational(
        1, more - 1
    )


@pytest.mark.parametrize(("id", "part"), PARTS)
def test_statements_hold_in_simulation_at_small_points(id: str, part: int) -> None:
    claim, made = BOOK.claims[id], BOOK.theorem(id).derivations[part]
    if made.conclusion == sp.oo or isinstance(claim.provable[part], Limit):
        return
    for point in claim.points[:2]:
        where = numeric.world(made.setting, 0, point.noise, point.overlaps, dict(point.values))
        if made.kind == IN_EXPECTATION:
            found = numeric.z_score(made.start, made.end, where, made.in_force, 10_000)
            assert (
                found < 5 or numeric.z_score(made.start, made.end, where, made.in_force, 200_000, seed=1) < 5
            )
        else:
            assert numeric.largest_gap(made.start, made.end, where, made.in_force) < 1e-6


# ---------------------------------------------------------------------------------- wrong closed forms


@pytest.mark.parametrize("planted", PLANTED_CLAIMS, ids=lambda p: f"{p.name}, {p.part}")
def test_a_wrong_closed_form_is_refused_and_both_are_shown(planted: PlantedClaim) -> None:
    wrong = planted.claim()
    with pytest.raises(Disagreement) as refusal:
        planted_library(planted).theorem(planted.id)
    stated = to_sympy(parse(wrong.parts[planted.part].right))
    concluded = BOOK.theorem(planted.id).derivations[planted.part].conclusion
    assert f"states {stated}" in str(refusal.value)
    assert f"concludes {concluded}" in str(refusal.value)


@pytest.mark.parametrize("id", sorted({*DEPENDS} & {*PROVED}))
def test_a_factor_of_101_hundredths_is_seen_in_every_claim(id: str) -> None:
    claim = BOOK.claims[id]
    for number, part in enumerate(claim.parts):
        if not isinstance(part, Equal | Limit) or part.right in (0, sp.oo):
            continue
        wrong = replace(part, right=part.right * sp.Rational(101, 100))
        parts = (*claim.parts[:number], wrong, *claim.parts[number + 1 :])
        with pytest.raises(Disagreement, match="states"):
            shelf(replace(claim, parts=parts)).theorem(id)


def test_what_rests_on_a_wrong_claim_falls_with_it() -> None:
    (planted,) = (p for p in PLANTED_CLAIMS if p.id == "wishart-inverse-mean" and p.part == 0)
    for id in ("teacher-variance", "w2s-variance", "w2s-variance-leading-order"):
        with pytest.raises(Disagreement, match="wishart-inverse-mean states"):
            planted_library(planted).theorem(id)


@pytest.mark.parametrize("planted", PLANTED_CLAIMS, ids=lambda p: f"{p.name}, {p.part}")
def test_a_planted_form_differs_where_the_claim_is_checked(planted: PlantedClaim) -> None:
    """By 0.4 per cent of their sum at one of the points, so that sampling can be asked to see it."""
    claim = planted.claim()
    part, right = claim.parts[planted.part], BOOK.theorem(planted.id).derivations[planted.part].end
    assert isinstance(part, Equal | Limit)
    if right.scalar == sp.oo:
        return
    gaps = []
    for point in claim.points:
        where = numeric.world(part.setting, 0, point.noise, point.overlaps, {"N": 50, **dict(point.values)})
        draws = [numeric.draw(where, 200, 0)]
        ours, theirs = (numeric.evaluate(side, draws, where).mean() for side in (right, parse(part.right)))
        gaps.append(abs(ours - theirs) / (abs(ours) + abs(theirs) + 1e-12))
    assert np.max(gaps) > 4e-3


def test_an_edited_derivation_of_the_variance_is_refused() -> None:
    def proof(p: object) -> object:
        made = claims()["w2s-variance"].provable[0].proof(p)  # type: ignore[arg-type]  # a derivation
        return edited(made, parse(2 * made.conclusion))

    claim = BOOK.claims["w2s-variance"]
    (part,) = claim.provable
    wrong = replace(claim, parts=(replace(part, proof=proof, right=2 * part.right),))  # type: ignore[arg-type]  # not a proof
    with pytest.raises(Refused, match=r"step 4 \(V_w\\V_s: reduced\) does not follow by its rule"):
        shelf(wrong).theorem(claim.id)
