"""Coefficients and closed forms: n − d_w − 1 with its sample size first, and a fraction of its own.

SymPy's `factor` gives things like -d_s*sigma2*(d_sw - d_w)/((N - d_s - 1)*(-d_w + n - 1)).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from derivations.printing.style import Signed, Style
from derivations.printing.words import product

Atoms = Mapping[sp.Symbol, str]  # symbols that stand for traces and expectations, and how these are written
Powers = tuple[tuple[sp.Expr, int], ...]
SIZE, DIMENSION, OTHER, TRACE, CONSTANT = range(5)  # in this order in a sum
LONG = 7  # monomials from which a numerator is taken apart


@dataclass(frozen=True)
class Ratio:
    """sign * number * above / below; each factor is a symbol or a sum that starts with a plus."""

    sign: int = 1
    number: sp.Rational = sp.S.One
    above: Powers = ()
    below: Powers = ()

    @property
    def value(self) -> sp.Expr:
        """The ratio as SymPy's."""
        return (
            self.sign * self.number * sp.Mul(*(p**e for p, e in self.above), *(p**-e for p, e in self.below))
        )


def _rank(s: sp.Symbol, atoms: Atoms) -> tuple[int, str]:
    """The place of a symbol in a sum: sample sizes first, then dimensions."""
    if s in atoms:
        return TRACE, s.name
    dimension = s.name == "d" or re.fullmatch("d_.", s.name)
    return SIZE if s.name in ("n", "N", "m", "k") else DIMENSION if dimension else OTHER, s.name.swapcase()


def _monomials(p: sp.Expr, atoms: Atoms) -> list[tuple[sp.Rational, Powers]]:
    """The monomials of a polynomial in the order in which they are written."""
    symbols = sorted(p.free_symbols, key=lambda s: _rank(s, atoms))
    found = sp.Poly(p, *symbols).terms() if symbols else [((), p)]
    terms = [(c, tuple((s, e) for s, e in zip(symbols, powers, strict=True) if e)) for powers, c in found]
    return sorted(terms, key=lambda t: (-sum(e for _, e in t[1]), [(_rank(s, atoms), -e) for s, e in t[1]]))


def _leads(p: sp.Expr, atoms: Atoms) -> tuple[bool, bool]:
    """Whether a sum starts with a plus as it stands, and whether it could start with another term."""
    terms = [
        (min((_rank(s, atoms)[0] for s, _ in m), default=CONSTANT), bool(c > 0))
        for c, m in _monomials(p, atoms)
    ]
    first = min(rank for rank, _ in terms)
    signs = [positive for rank, positive in terms if rank == first]
    return signs[0], first > DIMENSION or len(set(signs)) > 1


def ratio(c: sp.Expr, atoms: Atoms) -> Ratio:
    """A rational function in factors."""
    over, under = sp.fraction(sp.together(c))
    number, sides = sp.S.One, []
    for side, power in ((over, 1), (under, -1)):
        content, factors = sp.factor_list(side)
        turned = [(-p if p.is_Add and not _leads(p, atoms)[0] else p, int(e)) for p, e in factors]
        flips = sum(e for (p, e), (q, _) in zip(factors, turned, strict=True) if p != q)
        number *= content**power * (-1) ** flips
        sides.append(turned)
    free = [i for i, (p, e) in enumerate(sides[0]) if p.is_Add and e % 2 and _leads(p, atoms)[1]]
    if number < 0 and free:
        p, e = sides[0][free[0]]
        number, sides[0][free[0]] = -number, (-p, e)

    def place(item: tuple[sp.Expr, int]) -> tuple[object, ...]:
        p = item[0]
        if p.is_Symbol:  # σ² stands in front of d_w
            rank = _rank(p, atoms)
            return False, rank[0] != OTHER or p.name.startswith("d_"), rank
        return True, False, min(_rank(s, atoms) for s in p.free_symbols)

    above, below = (tuple(sorted(side, key=place)) for side in sides)
    return Ratio(1 if number > 0 else -1, abs(number), above, below)


