"""Expressions lowered to a flat tape: numbers only, so that one compiled machine runs every claim.

All sides of a derivation go onto one tape, so they share their random numbers and whatever they have in
common is computed once. A draw of the tape is one realisation of everything random; the value of a side is
the sum of its terms at that draw, and its scale the sum of their absolute values.

Expectations. A product of expectations is estimated by a product of independent draws: every base draw exists
in as many *replicas* as a term has expectations, and expectation number r of a term uses replica r. Traces
outside any expectation use replica 0 (in a term that has random ones, expectations start at replica 1).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
import sympy as sp
from sympy import Identity, MatrixSymbol

from derivations.core.laws import Block, Setting
from derivations.core.words import PINV, PLAIN, Expression, Word
from verify import kernels
from verify.environment import Environment
from verify.graph import CONSTANT, DRAW, Graph, Node, Ref
from verify.kernels import Floats, Ints, Program
from verify.symbols import Definitions, Symbols

_Array = TypeVar("_Array", Ints, Floats)
Output = list[tuple[int, float]]  # a side as (result, coefficient)s

_LANES = (64, 32, 16, 8, 4, 2, 1)
_CACHE = 1 << 17  # doubles: a workspace of at most 1 MB stays in a second-level cache
_FEWEST = 32  # lanes, for loops worth vectorising; fewer only where memory demands it
MEMORY = 1 << 22  # doubles drawn at a time, at most, unless a single draw is larger than that


class Draw(NamedTuple):
    """A base draw: where its entries are among the numbers of one draw, and their law.

    `kind` is "normal", "sign", "uniform", "chisquare" or "bartlett"; the last two have degrees of freedom.
    """

    symbol: MatrixSymbol
    replica: int
    kind: str
    degrees: int
    shape: tuple[int, int]
    offset: int


@dataclass(frozen=True, eq=False)
class Tape:
    """A program of matrix operations. Build with `lower`; run with `verify.machine`.

    `draws` say what the `drawn` numbers of one draw are. `copies` are the copies really averaged, `replicas`
    the independent draws of everything; random[s] says whether any draw enters side s. `source` is what it
    was made from.
    """

    label: str
    program: Program
    draws: tuple[Draw, ...]
    drawn: int
    copies: int
    replicas: int
    random: tuple[bool, ...]
    source: "tuple[_Lowering, Sequence[Output]]"

    def narrowed(self, sides: Sequence[int]) -> "Tape":
        """The tape of some of the sides: what only the others need is neither drawn nor computed."""
        lowering, outputs = self.source
        return _flatten(lowering, [outputs[i] for i in sides])

    @property
    def sides(self) -> int:
        """The number of sides."""
        return len(self.program.starts) - 1

    def same(self, i: int, j: int) -> bool:
        """Whether two sides are the same computation: the same results with the same coefficients."""
        return self._side(i) == self._side(j)

    def deterministic(self, i: int) -> bool:
        """Whether no draw enters a side."""
        return not self.random[i]

    @cached_property
    def lanes(self) -> int:
        """Draws worked on at once: a function of the tape alone, as the order of the draws depends on it."""
        possible = [k for k in _LANES if k * self.drawn <= MEMORY] or [1]
        quick = [k for k in possible if k >= _FEWEST and k * self.program.slots <= _CACHE]
        return max(quick, default=min(_FEWEST, possible[0]))

    def _side(self, i: int) -> tuple[tuple[int, float], ...]:
        results, coefficients = self.program.terms, self.program.coefficients
        part = slice(self.program.starts[i], self.program.starts[i + 1])
        return tuple(zip(results[part].tolist(), coefficients[part].tolist(), strict=True))


def lower(
    sides: Sequence[Expression],
    setting: Setting,
    definitions: Definitions,
    environment: Environment,
    copies: int = 1,
    extra_blocks: Sequence[Block] = (),
) -> Tape:
    """The tape of several expressions at a point.

    Only what `setting` draws is drawn: its base draws are sampled and its members computed from them by its
    samplers. Any other symbol is computed by the first of `definitions`, the setting's own definitions and
    its origins that names it; only a symbol without one is looked for in `extra_blocks` (laws cited by a
    step).

    With `copies` > 1 the length-one axis of blocks that name one is replaced by `copies`, and each trace in
    which such a block occurs is averaged over them, which is unbiased if within each expectation it occurs
    either not at all or exactly twice in one trace, joined along that axis; otherwise one copy is used.

    Raises ValueError, with one sentence, for symbols that nothing draws, gives or defines, circular
    definitions, unknown kinds of draws, shapes that do not fit and coefficients that are not finite.
    """
    symbols = Symbols(setting, definitions, tuple(extra_blocks))
    if copies < 1:
        raise ValueError(f"copies must be at least 1, not {copies}")
    if not all(symbols.copies_average(side) for side in sides):
        copies = 1
    lowering = _Lowering(symbols, environment, copies)
    outputs = [lowering.side(expression) for expression in sides]
    return _flatten(lowering, outputs)


class _Lowering:
    """Symbols, words and expressions as nodes of one graph."""

    def __init__(self, symbols: Symbols, environment: Environment, copies: int) -> None:
        self.graph, self.symbols, self.environment, self.copies = Graph(), symbols, environment, copies
        self.draws: dict[int, Draw] = {}
        self.replicas = 1
        self._resolved: dict[tuple[MatrixSymbol, int], tuple[sp.Expr, Ref]] = {}

    def side(self, expression: Expression) -> Output:
        """(result, coefficient) of the terms, like ones combined, in the order of the results."""
        total: dict[int, sp.Expr] = {}
        for term in expression.terms:
            outside = [self._trace(word, 0) for word in term.traces]
            first = int(any(not self.graph.nodes[node].fixed for _, node in outside))
            inside = [self._trace(word, r) for r, group in enumerate(term.groups, first) for word in group]
            self.replicas = max(self.replicas, first + len(term.groups))
            coefficient = sp.Mul(term.coefficient, *(c for c, _ in outside + inside))
            node = self.graph.times([node for _, node in outside + inside])
            total[node] = total.get(node, sp.Integer(0)) + coefficient
        numbers = ((node, self.environment.number(total[node])) for node in sorted(total))
        return [(node, number) for node, number in numbers if number != 0]

    def _trace(self, word: Word, replica: int) -> tuple[sp.Expr, int]:
        coefficient, refs = self._word(word, replica)
        pairs = sum(self.symbols.copied(f.symbol) is not None for f in word) // 2
        return coefficient / sp.Integer(self.copies) ** pairs, self.graph.trace(refs)

    def _word(self, word: Word, replica: int) -> tuple[sp.Expr, tuple[Ref, ...]]:
        coefficient, refs = sp.Integer(1), []
        for f in word:
            weight, ref = self._resolve(f.symbol, replica)
            if f.op == PLAIN:
                coefficient *= weight
            else:
                ref = self.graph.combine([(self.environment.number(weight), ref)])
                ref = self.graph.pseudo_inverse(ref) if f.op == PINV else self.graph.gram_inverse(ref)
            refs.append(self.graph.flip(ref) if f.transposed else ref)
        return coefficient, tuple(refs)

    def _resolve(self, symbol: MatrixSymbol | Identity, replica: int) -> tuple[sp.Expr, Ref]:
        """What to read for a symbol, times which scalar."""
        key = symbol, replica
        if key not in self._resolved:
            self._resolved[key] = self._computed(symbol, replica)
        return self._resolved[key]

    def _computed(self, symbol: MatrixSymbol | Identity, replica: int) -> tuple[sp.Expr, Ref]:
        one = sp.Integer(1)
        if isinstance(symbol, Identity):
            size = self.environment.size(symbol.shape[0])
            return one, self.graph.constant(("identity", size), np.eye(size))
        if symbol in self.symbols.given:
            return one, self.graph.constant(symbol, self.environment.matrices[symbol])
        self.symbols.leaves(symbol)  # refuses what comes from nowhere
        if symbol in self.symbols.kinds:
            return one, self._draw(symbol, replica)
        value = self.symbols.values[symbol]
        parts = [(c, *self._word(word, replica)) for c, word in value.terms]
        if len(parts) == 1:
            ((c, weight, refs),) = parts
            return c * weight, self.graph.product(refs)
        if not parts:
            rows, columns = map(self.environment.size, value.shape)
            return one, self.graph.zeros((rows, columns))
        total = [(self.environment.number(c * weight), self.graph.product(refs)) for c, weight, refs in parts]
        return one, self.graph.combine(total)

    def _draw(self, symbol: MatrixSymbol, replica: int) -> Ref:
        shape = list(self.environment.shape(symbol))
        if (axis := self.symbols.copied(symbol)) is not None:
            if shape[axis] != 1:
                raise ValueError(
                    f"{symbol} has copies along axis {axis}, whose length is {shape[axis]} and not 1"
                )
            shape[axis] = self.copies
        rows, columns = shape
        kind, degrees = _law(symbol, self.symbols.kinds[symbol], self.environment)
        if kind == "bartlett" and (rows != columns or degrees < rows):
            raise ValueError(
                f"{symbol} is no Bartlett factor: shape {(rows, columns)}, {degrees} degrees of freedom"
            )
        ref = self.graph.draw((symbol, replica), (rows, columns))
        self.draws[ref[0]] = Draw(symbol, replica, kind, degrees, (rows, columns), 0)
        return ref


def _law(symbol: MatrixSymbol, kind: str, environment: Environment) -> tuple[str, int]:
    """The kind of a base draw and its degrees of freedom: "bartlett:m" and "chisquare:m-d+1" name sizes."""
    name, _, text = (environment.noise if kind == "noise" else kind).partition(":")
    if name in ("normal", "sign", "uniform") and not text:
        return name, 0
    parts = re.findall(r"([+-]?)(\w+)", text)
    if name not in ("bartlett", "chisquare") or "".join(a + b for a, b in parts) != text or not text:
        raise ValueError(f"{symbol} has the unknown kind of draw {kind!r}")
    signed = (sp.Integer(f"{sign}1") * (sp.Integer(x) if x.isdigit() else sp.Symbol(x)) for sign, x in parts)
    return name, environment.size(sp.Add(*signed))


def _flatten(lowering: _Lowering, outputs: Sequence[Output]) -> Tape:
    """Nodes in order, slots for them, rows of numbers."""
    nodes, constants = lowering.graph.nodes, lowering.graph.constants
    every = sorted(_needed(nodes, outputs))
    given = [i for i in every if nodes[i].op == CONSTANT]
    drawn = sorted(
        (i for i in every if nodes[i].op == DRAW), key=lambda i: lowering.draws[i].kind != "normal"
    )
    steps = sorted((i for i in every if nodes[i].op >= 0), key=lambda i: not nodes[i].fixed)
    order = [*given, *drawn, *steps]
    number = {node: k for k, node in enumerate(order)}
    kept = {node for side in outputs for node, _ in side} | {i for i in every if nodes[i].fixed}
    offset, scratch = _allocate(order, nodes, kept)
    first = sum(constants[i].size for i in given)
    rows = [_row(i, nodes, offset, number) for i in steps]
    flat = [pair for side in outputs for pair in side]
    program = Program(
        operations=_frozen(np.array(rows, np.int64).reshape(-1, kernels.COLUMNS)),
        weights=_frozen(np.array([(*nodes[i].weights, 0.0, 0.0)[:2] for i in steps]).reshape(-1, 2)),
        fixed=sum(nodes[i].fixed for i in steps),
        constants=_frozen(np.concatenate([np.empty(0), *(constants[i].ravel() for i in given)])),
        slots=scratch + max((_scratch(nodes[i]) for i in steps), default=0),
        scratch=scratch,
        starts=_frozen(np.cumsum([0, *map(len, outputs)], dtype=np.int64)),
        places=_frozen(np.array([offset[node] for node, _ in flat], np.int64)),
        coefficients=_frozen(np.array([c for _, c in flat], np.float64)),
        terms=_frozen(np.array([number[node] for node, _ in flat], np.int64)),
        extents=_frozen(np.array([(offset[i], _length(nodes[i])) for i in order], np.int64).reshape(-1, 2)),
        given=len(given),
        leaves=len(given) + len(drawn),
    )
    return Tape(
        label=lowering.environment.label,
        program=program,
        draws=tuple(lowering.draws[i]._replace(offset=offset[i] - first) for i in drawn),
        drawn=sum(_length(nodes[i]) for i in drawn),
        copies=lowering.copies,
        replicas=lowering.replicas,
        random=tuple(any(not nodes[node].fixed for node, _ in side) for side in outputs),
        source=(lowering, outputs),
    )


def _needed(nodes: Sequence[Node], outputs: Sequence[Output]) -> set[int]:
    """The nodes that outputs are made from; operands come before what is made of them."""
    needed = {node for side in outputs for node, _ in side}
    for i in range(len(nodes) - 1, -1, -1):
        if i in needed:
            needed |= {operand for operand, _ in nodes[i].operands}
    return needed


def _allocate(order: Sequence[int], nodes: Sequence[Node], kept: set[int]) -> tuple[Mapping[int, int], int]:
    """First slots, and the first slot after them; the slots of a result are reused after its last use."""
    uses = Counter(operand for i in order for operand, _ in nodes[i].operands)
    free: dict[int, list[int]] = {}
    offset: dict[int, int] = {}
    end = 0
    for i in order:
        length = _length(nodes[i])
        if nodes[i].op >= 0 and free.get(length):
            offset[i] = free[length].pop()
        else:
            offset[i], end = end, end + length
        for operand, _ in nodes[i].operands:
            uses[operand] -= 1
            if uses[operand] == 0 and operand not in kept:
                free.setdefault(_length(nodes[operand]), []).append(offset[operand])
    return offset, end


def _row(
    i: int, nodes: Sequence[Node], offset: Mapping[int, int], number: Mapping[int, int]
) -> tuple[int, ...]:
    """An operation as numbers: see `verify.kernels`."""
    node = nodes[i]
    (a, a_flip), (b, b_flip) = (*node.operands, node.operands[0])[:2]
    a_strides, b_strides = _strides(nodes[a], a_flip), _strides(nodes[b], b_flip)
    rows, columns = _read(nodes[a], a_flip)
    inner = columns
    if node.op == kernels.MULTIPLY:
        columns = _read(nodes[b], b_flip)[1]
    return (
        node.op,
        offset[i],
        offset[a],
        offset[b],
        rows,
        inner,
        columns,
        *a_strides,
        *b_strides,
        number[i],
        number[a],
        number[b],
    )


def _read(node: Node, flipped: bool) -> tuple[int, int]:
    return node.shape[::-1] if flipped else node.shape


def _strides(node: Node, flipped: bool) -> tuple[int, int]:
    """Slots from one row to the next and from one column to the next."""
    return (1, node.shape[1]) if flipped else (node.shape[1], 1)


def _scratch(node: Node) -> int:
    """Slots of scratch that an operation needs: see `verify.kernels`."""
    if node.op == kernels.GRAM_INVERSE:
        return 2 * node.shape[0] ** 2 + 1
    if node.op == kernels.PSEUDO_INVERSE:
        rows, columns = node.shape
        return rows * columns + 2 * rows + 2
    return 1


def _length(node: Node) -> int:
    return node.shape[0] * node.shape[1]


def _frozen(array: _Array) -> _Array:
    array.setflags(write=False)
    return array
