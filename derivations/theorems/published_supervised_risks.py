"""The published risks of the three supervised models."""

from dataclasses import replace

from derivations.claims import Formula, Order, Part, Published, claim
from derivations.core.consequences import value
from derivations.notation import W2S, N, d_s, d_w, n, rho_s, rho_w, sigma2
from derivations.points import point
from derivations.theorems._misspecified import SETTING
from derivations.theorems._published import CODE, PAPER
from derivations.theorems._recovery import ANY, BASELINE, CEILING, EXPRESSED, POINTS, WEAK, M, labelled

FORMS = (
    ("teacher", WEAK, sigma2 * d_w / n + rho_w, replace(ANY, nonnegative=())),
    ("baseline", BASELINE, sigma2 * d_s / n + rho_s, ANY.where(labelled)),
    ("ceiling", CEILING, sigma2 * d_s / (n + N) + rho_s, ANY.where(M)),
)


@claim(
    id="published-supervised-risks",
    title="The published risks of teacher, baseline and ceiling",
    kind="inequality",
    source="the authors' published code; comparison derived here",
    statement=r"\rho+(\sigma^2+\rho)\frac{d}{m-d-1}>\rho+\sigma^2\frac dm",
    points=POINTS,
    published=tuple(
        Published(
            form,
            exact,
            region,
            PAPER,
            point((), n=24, N=14, d_s=6, d_w=6, sigma2="1", rho_w="1", rho_s="1"),
            f"leading order in the number of samples ({name})",
            CODE,
        )
        for name, exact, form, region in FORMS
    ),
)
def published_supervised_risks() -> tuple[Part, ...]:
    r"""The published forms are leading orders in the number $m$ of labels, and below the exact values.

    Two things are left out: $m$ for $m-d-1$, and that what the features cannot express acts as noise of
    variance $\rho$ besides label noise. At $m=2d$ the exact variance is $\frac{2d}{d-1}$ times the published
    one.
    """
    orders = (
        Order(exact, form, region, SETTING, label=f"the {name}'s risk") for name, exact, form, region in FORMS
    )
    ratio = value("teacher-variance", (n, 2 * d_w)) / (sigma2 / 2)
    return (
        *orders,
        Formula(
            ratio,
            2 * d_w / (d_w - 1),
            EXPRESSED.where(d_w - 1),
            W2S,
            label="the ratio of variances at n = 2d",
        ),
    )