def split(c: sp.Expr, atoms: Atoms) -> list[sp.Expr]:
    """A rational function whose numerator is long, as a sum over what is no size: ρ_w times ..., τ² times ...

    Each part has its own factors, which the sum as a whole hides.
    """
    over, under = sp.fraction(sp.together(c))
    ranks = {s: _rank(s, atoms) for s in over.free_symbols}
    # sorted: a set has another order in each process, and the terms below follow that of the generators
    quantities = sorted((s for s in ranks if ranks[s][0] > DIMENSION), key=lambda s: (ranks[s], s.name))
    if not over.is_polynomial(*over.free_symbols) or len(sp.Add.make_args(sp.expand(over))) < LONG:
        return [c]
    if not quantities:
        return [c]
    parts = sp.Poly(sp.expand(over), *quantities).terms()
    return [
        sp.factor(coefficient / under) * sp.Mul(*(s**e for s, e in zip(quantities, powers, strict=True)))
        for powers, coefficient in parts
    ]


def _sum(p: sp.Expr, atoms: Atoms, style: Style) -> list[Signed]:
    """The signed terms of a polynomial."""
    return plus_first(
        (1 if c > 0 else -1, fraction(Ratio(1, abs(c), powers), atoms, style))
        for c, powers in _monomials(p, atoms)
    )


def _base(p: sp.Expr, atoms: Atoms, style: Style) -> str:
    """A factor without its exponent; symbols carry theirs in their names."""
    return atoms[p] if p in atoms else style.paren(style.total(_sum(p, atoms, style)))


def _times(factors: Iterable[tuple[sp.Expr, int]], number: int, atoms: Atoms, style: Style) -> str:
    """A product of symbols and sums."""
    texts = [
        style.name(p.name, e) if p.is_Symbol else style.power(_base(p, atoms, style), e) for p, e in factors
    ]
    text = " ".join(texts if number == 1 and texts else [str(number), *texts])
    return re.sub(r"\) (?=\(|\\bigl)", ")", text)


def fraction(r: Ratio, atoms: Atoms, style: Style) -> str:
    """A ratio without its sign: one fraction, or several each of which has what belongs together."""
    scalars = [(p, e) for p, e in r.above if p.free_symbols - atoms.keys()]
    others = sorted(
        ((p, e) for p, e in r.above if not p.free_symbols - atoms.keys()), key=lambda t: bool(t[0].is_Add)
    )
    tail = product((_base(p, atoms, style) for p, e in others for _ in range(e)), style) if others else ""
    number, divisor = int(r.number.p), int(r.number.q)
    shares = {
        s: [t for t in scalars if t[0].free_symbols & s[0].free_symbols] for s in r.below if s[0].is_Add
    }
    taken = [t for share in shares.values() for t in share]
    if not (len(r.below) == len(shares) > 1 and all(shares.values()) and len(taken) == len(set(taken))):
        return _over(scalars, number, r.below, divisor, tail, atoms, style)
    free, parts = [t for t in scalars if t not in taken], []
    for s, share in shares.items():
        parts.append(_over(free + share, number, (s,), divisor, "", atoms, style))
        free, number, divisor = [], 1, 1
    return style.dot.join([*parts, tail] if tail else parts)


def _over(
    top: Sequence[tuple[sp.Expr, int]],
    number: int,
    bottom: Powers,
    divisor: int,
    tail: str,
    atoms: Atoms,
    style: Style,
) -> str:
    """number * top * tail / (divisor * bottom)."""
    over = _times(top, number, atoms, style)
    both = f"{over} {tail}".strip() if top or number != 1 or not tail else tail
    if not bottom and divisor == 1:
        return both
    below = _times(bottom, divisor, atoms, style)
    if style.tex:
        if len(bottom) == 1 and bottom[0][1] == divisor == 1 and bottom[0][0].is_Add:
            below = style.total(_sum(bottom[0][0], atoms, style))
        if not tail or "mathbb" not in tail:
            return rf"\frac{{{both}}}{{{below}}}"
        return rf"\frac{{{over}}}{{{below}}}\,{tail}"
    if len(bottom) + (divisor != 1) > 1:
        below = f"({below})"
    if not tail:
        return f"{over}/{below}"
    sizes = bool(top) and all(p.is_Symbol and _rank(p, atoms)[0] <= DIMENSION for p, _ in top)
    return f"{over}/{below}{style.dot}{tail}" if sizes else f"{both} / {below}"


