"""One exported file: under a name of its own until it is complete, or under one that was free."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from analytics import csv_text
from analytics.frames import columns
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from analytics.frames import Contract


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One finished file. `messages` are those of accepted reports: the same in all three files of one export."""

    name: str
    path: Path
    rows: int
    messages: int
    sha256: str


def new_file(path: Path, frame: pd.DataFrame, contract: Contract) -> ExportedFile:
    """The frame stands as CSV under a name that was free.

    Raises:
        SettingsError: there is something of that name, or it cannot be written; nothing was changed.
    """
    content = csv_text.of_frame(frame, contract)
    try:
        file = path.open("xb")
    except FileExistsError as error:
        raise SettingsError(f"{path} is there already", hint="choose another name, or remove it first") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", hint="choose a file that can be written") from error
    try:
        with file:
            file.write(content)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise SettingsError(f"{path}: {error.strerror}", hint="is there room on the disk?") from error
    sha256 = hashlib.sha256(content).hexdigest()
    return ExportedFile(path.name, path, len(frame), int(frame["messages"].sum()), sha256)


class Draft:
    """A file under a name of its own until it is complete."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._file = self._draft.open("wb")
        self._sha256 = hashlib.sha256()
        self._messages = 0
        self._names: list[str] = []

    def begin(self, contract: Contract) -> None:
        """The first line is written."""
        self._names = columns(contract)
        self._put(csv_text.header(self._names))

    def add(self, batch: pa.RecordBatch) -> None:
        """The rows are written, and counted."""
        rows = batch.select(self._names)
        self._put(csv_text.lines(rows))
        self.rows += rows.num_rows
        self._messages += _accepted_messages(rows)

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._sha256.update(content)

    def publish(self) -> ExportedFile:
        """The file stands under its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)
        return ExportedFile(self._path.name, self._path, self.rows, self._messages, self._sha256.hexdigest())

    def discard(self) -> None:
        """Nothing is left of it, unless it was published."""
        self._file.close()
        self._draft.unlink(missing_ok=True)


def _accepted_messages(rows: pa.RecordBatch) -> int:
    messages = rows.column("messages")
    if "fate" in rows.schema.names:
        messages = messages.filter(pc.equal(rows.column("fate"), "accepted"))
    return int(pc.sum(messages).as_py() or 0)
