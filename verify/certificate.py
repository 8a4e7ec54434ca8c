"""What was found, as values and as files: checks, certificates, the report, their digests.

Verdicts: a claim is refuted if any check is, else undecided if any is, else passed if one passed, else not
applicable. `identical` (two sides lower to the same tape) is neither for nor against.
"""

import hashlib
import json
import math
import os
import platform
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from derivations.claims import Claim
from derivations.core.derivation import Derivation

SCHEMA = "w2s.report/1"
PASSED, REFUTED, UNDECIDED, NOT_APPLICABLE, IDENTICAL = (
    "passed",
    "refuted",
    "undecided",
    "not_applicable",
    "identical",
)
TRUST = ("none", "supported (assumed variance)", "supported", "enclosed", "proved")  # weakest first


@dataclass(frozen=True)
class Check:
    """One check of one step (or of the whole statement) at one point, by one channel.

    `lhs`, `rhs`, `scale` and `interval` are what was measured; the interval is for (lhs - rhs) / scale.
    `detectable` is the discrepancy, in units of `scale`, that would be missed with probability `miss` at
    most. Fields that a channel has nothing to say about are None.
    """

    channel: str
    step: str
    point: str
    verdict: str
    lhs: float | str | None = None
    rhs: float | str | None = None
    scale: float | None = None
    interval: tuple[float, float] | None = None
    alpha: float | None = None
    detectable: float | None = None
    miss: float | None = None
    rounding_bound: float | None = None
    method: str | None = None
    bound: str | None = None
    trials: int | None = None
    seed: int | None = None
    reason: str | None = None
    slack: float | None = None
    rate: tuple[float, float] | None = None
    whole: bool = False  # of the statement itself, not of a step


def check_from(data: Mapping[str, Any]) -> Check:
    """A check read back from JSON."""
    pairs = {k: tuple(data[k]) for k in ("interval", "rate") if data.get(k) is not None}
    return Check(**{**data, **pairs})


@dataclass(frozen=True)
class Certificate:
    """Everything found about one claim."""

    id: str
    verdict: str
    trust: str
    checks: tuple[Check, ...]
    axioms: tuple[str, ...]
    depends: tuple[str, ...]
    unseen: tuple[str, ...]
    domain: Mapping[str, Any]
    seed: int
    level: str
    digests: Mapping[str, str] = field(default_factory=dict)

    def channel(self, name: str) -> str:
        """The verdict of one channel on the statement itself."""
        return combine(c.verdict for c in self.checks if c.channel == name and c.whole)

    @property
    def disagreement(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The channels that pass the statement and those that refute it, when there are both."""
        names = dict.fromkeys(c.channel for c in self.checks)
        for_it = tuple(n for n in names if self.channel(n) == PASSED)
        against = tuple(n for n in names if self.channel(n) == REFUTED)
        return (for_it, against) if for_it and against else None


def read_findings(path: Path) -> list[tuple[str, Check]]:
    """Findings of a task as `write_json` left them. Raises OSError, ValueError, TypeError or KeyError."""
    return [(str(name), check_from(data)) for name, data in json.loads(path.read_text("utf-8"))]


def combine(verdicts: Iterable[str]) -> str:
    """One verdict for many."""
    found = set(verdicts)
    return next((v for v in (REFUTED, UNDECIDED, PASSED) if v in found), NOT_APPLICABLE)


def own_trust(checks: Iterable[Check]) -> str:
    """The strongest trust among the channels that passed the statement; none unless every check is well."""
    earned = {"replay": "proved", "exact": "enclosed"}
    found = list(checks)
    if combine(c.verdict for c in found) != PASSED:
        return TRUST[0]
    best = TRUST[0]
    for channel in dict.fromkeys(c.channel for c in found):
        whole = [c for c in found if c.channel == channel and c.whole]
        if combine(c.verdict for c in whole) == PASSED:
            assumed = any((c.bound or "").startswith("assumed") for c in whole)
            trust = earned.get(channel, "supported (assumed variance)" if assumed else "supported")
            best = max(best, trust, key=TRUST.index)
    return best


def weaken(certificates: Mapping[str, Certificate]) -> dict[str, Certificate]:
    """Each certificate with the weakest trust along its dependencies."""
    own = {id: own_trust(c.checks) for id, c in certificates.items()}

    def along(id: str, seen: frozenset[str]) -> str:
        below = (along(d, seen | {d}) for d in certificates[id].depends if d in certificates and d not in seen)
        return min((own[id], *below), key=TRUST.index)

    return {id: replace(c, trust=along(id, frozenset((id,)))) for id, c in certificates.items()}


def statement_digest(claim: Claim) -> str:
    """Of what the claim states, in which setting, at which points."""
    parts = [
        (type(p).__name__, p.label, str(p.left), str(p.right), str(getattr(p, "setting", None) or p.left_setting))
        for p in claim.parts
    ]
    return _digest((claim.id, claim.kind, claim.statement, parts, [p.label for p in claim.points]))


def derivation_digest(derivations: Iterable[Derivation]) -> str:
    """Of every step of every derivation."""
    return _digest([[str(d.start), [(repr(s.rule), s.kind, str(s.after)) for s in d.steps]] for d in derivations])


@cache
def code_digest() -> str:
    """Of the source files of derivations/ and verify/."""
    root = Path(__file__).resolve().parent.parent
    files = sorted(p for name in ("derivations", "verify") for p in (root / name).rglob("*.py"))
    return _digest([(str(p.relative_to(root)), p.read_text("utf-8")) for p in files])


def environment() -> dict[str, str]:
    """What the results may depend on besides the code."""
    packages = ("numpy", "numba", "llvmlite", "sympy", "mpmath", "scipy", "python-flint")
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in packages},
    }


def environment_digest() -> str:
    """Of `environment`."""
    return _digest(environment())


def _digest(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def key_digest(*parts: object) -> str:
    """A short file name for a task."""
    return _digest([str(p) for p in parts])


def to_json(value: Any) -> Any:
    """Plain JSON values; a float that JSON cannot write becomes a string."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(v) for v in value]
    if isinstance(value, Certificate | Check):
        return to_json(asdict(value))
    return value


def write_json(path: Path, value: Any) -> None:
    """Write through a temporary file in the same folder, so that nothing is ever half written."""
    text = json.dumps(to_json(value), indent=1, ensure_ascii=False) + "\n"
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically. Raises OSError; the old file, if any, is then still there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
