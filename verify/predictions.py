"""The theory's numbers at given dimensions and sample sizes, exact wherever the inputs allow it.

No closed form is written here: each number is the conclusion of a claim's derivation at the point asked for.
What is written here is where such a value is infinite, and which targets there are at given ρ_s and ρ_w: a
risk is linear in (δ², τ²), these pairs form a convex set, and where a pair is not given an entry is the range
of its values over that set.

Source: theory.md, section 1 (feasible inputs) and section 3 (blow-up).
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

MODELS = ("weak", "w2s", "strong_baseline", "strong_ceiling")
COMPONENTS = ("w2s_inherited", "w2s_reduced")
TEACHER, STUDENT, BASELINE, CEILING = "teacher-risk", "w2s-risk", "baseline-risk", "ceiling-risk"
INHERITED, REDUCED, MISFIT = "w2s-variance-inherited", "w2s-variance-reduced", "misfit"
CLAIMS = (TEACHER, STUDENT, BASELINE, CEILING, INHERITED, REDUCED, MISFIT)
PRECISION = 60  # digits of a square root that is not rational


class Infeasible(ValueError):
    """There is no such problem, or the theory has no number for it; one sentence says why."""


@dataclass(frozen=True)
class Range:
    """Between what and what an entry lies, where the inputs do not determine it."""

    low: Fraction
    high: Fraction


# A value, a range of them, infinity, or None where it is finite but not known.
Entry = Fraction | Range | float | None
INFINITE = math.inf
Pair = tuple[Fraction, Fraction]  # δ², τ²
Changes = Mapping[str, int | Fraction]
ORIGIN = (Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Inputs:
    """Where the theory is evaluated. Raises Infeasible at a point that cannot be."""

    d_w: int
    d_s: int
    d_sw: Fraction
    n: int
    N: int
    sigma2: Fraction
    rho_w: Fraction = Fraction(0)
    rho_s: Fraction = Fraction(0)
    delta2: Fraction | None = None
    tau2: Fraction | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.d_sw <= min(self.d_s, self.d_w):
            most = min(self.d_s, self.d_w)
            raise Infeasible(f"--d-sw must be between 0 and min(d_s, d_w) = {most}, not {self.d_sw}")
        if self.sigma2 < 0:
            raise Infeasible(f"--sigma2 is a variance and cannot be negative: {self.sigma2}")
        for name in ("rho_w", "rho_s", "delta2", "tau2"):
            if (value := getattr(self, name)) is not None and value < 0:
                raise Infeasible(f"--{name.replace('_', '-')} is a square and cannot be negative: {value}")
        for size, least, which in (("n", self.d_w - 1, "d_w"), ("N", self.d_s - 1, "d_s")):
            if (m := getattr(self, size)) < least:
                raise Infeasible(
                    f"--{size} {m} is below {which} - 1 = {least}, where the risk is finite again but "
                    "needs isotropic features: the subject of the claim four-regimes"
                )


# ------------------------------------------------------------------------------ feasible targets


def root(x: Fraction, digits: int = PRECISION) -> Fraction:
    """The square root: exact where it is rational, else to so many significant digits."""
    over, under = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if over * over == x.numerator and under * under == x.denominator:
        return Fraction(over, under)
    # x = a/b: √x = √(ab)/b, with enough digits of √(ab)
    scale = 10 ** max(0, digits + 2 - len(str(x.numerator * x.denominator)) // 2)
    return Fraction(math.isqrt(x.numerator * x.denominator * scale * scale), x.denominator * scale)


class Targets:
    """The pairs (δ², τ²) that the inputs allow: theory.md, section 1. Raises Infeasible where there is none.

    With t = (ρ_w + τ² - δ² - ρ_s)/2 = δᵀCθ they are those with δ² <= ρ_w min(1, d_s - d_sw) and
    |t| <= τ √h(δ²), h the smaller of ρ_w - δ² (the triangle inequality for √ρ_s, τ and √(ρ_w - δ²)) and
    δ² d_sw/(1 - d_sw) (only if d_sw < 1). At a given δ² that is an interval of τ²: with X = h(δ²) and
    Y = X + δ² - ρ_w + ρ_s from (√X - √Y)² to (√X + √Y)², whose product is (δ² - ρ_w + ρ_s)². The two terms
    of h cross at δ² = ρ_w(1 - d_sw). An affine function under a geometric mean: the set is
    convex. Its closure is taken where a range has no least or greatest value (δ -> 0 with d_sw >= 1).
    """

    def __init__(self, at: Inputs, digits: int = PRECISION) -> None:
        self.at, self.digits = at, digits
        self.excess = at.rho_w - at.rho_s
        self.most = at.rho_w * min(Fraction(1), at.d_s - at.d_sw)  # of δ²
        # h = (d_sw/(1 - d_sw)) δ² up to δ² = knee, and ρ_w - δ² from there
        self.steep = at.d_sw / (1 - at.d_sw) if at.d_sw < 1 else None
        self.knee = at.rho_w * max(Fraction(0), 1 - at.d_sw)
        self.pair: Pair | None = None
        self.slice: tuple[Pair, Pair] | None = None
        self._settle()

    def _settle(self) -> None:
        """Find out what is determined, and refuse what is infeasible."""
        at = self.at
        if at.delta2 is not None and at.delta2 > self.most:
            raise Infeasible(
                f"--delta2 {at.delta2} breaks δ² ≤ ρ_w·min(1, d_s − d_sw) = {self.most}"
                + (": δ = 0 if d_sw = d_s" if at.d_sw == at.d_s else "")
            )
        if at.tau2 and at.d_sw == at.d_w:
            raise Infeasible(f"--tau2 {at.tau2} breaks τ = 0 if d_sw = d_w")
        given, tau2 = at.delta2, at.tau2
        if self.most == 0:
            given = Fraction(0)
        if at.d_sw == at.d_w:
            tau2 = Fraction(0)
        if given is None and (tau2 == 0 or (tau2 is not None and at.d_sw == 0)):
            given = self.excess + tau2  # t = 0
        if tau2 is None and given is not None and (0 in (given, at.d_sw) or given == at.rho_w):
            tau2 = given - self.excess
        if given is not None and tau2 is not None:
            self._check(given, tau2)
            self.pair = given, tau2
        elif given is not None:
            if self.inner(given) < 0:
                raise Infeasible(
                    f"--delta2 {given} is too small: no τ² satisfies |ρ_w + τ² − δ² − ρ_s|/2 ≤ τδ√(d_sw/(1 − "
                    f"d_sw)), which needs δ² ≥ (ρ_w − ρ_s)(1 − d_sw) = {self.excess * (1 - at.d_sw)}"
                )
            self.slice = (given, self.tau2(given, -1)), (given, self.tau2(given, 1))
        elif tau2 is not None:
            self._at_tau2(tau2)

    def _check(self, given: Fraction, tau2: Fraction) -> None:
        """Refuse a pair that breaks one of the inequalities; exact."""
        at, names = self.at, f"δ² = {given} and τ² = {tau2}"
        t, rest = (self.excess + tau2 - given) / 2, at.rho_w - given
        if min(given, tau2) < 0 or (t != 0 and 0 in (given, tau2, at.d_sw)):
            raise Infeasible(
                f"these inputs break ρ_s = ρ_w + τ² − δ², with δ², τ² ≥ 0, which "
                f"holds where δ, τ or d_sw is 0: {names}"
            )
        if given > self.most:
            raise Infeasible(f"these inputs break δ² ≤ ρ_w·min(1, d_s − d_sw) = {self.most}: {names}")
        if t * t > tau2 * rest:
            broken = "|τ − √(ρ_w − δ²)| ≤ √ρ_s" if t > 0 else "√ρ_s ≤ τ + √(ρ_w − δ²)"
            raise Infeasible(f"these inputs break {broken}: {names}, ρ_w = {at.rho_w}, ρ_s = {at.rho_s}")
        if at.d_sw < 1 and t * t * (1 - at.d_sw) > given * tau2 * at.d_sw:
            raise Infeasible(
                f"these inputs break |ρ_w + τ² − δ² − ρ_s|/2 ≤ τδ√(d_sw/(1 − d_sw)): {names}, "
                f"ρ_w = {at.rho_w}, ρ_s = {at.rho_s}"
            )

    def _at_tau2(self, tau2: Fraction) -> None:
        """The interval of δ² at a given τ²: where those of the inequalities overlap."""
        at = self.at
        tau, strong = root(tau2, self.digits), root(at.rho_s, self.digits)
        bounds = [
            (Fraction(0), self.most, "0 ≤ δ² ≤ ρ_w·min(1, d_s − d_sw)"),
            (at.rho_w - (tau + strong) ** 2, at.rho_w - (tau - strong) ** 2,
             "|τ − √(ρ_w − δ²)| ≤ √ρ_s ≤ τ + √(ρ_w − δ²)"),
        ]  # fmt: skip
        if self.steep is not None:
            name = "|ρ_w + τ² − δ² − ρ_s|/2 ≤ τδ√(d_sw/(1 − d_sw))"
            inner = self.steep * tau2, self.steep * tau2 + self.excess + tau2
            if inner[1] < 0:
                raise Infeasible(f"--tau2 {tau2}: no δ² satisfies {name}")
            high = sum(inner) + 2 * root(inner[0] * inner[1], self.digits)
            bounds.append(((self.excess + tau2) ** 2 / high if high else Fraction(0), high, name))
        low, _, why_low = max(bounds, key=lambda b: b[0])
        _, high, why_high = min(bounds, key=lambda b: b[1])
        # Roots are rounded, so ends that meet may seem to have passed each other by their last digits.
        last = (at.rho_w + at.rho_s + tau2) / 10 ** (self.digits // 2)
        if low > high + last:
            both = " and ".join(dict.fromkeys((why_low, why_high)))
            raise Infeasible(f"--tau2 {tau2}: no δ² satisfies {both}")
        if high <= last:
            self._check(Fraction(0), tau2)
            high = Fraction(0)
        self.slice = (min(low, high), tau2), (high, tau2)

    def inner(self, given: Fraction) -> Fraction:
        """h + δ² - ρ_w + ρ_s at a given δ²: no τ² belongs to it where this is negative."""
        return self.height(given) + given - self.excess

    def height(self, given: Fraction) -> Fraction:
        """The function h of the class, which bounds t² by h τ²."""
        rest = self.at.rho_w - given
        return rest if self.steep is None else min(rest, self.steep * given)

    def tau2(self, given: Fraction, side: int) -> Fraction:
        """The least (side -1) or greatest (side 1) τ² at a given δ²."""
        x, y = self.height(given), max(self.inner(given), Fraction(0))
        high = x + y + 2 * root(x * y, self.digits)
        return high if side > 0 or high == 0 else (given - self.excess) ** 2 / high

    def extremes(self, a: Fraction, b: Fraction) -> tuple[Pair, Pair]:
        """Where aδ² + bτ² is least, and where greatest; a >= 0 and b >= 0."""
        if self.pair is not None:
            return self.pair, self.pair
        if self.slice is not None:
            return self.slice
        low = self._best(self._candidates(a, b, -1), a, b, -1)
        return low, self._best(self._candidates(a, b, 1), a, b, 1)

    def _best(self, where: list[Fraction], a: Fraction, b: Fraction, side: int) -> Pair:
        pairs = [(x, self.tau2(x, side)) for x in where]
        return max(pairs, key=lambda p: side * (a * p[0] + b * p[1]))

    def _candidates(self, a: Fraction, b: Fraction, side: int) -> list[Fraction]:
        """The δ² at which aδ² + b(√X ± √Y)² may be extreme: ends of its two pieces, and where it is level.

        On each piece it is convex with the lower sign and concave with the upper.
        """
        at, found = self.at, list[Fraction]()
        # h = ρ_w - δ² =: e²: the function is aρ_w + bρ_s + (b-a)e² ± 2b√ρ_s e, level at e = b√ρ_s/|b-a|.
        ends = [self.knee, self.most]
        if side * (a - b) > 0:
            ends.append(at.rho_w - at.rho_s * (b / (a - b)) ** 2)
        found += [x for x in ends if self.knee <= x <= self.most]
        # h = c δ²: only below, with y = δ²/(1-d_sw), is it level: at (2y - D)² = D² p²/q², D = ρ_w - ρ_s.
        if self.steep is not None:
            c, D = self.steep, self.excess
            least = max(Fraction(0), D * (1 - at.d_sw))
            found += [least]
            if side < 0 and D != 0 and b > 0:
                p = a + b * (1 + 2 * c)
                q = root(p * p - 4 * c * (1 + c) * b * b, self.digits)
                beyond = 2 * c * (1 + c) * b * b * abs(D) / (q * (p + q))  # |D|(p/q - 1)/2, no cancellation
                level = (max(D, Fraction(0)) + beyond) * (1 - at.d_sw)
                found += [level] if least <= level <= self.knee else []
        return found


# ----------------------------------------------------------------------------------- prediction


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
        x = {name: v for name, v in {**vars(self.at), **changes}.items() if v is not None}
        seen, tau2 = pair
        given = {
            d_w: x["d_w"], d_s: x["d_s"], d_sw: x["d_sw"], n: x["n"], N: x["N"], sigma2: x["sigma2"],
            rho_w: x["rho_w"], rho_s_symbol: x["rho_s"],
            # ‖θ‖² is in no conclusion but by τ² = ‖θ‖² - ‖Cθ‖²; the definition of ρ_s gives δᵀCθ.
            delta2: seen, theta2: tau2, fitted2: Fraction(0),
            cross: (x["rho_w"] + tau2 - seen - x["rho_s"]) / 2,
        }  # fmt: skip
        return evaluate(self.conclude(claim), given)

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
