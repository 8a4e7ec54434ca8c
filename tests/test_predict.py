"""w2s predict: its numbers against formulas typed here and simulation; ranges, refusals, infinities."""

import json
import math
import re
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from derivations.theorems._misspecified import fitted2, theta2
from verify import pipeline
from verify.commands import run
from verify.commands._inputs import conclusion
from verify.commands._text import cells
from verify.predictions import Entry, Prediction, Range, evaluate, predict
from verify.targets import Infeasible, Inputs, Targets, root

Captured = pytest.CaptureFixture[str]
F = Fraction
AT = {"d_w": "20", "d_s": "10", "d_sw": "4", "n": "60", "N": "200", "sigma2": "0.25"}
MODELS = {"weak", "w2s", "strong_baseline", "strong_ceiling"}
PARTS = {"w2s_inherited", "w2s_reduced"}
KEYS = {"inputs", "excess_risk", "variance", "bias", "pgr", "opr", "misfit", "kappa", "diverges", "notes"}
W2S, ALL = {"w2s"} | PARTS, {"pgr", "opr", "misfit"}


def w2s(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def options(changes: dict[str, object]) -> list[str]:
    given = {**AT, **{k: str(v) for k, v in changes.items()}}
    return ["predict", *(f"--{name.replace('_', '-')}={value}" for name, value in given.items())]


def predicted(capsys: Captured, *more: str, **changes: object) -> dict[str, Any]:
    """The JSON of w2s predict at AT with changes."""
    code, out, err = w2s(capsys, *options(changes), "--json", *more)
    assert (code, err) == (0, "")
    shown: dict[str, Any] = json.loads(out)
    assert set(shown) == KEYS
    assert set(shown["excess_risk"]) == set(shown["bias"]) == MODELS
    assert set(shown["variance"]) == MODELS | PARTS
    return shown


def assert_refused(result: tuple[int, str, str], *words: str) -> None:
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("w2s: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err


def at(
    d_w: int, d_s: int, d_sw: object, n: int, N: int, sigma2: object = 1, rho_w: object = 0,
    rho_s: object = 0, delta2: object = None, tau2: object = None,
) -> Prediction:  # fmt: skip
    real = [None if x is None else F(str(x)) for x in (d_sw, sigma2, rho_w, rho_s, delta2, tau2)]
    d, s, w, r, a, b = real
    assert d is not None
    assert s is not None
    assert w is not None
    assert r is not None
    return predict(Inputs(d_w, d_s, d, n, N, s, w, r, a, b), conclusion)


def formulas(x: Inputs, delta2: Fraction, tau2: Fraction) -> dict[str, Fraction]:
    """The closed forms of theory.md, section 3, typed once more as an oracle."""
    kappa, u = F(x.d_s, x.N - x.d_s - 1), x.d_w - x.d_sw
    A, free = x.d_sw + kappa * u, x.n - x.d_w - 1
    out = {
        "kappa": kappa,
        "var weak": x.sigma2 * x.d_w / free,
        "var w2s": x.sigma2 * A / free,
        "var w2s_inherited": x.sigma2 * x.d_sw / free,
        "var w2s_reduced": x.sigma2 * kappa * u / free,
        "var strong_baseline": x.sigma2 * x.d_s / (x.n - x.d_s - 1),
        "var strong_ceiling": x.sigma2 * x.d_s / (x.n + x.N - x.d_s - 1),
        "weak": x.rho_w + (x.sigma2 + x.rho_w) * x.d_w / free,
        "w2s": x.rho_s + delta2 + kappa * tau2 + (x.sigma2 + x.rho_w) * A / free,
        "strong_baseline": x.rho_s + (x.sigma2 + x.rho_s) * x.d_s / (x.n - x.d_s - 1),
        "strong_ceiling": x.rho_s + (x.sigma2 + x.rho_s) * x.d_s / (x.n + x.N - x.d_s - 1),
        "misfit": (1 + kappa) * (tau2 + (x.sigma2 + x.rho_w) * u / free),
    }
    out["pgr"] = (out["weak"] - out["w2s"]) / (out["weak"] - out["strong_ceiling"])
    out["opr"] = out["strong_baseline"] / out["w2s"]
    return out


def flat(shown: Prediction) -> dict[str, Entry]:
    """Its entries under the names of `formulas`."""
    variances = {f"var {k}": v for k, v in shown.variance.items()}
    return {**shown.excess_risk, **variances, **shown.ratios}


def world(
    rng: np.random.Generator, d_s: int, d_w: int
) -> tuple[Fraction, Fraction, Fraction, tuple[Fraction, Fraction]]:
    """Exact parameters of a random target: C = diag(c), so that all is rational but cosines and sines."""
    k = min(d_s, d_w)
    pythagoras = [(0, 1, 1), (1, 0, 1), (3, 4, 5), (4, 3, 5), (5, 12, 13), (24, 7, 25), (1, 0, 1)]
    angles = [pythagoras[i] for i in rng.integers(0, len(pythagoras), k)]
    cos = [F(a, h) for a, _, h in angles] + [F(0)] * (max(d_s, d_w) - k)
    sin = [F(b, h) for _, b, h in angles] + [F(1)] * (max(d_s, d_w) - k)
    theta = [F(int(v), 3) for v in rng.integers(-4, 5, d_w)]
    # ξ_w = Σ p_i (γ_s,i - c_i γ_w,i)/s_i + rest: a unit vector each, orthogonal to F_w, where s_i > 0
    p = [F(int(v), 3) if sin[i] else F(0) for i, v in enumerate(rng.integers(-4, 5, d_s))]
    rest = F(int(rng.integers(0, 3)), 2)
    delta = [p[i] * sin[i] for i in range(d_s)]
    delta2 = sum((x * x for x in delta), F(0))
    tau2 = sum((theta[i] ** 2 * sin[i] ** 2 for i in range(d_w)), F(0))
    cross = sum((delta[i] * cos[i] * theta[i] for i in range(k)), F(0))
    rho_w = sum((x * x for x in p), F(0)) + rest
    d_sw = sum((c * c for c in cos[:k]), F(0))
    return d_sw, rho_w, rho_w + tau2 - delta2 - 2 * cross, (delta2, tau2)


# ------------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("d_w", "d_s", "d_sw", "n", "N", "sigma2"),
    [
        (20, 10, "4", 60, 200, "0.25"),
        (3, 5, "7/3", 7, 9, "1/3"),
        (1, 1, "0", 3, 3, "4"),
        (4, 4, "4", 1000, 6, "1e-2"),
        (200, 100, "10.5", 2000, 400, "1"),
    ],
)
def test_predicted_variances(
    capsys: Captured, d_w: int, d_s: int, d_sw: str, n: int, N: int, sigma2: str
) -> None:
    given = {"d_w": d_w, "d_s": d_s, "d_sw": d_sw, "n": n, "N": N, "sigma2": sigma2}
    want = formulas(Inputs(d_w, d_s, F(d_sw), n, N, F(sigma2)), F(0), F(0))
    shown = predicted(capsys, **given)
    assert shown["variance"] == {k: float(want[f"var {k}"]) for k in MODELS | PARTS}
    assert shown["excess_risk"] == {k: float(want[k]) for k in MODELS}
    assert shown["bias"] == dict.fromkeys(MODELS, 0.0)
    exact = predicted(capsys, "--digits", "40", **given)
    for name, value in exact["variance"].items():
        assert isinstance(value, str)
        assert abs(F(value) - want[f"var {name}"]) <= want[f"var {name}"] / 10**39
    assert F(str(exact["kappa"])) == pytest.approx(F(d_s, N - d_s - 1), rel=1e-15)


def test_formulas_at_random_inputs_and_their_ranges() -> None:
    """At given δ², τ² the exact value; with either left out an interval that has it inside."""
    rng = np.random.default_rng(5)
    for trial in range(200):
        d_s, d_w = (int(v) for v in rng.integers(1, 5, 2))
        d_sw, rho_w, rho_s, (delta2, tau2) = world(rng, d_s, d_w)
        n, N = max(d_w, d_s) + int(rng.integers(2, 40)), d_s + int(rng.integers(2, 60))
        sigma2 = F(int(rng.integers(0, 5)), 2)
        x = Inputs(d_w, d_s, d_sw, n, N, sigma2, rho_w, rho_s, delta2, tau2)
        kappa, u = F(d_s, N - d_s - 1), d_w - d_sw
        risk = rho_s + delta2 + kappa * tau2 + (sigma2 + rho_w) * (d_sw + kappa * u) / (n - d_w - 1)
        weak = rho_w + (sigma2 + rho_w) * F(d_w, n - d_w - 1)
        ceiling = rho_s + (sigma2 + rho_s) * F(d_s, n + N - d_s - 1)
        if ceiling == weak or risk == 0:
            continue
        want = formulas(x, delta2, tau2)
        if ceiling > weak:
            del want["pgr"]
        values = flat(predict(x, conclusion))
        assert {k: values[k] for k in want} == want, trial
        biased = predict(x, conclusion).bias["w2s"]
        assert biased == want["w2s"] - want["var w2s"]
        inside = [Targets(Inputs(d_w, d_s, d_sw, n, N, sigma2, rho_w, rho_s, a, b))
                  for a, b in ((None, None), (delta2, None), (None, tau2))]  # fmt: skip
        for targets in inside:
            for slopes in ((F(1), kappa), (F(0), F(1)), (F(1), F(0))):
                low, high = (slopes[0] * p + slopes[1] * q for p, q in targets.extremes(*slopes))
                value = slopes[0] * delta2 + slopes[1] * tau2
                assert low - F(1, 10**20) <= value <= high + F(1, 10**20), (trial, slopes, x)
        if trial < 40:
            free = flat(at(d_w, d_s, d_sw, n, N, sigma2, rho_w, rho_s))
            for name, value in want.items():
                entry = free[name]
                assert entry is not None
                ends = (entry.low, entry.high) if isinstance(entry, Range) else (entry, entry)
                assert ends[0] - F(1, 10**20) <= value <= ends[1] + F(1, 10**20)


@pytest.mark.parametrize("name", ["pgr", "opr"])
def test_recovery_is_what_its_claim_concludes(name: str) -> None:
    """The prediction divides risks; the claim is a closed form of its own."""
    rng, form, compared = np.random.default_rng(11), conclusion(name), 0
    for _ in range(60):
        d_s, d_w = (int(v) for v in rng.integers(1, 5, 2))
        d_sw, rho_w, rho_s, (delta2, tau2) = world(rng, d_s, d_w)
        n, N = max(d_w, d_s) + int(rng.integers(2, 40)), d_s + int(rng.integers(2, 60))
        x = Inputs(d_w, d_s, d_sw, n, N, F(1, 2), rho_w, rho_s, delta2, tau2)
        given = {**vars(x), "N": N}
        entry = predict(x, conclusion).ratios[name]
        if isinstance(entry, Fraction):
            assert evaluate(form, {s: given[s.name] for s in form.free_symbols}) == entry
            compared += 1
    assert compared > 30


def test_the_norm_of_theta_is_in_no_conclusion() -> None:
    """The command puts ‖θ‖² = τ² and ‖Cθ‖² = 0, which is right only if nothing but τ² enters."""
    more = {theta2: theta2 + 7, fitted2: fitted2 + 7}
    for claim in ("w2s-risk", "misfit"):
        concluded = conclusion(claim)
        assert {theta2, fitted2} < concluded.free_symbols
        assert (concluded - concluded.subs(more, simultaneous=True)).simplify() == 0


@pytest.mark.parametrize(
    ("seed", "d_s", "d_w", "cosines", "n", "N", "sigma2", "rest"),
    [
        (11, 3, 4, (0.85, 0.45, 0.15), 15, 13, 0.7, 0.3),
        (12, 5, 3, (1.0, 0.7, 0.25), 14, 17, 0.15, 0.0),
    ],
)
def test_agrees_with_the_naive_procedure(
    seed: int, d_s: int, d_w: int, cosines: tuple[float, ...], n: int, N: int, sigma2: float, rest: float
) -> None:
    rng = np.random.default_rng(seed)
    C = np.zeros((d_s, d_w))
    np.fill_diagonal(C, cosines)
    theta, delta = rng.normal(size=d_w), rng.normal(size=d_s) * 0.6
    delta[: len(cosines)][np.array(cosines) == 1] = 0
    problem = pipeline.world_from_target(C, theta, delta, rest, sigma2, n, N)
    known = pipeline.world_parameters(problem)
    numbers = (known.d_sw, sigma2, known.rho_w, known.rho_s, known.delta2, known.tau2)
    d_sw, s, w, r, a, b = (F(v) for v in numbers)
    # doubles in exact arithmetic: ρ_s is what the others make it only to rounding, and this is inside
    shown = predict(Inputs(d_w, d_s, d_sw, n, N, s, w, r, a, b), conclusion)
    draws = pipeline.simulate(problem, rng, 20_000)
    columns = {name: draws[:, i] for i, name in enumerate(pipeline.QUANTITIES)}
    for name, entry in {**shown.excess_risk, "misfit": shown.ratios["misfit"]}.items():
        assert isinstance(entry, Fraction)
        mean, error = columns[name].mean(), columns[name].std(ddof=1) / math.sqrt(len(draws))
        assert abs(mean - float(entry)) < 5 * error, name
        assert error < 0.02 * mean
    free = predict(Inputs(d_w, d_s, d_sw, n, N, s, w, r), conclusion).excess_risk["w2s"]
    assert isinstance(free, Range)
    assert free.low < columns["w2s"].mean() < free.high


def test_recovery_where_the_ceiling_is_no_better(capsys: Captured) -> None:
    x = Inputs(10, 30, F(0), 1000, 100, F(1))
    assert float(formulas(x, F(0), F(0))["pgr"]) == pytest.approx(-0.32, abs=0.005)
    shown = predicted(capsys, d_w=10, d_s=30, d_sw=0, n=1000, N=100, sigma2=1)
    assert shown["pgr"] is None
    assert "ceiling" in str(shown["notes"])
    assert shown["diverges"] == []
    assert shown["excess_risk"]["w2s"] < shown["excess_risk"]["weak"]


# ------------------------------------------------------------------------------------- ranges


def test_the_sharp_bounds_of_the_theory() -> None:
    """theory.md, w2s-bias: max δ² + κτ² over all C, attained in the first case."""
    for kappa, want in ((F(1, 4), F(4) + F(1) / (1 - F(1, 4)) - 1), (F(2), F(2) * 9)):
        targets = Targets(Inputs(9, 9, F(4), 50, 50, F(1), F(4), F(1)))
        a, b = targets.extremes(F(1), kappa)[1]
        assert a + kappa * b == want


@pytest.mark.parametrize(
    ("d_sw", "rho_w", "rho_s"),
    [("1/3", "2", "1/2"), ("1/3", "1/2", "2"), ("0", "2", "1/2"), ("9/10", "1", "1"), ("2", "2", "3"),
     ("2", "1", "0"), ("1/2", "1", "0"), ("1/2", "0", "1"), ("3", "1", "2")],
)  # fmt: skip
@pytest.mark.parametrize("kappa", ["1/10", "1", "3"])
def test_ranges_are_those_of_a_fine_grid(d_sw: str, rho_w: str, rho_s: str, kappa: str) -> None:
    """The inequalities themselves, on a grid of δ and τ: nothing outside the range, its ends approached."""
    d, w, s, k = (float(F(v)) for v in (d_sw, rho_w, rho_s, kappa))
    d_s, d_w = 3, 4
    extremes = Targets(Inputs(d_w, d_s, F(d_sw), 50, 50, F(1), F(rho_w), F(rho_s))).extremes
    delta2 = np.linspace(0, w * min(1, d_s - d), 2001)[:, None]
    tau2 = np.linspace(0, (math.sqrt(w) + math.sqrt(s)) ** 2, 2001)[None, :]
    t = np.abs(w + tau2 - delta2 - s) / 2
    slack = 1.5e-3 * (w + s)  # what the step of the grid can miss
    ok = t <= np.sqrt(tau2 * (w - delta2)) + slack
    if d < 1:
        ok &= t <= np.sqrt(tau2 * delta2 * d / (1 - d)) + slack
    if d == d_s:
        ok &= t <= slack
    for a, b in ((1.0, k), (0.0, 1.0)):
        found = (a * delta2 + b * tau2)[ok]
        low, high = (a * float(p) + b * float(q) for p, q in extremes(F(a), F(b)))
        # The slack lets τ² move by about the root of itself where two roots meet.
        loose = 3 * math.sqrt(slack * (w + s)) * (a + b) if min(w, s) == 0 else 0.06 * (a + b) * (w + s)
        assert low - loose <= found.min() <= low + loose
        assert high - loose <= found.max() <= high + loose
        strict = Targets(Inputs(d_w, d_s, F(d_sw), 50, 50, F(1), F(rho_w), F(rho_s)))
        assert strict.extremes(F(a), F(b)) == extremes(F(a), F(b))


@pytest.mark.parametrize("kappa", ["1/10", "1", "3"])
@pytest.mark.parametrize(("w", "s"), [("2", "1/2"), ("1/2", "2"), ("1", "1")])
def test_ranges_are_attained_by_worlds(w: str, s: str, kappa: str) -> None:
    """d_s = d_w = 1: f* is γ_wθ + p(γ_s - cγ_w)/s + rest; its least and greatest over (θ, p) are the ends."""
    c2, k = 0.36, float(F(kappa))
    c, sine2 = math.sqrt(c2), 1 - c2
    rho_w, rho_s = float(F(w)), float(F(s))
    delta2 = np.linspace(0, rho_w * sine2, 400_001)
    delta = np.sqrt(delta2)
    # ρ_s = ρ_w + τ² - δ² - 2δcθ with τ² = θ²(1-c²): solve for θ
    disc = (delta * c) ** 2 - sine2 * (rho_w - delta2 - rho_s)
    delta, delta2, disc = delta[disc >= 0], delta2[disc >= 0], disc[disc >= 0]
    value = np.concatenate(
        [delta2 + k * sine2 * ((delta * c + sign * np.sqrt(disc)) / sine2) ** 2 for sign in (1, -1)]
    )
    pairs = Targets(Inputs(1, 1, F("0.36"), 50, 50, F(1), F(w), F(s))).extremes(F(1), F(kappa))
    low, high = (float(a) + k * float(b) for a, b in pairs)
    assert low == pytest.approx(value.min(), rel=1e-3, abs=1e-4)
    assert high == pytest.approx(value.max(), rel=1e-3)


def test_what_is_determined_is_a_number() -> None:
    for shown in (
        at(4, 3, 1, 20, 30),  # ρ_s = ρ_w = 0
        at(3, 3, 3, 20, 30, 1, 2, 2),  # one space
        at(3, 5, 3, 20, 30, 1, 2, "1/2"),  # F_w ⊂ F_s
        at(5, 3, 3, 20, 30, 1, "1/2", 2),  # F_s ⊂ F_w
        at(4, 1, "1/2", 20, 30, 1, 2, 0),  # f* in a line F_s
        at(4, 3, 0, 20, 30, 1, 2, 1, "3/2"),
        at(4, 3, 0, 20, 30, 1, 2, 1, None, "1/2"),
    ):
        assert all(isinstance(x, Fraction) for x in flat(shown).values() if x is not None)
    x = at(3, 5, 3, 20, 30, 1, 2, "1/2")
    want = formulas(x.inputs, F(3, 2), F(0))
    assert x.excess_risk["w2s"] == want["w2s"]


def test_ranges_in_json(capsys: Captured) -> None:
    more = {"rho_w": "0.1", "rho_s": "0.05"}
    shown = predicted(capsys, **more)
    assert shown["inputs"]["delta2"] is None
    for entry in (shown["excess_risk"]["w2s"], shown["bias"]["w2s"], *(shown[k] for k in ALL)):
        assert isinstance(entry, list)
        low, high = entry
        assert low < high
    assert all(isinstance(v, float) for v in shown["variance"].values())
    exact = predicted(capsys, "--digits", "30", **more)
    low, high = (F(v) for v in exact["excess_risk"]["w2s"])
    finer = predicted(capsys, "--digits", "60", **more)
    for x, y in zip((low, high), finer["excess_risk"]["w2s"], strict=True):
        assert abs(x - F(y)) <= x / 10**29


def test_every_digit_of_an_end_with_a_root(capsys: Captured) -> None:
    shown = predicted(capsys, "--digits", "100", rho_w="0.1", rho_s="0.05")
    with mpmath.workdps(120):
        tau2 = (mpmath.sqrt(mpmath.mpf(1) / 10) + mpmath.sqrt(mpmath.mpf(1) / 20)) ** 2  # κ = 10/189
        want = mpmath.mpf(199) / 189 * (tau2 + (mpmath.mpf(1) / 4 + mpmath.mpf(1) / 10) * 16 / 39)
        assert shown["misfit"][1] == mpmath.nstr(want, 100)


def test_roots() -> None:
    assert root(F(9, 4)) == F(3, 2)
    assert root(F(0)) == 0
    for x in (F(2), F(1, 10**99), F(7, 3), F(10**81 + 1)):
        assert abs(root(x, 50) ** 2 / x - 1) < F(1, 10**49)


# ----------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"d_sw": 11}, "min(d_s, d_w) = 10"),
        ({"d_sw": "-0.1"}, "--d-sw"),
        ({"sigma2": "-1"}, "negative"),
        ({"n": "1.5"}, "--n must be a positive integer"),
        ({"n": 0}, "--n must be a positive integer"),
        ({"d_w": "-3"}, "--d-w"),
        ({"d_s": "ten"}, "--d-s"),
        ({"n": 18}, "four-regimes"),
        ({"N": 8}, "four-regimes"),
        ({"sigma2": "nan"}, "--sigma2"),
        ({"sigma2": "inf"}, "--sigma2"),
        ({"sigma2": "1/0"}, "--sigma2"),
        ({"sigma2": "2**3"}, "--sigma2"),
        ({"sigma2": "__import__('os')"}, "--sigma2"),
        ({"sigma2": "1e999"}, "too large"),
        ({"N": "9" * 50}, "--N"),
        ({"digits": 0}, "digits"),
        ({"digits": 1001}, "digits"),
        ({"rho_w": "-1"}, "--rho-w"),
        ({"rho_s": "-1"}, "--rho-s"),
        ({"delta2": "-1"}, "--delta2"),
        ({"tau2": "x"}, "--tau2"),
        # theory.md, section 1, one by one
        ({"rho_w": 1, "rho_s": 1, "delta2": "1.1"}, "δ² ≤ ρ_w·min(1, d_s − d_sw) = 1"),
        ({"rho_w": 1, "rho_s": 1, "d_sw": "9.5", "delta2": "0.6"}, "= 1/2"),
        ({"rho_w": 1, "rho_s": 1, "d_sw": 10, "delta2": "0.1"}, "δ = 0 if d_sw = d_s"),
        ({"rho_w": 1, "d_s": 30, "d_sw": 20, "rho_s": 1, "tau2": 1}, "τ = 0 if d_sw = d_w"),
        ({"d_s": 30, "d_sw": 20, "rho_w": 1, "rho_s": 2}, "ρ_s = ρ_w + τ² − δ²"),
        ({"rho_w": 2, "rho_s": 1, "d_sw": 10}, "ρ_s = ρ_w + τ² − δ²"),
        ({"rho_w": 1, "rho_s": 1, "delta2": "0.75", "tau2": 4}, "|τ − √(ρ_w − δ²)| ≤ √ρ_s"),
        ({"rho_w": 1, "rho_s": 4, "delta2": "0.75", "tau2": 1}, "√ρ_s ≤ τ + √(ρ_w − δ²)"),
        ({"rho_w": 1, "rho_s": 1, "d_sw": "0.5", "delta2": "0.1", "tau2": 1}, "τδ√(d_sw/(1 − d_sw))"),
        ({"rho_w": 1, "rho_s": "0.1", "d_sw": "0.5", "delta2": "0.1"}, "(ρ_w − ρ_s)(1 − d_sw) = 9/20"),
        ({"rho_w": 1, "rho_s": 1, "d_sw": 0, "delta2": "0.1", "tau2": 1}, "ρ_s = ρ_w + τ² − δ²"),
        ({"rho_w": 1, "rho_s": 1, "delta2": 0, "tau2": 1}, "ρ_s = ρ_w + τ² − δ²"),
        ({"rho_w": 1, "rho_s": 2, "tau2": 0}, "ρ_s = ρ_w + τ² − δ²"),
        ({"rho_w": 1, "rho_s": 1, "tau2": "4.1"}, "no δ² satisfies"),
        ({"rho_w": 1, "rho_s": 1, "tau2": 4}, "ρ_s = ρ_w + τ² − δ²"),  # δ = 0 is all that is left
        ({"rho_w": 1, "rho_s": 4, "d_sw": "0.1", "tau2": 1}, "no δ² satisfies"),
        ({"tau2": 1}, "ρ_s = ρ_w + τ² − δ²"),
        ({"delta2": 1}, "δ² ≤"),
    ],
)
def test_bad_input_gets_one_sentence(capsys: Captured, changes: dict[str, object], word: str) -> None:
    assert_refused(w2s(capsys, *options(changes)), word)


