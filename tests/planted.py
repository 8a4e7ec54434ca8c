"""Errors to plant: wrong claims and wrong rules, kept so that every check can be shown to fail.

`PLANTED_CLAIMS` are claims with one closed form changed: their proofs are right, so replay refuses them,
and every channel that compares the two sides of the statement has to refute them. `PLANTED_RULES` are rules
with an error; each comes with a claim whose proof uses the wrong rule and which states what then follows:

    with wrong_rule(planted) as book:
        book.theorem(planted.id)   # goes through: the error is in the core
    library(planted).theorem(planted.id)   # refused: the error is in the claim
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from unittest.mock import patch

import sympy as sp
from sympy import MatrixSymbol, Rational

from derivations.claims import Book, Claim, Disagreement, Equal, Limit, claims, plant
from derivations.core import analysis, cite, rules
from derivations.core.analysis import IdempotentForm, Integrate, Isotropy, Solve
from derivations.core.cite import Binding, Cite
from derivations.core.derivation import Derivation, begin
from derivations.core.language import E, GramInverse, Pinv, T, mul, norm2, parse_matrix, tr
from derivations.core.laws import Block, Setting, frame, standard
from derivations.core.rules import (
    Cancel,
    ChangeVariables,
    Contract,
    Expand,
    Fold,
    Independent,
    Library,
    PseudoInverse,
    Relate,
    Rename,
    Rotate,
    Rule,
    ScalarOut,
    State,
    Vanish,
)
from derivations.core.words import (
    GRAM_INVERSE,
    Expression,
    Factor,
    Group,
    Refused,
    Term,
    Word,
    collect,
    define,
    identity,
    matrix,
    product,
    rewrite,
    rotations,
    substitute,
)
from derivations.lemmas import (
    gaussian_conditioning,
    orthogonal_invariance,
    principal_angles,
    residual_chi_square,
)
from derivations.lemmas.principal_angles import COSINES
from derivations.lemmas.wishart_inverse_mean import UNIT
from derivations.notation import (
    C,
    CtC,
    D,
    Gamma,
    Gamma_s,
    Gamma_w,
    N,
    R,
    d,
    d_s,
    d_sw,
    d_w,
    k,
    m,
    n,
    rho_w,
    sigma2,
)
from derivations.points import Point, point
from derivations.theorems.w2s_bias import BIAS, IN_SAMPLE
from derivations.theorems.w2s_risk import ON_ITS_OWN

# ------------------------------------------------------------------------------------- wrong claims


@dataclass(frozen=True)
class PlantedClaim:
    """A claim with one closed form changed."""

    name: str
    id: str
    changes: dict[str, Any] = field(hash=False)
    part: int = 0

    def claim(self) -> Claim:
        """The wrong claim, under the id of the right one."""
        return plant(claims()[self.id], self.part, **self.changes)


def _claim(name: str, id: str, right: sp.Expr, part: int = 0) -> PlantedClaim:
    return PlantedClaim(f"{id}: {name}", id, {"right": sp.sympify(right)}, part)


TEACHER = sigma2 / (n - d_w - 1)
KAPPA = d_s / (N - d_s - 1)
INHERITED, REDUCED = TEACHER * d_sw, TEACHER * (d_w - d_sw) * KAPPA
_SWAP = {d_s: d_w, d_w: d_s}
_A, _B = MatrixSymbol("A", d, d), MatrixSymbol("B", d, d)
_OVERLAPS = 2 * d_s * d_w * (D - d_s) * (D - d_w) / (D**2 * (D - 1) * (D + 2))
_ALONG = m * (m + 2) / (d * (d + 2))
_SQUARED, _ONCE = m * (d + 1) - 2, d - m
_LENGTH = tr(mul(T(principal_angles.v), principal_angles.v))
_VECTOR = principal_angles.v


def _haar(product: sp.Expr, turned: sp.Expr, traces: sp.Expr) -> sp.Expr:
    """A second moment of a uniform projection by the weights of tr(AB), tr(ABᵀ) and tr(A) tr(B)."""
    mixed = product * tr(mul(_A, _B)) + turned * tr(mul(_A, T(_B))) + traces * tr(_A) * tr(_B)
    return m / (d * (d - 1) * (d + 2)) * mixed


PLANTED_CLAIMS: tuple[PlantedClaim, ...] = (
    _claim("d_s/N for d_s/(N - d_s - 1)", "w2s-variance", TEACHER * (d_sw + d_s / N * (d_w - d_sw))),
    _claim("d_s/N for d_s/(N - d_s - 1)", "w2s-variance-reduced", TEACHER * (d_w - d_sw) * d_s / N),
    _claim("n - d_w for n - d_w - 1", "w2s-variance", (INHERITED + REDUCED) * (n - d_w - 1) / (n - d_w)),
    _claim("n - d_w for n - d_w - 1", "w2s-variance-inherited", sigma2 * d_sw / (n - d_w)),
    _claim("n - d_w for n - d_w - 1", "w2s-variance-inherited", sigma2 * d_sw / (n - d_w), part=1),
    _claim("n - d_w for n - d_w - 1", "teacher-variance", sigma2 * d_w / (n - d_w)),
    _claim("d_s and d_w swapped", "w2s-variance", (INHERITED + REDUCED).subs(_SWAP, simultaneous=True)),
    _claim("d_s and d_w swapped", "w2s-variance-reduced", REDUCED.subs(_SWAP, simultaneous=True)),
    _claim("the components swapped", "w2s-variance-inherited", REDUCED),
    _claim("the components swapped", "w2s-variance-reduced", INHERITED),
    _claim("a factor of 1.01", "w2s-variance", (INHERITED + REDUCED) * Rational(101, 100)),
    _claim("a factor of 1.01", "w2s-variance-inherited", INHERITED * Rational(101, 100)),
    _claim("a factor of 1.01", "w2s-variance-reduced", REDUCED * Rational(101, 100)),
    _claim("a factor of 1.01", "teacher-variance", TEACHER * d_w * Rational(101, 100)),
    _claim("d_s/(N - d_s - 1) for d_s/N", "w2s-variance-in-sample", INHERITED + REDUCED),
    _claim("m - 1 for m", "haar-projection-mean", tr(_A) * (m - 1) / d),
    _claim("d/m for m/d", "haar-projection-mean", tr(_A) * d / m),
    _claim("d - m for d - m - 1", "interpolating-inverse", tr(_A) * m / (d * (d - m))),
    _claim("without m/d", "interpolating-inverse", tr(_A) / (d - m - 1)),
    _claim("d_s for d_s d_w/D", "random-subspaces", d_s),
    _claim("D + 1 for D", "random-subspaces", d_s * d_w / (D + 1)),
    _claim("without the 2", "random-subspaces", _OVERLAPS / 2, part=1),
    _claim("D + 1 for D + 2", "random-subspaces", _OVERLAPS * (D + 2) / (D + 1), part=1),
    _claim("D for D - 1", "random-subspaces", _OVERLAPS * (D - 1) / D, part=1),
    _claim("without D - d_w", "random-subspaces", _OVERLAPS / (D - d_w), part=1),
    _claim("as for large D", "random-subspaces", _OVERLAPS * (D - 1) * (D + 2) / D**2, part=1),
    _claim("the mean square for the variance", "random-subspaces", _OVERLAPS + (d_s * d_w / D) ** 2, part=1),
    _claim("without the transpose", "haar-projection-second", _haar(_SQUARED, 0, _ONCE)),
    _claim("d for d - m", "haar-projection-second", _haar(_SQUARED, d, d)),
    _claim("d + 1 for d + 2", "haar-projection-second", _haar(_SQUARED, _ONCE, _ONCE) * (d + 2) / (d + 1)),
    _claim("P for its square", "haar-projection-second", m / d * tr(mul(_A, _B))),
    _claim("the other second moment", "haar-projection-second", _haar(_ONCE, _ONCE, _SQUARED)),
    _claim("the other second moment", "haar-projection-second", _haar(_SQUARED, _ONCE, _ONCE), part=1),
    _claim("as along one axis", "haar-projection-second", _ALONG * tr(_A) * tr(_B), part=1),
    _claim("without the transpose", "haar-projection-second", _haar(_ONCE, 0, _SQUARED), part=1),
    _claim("orthogonal spaces", "principal-angles", _LENGTH),
    _claim("the cosines added", "principal-angles", _LENGTH + norm2(mul(COSINES, _VECTOR))),
    _claim("without A", "principal-angles", tr(mul(COSINES, principal_angles.B, principal_angles.Y)), part=3),
    _claim("equal for similar", "principal-angles", tr(mul(COSINES, T(COSINES), principal_angles.X)), part=4),
    _claim("d_w for d_sw", "principal-angles", d_w, part=5),
    _claim("d_sw²", "principal-angles", d_sw**2, part=5),
    _claim("nothing in common", "principal-angles", _LENGTH, part=6),
    _claim("the angles of 90°", "principal-angles", norm2(mul(T(principal_angles.V), _VECTOR)), part=6),
    _claim("d_w - r for r", "principal-angles", d_w - principal_angles.r, part=7),
    _claim("d_w for d_w - d_sw", "w2s-variance-leading-order", TEACHER * d_w),
    _claim("m - d for m - d - 1", "wishart-inverse-mean", tr(_A) / (m - d)),
    _claim("a finite mean at m = d + 1", "wishart-inverse-mean", sp.Integer(1), part=1),
    _claim("k - 1 for k - 2", "chi-square-inverse", 1 / (k - 1)),
    _claim("σ for σ²", "noise-energy", sp.sqrt(sigma2) * tr(MatrixSymbol("A", m, m))),
    _claim(
        "I for I - CᵀC",
        "gaussian-conditioning",
        N * tr(MatrixSymbol("B", d_w, d_w)),
    ),
    _claim("Γ⁺Γ⁺ᵀ = I", "gram-pseudoinverse", tr(MatrixSymbol("B", d, d)), part=1),
    _claim("the population's for its own sample's", "w2s-bias", BIAS, part=1),
    _claim("a teacher without error", "w2s-bias", sp.limit(IN_SAMPLE, n, sp.oo), part=1),
    _claim("its own sample's for the population's", "w2s-risk", ON_ITS_OWN),
    _claim("without ρ_w", "w2s-risk", ON_ITS_OWN.subs(rho_w, 0), part=1),
)


# -------------------------------------------------------------------------------------- wrong rules


@dataclass(frozen=True)
class PlantedRule:
    """An error in the core (`patches`: object, attribute, wrong value), and a claim that needs it."""

    name: str
    rule: type[Rule]
    patches: tuple[tuple[Any, str, Any], ...]
    left: sp.Expr
    setting: Setting
    proof: Callable[[Derivation], Derivation]
    points: tuple[Point, ...]
    limit: sp.Symbol | None = None

    @property
    def id(self) -> str:
        """The id of the claim."""
        return "planted-" + re.sub("[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def derivation(self) -> Derivation:
        """The proof's derivation, as the core stands."""
        return self.proof(begin(self.left, self.setting, proved()))

    def claim(self) -> Claim:
        """The claim that states what the wrong rule makes of its left side."""
        with self.planted():
            right = self.derivation().conclusion
        part: Equal | Limit = Equal(self.left, right, self.setting, self.proof)
        if self.limit is not None:
            part = Limit(self.left, right, self.setting, self.proof, self.limit, 1)
        return Claim(self.id, self.name, "equality", "planted", "", "", (part,), self.points)

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The core with the error in it."""
        undo = [patch.object(*change) for change in self.patches]
        try:
            for change in undo:
                change.start()
            yield
        finally:
            for change in undo:
                change.stop()


@cache
def proved() -> Book:
    """All claims with their theorems, those that can be derived."""
    book = Book(claims())
    for id in book.claims:
        with suppress(Refused, Disagreement):  # which tests/test_claims.py reports
            book.theorem(id)
    return book


def shelf(wrong: Claim) -> Book:
    """All claims with one of them, or one more, wrong; what does not rest on it is proved already."""
    right = proved()
    kept = {id: t for id, t in right._made.items() if id != wrong.id and wrong.id not in right.ancestors(id)}
    return Book({**right.claims, wrong.id: wrong}, kept)


def library(planted: PlantedClaim | PlantedRule) -> Book:
    """All claims, the planted one among them, and the core as it is."""
    return shelf(planted.claim())


@contextmanager
def wrong_rule(planted: PlantedRule) -> Iterator[Book]:
    """The core with the error in it, and all claims with the planted one among them."""
    book = library(planted)
    with planted.planted():
        yield book


def edited(made: Derivation, after: Expression) -> Derivation:
    """A derivation whose last step says something else than its rule gave."""
    return replace(made, steps=(*made.steps[:-1], replace(made.steps[-1], after=after)))


Apply = Callable[[Any, Expression, Setting, Library], State]


def _then(rule: type[Rule], change: Callable[[Any, Expression, Setting], State]) -> Apply:
    """What a rule does, and then something wrong."""
    right = rule.apply

    def apply(self: Any, expression: Expression, setting: Setting, library: Library) -> State:
        return change(self, *right(self, expression, setting, library))

    return apply


def _scaled(factor: Callable[[Any], sp.Expr]) -> Callable[[Any, Expression, Setting], State]:
    return lambda rule, e, s: (
        collect(t._replace(coefficient=t.coefficient * factor(rule)) for t in e.terms),
        s,
    )


_occurrences = rules._occurrences


def _wrong_sign(word: Word, block: Block) -> Iterator[tuple[int, Word, Factor, Word]]:
    """DW⁻¹ = +W⁻¹(dHᵀH + HᵀdH)W⁻¹."""
    return ((1, *rest) for _, *rest in _occurrences(word, block))  # type: ignore[misc]  # of four


def _second_term_missing(word: Word, block: Block) -> Iterator[tuple[int, Word, Factor, Word]]:
    """DW⁻¹ = -W⁻¹(dHᵀH)W⁻¹."""
    return (o for o in _occurrences(word, block) if o[0] == 1 or o[2].transposed)


def _first_member_only(word: Word, block: Block) -> Iterator[tuple[int, Word, Factor, Word]]:
    """A matrix is contracted with itself, and not with what is correlated with it."""
    return (o for o in _occurrences(word, block) if o[2].symbol == block.members[0])


def _project(self: Cancel, expression: Expression, setting: Setting, library: Library) -> State:
    """ΓW⁻¹Γᵀ = I, which is W⁻¹ΓᵀΓ = I in the wrong order."""
    hit = (Factor(self.symbol), Factor(self.symbol, GRAM_INVERSE), Factor(self.symbol).T)

    def change(word: Word) -> list[tuple[sp.Expr, Word]]:
        for w in rotations(word):
            if w[:3] == hit:
                return [(sp.Integer(1), product(identity(self.symbol.shape[0]), w[3:]))]
        return [(sp.Integer(1), word)]

    return rewrite(expression, change), setting


def _transpose_for_pinv(self: PseudoInverse, e: Expression, s: Setting, library: Library) -> State:
    """Γ⁺ = Γᵀ."""

    def new(f: Factor) -> Any:
        return matrix((f._replace(op="", transposed=not f.transposed),)) if f.op == "pinv" else None

    return substitute(e, new), s


def _plus_for_minus(self: Expand, e: Expression, s: Setting, library: Library) -> State:
    """R = Γ_w + Γ_sC."""
    value = dict(s.definitions)[self.symbol]
    positive = replace(value, terms=tuple((abs(c), w) for c, w in value.terms))
    return substitute(e, define({self.symbol: positive})), s


_relate, _independent, _vanish, _change = Relate.apply, Independent.apply, Vanish.apply, ChangeVariables.apply


def _whole_identity(self: Relate, e: Expression, s: Setting, library: Library) -> State:
    """E eᵀ = I, without the other vectors of the basis."""
    wrong = tuple((w, matrix(identity(v.shape[0])) if len(v.terms) > 1 else v) for w, v in s.relations)
    return _relate(self, e, replace(s, relations=wrong), library)[0], s


def _number_lost(self: ScalarOut, e: Expression, s: Setting, library: Library) -> State:
    """Of the scalars in a product, one is forgotten."""
    after = _scalar_out(self, e, s, library)[0]
    return collect(t._replace(traces=t.traces[:-1]) for t in after.terms), s


_scalar_out = ScalarOut.apply


def _linear_in_one(self: Vanish, e: Expression, s: Setting, library: Library) -> State:
    """Linear in a matrix is zero, whatever else is correlated with it."""

    def once(group: Group) -> bool:
        return [f.symbol for w in group for f in w].count(self.symbol) == 1

    return collect(t for t in e.terms if not any(map(once, t.groups))), s


def _all_apart(self: Independent, e: Expression, s: Setting, library: Library) -> State:
    """E[XY] = E[X]E[Y] for anything."""
    return collect(t._replace(groups=tuple((w,) for g in t.groups for w in g)) for t in e.terms), s


def _unit_covariance(self: ChangeVariables, e: Expression, s: Setting, library: Library) -> State:
    """The residual has covariance I."""
    after, late = _change(self, e, s, library)
    blocks = tuple(standard(b.members[0]) if b.members == (R,) else b for b in late.blocks)
    return after, replace(late, blocks=blocks)


def _rest_ignored(self: Rename, e: Expression, s: Setting, library: Library) -> State:
    """One matrix for another of its law, whatever the rest depends on."""

    def new(f: Factor) -> Any:
        return matrix((f._replace(symbol=self.new),)) if f.symbol == self.old else None

    return substitute(e, new), s


def _turned_back(self: Rotate, e: Expression, s: Setting, library: Library) -> State:
    """W⁻¹ = QW'⁻¹Qᵀ."""
    inner, q = dict(s.definitions)[self.symbol].terms[0][1]
    turned = matrix((q, Factor(inner.symbol, GRAM_INVERSE), q.T))
    return substitute(e, lambda f: turned if f.op == GRAM_INVERSE else None), s


