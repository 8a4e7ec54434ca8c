"""Derivations: chains of expressions in which every step is made by a rule, and their replay.

A `Derivation` is grown by `by(rule)` and in no other way. `replay` trusts nothing that is stored: it starts
from the first expression, applies every rule again and compares. `axioms` lists what a conclusion rests on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import sympy as sp

from derivations.core import analysis, cite, rules
from derivations.core.language import parse, to_sympy
from derivations.core.laws import Setting
from derivations.core.rules import IN_EXPECTATION, PATHWISE, SCALAR, Equation, Library, Rule
from derivations.core.words import Expression, Refused

TRUSTED: set[type] = {
    cite.Cite,
    rules.Cancel,
    rules.ChangeVariables,
    rules.Contract,
    rules.Expand,
    rules.Fold,
    rules.Independent,
    rules.PseudoInverse,
    rules.Relate,
    rules.Rename,
    rules.Rotate,
    rules.ScalarOut,
    rules.Vanish,
    *analysis.RULES,
}


@dataclass(frozen=True)
class Step:
    """One application of a rule. `note` is what one would write beside it on a board."""

    rule: Rule
    note: str
    kind: str
    before: Expression
    after: Expression
    setting: Setting  # in force after the step


@dataclass(frozen=True)
class Derivation:
    """A chain of equal expressions."""

    start: Expression
    setting: Setting
    library: Library = field(compare=False, repr=False)
    steps: tuple[Step, ...] = ()

    @property
    def end(self) -> Expression:
        """The last expression."""
        return self.steps[-1].after if self.steps else self.start

    @property
    def conclusion(self) -> sp.Expr:
        """The last expression, as SymPy's."""
        return to_sympy(self.end)

    @property
    def in_force(self) -> Setting:
        """The setting after the last step."""
        return self.steps[-1].setting if self.steps else self.setting

    @property
    def kind(self) -> str:
        """The weakest kind among the steps: in expectation, else pathwise, else scalar."""
        kinds = {s.kind for s in self.steps}
        return next((k for k in (IN_EXPECTATION, PATHWISE) if k in kinds), SCALAR)

    def by(self, rule: Rule, note: str = "") -> "Derivation":
        """One more step; raises Refused when the rule does not apply."""
        if type(rule) not in TRUSTED:
            raise Refused(f"{type(rule).__name__} is not a rule of the core")
        after, setting = rule.apply(self.end, self.in_force, self.library)
        after = setting.normal(after)
        step = Step(rule, note, _kind(rule, self.library), self.end, after, setting)
        return replace(self, steps=(*self.steps, step))

    def equation(self) -> Equation:
        """start = end, for citing."""
        return Equation(self.start, self.end, self.setting, self.in_force, self.kind)


def _kind(rule: Rule, library: Library) -> str:
    if type(rule) is not cite.Cite:
        return rule.kind
    kinds = {e.kind for e in library.equations(rule.claim)[slice(rule.part, None if rule.part is None else rule.part + 1)]}
    return IN_EXPECTATION if IN_EXPECTATION in kinds else PATHWISE


def begin(statement: sp.Expr, setting: Setting, library: Library) -> Derivation:
    """A derivation that starts from a statement's left side; raises Refused if it is not integrable."""
    return Derivation(setting.normal(parse(statement)), setting, library)


def nested(rule: Rule) -> Iterator[Derivation]:
    """The derivations that a rule carries as evidence."""
    for pair in getattr(rule, "equations", ()):
        yield from pair


def replay(derivation: Derivation, library: Library) -> Derivation:
    """The derivation made again from its first expression; raises Refused at the first difference."""
    if type(derivation) is not Derivation:
        raise Refused("only a Derivation can be replayed")
    fresh = Derivation(derivation.setting.normal(derivation.start), derivation.setting, library)
    if fresh.start != derivation.start:
        raise Refused("the first expression is not in normal form")
    for number, step in enumerate(derivation.steps, 1):
        for inner in nested(step.rule):
            replay(inner, library)
        fresh = fresh.by(step.rule, step.note)
        if type(step) is not Step or fresh.steps[-1] != step:
            raise Refused(f"step {number} ({step.note or step.rule.title}) does not follow by its rule")
    return fresh


def citations(derivation: Derivation) -> frozenset[str]:
    """The claims that a derivation uses, read off its steps."""
    found: set[str] = set()
    for step in derivation.steps:
        if isinstance(step.rule, cite.Cite):
            found.add(step.rule.claim)
        if lemma := getattr(step.rule, "lemma", None):
            found.add(lemma)
        for inner in nested(step.rule):
            found |= citations(inner)
    return frozenset(found)


def axioms(derivation: Derivation) -> frozenset[str]:
    """Facts from the literature that the rules of a derivation rest on, its citations' not included."""
    found: set[str] = set()
    for step in derivation.steps:
        found |= set(step.rule.axioms)
        for inner in nested(step.rule):
            found |= axioms(inner)
    return frozenset(found)



