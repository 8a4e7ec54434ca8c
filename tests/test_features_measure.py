"""What is measured on two feature tables: spaces, angles, d_sw and leverages, against slow oracles."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracles import feature_geometry as oracle
from tests.worlds_of_features import Floats, pair
from verify.features import BadTable, Measurement, Settings, measure, parse_fit
from verify.features.correlation import debiased, jackknife, shared
from verify.features.leverage import rows
from verify.features.moments import moments
from verify.features.remarks import remarks
from verify.features.spaces import ALL, PCA, RIDGE, Fit, canonical, space
from verify.features.tables import joined, table
from verify.streams import generator

COSINES = np.array([1.0, 0.9, 0.5, 0.2])


def tables(rows: int = 400, seed: int = 1, spread: float = 0.4) -> tuple[Floats, Floats]:
    """Weak (rows, 6) and strong (rows, 9) features of rank 5 and 7, off-centre and badly scaled."""
    stream = generator(seed, "features")
    weak, strong = pair(COSINES, 5, 7, rows, stream, spread)
    weak = weak @ stream.standard_normal((5, 6)) * np.geomspace(1e-3, 1e4, 6) + 3
    return weak, strong @ stream.standard_normal((7, 9)) - 50


# ------------------------------------------------------------------------------------ moments


@pytest.mark.parametrize("centred", [True, False])
def test_streamed_moments_are_those_of_the_whole(centred: bool) -> None:
    weak, strong = tables(333)
    both = np.hstack([weak, strong])
    found = moments(joined([table(weak, "w"), table(strong, "s")], 40), seed=3)
    about = both.mean(axis=0) if centred else np.zeros(15)
    assert found.rows == 333
    assert np.allclose(found.mean(), both.mean(axis=0), rtol=1e-13)
    assert np.allclose(found.scatter(centred), (both - about).T @ (both - about), rtol=1e-10)


def test_groups_are_balanced_and_can_be_left_out() -> None:
    weak, strong = tables(407)
    marked = np.column_stack([np.arange(407.0), weak, strong])
    found = moments(joined([table(marked, "x")], 60), seed=3)
    assert set(found.counts) == {20, 21}
    # of its first column, the row's number, every group has the mean of all: none is a stretch
    middles = found.sums[:, 0] / found.counts + found.shift[0]
    assert np.abs(middles - 203).max() < 10


def test_a_group_left_out_is_as_if_its_rows_were_not_there() -> None:
    """The rows of a group are found by their marks: a column of powers of two, exact in doubles."""
    stream = generator(4, "features")
    x = stream.standard_normal((44, 3))
    marks = np.zeros((44, 44))
    marks[np.arange(44), np.arange(44)] = 1
    found = moments(joined([table(np.hstack([x, marks]), "x")], 20), seed=0)
    for g in range(20):
        members = np.rint(found.sums[g][3:] + found.counts[g] * found.shift[3:]).astype(bool)
        rest = np.hstack([x, marks])[~members]
        assert members.sum() == found.counts[g]
        centred = rest - rest.mean(axis=0)
        assert np.allclose(found.scatter(True, g), centred.T @ centred, atol=1e-12)
        assert np.allclose(found.scatter(False, g), rest.T @ rest, atol=1e-12)


def test_the_size_of_blocks_does_not_enter() -> None:
    weak, strong = tables(333)
    one, other = (moments(joined([table(weak, "w"), table(strong, "s")], b), seed=3) for b in (20, 400))
    assert np.array_equal(one.counts, other.counts)
    assert np.allclose(one.scatter(True, 7), other.scatter(True, 7), rtol=1e-11)


def test_a_large_mean_costs_no_digits() -> None:
    weak, strong = tables(400)
    near, far = measure(weak, strong), measure(weak, strong + 1e6)
    assert far.plug_in == pytest.approx(near.plug_in, rel=1e-7)
    assert (far.strong.rank, far.strong.rank_other) == (7, 8)


# ------------------------------------------------------------------------------------ spaces


@pytest.mark.parametrize("centred", [True, False])
def test_ranks_and_angles_are_those_of_singular_values(centred: bool) -> None:
    weak, strong = tables()
    found = measure(weak, strong, settings=Settings(centred=centred))
    shifted = weak - weak.mean(axis=0), strong - strong.mean(axis=0)
    here, there = ((weak, strong), shifted)[::-1] if centred else ((weak, strong), shifted)
    ranks = [oracle.rank(x) for x in (*here, *there)]
    assert ranks == ([5, 7, 6, 8] if centred else [6, 8, 5, 7])
    seen = found.weak, found.strong
    assert [x.rank for x in seen] + [x.rank_other for x in seen] == ranks
    assert [x.dimension for x in seen] == ranks[:2]
    bases = [np.linalg.svd(x / np.linalg.norm(x, axis=0), full_matrices=False)[0] for x in here]
    want = oracle.cosines(bases[0][:, : ranks[0]], bases[1][:, : ranks[1]])
    assert found.cosines == pytest.approx(want, abs=1e-7)
    assert found.plug_in == pytest.approx(np.sum(want**2), rel=1e-7)


def test_invariance_under_changes_of_basis() -> None:
    weak, strong = tables()
    stream = generator(9, "features")
    one = measure(weak, strong)
    scaled = weak / weak.std(axis=0)
    other = measure(scaled @ stream.standard_normal((6, 6)) + 1, strong[:, ::-1] * np.geomspace(1, 1e6, 9))
    assert other.cosines == pytest.approx(one.cosines, abs=1e-6)
    assert other.d_sw.value == pytest.approx(one.d_sw.value, rel=1e-6)
    assert other.fourth is not None
    assert one.fourth is not None
    assert dataclasses.astuple(other.fourth) == pytest.approx(dataclasses.astuple(one.fourth), rel=1e-4)


def test_constant_and_repeated_columns_are_named_and_add_nothing() -> None:
    weak, strong = tables()
    more = np.column_stack([strong, np.full(400, 0.1), strong[:, 2], -2 * strong[:, 0] + 7])
    one, other = measure(weak, strong), measure(weak, more)
    assert other.strong.constant == (9,)
    assert other.strong.duplicates == ((0, 11), (2, 10))
    assert (other.strong.rank, other.strong.columns) == (7, 12)
    assert other.d_sw.value == pytest.approx(one.d_sw.value, rel=1e-7)
    text = " ".join(remarks(other))
    assert "column 9 is constant" in text
    assert "columns that repeat others: 11 of 0, 10 of 2" in text
    assert "the rank is 7, not 12" in text


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_rounding_of_the_file_is_no_dimension(dtype: str) -> None:
    """A column that is a combination of others but for rounding to the file's type."""
    stream = generator(2, "features")
    weak, strong = pair(COSINES, 5, 7, 2000, stream)
    strong = np.column_stack([strong, strong @ stream.standard_normal(7)]).astype(dtype)
    assert measure(weak, strong).strong.rank == 7
    assert measure(weak, strong, settings=Settings(rcond=1e-12)).strong.rank == (
        7 if dtype == "float64" else 8
    )


