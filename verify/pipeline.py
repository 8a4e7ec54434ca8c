"""The whole weak-to-strong procedure, done naively: draw data, fit the models, measure their errors.

There is no theory in this module: it draws Gaussian inputs and label noise, fits every model by minimum-norm
least squares and measures what came out. It is what the closed forms are checked against, so it must not
know them.

The world is an isotropic Gaussian latent g ~ N(0, I_D) with linear features γ_s = A_s g, γ_w = A_w g and a
linear target f*(g) = a·g. Every function met here is linear, f(g) = b·g, so its squared L²(P) norm E f(g)² is
‖b‖²: the definition of that norm under an isotropic latent. The orthogonal projection onto F_s in L²(P) is
b ↦ A_sᵀA_s b. Population risks are therefore read off latent coefficients, without a test sample.

Source: the setting of the paper and the four models of the authors' experiment (theory, sections 1 and 3).
"""

import math
import operator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]
Models: TypeAlias = Literal["w2s", "all"]

QUANTITIES: tuple[str, ...] = (
    "weak",  # excess risk of the teacher f_w
    "w2s",  # excess risk of the student f_w2s
    "strong_baseline",  # excess risk of f_s: strong features, the n labels
    "strong_ceiling",  # excess risk of f_c: strong features, n + N true labels
    "w2s_inherited",  # ‖student fitted to the part of f_w - f* inside F_s‖²
    "w2s_reduced",  # ‖student fitted to the part of f_w - f* outside F_s‖²
    "w2s_in_sample",  # mean of (f_w2s - f*)² over the N unlabelled inputs themselves
    "weak_inside",  # ‖part of f_w - f* inside F_s‖²
    "weak_outside",  # ‖part of f_w - f* outside F_s‖²
    "misfit",  # E(f_w - f_w2s)² on fresh inputs
)
# Their columns in that order, for the compiled code.
_WEAK, _W2S, _BASELINE, _CEILING, _INHERITED, _REDUCED, _IN_SAMPLE, _INSIDE, _OUTSIDE, _MISFIT = range(10)

# Doubles drawn at a time: 2 MB stays in cache. A trial that needs more is drawn whole.
_BLOCK = 1 << 18
# How far rows may be from orthonormal, or a singular value above 1, before it is an error and not rounding.
_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class World:
    """A weak-to-strong problem on an isotropic Gaussian latent g ~ N(0, I_D).

    strong: A_s, (d_s, D), and weak: A_w, (d_w, D), both with orthonormal rows. target: a, (D,).
    sigma2: variance σ² of the label noise. n labelled and N unlabelled samples.
    The arrays are copied and made read-only. Raises ValueError with one sentence on a bad argument.
    """

    strong: Array
    weak: Array
    target: Array
    sigma2: float
    n: int
    N: int

    def __post_init__(self) -> None:
        strong = _array(self.strong, "strong features A_s", 2)
        weak = _array(self.weak, "weak features A_w", 2)
        target = _array(self.target, "target a", 1)
        dimensions = strong.shape[1], weak.shape[1], target.shape[0]
        if len(set(dimensions)) > 1:
            raise ValueError(f"A_s, A_w and a must share one latent dimension, got {dimensions}.")
        for rows, name in ((strong, "strong features A_s"), (weak, "weak features A_w")):
            if np.max(np.abs(rows @ rows.T - np.eye(len(rows)))) > _TOLERANCE:
                raise ValueError(f"{name} must have orthonormal rows.")
        object.__setattr__(self, "strong", strong)
        object.__setattr__(self, "weak", weak)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "sigma2", _variance(self.sigma2, "sigma2"))
        object.__setattr__(self, "n", _positive_integer(self.n, "n"))
        object.__setattr__(self, "N", _positive_integer(self.N, "N"))

    @property
    def C(self) -> Array:
        """E γ_s γ_wᵀ = A_s A_wᵀ, (d_s, d_w)."""
        return self.strong @ self.weak.T


@dataclass(frozen=True)
class WorldParameters:
    """The numbers of a world that section 1 of the theory names."""

    d_s: int
    d_w: int
    d_sw: float
    rho_s: float
    rho_w: float
    delta2: float
    tau2: float


