"""Reads the raw mails of the spool again: all of them into a new database, or some in place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest import isolation
from ingest.errors import StoreError
from ingest.journal import Delivery, Verdict
from ingest.model import Act, Failed, Prune, ReadMail, stable_uuid
from ingest.opinions import OpinionAct
from ingest.registry import SenderAct
from ingest.store import acts, exchange, gate, opinions, partly, senders
from ingest.store.compare import Changes, compare
from ingest.store.connect import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from ingest.journal import Entry
    from ingest.model import Deed, RawMail
    from ingest.poll import Pipeline
    from ingest.remembered import Verdicts
    from ingest.spool import DiskSpool
    from ingest.store.partly import Wanted
    from ingest.store.write import DuckStore

    Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What reading again needs: where the mails are, how they are read, and what keeps them."""

    spool: DiskSpool
    pipeline: Callable[[Verdicts], Pipeline]  # with the trust levels of the journal instead of new ones
    store: Callable[[Database], DuckStore]


@dataclass(slots=True)
class Reparsed:
    """What reading again did."""

    mails: int = 0  # read again
    failed: list[str] = field(default_factory=list)  # mails that could not be read by a fault of ours, and the error
    unreadable: list[str] = field(default_factory=list)  # sha256 of mails whose raw bytes are gone or damaged
    changes: Changes | None = None  # None: there was nothing to compare with, or it could not be read
    problem: str = ""  # why the old database could not be read
    aside: list[Path] = field(default_factory=list)  # where it is now
    replaced: bool = False


@dataclass(slots=True)
class _Run:
    """One way through the journal."""

    parts: Parts
    database: Database  # the new one
    known: dict[UUID, datetime]  # mails of the old database, and when they were taken in
    done: Reparsed
    progress: Progress
    skip: AbstractSet[UUID] = frozenset()  # mails that are there already
    chosen: dict[UUID, int] = field(default_factory=dict)  # mail → where its line ends; later lines repeat it
    held: set[UUID] = field(default_factory=set)  # those whose line is the one that the old database holds
    verdicts: dict[tuple[str, str, datetime | None], Verdict] = field(default_factory=dict)
    batch: list[Delivery] = field(default_factory=list)  # found, but not kept yet
    acts: list[Deed] = field(default_factory=list)  # after it
    _pipeline: Pipeline = field(init=False)

    def through(self, start: int) -> int:
        """Everything in the journal from byte `start` on is in the database; returns where it ends."""
        journal = self.parts.spool.journal
        end, decided = start, []
        for end, entry in journal.entries(start):
            self.choose(end, entry)
        for position, entry in journal.entries(start):
            if position > end:
                break  # written meanwhile: not chosen yet
            if isinstance(entry, Act | Prune):
                self._keep()
                self.acts.append(entry)
            elif isinstance(entry, Delivery) and self.chosen.get(mail_id(entry)) == position:
                if self.acts or (self.batch and self.batch[0].mail.ingested_utc != entry.mail.ingested_utc):
                    self._flush()
                self.batch.append(entry)
            elif isinstance(entry, SenderAct | OpinionAct):
                decided.append(entry)
        self._flush()
        senders.ACTS.catch_up(self.database, [one for one in decided if isinstance(one, SenderAct)])
        opinions.ACTS.catch_up(self.database, [one for one in decided if isinstance(one, OpinionAct)])
        return end

    def choose(self, end: int, entry: Entry) -> None:
        """Of several lines about one mail the first that the old database holds counts, else the first: later ones changed nothing."""
        if isinstance(entry, Verdict):
            self.verdicts[entry.mail_sha256, entry.payload_sha256, entry.ingested_utc] = entry
        elif isinstance(entry, Delivery):
            key = mail_id(entry)
            held = key not in self.held and self.known.get(key) == entry.mail.ingested_utc
            if key not in self.skip and (key not in self.chosen or held):
                self.chosen[key] = end
            if held:
                self.held.add(key)

    def _flush(self) -> None:
        self._keep()
        acts.catch_up(self.database, self.acts)
        self.acts = []

    def _keep(self) -> None:
        if self.batch:
            read = self.examined(self.batch)
            self.parts.store(self.database).add(read)
            self.done.mails += len(read)
            self.progress(self.done.mails, len(self.chosen))
            self.batch = []

    def __post_init__(self) -> None:
        """One pipeline for all mails; it sees the verdicts that are found on the way."""
        self._pipeline = self.parts.pipeline(self.verdicts)

    def examined(self, deliveries: Sequence[Delivery]) -> list[ReadMail]:
        """The mails read again; those that cannot be are noted."""
        found = [mail for mail in map(self._raw, deliveries) if mail is not None]
        read = isolation.examined(found, self._pipeline.examiner)
        self.done.failed += [f"{one.origin}: {one.error}" for one in read if isinstance(one, Failed)]
        return [one for one in read if isinstance(one, ReadMail)]

    def _raw(self, delivery: Delivery) -> RawMail | None:
        try:
            body = self.parts.spool.load(delivery.sha256)
        except StoreError:
            body = None
        if body is None:
            self.done.unreadable.append(delivery.sha256)
            return None
        return replace(delivery.mail, body=body)


