"""What is predicted at what was measured: against formulas typed here, and against fits."""

import dataclasses
import math
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.special import polygamma

from tests.oracles import feature_geometry as oracle
from tests.worlds_of_features import Floats, pair
from verify.features import BadTable, Forecast, Measurement, Settings, forecast, measure
from verify.features.elliptical import Elliptical, scales, trace_inverse
from verify.features.forecast import HELPS, NOT, OPEN, chance
from verify.features.remarks import remarks
from verify.features.spaces import PCA, RIDGE, Fit
from verify.streams import generator

COSINES = np.concatenate([np.linspace(0.95, 0.2, 10), np.zeros(0)])
D_W, D_S = 12, 16
D_SW = float(np.sum(COSINES**2))


def world(rows: int, seed: int, spread: float = 0.0) -> tuple[Floats, Floats]:
    return pair(COSINES, D_W, D_S, rows, generator(seed, "forecast"), spread)


@pytest.fixture(scope="module")
def gaussian() -> Measurement:
    return measure(*world(20000, 1))


@pytest.fixture(scope="module")
def elliptical() -> Measurement:
    return measure(*world(20000, 2, spread=0.6))


def ahead(found: Measurement, n: int | None, N: int | None) -> Forecast:
    return forecast(found, n, N)


# ------------------------------------------------------------------------------------ variances


@pytest.mark.parametrize(("n", "N"), [(40, 50), (100, 30), (300, 1000)])
def test_gaussian_variances_are_the_formula_at_the_measured_overlap(
    gaussian: Measurement, n: int, N: int
) -> None:
    found = ahead(gaussian, n, N).gaussian
    assert found is not None

    def student(d_sw: float) -> float:
        return (d_sw + D_S / (N - D_S - 1) * (D_W - d_sw)) / (n - D_W - 1)

    assert found.weak == pytest.approx(D_W / (n - D_W - 1))
    assert found.w2s == pytest.approx(student(gaussian.d_sw.value))
    ends = sorted(student(x) for x in (gaussian.d_sw.low, gaussian.d_sw.high))
    assert (found.low, found.high) == pytest.approx(ends)
    assert found.low < found.w2s < found.high


@pytest.mark.parametrize(("n", "N", "draws"), [(60, 80, 3000), (150, 60, 2000)])
def test_variances_of_gaussian_features_are_what_fits_have(
    gaussian: Measurement, n: int, N: int, draws: int
) -> None:
    stream = generator(7, "fits")
    weak, student = oracle.variances(lambda m: pair(COSINES, D_W, D_S, m, stream), n, N, draws)
    found = ahead(gaussian, n, N)
    for law in (found.gaussian, found.elliptical):
        assert law is not None
        assert law.weak == pytest.approx(weak.mean(), rel=0.02)
        assert law.w2s == pytest.approx(student.mean(), rel=0.02)


@pytest.mark.parametrize(("n", "N", "draws"), [(60, 80, 3000), (150, 60, 2000)])
def test_variances_of_elliptical_features_are_what_fits_have(
    elliptical: Measurement, n: int, N: int, draws: int
) -> None:
    stream = generator(8, "fits")
    weak, student = oracle.variances(lambda m: pair(COSINES, D_W, D_S, m, stream, 0.6), n, N, draws)
    found = ahead(elliptical, n, N)
    assert found.gaussian is not None
    assert found.elliptical is not None
    assert found.elliptical.weak == pytest.approx(weak.mean(), rel=0.02)
    assert found.elliptical.w2s == pytest.approx(student.mean(), rel=0.03)  # of order 1/n: a limit
    assert found.gaussian.w2s < 0.9 * student.mean()
    assert found.correction is not None
    assert found.correction > 1.05


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("d", [4, 60])
def test_scales_are_freed_of_the_scatter_of_a_sample(d: int, spread: float) -> None:
    stream = generator(9, "scales")
    tau = np.exp(spread * stream.standard_normal(50000))
    found = scales(tau * np.sum(stream.standard_normal((50000, d)) ** 2, axis=1), d)
    assert found.mean() == pytest.approx(1)
    # three standard errors of the variance of 50000 logarithms are 2 % of it; at spread 0 its root is left
    left = 0.15 * math.sqrt(float(polygamma(1, d / 2)))
    assert np.log(found).std() == pytest.approx(spread, rel=0.03, abs=left)


