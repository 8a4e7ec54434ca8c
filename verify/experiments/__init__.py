"""The theory against real features: splits of a pool, four models, measured next to predicted.

An experiment is a source of pairs (see `pairs.Pair`); everything else is the same for all of them. A source
imports what it needs when it is asked.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from verify.experiments.pairs import Pair

__all__ = ["EXPERIMENTS", "Experiment", "Place", "load"]


@dataclass(frozen=True)
class Place:
    """Where a source finds things. cache: what was fetched and extracted; data: files in place of a fetch.

    extract: anew, although the cache has it. say: is told what is being done.
    """

    cache: Path
    data: Path | None
    extract: bool
    say: Callable[[str], None]


@dataclass(frozen=True)
class Experiment:
    """A module of this folder with a function pairs(seed, place), and how many splits make a cell."""

    about: str
    splits: int


EXPERIMENTS = {
    "digits": Experiment("halves, pixels and random features of scikit-learn's digits; no download", 200),
    "text": Experiment("tf-idf or a 3-layer MiniLM teaching a 6-layer one on rated movie reviews", 200),
    "vision": Experiment("pixels or EfficientNet-Lite0 teaching Lite0 or Lite2 on Fashion-MNIST", 300),
}


def load(name: str, seed: int, place: Place) -> list[Pair]:
    """The pairs of an experiment. Raises Unavailable where something they need is not to be had."""
    module = importlib.import_module(f"verify.experiments.{name}")
    pairs: Callable[[int, Place], list[Pair]] = module.pairs
    return pairs(seed, place)
