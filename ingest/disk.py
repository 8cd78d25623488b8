"""Makes sure that what was written is on the disk."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

FEW = 8  # files that are synced one by one; many at once go with the whole file system


def sync(path: Path) -> None:
    """What was written to the file, or the names in the folder, are on disk.

    Raises:
        OSError: the system refused.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(paths: Collection[Path]) -> None:
    """The same for many files or folders of one file system. Linux writes them out together, which takes a tenth of the time.

    Raises:
        OSError: the system refused.
    """
    together = _syncfs() if len(paths) > FEW else None
    if together is None:
        for path in paths:
            sync(path)
        return
    descriptor = os.open(next(iter(paths)), os.O_RDONLY)
    try:
        if together(descriptor) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
    finally:
        os.close(descriptor)


@cache
def _syncfs() -> Any:
    """The system call that writes a whole file system out and, since Linux 5.8, says whether that failed; None elsewhere."""
    if os.uname().sysname != "Linux" or _kernel() < (5, 8):
        return None
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)


def _kernel() -> tuple[int, int]:
    first, second = os.uname().release.split("-")[0].split(".")[:2]
    return int(first), int(second)
