"""What the pages are made of: claims, their theorems, and certificates, of which only current ones count."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from derivations.claims import Book, Claim, Theorem, claims
from verify.certificate import PASSED, Certificate, read_certificate
from verify.channels import Subject
from verify.dependencies import Node, dependents, nodes_of
from verify.runner import changed

Refusal = tuple[str, str]  # a claim, and why its page cannot be printed


@dataclass(frozen=True)
class Sources:
    """Every claim with its theorem, the certificates that are current and passed, and why others are not."""

    book: Book
    certificates: Mapping[str, Certificate]
    refusals: tuple[Refusal, ...]
    folder: Path

    @property
    def claims(self) -> Mapping[str, Claim]:
        """By id, lemmas first."""
        return self.book.claims

    def theorem(self, id: str) -> Theorem:
        """What was derived of a claim."""
        return self.book.theorem(id)

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Each claim with its verdict, the weakest trust along its dependencies, and what it rests on."""
        return {n.id: n for n in nodes_of(self.book, self.certificates)}

    def above(self, id: str) -> dict[str, int]:
        """What rests on a claim, directly (1) or through others (how many steps)."""
        return dependents({n.id: n.depends for n in self.nodes.values()}, id)

    def rooms(self) -> Iterator[tuple[str, list[str]]]:
        """The claims by the package that they are in: its name, the ids, each after all that it rests on."""
        found: dict[str, list[str]] = {}
        for c in (self.claims[id] for id in self.nodes):
            found.setdefault(c.origin.rpartition(".")[0].rpartition(".")[2] or "others", []).append(c.id)
        yield from found.items()


def gather(folder: Path, known: Mapping[str, Claim] | None = None, book: Book | None = None) -> Sources:
    """Derive every claim and read its certificate in the folder.

    `book` may hold theorems that were derived before. Raises Refused or Disagreement, naming the claim, where
    a derivation fails: then there is nothing to print.
    """
    book = book or Book(dict(claims() if known is None else known))
    for id in book.claims:
        book.theorem(id)
    current, refusals = dict[str, Certificate](), list[Refusal]()
    for id in book.claims:
        try:
            found = read_certificate(folder / f"{id}.json")
        except FileNotFoundError:
            refusals.append((id, "has no certificate"))
            continue
        except (OSError, ValueError) as why:
            refusals.append((id, f"has no certificate that can be read: {why}"))
            continue
        reasons = list(_reasons(Subject(book.claims[id], book), found))
        if reasons:
            refusals.append((id, "; ".join(reasons)))
        else:
            current[id] = found
    return Sources(book, current, tuple(refusals), folder)


def _reasons(subject: Subject, found: Certificate) -> Iterator[str]:
    """Why a certificate does not certify the claim as it is now."""
    if found.id != subject.claim.id:
        yield f"has the certificate of another, {found.id}"
    elif stale := changed(subject, found.digests):
        yield f"has a stale certificate: {', '.join(stale)} changed since"
    elif found.verdict != PASSED:
        yield f"is {found.verdict.replace('_', ' ')}"


def told(refusals: Iterable[Refusal]) -> str:
    """Which claims cannot be printed, a line for each reason."""
    found: dict[str, list[str]] = {}
    for id, why in refusals:
        found.setdefault(why, []).append(id)
    return "\n".join(f"book: not printed, because each {why}: {', '.join(ids)}" for why, ids in found.items())
