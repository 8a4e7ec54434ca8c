"""Every rule refuses where a side condition fails, with a sentence that names it."""

from dataclasses import replace

import pytest
import sympy as sp
from sympy import MatrixSymbol

from derivations.core import analysis
from derivations.core.analysis import IdempotentForm, Integrate, Isotropy, Solve
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, Step, begin
from derivations.core.language import (
    E,
    GramInverse,
    Pinv,
    T,
    mul,
    norm2,
    parse,
    parse_matrix,
    tr,
)
from derivations.core.laws import Block, Setting, standard
from derivations.core.rules import (
    IN_EXPECTATION,
    LIMIT,
    PATHWISE,
    SCALAR,
    Cancel,
    ChangeVariables,
    Contract,
    Expand,
    Fold,
    Independent,
    PseudoInverse,
    Relate,
    Rename,
    Rotate,
    Rule,
    ScalarOut,
    Vanish,
)
from derivations.core.words import (
    Expression,
    Factor,
    Term,
    identity,
    matrix,
)
from derivations.lemmas import gaussian_conditioning, residual_chi_square
from derivations.notation import (
    C,
    Gamma,
    Gamma_s,
    Gamma_w,
    N,
    d,
    d_sw,
    k,
    m,
    n,
    z,
)
from tests.small import (
    BOOK,
    CHI,
    FEATURES,
    GRAM,
    KNOWN,
    NEW,
    NOISE,
    ONE,
    OTHER,
    SETTING,
    TIGHT,
    TURNED,
    UNIT,
    A,
    A_m,
    A_sw,
    B,
    D,
    G,
    H,
    M,
    Q,
    W,
    Y,
    change,
    e,
    half,
    refused,
    start,
    two,
    u,
    x,
)

