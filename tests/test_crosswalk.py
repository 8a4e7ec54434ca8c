"""From the paper's statements to claims: no dangling name, no verdict that a certificate does not have."""

import json
from pathlib import Path

import pytest

from derivations.claims import claims
from derivations.crosswalk import FINDINGS, SOURCES, Statement, crosswalk
from verify.certificate import PASSED, SCHEMA
from verify.commands import run


@pytest.mark.parametrize("statement", crosswalk(), ids=lambda s: s.says)
def test_a_statement_is_settled_by_claims_or_says_why_by_none(statement: Statement) -> None:
    assert statement.source in SOURCES
    assert statement.finding in FINDINGS
    assert set(statement.settled_by) <= claims().keys()
    assert bool(statement.settled_by) == (statement.finding not in ("assumed", "measured"))
    assert "wrong" not in statement.how


def test_every_claim_about_what_is_published_settles_something() -> None:
    settled = {id for s in crosswalk() for id in s.settled_by}
    assert {id for id in claims() if id.startswith("published-")} <= settled


def test_a_verdict_is_that_of_every_claim_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    statement = next(s for s in crosswalk() if len(s.settled_by) == 3)
    for id in statement.settled_by[:2]:
        (tmp_path / f"{id}.json").write_text(json.dumps({"schema": SCHEMA, "id": id, "verdict": PASSED}))

    def verdicts() -> list[str | None]:
        assert run(["list", "--crosswalk", "--json", "--out", str(tmp_path)]) == 0
        rows = json.loads(capsys.readouterr().out)
        return [row["verdict"] for row in rows if row["says"] == statement.says]

    assert verdicts() == [None]
    last = statement.settled_by[2]
    (tmp_path / f"{last}.json").write_text(json.dumps({"schema": SCHEMA, "id": last, "verdict": "refuted"}))
    assert verdicts() == ["refuted"]
    assert run(["list", "--crosswalk", "--out", str(tmp_path)]) == 0
    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())
    assert run(["list", "--crosswalk", "--as-published"]) == 2
