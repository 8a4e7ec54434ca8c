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


def test_a_ratio_is_baseline_over_ours_and_both_are_called_once_unmeasured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 6.0, 10.0, 12.0, 20.0, 28.0, 30.0, 32.0, 40.0, 44.0, 50.0, 54.0])
    monkeypatch.setattr("verify.bench.time.perf_counter", lambda: next(clock))
    calls = []
    race = bench._Race("name", "work", lambda: calls.append("baseline"), lambda: calls.append("ours"))
    figure = bench.measure(race, pairs=3)
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
    figure = bench.Figure("tape", "work", 2.0, 1.0, 2.0, 1.9, 2.1)
    monkeypatch.setattr(command, "figures", lambda pairs: [figure])
    app = Typer()
    app.command()(command.command)
    printed = json.loads(CliRunner().invoke(app, ["--json", "--pairs", "7"]).stdout)
    assert printed["pairs"] == 7
    assert printed["figures"][0]["ratio"] == 2.0
    assert printed["machine"] == bench.machine_description()
