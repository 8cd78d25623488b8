"""The database file: made when first written, refused when it is not ours to touch, never half written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.errors import StoreBusy, StoreError, StoreMissing, StoreOutdated
from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store import connect, migrate, write
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.other_program import holding
from tests.fakes.reports import record, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.model import ReadMail

VIEWS = {
    "v_mail": "mail_sha256 origin message_id mail_from received_utc ingested_utc fate reason",
    "v_payload": "payload_sha256 mail_sha256 origin member kind fate reason xml_records xml_messages records messages",
    "v_report": "report_key payload_sha256 reporter reporter_email report_id policy_domain begin_utc end_utc p sp np adkim aspf "
    "pct fo testing discovery_method generator format records messages fate",
    "v_record": "report_key record_index day policy_domain reporter source_ip messages disposition dkim_aligned spf_aligned "
    "dmarc_pass header_from envelope_from envelope_to dkim spf reasons "
    "reverse_name country asn as_name service service_kind",
    "v_source": "source_ip reverse_name country asn as_name service service_kind looked_up_utc",
}


def a_mail(name: str = "r-1", counts: tuple[str, ...] = ("3",)) -> ReadMail:
    body = report_bytes([record(count) for count in counts], report_id=name)
    return read(RawMail(Origin(path=name), body), Limits())


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "folder" / "w.duckdb")


@pytest.fixture
def store(database: Database) -> DuckStore:
    return DuckStore(database, parser="test")


def held(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return connection.execute("SELECT report_id, messages, fate FROM v_report ORDER BY 1").fetchall()


def test_reading_before_anything_was_written_says_what_to_do(database: Database, store: DuckStore) -> None:
    with pytest.raises(StoreMissing) as caught, database.read():
        pass
    assert "whosends poll" in caught.value.hint
    assert store.known_uids("main", "INBOX", 1) == set()
    assert not database.path.exists()
    assert database.version() == "missing"


def test_an_empty_database_is_missing_too(database: Database) -> None:
    database.path.parent.mkdir()
    duckdb.connect(str(database.path)).close()
    with pytest.raises(StoreMissing):
        database.frame("SELECT 1")


def test_the_first_write_makes_and_migrates_the_file(database: Database, store: DuckStore) -> None:
    before = database.version()
    store.add([a_mail()])
    assert held(database) == [("r-1", 3, "accepted")]
    assert database.version() != before
    with database.read() as connection:
        found = connection.execute("SELECT version, name FROM migration ORDER BY 1").fetchall()
    assert found == [(version, name) for version, name, _ in migrate.available()]


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [version for version, _, _ in migrate.available()] == list(range(1, len(migrate.available()) + 1))


def test_migrating_again_changes_nothing(database: Database) -> None:
    for _ in range(2):
        with database.write() as connection:
            migrated = connection.execute("SELECT count(*) FROM migration").fetchall()
    assert migrated == [(len(migrate.available()),)]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_database_of_a_newer_program_is_refused_untouched(database: Database, store: DuckStore) -> None:
    store.add([a_mail()])
    with database.write() as connection:
        connection.execute("INSERT INTO migration VALUES (9999, 'later', now()::TIMESTAMP)")
    before = _digest(database.path)
    for refused in (lambda: store.add([a_mail("r-2")]), lambda: database.frame("SELECT 1")):
        with pytest.raises(StoreError, match="has schema 9999") as caught:
            refused()
        assert "upgrade whosends" in caught.value.hint
    assert _digest(database.path) == before


def test_an_older_database_is_not_read_before_a_write_brings_it_up_to_date(
    database: Database, store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([a_mail()])
    newest = len(migrate.available())
    later = [*migrate.available(), (newest + 1, "later.sql", "CREATE TABLE later (a INTEGER)")]
    monkeypatch.setattr(migrate, "available", lambda: later)
    with pytest.raises(StoreError, match=f"has schema {newest}, this program needs {newest + 1}"):
        database.frame("SELECT 1")
    store.add([a_mail("r-2")])
    assert list(database.frame("SELECT * FROM later").columns) == ["a"]
    assert len(held(database)) == 2


def test_an_older_database_can_be_brought_up_to_date_without_writing_anything_else(
    database: Database, store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.bring_up_to_date()
    assert not database.path.exists()
    store.add([a_mail()])
    later = [*migrate.available(), (len(migrate.available()) + 1, "later.sql", "CREATE TABLE later (a INTEGER)")]
    monkeypatch.setattr(migrate, "available", lambda: later)
    with pytest.raises(StoreOutdated):
        store.known_uids("main", "INBOX", 1)
    database.bring_up_to_date()
    assert store.known_uids("main", "INBOX", 1) == set()
    assert len(held(database)) == 1


def test_a_database_that_cannot_be_created_to_the_end_is_not_there(
    database: Database, store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "available", lambda: [(1, "broken.sql", "CREATE TABLE half (a NO_SUCH_TYPE)")])
        with pytest.raises(StoreError):
            store.add([a_mail()])
    assert not database.path.exists()
    database.path.with_name("w.duckdb.new").write_bytes(b"half a database, of a run that was killed")
    store.add([a_mail()])
    assert len(held(database)) == 1
    assert sorted(path.suffix for path in database.path.parent.iterdir()) == [".duckdb", ".lock", ".turn", ".writer"]


def test_a_migration_that_fails_leaves_the_older_schema(
    database: Database, store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([a_mail()])
    broken = "CREATE TABLE half (a INTEGER); INSERT INTO no_such_table VALUES (1)"
    with monkeypatch.context() as patched:
        later = [*migrate.available(), (len(migrate.available()) + 1, "broken.sql", broken)]
        patched.setattr(migrate, "available", lambda: later)
        with pytest.raises(StoreError):
            store.add([a_mail("r-2")])
    assert len(held(database)) == 1
    with database.read() as connection:
        assert connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'half'").fetchall() == []


def test_a_file_that_is_no_database_is_named(database: Database, store: DuckStore) -> None:
    database.path.parent.mkdir()
    database.path.write_bytes(b"not a database" * 1000)
    for refused in (lambda: store.add([a_mail()]), lambda: database.frame("SELECT 1")):
        with pytest.raises(StoreError, match=r"w\.duckdb"):
            refused()
    assert database.path.read_bytes().startswith(b"not a database")


def test_a_file_held_by_another_program_is_busy(
    database: Database, store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "FOREIGN_LOCK_TIMEOUT_S", 0.1)
    store.add([a_mail()])
    with holding(database.path):
        for refused in (lambda: store.add([a_mail("r-2")]), lambda: database.frame("SELECT 1")):
            with pytest.raises(StoreBusy, match="held by another program"):
                refused()
    assert held(database) == [("r-1", 3, "accepted")]


def test_a_batch_that_fails_keeps_nothing(
    database: Database, store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([a_mail()])

    def refuse(*_: object) -> None:
        raise StoreError("the last step fails")

    with monkeypatch.context() as patched:
        patched.setattr(write, "_verify", refuse)
        with pytest.raises(StoreError, match="the last step fails"):
            store.add([a_mail("r-2"), a_mail("r-3")])
    assert held(database) == [("r-1", 3, "accepted")]
    store.add([a_mail("r-2"), a_mail("r-3")])
    assert [row[0] for row in held(database)] == ["r-1", "r-2", "r-3"]


def test_an_error_of_the_reader_keeps_nothing_and_lets_go_of_the_file(database: Database, store: DuckStore) -> None:
    store.add([a_mail()])

    def half_way() -> None:
        with database.write() as connection:
            connection.execute("DELETE FROM report")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_way()
    assert len(held(database)) == 1


def test_a_refusal_of_duckdb_is_an_error_of_ours(database: Database, store: DuckStore) -> None:
    store.add([a_mail()])
    with pytest.raises(StoreError, match="no_such_view"):
        database.frame("SELECT * FROM no_such_view")
    with pytest.raises(StoreError), database.read() as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")


def test_a_reader_cannot_reach_other_files(database: Database, store: DuckStore) -> None:
    store.add([a_mail()])
    with pytest.raises(StoreError):
        database.frame("SELECT * FROM read_text('/etc/hostname')")


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_the_columns_that_users_rely_on(database: Database, store: DuckStore, view: str) -> None:
    store.add([a_mail()])
    columns = list(database.frame(f"SELECT * FROM {view} LIMIT 0").columns)  # noqa: S608
    wanted = VIEWS[view].split()
    assert columns[: len(wanted)] == wanted


def test_only_records_of_accepted_reports_count(database: Database, store: DuckStore) -> None:
    quarantined = read(RawMail(Origin(path="q"), report_bytes([record("5")], report_id="q", begin=2, end=1)), Limits())
    store.add([a_mail(), a_mail("partial", ("1", "x")), quarantined])
    assert held(database) == [("partial", 1, "partial"), ("q", 5, "quarantined"), ("r-1", 3, "accepted")]
    with database.read() as connection:
        assert connection.execute("SELECT sum(messages), count(*) FROM v_record").fetchall() == [(3, 1)]
        assert connection.execute("SELECT sum(messages), count(*) FROM v_record_all").fetchall() == [(9, 3)]


@pytest.mark.parametrize(
    ("begin", "end", "day"),
    [
        (0, 86_399, "1970-01-01"),
        (0, 86_400, "1970-01-01"),
        (57_600, 144_000, "1970-01-02"),
        (75_600, 161_999, "1970-01-02"),
    ],
    ids=["exact day", "next midnight", "from 16:00", "from 21:00"],
)
def test_a_report_counts_for_the_day_of_the_middle_of_its_period(
    database: Database, store: DuckStore, begin: int, end: int, day: str
) -> None:
    store.add([read(RawMail(Origin(path="x"), report_bytes(begin=begin, end=end)), Limits())])
    with database.read() as connection:
        assert connection.execute("SELECT DISTINCT day::VARCHAR FROM v_record").fetchall() == [(day,)]
