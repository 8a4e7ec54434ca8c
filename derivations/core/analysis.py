"""The rules that are not algebra of words: linear systems, symmetry, quadratic forms, integrals, limits.

What SymPy computes here (a linear solution, an integral, a limit) is recorded with the step and checked
numerically by the verifier: a simplifier is not a proof.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.laws import Setting, standard, unit
from derivations.core.rules import IN_EXPECTATION, LIMIT, PATHWISE, Cancel, Library, Rule, State, cancelled
from derivations.core.words import (
    GRAM_INVERSE,
    ONE,
    Expression,
    Factor,
    Group,
    MatrixSum,
    Refused,
    Term,
    Word,
    collect,
    identity,
    matrix,
    product,
    rotations,
    spell,
)

if TYPE_CHECKING:
    from derivations.core.derivation import Derivation


@dataclass(frozen=True)
class Solve(Rule):
    """Solve linear equations between expectations; each equation is a pair of derivations from one start."""

    equations: "tuple[tuple[Derivation, Derivation], ...]"
    kind = IN_EXPECTATION
    title = "solve the linear equations"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the expectations by the solution; a determinant not shown nonzero is refused."""
        if setting.extended:
            raise Refused("expectations that may be infinite cannot be subtracted")
        traces: dict[Word, sp.Symbol] = {}
        means: dict[Group, sp.Symbol] = {}

        def linear(e: Expression) -> sp.Expr:
            total = sp.Integer(0)
            for t in e.terms:
                if len(t.groups) > 1:
                    raise Refused("a product of expectations is not linear")
                mean = [means.setdefault(g, sp.Dummy()) for g in t.groups]
                total += sp.Mul(t.coefficient, *mean, *(traces.setdefault(w, sp.Dummy()) for w in t.traces))
            return total

        target, system = linear(expression), []
        for one, other in self.equations:
            if one.start != other.start:
                raise Refused("the two derivations of an equation must start alike")
            if {one.in_force, other.in_force} != {setting}:  # where a symbol means what it means here
                raise Refused("the two derivations of an equation must end in the setting in force")
            system.append(sp.expand(linear(one.end) - linear(other.end)))
        unknown = [s for s in means.values() if any(e.has(s) for e in system)]
        rows, right = sp.linear_eq_to_matrix(system, unknown)
        if rows.rows != rows.cols:
            raise Refused(f"{rows.rows} equations do not determine {rows.cols} expectations")
        determinant = sp.together(rows.det())
        if sp.expand(determinant) == 0:
            raise Refused("the equations are not independent")
        for factor, _ in sp.factor_list(sp.numer(determinant))[1]:
            if not (setting.positive(factor) or setting.positive(-factor)):
                raise Refused(f"the equations are solvable where {factor} is not 0, which is not shown")
        solution = dict(zip(unknown, rows.LUsolve(right), strict=True))
        solved = sp.expand(sp.together(target.subs(solution)))
        if any(solved.has(s) for s in means.values()):
            raise Refused("an expectation is left that the equations do not determine")
        terms = []
        for powers, coefficient in sp.Poly(solved, *traces.values()).terms() if traces else [((), solved)]:
            words = (w for w, power in zip(traces, powers, strict=True) for _ in range(power))
            terms.append(Term(coefficient, tuple(words)))
        return collect(terms), setting


