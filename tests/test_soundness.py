"""Attempts to prove what is false with public calls: each was possible once, or nearly."""

from dataclasses import replace

import sympy as sp
from sympy import MatrixSymbol

from derivations.claims import Claim
from derivations.core.cite import Cite
from derivations.core.derivation import Derivation, begin, replay
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
from derivations.core.laws import Block, Setting, frame, standard
from derivations.core.rules import (
    ChangeVariables,
    Contract,
    Expand,
    Fold,
    Independent,
    Relate,
)
from derivations.core.words import (
    Expression,
    Factor,
    MatrixSum,
    Term,
    matrix,
)
from derivations.lemmas import orthogonal_invariance, residual_chi_square
from derivations.notation import (
    RESIDUAL,
    W2S,
    C,
    Gamma,
    Gamma_lab,
    Gamma_w,
    R,
    d,
    d_s,
    d_w,
    fresh_s,
    m,
    n,
    z,
)
from tests.small import (
    BOOK,
    CHI,
    EYE,
    FEATURES,
    GRAM,
    ONE,
    SETTING,
    TURNED,
    UNIT,
    A,
    A_m,
    A_w,
    B,
    B_w,
    D,
    G,
    H,
    K,
    Q,
    X,
    Y,
    book,
    change,
    claim,
    e,
    equal,
    half,
    refused,
    start,
    u,
    x,
)


def cite(lemma: Claim, statement: sp.Expr, setting: Setting) -> Derivation:
    """Cite a claim that the core has accepted, so that a falsehood would be the citation's."""
    made = book(lemma)
    made.theorem(lemma.id)
    return begin(statement, setting, made).by(Cite(lemma.id))


def test_a_factor_of_the_cited_side_is_not_ignored() -> None:
    lemma = claim("two", equal(m * E(tr(mul(GRAM, A))), m**2 * tr(A), SETTING, Contract(Gamma)))
    setting = Setting((standard(G),), (n, d_w), (A_w,))
    with refused("without a factor can be cited"):
        cite(lemma, E(tr(mul(T(G), G, A_w))), setting)


def test_traces_and_further_expectations_of_the_cited_side_are_not_ignored() -> None:
    outside = claim("out", equal(tr(B) * E(tr(mul(GRAM, A))), m * tr(A) * tr(B), SETTING, Contract(Gamma)))
    with refused("only one expectation, or an identity between traces"):
        cite(outside, E(tr(mul(GRAM, A))), SETTING)
    square = claim(
        "sq", equal(E(tr(mul(GRAM, A))) ** 2, m**2 * tr(A) ** 2, SETTING, Contract(Gamma), Contract(Gamma))
    )
    with refused("only one expectation, or an identity between traces"):
        cite(square, E(tr(mul(GRAM, A))), SETTING)
    scalar = claim("one", equal(ONE, ONE, SETTING))
    with refused("only one expectation, or an identity between traces"):
        cite(scalar, E(tr(mul(GRAM, A))), SETTING)


def test_a_product_of_expectations_is_not_put_under_one() -> None:
    wide = replace(SETTING, given=(A, B))
    lemma = claim(
        "apart",
        equal(
            E(tr(mul(GRAM, A)) * tr(mul(T(H), H, B))),
            E(tr(mul(GRAM, A))) * E(tr(mul(T(H), H, B))),
            wide,
            Independent(),
        ),
    )
    with refused("a product of expectations on its right cannot be cited"):
        cite(lemma, E(tr(mul(GRAM, A)) * tr(mul(T(H), H, B))), wide)


E_1 = residual_chi_square.E1
f1, f2 = MatrixSymbol("f_1", d, 1), MatrixSymbol("f_2", d, 1)
ZERO = MatrixSum((), (ONE, ONE))


