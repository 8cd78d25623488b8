"""A prune is in the journal first, is caught up after a crash, is found again by a rebuild, and its room is given back."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import custody, prune, wiring
from ingest.errors import SettingsError, StoreBusy, StoreError, StoreMissing
from ingest.health import Repair
from ingest.journal import Journal
from ingest.model import Origin, Prune, RawMail
from ingest.settings import Settings
from ingest.spool import DiskSpool
from ingest.store import cases
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from ingest.store.partly import Wanted
from tests.bench import facts
from tests.fakes import kept
from tests.fakes.reports import BEGIN, DAY_S, gz, mail, record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.model import Deed
    from ingest.store.prune import Pruned

TODAY = date(2026, 9, 1)
NOON = datetime(2026, 9, 1, 12)  # noqa: DTZ001 - naive UTC
CUTOFF = date(2026, 3, 3)  # the day after that of the reports
YOUNG = report_bytes([record("3")], report_id="young", begin=BEGIN + 9 * DAY_S, end=BEGIN + 10 * DAY_S - 1)
LATE = report_bytes([record("70", source_ip="203.0.113.9")], report_id="late")
LATE_VERSION = report_bytes([record("500")], report_id="whole")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Mails of every fate of one day, and a report of a later day."""
    settings = kept.copied(tmp_path)
    load(settings, tmp_path, "9-young.eml", YOUNG)
    return settings


def load(settings: Settings, folder: Path, name: str, report: bytes) -> None:
    (folder / name).write_bytes(mail(gz(report), message_id=f"<{name}@r.example>", date=kept.DATES[1]))
    wiring.load_paths(settings, [folder / name])


def pruned(settings: Settings, before: date = CUTOFF, *, dry_run: bool = False) -> Pruned:
    return custody.prune(settings, before, who="anna", dry_run=dry_run, clock=lambda: NOON)


def prints(settings: Settings) -> dict[str, str]:
    return fingerprint(wiring.database(settings))


def counted(settings: Settings) -> int:
    return int(kept.frame(settings, "SELECT sum(messages)::BIGINT AS n FROM v_sum_source")["n"].iloc[0])


def test_a_dry_run_says_what_would_go_and_changes_nothing(settings: Settings) -> None:
    before, journal = prints(settings), Journal(settings.spool).path.read_bytes()
    plan = pruned(settings, dry_run=True)
    assert (plan.reports, plan.records, plan.days) == (3, 4, 1)
    assert (prints(settings), Journal(settings.spool).path.read_bytes()) == (before, journal)
    assert pruned(settings) == plan


def test_a_pruned_database_is_sound_and_a_rebuild_makes_the_same(settings: Settings, tmp_path: Path) -> None:
    messages = counted(settings)
    pruned(settings)
    load(settings, tmp_path, "a-late.eml", LATE)
    load(settings, tmp_path, "b-version.eml", LATE_VERSION)
    assert custody.examine(settings, deep=True) == []
    assert counted(settings) == messages + 70
    assert kept.report_fate(settings, LATE_VERSION) == "superseded"
    before = prints(settings)
    done = custody.reparse(settings)
    assert done.changes is not None
    assert done.changes.nothing
    assert prints(settings) == before
    settings.db.unlink()
    custody.reparse(settings)
    assert prints(settings) == before
    assert custody.examine(settings, deep=True) == []


def test_an_address_of_records_that_went_at_once_is_known(settings: Settings, tmp_path: Path) -> None:
    pruned(settings)
    load(settings, tmp_path, "a-late.eml", LATE)
    assert len(kept.frame(settings, "SELECT * FROM v_source WHERE source_ip = '203.0.113.9'")) == 1


