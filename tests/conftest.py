"""Settings that every test shares."""

from hypothesis import settings

# derandomize: the suite is a function of the source, so what fails once fails again.
# deadline: the first call of a Numba function compiles it, which takes longer than any deadline worth having.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.load_profile("gate")
