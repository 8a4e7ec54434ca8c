"""Claims: what is stated, how it is proved, where it is checked; and the registry of them all."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from derivations.core import analysis, consequences
from derivations.core import derivation as core
from derivations.core.consequences import Inference, Square
from derivations.core.derivation import Derivation
from derivations.core.language import to_sympy
from derivations.core.laws import Setting
from derivations.core.regions import Change, Region
from derivations.core.rules import Equation, Library
from derivations.core.words import Refused, collect
from derivations.points import Point

Proof = Callable[[Derivation], Derivation]
KINDS = ("equality", "inequality", "limit", "threshold", "divergence", "law")


class Disagreement(ValueError):
    """What a derivation concludes is not what the claim states; the message shows both."""


@dataclass(frozen=True)
class Equal:
    """left = right in a setting, with a proof and perhaps further, independent ones.

    `measured` names what the naive procedure measures when it measures this (see verify/pipeline.py).
    """

    left: sp.Expr
    right: sp.Expr
    setting: Setting
    proof: Proof
    also: tuple[Proof, ...] = ()
    label: str = ""
    measured: str = ""


@dataclass(frozen=True)
class Limit:
    """left -> right as `variable` grows, the difference of order variable^(-order)."""

    left: sp.Expr
    right: sp.Expr
    setting: Setting
    proof: Proof
    variable: sp.Symbol
    order: int
    label: str = ""
    also: tuple[Proof, ...] = ()


@dataclass(frozen=True)
class ChiSquare:
    """The chi-square law with `freedom` degrees of freedom, or its reciprocal's, as a side of a `SameLaw`."""

    freedom: sp.Expr
    reciprocal: bool = False


@dataclass(frozen=True)
class SameLaw:
    """A functional of random matrices and another one, of independent draws, have the same distribution."""

    left: sp.Expr
    left_setting: Setting
    right: sp.Expr | ChiSquare
    right_setting: Setting | None = None
    label: str = ""


@dataclass(frozen=True)
class Consequence:
    """What follows by algebra from closed forms of other claims, all over a region of sizes and scalars.

    Both sides may hold `Value`s. What is stated of them is said by the subclass. `setting` is that of a
    problem in which the naive procedure can measure what the values stand for; `given` are letters that no
    problem has (a target to be reached), with values at which the consequence is checked. What differs by too
    little for simulations to tell is not `measured`.
    """

    left: sp.Expr
    right: sp.Expr
    region: Region
    setting: Setting
    label: str = ""
    given: tuple[Change, ...] = ()
    measured: bool = True

    def infer(self, library: Library) -> Inference:
        """What the core makes of it; raises Refused where it does not follow."""
        raise NotImplementedError  # what is stated is said by the subclass


@dataclass(frozen=True)
class Formula(Consequence):
    """left = right."""

    def infer(self, library: Library) -> Inference:
        """The closed form that the left side comes to."""
        return consequences.formula(self.left, self.region, library)


@dataclass(frozen=True)
class Order(Consequence):
    """left > right; left >= right where `strict` is False.

    `because` is a form of the difference in which its sign can be seen, such as a sum of squares; `squares`
    are values in it that are not negative by what they are the closed forms of.
    """

    strict: bool = True
    because: sp.Expr | None = None
    squares: tuple[Square, ...] = ()

    def infer(self, library: Library) -> Inference:
        """The difference, positive all over the region."""
        return consequences.order(
            self.left, self.right, self.strict, self.region, library, self.because, self.squares
        )


@dataclass(frozen=True)
class Threshold(Consequence):
    """left > 0 exactly where right > 0, and left = 0 exactly where right = 0; looked at along `variable`."""

    variable: sp.Symbol = field(kw_only=True)

    def infer(self, library: Library) -> Inference:
        """The left side over the right one, positive all over the region."""
        return consequences.threshold(self.left, self.right, self.region, library)


@dataclass(frozen=True)
class Tendency(Consequence):
    """left -> right as `variable` grows, the difference of order variable^(-order)."""

    variable: sp.Symbol = field(kw_only=True)
    order: int = field(default=1, kw_only=True)

    def infer(self, library: Library) -> Inference:
        """The limit."""
        return consequences.tendency(self.left, self.variable, self.order, self.region, library)