def _split(r: Ratio, atoms: Atoms) -> tuple[Ratio, list[sp.Expr]] | None:
    """A numerator that is no product of linear factors, as a sum of partial fractions that are."""

    def hard(side: Powers) -> Powers:
        return tuple((p, e) for p, e in side if p.is_Add and sp.total_degree(p) > 1)

    if [e for _, e in hard(r.above)] != [1]:
        return None
    choices = []
    for x in sorted({s for q, _ in r.below for s in q.free_symbols}, key=str):
        inside = [(q, e) for q, e in r.below if x in q.free_symbols]
        quotient = hard(r.above)[0][0] / sp.Mul(*(q**e for q, e in inside))
        parts = sorted(sp.Add.make_args(sp.apart(quotient, x)), key=lambda t: sp.denom(sp.together(t)) != 1)
        if len(parts) > 1 and not any(hard(ratio(part, atoms).above) for part in parts):
            above, below = (
                tuple(t for t in side if t not in (*inside, *hard(r.above))) for side in (r.above, r.below)
            )
            cost = sum(sp.count_ops(sp.factor(part)) for part in parts)
            choices.append((cost, Ratio(r.sign, r.number, above, below), parts))
    return min(choices, key=lambda choice: choice[0])[1:] if choices else None


def scalar(value: sp.Expr, atoms: Atoms, style: Style) -> tuple[str, list[Signed]]:
    """What stands in front of a scalar, and its signed terms; only rational functions are rearranged."""
    if value in (sp.oo, -sp.oo):
        return "", [(1 if value > 0 else -1, r"\infty" if style.tex else "∞")]
    if not value.is_rational_function(*value.free_symbols) or value.has(sp.zoo, sp.nan):
        return "", [(1, sp.latex(value) if style.tex else sp.sstr(value))]
    if value == 0:
        return "", [(1, "0")]
    r = ratio(value, atoms)
    if (split := _split(r, atoms)) is not None:
        outer, parts = split
        terms = [signed(part, atoms, style) for part in parts]
        if outer.value in (1, -1):
            return "", plus_first((sign * outer.sign, text) for sign, text in terms)
        return (style.minus.strip() if outer.sign < 0 else "") + fraction(outer, atoms, style), terms
    if (r.number, r.below, [e for _, e in r.above]) == (1, (), [1]) and r.above[0][0].is_Add:
        return "", plus_first((sign * r.sign, text) for sign, text in _sum(r.above[0][0], atoms, style))
    return "", [(r.sign, fraction(r, atoms, style))]


def plus_first(terms: Iterable[Signed]) -> list[Signed]:
    """The terms as they are, but if the first one has a minus, those with a plus go before."""
    listed = list(terms)
    return sorted(listed, key=lambda term: term[0] < 0) if listed[0][0] < 0 else listed


def signed(value: sp.Expr, atoms: Atoms, style: Style) -> Signed:
    """A scalar as one term of a sum."""
    front, terms = scalar(value, atoms, style)
    if front:
        return 1, in_front(front, terms, style)
    return terms[0] if len(terms) == 1 else (1, style.paren(style.total(terms)))


def in_front(front: str, terms: Sequence[Signed], style: Style) -> str:
    """front · [sum], or the sum alone."""
    inner = style.total(terms)
    if not front:
        return inner
    return rf"{front}\Bigl[{inner}\Bigr]" if style.tex else f"{front} · [{inner}]"
