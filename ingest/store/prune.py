"""Old records go, and the sums of their days stay.

The days before the newest cutoff are closed. A report of such a day keeps its row, and what it added to the sums stays there: nothing can take it
out again, since that takes its records. So what counts on a closed day is final. A report that comes later is added to the sums like any other, and
its records go in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.store import cases, sums
from ingest.store.judge import CONTENT

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from ingest.model import Prune
    from ingest.store.connect import Database

_EMPTY = "md5('')::UUID"  # stands for what a report without records says

# What is held back waits for a person: it goes only when it came before the cutoff, too, and not because its clock was wrong.
_WOULD_GO = """
SELECT report_no, records, day FROM v_report
WHERE records_kept AND day < $1 AND (fate IN ('accepted', 'superseded') OR received_utc < $1)
"""
_LATE = """
SELECT report_no, records, day FROM v_report
WHERE records_kept AND day < $1 AND fate IN ('accepted', 'superseded')
"""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What goes, or went: the records of these reports. Days are UTC."""

    before: date
    days: int
    first_day: date | None
    last_day: date | None
    reports: int
    records: int


def plan(database: Database, before: date) -> Pruned:
    """What `apply` would delete now; nothing is changed."""
    with database.read() as connection:
        return _counted(connection, before, _WOULD_GO)


def kept_from(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Records of earlier days are not kept; None: all are."""
    found: date | None = connection.execute("SELECT max(before_day) FROM prune").fetchall()[0][0]
    return found


def apply(connection: duckdb.DuckDBPyConnection, prune: Prune) -> Pruned:
    """The days before the cutoff are closed, and their records are gone. Inside the transaction of the caller."""
    sums.follow(connection)
    cases.fold(connection, cases.newest_version(connection))
    done = _counted(connection, prune.before, _WOULD_GO)
    _delete(connection, prune.before, _WOULD_GO)
    connection.execute(
        "INSERT INTO prune SELECT coalesce(max(prune_no), 0) + 1, $1, $2, $3, $4, $5 FROM prune",
        [prune.at_utc, prune.who, prune.before, done.reports, done.records],
    )
    return done


def late(connection: duckdb.DuckDBPyConnection) -> None:
    """What came, or was accepted, for a closed day is in the sums, and its records are gone. Inside the transaction of the caller."""
    before = kept_from(connection)
    if before is not None:
        sums.follow(connection)
        _delete(connection, before, _LATE, late=True)


def is_final(connection: duckdb.DuckDBPyConnection, payload_sha256: str, *, accepted: bool) -> bool:
    """Whether the fate of the payload's report cannot change: its records are gone, or those of another version that counts instead.

    The second matters only when it should be `accepted`.
    """
    sql = """
        SELECT r.pruned_content IS NOT NULL OR ($2 AND EXISTS (
            FROM report v WHERE v.report_key = r.report_key AND v.pruned_content IS NOT NULL AND v.fate IN ('accepted', 'suspect')))
        FROM report r WHERE r.payload_sha256 = $1
    """
    return any(final for (final,) in connection.execute(sql, [payload_sha256, accepted]).fetchall())


def _counted(connection: duckdb.DuckDBPyConnection, before: date, chosen: str) -> Pruned:
    sql = f"SELECT count(DISTINCT day), min(day), max(day), count(*), coalesce(sum(records), 0)::BIGINT FROM ({chosen})"  # noqa: S608
    return Pruned(before, *connection.execute(sql, [before]).fetchall()[0])


def _delete(connection: duckdb.DuckDBPyConnection, before: date, chosen: str, *, late: bool = False) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE prune_gone AS SELECT report_no FROM ({chosen})", [before])  # noqa: S608 - SQL of this file
    span = connection.execute("SELECT min(report_no), max(report_no) FROM prune_gone").fetchall()[0]
    if span[0] is None:
        return
    if late:
        cases.last_words(connection, "prune_gone")
    theirs = "report_no BETWEEN $1 AND $2 AND report_no IN (FROM prune_gone)"
    connection.execute(
        f"""
        UPDATE report SET pruned_content = coalesce(c.content, {_EMPTY})
        FROM prune_gone g LEFT JOIN (
            SELECT report_no, {CONTENT} AS content FROM record WHERE {theirs} GROUP BY report_no
        ) c USING (report_no)
        WHERE report.report_no = g.report_no
        """,  # noqa: S608 - SQL of this house
        list(span),
    )
    connection.execute(f"DELETE FROM record WHERE {theirs}", list(span))  # noqa: S608 - SQL of this file