@pytest.mark.parametrize(("d", "m"), [(1, 3), (10, 25), (80, 1000), (80, 82)])
def test_at_one_scale_the_limit_is_the_inverse_wishart_mean(d: int, m: int) -> None:
    assert trace_inverse(np.ones(7), d, m) == pytest.approx(d / (m - d - 1), rel=1e-9)


def test_the_root_solves_its_equation() -> None:
    scale = np.exp(generator(1, "scales").standard_normal(5000))
    for d, m in ((5, 8), (50, 300), (50, 52)):
        s = trace_inverse(scale, d, m)
        assert (m - 1) * np.mean(scale * s / (1 + scale * s)) == pytest.approx(d, rel=1e-9)
        assert s > d / (m - d - 1) / scale.mean()


@pytest.mark.parametrize(("d", "m"), [(5, 6), (5, 5), (5, 2)])
def test_there_is_no_limit_at_and_below_the_dimension(d: int, m: int) -> None:
    assert trace_inverse(np.ones(3), d, m) == math.inf


def test_samples_of_scale_zero_do_not_count() -> None:
    assert trace_inverse(np.array([0.0, 1.0]), 5, 11) == math.inf
    assert trace_inverse(np.array([0.0, 2.0]), 5, 21) == pytest.approx(0.5 * 5 / (0.5 * 20 - 5))


# ------------------------------------------------------------------------------------ thresholds


def test_thresholds(gaussian: Measurement, elliptical: Measurement) -> None:
    found = ahead(gaussian, None, None)
    assert found.threshold_gaussian == 2 * D_S + 2
    assert found.verdict is None
    assert "bias unknown without labels" in found.reason
    heavy = ahead(elliptical, None, None)
    assert heavy.threshold_gaussian == 2 * D_S + 2
    assert heavy.threshold_elliptical is not None
    assert heavy.threshold_elliptical > 2 * D_S + 2
    shape = elliptical.elliptical
    assert shape is not None
    at = heavy.threshold_elliptical
    assert shape.student(D_SW, 100, at) < shape.teacher(100) <= shape.student(D_SW, 100, at - 1)


def test_the_elliptical_threshold_at_one_scale_is_the_gaussian_one() -> None:
    for d_s in (1, 2, 9, 40):
        assert Elliptical(np.ones(3), np.ones(3), np.ones(3), d_s, 5).threshold() == 2 * d_s + 2


def test_verdicts_without_labels(elliptical: Measurement) -> None:
    low, high = 2 * D_S + 2, ahead(elliptical, None, None).threshold_elliptical
    assert high is not None
    for N, verdict, words in (
        (low - 1, NOT, "variance does not help; bias unknown"),
        (low, OPEN, "the two laws differ"),
        (high - 1, OPEN, "the two laws differ"),
        (high, HELPS, "variance helps; bias unknown"),
    ):
        found = ahead(elliptical, 100, N)
        assert found.verdict == verdict
        assert words in found.reason
        assert f"N = {low}" in found.reason


def test_an_infinite_teacher_is_no_help(gaussian: Measurement) -> None:
    found = ahead(gaussian, D_W + 1, 100)
    assert found.gaussian is not None
    assert (found.gaussian.weak, found.verdict) == (math.inf, NOT)
    assert found.reason == "the predicted risk of the teacher is infinite at this n"
    assert found.threshold_gaussian == 2 * D_S + 2


