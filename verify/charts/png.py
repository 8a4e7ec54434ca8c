"""A chart as PNG: its SVG, rendered by resvg, which the extra `png` installs."""

import importlib.util

ZOOM = 2  # pixels a unit


class NoRenderer(RuntimeError):
    """A PNG cannot be made here; one sentence says why."""


def require() -> None:
    """Raise NoRenderer if resvg is not installed."""
    if importlib.util.find_spec("resvg_py") is None:
        raise NoRenderer("a PNG needs resvg: pip install 'w2s-theory[png]', or draw an .svg")


def to_png(svg: str) -> bytes:
    """Render a drawing. Raises NoRenderer where there is no resvg, or no font for it."""
    require()
    import resvg_py

    letter = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">{}</text></svg>'
    if resvg_py.svg_to_bytes(svg_string=letter.format("N")) == resvg_py.svg_to_bytes(
        svg_string=letter.format("")
    ):
        raise NoRenderer("a PNG needs a font, of which this machine has none; draw an .svg")
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM))
