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

    `margin`: the estimator's variance is finite when every model has more samples than features by more than
    that.
    """

    name: str
    uses: tuple[str, ...]
    sample: Sampler
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


RUNGS: Mapping[str, Rung] = {
    rung.name: rung
    for rung in (
        Rung("plain", (), plain.sample),
        Rung("conditional", ("gram-pseudoinverse", "noise-energy"), conditional.sample),
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
        ),
    )
}
BEST = "bartlett"
SINGLE = Rung("single", (), plain.single)  # a trial as experiments have it, to count others in


def checks(rung: Rung, claim: str, book: Book) -> None:
    """Refuse to check a claim by a rung that assumes it. Raises ValueError."""
    if claim in rung.assumes(book):
        raise ValueError(f"the rung {rung.name} assumes {claim}, so what it measures is no evidence of it")
