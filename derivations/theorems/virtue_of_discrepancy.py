"""When discrepancy is a virtue, and when a vice."""

import sympy as sp

from derivations.claims import Part, Threshold, claim
from derivations.core.consequences import value
from derivations.notation import W2S, N, d_s, d_sw
from derivations.theorems._recovery import EXPRESSED, POINTS, STUDENT_VARIANCE, u

h = sp.Symbol("h", positive=True)  # by how much smaller d_sw is, and the discrepancy larger
MORE = value("w2s-variance", (d_sw, d_sw - h))
OUTSIDE = value("w2s-variance-reduced", part=1)


@claim(
    id="virtue-of-discrepancy",
    title="When discrepancy is a virtue",
    kind="threshold",
    source="the paper's abstract; exact region derived here",
    statement=r"\operatorname{Var}(f_{w2s})\text{ strictly decreases in }d_w-d_{sw}\text{ at fixed }d_w"
    r"\iff\kappa<1\iff N>2d_s+1",
    points=POINTS,
)
def virtue_of_discrepancy() -> tuple[Part, ...]:
    r"""A direction of the teacher's that the student cannot express costs $\kappa$ of what it did before.

    Moving a part $h$ of $d_{sw}$ out of the shared subspace changes the student's variance by
    $-(1-\kappa)\frac{\sigma^2h}{n-d_w-1}$. With few pseudo-labels, $N<2d_s+1$, the sign is reversed: the
    student fits more noise than the teacher had there, and discrepancy is a vice. The second part is the same
    of the whole discrepancy: what the student has outside $V_s$, against what the teacher has there.
    """
    return (
        Threshold(
            STUDENT_VARIANCE - MORE,
            N - 2 * d_s - 1,
            EXPRESSED.where(nonnegative=(d_sw - h,)),
            W2S,
            label="more discrepancy, less variance",
            given=((h, sp.Rational(1, 4)),),
            variable=N,
        ),
        Threshold(
            OUTSIDE - value("w2s-variance-reduced"),
            N - 2 * d_s - 1,
            EXPRESSED.where(u),
            W2S,
            label="outside V_s, less than the teacher",
            variable=N,
        ),
    )
