"""The bytes of an XML document to text, without dropping a character."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>\s*", re.IGNORECASE)
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""", re.IGNORECASE)
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9d]|[\u4e00-\u9fff]{2}")
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
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            text = _strictly(content[len(bom) :], encoding)
            if text is not None:
                return text, False
    for start, encoding in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if content.startswith(start):
            text = _strictly(content, encoding)
            if text is not None:
                return text, False
    declared = _ENCODING.search(content[:1000])
    if declared and not declared.group(1).lower().startswith((b"utf-16", b"utf-32", b"ucs")):
        text = _strictly(content, declared.group(1).decode("ascii"))
        if text is not None:
            return text, False
    text = _strictly(content, "utf-8")
    return (text, False) if text is not None else (_guessed(content), True)


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _guessed(content: bytes) -> str:
    """Shift_JIS when that gives Japanese words, else Latin-1, which has a character for every byte."""
    japanese = _strictly(content, "cp932")
    if japanese is not None and _KANA.search(japanese):
        return japanese
    return _strictly(content, "cp1252") or content.decode("latin-1")
