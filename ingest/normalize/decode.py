"""The bytes of an XML document to text, without dropping a character, a slice at a time."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest import sniff

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SLICE_BYTES = 1 << 20

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>\s*", re.IGNORECASE)
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""", re.IGNORECASE)
_NOT_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7", "rot13"}
_KANA = re.compile(
    r"[\u3041-\u30ff]|[\u4e00-\u9fff]{2}|[\uff66-\uff9f]{4}"
)  # a half-width kana is a European capital, too
_BLANK = "\ufeff\x00 \t\r\n"
_SCHEMA_TAG = re.compile(r"</?xs:schema[^<>]*>", re.IGNORECASE)  # one reporter opens it and never closes it


@dataclass(frozen=True, slots=True)
class Text:
    """A document as text, from its root element on."""

    content: bytes
    encoding: str
    start: int  # bytes before it are a byte order mark
    guessed: bool  # the encoding was neither UTF-8 nor declared rightly

    def slices(self) -> Iterator[str]:
        """The text in pieces of about a megabyte that end before a "<", so that only a huge tag is ever cut."""
        return (_SCHEMA_TAG.sub("", piece) for piece in _cut_at_tags(_from_root(self._characters())))

    def fits(self) -> bool:
        """Whether every byte of the content is text in that encoding."""
        try:
            for _ in self._characters():
                pass
        except (UnicodeError, LookupError):
            return False
        return True

    def has_japanese(self) -> bool:
        """Whether there are Japanese words in it."""
        return any(_KANA.search(piece) for piece in self._characters())

    def _characters(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        for start in range(self.start, len(self.content), SLICE_BYTES):
            yield decoder.decode(self.content[start : start + SLICE_BYTES])
        yield decoder.decode(b"", final=True)


def decode(content: bytes) -> Text:
    """The document as text: by byte order mark, by declaration, as UTF-8, and at last by looking at the bytes."""
    return next((text for text in _readings(content) if text.fits()), Text(content, "latin-1", 0, guessed=True))


def _readings(content: bytes) -> Iterator[Text]:
    """What the content may be, the likeliest first."""
    for bom, encoding in sniff.BOMS:
        if content.startswith(bom):
            yield Text(content, encoding, len(bom), guessed=False)
    wide = sniff.wide_encoding(content[: sniff.HEAD_BYTES])
    if wide is not None:
        yield Text(content, wide, 0, guessed=False)
    declared = _ENCODING.search(content[:1000])
    if declared and _is_charset(encoding := declared.group(1).decode("ascii")):
        yield Text(content, encoding, 0, guessed=False)
    yield Text(content, "utf-8", 0, guessed=False)
    japanese = Text(content, "cp932", 0, guessed=True)
    if japanese.fits() and japanese.has_japanese():
        yield japanese
    yield Text(content, "cp1252", 0, guessed=True)


def _is_charset(encoding: str) -> bool:
    """Whether Python knows it, it has one byte for "<", and it is none of Python's own ways to write text."""
    try:
        return codecs.lookup(encoding).name not in _NOT_CHARSETS and "<".encode(encoding) == b"<"
    except (LookupError, UnicodeError, TypeError):
        return False


def _from_root(pieces: Iterable[str]) -> Iterator[str]:
    """The text without blanks and the XML declaration before it."""
    rest, head = iter(pieces), ""
    for piece in rest:
        head = (head + piece).lstrip(_BLANK)
        if len(head) >= SLICE_BYTES // 4:  # the declaration is in it
            break
    declaration = _DECLARATION.match(head)
    yield head[declaration.end() :] if declaration else head
    yield from rest


def _cut_at_tags(pieces: Iterable[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        text = rest + piece
        cut = text.rfind("<")
        if cut > 0:
            yield text[:cut]
            rest = text[cut:]
        else:
            yield text
            rest = ""
    yield rest
