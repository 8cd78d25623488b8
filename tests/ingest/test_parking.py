"""A mail that fails by a fault of ours holds up nobody; a machine that has no room blames no mail."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import parsedmarc
import pytest

from ingest import patience
from ingest.errors import StoreBusy, StoreError, StoreExhausted
from ingest.model import Failed, Origin, RawMail
from ingest.patience import patiently
from ingest.poll import Pipeline, Summary, poll_once
from ingest.reading import read_all
from ingest.settings import Limits, Parsing
from ingest.spool import DiskSpool
from ingest.store import parked
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.mailbox import MemoryMailbox
from tests.fakes.reports import gz, mail, record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.model import Outcome, ReadMail
    from ingest.ports import Step

NOW = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC
BAD = 2  # the UID of the mail that always fails


def bodies(number: int = 3) -> list[bytes]:
    return [
        mail(gz(report_bytes([record(str(n))], report_id=str(n))), message_id=f"<{n}@r.example>")
        for n in range(1, number + 1)
    ]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "w.duckdb")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES_S", (0.0, 0.0))


def failing(error: BaseException, *uids: int) -> Step:
    def step(raw: RawMail, mail_read: ReadMail) -> ReadMail:
        if raw.origin.uid in uids:
            raise error
        return mail_read

    return step


def pipeline(database: Database, *steps: Step, store: DuckStore | None = None) -> Pipeline:
    return Pipeline(
        store=store or DuckStore(database, parser="t", clock=lambda: NOW),
        spool=DiskSpool(database.path.with_suffix(".spool")),
        read=partial(read_all, limits=Limits()),
        steps=steps,
        clock=lambda: NOW,
    )


def run(mailbox: MemoryMailbox, parts: Pipeline) -> Summary:
    summary = Summary()
    for outcome in poll_once(mailbox, parts):
        summary.add(outcome)
    return summary


def test_a_mail_that_cannot_be_read_lets_the_others_through(database: Database) -> None:
    mailbox = MemoryMailbox(bodies())
    summary = run(mailbox, pipeline(database, failing(KeyError("oh"), BAD)))
    assert (summary.mails, summary.failed, summary.parked, summary.needs_a_look) == ({"accepted": 2}, 1, 0, 1)
    assert [outcome.origin.uid for outcome in mailbox.filed] == [1, 3]  # the other stays where it is
    (one,) = parked.listed(database)
    assert one == parked.Parked("memory/INBOX/1/2", 1, "KeyError: 'oh'", NOW, parked=False)
    body = mailbox.bodies[BAD - 1]
    assert DiskSpool(database.path.with_suffix(".spool")).load(RawMail(Origin(), body).sha256) == body


def test_a_mail_that_fails_in_three_runs_is_parked_and_not_tried_again(database: Database) -> None:
    mailbox, parts = MemoryMailbox(bodies()), pipeline(database, failing(RecursionError("deep"), BAD))
    assert [(run(mailbox, parts).failed, parked.listed(database)[0].attempts) for _ in range(3)] == [
        (1, 1),
        (1, 2),
        (1, 3),
    ]
    assert parked.listed(database)[0].parked
    assert run(mailbox, parts) == Summary()


def test_the_third_failure_is_counted_as_parked(database: Database) -> None:
    mailbox, parts = MemoryMailbox(bodies()), pipeline(database, failing(ValueError("x"), BAD))
    assert [run(mailbox, parts).parked for _ in range(3)] == [0, 0, 1]


def test_a_parked_mail_that_is_released_is_tried_again_and_forgotten_when_it_succeeds(database: Database) -> None:
    mailbox = MemoryMailbox(bodies())
    for _ in range(3):
        run(mailbox, pipeline(database, failing(TypeError("x"), BAD)))
    assert parked.unpark(database, ["somewhere else"]) == 0
    assert parked.unpark(database) == 1
    assert run(mailbox, pipeline(database)).mails == {"accepted": 1}
    assert parked.listed(database) == []
    assert parked.unpark(database) == 0


def test_a_mail_that_succeeds_at_the_second_attempt_leaves_no_trace_of_the_first(database: Database) -> None:
    mailbox = MemoryMailbox(bodies())
    run(mailbox, pipeline(database, failing(IndexError("x"), BAD)))
    run(mailbox, pipeline(database))
    assert parked.listed(database) == []


def test_nothing_is_parked_where_there_is_no_database(database: Database) -> None:
    assert parked.listed(database) == []
    assert parked.unpark(database) == 0
    assert not database.path.exists()


class Picky(DuckStore):
    """A store that cannot keep mails with some UIDs."""

    def __init__(self, database: Database, error: Exception, *uids: int) -> None:
        super().__init__(database, parser="t", clock=lambda: NOW)
        self._error, self._uids = error, uids

    def add(self, mails: Sequence[ReadMail]) -> list[Outcome]:
        if any(one.origin.uid in self._uids for one in mails):
            raise self._error
        return super().add(mails)


@pytest.mark.parametrize("error", [StoreError("Conversion Error: no"), OverflowError("too large")])
def test_a_mail_that_cannot_be_kept_lets_the_others_through(database: Database, error: Exception) -> None:
    mailbox = MemoryMailbox(bodies())
    parts = pipeline(database, store=Picky(database, error, BAD))
    assert run(mailbox, parts).mails == {"accepted": 2}
    assert [outcome.origin.uid for outcome in mailbox.filed] == [1, 3]
    assert str(error) in parked.listed(database)[0].error
    assert run(mailbox, parts).failed == 1  # alone now, and still to blame
    assert run(mailbox, parts).parked == 1


def test_a_database_that_refuses_every_mail_is_to_blame_itself(database: Database) -> None:
    mailbox = MemoryMailbox(bodies())
    parts = pipeline(database, store=Picky(database, StoreError("damaged"), 1, 2, 3))
    with pytest.raises(StoreError, match="damaged"):
        run(mailbox, parts)
    assert (mailbox.filed, parked.listed(database)) == ([], [])


class Down(DuckStore):
    """A store that takes nothing at all."""

    def __init__(self, database: Database, error: Exception, times: int = 1_000) -> None:
        super().__init__(database, parser="t", clock=lambda: NOW)
        self.error, self.times, self.asked = error, times, 0

    def add(self, mails: Sequence[ReadMail]) -> list[Outcome]:
        self.asked += 1
        if self.asked <= self.times:
            raise self.error
        return super().add(mails)


def test_a_database_that_takes_nothing_blames_no_mail(database: Database) -> None:
    mailbox = MemoryMailbox(bodies(1))
    with pytest.raises(StoreError, match="read-only"):
        run(mailbox, pipeline(database, store=Down(database, StoreError("read-only"))))
    assert parked.listed(database) == []


TRANSIENT = [
    MemoryError(),
    OSError(errno.EMFILE, "Too many open files"),
    OSError(errno.ENOSPC, "No space left on device"),
    StoreBusy("held"),
    StoreExhausted("disk full"),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_a_machine_without_room_is_waited_for(database: Database, error: Exception) -> None:
    store = Down(database, error, times=2)
    assert run(MemoryMailbox(bodies()), pipeline(database, store=store)).mails == {"accepted": 3}
    assert store.asked == 3


@pytest.mark.parametrize("where", ["step", "store"])
@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_a_machine_that_stays_without_room_ends_the_run_and_blames_no_mail(
    database: Database, error: Exception, where: str
) -> None:
    mailbox = MemoryMailbox(bodies())
    parts = (
        pipeline(database, store=Down(database, error)) if where == "store" else pipeline(database, failing(error, BAD))
    )
    with pytest.raises(StoreError) as caught:
        run(mailbox, parts)
    assert isinstance(caught.value, (StoreBusy, StoreExhausted))
    assert caught.value.exit_code == 4
    assert (mailbox.filed, parked.listed(database)) == ([], [])
    assert run(mailbox, pipeline(database)).mails == {"accepted": 3}


def test_a_parser_that_runs_out_of_file_handles_makes_no_report_a_bad_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_handles(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(parsedmarc, "parse_aggregate_report_xml", no_handles)
        with pytest.raises(StoreExhausted):
            run(MemoryMailbox(bodies()), by_parsedmarc(database))
    assert run(MemoryMailbox(bodies()), by_parsedmarc(database)).mails == {"accepted": 3}


def by_parsedmarc(database: Database) -> Pipeline:
    read = partial(read_all, limits=Limits(), parsing=Parsing(normalizer="parsedmarc"))
    return replace(pipeline(database), read=read)


def test_what_is_not_transient_is_not_tried_twice() -> None:
    tried = []

    def step() -> None:
        tried.append(1)
        raise FileNotFoundError(errno.ENOENT, "no such file")

    with pytest.raises(FileNotFoundError):
        patiently(step)
    assert tried == [1]


def test_a_bug_that_nobody_thought_of_ends_the_run(database: Database) -> None:
    class UnheardOf(Exception):
        pass

    with pytest.raises(UnheardOf):
        run(MemoryMailbox(bodies()), pipeline(database, failing(UnheardOf(), BAD)))


def test_a_failure_is_told_in_one_line_of_text_that_can_be_stored(database: Database) -> None:
    store = DuckStore(database, parser="t", clock=lambda: NOW)
    failure = Failed(Origin(path="/in/\udcff.xml"), "ValueError: \ud800 is no character")
    (one,) = store.failed([replace(failure, origin=Origin(path="/in/x.xml"))])
    assert (one.attempts, one.parked) == (1, False)
    assert parked.listed(database)[0].error == "ValueError: \\ud800 is no character"


def test_parked_uids_of_another_folder_or_uidvalidity_do_not_matter(database: Database) -> None:
    store = DuckStore(database, parser="t", clock=lambda: NOW)
    for _ in range(parked.ATTEMPTS):
        store.failed([Failed(Origin("main", "INBOX", 7, 5), "x")])
    known: Callable[..., set[int]] = store.known_uids
    assert [known("main", "INBOX", 7), known("main", "INBOX", 8), known("main", "Other", 7)] == [{5}, set(), set()]
    assert store.known_fates("main", "INBOX", 7) == {}