def test_a_pair_is_refused_exactly_where_a_slice_ends() -> None:
    """Given one of δ², τ², the other is feasible inside its interval and refused beyond it."""
    sizes = (4, 3, F("2/3"), 30, 30, F(1), F(2), F(1))
    inputs = [Inputs(*sizes, F("3/4"), None), Inputs(*sizes, None, F("3/4"))]
    for i, x in enumerate(inputs):
        low, high = (p[1 - i] for p in Targets(x).extremes(F(1), F(1)))
        step = (high - low) / 1000
        assert step > 0
        for value, good in (
            (low + step, True),
            (high - step, True),
            (low - step, False),
            (high + step, False),
        ):
            pair = (F("3/4"), value) if i == 0 else (value, F("3/4"))
            if good:
                Targets(Inputs(*sizes, *pair))
            else:
                with pytest.raises(Infeasible):
                    Targets(Inputs(*sizes, *pair))


# --------------------------------------------------------------------------------- infinities


@pytest.mark.parametrize(
    ("changes", "infinite"),
    [
        ({"n": 19}, {"weak"} | W2S | ALL),
        ({"n": 20}, {"weak"} | W2S | ALL),
        ({"n": 21}, {"weak"} | W2S | ALL),
        ({"n": 22}, set()),
        ({"n": 21, "d_sw": 0}, {"weak", "w2s", "w2s_reduced"} | ALL),
        ({"N": 9}, {"w2s", "w2s_reduced", "kappa"} | ALL),
        ({"N": 10}, {"w2s", "w2s_reduced", "kappa"} | ALL),
        ({"N": 11}, {"w2s", "w2s_reduced", "kappa"} | ALL),
        ({"N": 12}, set()),
        ({"N": 21, "d_s": 20, "d_sw": 20}, {"kappa"}),  # F_w ⊂ F_s: the student is the teacher
        ({"N": 21, "d_s": 20, "d_sw": 20, "rho_w": 1, "rho_s": 1}, {"kappa"}),
        ({"n": 20, "d_s": 20, "d_sw": 20},  # and disagrees with it nowhere
         {"weak", "w2s", "w2s_inherited", "strong_baseline", "pgr", "opr"}),
        ({"n": 21, "d_s": 20, "d_sw": 20, "rho_w": 1, "rho_s": 1},
         {"weak", "w2s", "w2s_inherited", "strong_baseline", "pgr", "opr"}),
        ({"d_s": 61}, {"strong_baseline", "opr"}),
        ({"d_s": 60}, {"strong_baseline", "opr"}),
        ({"d_s": 59}, {"strong_baseline", "opr"}),
        ({"d_s": 58}, set()),
        ({"d_s": 62}, set()),
        ({"n": 21, "sigma2": 0}, set()),  # σ² + ρ_w = 0: nothing diverges in the teacher
        ({"n": 21, "sigma2": 0, "rho_s": 1}, set()),
        ({"n": 19, "sigma2": 0}, set()),
        ({"n": 21, "sigma2": 0, "rho_w": 1, "rho_s": 1}, {"weak", "w2s"} | ALL),
        ({"N": 11, "sigma2": 0}, {"kappa"}),
        ({"N": 11, "sigma2": 0, "rho_s": 1}, {"w2s", "kappa"} | ALL),  # τ² = ρ_s
        ({"N": 9, "sigma2": 0}, {"kappa"}),
        ({"d_s": 60, "sigma2": 0}, set()),
        ({"d_s": 60, "sigma2": 0, "rho_s": 1}, {"strong_baseline", "opr"}),
        ({"n": 22, "N": 79, "d_s": 100}, {"REFUSED"}),
        ({"n": 22, "N": 99, "d_s": 100}, {"w2s", "w2s_reduced", "kappa"} | ALL),
        ({"d_w": 1, "d_sw": 1, "d_s": 10, "n": 3, "N": 9, "sigma2": 1}, {"kappa"}),
        ({"d_w": 1, "d_sw": 1, "d_s": 10, "n": 1, "N": 10},
         {"weak", "w2s", "w2s_inherited", "strong_ceiling", "kappa", "pgr", "opr"}),
    ],
)  # fmt: skip
def test_what_diverges_is_null_and_named(
    capsys: Captured, changes: dict[str, object], infinite: set[str]
) -> None:
    if infinite == {"REFUSED"}:
        return assert_refused(w2s(capsys, *options(changes)), "four-regimes")
    shown = predicted(capsys, **changes)
    ratios = {k: shown[k] for k in ("pgr", "opr", "misfit", "kappa")}
    notes, named = str(shown["notes"]), {str(x) for x in shown["diverges"]}
    assert named == infinite
    tables = (shown["variance"], shown["excess_risk"], shown["bias"], ratios)
    null = {name for table in tables for name, x in table.items() if x is None}
    assert named <= null
    assert all(name in named or f"{name}:" in notes for name in null)
    for name in named:
        assert None in (
            shown["variance"].get(name, 0),
            shown["excess_risk"].get(name, 0),
            ratios.get(name, 0),
        )
    code, out, _ = w2s(capsys, *options(changes))
    assert code == 0
    assert ("∞" in out) == bool(named)
    return None


