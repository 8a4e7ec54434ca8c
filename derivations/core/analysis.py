"""The rules that are not algebra of words: linear systems, symmetry, laws of quadratic forms, integrals.

What SymPy computes here (a linear solution, an integral, a limit) is recorded with the step and checked
numerically by the verifier: a simplifier is not a proof.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import sympy as sp
from sympy import MatrixSymbol

from derivations.core.laws import Setting, standard
from derivations.core.rules import IN_EXPECTATION, PATHWISE, SCALAR, Cancel, Library, State
from derivations.core.words import (
    GRAM_INVERSE,
    Expression,
    Factor,
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
class Solve:
    """Solve linear equations between expectations; each equation is a pair of derivations from one start."""

    equations: "tuple[tuple[Derivation, Derivation], ...]"
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "solve the linear equations"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace the expectations by the solution; a determinant not shown nonzero is refused."""
        names: dict[tuple[object, ...], sp.Symbol] = {}

        def linear(e: Expression) -> sp.Expr:
            total = sp.Integer(0)
            for t in e.terms:
                trace = sp.Mul(*(names.setdefault(("trace", w), sp.Dummy()) for w in t.traces))
                if len(t.groups) > 1:
                    raise Refused("a product of expectations is not linear")
                mean = names.setdefault(("mean", t.groups[0]), sp.Dummy()) if t.groups else sp.Integer(1)
                total += t.coefficient * trace * mean
            return total

        target = linear(expression)
        system = []
        for one, other in self.equations:
            if one.start != other.start or {one.setting, other.setting} != {setting}:
                raise Refused("the two derivations of an equation must start alike, in the setting in force")
            system.append(sp.expand(linear(one.end) - linear(other.end)))
        means = [s for key, s in names.items() if key[0] == "mean"]
        unknown = [s for s in means if any(e.has(s) for e in system)]
        matrix_, right = sp.linear_eq_to_matrix(system, unknown)
        if matrix_.rows != matrix_.cols:
            raise Refused(f"{matrix_.rows} equations do not determine {matrix_.cols} expectations")
        for factor, _ in sp.factor_list(matrix_.det())[1]:
            if not (setting.positive(factor) or setting.positive(-factor)):
                raise Refused(f"the equations are solvable where {factor} is not 0, which is not shown")
        if matrix_.det() == 0:
            raise Refused("the equations are not independent")
        solution = dict(zip(unknown, matrix_.LUsolve(right), strict=True))
        words = {s: key[1] for key, s in names.items() if key[0] == "trace"}
        solved = sp.expand(sp.together(target.subs(solution)))
        if any(solved.has(s) for s in means):
            raise Refused("an expectation is left that the equations do not determine")
        terms = []
        for product_, coefficient in sp.Poly(solved, *words).terms() if words else [((), solved)]:
            powers = zip(words.values(), product_, strict=True)
            terms.append(Term(coefficient, tuple(w for w, power in powers for _ in range(power))))
        return collect(terms), setting


