"""The points of a grid, in exact numbers: what is simulated there, and what the theory says of it.

Source of the experiment of the paper: theory.md, section 3b, after the authors' published code.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from functools import cache

import numpy as np
import sympy as sp

from verify.predictions import predict
from verify.simulation.moments import QUANTITIES
from verify.simulation.problem import MODELS, Problem, cosines_of, problem_at
from verify.targets import Inputs

AXES = ("n", "N", "d_s", "d_w", "d_sw", "sigma2", "rho_w", "rho_s", "delta2")
SIZES = ("n", "N", "d_s", "d_w")
LARGEST = 10_000  # cases of a grid


@dataclass(frozen=True)
class Case:
    """One point. rest is ρ_w - δ² and τ² is ρ_s - rest; cosines, if given, are all that are not 0."""

    d_s: int
    d_w: int
    d_sw: Fraction
    n: int
    N: int
    sigma2: Fraction
    rho_w: Fraction = Fraction(0)
    rho_s: Fraction = Fraction(0)
    delta2: Fraction = Fraction(0)
    cosines: tuple[float, ...] | None = field(default=None)

    @property
    def tau2(self) -> Fraction:
        """‖(I-P_s)P_w f*‖²."""
        return self.rho_s - (self.rho_w - self.delta2)

    @property
    def key(self) -> str:
        """A name that no other case has."""
        return ", ".join(f"{name}={value}" for name, value in asdict(self).items() if value is not None)

    def inputs(self) -> Inputs:
        """The same for the theory. Raises Infeasible."""
        given = {name: getattr(self, name) for name in (*AXES, "tau2")}
        return Inputs(**given)

    def problem(self) -> Problem:
        """The same for a sampler. Raises ValueError where there is no such problem."""
        rest = self.rho_w - self.delta2
        if rest < 0 or self.tau2 < 0:
            raise ValueError("rho_w must be at least delta2, and rho_s at least rho_w - delta2")
        cosines = cosines_of(self.d_s, self.d_w, float(self.d_sw)) if self.cosines is None else self.cosines
        parts = {"delta2": float(self.delta2), "tau2": float(self.tau2), "rest": float(rest)}
        sizes = {"n": self.n, "N": self.N, "sigma2": float(self.sigma2)}
        return problem_at(self.d_s, self.d_w, cosines, **sizes, **parts)  # type: ignore[arg-type]

    def exact(self, conclude: Callable[[str], sp.Expr]) -> dict[str, float | None]:
        """What the theory says of each quantity; None where it says infinite, or not a number."""
        return dict(zip(QUANTITIES, _predicted(self.inputs(), conclude), strict=True))


@cache
def _predicted(at: Inputs, conclude: Callable[[str], sp.Expr]) -> tuple[float | None, ...]:
    """The quantities as floats; kept, because tables and figures ask for the same."""
    found = predict(at, conclude)
    every = {**{m: found.excess_risk[m] for m in MODELS}, **found.ratios}
    return tuple(float(x) if isinstance(x := every[q], Fraction) else None for q in QUANTITIES)


def grid(
    values: Mapping[str, Sequence[Fraction]], angles: Sequence[float] | None, rest: bool = False
) -> list[Case]:
    """Every combination, the first axis turning slowest. values: by the names of `AXES`.

    Without values for delta2, δ² is ρ_w - ρ_s or 0. With principal angles in degrees these are the same in
    every case, and d_sw follows. Raises ValueError.
    """
    cosines = None
    if angles is not None:
        cosines = tuple(sorted((float(np.cos(np.radians(a))) for a in angles), reverse=True))
        values = {**values, "d_sw": [Fraction(sum(c * c for c in cosines))]}
    count = int(np.prod([len(v) for v in values.values()], dtype=object))
    if count > LARGEST:
        raise ValueError(f"the grid has {count} cases, more than {LARGEST}")
    cases = []
    for chosen in itertools.product(*values.values()):
        at = dict(zip(values, chosen, strict=True))
        at.setdefault("delta2", max(Fraction(0), at["rho_w"] - at["rho_s"]))
        sizes = {name: int(at.pop(name)) for name in SIZES}
        cases.append(Case(**sizes, **at, cosines=cosines))  # type: ignore[arg-type]
    return list(dict.fromkeys(cases))


# ---------------------------------------------------------------------- the paper's experiment

_OVERLAPS, _SIGMA2 = (10, 50, 90), ("1/100", "1/2500", "1/10")
_LATENT, _TARGET, _STRONG, _WEAK = 20000, 300, 100, 200
_POINTS, _FIRST, _LAST, _LABELLED = 20, 400, 4000, 2000


def paper_synthetic() -> list[Case]:
    """Three overlaps, three noise levels, n from 400 to 4000 at N = 4000, and N at n = 2000.

    The latent has covariance 1/i in direction i, the strong features see the first 100 directions, the weak
    ones 200 from o + 1 on; the target has coefficients ±1/√20000 on the first 300 of the scaled directions.
    """

    def energy(first: int, last: int) -> Fraction:
        """Of the target in directions first + 1 to last."""
        return sum((Fraction(1, _LATENT * i) for i in range(first + 1, last + 1)), Fraction(0))

    steps = [_FIRST + round(i * (_LAST - _FIRST) / (_POINTS - 1)) for i in range(_POINTS)]
    cases = []
    for sigma2, o in itertools.product(_SIGMA2, _OVERLAPS):
        only_strong, outside = energy(0, o), energy(o + _WEAK, _TARGET)
        at = Case(
            _STRONG,
            _WEAK,
            Fraction(_STRONG - o),
            _LABELLED,
            _LAST,
            Fraction(sigma2),
            rho_w=only_strong + outside,
            rho_s=energy(_STRONG, _TARGET),
            delta2=only_strong,
        )
        cases += [replace(at, n=n) for n in steps] + [replace(at, N=N) for N in steps]
    return list(dict.fromkeys(cases))
