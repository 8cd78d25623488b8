"""What is wrong with what is kept is found, said, and repaired where that is safe; nothing is deleted."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from ingest import custody, wiring
from ingest.health import Repair
from ingest.journal import Journal
from ingest.model import Act, Origin, RawMail
from ingest.settings import Settings
from ingest.spool import DiskSpool
from ingest.store import connect
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept
from tests.fakes.other_program import holding
from tests.fakes.reports import gz, mail, record, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return kept.copied(tmp_path)


def prints(settings: Settings) -> dict[str, str]:
    return fingerprint(wiring.database(settings))


def found(settings: Settings, *, deep: bool = False) -> dict[str, str]:
    return {one.name: one.message for one in custody.examine(settings, deep=deep)}


def repairs(settings: Settings) -> list[Repair]:
    return [one.repair for one in custody.examine(settings) if one.repair is not None]


def test_what_is_sound_gives_no_finding(settings: Settings) -> None:
    assert found(settings, deep=True) == {}


def test_before_the_first_report_there_is_nothing_to_find(tmp_path: Path) -> None:
    assert custody.examine(Settings(db=tmp_path / "none.duckdb")) == []


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("DELETE FROM record WHERE record_index = 0", "not what their records add up to"),
        ("UPDATE record SET messages = messages + 1", "not what their records add up to"),
        ("UPDATE payload SET messages = messages + 1", "whose numbers are not those of their report"),
        ("DELETE FROM report WHERE fate = 'superseded'", "records without a report"),
        ("DELETE FROM payload WHERE fate = 'superseded'", "reports that no ledger line"),
        ("UPDATE report SET fate = 'accepted'", "not exactly the newest version counts"),
        ("UPDATE report SET report_no = 1", "report numbers that occur twice"),
        ("UPDATE mail SET fate = 'accepted'", "whose fate does not follow"),
        ("DELETE FROM mail WHERE fate = 'superseded'", "payloads without a mail"),
        (
            "UPDATE payload SET fate = 'accepted' WHERE fate = 'duplicate'; UPDATE report SET fate = 'rejected'",
            "accepted payloads",
        ),
    ],
)
def test_rows_that_do_not_agree_are_found_and_a_rebuild_repairs_them(
    settings: Settings, damage: str, says: str
) -> None:
    before = prints(settings)
    with Database(settings.db).write() as connection:
        connection.execute(damage)
    messages = [one.message for one in custody.examine(settings)]
    assert any(says in message for message in messages), messages
    assert custody.repair(settings, Repair.REBUILD).startswith("rebuilt from 8 mails")
    assert prints(settings) == before
    assert found(settings) == {}
    assert len(list(settings.db.parent.glob("kept.duckdb.*.aside"))) == 1


def commit_and_die(settings: Settings, inbox: Path) -> None:
    """As a poller that is killed after a commit, before DuckDB has put it into the database file."""
    with Database(settings.db).write() as connection:
        connection.execute("UPDATE mail SET ingested_utc = ingested_utc")
        connection.commit()
        connection.execute("CHECKPOINT")
        connection.begin()
        mails = [
            RawMail(Origin(path=str(path)), path.read_bytes(), None, None, NOON, vouched=True)
            for path in inbox.iterdir()
        ]
        DiskSpool(settings.spool).keep(mails)
        pipeline = wiring.pipeline(settings)
        pipeline.store.add_within(connection, [pipeline.examined(mail) for mail in mails])  # type: ignore[attr-defined]
        connection.commit()
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def with_wal(settings: Settings, tmp_path: Path) -> Path:
    """The WAL of a program that was killed: it holds one mail."""
    inbox = tmp_path / "late"
    inbox.mkdir()
    late = [report_bytes([record("7")], report_id=str(number)) for number in range(3)]
    (inbox / "late.eml").write_bytes(mail(*(gz(one) for one in late), message_id="<97@r.example>"))
    process = SPAWN.Process(target=commit_and_die, args=(settings, inbox))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    path = settings.db.with_name("kept.duckdb.wal")
    assert path.stat().st_size > 0
    return path


def test_a_whole_wal_is_no_damage(settings: Settings, with_wal: Path) -> None:
    assert found(settings) == {}
    assert "late.eml" in kept.fates(settings)


def test_a_damaged_wal_is_set_aside_and_what_it_held_is_read_from_the_spool(settings: Settings, with_wal: Path) -> None:
    before = prints(settings)
    content = bytearray(with_wal.read_bytes())
    content[len(content) // 2] ^= 0xFF
    with_wal.write_bytes(content)
    assert "Corrupt WAL file" in found(settings)["database file"]
    assert repairs(settings) == [Repair.SET_WAL_ASIDE]
    assert "1 mails read from the spool" in custody.repair(settings, Repair.SET_WAL_ASIDE)
    assert prints(settings) == before
    assert found(settings) == {}
    assert [path.read_bytes() for path in with_wal.parent.glob("*.wal.*.aside")] == [bytes(content)]


@pytest.mark.parametrize("damage", [b"", b"x" * 500], ids=["empty", "garbage"])
def test_a_wal_that_is_lost_without_a_word_shows_in_the_journal(
    settings: Settings, with_wal: Path, damage: bytes
) -> None:
    before = prints(settings)
    with_wal.write_bytes(damage)
    assert "1 mails came in that the ledger does not know" in found(settings)["spool and ledger"]
    custody.repair(settings, Repair.COMPLETE)
    assert prints(settings) == before
    assert found(settings) == {}


def test_a_decision_that_the_database_missed_is_found_and_carried_out(settings: Settings) -> None:
    Journal(settings.spool).acts([Act(NOON, "anna", "accept", kept.sha(kept.PARTIAL), "seen")])
    assert "1 decisions in the journal" in found(settings)["acts"]
    custody.repair(settings, Repair.COMPLETE)
    assert kept.report_fate(settings, kept.PARTIAL) == "accepted"
    assert found(settings) == {}


def test_an_unreadable_database_is_made_anew(settings: Settings) -> None:
    before = prints(settings)
    settings.db.write_bytes(settings.db.read_bytes()[:100_000])
    assert repairs(settings) == [Repair.REBUILD]
    custody.repair(settings, Repair.REBUILD)
    assert prints(settings) == before


def test_a_lost_database_is_made_anew(settings: Settings) -> None:
    before = prints(settings)
    settings.db.unlink()
    assert repairs(settings) == [Repair.REBUILD]
    custody.repair(settings, Repair.REBUILD)
    assert prints(settings) == before


def test_a_database_of_a_newer_program_is_named_and_not_repaired(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute("INSERT INTO migration VALUES (9999, 'later', now()::TIMESTAMP)")
    (one,) = custody.examine(settings)
    assert "has schema 9999" in one.message
    assert (one.grave, one.repair) == (True, None)
    assert "upgrade" in one.hint


def test_a_database_that_another_program_holds_is_not_repaired(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "FOREIGN_LOCK_TIMEOUT_S", 0.1)
    with holding(settings.db):
        (one,) = custody.examine(settings)
    assert "held by another program" in one.message
    assert one.repair is None


def test_raw_bytes_that_are_gone_or_damaged_are_named(settings: Settings) -> None:
    first, second, *_ = sorted(DiskSpool(settings.spool).names())
    (settings.spool / first[:2] / f"{first}.gz").unlink()
    (settings.spool / second[:2] / f"{second}.gz").write_bytes(gz(b"other bytes"))
    messages = [one.message for one in custody.examine(settings, deep=True)]
    assert any("1 mails of the ledger have no raw bytes" in message and first[:16] in message for message in messages)
    assert any(second in message and "other bytes than its name says" in message for message in messages)


def test_a_ledger_that_the_journal_does_not_know_is_named(settings: Settings) -> None:
    (settings.spool / "journal.jsonl").unlink()
    assert "8 mails of the ledger are not in the journal" in found(settings)["journal"]


def test_raw_bytes_of_a_run_that_was_broken_off_are_only_mentioned(settings: Settings) -> None:
    journal = (settings.spool / "journal.jsonl").read_bytes()
    DiskSpool(settings.spool).keep([RawMail(Origin("m", "INBOX", 1, 1), b"x")])
    (settings.spool / "journal.jsonl").write_bytes(journal)
    (one,) = custody.examine(settings)
    assert not one.grave


def test_a_parked_mail_is_mentioned(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute(
            "INSERT INTO parked VALUES ('m/INBOX/1/9', 'm', 'INBOX', 1, 9, 3, 'KeyError: x', now()::TIMESTAMP)"
        )
    (one,) = custody.examine(settings)
    assert (one.name, one.grave) == ("parked mails", False)