def test_relations_of_unbound_letters_have_to_hold() -> None:
    """ff' = I - gg' and g'g = 0 give f'f = d; that is not so for every f."""
    relations = (
        ((Factor(f1), Factor(f1).T), EYE + parse_matrix(mul(f2, T(f2))).times(-1)),
        ((Factor(f2).T, Factor(f2)), ZERO),
    )
    setting = Setting((), (d,), (f1, f2), relations)
    lemma = claim("length", equal(tr(mul(T(f1), f1)), d, setting, Relate()))
    plain = Setting((), (d,), (f1, u))
    with refused("has no counterpart here"):
        cite(lemma, tr(mul(T(u), u)), plain)
    with refused("a relation between the lemma's given matrices is not known here"):
        cite(lemma, tr(mul(T(u), u)), replace(plain, given=(f1, f2, u)))


def test_only_what_exists_may_stay_unbound() -> None:
    """A unit vector has a basis around it; a vector that need not be one has none."""
    setting = replace(SETTING, given=(A, e, E_1), relations=frame(e, E_1))
    lemma = claim("basis", equal(tr(mul(T(e), e)), 1, setting, Relate()))
    assert cite(lemma, tr(mul(T(e), e)), UNIT).end.scalar == 1
    with refused("a relation between the lemma's given matrices is not known here"):
        cite(lemma, tr(mul(T(u), u)), SETTING)
    fewer = replace(setting, relations=frame(e, E_1)[1:])  # that e is a unit vector goes unsaid
    other = claim("basis", equal(E(tr(mul(T(e), GRAM, e))), m * tr(mul(T(e), e)), fewer, Contract(Gamma)))
    with refused("E_1 of the lemma has no counterpart here"):
        cite(other, E(tr(mul(T(u), GRAM, u))), SETTING)


SYMMETRIC = (((Factor(K).T,), matrix(K)),)
WITH_K = Setting((Block((Gamma,), ((matrix(K),),)),), (m, d), (A, B, K), SYMMETRIC)
FOUR = Setting((Block((Gamma,), ((EYE.times(4),),)), standard(H)), (m, d), (A, B))


def test_relations_of_a_free_covariance_have_to_hold() -> None:
    setting = replace(WITH_K, relations=(*SYMMETRIC, ((Factor(K), Factor(K)), matrix(K))))
    lemma = claim(
        "projection",
        equal(
            E(tr(mul(T(Gamma), A_m, Gamma, K))),
            tr(A_m) * tr(K),
            replace(setting, given=(*setting.given, A_m)),
            Contract(Gamma),
            Relate(),
        ),
        equal(E(tr(mul(GRAM, GRAM))), E(tr(mul(GRAM, GRAM))), setting),
    )
    made = book(lemma)
    made.theorem("projection")
    with refused("a relation between the lemma's given matrices is not known here"):
        begin(E(tr(mul(GRAM, GRAM))), FOUR, made).by(Cite("projection", 1))


def test_one_letter_is_one_covariance() -> None:
    setting = replace(WITH_K, blocks=(*WITH_K.blocks, Block((H,), ((matrix(K),),))))
    lemma = claim(
        "both",
        equal(
            E(tr(mul(GRAM, A, T(H), H, B))),
            m**2 * tr(mul(K, A, K, B)),
            setting,
            Contract(Gamma),
            Contract(H),
        ),
    )
    with refused("is not the lemma's"):
        cite(lemma, E(tr(mul(GRAM, A, T(H), H, B))), FOUR)


q = sp.Symbol("q", nonnegative=True)


def test_a_named_trace_is_that_of_the_matrix_itself() -> None:
    """With square C a free cross-covariance could be anything, but q is tr CᵀC of C."""
    cross = MatrixSymbol("C_x", d, d)
    block = Block((Gamma, H), ((EYE, matrix(cross)), (matrix(cross).T, EYE)))
    setting = Setting((block,), (m, d), (cross, A), names=((q, (Factor(cross).T, Factor(cross))),))
    lemma = claim(
        "named",
        equal(E(tr(mul(T(Gamma), H, T(cross)))), m * q, setting, Contract(Gamma), Fold(q)),
        equal(E(tr(mul(T(Gamma), H, T(H), Gamma))), E(tr(mul(T(Gamma), H, T(H), Gamma))), setting),
    )
    made = book(lemma)
    made.theorem("named")
    apart = replace(SETTING, given=(cross, A), names=setting.names)
    for part in (0, 1):
        with refused("q is the name of another trace"):
            begin(lemma.parts[part].left, apart, made).by(Cite("named", part))


