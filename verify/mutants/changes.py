"""Every small change of a closed form, made from its expression tree."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import sympy as sp
from sympy import MatMul

from derivations.core.consequences import Value
from derivations.core.language import E, T, mul, tr

KINDS = (  # letters that are easily taken for each other, by name
    ("n", "N", "m"),
    ("d_s", "d_w", "d_sw", "D", "d", "r", "k"),
    ("m", "d"),
    ("sigma2", "rho_w", "rho_s"),
    ("theta2", "phi2", "delta2", "tau2", "shared2"),
    ("s", "w", "a", "tau"),
    ("p", "q"),
)
UPSIDE_DOWN = "upside down"
_SAMPLES = ("n", "N", "m")  # sizes that grow: alone they are the leading order of what is added to them
_SCALINGS = tuple(sp.Rational(1000 + by, 1000) for by in (10, -10, 1, -1))

Found = Iterator[tuple[str, sp.Expr]]
Atoms = (sp.Trace, E, Value)  # of which the inside is left alone, or changed as matrices


def every_change(form: sp.Expr, letters: Iterable[sp.Symbol] = ()) -> Found:
    """(what was changed, the changed form), no two of them equal to each other; some may be equal to `form`.

    letters: what may be put for a letter of the same kind, beside the letters of the form. Integers are moved
    by one and removed, letters, terms, factors, signs and powers changed, sums in sizes of samples replaced
    by their leading order, everything scaled by 1 % and by 0.1 %. Changes without a value anywhere (a
    division by zero) are left out.
    """
    form = sp.sympify(form)
    seen: set[object] = set()
    labels: Counter[str] = Counter()
    for label, new in _changes(form, {*letters, *form.free_symbols}):
        if new == form or new.has(sp.zoo, sp.nan, sp.oo):
            continue
        key = _somewhere(new)
        if all(x.is_finite for x in key) and key not in seen:
            seen.add(key)
            labels[label] += 1  # the same may be done at several places
            yield label if labels[label] == 1 else f"{label} ({labels[label]})", new


def _changes(form: sp.Expr, letters: set[sp.Symbol]) -> Found:
    for node, put in _nodes(form):
        for label, new in (*_of_node(node), *_of_letter(node, letters), *_of_matrices(node)):
            yield label if node == form else f"{label} in {_short(form)}", put(new)
    yield from _swapped(form)
    if form == 0:
        yield from (("0 -> 1", sp.Integer(1)), ("0 -> -1", sp.Integer(-1)))
        return
    terms = sp.Add.make_args(form)
    for by in _SCALINGS:
        yield f"times {_decimal(by)}", form * by
        if len(terms) > 1:
            for term in terms:
                yield f"{_short(term)} times {_decimal(by)}", form + (by - 1) * term
    yield "the sign", -form
    if form.is_number is not True and not form.has(*Atoms):
        yield UPSIDE_DOWN, 1 / form


def _of_node(node: sp.Expr) -> Found:
    """Integers, signs, powers, terms and factors."""
    if node.is_Rational:
        for by in (1, -1):
            if node.is_Integer or node.q != 1:
                yield f"{node} -> {node + by}", node + by
        if not node.is_Integer:
            for q in (node.q + 1, node.q - 1):
                yield f"{node} -> {node.p}/{q}", sp.Rational(node.p, q) if q else sp.zoo
        yield f"{node} -> {-node}", -node
    if node.is_Pow:
        yield f"{_short(node)}: power {node.exp} -> {-node.exp}", node.base ** (-node.exp)
        yield f"{_short(node)}: no power", node.base
        for by in (1, -1):
            yield f"{_short(node)}: power {node.exp} -> {node.exp + by}", node.base ** (node.exp + by)
    if node.is_Add:
        for term in node.args:
            yield f"{_short(term)} dropped from {_short(node)}", node - term
            yield f"sign of {_short(term)} in {_short(node)}", node - 2 * term
            yield f"{_short(term)} twice in {_short(node)}", node + term
        for term in node.args:
            if term.free_symbols and {s.name for s in term.free_symbols} & {*_SAMPLES}:
                yield f"leading order {_short(term)} for {_short(node)}", term
        yield from ((f"1 added to {_short(node)}", node + 1), (f"1 taken from {_short(node)}", node - 1))
    if node.is_Mul:
        for factor in node.args:
            yield f"factor {_short(factor)} dropped", node / factor
            yield f"factor {_short(factor)} twice", node * factor
    if node.is_Symbol:
        yield f"{node} + 1 for {node}", node + 1
        yield f"{node} - 1 for {node}", node - 1
        yield f"{node} dropped", sp.Integer(1)


def _of_letter(node: sp.Expr, letters: set[sp.Symbol]) -> Found:
    """One letter, at one place, for another of its kind; the least dimension for d_sw."""
    if isinstance(node, Value):
        return
    named = {s.name: s for s in letters}
    if node.is_Symbol:
        for kind in KINDS:
            if node.name in kind:
                for other in kind:
                    if other != node.name and other in named:
                        yield f"{other} for {node}", named[other]
        if node.name == "d_sw" and {"d_s", "d_w"} <= named.keys():
            yield "min(d_s, d_w) for d_sw", sp.Min(named["d_s"], named["d_w"])


def _swapped(form: sp.Expr) -> Found:
    """Two letters of a kind, or two values, in each other's place throughout."""
    stand_ins = {x: sp.Dummy() for x in form.atoms(*Atoms)}
    back = {dummy: x for x, dummy in stand_ins.items()}
    plain = form.xreplace(stand_ins)
    named = {s.name: s for s in plain.free_symbols}
    for kind in KINDS:
        known = [named[name] for name in kind if name in named]
        for i, one in enumerate(known):
            for other in known[i + 1 :]:
                swap = {one: other, other: one}
                yield f"{one} and {other} swapped", plain.subs(swap, simultaneous=True).xreplace(back)
    values = sorted(form.atoms(Value), key=str)
    for i, x in enumerate(values):
        for y in values[i + 1 :]:
            yield f"{_short(x)} and {_short(y)} swapped", form.xreplace({x: y, y: x})


