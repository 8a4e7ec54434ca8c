"""The marks that every drawing here is made of, and the measures of its page.

Dash patterns and markers differ, so that a drawing is read without colour.
"""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, LINE, LETTERS = 760, 64, 24, 16, 88  # LETTERS fit on a line, be they digits
INSIDE = WIDTH - LEFT - RIGHT
FONTS = "Helvetica, Arial, Liberation Sans, DejaVu Sans, Noto Sans, sans-serif"


@dataclass(frozen=True)
class Look:
    """How a curve is told from the others: its colour, its dashes, its marker (a path around the origin)."""

    colour: str
    dashes: str
    marker: str
    filled: bool = False


def wrapped(texts: Iterable[str]) -> list[str]:
    """Texts in lines that fit the page."""
    return [line for text in texts for line in textwrap.wrap(text, LETTERS, break_on_hyphens=False)]


def label(x: float, y: float, text: str, more: str = "") -> str:
    """A text at a place; `more` are attributes."""
    return f'<text x="{x:.1f}" y="{y:.1f}"{" " if more else ""}{more}>{escape(text)}</text>'


def path(points: Sequence[tuple[float, float]]) -> str:
    """A line through points, as the attribute d."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def stroke(look: Look) -> str:
    """The attributes of a line."""
    width = 2.2 if look.filled else 1.6
    return f'fill="none" stroke="{look.colour}" stroke-width="{width}" stroke-dasharray="{look.dashes}"'


def marker(look: Look, x: float, y: float) -> str:
    """A marker at a place."""
    fill = look.colour if look.filled else "#fff"
    return (
        f'<path class="marker" d="{look.marker}" transform="translate({x:.1f} {y:.1f})" fill="{fill}" '
        f'stroke="{look.colour}" stroke-width="1.4"/>'
    )
