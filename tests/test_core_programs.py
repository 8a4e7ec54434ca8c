"""Programs of public calls of the core, at random: none ends in a conclusion that is numerically false."""

import os
from dataclasses import replace

import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import MatrixSymbol

from derivations.claims import Book
from derivations.core.derivation import Derivation, Step, begin, replay
from derivations.core.language import E, GramInverse, Pinv, T, mul, tr
from derivations.core.laws import Setting, standard
from derivations.core.rules import Cancel, Contract, PseudoInverse, Relate, Rule, Vanish
from derivations.core.words import Refused
from derivations.notation import Gamma, d, m
from tests.numeric import world, z_score

A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", d, d)
SETTING = Setting((standard(Gamma),), (m - d - 1, m, d), (A, B))
BOOK = Book({})  # what is proved here cites nothing
PROGRAMS = int(os.environ.get("W2S_FUZZ", "60"))
FACTORS = (Gamma, T(Gamma), GramInverse(Gamma), Pinv(Gamma), T(Pinv(Gamma)), A, B, T(A))
RULES = (
    Cancel(Gamma), PseudoInverse(Gamma), Contract(Gamma), Contract(Gamma, 1), Contract(Gamma, 2), Relate(),
    Vanish(Gamma),
)  # fmt: skip
SIZES = {"m": 14, "d": 2}  # far enough from the boundary for the variance of what is sampled


@st.composite
def statements(draw: st.DrawFn) -> sp.Expr:
    """E of one or two traces of words in Γ, its inverses and given matrices, whose shapes fit."""
    traces = []
    for _ in range(draw(st.integers(1, 2))):
        word = [draw(st.sampled_from(FACTORS))]
        for _ in range(draw(st.integers(0, 4))):
            word.append(draw(st.sampled_from([f for f in FACTORS if f.shape[0] == word[-1].shape[1]])))
        if word[-1].shape[1] != word[0].shape[0]:
            word.append(draw(st.sampled_from(
                [f for f in FACTORS if f.shape == (word[-1].shape[1], word[0].shape[0])]
            )))  # fmt: skip
        traces.append(tr(mul(*word)))
    return E(sp.Mul(*traces)) * draw(st.sampled_from((1, 2, m, d, 1 / (m - d))))


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(statement=statements(), rules=st.lists(st.sampled_from(RULES), max_size=5))
def test_no_program_ends_in_a_false_conclusion(statement: sp.Expr, rules: list[Rule]) -> None:
    try:
        made = begin(statement, SETTING, BOOK)
    except Refused:
        return
    first = made.end
    for rule in rules:
        try:
            made = made.by(rule)
        except Refused:
            continue
    if made.end != first:
        assert replay(made, BOOK).end == made.end
        assert z_score(first, made.end, world(SETTING, scalars=SIZES), made.in_force, count=4000) < 6.5


def test_the_search_finds_an_unsound_rule() -> None:
    """The test above can fail: a conclusion that is off by a third is seen."""
    made = begin(E(tr(mul(T(Gamma), Gamma, A))), SETTING, BOOK).by(Contract(Gamma))
    wrong = replace(
        made.end,
        terms=tuple(t._replace(coefficient=t.coefficient * sp.Rational(4, 3)) for t in made.end.terms),
    )
    assert z_score(made.start, made.end, world(SETTING, scalars=SIZES), made.in_force) < 6.5
    assert z_score(made.start, wrong, world(SETTING, scalars=SIZES), made.in_force) > 6.5


def test_a_step_that_is_edited_copied_or_subclassed_is_not_replayed() -> None:
    made = begin(E(tr(mul(T(Gamma), Gamma, A))), SETTING, BOOK).by(Contract(Gamma))
    (step,) = made.steps

    class Own(Step):
        pass

    class OwnDerivation(Derivation):
        pass

    edited = replace(step, after=made.start)
    for forged in (edited, Own(*(getattr(step, name) for name in step.__dataclass_fields__))):
        with pytest.raises(Refused):
            replay(replace(made, steps=(forged,)), BOOK)
    with pytest.raises(Refused):
        replay(OwnDerivation(made.start, SETTING, BOOK), BOOK)
