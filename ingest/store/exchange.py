"""One database file takes the place of another, while nobody reads or writes."""

from __future__ import annotations

import glob
import os
import re
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from ingest.disk import sync
from ingest.errors import StoreError
from ingest.store import connect, gate, migrate, sums

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.store.connect import Database

_KNOWLEDGE = {  # what no raw mail tells
    "source": "SELECT * FROM old.source",
    "parked": "SELECT * FROM old.parked WHERE origin NOT IN (SELECT origin FROM mail)",
}


def wal(path: Path) -> Path:
    """The file in which DuckDB keeps what is committed but not yet in the database file; usually there is none."""
    return path.with_name(f"{path.name}.wal")


def problem(path: Path) -> str:
    """Why this program cannot use the file; empty when it can, or when there is none. The file is brought up to date.

    Nobody else may use it meanwhile: the caller holds the gate.

    Raises:
        StoreBusy: a foreign program holds it.
        StoreError: it was made by a newer whosends.
    """
    if not path.exists() or path.stat().st_size == 0:
        return ""
    try:
        connection = connect.opened(path, {}, read_only=False)
    except duckdb.Error as error:
        return str(error).strip().splitlines()[0]
    try:
        migrate.to_newest(connection)
    except duckdb.Error as error:
        return str(error).strip().splitlines()[0]
    finally:
        connection.close()
    return ""


def carry_over(new: Database, old: Path) -> None:
    """`new` knows what `old` knew beyond the mails: sources, and mails that are parked."""
    with new.write() as connection:
        connection.execute(f"ATTACH '{str(old).replace(chr(39), chr(39) * 2)}' AS old (READ_ONLY)")
        for table, rows in _KNOWLEDGE.items():
            connection.execute(f"INSERT OR IGNORE INTO {table} BY NAME {rows}")
        sums.label(connection)


def put(new: Path, path: Path) -> None:
    """`new` stands at `path`; what stood there is gone. The caller holds the gate of `path`."""
    if wal(new).exists():
        raise StoreError(f"{new}: not closed properly", hint="please report this; nothing was replaced")
    sync(new)
    new.replace(path)
    sync(path.parent)


def set_aside(path: Path, *, stays: bool = False) -> list[Path]:
    """The file and its WAL have other names, with the time in them; returns those. Nothing is deleted.

    With `stays`, the file itself has its old name too, until another takes its place.
    """
    moved = []
    for part in (wal(path), path):
        if part.exists():
            moved.append(_free(part))
            if stays and part == path:
                _linked(part, moved[-1])
            else:
                part.replace(moved[-1])
    if moved:
        sync(path.parent)
    return moved


def _linked(path: Path, other: Path) -> None:
    try:
        other.hardlink_to(path)
    except OSError:  # a file system without links
        path.replace(other)


def _free(path: Path) -> Path:
    """A name that says when this was done."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{path.name}.{stamp}{number}.aside" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path.with_name(name) for name in names if not path.with_name(name).exists())


@contextmanager
def beside(path: Path, name: str) -> Iterator[Path]:
    """A path beside `path` that does not exist yet; what is there at the end is removed, with all that belongs to it."""
    other = path.with_name(f"{path.name}.{name}-{os.getpid()}")
    _remove(other)
    try:
        yield other
    finally:
        _remove(other)


def sweep(path: Path, name: str) -> None:
    """What processes that were killed left `beside` the path is gone. The caller knows that none of them lives."""
    for left in list(path.parent.glob(f"{glob.escape(path.name)}.{name}-*")):
        if found := re.match(rf"{re.escape(path.name)}\.{name}-\d+(?=\.|$)", left.name):
            _remove(path.with_name(found[0]))


def _remove(path: Path) -> None:
    for ending in ("", ".wal", ".writer", ".turn", ".lock"):
        path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def copy(database: Path, to: Path) -> None:
    """A copy of the last committed state, fsynced. Writers wait meanwhile; readers do not."""
    with gate.reading(database):
        for source, target in ((database, to), (wal(database), wal(to))):
            if source.exists():
                shutil.copyfile(source, target)
                sync(target)
