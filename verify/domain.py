"""Where a claim is true, where it can be tested, where it was; and what its points could not have seen."""

from collections.abc import Sequence

import sympy as sp
from derivations.claims import Claim, Equal
from derivations.core.language import parse
from derivations.core.laws import Setting, inverse_degrees

from verify.certificate import PASSED, Check
from verify.environment import environment
from verify.mutants import small_changes


def domain(claim: Claim, settings: Sequence[Setting], checks: Sequence[Check]) -> dict[str, list[str]]:
    """`truth` and `finite_variance` as inequalities, `tested` as the points at which a check passed."""
    truth = dict.fromkeys(f"{h} > 0" for s in settings for h in s.hypotheses)
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
    """Small changes of the closed form that none of the passed statistical checks would have noticed."""
    part = claim.parts[0]
    if not isinstance(part, Equal) or part.right == sp.oo or part.right.has(sp.Trace):
        return ()
    resolution: dict[str, float] = {}
    for c in checks:
        if c.verdict == PASSED and c.detectable is not None and c.whole:
            resolution[c.point] = min(c.detectable, resolution.get(c.point, c.detectable))
    points = [p for p in claim.points if p.label in resolution]
    if not points:
        return ()
    values = [
        ({s: env.values[s.name] for s in part.right.free_symbols if s.name in env.values}, resolution[env.label])
        for env in (environment(part.setting, p) for p in points)
    ]
    out = []
    for label, changed in small_changes(part.right):
        if not any(_noticed(part.right, changed, at, size) for at, size in values):
            out.append(label)
    return tuple(out)


def _noticed(form: sp.Expr, changed: sp.Expr, at: dict[sp.Symbol, sp.Rational], size: float) -> bool:
    """Whether a changed form differs at a point by more than the detectable discrepancy there."""
    right, wrong = form.subs(at), changed.subs(at)
    if not (right.is_finite and wrong.is_finite):
        return bool(right.is_finite)
    scale = abs(right) if right != 0 else 1
    return bool(abs(wrong - right) > size * scale)
