"""The numbers as files for auditors: records.csv, reports.csv, senders.csv."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow.compute as pc

from analytics import ask, csv_text
from analytics.export_columns import RECORDS, REPORTS, SENDERS
from analytics.frames import columns
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from analytics.frames import Contract
    from analytics.window import Window

    Progress = Callable[[int, int | None], None]

FILES = ("records.csv", "reports.csv", "senders.csv")
PIECE_RECORDS = 500_000
BATCH_ROWS = 50_000


class Connected(Protocol):
    """Gives a connection to one unchanging state. `ingest.store.connect.Database` is one."""

    def read(self) -> AbstractContextManager[Any]:
        """A DuckDB connection for one block."""
        ...


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One finished file. `messages` are those of accepted reports: the same in all three files of one export."""

    name: str
    path: Path
    rows: int
    messages: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, for which filter; `window=None`: everything."""

    window: Window | None
    files: tuple[ExportedFile, ...]


def export(
    database: Connected,
    window: Window | None,
    out: Path,
    *,
    progress: Progress = lambda _done, _total: None,
    piece_records: int = PIECE_RECORDS,
    batch_rows: int = BATCH_ROWS,
) -> Exported:
    """The three files of the window stand in `out`; the same database and filter give the same bytes.

    Columns, order and format: docs/exports.md. All files show one state of the database; a writer waits meanwhile.
    They appear together when all are complete, each in place of an older one.

    Args:
        database: where the facts are.
        window: days and domain; None for everything.
        out: a folder; created when missing.
        progress: told records written, and how many there will be.
        piece_records: how many records are sorted at a time, unless one day holds more.
        batch_rows: how many rows are in memory at a time.

    Raises:
        StoreMissing: there is no database yet; nothing was created.
        SettingsError: `out` cannot be written; older files in it are as they were.
    """
    parameters = window.parameters() if window else {"since": None, "until": None, "domain": None}
    with database.read() as connection, ExitStack() as unfinished:
        source = _Source(connection, parameters, batch_rows)
        try:
            out.mkdir(parents=True, exist_ok=True)
            drafts = []
            for name in FILES:
                drafts.append(_Draft(out / name))
                unfinished.callback(drafts[-1].discard)
            _write(source, drafts, progress, piece_records)
            files = tuple(draft.publish() for draft in drafts)
        except OSError as error:
            raise SettingsError(f"{out}: {error.strerror}", hint="choose a folder that can be written") from error
    return Exported(window, files)


def _write(source: _Source, drafts: list[_Draft], progress: Progress, piece_records: int) -> None:
    records, reports, senders = drafts
    days = source.days()
    done, total = 0, sum(number for _, number in days)
    progress(done, total)
    records.begin(RECORDS)
    for since, until in pieces(days, piece_records):
        for batch in source.batches("export_records", {"since": since, "until": until}):
            records.add(batch)
            progress(records.rows, total)
    for draft, contract, name in ((reports, REPORTS, "export_reports"), (senders, SENDERS, "export_senders")):
        draft.begin(contract)
        for batch in source.batches(name, {}):
            draft.add(batch)


def pieces(days: list[tuple[date, int]], most: int) -> Iterator[tuple[date, date]]:
    """Spans of days (both included) that cover all, each with at most `most` records or one day long."""
    first: date | None = None
    last, held = None, 0
    for day, records in days:
        if first is not None and last is not None and held + records > most:
            yield first, last
            first, held = None, 0
        first, last, held = first or day, day, held + records
    if first is not None and last is not None:
        yield first, last


class _Source:
    """The queries of one export on one connection."""

    def __init__(self, connection: Any, parameters: dict[str, Any], batch_rows: int) -> None:
        self._connection = connection
        self._parameters = parameters
        self._batch_rows = batch_rows

    def days(self) -> list[tuple[date, int]]:
        """Records per day, oldest day first."""
        text = ask.sql("export_days")
        rows = self._connection.execute(text, ask.used(text, self._parameters)).fetchall()
        return [(day, int(records)) for day, records in rows]

    def batches(self, name: str, parameters: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        """The rows of a query, piece by piece. `sql`, not `execute`: that one would hold them all."""
        text = ask.sql(name)
        relation = self._connection.sql(text, params=ask.used(text, self._parameters | parameters))
        yield from relation.to_arrow_reader(self._batch_rows)


class _Draft:
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