def test_a_crash_between_journal_and_database_is_made_good_by_the_next_poll(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written_and_gone(self: Journal, deeds: Sequence[Deed]) -> None:
        write_down(self, deeds)
        raise StoreError("killed")

    write_down, before = Journal.acts, prints(settings)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "acts", written_and_gone)
        with pytest.raises(StoreError, match="killed"):
            pruned(settings)
    assert prints(settings) == before
    found = custody.examine(settings)
    assert [(one.name, one.repair) for one in found] == [("acts", Repair.COMPLETE)]
    load(settings, tmp_path, "a-late.eml", LATE)
    assert kept.frame(settings, "SELECT who, before_day::VARCHAR AS day FROM v_prune").values.tolist() == [
        ["anna", "2026-03-03"]
    ]
    assert kept.messages(settings) == 3
    assert custody.examine(settings, deep=True) == []


def test_a_journal_that_refuses_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_self: Journal, _deeds: Sequence[Deed]) -> None:
        raise StoreError("read-only")

    before = prints(settings)
    monkeypatch.setattr(Journal, "acts", refused)
    with pytest.raises(StoreError, match="read-only"):
        pruned(settings)
    assert prints(settings) == before


def test_decisions_that_the_database_missed_come_first(settings: Settings) -> None:
    from ingest.model import Act

    Journal(settings.spool).acts([Act(NOON, "anna", "accept", kept.sha(kept.PARTIAL), "x")])
    messages = counted(settings)
    assert pruned(settings).reports == 4
    assert counted(settings) == messages + 4
    assert custody.examine(settings, deep=True) == []


def test_mails_that_are_being_taken_in_are_waited_for(settings: Settings) -> None:
    spool = DiskSpool(settings.spool)
    spool.keep([RawMail(Origin(path="x"), mail(gz(LATE)), ingested_utc=NOON)])
    before = prints(settings)
    with pytest.raises(StoreBusy, match="1 mails came in"):
        prune.prune(wiring.database(settings), spool, Prune(NOON, "anna", CUTOFF))
    assert prints(settings) == before
    custody.repair(settings, Repair.COMPLETE)
    assert pruned(settings).reports == 4


def test_mails_that_cannot_be_read_are_not_waited_for(settings: Settings) -> None:
    spool = DiskSpool(settings.spool)
    gone = RawMail(Origin(path="x"), mail(gz(LATE)), ingested_utc=NOON)
    spool.keep([gone])
    (settings.spool / gone.sha256[:2] / f"{gone.sha256}.gz").unlink()
    assert pruned(settings).reports == 3


def test_mails_whose_records_are_gone_cannot_be_replaced_alone(settings: Settings) -> None:
    pruned(settings)
    before = prints(settings)
    for wanted in (Wanted(payloads=(kept.sha(kept.WHOLE),)), Wanted(since=date(2026, 3, 1))):
        with pytest.raises(SettingsError, match="not kept"):
            custody.reparse(settings, wanted)
    custody.reparse(settings, Wanted(payloads=(kept.sha(YOUNG),)))
    custody.reparse(settings, Wanted(payloads=(kept.sha(kept.HELD),)))
    assert prints(settings) == before
    assert custody.examine(settings, deep=True) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sum_reporter SET messages = messages + 1 WHERE day >= '2026-03-03'",
        "DELETE FROM sum_source WHERE day >= '2026-03-03'",
        "UPDATE sum_seen SET first_day = first_day - 1",
        "UPDATE sum_label SET service = 'somebody else'",
        "UPDATE sum_source SET messages = 0 WHERE day >= '2026-03-03'",
    ],
)
def test_sums_of_days_with_records_are_repaired_and_the_others_stay(settings: Settings, damage: str) -> None:
    pruned(settings)
    before = prints(settings)
    with Database(settings.db).write() as connection:
        connection.execute(damage)
    assert {one.repair for one in custody.examine(settings, deep=True)} == {Repair.SUMS}
    custody.repair(settings, Repair.SUMS)
    assert custody.examine(settings, deep=True) == []
    assert prints(settings) == before


