"""The bytes of an XML document to text, without dropping a character."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from ingest import sniff

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>\s*", re.IGNORECASE)
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""", re.IGNORECASE)
_NOT_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7", "rot13"}
_KANA = re.compile(
    r"[\u3041-\u30ff]|[\u4e00-\u9fff]{2}|[\uff66-\uff9f]{4}"
)  # a half-width kana is a European capital, too
_SCHEMA_TAG = re.compile(r"</?xs:schema[^>]*>", re.IGNORECASE)  # one reporter opens it and never closes it


@dataclass(frozen=True, slots=True)
class Text:
    """A document as text, from its root element on."""

    text: str
    guessed: bool  # the encoding was neither UTF-8 nor declared rightly


def decode(content: bytes) -> Text:
    """The document as text: by byte order mark, by declaration, as UTF-8, and at last by looking at the bytes."""
    text, guessed = _decoded(content)
    text = text.lstrip("\ufeff\x00 \t\r\n")
    declaration = _DECLARATION.match(text)
    if declaration:
        text = text[declaration.end() :]
    return Text(_SCHEMA_TAG.sub("", text), guessed)


def _decoded(content: bytes) -> tuple[str, bool]:
    for bom, encoding in sniff.BOMS:
        if content.startswith(bom):
            text = _strictly(content[len(bom) :], encoding)
            if text is not None:
                return text, False
    wide = sniff.wide_encoding(content)
    if wide is not None:
        text = _strictly(content, wide)
        if text is not None:
            return text, False
    declared = _ENCODING.search(content[:1000])
    if declared and _is_charset(encoding := declared.group(1).decode("ascii")):
        text = _strictly(content, encoding)
        if text is not None:
            return text, False
    text = _strictly(content, "utf-8")
    return (text, False) if text is not None else (_guessed(content), True)


def _is_charset(encoding: str) -> bool:
    """Whether Python knows it, it has one byte for "<", and it is none of Python's own ways to write text."""
    try:
        return codecs.lookup(encoding).name not in _NOT_CHARSETS and "<".encode(encoding) == b"<"
    except (LookupError, UnicodeError, TypeError):
        return False


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _guessed(content: bytes) -> str:
    """Shift_JIS when that gives Japanese words, else Latin-1, which has a character for every byte."""
    japanese = _strictly(content, "cp932")
    if japanese is not None and _KANA.search(japanese):
        return japanese
    return _strictly(content, "cp1252") or content.decode("latin-1")
