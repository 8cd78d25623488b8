"""The numbers as files for auditors: records.csv, reports.csv, senders.csv."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from analytics import ask, kept
from analytics.export_columns import RECORDS, REPORTS, SENDERS
from analytics.export_file import Draft, ExportedFile
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from analytics.window import Window

    Progress = Callable[[int, int | None], None]

FILES = ("records.csv", "reports.csv", "senders.csv")


class Connected(Protocol):
    """Gives a connection to one unchanging state. `ingest.store.connect.Database` is one."""

    def read(self) -> AbstractContextManager[Any]:
        """A DuckDB connection for one block."""
        ...


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is held at a time. It does not show in the files."""

    piece_records: int = 500_000  # sorted together, unless one day holds more
    batch_rows: int = 50_000  # turned into text together


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, for which filter; `window=None`: everything.

    Records of days before `records_kept_from` are not kept: they are missing in records.csv, and counted in the others. None: all are kept.
    """

    window: Window | None
    files: tuple[ExportedFile, ...]
    records_kept_from: date | None = None

    @property
    def records_missing(self) -> bool:
        """Whether the filter reaches back to days without records."""
        return kept.reaches_before(self.window.since if self.window else None, self.records_kept_from)


def export(
    database: Connected,
    window: Window | None,
    out: Path,
    *,
    progress: Progress = lambda _done, _total: None,
    sizes: Sizes | None = None,
) -> Exported:
    """The three files of the window (None: everything) stand in the folder `out`; see docs/exports.md.

    The same database and filter give the same bytes. All files show one state of the database; a writer waits
    meanwhile. They appear when all are complete, in place of older ones. `progress` is told records done, and in all.

    Raises:
        StoreMissing: there is no database yet; nothing was created.
        SettingsError: `out` cannot be written; older files in it are as they were.
    """
    parameters = window.parameters() if window else {"since": None, "until": None, "domain": None}
    with database.read() as connection:
        source = _Source(connection, parameters, sizes or Sizes())
        try:
            return Exported(window, _files(source, out, progress), source.records_kept_from())
        except OSError as error:
            raise SettingsError(f"{out}: {error.strerror}", hint="choose a folder that can be written") from error


def _files(source: _Source, out: Path, progress: Progress) -> tuple[ExportedFile, ...]:
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as unfinished:
        drafts = []
        for name in FILES:
            drafts.append(Draft(out / name))
            unfinished.callback(drafts[-1].discard)
        _write(source, drafts, progress)
        return tuple(draft.publish() for draft in drafts)


def _write(source: _Source, drafts: list[Draft], progress: Progress) -> None:
    records, reports, senders = drafts
    days = source.days()
    done, total = 0, sum(number for _, number in days)
    progress(done, total)
    records.begin(RECORDS)
    for since, until in pieces(days, source.sizes.piece_records):
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

    def __init__(self, connection: Any, parameters: dict[str, Any], sizes: Sizes) -> None:
        self._connection = connection
        self._parameters = parameters
        self.sizes = sizes

    def days(self) -> list[tuple[date, int]]:
        """Records per day, oldest day first."""
        text = ask.sql("export_days")
        rows = self._connection.execute(text, ask.used(text, self._parameters)).fetchall()
        return [(day, int(records)) for day, records in rows]

    def records_kept_from(self) -> date | None:
        """Records of earlier days are not kept."""
        found: date | None = self._connection.execute(ask.sql("records_kept_from")).fetchall()[0][0]
        return found

    def batches(self, name: str, parameters: dict[str, Any]) -> Iterator[pa.RecordBatch]:
        """The rows of a query, piece by piece. `sql`, not `execute`: that one would hold them all."""
        text = ask.sql(name)
        relation = self._connection.sql(text, params=ask.used(text, self._parameters | parameters))
        yield from relation.to_arrow_reader(self.sizes.batch_rows)
