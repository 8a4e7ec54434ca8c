"""Settings that every test shares."""

import os

# Before NumPy is imported: on small matrices, threads of BLAS that wait for a busy processor take fifty times
# what the work takes. A caller's own setting stands.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

# derandomize: the suite is a function of the source, so what fails once fails again.
# deadline: the first call of a Numba function compiles it, which takes longer than any deadline worth having.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.load_profile("gate")
