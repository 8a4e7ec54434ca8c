"""w2s measure: its table, its JSON, its exit codes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.worlds_of_features import pair
from verify import features
from verify.commands import run
from verify.commands._text import cells
from verify.streams import generator

Captured = pytest.CaptureFixture[str]
COSINES = np.array([0.9, 0.7, 0.5, 0.3])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("features")
    stream = generator(1, "command")
    weak, strong = pair(COSINES, 5, 7, 800, stream, 0.4)
    y = weak[:, 0] + strong[:, 1] + 0.5 * stream.standard_normal(800)
    np.save(path / "weak.npy", weak.astype(np.float32))
    np.save(path / "strong.npy", strong + 4)
    np.save(path / "labels.npy", y)
    np.save(path / "same.npy", strong[:, :5])
    np.savez(path / "more.npz", features=strong[:700], id=np.arange(700))
    broken = weak.copy()
    broken[317, 2] = np.nan
    np.save(path / "broken.npy", broken)
    np.save(path / "pickled.npy", np.array([None], dtype=object), allow_pickle=True)
    np.save(path / "square.npy", stream.standard_normal((60, 60)))
    return path


def w2s(capsys: Captured, folder: Path, *arguments: str) -> tuple[int, str, str]:
    files = [str(folder / a) if a.endswith((".npy", ".npz")) else a for a in arguments]
    code = run(["measure", *files])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def document(capsys: Captured, folder: Path, *arguments: str) -> dict[str, Any]:
    code, out, err = w2s(capsys, folder, *arguments, "--json")
    assert (code, err) == (0, "")
    shown: dict[str, Any] = json.loads(out)
    return shown


def test_the_table_has_every_part(capsys: Captured, folder: Path) -> None:
    sizes = ("--n", "40", "--N", "60")
    code, out, err = w2s(capsys, folder, "weak.npy", "strong.npy", "labels.npy", *sizes)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    starts = (
        "800 rows, moments about the mean", "rank about the mean", "rank about zero", "leading, 99 % of the",
        "d_sw, debiased [95 %]", "  plug-in; chance", "principal angles", "leverage τ, weak", "leverage τ, s",
        "E‖γ_s‖²‖R‖²", "−2E‖γ_s‖²γ_sᵀCR", "tr CᵀC", "ρ_w ", "σ² ", "variance/σ²", "Gaussian", "elliptical",
        "any features", "fourth moments", "excess risk", "  weak", "  w2s", "  PGR", "  OPR", "Helps: ",
    )  # fmt: skip
    for start in starts:
        assert any(line.startswith(start) for line in lines), start
    assert "full ranks govern" in " ".join(out.split())
    paths = str(folder)
    assert max(cells(line) for line in lines if paths not in line) <= 80


def test_json_has_what_python_has(capsys: Captured, folder: Path) -> None:
    shown = document(capsys, folder, "weak.npy", "strong.npy", "labels.npy", "--n", "40", "--N", "60")
    found = features.measure(folder / "weak.npy", folder / "strong.npy", folder / "labels.npy")
    ahead = features.forecast(found, 40, 60)
    assert ahead is not None
    assert ahead.elliptical is not None
    assert ahead.gain is not None
    assert shown["schema"] == "w2s.measure/1"
    assert shown["d_sw"]["debiased"] == found.d_sw.value
    assert shown["d_sw"]["interval"] == [found.d_sw.low, found.d_sw.high]
    assert shown["d_sw"]["plug_in_by_chance"] == pytest.approx(35 / 799)
    assert shown["angles"] == pytest.approx(np.degrees(np.arccos(shown["cosines"])))
    assert (shown["weak"]["rank"], shown["strong"]["rank"], shown["strong"]["rank_other"]) == (5, 7, 7)
    assert shown["fourth_moments"]["inherited"]["gaussian"] == 6
    assert shown["leverage"]["weak"][3] < 1 < shown["leverage"]["weak"][5]
    assert shown["target"]["noise"] == "residual of both feature maps"
    prediction = shown["prediction"]
    assert prediction["threshold_gaussian"] == 16
    assert prediction["elliptical"]["w2s"] == ahead.elliptical.w2s
    assert prediction["leading_order"]["weak"] is None
    assert prediction["gain"] == {"value": ahead.gain.value, "interval": [ahead.gain.low, ahead.gain.high]}
    assert prediction["verdict"] == "helps"
    assert set(prediction["risks"]["excess_risk"]) == {"weak", "w2s", "strong_baseline", "strong_ceiling"}


def test_without_labels_and_sizes(capsys: Captured, folder: Path) -> None:
    shown = document(capsys, folder, "weak.npy", "strong.npy")
    assert shown["target"] is None
    assert shown["prediction"]["verdict"] is None
    assert shown["prediction"]["gaussian"] is None
    code, out, _ = w2s(capsys, folder, "weak.npy", "strong.npy")
    assert code == 0
    assert "Variance helps from N = 16 on under a Gaussian design" in out
    assert "bias unknown" in " ".join(out.split())


def test_seeds_only_move_intervals(capsys: Captured, folder: Path) -> None:
    one, again, other = (
        document(capsys, folder, "weak.npy", "strong.npy", "--seed", seed)["d_sw"] for seed in ("1", "1", "2")
    )
    assert one == again
    assert one["debiased"] == pytest.approx(other["debiased"], rel=1e-12)  # sums in another order
    assert one["interval"] != other["interval"]
    wide = document(capsys, folder, "weak.npy", "strong.npy", "--seed", "1", "--confidence", "0.99")["d_sw"]
    assert wide["interval"][0] < one["interval"][0]


def test_fits_and_moments_about_zero(capsys: Captured, folder: Path) -> None:
    cut = document(capsys, folder, "weak.npy", "strong.npy", "--fit", "pca:3", "--n", "40", "--N", "60")
    assert (cut["weak"]["dimension"], cut["settings"]["fit"]) == (3, "pca:3")
    assert cut["prediction"]["threshold_gaussian"] == 8
    ridge = document(capsys, folder, "weak.npy", "strong.npy", "--fit", "ridge:0.5")
    assert ridge["prediction"]["ridge"] is None
    assert 0 < ridge["weak"]["effective"] < 5
    code, out, _ = w2s(
        capsys, folder, *["weak.npy", "strong.npy", "--fit", "ridge:0.5", "--n", "40", "--N", "60"]
    )
    assert code == 0
    assert "effective under the ridge" in out
    assert "ridge fits, proportional limit" in out
    zero = document(capsys, folder, "weak.npy", "strong.npy", "--uncentred")
    assert not zero["settings"]["centred"]
    assert zero["strong"]["leading"] < zero["strong"]["leading_other"]


def test_parameter_overlap_comes_with_what_chance_gives(capsys: Captured, folder: Path) -> None:
    assert document(capsys, folder, "weak.npy", "strong.npy")["parameter_overlap"] is None
    shown = document(capsys, folder, "weak.npy", "same.npy")
    assert shown["parameter_overlap"]["by_chance"] == 5
    assert any("between unrelated networks it is chance" in note for note in shown["notes"])
    assert "chance alone gives" in w2s(capsys, folder, "weak.npy", "same.npy")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["weak.npy"], ["Missing argument"]),
        (["weak.npy", "no.npy"], ["no.npy: there is no such file"]),
        (["weak.npy", "broken.npy"], ["broken.npy: row 317, column 2 is nan"]),
        (["weak.npy", "pickled.npy"], ["pickled.npy", "pickle"]),
        (["weak.npy", "more.npz"], ["weak.npy has 800 rows and", "more.npz 700"]),
        (["weak.npy", "x.txt"], ["must end in .npy"]),
        (["square.npy", "square.npy"], ["60 rows cannot show what 59 dimensions do", "--fit pca:K"]),
        (["weak.npy", "strong.npy", "--n", "40"], ["--n and --N are wanted together"]),
        (["weak.npy", "strong.npy", "--n", "4.5", "--N", "9"], ["--n must be a positive integer"]),
        (["weak.npy", "strong.npy", "--n", "3", "--N", "60"], ["--n 3 is below d_w - 1"]),
        (["weak.npy", "strong.npy", "--fit", "lasso"], ["--fit must be ridgeless, pca:K or ridge:L"]),
        (["weak.npy", "strong.npy", "--fit", "pca:6"], ["weak.npy: there are no 6 components"]),
        (["weak.npy", "strong.npy", "--tail", "2"], ["--tail must be between 0 and 1"]),
        (["weak.npy", "strong.npy", "--sigma2", "-1"], ["--sigma2"]),
        (["weak.npy", "strong.npy", "--sigma2", "nan"], ["--sigma2"]),
    ],
)
def test_bad_input_gets_one_sentence(
    capsys: Captured, folder: Path, arguments: list[str], words: list[str]
) -> None:
    code, out, err = w2s(capsys, folder, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("w2s: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err


def test_infinite_predictions_are_said_to_be(capsys: Captured, folder: Path) -> None:
    shown = document(capsys, folder, "weak.npy", "strong.npy", "labels.npy", "--n", "40", "--N", "8")
    assert shown["prediction"]["gaussian"]["w2s"] is None
    assert shown["prediction"]["verdict"] == "does not help"
    code, out, _ = w2s(capsys, folder, "weak.npy", "strong.npy", "labels.npy", "--n", "40", "--N", "8")
    assert code == 0
    assert "∞" in out