def world_parameters(world: World) -> WorldParameters:
    """Measure a world by orthogonal projection in L²(P), each number straight from its definition.

    d_sw = ‖C‖_F²; ρ_s = ‖(I-P_s)f*‖², ρ_w = ‖(I-P_w)f*‖², δ² = ‖P_s(I-P_w)f*‖², τ² = ‖(I-P_s)P_w f*‖².
    """
    best_strong = world.strong.T @ (world.strong @ world.target)
    best_weak = world.weak.T @ (world.weak @ world.target)
    return WorldParameters(
        d_s=len(world.strong),
        d_w=len(world.weak),
        d_sw=_square_norm(world.C),
        rho_s=_square_norm(world.target - best_strong),
        rho_w=_square_norm(world.target - best_weak),
        delta2=_square_norm(world.strong.T @ (world.strong @ (world.target - best_weak))),
        tau2=_square_norm(best_weak - world.strong.T @ (world.strong @ best_weak)),
    )


def world_from_overlap(C: ArrayLike, sigma2: float, n: int, N: int) -> World:
    """World with overlap C = E γ_s γ_wᵀ, (d_s, d_w), singular values at most 1, and f* = 0.

    The latent is (γ_s, what γ_s does not see): D = d_s + d_w, A_s = [I 0], A_w = [Cᵀ K^½], K = I - CᵀC.
    Raises ValueError with one sentence on a bad argument.
    """
    strong, weak = _feature_maps(C)
    return World(strong, weak, np.zeros(strong.shape[1]), sigma2, n, N)


def world_from_target(
    C: ArrayLike, theta: ArrayLike, delta: ArrayLike, rest: float, sigma2: float, n: int, N: int
) -> World:
    """World with overlap C and any feasible target f* = γ_wᵀθ + ξ_w, with E γ_s ξ_w = δ.

    theta: θ, (d_w,), the best weak fit. delta: δ, (d_s,), what the strong features see of ξ_w; as ξ_w is
    orthogonal to F_w, δ has to lie in the range of I - CCᵀ. rest: squared norm of the part of f* outside
    F_s + F_w, which gets a latent coordinate of its own when positive. With C these determine the target up
    to a rotation of the latent. Raises ValueError with one sentence on a bad argument.
    """
    strong, weak = _feature_maps(C)
    theta, delta, rest = _array(theta, "theta", 1), _array(delta, "delta", 1), _variance(rest, "rest")
    if (len(delta), len(theta)) != (len(strong), len(weak)):
        raise ValueError(f"theta must have length d_w = {len(weak)}, and delta d_s = {len(strong)}.")
    # The shortest ξ with A_s ξ = δ and A_w ξ = 0; where F_s and F_w share a direction there may be none.
    both = np.vstack([strong, weak])
    wanted = np.concatenate([delta, np.zeros(len(weak))])
    xi = np.linalg.lstsq(both, wanted, rcond=_TOLERANCE)[0]
    if np.max(np.abs(both @ xi - wanted)) > _TOLERANCE * max(np.max(np.abs(theta)), np.max(np.abs(delta))):
        raise ValueError("delta must be orthogonal to the directions in F_s that lie in F_w too.")
    if rest > 0:
        strong, weak = np.pad(strong, ((0, 0), (0, 1))), np.pad(weak, ((0, 0), (0, 1)))
        xi = np.append(xi, math.sqrt(rest))
    return World(strong, weak, weak.T @ theta + xi, sigma2, n, N)


def _feature_maps(C: ArrayLike) -> tuple[Array, Array]:
    """A_s = [I 0], (d_s, d_s + d_w), and A_w = [Cᵀ K^½], (d_w, d_s + d_w), whose overlap is C."""
    overlap = _array(C, "overlap C", 2)
    d_s, d_w = overlap.shape
    _, cosines, directions = np.linalg.svd(overlap, full_matrices=True)
    if cosines[0] > 1 + _TOLERANCE:
        raise ValueError(f"overlap C must have singular values of at most 1, got {cosines[0]}.")
    sines2 = np.ones(d_w)
    sines2[: len(cosines)] -= cosines**2
    # A cosine of 1 comes out of the SVD some 1e-16 off, and the root would turn that into an angle of 1e-8.
    sines2[sines2 < 1e-14] = 0.0
    root = (directions.T * np.sqrt(sines2)) @ directions
    return np.eye(d_s, d_s + d_w), np.hstack([overlap.T, root])


