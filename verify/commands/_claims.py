"""Claims as the commands look them up: by id, with the last verdict on them."""

import difflib
import importlib
import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from derivations.claims import Book, Claim, claims
from verify.commands import Stop

CERTIFICATES = Path("certificates")


def book(ids: Iterable[str], known: Mapping[str, Claim] | None = None) -> Book:
    """A fresh book, after a look whether it has these claims. Raises Stop for one that it has not."""
    found = Book(dict(claims() if known is None else known))
    for name in ids:
        if name not in found.claims:
            near = difflib.get_close_matches(name, found.claims, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; w2s list shows them all"
            raise Stop(f"there is no claim {name!r}{hint}")
    return found


def completions(incomplete: str) -> list[str]:
    """The ids that begin so, for a shell that completes one."""
    return [id for id in claims() if id.startswith(incomplete)]


def claims_from(place: str) -> dict[str, Claim]:
    """The claims that a Python file or module registers. It is code, like a test file, and is run."""
    path = Path(place)
    before = dict(claims())
    try:
        if path.suffix == ".py":
            spec = importlib.util.spec_from_file_location(path.stem, path)
            if spec is None or spec.loader is None or not path.is_file():
                raise Stop(f"--claims {place}: there is no such file")
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        else:
            importlib.import_module(place)
    except Stop:
        raise
    except (Exception, SystemExit) as why:  # noqa: BLE001  # whatever the user's code raises is bad input, in one sentence
        raise Stop(f"--claims {place} cannot be loaded: {type(why).__name__}: {why}") from None
    found = {id: c for id, c in claims().items() if before.get(id) is not c}
    if not found:
        raise Stop(f"--claims {place} registers no claim; decorate a function with derivations.claims.claim")
    if taken := sorted(set(found) & set(before)):
        raise Stop(f"--claims {place} takes the id of a claim that exists: {taken[0]}")
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
