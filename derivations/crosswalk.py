"""From what the paper states to what settles it: the data of crosswalk.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SOURCES = {"abstract": "the paper's abstract", "code": "the authors' published code"}
FINDINGS = ("exact", "leading order", "conditional", "not in general", "assumed", "measured")


@dataclass(frozen=True)
class Statement:
    """A statement of the abstract, or a formula of the code: the claims that settle it, and how they do.

    Formulas in it are LaTeX between dollars. `finding` is one of `FINDINGS`; an assumption, or what only
    measurements can tell, has no claims.
    """

    source: str
    says: str
    settled_by: tuple[str, ...]
    finding: str
    how: str


@cache
def crosswalk() -> tuple[Statement, ...]:
    """All statements, those of the abstract first."""
    text = (files("derivations") / "crosswalk.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["statement"]
    return tuple(Statement(**{**row, "settled_by": tuple(row["settled_by"])}) for row in rows)
