"""docs/exports.md says what the files hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analytics.export_columns import RECORDS, REPORTS, SENDERS

if TYPE_CHECKING:
    from analytics.frames import Contract

TYPES = {
    "int": "integer",
    "int?": "integer or empty",
    "float": "decimal",
    "text": "text",
    "bool": "true/false",
    "day": "day",
    "time": "time",
}
DOC = Path(__file__).parents[2] / "docs" / "exports.md"


@pytest.mark.parametrize(("name", "contract"), [("records", RECORDS), ("reports", REPORTS), ("senders", SENDERS)])
def test_every_column_is_documented_in_order(name: str, contract: Contract) -> None:
    section = DOC.read_text(encoding="utf-8").split(f"\n## {name}.csv\n")[1].split("\n## ")[0]
    lines = [f"| {c.name} | {TYPES[c.dtype]} | {c.unit} | {c.meaning} |" for c in contract]
    assert section.strip().splitlines()[2:] == lines
