"""What was found, as values and as files: checks and certificates.

Verdicts: a claim is refuted if any check is, else undecided if any is, else passed if one passed, else not
applicable. `identical` (two sides lower to the same tape) is neither for nor against.
"""

import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

SCHEMA = "w2s.report/1"
TEMPORARY = ".tmp"  # ends the name of a file that is being written
PASSED, REFUTED, UNDECIDED = "passed", "refuted", "undecided"
NOT_APPLICABLE, IDENTICAL = "not_applicable", "identical"
TRUST = ("none", "supported (assumed variance)", "supported", "enclosed", "proved")  # weakest first


@dataclass(frozen=True)
class Check:
    """One check of one step (or of the whole statement) at one point, by one channel.

    `lhs`, `rhs`, `scale` and `interval` are what was measured; the interval is for (lhs - rhs) / scale.
    `detectable` is the discrepancy, in units of `scale`, that would be missed with probability `miss` at
    most. `rounding_bound`, in the same units, bounds how far rounding moves what was measured, in the
    `arithmetic` named. `errors`, of a limit, are (size, low, high): its error at that size, in units of the
    limit. `part` is the number of the claim's part that was looked at, and `whole` says that it was the
    statement itself, not a step of a proof. Fields that a channel has nothing to say about are None.
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
    arithmetic: str | None = None
    method: str | None = None
    bound: str | None = None
    trials: int | None = None
    seed: int | None = None
    reason: str | None = None
    slack: float | None = None
    rate: tuple[float, float] | None = None
    errors: tuple[tuple[float, float, float], ...] | None = None
    part: int = 0
    whole: bool = False


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

    @property
    def disagreement(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The channels that pass a part of the statement and those that refute it, where there are both."""
        whole = [c for c in self.checks if c.whole]
        for part in sorted({c.part for c in whole}):
            about = [c for c in whole if c.part == part]
            verdicts = {n: combine(c.verdict for c in about if c.channel == n) for n in _channels(about)}
            passed, refuted = (tuple(n for n in verdicts if verdicts[n] == v) for v in (PASSED, REFUTED))
            if passed and refuted:
                return passed, refuted
        return None


def _channels(checks: Iterable[Check]) -> list[str]:
    """The channels of checks, each once, in the order of the checks."""
    return list(dict.fromkeys(c.channel for c in checks))


def combine(verdicts: Iterable[str]) -> str:
    """One verdict for many."""
    found = set(verdicts)
    return next((v for v in (REFUTED, UNDECIDED, PASSED) if v in found), NOT_APPLICABLE)


def own_trust(checks: Iterable[Check]) -> str:
    """The strongest trust among the channels that passed the statement; none unless every check is well."""
    found = list(checks)
    if combine(c.verdict for c in found) != PASSED:
        return TRUST[0]
    best = TRUST[0]
    for channel in _channels(found):
        best = max(best, earned(c for c in found if c.channel == channel and c.whole), key=TRUST.index)
    return best


def earned(checks: Iterable[Check]) -> str:
    """The trust that checks by one channel earn: none unless they pass."""
    found = list(checks)
    if combine(c.verdict for c in found) != PASSED:
        return TRUST[0]
    assumed = any((c.bound or "").startswith("assumed") for c in found)
    statistical = "supported (assumed variance)" if assumed else "supported"
    return {"replay": "proved", "exact": "enclosed"}.get(found[0].channel, statistical)


def weakened(certificate: Certificate, others: Mapping[str, Certificate]) -> Certificate:
    """With a trust no stronger than that of any dependency that is among the others."""
    below = (others[id].trust for id in certificate.depends if id in others)
    return replace(certificate, trust=min((certificate.trust, *below), key=TRUST.index))


_NOT_FINITE = ("inf", "-inf", "nan")


def to_json(value: Any) -> Any:
    """Plain JSON values; a float that JSON cannot write becomes a string."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Certificate):
        names = ("passed", "refuted")
        apart = value.disagreement and dict(zip(names, value.disagreement, strict=True))
        return to_json({**_fields(value), "disagreement": apart})
    if isinstance(value, Check):
        return to_json(_fields(value))
    if isinstance(value, Mapping):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(v) for v in value]
    return value


def _fields(value: Certificate | Check) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value)}


def check_from(data: Mapping[str, Any]) -> Check:
    """A check read back from what `to_json` made of it. Raises TypeError or ValueError where it is none."""

    def value(x: Any) -> Any:
        if isinstance(x, list):
            return tuple(map(value, x))
        return float(x) if x in _NOT_FINITE else x

    return Check(**{name: value(x) for name, x in dict(data).items()})


def read_certificate(path: Path) -> Certificate:
    """A certificate as `write_json` left it. Raises OSError, or ValueError if the file is none."""
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"its schema is {data['schema']!r}, not {SCHEMA}")
        values = {f.name: data[f.name] for f in fields(Certificate)}
        values |= {name: tuple(values[name]) for name in ("axioms", "depends", "unseen")}
        found = Certificate(**{**values, "checks": tuple(map(check_from, data["checks"]))})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as why:
        raise ValueError(f"{path} is not a certificate: {why}") from None
    weak_enough = TRUST[: TRUST.index(own_trust(found.checks)) + 1]
    if combine(c.verdict for c in found.checks) != found.verdict or found.trust not in weak_enough:
        raise ValueError(f"{path} is not a certificate: its checks do not earn its verdict and its trust")
    return found


def read_findings(path: Path) -> list[tuple[str, Check]]:
    """Findings of a task as `write_json` left them. Raises OSError, ValueError or TypeError."""
    return [(str(name), check_from(data)) for name, data in json.loads(path.read_text("utf-8"))]


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, atomically. Raises OSError; the old file, if any, is then still there."""
    write_text(path, json.dumps(to_json(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file through a temporary one beside it, so that it is never seen half written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