def test_a_teacher_inside_the_students_space_gains_nothing() -> None:
    strong = world(500, 3)[1]
    found = measure(strong[:, :4], strong)
    assert found.d_sw.value == pytest.approx(4)
    for N in (None, 100):
        predicted = ahead(found, None if N is None else 50, N)
        assert (predicted.threshold_gaussian, predicted.threshold_elliptical) == (None, None)
        assert predicted.verdict in (None, NOT)
        assert "at every N, because F_w is seen to lie in F_s" in predicted.reason


def test_with_a_ridge_only_its_variances_are_predicted() -> None:
    found = measure(*world(500, 3), settings=Settings(fit=Fit(RIDGE, penalty=1.0)))
    assert forecast(found, 50, None).verdict is None
    predicted = forecast(found, 50, 50)
    assert predicted.ridge is not None
    assert (predicted.gaussian, predicted.elliptical, predicted.risks) == (None, None, None)
    assert "not a claim of this project" in " ".join(remarks(found))


def test_chance_is_the_product_over_the_room() -> None:
    assert chance(4, 6, 96) == 0.25


# ------------------------------------------------------------------------------------ labels


def target(
    weak: Floats, strong: Floats, beyond: float, stream: np.random.Generator
) -> tuple[Floats, dict[str, float]]:
    """f* = γ_w,1 + γ_s,2 + beyond · a function of neither; its numbers by hand from cosines c₁ and c₂.

    P_w f* = γ_w,1 + c₂γ_w,2 and P_s f* = c₁γ_s,1 + γ_s,2.
    """
    c1, c2 = COSINES[0], COSINES[1]
    f = weak[:, 0] + strong[:, 1] + beyond * stream.standard_normal(len(weak))
    return f, {
        "rho_w": 1 - c2**2 + beyond**2,
        "rho_s": 1 - c1**2 + beyond**2,
        "delta2": (1 - c2**2) ** 2,
        "tau2": 1 - c1**2 + c2**2 * (1 - c2**2),
    }


@pytest.mark.parametrize("rows", [500, 20000])
def test_targets_from_single_labels(rows: int) -> None:
    """Without repeats what neither map expresses counts as noise; the mean over draws is near the truth."""
    found, want = list[dict[str, float]](), dict[str, float]()
    for seed in range(60 if rows == 500 else 2):
        stream = generator(seed, "labels")
        weak, strong = pair(COSINES, D_W, D_S, rows, stream)
        f, want = target(weak, strong, 0.0, stream)
        seen = measure(weak, strong, f + 0.7 * stream.standard_normal(rows)).whole.target
        assert seen is not None
        assert seen.noise == "residual of both feature maps"
        found.append({k: v for k, v in dataclasses.asdict(seen).items() if k != "noise"})
    mean = {k: np.mean([x[k] for x in found]) for k in found[0]}
    assert mean == pytest.approx({**want, "sigma2": 0.49}, rel=0.1 if rows == 500 else 0.05, abs=0.005)


def test_repeated_labels_tell_noise_from_what_is_beyond() -> None:
    stream = generator(3, "labels")
    weak, strong = pair(COSINES, D_W, D_S, 20000, stream)
    f, want = target(weak, strong, 0.6, stream)
    labels = f[:, None] + 0.7 * stream.standard_normal((20000, 3))
    seen = measure(weak, strong, labels).whole.target
    assert seen is not None
    assert seen.noise == "repeated labels"
    assert seen.sigma2 == pytest.approx(0.49, rel=0.03)
    assert (seen.rho_w, seen.rho_s) == pytest.approx((want["rho_w"], want["rho_s"]), rel=0.05)
    known = measure(weak, strong, labels, Settings(sigma2=0.49)).whole.target
    assert known is not None
    assert (known.noise, known.sigma2) == ("given", 0.49)
    assert known.rho_w == pytest.approx(seen.rho_w, rel=0.03)


def test_noise_alone_is_no_target() -> None:
    """Over draws δ² and τ² of pure noise have no mean: what noise adds is taken away."""
    found = list[tuple[float, float]]()
    for seed in range(10):
        stream = generator(seed, "noise")
        weak, strong = pair(COSINES, D_W, D_S, 300, stream)
        seen = measure(weak, strong, stream.standard_normal(300)).whole.target
        assert seen is not None
        found.append((seen.delta2, seen.tau2))
    assert np.mean(found, axis=0) == pytest.approx([0, 0], abs=0.02)  # 0.03 and 0.02 before it is taken away


