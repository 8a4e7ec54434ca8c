"""Extracted features kept as float16 principal components, so that no network is needed for them again."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from verify.certificate import write_bytes
from verify.experiments import Place
from verify.experiments.pairs import components
from verify.experiments.unavailable import Unavailable
from verify.features.tables import Floats

Arrays = Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]


def halved(features: Floats, k: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    """The leading k components in units of their overall spread, in half precision: (m, k)."""
    scores = components(features, k)
    return np.asarray(scores / scores.std(), dtype=np.float16)


def kept(name: str, place: Place, extract: Callable[[Place], Arrays]) -> Arrays:
    """The arrays of a source: from the cache, or extracted and then kept. Raises Unavailable, OSError."""
    path = place.cache / f"{name}.npz"
    old = _read(path)
    if old is not None and not place.extract:
        return old
    new = extract(place)
    if old is not None:
        for key, change in changes(old, new).items():
            place.say(f"{name}: {key} differs from the cache by at most {change:.3g} of its spread")
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, **new)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, out.getvalue())
    return new


def changes(old: Arrays, new: Arrays) -> dict[str, float]:
    """By how much each array changed at most, in units of its standard deviation."""
    out = dict[str, float]()
    for key, x in new.items():
        a, b = np.asarray(x, dtype=np.float64), np.asarray(old.get(key, np.empty(0)), dtype=np.float64)
        spread = a.std() or 1.0  # one number has none
        out[key] = float(np.abs(a - b).max() / spread) if a.shape == b.shape else float("inf")
    return out


def _read(path: Path) -> Arrays | None:
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, BadZipFile, EOFError) as why:
        raise Unavailable(f"{path} is no archive of arrays ({why}); remove it to extract anew") from None
