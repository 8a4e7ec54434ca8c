"""The ladder: three samplers of the same expectations, each faster than the one before and assuming more.

A rung says which claims it rests on. What it measures is evidence for other claims only: not for those, nor
for any that they rest on in turn. Each rung is tested against the one before (tests/test_ladder.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from derivations.claims import Book
from verify.simulation import bartlett, conditional, plain
from verify.simulation.blas import one_thread
from verify.simulation.problem import Array, Problem
from verify.streams import Stream

Sampler = Callable[[Problem, Stream, int], Array]

# What the measured means, and the two ratios of them, are about.
MEASURED = {
    "weak": "teacher-risk",
    "w2s": "w2s-risk",
    "strong_baseline": "baseline-risk",
    "strong_ceiling": "ceiling-risk",
    "pgr": "pgr",
    "opr": "opr",
}


@dataclass(frozen=True)
class Rung:
    """A sampler of the excess risks of the four models, and the ids of the claims that it uses.

    seconds: what one trial takes, roughly, by the size of the problem. margin: the estimator's variance is
    finite when every model has more samples than features by more than that.
    """

    name: str
    uses: tuple[str, ...]
    sample: Sampler
    seconds: Callable[[Problem], float]
    margin: int = 3

    def draw(self, problem: Problem, stream: Stream, trials: int) -> Array:
        """(trials, 4): one row a data set or what stands for it, one column a model, of `MODELS`.

        The same numbers on any number of threads, and in any number at once.
        """
        with one_thread(), np.errstate(all="ignore"):
            return self.sample(problem, stream, trials)

    def assumes(self, book: Book) -> frozenset[str]:
        """The claims it uses, and every claim that these rest on."""
        return frozenset(self.uses).union(*(book.ancestors(id) for id in self.uses))

    def finite_variance(self, problem: Problem) -> bool:
        """Whether the variance of what it averages is finite for all four models."""
        p = problem
        return min(p.n - p.d_w, p.n - p.d_s, p.N - p.d_s) > self.margin


def _with_data(p: Problem) -> float:
    """A trial that draws data: normals at 6 ns, and the Gram matrices and their solutions."""
    width = p.d_s + p.d_w + plain.COPIES
    work = p.n * (p.d_w**2 + p.d_s**2) + p.N * p.d_s**2 + p.d_w**3 + 2 * p.d_s**3
    return 1e-5 + 8e-9 * (p.n + p.N) * width + 4e-11 * work


def _without(p: Problem) -> float:
    """A trial that draws triangular factors."""
    sizes = (p.d_w, p.d_s, p.d_s, p.d_s)
    return sum(1e-6 + 6e-8 * d + 4e-9 * d**2 + 6e-11 * d**3 for d in sizes)


RUNGS: Mapping[str, Rung] = {
    rung.name: rung
    for rung in (
        Rung("plain", (), plain.sample, _with_data),
        Rung("conditional", ("gram-pseudoinverse", "noise-energy"), conditional.sample, _with_data),
        Rung(
            "bartlett",
            (
                "bartlett",
                "gaussian-conditioning",
                "gram-pseudoinverse",
                "noise-energy",
                "quadratic-expectation",
            ),
            bartlett.sample,
            _without,
        ),
    )
}
BEST = "bartlett"
SINGLE = Rung("single", (), plain.single, _with_data)  # a trial as experiments have it, to count others in


def checks(rung: Rung, claim: str, book: Book) -> None:
    """Refuse to check a claim by a rung that assumes it. Raises ValueError."""
    if claim in rung.assumes(book):
        raise ValueError(f"the rung {rung.name} assumes {claim}, so what it measures is no evidence of it")
