"""Expectations reduced, for all sizes at once, to means over Bartlett factors: what words alone can do.

A standard Gaussian X (m x d, m >= d) of which an inverse occurs is X = QTᵀ: the columns of Q are the first of
a uniform orthogonal matrix, T is lower triangular with independent entries (Bartlett), and Q and T are
independent. Then X⁺ = T⁻ᵀQᵀ and (XᵀX)⁻¹ = T⁻ᵀT⁻¹. What is jointly Gaussian with X is its regression on X and
an independent rest. So every word becomes one in matrices that are given, in T and its inverse, in Q, and in
matrices that occur as polynomials; of the last two kinds the moments are sums over pairings of their
occurrences, and only T is left.

Nothing here is a rule of the core, and only the laws of a setting enter: no definition of how to simulate.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import sympy as sp
from sympy import Identity, MatrixSymbol

from derivations.core.laws import Block, Setting
from derivations.core.words import (
    GRAM_INVERSE,
    ONE,
    PINV,
    PLAIN,
    Expression,
    Factor,
    Group,
    MatrixSum,
    Term,
    Word,
    identity,
    matrix,
    substitute,
)
from verify.moments import Pairing, pairings
from verify.symbols import Definitions

GIVEN, COVARIANCE, FACTOR, INVERSE = "given", "covariance", "T", "T⁻¹"
_FRAME, _RANDOM = "Q", "random"
_MOST = 8  # occurrences of one matrix: 105 pairings


class Letter(NamedTuple):
    """One matrix of a word: a given one, a covariance (of `symbol` with `other`), or a part of `symbol`."""

    kind: str
    symbol: MatrixSymbol
    transposed: bool = False
    other: MatrixSymbol | None = None

    @property
    def T(self) -> "Letter":
        """The transpose."""
        if self.other is not None:
            return self._replace(symbol=self.other, other=self.symbol)
        return self._replace(transposed=not self.transposed)

    @property
    def pair(self) -> tuple[MatrixSymbol, MatrixSymbol]:
        """Of what it is the covariance."""
        assert self.other is not None
        return self.symbol, self.other


Letters = tuple[Letter, ...]
Weight = tuple[
    MatrixSymbol, int, int, int
]  # of a frame: its X, how often it occurs, and two pairings by number


class Summand(NamedTuple):
    """coefficient * weights * the mean over the Bartlett factors of a product of traces."""

    coefficient: sp.Expr
    weights: tuple[Weight, ...]
    traces: tuple[Letters, ...]


@dataclass(frozen=True)
class Mean:
    """One expectation, over the Bartlett factors of some X.

    `vanishing` says of each X how often T⁻¹ occurs in what was left out, which is zero only if it exists.
    """

    summands: tuple[Summand, ...]
    factors: tuple[MatrixSymbol, ...]
    vanishing: tuple[int, ...]


@dataclass(frozen=True)
class Contracted:
    """A side of an equation: coefficient * traces of given matrices * means, and the covariances in use.

    `orthogonal` are given matrices that have to be, for the side to have this form.
    """

    terms: tuple[tuple[sp.Expr, tuple[Letters, ...], tuple[Mean, ...]], ...]
    covariances: Mapping[tuple[MatrixSymbol, MatrixSymbol], MatrixSum]
    orthogonal: frozenset[MatrixSymbol]

    @property
    def factors(self) -> frozenset[MatrixSymbol]:
        """The matrices whose Bartlett factors are left."""
        return frozenset(x for _, _, means in self.terms for mean in means for x in mean.factors)

    @property
    def given(self) -> frozenset[MatrixSymbol]:
        """The given matrices that are left."""
        traces = [t for _, outside, _ in self.terms for t in outside]
        traces += [t for _, _, means in self.terms for mean in means for s in mean.summands for t in s.traces]
        inside = frozenset(x.symbol for word in traces for x in word if x.kind == GIVEN)
        return inside.union(*(total.symbols for total in self.covariances.values()))


def contracted(
    side: Expression, setting: Setting, definitions: Definitions = (), extra: Sequence[Block] = ()
) -> Contracted:
    """Integrate all but the Bartlett factors. Raises ValueError, one sentence, for what is not served."""
    laws = _Laws(setting, definitions, extra)
    means: dict[Group, Mean] = {}
    terms = []
    for t in side.terms:
        for group in t.groups:
            if group not in means:
                means[group] = laws.mean(group)
        outside = tuple(laws.letters(word) for word in t.traces)
        if any(letter.kind != GIVEN for word in outside for letter in word):
            raise ValueError("something random stands outside every expectation")
        terms.append((t.coefficient, outside, tuple(means[group] for group in t.groups)))
    return Contracted(tuple(terms), laws.covariances, frozenset(laws.orthogonal))


class _Laws:
    """What is random, and how."""

    def __init__(self, setting: Setting, definitions: Definitions, extra: Sequence[Block]) -> None:
        self.given = frozenset(setting.given)
        self.blocks: dict[MatrixSymbol, Block] = {x: b for b in setting.blocks for x in b.members}
        self.values: dict[MatrixSymbol, MatrixSum] = {}
        for x, value in (*definitions, *setting.definitions, *setting.origins):
            if x not in self.blocks and x not in self.given:
                self.values.setdefault(x, value)
        for b in extra:
            for x in b.members:
                if x not in self.values and x not in self.given:
                    self.blocks.setdefault(x, b)
        self.covariances: dict[tuple[MatrixSymbol, MatrixSymbol], MatrixSum] = {}
        self.orthogonal: set[MatrixSymbol] = set()

    def mean(self, group: Group) -> Mean:
        """E of a product of traces."""
        start = Expression((Term(ONE, (), (group,)),))
        if any(f.op != PLAIN and f.symbol in self.values for f in start.factors()):
            start = substitute(start, self._turned)
        roots = tuple(dict.fromkeys(f.symbol for f in start.factors() if f.op != PLAIN))
        for x in roots:
            self._require_standard(x, roots)
        found: dict[tuple[tuple[Weight, ...], tuple[Letters, ...]], sp.Expr] = {}
        vanishing = dict.fromkeys(roots, 0)
        for t in substitute(start, self._image(roots)).terms:
            words = tuple(cancelled(self.letters(w, roots)) for w in t.words())
            kept = [Summand(t.coefficient, (), words)]
            for block in dict.fromkeys(self.blocks.values()):
                kept = [s for old in kept for s in self._wick(old, block)]
            for x in roots:
                kept = [s for old in kept for s in _haar(old, x)]
            for x in roots if not kept else ():
                count = sum(y.kind == INVERSE and y.symbol == x for word in words for y in word)
                vanishing[x] = max(vanishing[x], count)
            for s in kept:
                key = s.weights, tuple(sorted(map(_canonical, s.traces), key=_order))
                found[key] = found.get(key, sp.Integer(0)) + s.coefficient
        summands = tuple(Summand(c, *key) for key, c in found.items() if c != 0)
        return Mean(summands, roots, tuple(vanishing.values()))

    def _turned(self, f: Factor) -> MatrixSum | None:
        """An inverse of XQ, Q orthogonal, through that of X: Qᵀ(XᵀX)⁻¹Q, or QᵀX⁺."""
        terms = self.values[f.symbol].terms if f.op != PLAIN and f.symbol in self.values else ()
        if len(terms) != 1 or terms[0][0] != 1 or len(terms[0][1]) != 2:
            return None
        x, q = terms[0][1]
        if x != Factor(x.symbol) or q.symbol not in self.given:
            return None
        self.orthogonal.add(q.symbol)
        inverse = x._replace(op=f.op)
        made = matrix((q.T, inverse, q) if f.op == GRAM_INVERSE else (q.T, inverse))
        return made.T if f.transposed else made

    def _require_standard(self, x: MatrixSymbol, inverses: Iterable[MatrixSymbol]) -> None:
        block = self.blocks.get(x)
        if block is None or not block.gaussian or block.between(x, x) != matrix(identity(x.shape[1])):
            raise ValueError(f"the inverse of {x} is integrated only where {x} is a standard Gaussian matrix")
        if any(y != x and y in block.members and block.between(x, y).terms for y in inverses):
            raise ValueError(f"{x} has inverses together with those of a matrix that it is correlated with")

    def _image(self, roots: tuple[MatrixSymbol, ...]) -> Callable[[Factor], MatrixSum | None]:
        """Plain factors in terms of the roots and of what is independent of them."""

        def value(x: MatrixSymbol) -> MatrixSum:
            if x in self.values:
                total = MatrixSum((), x.shape)
                for c, word in self.values[x].terms:
                    made = matrix(identity(x.shape[0]))
                    for f in word:
                        part = image(f)
                        made = made * (matrix((f,)) if part is None else part)
                    total += made.times(c)
                return total
            if x not in self.blocks or x in roots:
                return matrix(x)
            block = self.blocks[x]
            said = tuple(r for r in roots if r in block.members)
            if not said:
                return matrix(x)
            total = matrix(self._rest(x, said))
            for root in said:
                total += matrix(root) * block.between(root, x)
            return total

        def image(f: Factor) -> MatrixSum | None:
            if f.op != PLAIN or isinstance(f.symbol, Identity):
                return None
            return value(f.symbol).T if f.transposed else value(f.symbol)

        return image

    def _rest(self, x: MatrixSymbol, roots: tuple[MatrixSymbol, ...]) -> MatrixSymbol:
        """What the regression of x on the roots leaves: a symbol in a block of such rests."""
        block = self.blocks[x]
        members = {y: MatrixSymbol(f"{y} given {roots}", *y.shape) for y in block.members if y not in roots}
        if members[x] not in self.blocks:
            covariance = []
            for y in members:
                row = []
                for w in members:
                    left = block.between(y, w)
                    for r in roots:
                        left += (block.between(y, r) * block.between(r, w)).times(-ONE)
                    row.append(left)
                covariance.append(tuple(row))
            rests = Block(tuple(members.values()), tuple(covariance), True)
            self.blocks |= dict.fromkeys(rests.members, rests)
        return members[x]

    def letters(self, word: Word, roots: Iterable[MatrixSymbol] = ()) -> Letters:
        """A word in letters."""
        out: list[Letter] = []
        for f in word:
            x = f.symbol
            if isinstance(x, Identity):
                continue
            if f.op != PLAIN and x not in roots:
                raise ValueError(f"the inverse of {x} stands where it is not integrated")
            if f.op == GRAM_INVERSE:
                made: Letters = (Letter(INVERSE, x, True), Letter(INVERSE, x))
            elif f.op == PINV:
                made = (Letter(INVERSE, x, True), Letter(_FRAME, x, True))
            elif x in roots:
                made = (Letter(_FRAME, x), Letter(FACTOR, x, True))
            elif x in self.given or x in self.blocks:
                made = (Letter(GIVEN if x in self.given else _RANDOM, x),)
            else:
                raise ValueError(f"{x} has no law, no definition and is not given")
            out += transposed(made) if f.transposed and f.op != GRAM_INVERSE else made
        return tuple(out)

    def _wick(self, s: Summand, block: Block) -> Iterable[Summand]:
        """The mean over a block that occurs as a polynomial."""
        found = [x for word in s.traces for x in word if x.kind == _RANDOM and x.symbol in block.members]
        if len(found) > 2 and not block.gaussian:
            raise ValueError(f"only mean and covariance of {found[0].symbol} are known")
        for pairing in _few(len(found), found):
            coefficient, traces = _rejoined(
                s.traces,
                lambda x: x in found,
                pairing,
                pairing,
                lambda i, j: self._between(found[i], found[j]),
            )
            yield Summand(s.coefficient * coefficient, s.weights, traces)

    def _between(self, x: Letter, y: Letter) -> Letters:
        for a, b in ((x.symbol, y.symbol), (y.symbol, x.symbol)):
            self.covariances[a, b] = self.blocks[a].between(a, b)
        return (Letter(COVARIANCE, x.symbol, other=y.symbol),)


def _haar(s: Summand, x: MatrixSymbol) -> Iterable[Summand]:
    """The mean over the frame of X: rows and columns are paired each in their own way."""
    found = [y for word in s.traces for y in word if y.kind == _FRAME and y.symbol == x]
    every = _few(len(found), found)
    for i, rows in enumerate(every):
        for j, columns in enumerate(every):
            c, traces = _rejoined(s.traces, lambda y: y in found, rows, columns, lambda *_: ())
            weights = (*s.weights, (x, len(found), i, j)) if found else s.weights
            yield Summand(s.coefficient * c, weights, tuple(map(cancelled, traces)))


def _few(count: int, found: Sequence[Letter]) -> tuple[Pairing, ...]:
    if count > _MOST:
        raise ValueError(f"{found[0].symbol} occurs {count} times, more than {_MOST}")
    return pairings(count)


def transposed(word: Letters) -> Letters:
    """The transpose of a word."""
    return tuple(x.T for x in reversed(word))


_ROW, _COLUMN = 0, 1
_Port = tuple[int, int]  # the number of an occurrence, and its row or its column index


def _rejoined(
    traces: tuple[Letters, ...],
    chosen: Callable[[Letter], bool],
    rows: Pairing,
    columns: Pairing,
    link: Callable[[int, int], Letters],
) -> tuple[sp.Expr, tuple[Letters, ...]]:
    """Traces with the chosen letters taken out and the loose ends joined: a factor, and the new traces.

    In each pair of `rows` the row indices of the two letters are set equal; in each pair of `columns` the
    column indices meet a matrix, `link`. A closed curve with nothing on it counts the size of its index.
    """
    segments: dict[_Port, tuple[_Port, Letters]] = {}  # from an end along what stands between, to another
    sizes: list[tuple[sp.Expr, sp.Expr]] = []
    new = []
    for word in traces:
        places = [i for i, x in enumerate(word) if chosen(x)]
        if not places:
            new.append(word)
        first = len(sizes)
        sizes += [word[i].symbol.shape for i in places]
        for k, (i, j) in enumerate(pairwise((*places, *(i + len(word) for i in places[:1])))):
            here, there = first + k, first + (k + 1) % len(places)
            between = (*word, *word)[i + 1 : j]
            start = here, _ROW if word[i].transposed else _COLUMN
            end = there, _COLUMN if word[j % len(word)].transposed else _ROW
            segments[start], segments[end] = (end, between), (start, transposed(between))
    joins: dict[_Port, tuple[_Port, Letters]] = {}
    for index, pairing in ((_ROW, rows), (_COLUMN, columns)):
        for pair in pairing:
            for a, b in (pair, pair[::-1]):
                joins[a, index] = ((b, index), link(a, b) if index == _COLUMN else ())
    factor = ONE
    while joins:
        start = at = next(iter(joins))
        curve: Letters = ()
        while at in joins:
            across, bridge = joins.pop(at)
            del joins[across]
            at, between = segments[across]
            curve += bridge + between
        if curve:
            new.append(curve)
        else:
            factor *= sizes[start[0]][start[1]]
    return factor, tuple(new)


def cancelled(word: Letters) -> Letters:
    """The word of a trace without QᵀQ = I and without T beside its inverse; never all of it is taken away."""
    for i in range(len(word)):
        turned = word[i:] + word[:i]
        if len(word) > 2 and _inverse(*turned[:2]):
            return cancelled(turned[2:])
    return word


def _inverse(x: Letter, y: Letter) -> bool:
    if x.symbol != y.symbol:
        return False
    if x.kind == y.kind == _FRAME:
        return x.transposed and not y.transposed
    return {x.kind, y.kind} == {FACTOR, INVERSE} and x.transposed == y.transposed


def _canonical(word: Letters) -> Letters:
    """The least of the words with the same trace."""
    ways = (way[i:] + way[:i] for way in (word, transposed(word)) for i in range(len(word)))
    return min(ways, key=_order)


def _order(word: Letters) -> list[tuple[str, str, bool, str]]:
    return [(x.kind, x.symbol.name, x.transposed, x.other.name if x.other else "") for x in word]
