"""Keyed random streams: the same key gives the same numbers, wherever and whenever they are drawn.

A stream is named by a seed and a key such as (claim id, point label, chunk index, role), so that chunks are
counted, not continued: nothing is carried from one to the next, and the numbers depend on names alone, not
on the number of threads, not on the order in which chunks are done, not on where a run was interrupted.

The generators are counter-based, keyed by a 128-bit digest of the name: Philox4x32-10 for normals (see
`verify.normals`), which simulations spend half of their time on, and NumPy's Philox4x64-10 for all else.
Two names share numbers only if their digests collide: among 2^32 streams with a probability below 2^-65.

Sources: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011); BLAKE2, RFC
7693.
"""

from hashlib import blake2b
from typing import Any

import numpy as np

from verify import normals
from verify.normals import Floats

_DIGEST_BYTES = 16


class Stream(np.random.Generator):
    """A NumPy generator whose standard normals are numbered: number p depends on the name and on p alone.

    How many are asked for at a time does not matter. Other laws are NumPy's, from the same name.
    """

    def __init__(self, name: bytes) -> None:
        super().__init__(np.random.Philox(key=int.from_bytes(name, "little")))
        self._name = np.frombuffer(name, "<u4").astype(np.uint64)
        self._next = 0

    def standard_normal(  # type: ignore[override]  # double precision, and always an array
        self, size: int | tuple[int, ...] = (), *, out: Floats | None = None
    ) -> Floats:
        """The next numbers, in an array of the given size or in `out`, which must be contiguous."""
        values: Any = np.empty(size) if out is None else out
        if not values.flags.c_contiguous or values.dtype != np.float64:
            raise ValueError("normals are written to contiguous arrays of doubles")
        normals.fill(values.reshape(-1), self._next, self._name)
        self._next += values.size
        return values  # type: ignore[no-any-return]  # an array by the line that made it


def generator(seed: int, *key: str | int) -> Stream:
    """The stream called (seed, key...).

    Parts are told apart by type, length and place: 1 is not "1", and ("ab", "c") is not ("a", "bc"). Raises
    TypeError for a part that is neither a text nor an integer (a truth value is neither).
    """
    name = blake2b(digest_size=_DIGEST_BYTES)
    for part in (seed, *key):
        if type(part) not in (int, str):
            raise TypeError(f"a stream is named by texts and integers, not by {part!r}")
        text = str(part).encode()
        name.update(f"{type(part).__name__}:{len(text)}:".encode() + text)
    return Stream(name.digest())
