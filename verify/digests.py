"""Digests: what a certificate was made of, in a few bytes, so that a stale one is known.

They are the same in every process and on every machine with the same source and packages.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import sympy as sp

from derivations.claims import Claim
from derivations.core.consequences import Inference
from derivations.core.derivation import Derivation


def statement_digest(claim: Claim) -> str:
    """Of what the claim states, in which settings, at which points."""
    return digest(claim.id, claim.kind, claim.statement, claim.parts, claim.points, claim.literature)


def derivation_digest(derivations: Iterable[Derivation | Inference]) -> str:
    """Of every step of every derivation, with the rule that made it and the setting then in force."""
    return digest(*derivations)


@cache
def code_digest() -> str:
    """Of the source files of derivations/ and verify/."""
    root = Path(__file__).resolve().parent.parent
    files = sorted(p for name in ("derivations", "verify") for p in (root / name).rglob("*.py"))
    return digest(*((str(p.relative_to(root)), p.read_text("utf-8")) for p in files))


@cache
def environment_digest() -> str:
    """Of `environment`."""
    return digest(environment())


def environment() -> dict[str, str]:
    """What the results may depend on besides the code."""
    packages = ("numpy", "numba", "llvmlite", "sympy", "mpmath", "scipy", "python-flint")
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in packages},
    }


def digest(*parts: object) -> str:
    """Of values: texts, numbers, expressions, and tuples, mappings and dataclasses of them.

    Functions have no digest and are left out, as are fields that do not count when values are compared.
    """
    text = json.dumps([_plain(part) for part in parts], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, sp.Basic):
        return _spelled(value)
    if is_dataclass(value):
        named = ((f.name, getattr(value, f.name)) for f in fields(value) if f.compare)
        return [type(value).__name__, *([name, _plain(x)] for name, x in named if not callable(x))]
    if isinstance(value, Mapping):
        return {str(key): _plain(x) for key, x in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(x) for x in value if not callable(x)]
    return repr(value)


@cache
def _spelled(expression: sp.Basic) -> str:
    """Assumptions on symbols and shapes of matrices included, which `str` leaves out."""
    return str(sp.srepr(expression))
