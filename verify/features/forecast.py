"""What the theory predicts at what was measured, and what that says about weak-to-strong training there.

The Gaussian numbers are the claims' conclusions, through `verify.predictions` and `verify.planning`; the
elliptical ones and the leading order of any features are measured factors of verify/features/. Intervals
come from predicting anew with each group of rows left out.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy as sp

import derivations
from derivations.notation import D, d_s, d_w
from verify.features.correlation import Estimate, jackknife
from verify.features.measurement import Measurement, Sample
from verify.features.ridge import Ridge
from verify.planning import BEATS_TEACHER, Plan, plan
from verify.planning import Target as Goal
from verify.predictions import Entry, Prediction, evaluate, predict
from verify.targets import Infeasible, Inputs

HELPS, NOT, OPEN = "helps", "does not help", "undecided"


@dataclass(frozen=True)
class Variance:
    """Var(f_w) and Var(f_w2s) over σ², by one law; infinite where it is."""

    weak: float
    w2s: float
    low: float  # of w2s, over the interval of d_sw
    high: float


@dataclass(frozen=True)
class Forecast:
    """What is predicted. thresholds: the N from which on the student has less variance than the teacher.

    gaussian, elliptical, leading_order: variances at given n and N, of which the last has no teacher.
    ridge: variances of ridge fits, and then nothing else. correction: the leading order over its Gaussian
    value. risks: all four models with the measured target; gain: the teacher's risk less the student's; pgr,
    opr: with intervals. None: not asked, or not known; so is the verdict without n and N.
    """

    threshold_gaussian: int | None
    threshold_elliptical: int | None
    threshold_risk: int | None
    gaussian: Variance | None
    elliptical: Variance | None
    leading_order: Variance | None
    correction: float | None
    risks: Prediction | None
    gain: Estimate | None
    pgr: Estimate | None
    opr: Estimate | None
    verdict: str | None
    reason: str
    ridge: Variance | None = None


@functools.cache
def _book() -> derivations.Book:
    """The claims, each derived once in this process."""
    return derivations.library()


def conclusion(claim: str) -> sp.Expr:
    """What the derivation of a claim concludes."""
    return _book().theorem(claim).conclusion


def chance(strong: int, weak: int, room: int) -> float:
    """The overlap of unrelated spaces of these dimensions in R^room: the claim random-subspaces."""
    return float(evaluate(conclusion("random-subspaces"), {d_s: strong, d_w: weak, D: room}))


def forecast(found: Measurement, n: int | None, N: int | None) -> Forecast:
    """Predict at n labelled and N unlabelled samples; with either left out only what does not need it.

    With a ridge fit there are its variances only. Raises Infeasible where the theory has no number.
    """
    if found.ridge is not None:
        return _ridged(found, found.ridge, n, N)
    gaussian = elliptical = leading = correction = None
    if n is not None and N is not None:
        gaussian = _over(found, lambda x: _variances(found, x, n, N))
        if found.elliptical is not None:
            shape = found.elliptical
            elliptical = _over(found, lambda x: (shape.teacher(n), shape.student(x, n, N)))
        if found.fourth is not None:
            fourth, sizes = found.fourth, (found.strong.dimension, found.weak.dimension)
            leading = _over(found, lambda x: (np.nan, fourth.variance_factor(*sizes, x, n, N)))
            correction = fourth.correction(*sizes, found.d_sw.value, n, N)
    risks = gain = pgr = opr = None
    if n is not None and N is not None and found.whole.target is not None:
        risks = risks_at(found, found.whole, n, N)
        parts = [risks_at(found, part, n, N) for part in found.left_out]
        gain = _estimate(found, risks, parts, _gain)
        pgr, opr = (_estimate(found, risks, parts, functools.partial(_ratio, name=x)) for x in ("pgr", "opr"))
    thresholds: tuple[int | None, int | None] = None, None
    if found.d_sw.value < found.weak.dimension:
        in_variance = _threshold(found, None, found.weak.dimension + 2)  # whatever n is
        thresholds = in_variance, found.elliptical.threshold() if found.elliptical else None
    if gaussian is None or N is None:
        verdict, reason = _unsized(found, thresholds)
    elif np.isinf(gaussian.weak):
        verdict, reason = NOT, "the predicted risk of the teacher is infinite at this n"
    elif risks is None:
        verdict, reason = _in_variance(thresholds, N)
    else:
        verdict, reason = _in_risk(found, gain)
    return Forecast(
        threshold_gaussian=thresholds[0],
        threshold_elliptical=thresholds[1],
        threshold_risk=None if found.whole.target is None or n is None else _threshold(found, found.whole, n),
        gaussian=gaussian,
        elliptical=elliptical,
        leading_order=leading,
        correction=correction,
        risks=risks,
        gain=gain,
        pgr=pgr,
        opr=opr,
        verdict=verdict,
        reason=reason,
    )


# ------------------------------------------------------------------------------------ variances


def _over(found: Measurement, at: Callable[[float], tuple[float, float]]) -> Variance:
    """Teacher's and student's variance at d_sw, and the student's at the ends of its interval."""
    weak, student = at(found.d_sw.value)
    ends = sorted(at(x)[1] for x in (found.d_sw.low, found.d_sw.high))
    return Variance(weak, student, ends[0], ends[1])


def _plain(found: Measurement, d_sw: float, n: int, N: int) -> Inputs:
    """The problem at σ² = 1 with a target that both maps express."""
    return Inputs(found.weak.dimension, found.strong.dimension, Fraction(d_sw), n, N, Fraction(1))


def _variances(found: Measurement, d_sw: float, n: int, N: int) -> tuple[float, float]:
    variance = predict(_plain(found, d_sw, n, N), conclusion).variance
    return number(variance["weak"]), number(variance["w2s"])


