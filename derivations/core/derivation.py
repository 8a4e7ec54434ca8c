"""Derivations: chains of expressions in which every step is made by a rule, and their replay.

A `Derivation` is grown by `by(rule)` and in no other way. `replay` trusts nothing that is stored: it starts
from the first expression, applies every rule again and compares; `prove` does so with whatever a proof
returns. `axioms` lists what a conclusion rests on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import sympy as sp

from derivations.core import analysis, cite, rules
from derivations.core.language import summands, to_sympy
from derivations.core.laws import Setting
from derivations.core.rules import IN_EXPECTATION, LIMIT, PATHWISE, SCALAR, Equation, Library, Rule
from derivations.core.words import Expression, Refused

TRUSTED = frozenset(
    {
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
)


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
        """The weakest kind among the steps: a limit, else in expectation, else pathwise, else scalar."""
        kinds = {s.kind for s in self.steps}
        return next((k for k in (LIMIT, IN_EXPECTATION, PATHWISE) if k in kinds), SCALAR)

    def by(self, rule: Rule, note: str = "") -> "Derivation":
        """One more step; raises Refused when the rule does not apply."""
        if type(rule) not in TRUSTED:
            raise Refused(f"{type(rule).__name__} is not a rule of the core")
        after, setting = type(rule).apply(rule, self.end, self.in_force, self.library)
        kind = rule.kind_by(self.library) if type(rule) is cite.Cite else type(rule).kind
        step = Step(rule, note, kind, self.end, setting.normal(after), setting)
        return replace(self, steps=(*self.steps, step))

    def equation(self) -> Equation:
        """start = end, for citing. Raises Refused where the end is only a limit."""
        if self.kind == LIMIT:
            raise Refused("a limit is no equation, so it cannot be cited")
        return Equation(self.start, self.end, self.setting, self.in_force, self.kind)


def _genuine(setting: Setting) -> Setting:
    """A setting that is the core's own, checked again."""
    if type(setting) is not Setting:
        raise Refused(f"{type(setting).__name__} is not the core's Setting")
    setting.check()
    return setting


def stated(x: sp.Expr, setting: Setting) -> Expression:
    """A statement's side in normal form; raises Refused unless everything in it is known and exists."""
    return _genuine(setting).normal(Expression(tuple(summands(x))))


def begin(statement: sp.Expr, setting: Setting, library: Library) -> Derivation:
    """A derivation that starts from a statement's left side."""
    return Derivation(stated(statement, setting), setting, library)


def nested(rule: Rule) -> Iterator[Derivation]:
    """The derivations that a rule carries as evidence."""
    for pair in getattr(rule, "equations", ()):
        yield from pair


def replay(derivation: Derivation, library: Library) -> Derivation:
    """The derivation made again from its first expression; raises Refused at the first difference."""
    if type(derivation) is not Derivation:
        raise Refused("only a Derivation can be replayed")
    setting = _genuine(derivation.setting)
    fresh = Derivation(setting.normal(derivation.start), setting, library)
    if fresh.start != derivation.start:
        raise Refused("the first expression is not in normal form")
    for number, step in enumerate(derivation.steps, 1):
        rule = step.rule
        if isinstance(rule, analysis.Solve | analysis.IdempotentForm):
            again = tuple((replay(one, library), replay(other, library)) for one, other in rule.equations)
            rule = replace(rule, equations=again)
        fresh = fresh.by(rule, step.note)
        if type(step) is not Step or fresh.steps[-1] != step:
            raise Refused(f"step {number} ({step.note or step.rule.title}) does not follow by its rule")
    return fresh


def prove(
    statement: sp.Expr,
    setting: Setting,
    proof: Callable[[Derivation], Derivation],
    library: Library,
    limit: analysis.Limit | None = None,
) -> Derivation:
    """What a proof makes of a statement's left side, replayed.

    Raises Refused where a rule does, where the proof is of another statement, and where it takes a limit
    other than the one that is stated.
    """
    first = begin(statement, setting, library)
    made = replay(proof(first), library)
    if (made.start, made.setting) != (first.start, first.setting):
        raise Refused("the proof starts from another statement, or in another setting")
    if [step.rule for step in made.steps if step.kind == LIMIT] != ([limit] if limit else []):
        raise Refused("the proof takes a limit that is not stated, or states one that is not taken")
    return made


def citations(derivation: Derivation) -> frozenset[str]:
    """The claims that a derivation uses, read off its steps."""
    found: set[str] = set()
    for step in derivation.steps:
        found |= {name for name in (getattr(step.rule, "claim", None), step.rule.lemma) if name}
        found = found.union(*(citations(inner) for inner in nested(step.rule)))
    return frozenset(found)


def axioms(derivation: Derivation) -> frozenset[str]:
    """Facts from the literature that the rules of a derivation rest on, its citations' not included."""
    found: set[str] = set()
    for step in derivation.steps:
        found = found.union(step.rule.axioms, *(axioms(inner) for inner in nested(step.rule)))
    return frozenset(found)
