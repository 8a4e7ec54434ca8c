"""E 1/χ²_k."""

from sympy import MatrixSymbol, oo

from derivations.claims import Equal, Part, claim
from derivations.core.analysis import Integrate
from derivations.core.language import E, GramInverse, tr
from derivations.core.laws import Setting, standard
from derivations.notation import k
from derivations.points import point

x = MatrixSymbol("x", k, 1)


def infinite(freedom: int) -> Equal:
    """The same mean with too few degrees of freedom."""
    v = MatrixSymbol("x", freedom, 1)
    return Equal(
        E(tr(GramInverse(v))),
        oo,
        Setting((standard(v),), extended=True),
        lambda p: p.by(Integrate(v)),
        label=f"infinite at k = {freedom}",
    )


@claim(
    id="chi-square-inverse",
    title="The mean of an inverse chi-square",
    kind="equality",
    source="this project",
    statement=r"\mathbb{E}\,\frac1{\chi^2_k}=\frac1{k-2}\quad(k>2),\qquad \infty\quad(k\le 2)",
    points=[point(k=k) for k in (5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 60, 200)],
)
def chi_square_inverse() -> tuple[Part, ...]:
    r"""With $x$ a standard normal vector of $k$ entries, $\chi^2_k=x^\top x$.

    SymPy integrates $1/t$ against the density of $\chi^2_k$ and returns the value together with the
    condition $k>2$, which becomes the hypothesis; for one and for two degrees of freedom the same integral
    is infinite.
    """
    return (
        Equal(
            E(tr(GramInverse(x))),
            1 / (k - 2),
            Setting((standard(x),), (k - 2,)),
            lambda p: p.by(Integrate(x), "1/t against the density of χ²_k"),
        ),
        infinite(2),
        infinite(1),
    )
