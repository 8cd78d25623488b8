"""The pipeline: mailbox → spool → read → store → file, in batches. Knows only the ports."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest import isolation
from ingest.ahead import ahead
from ingest.errors import MailboxError, StoreError, WorkerError
from ingest.model import Failed, ReadMail
from ingest.patience import patient, patiently
from ingest.ports import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from ingest.ahead import Ahead
    from ingest.model import Fate, Kept, Outcome, RawMail
    from ingest.ports import Clock, Mailbox, ReadBatch, Spool, Step, Store

PORTION_MAILS = 80  # that are fetched and spooled together
PORTION_BYTES = 2_000_000
PORTIONS_AHEAD = (
    4  # that wait to be read; of what was read, one portion waits to be stored: it may take twenty times as much memory
)
BATCH_MAILS = 500  # that are stored in one transaction
BATCH_BYTES = 32_000_000
BATCH_SECONDS = 5.0


@dataclass(slots=True)
class Summary:
    """What a run did, in mails, payloads and the change in accepted reports, records and messages."""

    mails: Counter[str] = field(default_factory=Counter)
    payloads: Counter[str] = field(default_factory=Counter)
    reports: int = 0
    records: int = 0
    messages: int = 0
    failures: list[MailboxError] = field(default_factory=list)  # mailboxes that could not be polled to the end
    needs_a_look: int = 0  # mails with a report that could not be counted, or was read differently by both ways
    failed: int = 0  # mails that could not be read or kept by a fault of ours; they stay where they are
    parked: int = 0  # those of them that are not tried any more
    seen: set[str] = field(default_factory=set, repr=False)  # origins of the mails counted here

    def add(self, outcome: Outcome | Failed) -> None:
        """Count one mail. What it did to the lines of mails counted earlier is counted too."""
        if isinstance(outcome, Failed):
            self.failed += 1
            self.parked += outcome.parked
            self.needs_a_look += 1
            return
        self.mails[outcome.fate.value] += 1
        self.payloads.update(fate.value for fate in outcome.payloads)
        self.needs_a_look += outcome.needs_a_look
        self._count(outcome.accepted, 1)
        self._count(outcome.replaced, -1)
        for line in outcome.relabelled:
            if line.origin in self.seen:
                _move(self.mails, *line.mail)
                for before, after in line.payloads:
                    _move(self.payloads, before, after)
        self.seen.add(str(outcome.origin))

    def _count(self, reports: Sequence[Kept], sign: int) -> None:
        self.reports += sign * len(reports)
        self.records += sign * sum(kept.records for kept in reports)
        self.messages += sign * sum(kept.messages for kept in reports)

    def merge(self, other: Summary) -> None:
        """Count another run too."""
        self.mails.update(other.mails)
        self.payloads.update(other.payloads)
        self.reports += other.reports
        self.records += other.records
        self.messages += other.messages
        self.needs_a_look += other.needs_a_look
        self.failed += other.failed
        self.parked += other.parked
        self.failures += other.failures


def _move(counter: Counter[str], before: Fate, after: Fate) -> None:
    counter[before.value] -= 1
    counter[after.value] += 1


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Where mails are kept, how they are read, and what is asked about them afterwards."""

    store: Store
    spool: Spool
    read: ReadBatch
    steps: tuple[Step, ...] = ()
    clock: Clock = utc_now
    filing: Callable[[], AbstractContextManager[None]] = nullcontext  # mails are filed inside, one poll after the other

    def examined(self, mail: RawMail) -> ReadMail:
        """The mail read, and every step taken."""
        return self.examiner([mail])(mail)

    def examiner(self, mails: Sequence[RawMail]) -> Callable[[RawMail], ReadMail]:
        """All of `mails` read together; for each of them the answer says what was found, every step taken."""
        found = {id(mail): read for mail, read in zip(mails, self.read(mails), strict=True)}

        def examined(mail: RawMail) -> ReadMail:
            read = replace(found[id(mail)], ingested_utc=mail.ingested_utc)
            for step in self.steps:
                read = step(mail, read)
            return read

        return examined


