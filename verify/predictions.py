"""The theory's numbers at given dimensions and sample sizes, exact wherever the inputs allow it.

No closed form is written here: each number is the conclusion of a claim's derivation at the point asked for.
What is written here is where such a value is infinite; where the target's (δ², τ²) are not given, an entry is
the range of its values over the feasible ones, of `verify.targets`.

Source: theory.md, section 3 (blow-up).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

import sympy as sp

from derivations.notation import N, d_s, d_sw, d_w, n, rho_w, sigma2
from derivations.notation import rho_s as rho_s_symbol
from derivations.theorems._misspecified import cross, delta2, fitted2, theta2
from verify.targets import PRECISION, Inputs, Pair, Targets

MODELS = ("weak", "w2s", "strong_baseline", "strong_ceiling")
COMPONENTS = ("w2s_inherited", "w2s_reduced")
TEACHER, STUDENT, BASELINE, CEILING = "teacher-risk", "w2s-risk", "baseline-risk", "ceiling-risk"
INHERITED, REDUCED, MISFIT = "w2s-variance-inherited", "w2s-variance-reduced", "misfit"
CLAIMS = (TEACHER, STUDENT, BASELINE, CEILING, INHERITED, REDUCED, MISFIT)


@dataclass(frozen=True)
class Range:
    """Between what and what an entry lies, where the inputs do not determine it."""

    low: Fraction
    high: Fraction


# A value, a range of them, infinity, or None where it is finite but not known.
Entry = Fraction | Range | float | None
INFINITE = math.inf
Changes = Mapping[str, int | Fraction]
ORIGIN = (Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Prediction:
    """What the theory predicts, by entry. `diverges` names what is infinite, `notes` what is not known."""

    inputs: Inputs
    excess_risk: Mapping[str, Entry]
    variance: Mapping[str, Entry]
    bias: Mapping[str, Entry]
    ratios: Mapping[str, Entry]  # pgr, opr, misfit, kappa
    diverges: tuple[str, ...]
    notes: tuple[str, ...]


def evaluate(x: sp.Expr, given: Mapping[sp.Symbol, int | Fraction]) -> Fraction:
    """A rational expression in exact arithmetic: what `subs` gives, a hundred times as fast."""
    if x.is_Rational:
        return Fraction(int(x.p), int(x.q))
    if x.is_Symbol:
        return Fraction(given[x])
    if x.is_Add:
        return sum((evaluate(y, given) for y in x.args), Fraction(0))
    if x.is_Mul:
        return math.prod((evaluate(y, given) for y in x.args), start=Fraction(1))
    if x.is_Pow and x.exp.is_Integer:
        return evaluate(x.base, given) ** int(x.exp)
    raise TypeError(f"{x} is not rational")


def values(x: Mapping[str, int | Fraction], pair: Pair) -> dict[sp.Symbol, int | Fraction]:
    """What the symbols of the conclusions stand for at inputs by name and at a target with this (δ², τ²)."""
    seen, tau2 = pair
    return {
        d_w: x["d_w"], d_s: x["d_s"], d_sw: x["d_sw"], n: x["n"], N: x["N"], sigma2: x["sigma2"],
        rho_w: x["rho_w"], rho_s_symbol: x["rho_s"],
        # ‖θ‖² is in no conclusion but by τ² = ‖θ‖² - ‖Cθ‖²; the definition of ρ_s gives δᵀCθ.
        delta2: seen, theta2: tau2, fitted2: Fraction(0),
        cross: (x["rho_w"] + tau2 - seen - x["rho_s"]) / 2,
    }  # fmt: skip


def predict(at: Inputs, conclude: Callable[[str], sp.Expr], digits: int = PRECISION) -> Prediction:
    """Evaluate the conclusions of the claims, which `conclude` looks up by id. Raises Infeasible."""
    return _Evaluation(at, conclude, digits).prediction()


class _Evaluation:
    """One point: the values by claim, and the rules of where there are none."""

    def __init__(self, at: Inputs, conclude: Callable[[str], sp.Expr], digits: int) -> None:
        self.at, self.conclude = at, conclude
        self.targets = Targets(at, digits)
        self.notes = dict[str, str]()

    def value(self, claim: str, changes: Changes, pair: Pair = ORIGIN) -> Fraction:
        """The conclusion of a claim at this point with changes and at a target with this (δ², τ²)."""
        return evaluate(self.conclude(claim), values({**vars(self.at), **changes}, pair))

    def over_targets(self, claim: str, changes: Changes) -> Entry:
        """The value of a conclusion that is linear in (δ², τ²): a number or a range."""
        zero, one = Fraction(0), Fraction(1)
        origin = self.value(claim, changes)
        slopes = (self.value(claim, changes, p) - origin for p in ((one, zero), (zero, one)))
        low, high = (self.value(claim, changes, p) for p in self.targets.extremes(*slopes))
        return low if low == high else Range(low, high)

    def labelled(self, entry: str, claim: str, d: int, m: int, noise: Fraction, rho: Fraction) -> Entry:
        """Least squares with d features on m labels of this noise: the teacher, the baseline, the ceiling."""
        changes: dict[str, int | Fraction] = {"sigma2": noise, "rho_w": rho, "rho_s": rho}
        if m > d + 1:
            return self.value(claim, changes)
        if noise + rho == 0 and m >= d:  # it finds f*, whatever the number of samples
            return self.value(claim, {**changes, "n": d + 2})
        if noise + rho > 0 and m >= d - 1:
            return INFINITE
        return self.unknown(entry, "d_w" if claim == TEACHER else "d_s")

    def unknown(self, entry: str, d: str) -> Entry:
        """Say why an entry is null though it may be finite."""
        regime = "it is the subject of the claim four-regimes"
        self.notes[entry] = f"{entry}: with fewer than {d} samples {regime}"
        return None

    def student(self, entry: str, claim: str, noise: Fraction) -> Entry:
        """The excess risk or the misfit of the student at this label noise."""
        at = self.at
        sizes = {"n": at.n, "N": at.N}
        outside = at.d_w - at.d_sw
        if noise + at.rho_w == 0 and at.n >= at.d_w:  # a perfect teacher: n does not enter
            sizes["n"] = max(at.n, at.d_w + 2)
        # What is outside F_s acts as noise on the pseudo-labels; without it N does not enter. With ρ_w = 0
        # also δ = 0, and τ² = ρ_s.
        confused = (noise + at.rho_w) * outside > 0 or (at.rho_w == 0 and at.rho_s > 0)
        if not confused and at.N >= at.d_s:
            sizes["N"] = max(at.N, at.d_s + 2)
            if claim == MISFIT:  # the student is the teacher, however bad that is
                sizes["n"] = max(sizes["n"], at.d_w + 2)
        if sizes["n"] <= at.d_w + 1 and noise + at.rho_w == 0:
            return self.unknown(entry, "d_w")
        if sizes["n"] <= at.d_w + 1 and (claim != MISFIT or outside > 0 or at.N < at.d_s):
            return INFINITE
        if sizes["N"] <= at.d_s + 1:
            return INFINITE if confused else self.unknown(entry, "d_s")
        return self.over_targets(claim, {"sigma2": noise, **sizes})

    def components(self) -> dict[str, Entry]:
        """The variance of the student and its two parts."""
        at, zero = self.at, Fraction(0)
        inherited: Entry = zero
        reduced: Entry = zero
        if at.sigma2 > 0 and at.d_sw > 0:
            if at.n <= at.d_w + 1:
                inherited = INFINITE
            elif at.N >= at.d_s:  # the student reproduces what lies in its space: N does not enter
                inherited = self.value(INHERITED, {})
            else:
                inherited = self.unknown("w2s_inherited", "d_s")
        if at.sigma2 > 0 and at.d_sw < at.d_w:
            finite = at.n > at.d_w + 1 and at.N > at.d_s + 1
            reduced = self.value(REDUCED, {}) if finite else INFINITE
        whole: Entry = None
        if INFINITE in (inherited, reduced):
            whole = INFINITE
        elif inherited is None:
            self.unknown("w2s", "d_s")
        elif at.N > at.d_s + 1 and at.sigma2 > 0:
            whole = self.value(STUDENT, {"rho_w": zero, "rho_s": zero})
        elif isinstance(inherited, Fraction) and isinstance(reduced, Fraction):
            whole = inherited + reduced
        return {"w2s": whole, "w2s_inherited": inherited, "w2s_reduced": reduced}

    def risks(self, noise: Fraction) -> dict[str, Entry]:
        """The excess risk of the four models at this label noise; the bias where it is zero."""
        at = self.at
        return {
            "weak": self.labelled("weak", TEACHER, at.d_w, at.n, noise, at.rho_w),
            "w2s": self.student("w2s", STUDENT, noise),
            "strong_baseline": self.labelled("strong_baseline", BASELINE, at.d_s, at.n, noise, at.rho_s),
            "strong_ceiling": self.ceiling(noise, at.rho_s),
        }

    def ceiling(self, noise: Fraction, rho: Fraction) -> Entry:
        """The ceiling: least squares on n + N samples, of which the conclusion wants the two parts."""
        at = self.at
        if at.n + at.N > at.d_s + 1:
            return self.value(CEILING, {"sigma2": noise, "rho_s": rho})
        if noise + rho == 0:  # n + N >= d_s always
            return self.value(CEILING, {"sigma2": noise, "rho_s": rho, "N": at.d_s + 2})
        return INFINITE

    def variances(self) -> dict[str, Entry]:
        """The part linear in σ²: the risk at a target that every model can express."""
        at, zero = self.at, Fraction(0)
        nothing = dict.fromkeys(("weak", "strong_baseline", "strong_ceiling"), zero)
        plain: dict[str, Entry] = {**nothing}
        if at.sigma2 > 0:
            plain = {
                "weak": self.labelled("weak", TEACHER, at.d_w, at.n, at.sigma2, zero),
                "strong_baseline": self.labelled("strong_baseline", BASELINE, at.d_s, at.n, at.sigma2, zero),
                "strong_ceiling": self.ceiling(at.sigma2, zero),
            }
        every = plain | self.components()
        return {name: every[name] for name in (*MODELS, *COMPONENTS)}

    def prediction(self) -> Prediction:
        """All entries at this point."""
        at = self.at
        excess, variance, bias = self.risks(at.sigma2), self.variances(), self.risks(Fraction(0))
        # κ is the teacher's variance factor with the student's sizes.
        sizes = {"d_w": at.d_s, "n": at.N, "sigma2": 1, "rho_w": 0}
        kappa: Entry = self.value(TEACHER, sizes) if at.N > at.d_s + 1 else INFINITE
        ratios = {
            "pgr": self.recovery(excess),
            "opr": self.outperformance(excess),
            "misfit": self.student("misfit", MISFIT, at.sigma2),
            "kappa": kappa,
        }
        every = chain(excess.items(), variance.items(), ratios.items())
        diverges = tuple(dict.fromkeys(name for name, x in every if x == INFINITE))
        ranged = [x for x in chain(excess.values(), bias.values(), ratios.values()) if isinstance(x, Range)]
        notes = list(self.notes.values())
        if ranged:
            free = " and ".join(s for s, v in (("δ²", at.delta2), ("τ²", at.tau2)) if v is None)
            notes.append(f"entries with two ends: between them over every {free} that these inputs allow")
        return Prediction(at, excess, variance, bias, ratios, diverges, tuple(notes))

    def recovery(self, excess: Mapping[str, Entry]) -> Entry:
        """PGR: the part of the gap between teacher and ceiling that the student closes."""
        weak, student, ceiling = (excess[name] for name in ("weak", "w2s", "strong_ceiling"))
        if INFINITE in (weak, student, ceiling):
            return INFINITE
        if not isinstance(weak, Fraction) or not isinstance(ceiling, Fraction) or student is None:
            self.notes["pgr"] = "pgr: null, because a risk that it compares is"
            return None
        if ceiling >= weak:
            self.notes["pgr"] = "pgr: null, because the ceiling is no better than the teacher"
            return None
        gap = weak - ceiling
        return _through(student, lambda x: (weak - x) / gap)

    def outperformance(self, excess: Mapping[str, Entry]) -> Entry:
        """OPR: the risk of the baseline over that of the student."""
        baseline, student = excess["strong_baseline"], excess["w2s"]
        if INFINITE in (baseline, student):
            return INFINITE
        if not isinstance(baseline, Fraction) or student is None:
            self.notes["opr"] = "opr: null, because a risk that it compares is"
            return None
        if student == 0:
            self.notes["opr"] = "opr: null, because the student has no risk to divide by"
            return None
        return _through(student, lambda x: baseline / x)


def _through(x: Entry, decreasing: Callable[[Fraction], Fraction]) -> Entry:
    """The values of a decreasing function."""
    if isinstance(x, Range):
        low, high = decreasing(x.high), decreasing(x.low)
        return low if low == high else Range(low, high)
    return decreasing(x) if isinstance(x, Fraction) else x
