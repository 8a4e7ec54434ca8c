"""Replay: the derivation made again by the core, from nothing. Trust: `proved`, modulo its axioms."""

import threading
from collections.abc import Sequence

from derivations.claims import Disagreement
from derivations.core.words import Refused
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import Findings, Subject, Task
from verify.levels import Level

NAME = "replay"
_one_at_a_time = threading.Lock()  # a book notices circles by what it is deriving: not for two threads


def plan(subjects: Sequence[Subject], level: Level) -> list[Task]:
    """One task a claim."""
    return [Task(NAME, (NAME, s.claim.id), ((s.claim.id, 0),)) for s in subjects]


def run(task: Task, subjects: dict[str, Subject], level: Level, alpha: float, seed: int) -> Findings:
    """Derive, compare with what is stated, and replay."""
    subject = subjects[task.parts[0][0]]
    id = subject.claim.id
    if not subject.claim.provable:
        why = f"taken from the literature: {'; '.join(subject.claim.literature)}"
        return [(id, Check(NAME, "derivation", "", NOT_APPLICABLE, reason=why))]
    try:
        with _one_at_a_time:
            # Not the subject's own book: one that has proved, and replayed, all that it holds.
            theorem = subject.replayed.theorem(id)
    except (Refused, Disagreement) as why:
        return [(id, Check(NAME, "derivation", "all", REFUTED, reason=str(why), part=None, whole=True))]
    steps = sum(len(d.steps) for d in (*theorem.derivations, *theorem.others))
    shown = str(theorem.conclusion)
    found = Check(NAME, f"{steps} steps", "all", PASSED, lhs=shown, rhs=shown, part=None, whole=True)
    return [(id, found)]
