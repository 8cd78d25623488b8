"""The fast way: the records of many reports to Arrow columns, without Python code for each record.

It gives what `tree`, `raw`, `lane` and `reconcile` give together, for documents whose shape it understands to the last tag; any other it declines, in
words, and the other way takes it. The text around the records is a small document of its own, which `tree` and `raw` read. The records of small
documents are read together, those of a large one a piece at a time.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ingest.normalize import columns, decode, raw, tags, tree
from ingest.records import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.arrays import Bools, Ints
    from ingest.normalize.raw import RawReport
    from ingest.records import Record
    from ingest.settings import Limits

PIECE_BYTES = 1 << 20  # of records that are read together: their arrays fit the processor's cache
LONGEST_PIECE = 2 * PIECE_BYTES
HEAD_BYTES = PIECE_BYTES  # of all that stands outside of the records
ELEMENTS_PER_RECORD = 1_000  # this and the next together below the bound of `tree`, which has words for what is over it
TAGS_AFTER = tree.ELEMENTS_PER_RECORD - ELEMENTS_PER_RECORD
DEPTH = 10
TEXTS_PER_ELEMENT = 8  # pieces of text between two start tags, which `tree` measures together
_FIRST, _LAST = b"<record>", b"</record>"
_PLACE = b"<record/>"
_RECORD = re.compile(rb"<(?:[^<>\s]*:)?record[\s/>]", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,10}(?:\.[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Columns:
    """The records of one report as rows of an Arrow table, and what stands outside of them."""

    head: RawReport  # without records
    format: str
    rows: pa.Table  # as `SCHEMA`
    messages: int  # their sum


@dataclass(slots=True)
class _Document:
    """One report on its way."""

    number: int
    head: RawReport
    spent: tree.Spent  # by its head alone
    content: bytes
    start: int  # of the first record
    end: int  # of the last one
    parts: list[_Part] = field(default_factory=list)
    declined: str = ""

    @property
    def records(self) -> int:
        """How many have been read so far."""
        return sum(part.rows.num_rows for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some records of one document."""

    rows: pa.RecordBatch
    messages: int
    elements: int
    old_reasons: int


class _Declined(Exception):
    """This way does not take the document; the message says why."""


def read(texts: Sequence[decode.Text], limits: Limits, spents: Sequence[tree.Spent]) -> list[Columns | str]:
    """For each document its columns, or in words why this way does not take it.

    `spents` says to which mail a document belongs; only what is taken is added to it.
    """
    found: list[Columns | str] = [""] * len(texts)
    documents = []
    for number, (text, spent) in enumerate(zip(texts, spents, strict=True)):
        try:
            documents.append(_outlined(number, text, limits, spent))
        except _Declined as declined:
            found[number] = str(declined)
    for group in _groups(documents):
        _read_together(group, limits)
    for document in documents:
        found[document.number] = document.declined or _counted(document, spents[document.number], limits)
    return found


def differences(rows: pa.Table, records: Sequence[Record]) -> list[str]:
    """What the two ways say differently: `3.header_from` is that column of the record with the index 3."""
    if rows.num_rows != len(records):
        return [f"{rows.num_rows} records instead of {len(records)}"]
    return [
        f"{record.index}.{name}"
        for row, record in zip(rows.to_pylist(), records, strict=True)
        for name, value in _row(record).items()
        if row[name] != value
    ]


def _row(record: Record) -> dict[str, object]:
    nested = {
        name: [{key: getattr(entry, key) for key in entry.__slots__} for entry in getattr(record, name)]
        for name in ("dkim", "spf", "reasons")
    }
    plain = {name: getattr(record, name) for name in SCHEMA.names if name not in {*nested, "record_index", "flags"}}
    return {"record_index": record.index, **plain, **nested, "flags": list(record.flags)}