def test_noise_alone_and_target_alone_may_diverge(capsys: Captured) -> None:
    noise = predicted(capsys, n=21)  # the noise makes it infinite; without it the teacher is f*
    assert noise["variance"]["weak"] is noise["excess_risk"]["weak"] is None
    assert noise["bias"] == dict.fromkeys(MODELS, 0.0)
    target = predicted(capsys, n=21, sigma2=0, rho_w=1, rho_s=1)
    assert set(target["variance"].values()) == {0.0}
    assert target["bias"]["weak"] is target["bias"]["w2s"] is None
    below = predicted(capsys, n=19)  # the bias is finite there, but not by this theory
    assert below["bias"]["weak"] is below["bias"]["w2s"] is None
    assert "weak: with fewer than d_w samples" in str(below["notes"])


def test_what_is_finite_but_not_known_is_null_with_a_note(capsys: Captured) -> None:
    """F_w ⊂ F_s at N = d_s - 1: the student does not reproduce even what lies in its space."""
    shown = predicted(capsys, d_w=1, d_sw=1, d_s=10, n=6, N=9, rho_w=1, rho_s=1)
    for entry in (shown["excess_risk"]["w2s"], shown["bias"]["w2s"], shown["variance"]["w2s_inherited"]):
        assert entry is None
    for name in ("w2s", "w2s_inherited", "misfit", "pgr"):
        assert shown["variance"].get(name) is None
        assert f"{name}:" in str(shown["notes"])
    assert shown["diverges"] == ["kappa"]


