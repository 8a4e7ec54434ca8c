"""A notebook of a claim, to download and run: its statement, its derivation, its checks."""

import json

from derivations.claims import Claim


def notebook(claim: Claim) -> str:
    """The notebook as JSON. It needs w2s-theory installed, and nothing else."""
    cells = [
        _markdown(f"# {claim.title}\n\n$${claim.statement}$$\n\nFrom *{_plain(claim.source)}*."),
        _code(f'import derivations\n\ntheorem = derivations.derive("{claim.id}")\ntheorem.conclusion'),
        _markdown("What it cites, read off its derivation:"),
        _code("theorem.depends"),
        _markdown("Checked through every channel; another seed draws other numbers."),
        _code(
            f'import verify\n\nreport = verify.run(["{claim.id}"], seed=1)\n'
            f'found = report["{claim.id}"]\nfound.verdict, found.trust, len(found.checks)'
        ),
    ]
    named = [{"id": f"cell-{i}", **cell} for i, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": named, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _plain(text: str) -> str:
    return text.replace("*", r"\*").replace("_", r"\_")


def _markdown(text: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str) -> dict[str, object]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": text}