@dataclass(frozen=True)
class Isotropy(Rule):
    """E f(Γ) is a multiple of the identity for equivariant f, so E tr(f(Γ)A) = tr(A) E eᵀf(Γ)e, eᵀe = 1.

    Entries of Γ are independent standard normal, so it may be turned from the right, where f is a function of
    W and e has as many entries as Γ has columns, or from the left, where e has as many as it has rows.
    """

    symbol: MatrixSymbol
    unit: MatrixSymbol
    lemma = "orthogonal-invariance"
    kind = IN_EXPECTATION
    title = "by invariance under rotations"
    axioms = ("a matrix that commutes with every rotation is a multiple of the identity",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Apply to every expectation of a single trace that splits into f(W) and a matrix A."""
        library.equations(self.lemma)
        if not setting.is_standard(self.symbol):
            raise Refused(f"{self.symbol} is not rotationally invariant")
        if unit(self.unit) not in setting.relations:
            raise Refused(f"{self.unit} is not known to be a unit vector")
        terms = []
        for t in expression.terms:
            split = self._split(t.groups[0][0]) if [len(g) for g in t.groups] == [1] else None
            if split is None or setting.supports([split[1]]):
                raise Refused("the rule needs one expectation of tr(f(Γ)A) with a fixed A")
            f, a = split
            terms.append(
                Term(
                    t.coefficient,
                    (*t.traces, a),
                    ((product((Factor(self.unit).T,), f, (Factor(self.unit),)),),),
                )
            )
        return collect(terms), setting

    def _split(self, word: Word) -> tuple[Word, Word] | None:
        size = self.unit.shape[0]
        for w in rotations(word):
            count = next((i for i, f in enumerate(w) if f.symbol != self.symbol), len(w))
            rest = w[count:]
            if (
                count
                and all(f.symbol != self.symbol for f in rest)
                and w[0].shape[0] == size == w[count - 1].shape[1]
            ):
                return w[:count], rest or identity(size)
        return None


@dataclass(frozen=True)
class IdempotentForm(Rule):
    """gᵀMg is chi-square with tr M degrees of freedom for g standard normal, M an independent projection.

    `equations` holds two pathwise derivations from one start: one ends in 1, the other in p times gᵀMg. So p
    is the reciprocal of a chi-square, and E p = E (xᵀx)⁻¹ for a standard normal x of tr M entries. The rule
    checks that M is symmetric and idempotent, free of g, and what its trace is.
    """

    equations: "tuple[tuple[Derivation, Derivation], ...]"
    g: MatrixSymbol
    name: str = "x"
    kind = IN_EXPECTATION
    title = "a quadratic form in a projection is chi-square"
    axioms = ("Cochran: gᵀMg ~ χ² with rank(M) degrees of freedom, M a projection",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace E p by E (xᵀx)⁻¹."""
        ((one, other),) = self.equations
        if one.start != other.start or {one.setting, other.setting} != {setting}:
            raise Refused("the two derivations must start alike, in the setting in force")
        if {one.kind, other.kind} != {PATHWISE}:
            raise Refused("the two derivations must be pathwise")
        if one.end.scalar != 1:
            raise Refused("the first derivation must end in 1")
        late = other.in_force
        block = late.block(self.g)
        if block is None or not late.is_standard(self.g) or self.g.shape[1] != 1 or len(block.members) > 1:
            raise Refused(f"{self.g} is not a standard normal vector independent of the rest")
        p, form = self._parts(other.end)
        if block in late.supports(w for _, w in form.terms):
            raise Refused(f"the matrix of the quadratic form is not independent of {self.g}")
        if Expression((Term(ONE, (), (p,)),)) != expression:
            raise Refused("the factor of the quadratic form is not what the expectation at hand is of")
        squared = MatrixSum(tuple((c, cancelled(w)) for c, w in (form * form).terms), form.shape)
        if form.T != form or squared != form:
            raise Refused("the matrix of the quadratic form is not a projection")
        trace = collect(Term(c, (w,)) for c, w in form.terms)
        for x in {f.symbol for f in trace.factors()}:
            trace, _ = Cancel(x).apply(trace, late, library)
        if (freedom := trace.scalar) is None:
            raise Refused("the trace of the projection is not a number")
        vector = MatrixSymbol(self.name, freedom, 1)
        after = replace(setting, blocks=(*setting.blocks, standard(vector)))
        return collect([Term(ONE, (), (((Factor(vector, GRAM_INVERSE),),),))]), after

    def _parts(self, end: Expression) -> tuple[Group, MatrixSum]:
        """The factor p and the matrix M of an expression p·gᵀMg."""
        g, rows = Factor(self.g), self.g.shape[0]
        form, factors = MatrixSum((), (rows, rows)), set()
        for t in end.terms:
            quadratic = [w for w in t.traces if g in w or g.T in w]
            if len(quadratic) != 1 or t.groups:
                raise Refused("the second derivation must end in p times a quadratic form")
            inner = next((w[1:-1] for w in rotations(quadratic[0]) if w[0] == g.T and w[-1] == g), None)
            if inner is None:
                raise Refused(f"{spell(quadratic[0])} is not a quadratic form in {self.g}")
            factors.add(tuple(w for w in t.traces if w not in quadratic))
            form += matrix(inner or identity(rows)).times(t.coefficient)
        if len(factors) != 1:
            raise Refused("the second derivation must end in one factor times a quadratic form")
        return factors.pop(), form


@cache  # SymPy is slow at this, and a replay in the same process asks again
def _integrated(asked: sp.Integral) -> sp.Expr:
    return asked.doit()


@dataclass(frozen=True)
class Integrate(Rule):
    """E h(χ²_k) as the integral of h against the chi-square density, done by SymPy with its condition.

    The expectation of 1/(xᵀx), x a standard normal vector of k entries. SymPy's answer is a Piecewise; its
    first branch is taken if its condition follows from the hypotheses, and nothing is taken on faith.
    """

    symbol: MatrixSymbol
    kind = IN_EXPECTATION
    title = "integrate against the chi-square density"
    axioms = ("the density of chi-square with k degrees of freedom",)

    def asked(self) -> tuple[sp.Integral, sp.Symbol]:
        """The integral that SymPy is asked for, and its variable."""
        x = sp.Symbol("x", positive=True)
        k = self.symbol.shape[0]
        density = x ** (k / 2 - 1) * sp.exp(-x / 2) / (2 ** (k / 2) * sp.gamma(k / 2))
        return sp.Integral(density / x, (x, 0, sp.oo)), x

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace E (xᵀx)⁻¹ by the value of the integral."""
        if not setting.is_standard(self.symbol) or self.symbol.shape[1] != 1:
            raise Refused(f"{self.symbol} is not a standard normal vector")
        wanted = (((Factor(self.symbol, GRAM_INVERSE),),),)
        if [t[1:] for t in expression.terms] != [((), wanted)]:
            raise Refused("the rule integrates E 1/(xᵀx) alone")
        value = _integrated(self.asked()[0])
        if isinstance(value, sp.Piecewise):
            value, condition = value.args[0]
            if not isinstance(condition, sp.StrictGreaterThan | sp.StrictLessThan):
                raise Refused(f"the integral converges where {condition}, which the core cannot read")
            setting.require_positive(condition.gts - condition.lts, "the convergence of the integral")
        if value.has(sp.Integral):
            raise Refused("SymPy does not find the integral")
        return collect([Term(expression.terms[0].coefficient * sp.simplify(sp.gammasimp(value)))]), setting


@dataclass(frozen=True)
class Limit(Rule):
    """The limit of a scalar expression as a size grows, with an error of order variable^(-order)."""

    variable: sp.Symbol
    order: int = 1
    kind = LIMIT
    title = "take the limit"

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace coefficients by their limits; what is random or grows with the variable is refused."""
        if any(t.groups or setting.supports(t.traces) for t in expression.terms):
            raise Refused("the limit is taken of deterministic expressions only")
        fixed = {f.symbol for f in expression.factors()} | {f.symbol for _, w in setting.names for f in w}
        if any(s.has(self.variable) for x in fixed for s in x.shape):
            raise Refused(f"a matrix here has a size that grows with {self.variable}")
        growing = (sp.limit(h, self.variable, sp.oo) for h in setting.hypotheses if h.has(self.variable))
        if not all(h.is_extended_positive for h in growing):
            raise Refused(f"the hypotheses do not hold for large {self.variable}")
        terms = [t._replace(coefficient=self._limit(t.coefficient)) for t in expression.terms]
        for t, u in zip(expression.terms, terms, strict=True):
            self._limit((t.coefficient - u.coefficient) * self.variable**self.order)
        return collect(terms), setting

    def _limit(self, value: sp.Expr) -> sp.Expr:
        """The limit of a rational function, by the degrees of numerator and denominator."""
        sides = sp.fraction(sp.cancel(sp.together(value)))
        if not all(side.is_polynomial(self.variable) for side in sides):
            raise Refused(f"{value} is not rational in {self.variable}")
        above, below = (sp.Poly(side, self.variable) for side in sides)
        if above.degree() > below.degree():
            raise Refused(f"{value} has no finite limit")
        return above.LC() / below.LC() if above.degree() == below.degree() else sp.Integer(0)


RULES = (Solve, Isotropy, IdempotentForm, Integrate, Limit)