def test_a_perfect_teacher_at_any_n(capsys: Captured) -> None:
    at_the_edge = predicted(capsys, n=20, sigma2=0, rho_s=1)
    far = predicted(capsys, n=5000, sigma2=0, rho_s=1)
    for key in ("w2s", "weak"):
        assert at_the_edge["excess_risk"][key] == far["excess_risk"][key]
    assert at_the_edge["misfit"] == far["misfit"]


def test_a_student_that_contains_the_teacher_is_the_teacher(capsys: Captured) -> None:
    for more in ({}, {"rho_w": 1, "rho_s": 1}):
        shown = predicted(capsys, N=20, d_s=20, d_sw=20, **more)
        variance, risk = shown["variance"], shown["excess_risk"]
        assert variance["w2s"] == variance["weak"] == variance["w2s_inherited"]
        assert variance["w2s_reduced"] == 0
        assert risk["w2s"] == risk["weak"]
        assert shown["misfit"] == 0


def test_the_baseline_below_its_dimension_is_left_to_another_claim(capsys: Captured) -> None:
    shown = predicted(capsys, d_s=70, N=300)
    assert shown["variance"]["strong_baseline"] is None
    assert shown["excess_risk"]["strong_baseline"] is shown["opr"] is None
    assert shown["diverges"] == []
    assert "four-regimes" in str(shown["notes"])


