"""The turnstile in front of the database file: one writer or many readers, across processes.

DuckDB locks its file per process and refuses instead of waiting. Two `flock` files make the waiting fair: who wants to write
takes the `turn` first and keeps it, so that readers who come later wait behind; a reader only passes through the `turn`.
The kernel drops the locks of a killed process. `flock` works on local file systems only.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writing(database: Path) -> Iterator[None]:
    """Nobody else reads or writes inside the block."""
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
def _locked(database: Path, name: str, mode: int) -> Iterator[None]:
    path = database.with_name(f"{database.name}.{name}")
    try:
        file = path.open("ab")
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be opened: {error.strerror}", hint="the folder of the database must be writable"
        ) from error
    with file:
        fcntl.flock(file, mode)
        yield
