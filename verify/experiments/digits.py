"""scikit-learn's 1,797 digits of 8 × 8 pixels: small, and installed with the extra `experiments`.

Pixels against random features of them, either way round; the label is whether the digit is odd.
"""

import numpy as np

from verify.experiments.pairs import Labels, Pair, components
from verify.features.tables import Floats
from verify.streams import generator

SOURCE = "digits of scikit-learn (from the UCI repository, CC BY 4.0)"
N_LABELLED = (12, 16, 32, 64, 128)  # 1.5 to 16 times d_w
N_UNLABELLED = (24, 32, 64, 128, 256)  # 1.5 to 16 times d_s
WEAK, STRONG, WIDTH = 8, 16, 256


def pairs(seed: int) -> list[Pair]:
    """Both pairs; the seed is that of the random features. Raises ModuleNotFoundError without scikit-learn."""
    from sklearn.datasets import load_digits

    images, digit = load_digits(return_X_y=True)
    pixels = np.asarray(images, dtype=np.float64)
    wide = random_features(pixels, WIDTH, seed)
    odd = np.where(digit % 2 == 1, 1.0, -1.0)
    labels = (Labels("odd or even", odd[:, None], odd, floor=0.0, sigma2=0.0, added=(0.0, 1.0)),)
    about = f"leading components; {SOURCE}"

    def pair(name: str, weak: Floats, strong: Floats) -> Pair:
        parts = components(weak, WEAK), components(strong, STRONG)
        return Pair(name, about, *parts, labels, N_LABELLED, N_UNLABELLED)

    return [pair("pixels-random", pixels, wide), pair("random-pixels", wide, pixels)]


def random_features(x: Floats, width: int, seed: int) -> Floats:
    """max(0, xᵀw) of unit-scale inputs with Gaussian w: (m, width)."""
    weights = generator(seed, "experiment", "digits", "features").standard_normal((x.shape[1], width))
    return np.asarray(np.maximum((x - x.mean(axis=0)) / x.std() @ weights, 0.0))