def test_leading_dimension_is_the_smallest_that_leaves_out_the_tail() -> None:
    stream = generator(3, "features")
    x = np.linalg.qr(np.column_stack([np.ones(500), stream.standard_normal((500, 5))]))[0][:, 1:]
    x = x * np.sqrt([50, 30, 15, 4, 1]) + 100
    found = measure(x, x[:, :3], settings=Settings(tail=0.06))
    assert (found.weak.leading, found.weak.leading_other) == (3, 1)
    assert found.weak.spectrum * 500 == pytest.approx([50, 30, 15, 4, 1], rel=1e-6)
    exact = Settings(tail=0.05 + 1e-9)
    assert measure(x, x[:, :3], settings=exact).weak.leading == 3
    assert measure(x, x[:, :3], settings=Settings(tail=0.05 - 1e-6)).weak.leading == 4


def test_the_fit_says_which_dimension_governs() -> None:
    weak, strong = tables()
    cut = measure(weak, strong, settings=Settings(fit=Fit(PCA, components=3)))
    assert (cut.weak.dimension, cut.strong.dimension) == (3, 3)
    assert (cut.weak.rank, cut.strong.rank) == (5, 7)
    parts = [x - x.mean(axis=0) for x in (weak, strong)]
    bases = [np.linalg.svd(x, full_matrices=False)[0][:, :3] for x in parts]
    assert cut.cosines == pytest.approx(oracle.cosines(*bases), abs=1e-6)
    ridge = measure(weak, strong, settings=Settings(fit=Fit(RIDGE, penalty=2.0)))
    values = np.linalg.svd(parts[1], compute_uv=False) ** 2 / 400
    assert ridge.strong.effective == pytest.approx(np.sum(values / (values + 2)), rel=1e-9)
    assert "effective dimensions govern" in " ".join(remarks(ridge))
    assert "full ranks govern" in " ".join(remarks(measure(weak, strong)))


