"""scikit-learn's 1,797 digits of 8 × 8 pixels: small, and installed with the extra `experiments`.

Upper halves against random features of whole images, and random features against pixels; the label is whether
the digit is odd.
"""

import numpy as np

from verify.experiments import Place
from verify.experiments.pairs import Labels, Pair, components
from verify.experiments.unavailable import Unavailable
from verify.features.tables import Floats
from verify.streams import generator

SOURCE = "digits of scikit-learn (UCI repository, CC BY 4.0)"
N_LABELLED = (12, 16, 32, 64, 128)  # 1.5 to 16 times d_w
N_UNLABELLED = (24, 32, 64, 128, 256)  # 1.5 to 16 times d_s
WEAK, STRONG, WIDTH = 8, 16, 256


def pairs(seed: int, place: Place) -> list[Pair]:
    """Both pairs; the seed is that of the random features. Raises Unavailable without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise Unavailable("digits needs scikit-learn (pip install 'w2s-theory[experiments]')") from None
    images, digit = load_digits(return_X_y=True)
    pixels = np.asarray(images, dtype=np.float64)
    wide = random_features(pixels, WIDTH, seed)
    odd = np.where(digit % 2 == 1, 1.0, -1.0)
    labels = (Labels("odd or even", odd[:, None], odd, floor=0.0, sigma2=0.0, added=(0.0, 1.0)),)

    def pair(name: str, about: str, weak: Floats, strong: Floats) -> Pair:
        parts = components(weak, WEAK), components(strong, STRONG)
        return Pair(name, f"{about}; {SOURCE}", *parts, labels, N_LABELLED, N_UNLABELLED)

    return [
        pair("half-random", "upper half of the pixels → random features", pixels[:, :32], wide),
        pair("random-pixels", "random features → pixels", wide, pixels),
    ]


def random_features(x: Floats, width: int, seed: int) -> Floats:
    """max(0, xᵀw) of centred inputs at one scale, with Gaussian w: (m, width)."""
    weights = generator(seed, "experiment", "digits", "features").standard_normal((x.shape[1], width))
    return np.asarray(np.maximum((x - x.mean(axis=0)) / x.std() @ weights, 0.0))
