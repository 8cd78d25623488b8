"""The tags of many <record>s at once: where each one stands, what it is, and which record it belongs to.

Records are written in a small language: two dozen names, five levels, no attributes. Such text needs no parser. A tag reaches from "<" to ">", its name
is compared as two numbers of eight bytes, and its level is the sum of the tags before it; numpy does each of these steps for a hundred thousand tags in
one go. Whatever is outside of the language - attributes, comments, a "<" too many, an unknown name - makes its document one that is not understood here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.arrays import Bools, Ints

Bytes: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]

TAIL_BYTES = 8  # of anything that must stand behind the last tag, so that eight bytes can be read at once
LONGEST_NAME = 16
MOST_REFERENCES = 20_000  # in one text: each costs Python a microsecond
_LESS, _GREATER, _SLASH, _BLANKS = ord("<"), ord(">"), ord("/"), (ord("\t"), ord("\n"), ord("\r"))
_NO_CHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")  # U+FFFE, U+FFFF
_NO_REFERENCE = re.compile(  # to one of five names, or to a character other than a carriage return, which parsedmarc takes for another one
    rb"&(?!(?:amp|lt|gt|quot|apos"
    rb"|#(?:9|10|3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3}|[1-4][0-9]{4}|[7-9][0-9]{4}|[1-9][0-9]{5})"
    rb"|#x(?:9|[aA]|[2-9a-fA-F][0-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F]{2}|[1-9a-cA-CeE][0-9a-fA-F]{3}|[1-9a-fA-F][0-9a-fA-F]{4}));)"
)


class Kind(IntEnum):
    """What an element is, by its name and by what it stands in."""

    UNKNOWN = 0
    RECORD = auto()
    ROW = auto()
    SOURCE_IP = auto()
    COUNT = auto()
    EVALUATED = auto()
    DISPOSITION = auto()
    DKIM_EVALUATED = auto()
    SPF_EVALUATED = auto()
    REASON = auto()
    REASON_TYPE = auto()
    REASON_COMMENT = auto()
    IDENTIFIERS = auto()
    HEADER_FROM = auto()
    ENVELOPE_FROM = auto()
    ENVELOPE_TO = auto()
    RESULTS = auto()
    DKIM = auto()
    DKIM_DOMAIN = auto()
    DKIM_SELECTOR = auto()
    DKIM_RESULT = auto()
    DKIM_HUMAN_RESULT = auto()
    SPF = auto()
    SPF_DOMAIN = auto()
    SPF_SCOPE = auto()
    SPF_RESULT = auto()
    SPF_HUMAN_RESULT = auto()


_CHILDREN = {
    Kind.UNKNOWN: {b"record": Kind.RECORD},  # the top
    Kind.RECORD: {
        b"row": Kind.ROW,
        b"identifiers": Kind.IDENTIFIERS,
        b"identities": Kind.IDENTIFIERS,
        b"auth_results": Kind.RESULTS,
    },
    Kind.ROW: {b"source_ip": Kind.SOURCE_IP, b"count": Kind.COUNT, b"policy_evaluated": Kind.EVALUATED},
    Kind.EVALUATED: {
        b"disposition": Kind.DISPOSITION,
        b"dkim": Kind.DKIM_EVALUATED,
        b"spf": Kind.SPF_EVALUATED,
        b"reason": Kind.REASON,
    },
    Kind.REASON: {b"type": Kind.REASON_TYPE, b"comment": Kind.REASON_COMMENT},
    Kind.IDENTIFIERS: {
        b"header_from": Kind.HEADER_FROM,
        b"envelope_from": Kind.ENVELOPE_FROM,
        b"envelope_to": Kind.ENVELOPE_TO,
    },
    Kind.RESULTS: {b"dkim": Kind.DKIM, b"spf": Kind.SPF},
    Kind.DKIM: {
        b"domain": Kind.DKIM_DOMAIN,
        b"selector": Kind.DKIM_SELECTOR,
        b"result": Kind.DKIM_RESULT,
        b"human_result": Kind.DKIM_HUMAN_RESULT,
    },
    Kind.SPF: {
        b"domain": Kind.SPF_DOMAIN,
        b"scope": Kind.SPF_SCOPE,
        b"result": Kind.SPF_RESULT,
        b"human_result": Kind.SPF_HUMAN_RESULT,
    },
}
_LEVELS = 5
_NAMES = sorted({name for children in _CHILDREN.values() for name in children})  # name n has the code n + 1
_FIRST, _SECOND = (
    np.frombuffer(b"".join(name.ljust(LONGEST_NAME, b"\0") for name in [b"", *_NAMES]), "<u8").reshape(-1, 2).T.copy()
)
_LENGTH = np.array([0, *map(len, _NAMES)])
_KEEP = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)  # the first so many of eight bytes


def _slots(first: Words, length: Ints, multiplier: np.uint64) -> Ints:
    """A number below 256 for the first eight letters of a name and its length."""
    return (((first ^ length.view(np.uint64)) * multiplier) >> np.uint64(56)).view(np.int64)


def _table() -> tuple[np.uint64, Bytes]:
    """A multiplier under which no two names meet, and the code in each slot."""
    for candidate in range(0x9E3779B97F4A7C15, 1 << 64, 2):
        slots = _slots(_FIRST[1:], _LENGTH[1:], np.uint64(candidate))
        if len(set(slots.tolist())) == len(_NAMES):
            codes = np.zeros(256, np.uint8)
            codes[slots] = np.arange(1, len(_NAMES) + 1)
            return np.uint64(candidate), codes
    raise AssertionError("two names are the same")


_MULTIPLIER, _CODE_AT = _table()
_KIND_OF = np.zeros((len(Kind), len(_NAMES) + 1), np.uint8)  # by the kind of the parent and the code of the name
for _parent, _children in _CHILDREN.items():
    for _name, _kind in _children.items():
        _KIND_OF[_parent, _NAMES.index(_name) + 1] = _kind


_STRAY = "a < > or / that belongs to no tag"


class NotUnderstood(Exception):
    """Some of the documents are not in the language at all, so that their neighbours cannot be read with them."""

    def __init__(self, documents: Iterable[int], reason: str) -> None:
        super().__init__(reason)
        self.documents = frozenset(documents)


@dataclass(frozen=True, slots=True)
class Tags:
    """The elements of some records, in the order of the text; arrays of one length but for the last two."""

    kind: Bytes
    record: Ints  # its number, counted through all documents
    begin: Ints  # of the text in it
    end: Ints  # of that text, which is all there is in an element without children
    empty: Bools  # <so/>
    childless: Bools
    first_record: Ints  # of each document, and the number of all records
    strange: Bools  # by record: something in it is not in the language


def find(text: memoryview, bounds: Ints, longest: int) -> Tags:
    """The elements of the records in `text`, where document n reaches from bounds[n] to bounds[n + 1].

    A record with more than `longest` bytes between two tags is strange.

    `TAIL_BYTES` stand behind the last bound. A document begins with "<record>" and ends with "</record>".

    Raises:
        NotUnderstood: these documents must be left out.
    """
    symbols = np.frombuffer(text, np.uint8)[: bounds[-1]]
    _check_characters(text, symbols, bounds)
    opens, closes = _angles(symbols, bounds)
    is_end, empty = symbols[opens + 1] == _SLASH, symbols[closes - 1] == _SLASH
    tag_bounds = np.searchsorted(opens, bounds)
    level = _levels(is_end, empty, tag_bounds)
    begin = opens + 1 + is_end
    code = _codes(text, begin, closes - empty - begin)
    following = np.append(opens[1:], bounds[-1])
    top = (level == 0) & ~is_end
    counted = np.cumsum(top)
    record, first_record = counted - 1, np.append(0, counted)[tag_bounds]
    strange = np.zeros(first_record[-1], np.bool_)
    strange[record[(code == 0) | (following - closes > longest)]] = True
    strange[record[_unmatched(code, level, is_end, empty)]] = True
    strange[:1] |= opens[0] > longest
    starts = np.flatnonzero(~is_end)
    kind = _kinds(code[starts], level[starts])
    strange[record[starts[kind == Kind.UNKNOWN]]] = True
    childless = (empty | np.append(is_end[1:], True))[starts]
    return Tags(
        kind, record[starts], closes[starts] + 1, following[starts], empty[starts], childless, first_record, strange
    )


def _check_characters(text: memoryview, symbols: Bytes, bounds: Ints) -> None:
    """Nothing that XML does not allow, and no more references than can be read."""
    if (forbidden := _forbidden(text, symbols)).size:
        raise NotUnderstood(_documents(forbidden, bounds), "characters that XML does not allow")
    many = np.diff(np.searchsorted(np.flatnonzero(symbols == ord("&")), bounds)) > MOST_REFERENCES
    if many.any():
        raise NotUnderstood(np.flatnonzero(many).tolist(), "very many references")


def _angles(symbols: Bytes, bounds: Ints) -> tuple[Ints, Ints]:
    """Where tags begin and end: "<" and ">" by turns."""
    opens, closes = np.flatnonzero(symbols == _LESS), np.flatnonzero(symbols == _GREATER)
    uneven = np.diff(np.searchsorted(opens, bounds)) != np.diff(np.searchsorted(closes, bounds))
    if uneven.any():
        raise NotUnderstood(np.flatnonzero(uneven).tolist(), _STRAY)
    stray = (opens > closes) | (closes > np.append(opens[1:], bounds[-1]))
    if stray.any():
        raise NotUnderstood(_documents(opens[stray], bounds), _STRAY)
    return opens, closes


def _levels(is_end: Bools, empty: Bools, tag_bounds: Ints) -> Ints:
    """How many elements each tag stands in; the same for both tags of one element. What is below zero is of no kind."""
    if (both := np.flatnonzero(is_end & empty)).size:
        raise NotUnderstood(_documents(both, tag_bounds), _STRAY)
    depth = np.cumsum(1 - empty.view(np.int8) - 2 * is_end.view(np.int8), dtype=np.int64)
    unbalanced = np.diff(np.append(0, depth)[tag_bounds]) != 0
    if unbalanced.any():
        raise NotUnderstood(np.flatnonzero(unbalanced).tolist(), "its tags do not add up")
    return depth - ~(is_end | empty)


def _documents(positions: Ints, bounds: Ints) -> list[int]:
    found: list[int] = np.unique(np.searchsorted(bounds, positions, side="right") - 1).tolist()
    return found


def _codes(text: memoryview, begin: Ints, length: Ints) -> Bytes:
    """The number of each name; 0 for an unknown one."""
    eight: Words = np.ndarray((len(text) - 7,), "<u8", text, strides=(1,))
    first = eight[begin] & _KEEP.take(length, mode="clip")
    code: Bytes = _CODE_AT.take(_slots(first, length, _MULTIPLIER))
    code[(first != _FIRST.take(code)) | (length != _LENGTH.take(code))] = 0
    long = np.flatnonzero((length > 8) & (code > 0))
    second = eight[begin[long] + 8] & _KEEP.take(length[long] - 8, mode="clip")
    code[long[second != _SECOND.take(code[long])]] = 0
    return code


def _unmatched(code: Bytes, level: Ints, is_end: Bools, empty: Bools) -> Ints:
    """End tags that do not name the element they end, and all tags that are too deep."""
    wrong = [np.flatnonzero(level >= _LEVELS)]
    for number in range(_LEVELS):
        here = np.flatnonzero((level == number) & (is_end | ~empty))  # starts and ends by turns
        pairs = code[here].reshape(-1, 2)
        wrong.append(here[1::2][pairs[:, 0] != pairs[:, 1]])
    return np.concatenate(wrong)


def _kinds(code: Bytes, level: Ints) -> Bytes:
    """What each element is. Its parent is the last element before it that is one level higher."""
    kind = np.zeros(len(code), np.uint8)
    above: Any = None
    for number in range(_LEVELS):
        here = np.flatnonzero(level == number)
        if not here.size:
            break
        parents = kind[above[np.cumsum(level == number - 1)[here] - 1]] if number else Kind.UNKNOWN
        kind[here] = _KIND_OF[parents, code[here]]
        above = here
    return kind


def _forbidden(text: memoryview, symbols: Bytes) -> Ints:
    """Where characters or references stand that XML does not allow."""
    low = np.count_nonzero(symbols < 32)
    found: list[int] = []
    if low != sum(np.count_nonzero(symbols == blank) for blank in _BLANKS):
        found += np.flatnonzero((symbols < 32) & ~np.isin(symbols, _BLANKS)).tolist()
    if (symbols == 0xEF).any():
        found += [match.start() for match in _NO_CHARACTER.finditer(text)]
    if (symbols == ord("&")).any():
        found += [match.start() for match in _NO_REFERENCE.finditer(text)]
    return np.array(found, np.int64)
