"""The database file written anew, sorted and small, in the place of the old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import StoreError, refused_by_system
from ingest.store import exchange, gate, rewriting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.store.connect import Database

    Progress = Callable[[int, int | None], None]

_NAME = "compact"


@dataclass(frozen=True, slots=True)
class Compacted:
    """A database file that was written anew."""

    path: Path
    records: int
    size_bytes_before: int
    size_bytes_after: int


def compact(database: Database, *, progress: Progress) -> Compacted:
    """The file holds what it held, sorted, and nothing else.

    Others read meanwhile, and wait only while the file is replaced; who wants to write waits until the end. At every moment the old
    file or the new one is there as a whole. Two at once come one after the other.

    Raises:
        StoreMissing: there is no database.
        StoreExhausted: no room on the disk for a second file; the old one is as it was.
        StoreError: it cannot be read, or the disk refused; it is as it was.
    """
    path = database.path
    with gate.standing(path):
        _ready(database)
        exchange.sweep(path, _NAME)
        before, size_bytes = database.version(), path.stat().st_size
        with exchange.beside(path, _NAME) as new:
            records = rewriting.rewrite(path, new, progress=progress)
            with gate.unread(path):
                if database.version() != before or exchange.wal(path).exists():
                    raise StoreError(
                        f"{path}: written by a program that did not wait", hint="nothing was replaced; try again"
                    )
                _put(new, path)
        return Compacted(path, records, size_bytes, path.stat().st_size)


def _ready(database: Database) -> None:
    """There is a file with the newest schema, and everything that was committed is in it."""
    with gate.unread(database.path):
        if problem := exchange.problem(database.path):
            raise StoreError(f"{database.path}: {problem}", hint="run `whosends doctor`")
    with database.read():
        return


def _put(new: Path, path: Path) -> None:
    try:
        exchange.put(new, path)
    except OSError as error:
        raise refused_by_system(path, error, hint="is the disk full, or read-only? Nothing was replaced") from error
