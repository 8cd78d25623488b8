"""The records of a report as Arrow columns: what is read, what goes through the pipes, and what the store takes.

Many reports may share one table, of which each has some rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from ingest import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class DkimResult:
    """One `auth_results/dkim`. None means: not reported."""

    domain: str | None
    selector: str | None
    result: str | None
    human_result: str | None = None


@dataclass(frozen=True, slots=True)
class SpfResult:
    """One `auth_results/spf`. None means: not reported."""

    domain: str | None
    scope: str | None
    result: str | None
    human_result: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One `policy_evaluated/reason`."""

    type: str | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One `<record>`: `messages` mails of one source with one result. None means: not reported."""

    index: int  # position in the report, from 0
    source_ip: str | None  # canonical text; None when the report holds no valid address
    source_ip_raw: str | None
    messages: int
    disposition: str | None  # lower-case as reported: none, quarantine, reject, pass (RFC 9990)
    dkim_aligned: bool
    spf_aligned: bool
    header_from: str | None
    envelope_from: str | None
    envelope_to: str | None
    dkim: tuple[DkimResult, ...] = ()
    spf: tuple[SpfResult, ...] = ()
    reasons: tuple[Reason, ...] = ()
    flags: tuple[str, ...] = ()  # data quality, e.g. "salvaged", "bad_source_ip"


_TEXT = pa.string()
SCHEMA = pa.schema(
    [
        ("record_index", pa.int32()),
        ("source_ip", _TEXT),
        ("source_ip_raw", _TEXT),
        ("messages", pa.int64()),
        ("disposition", _TEXT),
        ("dkim_aligned", pa.bool_()),
        ("spf_aligned", pa.bool_()),
        ("header_from", _TEXT),
        ("envelope_from", _TEXT),
        ("envelope_to", _TEXT),
        ("dkim", pa.list_(pa.struct([(name, _TEXT) for name in ("domain", "selector", "result", "human_result")]))),
        ("spf", pa.list_(pa.struct([(name, _TEXT) for name in ("domain", "scope", "result", "human_result")]))),
        ("reasons", pa.list_(pa.struct([(name, _TEXT) for name in ("type", "comment")]))),
        ("flags", pa.list_(_TEXT)),
    ]
)
_SAME = (
    *("source_ip", "source_ip_raw", "messages", "disposition", "dkim_aligned", "spf_aligned"),
    *("header_from", "envelope_from", "envelope_to"),
)


class Block:
    """A table as SCHEMA. In a frame it is the bytes of an Arrow stream, once for all reports that share it."""

    __slots__ = ("table",)

    def __init__(self, content: pa.Table | bytes) -> None:
        """A table, or the bytes that another process made of one.

        Raises:
            ValueError: the bytes are none that `__reduce__` gives.
        """
        if isinstance(content, bytes):
            content = pa.ipc.open_stream(content).read_all()
            if not content.schema.equals(SCHEMA):
                raise ValueError("other columns than those of records")
            content.validate(full=True)
        self.table: pa.Table = content

    def __reduce__(self) -> tuple[type[Block], tuple[bytes]]:
        """For frames."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, SCHEMA) as stream:
            stream.write_table(self.table)
        return Block, (sink.getvalue().to_pybytes(),)


class Records(Sequence[Record]):
    """The records of one report: some rows of a block. As a sequence it gives each as a `Record`."""

    __slots__ = ("_block", "_length", "_messages", "_start")

    def __init__(self, block: Block, start: int = 0, length: int | None = None) -> None:
        """`length` rows of the block from `start` on; all to the end when it is None."""
        self._block = block
        self._start = start
        self._length = block.table.num_rows - start if length is None else length
        if not 0 <= start <= start + self._length <= block.table.num_rows:
            raise ValueError("rows that the block does not have")
        self._messages: int | None = None

    @classmethod
    def of(cls, records: Iterable[Record]) -> Records:
        """These records, as columns."""
        return cls(Block(tables.table(map(_row, records), SCHEMA)))

    @property
    def table(self) -> pa.Table:
        """The rows, as SCHEMA. Nothing is copied."""
        return self._block.table.slice(self._start, self._length)

    @property
    def messages(self) -> int:
        """Sum over the records."""
        if self._messages is None:
            self._messages = pc.sum(self.table["messages"], min_count=0).as_py()
        return self._messages

    @property
    def most_messages(self) -> int:
        """Those of the largest record; 0 without records."""
        return pc.max(self.table["messages"]).as_py() or 0

    def __reduce__(self) -> tuple[type[Records], tuple[Block, int, int]]:
        """For frames."""
        return Records, (self._block, self._start, self._length)

    def __len__(self) -> int:
        """How many records."""
        return self._length

    def __iter__(self) -> Iterator[Record]:
        """Each record, in order."""
        return map(_record, self.table.to_pylist())

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        """One record, or some."""
        return list(self)[place]

    def __eq__(self, other: object) -> bool:
        """Whether the rows are equal."""
        return isinstance(other, Records) and self.table.equals(other.table)

    def __hash__(self) -> int:
        """Of what is cheap to know."""
        return hash((self._length, self.messages))


def _row(record: Record) -> dict[str, Any]:
    return {
        **{name: getattr(record, name) for name in _SAME},
        "record_index": record.index,
        "dkim": [
            {"domain": r.domain, "selector": r.selector, "result": r.result, "human_result": r.human_result}
            for r in record.dkim
        ],
        "spf": [
            {"domain": r.domain, "scope": r.scope, "result": r.result, "human_result": r.human_result}
            for r in record.spf
        ],
        "reasons": [{"type": r.type, "comment": r.comment} for r in record.reasons],
        "flags": record.flags,
    }


def _record(row: dict[str, Any]) -> Record:
    return Record(
        index=row["record_index"],
        **{name: row[name] for name in _SAME},
        dkim=tuple(DkimResult(**one) for one in row["dkim"]),
        spf=tuple(SpfResult(**one) for one in row["spf"]),
        reasons=tuple(Reason(**one) for one in row["reasons"]),
        flags=tuple(row["flags"]),
    )
