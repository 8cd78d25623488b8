"""The pipeline: spooled before read, committed before filed, and counted as the database counts."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import pytest

from ingest import poll, wiring
from ingest.errors import MailboxError, StoreError
from ingest.model import Failed, Fate, Origin, Outcome, RawMail, ReadMail
from ingest.poll import Pipeline, Summary, poll_once
from ingest.reading import read_all
from ingest.settings import Limits, Settings
from ingest.spool import DiskSpool
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.mailbox import MemoryMailbox, RefusingStore
from tests.fakes.reports import gz, mail, record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.ports import Store


def report_mail(number: int) -> bytes:
    return mail(gz(report_bytes([record(str(number))], report_id=str(number))), message_id=f"<{number}@r.example>")


class Told:
    """Store and spool that note in the mailbox's events when they were used."""

    def __init__(self, store: Store, spool: DiskSpool, events: list[str]) -> None:
        self._store, self._spool, self._events = store, spool, events

    def known_uids(self, mailbox: str, folder: str, uidvalidity: int) -> set[int]:
        return self._store.known_uids(mailbox, folder, uidvalidity)

    def judged(self, mails: Sequence[ReadMail]) -> None:
        self._spool.judged(mails)

    def add(self, mails: Sequence[ReadMail]) -> list[Outcome]:
        outcomes = self._store.add(mails)
        self._events.append(f"committed {len(mails)}")
        return outcomes

    def failed(self, failures: Sequence[Failed]) -> list[Failed]:
        self._events.append(f"failed {len(failures)}")
        return self._store.failed(failures)

    def keep(self, mails: Sequence[RawMail]) -> None:
        self._spool.keep(mails)
        self._events.append(f"spooled {len(mails)}")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "w.duckdb")


@pytest.fixture
def spool(tmp_path: Path) -> DiskSpool:
    return DiskSpool(tmp_path / "spool")


def pipeline(store: Store, spool: DiskSpool, events: list[str]) -> Pipeline:
    told = Told(store, spool, events)
    return Pipeline(store=told, spool=told, read=partial(read_all, limits=Limits()))


def test_a_mail_is_spooled_then_committed_then_filed(database: Database, spool: DiskSpool) -> None:
    mailbox = MemoryMailbox([report_mail(n) for n in (1, 2)])
    outcomes = list(poll_once(mailbox, pipeline(DuckStore(database, parser="t"), spool, mailbox.events)))
    assert mailbox.events == ["spooled 2", "committed 2", "filed 2"]
    assert [outcome.fate for outcome in mailbox.filed] == [Fate.ACCEPTED] * 2
    assert mailbox.filed == outcomes


def test_a_second_poll_fetches_nothing_again(database: Database, spool: DiskSpool) -> None:
    mailbox = MemoryMailbox([report_mail(1)])
    parts = pipeline(DuckStore(database, parser="t"), spool, mailbox.events)
    assert len(list(poll_once(mailbox, parts))) == 1
    mailbox.bodies.append(report_mail(2))
    assert [outcome.origin.uid for outcome in poll_once(mailbox, parts)] == [2]


def test_a_store_that_refuses_leaves_the_mails_unfiled_and_spooled(spool: DiskSpool) -> None:
    mailbox = MemoryMailbox([report_mail(1)])
    with pytest.raises(StoreError, match="disk full"):
        list(poll_once(mailbox, pipeline(RefusingStore(), spool, mailbox.events)))
    assert mailbox.filed == []
    assert mailbox.events == ["spooled 1"]
    assert spool.load(RawMail(Origin(), report_mail(1)).sha256) == report_mail(1)


def test_what_was_fetched_before_the_server_went_away_is_kept(
    database: Database, spool: DiskSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "BATCH_MAILS", 2)
    mailbox = MemoryMailbox([report_mail(n) for n in range(1, 6)], breaks_after=3)
    outcomes: list[Outcome | Failed] = []
    with pytest.raises(MailboxError):
        outcomes.extend(poll_once(mailbox, pipeline(DuckStore(database, parser="t"), spool, mailbox.events)))
    assert [outcome.origin.uid for outcome in outcomes] == [1, 2, 3]
    assert mailbox.filed == outcomes
    assert DuckStore(database, parser="t").known_uids("memory", "INBOX", 1) == {1, 2, 3}