def test_noise_adds_nothing_to_what_only_one_map_expresses() -> None:
    """δ² and τ² with noise and without it, on the same features: the same on average."""
    changes = list[tuple[float, float]]()
    for seed in range(150):
        stream = generator(seed, "paired")
        weak, strong = pair(COSINES, D_W, D_S, 120, stream)
        f = weak[:, 11] + strong[:, 15]
        with_noise, without = (
            measure(weak, strong, y).whole.target for y in (f + 2 * stream.standard_normal(120), f)
        )
        assert with_noise is not None
        assert without is not None
        changes.append((with_noise.delta2 - without.delta2, with_noise.tau2 - without.tau2))
    assert np.mean(changes, axis=0) == pytest.approx(
        [0, 0], abs=0.12
    )  # noise adds 4(16 − 4)/120 and 4(12 − 4)/120


def test_any_measured_target_has_a_prediction() -> None:
    """Small tables, little target, d_sw at its ends: δ² and τ² are moved to where a target is."""
    for seed in range(12):
        stream = generator(seed, "feasible")
        cosines = [np.zeros(0), np.ones(2), np.array([0.5])][seed % 3]
        weak, strong = pair(cosines, 3, 4, 60, stream)
        y = weak[:, 0] * (seed % 4) + 0.1 * stream.standard_normal(60)
        found = ahead(measure(weak, strong, y), 30, 40)
        assert found.risks is not None
        assert found.gain is not None
        assert found.gain.low <= found.gain.value <= found.gain.high


def test_risks_are_those_of_the_formula_at_the_measured_target() -> None:
    stream = generator(4, "labels")
    weak, strong = pair(COSINES, D_W, D_S, 5000, stream)
    f, _ = target(weak, strong, 0.0, stream)
    found = measure(weak, strong, f + 0.7 * stream.standard_normal(5000))
    x = found.whole.target
    assert x is not None
    n, N = 60, 100
    kappa, d_sw = D_S / (N - D_S - 1), found.d_sw.value
    teacher = x.rho_w + (x.sigma2 + x.rho_w) * D_W / (n - D_W - 1)
    student = x.rho_s + x.delta2 + kappa * x.tau2
    student += (x.sigma2 + x.rho_w) * (d_sw + kappa * (D_W - d_sw)) / (n - D_W - 1)
    baseline, ceiling = (x.rho_s + (x.sigma2 + x.rho_s) * D_S / (m - D_S - 1) for m in (n, n + N))
    predicted = ahead(found, n, N)
    assert predicted.risks is not None
    shown = {
        k: float(v) for k, v in predicted.risks.excess_risk.items() if v is not None and not hasattr(v, "low")
    }
    assert shown == pytest.approx(
        {"weak": teacher, "w2s": student, "strong_baseline": baseline, "strong_ceiling": ceiling}, rel=1e-6
    )
    for estimate, value in (
        (predicted.gain, teacher - student),
        (predicted.pgr, (teacher - student) / (teacher - ceiling)),
        (predicted.opr, baseline / student),
    ):
        assert estimate is not None
        assert estimate.value == pytest.approx(value, rel=1e-6)
        assert estimate.low < estimate.value < estimate.high
    assert predicted.verdict == HELPS
    assert predicted.reason.startswith("helps: predicted risk of the teacher less that of the student")


