"""The four ways of knowing: replay, exact, sampling, pipeline. One file each, one signature.

A channel plans tasks for a set of subjects and runs them one by one; tasks are independent of each other,
and the result of one depends only on the task, its share of the false-alarm budget and the seed.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import sympy as sp
from sympy import MatrixSymbol

from derivations.claims import Book, Claim, Consequence, Disagreement, Equal, Limit, Part, SameLaw
from derivations.core.consequences import Inference
from derivations.core.derivation import Derivation, Step, begin, nested, stated
from derivations.core.language import parse
from derivations.core.laws import Block, Setting
from derivations.core.rules import IN_EXPECTATION, LIMIT, PATHWISE
from derivations.core.words import Expression, MatrixSum, Refused
from derivations.points import Point
from verify.certificate import NOT_APPLICABLE, Check
from verify.consequences import Stated
from verify.levels import Level

Findings = list[tuple[str, Check]]  # (claim id, check)
SAMPLING = "sampling"  # the name of a channel of three modules


@dataclass(frozen=True)
class Task:
    """One unit of work: `checks` is how many shares of the false-alarm budget it may spend."""

    channel: str
    key: tuple[str, ...]
    parts: tuple[tuple[str, int], ...]  # of which claims it checks which parts; with the key, unique in a run
    checks: int = 0
    point: Point | None = None

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims it says something of."""
        return tuple(dict.fromkeys(id for id, _ in self.parts))


class Channel(Protocol):
    """What each channel module offers."""

    NAME: str

    def plan(self, subjects: "Sequence[Subject]", level: Level) -> list[Task]:
        """The tasks for these subjects."""

    def run(
        self, task: Task, subjects: "dict[str, Subject]", level: Level, alpha: float, seed: int
    ) -> Findings:
        """Do one task; `alpha` is the share of each of its checks."""


@dataclass(frozen=True)
class Pair:
    """Two expressions that a step, or a statement, says are equal."""

    step: str
    kind: str
    left: Expression
    right: Expression
    part: int = 0  # of the claim
    whole: bool = False  # the statement itself, not a step


@dataclass
class Subject:
    """A claim with the book it is in and whatever could be derived of it, right or wrong.

    Derived when first asked for; not to be asked for the first time by two threads at once.
    """

    claim: Claim
    book: Book
    _chains: dict[int, "tuple[Chain, ...]"] = field(default_factory=dict)
    _pairs: dict[int, list[Pair]] = field(default_factory=dict)
    _stated: dict[int, Stated] = field(default_factory=dict)

    def chains(self, part: int) -> "tuple[Chain, ...]":
        """The derivations of a part and those nested in them; empty where none can be made."""
        if part not in self._chains:
            self._chains[part] = tuple(self._derive(self.claim.parts[part]))
        return self._chains[part]

    def _derive(self, part: Part) -> "Iterator[Chain]":
        if not isinstance(part, Equal | Limit):
            return
        for number, proof in enumerate((part.proof, *part.also)):
            try:
                made = proof(begin(part.left, part.setting, self.book))
            except (Refused, Disagreement):
                continue  # the replay channel says so
            yield Chain(proof_name(number), made)
            yield from _inner(proof_name(number), made)

    def inferences(self) -> "Iterator[Inference]":
        """What follows of the consequences that do follow."""
        try:
            yield from self.book.theorem(self.claim.id).inferences
        except (Refused, Disagreement):  # the replay channel says so
            for part in self.claim.parts:
                if isinstance(part, Consequence):
                    with suppress(Refused):
                        yield part.infer(self.book)

    def stated(self, part: int) -> Stated:
        """A part that is a consequence, with the closed forms that the claims state."""
        if part not in self._stated:
            consequence = self.claim.parts[part]
            assert isinstance(consequence, Consequence)
            self._stated[part] = Stated(consequence, self.book.claims)
        return self._stated[part]

    def pairs(self, part: int) -> list[Pair]:
        """What a part says is equal: the statement (not a limit, nor a divergence), then steps of proofs."""
        if part not in self._pairs:
            self._pairs[part] = list(self._compared(part))
        return self._pairs[part]

    def _compared(self, part: int) -> Iterator[Pair]:
        claimed = self.claim.parts[part]
        if isinstance(claimed, SameLaw | Consequence):
            return
        if isinstance(claimed, Equal) and claimed.right != sp.oo:
            try:
                left, right = stated(claimed.left, claimed.setting), parse(claimed.right)
            except Refused:
                return  # the replay channel says so
            random = any(t.groups for t in (*left.terms, *right.terms))
            kind = IN_EXPECTATION if random else PATHWISE
            yield Pair(labelled(claimed, "statement"), kind, left, right, part, whole=True)
        for chain in self.chains(part):
            for number, step in enumerate(chain.made.steps, 1):
                infinite = any(t.coefficient.has(sp.oo) for t in step.after.terms)
                if step.kind == LIMIT or infinite or step.before == step.after:
                    continue
                name = step_name(claimed, chain.name, number, step)
                yield Pair(name, step.kind, step.before, step.after, part)