_check = cite._check


def _unchecked_independence(binding: Binding, lemma: Setting, setting: Setting, rest: Group | None) -> None:
    """A lemma about expectations used whatever else is under the expectation."""
    _check(binding, lemma, setting, None)


def _one_degree_more(self: IdempotentForm, e: Expression, s: Setting) -> State:
    """Chi-square with one degree of freedom too many."""
    x = s.blocks[-1].members[0]
    more = MatrixSymbol(x.name, x.shape[0] + 1, 1)
    group = ((Factor(more, GRAM_INVERSE),),)
    return collect([Term(sp.Integer(1), (), (group,))]), replace(s, blocks=(*s.blocks[:-1], standard(more)))


def _moved(self: Solve, e: Expression, s: Setting) -> State:
    """The factor to divide by is off by one."""
    return collect(t._replace(coefficient=t.coefficient.subs(m, m + 1)) for t in e.terms), s


_B_m = MatrixSymbol("B_m", m, m)
_u, _v = MatrixSymbol("u", d, 1), MatrixSymbol("v", d, 1)
_e, _E1 = residual_chi_square.e, residual_chi_square.E1
_Q = orthogonal_invariance.Q
_WISHART = Setting((standard(Gamma),), (m - d - 1, m, d), (_A, _B, _B_m))
_TIGHT = Setting((standard(Gamma),), (m - d - 3, m, d), (_A, _B))
_UNIT = replace(_WISHART, given=(_A, _e), relations=UNIT, forms=((_e, "frame last"),))
_FRAME = Setting((), (d,), (_A, _e, _E1), frame(_e, _E1), forms=((_e, "frame last"), (_E1, "frame rest")))
_CONDITION = gaussian_conditioning.SETTING
_FEATURES = replace(_CONDITION, names=((d_sw, CtC),))
_INVARIANT = orthogonal_invariance.SETTING
_D = MatrixSymbol("D", m, d)
_TURNED = replace(_INVARIANT, definitions=((_D, parse_matrix(mul(Gamma, _Q))),))
_CHI = MatrixSymbol("x", k, 1)
_SIZES = tuple(point(m=rows, d=cols) for cols, rows in ((1, 8), (2, 8), (2, 10), (3, 12)))
_SPACES = tuple(p for p in claims()["gaussian-conditioning"].points if 0 < len(p.overlaps) and p["N"] < 9)
_ALL = E(tr(mul(GramInverse(Gamma), T(Gamma), Gamma, _A)))


