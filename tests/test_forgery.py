"""Forged proofs, steps, rules, settings and libraries: nothing that is stored is trusted."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from derivations.claims import Equal, Limit
from derivations.core import analysis
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, Step, begin, prove, replay
from derivations.core.language import (
    E,
    GramInverse,
    mul,
    parse,
    tr,
)
from derivations.core.laws import Setting, standard
from derivations.core.rules import (
    IN_EXPECTATION,
    PATHWISE,
    Contract,
    Equation,
    Library,
    Rule,
    State,
)
from derivations.core.words import (
    Expression,
)
from derivations.notation import (
    Gamma,
    N,
    d,
    m,
    n,
)
from derivations.points import point
from tests.planted import edited
from tests.small import BOOK, GRAM, ONE, SETTING, A, H, book, claim, equal, refused, start, two


def moment(right: sp.Expr, *rules: Rule) -> Equal:
    return equal(E(tr(mul(GRAM, A))), right, SETTING, *rules)


TRUE = m * tr(A)
FALSE = 7 * tr(A)


def test_a_proof_of_another_statement_proves_nothing() -> None:
    for forged in (
        lambda p: begin(FALSE, p.setting, p.library),
        lambda p: begin(FALSE, Setting(given=(A,)), p.library),
        lambda p: replace(p, start=parse(FALSE)),
        lambda p: begin(E(tr(mul(GRAM, A))), OTHER_SETTING, p.library),
    ):
        wrong = claim("forged", Equal(E(tr(mul(GRAM, A))), FALSE, SETTING, forged))
        with refused("the proof starts from another statement, or in another setting"):
            book(wrong).theorem("forged")


class Assert(Contract):
    """A rule that says what one wants."""

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        return parse(FALSE), setting


def shadowed() -> Contract:
    rule = Contract(Gamma)
    object.__setattr__(rule, "apply", lambda e, s, library: (parse(FALSE), s))
    return rule


class Lax(Setting):
    def require_positive(self, goal: sp.Expr, why: str) -> None:
        pass


class Sly(Derivation):
    @property
    def end(self) -> Expression:
        return parse(FALSE)


OTHER_SETTING = replace(SETTING, hypotheses=())


def last(made: Derivation, **changes: Any) -> Derivation:
    return replace(made, steps=(*made.steps[:-1], replace(made.steps[-1], **changes)))


BY_PARTS = Contract(Gamma)
WRONG = parse(FALSE)


def stored(made: Derivation) -> Derivation:
    """A derivation that was written to a file and read again."""
    copy: Derivation = pickle.loads(pickle.dumps(replace(made, library=Nobody())))
    return replace(copy, library=made.library)


class Nobody:
    """A library that can be stored."""

    def equations(self, claim: str) -> tuple[Equation, ...]:
        return ()


FORGED: dict[str, tuple[Callable[[Derivation], Derivation], str]] = {
    "last step edited": (lambda p: edited(p.by(BY_PARTS), WRONG), "does not follow by its rule"),
    "stored and edited": (lambda p: edited(stored(p.by(BY_PARTS)), WRONG), "does not follow by its rule"),
    "rule edited": (lambda p: last(p.by(BY_PARTS), rule=Contract(H), after=WRONG), "H does not occur"),
    "rule edited, another that applies": (
        lambda p: last(p.by(BY_PARTS), rule=Contract(Gamma, 1), setting=OTHER_SETTING),
        "does not follow by its rule",
    ),
    "setting edited": (lambda p: last(p.by(BY_PARTS), setting=OTHER_SETTING), "does not follow by its rule"),
    "kind edited": (lambda p: last(p.by(BY_PARTS), kind=PATHWISE), "does not follow by its rule"),
    "before edited": (lambda p: last(p.by(BY_PARTS), before=WRONG), "does not follow by its rule"),
    "rule subclassed": (lambda p: p.by(Assert(Gamma)), "Assert is not a rule of the core"),
    "rule subclassed behind the core's back": (
        lambda p: last(p.by(BY_PARTS), rule=Assert(Gamma), after=WRONG),
        "Assert is not a rule of the core",
    ),
    "step made by hand": (
        lambda p: replace(p, steps=(Step(BY_PARTS, "", IN_EXPECTATION, p.end, WRONG, SETTING),)),
        "does not follow by its rule",
    ),
    "derivation subclassed": (
        lambda p: Sly(p.start, p.setting, p.library),
        "only a Derivation can be replayed",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_derivation_is_refused(name: str) -> None:
    proof, why = FORGED[name]
    with refused(why):
        book(claim("forged", Equal(E(tr(mul(GRAM, A))), FALSE, SETTING, proof))).theorem("forged")


@pytest.mark.parametrize("name", FORGED)
def test_what_rests_on_a_forged_derivation_is_refused(name: str) -> None:
    proof, why = FORGED[name]
    forged = claim("forged", Equal(E(tr(mul(GRAM, A))), FALSE, SETTING, proof))
    with refused(why):
        book(forged, claim("user", moment(FALSE, Cite("forged")))).replay("user")


def test_a_rule_does_what_its_class_does() -> None:
    assert start(E(tr(mul(GRAM, A)))).by(shadowed()).conclusion == TRUE


def test_forged_evidence_is_refused() -> None:
    """Inside an equation to be solved, too, every step is made again."""
    gram = start(E(tr(mul(GRAM, A))))
    forged = edited(gram.by(Contract(Gamma)), parse(FALSE))
    wrong = claim("forged", moment(FALSE, two(gram, forged)))
    with refused("does not follow by its rule"):
        book(wrong).theorem("forged")
    sly = Sly(gram.start, gram.setting, gram.library)
    with refused("only a Derivation can be replayed"):
        book(claim("forged", moment(FALSE, two(gram, sly)))).theorem("forged")


class Yes(Expression):
    """An expression that says it equals every other."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = Expression.__hash__