@pytest.mark.parametrize(
    "text", ["pca", "pca:0", "pca:1.5", "pca:-1", "ridge:0", "ridge:x", "ridge:nan", "lasso:1", ""]
)
def test_a_fit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadTable, match="--fit must be"):
        parse_fit(text)


def test_fits_are_written_as_they_are_read() -> None:
    for text in ("ridgeless", "pca:12", "ridge:0.5"):
        assert str(parse_fit(text)) == text


# ------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("weak", "strong", "settings", "words"),
    [
        (np.ones((1, 3)), np.ones((1, 3)), Settings(), "has 1 row, too few to measure: at least 40"),
        (np.eye(39), np.eye(39), Settings(), "has 39 rows, too few"),
        (np.ones((50, 2)), np.arange(50.0), Settings(), "weak features: every column is constant"),
        (np.arange(50.0), np.zeros((50, 2)), Settings(centred=False), "strong features: every entry is 0"),
        (np.eye(50), np.arange(50.0), Settings(), "weak features: 50 rows cannot show what 49 dimensions do"),
        (np.arange(50.0), np.eye(50), Settings(centred=False), "strong features: 50 rows cannot show"),
        (np.arange(50.0), np.eye(50)[:, :2], Settings(fit=Fit(PCA, components=2)), "there are no 2 comp"),
    ],
)  # fmt: skip
def test_tables_that_show_nothing_are_refused(weak: Any, strong: Any, settings: Settings, words: str) -> None:
    with pytest.raises(BadTable, match=words) as why:
        measure(weak, strong, settings=settings)
    assert "\n" not in str(why.value)


def test_more_features_than_rows_can_be_measured_after_truncation() -> None:
    stream = generator(5, "features")
    x = stream.standard_normal((60, 4)) @ stream.standard_normal((4, 100)) * 10 + stream.standard_normal(
        (60, 100)
    )
    with pytest.raises(BadTable, match="give more rows, or say with --fit pca:K"):
        measure(x, x)
    found = measure(x, x, settings=Settings(fit=Fit(PCA, components=4)))
    assert found.d_sw.value == pytest.approx(4, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "value"), [("tail", 0.0), ("tail", 1.0), ("confidence", 1.5), ("rcond", -1.0), ("sigma2", -1.0)]
)
def test_settings_that_make_no_sense_are_refused(name: str, value: float) -> None:
    with pytest.raises(BadTable, match=f"--{name}"):
        Settings(**{name: value})  # type: ignore[arg-type]  # names and types come in pairs above


# ------------------------------------------------------------------------------------ d_sw


def pool_and_draws(
    cosines: Floats, d_w: int, d_s: int, spread: float, draws: int, rows: int, seed: int
) -> tuple[float, list[Measurement]]:
    stream = generator(seed, "d_sw")
    return float(np.sum(cosines**2)), [
        measure(*pair(cosines, d_w, d_s, rows, stream, spread)) for _ in range(draws)
    ]


@pytest.mark.parametrize("spread", [0.0, 0.5])
@pytest.mark.parametrize(
    ("cosines", "d_w", "d_s", "plug_in_off"),
    [
        (np.linspace(0.95, 0.05, 40), 100, 200, 2.9),
        (np.linspace(1, 0.3, 40), 60, 50, 1.1),
        (np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2]), 20, 10, 1.05),
    ],
)
def test_debiased_from_600_rows(
    spread: float, cosines: Floats, d_w: int, d_s: int, plug_in_off: float
) -> None:
    """Over 50 draws: mean within 2 % of the truth, where the plug-in is up to 3 times it; intervals cover."""
    truth, found = pool_and_draws(cosines, d_w, d_s, spread, 50, 600, seed=11)
    assert np.mean([m.plug_in for m in found]) > plug_in_off * truth
    assert np.mean([m.d_sw.value for m in found]) == pytest.approx(truth, rel=0.02)
    # at 95 % fewer than 43 of 50 would cover with a probability below 1 %
    assert sum(m.d_sw.low <= truth <= m.d_sw.high for m in found) >= 43


