"""The tutorial's claim, and what the program says of it and of a false one; run when the book is made."""

import subprocess
import sys
import tempfile
from pathlib import Path

from book.sources import Sources

ROOT = Path(__file__).parent.parent
EXAMPLE = "book/examples/what_is_gained.py"
FALSE = ("too-optimistic", "tests/examples/too_optimistic.py")


def source(sources: Sources) -> str:
    """The file of the claim."""
    del sources
    return f"```python\n{(ROOT / EXAMPLE).read_text('utf-8').strip()}\n```"


def checked(sources: Sources) -> str:
    """What `w2s verify` says of it. Raises ValueError unless it passes."""
    del sources
    return _session("what-is-gained", EXAMPLE, 0)


def refuted(sources: Sources) -> str:
    """What `w2s verify` says of a claim that is false. Raises ValueError unless it refutes it."""
    del sources
    return _session(*FALSE, 1)


def _session(id: str, place: str, expected: int) -> str:
    """A command with what it prints, but for its seconds."""
    arguments = ["verify", "--claims", place, id]
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, "-m", "verify", *arguments, "--out", folder]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != expected:
        raise ValueError(
            f"w2s {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}"
        )
    said = "\n".join(
        line.replace(f"{folder}/", "certificates/").rstrip() for line in done.stdout.splitlines()
    )
    return f"```text\n$ w2s {' '.join(arguments)}\n{said}\n```"
