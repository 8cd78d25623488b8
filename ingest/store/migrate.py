"""Brings a database file to the newest schema: append-only SQL files, each in one transaction with its record."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

import duckdb

from ingest.errors import StoreError, StoreMissing, StoreOutdated
from ingest.store import sums

_LEDGER = "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, applied_utc TIMESTAMP NOT NULL)"


def available() -> list[tuple[int, str, str]]:
    """All migrations as (version, name, sql), oldest first."""
    folder = files("ingest.store") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(int(name[:4]), name, (folder / name).read_text(encoding="utf-8")) for name in names]


def applied(connection: duckdb.DuckDBPyConnection) -> int:
    """The newest version in the file; 0 for an empty one."""
    try:
        return int(connection.execute("SELECT coalesce(max(version), 0) FROM migration").fetchall()[0][0])
    except duckdb.CatalogException:
        return 0


def to_newest(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply what is missing. Together with the last migration the sums are filled from the facts that are there.

    Raises:
        StoreError: the file was made by a newer whosends; it is left untouched.
    """
    have, migrations = applied(connection), available()
    _refuse_newer(have, migrations[-1][0])
    for version, name, sql in migrations:
        if version <= have:
            continue
        connection.begin()
        connection.execute(_LEDGER)
        connection.execute(sql)
        connection.execute(
            "INSERT INTO migration VALUES ($1, $2, $3)", [version, name, datetime.now(UTC).replace(tzinfo=None)]
        )
        if version == migrations[-1][0]:
            sums.follow(connection)
        connection.commit()


def check_newest(connection: duckdb.DuckDBPyConnection) -> None:
    """The file can be read by this program as it is.

    Raises:
        StoreMissing: the file is empty.
        StoreOutdated: the file waits for a migration.
        StoreError: the file was made by a newer whosends.
    """
    have, newest = applied(connection), available()[-1][0]
    if have == 0:
        raise StoreMissing("the database is empty", hint="run `whosends poll` or `whosends load PATH`")
    _refuse_newer(have, newest)
    if have < newest:
        raise StoreOutdated(
            f"the database has schema {have}, this program needs {newest}",
            hint="run `whosends poll` or `whosends load`: they bring it up to date",
        )


def _refuse_newer(have: int, newest: int) -> None:
    if have > newest:
        raise StoreError(
            f"the database has schema {have}, this program knows {newest}",
            hint="upgrade whosends; the file was not touched",
        )
