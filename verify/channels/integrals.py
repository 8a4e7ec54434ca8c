"""Expectations worked out exactly, for the exact channel: statements, and steps that hold in expectation.

At the smallest points of a claim, and for its statement at a grid of others: up to three columns, every
number of rows from the boundary of the hypotheses to twelve, and a few large ones.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import cycle, groupby, product

import numpy as np
import sympy as sp

from derivations.claims import Equal, Limit, Part
from derivations.core.derivation import stated
from derivations.core.language import E, parse
from derivations.core.laws import Block, Setting
from derivations.core.rules import IN_EXPECTATION
from derivations.core.words import Expression, Refused
from derivations.points import Point
from verify.certificate import NOT_APPLICABLE, PASSED, REFUTED, Check
from verify.channels import Pair, Subject, inapplicable, labelled, smallest, sources
from verify.channels.comparisons import RATE_METHOD, approaches, growing
from verify.contraction import Contracted, contracted
from verify.integration import Numbers, TooLarge, degree, evaluate, numbers, rationals, value
from verify.moments import Infinite
from verify.streams import generator
from verify.symbols import Definitions

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
    assert isinstance(claimed, Equal | Limit)
    places = smallest(subject.claim.points, claimed)
    sides = Sides(claimed.setting, *sources(subject.chains(part)), seed)
    found: list[Check] = []
    for pair in _pairs(subject, part):
        own: list[Check] = []
        for point in places:
            if len(own) < points:
                try:
                    own.append(sides.check(pair, point.label, *sides.compare(pair, point)))
                except TooLarge:
                    continue
                except ValueError as why:  # no such point, or a word that is not served
                    own.append(inapplicable(NAME, pair, point, why))
        if pair.whole and places and all(c.verdict != NOT_APPLICABLE for c in own):
            own += _gridded(pair, sides, places)
        found += own
    if isinstance(claimed, Limit):
        found += [_rate(subject, part, sides, point) for point in subject.claim.points]
    return found


def _rate(subject: Subject, part: int, sides: "Sides", point: Point) -> Check:
    """The order at which a limit is approached at a point: nothing else says that it is the right one."""
    claimed = subject.claim.parts[part]
    assert isinstance(claimed, Limit)
    goal, pair = parse(claimed.right), approach(claimed, part)
    try:
        found = approaching(claimed, pair, sides, point)
        ends = [one_value(sides[goal][0], at) for at, _ in found]
    except ValueError as why:  # no such point, or too many columns to be integrated
        return inapplicable(NAME, pair, point, why)
    good = approaches(
        [Fraction(x) - Fraction(end) for (_, x), end in zip(found, ends, strict=True)], claimed.order
    )
    return Check(
        NAME,
        pair.step,
        point.label,
        PASSED if good else REFUTED,
        lhs=_shown(found[-1][1]),
        rhs=_shown(ends[-1]),
        scale=1.0,
        method=f"exact sums: {RATE_METHOD}",
        seed=sides.seed,
        part=part,
        whole=True,
    )


def approach(claimed: Limit, part: int) -> Pair:
    """What approaches a limit, and the limit."""
    step = labelled(claimed, f"order of the error as {claimed.variable} doubles")
    return Pair(step, IN_EXPECTATION, parse(claimed.left), parse(claimed.right), part, whole=True)


def approaching(claimed: Limit, pair: Pair, sides: "Sides", point: Point) -> list[tuple[Numbers, Fraction]]:
    """What approaches a limit at sizes that double, and the numbers there. ValueError if it is infinite."""
    sizes = growing(max(int(v) for name, v in point.values if name.startswith("d")))
    numbers_at = sides.shared(pair)
    found = [numbers_at(point.but({claimed.variable.name: size})) for size in sizes]
    values = [one_value(sides[pair.left][0], at) for at in found]
    if math.inf in values:
        raise ValueError("what approaches the limit is infinite here")
    return list(zip(found, (Fraction(x) for x in values), strict=True))


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


class Sides:
    """The sides of pairs in a setting, each contracted once and worked out once at a point."""

    def __init__(self, setting: Setting, definitions: Definitions, extra: Sequence[Block], seed: int) -> None:
        self.setting, self.definitions, self.extra, self.seed = setting, definitions, extra, seed
        self.made: dict[Expression, tuple[Contracted, int]] = {}
        self.known: dict[tuple[Expression, str], Value] = {}

    def __getitem__(self, side: Expression) -> tuple[Contracted, int]:
        """A side and its degree in the given matrices."""
        if side not in self.made:
            made = contracted(side, self.setting, self.definitions, self.extra)
            self.made[side] = made, degree(made, self.setting)
        return self.made[side]

    def numbers(self, pair: Pair, point: Point) -> Numbers:
        """The numbers of a point; a given matrix is the same for all pairs. ValueError outside the domain."""
        needed = self[pair.left][0].given | self[pair.right][0].given

        def stream(name: str) -> np.random.Generator:
            return generator(self.seed, "integrals", point.label, name)

        at = numbers(self.setting, rationals(dict(point.values)), point.overlaps, needed, stream)
        for h in self.setting.hypotheses:
            if at.number(h) <= 0:
                raise ValueError(f"the hypothesis {h} > 0 fails at this point")
        return at

    def shared(self, pair: Pair) -> Callable[[Point], Numbers]:
        """`numbers` for many points: given matrices depend on few of the sizes, and are drawn once."""
        drawn: dict[object, Numbers] = {}

        def at(point: Point) -> Numbers:
            exact = rationals(dict(point.values))
            key = *(str(evaluate(s, exact)) for x in self.setting.given for s in x.shape), point.overlaps
            if key not in drawn:
                drawn[key] = self.numbers(pair, point)
            return drawn[key].moved(exact)

        return at

    def compare(self, pair: Pair, point: Point, at: Numbers | None = None) -> tuple[Value, Value, float]:
        """Both sides, and with what probability values that differ would have been equal here."""
        at = self.numbers(pair, point) if at is None else at
        for side in (pair.left, pair.right):
            if (side, point.label) not in self.known:
                self.known[side, point.label] = one_value(self[side][0], at)
        left, right = (self.known[side, point.label] for side in (pair.left, pair.right))
        if left == right == math.inf and not self.setting.extended:
            raise ValueError("neither side is known to exist at this point")
        return left, right, min(1.0, at.degree * (self[pair.left][1] + self[pair.right][1]) / _SIDE)

    def check(self, pair: Pair, where: str, left: Value, right: Value, miss: float, count: int = 1) -> Check:
        """What a comparison, or the last of several, says."""
        names = {x.name for s in (pair.left, pair.right) for x in self[s][0].factors}
        over = f"moments of the Bartlett factor of {' and '.join(sorted(names))}" if names else "covariances"
        return Check(
            NAME,
            pair.step,
            where,
            PASSED if left == right else REFUTED,
            lhs=_shown(left),
            rhs=_shown(right),
            scale=1.0,
            detectable=0.0,
            miss=miss if left == right else 0.0,
            method=f"exact sum of products of {over}" + (f", at {count} points" if count > 1 else ""),
            seed=self.seed,
            part=pair.part,
            whole=pair.whole,
        )


def _shown(x: Value) -> str:
    return "oo" if x == math.inf else str(x)


def one_value(side: Contracted, at: Numbers) -> Value:
    """The value of a side; inf where it is infinite."""
    try:
        return value(side, at)
    except Infinite:
        return math.inf


def _gridded(pair: Pair, sides: Sides, points: Sequence[Point]) -> list[Check]:
    """One check of all points, or of the first where the sides differ; and the first without a value."""
    numbers_at = sides.shared(pair)
    seen: list[Mapping[str, int]] = []
    last: tuple[Value, Value, float] = 0.0, 0.0, 0.0
    amiss: list[Check] = []
    for point, sizes in grid(sides.setting, points):
        try:
            last = sides.compare(pair, point, numbers_at(point))
        except TooLarge:
            continue
        except ValueError as why:  # the first such point stands for all
            amiss = amiss or [inapplicable(NAME, pair, point, why)]
            continue
        if last[0] != last[1]:
            return [sides.check(pair, point.label, *last), *amiss]
        seen.append(sizes)
    if not seen:
        return amiss
    where = ", ".join(f"{name} = {_runs({sizes[name] for sizes in seen})}" for name in seen[0])
    return [sides.check(pair, where, *last, count=len(seen)), *amiss]


def grid(setting: Setting, points: Sequence[Point]) -> Iterator[tuple[Point, dict[str, int]]]:
    """The grid: all numbers of columns, each number of rows in turn, and the scalars of each point in turn.

    With the scalars of a single point, a scalar that is one there could be left out of a form.
    """
    shapes = [x.shape for b in setting.blocks for x in b.members]
    overlaps = [x.shape for x, form in setting.forms if form == "overlap"]
    columns = sorted({s.name for _, c in shapes for s in c.free_symbols})
    rows = sorted({s.name for r, _ in shapes for s in r.free_symbols} - {*columns})
    names = (*columns, *rows)
    known = {*names, *dict(points[0].values)}
    scalars = cycle(list(dict.fromkeys(p.values for p in points)))
    hypotheses = [h for h in setting.hypotheses if {s.name for s in h.free_symbols} <= known]
    heights = [
        tuple(m if name == moving else _ROWS for name in rows)
        for moving in rows or [""]
        for m in (*range(1, _ROWS + 1), *_LARGE)
    ]
    for narrow in product(range(1, _COLUMNS + 1), repeat=len(columns)):
        for tall in dict.fromkeys(heights):
            sizes = dict(zip(names, (*narrow, *tall), strict=True))
            values = {**dict(next(scalars)), **sizes}
            exact = rationals(values)
            if sizes and all(evaluate(h, exact) > 0 for h in hypotheses):
                room = min((int(evaluate(s, exact).p) for shape in overlaps for s in shape), default=0)
                yield Point(tuple(values.items()), _COSINES[:room]), sizes


def _runs(values: set[int]) -> str:
    """1, 2, 3, 7 as 1..3, 7."""
    out = []
    for _, run in groupby(enumerate(sorted(values)), lambda pair: pair[1] - pair[0]):
        found = [v for _, v in run]
        out.append(f"{found[0]}..{found[-1]}" if len(found) > 1 else str(found[0]))
    return ", ".join(out)