def _of_matrices(node: sp.Expr) -> Found:
    """A trace with a factor transposed or dropped, or with two neighbours in the other order."""
    if not isinstance(node, sp.Trace) or not isinstance(node.args[0], MatMul):
        return
    factors = list(node.args[0].args)
    for i, f in enumerate(factors):
        turned = f.args[0] if isinstance(f, T) else T(f)
        made: list[tuple[str, list[sp.Expr]]] = [
            (f"{f} transposed", [*factors[:i], turned, *factors[i + 1 :]]),
            (f"{f} dropped", [*factors[:i], *factors[i + 1 :]]),
        ]
        if i + 1 < len(factors):
            other = [*factors[:i], factors[i + 1], f, *factors[i + 2 :]]
            made.append((f"{f} and {factors[i + 1]} in the other order", other))
        for label, new in made:
            if _fits(new):
                yield f"{label} in a trace", tr(mul(*new))


def _fits(factors: list[sp.Expr]) -> bool:
    """Whether a product of matrices exists and is square."""
    pairs = zip(factors, [*factors[1:], *factors[:1]], strict=True)
    return bool(factors) and all(left.shape[1] == right.shape[0] for left, right in pairs)


def _nodes(form: sp.Expr) -> Iterator[tuple[sp.Expr, Callable[[sp.Expr], sp.Expr]]]:
    """Each node with the function that puts another one in its place; atoms are not looked into."""
    yield form, lambda new: new
    if isinstance(form, Atoms):
        return
    for i, arg in enumerate(form.args):
        for node, put in _nodes(arg):

            def inside(new: sp.Expr, i: int = i, put: Callable[[sp.Expr], sp.Expr] = put) -> sp.Expr:
                args = list(form.args)
                args[i] = put(new)
                return form.func(*args)

            yield node, inside


def _somewhere(form: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The exact values at two places that are special to no form: equal ones have the same, others do not.

    Of two letters each is the smaller one at one of the places, for the sake of minima.
    """
    atoms = sorted(form.atoms(*Atoms), key=str)
    stand_ins = {x: sp.Symbol(f"_{x}") for x in atoms}
    form = form.xreplace(stand_ins)
    values = {s: _number(s.name) for s in form.free_symbols}
    return form.subs(values), form.subs({s: 31 - x for s, x in values.items()})


def _number(name: str) -> sp.Rational:
    """A number for a name, the same in every process."""
    code = int.from_bytes(name.encode(), "big")
    return sp.Rational(10**9 + code % 999_999_937, 10**8 + 7)


def _short(x: sp.Expr) -> str:
    """An expression in a few characters."""
    text = str(x)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _decimal(by: sp.Rational) -> str:
    return f"{float(by):g}"
