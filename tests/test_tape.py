"""Expressions lowered to tapes, against the raw statements and against plain NumPy at the same draws."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from sympy import Identity, MatrixSymbol

from derivations.core.language import E, GramInverse, Pinv, T, mul, norm2, parse, parse_matrix, tr
from derivations.core.laws import Setting, standard
from derivations.core.words import Expression, MatrixSum, matrix
from derivations.notation import (
    W2S,
    C,
    Gamma,
    Gamma_lab,
    Gamma_s,
    Gamma_w,
    N,
    R,
    d,
    d_sw,
    d_w,
    fresh_s,
    m,
    n,
    sigma2,
    z,
)
from derivations.points import Point, point
from verify import kernels, machine, raw
from verify.environment import environment
from verify.streams import generator
from verify.tape import Tape, lower

A, B = MatrixSymbol("A", d, d), MatrixSymbol("B", m, m)
PLAIN = Setting((standard(Gamma),), given=(A, B))
SMALL = point(m=7, d=3)
STUDENT = E(norm2(mul(fresh_s, Pinv(Gamma_s), Gamma_w, Pinv(Gamma_lab), z)))
GENERIC = point(n=8, N=10, d_s=4, d_w=3, sigma2="1/3", overlaps=("9/10", "1/2"))


def w2s(*sides: sp.Expr, where: Point = GENERIC, copies: int = 1) -> Tape:
    return lower([parse(side) for side in sides], W2S, (), environment(W2S, where), copies)


def plain(*sides: sp.Expr, where: Point = SMALL, setting: Setting = PLAIN) -> Tape:
    return lower([parse(side) for side in sides], setting, (), environment(setting, where))


def z_score(values: np.ndarray, expected: float) -> float:
    return float((values.mean() - expected) / (values.std(ddof=1) / len(values) ** 0.5))


# ------------------------------------------------------------------- against the raw statement

SUM = sp.MatAdd(mul(A, Gamma.T, Gamma), mul(sp.Integer(2), A, T(A)), evaluate=False)
STATEMENTS = {
    "trace": tr(mul(T(Gamma), Gamma, A)),
    "single symbol": tr(A),
    "identity": tr(Identity(d)) * tr(A),
    "inverse": E(tr(mul(GramInverse(Gamma), A, GramInverse(Gamma), T(A)))),
    "single inverse": E(tr(GramInverse(Gamma))),
    "pseudo-inverse": E(tr(mul(Pinv(Gamma), B, Gamma, A))),
    "transposed pseudo-inverse": E(tr(mul(T(Pinv(Gamma)), A, T(Gamma)))),
    "palindrome": E(norm2(mul(B, Gamma, A))),
    "sums": 3 * tr(SUM) - m * E(tr(mul(Gamma, A, T(Gamma)))) / 2,
    "product of traces": E(tr(mul(T(Gamma), Gamma)) * tr(mul(GramInverse(Gamma), A))),
    "product of expectations": E(tr(mul(T(Gamma), Gamma))) * E(tr(mul(T(Gamma), Gamma, A))),
    "three factors": E(tr(mul(Gamma, T(Gamma)))) ** 2 * E(tr(mul(T(Gamma), Gamma, A))) - E(tr(A)) ** 3,
    "outside and inside": tr(mul(T(Gamma), Gamma, A)) * E(tr(mul(T(Gamma), Gamma))),
}


@pytest.mark.parametrize("where", [SMALL, point(m=3, d=3), point(m=9, d=1)], ids=lambda p: p.label)
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_normal_form_agrees_with_the_statement(name: str, where: Point) -> None:
    found = raw.door(STATEMENTS[name], PLAIN, environment(PLAIN, where), trials=4)
    assert found.agrees
    assert np.all(found.tolerance < 1e-6 * (1 + np.abs(found.raw)) * 10 ** (6 * (where["m"] == where["d"])))


WIDE = {"wide": E(norm2(mul(Pinv(Gamma), B))), "wide, transposed": E(tr(mul(Pinv(Gamma), B, Gamma, A)))}


@pytest.mark.parametrize("name", WIDE)
def test_pseudo_inverses_of_wide_matrices_agree(name: str) -> None:
    assert raw.door(WIDE[name], PLAIN, environment(PLAIN, point(m=3, d=6)), trials=4).agrees


@pytest.mark.parametrize(
    "statement",
    [
        STUDENT,
        E(norm2(mul(Gamma_s, Pinv(Gamma_s), R, Pinv(Gamma_lab), z))),
        E(tr(mul(T(R), Gamma_s, GramInverse(Gamma_s), C))) - d_sw * E(norm2(z)),
    ],
)
def test_statements_of_the_theory_agree(statement: sp.Expr) -> None:
    assert raw.door(statement, W2S, environment(W2S, GENERIC), trials=4).agrees


def test_a_summand_dropped_at_the_door_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "parse", lambda x: Expression(parse(x).terms[:-1]))
    assert not raw.door(STATEMENTS["sums"], PLAIN, environment(PLAIN, SMALL)).agrees


def test_a_product_of_expectations_is_not_the_expectation_of_the_product(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = E(tr(mul(T(Gamma), Gamma)) * tr(mul(T(Gamma), Gamma, A)))
    monkeypatch.setattr(raw, "parse", lambda x: parse(together))
    assert not raw.door(STATEMENTS["product of expectations"], PLAIN, environment(PLAIN, SMALL)).agrees


def test_the_raw_evaluator_knows_what_it_does_not_know() -> None:
    algebra = raw.floats(environment(PLAIN, SMALL))
    values = {Gamma: np.ones((7, 3)), A: np.eye(3)}
    for bad in (sp.sqrt(tr(A)), 1 / tr(A), sp.log(tr(A)), tr(mul(A, A) ** 2), tr(MatrixSymbol("X", d, d))):
        with pytest.raises(ValueError, match=r"may not contain|no value for"):
            raw.evaluate(bad, [values], algebra)
    with pytest.raises(ValueError, match="2 draws are too few for 3"):
        raw.evaluate(E(tr(A)) ** 2, [values, values], algebra)


# ---------------------------------------------------------------------------- one computation


def test_what_sides_have_in_common_is_computed_once() -> None:
    side = E(tr(mul(GramInverse(Gamma), A, GramInverse(Gamma))))
    alone = plain(side)
    both = plain(side, 2 * side, E(tr(mul(GramInverse(Gamma), GramInverse(Gamma), A))))
    assert len(both.program.operations) == len(alone.program.operations)
    assert both.drawn == alone.drawn == 21


def test_same_means_the_same_results_with_the_same_coefficients() -> None:
    word = mul(T(Gamma), Gamma, A)
    tape = plain(
        E(tr(word)),
        E(tr(mul(T(A), T(Gamma), Gamma))),
        2 * E(tr(word)),
        E(tr(mul(word, A))),
        d * E(tr(word)) / 3,
    )
    assert tape.same(0, 1)  # one is the transpose of the other, turned
    assert not tape.same(0, 2)
    assert not tape.same(0, 3)
    assert tape.same(0, 4)  # d / 3 is 1 here


def test_a_symbol_defined_as_another_is_the_same_but_another_algorithm_is_not() -> None:
    other = MatrixSymbol("X", m, d)
    setting = replace(PLAIN, definitions=((other, matrix(Gamma).times(2)),))
    sides = [E(norm2(mul(B, other, A))), 4 * E(norm2(mul(B, Gamma, A))), E(tr(mul(Pinv(Gamma), B, Gamma)))]
    sides.append(E(tr(mul(GramInverse(Gamma), T(Gamma), B, Gamma))))
    tape = plain(*sides, setting=setting)
    assert tape.same(0, 1)
    assert not tape.same(2, 3)
    values = machine.run(tape, machine.fill(tape, generator(0), 64))
    assert values[:, 2] == pytest.approx(values[:, 3], rel=1e-10)
    assert np.any(values[:, 2] != values[:, 3]), "two algorithms, two roundings"


def test_products_are_formed_in_a_cheap_order() -> None:
    where = point(n=50, N=200, d_s=2, d_w=2, sigma2=1)
    tape = w2s(STUDENT, E(norm2(mul(Gamma_s, Pinv(Gamma_s), Gamma_w))), where=where)
    assert tape.program.extents[:, 1].max() == 400, "nothing of size N x N or N x n"


def multiplications(tape: Tape) -> int:
    """Multiplications per draw in products and in traces of products."""
    total = 0
    for row in tape.program.operations[tape.program.fixed :]:
        if row[kernels.OP] in (kernels.MULTIPLY, kernels.TRACE_PRODUCT):
            columns = row[kernels.COLS] if row[kernels.OP] == kernels.MULTIPLY else 1
            total += int(row[kernels.ROWS] * row[kernels.INNER] * columns)
    return total


def test_cyclic_products_are_cut_where_it_is_cheapest() -> None:
    tape = plain(E(tr(mul(B, Gamma, A, A, A, T(Gamma)))), where=point(m=30, d=2))
    assert multiplications(tape) == 30 * 30 * 2 + 2 * 30 * 2 + 2 * 2, "BΓ and ΓᵀBΓ; A³ is fixed"


def test_what_is_there_twice_in_a_trace_is_paid_once() -> None:
    tape = plain(E(norm2(mul(Gamma, A, T(Gamma), B, Gamma))), where=point(m=20, d=10))
    gram, sandwich = 20 * 20 * 10 + 20 * 10 * 10, 3 * 20 * 10 * 10
    assert multiplications(tape) <= gram + sandwich


def test_deterministic_sides_are_told_and_cost_nothing_per_draw() -> None:
    tape = w2s(STUDENT, sigma2 * tr(mul(T(C), C)), sigma2 * d_sw)
    assert [tape.deterministic(i) for i in range(3)] == [False, True, True]
    assert tape.program.fixed == 1
    draws = machine.fill(tape, generator(0), 2 * tape.lanes)
    values = machine.run(tape, draws)
    assert values[:, 1:3] == pytest.approx(1.06 / 3, rel=1e-14)
    assert np.array_equal(values[tape.lanes :], machine.run(tape, draws[1:])), "no block is taken for another"


def test_the_slots_of_results_are_used_again() -> None:
    square = mul(T(Gamma), Gamma)
    tape = plain(E(tr(mul(square, A, square, A, square, A, A, square))))
    p = tape.program
    results = p.extents[p.leaves :, 1].sum()
    assert p.scratch - p.extents[: p.leaves, 1].sum() < results


# ------------------------------------------------------------------------------ where symbols come from


def test_what_is_drawn_is_never_computed_from_a_definition() -> None:
    zero = parse_matrix(Gamma_w).times(0)
    sides = [parse(E(norm2(Gamma_w))), parse(E(norm2(R)))]
    env = environment(W2S, GENERIC)
    honest = lower(sides, W2S, (), env)
    changed = lower(sides, W2S, ((Gamma_w, zero), (C, zero), (W2S.blocks[2].draws[0][0], zero)), env)
    draws = machine.fill(honest, generator(1), 64)
    assert np.array_equal(machine.run(honest, draws), machine.run(changed, draws))


def test_the_first_definition_counts_and_comes_before_the_laws_of_extra_blocks() -> None:
    x, y = MatrixSymbol("X", m, d), MatrixSymbol("Y", m, d)
    definitions = ((x, matrix(Gamma).times(3)), (x, matrix(Gamma).times(5)))
    sides = [parse(E(norm2(s))) for s in (Gamma, x, y)]
    env = environment(PLAIN, SMALL)
    tape = lower(sides, PLAIN, definitions, env, extra_blocks=(standard(x), standard(y)))
    assert [draw.symbol for draw in tape.draws] == [Gamma, y]
    values = machine.run(tape, machine.fill(tape, generator(2), 64))
    assert values[:, 1] == pytest.approx(9 * values[:, 0], rel=1e-14)


def test_definitions_that_are_sums_products_and_zero() -> None:
    total, nothing = MatrixSymbol("S", m, d), MatrixSymbol("O", m, d)
    definitions = (
        (total, parse_matrix(mul(Gamma, A)).times(-m) + parse_matrix(mul(B, Gamma)) + matrix(Gamma)),
        (nothing, MatrixSum((), (m, d))),
    )
    sides = [parse(E(tr(mul(T(Gamma), total)))), parse(E(norm2(nothing + Gamma)))]
    env = environment(PLAIN, SMALL)
    tape = lower(sides, PLAIN, definitions, env)
    draws = machine.fill(tape, generator(3), 1)
    g, a, b = machine.unpack(tape, draws, 0)[0][Gamma], env.matrices[A], env.matrices[B]
    expected = [np.sum(g * (b @ g - 7 * g @ a + g)), np.sum(g * g)]
    assert machine.run(tape, draws)[0, :2] == pytest.approx(expected, rel=1e-12)


def _refusals() -> dict[str, tuple[Callable[[], object], str]]:
    x = MatrixSymbol("X", m, d)
    env = environment(PLAIN, SMALL)
    side = [parse(E(norm2(x)))]
    draw = replace(standard(x), draws=((x, "cauchy"),))
    copied = replace(standard(x), copies=1)
    circle = ((x, parse_matrix(mul(x, A))),)
    return {
        "unknown": (lambda: lower(side, PLAIN, (), env), "X is neither drawn, given nor defined"),
        "circular": (lambda: lower(side, PLAIN, circle, env), "the definition of X is circular"),
        "kind": (lambda: lower(side, Setting((draw,)), (), env), "unknown kind of draw 'cauchy'"),
        "copies": (
            lambda: lower(side, Setting((copied,)), (), env, 4),
            "copies along axis 1, whose length is 3",
        ),
        "no copies": (lambda: lower([], PLAIN, (), env, 0), "copies must be at least 1, not 0"),
        "pole": (lambda: plain(E(norm2(Gamma)) / (m - 2 * d - 1)), "not a finite number"),
        "infinite": (lambda: plain(sp.oo * E(norm2(Gamma))), "not a finite number"),
    }


@pytest.mark.parametrize("name", _refusals())
def test_what_cannot_be_lowered_is_refused(name: str) -> None:
    make, message = _refusals()[name]
    with pytest.raises(ValueError, match=message):
        make()


# ------------------------------------------------------------------------------------- copies


def test_copies_are_averaged_in_every_trace() -> None:
    tape = w2s(
        STUDENT, E(norm2(mul(Gamma_w, Pinv(Gamma_lab), z))), sigma2 * E(tr(GramInverse(Gamma_lab))), copies=5
    )
    assert tape.copies == 5
    env = environment(W2S, GENERIC)
    draws = machine.fill(tape, generator(4), 3)
    for trial in range(3):
        base = machine.unpack(tape, draws, trial)[0]
        columns = {x: v for x, v in base.items() if x.name not in ("z_0", "gamma_s")}
        z_0, gamma = (next(v for x, v in base.items() if x.name == name) for name in ("z_0", "gamma_s"))
        assert (z_0.shape, gamma.shape) == ((8, 5), (5, 4))
        values = raw.complete(columns, W2S, (), env)
        student = np.linalg.pinv(values[Gamma_s]) @ values[Gamma_w] @ np.linalg.pinv(values[Gamma_lab])
        single = [
            [
                (gamma[i] @ student @ z_0[:, j]) ** 2 / 3,
                np.sum((values[Gamma_w] @ np.linalg.pinv(values[Gamma_lab]) @ z_0[:, j]) ** 2) / 3,
            ]
            for i in range(5)
            for j in range(5)
        ]
        assert machine.run(tape, draws)[trial, :2] == pytest.approx(np.mean(single, axis=0), rel=1e-10)


y, beta = MatrixSymbol("y", n, 1), MatrixSymbol("beta", d_w, 1)
NOT_AVERAGED = {
    "once": E(tr(mul(beta.T, T(Gamma_lab), z))),
    "four times": E(tr(mul(z, T(z), z, T(z)))),
    "in two traces": E(norm2(z) * norm2(mul(T(Gamma_lab), z))),
    "outside, in two traces": norm2(z) * norm2(mul(T(Gamma_lab), z)),
    "not joined": E(tr(mul(beta, T(z), Gamma_lab, beta, T(z), Gamma_lab))),
    "inside a definition": E(norm2(y)),
    "inverted": E(tr(mul(Pinv(z), T(Pinv(z))))),
    "joined along the other axis": E(tr(mul(T(z), z, T(beta), beta))),
}


@pytest.mark.parametrize("name", NOT_AVERAGED)
def test_copies_fall_back_to_one_where_an_average_would_be_biased(name: str) -> None:
    labels = ((y, parse_matrix(mul(Gamma_lab, beta)) + matrix(z)),)
    setting = replace(W2S, given=(*W2S.given, beta), definitions=labels)
    env = environment(setting, GENERIC)
    fine = parse(E(norm2(mul(T(Gamma_lab), z))))
    assert lower([fine], setting, (), env, 8).copies == 8
    assert lower([fine, parse(NOT_AVERAGED[name])], setting, (), env, 8).copies == 1


def test_a_square_of_a_scalar_is_no_average_over_copies() -> None:
    g = MatrixSymbol("g", 1, 1)
    setting = Setting((replace(standard(g), copies=1),))
    env = environment(setting, point())
    tapes = [lower([parse(E(tr(side)))], setting, (), env, 4) for side in (mul(g, g), mul(g, T(g)))]
    assert [tape.copies for tape in tapes] == [1, 4]


def test_copies_in_different_expectations_are_averaged_apart() -> None:
    tape = w2s(E(norm2(z)) * E(norm2(mul(T(Gamma_lab), z))), copies=8)
    assert (tape.copies, tape.replicas) == (8, 2)


def test_copies_are_unbiased() -> None:
    tape = w2s(
        STUDENT,
        sigma2 * E(tr(mul(GramInverse(Gamma_lab), T(Gamma_w), T(Pinv(Gamma_s)), Pinv(Gamma_s), Gamma_w))),
        copies=8,
    )
    found = machine.sample(tape, 64, 0, "copies unbiased", trials=64 * 600).values
    assert abs(z_score(found[:, 0] - found[:, 1], 0.0)) < 5.5


# ----------------------------------------------------------------------------------- replicas


def test_factors_of_a_product_of_expectations_are_independent() -> None:
    square = norm2(MatrixSymbol("g", 1, 1))
    setting = Setting((standard(MatrixSymbol("g", 1, 1)),))
    tape = plain(E(square) * E(square), E(square * square), E(square), where=point(), setting=setting)
    assert tape.replicas == 2
    found = machine.sample(tape, 64, 0, "replicas", trials=64 * 2000).values
    assert [abs(z_score(found[:, i], mean)) < 5.5 for i, mean in enumerate((1, 3, 1))] == [True] * 3


def test_a_random_trace_outside_is_independent_of_the_expectation_beside_it() -> None:
    tape = plain(norm2(Gamma) * E(norm2(Gamma)), norm2(Gamma), E(norm2(Gamma)) ** 2)
    draws = machine.fill(tape, generator(5), 1)
    first, second = (np.sum(replica[Gamma] ** 2) for replica in machine.unpack(tape, draws, 0))
    assert machine.run(tape, draws)[0, :3] == pytest.approx(
        [first * second, first, first * second], rel=1e-14
    )


# ------------------------------------------------------------------------------------- laws


def test_joint_features_have_their_covariance() -> None:
    sides = [
        norm2(Gamma_s),
        norm2(Gamma_w),
        tr(mul(T(Gamma_s), Gamma_w, T(C))),
        norm2(R),
        tr(mul(T(R), Gamma_s, C)),
    ]
    tape = w2s(*(E(side) for side in sides))
    found = machine.sample(tape, 64, 0, "covariance", trials=64 * 500).values
    for column, mean in zip(found.T, (40, 30, 10.6, 10 * (3 - 1.06), 0), strict=True):
        assert abs(z_score(column, mean)) < 5.5


@pytest.mark.parametrize("law", ["normal", "sign", "uniform"])
def test_noise_has_the_law_of_the_point(law: str) -> None:
    where = replace(GENERIC, noise=law)
    tape = w2s(E(norm2(z)), E(norm2(z) ** 2), where=where)
    assert {draw.kind for draw in tape.draws} == {law}
    found = machine.sample(tape, 64, 0, "noise", law, trials=64 * 200).values
    fourth = {"normal": 3.0, "sign": 1.0, "uniform": 1.8}[law]
    for column, mean in zip(found.T, (8 / 3, (8 * fourth + 56) / 9), strict=True):
        assert column.std() < 1e-12 or abs(z_score(column, mean)) < 5.5
        assert abs(column.mean() / mean - 1) < 0.1


def test_draws_of_several_kinds_keep_apart() -> None:
    tape = w2s(STUDENT, where=replace(GENERIC, noise="sign"))
    draws = machine.fill(tape, generator(7), 200)
    every = [machine.unpack(tape, draws, t)[0] for t in range(200)]
    for x in every[0]:
        values = np.array([one[x] for one in every])
        assert (set(np.abs(values).ravel().tolist()) == {1.0}) == (x.name == "z_0")
        assert abs(values.mean()) < 0.2
        assert abs(values.std() - 1) < 0.2


def test_terms_with_the_same_result_are_combined_exactly() -> None:
    other = MatrixSymbol("X", m, d)
    setting = replace(PLAIN, definitions=((other, matrix(Gamma)),))
    g, x = E(norm2(Gamma)), E(norm2(other))
    tape = plain(g / 10 + 2 * x / 10 - 3 * g / 10 + tr(A), tr(A), (m - 7) * g + tr(A), setting=setting)
    assert tape.same(0, 1)
    assert tape.same(1, 2)


def test_inverses_of_scaled_matrices() -> None:
    x = MatrixSymbol("X", m, d)
    setting = replace(PLAIN, definitions=((x, matrix(Gamma).times(3)),))
    tape = plain(
        E(tr(mul(GramInverse(x), A))), E(tr(mul(GramInverse(Gamma), A))), E(norm2(Pinv(x))), setting=setting
    )
    values = machine.run(tape, machine.fill(tape, generator(0), 64))
    assert 9 * values[:, 0] == pytest.approx(values[:, 1], rel=1e-12)
    assert np.all(values[:, 2] > 0)
    assert raw.door(E(norm2(Pinv(x))), setting, environment(setting, SMALL)).agrees


def test_the_hypotheses_of_a_side_do_not_matter_to_its_tape() -> None:
    bare = Setting(W2S.blocks, given=W2S.given, forms=W2S.forms)
    side = parse(E(norm2(mul(Pinv(Gamma_s), Gamma_w))) * n * N)
    one, other = (lower([side], s, (), environment(s, GENERIC)) for s in (W2S, bare))
    draws = machine.fill(one, generator(6), 64)
    assert np.array_equal(machine.run(one, draws), machine.run(other, draws))
