"""The smallest sample size that reaches a target, exact: the inverse of `verify.predictions`.

With every input but one sample size fixed, what a target compares is a ratio of risks and a rational
function of that size. Its distance from the target, its divisor and its derivative change sign at isolated
roots only, so finitely many integers decide for all; at each of them the prediction itself is asked. No
closed form is written here.

Source: theory.md, section 3 (sample-complexity, w2s-beats-teacher, w2s-beats-baseline, interior-optimum-n).
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import mpmath
import sympy as sp

from derivations.notation import N, n
from verify.predictions import BASELINE, CEILING, STUDENT, TEACHER, Prediction, predict, values
from verify.roots import around_roots
from verify.targets import Infeasible, Inputs, Pair, Targets

PGR, OPR, BEATS_TEACHER, BEATS_BASELINE = "pgr", "opr", "beats-teacher", "beats-baseline"
RATIOS = {
    PGR: "PGR",
    OPR: "OPR",
    BEATS_TEACHER: "the teacher's risk over the student's",
    BEATS_BASELINE: "the baseline's risk over the student's",
}
SIZES = {"n": n, "N": N}
_X = sp.Symbol("x")  # the size sought, as a real variable


@dataclass(frozen=True)
class Target:
    """What is to be reached: PGR or OPR at least at a value, or less risk than another model has."""

    name: str
    value: Fraction = Fraction(1)

    def reached(self, ratio: Fraction | None) -> bool:
        """Whether a ratio is enough; a tie does not count as beating."""
        if ratio is None:
            return False
        return ratio >= self.value if self.name in (PGR, OPR) else ratio > self.value


@dataclass(frozen=True)
class Plan:
    """The smallest size or None; the last of the first run of sizes that do, or None; what else to say."""

    answer: int | None
    holds_until: int | None
    prediction: Prediction | None  # at the answer
    notes: tuple[str, ...]


def plan(at: Inputs, unknown: str, target: Target, conclude: Callable[[str], sp.Expr]) -> Plan:
    """The smallest admissible n or N, as `unknown` says, whatever its value in `at`. Raises Infeasible."""
    return _Search(at, unknown, target, conclude).plan()


class _Search:
    """One question, and the ratio at the integers that have been asked about."""

    def __init__(self, at: Inputs, unknown: str, target: Target, conclude: Callable[[str], sp.Expr]) -> None:
        self.at, self.unknown, self.target, self.conclude = at, unknown, target, conclude
        self.least = _least(at, target)[unknown]
        _refuse_small(at, unknown, target)
        self.pair = _determined(at)
        self.asked = dict[int, Fraction | None]()

    def plan(self) -> Plan:
        """Ask at the first integer of every stretch on which the answer is the same."""
        value = self._ratio()
        starts = sorted({self.least, *(k for k in self._breaks(value) if k > self.least)})
        answer = next((k for k in starts if self._reached(k)), None)
        if answer is None:
            return Plan(None, None, None, (self._why_none(value, starts),))
        end = next((k for k in starts if k > answer and not self._reached(k)), None)
        until = None if end is None else end - 1
        if (answer > self.least and self._reached(answer - 1)) or not self._reached(until or answer):
            raise AssertionError(f"{self.unknown} = {answer} is not where the prediction changes sides")
        return Plan(answer, until, self._predict(answer), tuple(self._notes(answer, end, starts)))

    def _predict(self, size: int) -> Prediction:
        return predict(resized(self.at, self.unknown, size), self.conclude)

    def _asked(self, size: int) -> Fraction | None:
        """The ratio at this size by the prediction, None where it has no meaning."""
        if size not in self.asked:
            self.asked[size] = ratio(self.target.name, self._predict(size))
        return self.asked[size]

    def _reached(self, size: int) -> bool:
        return self.target.reached(self._asked(size))

    def _risks(self) -> dict[str, sp.Expr]:
        """The conclusions as functions of the size sought alone."""
        given = {x: sp.Rational(v) for x, v in values(vars(self.at), self.pair).items()}
        given[SIZES[self.unknown]] = _X
        return {claim: self.conclude(claim).subs(given) for claim in (TEACHER, STUDENT, BASELINE, CEILING)}

    def _ratio(self) -> tuple[sp.Expr, sp.Expr]:
        """What the target compares, by what it is divided: rational functions in lowest terms."""
        risk = self._risks()
        above, below = risk[BASELINE], risk[STUDENT]
        if self.target.name == BEATS_TEACHER:
            above = risk[TEACHER]
        elif self.target.name == PGR:
            above, below = risk[TEACHER] - risk[STUDENT], risk[TEACHER] - risk[CEILING]
        return sp.cancel(above), sp.cancel(below)

    def _breaks(self, value: tuple[sp.Expr, sp.Expr]) -> set[int]:
        """Integers such that from each to the next the ratio is monotone and on one side of the target.

        By what it is divided stands apart: where it changes sign PGR loses its meaning, even if the ratio
        in lowest terms does not show it.
        """
        above, below = value
        if below == 0:
            return set()
        whole = sp.cancel(above / below)
        functions = (whole - sp.Rational(self.target.value), sp.diff(whole, _X), below)
        return {k for f in functions for part in sp.fraction(sp.cancel(f)) for k in around_roots(part, _X)}

    def _why_none(self, value: tuple[sp.Expr, sp.Expr], starts: list[int]) -> str:
        """The greatest value, attained or approached: between the breaks the ratio is monotone."""
        name, letter = RATIOS[self.target.name], self.unknown
        ends = {*starts, *(k - 1 for k in starts[1:])}
        known = {k: v for k in sorted(ends) if (v := self._asked(k)) is not None}
        if not known:
            if self.target.name == PGR:
                return f"the ceiling is no better than the teacher at any {letter}"
            return f"no model has any risk, whatever {letter}"
        best = max(known, key=lambda k: known[k])
        limit = _limit(value[0] / value[1])
        if starts[-1] in known and limit is not None and limit > known[best]:
            return f"{name} stays below {number(limit)}, which it approaches as {letter} grows"
        return f"{name} is at most {number(known[best])}, at {letter} = {best}"

    def _notes(self, answer: int, end: int | None, starts: list[int]) -> list[str]:
        """Where the answer is the edge of the theory, and what ends the run of sizes that do."""
        letter, notes = self.unknown, list[str]()
        if answer == self.least:
            notes.append(f"{letter} = {answer} is the least at which the formulas compared hold")
        if end is None:
            return notes
        value, name = self._asked(end), RATIOS[self.target.name]
        what = "the ceiling is no better than the teacher" if value is None else f"{name} is {number(value)}"
        notes.append(f"at {letter} = {end} {what}")
        if again := next((k for k in starts if k > end and self._reached(k)), None):
            notes.append(f"it holds again at {letter} = {again}, for the first time since")
        return notes


def resized(at: Inputs, unknown: str, size: int) -> Inputs:
    """These inputs with another n or N."""
    return dataclasses.replace(at, n=size) if unknown == "n" else dataclasses.replace(at, N=size)


def ratio(name: str, prediction: Prediction) -> Fraction | None:
    """What a target of this name compares, None where it has no meaning."""
    if name == BEATS_TEACHER:
        weak, student = (prediction.excess_risk[model] for model in ("weak", "w2s"))
        if isinstance(weak, Fraction) and isinstance(student, Fraction) and student > 0:
            return weak / student
        return None
    entry = prediction.ratios[PGR if name == PGR else OPR]
    return entry if isinstance(entry, Fraction) else None


def number(x: Fraction) -> str:
    """A value for a sentence."""
    text: str = mpmath.nstr(mpmath.mpf(x.numerator) / x.denominator, 6)
    return text.removesuffix(".0")


def _least(at: Inputs, target: Target) -> dict[str, int]:
    """From where on the conclusions hold whose risks the target compares."""
    labelled = max(at.d_w, at.d_s) if target.name in (OPR, BEATS_BASELINE) else at.d_w
    return {"n": labelled + 2, "N": at.d_s + 2}


def _refuse_small(at: Inputs, unknown: str, target: Target) -> None:
    """Refuse a given size at which one of these conclusions does not hold."""
    given = "n" if unknown == "N" else "N"
    least = _least(at, target)[given]
    if getattr(at, given) < least:
        raise Infeasible(f"--{given} must be at least {least} for the formulas that {target.name} compares")


def _determined(at: Inputs) -> Pair:
    """The target's (δ², τ²): without it the student has a range of risks and no one answer."""
    pair = Targets(at).pair
    if pair is None:
        free = " and ".join(f"--{k}" for k in ("delta2", "tau2") if getattr(at, k) is None)
        raise Infeasible(f"these inputs leave the student's risk open: give {free}")
    return pair


def _limit(f: sp.Expr) -> Fraction | None:
    """To what a rational function tends, None if that is infinite."""
    above, below = (sp.Poly(part, _X, domain=sp.QQ) for part in sp.fraction(sp.cancel(f)))
    if above.is_zero or above.degree() < below.degree():
        return Fraction(0)
    if above.degree() > below.degree():
        return None
    lead = above.LC() / below.LC()
    return Fraction(int(lead.p), int(lead.q))
