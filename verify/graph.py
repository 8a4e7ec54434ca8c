"""The shared computation of many expressions: a graph without repeated nodes, and products in a cheap order.

A node is a matrix of known shape: a constant, a draw or an operation on other nodes. A reference is a node
and whether it is read transposed, so X and Xᵀ are one node. A node is *fixed* if no draw enters it: it is
computed once, and costs nothing when the order of a product is chosen.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from verify.kernels import COMBINE, GRAM_INVERSE, MULTIPLY, PSEUDO_INVERSE, SCALE, TRACE, TRACE_PRODUCT

CONSTANT, DRAW = -1, -2  # leaves; the operations are numbered in verify.kernels

Ref = tuple[int, bool]
Word = tuple[Ref, ...]
Array = NDArray[np.float64]
Plan = dict[
    Word, tuple[int, int, int]
]  # of a product: total cost, cost of its last multiplication, where it is cut


class Node(NamedTuple):
    """One matrix: how it is computed, its shape, whether it is fixed, whether it is symmetric."""

    op: int
    operands: Word
    weights: tuple[float, ...]
    shape: tuple[int, int]
    fixed: bool
    symmetric: bool


class Graph:
    """Nodes in an order in which they can be computed, each made once."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.constants: dict[int, Array] = {}
        self._index: dict[Hashable, int] = {}
        self._products: dict[Word, Ref] = {}

    def shape(self, ref: Ref) -> tuple[int, int]:
        """(rows, columns) as read."""
        rows, columns = self.nodes[ref[0]].shape
        return (columns, rows) if ref[1] else (rows, columns)

    def flip(self, ref: Ref) -> Ref:
        """The transpose; a symmetric node is its own."""
        return ref if self.nodes[ref[0]].symmetric else (ref[0], not ref[1])

    def transpose(self, word: Word) -> Word:
        """The transpose of a product."""
        return tuple(self.flip(ref) for ref in reversed(word))

    def constant(self, name: Hashable, value: Array) -> Ref:
        """A fixed matrix; `name` tells it from others."""
        node = self._add(
            ("constant", name), Node(CONSTANT, (), (), _pair(value.shape), True, value.size == 1)
        )
        self.constants.setdefault(node, value)
        return node, False

    def draw(self, name: Hashable, shape: tuple[int, int]) -> Ref:
        """A matrix that is drawn; `name` tells it from others."""
        return self._add(("draw", name), Node(DRAW, (), (), shape, False, shape == (1, 1))), False

    def gram_inverse(self, x: Ref) -> Ref:
        """(XᵀX)⁻¹."""
        columns = self.shape(x)[1]
        return self._operate(GRAM_INVERSE, (x,), (columns, columns), symmetric=True), False

    def pseudo_inverse(self, x: Ref) -> Ref:
        """X⁺; that of a wide X is kept as the pseudo-inverse of Xᵀ, and read transposed."""
        rows, columns = self.shape(x)
        wide = columns > rows
        shape = (rows, columns) if wide else (columns, rows)
        return self._operate(PSEUDO_INVERSE, (self.flip(x) if wide else x,), shape), wide

    def zeros(self, shape: tuple[int, int]) -> Ref:
        """The zero matrix."""
        return self.constant(("zeros", shape), np.zeros(shape))

    def combine(self, parts: Sequence[tuple[float, Ref]]) -> Ref:
        """A linear combination of at least one matrix of one shape."""
        shape = self.shape(parts[0][1])
        if any(self.shape(ref) != shape for _, ref in parts):
            raise ValueError(f"matrices of shapes {[self.shape(ref) for _, ref in parts]} cannot be added")
        (weight, total), *rest = parts
        if not rest:
            return total if weight == 1 else (self._operate(SCALE, (total,), shape, (weight,)), False)
        for factor, ref in rest:
            total, weight = (self._operate(COMBINE, (total, ref), shape, (weight, factor)), False), 1.0
        return total

    def product(self, word: Word) -> Ref:
        """A product of one or more matrices, in the cheapest order given what is there already."""
        return self._build(word, {})

    def trace(self, word: Word) -> int:
        """The trace of a product: cut in two where that is cheapest, then an elementwise product.

        The cut is at two places of the cyclic word; a palindromic word is halved, since both halves are then
        one product. Words equal up to rotation and transposition give one node.
        """
        word = min(way[i:] + way[:i] for way in (word, self.transpose(word)) for i in range(len(way)))
        if len(word) == 1:
            return self._operate(TRACE, ((word[0][0], False),), (1, 1))
        plan: Plan = {}
        best: tuple[int, Word, Word] | None = None
        for i in range(len(word)):
            for j in range(i + 1, len(word)):
                first, second = word[i:j], word[j:] + word[:i]
                steps = self._steps(first, plan) | self._steps(second, plan)
                rows, columns = self.shape(first[0])[0], self.shape(first[-1])[1]
                cost = sum(steps.values()) + (0 if self._fixed(word) else rows * columns)
                if best is None or cost < best[0]:
                    best = cost, first, second
        assert best is not None
        a, b = self._build(best[1], plan), self._build(best[2], plan)
        pair = min((a, b), (b, a), *((self.flip(x), self.flip(y)) for x, y in ((a, b), (b, a))))
        return self._operate(TRACE_PRODUCT, pair, (1, 1))

    def times(self, scalars: Sequence[int]) -> int:
        """The product of 1 x 1 nodes; of none, the constant one."""
        if not scalars:
            return self.constant("one", np.ones((1, 1)))[0]
        total, *rest = sorted(scalars)
        for scalar in rest:
            total = self._multiply((total, False), (scalar, False))[0]
        return total

    def _canonical(self, word: Word) -> Word:
        return min(word, self.transpose(word))

    def _fixed(self, word: Word) -> bool:
        return all(self.nodes[node].fixed for node, _ in word)

    def _cost(self, word: Word, plan: Plan) -> int:
        """Multiplications that a product still needs (matrix-chain order by dynamic programming)."""
        word = self._canonical(word)
        if len(word) == 1 or word in self._products:
            return 0
        if word not in plan:
            rows, columns, free = self.shape(word[0])[0], self.shape(word[-1])[1], self._fixed(word)
            choices = []
            for cut in range(1, len(word)):
                last = 0 if free else rows * self.shape(word[cut])[0] * columns
                choices.append(
                    (self._cost(word[:cut], plan) + self._cost(word[cut:], plan) + last, last, cut)
                )
            plan[word] = min(choices)
        return plan[word][0]

    def _steps(self, word: Word, plan: Plan) -> dict[Word, int]:
        """The multiplications of a product by what they make, so that shared ones can be counted once."""
        word = self._canonical(word)
        if len(word) == 1 or word in self._products:
            return {}
        self._cost(word, plan)
        _, last, cut = plan[word]
        return {word: last} | self._steps(word[:cut], plan) | self._steps(word[cut:], plan)

    def _build(self, word: Word, plan: Plan) -> Ref:
        if len(word) == 1:
            return word[0]
        key = self._canonical(word)
        if key not in self._products:
            self._cost(key, plan)
            cut = plan[key][2]
            self._products[key] = self._multiply(self._build(key[:cut], plan), self._build(key[cut:], plan))
        made = self._products[key]
        return made if key == word else self.flip(made)

    def _multiply(self, a: Ref, b: Ref) -> Ref:
        if self.shape(a)[1] != self.shape(b)[0]:
            raise ValueError(f"matrices of shapes {self.shape(a)} and {self.shape(b)} cannot be multiplied")
        there, back = (a, b), (self.flip(b), self.flip(a))
        shape = self.shape(a)[0], self.shape(b)[1]
        if there <= back:
            return self._operate(MULTIPLY, there, shape, symmetric=there == back), False
        return self.flip((self._operate(MULTIPLY, back, shape[::-1]), False))

    def _operate(
        self,
        op: int,
        operands: Word,
        shape: tuple[int, int],
        weights: tuple[float, ...] = (),
        symmetric: bool = False,
    ) -> int:
        node = Node(op, operands, weights, shape, self._fixed(operands), symmetric or shape == (1, 1))
        return self._add(node, node)

    def _add(self, key: Hashable, node: Node) -> int:
        if key not in self._index:
            self._index[key] = len(self.nodes)
            self.nodes.append(node)
        return self._index[key]


def _pair(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = shape
    return rows, columns
