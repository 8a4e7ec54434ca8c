"""The weak-to-strong procedure in plain NumPy: an oracle for the compiled one.

Slow and obvious. One trial and one noise vector at a time; models are Python functions of inputs; fits are
`np.linalg.lstsq`; nothing is imported from the packages under test. Expectations over g ~ N(0, I_D) of
quadratic functions are taken over the 2D points ±√D e_i, whose mean and covariance are exactly those of g,
and orthogonal projections in L²(P) by least squares over the same points.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]  # latents (m, D) -> values (m,)


def run_trial(
    strong: Array,
    weak: Array,
    target: Array,
    sigma2: float,
    labelled: Array,
    unlabelled: Array,
    noise: Array,
    fresh_noise: Array,
) -> dict[str, float]:
    """Every measured quantity of one data set, averaged over noise vectors.

    strong (d_s, D), weak (d_w, D), target (D,), labelled (n, D), unlabelled (N, D); noise over σ: (n, q) on
    the labelled inputs and (N, q) on the unlabelled ones.
    """
    copies = noise.shape[1]
    runs = [
        _run_once(strong, weak, target, sigma2, labelled, unlabelled, noise[:, c], fresh_noise[:, c])
        for c in range(copies)
    ]
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}


def _run_once(
    strong: Array,
    weak: Array,
    target: Array,
    sigma2: float,
    labelled: Array,
    unlabelled: Array,
    noise: Array,
    fresh_noise: Array,
) -> dict[str, float]:
    sigma = np.sqrt(sigma2)
    points = _points(len(target))
    everything = np.concatenate([labelled, unlabelled])

    def f_star(g: Array) -> Array:
        return np.array([target @ x for x in g])

    labels = f_star(labelled) + sigma * noise
    all_labels = np.concatenate([labels, f_star(unlabelled) + sigma * fresh_noise])

    f_w = _fit(weak, labelled, labels)
    f_w2s = _fit(strong, unlabelled, f_w(unlabelled))
    f_s = _fit(strong, labelled, labels)
    f_c = _fit(strong, everything, all_labels)

    inside = _fit(strong, points, f_w(points) - f_star(points))

    def outside(g: Array) -> Array:
        return f_w(g) - f_star(g) - inside(g)

    def mean_square(values: Array) -> float:
        return float(np.mean(values**2))

    return {
        "weak": mean_square(f_w(points) - f_star(points)),
        "w2s": mean_square(f_w2s(points) - f_star(points)),
        "strong_baseline": mean_square(f_s(points) - f_star(points)),
        "strong_ceiling": mean_square(f_c(points) - f_star(points)),
        "w2s_inherited": mean_square(_fit(strong, unlabelled, inside(unlabelled))(points)),
        "w2s_reduced": mean_square(_fit(strong, unlabelled, outside(unlabelled))(points)),
        "w2s_in_sample": mean_square(f_w2s(unlabelled) - f_star(unlabelled)),
        "weak_inside": mean_square(inside(points)),
        "weak_outside": mean_square(outside(points)),
        "misfit": mean_square(f_w(points) - f_w2s(points)),
    }


def _fit(features: Array, inputs: Array, values: Array) -> Function:
    """Minimum-norm least squares of values (m,) on features (d, D) of inputs (m, D), as a function."""
    coefficients = np.linalg.lstsq(inputs @ features.T, values, rcond=None)[0]
    return lambda g: np.asarray(g @ features.T @ coefficients)


def _points(dimension: int) -> Array:
    """Points (2D, D) over which the mean of a quadratic function is its mean over N(0, I_D)."""
    axes = np.sqrt(dimension) * np.eye(dimension)
    return np.concatenate([axes, -axes])