# ------------------------------------------------------------------------------------ a table


@pytest.mark.parametrize(
    "changes", [{}, {"rho_w": "0.1", "rho_s": "0.05"}, {"rho_w": "1e-9", "rho_s": "2e-9", "sigma2": "1e-8"}]
)
def test_predict_in_a_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = w2s(capsys, *options(changes))
    assert code == 0
    assert max(map(cells, out.splitlines())) <= 80
    for word in ("excess risk", "variance", "bias", "PGR", "OPR", "misfit", "κ"):
        assert word in out
    assert (" – " in out) == bool(changes)
    assert "later" not in out


def test_digits_in_a_terminal(capsys: Captured) -> None:
    code, out, _ = w2s(capsys, *options({}), "--digits", "12")
    assert code == 0
    assert re.search(r"W2S student f_w2s +0\.03106[0-9]{8}", out)
    assert max(map(cells, out.splitlines())) <= 80
    assert math.isclose(float(re.findall(r"weak teacher f_w +(\S+)", out)[0]), 5 / 39)


def test_many_digits_of_a_range_fit_one_below_the_other(capsys: Captured) -> None:
    code, out, _ = w2s(capsys, *options({"rho_w": "0.1", "rho_s": "0.05"}), "--digits", "20")
    assert code == 0
    assert max(map(cells, out.splitlines())) <= 80
    assert [line for line in out.splitlines() if line in ("excess risk", "variance", "bias")] == [
        "excess risk", "variance", "bias",
    ]  # fmt: skip
