"""A compacted database holds what it held, sorted and small; and it is replaced as a whole or not at all."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import custody, wiring
from ingest.errors import StoreBusy, StoreError, StoreMissing
from ingest.settings import Settings
from ingest.store import connect, rewriting
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from tests.bench import facts
from tests.fakes import kept
from tests.fakes.other_program import holding

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = [date(2025, month, 1) for month in range(1, 13)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Mails of every fate, and a decision about one."""
    settings = kept.copied(tmp_path)
    custody.act(settings, "accept", [kept.sha(kept.PARTIAL)], who="anna", why="x")
    return settings


@pytest.fixture
def many(tmp_path: Path) -> Settings:
    """Some thousand records of an invented year."""
    facts.make(tmp_path / "many.duckdb", 20_000)
    return Settings(db=tmp_path / "many.duckdb")


def prints(settings: Settings) -> dict[str, str]:
    return fingerprint(wiring.database(settings))


def beside(settings: Settings) -> set[str]:
    return {path.name for path in settings.db.parent.iterdir()} - {
        f"{settings.db.name}.{lock}" for lock in ("writer", "turn", "lock", "filing")
    }


def test_it_holds_what_it_held_and_is_sound(settings: Settings) -> None:
    before, files = prints(settings), beside(settings)
    done = custody.compact(settings)
    assert prints(settings) == before
    assert custody.examine(settings, deep=True) == []
    assert beside(settings) == files
    assert done.records == len(kept.frame(settings, "SELECT * FROM v_record_all"))
    assert done.size_bytes_after == settings.db.stat().st_size


def test_what_comes_in_afterwards_is_kept_as_ever(settings: Settings, tmp_path: Path) -> None:
    custody.compact(settings)
    assert kept.messages(kept.load(tmp_path, {"1-whole.eml": kept.MAILS["1-whole.eml"]})) == kept.messages(settings)
    custody.act(settings, "reject", [kept.sha(kept.PARTIAL)], who="anna", why="x")
    custody.reparse(settings)
    assert custody.examine(settings, deep=True) == []


@pytest.mark.parametrize("span", [1, 5_000, 10**9])
def test_a_year_is_the_same_however_much_is_sorted_at_a_time(
    many: Settings, monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    monkeypatch.setattr(rewriting, "SPAN_RECORDS", span)
    before, steps = prints(many), list[tuple[int, int | None]]()
    done = custody.compact(many, progress=lambda *step: steps.append(step))
    assert prints(many) == before
    assert steps == sorted(steps)
    assert {steps[-1]} == {(done.records, done.records)}


def test_the_room_of_what_is_gone_is_given_back(many: Settings) -> None:
    for sql in (
        "CREATE TABLE gone AS SELECT uuid() AS id FROM range(200_000)",
        "CREATE TABLE behind AS SELECT uuid() AS id FROM range(50_000)",
        "DROP TABLE gone",
    ):
        with Database(many.db).write() as connection:
            connection.execute(sql)
    done = custody.compact(many)
    assert done.size_bytes_after < done.size_bytes_before - 2_000_000


def test_the_records_of_a_source_lie_together(many: Settings) -> None:
    runs = """
        SELECT count(*) FILTER (here IS DISTINCT FROM before) FROM (
            SELECT here, lag(here) OVER (ORDER BY place) AS before FROM (
                SELECT c.rowid AS place, (policy_domain, dkim_aligned, spf_aligned, source_ip) AS here
                FROM record c JOIN report USING (report_no)))
    """
    custody.compact(many)
    groups = kept.frame(many, "SELECT DISTINCT policy_domain, dkim_aligned, spf_aligned, source_ip FROM v_record_all")
    assert kept.frame(many, runs).iloc[0, 0] == len(groups)


def test_tables_and_views_of_others_are_kept(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute('CREATE TABLE "my ""own"" table" (a INTEGER PRIMARY KEY, b VARCHAR DEFAULT \'x\')')
        connection.execute('INSERT INTO "my ""own"" table" (a) VALUES (3), (1)')
        connection.execute("CREATE MACRO twice(x) AS x * 2")
        connection.execute('CREATE VIEW mine AS SELECT twice(a) AS a, b FROM "my ""own"" table"')
    custody.compact(settings)
    assert kept.frame(settings, "SELECT * FROM mine ORDER BY a").values.tolist() == [[2, "x"], [6, "x"]]
    with pytest.raises(StoreError, match="Constraint"), Database(settings.db).write() as connection:
        connection.execute('INSERT INTO "my ""own"" table" (a) VALUES (3)')


def test_records_without_a_report_are_for_the_doctor_to_find(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute("DELETE FROM report WHERE payload_sha256 = $1", [kept.sha(kept.WHOLE)])
    records, before = len(kept.frame(settings, "SELECT * FROM record")), custody.examine(settings)
    assert before
    custody.compact(settings)
    assert len(kept.frame(settings, "SELECT * FROM record")) == records
    assert custody.examine(settings) == before


def test_a_copy_that_is_not_the_same_replaces_nothing(many: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours, played by a query that leaves the first day out."""
    monkeypatch.setattr(rewriting, "_SPAN", rewriting._SPAN.replace("r.day >= ", "r.day > "))
    content, files = many.db.read_bytes(), beside(many)
    with pytest.raises(StoreError, match="rows of record"):
        custody.compact(many)
    assert many.db.read_bytes() == content
    assert beside(many) == files


def test_a_program_that_did_not_wait_is_not_undone(settings: Settings) -> None:
    def write(_done: int, _total: int | None) -> None:
        os.utime(settings.db, ns=(1, 1))

    content = settings.db.read_bytes()
    with pytest.raises(StoreError, match="did not wait"):
        custody.compact(settings, progress=write)
    assert settings.db.read_bytes() == content


def test_what_killed_runs_left_behind_is_removed_and_nothing_else(settings: Settings) -> None:
    left = [settings.db.with_name(f"{settings.db.name}.compact-{number}") for number in (1, 99999)]
    others = [settings.db.with_name(f"{settings.db.name}.{name}") for name in ("compact-x", "rebuild-1")]
    for path in (*left, left[0].with_name(f"{left[0].name}.wal"), *others):
        path.write_bytes(b"x")
    (settings.db.with_name(f"{settings.db.name}.compact-7.tmp") / "spilled").mkdir(parents=True)
    custody.compact(settings)
    assert sorted(settings.db.parent.glob("*compact*")) == [others[0]]
    assert others[1].exists()


def test_without_a_database_there_is_nothing_to_compact(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        custody.compact(Settings(db=tmp_path / "none.duckdb"))
    assert not (tmp_path / "none.duckdb").exists()


def test_a_database_that_another_program_holds_is_busy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "FOREIGN_LOCK_TIMEOUT_S", 0.1)
    with holding(settings.db), pytest.raises(StoreBusy):
        custody.compact(settings)
    custody.compact(settings)


@given(st.lists(st.integers(0, 3 * 10**6), max_size=len(MONTHS)))
def test_every_month_is_in_one_span_and_no_span_is_larger_than_it_must(records: list[int]) -> None:
    months = list(zip(MONTHS, records, strict=False))
    spans = rewriting._spans(months)
    within = [[number for month, number in months if first <= month <= last] for first, last in spans]
    assert [number for span in within for number in span] == records
    assert [first for first, _ in spans] == sorted(first for first, _ in spans)
    assert all(len(span) == 1 or sum(span) <= rewriting.SPAN_RECORDS for span in within)
