"""The sums are those of the accepted records, whatever happens in whatever order."""

from __future__ import annotations

import shutil
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import custody
from ingest.health import Repair
from ingest.store import cases, check, migrate, prune, sums
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept
from tests.fakes.facts import a_record, a_report, keep, keep_source
from tests.fakes.random_facts import SOURCES, reports

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.model import Report
    from ingest.settings import Settings

FATES = ("accepted", "superseded", "quarantined")
_flip = st.tuples(st.integers(0, 20), st.sampled_from(FATES))
_steps = st.lists(
    st.one_of(st.lists(reports(), max_size=3), _flip, st.integers(0, 20), SOURCES), min_size=1, max_size=8
)
_names = count()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sums") / "empty.duckdb"
    with Database(path).write():
        return path


@pytest.fixture
def database(tmp_path: Path, empty: Path) -> Database:
    path = tmp_path / f"{next(_names)}.duckdb"
    shutil.copyfile(empty, path)
    return Database(path)


def wrong(database: Database) -> list[str]:
    """Sums that the records do not give."""
    return [f"{one.name}: {one.examples}" for one in check.disagreements(database, deep=True) if one.in_sums]


def change(database: Database, step: list[Report] | tuple[int, str] | int | dict[str, Any]) -> None:
    """New reports, another fate for one of them, one deleted, or something found out about an address."""
    if isinstance(step, list):
        keep(database, *step)
    elif isinstance(step, dict):
        with database.write() as connection:
            connection.execute("DELETE FROM source WHERE source_ip = $1", [step["source_ip"]])
        keep_source(database, **step)
    elif isinstance(step, tuple):
        with database.write() as connection:
            connection.execute("UPDATE report SET fate = $2 WHERE report_no = $1", list(step))
    else:
        with database.write() as connection:
            sums.forget(connection, [step])
            for table in ("record", "report"):
                connection.execute(f"DELETE FROM {table} WHERE report_no = $1", [step])  # noqa: S608


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(_steps)
def test_the_sums_are_those_of_the_accepted_records(database: Database, empty: Path, steps: list[Any]) -> None:
    shutil.copyfile(empty, database.path)
    for step in steps:
        change(database, step)
    assert wrong(database) == []
    before = fingerprint(database)
    sums.recompute(database)
    assert fingerprint(database) == before
    assert wrong(database) == []


def test_first_and_last_days_go_with_the_reports(database: Database) -> None:
    seen = "SELECT first_day::VARCHAR AS first, last_day::VARCHAR AS last FROM v_seen"
    for day in (1, 3, -2):
        keep(database, a_report(a_record(5), day=day))
    assert database.frame(seen).values.tolist() == [["2026-02-28", "2026-03-05"]]
    change(database, (2, "rejected"))
    assert database.frame(seen).values.tolist() == [["2026-02-28", "2026-03-03"]]
    change(database, 3)
    assert database.frame(seen).values.tolist() == [["2026-03-03", "2026-03-03"]]
    change(database, (1, "superseded"))
    assert database.frame(seen).empty
    assert database.frame("SELECT * FROM v_sum_source").empty


def test_much_is_done_in_pieces(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums, "PIECE_RECORDS", 3)
    keep(database, *(a_report(*[a_record(7)] * number, day=number) for number in (1, 2, 3, 4)))
    assert wrong(database) == []
    held = database.frame("SELECT sum(messages)::BIGINT AS messages, count(*) AS days FROM v_sum_source")
    assert held.values.tolist() == [[70, 4]]


def test_a_file_of_an_older_whosends_gets_its_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(tmp_path / "old.duckdb")
    newest = migrate.available()
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "available", lambda: newest[:2])
        patched.setattr(sums, "follow", lambda _: None)
        patched.setattr(prune, "late", lambda _: None)
        patched.setattr(sums, "label", lambda *_: None)
        patched.setattr(cases, "touch", lambda *_: None)
        keep(database, a_report(a_record(3, aligned="dkim"), a_record(4)), a_report(a_record(5), day=1))
        keep(database, a_report(a_record(9)), fate="quarantined")
        keep_source(database, "192.0.2.1", service="Tickets")
    database.bring_up_to_date()
    assert wrong(database) == []
    held = database.frame(
        "SELECT cause IS NULL AS passed, sum(messages)::BIGINT AS m FROM v_sum_source GROUP BY 1 ORDER BY 1"
    )
    assert held.values.tolist() == [[False, 9], [True, 3]]
    assert database.frame("SELECT service FROM sum_label")["service"].tolist() == ["Tickets"]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE sum_reporter SET messages = messages + 1", "not those of their accepted reports"),
        ("DELETE FROM sum_source WHERE messages > 1", "sums of sources"),
        ("UPDATE sum_outcome SET disposition = 'reject'", "sums of sources"),
        ("UPDATE sum_seen SET first_day = first_day - 1", "first and last days"),
        ("UPDATE sum_label SET service = 'somebody else'", "addresses whose label"),
    ],
)
def test_sums_that_are_wrong_are_found_and_repaired_from_the_records(tmp_path: Path, damage: str, says: str) -> None:
    made: Settings = kept.copied(tmp_path)
    before = fingerprint(Database(made.db))
    with Database(made.db).write() as connection:
        connection.execute(damage)
    found = custody.examine(made, deep=True)
    assert any(says in one.message for one in found), found
    assert {one.repair for one in found} == {Repair.SUMS}
    custody.repair(made, Repair.SUMS)
    assert custody.examine(made, deep=True) == []
    assert fingerprint(Database(made.db)) == before
