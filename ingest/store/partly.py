"""Some mails of the ledger are taken out and kept again, as they are read now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import SettingsError
from ingest.store import sums
from ingest.store.settle import settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    import duckdb

    from ingest.model import ReadMail
    from ingest.store.write import DuckStore


@dataclass(frozen=True, slots=True)
class Wanted:
    """Mails that came on or after a UTC day, or that hold one of some payloads; both where both are given."""

    since: date | None = None
    payloads: tuple[str, ...] = ()  # sha256


# Mails that share a payload with a chosen mail are chosen too: which of them stands for the report depends on all of them.
_CHOSEN = """
WITH RECURSIVE chosen AS (
    SELECT mail_id FROM mail m
    WHERE ($1::DATE IS NULL OR coalesce(received_utc, ingested_utc) >= $1)
      AND (len($2::VARCHAR[]) = 0 OR EXISTS (FROM payload p WHERE p.mail_id = m.mail_id AND p.payload_sha256 IN (SELECT unnest($2))))
    UNION
    SELECT b.mail_id FROM chosen
    JOIN payload a ON a.mail_id = chosen.mail_id
    JOIN report r ON r.payload_sha256 = a.payload_sha256
    JOIN payload b ON b.payload_sha256 = a.payload_sha256
)
SELECT mail_id, ingested_utc FROM mail JOIN chosen USING (mail_id)
"""

_PRUNED = """
SELECT count(DISTINCT mail_id) FROM payload p JOIN report r USING (payload_sha256)
WHERE r.pruned_content IS NOT NULL AND mail_id IN (SELECT unnest($1::UUID[]))
"""


def chosen(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> dict[UUID, datetime]:
    """The mails, and when each was taken in.

    Raises:
        SettingsError: there is none, or the records of one were pruned.
    """
    found = dict(connection.execute(_CHOSEN, [wanted.since, list(wanted.payloads)]).fetchall())
    if not found:
        raise SettingsError("no mail fits", hint="`whosends ledger` lists them")
    pruned = connection.execute(_PRUNED, [list(found)]).fetchall()[0][0]
    if pruned:
        raise SettingsError(
            f"{pruned:,} of these mails hold reports whose records are not kept, so the sums could not follow",
            hint="`whosends reparse` without --since and --payload reads everything again, and drops the same records",
        )
    return found


def replace_mails(
    connection: duckdb.DuckDBPyConnection,
    mails: Sequence[UUID],
    batches: Sequence[Sequence[ReadMail]],
    store: DuckStore,
) -> None:
    """The ledger holds `batches` in place of `mails`; of every report that was touched the newest version counts, and of its twins one. One transaction."""
    connection.execute("CREATE TEMP TABLE gone AS SELECT unnest($1::UUID[]) AS mail_id", [list(mails)])
    reports = connection.execute(
        "SELECT DISTINCT report_no, report_key FROM report WHERE payload_sha256 IN "
        "(SELECT payload_sha256 FROM payload SEMI JOIN gone USING (mail_id))"
    ).fetchall()
    periods = connection.execute(
        "SELECT DISTINCT report_key FROM report SEMI JOIN (FROM report WHERE report_key IN (SELECT unnest($1::UUID[]))) "
        "USING (reporter, policy_domain, begin_utc, end_utc)",
        [[key for _, key in reports]],
    ).fetchall()
    numbers = [number for number, _ in reports]
    sums.forget(connection, numbers)
    for table in ("record", "report"):
        connection.execute(f"DELETE FROM {table} WHERE report_no IN (SELECT unnest($1::BIGINT[]))", [numbers])  # noqa: S608
    for table in ("payload", "mail"):
        connection.execute(f"DELETE FROM {table} WHERE mail_id IN (SELECT mail_id FROM gone)")  # noqa: S608 - fixed names
    connection.execute("DROP TABLE gone")
    for batch in batches:
        store.add_within(connection, batch)
    settle(connection, [key for (key,) in periods])