def _both_ways(p: Derivation) -> tuple[Derivation, Derivation]:
    start = begin(_ALL, p.setting, p.library)
    plain = start.by(Cancel(Gamma), "W⁻¹W = I")
    return plain, start.by(Contract(Gamma, 1), "integrate Γ by parts").by(Cancel(Gamma), "W⁻¹W = I")


def _rule(
    name: str,
    rule: type[Rule],
    wrong: Apply | tuple[Any, str, Any],
    left: sp.Expr,
    setting: Setting,
    proof: Callable[[Derivation], Derivation],
    points: tuple[Point, ...] = _SIZES,
    limit: sp.Symbol | None = None,
) -> PlantedRule:
    patches = (wrong,) if isinstance(wrong, tuple) else ((rule, "apply", wrong),)
    return PlantedRule(name, rule, patches, left, setting, proof, points, limit)


PLANTED_RULES: tuple[PlantedRule, ...] = (
    _rule(
        "sign of dW⁻¹",
        Contract,
        (rules, "_occurrences", _wrong_sign),
        _ALL,
        _WISHART,
        lambda p: p.by(Contract(Gamma, 1)).by(Cancel(Gamma)),
    ),
    _rule(
        "second term of dW⁻¹ missing",
        Contract,
        (rules, "_occurrences", _second_term_missing),
        _ALL,
        _WISHART,
        lambda p: p.by(Contract(Gamma, 1)).by(Cancel(Gamma)),
    ),
    _rule(
        "correlation forgotten",
        Contract,
        (rules, "_occurrences", _first_member_only),
        E(tr(mul(T(Gamma_s), Gamma_w, gaussian_conditioning.A))),
        _CONDITION,
        lambda p: p.by(Contract(Gamma_s)),
        _SPACES,
    ),
    _rule(
        "projection taken for identity",
        Cancel,
        _project,
        tr(mul(Gamma, GramInverse(Gamma), T(Gamma), _B_m)),
        _WISHART,
        lambda p: p.by(Cancel(Gamma)),
    ),
    _rule(
        "transpose for pseudo-inverse",
        PseudoInverse,
        _transpose_for_pinv,
        tr(mul(Pinv(Gamma), Gamma, _A)),
        _WISHART,
        lambda p: p.by(PseudoInverse(Gamma)),
    ),
    _rule(
        "sign of the residual",
        Expand,
        _plus_for_minus,
        tr(mul(T(R), Gamma_s, C)),
        _CONDITION,
        lambda p: p.by(Expand(R)),
        _SPACES,
    ),
    _rule(
        "eeᵀ = I",
        Relate,
        _whole_identity,
        tr(mul(_e, T(_e), _A)),
        _FRAME,
        lambda p: p.by(Relate()),
        tuple(point(d=size) for size in (2, 3, 5)),
    ),
    _rule(
        "number lost",
        ScalarOut,
        _number_lost,
        tr(mul(_u, T(_v), _A, _v, T(_u), _B)),
        Setting((), (d,), (_A, _B, _u, _v)),
        lambda p: p.by(ScalarOut()),
        tuple(point(d=size) for size in (2, 3, 5)),
    ),
    _rule(
        "correlated term dropped",
        Vanish,
        _linear_in_one,
        E(tr(mul(T(Gamma_s), Gamma_w, gaussian_conditioning.A))),
        _CONDITION,
        lambda p: p.by(Vanish(Gamma_w)),
        _SPACES,
    ),
    _rule(
        "independence assumed",
        Independent,
        _all_apart,
        E(tr(mul(T(Gamma), Gamma, _A)) * tr(mul(T(Gamma), Gamma, _B))),
        _WISHART,
        lambda p: p.by(Independent()),
    ),
    _rule(
        "wrong covariance of the residual",
        ChangeVariables,
        _unit_covariance,
        E(tr(mul(T(R), R, gaussian_conditioning.B))),
        _CONDITION,
        lambda p: p.by(gaussian_conditioning.CONDITION).by(Contract(R)),
        _SPACES,
    ),
    _rule(
        "renamed in spite of the rest",
        Rename,
        _rest_ignored,
        E(tr(mul(T(_D), Gamma, _A))),
        _TURNED,
        lambda p: p.by(Rename(_D, Gamma)),
    ),
    _rule(
        "turned the wrong way",
        Rotate,
        _turned_back,
        tr(mul(GramInverse(_D), _A)),
        _TURNED,
        lambda p: p.by(Rotate(_D)),
    ),
    _rule(
        "a power of the name",
        Fold,
        _then(Fold, _scaled(lambda rule: rule.name)),
        tr(mul(T(C), C)),
        _FEATURES,
        lambda p: p.by(Fold(d_sw)),
        _SPACES,
    ),
    _rule(
        "cited without independence",
        Cite,
        (cite, "_check", _unchecked_independence),
        E(tr(mul(GramInverse(Gamma), _A)) * tr(mul(T(Gamma), Gamma, _B))),
        _TIGHT,
        lambda p: p.by(Cite("wishart-inverse-mean")),
    ),
    _rule(
        "divided by the wrong factor",
        Solve,
        _then(Solve, _moved),
        E(tr(mul(GramInverse(Gamma), _A))),
        _WISHART,
        lambda p: p.by(Solve((_both_ways(p),))),
    ),
    _rule(
        "trace counted d times",
        Isotropy,
        _then(Isotropy, _scaled(lambda rule: rule.symbol.shape[1])),
        E(tr(mul(GramInverse(Gamma), _A))),
        _UNIT,
        lambda p: p.by(Isotropy(Gamma, _e)),
        _SIZES[1:],  # at d = 1 it is right
    ),
    _rule(
        "wrong degrees of freedom",
        IdempotentForm,
        _then(IdempotentForm, _one_degree_more),
        E(tr(mul(T(_e), GramInverse(Gamma), _e))),
        residual_chi_square.SETTING,
        lambda p: p.by(IdempotentForm((residual_chi_square.two_ways(p),), residual_chi_square.g)),
        _SIZES[1:],  # with d = 1 there are no other columns
    ),
    _rule(
        "half the integral",
        Integrate,
        _then(Integrate, _scaled(lambda rule: Rational(1, 2))),
        E(tr(GramInverse(_CHI))),
        Setting((standard(_CHI),), (k - 2,)),
        lambda p: p.by(Integrate(_CHI)),
        tuple(point(k=size) for size in (5, 8, 12)),
    ),
    _rule(
        "half the limit",
        analysis.Limit,
        _then(analysis.Limit, _scaled(lambda rule: Rational(1, 2))),
        N / (N - d_s - 1) * sigma2,
        Setting((), (N - d_s - 1,)),
        lambda p: p.by(analysis.Limit(N)),
        tuple(point(d_s=size, sigma2=1) for size in (2, 3, 5)),
        limit=N,
    ),
)