def test_d_sw_means_the_overlap_of_the_theory() -> None:
    other = MatrixSymbol("C_2", d_s, d_w)
    inside = mul(fresh_s, other, Pinv(Gamma_lab), z)
    setting = replace(W2S, given=(*W2S.given, other))
    with refused("d_sw is the name of another trace"):
        begin(E(norm2(inside)), setting, BOOK).by(Cite("w2s-variance-inherited", 1))
    with refused("d_sw does not mean the same here"):
        begin(E(norm2(mul(fresh_s, C, Pinv(Gamma_lab), z))), replace(W2S, names=()), BOOK).by(
            Cite("w2s-variance-inherited", 1)
        )


def test_sizes_do_not_capture_each_other() -> None:
    """The lemma's letters are its own: m and d of the lemma are not those of the citing claim."""
    wide = MatrixSymbol("Wide", d + m, m)
    setting = Setting((standard(wide),), (d - 1,), (A_m,))
    made = begin(E(tr(mul(GramInverse(wide), A_m))), setting, BOOK).by(Cite("wishart-inverse-mean"))
    assert made.conclusion == sp.factor(tr(A_m) / (d - 1))
    small = MatrixSymbol("Small", m, m + d)
    with refused("full column rank of Small"):
        begin(E(tr(GramInverse(small))), Setting((standard(small),)), BOOK)
    s = MatrixSymbol("s", m - d + 1, 1)
    lemma = Setting((standard(s),), (m - d + 1,))
    with refused("nothing matches"):
        cite(claim("stack", equal(E(norm2(s)), m - d + 1, lemma, Contract(s))), E(norm2(x)), CHI)


def test_hypotheses_are_those_of_the_sizes_bound() -> None:
    with refused("full column rank of Gamma_w"):
        begin(E(tr(GramInverse(Gamma_w))), Setting((standard(Gamma_w),)), BOOK)
    setting = Setting((standard(Gamma),), (d - m,), (A,))
    lemma = claim("small", equal(E(tr(mul(GRAM, A))), m * tr(A), setting, Contract(Gamma)))
    with refused("a hypothesis of the lemma needs d - m > 0"):
        cite(lemma, E(tr(mul(GRAM, A))), SETTING)


def test_sizes_are_positive() -> None:
    """What holds for all sizes need not hold for no columns at all."""
    fewer = MatrixSymbol("Fewer", m, d - 1)
    lemma = claim("moment", equal(E(tr(GRAM)), m * d, Setting((standard(Gamma),)), Contract(Gamma)))
    with refused("a size of the lemma needs d - 1 > 0"):
        cite(lemma, E(norm2(fewer)), Setting((standard(fewer),), (m, d)))
    assert cite(lemma, E(norm2(fewer)), Setting((standard(fewer),), (m, d - 1))).end.scalar == m * (d - 1)


def test_a_random_matrix_has_the_law_of_the_lemma() -> None:
    one = claim("moment", equal(E(tr(mul(GRAM, A))), m * tr(A), SETTING, Contract(Gamma)))
    rough = replace(SETTING, blocks=(replace(standard(Gamma), gaussian=False),))
    with refused("Gamma is not known to be Gaussian"):
        cite(one, E(tr(mul(GRAM, A))), rough)
    both = claim(
        "moments",
        equal(
            E(tr(mul(GRAM, A)) * tr(mul(T(H), H, B))),
            m**2 * tr(A) * tr(B),
            SETTING,
            Contract(Gamma),
            Contract(H),
        ),
    )
    with refused("is not independent of what it has to be independent of"):
        cite(both, E(tr(mul(GRAM, A)) * tr(mul(T(D), D, A))), TURNED)


def test_a_defined_matrix_is_what_the_lemma_defines() -> None:
    setting = replace(SETTING, definitions=((D, parse_matrix(mul(Gamma, A))),))
    lemma = claim("defined", equal(E(norm2(D)), m * tr(mul(A, T(A))), setting, Expand(D), Contract(Gamma)))
    assert cite(lemma, E(norm2(D)), setting).end == parse(m * tr(mul(A, T(A))))
    with refused("H is not what the lemma defines as D"):
        cite(lemma, E(norm2(H)), SETTING)