def test_evidence_is_not_asked_whether_it_is_right() -> None:
    gram = start(E(tr(mul(GRAM, A))))
    forged = edited(gram.by(Contract(Gamma)), Yes(WRONG.terms))
    with refused("does not follow by its rule"):
        book(claim("forged", moment(FALSE, two(gram, forged)))).theorem("forged")


class Liar:
    """A library of equations that nobody proved."""

    def equations(self, claim: str) -> Any:
        honest = BOOK.equations("wishart-inverse-mean")
        return tuple(replace(x, right=parse(FALSE)) for x in honest)


def test_a_derivation_is_replayed_with_the_reader_s_library() -> None:
    statement = E(tr(mul(GramInverse(Gamma), A)))
    made = begin(statement, SETTING, Liar()).by(Cite("wishart-inverse-mean", 0))
    assert made.conclusion == FALSE
    with refused("does not follow by its rule"):
        replay(made, BOOK)
    with refused("does not follow by its rule"):
        prove(statement, SETTING, lambda p: made, BOOK)


def test_a_lax_setting_is_refused() -> None:
    lax = Lax((standard(Gamma),), (), (A,))
    with refused("Lax is not the core's Setting"):
        begin(E(tr(mul(GramInverse(Gamma), A))), lax, BOOK)
    with refused("Lax is not the core's Setting"):
        replay(Derivation(parse(tr(A)), lax, BOOK), BOOK)


def test_a_setting_altered_after_it_was_made_is_refused() -> None:
    setting = Setting((standard(Gamma),), (m - d - 1, m, d), (A,))
    made = begin(E(tr(mul(GRAM, A))), setting, BOOK).by(Contract(Gamma))
    object.__setattr__(setting, "given", (A, Gamma))
    with refused("Gamma is in use"):
        replay(made, BOOK)
    with refused("Gamma is in use"):
        begin(tr(A), setting, BOOK)


def test_a_limit_is_no_equality() -> None:
    statement, rule = 1 + 1 / N, analysis.Limit(N)
    setting = Setting(hypotheses=(N,))
    for part in (
        Equal(statement, ONE, setting, lambda p: p.by(rule)),
        Limit(statement, ONE, setting, lambda p: p.by(rule), N, 2),
        Limit(statement, ONE, setting, lambda p: p.by(rule), n, 1),
        Limit(ONE, ONE, setting, lambda p: p, N, 1),
    ):
        with refused("takes a limit that is not stated, or states one that is not taken"):
            book(claim("limit", part)).theorem("limit")
    book(claim("limit", Limit(statement, ONE, setting, lambda p: p.by(rule), N, 1))).theorem("limit")


def test_circular_citations_are_refused() -> None:
    there = claim("there", moment(TRUE, Cite("back")))
    back = claim("back", moment(TRUE, Cite("there")))
    with refused("there rests on itself: there -> back -> there"):
        book(there, back).theorem("there")
    alone = claim("alone", moment(TRUE, Cite("alone")))
    with refused("alone rests on itself: alone -> alone"):
        book(alone).theorem("alone")


def test_hypotheses_that_hold_at_no_point_are_refused() -> None:
    empty = replace(
        claim("empty", Equal(tr(A), tr(A), Setting((), (m - d, d - m), (A,)), lambda p: p)),
        points=(point(m=5, d=2),),
    )
    with refused("the hypotheses of empty hold at none of its points"):
        book(empty).theorem("empty")