def number(entry: Entry) -> float:
    """A value as a number; NaN where it is not known."""
    return float(entry) if isinstance(entry, Fraction | float) else np.nan


def ratio_of_variances(found: Measurement, N: int) -> Estimate:
    """Var(f_w2s)/Var(f_w) under a Gaussian design, the same at every n, over the interval of d_sw."""
    n = found.weak.dimension + 2  # the first at which the teacher's is finite
    over = _over(found, lambda x: _variances(found, x, n, N))
    return Estimate(over.w2s / over.weak, over.low / over.weak, over.high / over.weak)


def _ridged(found: Measurement, ridge: Ridge, n: int | None, N: int | None) -> Forecast:
    """Variances of ridge fits at d_sw and, every cos² scaled alike, over its interval."""
    verdict, reason, variance = None, "ridge fits: give n and N for their variance", None
    if n is not None and N is not None:
        if min(n, N) < 2:
            raise Infeasible(f"ridge fits need at least 2 samples for a variance, not {min(n, N)}")
        angles, d_sw = found.angles, found.d_sw.value

        def at(x: float) -> tuple[float, float]:
            scaled = angles * (x / d_sw) if d_sw > 0 else np.full_like(angles, x / len(angles))
            return ridge.teacher(n), ridge.student(np.sqrt(np.clip(scaled, 0.0, 1.0)), n, N)

        variance = _over(found, at)
        verdict = HELPS if variance.high < variance.weak else NOT if variance.low >= variance.weak else OPEN
        ratio = variance.w2s / variance.weak
        reason = (
            f"variance of ridge fits {verdict}: {ratio:.4g} of the teacher's; their bias is not predicted"
        )
    fields: dict[str, None] = dict.fromkeys(
        ("threshold_gaussian", "threshold_elliptical", "threshold_risk", "gaussian", "elliptical",
         "leading_order", "correction", "risks", "gain", "pgr", "opr")
    )  # fmt: skip
    return Forecast(**fields, verdict=verdict, reason=reason, ridge=variance)


# ---------------------------------------------------------------------------------------- risks


def risks_at(found: Measurement, sample: Sample, n: int, N: int) -> Prediction:
    """All four models at the target of the table or of a part of it. Raises Infeasible."""
    assert sample.target is not None
    d_w, d_s = found.weak.dimension, found.strong.dimension
    return predict(sample.target.inputs(d_w, d_s, sample.d_sw, n, N), conclusion)


def _gain(risks: Prediction) -> float:
    """By how much the student's risk is below the teacher's."""
    return number(risks.excess_risk["weak"]) - number(risks.excess_risk["w2s"])


def _ratio(risks: Prediction, name: str) -> float:
    return number(risks.ratios[name])


def _estimate(
    found: Measurement, risks: Prediction, parts: list[Prediction], what: Callable[[Prediction], float]
) -> Estimate | None:
    """A function of the risks with its interval; None where it has no value."""
    value, left_out = what(risks), np.array([what(part) for part in parts])
    if not np.isfinite(value):
        return None
    if not len(left_out) or not np.all(np.isfinite(left_out)):
        return Estimate(value, -np.inf, np.inf)
    return jackknife(value, left_out, found.settings.confidence)


# ------------------------------------------------------------------------------------- verdicts


def _threshold(found: Measurement, sample: Sample | None, n: int) -> int | None:
    """The smallest N at which the student beats the teacher, in variance or at a sample's target in risk."""
    d_w, d_s = found.weak.dimension, found.strong.dimension
    if sample is None:
        at = _plain(found, found.d_sw.value, n, d_s)
    else:
        assert sample.target is not None
        at = sample.target.inputs(d_w, d_s, sample.d_sw, n, d_s)
    if n < d_w + 2:
        return None
    found_plan: Plan = plan(at, "N", Goal(BEATS_TEACHER), conclusion)
    return found_plan.answer


def _words(thresholds: tuple[int | None, int | None]) -> str:
    """From what N on variance helps."""
    gaussian, elliptical = thresholds
    if gaussian is None:
        return "the student's variance is the teacher's at every N, because F_w is seen to lie in F_s"
    text = f"variance helps from N = {gaussian} on under a Gaussian design"
    return text + (f", from {elliptical} on by the elliptical law" if elliptical is not None else "")


def _unsized(found: Measurement, thresholds: tuple[int | None, int | None]) -> tuple[str | None, str]:
    more = "give n and N for the risk" if found.whole.target is not None else "bias unknown without labels"
    return None, f"{_words(thresholds)}; {more}"


def _in_variance(thresholds: tuple[int | None, int | None], N: int) -> tuple[str, str]:
    """Whether variance helps at this N, by both laws."""
    helps = {x <= N for x in thresholds if x is not None}
    if len(helps) == 2:
        return (
            OPEN,
            f"variance: the two laws differ at N = {N}; bias unknown without labels; {_words(thresholds)}",
        )
    verdict = HELPS if helps == {True} else NOT
    return verdict, f"variance {verdict}; bias unknown without labels; {_words(thresholds)}"


def _in_risk(found: Measurement, gain: Estimate | None) -> tuple[str, str]:
    """Whether the predicted risk of the student is below that of the teacher, beyond what chance explains."""
    if gain is None:
        return NOT, "the predicted risk of the student is infinite at this N"
    verdict = HELPS if gain.low > 0 else NOT if gain.high < 0 else OPEN
    return verdict, (
        f"{verdict}: predicted risk of the teacher less that of the student: {gain.value:.4g}, between "
        f"{gain.low:.4g} and {gain.high:.4g} at {100 * found.settings.confidence:g} %"
    )