@dataclass(frozen=True)
class Chain:
    """A derivation with its name on certificates."""

    name: str
    made: Derivation

    @cached_property
    def definitions(self) -> tuple[tuple[MatrixSymbol, MatrixSum], ...]:
        """How symbols that the setting does not draw are computed."""
        last = self.made.in_force
        return (*self.made.setting.definitions, *last.origins, *last.definitions)

    @cached_property
    def extra_blocks(self) -> tuple[Block, ...]:
        """Laws that cited equations brought in."""
        return tuple(b for b in self.made.in_force.blocks if b not in self.made.setting.blocks)


def _inner(name: str, made: Derivation) -> Iterator[Chain]:
    for step in made.steps:
        for number, inside in enumerate(nested(step.rule)):
            yield Chain(way_name(name, number), inside)
            yield from _inner(name, inside)


def sources(chains: Sequence[Chain]) -> tuple[tuple[tuple[MatrixSymbol, MatrixSum], ...], tuple[Block, ...]]:
    """Definitions and extra laws of several chains together."""
    definitions = tuple(dict.fromkeys(d for c in chains for d in c.definitions))
    return definitions, tuple(dict.fromkeys(b for c in chains for b in c.extra_blocks))


def setting_of(part: Part) -> Setting:
    """The setting that a part is stated in."""
    return part.left_setting if isinstance(part, SameLaw) else part.setting


def smallest(points: Sequence[Point], part: Equal | Limit) -> list[Point]:
    """Points by total size; for a limit, with a small value added for the variable that grows."""
    ordered = sorted(points, key=lambda p: sum(v for _, v in p.values if isinstance(v, int)))
    if isinstance(part, Limit):
        name = part.variable.name
        return [p.but({name: 2 * sum(int(v) for k, v in p.values if k.startswith("d"))}) for p in ordered]
    return ordered


def labelled(part: Part, step: str) -> str:
    """The name of a step on certificates, after the label of its part."""
    return f"{part.label}: {step}" if part.label else step


def proof_name(number: int) -> str:
    """The name of the first, or of a further, independent proof of a part."""
    return "proof" if number == 0 else f"proof {number + 1}"


def way_name(chain: str, number: int) -> str:
    """The name of a derivation inside a step of a proof; it is short: those of several steps share it."""
    return f"{chain}, way {number + 1}"


def step_name(part: Part, chain: str, number: int, step: Step) -> str:
    """The name of a step on certificates; `number` counts from 1."""
    title = step.note or f"{step.rule.title} {getattr(step.rule, 'claim', '')}".rstrip()
    return labelled(part, f"{chain}, step {number}: {title}")


def inapplicable(channel: str, pair: Pair, point: Point, why: object) -> Check:
    """A check that cannot be made, with the reason."""
    return Check(
        channel, pair.step, point.label, NOT_APPLICABLE, reason=str(why), part=pair.part, whole=pair.whole
    )
