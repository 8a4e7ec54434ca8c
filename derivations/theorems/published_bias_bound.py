"""The published bound of the student's bias."""

from derivations.claims import Equal, Formula, Order, Part, Published, claim
from derivations.core.consequences import value
from derivations.core.language import E, mul, norm2
from derivations.core.rules import Contract, Fold
from derivations.notation import C, fresh_s, fresh_w, rho_s, rho_w, theta, xi
from derivations.points import point
from derivations.theorems._misspecified import SETTING, TARGET, cross, delta2, fitted2, theta2
from derivations.theorems._misspecified import rho_s as left_over
from derivations.theorems._published import CODE, PAPER
from derivations.theorems._recovery import ANY, A, tau2, u, x
from derivations.theorems.w2s_bias import POINTS

BIAS = value("w2s-bias")
HIDDEN = ANY.where(u, rho_w, at=((delta2, rho_w), (rho_s, 0), (tau2, 0)))  # f* in F_s, orthogonal to F_w
ALLOWED = ANY.where(nonnegative=(rho_w - delta2,))


@claim(
    id="published-bias-bound",
    title="The published bound of the bias",
    kind="inequality",
    source="the authors' published code; comparison derived here",
    statement=r"\|f_*-P_sP_wf_*\|^2=\rho_s+\delta^2\le\rho_s+\rho_w,"
    r"\quad\text{but }\operatorname{Bias}(f_{w2s})>\rho_s+\rho_w\text{ is possible}",
    points=POINTS,
    published=(
        Published(
            rho_w + rho_s,
            BIAS,
            ANY,
            PAPER,
            point((), n=9, N=14, d_s=4, d_w=4, rho_w="1", rho_s="0", delta2="1", tau2="0"),
            "of ‖f* − P_sP_wf*‖², the error at infinite samples",
            CODE,
        ),
    ),
)
def published_bias_bound() -> tuple[Part, ...]:
    r"""What infinite samples leave of the error is at most $\rho_w+\rho_s$; finite ones may leave more.

    It is $\rho_s+\delta^2$, and $\delta^2\le\rho_w$ because a projection, here of what the teacher's features
    miss onto the student's, does not lengthen.

    With bias everything in the risk but label noise, the design contributes to it. A target that the student
    can express whole and the teacher not at all has $\rho_s=0$, $\delta^2=\rho_w$ and $\tau=0$, and a bias of
    $\rho_w\bigl(1+\frac{d_{sw}+\kappa(d_w-d_{sw})}{n-d_w-1}\bigr)$.
    """
    best = mul(fresh_s, C, theta)
    return (
        Equal(
            E(norm2(TARGET - best)),
            left_over + delta2,
            SETTING,
            lambda p: (
                p.by(Contract(fresh_s), "E γ_sγ_sᵀ = I, E γ_sγ_wᵀ = C, E γ_sξ = δ")
                .by(Contract(fresh_w), "E γ_wγ_wᵀ = I")
                .by(Contract(xi), "E ξ² = ρ_w")
                .by(Fold(theta2), "‖θ‖²")
                .by(Fold(fitted2), "‖Cθ‖²")
                .by(Fold(cross), "δᵀCθ")
            ),
            label="at infinite samples",
        ),
        Order(
            rho_w + rho_s,
            rho_s + delta2,
            ALLOWED,
            SETTING,
            strict=False,
            label="at most ρ_w + ρ_s there",
        ),
        Formula(BIAS, rho_w * (1 + A / x), HIDDEN, SETTING, label="a target hidden from the teacher"),
        Order(BIAS, rho_w + rho_s, HIDDEN, SETTING, label="more than ρ_w + ρ_s at finite samples"),
    )
