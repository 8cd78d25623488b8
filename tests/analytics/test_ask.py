"""The questions in queries/*.sql."""

from __future__ import annotations

from importlib.resources import files

import pytest

from analytics import ask

QUERIES = sorted(entry.name for entry in (files("analytics") / "queries").iterdir() if entry.name.endswith(".sql"))


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_says_what_it_gives(name: str) -> None:
    text = (files("analytics") / "queries" / name).read_text(encoding="utf-8")
    for heading in ("-- Purpose:", "-- Grain:", "-- Parameters:", "-- Columns:"):
        assert heading in text
    said = text.split("-- Columns:")[0].split("-- Parameters:")[1]
    assert {part for part in ask.used(ask.sql(name.removesuffix(".sql")), _Every()) if f"${part}" not in said} == set()


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_is_complete(name: str) -> None:
    assert "{{" not in ask.sql(name.removesuffix(".sql"))


class _Every(dict[str, None]):
    """Holds every parameter there may be."""

    def __init__(self) -> None:
        names = "since until previous_since previous_until domain service source_ip limit offset fate reporter search sha256 meets records"
        super().__init__(dict.fromkeys(names.split()))
