"""Write the sources of the book: a page for each claim, if its certificate is current and passed."""

import argparse
import hashlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from book import mathjax
from book.chapters import chapters
from book.claim_page import page
from book.notebook import notebook
from book.overview import INDEX, contents, index
from book.sources import Sources, gather, told
from verify import digests
from verify.commands._claims import CERTIFICATES

HERE = Path(__file__).parent
GENERATED, VENDOR = HERE / "_generated", HERE / "_vendor"
STAMP = GENERATED / ".made-from"
COPIED = ("_static", "assets")
REFUSED = 3


def pages(sources: Sources) -> dict[str, str]:
    """Every page and other text by its path: the claims, the chapters, the table of contents."""
    found = {f"claims/{id}.md": page(sources, id) for id in sources.claims}
    found |= {f"notebooks/{id}.ipynb": notebook(claim) for id, claim in sources.claims.items()}
    return {**found, **chapters(sources), f"{INDEX}.md": index(sources), "_toc.yml": contents(sources)}


def write(sources: Sources, to: Path, offline: bool) -> None:
    """Write all that Jupyter Book reads; it reads again only what has changed."""
    texts = pages(sources)
    copied = [p for name in COPIED for p in (HERE / name).rglob("*") if p.is_file()]
    texts |= {p.relative_to(HERE).as_posix(): p.read_text("utf-8") for p in copied}
    texts["_config.yml"] = (HERE / "_config.yml").read_text("utf-8") + (mathjax.SETTINGS if offline else "")
    for id in sources.certificates:
        texts[f"certificates/{id}.json"] = (sources.folder / f"{id}.json").read_text("utf-8")
    _remove_others(to, texts)
    for name, text in texts.items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def _remove_others(to: Path, texts: Mapping[str, str]) -> None:
    """Remove pages and certificates of earlier builds that are no more."""
    for folder in ("claims", "certificates", "notebooks"):
        for path in (to / folder).glob("*"):
            if f"{folder}/{path.name}" not in texts:
                path.unlink()


def stamp(folder: Path, draft: bool) -> str:
    """A digest of everything that the pages are made of: code, environment, certificates, other sources."""
    made = {GENERATED.name, VENDOR.name, "_build", "__pycache__"}
    own = [p for p in sorted(HERE.rglob("*")) if p.is_file() and not made & {*p.parts}]
    quoted = [HERE.parent / name for name in ("CHANGELOG.md", "CITATION.cff", "pyproject.toml")]
    files = [*own, *quoted, *sorted(folder.glob("*.json"))]
    contents = [(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files]
    return digests.digest(digests.code_digest(), digests.environment_digest(), draft, *contents)


def main(argv: Sequence[str] | None = None) -> int:
    """Generate; 3 where a certificate is missing, stale or not passed, 1 where a derivation fails."""
    parser = argparse.ArgumentParser(prog="python -m book.generate", description=__doc__)
    parser.add_argument(
        "--draft", action="store_true", help="print claims without a current certificate in grey"
    )
    parser.add_argument("--certificates", type=Path, default=CERTIFICATES, metavar="DIR")
    options = parser.parse_args(argv)
    made_from = stamp(options.certificates, options.draft)
    if mathjax.present(VENDOR) and STAMP.is_file() and STAMP.read_text("utf-8") == made_from:
        print(f"book: nothing has changed since the pages in {GENERATED} were written")
        return 0
    try:
        sources = gather(options.certificates)
    except ValueError as why:  # a derivation fails, and the message names the claim
        print(f"book: {why}", file=sys.stderr)
        return 1
    if sources.refusals and not options.draft:
        print(told(sources.refusals), file=sys.stderr)
        return REFUSED
    offline = mathjax.vendored(VENDOR)
    STAMP.unlink(missing_ok=True)
    write(sources, GENERATED, offline)
    if offline:
        shutil.copytree(VENDOR, GENERATED / "assets" / "vendor", dirs_exist_ok=True)
    STAMP.write_text(made_from, "utf-8")
    print(f"book: {len(sources.claims)} claims, {len(sources.certificates)} certified, in {GENERATED}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
