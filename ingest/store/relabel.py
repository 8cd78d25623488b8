"""Carries a change of mind about stored reports into the ledger: report, payload and mail lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model import Fate, Relabelled
from ingest.store.judge import COUNTABLE, mail_fate
from ingest.store.twins import changes as find_twins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

    from ingest.store.judge import Judge, Version


def stored(connection: duckdb.DuckDBPyConnection, judge: Judge) -> None:
    """Stored versions that count no longer, or count again, say so in all tables; nothing is deleted."""
    for version, cause, reason in judge.changes():
        connection.execute(
            "UPDATE report SET fate = $2, received_utc = $3, trust = $4, trust_evidence = $5 WHERE payload_sha256 = $1",
            [
                version.kept.payload_sha256,
                version.fate.value,
                version.received_utc,
                version.trust,
                version.trust_evidence,
            ],
        )
        cause.relabelled.extend(_lines(connection, version, reason))


def twins(connection: duckdb.DuckDBPyConnection, judge: Judge) -> None:
    """Reports that are suspected to be another one again say so; those of the batch, whose ledger lines are not written yet, in memory."""
    for change in find_twins(connection, judge.keys()):
        sha, fates = change.kept.payload_sha256, (change.before, change.after)
        connection.execute("UPDATE report SET fate = $2 WHERE payload_sha256 = $1", [sha, change.after.value])
        cause = judge.twin(change.kept, fates, change.reason)
        if cause is not None:
            cause.relabelled.extend(lines(connection, sha, fates, change.reason))


def _lines(connection: duckdb.DuckDBPyConnection, version: Version, reason: str) -> Iterator[Relabelled]:
    if version.stored is None or version.stored[0] not in COUNTABLE or version.stored[0] is version.fate:
        return  # the lines of a version that was held say what became of those deliveries
    yield from lines(connection, version.kept.payload_sha256, (version.stored[0], version.fate), reason)


def lines(
    connection: duckdb.DuckDBPyConnection, payload_sha256: str, change: tuple[Fate, Fate], reason: str
) -> Iterator[Relabelled]:
    """The ledger lines of a payload that have the first fate of `change` get the second one; their mails follow."""
    before, after = change
    found = connection.execute(
        "SELECT mail_id, member FROM payload WHERE payload_sha256 = $1 AND fate = $2", [payload_sha256, before.value]
    ).fetchall()
    for mail_id, member in found:
        connection.execute(
            "UPDATE payload SET fate = $3, reason = $4 WHERE mail_id = $1 AND member = $2",
            [mail_id, member, after.value, reason],
        )
        origin, mail_before, mail_after = _mail(connection, mail_id)
        yield Relabelled(origin, (mail_before, mail_after), ((before, after),))


def _mail(connection: duckdb.DuckDBPyConnection, mail_id: object) -> tuple[str, Fate, Fate]:
    """The mail's fate and reason follow from its payloads; returns its origin, and the fate before and after."""
    lines = connection.execute("SELECT fate, reason FROM payload WHERE mail_id = $1", [mail_id]).fetchall()
    origin, before = connection.execute("SELECT origin, fate FROM mail WHERE mail_id = $1", [mail_id]).fetchall()[0]
    after = mail_fate(Fate(fate) for fate, _ in lines)
    connection.execute(
        "UPDATE mail SET fate = $2, reason = $3 WHERE mail_id = $1",
        [mail_id, after.value, _joined(reason for _, reason in lines)],
    )
    return str(origin), Fate(before), after


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))
