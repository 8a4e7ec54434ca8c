"""What the published forms are made of, and the sizes at which they are compared with exact values."""

from derivations.notation import N, d_s, d_sw, d_w, n
from derivations.points import point
from derivations.theorems._recovery import u

CODE, ABSTRACT = "the authors' published code", "the paper's abstract"
coded = d_sw + u * d_s / N  # d(N), which stands where the exact form has d_sw + κ(d_w - d_sw)

# The synthetic experiment at its smallest N, with the features' offset of 90; ρ_s and ρ_w are its own.
PAPER = point(
    n=2000, N=400, d_s=100, d_w=200, d_sw=10, sigma2="1/100", rho_w="64/250000", rho_s="137/2500000"
)
PLAIN = point(n=2000, N=400, d_s=100, d_w=200, d_sw=10, sigma2="1/100")

__all__ = ["ABSTRACT", "CODE", "PAPER", "PLAIN", "coded", "d_s", "d_w", "n"]
