"""The turnstile in front of the database file: one writer or many readers, across processes.

DuckDB locks its file per process and refuses instead of waiting. Two `flock` files make the waiting fair: who wants to write
takes the `turn` first and keeps it, so that readers who come later wait behind; a reader only passes through the `turn`.
A third, `writer`, is taken before both by everybody who writes: who holds it alone keeps the file as it is, while others read.
The kernel drops the locks of a killed process. `flock` works on local file systems only.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.errors import refused_by_system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writing(database: Path) -> Iterator[None]:
    """Nobody else reads or writes inside the block."""
    with standing(database), unread(database):
        yield


@contextmanager
def standing(database: Path) -> Iterator[None]:
    """Nobody else writes inside the block, which may be long: readers come and go."""
    with _locked(database, "writer", fcntl.LOCK_EX):
        yield


@contextmanager
def unread(database: Path) -> Iterator[None]:
    """Nobody reads inside the block. The caller is within `standing`."""
    with _locked(database, "turn", fcntl.LOCK_EX), _locked(database, "lock", fcntl.LOCK_EX):
        yield


@contextmanager
def reading(database: Path) -> Iterator[None]:
    """Nobody writes inside the block."""
    with _locked(database, "turn", fcntl.LOCK_SH):
        pass
    with _locked(database, "lock", fcntl.LOCK_SH):
        yield


@contextmanager
def filing(database: Path) -> Iterator[None]:
    """Nobody else files mails inside the block: a server that is asked twice at once to move a mail may copy it twice."""
    with _locked(database, "filing", fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(database: Path, name: str, mode: int) -> Iterator[None]:
    path = database.with_name(f"{database.name}.{name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise refused_by_system(path, error, hint="the folder of the database must be writable") from error
    with file:
        try:
            fcntl.flock(file, mode)
        except OSError as error:
            raise refused_by_system(path, error, hint="the database must lie on a local disk") from error
        yield