TURN = ChangeVariables(((Y, parse_matrix(mul(Gamma, T(Q)))),), ((Gamma, parse_matrix(mul(Y, Q))),))
ORTHOGONAL = orthogonal_invariance.SETTING


def test_a_new_matrix_of_a_pathwise_lemma_is_not_independent_of_its_left_side() -> None:
    """Γ = Γ'Q: citing it once in E tr(ΓX)tr(ΓX) must not make the two factors independent."""
    X = MatrixSymbol("X", d, m)
    setting = replace(ORTHOGONAL, given=(X, Q))
    lemma = claim("turn", equal(tr(mul(Gamma, X)), tr(mul(Y, Q, X)), setting, TURN))
    with refused("Y of the lemma has no counterpart here"):
        cite(lemma, E(tr(mul(Gamma, X)) ** 2), setting)


def test_a_new_matrix_of_a_lemma_is_not_independent_of_the_rest_of_its_right_side() -> None:
    """A change of variables leaves W⁻¹ of the old matrix, which depends on the new one."""
    X = MatrixSymbol("X", m, d)
    setting = replace(ORTHOGONAL, given=(X, Q))
    statement = E(tr(mul(GramInverse(Gamma), T(Gamma), X)))
    lemma = claim("turn", equal(statement, E(tr(mul(GramInverse(Gamma), T(Q), T(Y), X))), setting, TURN))
    with refused("Y of the lemma is not independent of the rest of its right side"):
        cite(lemma, statement, setting)


def test_a_new_variable_of_a_defined_matrix_is_not_independent_of_what_defines_it() -> None:
    same = replace(SETTING, definitions=((D, matrix(Gamma)),))
    p = begin(E(tr(mul(T(D), Gamma, A))), same, BOOK)
    changed = p.by(ChangeVariables(((Y, matrix(D)),), ((Gamma, matrix(Y)),)))
    assert changed.by(Expand(D)).by(Expand(Gamma)).by(Contract(Y)).conclusion == m * tr(A)
    kept = p.by(ChangeVariables(((Y, matrix(D)),), ()))  # Γ stays, and is Y
    assert kept.in_force.block(Y) == kept.in_force.block(Gamma) is not None
    assert kept.by(Expand(D)).by(Contract(Gamma)).end == p.by(Expand(D)).by(Contract(Gamma)).end


def test_all_members_of_a_touched_block_keep_their_joint_law() -> None:
    p = begin(E(tr(mul(T(R), Gamma_w, B_w))), FEATURES, BOOK).by(Expand(R))
    kept = ChangeVariables(RESIDUAL, ())  # R added, both Γ kept
    one = begin(E(tr(mul(T(R), Gamma_w, B_w))), FEATURES, BOOK).by(kept).by(Contract(R))
    assert one.end == p.by(Contract(Gamma_w)).end


def test_names_given_twice_do_not_make_matrices_independent() -> None:
    p = begin(E(tr(mul(T(Gamma), Gamma, A))), SETTING, BOOK)
    first = p.by(change(matrix(Gamma).times(2), matrix(Y).times(half)))
    with refused("Y is in use"):
        first.by(ChangeVariables(((Y, matrix(H)),), ((H, matrix(Y)),)))
    with refused("Gamma is in use"):
        first.by(ChangeVariables(((Gamma, matrix(H)),), ((H, matrix(Gamma)),)))


def test_entries_of_random_matrices_are_no_constants() -> None:
    for statement in (E(Gamma[0, 0] * tr(mul(T(Gamma), A_m, Gamma))), E(tr(mul(tr(GRAM), A)))):
        with refused("is not an expression in scalars"):
            start(statement)
    entry = Derivation(Expression((Term(Gamma[0, 0], (), (((X, X.T),),)),)), SETTING, BOOK)
    with refused("is not an expression in scalars"):
        replay(entry, BOOK)