def _outlined(number: int, text: decode.Text, limits: Limits, spent: tree.Spent) -> _Document:
    """The document with its head read and its records found."""
    if limits.depth < DEPTH:
        raise _Declined("a bound that is below this way's own")
    text = _as_utf8(text)
    content, first, last = text.content, text.content.find(_FIRST), text.content.rfind(_LAST)
    if first < 0 or last < first:
        raise _Declined("no <record> as most reporters write it")
    end = last + len(_LAST)
    if first + len(content) - end > HEAD_BYTES:
        raise _Declined("much text outside of the records")
    around = (content[:first], content[end:])
    _check_surroundings(*around, longest=limits.text_bytes // TEXTS_PER_ELEMENT)
    so_far = tree.Spent(spent.elements, spent.attributes)
    try:
        document = tree.read(replace(text, content=_PLACE.join(around)), limits, so_far, lambda: _nothing)
        head = raw.fields(tree.Document(document.root, [], document.repaired))
    except tree.Refused as refused:
        raise _Declined(str(refused)) from refused
    if len(document.records) != 1:
        raise _Declined("records that are not children of the root")
    _check_head(head)
    cost = tree.Spent(so_far.elements - spent.elements - 1 - tree.RECORD_ELEMENTS, so_far.attributes - spent.attributes)
    return _Document(number, head, cost, content, first, end)


def _nothing(_index: int, _node: tree.Node) -> None:
    """What is kept of the one element that stands where the records were."""


def _as_utf8(text: decode.Text) -> decode.Text:
    if codecs.lookup(text.encoding).name in {"utf-8", "ascii"}:
        return text
    try:
        content = b"".join(piece.encode() for piece in text.slices())
    except UnicodeEncodeError as error:
        raise _Declined("characters that XML does not allow") from error
    return decode.Text(content, "utf-8", 0, text.guessed)


def _check_surroundings(before: bytes, after: bytes, *, longest: int) -> None:
    """Nothing outside of the records may hide a record, or make one of what is none."""
    if _RECORD.search(before) or _RECORD.search(after):
        raise _Declined("a <record> unlike the others")
    if before.count(b"<") > tree.ELEMENTS_OUTSIDE or after.count(b"<") > TAGS_AFTER:
        raise _Declined("many elements outside of the records")
    if len(after) > longest:
        raise _Declined("much text behind the records")


def _check_head(head: RawReport) -> None:
    """Only a head that parsedmarc takes for certain."""
    if head.repaired:
        raise _Declined(head.repaired)
    if not (head.report_id and head.policy.get("domain") and head.begin_utc and head.end_utc):
        raise _Declined("a report that cannot be placed")
    if not all(_SECONDS.fullmatch(date or "") for date in (head.begin, head.end)):
        raise _Declined("a period in another form than whole seconds")
    if not all(name.isascii() for name in head.policy):
        raise _Declined("foreign letters in the name of a policy tag")
    if any("\r" in (text or "") for text in (head.org_name, head.email, head.report_id)):
        raise _Declined("a line end inside of a text")


def _groups(documents: list[_Document]) -> Iterator[list[_Document]]:
    """Small documents together, a large one alone."""
    group: list[_Document] = []
    size = 0
    for document in documents:
        length = document.end - document.start
        if length > PIECE_BYTES // 4:
            yield [document]
        else:
            group.append(document)
            size += length
            if size > PIECE_BYTES:
                yield group
                group, size = [], 0
    if group:
        yield group


def _read_together(group: list[_Document], limits: Limits) -> None:
    """Their records, or why not. A document that is not understood is left out, and the others are read again."""
    if len(group) == 1:
        _read_in_pieces(group[0], limits)
        return
    while group:
        pieces = [document.content[document.start : document.end] for document in group]
        bounds = np.cumsum([0, *map(len, pieces)])
        try:
            _add(group, memoryview(b"".join(pieces) + b" " * tags.TAIL_BYTES), bounds, limits)
        except tags.NotUnderstood as odd:
            for place in odd.documents:
                group[place].declined = str(odd)
            group = [document for document in group if not document.declined]
        else:
            return


def _read_in_pieces(document: _Document, limits: Limits) -> None:
    view, start = memoryview(document.content), document.start
    while start < document.end and not document.declined:
        cut = document.content.find(_LAST, start + PIECE_BYTES, document.end)
        end = cut + len(_LAST) if cut >= 0 else document.end
        if end - start > LONGEST_PIECE:
            document.declined = "a very long record"
            return
        try:
            _add([document], view[start : end + tags.TAIL_BYTES], np.array([0, end - start]), limits)
        except tags.NotUnderstood as odd:
            document.declined = str(odd)
        start = end


def _add(group: list[_Document], text: memoryview, bounds: Ints, limits: Limits) -> None:
    found = tags.find(text, bounds, limits.text_bytes // TEXTS_PER_ELEMENT)
    batch = columns.build(text, found, first_index=group[0].records)
    batch.refusals.append((batch.elements > ELEMENTS_PER_RECORD, "many elements in one record"))
    declined = _reasons(batch, found.first_record)
    starts = found.first_record.tolist()
    sums = [_sums(values, found.first_record) for values in (batch.messages, batch.elements, batch.old_reasons)]
    for place, document in enumerate(group):
        document.declined = document.declined or declined.get(place, "")
        rows = batch.rows.slice(starts[place], starts[place + 1] - starts[place])
        document.parts.append(_Part(rows, *(values[place] for values in sums)))
        if document.records > limits.records:
            document.declined = f"more than {limits.records:,} records in one report"


def _sums(values: Ints | Bools, first_record: Ints) -> list[int]:
    """By document: the sum over its records."""
    found: list[int] = np.diff(np.append(0, np.cumsum(values))[first_record]).tolist()
    return found


def _reasons(batch: columns.Batch, first_record: Ints) -> dict[int, str]:
    """By place in the group: why a document is declined."""
    found: dict[int, str] = {}
    for records, reason in batch.refusals:
        places = np.searchsorted(first_record, np.flatnonzero(records), side="right") - 1
        found = {**dict.fromkeys(places.tolist(), reason), **found}
    return found


def _counted(document: _Document, spent: tree.Spent, limits: Limits) -> Columns | str:
    """The document as it is handed out, once its cost is within what its mail may cost."""
    rows = pa.Table.from_batches([part.rows for part in document.parts], SCHEMA)
    elements = sum(part.elements for part in document.parts) + tree.RECORD_ELEMENTS * rows.num_rows
    total = spent.elements + document.spent.elements + elements
    if total > tree.elements_in_all(limits):
        return f"more than {tree.elements_in_all(limits):,} XML elements in one mail"
    attributes = spent.attributes + document.spent.attributes
    if attributes > tree.ATTRIBUTES_IN_ALL:
        return f"more than {tree.ATTRIBUTES_IN_ALL:,} XML attributes in one mail"
    spent.elements, spent.attributes = total, attributes
    old_reasons = any(part.old_reasons for part in document.parts)
    messages = sum(part.messages for part in document.parts)
    return Columns(document.head, document.head.format_with(old_reasons=old_reasons), rows, messages)
