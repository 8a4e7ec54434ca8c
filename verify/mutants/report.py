"""Mutants of claims: one run of the sampling and the pipeline channel, and every change held against it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from derivations.claims import Book, Claim, claims
from verify.channels import SAMPLING, Subject, pipeline
from verify.levels import LEVELS
from verify.mutants.judge import BELOW, EXACT, KILLED, SILENT, SURVIVED, Judged, Mutant, judge
from verify.mutants.proofs import EQUIVALENT, WEAKER
from verify.runner import Progress, run

SCHEMA = "w2s.mutants/1"
CHANNELS = (EXACT, SAMPLING, pipeline.NAME)
Done = Callable[[int, int, Judged], None]  # claims done, claims in all, what the last one came to


@dataclass(frozen=True)
class Mutants:
    """What became of the mutants of some claims."""

    seed: int
    level: str
    judged: tuple[Judged, ...]

    @property
    def every(self) -> list[Mutant]:
        """All mutants."""
        return [m for j in self.judged for m in j.mutants]

    @property
    def survivors(self) -> list[Mutant]:
        """Mutants that exact arithmetic should have killed, or another channel by its own resolution."""
        return [m for m in self.every if SURVIVED in {m.verdict, *(o.verdict for o in m.channels.values())}]

    def to_json(self) -> dict[str, Any]:
        """The report as `w2s mutants --json` prints it: what is not killed, and counts of the others."""
        kept = [m for m in self.every if m.verdict != KILLED or m in self.survivors]
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "level": self.level,
            "verdict": SURVIVED if self.survivors else KILLED,
            "total": tally(self.every),
            "claims": [
                {
                    "id": j.claim,
                    **tally(j.mutants),
                    "notices": dict(j.notices),
                    "without_closed_form": list(j.without),
                    "not_killed": [asdict(m) for m in kept if m.claim == j.claim],
                }
                for j in self.judged
            ],
        }


def tally(mutants: Iterable[Mutant]) -> dict[str, Any]:
    """How many there are of each verdict, in all and by channel."""
    every = list(mutants)
    found = Counter(m.verdict for m in every)
    names = (EQUIVALENT, WEAKER, KILLED, SURVIVED, BELOW)
    by = {c: Counter(m.channels[c].verdict for m in every if m.channels) for c in CHANNELS}
    return {
        "mutants": len(every),
        **{name.replace(" ", "_"): found[name] for name in names},
        "channels": {
            c: {name.replace(" ", "_"): by[c][name] for name in (KILLED, SURVIVED, BELOW, SILENT)}
            for c in CHANNELS
        },
    }


def mutants(
    ids: Iterable[str] | None = None,
    *,
    level: str = "quick",
    seed: int = 0,
    library: Mapping[str, Claim] | None = None,
    out: Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    done: Done | None = None,
) -> Mutants:
    """Judge every mutant of claims (default all). `out` keeps the finished checks of the true claims.

    Raises KeyError for an unknown id or level, OSError where `out` cannot be written.
    """
    known = dict(claims() if library is None else library)
    chosen = list(dict.fromkeys(known if ids is None else ids))
    report = run(
        chosen,
        level=level,
        seed=seed,
        channels=(SAMPLING, pipeline.NAME),
        library=known,
        out=out,
        resume=resume,
        workers=workers,
        progress=progress,
    )
    book, found = Book(known), list[Judged]()
    for id in chosen:
        found.append(judge(Subject(known[id], book), report[id].checks, LEVELS[level], seed))
        if done:
            done(len(found), len(chosen), found[-1])
    return Mutants(seed, level, tuple(found))
