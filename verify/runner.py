"""A run: claims x channels -> tasks -> checks -> certificates, on any number of threads.

Tasks are independent and each result depends only on the task, its share of the false-alarm budget and the
seed, so a report is the same to the bit for any number of workers, and a finished task need not be repeated.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from derivations.claims import Book, Claim, claims

from verify import certificate as files
from verify.certificate import Certificate, Check, combine
from verify.channels import Channel, Findings, Subject, Task, exact, pipeline, replay, sampling, setting_of
from verify.domain import domain, unseen
from verify.levels import FALSE_ALARMS, LEVELS, Level

CHANNELS: dict[str, Channel] = {c.NAME: c for c in (replay, exact, sampling, pipeline)}

Progress = Callable[[int, int, Certificate | None, float], None]
"""(tasks done, tasks in all, a certificate that has just been completed, the seconds it took)."""


@dataclass(frozen=True)
class Report:
    """The certificates of a run, in the order of the claims, and the seconds each claim's tasks took."""

    seed: int
    level: str
    certificates: tuple[Certificate, ...]
    seconds: Mapping[str, float]

    @property
    def verdict(self) -> str:
        """Refuted if any claim is, else undecided if any is, else passed."""
        return combine(c.verdict for c in self.certificates)

    @property
    def exit_code(self) -> int:
        """1 something refuted (channels that disagree included), else 3 undecided, else 0."""
        return {files.REFUTED: 1, files.UNDECIDED: 3}.get(self.verdict, 0)

    def __getitem__(self, id: str) -> Certificate:
        return next(c for c in self.certificates if c.id == id)

    def to_json(self) -> dict[str, object]:
        """The report as `w2s verify --json` prints it."""
        plain = [files.to_json(c) for c in self.certificates]
        return {
            "schema": files.SCHEMA,
            "seed": self.seed,
            "level": self.level,
            "verdict": self.verdict,
            "claims": plain,
        }


