"""The compiled pipeline against plain NumPy on the same draws, and against the exact formulas on average."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.oracles import plain_pipeline
from verify import pipeline
from verify.pipeline import (
    QUANTITIES,
    World,
    draws_per_trial,
    measure,
    simulate,
    world_from_overlap,
    world_from_target,
    world_parameters,
)

Array = NDArray[np.float64]
COPIES = 3


def rotation(rng: np.random.Generator, dimension: int) -> Array:
    return np.asarray(np.linalg.qr(rng.standard_normal((dimension, dimension)))[0])


def overlap(d_s: int, d_w: int, cosines: list[float], seed: int | None = None) -> Array:
    """An overlap C (d_s, d_w) with the given singular values, in random bases if a seed is given."""
    C = np.zeros((d_s, d_w))
    C[range(len(cosines)), range(len(cosines))] = cosines
    if seed is None:
        return C
    rng = np.random.default_rng(seed)
    return np.asarray(rotation(rng, d_s) @ C @ rotation(rng, d_w))


def misspecified(C: Array, sigma2: float, n: int, N: int, rest: float, seed: int) -> World:
    """A world whose target is outside F_s, outside F_w and outside their sum."""
    rng = np.random.default_rng(seed)
    d_s, d_w = C.shape
    delta = (np.eye(d_s) - C @ C.T) @ rng.standard_normal(d_s)
    return world_from_target(C, rng.standard_normal(d_w), delta, rest, sigma2, n, N)


WORLDS: dict[str, World] = {
    "d_s > d_w": misspecified(overlap(6, 4, [1.0, 0.7, 0.3, 0.0], 1), 0.8, 12, 16, 0.5, 2),
    "d_w > d_s": misspecified(overlap(3, 7, [0.9, 0.5, 0.2], 3), 0.8, 13, 9, 0.3, 4),
    "full overlap": world_from_overlap(overlap(5, 5, [1.0] * 5, 5), 1.3, 11, 13),
    "weak inside strong": world_from_overlap(overlap(6, 3, [1.0] * 3, 6), 1.3, 11, 13),
    "strong inside weak": misspecified(overlap(3, 6, [1.0] * 3, 7), 1.3, 11, 13, 0.2, 8),
    "no overlap": misspecified(np.zeros((4, 5)), 0.6, 12, 14, 0.0, 9),
    "no label noise": misspecified(overlap(4, 4, [0.8, 0.6, 0.4, 0.2], 10), 0.0, 10, 12, 0.1, 11),
    "interpolating teacher": misspecified(overlap(5, 9, [0.9, 0.4], 12), 0.7, 6, 12, 0.1, 13),
    "interpolating student": misspecified(overlap(9, 4, [0.9, 0.4], 14), 0.7, 12, 5, 0.1, 15),
    "interpolating ceiling": misspecified(overlap(15, 8, [0.9, 0.4], 16), 0.7, 5, 4, 0.1, 17),
    "square fits": misspecified(overlap(7, 6, [0.9, 0.4], 18), 0.7, 6, 7, 0.1, 19),
    "one of everything": world_from_overlap([[0.6]], 1.0, 1, 1),
    "larger": misspecified(overlap(20, 30, [1.0] * 4 + [0.5] * 10, 20), 0.5, 70, 60, 0.4, 21),
}


def plain(world: World, row: Array, copies: int) -> Array:
    """The oracle on one row of normals, cut up in the order that `measure` documents."""
    n, N, D = world.n, world.N, len(world.target)
    sizes = np.cumsum([n * D, N * D, n * copies, N * copies])
    assert len(row) == sizes[-1]
    labelled, unlabelled, noise, fresh, _ = np.split(row, sizes)
    measured = plain_pipeline.run_trial(
        world.strong,
        world.weak,
        world.target,
        world.sigma2,
        labelled.reshape(n, D),
        unlabelled.reshape(N, D),
        noise.reshape(n, copies),
        fresh.reshape(N, copies),
    )
    return np.array([measured[name] for name in QUANTITIES])


@pytest.mark.parametrize("name", WORLDS)
def test_every_draw_agrees_with_plain_numpy(name: str) -> None:
    world = WORLDS[name]
    draws = np.random.default_rng(100).standard_normal((5, draws_per_trial(world, COPIES, "all")))
    expected = np.array([plain(world, row, COPIES) for row in draws])
    # Where F_w lies in F_s what is outside is the square of rounding, in both.
    np.testing.assert_allclose(measure(world, draws, COPIES, "all"), expected, rtol=1e-9, atol=1e-20)


def test_without_baseline_and_ceiling_the_rest_is_the_same() -> None:
    world = WORLDS["d_s > d_w"]
    draws = np.random.default_rng(101).standard_normal((4, draws_per_trial(world, COPIES, "all")))
    short = draws[:, : draws_per_trial(world, COPIES, "w2s")]
    full, partial = measure(world, draws, COPIES, "all"), measure(world, short, COPIES, "w2s")
    skipped = [QUANTITIES.index("strong_baseline"), QUANTITIES.index("strong_ceiling")]
    assert np.all(np.isnan(partial[:, skipped]))
    np.testing.assert_array_equal(np.delete(partial, skipped, 1), np.delete(full, skipped, 1))


# --- against the formulas of the theory, sections 2 and 3 -----------------------------------------


def exact_risks(world: World) -> dict[str, float]:
    """The exact expectations under the Gaussian design, typed from the theory."""
    p, n, N, noise = world_parameters(world), world.n, world.N, world.sigma2
    x, kappa, u = n - p.d_w - 1, p.d_s / (N - p.d_s - 1), p.d_w - p.d_sw
    teacher = (noise + p.rho_w) / x
    strong_noise = noise + p.rho_s
    return {
        "weak": p.rho_w + teacher * p.d_w,
        "w2s": p.rho_s + p.delta2 + kappa * p.tau2 + teacher * (p.d_sw + kappa * u),
        "strong_baseline": p.rho_s + strong_noise * p.d_s / (n - p.d_s - 1),
        "strong_ceiling": p.rho_s + strong_noise * p.d_s / (n + N - p.d_s - 1),
        "w2s_in_sample": p.rho_s
        + p.delta2
        + (p.d_s / N) * (p.rho_w - p.rho_s - p.delta2)
        + teacher * (p.d_sw + p.d_s / N * u),
        "misfit": (1 + kappa) * (p.tau2 + teacher * u),
    }


def exact_components(world: World) -> dict[str, float]:
    """The two components of the variance, for f* = 0."""
    p = world_parameters(world)
    per_direction = world.sigma2 / (world.n - p.d_w - 1)
    inside, outside = per_direction * p.d_sw, per_direction * (p.d_w - p.d_sw)
    return {
        "weak_inside": inside,
        "weak_outside": outside,
        "w2s_inherited": inside,
        "w2s_reduced": outside * p.d_s / (world.N - p.d_s - 1),
    }


MEANS: dict[str, tuple[World, int]] = {
    "variance, d_s > d_w": (world_from_overlap(overlap(6, 4, [1.0, 0.7, 0.3, 0.0]), 1.7, 12, 16), 200),
    "variance, d_w > d_s": (world_from_overlap(overlap(3, 5, [0.9, 0.6, 0.1], 22), 0.4, 13, 11), 201),
    "risk, d_s > d_w": (misspecified(overlap(5, 3, [0.95, 0.6, 0.2], 23), 0.5, 13, 14, 0.4, 24), 202),
    "bias, d_w > d_s": (misspecified(overlap(3, 4, [0.9, 0.5, 0.0], 25), 0.0, 12, 12, 0.3, 26), 203),
}


def assert_means(world: World, expected: dict[str, float], seed: int, trials: int) -> None:
    """Means within 5 standard errors, these below 1 %: an error in a formula of 10 % cannot pass."""
    results = simulate(world, np.random.default_rng(seed), trials, 4, "all")
    for name, value in expected.items():
        column = results[:, QUANTITIES.index(name)]
        error = float(np.std(column, ddof=1)) / math.sqrt(trials)
        assert error < 0.01 * value, f"{name}: standard error {error} of {value}"
        assert abs(float(np.mean(column)) - value) < 5 * error, (
            f"{name}: {np.mean(column)} ± {error}, {value}"
        )


@pytest.mark.parametrize("name", MEANS)
def test_means_are_the_exact_risks(name: str) -> None:
    world, seed = MEANS[name]
    expected = exact_risks(world)
    if not np.any(world.target):
        expected |= exact_components(world)
    assert_means(world, expected, seed, 30_000)


def test_interpolating_teacher_has_the_variance_of_the_minimum_norm_fit() -> None:
    n, d_w, sigma2 = 5, 12, 0.9
    world = world_from_overlap(np.zeros((1, d_w)), sigma2, n, 5)
    assert_means(world, {"weak": sigma2 * n / (d_w - n - 1)}, 204, 20_000)


# --- worlds ---------------------------------------------------------------------------------------


def test_parameters_of_a_world_are_those_of_its_coefficients() -> None:
    C = overlap(4, 5, [1.0, 0.8, 0.5, 0.0], 30)
    rng = np.random.default_rng(31)
    theta, delta = rng.standard_normal(5), (np.eye(4) - C @ C.T) @ rng.standard_normal(4)
    world = world_from_target(C, theta, delta, 0.7, 1.0, 10, 10)
    K, L = np.eye(5) - C.T @ C, np.eye(4) - C @ C.T
    rho_w = delta @ np.linalg.pinv(L, rcond=1e-8) @ delta + 0.7
    tau2, delta2 = theta @ K @ theta, delta @ delta
    expected = {
        "d_s": 4,
        "d_w": 5,
        "d_sw": 1.0 + 0.64 + 0.25,
        "rho_s": rho_w + tau2 - delta2 - 2 * delta @ C @ theta,
        "rho_w": rho_w,
        "delta2": delta2,
        "tau2": tau2,
    }
    np.testing.assert_allclose(world.C, C, atol=1e-14)
    assert asdict(world_parameters(world)) == pytest.approx(expected, rel=1e-12)


def test_full_overlap_leaves_exactly_nothing_outside() -> None:
    for seed in range(20):
        world = world_from_overlap(overlap(6, 3, [1.0] * 3, seed), 1.0, 5, 5)
        assert np.all(world.weak[:, 6:] == 0.0)


def test_builders_agree() -> None:
    C = overlap(4, 3, [1.0, 0.6, 0.2], 32)
    rng = np.random.default_rng(33)
    by_overlap = world_from_overlap(C, 0.5, 9, 11)
    by_target = world_from_target(C, np.zeros(3), np.zeros(4), 0.0, 0.5, 9, 11)
    D = len(by_overlap.target)
    Q = rotation(rng, D)
    by_hand = World(by_overlap.strong @ Q, by_overlap.weak @ Q, np.zeros(D), 0.5, 9, 11)

    draws = rng.standard_normal((6, draws_per_trial(by_overlap, COPIES)))
    size = (9 + 11) * D
    rotated = draws.copy()
    rotated[:, :size] = (draws[:, :size].reshape(6, 20, D) @ Q).reshape(6, size)
    first = measure(by_overlap, draws, COPIES)
    np.testing.assert_array_equal(measure(by_target, draws, COPIES), first)
    np.testing.assert_allclose(measure(by_hand, rotated, COPIES), first, rtol=1e-9)
    assert asdict(world_parameters(by_hand)) == pytest.approx(asdict(world_parameters(by_overlap)), abs=1e-12)


# --- determinism ----------------------------------------------------------------------------------


def test_results_depend_on_the_arguments_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WORLDS["d_w > d_s"]

    def run(trials: int = 40) -> Array:
        return simulate(world, np.random.default_rng(300), trials, COPIES)

    first = run()
    assert np.all(np.isfinite(first))
    np.testing.assert_array_equal(run(), first)
    np.testing.assert_array_equal(run(17), first[:17])
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(run, [40] * 8):
            np.testing.assert_array_equal(result, first)
    monkeypatch.setattr(pipeline, "_BLOCK", 7 * draws_per_trial(world, COPIES))
    np.testing.assert_array_equal(run(), first)
    monkeypatch.setattr(pipeline, "_BLOCK", 1)
    np.testing.assert_array_equal(run(), first)


def test_simulate_measures_what_the_generator_gives() -> None:
    world = WORLDS["d_s > d_w"]
    draws = np.random.default_rng(301).standard_normal((9, draws_per_trial(world, COPIES, "w2s")))
    simulated = simulate(world, np.random.default_rng(301), 9, COPIES, "w2s")
    np.testing.assert_array_equal(simulated, measure(world, draws, COPIES, "w2s"))


def test_a_world_keeps_its_own_arrays() -> None:
    target = np.zeros(2)
    world = World(np.eye(1, 2), np.eye(1, 2), target, 1.0, 5, 5)
    target[0] = 1.0
    assert world.target[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        world.strong[0, 0] = 2.0


# --- refusals -------------------------------------------------------------------------------------

GOOD = world_from_overlap([[0.5]], 1.0, 5, 5)
I2 = np.eye(2)
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "overlap above 1": (lambda: world_from_overlap([[1.1]], 1.0, 5, 5), "singular values"),
    "overlap above 1 jointly": (lambda: world_from_overlap([[0.8, 0.8]], 1.0, 5, 5), "singular values"),
    "overlap not a matrix": (lambda: world_from_overlap([0.5], 1.0, 5, 5), "overlap C must be .* 2 axes"),
    "overlap empty": (lambda: world_from_overlap(np.zeros((0, 2)), 1.0, 5, 5), "not empty"),
    "overlap ragged": (lambda: world_from_overlap([[0.5], [0.1, 0.2]], 1.0, 5, 5), "rectangular"),
    "overlap not finite": (lambda: world_from_overlap([[math.nan]], 1.0, 5, 5), "overlap C must be finite"),
    "negative variance": (lambda: world_from_overlap([[0.5]], -1.0, 5, 5), "sigma2"),
    "infinite variance": (lambda: world_from_overlap([[0.5]], math.inf, 5, 5), "sigma2"),
    "no labels": (lambda: world_from_overlap([[0.5]], 1.0, 0, 5), "n must be a positive integer"),
    "fractional N": (lambda: world_from_overlap([[0.5]], 1.0, 5, 2.5), "N must be"),  # type: ignore[arg-type]
    "rows not normal": (lambda: World(2 * I2, I2, np.zeros(2), 1.0, 5, 5), "A_s must have orthonormal"),
    "rows not orthogonal": (
        lambda: World(I2, np.ones((2, 2)), np.zeros(2), 1.0, 5, 5),
        "A_w must have ortho",
    ),
    "too many rows": (lambda: World(I2, np.ones((3, 2)), np.zeros(2), 1.0, 5, 5), "A_w must have ortho"),
    "dimensions differ": (lambda: World(I2, I2, np.zeros(3), 1.0, 5, 5), "one latent dimension"),
    "target not finite": (lambda: World(I2, I2, np.array([0.0, math.inf]), 1.0, 5, 5), "target a must be"),
    "theta too long": (
        lambda: world_from_target([[0.5]], [1, 2], [1], 0, 1.0, 5, 5),
        "theta must have length",
    ),
    "delta too long": (lambda: world_from_target([[0.5]], [1], [1, 2], 0, 1.0, 5, 5), "delta d_s = 1"),
    "delta shared": (lambda: world_from_target([[1.0]], [1], [1], 0, 1.0, 5, 5), "delta must be orthogonal"),
    "negative rest": (lambda: world_from_target([[0.5]], [1], [1], -1, 1.0, 5, 5), "rest must be"),
    "no trials": (lambda: simulate(GOOD, np.random.default_rng(0), 0), "trials must be"),
    "no copies": (lambda: simulate(GOOD, np.random.default_rng(0), 1, 0), "noise_copies must be"),
    "unknown models": (lambda: draws_per_trial(GOOD, 1, "some"), "models must be"),  # type: ignore[arg-type]
    "draws of another size": (lambda: measure(GOOD, np.zeros((2, 7))), "draws must have shape"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_in_one_sentence(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message) as refusal:
        call()
    text = str(refusal.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert ". " not in text
