"""One exported file: under a name of its own until it is complete."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from analytics import csv_text
from analytics.frames import columns

if TYPE_CHECKING:
    from pathlib import Path

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
