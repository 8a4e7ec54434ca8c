"""Where a claim is true, where it can be tested, where it was; and what its points could not have seen."""

import math
from collections.abc import Iterator, Sequence

import sympy as sp

from derivations.claims import Claim, Consequence, Equal, Part
from derivations.core.language import E, parse
from derivations.core.laws import Setting, inverse_degrees
from verify import raw
from verify.certificate import PASSED, Check
from verify.environment import Environment, environment
from verify.mutants import small_changes


def domain(claim: Claim, settings: Sequence[Setting], checks: Sequence[Check]) -> dict[str, list[str]]:
    """`truth` and `finite_variance` as inequalities, `tested` as the points at which a check passed."""
    regions = [part.region for part in claim.parts if isinstance(part, Consequence)]
    truth = dict.fromkeys(f"{h} > 0" for s in settings for h in s.hypotheses)
    truth |= dict.fromkeys(f"{h} > 0" for r in regions for h in r.positive)
    truth |= dict.fromkeys(f"{h} >= 0" for r in regions for h in r.nonnegative)
    finite = dict.fromkeys(
        f"{sp.expand(x.shape[0] - x.shape[1] + 1 - 4 * k)} > 0"
        for part in claim.parts
        if isinstance(part, Equal) and part.right != sp.oo
        for t in parse(part.left).terms
        for group in t.groups
        for x, k in inverse_degrees(group).items()
        if k > 0
    )
    tested = dict.fromkeys(c.point for c in checks if c.verdict == PASSED and c.point not in ("", "all"))
    return {"truth": list(truth), "finite_variance": list(finite), "tested": list(tested)}


def unseen(claim: Claim, checks: Sequence[Check]) -> tuple[str, ...]:
    """Small changes of the closed forms that none of the passed checks of the statements would have noticed.

    A change is noticed at a point where it moves the value by more than the discrepancy that was detectable
    there. Traces in a closed form are not changed, only what stands around them; what has an expectation is
    no closed form.
    """
    return tuple(
        f"{part.label}: {change}" if part.label else change
        for number, part in enumerate(claim.parts)
        if isinstance(part, Equal) and has_closed_form(part)
        for change in _unseen(part, claim, [c for c in checks if c.part == number and c.whole])
    )


def has_closed_form(part: Part) -> bool:
    """Whether a part states a closed form, of which small changes can be looked for."""
    return isinstance(part, Equal) and not sp.sympify(part.right).has(E, sp.oo)


def _unseen(part: Equal, claim: Claim, checks: Sequence[Check]) -> Iterator[str]:
    """Of one closed form, by the checks of its own."""
    seen: dict[str, float] = {}  # the discrepancy detectable at a point, in the units of the statement
    for c in checks:
        if c.verdict == PASSED and c.detectable is not None and c.scale is not None:
            seen[c.point] = min(c.detectable * c.scale, seen.get(c.point, math.inf))
    right = sp.sympify(part.right)
    traces = {trace: sp.Symbol(f"tr({trace.args[0]})") for trace in right.atoms(sp.Trace)}
    form = right.subs(traces)
    places = []  # values of the symbols, value of the form, and what would have been detected
    for env in (environment(part.setting, p) for p in claim.points if p.label in seen):
        at = {s: env.values[s.name] for s in form.free_symbols if s.name in env.values}
        at |= {s: _trace(trace, env) for trace, s in traces.items()}
        places.append((at, form.subs(at), seen[env.label]))
    for label, changed in small_changes(form):
        if not any(_differs(changed.subs(at), value, size) for at, value, size in places):
            yield label


def _trace(trace: sp.Expr, env: Environment) -> float:
    """Its value where all in it is given; a random one is compared exactly, and any value will do."""
    if trace.atoms(sp.MatrixSymbol) <= env.matrices.keys():
        return raw.evaluate(trace, [env.matrices], raw.floats(env))
    return 1.0


def _differs(value: sp.Expr, other: sp.Expr, size: float) -> bool:
    """Whether a value is further than `size` from a finite one; a pole is."""
    return not value.is_finite or bool(abs(value - other) > size)
