"""The documents say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboards.cli.main import app
from ingest.store.connect import Database

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _documented(view: str) -> set[str]:
    section = re.search(rf"^## `{view}`.*?(?=^## )", SCHEMA, re.MULTILINE | re.DOTALL)
    assert section is not None
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section.group(), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "x.duckdb")
    with database.write():
        pass
    return database


@pytest.mark.parametrize(
    "view",
    [
        *("v_mail", "v_payload", "v_report", "v_record", "v_source", "v_record_day", "v_meeting", "v_act", "v_parked"),
        *(
            "v_sum_source",
            "v_sum_reporter",
            "v_seen",
            "v_prune",
            "v_sender",
            "v_sender_act",
            "v_verdict",
            "v_opinion",
            "v_opinion_act",
        ),
    ],
)
def test_the_schema_document_names_every_column_of_the_view(database: Database, view: str) -> None:
    assert _documented(view) == set(database.frame(f"SELECT * FROM {view}").columns)  # noqa: S608


def test_the_sql_examples_of_the_schema_document_run(database: Database) -> None:
    blocks = re.findall(r"```sql\n(.*?)```", SCHEMA, re.DOTALL)
    statements = [part for block in blocks for part in block.split(";") if part.strip()]
    assert len(statements) >= 3
    for statement in statements:
        database.frame(statement)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_command_in_the_readme_exists() -> None:
    names = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^    whosends (\w+)", text, re.MULTILINE)) <= names


def test_every_test_that_the_reliability_document_names_exists() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    names = set(re.findall(r"`(test_\w+)", text))
    assert len(names) > 20
    assert [name for name in sorted(names) if f"def {name}(" not in sources and f"{name}.py" not in text] == []
    for path in re.findall(r"`(tests/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path