@dataclass(frozen=True)
class Isotropy:
    """E f(W) is a multiple of the identity for equivariant f, so E tr(f(W)A) = tr(A) E eᵀf(W)e."""

    symbol: MatrixSymbol
    unit: MatrixSymbol
    lemma: ClassVar[str] = "orthogonal-invariance"
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "by invariance under rotations"
    axioms: ClassVar[tuple[str, ...]] = ("a matrix that commutes with every rotation is a multiple of the identity",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Apply to every expectation of a single trace that splits into f(W) and a matrix A."""
        library.equations(self.lemma)
        if not setting.is_standard(self.symbol):
            raise Refused(f"{self.symbol} is not rotationally invariant")
        unit = (Factor(self.unit, transposed=True), Factor(self.unit))
        if dict(setting.relations).get(unit) != matrix(identity(sp.Integer(1))):
            raise Refused(f"{self.unit} is not known to be a unit vector")
        terms = []
        for t in expression.terms:
            split = next((s for g in t.groups if len(g) == 1 for s in [self._split(g[0])] if s), None)
            if len(t.groups) != 1 or split is None or setting.supports([split[1]]):
                raise Refused("the rule needs one expectation of tr(f(W)A) with a fixed A")
            f, a = split
            terms.append(Term(t.coefficient, (*t.traces, a), ((product(unit[:1], f, unit[1:]),),)))
        return collect(terms), setting

    def _split(self, word: Word) -> tuple[Word, Word] | None:
        d = self.symbol.shape[1]
        for w in rotations(word):
            count = next((i for i, f in enumerate(w) if f.symbol != self.symbol), len(w))
            rest = w[count:]
            if count and all(f.symbol != self.symbol for f in rest) and w[0].shape[0] == d == w[count - 1].shape[1]:
                return w[:count], rest or identity(d)
        return None


@dataclass(frozen=True)
class IdempotentForm:
    """gᵀMg is chi-square with tr M degrees of freedom for g standard normal, M an independent projection.

    `equations` holds two pathwise derivations from one start: one ends in 1, the other in p times gᵀMg. So p
    is the reciprocal of a chi-square, and E p = E (xᵀx)⁻¹ for a standard normal x of tr M entries. The rule
    checks that M is symmetric and idempotent, free of g, and what its trace is.
    """

    equations: "tuple[tuple[Derivation, Derivation], ...]"
    g: MatrixSymbol
    name: str = "x"
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "a quadratic form in a projection is chi-square"
    axioms: ClassVar[tuple[str, ...]] = ("Cochran: gᵀMg ~ χ² with rank(M) degrees of freedom, M a projection",)

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace E p by E (xᵀx)⁻¹."""
        ((one, other),) = self.equations
        if one.start != other.start or one.end.scalar != 1 or one.setting != setting:
            raise Refused("the two derivations must start alike, in the setting in force, and one must end in 1")
        if PATHWISE != one.kind or PATHWISE != other.kind:
            raise Refused("the two derivations must be pathwise")
        late = other.in_force
        block = late.block(self.g)
        if block is None or not late.is_standard(self.g) or self.g.shape[1] != 1 or len(block.members) > 1:
            raise Refused(f"{self.g} is not a standard normal vector independent of the rest")
        g, rows = Factor(self.g), self.g.shape[0]
        form, p = MatrixSum((), (rows, rows)), set()
        for t in other.end.terms:
            quadratic = [w for w in t.traces if g in w or g.T in w]
            if len(quadratic) != 1 or t.groups:
                raise Refused("the second derivation must end in p times a quadratic form")
            p.add(tuple(w for w in t.traces if w not in quadratic))
            inner = next((w[1:-1] for w in rotations(quadratic[0]) if w[0] == g.T and w[-1] == g), None)
            if inner is None or block in late.supports([inner] if inner else []):
                raise Refused(f"{spell(quadratic[0])} is not a quadratic form in {self.g}")
            form += matrix(inner or identity(rows)).times(t.coefficient)
        target = Expression((Term(sp.Integer(1), (), (next(iter(p)),)),))
        if len(p) != 1 or target != expression:
            raise Refused("p is not the expectation at hand")
        if form.T != form or _reduced(form * form, late) != form:
            raise Refused("the matrix of the quadratic form is not a projection")
        trace = collect(Term(c, (w,)) for c, w in form.terms)
        for x in {f.symbol for f in trace.factors()}:
            trace, _ = Cancel(x).apply(trace, late, library)
        if (freedom := trace.scalar) is None:
            raise Refused("the trace of the projection is not a number")
        vector = MatrixSymbol(self.name, freedom, 1)
        after = replace(setting, blocks=(*setting.blocks, standard(vector)))
        return collect([Term(sp.Integer(1), (), (((Factor(vector, GRAM_INVERSE),),),))]), after


def _reduced(total: MatrixSum, setting: Setting) -> MatrixSum:
    """Cancel inverse Gram matrices inside open words."""
    out = MatrixSum((), total.shape)
    for c, word in total.terms:
        for i, f in enumerate(word[:-2]):
            x = Factor(f.symbol)
            inverse = Factor(f.symbol, GRAM_INVERSE)
            if word[i : i + 3] in ((inverse, x.T, x), (x.T, x, inverse)):
                word = product(word[:i], identity(f.symbol.shape[1]), word[i + 3 :])
                out += _reduced(matrix(word), setting).times(c)
                break
        else:
            out += matrix(word).times(c)
    return out


@dataclass(frozen=True)
class Integrate:
    """E h(χ²_k) as the integral of h against the chi-square density, done by SymPy with its condition.

    The expectation of 1/(xᵀx), x a standard normal vector of k entries. SymPy's answer is a Piecewise; the
    branch whose condition follows from the hypotheses is taken, and none is taken on faith.
    """

    symbol: MatrixSymbol
    kind: ClassVar[str] = IN_EXPECTATION
    title: ClassVar[str] = "integrate against the chi-square density"
    axioms: ClassVar[tuple[str, ...]] = ("the density of chi-square with k degrees of freedom",)

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
        value = self.asked()[0].doit()
        if isinstance(value, sp.Piecewise):
            branches = ((v, c) for v, c in value.args if not v.has(sp.Integral))
            value = next((v for v, c in branches if self._follows(c, setting)), None)
        if value is None or value.has(sp.Integral):
            raise Refused("the condition under which the integral converges does not follow from the hypotheses")
        coefficient = expression.terms[0].coefficient
        return collect([Term(coefficient * sp.simplify(sp.gammasimp(value)))]), setting

    @staticmethod
    def _follows(condition: sp.Basic, setting: Setting) -> bool:
        if condition == sp.true:
            return True
        if isinstance(condition, sp.StrictGreaterThan | sp.StrictLessThan):
            return setting.positive(condition.gts - condition.lts)
        return False


@dataclass(frozen=True)
class Limit:
    """The limit of a scalar expression as one of its sizes grows."""

    variable: sp.Symbol
    kind: ClassVar[str] = SCALAR
    title: ClassVar[str] = "take the limit"
    axioms: ClassVar[tuple[str, ...]] = ()

    def apply(self, expression: Expression, setting: Setting, library: Library) -> State:
        """Replace coefficients by their limits; random parts are refused."""
        if any(t.groups or setting.supports(t.traces) for t in expression.terms):
            raise Refused("the limit is taken of deterministic expressions only")
        terms = [t._replace(coefficient=sp.limit(t.coefficient, self.variable, sp.oo)) for t in expression.terms]
        unknown = (sp.oo, -sp.oo, sp.zoo, sp.nan, sp.Limit, self.variable)
        if any(t.coefficient.has(*unknown) for t in terms):
            raise Refused("SymPy finds no finite limit")
        return collect(terms), setting


RULES = (Solve, Isotropy, IdempotentForm, Integrate, Limit)
