"""Evidence as tables: of each step and channel the closest call, with counts; every check below it.

The closest call is the check whose interval came nearest to excluding zero, in half-widths: what a reader who
doubts the claim wants to see first. A worse verdict comes before a better one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from book.markup import badge, cell, dropdown, table
from verify.certificate import (
    IDENTICAL,
    NOT_APPLICABLE,
    PASSED,
    REFUTED,
    TRUST,
    UNDECIDED,
    Check,
    combine,
    earned,
)
from verify.runner import CHANNELS

STATEMENT = "statement"
_WORST_FIRST = (REFUTED, UNDECIDED, PASSED, IDENTICAL, NOT_APPLICABLE)


@dataclass(frozen=True)
class Group:
    """The checks that one channel made of one step, or of the statement."""

    step: str
    channel: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> str:
        """One verdict for all; `identical` where there is nothing else."""
        found = {c.verdict for c in self.checks}
        return IDENTICAL if found <= {IDENTICAL, NOT_APPLICABLE} and IDENTICAL in found else combine(found)

    @property
    def trust(self) -> str:
        """What the channel's checks of this earn, were it all."""
        return earned(self.checks)

    @property
    def closest(self) -> Check:
        """The check that came closest to refuting."""
        return min(self.checks, key=lambda c: (_WORST_FIRST.index(c.verdict), -_tension(c)))

    @property
    def detects(self) -> tuple[float, float] | None:
        """The smallest and the largest of the discrepancies that were detectable."""
        found = [c.detectable for c in self.checks if c.verdict == PASSED and c.detectable is not None]
        return (min(found), max(found)) if found else None


def groups(checks: Iterable[Check], steps: Sequence[str] = ()) -> list[Group]:
    """By step and channel: what is about the statement first, then the steps in the order of the proof."""
    found: dict[tuple[str, str], list[Check]] = {}
    for c in checks:
        found.setdefault((c.step, c.channel), []).append(c)
    order, channels = {name: i for i, name in enumerate(steps)}, list(CHANNELS)

    def key(g: Group) -> tuple[int, bool, int]:
        return order.get(g.step, -1), not g.checks[0].whole, channels.index(g.channel)

    return sorted((Group(s, c, tuple(own)) for (s, c), own in found.items()), key=key)


def _tension(c: Check) -> float:
    """The distance of the interval's middle from zero in half-widths; at one, zero is at its end."""
    if c.interval is None:
        return 0.0
    low, high = c.interval
    return abs(low + high) / (high - low) if high > low else float(low != 0) * 2


# -------------------------------------------------------------------------------------- as HTML


def line(found: Iterable[Group]) -> str:
    """The evidence for a step in one line."""
    return f'<p class="w2s-evidence">{" ".join(map(_brief, found))}</p>'


def _brief(g: Group) -> str:
    sees = f", sees {number(g.detects[1])}" if g.detects and g.detects[1] > 0 else ""
    times = f" ×{len(g.checks)}" if len(g.checks) > 1 else ""
    return badge(f"{g.channel}: {said(g.verdict)}{times}{sees}", g.verdict)


def said(verdict: str) -> str:
    """A verdict in words."""
    return verdict.replace("_", " ")


def summary(found: Sequence[Group], label: str) -> list[str]:
    """A row for each step and channel."""
    head = (
        "What", "Channel", "Verdict", "Checks", "Detects", "Closest call", "Left", "Right",
        "Draws", "At", "Earns",
    )  # fmt: skip
    return table(head, (_row(g, label) for g in found))


def _row(g: Group, label: str) -> Iterator[str]:
    c = g.closest
    yield cell(_short(g.step, label))
    yield escape(g.channel)
    yield badge(said(g.verdict), g.verdict)
    yield _counts(g)
    yield "–" if g.detects is None else " to ".join(dict.fromkeys(map(number, g.detects)))
    yield _interval(c)
    yield from _sides(c)
    yield _trials(c)
    yield cell(_where(c), 60)
    yield escape(g.trust) if g.trust != TRUST[0] else "–"


def _short(step: str, label: str) -> str:
    """The name of a step without that of its part."""
    return step.removeprefix(f"{label}: ") if label else step


def _where(c: Check) -> str:
    return "–" if c.point in ("", "all") else c.point


def _counts(g: Group) -> str:
    """How many checks there are, and how many of them have another verdict than the whole."""
    others = [c.verdict for c in g.checks if c.verdict != g.verdict]
    more = ", ".join(f"{others.count(v)} {said(v)}" for v in dict.fromkeys(others))
    return f"{len(g.checks)}" + (f" ({more})" if more else "")


def _interval(c: Check) -> str:
    return "–" if c.interval is None else f"[{number(c.interval[0])}, {number(c.interval[1])}]"


def _sides(c: Check) -> Iterator[str]:
    yield cell(_side(c.lhs), 24)
    yield cell(_side(c.rhs), 24)


def _trials(c: Check) -> str:
    return "–" if c.trials is None else f"{c.trials:,}".replace(",", "\u202f")  # a thin space


def _side(value: float | str | None) -> str:
    return "–" if value is None else number(value) if isinstance(value, float) else str(value)


def number(x: float) -> str:
    """A number to three digits, a side of an equation to six."""
    return f"{x:.4g}".replace("-", "−")


def every(checks: Sequence[Check], label: str) -> list[str]:
    """All checks, in a table that opens on request."""
    head = (
        "What", "Channel", "At", "Verdict", "(left − right) / scale in", "Left", "Right", "Scale", "α",
        "Draws", "Detects", "Missed with", "Method", "Bound or reason", "Seed",
    )  # fmt: skip
    return dropdown(f"All checks: {len(checks)}", table(head, (_detail(c, label) for c in checks)))


def _detail(c: Check, label: str) -> Iterator[str]:
    yield cell(_short(c.step, label), 60)
    yield escape(c.channel)
    yield cell(_where(c))
    yield badge(said(c.verdict), c.verdict)
    yield _interval(c)
    yield from _sides(c)
    for x in (c.scale, c.alpha):
        yield "–" if x is None else number(x)
    yield _trials(c)
    for x in (c.detectable, c.miss):
        yield "–" if x is None else number(x)
    yield cell(c.method or "–", 60)
    yield cell("; ".join(x for x in (c.bound, c.reason) if x) or "–", 80)
    yield "–" if c.seed is None else str(c.seed)
