"""`w2s check`: certificates held against the source again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from derivations.claims import Book, Claim, claims
from verify import certificate as files
from verify.channels import Subject
from verify.commands import Stop
from verify.commands._claims import claims_from
from verify.commands.verify import complain, line, witnesses
from verify.levels import LEVELS
from verify.runner import changed, run

STALE = 3
ENVIRONMENT = "environment"  # the digest that may differ: elsewhere, verdicts agree but for the bits


@dataclass(frozen=True)
class Checked:
    """What became of one certificate."""

    path: str
    id: str
    stale: tuple[str, ...]  # the digests that differ
    noted: tuple[str, ...]
    verdict: str | None  # of the new run, None where the certificate is stale
    seed: int | None


def command(
    certificates: Annotated[list[Path], typer.Argument(help="Certificate files.")],
    seed: Annotated[
        int | None, typer.Option(help="Seed of the new run (default: the certificate's plus one).")
    ] = None,
    more: Annotated[
        str | None, typer.Option("--claims", help="Where a claim of your own is: a file or module.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Check certificates: derive the statement from source, compare digests, run again with another seed.

    Exit code: 1 if the new run refutes, 3 if a certificate is stale or the new run undecided, else 0.

    Example: w2s check certificates/w2s-variance.json
    """
    library = dict(claims())
    if more is not None:
        library |= claims_from(more)
    read = [(path, _read(path, library)) for path in certificates]
    results, codes = [], []
    for path, data in read:
        claim = library[data["id"]]
        differ = changed(Subject(claim, Book(library)), data["digests"])
        stale, noted = ([d for d in differ if (d == ENVIRONMENT) is apart] for apart in (False, True))
        if stale:
            codes.append(STALE)
            results.append(Checked(str(path), claim.id, tuple(stale), tuple(noted), None, None))
            if not as_json:
                said = ", ".join(stale)
                typer.echo(f"stale     {claim.id}: {said} changed since; run w2s verify {claim.id}")
            continue
        other = data["seed"] + 1 if seed is None else seed
        report = run([claim.id], level=data["level"], seed=other, library=library)
        (found,) = report.certificates
        codes.append(report.exit_code)
        results.append(Checked(str(path), claim.id, (), tuple(noted), found.verdict, other))
        complain(found)
        if not as_json:
            for text in (line(found, report.seconds[claim.id]), *witnesses(found)):
                typer.echo(text.plain)
            was = f"  with seed {other}; the certificate says {data['verdict']}, with seed {data['seed']}"
            typer.echo(was + (", from another environment" if noted else ""))
    if as_json:
        typer.echo(json.dumps([vars(r) for r in results], indent=1, ensure_ascii=False))
    return 1 if 1 in codes else max(codes)


def _read(path: Path, library: dict[str, Claim]) -> dict[str, Any]:
    """A certificate as data; raises Stop with what is wrong with the file."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as why:
        raise Stop(f"cannot read {path}: {why.strerror or why}") from None
    except (ValueError, RecursionError):
        raise Stop(f"{path} is not a certificate: it is not whole JSON") from None
    if not isinstance(data, dict) or data.get("schema") != files.SCHEMA:
        raise Stop(f"{path} is not a certificate of schema {files.SCHEMA}")
    kinds = (("id", str), ("level", str), ("seed", int), ("verdict", str), ("digests", dict))
    for name, kind in kinds:
        if type(data.get(name)) is not kind:
            raise Stop(f"{path} is not a certificate: its {name!r} is missing or of the wrong type")
    if data["level"] not in LEVELS:
        raise Stop(f"{path} is of an unknown level {data['level']!r}")
    if data["id"] not in library:
        unknown = "there is no such claim; is it one of your own (--claims)?"
        raise Stop(f"{path} is about {data['id']!r}, and {unknown}")
    return data
