"""From the tags of many records to the columns of the store, by the same rules as `tree`, `raw`, parsedmarc and `reconcile` follow together.

What stands between two tags becomes an Arrow array without being touched; only a text that is not plain (blanks around it, references, line ends, letters
outside of ASCII at its edges) is read by Python, once for each different one. A record that the other way would flag for anything but what is simply not
reported is not taken: the reason is noted beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from socket import AF_INET6, inet_ntop, inet_pton
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import arrays
from ingest.arrays import holds
from ingest.normalize.raw import OLD_REASONS, canonical_ip
from ingest.normalize.tags import Kind
from ingest.records import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.arrays import Bools, Ints
    from ingest.normalize.tags import Tags

_DKIM, _SPF, _REASON = (SCHEMA.field(name).type.value_type for name in ("dkim", "spf", "reasons"))
_FLAGS = ("zero_messages", "missing_header_from", "missing_selector", "missing_auth_domain")  # in `reconcile`'s order
_FLAG_CODES = [[flag for bit, flag in enumerate(_FLAGS) if code >> bit & 1] for code in range(1 << len(_FLAGS))]
_FLAG_LISTS = pa.ListArray.from_arrays(
    arrays.integers(np.cumsum([0, *map(len, _FLAG_CODES)])).cast(pa.int32()),
    arrays.texts([flag for flags in _FLAG_CODES for flag in flags]),
)
_OLD_REASONS, _PASS = arrays.texts(sorted(OLD_REASONS)), arrays.texts(["pass"])[0]
_ZERO, _NO_TEXT = arrays.integers(np.zeros(1, np.int64))[0], pa.nulls(1, pa.string())[0]
_COUNT = r"\A[0-9]{1,12}\z"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"\A{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}\z"
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_SINGLE = (Kind.ROW, Kind.EVALUATED, Kind.IDENTIFIERS)
_NOT_PLAIN = np.array([code <= 32 or code >= 127 or chr(code) in "<>" for code in range(256)])  # at an edge of a text


@dataclass(slots=True)
class Batch:
    """The rows of some documents, and which of them are not taken."""

    rows: pa.RecordBatch
    messages: Ints  # by record; 0 where they cannot be told
    old_reasons: Bools  # by record: a reason that RFC 9990 has abolished
    elements: Ints  # by record
    refusals: list[tuple[Bools, str]] = field(default_factory=list)  # which records, and why


def build(text: memoryview, tags: Tags, *, first_index: int = 0) -> Batch:
    """The columns of the records in `text`; `record_index` counts from `first_index` in each document."""
    return _Builder(text, tags).batch(first_index)


class _Builder:
    def __init__(self, text: memoryview, tags: Tags) -> None:
        self._tags = tags
        self._size = len(tags.strange)
        self._texts = _Texts(text, tags)
        self._refusals: list[tuple[Bools, str]] = [(tags.strange, "something in a record that this way does not know")]
        order = np.argsort(tags.kind, kind="stable")
        bounds = np.searchsorted(tags.kind[order], np.arange(len(Kind) + 1))
        self._at = [order[start:end] for start, end in pairwise(bounds.tolist())]

    def batch(self, first_index: int) -> Batch:
        for kind in _SINGLE:
            self._refuse_twins(self._at[kind], self._tags.record[self._at[kind]])
        raw_ip, header_from = self._value(Kind.SOURCE_IP), _words(self._value(Kind.HEADER_FROM))
        dkim, no_selector, no_dkim_domain = self._results(Kind.DKIM, _DKIM, "selector")
        spf, _, no_spf_domain = self._results(Kind.SPF, _SPF, "scope")
        reasons, old_reasons = self._reasons()
        messages = self._messages()
        flags = (
            holds(pc.equal(messages, _ZERO)),
            holds(pc.is_null(header_from)),
            no_selector,
            no_dkim_domain | no_spf_domain,
        )
        columns = [
            arrays.integers(first_index + self._indexes()).cast(pa.int32()),
            self._addresses(raw_ip),
            raw_ip,
            messages,
            _words(self._value(Kind.DISPOSITION)),
            self._verdict(Kind.DKIM_EVALUATED),
            self._verdict(Kind.SPF_EVALUATED),
            header_from,
            self._value(Kind.ENVELOPE_FROM),
            self._value(Kind.ENVELOPE_TO),
            *(dkim, spf, reasons),
            _FLAG_LISTS.take(arrays.integers(np.array([1 << bit for bit in range(len(flags))]) @ np.array(flags))),
        ]
        elements = np.bincount(self._tags.record, minlength=self._size)
        rows = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
        return Batch(rows, arrays.numbers(messages), old_reasons, elements, self._refusals)

    def _indexes(self) -> Ints:
        starts = self._tags.first_record
        return np.arange(self._size) - np.repeat(starts[:-1], np.diff(starts))

    def _refuse(self, records: Bools, reason: str) -> None:
        if records.any():
            self._refusals.append((records, reason))

    def _refuse_twins(self, at: Ints, owner: Ints) -> None:
        """No element may stand twice where one is enough: the other way takes the first, or none."""
        twins = at[1:][owner[1:] == owner[:-1]]
        if twins.size:
            found = np.zeros(self._size, np.bool_)
            found[self._tags.record[twins]] = True
            self._refuse(found, "an element that stands twice in the same place")

    def _value(self, kind: Kind) -> pa.Array:
        """By record: the text of its element of that kind."""
        return self._placed(self._at[kind], self._tags.record[self._at[kind]], self._size)

    def _placed(self, at: Ints, owner: Ints, size: int) -> pa.Array:
        """The texts at `at`, each in the place of its owner; None where nothing is."""
        self._refuse_twins(at, owner)
        full = ~self._tags.empty[at]
        at, owner = at[full], owner[full]
        values = self._texts.at(at)
        if len(owner) == size and (owner == np.arange(size)).all():
            return values
        place = np.full(size, -1)
        place[owner] = np.arange(len(owner))
        return values.take(arrays.integers(place, missing=place < 0))

    def _addresses(self, raw: pa.Array) -> pa.Array:
        found = _replaced(raw, ~holds(pc.match_substring_regex(raw, _IPV4)), _address)
        self._refuse(holds(pc.is_null(found)), "a source_ip that is no address")
        return found

    def _messages(self) -> pa.Array:
        count = self._value(Kind.COUNT)
        is_number = pc.match_substring_regex(count, _COUNT)
        self._refuse(~holds(is_number), "a count that is no plain number")
        return pc.cast(pc.if_else(is_number, count, _NO_TEXT), pa.int64())

    def _verdict(self, kind: Kind) -> pa.Array:
        found = _words(self._value(kind))
        self._refuse(holds(pc.is_null(found)), "a verdict that is missing")
        return pc.equal(found, _PASS)

    def _results(self, kind: Kind, struct: pa.StructType, middle: str) -> tuple[pa.Array, Bools, Bools]:
        """The results of one mechanism; records with a result without `middle`, and with one without a domain."""
        entries = self._at[kind]
        entries = entries[~self._tags.childless[entries]]
        first = kind + 1  # its fields follow in the order of the struct
        columns = [self._inside(Kind(first + n), entries) for n in range(len(struct))]
        columns[2] = _words(columns[2])
        names = [struct.field(n).name for n in range(len(struct))]
        lists = self._listed(entries, pa.StructArray.from_arrays(columns, fields=list(struct)))
        missing = [self._any(entries, holds(pc.is_null(columns[names.index(name)]))) for name in (middle, "domain")]
        return lists, missing[0], missing[1]

    def _reasons(self) -> tuple[pa.Array, Bools]:
        entries = self._at[Kind.REASON]
        types, comments = self._inside(Kind.REASON_TYPE, entries), self._inside(Kind.REASON_COMMENT, entries)
        bare = self._tags.childless[entries]
        if bare.any():
            places = np.flatnonzero(bare)
            types = pc.coalesce(types, self._placed(entries[bare], places, len(entries)))
        old = self._any(entries, holds(pc.is_in(types, value_set=_OLD_REASONS)))
        return self._listed(entries, pa.StructArray.from_arrays([types, comments], fields=list(_REASON))), old

    def _inside(self, kind: Kind, entries: Ints) -> pa.Array:
        at = self._at[kind]
        return self._placed(at, np.searchsorted(entries, at) - 1, len(entries))

    def _listed(self, entries: Ints, values: pa.Array) -> pa.Array:
        counts = np.bincount(self._tags.record[entries], minlength=self._size)
        return pa.ListArray.from_arrays(arrays.integers(np.append(0, np.cumsum(counts))).cast(pa.int32()), values)

    def _any(self, entries: Ints, which: Bools) -> Bools:
        found = np.zeros(self._size, np.bool_)
        found[self._tags.record[entries[which]]] = True
        return found


class _Texts:
    """What stands in the elements."""

    def __init__(self, text: memoryview, tags: Tags) -> None:
        symbols = np.frombuffer(text, np.uint8)
        self._not_plain = _NOT_PLAIN[symbols[tags.begin]] | _NOT_PLAIN[symbols[tags.end - 1]]
        for sign in (b"&", b"\r"):
            places = np.flatnonzero(symbols == ord(sign))
            if places.size:
                self._not_plain[np.searchsorted(tags.begin, places, side="right") - 1] = True
        offsets = np.empty(2 * len(tags.begin), np.int32)
        offsets[0::2], offsets[1::2] = tags.begin, tags.end
        self._all = pa.Array.from_buffers(
            pa.string(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(text)], null_count=0
        )

    def at(self, at: Ints) -> pa.Array:
        """The texts at `at` as `tree` gives them."""
        return _replaced(self._all.take(arrays.integers(2 * at)), self._not_plain[at], _text)


def _text(written: str) -> str | None:
    """What an XML parser gives for it, without surrounding blanks; None when that is nothing."""
    lines = written.replace("\r\n", "\n").replace("\r", "\n")
    return (_REFERENCE.sub(_character, lines) if "&" in lines else lines).strip() or None


def _character(reference: re.Match[str]) -> str:
    hexadecimal, decimal, name = reference.groups()
    return _NAMED[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def _address(text: str) -> str | None:
    """`canonical_ip`, which is asked only where the C library would write the address in another way."""
    try:
        if "." not in text and inet_ntop(AF_INET6, inet_pton(AF_INET6, text)) == text:
            return text
    except (OSError, ValueError):
        return canonical_ip(text)
    return canonical_ip(text)


def _replaced(values: pa.Array, where: Bools, change: Callable[[str], str | None]) -> pa.Array:
    """`values` with those at `where` changed; each different one is computed once. None stays None."""
    if not where.any():
        return values
    mask = arrays.truths(where)
    chosen = values.filter(mask).dictionary_encode()
    changed = arrays.texts([change(one) for one in chosen.dictionary.to_pylist()])
    return pc.replace_with_mask(values, mask, changed.take(chosen.indices))


def _words(values: pa.Array) -> pa.Array:
    """In lower case, by Python's rules."""
    foreign = holds(pc.invert(pc.string_is_ascii(values)))
    return pc.ascii_lower(values) if not foreign.any() else _replaced(values, np.ones(len(values), np.bool_), str.lower)