def bags(rows: int, stream: np.random.Generator) -> tuple[Floats, Floats]:
    """Sparse counts, of which the two maps share 30: synthetic words."""
    words = (stream.random((rows, 100)) < 0.05) * stream.exponential(size=(rows, 100))
    seen = words[:, :30] + 0.3 * stream.standard_normal((rows, 30))
    return words, np.hstack([seen, (stream.random((rows, 150)) < 0.05) * 1.0])


def layers(rows: int, stream: np.random.Generator) -> tuple[Floats, Floats]:
    """Two random layers of rectified units whose inputs share 20 of 60 and a scale: synthetic networks."""
    scale = np.exp(0.4 * stream.standard_normal((rows, 1)))
    common, own, other = (stream.standard_normal((rows, k)) for k in (20, 60, 40))
    weak = np.hstack([common, own]) * scale @ stream.standard_normal((80, 100)) / 8 - 0.3
    return np.maximum(weak, 0), np.maximum(
        np.hstack([common, other]) * scale @ stream.standard_normal((60, 200)) / 8 + 0.3, 0
    )


@pytest.mark.parametrize(("world", "times"), [(bags, 2.4), (layers, 4)])
def test_debiased_from_600_rows_of_a_pool(
    world: Callable[[int, np.random.Generator], tuple[Floats, Floats]], times: float
) -> None:
    """Features that are neither Gaussian nor elliptical: within 15 % of the pool's value."""
    stream = generator(15, "pool")
    weak, strong = world(8000, stream)
    pool = measure(weak, strong)
    draws = [stream.permutation(8000)[:600] for _ in range(20)]
    found = [measure(weak[i], strong[i]) for i in draws]
    assert np.mean([m.plug_in for m in found]) > times * pool.d_sw.value
    assert np.mean([m.d_sw.value for m in found]) == pytest.approx(pool.d_sw.value, rel=0.15)
    assert pool.plug_in - pool.d_sw.value == pytest.approx(
        pool.heavy * 100 * strong.shape[1] / 8000, rel=0.25
    )


@pytest.mark.parametrize("cosine", [0.95, 0.8, 0.6, 0.2, 0.0])
def test_an_angle_that_stands_out_is_freed_of_chance(cosine: float) -> None:
    stream = generator(16, "spikes")
    seen = [measure(*pair(np.array([cosine]), 60, 100, 600, stream)) for _ in range(10)]
    first = np.mean([shared(m.cosines, m.freedom, 100, 60)[0] for m in seen])
    if cosine > 0.5:
        assert first == pytest.approx(cosine**2, abs=0.04)
    else:  # below what stands out: now and then a sample's first angle seems to, at cos² = 0.15
        assert first < 0.08
    assert np.mean([m.cosines[0] ** 2 for m in seen]) > first + 0.01


def test_without_leverages_heavy_rows_would_count_as_overlap() -> None:
    """What h is for: two spaces that share nothing but the scales of their samples."""
    _, found = pool_and_draws(np.zeros(0), 50, 100, 0.5, 20, 600, seed=12)
    values = np.array([m.d_sw.value for m in found])
    plain = np.array([debiased(m.plug_in, m.freedom, 100, 50) for m in found])
    assert np.mean([m.heavy for m in found]) == pytest.approx(1.19, abs=0.05)
    assert plain.min() > 1
    assert np.abs(values).mean() < 0.3


def test_intervals_are_not_much_wider_than_they_need_be() -> None:
    _, found = pool_and_draws(np.linspace(0.9, 0.2, 8), 12, 15, 0.0, 60, 800, seed=13)
    spread = np.std([m.d_sw.value for m in found])
    width = np.mean([m.d_sw.high - m.d_sw.low for m in found]) / (2 * 2.093)  # Student's t, 19 degrees
    assert 0.8 < width / spread < 1.35


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize(("d_s", "d_w", "d_sw"), [(5, 3, 0.0), (5, 3, 2.25), (40, 20, 20.0), (7, 7, 7.0)])
def test_debiasing_undoes_its_own_rule(d_s: int, d_w: int, d_sw: float, centred: bool) -> None:
    for rows_, heavy in ((100, 1.0), (100, 1.3), (61, 0.9)):
        plug_in = d_sw + heavy * (d_s - d_sw) * (d_w - d_sw) / (rows_ - d_sw)
        assert debiased(plug_in, rows_, d_s, d_w, heavy) == pytest.approx(d_sw, abs=1e-9)


