"""How we know: claims checked by replay, exact arithmetic, sampling and the naive procedure.

`verify.run(["w2s-variance"])` returns a report with the certificates of the claims named.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """`verify.run`, imported on first use: the command line must start without SymPy and Numba."""
    if name == "run":
        from verify.runner import run

        return run
    raise AttributeError(f"module 'verify' has no attribute {name!r}")
