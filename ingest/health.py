"""Whether what is kept is sound and complete: database, raw mails and journal against each other; and repairs that lose nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ingest import reparse
from ingest.errors import StoreError
from ingest.journal import Delivery
from ingest.store import acts, check, exchange, gate, opinions, senders, sums
from ingest.store.check import State
from ingest.store.parked import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.reparse import Parts, Progress
    from ingest.store.connect import Database

SAMPLE = 50  # raw mails whose hash is checked without `deep`


class Repair(StrEnum):
    """What can be done about a finding without losing anything."""

    SET_WAL_ASIDE = "the damaged file is set aside, and the mails that it held are read again from the spool"
    COMPLETE = "what the journal holds and the database does not is read from the spool"
    SUMS = "the sums are computed again from the records"
    REBUILD = "the database is made anew from the spool; the old file is kept beside it"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know. `grave`: numbers are wrong or missing, or may become so."""

    name: str
    message: str
    hint: str = ""
    grave: bool = True
    repair: Repair | None = None


def examine(database: Database, parts: Parts, *, deep: bool = False) -> Iterator[Finding]:
    """Everything that is wrong, gravest first. Nothing is changed."""
    state, message = check.state(database)
    if state is State.MISSING and not any(parts.spool.journal.entries()):
        return
    if state not in {State.SOUND, State.OLDER}:
        yield _file(state, message)
        return
    if state is State.SOUND:
        yield from _inside(database, deep=deep)
        yield from _spool(database, parts, deep=deep)


def _file(state: State, message: str) -> Finding:
    hints: dict[State, tuple[str, Repair | None]] = {
        State.MISSING: ("the journal of the spool holds mails", Repair.REBUILD),
        State.BUSY: ("close the other program (a duckdb shell?) and try again", None),
        State.NEWER: ("upgrade whosends, or restore a backup of before; the file was not touched", None),
        State.WAL: ("the last commits of a program that was killed cannot be read", Repair.SET_WAL_ASIDE),
        State.UNREADABLE: ("the spool still holds every mail", Repair.REBUILD),
    }
    hint, repair = hints[state]
    return Finding("database file", message, hint, repair=repair)


def _inside(database: Database, *, deep: bool) -> Iterator[Finding]:
    try:
        for one in check.disagreements(database, deep=deep):
            examples = ", ".join(text[:16] for text in one.examples)
            repair = Repair.SUMS if one.in_sums else Repair.REBUILD
            yield Finding("consistency", f"{one.rows:,} {one.words}: {examples}", repair=repair)
        if (differing := check.read_differently(database)).rows:
            yield Finding(
                "reading",
                f"{differing.rows:,} {differing.words}; parsedmarc's rows count: {', '.join(text[:16] for text in differing.examples)}",
                'please report it; `normalizer = "parsedmarc"` under [parsing] reads everything through parsedmarc',
                grave=False,
            )
    except StoreError as error:
        yield Finding("database file", error.message, "the spool still holds every mail", repair=Repair.REBUILD)


def _spool(database: Database, parts: Parts, *, deep: bool) -> Iterator[Finding]:
    spool = parts.spool
    with database.read() as connection:
        ledger = dict(connection.execute("SELECT mail_id, mail_sha256 FROM mail").fetchall())
    journal = {
        reparse.mail_id(entry): entry.sha256 for _, entry in spool.journal.entries() if isinstance(entry, Delivery)
    }
    kept = spool.names()
    yield from _missing(ledger.values(), kept)
    if unread := journal.keys() - ledger.keys():
        yield Finding(
            "spool and ledger",
            f"{len(unread):,} mails came in that the ledger does not know",
            "a run was broken off, or a damaged file lost them",
            repair=Repair.COMPLETE,
        )
    if untold := ledger.keys() - journal.keys():
        yield Finding(
            "journal",
            f"{len(untold):,} mails of the ledger are not in the journal: a rebuild would lose them",
            "restore the spool from a backup, or keep backups of the database",
        )
    pending = len(acts.missing(database, spool.journal.known_acts()))
    pending += len(senders.ACTS.missing(database, spool.journal.known_sender_acts()))
    pending += len(opinions.ACTS.missing(database, spool.journal.known_opinion_acts()))
    if pending:
        yield Finding("acts", f"{pending:,} decisions in the journal are not in the database", repair=Repair.COMPLETE)
    yield from _damaged(parts, sorted(kept), deep=deep)
    if loose := kept - set(ledger.values()) - set(journal.values()):
        yield Finding(
            "spool",
            f"{len(loose):,} raw mails were kept before a run was broken off; the next poll reads them",
            grave=False,
        )
    if parked := sum(one.parked for one in listed(database)):
        yield Finding(
            "parked mails",
            f"{parked:,} mails failed again and again and are not tried any more",
            "see `whosends ledger --parked`",
            grave=False,
        )


def _missing(mails: object, kept: set[str]) -> Iterator[Finding]:
    missing = sorted(set(mails) - kept)  # type: ignore[call-overload]
    if missing:
        yield Finding(
            "raw mails",
            f"{len(missing):,} mails of the ledger have no raw bytes in the spool: {', '.join(one[:16] for one in missing[:3])}",
            "restore the spool from a backup",
        )


def _damaged(parts: Parts, kept: list[str], *, deep: bool) -> Iterator[Finding]:
    chosen = kept if deep else random.sample(kept, min(SAMPLE, len(kept)))
    for sha256 in chosen:
        try:
            parts.spool.load(sha256)
        except StoreError as error:
            yield Finding("raw mails", error.message, error.hint)


def repair(database: Database, parts: Parts, wanted: Repair, *, progress: Progress) -> str:
    """Done; says what was done. No evidence is deleted: files are renamed.

    Raises:
        StoreError: it could not be done.
    """
    if wanted is Repair.REBUILD:
        done = reparse.rebuild(database, parts, keep_old=True, progress=progress)
        aside = f"; the old file is {done.aside[-1].name}" if done.aside else ""
        return f"rebuilt from {done.mails:,} mails of the spool{aside}"
    if wanted is Repair.SUMS:
        sums.recompute(database)
        return "sums computed again from the records"
    words = ""
    if wanted is Repair.SET_WAL_ASIDE:
        with gate.writing(database.path):
            moved = exchange.set_aside(exchange.wal(database.path))
        words = f"set aside as {', '.join(path.name for path in moved)}; "
    return f"{words}{reparse.complete(database, parts, progress=progress):,} mails read from the spool"
