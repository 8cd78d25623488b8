"""Mails that failed by a fault of ours: how often, why, and which of them are not tried any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ingest import tables
from ingest.errors import StoreMissing
from ingest.model import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import duckdb

    from ingest.store.connect import Database

ATTEMPTS = 3  # in so many runs; then it is parked

_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("origin", "mailbox", "folder", "error")]
    + [("uidvalidity", pa.uint64()), ("uid", pa.uint64()), ("last_utc", pa.timestamp("us"))]
)
_UPSERT = """
INSERT INTO parked BY NAME SELECT *, 1 AS attempts FROM batch
ON CONFLICT (origin) DO UPDATE SET attempts = attempts + 1, error = excluded.error, last_utc = excluded.last_utc
"""


@dataclass(frozen=True, slots=True)
class Parked:
    """A mail that failed. `parked`: it will not be tried again by itself."""

    origin: str
    attempts: int
    error: str
    last_utc: datetime
    parked: bool


def listed(database: Database) -> list[Parked]:
    """Every mail that failed and did not succeed since, those that failed most often first.

    Raises:
        StoreError: the database refused.
    """
    sql = "SELECT origin, attempts, error, last_utc FROM v_parked ORDER BY attempts DESC, last_utc, origin"
    try:
        with database.read() as connection:
            found = connection.execute(sql).fetchall()
    except StoreMissing:
        return []
    return [
        Parked(origin, attempts, error, last_utc, parked=attempts >= ATTEMPTS)
        for origin, attempts, error, last_utc in found
    ]


def unpark(database: Database, origins: Sequence[str] | None = None) -> int:
    """These mails, or all, are tried again by the next poll; returns how many were parked.

    Raises:
        StoreError: the database refused; they stay parked.
    """
    chosen = [one.origin for one in listed(database) if one.parked and (origins is None or one.origin in origins)]
    if chosen:
        with database.write() as connection:
            forget(connection, chosen)
    return len(chosen)


def failed(database: Database, failures: Sequence[Failed], now: datetime) -> list[Failed]:
    """One more attempt of each is written down; returns them with the number of attempts so far.

    Raises:
        StoreError: the database refused; nothing was written down.
    """
    rows = {str(one.origin): _row(one, now) for one in failures}
    with database.write() as connection:
        connection.register("batch", tables.table(rows.values(), _SCHEMA))
        connection.execute(_UPSERT)
        connection.unregister("batch")
        sql = "SELECT origin, attempts FROM parked WHERE origin IN (SELECT unnest($1::VARCHAR[]))"
        attempts = dict(connection.execute(sql, [list(rows)]).fetchall())
    return [
        Failed(one.origin, one.error, attempts[str(one.origin)], parked=attempts[str(one.origin)] >= ATTEMPTS)
        for one in failures
    ]


def uids(connection: duckdb.DuckDBPyConnection, mailbox: str, folder: str, uidvalidity: int) -> set[int]:
    """UIDs of that folder that are not tried any more."""
    sql = """
        SELECT uid::BIGINT FROM parked
        WHERE mailbox = $1 AND folder = $2 AND uidvalidity = $3 AND uid IS NOT NULL AND attempts >= $4
    """
    return {int(row[0]) for row in connection.execute(sql, [mailbox, folder, uidvalidity, ATTEMPTS]).fetchall()}


def forget(connection: duckdb.DuckDBPyConnection, origins: Sequence[str]) -> None:
    """Nothing is known of failures of these mails any more."""
    connection.execute("DELETE FROM parked WHERE origin IN (SELECT unnest($1::VARCHAR[]))", [list(origins)])


def _row(one: Failed, now: datetime) -> dict[str, object]:
    origin = one.origin
    return {
        "origin": str(origin),
        "mailbox": origin.mailbox,
        "folder": origin.folder,
        "uidvalidity": origin.uidvalidity,
        "uid": origin.uid,
        "error": one.error.encode("utf-8", "backslashreplace").decode(),
        "last_utc": now,
    }
