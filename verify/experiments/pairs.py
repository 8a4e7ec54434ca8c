"""What an experiment is about: two feature maps and labels on one pool of inputs, wherever they come from.

Digits, text and vision are the same code with other pairs. A control is a Gaussian pool with the moments of
a real one: what is left of a disagreement there is no matter of the features' law.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from verify.digests import digest
from verify.features.tables import Floats
from verify.streams import generator


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of the pool, of one kind.

    train: (m, r), of which a split gives each sample one, drawn anew if r > 1 (raters). truth: (m,), what is
    compared with on test samples. floor: the variance of the noise of `truth`. sigma2: of `train`, None if
    its repeats are to tell. added: standard deviations of Gaussian noise on top of `train`.
    """

    name: str
    train: Floats
    truth: Floats
    floor: float
    sigma2: float | None
    added: tuple[float, ...] = (0.0,)


@dataclass(frozen=True, eq=False)
class Pair:
    """weak: (m, d_w), strong: (m, d_s), about their means and of full rank; n, N: the grid of sizes."""

    name: str
    about: str
    weak: Floats
    strong: Floats
    labels: tuple[Labels, ...]
    n: tuple[int, ...]
    N: tuple[int, ...]
    control: bool = False

    @property
    def rows(self) -> int:
        """The pool's size, m."""
        return len(self.weak)

    @property
    def d_w(self) -> int:
        """Dimension of the weak features."""
        return int(self.weak.shape[1])

    @property
    def d_s(self) -> int:
        """Dimension of the strong features."""
        return int(self.strong.shape[1])

    def digest(self) -> str:
        """Of everything that the results depend on, data and sizes."""
        arrays = [self.weak, self.strong, *(x for y in self.labels for x in (y.train, y.truth))]
        noises = [(y.name, y.floor, y.sigma2, y.added) for y in self.labels]
        data = [blake2b(np.ascontiguousarray(x).tobytes(), digest_size=16).hexdigest() for x in arrays]
        return digest(self.name, self.control, repr(noises), self.n, self.N, *data)


def components(features: Floats, k: int) -> Floats:
    """The leading k principal components of the centred features, scores (m, k), largest loading positive."""
    centred = features - features.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    leading = vectors[:, ::-1][:, :k]
    if k > len(values) or values[-k] <= 1e-12 * values[-1]:
        raise ValueError(f"there are no {k} components in these features")
    signs = np.sign(leading[np.argmax(np.abs(leading), axis=0), np.arange(k)])
    return np.asarray(centred @ (leading * signs))


def control(pair: Pair, seed: int) -> Pair:
    """As many Gaussian rows with the pool's second moments, and no labels."""
    both = np.hstack([pair.weak, pair.strong])
    values, vectors = np.linalg.eigh(both.T @ both / pair.rows)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    draws = generator(seed, "experiment", pair.name, "control").standard_normal(both.shape) @ root.T
    draws -= draws.mean(axis=0)
    return replace(pair, weak=draws[:, : pair.d_w], strong=draws[:, pair.d_w :], labels=(), control=True)
