"""Claims as the commands look them up: by id, with the last verdict on them."""

import difflib
import json
from collections.abc import Iterable
from pathlib import Path

from derivations.claims import Book, library
from verify.commands import Stop

CERTIFICATES = Path("certificates")


def book(ids: Iterable[str]) -> Book:
    """A fresh book, after a look whether it has these claims. Raises Stop for one that it has not."""
    found = library()
    for name in ids:
        if name not in found.claims:
            near = difflib.get_close_matches(name, found.claims, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; w2s list shows them all"
            raise Stop(f"there is no claim {name!r}{hint}")
    return found


def derived(found: Book, name: str) -> None:
    """Derive a claim, or stop with the reason why its derivation does not hold: then it is refuted."""
    try:
        found.theorem(name)
    except ValueError as why:  # a rule refused, or the derivation ends in another closed form
        raise Stop(f"the derivation of {name} fails: {why}", exit_code=1) from why


def last_verdict(name: str, folder: Path) -> str | None:
    """The verdict in the certificate of a claim, or None where there is no readable one."""
    try:
        verdict = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["verdict"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return verdict if isinstance(verdict, str) else None
