"""The only door to DuckDB: short connections behind the gate."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.errors import StoreBusy, StoreError, StoreExhausted, StoreMissing, StoreOutdated, refused_by_system
from ingest.store import gate, migrate, prune, sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

FOREIGN_LOCK_TIMEOUT_S = 10.0  # a program that knows nothing of the gate, such as the duckdb shell
STORAGE_VERSION = "v1.5.0"  # readable by DuckDB 1.5 and 2.0
_CONFIG: dict[str, str | bool] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_NO_ROOM = re.compile(
    r"no space left|disk quota|too many open files|file too large|cannot allocate|out of memory", re.IGNORECASE
)
_READ_CONFIG = {**_CONFIG, "enable_external_access": False}


class Database:
    """One DuckDB file. A connection lives for one `with` block; none is ever kept."""

    def __init__(self, path: Path, *, memory_limit: str = "2GB") -> None:
        self.path = path
        self._memory_limit = memory_limit

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed when the block ends, rolled back when it raises. Creates and migrates the file.

        What the block did to facts, the sums follow in the same transaction.

        Raises:
            StoreBusy: a foreign program kept the file longer than FOREIGN_LOCK_TIMEOUT_S.
            StoreExhausted: disk, memory or file handles ran out; nothing of the block is kept.
            StoreError: the database refused; nothing of the block is kept.
        """
        with gate.writing(self.path), duckdb_errors(self.path):
            config = {**_CONFIG, "storage_compatibility_version": STORAGE_VERSION, "memory_limit": self._memory_limit}
            if not self.path.exists() or self.path.stat().st_size == 0:
                _create(self.path, config)
            connection = opened(self.path, config, read_only=False)
            try:
                migrate.to_newest(connection)
                connection.begin()
                yield connection
                sums.follow(connection)
                prune.late(connection)
                connection.commit()
            finally:
                connection.close()

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only view of the last committed state.

        Raises:
            StoreMissing: there is no database file, or it holds nothing yet.
            StoreBusy: a foreign program kept the file longer than FOREIGN_LOCK_TIMEOUT_S.
            StoreOutdated: the file was made by an older whosends; `bring_up_to_date` or a write helps.
            StoreError: the file is damaged, or was made by a newer whosends.
        """
        if not self.path.exists() or self.path.stat().st_size == 0:
            raise StoreMissing(
                f"{self.path}: no database yet",
                hint="run `whosends poll` or `whosends load PATH`, or try `whosends demo`",
            )
        with gate.reading(self.path), duckdb_errors(self.path):
            connection = opened(self.path, {**_READ_CONFIG, "memory_limit": self._memory_limit}, read_only=True)
            try:
                migrate.check_newest(connection)
                yield connection
            finally:
                connection.close()

    def bring_up_to_date(self, *, create: bool = False) -> None:
        """A file that an older program made has the newest schema; one that is missing stays so, unless it is to be created.

        Raises:
            StoreError: as `write`.
        """
        try:
            with self.read():
                return
        except StoreMissing:
            if not create:
                return
        except StoreOutdated:
            pass
        with self.write():
            return

    @contextmanager
    def asking(self) -> Iterator[Reading]:
        """One state of the file for several questions, over one connection.

        Raises:
            StoreError: as `read`.
        """
        with self.read() as connection:
            yield Reading(connection)

    def frame(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of one query, read behind the gate. `$name` in the SQL takes `parameters["name"]`."""
        with self.asking() as reading:
            return reading.frame(sql, parameters)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The same as plain values by column name, without pandas."""
        with self.asking() as reading:
            return reading.rows(sql, parameters)

    def version(self) -> str:
        """A text that changes whenever the file was written: a cache key."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return "missing"
        return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"


class Reading:
    """Answers queries from the one connection of a `with` block."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def frame(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of one query; `$name` in the SQL takes `parameters["name"]`."""
        return self._connection.execute(sql, dict(parameters or {})).df()

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The same as plain values by column name, without pandas."""
        found = self._connection.execute(sql, dict(parameters or {}))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def asking(self) -> Iterator[Reading]:
        """Itself: a question within an answer reads the same state."""
        yield self


def opened(path: Path, config: Mapping[str, str | bool], *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A connection to the file, for callers that hold the gate.

    Raises:
        StoreBusy: a foreign program kept the file longer than FOREIGN_LOCK_TIMEOUT_S.
    """
    deadline = time.monotonic() + FOREIGN_LOCK_TIMEOUT_S
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=dict(config))
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() > deadline:
                raise StoreBusy(
                    f"{path}: held by another program", hint="close the other program (a duckdb shell?) and try again"
                ) from error
            time.sleep(0.05)


def _create(path: Path, config: Mapping[str, str | bool]) -> None:
    """The file is there with the newest schema, or not at all: one that was created halfway can never be opened again."""
    draft = path.with_name(f"{path.name}.new")
    try:
        for left_over in (draft, draft.with_name(f"{draft.name}.wal")):
            left_over.unlink(missing_ok=True)
        connection = opened(draft, config, read_only=False)
        try:
            migrate.to_newest(connection)
            connection.execute("CHECKPOINT")
        finally:
            connection.close()
        draft.replace(path)
    except OSError as error:
        raise refused_by_system(path, error, hint="the folder of the database must be writable") from error


@contextmanager
def duckdb_errors(path: Path) -> Iterator[None]:
    """What DuckDB says inside the block about the file is raised as one of our errors."""
    try:
        yield
    except duckdb.Error as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        if isinstance(error, duckdb.OutOfMemoryException) or _NO_ROOM.search(str(error)):
            hint = "make room (disk, memory or file handles) and try again; what was committed is safe"
            raise StoreExhausted(f"{path}: {first_line}", hint=hint) from error
        raise StoreError(f"{path}: {first_line}", hint="run `whosends doctor`") from error
