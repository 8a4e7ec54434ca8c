"""Expectations worked out exactly, for the exact channel: statements, and steps that hold in expectation.

At the smallest points of a claim, and for its statement at a grid of others: up to three columns, every
number of rows from the boundary of the hypotheses to twelve, and a few large ones.
"""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import groupby, product

import sympy as sp

from derivations.claims import Equal, Limit, Part, SameLaw
from derivations.core.derivation import stated
from derivations.core.language import E, parse
from derivations.core.laws import Setting
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Expression, Refused
from derivations.points import Point
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import Pair, Subject, inapplicable, labelled, smallest, sources
from verify.contraction import Contracted, contracted
from verify.integration import Numbers, degree, numbers, rational_number, value
from verify.moments import Infinite
from verify.streams import generator

NAME = "exact"
# Of the grid: the most columns and rows, the large numbers of rows, and the cosines.
_COLUMNS, _ROWS, _LARGE = 3, 12, (100, 1000)
_COSINES = Fraction(4, 5), Fraction(1, 2), Fraction(3, 10)
_SIDE = 1 << 32  # of the grid that given matrices are drawn from

Value = Fraction | float  # inf where it is infinite


def has_means(part: Part) -> bool:
    """Whether there may be something to integrate."""
    if isinstance(part, Equal):
        return any(sp.sympify(side).has(E) for side in (part.left, part.right))
    return isinstance(part, Limit)


def checks(subject: Subject, part: int, points: int, seed: int) -> list[Check]:
    """Statement and steps of a part at its smallest points, and the statement at the grid."""
    claimed = subject.claim.parts[part]
    assert not isinstance(claimed, SameLaw)
    sides = _Sides(subject, part)
    places = {p: _drawn(claimed.setting, p, seed) for p in smallest(subject.claim.points, claimed)[:points]}
    found = []
    for pair in _pairs(subject, part):
        for p, at in places.items():
            try:
                if isinstance(at, ValueError):
                    raise at
                found.append(_check(pair, p.label, *sides.values(pair, at), sides.method(pair), seed))
            except ValueError as why:  # no such point, or a word that is not served
                found.append(inapplicable(NAME, pair, p, why))
        if pair.whole and found[-1].verdict != NOT_APPLICABLE:
            found += _grid(pair, sides, claimed.setting, next(iter(places)), seed)
    return found


def _pairs(subject: Subject, part: int) -> Iterator[Pair]:
    """What holds in expectation; also that a mean is infinite."""
    claimed = subject.claim.parts[part]
    if isinstance(claimed, Equal) and claimed.right == sp.oo:
        try:
            left = stated(claimed.left, claimed.setting)  # infinite only where that has a meaning
        except Refused:
            return  # the replay channel says so
        yield Pair(labelled(claimed, "statement"), IN_EXPECTATION, left, parse(sp.oo), part, whole=True)
    yield from (p for p in subject.pairs(part) if p.kind == IN_EXPECTATION)


class _Sides:
    """Sides of a part, each contracted once."""

    def __init__(self, subject: Subject, part: int) -> None:
        claimed = subject.claim.parts[part]
        assert not isinstance(claimed, SameLaw)
        self.setting = claimed.setting
        self.definitions, self.extra = sources(subject.chains(part))
        self.made: dict[Expression, tuple[Contracted, int]] = {}

    def __getitem__(self, side: Expression) -> tuple[Contracted, int]:
        """A side and its degree in the given matrices."""
        if side not in self.made:
            made = contracted(side, self.setting, self.definitions, self.extra)
            self.made[side] = made, degree(made, self.setting)
        return self.made[side]

    def values(self, pair: Pair, at: Numbers) -> tuple[Value, Value, float]:
        """Both sides, and with what probability values that differ would have been equal here."""
        (left, first), (right, second) = self[pair.left], self[pair.right]
        miss = min(1.0, at.degree * (first + second) / _SIDE)
        return _value(left, at), _value(right, at), miss

    def method(self, pair: Pair) -> str:
        """What was summed."""
        roots = {x for s in (pair.left, pair.right) for x in self[s][0].factors}
        names = ", ".join(sorted(x.name for x in roots))
        over = f"chi-square and normal moments over the Bartlett factor of {names}, the rest by pairings"
        return f"exact sum of {over if roots else 'covariances by pairings'}"


