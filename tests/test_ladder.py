"""The ladder: each rung against the one before, the first draw by draw against the naive procedure."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from derivations.claims import Book, claims
from verify import pipeline
from verify.pipeline import World, world_from_target, world_parameters
from verify.simulation import bartlett, blas, plain
from verify.simulation.ladder import MEASURED, RUNGS, SINGLE, checks
from verify.simulation.latent import latent
from verify.simulation.problem import MODELS, Array, Problem, cosines_of, from_world, problem_at
from verify.streams import generator

FALSE_ALARM, MISS = 5.5, 3.1  # standard errors: chances below 1e-6 for all comparisons here, and of 1e-3

PROBLEMS = {
    "partial angles, everything missed": Problem(
        3, 4, np.array([1, 0.6]), np.array([1, 0.5, -0.3, 0.2]), np.array([0, 0.3, -0.4]), 0.2, 0.5, 20, 18
    ),
    "delta beside a partial angle": Problem(
        2, 3, np.array([0.9, 0.3]), np.array([1, -0.6, 0]), np.array([0.2, -0.5]), 0.0, 0.25, 18, 14
    ),
    "more strong than weak": Problem(
        5, 2, np.array([1.0]), np.array([0, 1.0]), np.zeros(5), 0.3, 1.0, 30, 20
    ),
    "realizable": Problem(3, 3, np.array([0.8, 0.5]), np.zeros(3), np.zeros(3), 0.0, 1.0, 16, 17),
    "one inside the other": Problem(2, 4, np.ones(2), np.ones(4) / 4, np.zeros(2), 0.0, 0.5, 16, 14),
}
every_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())


def world(p: Problem) -> World:
    """The same problem for the naive procedure."""
    place = latent(p)
    eye = np.eye(place.D)
    return World(place.strong(eye).T, place.weak(eye).T, place.target, p.sigma2, p.n, p.N)


def naive(p: Problem, key: str, copies: int, signs: tuple[float, ...]) -> Array:
    """The naive procedure on the draws that the plain rung takes from a stream, noise under several signs."""
    stream, D = generator(0, key), latent(p).D
    labelled = stream.standard_normal((p.n, D + copies))
    unlabelled = stream.standard_normal((p.N, D + copies))
    noise = [np.hstack([s * x[:, D:] for s in signs]).ravel() for x in (labelled, unlabelled)]
    draws = np.concatenate([labelled[:, :D].ravel(), unlabelled[:, :D].ravel(), *noise])
    found = pipeline.measure(world(p), draws[None], copies * len(signs))[0]
    return np.asarray(found[[pipeline.QUANTITIES.index(name) for name in MODELS]])


@every_problem
@pytest.mark.parametrize(("copies", "both"), [(1, False), (3, False), (2, True)])
def test_the_plain_rung_is_the_naive_procedure_draw_by_draw(
    problem: Problem, copies: int, both: bool
) -> None:
    for trial in range(3):
        found = plain.simulate(problem, generator(0, f"{trial}"), 1, copies, both_signs=both)[0]
        expected = naive(problem, f"{trial}", copies, (1.0, -1.0) if both else (1.0,))
        assert found == pytest.approx(expected, rel=1e-9)


def test_blocks_of_rows_and_of_data_sets_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = PROBLEMS["partial angles, everything missed"]
    monkeypatch.setattr(plain, "batch_of", lambda *_: 1)
    whole = plain.simulate(problem, generator(0, "rows"), 5, 2, both_signs=True)
    monkeypatch.setattr(plain, "ROWS", 7)  # a row's numbers are next to each other: cut anywhere
    assert plain.simulate(problem, generator(0, "rows"), 5, 2, both_signs=True) == pytest.approx(whole)


@pytest.mark.parametrize(("upper", "lower"), [("conditional", "plain"), ("bartlett", "conditional")])
@every_problem
def test_a_rung_measures_what_the_one_before_measures(problem: Problem, upper: str, lower: str) -> None:
    """Sees an error of 3 % in the risk of any model, but for a chance of 1e-3."""
    trials = {"plain": 60000, "conditional": 60000, "bartlett": 40000}
    one, other = (RUNGS[name].draw(problem, generator(1, name), trials[name]) for name in (upper, lower))
    difference = np.mean(one, axis=0) - np.mean(other, axis=0)
    error = np.sqrt(np.var(one, axis=0) / len(one) + np.var(other, axis=0) / len(other))
    scale = np.mean(other, axis=0)
    assert np.all((FALSE_ALARM + MISS) * error <= 0.03 * scale)
    assert np.all(np.abs(difference) <= FALSE_ALARM * error)


def test_an_error_of_one_degree_of_freedom_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = bartlett.inverse_diagonals
    monkeypatch.setattr(bartlett, "inverse_diagonals", lambda s, m, d, t: right(s, m - 1, d, t))
    with pytest.raises(AssertionError):
        test_a_rung_measures_what_the_one_before_measures(PROBLEMS["realizable"], "bartlett", "conditional")


@pytest.mark.parametrize(("m", "d"), [(1, 1), (9, 3), (13, 9), (30, 30)])
def test_inverse_diagonals_are_those_of_the_triangular_factors(m: int, d: int) -> None:
    stream = generator(0, "factors", m)
    chi = np.sqrt(stream.chisquare(m - np.arange(d, dtype=float), (4, d)))
    below = stream.standard_normal((4, d * (d - 1) // 2))
    found = bartlett.inverse_diagonals(generator(0, "factors", m), m, d, 4)
    for k in range(4):
        T = np.diag(chi[k])
        T[np.tril_indices(d, -1)] = below[k]
        assert found[k] == pytest.approx(np.diag(np.linalg.inv(T @ T.T)), rel=1e-6)


def test_every_rung_says_what_it_assumes_and_none_assumes_what_it_measures() -> None:
    book, below = Book(claims()), frozenset[str]()
    for rung in RUNGS.values():
        assumed = rung.assumes(book)
        assert below <= assumed
        below = assumed
        for claim in MEASURED.values():
            checks(rung, claim, book)
        for claim in assumed:
            with pytest.raises(ValueError, match=f"the rung {rung.name} assumes {claim}"):
                checks(rung, claim, book)
    assert not RUNGS["plain"].uses
    assert "wishart-inverse-mean" not in below  # it is what the last rung leaves to be sampled


@pytest.mark.parametrize("name", RUNGS)
def test_numbers_do_not_depend_on_threads(name: str) -> None:
    problem = problem_at(
        20, 40, cosines_of(20, 40, 7.5), n=90, N=80, sigma2=0.1, delta2=0.2, tau2=0.1, rest=0.1
    )

    def draw(k: int) -> Array:
        return RUNGS[name].draw(problem, generator(0, name, k), 20)

    alone = [draw(k) for k in range(6)]
    for threads in (2, 4):
        with ThreadPoolExecutor(threads) as pool:
            assert all(map(np.array_equal, pool.map(draw, range(6)), alone))


def test_a_problem_has_the_parameters_of_its_world() -> None:
    C = np.array([[0.5, 0.1, 0.0, 0.3], [0.2, -0.6, 0.1, 0.0], [0.0, 0.1, 0.3, 0.2]])
    one = world_from_target(C, [1, 2, 3, 4.0], [0.1, 0.2, 0.3], 0.7, 0.5, 20, 21)
    for given in (one, *map(world, PROBLEMS.values())):
        expected, found = world_parameters(given), from_world(given)
        for name in ("d_s", "d_w", "d_sw", "rho_s", "rho_w", "delta2", "tau2"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)
        again = world_parameters(world(found))
        assert again.rho_s == pytest.approx(expected.rho_s)


@pytest.mark.parametrize(("delta2", "tau2", "rest"), [(0, 0, 0), (0.5, 0.2, 0), (0, 0.5, 0.1), (0.3, 0, 0)])
def test_a_problem_is_found_for_given_misspecification(delta2: float, tau2: float, rest: float) -> None:
    cosines = cosines_of(3, 4, 1.3)
    p = problem_at(3, 4, cosines, n=9, N=9, sigma2=1.0, delta2=delta2, tau2=tau2, rest=rest)
    assert (p.delta2, p.tau2, p.rho_w, p.rho_s) == pytest.approx((delta2, tau2, delta2 + rest, tau2 + rest))
    assert p.d_sw == pytest.approx(1.3)


def good(
    n: int = 9, N: int = 9, sigma2: float = 1.0, delta2: float = 0.0, cosines: Sequence[float] = (1.0,)
) -> Problem:
    return problem_at(3, 4, cosines, n=n, N=N, sigma2=sigma2, delta2=delta2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: good(n=4), "n = 4 must be above d_w = 4"),
        (lambda: good(N=3), "N = 3 must be above d_s = 3"),
        (lambda: good(sigma2=-1.0), "sigma2 must be finite and not negative"),
        (lambda: good(cosines=[1.2]), r"cosines must lie in \[0, 1\]"),
        (lambda: good(cosines=[1, 1, 1, 1.0]), "at most min"),
        (lambda: good(cosines=[1, 1, 0.5], delta2=0.5), "delta2 needs a strong direction at 90 degrees"),
        (lambda: cosines_of(3, 4, 3.5), "d_sw must be between 0 and"),
        (lambda: Problem(1, 2, np.ones(1), np.zeros(2), np.ones(1), 0.0, 1.0, 9, 9), "delta must be orthog"),
    ],
)
def test_a_problem_that_is_none_is_refused(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()


def test_the_domain_of_finite_variance_is_stated() -> None:
    assert SINGLE.finite_variance(good(n=8, N=7))
    assert not SINGLE.finite_variance(good(n=7, N=7))
    assert not SINGLE.finite_variance(good(n=8, N=6))


def test_within_one_thread_the_libraries_have_one_and_afterwards_what_they_had() -> None:
    def threads() -> list[int]:
        return [get() for get, _ in blas._calls()]

    before = threads()
    with blas.one_thread():
        assert set(threads()) <= {1}
        with blas.one_thread():
            assert set(threads()) <= {1}
        assert set(threads()) <= {1}
    assert threads() == before
