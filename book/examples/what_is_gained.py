"""A claim of one's own, as the tutorial of the book has it.

w2s verify --claims book/examples/what_is_gained.py what-is-gained
"""

from derivations.claims import Formula, Part, claim
from derivations.core.consequences import value
from derivations.notation import W2S, sigma2
from derivations.points import W2S_POINTS
from derivations.theorems._recovery import EXPRESSED, kappa, u, x


@claim(
    id="what-is-gained",
    title="What the student gains over its teacher",
    kind="equality",
    source="the tutorial of this book",
    statement=r"\operatorname{Var}(f_w)-\operatorname{Var}(f_{w2s})=\sigma^2\,\frac{(1-\kappa)(d_w-d_{sw})}{n-d_w-1}",
    points=W2S_POINTS[:4],
)
def what_is_gained() -> tuple[Part, ...]:
    r"""Only what lies in $V_w\setminus V_s$ is gained, and of it the part $1-\kappa$."""
    gain = value("teacher-variance") - value("w2s-variance")
    return (Formula(gain, sigma2 * (1 - kappa) * u / x, EXPRESSED, W2S),)
