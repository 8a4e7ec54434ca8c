"""The one way in which a source of features fails."""


class Unavailable(RuntimeError):
    """Data, weights or a package are not to be had; one sentence says which and why."""
