"""Old records are dropped, on a person's word, and the sums of their days stay."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ingest.errors import SettingsError, StoreBusy
from ingest.journal import Delivery
from ingest.reparse import mail_id
from ingest.store import acts
from ingest.store import prune as records

if TYPE_CHECKING:
    import duckdb

    from ingest.model import Prune
    from ingest.spool import DiskSpool
    from ingest.store.connect import Database
    from ingest.store.prune import Pruned

KEPT_DAYS = 60  # at least: 28 days and the 28 before them are what pages compare, and reports come in days later
_AGE = re.compile(r"([1-9][0-9]{0,4})([dmy])")


def cutoff(age: str, today: date) -> date:
    """The day that lies `age` before `today`: days (400d), months (13m) or years (2y) of the calendar.

    Raises:
        SettingsError: it is not written so, or lies before the calendar begins.
    """
    found = _AGE.fullmatch(age.strip().lower())
    if found is None:
        raise SettingsError(f"{age!r} is not an age", hint="write 400d, 13m or 2y")
    number, unit = int(found[1]), found[2]
    try:
        return (
            today - timedelta(days=number)
            if unit == "d"
            else _months_before(today, number * (12 if unit == "y" else 1))
        )
    except (OverflowError, ValueError) as error:
        raise SettingsError(f"{age}: that is before the calendar begins", hint="write 400d, 13m or 2y") from error


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def check(before: date, today: date, *, force: bool = False) -> None:
    """The cutoff is one that can be meant.

    Raises:
        SettingsError: it lies in the future, or is younger than KEPT_DAYS and `force` is not set.
    """
    if before > today:
        raise SettingsError(f"{before} is in the future", hint="records can be dropped up to yesterday")
    if before > today - timedelta(days=KEPT_DAYS) and not force:
        raise SettingsError(
            f"records of the last {KEPT_DAYS} days would go",
            hint="pages compare 28 days with the 28 before, and reports come days later; --force does it all the same",
        )


def wait_for_mails(database: Database, spool: DiskSpool) -> None:
    """Every mail that came in is in the ledger.

    Raises:
        StoreMissing: there is no database.
        StoreBusy: mails were taken in that the database does not hold yet; trying again later helps.
    """
    with database.read() as connection:
        _refuse_unread(connection, spool)


def prune(database: Database, spool: DiskSpool, wanted: Prune) -> Pruned:
    """The records of the days before the cutoff are gone, for ever; the sums of these days and the raw mails stay.

    It is in the journal before it is in the database. If the program dies in between, the next start carries it out.

    Raises:
        StoreMissing: there is no database.
        StoreBusy: mails were taken in that the database does not hold yet; nothing was done.
        StoreError: a disk refused. When it was that of the database, the prune is in the journal and is applied at the next start.
    """
    wait_for_mails(database, spool)
    with database.write() as connection:
        acts.apply_missing(connection, spool.journal.known_acts())
        _refuse_unread(connection, spool)
        spool.journal.acts([wanted])
        return records.apply(connection, wanted)


def _refuse_unread(connection: duckdb.DuckDBPyConnection, spool: DiskSpool) -> None:
    """Every mail that the journal names so far is in the ledger, so that a rebuild finds them on the same side of the prune.

    What cannot be read, by a fault of ours or because its bytes are gone, is not waited for.
    """
    known = {mail for (mail,) in connection.execute("SELECT mail_id FROM mail").fetchall()}
    failed = {origin for (origin,) in connection.execute("SELECT origin FROM parked").fetchall()}
    named = (entry for _, entry in spool.journal.entries() if isinstance(entry, Delivery))
    unread = {one.sha256 for one in named if mail_id(one) not in known and str(one.mail.origin) not in failed}
    if unread and (waiting := unread & spool.names()):
        raise StoreBusy(
            f"{len(waiting):,} mails came in that the database does not hold yet",
            hint="a poll is running, or was broken off: try again when it is done, or after `whosends doctor --repair`",
        )
