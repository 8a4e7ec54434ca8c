"""What has to be said about a measurement beside its numbers: each remark one sentence."""

from collections.abc import Iterator

from verify.features.labels import RESIDUAL
from verify.features.measurement import Measurement
from verify.features.spaces import PCA, RIDGE, Space

_NAMED = 3  # columns by number; more are counted
_CLEAR = 3  # rows for each dimension, below which more are asked for


def remarks(found: Measurement) -> list[str]:
    """All of them."""
    columns = (*_columns(found.weak, found), *_columns(found.strong, found))
    return [*columns, governing(found), *_trust(found), *_labels(found)]


def governing(found: Measurement) -> str:
    """Which dimension the theory's formulas are about, from the fit that will be used."""
    fit = found.settings.fit
    if fit.kind == PCA:
        return (
            f"the fit is on the {fit.components} leading components of each map, so that is d_w and d_s; the "
            "components are those of the whole table, and the intervals hold them fixed"
        )
    if fit.kind == RIDGE:
        return (
            f"the fit has a ridge, so the effective dimensions govern, {found.weak.effective:.4g} and "
            f"{found.strong.effective:.4g} on this sample: not the ranks; the variances are those of the "
            "proportional limit for features of this covariance and Gaussian rows (deterministic "
            "equivalents), not a claim of this project"
        )
    text = "the fit is ridgeless on all features, so the full ranks govern, however small the last directions"
    return (
        text + f"; the leading {found.weak.leading} and {found.strong.leading} do only if the rest is cut off"
    )


def _columns(x: Space, found: Measurement) -> Iterator[str]:
    """Columns that add no dimension."""
    if x.constant and found.settings.centred:
        yield f"{x.name}: {_some('column', list(x.constant))} constant"
    if x.duplicates:
        first = ", ".join(f"{j} of {i}" for i, j in x.duplicates[:_NAMED])
        more = len(x.duplicates) - _NAMED
        yield f"{x.name}: columns that repeat others: {first}" + (f" and {more} more" if more > 0 else "")
    if x.rank < x.columns:
        yield f"{x.name}: the rank is {x.rank}, not {x.columns}: dependent columns add no dimension"


def _some(what: str, which: list[int]) -> str:
    first = ", ".join(map(str, which[:_NAMED]))
    more = len(which) - _NAMED
    return (
        f"{what}{'s' * (len(which) > 1)} {first}"
        + (f" and {more} more" if more > 0 else "")
        + (" are" if len(which) > 1 else " is")
    )


def _trust(found: Measurement) -> Iterator[str]:
    """What the estimates rest on here."""
    if found.settings.centred:
        yield (
            "the predictions are for fits on features centred beforehand; an intercept that is fitted, too, "
            "is a dimension of both spaces: put a column of ones into both files and measure --uncentred"
        )
    both = found.weak.dimension + found.strong.dimension
    if found.freedom < _CLEAR * both:
        yield (
            f"{found.rows} rows are few for {both} dimensions: the debiased d_sw leans on its model of "
            f"chance, whose error its interval does not count; {_CLEAR * both} or more would be better"
        )
    if not found.left_out:
        yield "there are no intervals: without some of the rows one of the spaces loses a dimension"
    if found.leverages is None:
        yield "rows that can be read only once show no leverages: d_sw is debiased as for equal ones"
    elif found.leverages.alone:
        yield (
            f"without {found.leverages.alone} of the rows a dimension is lost: there are no leverages to "
            "extrapolate, so neither fourth moments nor the elliptical law"
        )
    if found.parameters is not None:
        yield (
            "‖V_sᵀV_w‖² compares coordinates: between unrelated networks it is chance, whatever the features "
            "share; d_sw by canonical correlations is what the theory asks for"
        )


def _labels(found: Measurement) -> Iterator[str]:
    target = found.whole.target
    if target is not None and target.noise == RESIDUAL:
        yield (
            "σ² is what neither map expresses of single labels, so an upper bound, and ρ_w and ρ_s are lower "
            "ones; their sums σ² + ρ_w and σ² + ρ_s are not concerned"
        )
