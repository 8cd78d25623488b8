"""Reports that share their period with another one are marked, whatever else is in the database."""

from __future__ import annotations

import shutil
from collections.abc import Callable  # noqa: TC003 - pytest reads it
from pathlib import Path  # noqa: TC003

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import ledger
from analytics.ask import ask
from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.reports import BEGIN, record, report_bytes

HOUR_S = 3600


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("meeting") / "empty.duckdb"
    with Database(path).write():
        return path


@pytest.fixture
def new_database(tmp_path: Path, empty: Path) -> Callable[[], Database]:
    def make() -> Database:
        path = tmp_path / f"{len(list(tmp_path.glob('*.duckdb')))}.duckdb"
        shutil.copyfile(empty, path)
        return Database(path)

    return make


def keep(database: Database, *reports: bytes) -> None:
    mails = [read(RawMail(Origin(path=str(number)), body), Limits()) for number, body in enumerate(reports)]
    DuckStore(database, parser="test").add(mails)


def a_report(number: int, begin_h: int, hours: int, reporter: str = "A", **parts: str) -> bytes:
    begin = BEGIN + begin_h * HOUR_S
    rows = [record(str(number + 1))]
    return report_bytes(
        rows, report_id=f"r-{number}", begin=begin, end=begin + hours * HOUR_S, org_name=reporter, **parts
    )


def marked(database: Database) -> dict[str, str]:
    found = ledger.reports(database, ledger.Filters(meets=True))
    return dict(zip(found["report_id"], found["meets"], strict=True))


def test_parallel_and_overlapping_reports_are_marked_and_counted(new_database: Callable[[], Database]) -> None:
    database = new_database()
    keep(
        database,
        a_report(0, 0, 24),
        a_report(1, 0, 24),
        a_report(2, 24, 24),  # follows them
        a_report(3, 60, 24),
        a_report(4, 70, 24),
        a_report(5, 60, 24, "B"),
        a_report(6, 60, 24, domain="example.net"),
    )
    assert marked(database) == {"r-0": "parallel", "r-1": "parallel", "r-3": "overlap", "r-4": "overlap"}
    assert ledger.meeting(database) == ledger.Meeting(parallel=2, overlap=2, messages=1 + 2 + 4 + 5, all_messages=28)
    assert ledger.meeting(database).reports == ledger.total(database, ledger.Filters(meets=True)) == 4
    assert ledger.meeting(database, "example.net") == ledger.Meeting(0, 0, 0, 7)
    every = ledger.reports(database).set_index("report_id")["meets"]
    assert every.notna().sum() == 4


def test_what_does_not_count_meets_nobody(new_database: Callable[[], Database]) -> None:
    database = new_database()
    same = [record("3")]
    keep(
        database,
        report_bytes(same, report_id="one"),
        report_bytes(same, report_id="two"),  # suspect
        report_bytes([record("x"), record("1")], report_id="three"),  # partial
    )
    assert marked(database) == {}
    assert ledger.meeting(database) == ledger.Meeting(0, 0, 0, 3)


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 60), st.sampled_from("AB")), max_size=8))
def test_they_are_those_that_the_view_tells_in_pairs(
    new_database: Callable[[], Database], reports: list[tuple[int, int, str]]
) -> None:
    database = new_database()
    keep(database, *(a_report(number, *one) for number, one in enumerate(reports)))
    pairs = database.frame("SELECT report_id, other_id, kind FROM v_meeting", {})
    told: dict[str, str] = {}
    for _, pair in pairs.sort_values("kind").iterrows():  # overlap, then parallel, which is said first
        told |= {pair["report_id"]: pair["kind"], pair["other_id"]: pair["kind"]}
    assert marked(database) == told
    assert ask(database, "meeting", {"domain": None})["messages"].iloc[0] == sum(int(name[2:]) + 1 for name in told)
