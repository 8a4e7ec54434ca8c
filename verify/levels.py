"""How fine a run looks: resolutions and budgets, in draws, never in seconds."""

from dataclasses import dataclass

FALSE_ALARMS = 1e-6  # of a whole run, over all its statistical checks whose moment bound is proved
LARGE = 1000


@dataclass(frozen=True)
class Level:
    """Resolutions (detectable discrepancies) of a run, and the draws it may spend on one point.

    `fine` is for expressions with all but one random matrix integrated out, `law` for distances between
    distribution functions, `rate` for the order of a limit. Within four of a boundary, where tails are heavy,
    `near` times the resolution is asked. Points with a size of `LARGE` or more check scaling only, to
    `scaling`: errors hide under concentration there, and small points carry the power. The naive procedure is
    run at the first `pipeline` points of a claim.
    """

    name: str
    coarse: float
    fine: float
    law: float
    rate: float
    draws: int
    near: float = 2.5
    scaling: float = 0.2
    pipeline: int = 100


LEVELS = {
    level.name: level
    for level in (
        Level("quick", coarse=2e-2, fine=2e-2, law=5e-2, rate=0.5, draws=4_000_000, pipeline=2),
        Level("standard", coarse=1e-2, fine=1e-3, law=1e-2, rate=0.25, draws=600_000_000),
        Level("deep", coarse=1e-3, fine=1e-4, law=2e-3, rate=0.1, draws=4_000_000_000),
    )
}