def test_unrelated_spaces_have_an_interval_that_begins_at_nothing() -> None:
    """Half of the estimates are below 0 and are moved there, and the interval is not lost by that."""
    _, found = pool_and_draws(np.zeros(0), 10, 15, 0.0, 40, 400, seed=14)
    uncut = np.array([m.whole.uncut for m in found])
    assert uncut.min() < 0 < uncut.max()
    assert abs(uncut.mean()) < 3 * uncut.std() / math.sqrt(40)
    assert [m.d_sw.value for m in found] == [max(x, 0) for x in uncut]
    assert sum(m.d_sw.low <= 0 < m.d_sw.high for m in found) >= 37  # on either side at least 0.9375 cover


def test_one_space_in_the_other_has_an_interval_that_ends_there() -> None:
    strong = generator(14, "inside").standard_normal((300, 12))
    found = measure(strong[:, :5] + 1, strong)
    assert found.d_sw.value == pytest.approx(5)
    assert found.d_sw.low == pytest.approx(5, abs=1e-6)
    assert found.d_sw.high <= 5


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    x = generator(6, "features").standard_normal(20)
    left_out = (x.sum() - x) / 19
    found = jackknife(float(x.mean()), left_out, 0.95)
    assert (found.high - found.low) / 2 == pytest.approx(
        2.0930240544 * x.std(ddof=1) / math.sqrt(20), rel=1e-9
    )


def test_a_row_alone_in_a_direction_takes_the_intervals_and_the_laws_with_it() -> None:
    weak, strong = tables()
    lonely = np.zeros(400)
    lonely[17] = 1
    found = measure(weak, np.column_stack([strong, lonely]))
    assert (found.elliptical, found.fourth) == (None, None)
    assert (found.left_out, found.d_sw.low, found.d_sw.high) == ((), 0, 5)
    text = " ".join(remarks(found))
    assert "there are no intervals" in text
    assert "without 1 of the rows a dimension is lost" in text


def test_rows_seen_once_give_all_but_leverages() -> None:
    weak, strong = tables()
    once = measure(iter([weak[:100], weak[100:]]), strong)
    twice = measure([weak[:100], weak[100:]], strong)
    assert once.leverages is None
    assert twice.leverages is not None
    assert once.plug_in == twice.plug_in
    assert "read only once" in " ".join(remarks(once))


def test_parameter_overlap_is_by_coordinates() -> None:
    stream = generator(8, "features")
    mixing = np.linalg.qr(stream.standard_normal((30, 30)))[0]
    shape = np.concatenate([np.ones(6), np.full(24, 1e-3)])
    latent = stream.standard_normal((500, 30))
    weak, strong = latent * shape, (latent @ mixing) * shape
    found = measure(weak, strong)
    assert (found.weak.leading, found.strong.leading) == (6, 6)
    assert found.parameters == pytest.approx(6, rel=1e-2)  # both maps lead with coordinates 0 to 5
    assert measure(weak, strong[:, :7]).parameters is None


# ------------------------------------------------------------------------------------ leverages


@pytest.mark.parametrize("centred", [True, False])
def test_leverages_are_those_of_the_table_without_the_row(centred: bool) -> None:
    stream = generator(7, "features")
    weak, strong = pair(np.array([0.9, 0.4]), 3, 4, 45, stream, 0.8)
    weak, strong = weak @ stream.standard_normal((3, 3)) + 2, strong @ stream.standard_normal((4, 4)) - 1
    seen = measure(weak, strong, settings=Settings(centred=centred)).leverages
    assert seen is not None
    found = np.column_stack([seen.strong, seen.weak, seen.outside, seen.crossed, seen.inside])
    want = np.array([oracle.without(weak, strong, i, centred) for i in range(45)])
    assert found == pytest.approx(want, rel=1e-8, abs=1e-12)


def test_fourth_moments_of_gaussian_features() -> None:
    weak, strong = pair(np.array([0.9, 0.6, 0.3]), 4, 6, 60000, generator(1, "fourth"))
    found = measure(weak, strong).fourth
    assert found is not None
    assert found.reduced == pytest.approx(1, abs=0.02)
    assert found.crossed == pytest.approx(0, abs=0.02)
    assert found.inherited == pytest.approx(5, abs=0.1)


