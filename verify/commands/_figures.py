"""Figures as files: an .svg, or a .png where it can be rendered."""

from pathlib import Path

from verify.certificate import write_bytes
from verify.charts.png import NoRenderer, renderer, to_png
from verify.commands import Stop

FORMATS = (".svg", ".png")


def drawable(option: str, to: Path | None) -> None:
    """Refuse a file that cannot be drawn to, before anything is worked out. Raises Stop."""
    form = None if to is None else to.suffix.lower()
    if form not in (None, *FORMATS):
        raise Stop(f"--{option} {to} must end in {' or '.join(FORMATS)}")
    if form == ".png":
        try:
            renderer()
        except NoRenderer as why:
            raise Stop(f"--{option} {to}: {why}") from None


def draw(option: str, to: Path, svg: str) -> None:
    """Write a drawing to a file, as its suffix says. Raises Stop where that fails."""
    try:
        write_bytes(to, to_png(svg) if to.suffix.lower() == ".png" else svg.encode("utf-8"))
    except NoRenderer as why:
        raise Stop(f"--{option} {to}: {why}") from None
    except OSError as why:
        raise Stop(f"cannot write {to}: {why.strerror or why}") from None
