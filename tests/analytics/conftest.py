"""A real database in a temporary folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.store.connect import Database
from tests.fakes.facts import keep

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """It exists and is empty."""
    made = Database(tmp_path / "facts.duckdb")
    keep(made)
    return made
