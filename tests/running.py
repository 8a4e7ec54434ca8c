"""Running claims in tests without deriving again what they cite, and claims made up for a test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

from derivations.claims import Book, Claim, Equal, Part, claims
from derivations.core.derivation import Derivation
from derivations.core.words import Refused
from derivations.points import Point
from tests.planted import proved
from verify import runner
from verify.certificate import Certificate, Check
from verify.runner import Report, run

KNOWN = claims()


def unproved(_: Derivation) -> Derivation:
    """A proof that comes to nothing: of its claim only the statement is left to look at."""
    raise Refused("there is no proof")


def equal(id: str, part: int = 0) -> Equal:
    """A part of a claim of the package."""
    found = KNOWN[id].parts[part]
    assert isinstance(found, Equal)
    return found


def states(part: Part, *points: Point, id: str = "stated") -> Claim:
    """A claim of one part."""
    return Claim(id, id, "equality", "a test", "", "", (part,), points)


@contextmanager
def proved_before() -> Iterator[None]:
    """Runs start from theorems that the tests have proved already, unless these rest on a changed claim."""

    def book(known: Mapping[str, Claim]) -> Book:
        right = proved()
        changed = {id for id in right.claims if known.get(id) is not right.claims[id]}
        kept = {id: t for id, t in right._made.items() if not changed & {id, *right.ancestors(id)}}
        return Book(dict(known), kept)

    with patch.object(runner, "Book", book):
        yield


def report(*chosen: Claim, channels: tuple[str, ...], level: str = "quick", seed: int = 0) -> Report:
    """What some channels say of some claims, which replace those of the package with the same ids."""
    with proved_before():
        library = {**KNOWN, **{c.id: c for c in chosen}}
        return run([c.id for c in chosen], library=library, channels=channels, level=level, seed=seed)


def only(claim: Claim, *channels: str, level: str = "quick", seed: int = 0) -> Certificate:
    """What some channels say of one claim."""
    return report(claim, channels=channels, level=level, seed=seed)[claim.id]


def whole(certificate: Certificate, channel: str) -> list[Check]:
    """The checks that a channel made of the statement itself."""
    return [c for c in certificate.checks if c.channel == channel and c.whole]