Part = Equal | Limit | SameLaw | Consequence


@dataclass(frozen=True)
class Published:
    """A form as coded or stated, the exact value of what it is about, and where the form holds.

    `at` has the sizes at which the two are compared: those of the paper's synthetic experiment. `witness` is
    a point at which what is published fails, `definition` says under which one it holds.
    """

    form: sp.Expr
    exact: sp.Expr
    region: Region
    at: Point
    witness: Point
    definition: str
    source: str


@dataclass(frozen=True)
class Claim:
    """One theorem or lemma. Its docstring (`page`) is its page in the book."""

    id: str
    title: str
    kind: str
    source: str
    page: str
    statement: str  # one line of LaTeX in the field's words; the parts are what is proved and checked
    parts: tuple[Part, ...]
    points: tuple[Point, ...]
    literature: tuple[str, ...] = ()  # facts taken from the literature by the claim as a whole
    published: tuple[Published, ...] = ()
    origin: str = field(default="", compare=False)

    @property
    def provable(self) -> tuple[Equal | Limit, ...]:
        """The parts that come with a derivation."""
        return tuple(p for p in self.parts if isinstance(p, Equal | Limit))


@dataclass(frozen=True)
class Theorem:
    """A claim whose derivations were made and agree with what it states."""

    claim: Claim
    derivations: tuple[Derivation, ...]
    others: tuple[Derivation, ...]
    inferences: tuple[Inference, ...] = ()

    @property
    def conclusion(self) -> sp.Expr:
        """What the first derivation, or else the first inference, computed, as a SymPy expression."""
        return self.derivations[0].conclusion if self.derivations else self.inferences[0].conclusion

    @property
    def apart(self) -> "Iterator[Theorem]":
        """What was made of each part; of a law, which is not derived, nothing."""
        firsts, others, inferences = iter(self.derivations), iter(self.others), iter(self.inferences)
        for part in self.claim.parts:
            own = replace(self.claim, parts=(part,))
            if isinstance(part, Consequence):
                yield Theorem(own, (), (), (next(inferences),))
            elif isinstance(part, SameLaw):
                yield Theorem(own, (), ())
            else:
                yield Theorem(own, (next(firsts),), tuple(next(others) for _ in part.also))

    @cached_property
    def depends(self) -> tuple[str, ...]:
        """The claims that it cites."""
        every = (core.citations(d) for d in (*self.derivations, *self.others))
        return tuple(sorted(frozenset().union(*every, *(made.uses for made in self.inferences))))


_CLAIMS: dict[str, Claim] = {}


def claim(
    *,
    id: str,
    title: str,
    kind: str,
    source: str,
    statement: str,
    points: Iterable[Point],
    literature: tuple[str, ...] = (),
    published: tuple[Published, ...] = (),
) -> Callable[[Callable[[], tuple[Part, ...]]], Claim]:
    """Register the claim that the decorated function states; its docstring becomes the page."""
    if not re.fullmatch("[a-z][a-z0-9-]*", id) or id in ("report", "timing"):
        raise ValueError(f"an id is a slug of small letters, digits and hyphens, not {id!r}")
    if kind not in KINDS:
        raise ValueError(f"the kind of {id} must be one of {', '.join(KINDS)}, not {kind}")

    def register(function: Callable[[], tuple[Part, ...]]) -> Claim:
        page = function.__doc__ or ""
        made = Claim(
            id,
            title,
            kind,
            source,
            page,
            statement,
            function(),
            tuple(points),
            literature,
            published,
            function.__module__,
        )
        _CLAIMS[id] = made
        return made

    return register


def claims() -> dict[str, Claim]:
    """Every claim of this package, by id, lemmas first."""
    from derivations import lemmas, theorems

    for package in (lemmas, theorems):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    return dict(_CLAIMS)


