"""Every rule at random admissible words of tiny matrices, and every rule with an error planted in it.

The two sides of a step are evaluated by `tests.numeric`: draw by draw for a pathwise rule, on average
otherwise. What a rule refuses is not admissible and is passed over; enough has to be left.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
import sympy as sp
from sympy import MatrixSymbol

from derivations.claims import Disagreement, claims
from derivations.core.analysis import IdempotentForm, Integrate, Isotropy, Limit, Solve
from derivations.core.cite import Cite
from derivations.core.derivation import TRUSTED, Derivation
from derivations.core.language import mul, parse_matrix, to_sympy
from derivations.core.laws import Block, Setting, frame, standard, unit
from derivations.core.rules import (
    IN_EXPECTATION,
    LIMIT,
    Cancel,
    ChangeVariables,
    Contract,
    Expand,
    Fold,
    Independent,
    PseudoInverse,
    Relate,
    Rename,
    Rotate,
    Rule,
    ScalarOut,
    Vanish,
)
from derivations.core.words import (
    GRAM_INVERSE,
    PINV,
    Expression,
    Factor,
    Refused,
    Term,
    Word,
    identity,
    matrix,
    product,
    transpose,
)
from derivations.notation import sigma2
from derivations.points import Point
from tests import numeric
from tests.planted import PLANTED_RULES, PlantedRule, proved, wrong_rule
from tests.planted import library as planted_library

FAR, NEAR = 8.0, 5.0  # standard errors: what a wrong rule exceeds, and what a right one does not
EXACT, APART = 1e-7, 1e-3  # relative gaps of a right and of a wrong pathwise rule

# ------------------------------------------------------------------------- the world that is fuzzed

ROWS, COLS, WIDE = 12, 2, 3
G, H = MatrixSymbol("G", ROWS, COLS), MatrixSymbol("H", ROWS, WIDE)  # correlated
G0, H0 = MatrixSymbol("G_0", ROWS, COLS), MatrixSymbol("H_0", ROWS, WIDE)
F = MatrixSymbol("F", 10, COLS)
z, z0 = MatrixSymbol("z", ROWS, 1), MatrixSymbol("z_0", ROWS, 1)
A, B, M, P = (
    MatrixSymbol(name, rows, cols)
    for name, rows, cols in (("A", COLS, COLS), ("B", ROWS, ROWS), ("M", COLS, WIDE), ("P", WIDE, WIDE))
)
u, Q, e, REST = (MatrixSymbol(name, COLS, cols) for name, cols in (("u", 1), ("Q", COLS), ("e", 1), ("E", 1)))
D, R = MatrixSymbol("D", 10, COLS), MatrixSymbol("R", ROWS, WIDE)
X, Y = MatrixSymbol("X", 10, ROWS), MatrixSymbol("Y", 10, 10)
rho = sp.Symbol("rho", nonnegative=True)


def plain(*names: MatrixSymbol) -> Word:
    return tuple(Factor(x) for x in names)


def features() -> Block:
    """G standard, H = GM + H₀P: everything about them follows from the sampler."""
    own = matrix(product(transpose(plain(M)), plain(M))) + matrix(product(transpose(plain(P)), plain(P)))
    covariance = ((matrix(identity(sp.Integer(COLS))), matrix(M)), (matrix(M).T, own))
    sampler = ((G, matrix(G0)), (H, parse_matrix(mul(G0, M)) + parse_matrix(mul(H0, P))))
    return Block((G, H), covariance, True, ((G0, "normal"), (H0, "normal")), sampler)


def noise() -> Block:
    covariance = ((matrix(identity(sp.Integer(1))).times(sigma2),),)
    return Block((z,), covariance, False, ((z0, "noise"),), ((z, matrix(z0).times(sp.sqrt(sigma2))),))


q = Factor(Q)
TURN = (((q, q.T), matrix(identity(sp.Integer(COLS)))), ((q.T, q), matrix(identity(sp.Integer(COLS)))))
SETTING = Setting(
    (features(), standard(F), noise()),
    (),
    (A, B, M, P, X, Y, u, Q, e, REST),
    (*TURN, *frame(e, REST)),
    definitions=((D, parse_matrix(mul(F, Q))),),
    names=((rho, (Factor(A).T, Factor(A))),),
    forms=((Q, "orthogonal"), (e, "frame last"), (REST, "frame rest")),
)

TALL = MatrixSymbol("e'", 10, 1)  # with as many entries as F has rows
LEFT = replace(
    SETTING,
    given=(*SETTING.given, TALL),
    relations=(*SETTING.relations, unit(TALL)),
    forms=(*SETTING.forms, (TALL, "frame last")),
)


def letters(
    *symbols: MatrixSymbol, inverses: Sequence[MatrixSymbol] = (), pinv: bool = False
) -> list[Factor]:
    """Factors to make words of, both ways round."""
    out = [f for x in symbols for f in (Factor(x), Factor(x).T)]
    out += [Factor(x, GRAM_INVERSE) for x in inverses]
    return out + [f for x in inverses if pinv for f in (Factor(x, PINV), Factor(x, PINV, True))]


def closed_word(rng: random.Random, alphabet: Sequence[Factor], longest: int) -> Word:
    """A random product that is square."""
    while True:
        word = [rng.choice(alphabet)]
        while len(word) < longest and (fits := [f for f in alphabet if f.shape[0] == word[-1].shape[1]]):
            if word[-1].shape[1] == word[0].shape[0] and rng.random() < 0.3:
                break
            word.append(rng.choice(fits))
        if word[-1].shape[1] == word[0].shape[0]:
            return tuple(word)


@dataclass(frozen=True)
class Fuzz:
    """Rules to try, one after the other, and the words to try them on: their letters, number and length."""

    rules: tuple[Rule, ...]
    alphabet: Sequence[Factor]
    traces: int = 2
    longest: int = 5
    least: int = 8  # admissible cases to be found
    setting: Setting = SETTING
    outside: bool = False  # the traces outside any expectation

    @property
    def name(self) -> str:
        return " ".join(
            str(getattr(r, a)) for r in self.rules for a in ("title", "symbol", "claim") if hasattr(r, a)
        )

    def cases(self, seed: int, tries: int = 400) -> Iterator[Derivation]:
        """Derivations of admissible words."""
        rng = random.Random(seed)
        for _ in range(tries):
            words = tuple(
                closed_word(rng, self.alphabet, self.longest) for _ in range(rng.randint(1, self.traces))
            )
            term = Term(sp.Integer(1), words) if self.outside else Term(sp.Integer(1), (), (words,))
            try:
                made = Derivation(self.setting.normal(Expression((term,))), self.setting, BOOK)
                for rule in self.rules:
                    made = made.by(rule)
            except Refused:
                continue
            yield made


BOOK = proved()
RESIDUAL = ChangeVariables(
    ((R, matrix(H) + parse_matrix(mul(G, M)).times(-1)),), ((H, matrix(R) + parse_matrix(mul(G, M))),)
)
GH = letters(G, H, A, M, inverses=[G])
FUZZ: tuple[Fuzz, ...] = (
    Fuzz((Contract(G),), GH),
    Fuzz((Contract(G, 1),), GH),
    Fuzz((Contract(H),), GH),
    Fuzz((Contract(H),), letters(G, H, F, A, M, X, inverses=[G, F])),
    Fuzz((Contract(z),), letters(z, G, B, A)),
    Fuzz((Vanish(z),), letters(z, G, u, A), least=4),
    Fuzz((Vanish(F),), letters(F, G, X, A), least=4),
    Fuzz((Independent(),), letters(G, H, F, A, M, inverses=[G, F]), traces=3, longest=4),
    Fuzz((Cancel(G),), letters(G, A, inverses=[G]), outside=True),
    Fuzz((Cancel(G),), letters(G, A, inverses=[G])),
    Fuzz((PseudoInverse(G),), letters(G, H, A, M, inverses=[G], pinv=True), outside=True),
    Fuzz((Expand(D),), letters(D, F, A, Q), outside=True),
    Fuzz((Relate(),), letters(Q, e, REST, A), outside=True, longest=6),
    Fuzz((ScalarOut(),), letters(u, e, A, G, z), outside=True, longest=7),
    Fuzz((RESIDUAL,), GH, outside=True),
    Fuzz((RESIDUAL, Contract(R)), letters(G, H, A, M), longest=4),
    Fuzz((RESIDUAL, Vanish(R)), letters(G, H, M), longest=4, least=4),
    Fuzz((RESIDUAL, Contract(G)), letters(G, H, A, M, inverses=[G]), longest=4),
    Fuzz((Rename(D, F),), letters(D, A, G, inverses=[D])),
    Fuzz((Rotate(D),), letters(D, A, F, inverses=[D]), outside=True),
    Fuzz((Fold(rho),), letters(A, P, M), outside=True, traces=3, longest=3),
    Fuzz((Isotropy(F, e),), letters(F, A, inverses=[F], pinv=True), traces=1, longest=6),
    Fuzz((Isotropy(F, TALL),), letters(F, Y, inverses=[F], pinv=True), traces=1, longest=6, setting=LEFT),
    Fuzz((Cite("noise-energy"),), letters(z, G, B, A, inverses=[G])),
    Fuzz((Cite("quadratic-expectation"),), letters(F, A, Y, Q)),
    Fuzz((Cite("wishart-inverse-mean"),), letters(F, G, H, A, M, inverses=[F])),
    Fuzz((Cite("wishart-inverse-mean"),), letters(G, F, A, inverses=[D])),
    Fuzz((Cite("gram-pseudoinverse"),), letters(G, H, A, M, inverses=[G], pinv=True), outside=True),
    Fuzz((Cite("gram-pseudoinverse"),), letters(G, H, A, M, inverses=[G], pinv=True)),
)


def apart(made: Derivation, where: numeric.World) -> float:
    """How far apart the sides of the whole derivation are, in units of what is near."""
    if made.kind != IN_EXPECTATION:
        return numeric.largest_gap(made.start, made.end, where, made.in_force) / EXACT
    found = numeric.z_score(made.start, made.end, where, made.in_force, 2_500)
    if found > NEAR:  # once more, with other and more draws: heavy tails go away, errors do not
        found = numeric.z_score(made.start, made.end, where, made.in_force, 60_000, seed=1)
    return found / NEAR


@pytest.mark.parametrize("number", range(len(FUZZ)), ids=lambda i: f"{i}: {FUZZ[i].name}")
def test_a_rule_holds_at_random_words(number: int) -> None:
    fuzz = FUZZ[number]
    where = numeric.world(
        fuzz.setting, seed=number, noise=("sign", "uniform")[number % 2], scalars={"sigma2": 2}
    )
    found = 0
    for made in fuzz.cases(number):
        assert apart(made, where) < 1, (made.start, made.end)
        if (found := found + 1) == 10:
            break
    assert found >= fuzz.least


@pytest.mark.parametrize("seed", range(4))
def test_linear_equations_are_solved_for_random_fixed_words(seed: int) -> None:
    """E tr(W⁻¹w) by parts, as in the lemma, for words w of fixed matrices."""
    word = closed_word(random.Random(seed), letters(Q, u, A), 3)
    word = product(plain(A), word) if word[0].shape[0] == COLS else plain(A)
    inverse, gram = (Factor(F, GRAM_INVERSE),), (Factor(F).T, Factor(F))
    start = Derivation(_mean(inverse + gram + word), SETTING, BOOK)
    plain_way = start.by(Cancel(F))
    places = [i for i, f in enumerate(start.start.terms[0].groups[0][0]) if f.symbol == F and not f.op]
    for place in range(len(places)):
        try:
            parts = start.by(Contract(F, place)).by(Cancel(F))
            made = Derivation(_mean(inverse + word), SETTING, BOOK).by(Solve(((plain_way, parts),)))
        except Refused:
            continue
        assert apart(made, numeric.world(SETTING, seed, scalars={"sigma2": 1})) < 1
        return
    pytest.fail("no place to contract gives the equation")


def _mean(word: Word) -> Expression:
    return SETTING.normal(Expression((Term(sp.Integer(1), (), ((word,),)),)))


@pytest.mark.parametrize("rows", [5, 6, 9])
@pytest.mark.parametrize("degrees", ["chi-square-inverse", "residual-chi-square"])
def test_laws_of_quadratic_forms_hold_at_sizes(degrees: str, rows: int) -> None:
    made = BOOK.theorem(degrees).derivations[0]
    sizes = {"k": rows} if degrees.startswith("chi") else {"m": rows + 3, "d": 3}
    assert apart(made, numeric.world(made.setting, rows, scalars=sizes)) < 1


@pytest.mark.parametrize("seed", range(6))
def test_limits_of_random_rational_functions_are_approached_at_their_rate(seed: int) -> None:
    rng, v = random.Random(seed), sp.Symbol("v", integer=True, positive=True)
    a, b, c = (rng.randint(1, 9) for _ in range(3))
    made = Derivation(SETTING.normal(Expression((Term((a * v + b) / (c * v + a)),))), SETTING, BOOK).by(
        Limit(v)
    )
    gaps = [abs((to_sympy(made.start) - made.conclusion).subs(v, size)) for size in (10**4, 10**5)]
    assert gaps == [0, 0] or 9 < gaps[0] / gaps[1] < 11


# ------------------------------------------------------------------------------------ planted errors


def worlds(planted: PlantedRule) -> list[numeric.World]:
    points: list[Point] = list(planted.points)
    return [numeric.world(planted.setting, 0, p.noise, p.overlaps, dict(p.values)) for p in points]


SAMPLED = [p for p in PLANTED_RULES if p.limit is None]


@pytest.mark.parametrize("planted", SAMPLED, ids=lambda p: p.id)
def test_sampling_catches_a_wrong_rule(planted: PlantedRule) -> None:
    with planted.planted():
        made = planted.derivation()
    gaps = [_gap(made, where) for where in worlds(planted)]
    assert max(gaps) > 1


def _gap(made: Derivation, where: numeric.World) -> float:
    """How far apart the sides are, in units of what is far."""
    if made.kind != IN_EXPECTATION:
        return numeric.largest_gap(made.start, made.end, where, made.in_force) / APART
    return numeric.z_score(made.start, made.end, where, made.in_force) / FAR


@pytest.mark.parametrize("planted", SAMPLED, ids=lambda p: p.id)
def test_the_right_rule_passes_or_refuses_where_the_wrong_one_is_caught(planted: PlantedRule) -> None:
    try:
        made = planted.derivation()
    except Refused:
        return
    assert all(apart(made, where) < 1 for where in worlds(planted))


def test_a_wrong_limit_is_not_approached() -> None:
    (planted,) = (p for p in PLANTED_RULES if p.limit is not None)
    with planted.planted():
        made = planted.derivation()
    assert made.kind == LIMIT
    v = planted.limit
    error = to_sympy(made.start) - made.conclusion
    values = dict.fromkeys(error.free_symbols - {v}, 2)
    gaps = [abs(error.subs(values).subs(v, size)) for size in (10**4, 10**5)]
    assert gaps[0] / gaps[1] < 2


@pytest.mark.parametrize("planted", PLANTED_RULES, ids=lambda p: p.id)
def test_the_core_refuses_what_a_wrong_rule_concludes(planted: PlantedRule) -> None:
    with wrong_rule(planted) as book:
        theorem = book.theorem(planted.id)
    with pytest.raises((Refused, Disagreement)):
        planted_library(planted).theorem(planted.id)
    assert theorem.claim.parts[0].right == theorem.conclusion


BY_PARTS = [p for p in PLANTED_RULES if p.rule is Contract]


@pytest.mark.parametrize("planted", BY_PARTS, ids=lambda p: p.id)
def test_random_words_catch_wrong_integration_by_parts(planted: PlantedRule) -> None:
    """Not only at the words that the error was planted for."""
    caught = False
    with planted.planted():
        for number, fuzz in enumerate(FUZZ[:3]):
            where = numeric.world(fuzz.setting, number, scalars={"sigma2": 2})
            for _, made in zip(range(10), fuzz.cases(number), strict=False):
                caught = caught or numeric.z_score(made.start, made.end, where, made.in_force, 2_500) > FAR
    assert caught


def test_every_rule_is_tried_and_has_an_error_planted() -> None:
    elsewhere = {Solve, IdempotentForm, Integrate, Limit}  # in tests of their own above
    assert {type(r) for fuzz in FUZZ for r in fuzz.rules} | elsewhere == TRUSTED
    assert {planted.rule for planted in PLANTED_RULES} == TRUSTED


def test_planting_leaves_no_trace() -> None:
    for planted in PLANTED_RULES:
        with planted.planted():
            pass
    assert BOOK.replay("w2s-variance").conclusion == BOOK.theorem("w2s-variance").conclusion
    assert not any(claim.id.startswith("planted") for claim in claims().values())
