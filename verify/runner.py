"""A run: claims x channels -> tasks -> checks -> certificates, on any number of threads.

Tasks are independent and each result depends only on the task, its share of the false-alarm budget and the
seed, so a report is the same to the bit for any number of workers, and a finished task need not be repeated.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

from derivations.claims import Book, Claim, claims
from derivations.core import derivation
from derivations.core.derivation import Derivation
from verify import certificate as files
from verify import digests
from verify.certificate import Certificate, Check, combine
from verify.channels import Channel, Findings, Subject, Task, exact, pipeline, replay, sampling, setting_of
from verify.decide import split_budget
from verify.domain import domain, unseen
from verify.levels import FALSE_ALARMS, LEVELS

CHANNELS: dict[str, Channel] = {c.NAME: c for c in (replay, exact, sampling, pipeline)}

Progress = Callable[[int, int, Certificate | None, float], None]
"""(tasks done, tasks in all, a certificate that is now complete, the seconds it took).

A certificate is complete when those of its dependencies are: its trust is final.
"""

Done = tuple[int, Findings, float]  # the number of a task, what it found, the seconds it took
T = TypeVar("T")


@dataclass(frozen=True)
class Report:
    """The certificates of a run, in the order of the claims, and the seconds each claim's tasks took."""

    seed: int
    level: str
    certificates: tuple[Certificate, ...]
    seconds: Mapping[str, float]

    @property
    def verdict(self) -> str:
        """Refuted if any claim is, else undecided if any is, else passed if one passed."""
        return combine(c.verdict for c in self.certificates)

    @property
    def exit_code(self) -> int:
        """1 something refuted (channels that disagree included), else 3 undecided, else 0."""
        return {files.REFUTED: 1, files.UNDECIDED: 3}.get(self.verdict, 0)

    def __getitem__(self, id: str) -> Certificate:
        return {c.id: c for c in self.certificates}[id]

    def to_json(self) -> dict[str, object]:
        """The report as `w2s verify --json` prints it."""
        return {
            "schema": files.SCHEMA,
            "seed": self.seed,
            "level": self.level,
            "verdict": self.verdict,
            "claims": [files.to_json(c) for c in self.certificates],
        }


