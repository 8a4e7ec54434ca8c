"""Consequences of closed forms in the exact channel: at the claim's points, at boundaries, and in a sweep."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from derivations.claims import Consequence, Formula, Order, Tendency, Threshold
from derivations.points import Point
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import Subject, labelled
from verify.consequences import Letters, Sides, Stated, problems, sweep, tie
from verify.streams import generator

EXACT = "exact"
SWEPT, _FEW = 200, 50  # places of a sweep: of an inequality, which may fail in a corner, and of others
_SIZES, _FIRST = 6, 1 << 12  # of a limit's variable, each twice the one before, the first times the largest
_TRACES = Fraction(1, 10**12)  # to which traces of a problem's matrices are known, in units of the terms
_RATE = Fraction(1, 100)  # by which the order of an error may be off at those sizes
RATE_METHOD = "an error that halves, or quarters, as the size doubles"


class Place(NamedTuple):
    """Where the sides were compared, and whether what is stated holds there."""

    label: str
    sides: Sides
    holds: bool


def checks(subject: Subject, number: int, seed: int) -> Iterator[Check]:
    """All that exact arithmetic says of a consequence."""
    part = subject.claim.parts[number]
    assert isinstance(part, Consequence)
    whole = subject.stated(number)
    if whole.why_not:  # the replay channel refuses it
        step = labelled(part, "statement")
        yield Check(EXACT, step, "all", NOT_APPLICABLE, reason=whole.why_not, part=number, whole=True)
        return
    at = whole.places(subject.claim.points)
    if isinstance(part, Tendency):
        yield from (_rate(whole, point, number, seed) for point in at)
        return
    if isinstance(part, Threshold):
        for point in at:
            near = whole.boundary(point)
            met = "either side of the boundary" if len(near) > 1 else "no boundary here: at the point"
            yield _summary(met, point.label, _at(whole, near), part, number, seed)
    else:
        yield _summary(f"at {len(at)} points", "all", _at(whole, at), part, number, seed)
    found = list(_compared(whole, swept(subject, number, seed)))
    yield _summary(f"a sweep of {len(found)} places", "", found, part, number, seed)


def swept(subject: Subject, number: int, seed: int) -> list[tuple[str, Letters]]:
    """Places all over the region of a consequence; those of a threshold also on its boundary, at a tie."""
    whole, part = subject.stated(number), subject.claim.parts[number]
    stream = generator(seed, EXACT, subject.claim.id, number, "sweep")
    if isinstance(part, Order) and part.squares:
        drawn = problems(whole, subject.claim.points, stream, _FEW)
        return [(p.label, whole.at(p)) for p in drawn]
    found: list[Letters] = list(sweep(whole, stream, SWEPT if isinstance(part, Order) else _FEW))
    on = (tie(whole, place, turn) for turn, place in enumerate(found))
    return [(spelled(x), x) for x in (*found, *(x for x in on if x is not None))]


def _at(whole: Stated, points: Iterable[Point]) -> list[Place]:
    return list(_compared(whole, ((p.label, whole.at(p)) for p in points)))


def _compared(whole: Stated, where: Iterable[tuple[str, Letters]]) -> Iterator[Place]:
    """The two sides wherever they have values: a ratio has none where it divides by zero."""
    for label, letters in where:
        try:
            sides = whole.compare(letters)
        except ZeroDivisionError:
            continue
        yield Place(label, sides, holds(whole.part, sides))


def holds(part: Consequence, x: Sides) -> bool:
    """Whether what is stated holds at one place."""
    if isinstance(part, Formula):
        return x.left == x.right
    if isinstance(part, Order) and part.squares:
        return x.right - x.left <= _TRACES * x.scale
    if isinstance(part, Order):
        return x.left > x.right or (x.left == x.right and not part.strict)
    return (x.left > 0) == (x.right > 0) and (x.left < 0) == (x.right < 0)


def _summary(step: str, point: str, found: list[Place], part: Consequence, number: int, seed: int) -> Check:
    """One check for many places: the first at which it fails, else the tightest of an inequality."""
    step = labelled(part, step)
    if not found:
        why = "the sides have a value at none of the places"
        return Check(EXACT, step, point, NOT_APPLICABLE, reason=why, part=number, whole=True)
    worst = next((f for f in found if not f.holds), None)
    tightest = min(found, key=_slack)
    shown = worst or tightest
    return Check(
        EXACT,
        step,
        shown.label if worst or isinstance(part, Order) else point,
        REFUTED if worst else PASSED,
        lhs=str(shown.sides.left),
        rhs=str(shown.sides.right),
        scale=float(shown.sides.scale) or 1.0,
        detectable=0.0,
        miss=0.0,
        rounding_bound=float(_TRACES) if isinstance(part, Order) and part.squares else None,
        method=f"rational arithmetic at {len(found)} places, from the closed forms that the claims state",
        slack=float(_slack(tightest)) if isinstance(part, Order) else None,
        seed=seed,
        part=number,
        whole=True,
    )


def _slack(place: Place) -> Fraction:
    """How far apart the sides of an inequality are, in units of the terms of the left one."""
    sides = place.sides
    return (sides.left - sides.right) / (sides.scale or 1)


def spelled(letters: Letters) -> str:
    """A place of a sweep in one line."""
    return ", ".join(f"{s}={v}" for s, v in sorted(letters.items(), key=lambda item: str(item[0])))


def _rate(whole: Stated, point: Point, number: int, seed: int) -> Check:
    """The order at which the closed forms approach a limit, from sizes that double."""
    part = whole.part
    assert isinstance(part, Tendency)
    letters = whole.at(point)
    sizes = growing(max(int(v) for s, v in letters.items() if s.name.startswith("d")))
    step = labelled(part, f"order of the error, {part.variable} from {sizes[0]} to {sizes[-1]}")
    try:
        found = [whole.compare({**letters, part.variable: Fraction(size)}) for size in sizes]
    except ZeroDivisionError:
        why = "a side divides by zero here"
        return Check(EXACT, step, point.label, NOT_APPLICABLE, reason=why, part=number, whole=True)
    good = approaches([x.left - x.right for x in found], part.order)
    return Check(
        EXACT,
        step,
        point.label,
        PASSED if good else REFUTED,
        lhs=str(found[-1].left),
        rhs=str(found[-1].right),
        scale=1.0,
        method=f"rational arithmetic: {RATE_METHOD}",
        seed=seed,
        part=number,
        whole=True,
    )


def growing(largest: int) -> list[int]:
    """Sizes of a limit's variable, each twice the one before, for the largest of the sizes that stay."""
    return [_FIRST * largest << i for i in range(_SIZES)]


def approaches(errors: Sequence[Fraction], order: int) -> bool:
    """Whether errors at sizes that double are of an order: each 2^order times the next, or all zero."""
    if not any(errors):
        return True
    rates = [abs(a / b) for a, b in pairwise(errors)] if all(errors) else []
    return bool(rates) and all(abs(r / 2**order - 1) <= _RATE for r in rates)