@dataclass
class Book:
    """Claims with the theorems made of them so far; it is the library that derivations cite from."""

    claims: dict[str, Claim]
    _made: dict[str, Theorem] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def equations(self, claim: str) -> tuple[Equation, ...]:
        """The proved equations of a claim. Raises Refused where it is unknown or cites itself."""
        return tuple(d.equation() for d in self.theorem(claim).derivations)

    def theorem(self, claim: str) -> Theorem:
        """The theorem, derived on first use. Raises Refused or Disagreement."""
        if claim in self._made:
            return self._made[claim]
        if claim not in self.claims:
            raise Refused(f"there is no claim {claim}")
        if claim in self._open:
            raise Refused(f"{claim} rests on itself: {' -> '.join([*self._open, claim])}")
        self._open.append(claim)
        try:
            self._made[claim] = self._derive(self.claims[claim])
        finally:
            self._open.pop()
        return self._made[claim]

    def _derive(self, claim: Claim) -> Theorem:
        firsts: list[Derivation] = []
        others: list[Derivation] = []
        for part in claim.provable:
            if claim.points and not any(part.setting.holds_at(dict(p.values)) for p in claim.points):
                raise Refused(f"the hypotheses of {claim.id} hold at none of its points")
            limit = analysis.Limit(part.variable, part.order) if isinstance(part, Limit) else None
            for number, proof in enumerate((part.proof, *part.also)):
                made = core.prove(part.left, part.setting, proof, self, limit)
                agree(claim, part, made)
                (others if number else firsts).append(made)
        inferences = [self._inferred(claim, p) for p in claim.parts if isinstance(p, Consequence)]
        return Theorem(claim, tuple(firsts), tuple(others), tuple(inferences))

    def _inferred(self, claim: Claim, part: Consequence) -> Inference:
        """What follows from the closed forms of other claims, compared with what is stated."""
        letters = {s for h, _ in part.region.hypotheses for s in h.free_symbols}
        at = [{s: v for s in letters for k, v in p.values if k == s.name} for p in claim.points]
        if at and not any(map(part.region.holds_at, at)):
            raise Refused(f"the hypotheses of {claim.id} hold at none of its points")
        made = part.infer(self)
        if isinstance(part, Formula | Tendency):
            stated = part.region.put(part.right)
            if sp.cancel(sp.together(made.conclusion - stated)) != 0:
                raise Disagreement(
                    f"{_named(claim, part)} states {part.right}, but it comes to {made.conclusion}"
                )
        return made

    def replay(self, claim: str) -> Theorem:
        """The theorem and everything it cites, made again from nothing: a fresh book proves all it holds."""
        return Book(self.claims).theorem(claim)

    def ancestors(self, claim: str) -> tuple[str, ...]:
        """Every claim that a claim rests on, directly or not, nearest first."""
        found: list[str] = []
        queue = list(self.theorem(claim).depends)
        while queue:
            if (name := queue.pop(0)) not in found:
                found.append(name)
                queue += self.theorem(name).depends
        return tuple(found)

    def axioms(self, claim: str) -> tuple[str, ...]:
        """What the conclusion rests on that is not derived here, its citations' included."""
        found: set[str] = set()
        for name in (claim, *self.ancestors(claim)):
            theorem = self.theorem(name)
            found |= set(theorem.claim.literature)
            for made in (*theorem.derivations, *theorem.others):
                found |= core.axioms(made)
        return tuple(sorted(found))


def agree(claim: Claim, part: Equal | Limit, made: Derivation) -> None:
    """Compare what a derivation concludes with what the claim states. Raises Disagreement."""
    stated, end = core.stated(part.right, made.in_force), made.end
    if stated == end:
        return
    difference = collect((*end.terms, *(t._replace(coefficient=-t.coefficient) for t in stated.terms)))
    if difference.terms and any(sp.simplify(t.coefficient) != 0 for t in difference.terms):
        raise Disagreement(
            f"{_named(claim, part)} states {to_sympy(stated)}, but its derivation concludes {to_sympy(end)}"
        )


def _named(claim: Claim, part: Equal | Limit | Consequence) -> str:
    return f"{claim.id}: {part.label}" if part.label else claim.id


def library() -> Book:
    """A fresh book of all claims of this package."""
    return Book(claims())


def plant(claim: Claim, part: int = 0, **changes: object) -> Claim:
    """A claim with one part changed: the helper by which tests plant errors."""
    parts = list(claim.parts)
    parts[part] = replace(parts[part], **changes)  # type: ignore[arg-type]  # the caller names the field
    return replace(claim, parts=tuple(parts))