def simulate(
    world: World, rng: np.random.Generator, trials: int, noise_copies: int = 1, models: Models = "all"
) -> Array:
    """Run the procedure on `trials` independent data sets; returns (trials, len(QUANTITIES)).

    Each entry is the average over `noise_copies` label-noise vectors on the same inputs. With models="w2s"
    baseline and ceiling are not fitted: their columns are NaN, so that nobody takes them for measured.

    The normals are taken from `rng` trial by trial in the order of `measure`, so that the result depends on
    nothing but the arguments, and fewer trials give the first rows of more. Memory beside the result: 2 MB,
    or one trial where that is larger. Raises ValueError with one sentence on a bad argument.
    """
    trials = _positive_integer(trials, "trials")
    width = draws_per_trial(world, noise_copies, models)
    block = np.empty((min(trials, max(1, _BLOCK // width)), width))
    out = np.empty((trials, len(QUANTITIES)))
    for start in range(0, trials, len(block)):
        draws = block[: trials - start]
        rng.standard_normal(out=draws)
        out[start : start + len(draws)] = measure(world, draws, noise_copies, models)
    return out


def draws_per_trial(world: World, noise_copies: int = 1, models: Models = "all") -> int:
    """How many standard normals one trial uses, in the order of `measure`."""
    copies = _positive_integer(noise_copies, "noise_copies")
    if models not in ("w2s", "all"):
        raise ValueError(f"models must be 'w2s' or 'all', got {models!r}.")
    noisy = world.n + world.N if models == "all" else world.n
    return (world.n + world.N) * len(world.target) + noisy * copies


def measure(world: World, draws: ArrayLike, noise_copies: int = 1, models: Models = "all") -> Array:
    """Run the procedure on given standard normals, (trials, draws_per_trial); returns as `simulate` does.

    A row of `draws` holds, each in row-major order: the latents (n + N, D), labelled ones first; the label
    noise over σ of the labelled inputs, (n, noise_copies); and with models="all" that of the unlabelled
    inputs, (N, noise_copies), which only the ceiling sees. Raises ValueError with one sentence otherwise.
    """
    width = draws_per_trial(world, noise_copies, models)
    rows = np.ascontiguousarray(draws, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"draws must have shape (trials, {width}), got {rows.shape}.")
    out = np.full((len(rows), len(QUANTITIES)), np.nan)
    sigma, n, N = math.sqrt(world.sigma2), world.n, world.N
    _run(rows, world.strong, world.weak, world.target, sigma, n, N, int(noise_copies), models == "all", out)
    return out


def _square_norm(values: Array) -> float:
    return float(np.sum(values * values))


def _array(values: ArrayLike, name: str, axes: int) -> Array:
    """A finite read-only contiguous copy in double precision."""
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a rectangular array of real numbers.") from None
    if array.ndim != axes or array.size == 0 or not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, not empty and with {axes} axes, got shape {array.shape}.")
    array.setflags(write=False)
    return array


def _variance(value: float, name: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be finite and not negative, got {value}.")
    return float(value)


def _positive_integer(value: int, name: str) -> int:
    try:
        number = int(operator.index(value))
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    return number


# The compiled part. No BLAS, LAPACK, fast-math or threads inside: the order of every sum is fixed, and
# callers run several at once in threads of their own. Dividing by an exact zero gives inf or NaN.
_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _run(
    draws: Array,
    strong: Array,
    weak: Array,
    a: Array,
    sigma: float,
    n: int,
    N: int,
    copies: int,
    everything: bool,
    out: Array,
) -> None:
    """One row of `out` for every row of `draws`: fit the models on that data set and measure them.

    Inputs are rows; functions are columns of latent coefficients, one for each noise vector.
    """
    strong_map, weak_map = strong.T.copy(), weak.T.copy()
    f_star = a.reshape(len(a), 1)
    size = (n + N) * len(a)
    for trial in range(len(draws)):
        row = draws[trial]
        latents = row[:size].reshape(n + N, len(a))
        labelled, unlabelled = latents[:n], latents[n:]
        noise = row[size : size + n * copies].reshape(n, copies)
        labels = _product(labelled, f_star) + sigma * noise

        # The teacher, and its error split into the parts inside and outside F_s.
        f_w = _product(weak_map, _minimum_norm_fit(_product(labelled, weak_map), labels))
        error = f_w - f_star
        inside = _product(strong_map, _product(strong, error))
        outside = error - inside
        out[trial, _WEAK] = _mean_square_norm(error)
        out[trial, _INSIDE] = _mean_square_norm(inside)
        out[trial, _OUTSIDE] = _mean_square_norm(outside)

        # The student: on the teacher's predictions, and on either part of the teacher's error alone.
        pseudo_labels = _product(unlabelled, np.hstack((f_w, inside, outside)))
        fits = _product(strong_map, _minimum_norm_fit(_product(unlabelled, strong_map), pseudo_labels))
        f_w2s = fits[:, :copies]
        out[trial, _W2S] = _mean_square_norm(f_w2s - f_star)
        out[trial, _INHERITED] = _mean_square_norm(fits[:, copies : 2 * copies])
        out[trial, _REDUCED] = _mean_square_norm(fits[:, 2 * copies :])
        out[trial, _IN_SAMPLE] = _mean_square_norm(_product(unlabelled, f_w2s - f_star)) / N
        out[trial, _MISFIT] = _mean_square_norm(f_w - f_w2s)

        if everything:
            gamma_s = _product(latents, strong_map)
            every_noise = row[size:].reshape(n + N, copies)
            every_label = _product(latents, f_star) + sigma * every_noise
            f_s = _product(strong_map, _minimum_norm_fit(gamma_s[:n], labels))
            f_c = _product(strong_map, _minimum_norm_fit(gamma_s, every_label))
            out[trial, _BASELINE] = _mean_square_norm(f_s - f_star)
            out[trial, _CEILING] = _mean_square_norm(f_c - f_star)


@_compiled
def _minimum_norm_fit(features: Array, values: Array) -> Array:
    """Minimum-norm least squares of values (m, q) on full-rank features (m, d); coefficients (d, q).

    Householder QR of the features if m >= d, of their transpose if m < d.
    """
    m, d = features.shape
    q = values.shape[1]
    coefficients = np.zeros((d, q))
    if m >= d:
        factors, rotated = features.copy(), values.copy()
        diagonal, scale = _householder(factors)
        for k in range(d):
            _reflect(factors, k, scale[k], rotated, 0)
        for k in range(d - 1, -1, -1):
            for c in range(q):
                total = rotated[k, c]
                for j in range(k + 1, d):
                    total -= factors[k, j] * coefficients[j, c]
                coefficients[k, c] = total / diagonal[k]
    else:
        factors = features.T.copy()
        diagonal, scale = _householder(factors)
        for k in range(m):
            for c in range(q):
                total = values[k, c]
                for j in range(k):
                    total -= factors[j, k] * coefficients[j, c]
                coefficients[k, c] = total / diagonal[k]
        for k in range(m - 1, -1, -1):
            _reflect(factors, k, scale[k], coefficients, 0)
    return coefficients


@_compiled
def _householder(matrix: Array) -> tuple[Array, Array]:
    """QR in place of (m, d), m >= d; returns the diagonal of R and the scales 2/‖v_k‖² of the reflections.

    Afterwards R lies strictly above the diagonal and the reflection vectors v_k on and below it.
    """
    d = matrix.shape[1]
    diagonal, scale = np.empty(d), np.empty(d)
    for k in range(d):
        norm = math.sqrt(np.sum(matrix[k:, k] ** 2))
        head = matrix[k, k]
        diagonal[k] = -norm if head >= 0 else norm  # the sign that adds to the head: nothing cancels
        matrix[k, k] = head - diagonal[k]
        scale[k] = 1.0 / (norm * (norm + abs(head)))
        _reflect(matrix, k, scale[k], matrix, k + 1)
    return diagonal, scale


@_compiled
def _reflect(factors: Array, k: int, scale: float, values: Array, first: int) -> None:
    """Reflect values (m, q) in place by I - scale·v_k v_kᵀ, from column `first` on."""
    m, q = values.shape
    projections = np.zeros(q)
    for i in range(k, m):
        v = scale * factors[i, k]
        for c in range(first, q):
            projections[c] += v * values[i, c]
    for i in range(k, m):
        v = factors[i, k]
        for c in range(first, q):
            values[i, c] -= v * projections[c]


@_compiled
def _product(left: Array, right: Array) -> Array:
    """Matrix product, innermost over the columns of the result: vectorised, with its sums in order."""
    out = np.zeros((left.shape[0], right.shape[1]))
    for i in range(left.shape[0]):
        for k in range(left.shape[1]):
            x = left[i, k]
            for c in range(right.shape[1]):
                out[i, c] += x * right[k, c]
    return out


@_compiled
def _mean_square_norm(columns: Array) -> float:
    """Squared norm of a column of (m, q), averaged over the columns."""
    return float(np.sum(columns * columns) / columns.shape[1])
