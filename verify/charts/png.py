"""A chart as PNG: its SVG, rendered by resvg, which the extra `png` installs."""

import importlib
from types import ModuleType

from verify.charts.marks import FONTS

ZOOM = 2  # pixels a unit
_LETTER = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" font-family="{FONTS}"><text y="9">{{}}'
    "</text></svg>"
)


class NoRenderer(RuntimeError):
    """A PNG cannot be made here; one sentence says why."""


def renderer() -> ModuleType:
    """The resvg module. Raises NoRenderer where it is not installed, or finds no font to write with."""
    try:
        resvg = importlib.import_module("resvg_py")
    except ImportError:
        raise NoRenderer("a PNG needs resvg (pip install 'w2s-theory[png]'); an .svg needs nothing") from None
    written, blank = (resvg.svg_to_bytes(svg_string=_LETTER.format(x)) for x in ("N", ""))
    if bytes(written) == bytes(blank):
        raise NoRenderer(f"a PNG needs a font on this machine, one of {FONTS}; an .svg needs none")
    return resvg


def to_png(svg: str) -> bytes:
    """Render a drawing. Raises NoRenderer."""
    return bytes(renderer().svg_to_bytes(svg_string=svg, zoom=ZOOM))