def test_fourth_moments_of_elliptical_features() -> None:
    """E τ² = exp(spread²) multiplies what is Gaussian: E‖γ‖²γγᵀ = (d + 2) E τ² I."""
    weak, strong = pair(np.array([0.9, 0.6, 0.3]), 4, 6, 60000, generator(2, "fourth"), 0.5)
    found = measure(weak, strong).fourth
    assert found is not None
    assert found.reduced == pytest.approx(math.exp(0.25), rel=0.02)
    assert found.crossed == pytest.approx(0, abs=0.02)
    assert found.inherited == pytest.approx(6 * math.exp(0.25) - 1, rel=0.02)


def test_the_cross_term_of_the_witness() -> None:
    """γ_s = x, γ_w = (x + h₃(x))/√2: E γ_s²R² = 7/2, −2E γ_s³CR = −√6, E γ_w⁴ = 159/4 + √6 · 13.

    By hand from the moments 1, 3, 15, 105, 945, 10395 of a normal; d_s u = d_sw = 1/2.
    """
    x = generator(3, "fourth").standard_normal(400000)
    h = (x**3 - 3 * x) / math.sqrt(6)
    found = measure((x + h) / math.sqrt(2), x).fourth
    assert found is not None
    assert found.reduced == pytest.approx(7, rel=0.05)
    assert found.crossed == pytest.approx(-2 * math.sqrt(6), rel=0.05)


def test_variance_to_leading_order_of_features_that_are_not_elliptical() -> None:
    """Against ridgeless fits on the same law, R a function of γ_s: the cross term is the largest."""
    stream = generator(4, "fourth")

    def draw(count: int) -> tuple[Floats, Floats]:
        x = stream.standard_normal((count, 2))
        return (x + (x**3 - 3 * x) / math.sqrt(24)) / math.sqrt(1.25), x

    found = measure(*draw(200000), settings=Settings(centred=False))
    assert found.fourth is not None
    n, N = 400, 100
    student = oracle.variances(draw, n, N, 6000)[1]
    assert student.std() / math.sqrt(6000) < 0.004 * student.mean()
    want = found.fourth.variance_factor(2, 2, found.d_sw.value, n, N)
    assert student.mean() == pytest.approx(want, rel=0.012)
    gaussian = (1.6 + 0.4 * 2 / (N - 3)) / (n - 3)
    assert student.mean() > 1.02 * gaussian
    crossed = dataclasses.replace(found.fourth, crossed=0.0).variance_factor(2, 2, found.d_sw.value, n, N)
    assert student.mean() < 0.985 * crossed


def test_rows_and_spaces_fit_together() -> None:
    """In canonical coordinates Γ_sᵀΓ_w is diagonal, and the squares of a row sum to its leverage."""
    weak, strong = tables()
    found = moments(joined([table(weak, "w"), table(strong, "s")]), 0)
    scatters = found.scatter(True), found.scatter(False)
    parts = [
        space(
            "x", (scatters[0][p, p], scatters[1][p, p]), found.mean()[p], 400, centred=True, fit=ALL,
            epsilon=2**-52, rcond=None, tail=0.01,
        )
        for p in (slice(0, 6), slice(6, 15))
    ]  # fmt: skip
    a, b, cosines = canonical(parts[0], parts[1], scatters[0][6:, :6])
    g_w, g_s = (weak - weak.mean(axis=0)) @ a.basis, (strong - strong.mean(axis=0)) @ b.basis
    assert g_w.T @ g_w == pytest.approx(np.eye(5), abs=1e-7)
    assert g_s.T @ g_s == pytest.approx(np.eye(7), abs=1e-7)
    assert g_s.T @ g_w == pytest.approx(np.eye(7, 5) * cosines, abs=1e-7)
    weights = np.array([1.0, 0.5, 0, 0, 0])
    seen = rows(joined([table(weak, "w"), table(strong, "s")]), a, b, cosines, weights, found.mean())
    assert seen.leverage_w.sum() == pytest.approx(5)
    assert seen.leverage_s == pytest.approx(np.sum(g_s**2, axis=1))
    assert seen.shared_s == pytest.approx(g_s[:, 0] ** 2 + g_s[:, 1] ** 2 / 2)
    assert seen.shared_w == pytest.approx(g_w[:, 0] ** 2 + g_w[:, 1] ** 2 / 2)
