"""One thread for linear algebra while samplers run: they run several at once themselves.

A sum that BLAS splits among threads may also be rounded another way, and results must not depend on how many
processors there are. NumPy and SciPy have no call for this; the OpenBLAS that each brings along has, and is
asked directly. Where they were built with another library nothing is done: that library's own environment
variable sets its threads.
"""

import ctypes
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_LINKED = ("numpy._core._multiarray_umath", "scipy.linalg._flapack")
_NAMES = (
    "scipy_openblas_{}_num_threads64_",
    "scipy_openblas_{}_num_threads",
    "openblas_{}_num_threads64_",
    "openblas_{}_num_threads",
)
_lock = threading.Lock()
_inside = 0
_before: list[int] = []


@cache
def _calls() -> tuple[tuple[Any, Any], ...]:
    """The functions that say and set the number of threads, of each library that has them."""
    found = []
    for module in _LINKED:
        try:  # symbols are looked up in what a module is linked to, too
            library = ctypes.CDLL(str(importlib.import_module(module).__file__))
        except (ImportError, OSError):
            continue
        for name in _NAMES:
            if hasattr(library, name.format("set")):
                found.append((getattr(library, name.format("get")), getattr(library, name.format("set"))))
                break
    return tuple(found)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within, BLAS uses the thread that calls it and no other. May be entered by several threads."""
    global _inside
    with _lock:
        if _inside == 0:
            _before[:] = [get() for get, _ in _calls()]
            for _, put in _calls():
                put(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                for (_, put), threads in zip(_calls(), _before, strict=True):
                    put(threads)