def test_sums_of_days_without_records_are_made_again_from_the_raw_mails(settings: Settings) -> None:
    pruned(settings)
    before = prints(settings)
    with Database(settings.db).write() as connection:
        connection.execute("UPDATE sum_source SET messages = messages + 1 WHERE day < '2026-03-03'")
    assert {one.repair for one in custody.examine(settings, deep=True)} == {Repair.REBUILD}
    custody.repair(settings, Repair.REBUILD)
    assert custody.examine(settings, deep=True) == []
    assert prints(settings) == before


def test_a_backup_holds_it_too(settings: Settings, tmp_path: Path) -> None:
    pruned(settings)
    before = prints(settings)
    custody.backup(settings, tmp_path / "b.tar")
    custody.restore(settings, tmp_path / "b.tar", force=True)
    assert prints(settings) == before
    custody.reparse(settings)
    assert prints(settings) == before


def test_compacting_gives_the_room_back(tmp_path: Path) -> None:
    made = Settings(db=tmp_path / "many.duckdb")
    facts.make(made.db, 50_000)
    with Database(made.db).write() as connection:
        cases.fold(connection, 0)  # what verdicts are made from stays, too
    custody.compact(made)
    days = kept.frame(made, "SELECT max(day)::VARCHAR AS last FROM v_report")["last"].iloc[0]
    size, views = made.db.stat().st_size, prints(made)
    done = custody.prune(made, date.fromisoformat(days), who="anna", force=True)
    assert done.records > 45_000
    compacted = custody.compact(made)
    assert compacted.records < 1_000
    assert compacted.size_bytes_after < size < compacted.size_bytes_before
    assert {name: prints(made)[name] for name in ("v_sum_source", "v_sum_reporter", "v_seen")} == {
        name: views[name] for name in ("v_sum_source", "v_sum_reporter", "v_seen")
    }


def test_without_a_database_there_is_nothing_to_prune(tmp_path: Path) -> None:
    none = Settings(db=tmp_path / "none.duckdb")
    for dry_run in (True, False):
        with pytest.raises(StoreMissing):
            pruned(none, dry_run=dry_run)
    assert not none.db.exists()
    assert not none.spool.exists()


@pytest.mark.parametrize(
    ("age", "day"),
    [
        ("1d", date(2026, 8, 31)),
        ("400d", date(2025, 7, 28)),
        ("13M", date(2025, 8, 1)),
        ("2y", date(2024, 9, 1)),
    ],
)
def test_an_age_is_a_day_of_the_calendar(age: str, day: date) -> None:
    assert prune.cutoff(age, TODAY) == day


def test_the_last_day_of_a_short_month_stands_for_those_that_it_has_not() -> None:
    assert prune.cutoff("1m", date(2026, 3, 31)) == date(2026, 2, 28)
    assert prune.cutoff("1y", date(2024, 2, 29)) == date(2023, 2, 28)


@pytest.mark.parametrize("age", ["", "13", "m", "0d", "-1d", "1.5y", "13 months", "99999y", "１3m"])
def test_what_is_no_age_is_refused(age: str) -> None:
    with pytest.raises(SettingsError) as caught:
        prune.cutoff(age, TODAY)
    assert "13m" in caught.value.hint


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 500))
def test_months_go_back_by_months(today: date, months: int) -> None:
    found = prune.cutoff(f"{months}m", today)
    assert (today.year - found.year) * 12 + today.month - found.month == months
    assert found.day <= today.day


def test_a_cutoff_is_neither_in_the_future_nor_too_young() -> None:
    prune.check(date(2026, 7, 3), TODAY)
    prune.check(TODAY, TODAY, force=True)
    with pytest.raises(SettingsError, match="last 60 days"):
        prune.check(date(2026, 7, 4), TODAY)
    with pytest.raises(SettingsError, match="future"):
        prune.check(date(2026, 9, 2), TODAY, force=True)