def poll_once(mailbox: Mailbox, pipeline: Pipeline) -> Iterator[Outcome | Failed]:
    """Read, keep and file every mail that is not in the ledger yet.

    Portions of mails are fetched and spooled in one thread and read by the processes behind another, while a batch of those that were read is stored
    here. A mail is filed only after its batch is committed, so a crash in between reads it again and the store answers "duplicate". A mail that fails
    by a fault of ours is written down, left where it is, and holds up nobody.

    Raises:
        MailboxError: the server went away; what was yielded is committed.
        StoreError: the database refused a batch, again after waiting where that can help; its mails stay where they are.
    """
    known, mailbox_free = patient(pipeline.store.known_uids), threading.Lock()
    with (
        ahead(_spooled(mailbox, known, pipeline, mailbox_free), PORTIONS_AHEAD) as spooled,
        ahead(_examined(spooled, pipeline), 1) as examined,
    ):
        for read in _batches(examined):
            readable = [one for one in read if isinstance(one, ReadMail)]
            patiently(pipeline.spool.judged, readable)
            done = isolation.kept(pipeline.store, readable)
            outcomes = [one for one in done if not isinstance(one, Failed)]
            with pipeline.filing(), mailbox_free:
                mailbox.file(outcomes)
            yield from outcomes
            failures = [one for one in (*read, *done) if isinstance(one, Failed)]
            if failures:
                yield from patiently(pipeline.store.failed, failures)


def _spooled(
    mailbox: Mailbox, known: Callable[[str, str, int], set[int]], pipeline: Pipeline, mailbox_free: threading.Lock
) -> Iterator[Sequence[RawMail]]:
    """Portions of mails whose bytes are on disk. A connection serves one command at a time, so the mailbox is asked only while nobody files in it."""
    portions = _portions(mailbox.unseen(known))
    while True:
        with mailbox_free:
            found = next(portions, None)
        if found is None:
            return
        now = pipeline.clock()
        portion = [replace(mail, ingested_utc=now) for mail in found]
        patiently(pipeline.spool.keep, portion)
        yield portion


def _portions(mails: Iterator[RawMail]) -> Iterator[Sequence[RawMail]]:
    """What was fetched before the server went away is given before that is raised."""
    portion: list[RawMail] = []
    size = 0
    broken: MailboxError | None = None
    try:
        for mail in mails:
            portion.append(mail)
            size += len(mail.body)
            if len(portion) >= min(PORTION_MAILS, BATCH_MAILS) or size >= PORTION_BYTES:
                yield portion
                portion, size = [], 0
    except MailboxError as error:
        broken = error
    if portion:
        yield portion
    if broken is not None:
        raise broken


def _examined(spooled: Ahead[Sequence[RawMail]], pipeline: Pipeline) -> Iterator[list[ReadMail | Failed]]:
    """The same mails read: all that were spooled while the ones before were read go to the processes together."""
    for portions in spooled:
        for mails in _together(portions):
            yield isolation.examined(mails, pipeline.examiner)


def _together(portions: Sequence[Sequence[RawMail]]) -> Iterator[list[RawMail]]:
    mails = [mail for portion in portions for mail in portion]
    for start in range(0, len(mails), BATCH_MAILS):
        yield mails[start : start + BATCH_MAILS]


def _batches(
    examined: Iterable[Sequence[list[ReadMail | Failed]]], clock: Callable[[], float] = time.monotonic
) -> Iterator[list[ReadMail | Failed]]:
    """As many mails as one transaction should keep; what was read before an error is given before that is raised."""
    batch: list[ReadMail | Failed] = []
    size, started = 0, clock()
    broken: Exception | None = None
    try:
        for portions in examined:
            for portion in portions:
                batch += portion
                size += sum(one.size for one in portion if isinstance(one, ReadMail))
                if len(batch) >= BATCH_MAILS or size >= BATCH_BYTES or clock() - started >= BATCH_SECONDS:
                    yield batch
                    batch, size, started = [], 0, clock()
    except (MailboxError, StoreError, WorkerError) as error:
        broken = error
    if batch:
        yield batch
    if broken is not None:
        raise broken
