"""Calibration: how often true claims are refuted, how often planted errors are, and whether draws are random.

What is measured is the method of the sampling channel itself (`verify.sequential`: pilot, plan, looks), on
laws whose means are known. The false-alarm budget of a run is raised to 5 % so that it can be seen to be kept
within some thousand runs. `python -m verify.calibration` (or `make calibrate`) measures everything and writes
the report; a smaller version runs in the tests.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import betaincinv, gammainc, ndtr

from verify import digests
from verify.certificate import PASSED, REFUTED, UNDECIDED, write_json
from verify.decide import distance_to_law, dkw_radius, split_budget
from verify.kernels import Floats
from verify.sequential import Target, until_decided
from verify.streams import Stream, generator

SCHEMA = "w2s.calibration/1"
RECORDED = Path(__file__).resolve().parent / "recorded" / "calibration.json"
BUDGET = 0.05  # of false alarms in a run, instead of the 1e-6 of `verify.levels`
CHECKS = 25  # in a run; a share of more than 0.002 would break the contract of power
_CONFIDENCE = 0.99
_PILOT = 4096  # as in the sampling channel
_SPREAD = 16.0  # standard deviations over epsilon: sets the number of draws, about 6,000 a check or more
_FINER = 50
_REFUSED = 10  # one run in so many of laws that the channel does not sample: a look, no calibration


@dataclass(frozen=True)
class Law:
    """Independent draws with a known mean and deviation (of what has none, the mean stands in for it)."""

    name: str
    draw: Callable[[Stream, tuple[int, int]], Floats]
    mean: float
    deviation: float
    served: bool  # whether the sampling channel samples such a mean, or says that its variance is infinite


def inverse_chi_square(beyond: int) -> Law:
    """A diagonal entry of W⁻¹ with d + `beyond` samples: 1/χ² with beyond + 1 degrees of freedom."""
    k = beyond + 1
    mean = 1.0 / (k - 2)
    finite = k > 4
    deviation = mean * math.sqrt(2.0 / (k - 4)) if finite else mean
    return Law(f"n = d+{beyond}", lambda s, shape: 1.0 / s.chisquare(k, shape), mean, deviation, finite)


LAWS = (
    Law("normal", lambda s, shape: s.standard_normal(shape), 0.0, 1.0, served=True),
    *(inverse_chi_square(beyond) for beyond in (6, 4, 3, 2)),
)


@dataclass(frozen=True)
class Rate:
    """How many of so many runs, and the one-sided 99 % bounds of Clopper and Pearson on the rate."""

    count: int
    runs: int

    @property
    def upper(self) -> float:
        """The rate is at most this."""
        if self.count == self.runs:
            return 1.0
        return float(betaincinv(self.count + 1, self.runs - self.count, _CONFIDENCE))

    @property
    def lower(self) -> float:
        """The rate is at least this."""
        if self.count == 0:
            return 0.0
        return float(betaincinv(self.count, self.runs - self.count + 1, 1 - _CONFIDENCE))

    def to_json(self) -> dict[str, float]:
        """With the bounds."""
        return {**asdict(self), "rate": self.count / self.runs, "upper99": self.upper, "lower99": self.lower}


def one_run(law: Law, error: float, epsilon: float, checks: int, seed: int, *key: str | int) -> list[str]:
    """The verdicts of one run of checks that a mean is 0, of draws with the mean `error`."""
    alpha = split_budget(BUDGET, CHECKS)

    def centred(role: str | int, trials: int) -> Floats:
        stream = generator(seed, "calibration", law.name, *key, role)
        return law.draw(stream, (trials, checks)) - law.mean + error

    def draw(role: str | int, trials: int, batch: int, wanted: Sequence[int]) -> Floats:
        values = centred(role, trials)[:, list(wanted)]
        return np.asarray(values.reshape(-1, batch, len(wanted)).mean(axis=1))

    target = Target(epsilon, near=not law.served or law.name == "n = d+4")
    budget = 1 << 26 if law.served else 1 << 15  # without a variance no number of draws is enough
    outcomes = until_decided(draw, centred("pilot", _PILOT), [target] * checks, alpha, budget)
    return [o.verdict for o in outcomes]


def false_alarms(law: Law, runs: int, seed: int) -> Rate:
    """Runs of true claims in which any check refutes, at whatever look."""
    epsilon = law.deviation / _SPREAD
    alarms = sum(REFUTED in one_run(law, 0.0, epsilon, CHECKS, seed, "true", i) for i in range(runs))
    return Rate(alarms, runs)


def power(law: Law, runs: int, fine: int, seed: int) -> dict[str, Any]:
    """An error of `detectable` is refuted; a twentieth of it passes, and is refuted at a finer resolution."""
    epsilon = law.deviation / _SPREAD * 2  # coarser still: fifty times finer takes 2500 times the draws

    def verdicts(error: float, resolution: float, count: int, name: str) -> list[str]:
        return [one_run(law, error, resolution, 1, seed, name, i)[0] for i in range(count)]

    seen = verdicts(2 * epsilon, epsilon, runs, "detectable")
    small = verdicts(epsilon / 10, epsilon, runs, "twentieth")
    finer = verdicts(epsilon / 10, epsilon / _FINER, fine, "finer")
    return {
        "law": law.name,
        "detectable_refuted": Rate(seen.count(REFUTED), runs).to_json(),
        "detectable_passed": seen.count(PASSED),
        "twentieth_passed": Rate(small.count(PASSED), runs).to_json(),
        "twentieth_undecided": small.count(UNDECIDED),
        "twentieth_refuted_finer": Rate(finer.count(REFUTED), fine).to_json(),
    }


def battery(chunks: int, size: int, seed: int) -> dict[str, dict[str, float]]:
    """Whether chunks of draws are independent and of their law; every figure is a z, or a share of a bound.

    Standardised moments to the fourth, serial correlation at lags 1 to 5, correlation of neighbouring chunks,
    and the distance to the exact distribution function in units of the radius that is exceeded once in 1e6.
    """
    found = {}
    for name, draw, standard, law in _STREAMS:
        made = [draw(generator(seed, "battery", name, i), size) for i in range(chunks)]
        z = np.array([standard(x) for x in made])  # (chunks, size), of mean zero and variance one
        count = z.size
        powers = {p: z**p for p in (1, 2, 3, 4)}
        expected = _MOMENTS[name]
        moments = [
            abs(powers[p].mean() - expected[p]) / math.sqrt((expected[2 * p] - expected[p] ** 2) / count)
            for p in (1, 2, 3, 4)
        ]
        serial = [abs((z[:, lag:] * z[:, :-lag]).mean()) * math.sqrt(z[:, lag:].size) for lag in range(1, 6)]
        across = np.abs((z[1:] * z[:-1]).mean(axis=1)) * math.sqrt(size)
        apart = distance_to_law(np.concatenate(made), law)
        found[name] = {
            "draws": float(count),
            "moments_z": float(max(moments)),
            "serial_z": float(max(serial)),
            "across_z": float(across.max()),
            "kolmogorov_share": apart / dkw_radius(count, 1e-6),
        }
    return found


_FREEDOM = 7


def _chi_square_moments(k: int) -> list[float]:
    """Central moments of χ²_k in units of its deviation, to the eighth, from its cumulants."""
    cumulants = [0.0, 0.0] + [2 ** (r - 1) * math.factorial(r - 1) * k for r in range(2, 9)]
    moments = [1.0, 0.0]
    for r in range(2, 9):
        moments.append(sum(math.comb(r - 1, j - 1) * cumulants[j] * moments[r - j] for j in range(2, r + 1)))
    return [m / (2.0 * k) ** (r / 2) for r, m in enumerate(moments)]


_MOMENTS = {
    "normal": [1.0, 0.0, 1.0, 0.0, 3.0, 0.0, 15.0, 0.0, 105.0],
    "chi-square": _chi_square_moments(_FREEDOM),
}
_STREAMS: tuple[tuple[str, Any, Any, Any], ...] = (
    ("normal", lambda s, size: s.standard_normal(size), lambda x: x, ndtr),
    (
        "chi-square",
        lambda s, size: s.chisquare(_FREEDOM, size),
        lambda x: (x - _FREEDOM) / math.sqrt(2.0 * _FREEDOM),
        lambda t: gammainc(_FREEDOM / 2, np.maximum(t, 0.0) / 2),
    ),
)


def calibrate(
    runs: int = 2000, powered: int = 500, fine: int = 25, chunks: int = 128, seed: int = 0, say: Any = None
) -> dict[str, Any]:
    """The whole report, as JSON."""
    alarms, tell = {}, say or (lambda _: None)
    for law in LAWS:
        rate = false_alarms(law, runs if law.served else runs // _REFUSED, seed)
        kept = rate.upper <= BUDGET
        alarms[law.name] = {**rate.to_json(), "sampled_by_the_channel": law.served, "kept": kept}
        tell(f"false alarms, {law.name}: {rate.count} of {rate.runs} runs, at most {rate.upper:.2%}")
    powers = []
    for law in LAWS[:3]:
        powers.append(power(law, powered, fine, seed))
        tell(f"power, {law.name}: {powers[-1]['detectable_refuted']['count']} of {powered} refuted")
    streams = battery(chunks, 1 << 15, seed)
    tell("random streams done")
    return {
        "schema": SCHEMA,
        "recorded": "measured once by make calibrate; not measured again where it is printed",
        "seed": seed,
        "budget": BUDGET,
        "checks_per_run": CHECKS,
        "confidence": _CONFIDENCE,
        "false_alarms": alarms,
        "power": powers,
        "streams": streams,
        "digests": {"method": method_digest(), "environment": digests.environment_digest()},
        "environment": digests.environment(),
    }


def method_digest() -> str:
    """Of the source of what is measured here, and of this file: a report with another one is stale."""
    here = Path(__file__).resolve().parent
    names = ("calibration", "sequential", "decide", "streams", "normals")
    return digests.digest(*((here / f"{name}.py").read_text("utf-8") for name in names))


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of `make calibrate`."""
    parser = argparse.ArgumentParser(description="Measure false alarms, power and random streams.")
    parser.add_argument("--runs", type=int, default=2000, help="runs of true claims, for each law")
    parser.add_argument("--out", type=Path, default=RECORDED, help="the report")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.runs < 1:
        parser.error(f"--runs must be at least 1, not {given.runs}")
    report = calibrate(given.runs, seed=given.seed, say=lambda text: print(text, file=sys.stderr))
    try:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        write_json(given.out, report)
    except OSError as why:
        parser.error(f"cannot write to {given.out}: {why.strerror or why}")


if __name__ == "__main__":
    main()
