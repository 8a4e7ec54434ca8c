"""Replay: the derivation made again by the core, from nothing. Trust: `proved`, modulo its axioms."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivations.claims import Book, Claim, Consequence, Disagreement, SameLaw, Theorem
from derivations.core.words import Refused
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import Findings, Subject, Task, labelled
from verify.levels import Level

NAME = "replay"
_one_at_a_time = threading.Lock()  # a book notices circles by what it is deriving: not for two threads


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """One task a claim."""
    return [Task(NAME, (NAME, s.claim.id), ((s.claim.id, 0),)) for s in subjects]


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Derive, compare with what is stated, and replay; one check for each part that comes with a proof."""
    subject = subjects[task.parts[0][0]]
    claim = subject.claim
    if all(isinstance(part, SameLaw) for part in claim.parts):
        why = f"taken from the literature: {'; '.join(claim.literature)}"
        return [(claim.id, Check(NAME, "derivation", "", NOT_APPLICABLE, reason=why))]
    with _one_at_a_time:
        return [(claim.id, check) for check in _replayed(claim, subject.book)]


def _replayed(claim: Claim, book: Book) -> Iterator[Check]:
    try:
        whole = tuple(book.theorem(claim.id).apart)
    except (Refused, Disagreement):
        whole = ()  # for a part that fails; the others may not
    for number, part in enumerate(claim.parts):
        if isinstance(part, SameLaw):
            continue
        try:
            theorem = whole[number] if whole else _alone(claim, number, book)
        except (Refused, Disagreement) as why:
            step = labelled(part, "derivation")
            yield Check(NAME, step, "all", REFUTED, reason=str(why), part=number, whole=True)
            continue
        steps = sum(len(made.steps) for made in (*theorem.derivations, *theorem.others))
        shown, below = str(theorem.conclusion), ", ".join(theorem.depends)
        step = labelled(part, f"from {below}" if isinstance(part, Consequence) else f"{steps} steps")
        yield Check(NAME, step, "all", PASSED, lhs=shown, rhs=shown, part=number, whole=True)


def _alone(claim: Claim, number: int, book: Book) -> Theorem:
    """What is made of one part, under a name of its own, so that nobody takes the part for the claim."""
    name = f"{claim.id}, part {number}"
    parts = (claim.parts[number],)
    return replace(book, claims={**book.claims, name: replace(claim, parts=parts)}).theorem(name)
