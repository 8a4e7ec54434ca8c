"""Each change of each closed form: set apart with a proof, or put to each of three channels."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from derivations.claims import ChiSquare, Consequence, Limit, Order, Part, SameLaw, Tendency, Threshold
from derivations.points import Point
from verify.certificate import Check
from verify.channels import Subject, setting_of
from verify.levels import Level
from verify.mutants import places, stored
from verify.mutants.changes import UPSIDE_DOWN, every_change
from verify.mutants.places import NO_VALUE, Place, own_boundary, prepared
from verify.mutants.proofs import proof
from verify.mutants.stored import Kept

KILLED, SURVIVED, BELOW, SILENT = "killed", "survived", "below resolution", "not applicable"
EXACT = "exact"


@dataclass(frozen=True)
class Outcome:
    """What one channel says of a mutant, and where: the point that kills it, or else that came nearest.

    `share` is the size of the change in units of what is detectable there; infinite where all is.
    """

    verdict: str
    point: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class Mutant:
    """One changed closed form and what became of it.

    `verdict`: equivalent or true but weaker, with the `proof`; else killed by a channel that is exact, or
    where no such channel speaks of the part by another one; else survived.
    """

    claim: str
    part: int
    label: str
    change: str
    form: str
    verdict: str
    proof: str = ""
    channels: Mapping[str, Outcome] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """All mutants of a claim, and the smallest relative change of it that each channel would notice.

    Exact arithmetic notices any: its entry is 0, and missing where it says nothing.
    """

    claim: str
    mutants: tuple[Mutant, ...]
    notices: Mapping[str, float]
    without: tuple[str, ...]  # parts that state no closed form


def judge(subject: Subject, checks: Sequence[Check], level: Level, seed: int = 0) -> Judged:
    """Every mutant of a claim. `checks`: what the sampling and the pipeline channel made of the claim."""
    found: list[Mutant] = []
    notices: dict[str, float] = {}
    without: list[str] = []
    for number, part in enumerate(subject.claim.parts):
        form = closed_form(part)
        if form is None:
            without.append(part.label or f"part {number + 1}")
            continue
        court = _Court(subject, number, form, checks, level, seed)
        found += court.mutants()
        for channel, least in court.notices():
            notices[channel] = min(least, notices.get(channel, math.inf))
    return Judged(subject.claim.id, tuple(found), notices, tuple(without))


def closed_form(part: Part) -> sp.Expr | None:
    """What is changed: the right side, of an order the difference of the sides, of a law the freedom."""
    if isinstance(part, SameLaw):
        return sp.sympify(part.right.freedom) if isinstance(part.right, ChiSquare) else None
    if isinstance(part, Order):
        return sp.sympify(part.left - part.right)
    right = sp.sympify(part.right)
    return None if right.has(sp.oo) else right


def mutations(part: Part, points: Sequence[Point]) -> Iterator[tuple[str, sp.Expr]]:
    """Every small change of a part's closed form; of an order, of either side."""
    letters = _letters(part, points)
    if not isinstance(part, Order):
        for label, new in every_change(closed_form(part), letters):
            if not (isinstance(part, Threshold) and label == UPSIDE_DOWN):  # which has the same sign
                yield label, new
        return
    for label, new in every_change(part.left, letters):
        yield f"left: {label}", new - part.right
    for label, new in every_change(part.right, letters):
        yield f"right: {label}", part.left - new


def _letters(part: Part, points: Sequence[Point]) -> set[sp.Symbol]:
    """Letters that have values where the part is looked at."""
    if isinstance(part, Consequence):
        region = part.region
        every = [h for h, _ in region.hypotheses] + [x for x, _ in region.at]
        return set[sp.Symbol]().union(*(x.free_symbols for x in every))
    setting = setting_of(part)
    known = {name for point in points for name, _ in point.values} | {s.name for s, _ in setting.names}
    sides = [part.left, *setting.hypotheses, *(s for s, _ in setting.names)]
    letters = set[sp.Symbol]().union(*(sp.sympify(x).atoms(sp.Symbol) for x in sides))
    return {s for s in letters if s.name in known}


class _Court:
    """One part with all that its mutants are held against."""

    def __init__(
        self, subject: Subject, number: int, form: sp.Expr, checks: Sequence[Check], level: Level, seed: int
    ) -> None:
        self.subject, self.number, self.true, self.seed = subject, number, form, seed
        self.part = subject.claim.parts[number]
        self.places = list(places.places(subject, number, seed))
        self.kept: dict[str, list[Kept]] = {
            channel: list(stored.kept(subject, number, channel, checks, level)) for channel in stored.CHANNELS
        }

    def mutants(self) -> Iterator[Mutant]:
        """Each change with its verdict."""
        for change, form in mutations(self.part, self.subject.claim.points):
            yield self._mutant(change, form)

    def notices(self) -> Iterator[tuple[str, float]]:
        """The smallest relative change that a channel would notice."""
        if self.places and not isinstance(self.part, Threshold | Order):
            yield EXACT, 0.0
        for channel, every in self.kept.items():
            for k in every:
                if k.least is not None:
                    yield channel, k.least

    def _mutant(self, change: str, form: sp.Expr) -> Mutant:
        ready = prepared(self.subject, self.number, form)
        exact = self._exact(ready, form)
        shown = None if exact.verdict == KILLED else proof(self.part, self.true, form, self.subject.book)
        if shown is None:
            channels = {EXACT: exact, **{c: self._told(c, ready) for c in self.kept}}
            killed = any(o.verdict == KILLED for o in channels.values())
            verdict = exact.verdict if exact.verdict != SILENT else KILLED if killed else BELOW
            return self._made(change, form, verdict, "", channels)
        return self._made(change, form, shown[0], shown[1], {})

    def _made(
        self, change: str, form: sp.Expr, verdict: str, why: str, channels: Mapping[str, Outcome]
    ) -> Mutant:
        claim, label = self.subject.claim.id, self.part.label
        return Mutant(claim, self.number, label, change, str(form), verdict, why, channels)

    def _exact(self, ready: sp.Expr, form: sp.Expr) -> Outcome:
        looked = False
        for place in self._places(form):
            try:
                looked, fits = True, place.fits(ready)
            except NO_VALUE:
                continue
            if not fits:
                return Outcome(KILLED, place.label, math.inf)
        return Outcome(SURVIVED if looked or self.places else SILENT)

    def _places(self, form: sp.Expr) -> Iterator[Place]:
        yield from self.places
        if isinstance(self.part, Threshold):
            yield from own_boundary(self.subject, self.number, form)

    def _told(self, channel: str, ready: sp.Expr) -> Outcome:
        nearest: Outcome | None = None
        for k in self.kept[channel]:
            try:
                seen = k.sees(ready)
            except NO_VALUE:
                continue
            if seen.killed:
                return Outcome(KILLED, k.point, seen.share)
            verdict = SURVIVED if seen.share > 1.0 and not self._of_sign else BELOW
            if nearest is None or (verdict == SURVIVED, seen.share) > (
                nearest.verdict == SURVIVED,
                nearest.share,
            ):
                nearest = Outcome(verdict, k.point, seen.share)
        return nearest or Outcome(SILENT)

    @property
    def _of_sign(self) -> bool:
        """Whether the size of a change does not decide whether it is noticed, but signs, or an order."""
        return isinstance(self.part, Threshold | Order | Limit | Tendency)
