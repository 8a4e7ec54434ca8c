"""The options that say what a problem is, shared by `predict` and `plan`, and their exact values."""

import functools
import re
from fractions import Fraction
from typing import Annotated

import sympy as sp
import typer

from derivations.claims import Book
from verify.commands import Stop
from verify.commands._claims import book, derived
from verify.predictions import CLAIMS
from verify.targets import Inputs

WIDTH = 80
LARGEST = 10**30
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?|[+-]?\d{1,40}/\d{1,40}")


def _integer(help: str) -> object:
    return typer.Option(help=help, metavar="INT")


def _rational(help: str) -> object:
    return typer.Option(help=help, metavar="REAL")


DimensionWeak = Annotated[str, _integer("Dimension of the weak features.")]
DimensionStrong = Annotated[str, _integer("Dimension of the strong features.")]
CorrelationDimension = Annotated[str, _rational("Correlation dimension, between 0 and both of these.")]
LabelNoise = Annotated[str, _rational("Variance of the label noise.")]
BeyondWeak = Annotated[str, _rational("What the weak features cannot express of the target.")]
BeyondStrong = Annotated[str, _rational("What the strong features cannot express of it.")]
OnlyStrong = Annotated[str | None, _rational("What only the strong features can: ‖P_s(I−P_w)f*‖².")]
OnlyWeak = Annotated[str | None, _rational("What only the weak features can: ‖(I−P_s)P_w f*‖².")]


def inputs(
    d_w: str,
    d_s: str,
    d_sw: str,
    sigma2: str,
    rho_w: str,
    rho_s: str,
    delta2: str | None,
    tau2: str | None,
    *,
    n: int,
    N: int,
) -> Inputs:
    """The problem that the options describe. Raises Stop for a text that is no number, Infeasible."""
    return Inputs(
        d_w=whole("d_w", d_w),
        d_s=whole("d_s", d_s),
        d_sw=real("d_sw", d_sw),
        n=n,
        N=N,
        sigma2=real("sigma2", sigma2),
        rho_w=real("rho_w", rho_w),
        rho_s=real("rho_s", rho_s),
        delta2=None if delta2 is None else real("delta2", delta2),
        tau2=None if tau2 is None else real("tau2", tau2),
    )


@functools.cache
def _book() -> Book:
    """The claims, each derived once in this process."""
    return book(CLAIMS)


def conclusion(claim: str) -> sp.Expr:
    """What the derivation of a claim concludes."""
    derived(_book(), claim)
    return _book().theorem(claim).conclusion


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def real(name: str, text: str) -> Fraction:
    """An exact number from the command line: a decimal or a fraction, never evaluated as code."""
    if _NUMBER.fullmatch(text.strip()) is None or re.search("/0+$", text.strip()):
        raise Stop(f"{_option(name)} must be a number such as 3, 2.5 or 1/3, not {text!r}")
    value = Fraction(text.strip())
    if abs(value) > LARGEST:
        raise Stop(f"{_option(name)} is too large: {text}")
    return value


def whole(name: str, text: str) -> int:
    """A positive integer from the command line."""
    value = real(name, text)
    if value.denominator != 1 or value < 1:
        raise Stop(f"{_option(name)} must be a positive integer, not {text!r}")
    return int(value)