def _value(side: Contracted, at: Numbers) -> Value:
    try:
        return value(side, at)
    except Infinite:
        return math.inf


def _drawn(setting: Setting, point: Point, seed: int) -> Numbers | ValueError:
    stream = generator(seed, "integrals", point.label)
    try:
        return numbers(setting, {k: Fraction(v) for k, v in point.values}, point.overlaps, stream)
    except ValueError as why:
        return why


def _check(pair: Pair, point: str, left: Value, right: Value, miss: float, method: str, seed: int) -> Check:
    return Check(
        NAME,
        pair.step,
        point,
        PASSED if left == right else REFUTED,
        lhs=str(left),
        rhs=str(right),
        scale=1.0,
        detectable=0.0,
        miss=miss if left == right else 0.0,
        method=method,
        seed=seed,
        part=pair.part,
        whole=pair.whole,
    )


def _grid(pair: Pair, sides: _Sides, setting: Setting, first: Point, seed: int) -> list[Check]:
    """One check of all points of the grid, or of the first one where the sides differ."""
    drawn: dict[object, Numbers | ValueError] = {}
    seen: list[Mapping[str, int]] = []
    last: tuple[Value, Value, float] = (0.0, 0.0, 0.0)
    method = sides.method(pair)
    for point, sizes in _points(setting, first):
        # Given matrices depend on some of the sizes only, and so does what was made of them.
        exact = {k: Fraction(v) for k, v in point.values}
        key = tuple(rational_number(s, exact) for x in setting.given for s in x.shape), point.overlaps
        if key not in drawn:
            drawn[key] = _drawn(setting, point, seed)
        at = drawn[key]
        if isinstance(at, ValueError):  # too large
            continue
        last = sides.values(pair, at.moved(exact))
        if last[0] != last[1]:
            return [_check(pair, point.label, *last, method, seed)]
        seen.append(sizes)
    if not seen:
        return []
    label = ", ".join(f"{name} = {_runs({sizes[name] for sizes in seen})}" for name in seen[0])
    return [_check(pair, label, *last, f"{method}, at {len(seen)} points", seed)]


def _points(setting: Setting, first: Point) -> Iterator[tuple[Point, dict[str, int]]]:
    """The grid: all numbers of columns, and each number of rows in turn, with the scalars of a point."""
    shapes = [x.shape for b in setting.blocks for x in b.members]
    columns = {s.name for _, c in shapes for s in c.free_symbols}
    rows = {s.name for r, _ in shapes for s in r.free_symbols} - columns
    names = (*sorted(columns), *sorted(rows))
    heights = [
        tuple(m if name == moving else _ROWS for name in sorted(rows))
        for moving in rows or [""]
        for m in (*range(1, _ROWS + 1), *_LARGE)
    ]
    for narrow in product(range(1, _COLUMNS + 1), repeat=len(columns)):
        for tall in dict.fromkeys(heights):
            sizes = dict(zip(names, (*narrow, *tall), strict=True))
            values = {**dict(first.values), **sizes}
            exact = {k: Fraction(v) for k, v in values.items()}
            if all(rational_number(h, exact) > 0 for h in setting.hypotheses) and sizes:
                cosines = _COSINES[: min(sizes.get("d_s", 0), sizes.get("d_w", 0))]
                has_overlap = "overlap" in dict(setting.forms).values()
                yield Point(tuple(values.items()), cosines if has_overlap else ()), sizes


def _runs(values: set[int]) -> str:
    """1, 2, 3, 7 as 1..3, 7."""
    out = []
    for _, run in groupby(enumerate(sorted(values)), lambda pair: pair[1] - pair[0]):
        found = [v for _, v in run]
        out.append(f"{found[0]}..{found[-1]}" if len(found) > 1 else str(found[0]))
    return ", ".join(out)
