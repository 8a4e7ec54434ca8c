"""Files out of a Debian package, without Debian: an `ar` archive with a compressed `tar` in it."""

import io
import tarfile
from pathlib import Path

from verify.experiments.unavailable import Unavailable

_MAGIC, _HEAD = b"!<arch>\n", 60


def files(package: Path, names: list[str]) -> dict[str, bytes]:
    """The named files, paths as in the package without the leading slash. Raises Unavailable, OSError."""
    try:
        with tarfile.open(fileobj=io.BytesIO(_data(package.read_bytes())), mode="r:*") as archive:
            held = {m.name.removeprefix("./"): m for m in archive.getmembers() if m.isfile()}
            out = {n: archive.extractfile(held[n]) for n in names}
            return {n: file.read() for n, file in out.items() if file is not None}
    except (tarfile.TarError, KeyError, ValueError) as why:
        raise Unavailable(f"{package.name} does not hold {', '.join(names)}: {why}") from None


def _data(content: bytes) -> bytes:
    """The member data.tar.* of the ar archive: heads of 60 bytes, each with the size of what follows."""
    if not content.startswith(_MAGIC):
        raise ValueError("it is no Debian package")
    place = len(_MAGIC)
    while place + _HEAD <= len(content):
        head = content[place : place + _HEAD]
        size = int(head[48:58])
        if head[:16].strip().startswith(b"data.tar"):
            return content[place + _HEAD : place + _HEAD + size]
        place += _HEAD + size + size % 2
    raise ValueError("it has no data")
