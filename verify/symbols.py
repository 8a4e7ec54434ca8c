"""Where the symbols of a tape come from, and when several copies of one may be averaged."""

from collections.abc import Iterable

from sympy import Identity, MatrixSymbol

from derivations.core.laws import Block, Setting
from derivations.core.words import PLAIN, Expression, Group, MatrixSum

Definitions = tuple[tuple[MatrixSymbol, MatrixSum], ...]


class Symbols:
    """Where every symbol comes from."""

    def __init__(self, setting: Setting, definitions: Definitions, extra: tuple[Block, ...]) -> None:
        self.given = setting.given
        self.blocks = (*setting.blocks, *extra)
        self.kinds: dict[MatrixSymbol, str] = {}
        self.values: dict[MatrixSymbol, MatrixSum] = {}
        self._take(setting.blocks)
        for symbol, value in (*definitions, *setting.definitions, *setting.origins):
            self.values.setdefault(symbol, value)  # what is given or drawn is looked up before
        self._take(extra)

    def _take(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            known = {*self.kinds, *self.values}
            self.kinds |= {x: kind for x, kind in block.draws if x not in known}
            self.values |= {x: v for x, v in block.sampler if x not in known}

    def leaves(self, symbol: MatrixSymbol, above: tuple[MatrixSymbol, ...] = ()) -> frozenset[MatrixSymbol]:
        """The base draws that a symbol is computed from; ValueError if it comes from nowhere."""
        if isinstance(symbol, Identity) or symbol in self.given:
            return frozenset()
        if symbol in self.kinds:
            return frozenset((symbol,))
        if symbol in above:
            raise ValueError(f"the definition of {symbol} is circular")
        if symbol not in self.values:
            raise ValueError(f"{symbol} is neither drawn, given nor defined")
        parts = {f.symbol for _, word in self.values[symbol].terms for f in word}
        return frozenset().union(*(self.leaves(x, (*above, symbol)) for x in parts))

    def copied(self, symbol: MatrixSymbol) -> int | None:
        """The axis of a symbol that is replaced by copies, if any."""
        return next((b.copies for b in self.blocks if b.copies is not None and symbol in _family(b)), None)

    def copies_average(self, expression: Expression) -> bool:
        """Whether averaging copies is unbiased: every copied block occurs in no way but as a joined pair."""
        groups = [group for t in expression.terms for group in (t.traces, *t.groups)]
        copied = [block for block in self.blocks if block.copies is not None]
        return all(_joined(group, block, self) for block in copied for group in groups)


def _family(block: Block) -> frozenset[MatrixSymbol]:
    return frozenset((*block.members, *(x for x, _ in block.draws)))


def _joined(group: Group, block: Block, symbols: Symbols) -> bool:
    """Whether a block is absent or occurs once as a pair joined along its copied axis."""
    family = _family(block)
    base = frozenset(x for x, _ in block.draws)
    for f in (f for word in group for f in word):
        if f.symbol not in family and symbols.leaves(f.symbol) & base:
            return False
    found = [word for word in group for f in word if f.symbol in family]
    if not found:
        return True
    if len(found) != 2:
        return False
    word = found[0]
    return any(
        f.symbol in family
        and g.symbol in family
        and f.op == g.op == PLAIN
        and f.transposed == (block.copies == 0)
        and g.transposed != f.transposed
        for f, g in zip(word, (*word[1:], word[0]), strict=True)
    )