def run(
    ids: Iterable[str] | None = None,
    *,
    level: str = "quick",
    seed: int = 0,
    channels: Iterable[str] = tuple(CHANNELS),
    library: Mapping[str, Claim] | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check claims and return their certificates.

    ids: the claims to check (default all); what they rest on is not checked along with them, and does then
    not weaken their trust. library: the claims to choose from (default the package's). out: a folder to
    which each finished task is written at once, and at the end the certificates, the report and the timing;
    with `resume`, tasks that an earlier run finished there are not repeated. workers: threads (default one
    for each processor).

    Raises KeyError for an unknown id, channel or level, OSError where `out` cannot be written.
    """
    known = dict(claims() if library is None else library)
    chosen, used = list(dict.fromkeys(known if ids is None else ids)), list(dict.fromkeys(channels))
    for names, table in ((chosen, known), (used, CHANNELS), ([level], LEVELS)):
        for name in names:
            if name not in table:
                raise KeyError(name)
    book, rules = Book(known), LEVELS[level]
    subjects = {id: Subject(known[id], book) for id in chosen}
    made_of = {id: made_from(s) for id, s in subjects.items()}  # derives all, before threads share the book
    tasks = [t for name in used for t in CHANNELS[name].plan(list(subjects.values()), rules)]
    alpha = split_budget(FALSE_ALARMS, max(1, sum(t.checks for t in tasks)))
    store = None if out is None else _Store(Path(out), resume, made_of, (rules, seed, alpha))

    def work(i: int) -> Done:
        began = time.perf_counter()
        found = CHANNELS[tasks[i].channel].run(tasks[i], subjects, rules, alpha, seed)
        return i, found, time.perf_counter() - began

    results: dict[int, Findings] = {}
    seconds = dict.fromkeys(chosen, 0.0)
    left = Counter(id for t in tasks for id in t.claims)
    made: dict[str, Certificate] = {}
    shown: dict[str, Certificate] = {}

    def complete() -> None:
        """Make the certificates that can be made, and show those that can be shown."""
        for id in (id for id in chosen if id not in made and not left[id]):
            checks = [c for i in sorted(results) for owner, c in results[i] if owner == id]
            made[id] = _certify(subjects[id], checks, made_of[id], seed, level)
        count = -1
        while count < len(shown):
            count = len(shown)
            for id in (id for id in chosen if id in made and id not in shown):
                if all(d in shown for d in made[id].depends if d in subjects):
                    shown[id] = files.weakened(made[id], shown)
                    if progress:
                        progress(len(results), len(tasks), shown[id], seconds[id])

    with closing(_execute(tasks, work, store, workers or os.cpu_count() or 1)) as every:
        for i, found, took in every:
            results[i] = found
            for id in tasks[i].claims:
                seconds[id] += took / len(tasks[i].claims)
                left[id] -= 1
            if progress:
                progress(len(results), len(tasks), None, 0.0)
            complete()
    complete()  # also the claims of which no channel has anything to say
    report = Report(seed, level, tuple(shown[id] for id in chosen), seconds)
    if store:
        store.finish(report)
    return report


def made_from(subject: Subject) -> dict[str, str]:
    """The digests of all that a certificate follows from but for the seed and the level."""
    return {
        "statement": digests.statement_digest(subject.claim),
        "derivation": digests.derivation_digest([*_derived(subject), *subject.inferences()]),
        "code": digests.code_digest(),
        "environment": digests.environment_digest(),
    }


def changed(subject: Subject, written: Mapping[str, str]) -> list[str]:
    """Which digests of a certificate are no longer those of its claim, of the code, of the environment."""
    now = made_from(subject)
    return [name for name in now if written.get(name) != now[name]]


def _derived(subject: Subject) -> list[Derivation]:
    """Every derivation of a claim that could be made, right or wrong."""
    return [chain.made for part in range(len(subject.claim.parts)) for chain in subject.chains(part)]


def _certify(
    subject: Subject, checks: Sequence[Check], made_of: Mapping[str, str], seed: int, level: str
) -> Certificate:
    claim = subject.claim
    made = _derived(subject)
    depends = frozenset().union(
        *(derivation.citations(one) for one in made), *(one.uses for one in subject.inferences())
    )
    below = (subject.book.axioms(id) for id in depends)
    axioms = frozenset(claim.literature).union(*(derivation.axioms(one) for one in made), *below)
    return Certificate(
        id=claim.id,
        verdict=combine(c.verdict for c in checks),
        trust=files.own_trust(checks),
        checks=tuple(checks),
        axioms=tuple(sorted(axioms)),
        depends=tuple(sorted(depends)),
        unseen=unseen(claim, checks),
        domain=domain(claim, [setting_of(p) for p in claim.parts], checks),
        seed=seed,
        level=level,
        digests=made_of,
    )


def _execute(
    tasks: Sequence[Task], work: Callable[[int], Done], store: "_Store | None", workers: int
) -> Generator[Done, None, None]:
    """Every task: first what is kept from an earlier run, then the others as they are done."""
    todo = []
    for i, task in enumerate(tasks):
        kept = store.load(task) if store else None
        if kept is None:
            todo.append(i)
        else:
            yield i, kept, 0.0
    with closing(_side_by_side(work, todo, workers)) as results:
        for i, found, took in results:
            if store:
                store.save(tasks[i], found)
            yield i, found, took


def _side_by_side(work: Callable[[int], T], jobs: Sequence[int], workers: int) -> Generator[T, None, None]:
    """What `work` makes of the jobs, as it is made; raises what it raises.

    The threads are daemons, and whoever stops asking does not wait for them: what an interrupted run was in
    the middle of is of no use to anyone.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[Future[T]] = SimpleQueue()
    for job in jobs:
        waiting.put(job)

    def loop() -> None:
        with suppress(Empty):
            while True:
                job, future = waiting.get_nowait(), Future[T]()
                try:
                    future.set_result(work(job))
                except BaseException as error:  # noqa: BLE001  # raised again where the result is asked for
                    future.set_exception(error)
                done.put(future)

    for _ in range(min(workers, len(jobs))):
        Thread(target=loop, daemon=True).start()
    try:
        for _ in jobs:
            yield done.get().result()
    finally:
        with suppress(Empty):
            while True:
                waiting.get_nowait()


class _Store:
    """Finished tasks and certificates in a folder. Everything is written through a temporary file.

    A task is found again only by a run of the same code, in the same environment, at the same level, with the
    same seed and as many checks, and for claims that state and derive the same.
    """

    def __init__(
        self, out: Path, resume: bool, made_of: Mapping[str, Mapping[str, str]], run: tuple[object, ...]
    ) -> None:
        self.out, self.tasks, self.made_of, self.run = out, out / "tasks", made_of, run
        self.tasks.mkdir(parents=True, exist_ok=True)
        useless = [*out.glob(f".*{files.TEMPORARY}"), *self.tasks.glob(f".*{files.TEMPORARY}")]
        for file in useless + ([] if resume else [*self.tasks.glob("*.json")]):
            file.unlink(missing_ok=True)

    def _path(self, task: Task) -> Path:
        made_of = [self.made_of[id] for id in task.claims]
        return self.tasks / f"{digests.digest(task.key, task.parts, made_of, self.run)}.json"

    def load(self, task: Task) -> Findings | None:
        """The findings of a finished task, or None; a file that cannot be read is done again."""
        try:
            return files.read_findings(self._path(task))
        except (OSError, ValueError, TypeError):
            return None

    def save(self, task: Task, findings: Findings) -> None:
        """Keep a finished task."""
        files.write_json(self._path(task), [[owner, check] for owner, check in findings])

    def finish(self, report: Report) -> None:
        """Write the certificates, the report, and apart from them the seconds and the environment."""
        for c in report.certificates:
            files.write_json(self.out / f"{c.id}.json", {"schema": files.SCHEMA, **files.to_json(c)})
        files.write_json(self.out / "report.json", report.to_json())
        timing = {"seconds": dict(report.seconds), "environment": digests.environment()}
        files.write_json(self.out / "timing.json", timing)
