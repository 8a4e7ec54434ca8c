"""One thread for NumPy's linear algebra while samplers run: they run several at once themselves.

A sum that BLAS splits among threads may also be rounded another way, and results must not depend on how many
processors there are. NumPy has no call for this; its OpenBLAS has, and is asked directly. Where NumPy was
built with another library nothing is done: that library's own environment variable sets its threads.
"""

import ctypes
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")
_lock = threading.Lock()
_inside = 0
_before = 1


@cache
def _calls() -> tuple[Any, Any] | None:
    """OpenBLAS's functions that say and set the number of threads, or None."""
    compiled = importlib.import_module("numpy._core._multiarray_umath")
    try:
        library = ctypes.CDLL(str(compiled.__file__))  # symbols are looked up in what it is linked to, too
    except OSError:
        return None
    for name in _NAMES:
        if hasattr(library, name.format("set")):
            return getattr(library, name.format("get")), getattr(library, name.format("set"))
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Within, BLAS uses the thread that calls it and no other. May be entered by several threads."""
    global _inside, _before
    calls = _calls()
    if calls is None:
        yield
        return
    get, put = calls
    with _lock:
        if _inside == 0:
            _before = get()
            put(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                put(_before)
