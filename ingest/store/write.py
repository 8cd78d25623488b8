"""Keeps mails exactly once: ledger, payload fates, reports and records of a batch in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import StoreError, StoreMissing
from ingest.model import DIFFER, Fate, Kind, Outcome, stable_uuid
from ingest.ports import utc_now
from ingest.store import parked, prune, relabel, rows, sums
from ingest.store.judge import Judge, mail_fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    import duckdb

    from ingest.model import Failed, ReadMail, Report
    from ingest.ports import Clock
    from ingest.store.connect import Database
    from ingest.store.judge import Judged


class DuckStore:
    """The one writer."""

    def __init__(self, database: Database, *, parser: str, clock: Clock = utc_now) -> None:
        self._database = database
        self._parser = parser
        self._clock = clock

    def known_uids(self, mailbox: str, folder: str, uidvalidity: int) -> set[int]:
        """UIDs of that folder that are in the ledger, or parked; none when there is no database yet."""
        try:
            with self._database.read() as connection:
                not_tried = parked.uids(connection, mailbox, folder, uidvalidity)
                return not_tried | set(_fates(connection, mailbox, folder, uidvalidity))
        except StoreMissing:
            return set()

    def known_fates(self, mailbox: str, folder: str, uidvalidity: int) -> dict[int, Fate]:
        """UID → fate of the mails of that folder that are in the ledger."""
        try:
            with self._database.read() as connection:
                return _fates(connection, mailbox, folder, uidvalidity)
        except StoreMissing:
            return {}

    def failed(self, failures: Sequence[Failed]) -> list[Failed]:
        """One more attempt of each is written down; returns them with the number of attempts."""
        return parked.failed(self._database, failures, self._clock())

    def add(self, mails: Sequence[ReadMail]) -> list[Outcome]:
        """Keep all of `mails`, or none. Adding a mail again changes nothing and is answered with "duplicate".

        Raises:
            StoreError: nothing was kept; the mails can be added again.
        """
        with self._database.write() as connection:
            return self.add_within(connection, mails)

    def add_within(self, connection: duckdb.DuckDBPyConnection, mails: Sequence[ReadMail]) -> list[Outcome]:
        """The same in a transaction of the caller."""
        now = self._clock()
        keys = [stable_uuid(str(mail.origin), mail.sha256) for mail in mails]
        known = _known_mails(connection, keys)
        judge = Judge(connection, mails, now)
        fresh = [(key, mail, judge.mail(mail)) for key, mail in _once(zip(keys, mails, strict=True), known)]
        judge.settle()
        self._insert_reports(connection, [judged for _, _, payloads in fresh for judged in payloads if judged.is_new])
        relabel.stored(connection, judge)
        relabel.twins(connection, judge)
        _append(connection, "mail", rows.mails(fresh, now))
        _append(connection, "payload", rows.payloads(fresh))
        parked.forget(connection, [str(mail.origin) for mail in mails])
        sums.follow(connection)
        prune.late(connection)
        answered = {key: _outcome(mail, judged) for key, mail, judged in fresh}
        return [
            answered.pop(key) if key in answered else _known_outcome(mail, known.get(key))
            for key, mail in zip(keys, mails, strict=True)
        ]

    def _insert_reports(self, connection: duckdb.DuckDBPyConnection, new: Sequence[Judged]) -> None:
        first = _next_number(connection)
        numbered = [
            (number, judged.version, judged.payload.report)
            for number, judged in enumerate(new, first)
            if judged.version is not None and judged.payload.report is not None
        ]
        _append(connection, "report", rows.reports(numbered, self._parser))
        _append(connection, "record", rows.records(numbered))
        _verify(connection, first, [report for _, _, report in numbered])


def _fates(connection: duckdb.DuckDBPyConnection, mailbox: str, folder: str, uidvalidity: int) -> dict[int, Fate]:
    sql = "SELECT uid::BIGINT, fate FROM mail WHERE mailbox = $1 AND folder = $2 AND uidvalidity = $3"
    found = connection.execute(sql, [mailbox, folder, uidvalidity]).fetchall()
    return {int(uid): Fate(fate) for uid, fate in found}


def _next_number(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("SELECT coalesce(max(report_no), 0) + 1 FROM report").fetchall()[0][0])


def _known_mails(connection: duckdb.DuckDBPyConnection, keys: list[UUID]) -> dict[UUID, Fate]:
    found = connection.execute(
        "SELECT mail_id, fate FROM mail WHERE mail_id IN (SELECT unnest($1::UUID[]))", [keys]
    ).fetchall()
    return {mail_id: Fate(fate) for mail_id, fate in found}


def _once(mails: Iterable[tuple[UUID, ReadMail]], known: Iterable[UUID]) -> Iterable[tuple[UUID, ReadMail]]:
    seen = set(known)
    for key, mail in mails:
        if key not in seen:
            seen.add(key)
            yield key, mail


def _append(connection: duckdb.DuckDBPyConnection, table: str, data: object) -> None:
    connection.register("batch", data)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch")  # noqa: S608 - a fixed set of names
    connection.unregister("batch")


def _verify(connection: duckdb.DuckDBPyConnection, first: int, reports: list[Report]) -> None:
    """What the database now holds of these reports is what was given to it."""
    given = (sum(len(report.records) for report in reports), sum(report.messages for report in reports))
    for sql in (
        "SELECT count(*), coalesce(sum(messages), 0)::HUGEINT FROM record WHERE report_no >= $1",
        "SELECT coalesce(sum(records), 0)::HUGEINT, coalesce(sum(messages), 0)::HUGEINT FROM report WHERE report_no >= $1",
    ):
        if (held := connection.execute(sql, [first]).fetchall()[0]) != given:
            raise StoreError(
                f"the database holds {held} records and messages, but was given {given}",
                hint="please report this; nothing was kept",
            )


def _outcome(mail: ReadMail, payloads: list[Judged]) -> Outcome:
    fates = tuple(judged.fate for judged in payloads)
    reasons = dict.fromkeys(judged.reason for judged in payloads if judged.reason)
    return Outcome(
        origin=mail.origin,
        fate=mail_fate(fates),
        reason=mail.problem or "; ".join(reasons),
        payloads=fates,
        accepted=tuple(kept for judged in payloads for kept in judged.kept()),
        replaced=tuple(kept for judged in payloads for kept in judged.replaced),
        relabelled=tuple(line for judged in payloads for line in judged.relabelled),
        needs_a_look=any(_needs_a_look(judged) for judged in payloads),
    )


def _needs_a_look(judged: Judged) -> bool:
    if judged.payload.report is not None and DIFFER in judged.payload.report.flags:
        return True
    refused = judged.fate is Fate.REJECTED and judged.payload.kind not in {Kind.FAILURE, Kind.TLSRPT}
    return refused or judged.fate in {Fate.PARTIAL, Fate.QUARANTINED, Fate.SUSPECT}


def _known_outcome(mail: ReadMail, fate: Fate | None) -> Outcome:
    fates = (Fate.DUPLICATE,) * len(mail.payloads)
    reason = "this delivery is in the ledger already"
    return Outcome(mail.origin, Fate.DUPLICATE, reason, fates, ledger_fate=fate)