def test_verdicts_with_labels() -> None:
    """A target of the weak features alone: the student loses what it cannot express."""
    stream = generator(5, "labels")
    weak, strong = pair(COSINES, D_W, D_S, 4000, stream)
    hopeless = measure(weak, strong, 3 * weak[:, 11] + stream.standard_normal(4000))
    found = ahead(hopeless, 200, 300)
    assert (found.verdict, found.threshold_risk) == (NOT, None)
    assert found.reason.startswith("does not help")
    infinite = ahead(hopeless, D_W + 1, 300)
    assert infinite.verdict == NOT
    assert infinite.reason == "the predicted risk of the teacher is infinite at this n"
    confused = ahead(hopeless, 200, D_S)
    assert confused.verdict == NOT
    assert confused.reason == "the predicted risk of the student is infinite at this N"


def test_a_tie_is_undecided_whatever_side_the_estimate_is_on() -> None:
    """A target of the strong features at N = 2d_s + 1, where teacher and student have one risk."""
    gains = list[float]()
    for seed in range(6):
        stream = generator(seed, "tie")
        weak, strong = pair(COSINES, D_W, D_S, 2000, stream)
        found = ahead(measure(weak, strong, strong[:, 0] + stream.standard_normal(2000)), 60, 2 * D_S + 1)
        assert found.verdict == OPEN
        assert found.reason.startswith("undecided")
        assert found.gain is not None
        gains.append(found.gain.value)
    assert min(gains) < 0 < max(gains)


def test_too_few_rows_to_tell_noise_are_refused() -> None:
    weak, strong = pair(np.zeros(0), 25, 25, 45, generator(6, "labels"))
    with pytest.raises(BadTable, match="too few to tell noise from target"):
        measure(weak, strong, weak[:, 0])


# ---------------------------------------------------------------------- measure, predict, fit


def agree(
    weak: Floats, strong: Floats, f: Floats, fit: tuple[int, int, float], draws: int, close: float
) -> None:
    """Measured on a pool, predicted, and fitted on parts of the pool: mean risks of teacher and student."""
    n, N, sigma = fit
    stream = generator(21, "agree")
    labels = f + sigma * stream.standard_normal(len(f))
    ones = np.ones((len(f), 1))  # the intercept that is fitted
    settings = Settings(sigma2=sigma**2, centred=False)
    found = measure(np.hstack([ones, weak]), np.hstack([ones, strong]), labels, settings)
    assert (found.weak.dimension, found.strong.dimension) == (weak.shape[1] + 1, strong.shape[1] + 1)
    predicted = ahead(found, n, N)
    assert predicted.risks is not None
    fits = np.array([oracle.risks_on_pool(weak, strong, f, sigma, n, N, stream) for _ in range(draws)])
    for name, measured in zip(("weak", "w2s"), fits.mean(axis=0), strict=True):
        value = predicted.risks.excess_risk[name]
        assert value is not None
        assert float(value) == pytest.approx(measured, rel=close), name  # type: ignore[arg-type]  # no range


def test_measured_predicted_and_fitted_on_a_synthetic_pair() -> None:
    stream = generator(20, "agree")
    weak, strong = pair(COSINES, D_W, D_S, 20000, stream)
    f, _ = target(weak, strong, 0.0, stream)
    agree(weak, strong, f, (100, 200, 0.7), draws=200, close=0.05)


@pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is the extra experiments")
def test_measured_predicted_and_fitted_on_the_halves_of_digits() -> None:
    """Weak features: components of the upper halves of the images; strong: of the whole images."""
    from sklearn.datasets import load_digits  # type: ignore[import-not-found,unused-ignore]  # an extra

    images, digit = load_digits(return_X_y=True)

    def components(x: Floats, k: int) -> Floats:
        u, s, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
        return np.asarray(u[:, :k] * s[:k])

    weak, strong = components(images[:, :32], 15), components(images, 20)
    found = measure(weak, strong, settings=Settings(fit=Fit(PCA, components=15)))
    assert 0 < found.d_sw.value < 15
    # no noise of ours: σ² = 0, and what the features cannot express of the parity is ρ
    agree(weak, strong, (digit % 2).astype(np.float64), (150, 300, 0.0), draws=200, close=0.05)


def test_remarks_end_in_no_full_stop(gaussian: Measurement) -> None:
    assert all(text[-1] != "." for text in remarks(gaussian))
