"""Small changes of a closed form, made from its expression tree."""

from collections.abc import Iterator

import sympy as sp

_ALIKE = (("n", "N"), ("d_s", "d_w"), ("d_w", "d_sw"), ("m", "d"))


def small_changes(form: sp.Expr) -> Iterator[tuple[str, sp.Expr]]:
    """(what was changed, the changed form): integers moved by one, symbols swapped, factors of 1.01.

    Forms that are equal to the first, or to one before, are left out, as are those with a pole everywhere.
    """
    seen = {_somewhere(form)}

    def fresh(label: str, new: sp.Expr) -> Iterator[tuple[str, sp.Expr]]:
        value = _somewhere(new)
        if value.is_finite and value not in seen:
            seen.add(value)
            yield label, new

    for path, node in _nodes(form):
        if node.is_Integer and node != 0:
            for by in (-1, 1):
                changed = _at(form, path, node + by)
                yield from fresh(f"{node} -> {node + by} in {_parent(form, path)}", changed)
        if node.is_Add:
            for arg in node.args:
                yield from fresh(f"{arg} dropped from {node}", _at(form, path, node - arg))
        if node.is_Mul:
            for arg in node.args:
                yield from fresh(f"factor {arg} dropped", _at(form, path, node / arg))
    symbols = {s.name: s for s in form.free_symbols}
    for a, b in _ALIKE:
        if a in symbols and b in symbols:
            x, y = symbols[a], symbols[b]
            yield from fresh(f"{a} and {b} swapped", form.subs({x: y, y: x}, simultaneous=True))
    yield from fresh("times 1.01", form * sp.Rational(101, 100))


def _somewhere(form: sp.Expr) -> sp.Expr:
    """The exact value at a place that is special to no form: equal ones have the same, others do not."""
    symbols = sorted(form.free_symbols, key=str)
    return form.subs({s: sp.Rational(sp.prime(100 + 7 * i), 89) for i, s in enumerate(symbols)})


def _nodes(form: sp.Expr, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], sp.Expr]]:
    yield path, form
    for i, arg in enumerate(form.args):
        yield from _nodes(arg, (*path, i))


def _at(form: sp.Expr, path: tuple[int, ...], new: sp.Expr) -> sp.Expr:
    if not path:
        return new
    args = list(form.args)
    args[path[0]] = _at(args[path[0]], path[1:], new)
    return form.func(*args)


def _parent(form: sp.Expr, path: tuple[int, ...]) -> sp.Expr:
    for i in path[:-1]:
        form = form.args[i]
    return form
