"""A database file written anew: the same tables, each in an order in which it is small and quick to read.

Reports come in by day; questions are about a domain and its sources. The records of some months at a time are sorted so that those of a
source lie together, which bounds the memory and halves the size. All other tables are copied, whatever tables there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from ingest.errors import StoreError
from ingest.store import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    Progress = Callable[[int, int | None], None]

SPAN_RECORDS = 10_000_000  # months are sorted together until they hold so many: small spans repeat too much
_IN_ORDER = frozenset({"mail", "payload", "report"})  # what came in together is asked for together
_MONTHS = """
SELECT CAST(date_trunc('month', day) AS DATE) AS month, sum(records)::BIGINT FROM old.v_report WHERE records_kept GROUP BY month ORDER BY month
"""
_SPAN = """
INSERT INTO new.record
SELECT c.* FROM old.record c JOIN old.v_report r USING (report_no)
WHERE r.day >= $first AND r.day < $last + INTERVAL 1 MONTH
ORDER BY r.policy_domain, c.dkim_aligned, c.spf_aligned, c.source_ip, r.reporter, c.report_no, c.record_index
"""
_REST = "INSERT INTO new.record SELECT * FROM old.record WHERE report_no NOT IN (SELECT report_no FROM new.report)"
_SCHEMA = {  # what a database consists of besides its rows
    "tables": "SELECT schema_name, table_name, sql FROM duckdb_tables() WHERE database_name = $name",
    "views": "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = $name AND NOT internal",
    "indexes": "SELECT schema_name, index_name, sql FROM duckdb_indexes() WHERE database_name = $name",
    "macros": """SELECT schema_name, function_name, macro_definition FROM duckdb_functions()
                 WHERE database_name = $name AND NOT internal""",
}


def rewrite(old: Path, new: Path, *, memory_limit: str = "2GB", progress: Progress) -> int:
    """`new` holds what `old` holds, and was compared with it; returns the number of records.

    Nobody may write `old` meanwhile.

    Raises:
        StoreExhausted: no room on the disk; `old` is as it was.
        StoreError: DuckDB refused, or the copy is not the same; `old` is as it was.
    """
    with connect.duckdb_errors(old):
        connection = _workshop(f"{new}.tmp", memory_limit)
        try:
            connection.execute(f"ATTACH '{_quoted(old)}' AS old (READ_ONLY)")
            connection.execute(f"ATTACH '{_quoted(new)}' AS new (STORAGE_VERSION '{connect.STORAGE_VERSION}')")
            connection.execute("COPY FROM DATABASE old TO new (SCHEMA)")
            records = _copy(connection, progress)
            connection.execute("CHECKPOINT new")
            _verify(connection)
            connection.execute("DETACH new")
        finally:
            connection.close()
    return records


def _workshop(temp: str, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A database in memory, beside which others are attached; what does not fit into memory goes to the folder `temp`."""
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": memory_limit,
            "temp_directory": temp,
        }
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Name, and as SQL wants it, of every table; `record` last, since it is sorted by what is in the others."""
    sql = """
        SELECT table_name, format('"{}"."{}"', replace(schema_name, '"', '""'), replace(table_name, '"', '""'))
        FROM duckdb_tables() WHERE database_name = 'old' ORDER BY table_name = 'record', schema_name, table_name
    """
    return [(str(name), str(quoted)) for name, quoted in connection.execute(sql).fetchall()]


def _copy(connection: duckdb.DuckDBPyConnection, progress: Progress) -> int:
    for name, quoted in _tables(connection):
        if quoted == '"main"."record"':
            return _copy_records(connection, progress)
        order = "" if name in _IN_ORDER else "ORDER BY ALL"
        connection.execute(f"INSERT INTO new.{quoted} SELECT * FROM old.{quoted} {order}")  # noqa: S608 - from the catalogue
    return 0


def _copy_records(connection: duckdb.DuckDBPyConnection, progress: Progress) -> int:
    total, done = int(_one(connection, "SELECT count(*) FROM old.record")[0]), 0
    progress(done, total)
    for first, last in _spans([(month, int(records)) for month, records in connection.execute(_MONTHS).fetchall()]):
        done += int(connection.execute(_SPAN, {"first": first, "last": last}).fetchall()[0][0])
        progress(done, total)
    connection.execute(_REST)
    return total


def _spans(months: list[tuple[date, int]]) -> list[tuple[date, date]]:
    """First and last month of what is sorted together."""
    spans: list[tuple[date, date]] = []
    room = 0
    for month, records in months:
        if spans and records <= room:
            spans[-1] = (spans[-1][0], month)
        else:
            spans.append((month, month))
            room = SPAN_RECORDS
        room -= records
    return spans


def _verify(connection: duckdb.DuckDBPyConnection) -> None:
    """Both hold the same tables, views, indexes and macros, and every table the same rows in whatever order."""
    for kind, sql in _SCHEMA.items():
        _same(kind, *(sorted(connection.execute(sql, {"name": name}).fetchall()) for name in ("old", "new")))
    for name, quoted in _tables(connection):
        sums = "SELECT count(*), sum(hash(t)::HUGEINT) FROM {}.{} t"
        _same(f"rows of {name}", *(_one(connection, sums.format(database, quoted)) for database in ("old", "new")))


def _same(what: str, old: object, new: object) -> None:
    if old != new:
        raise StoreError(
            f"the {what} of the copy are not those of the database", hint="please report this; nothing was replaced"
        )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return tuple(connection.execute(sql).fetchall()[0])
