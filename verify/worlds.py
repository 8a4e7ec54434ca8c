"""The problem that the naive procedure is given at a point: data, no theory."""

import numpy as np

from verify.environment import Array, Environment
from verify.pipeline import World, world_from_overlap, world_from_target

_ALONE = 4  # unlabelled inputs for a claim that does not look at them


def world_at(env: Environment) -> World:
    """The world at a point: features by their overlap C, target by its coefficients and what is left over.

    A claim about one feature map alone is given another one of a single feature, orthogonal to it.
    Raises ValueError, with one sentence, where the point lacks a size or is infeasible.
    """
    if missing := [name for name in ("n", "sigma2") if name not in env.values]:
        raise ValueError(f"the point ({env.label}) gives no value for {', '.join(missing)}")
    sizes = {name: int(env.values[name]) for name in ("d_s", "d_w", "n", "N") if name in env.values}
    d_s, d_w = sizes.get("d_s", 1), sizes.get("d_w", 1)
    n, N = sizes["n"], sizes.get("N", d_s + _ALONE)
    sigma2 = float(env.values["sigma2"])
    given = {x.name: value for x, value in env.matrices.items()}
    overlap = given.get("C", np.zeros((d_s, d_w)))
    target = given.get("theta")
    if target is None:
        return world_from_overlap(overlap, sigma2, n, N)
    rest = next((float(env.values[name]) for name in ("rho_w", "rho_s") if name in env.values), 0.0)
    rest -= float(env.values.get("shared2", 0))  # what the strong features can express of the weak ones' rest
    theta, delta = target[:, 0], given.get("delta", np.zeros((d_s, 1)))[:, 0]
    if "d_w" not in sizes:  # the target's coefficients are the strong features'
        theta, delta = np.zeros(1), theta
    return world_from_target(overlap, _plain(theta), _plain(delta), rest, sigma2, n, N)


def _plain(vector: Array) -> Array:
    return np.ascontiguousarray(vector)