REFUSALS: dict[str, tuple[sp.Expr, Setting, Rule, str]] = {
    "cancel: nothing to": (E(tr(GRAM)), SETTING, Cancel(Gamma), "no inverse of Gamma meets its Gram matrix"),
    "cancel: rank": (
        tr(mul(GRAM, A)),
        replace(SETTING, hypotheses=()),
        Cancel(Gamma),
        "full column rank of Gamma",
    ),
    "cancel: law": (tr(A), SETTING, Cancel(A), "A is not known to be standard Gaussian"),
    "pseudo-inverse: given": (tr(mul(Pinv(A), A)), SETTING, PseudoInverse(A), "A is not known"),
    "pseudo-inverse: rank": (
        tr(mul(Pinv(Gamma), Gamma)),
        replace(SETTING, hypotheses=()),
        PseudoInverse(Gamma),
        "full column rank of Gamma",
    ),
    "pseudo-inverse: none": (tr(GRAM), SETTING, PseudoInverse(Gamma), "does not occur"),
    "expand: no definition": (tr(GRAM), SETTING, Expand(Gamma), "Gamma has no definition here"),
    "expand: does not occur": (tr(GRAM), KNOWN, Expand(D), "D does not occur"),
    "relate: none": (tr(mul(A, B)), SETTING, Relate(), "no relation applies"),
    "scalar out: one cut": (tr(mul(T(u), A, u)), SETTING, ScalarOut(), "two cuts of size one"),
    "contract: no law": (
        E(tr(mul(T(D), Gamma))),
        KNOWN,
        Contract(D),
        "D has no law here: use its definition",
    ),
    "contract: given": (E(tr(mul(GRAM, A))), SETTING, Contract(A), "A has no law here"),
    "contract: outside": (tr(GRAM), SETTING, Contract(Gamma), "does not occur in an expectation"),
    "contract: hidden in a definition": (
        E(tr(mul(T(D), Gamma))),
        KNOWN,
        Contract(Gamma),
        "D depends on Gamma: insert its definition first",
    ),
    "contract: pseudo-inverse": (
        E(tr(mul(Pinv(Gamma), Gamma, A))),
        SETTING,
        Contract(Gamma),
        "the pseudo-inverse of Gamma has to be rewritten first",
    ),
    "contract: place": (E(tr(GRAM)), SETTING, Contract(Gamma, 2), "no plain occurrence number 2"),
    "contract: negative place": (E(tr(GRAM)), SETTING, Contract(Gamma, -1), "no plain occurrence number -1"),
    "contract: only inverted": (E(tr(GramInverse(Gamma))), SETTING, Contract(Gamma), "no plain occurrence"),
    "contract: terms not integrable": (
        E(tr(mul(GramInverse(Gamma), T(Gamma), Gamma, A))),
        replace(SETTING, hypotheses=(m - d, m, d)),
        Contract(Gamma, 1),
        "the integrability of Gamma^(-2) needs -d + m - 1 > 0",
    ),
    "contract: bounded but not with one matrix out of the way": (
        E(tr(mul(Gamma, GramInverse(Gamma), T(Gamma), A_m))),
        TIGHT,
        Contract(Gamma),
        "the integrability of Gamma^(-1)",
    ),
    "vanish: no law": (E(tr(mul(GRAM, A))), SETTING, Vanish(A), "A has no law of its own here"),
    "vanish: quadratic": (E(tr(GRAM)), SETTING, Vanish(Gamma), "no term is linear in Gamma"),
    "vanish: correlated": (
        E(tr(mul(T(Gamma_s), Gamma_w, A_sw))),
        FEATURES,
        Vanish(Gamma_w),
        "with the rest independent of it",
    ),
    "vanish: hidden in a definition": (E(tr(mul(T(D), Gamma))), KNOWN, Vanish(Gamma), "no term is linear"),
    "vanish: only inverted": (E(tr(GramInverse(Gamma))), SETTING, Vanish(Gamma), "no term is linear"),
    "independent: not": (
        E(tr(GRAM) * tr(mul(GRAM, A))),
        SETTING,
        Independent(),
        "nothing here is independent of the rest",
    ),
    "independent: hidden in a definition": (
        E(tr(GRAM) * tr(mul(T(D), D))),
        KNOWN,
        Independent(),
        "nothing here is independent of the rest",
    ),
    "change: in use by another definition": (
        E(tr(GRAM)),
        KNOWN,
        change(matrix(Gamma), matrix(D), D),
        "D is in use: it is defined as something else",
    ),
    "change: in use by a law": (E(tr(GRAM)), SETTING, change(matrix(Gamma), matrix(H), H), "H is in use"),
    "change: in use as given": (
        E(tr(GRAM)),
        replace(SETTING, given=(Y,)),
        change(matrix(Gamma), matrix(Y)),
        "Y is in use",
    ),
    "change: onto itself": (
        E(tr(GRAM)),
        SETTING,
        change(matrix(Gamma).times(2), matrix(Gamma).times(half), Gamma),
        "Gamma is in use",
    ),
    "change: not Gaussian": (
        E(norm2(z)),
        NOISE,
        ChangeVariables(((MatrixSymbol("w", n, 1), matrix(z)),), ((z, matrix(MatrixSymbol("w", n, 1))),)),
        "a change of variables needs Gaussian blocks",
    ),
    "change: wrong inverse": (
        E(tr(GRAM)),
        SETTING,
        change(matrix(Gamma).times(2), matrix(Y)),
        "the inverse given for Gamma does not recover it",
    ),
    "change: singular": (
        E(tr(GRAM)),
        SETTING,
        change(parse_matrix(mul(Gamma, A)), parse_matrix(mul(Y, B))),
        "the inverse given for Gamma does not recover it",
    ),
    "change: replaces what is given": (
        E(tr(mul(GRAM, A))),
        SETTING,
        ChangeVariables(((Y, matrix(Gamma)),), ((Gamma, matrix(Y)), (A, matrix(A).times(2)))),
        "the inverse given for A does not recover it",
    ),
    "change: replaces what is untouched": (
        E(tr(mul(T(Gamma), H))),
        SETTING,
        ChangeVariables(((Y, matrix(Gamma)),), ((H, matrix(Y)),)),
        "the inverse given for H does not recover it",
    ),
    "change: of another shape": (
        E(tr(GRAM)),
        SETTING,
        change(matrix(Gamma), matrix(Y), MatrixSymbol("Y", n, d)),
        "Y is defined as something of another shape",
    ),
    "change: covariance unknown": (
        E(tr(GRAM)),
        replace(SETTING, given=(MatrixSymbol("Y_0", m, d),)),
        change(matrix(Gamma) + matrix(MatrixSymbol("Y_0", m, d))),
        "covariance unknown",
    ),
    "rename: another law": (E(tr(mul(T(D), D))), KNOWN, Rename(D, Gamma), "not known to have the law of"),
    "rename: unknown": (E(tr(GRAM)), SETTING, Rename(Gamma, NEW), "New has no law"),
    "rename: another shape": (
        E(tr(mul(T(G), G))),
        replace(SETTING, blocks=(*SETTING.blocks, standard(G))),
        Rename(G, Gamma),
        "not known to have the law of",
    ),
    "rename: rest depends on the old": (
        E(tr(mul(T(D), Gamma, A))),
        replace(KNOWN, definitions=((D, matrix(Gamma)),)),
        Rename(Gamma, H),
        "D is not independent of Gamma and H",
    ),
    "rename: rest depends on the new": (
        E(tr(mul(T(Gamma), H, A))),
        SETTING,
        Rename(Gamma, H),
        "H is not independent of Gamma and H",
    ),
    "rename: outside": (tr(GRAM), SETTING, Rename(Gamma, H), "does not occur in an expectation"),
    "rotate: no definition": (tr(GramInverse(Gamma)), TURNED, Rotate(Gamma), "not defined as a matrix times"),
    "rotate: a factor": (
        tr(GRAM),
        replace(TURNED, definitions=((D, parse_matrix(mul(Gamma, Q)).times(2)),)),
        Rotate(D),
        "not defined as a matrix times a rotation",
    ),
    "rotate: not orthogonal": (tr(GRAM), KNOWN, Rotate(D), "A is not known to be orthogonal"),
    "rotate: does not occur": (tr(GRAM), TURNED, Rotate(D), "the inverse of D does not occur"),
    "fold: no name": (tr(mul(T(C), C)), gaussian_conditioning.SETTING, Fold(d_sw), "not the name of"),
    "fold: does not occur": (tr(mul(C, A_sw)), FEATURES, Fold(d_sw), "does not occur"),
    "cite: unknown claim": (E(tr(GRAM)), SETTING, Cite("no-such-claim"), "there is no claim no-such-claim"),
    "cite: nothing to": (E(tr(GramInverse(Gamma))), SETTING, Cite("noise-energy"), "nothing matches"),
    "cite: no such part": (
        E(tr(mul(GramInverse(Gamma), A))),
        SETTING,
        Cite("wishart-inverse-mean", 7),
        "nothing matches",
    ),
    "cite: only a law": (E(tr(GRAM)), SETTING, Cite("bartlett"), "nothing matches"),
    "cite: a limit": (E(tr(GRAM)), SETTING, Cite("w2s-variance-leading-order"), "a limit is no equation"),
    "cite: rest not independent": (
        E(tr(mul(GramInverse(Gamma), A)) * tr(mul(GRAM, B))),
        replace(SETTING, hypotheses=(m - d - 3, m, d)),
        Cite("wishart-inverse-mean"),
        "the rest of the expectation is not independent of Gamma",
    ),
    "cite: given not independent": (
        E(tr(mul(GramInverse(Gamma), GRAM, GRAM))),
        replace(SETTING, hypotheses=(m - d - 3, m, d)),
        Cite("wishart-inverse-mean"),
        "the rest of the expectation is not independent of Gamma",
    ),
    "cite: dependence hidden in a definition": (
        E(tr(mul(GramInverse(Gamma), T(D), D))),
        replace(KNOWN, hypotheses=(m - d - 3, m, d)),
        Cite("wishart-inverse-mean"),
        "the rest of the expectation is not independent of Gamma",
    ),
    "cite: hypothesis": (
        E(tr(mul(GramInverse(Gamma), T(Gamma), OTHER))),
        replace(SETTING, hypotheses=(m - d, m, d), given=(OTHER,)),
        Cite("wishart-inverse-mean"),
        "a hypothesis of the lemma needs -d + m - 1 > 0",
    ),
    "cite: covariance": (
        E(tr(mul(T(MatrixSymbol("Z", n, 1)), M, MatrixSymbol("Z", n, 1)))),
        NOISE,
        Cite("noise-energy"),
        "the covariance of Z and Z is not the lemma's",
    ),
    "isotropy: law": (
        E(tr(mul(T(D), D, A))),
        replace(UNIT, definitions=KNOWN.definitions),
        Isotropy(D, e),
        "D is not rotationally invariant",
    ),
    "isotropy: unit": (E(tr(mul(GRAM, A))), SETTING, Isotropy(Gamma, u), "u is not known to be a unit"),
    "isotropy: two traces": (
        E(tr(mul(GRAM, A)) * tr(GRAM)),
        UNIT,
        Isotropy(Gamma, e),
        "the rule needs one expectation of tr(f(Γ)A) with a fixed A",
    ),
    "isotropy: A random": (
        E(tr(mul(GRAM, T(H), H))),
        UNIT,
        Isotropy(Gamma, e),
        "with a fixed A",
    ),
    "isotropy: f not of W": (E(tr(mul(GRAM, A, GRAM, A))), UNIT, Isotropy(Gamma, e), "with a fixed A"),
    "integrate: another law": (E(tr(GramInverse(Gamma))), SETTING, Integrate(Gamma), "not a standard normal"),
    "integrate: another expectation": (E(norm2(x)), CHI, Integrate(x), "integrates E 1/(xᵀx) alone"),
    "limit: random": (E(tr(GRAM)), SETTING, analysis.Limit(m), "deterministic expressions only"),
    "limit: random outside": (tr(GRAM), SETTING, analysis.Limit(m), "deterministic expressions only"),
    "limit: a growing matrix": (tr(A_m) / m, SETTING, analysis.Limit(m), "a size that grows with m"),
    "limit: infinite": (N * tr(A), replace(SETTING, hypotheses=()), analysis.Limit(N), "no finite limit"),
    "limit: hypotheses": (1 / N, Setting(hypotheses=(d - N,)), analysis.Limit(N), "do not hold for large N"),
    "limit: order": (1 + 1 / N, Setting(), analysis.Limit(N, 2), "no finite limit"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_rule_refuses_and_names_the_side_condition(name: str) -> None:
    statement, setting, rule, why = REFUSALS[name]
    with refused(why):
        start(statement, setting).by(rule)


def test_contraction_looks_at_each_term_before_like_ones_are_combined() -> None:
    """Two terms that are infinite do not become zero because they have opposite signs."""
    infinite = Term(ONE, (), (((W, Factor(u), Factor(u).T),),))
    with refused("the integrability of Gamma^(-2)"):
        replace(SETTING, hypotheses=(m - d, m, d)).normal(
            Expression((infinite, infinite._replace(coefficient=-ONE)))
        )


# ------------------------------------------------------------ rules of analysis and their evidence


def test_equations_start_alike_and_stay_in_the_setting() -> None:
    gram, other = start(E(tr(mul(GRAM, A)))), start(E(tr(mul(GRAM, B))))
    with refused("must start alike"):
        gram.by(two(gram, other))
    elsewhere = start(E(tr(mul(GRAM, A))), replace(SETTING, hypotheses=(m - d - 3, m, d)))
    with refused("must end in the setting in force"):
        gram.by(two(gram, elsewhere))
    renamed = gram.by(change(matrix(Gamma).times(2), matrix(Y).times(half)))
    with refused("must end in the setting in force"):
        gram.by(two(gram, renamed))


def test_equations_have_to_determine_what_is_asked() -> None:
    p = start(E(tr(mul(GramInverse(Gamma), A))))
    with refused("1 equations do not determine 0 expectations"):
        p.by(two(p, p))
    gram = start(E(tr(mul(GramInverse(Gamma), GRAM, A))))
    parts = gram.by(Contract(Gamma, 1)).by(Cancel(Gamma))
    with refused("an expectation is left"):
        start(E(tr(mul(GramInverse(Gamma), B)))).by(two(gram.by(Cancel(Gamma)), parts))
    both = Solve(((gram.by(Cancel(Gamma)), parts), (gram.by(Cancel(Gamma)), parts)))
    with refused("2 equations do not determine 1 expectations"):
        p.by(both)


def test_equations_are_solved_only_where_the_determinant_is_shown_nonzero() -> None:
    goal = start(E(tr(mul(GRAM, A))))
    for factor, shown in ((m - 5, False), (m - d - 1, True), (d - m, True), (m - d - 2, False)):
        p = start(factor * E(tr(mul(GRAM, A))))
        rule = two(p, p.by(Contract(Gamma)))
        if shown:
            assert goal.by(rule).end == goal.by(Contract(Gamma)).end
        else:
            with refused("is not 0, which is not shown"):
                goal.by(rule)


def test_infinite_expectations_are_not_subtracted() -> None:
    setting = Setting((standard(Gamma),), (m - d - 1,), (u,), extended=True)
    p = begin(E(tr(mul(T(u), GramInverse(Gamma), u))), setting, BOOK)
    with refused("expectations that may be infinite cannot be subtracted"):
        p.by(two(p, p))


def test_contraction_of_what_may_be_infinite_is_tonelli_s_or_none() -> None:
    """The mean of a square over a vector that stands in it twice, and is independent of the rest."""
    g, h, mixed = (MatrixSymbol(name, m, 1) for name in ("g", "h", "f"))
    eye = matrix(identity(ONE))
    pair = Block((h, mixed), ((eye, eye), (eye, eye)))
    setting = Setting((standard(g), pair, standard(Gamma)), (m - d + 1, m, d), (u,), extended=True)

    def energy(vector: sp.MatrixExpr) -> Derivation:
        return begin(E(norm2(vector)), setting, BOOK)

    assert energy(mul(Pinv(Gamma), g)).by(Contract(g)).end == parse(E(norm2(Pinv(Gamma))))
    assert energy(mul(Pinv(Gamma), h)).by(Contract(h)).end == parse(E(norm2(Pinv(Gamma))))
    cases = (
        (energy(mul(Pinv(Gamma), g, T(g), g)), g),  # it stands there four times
        (energy(mul(Pinv(Gamma), h, T(mixed), g)), h),  # or another of its block does
        (
            begin(
                E(tr(mul(T(u), GramInverse(Gamma), T(Gamma), Gamma, GramInverse(Gamma), u))), setting, BOOK
            ),
            Gamma,
        ),
    )
    for p, symbol in cases:
        with refused("the integrability of Gamma"):
            p.by(Contract(symbol))
    with refused("the integrability of Gamma"):
        energy(mul(Pinv(Gamma), h) + u)  # terms of which some may be of either sign


def test_the_evidence_of_a_quadratic_form_is_checked() -> None:
    setting, g = residual_chi_square.SETTING, residual_chi_square.g
    p = begin(E(tr(mul(T(e), GramInverse(Gamma), e))), setting, BOOK)
    one, other = residual_chi_square.two_ways(p)
    assert p.by(IdempotentForm(((one, other),), g)).end.terms
    cases: list[tuple[Derivation, Derivation, MatrixSymbol, str]] = [
        (other, other, g, "the first derivation must end in 1"),
        (one, one, g, "g is not a standard normal vector"),
        (one, other, Gamma, "not a standard normal vector"),
        (p, other, g, "must start alike"),
        (replace(one, steps=()), replace(other, steps=()), g, "must be pathwise"),
    ]
    for first, second, vector, why in cases:
        with refused(why):
            p.by(IdempotentForm(((first, second),), vector))
    elsewhere = replace(setting, hypotheses=(m - d + 5, m, d))
    moved = replace(other, setting=elsewhere)
    with refused("in the setting in force"):
        p.by(IdempotentForm(((one, moved),), g))
    with refused("is not what the expectation at hand is of"):
        begin(2 * E(tr(mul(T(e), GramInverse(Gamma), e))), setting, BOOK).by(
            IdempotentForm(((one, other),), g)
        )
    with refused("Gamma is in use"):
        p.by(IdempotentForm(((one, other),), g, "Gamma"))


D1 = MatrixSymbol("D_1", m, 1)


def pretend(start: Derivation, end: sp.Expr, kind: str = PATHWISE) -> Derivation:
    """A derivation with some end that no rule gave, to try what a rule does with evidence."""
    after = start.setting.normal(parse(end))
    return replace(start, steps=(Step(Cancel(Gamma), "", kind, start.start, after, start.setting),))


def test_only_a_projection_independent_of_a_standard_vector_makes_a_chi_square() -> None:
    g, h, b, p_m = (MatrixSymbol(name, m, 1) for name in ("g", "h", "b", "p"))
    wide = Block((h,), ((matrix(identity(ONE)).times(4),),))
    projection = ((Factor(p_m).T, Factor(p_m)), matrix(identity(ONE)))
    setting = Setting(
        (standard(g), standard(Gamma), wide),
        (m - d + 1, m, d),
        (A_m, b, p_m),
        (projection,),
        definitions=((D1, matrix(g)),),
        extended=True,
    )
    p = begin(E(tr(GramInverse(g))), setting, BOOK)
    start_ = begin(tr(A_m), setting, BOOK)
    one = pretend(start_, ONE)
    good = mul(Gamma, GramInverse(Gamma), T(Gamma))
    cases = (
        (g, good, ""),
        (h, good, "h is not a standard normal vector"),
        (g, mul(D1, GramInverse(D1), T(D1)), "the matrix of the quadratic form is not independent of g"),
        (g, A_m, "the matrix of the quadratic form is not a projection"),
        (g, mul(b, T(b)), "the matrix of the quadratic form is not a projection"),
    )
    for vector, form, why in cases:
        other = pretend(start_, tr(GramInverse(g)) * tr(mul(T(vector), form, vector)))
        rule = IdempotentForm(((one, other),), vector)
        if why:
            with refused(why):
                p.by(rule)
        else:
            assert p.by(rule).conclusion == E(tr(GramInverse(MatrixSymbol("x", d, 1))))


def test_an_integral_is_taken_only_where_it_converges() -> None:
    loose = Setting((standard(x),), (k,), extended=True)
    with refused("the convergence of the integral needs"):
        begin(E(tr(GramInverse(x))), loose, BOOK).by(Integrate(x))


def test_kinds_say_how_a_step_can_be_tested() -> None:
    assert start(tr(mul(GramInverse(Gamma), GRAM, A))).by(Cancel(Gamma)).kind == PATHWISE
    assert start(E(tr(GRAM))).by(Contract(Gamma)).kind == IN_EXPECTATION
    assert start(tr(A)).kind == SCALAR
    assert begin(1 + 1 / N, Setting(), BOOK).by(analysis.Limit(N)).kind == LIMIT
    pinv = start(E(tr(mul(Pinv(Gamma), Gamma, A)) * tr(GRAM)))
    assert pinv.by(Cite("gram-pseudoinverse", 0)).kind == PATHWISE
    assert start(E(tr(mul(GramInverse(Gamma), A)))).by(Cite("wishart-inverse-mean", 0)).kind == IN_EXPECTATION