def test_portions_are_cut_by_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    mails = [RawMail(Origin(path=str(n)), b"x" * 10) for n in range(6)]

    def sizes() -> list[int]:
        return [len(portion) for portion in poll._portions(iter(mails))]

    assert sizes() == [6]
    monkeypatch.setattr(poll, "PORTION_MAILS", 4)
    assert sizes() == [4, 2]
    monkeypatch.setattr(poll, "PORTION_BYTES", 25)
    assert sizes() == [3, 3]


def test_batches_are_cut_by_number_bytes_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [read_mail(n) for n in range(6)]

    def sizes(step: float = 0.0) -> list[int]:
        ticks = count()
        return [len(batch) for batch in poll._batches(([[one]] for one in made), lambda: next(ticks) * step)]

    assert sizes() == [6]
    assert sizes(step=2.5) == [2, 2, 2]
    monkeypatch.setattr(poll, "BATCH_MAILS", 4)
    assert sizes() == [4, 2]
    monkeypatch.setattr(poll, "BATCH_BYTES", 25)
    assert sizes() == [3, 3]


def read_mail(number: int) -> ReadMail | Failed:
    """A mail of ten bytes in which nothing was found."""
    return ReadMail(Origin(path=str(number)), "0" * 64, 10, None, None, None, None, ())


def test_the_summary_says_what_the_database_holds(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    newer = mail(gz(report_bytes([record("50")], report_id="3")), date="Wed, 04 Mar 2026 01:02:03 +0000")
    bodies = {f"{n}.eml": report_mail(n) for n in range(1, 6)} | {
        "newer.eml": newer,
        "copy.eml": report_mail(1) + b"\n",
    }
    bodies |= {
        "spam.eml": mail(text="spam"),
        "bad.xml": b"<feedback>",
        "partial.xml": report_bytes([record("1"), record("x")]),
    }
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    settings = Settings(db=tmp_path / "w.duckdb")
    summary = wiring.load_paths(settings, [folder])
    assert (summary.reports, summary.records, summary.messages) == (5, 5, 1 + 2 + 50 + 4 + 5)
    assert {k: n for k, n in summary.mails.items() if n} == {
        "accepted": 5,
        "superseded": 1,
        "duplicate": 1,
        "partial": 1,
        "rejected": 2,
    }
    database = wiring.database(settings)
    for view, counted in (("v_mail", summary.mails), ("v_payload", summary.payloads)):
        frame = database.frame(f"SELECT fate, count(*) AS lines FROM {view} GROUP BY fate")  # noqa: S608
        assert dict(zip(frame["fate"], frame["lines"], strict=True)) == {k: n for k, n in counted.items() if n}
    again = wiring.load_paths(settings, [folder])
    assert again.mails == {"duplicate": len(bodies)}
    assert (again.reports, again.records, again.messages) == (0, 0, 0)


def test_a_loaded_report_can_be_shown_as_it_came(tmp_path: Path) -> None:
    content = report_bytes()
    (tmp_path / "r.eml").write_bytes(mail(gz(content)))
    settings = Settings(db=tmp_path / "w.duckdb")
    wiring.load_paths(settings, [tmp_path / "r.eml"])
    sha = RawMail(Origin(), content).sha256
    assert wiring.raw_payload(settings, sha) == content
    assert wiring.raw_payload(settings, "0" * 64) is None


def test_sources_are_looked_up_once_after_loading(tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_bytes(
        report_bytes([record("1", source_ip="8.8.8.8"), record("2", source_ip="10.0.0.1")])
    )
    settings = Settings(db=tmp_path / "w.duckdb")
    wiring.load_paths(settings, [tmp_path / "r.xml"])
    frame = wiring.database(settings).frame("SELECT source_ip, asn FROM v_source ORDER BY 1")
    assert list(frame["source_ip"]) == ["10.0.0.1", "8.8.8.8"]
    assert list(frame["asn"].dropna()) == [15169]
    assert wiring.enrich(settings) == 0


def test_two_runs_merge_into_one_summary() -> None:
    one, two = Summary(), Summary()
    one.add(Outcome(Origin(path="a"), Fate.ACCEPTED, "", (Fate.ACCEPTED,)))
    two.add(Outcome(Origin(path="b"), Fate.REJECTED, "", (Fate.REJECTED,), needs_a_look=True))
    one.merge(two)
    assert (one.mails, one.needs_a_look) == ({"accepted": 1, "rejected": 1}, 1)
