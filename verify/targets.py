"""The problems that a few numbers leave open: which targets there are at given dimensions, ρ_s and ρ_w.

A risk is linear in (δ², τ²); these pairs form a convex set, and a value whose pair is not given ranges
over it.

Source: theory.md, section 1 (feasible inputs).
"""

import math
from dataclasses import dataclass
from fractions import Fraction

PRECISION = 60  # digits of a square root that is not rational
Pair = tuple[Fraction, Fraction]  # δ², τ²


class Infeasible(ValueError):
    """There is no such problem, or the theory has no number for it; one sentence says why."""


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
