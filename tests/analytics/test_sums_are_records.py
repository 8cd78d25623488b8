"""What the pages read from sums is what the records give: the queries of before the sums, in `by_records/`, are the reference."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import ask
from analytics.window import Window
from ingest.store.connect import Database
from tests.fakes.facts import MONDAY, keep, keep_source
from tests.fakes.random_facts import ADDRESSES, DOMAINS, SOURCES, reports

if TYPE_CHECKING:
    from ingest.model import Report

REFERENCE = Path(__file__).parent / "by_records"
NAMES = sorted(path.stem for path in REFERENCE.glob("*.sql"))
_COMMENT = re.compile(r"--[^\n]*")


@cache
def reference(name: str) -> str:
    """The query over `v_record`, with its parts."""
    text = (REFERENCE / f"{name}.sql").read_text(encoding="utf-8")
    while "{{" in text:
        text = re.sub(
            r"\{\{(\w+)\}\}", lambda part: (REFERENCE / "parts" / f"{part[1]}.sql").read_text(encoding="utf-8"), text
        )
        text = _COMMENT.sub("", text)
    return _COMMENT.sub("", text)


def both(database: Database, name: str, parameters: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The answer from sums, and the one from records, with their columns in the same order."""
    text = reference(name)
    said, told = ask.ask(database, name, parameters), database.frame(text, ask.used(text, parameters))
    assert set(said.columns) == set(told.columns)
    return said, told[list(said.columns)]


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("same") / "empty.duckdb"
    with Database(path).write():
        return path


_windows = st.builds(
    lambda days, back, domain: Window.last(days, MONDAY + pd.Timedelta(days=back).to_pytimedelta(), domain),
    st.sampled_from([1, 3, 7, 30]),
    st.integers(-10, 10),
    st.sampled_from([None, *DOMAINS]),
)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    st.lists(reports(), min_size=1, max_size=6),
    st.lists(reports(), max_size=2),
    st.lists(SOURCES, max_size=4, unique_by=lambda one: str(one["source_ip"])),
    st.lists(_windows, min_size=1, max_size=3),
)
def test_every_answer_is_the_same(
    tmp_path: Path,
    empty: Path,
    kept: list[Report],
    held: list[Report],
    known: list[dict[str, Any]],
    windows: list[Window],
) -> None:
    database = Database(tmp_path / "facts.duckdb")
    shutil.copyfile(empty, database.path)
    keep(database, *kept)
    keep(database, *held, fate="quarantined")
    for source in known:
        keep_source(database, **source)
    for window in windows:
        for name in NAMES:
            for more in (
                [{"source_ip": one or "(no valid address)"} for one in ADDRESSES] if name == "source_days" else [{}]
            ):
                page: dict[str, object] = {"limit": 100, "offset": 0, "service": None}
                said, told = both(database, name, window.parameters() | page | more)
                pd.testing.assert_frame_equal(said, told, obj=f"{name} {window}")
    for service in ("Tickets", "unknown network"):
        second: dict[str, Any] = {"limit": 2, "offset": 1, "service": service}
        said, told = both(database, "sources", windows[0].parameters() | second)
        pd.testing.assert_frame_equal(said, told, obj=f"sources of {service}")
    everything = {"since": None, "until": None, "domain": None}
    pd.testing.assert_frame_equal(*both(database, "export_senders", everything))
