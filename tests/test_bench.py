"""Benchmarks are not run here; that they would measure what they say is."""

import json
from typing import cast

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from verify import bench
from verify.commands import bench as command
from verify.features import Measurement
from verify.features.tables import Floats
from verify.machine import Sample
from verify.races import Figure, Race, measure
from verify.simulation import baseline
from verify.simulation.ladder import RUNGS
from verify.simulation.problem import problem_at
from verify.streams import generator


def test_a_ratio_is_baseline_over_ours_and_both_are_called_once_unmeasured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 6.0, 10.0, 12.0, 20.0, 28.0, 30.0, 32.0, 40.0, 44.0, 50.0, 54.0])
    monkeypatch.setattr("verify.races.time.perf_counter", lambda: next(clock))
    calls = []
    race = Race("name", "work", lambda: calls.append("baseline"), lambda: calls.append("ours"))
    figure = measure(race, pairs=3)
    assert calls == ["baseline", "ours"] * 4
    assert (figure.baseline, figure.ours) == (6.0, 2.0)
    assert (figure.lowest, figure.ratio, figure.highest) == (1.0, 3.0, 4.0)


def test_the_two_sides_of_the_tape_race_estimate_the_same_number() -> None:
    race = bench._tape(draws=4096)
    slow, fast = race.baseline(), cast(Sample, race.ours()).values[:, 0].mean()
    exact = cast(Sample, race.ours()).values[0, 1]
    assert slow == pytest.approx(exact, rel=0.2)
    assert fast == pytest.approx(exact, rel=0.2)


def test_the_two_sides_of_the_race_of_features_see_the_same_rows() -> None:
    race = bench._features(rows=2000, width=8)
    scatter, found = cast(Floats, race.baseline()), cast(Measurement, race.ours())
    assert np.trace(scatter) / 2000 == pytest.approx(
        found.weak.spectrum.sum() + found.strong.spectrum.sum(), rel=0.01
    )


def test_json_names_the_machine_and_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = Figure("tape", "work", 2.0, 1.0, 2.0, 1.9, 2.1)
    monkeypatch.setattr(command, "figures", lambda chosen, pairs: [figure])
    app = Typer()
    app.command()(command.command)
    printed = json.loads(CliRunner().invoke(app, ["--json", "--pairs", "7", "--only", "tape"]).stdout)
    assert printed["pairs"] == 7
    assert printed["figures"][0]["ratio"] == 2.0
    assert printed["machine"] == bench.machine_description()


def test_more_work_of_the_baseline_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 0.0, 2.0])
    monkeypatch.setattr("verify.races.time.perf_counter", lambda: next(clock))
    assert measure(Race("name", "work", list, list, worth=8.0), pairs=1).ratio == 4.0


def test_only_names_figures_that_there_are() -> None:
    app = Typer()
    app.command()(command.command)
    found = CliRunner().invoke(app, ["--only", "flight"])
    assert "--only must be one of naive, tape, features, normals, pipeline," in str(
        found.exception or found.output
    )


def test_baseline_and_rungs_measure_the_same_risks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sees an error of a quarter in any risk."""
    problem = problem_at(4, 8, [1.0], n=40, N=30, sigma2=1.0, delta2=0.1, tau2=0.2, rest=0.1)
    rng = np.random.default_rng(0)
    alone = np.array([baseline.trial(problem, rng) for _ in range(1000)])
    best = RUNGS["bartlett"].draw(problem, generator(0, "same"), 1000)
    error = np.sqrt((np.var(alone, axis=0) + np.var(best, axis=0)) / 1000)
    assert np.all(8.6 * error < 0.25 * np.mean(best, axis=0))
    assert np.all(np.abs(np.mean(alone, axis=0) - np.mean(best, axis=0)) < 5.5 * error)