def mail_id(delivery: Delivery) -> UUID:
    """The key of its mail in the ledger."""
    return stable_uuid(str(delivery.mail.origin), delivery.sha256)


def rebuild(
    database: Database,
    parts: Parts,
    *,
    dry_run: bool = False,
    force: bool = False,
    keep_old: bool = False,
    progress: Progress,
) -> Reparsed:
    """The database is made anew from the spool alone, and stands in the place of the old one.

    Mails that come in meanwhile are in it too. Readers and writers wait only while the end is read and the file is replaced.
    What is known about sources is carried over. An old file that cannot be read is set aside, not deleted; with `keep_old`, any.

    Raises:
        StoreError: a disk refused; or mails of the old database cannot be read again, and `force` is not set. The old file is untouched.
    """
    done = Reparsed()
    known = _known(database)
    with exchange.beside(database.path, "rebuild") as path:
        run = _Run(parts, Database(path), known, done, progress)
        with run.database.write():
            pass  # an empty journal makes an empty database
        end = run.through(0)
        if dry_run:
            with gate.reading(database.path):
                run.through(end)
                _compared(run, database.path)
            return done
        with gate.writing(database.path):
            run.through(end)
            done.problem = exchange.problem(database.path)
            _compared(run, database.path)
            _refuse_losses(done, force=force)
            if done.problem or keep_old:
                done.aside = exchange.set_aside(database.path, stays=True)
            exchange.put(path, database.path)
            done.replaced = True
    return done


def _known(database: Database) -> dict[UUID, datetime]:
    try:
        with database.read() as connection:
            return dict(connection.execute("SELECT mail_id, ingested_utc FROM mail").fetchall())
    except StoreError:
        return {}


def _compared(run: _Run, old: Path) -> None:
    """What changed, where the old file can be read; its knowledge is carried over. The caller holds the gate."""
    if run.done.problem or not old.exists() or old.stat().st_size == 0:
        return
    try:
        exchange.carry_over(run.database, old)
        run.done.changes = compare(run.database, old)
    except StoreError as error:
        run.done.problem = error.message


def _refuse_losses(done: Reparsed, *, force: bool) -> None:
    lost = done.changes.tables["mail"].lost if done.changes and "mail" in done.changes.tables else 0
    if lost and not force:
        raise StoreError(
            f"{lost:,} mails of the database cannot be read again: the spool does not hold them",
            hint="restore the spool from a backup; or give --force to go on without these mails",
        )


def again(database: Database, parts: Parts, wanted: Wanted, *, dry_run: bool = False, progress: Progress) -> Reparsed:
    """The mails that are wanted, and those that share a payload with them, are read again and replaced in one transaction.

    Raises:
        SettingsError: nothing fits.
        StoreError: raw bytes are missing, or a disk refused; nothing was changed.
    """
    done = Reparsed()
    with exchange.beside(database.path, "before") as path:
        exchange.copy(database.path, path)
        before = Database(path)
        with before.read() as connection:
            known = partly.chosen(connection, wanted)
        run = _Run(parts, before, known, done, progress)
        batches = _read_again(run)
        target = before if dry_run else database
        with target.write() as connection:
            partly.replace_mails(connection, list(known), batches, parts.store(target))
        if dry_run:
            with gate.reading(database.path):
                done.changes = compare(before, database.path)
        else:
            done.changes, done.replaced = compare(database, path), True
    return done


def complete(database: Database, parts: Parts, *, progress: Progress) -> int:
    """Mails and acts that the journal holds and the database does not are in it too; returns how many mails.

    Raises:
        StoreError: a disk refused.
    """
    done = Reparsed()
    run = _Run(parts, database, {}, done, progress, skip=_known(database).keys())
    with database.write():
        pass  # made, or brought up to date
    run.through(0)
    return done.mails


def _read_again(run: _Run) -> list[list[ReadMail]]:
    """The known mails, read again, in the batches in which they came."""
    for end, entry in run.parts.spool.journal.entries():
        run.choose(end, entry)
    batches: list[list[Delivery]] = []
    for end, entry in run.parts.spool.journal.entries():
        if isinstance(entry, Delivery) and mail_id(entry) in run.known and run.chosen[mail_id(entry)] == end:
            if not batches or batches[-1][0].mail.ingested_utc != entry.mail.ingested_utc:
                batches.append([])
            batches[-1].append(entry)
    read = []
    for batch in batches:
        read.append(run.examined(batch))
        run.done.mails += len(read[-1])
        run.progress(run.done.mails, len(run.known))
    if run.done.mails < len(run.known):
        raise StoreError(
            f"{len(run.known) - run.done.mails:,} of these mails cannot be read again: the spool does not hold them",
            hint="restore the spool from a backup; nothing was changed",
        )
    return read