def run(
    ids: Iterable[str] | None = None,
    *,
    level: str = "quick",
    seed: int = 0,
    channels: Iterable[str] = tuple(CHANNELS),
    library: Mapping[str, Claim] | None = None,
    out: Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check claims and return their certificates; with `out`, write them there as they are completed.

    ids: the claims to check (default all); what they rest on is not checked along with them, but their trust
    is then their own. library: the claims to choose from (default the package's). Raises KeyError for an
    unknown id, channel or level, OSError where `out` cannot be written.
    """
    known = dict(library or claims())
    chosen = list(known if ids is None else ids)
    for name, table in ((chosen, known), (channels, CHANNELS), ([level], LEVELS)):
        for wanted in name:
            if wanted not in table:
                raise KeyError(wanted)
    book, replayed = Book(known), Book(known)
    subjects = {id: Subject(known[id], book, replayed) for id in chosen}
    rules = LEVELS[level]
    tasks = [t for c in channels for t in CHANNELS[c].plan(list(subjects.values()), rules)]
    alpha = FALSE_ALARMS / max(1, sum(t.checks for t in tasks))
    store = _Store(out, resume, (level, seed, alpha)) if out else None
    found, seconds = _execute(tasks, subjects, rules, alpha, seed, store, workers, progress)
    made = {id: _certify(subjects[id], found[id], seed, level) for id in chosen}
    certificates = files.weaken(made)
    report = Report(seed, level, tuple(certificates[id] for id in chosen), seconds)
    if store:
        store.finish(report)
    return report


def _execute(
    tasks: list[Task],
    subjects: dict[str, Subject],
    level: Level,
    alpha: float,
    seed: int,
    store: "_Store | None",
    workers: int | None,
    progress: Progress | None,
) -> tuple[dict[str, list[Check]], dict[str, float]]:
    """Run the tasks; the checks of each claim come back in the order of the plan."""
    results: dict[int, Findings] = {}
    seconds = dict.fromkeys(subjects, 0.0)
    left = {id: sum(id in t.claims for t in tasks) for id in subjects}

    def finished(i: int, findings: Findings, took: float) -> None:
        results[i] = findings
        for id in tasks[i].claims:
            seconds[id] += took / len(tasks[i].claims)
            left[id] -= 1
            if progress and not left[id]:
                checks = [c for k in sorted(results) for name, c in results[k] if name == id]
                made = files.weaken({id: _certify(subjects[id], checks, seed, level.name)})[id]
                progress(len(results), len(tasks), made, seconds[id])
        if progress:
            progress(len(results), len(tasks), None, 0.0)

    def work(task: Task) -> tuple[Findings, float]:
        began = time.perf_counter()
        findings = CHANNELS[task.channel].run(task, subjects, level, alpha, seed)
        return findings, time.perf_counter() - began

    todo = []
    for i, task in enumerate(tasks):
        kept = store.load(task) if store else None
        if kept is None:
            todo.append(i)
        else:
            finished(i, kept, 0.0)
    for subject in subjects.values():  # derive once, before threads share the book
        for part in range(len(subject.claim.parts)):
            subject.chains(part)
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1)
    try:
        running: dict[Future[tuple[Findings, float]], int] = {pool.submit(work, tasks[i]): i for i in todo}
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                i = running.pop(future)
                findings, took = future.result()
                if store:
                    store.save(tasks[i], findings)
                finished(i, findings, took)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    ordered = [(name, c) for i in range(len(tasks)) for name, c in results[i]]
    return {id: [c for name, c in ordered if name == id] for id in subjects}, seconds


def _certify(subject: Subject, checks: list[Check], seed: int, level: str) -> Certificate:
    claim = subject.claim
    derived = [c.made for i in range(len(claim.parts)) for c in subject.chains(i)]
    try:
        axioms, depends = subject.book.axioms(claim.id), subject.book.theorem(claim.id).depends
    except ValueError:  # the replay channel says what is wrong
        axioms, depends = claim.literature, ()
    return Certificate(
        id=claim.id,
        verdict=combine(c.verdict for c in checks),
        trust=files.own_trust(checks),
        checks=tuple(checks),
        axioms=tuple(axioms),
        depends=tuple(depends),
        unseen=unseen(claim, checks),
        domain=domain(claim, [setting_of(p) for p in claim.parts], checks),
        seed=seed,
        level=level,
        digests={
            "statement": files.statement_digest(claim),
            "derivation": files.derivation_digest(derived),
            "code": files.code_digest(),
            "environment": files.environment_digest(),
        },
    )


class _Store:
    """Finished tasks and certificates in a folder. Everything is written through a temporary file."""

    def __init__(self, out: Path, resume: bool, run: tuple[object, ...]) -> None:
        self.out, self.tasks, self.run = out, out / "tasks", (*run, files.code_digest(), files.environment_digest())
        self.tasks.mkdir(parents=True, exist_ok=True)
        if not resume:
            for old in self.tasks.glob("*.json"):
                old.unlink()

    def _path(self, task: Task) -> Path:
        return self.tasks / f"{files.key_digest(*task.key, *task.claims, *self.run)}.json"

    def load(self, task: Task) -> Findings | None:
        """The findings of a finished task, or None; a file that cannot be read is done again."""
        try:
            return files.read_findings(self._path(task))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def save(self, task: Task, findings: Findings) -> None:
        """Keep a finished task."""
        files.write_json(self._path(task), [[name, check] for name, check in findings])

    def finish(self, report: Report) -> None:
        """Write the certificates, the report, and apart from them the seconds and the environment."""
        for c in report.certificates:
            files.write_json(self.out / f"{c.id}.json", {"schema": files.SCHEMA, **files.to_json(c)})
        files.write_json(self.out / "report.json", report.to_json())
        timing = {"seconds": dict(report.seconds), "environment": files.environment()}
        files.write_json(self.out / "timing.json", timing)



