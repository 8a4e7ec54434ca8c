"""Ridge fits: their predicted variances against fits, against the isotropic formulas, and at no penalty."""

from math import sqrt

import numpy as np
import pytest

from tests.worlds_of_features import Floats, pair
from verify.features import Settings, forecast, measure
from verify.features.ridge import Ridge
from verify.features.spaces import parse_fit
from verify.streams import generator

D_W, D_S = 12, 16
COSINES = np.linspace(0.95, 0.1, D_W)
SPECTRUM_W, SPECTRUM_S = (np.arange(1.0, d + 1) ** -1.2 for d in (D_W, D_S))


def ridge_on(x: Floats, y: Floats, penalty: float) -> Floats:
    """Coefficients with the penalty on the mean loss."""
    m, d = x.shape
    return np.asarray(np.linalg.solve(x.T @ x / m + penalty * np.eye(d), x.T @ y / m))


def fitted(penalty: float, n: int, N: int, draws: int) -> tuple[float, float]:
    """Variances over σ² of teacher and student, the label noise averaged exactly; features mixed."""
    stream = generator(3, "ridge")
    turn_w, turn_s = (np.linalg.qr(stream.standard_normal((d, d)))[0] for d in (D_W, D_S))
    mix_w, mix_s = turn_w * np.sqrt(SPECTRUM_W), turn_s * np.sqrt(SPECTRUM_S)
    found = []
    for _ in range(draws):
        teacher = ridge_on(pair(COSINES, D_W, D_S, n, stream)[0] @ mix_w.T, np.eye(n), penalty)
        weak, strong = (
            x @ a.T for x, a in zip(pair(COSINES, D_W, D_S, N, stream), (mix_w, mix_s), strict=True)
        )
        student = ridge_on(strong, weak @ teacher, penalty)
        found.append((np.sum((mix_w.T @ teacher) ** 2), np.sum((mix_s.T @ student) ** 2)))
    means = np.mean(found, axis=0)
    return float(means[0]), float(means[1])


@pytest.mark.parametrize(
    ("penalty", "n", "N"), [(0.05, 60, 90), (0.3, 80, 40), (0.02, 9, 200), (0.05, 50, 11)]
)
def test_variances_are_what_ridge_fits_have(penalty: float, n: int, N: int) -> None:
    """In the limit of all sizes; at these a few percent off, more where samples are fewer than dimensions."""
    shape = Ridge(np.diag(SPECTRUM_W), np.diag(SPECTRUM_S), penalty)
    weak, student = fitted(penalty, n, N, 1500)
    assert shape.teacher(n) == pytest.approx(weak, rel=0.05)
    assert shape.student(COSINES, n, N) == pytest.approx(student, rel=0.06)


@pytest.mark.parametrize(("penalty", "n", "N"), [(0.1, 60, 90), (2.0, 15, 13)])
def test_isotropic_features_follow_the_formula_of_the_theory(penalty: float, n: int, N: int) -> None:
    """theory.md, section 4 (ridge), with m - 1 for m; t, g from m₁, m₂."""

    def t_and_g(d: int, m: int) -> tuple[float, float]:
        phi = d / (m - 1)
        m1 = (-(1 - phi + penalty) + sqrt((1 - phi + penalty) ** 2 + 4 * phi * penalty)) / (2 * phi * penalty)
        m2 = (phi * m1**2 + m1) / (2 * phi * penalty * m1 + 1 - phi + penalty)
        return (m1 - penalty * m2) / (m - 1), 1 - 2 * penalty * m1 + penalty**2 * m2

    (t_w, _), (t_s, g_s) = t_and_g(D_W, n), t_and_g(D_S, N)
    d_sw = float(np.sum(COSINES**2))
    shape = Ridge(np.eye(D_W), np.eye(D_S), penalty)
    assert shape.teacher(n) == pytest.approx(D_W * t_w, rel=1e-9)
    expected = t_w * (g_s * d_sw + D_S * t_s * (D_W - d_sw))
    assert shape.student(COSINES, n, N) == pytest.approx(expected, rel=1e-9)


def test_without_penalty_it_is_the_ridgeless_value() -> None:
    shape = Ridge(np.diag(SPECTRUM_W), np.diag(SPECTRUM_S), 1e-12)
    d_sw, n, N = float(np.sum(COSINES**2)), 60, 90
    assert shape.teacher(n) == pytest.approx(D_W / (n - D_W - 1), rel=1e-6)
    kappa = D_S / (N - D_S - 1)
    expected = (d_sw + kappa * (D_W - d_sw)) / (n - D_W - 1)
    assert shape.student(COSINES, n, N) == pytest.approx(expected, rel=1e-6)


def test_measured_features_give_the_prediction_of_their_population() -> None:
    """Mixed, scaled and with a dependent column: what the fit sees is the covariance, not the coordinates."""
    stream = generator(4, "ridge")
    weak, strong = pair(COSINES, D_W, D_S, 20000, stream)
    turn = np.linalg.qr(stream.standard_normal((D_W + 1, D_W + 1)))[0][:, :D_W]
    weak, strong = weak @ (turn * np.sqrt(SPECTRUM_W)).T + 3, strong * np.sqrt(SPECTRUM_S)
    found = measure(weak, strong, settings=Settings(parse_fit("ridge:0.05")))
    assert found.weak.dimension == D_W
    ahead = forecast(found, 60, 90)
    exact = Ridge(np.diag(SPECTRUM_W), np.diag(SPECTRUM_S), 0.05)
    assert ahead.ridge is not None
    assert ahead.ridge.weak == pytest.approx(exact.teacher(60), rel=0.02)
    assert ahead.ridge.w2s == pytest.approx(exact.student(COSINES, 60, 90), rel=0.03)
    assert ahead.ridge.low < ahead.ridge.w2s < ahead.ridge.high
    assert (ahead.verdict, ahead.gaussian) == ("helps", None)
    effective = sum(x / (x + 0.05) for x in SPECTRUM_W)
    assert found.weak.effective == pytest.approx(effective, rel=0.02)
