"""Tells what bytes are by looking at them."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum

from ingest.model import Kind

HEAD_BYTES = 65_536


class Shape(StrEnum):
    """What some bytes look like."""

    GZIP = "gzip"
    ZIP = "zip"
    REPORT = "report"  # XML whose root is <feedback>
    XML = "xml"  # other XML
    JSON_REPORT = "json"  # an SMTP TLS report
    OTHER = "other"


BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (
    (re.compile(rb"(?:[ \t\r\n]\0)*<\0"), "utf-16-le"),
    (re.compile(rb"(?:\0[ \t\r\n])*\0<"), "utf-16-be"),
)
_KINDS = {Shape.REPORT: Kind.AGGREGATE, Shape.JSON_REPORT: Kind.TLSRPT}
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_SKIP = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?:\[.*?\])?\s*>)", re.DOTALL | re.IGNORECASE)
_HEADER_LINE = re.compile(rb"\A(?:>?From [^\r\n]*\r?\n)?(?:[\r\n]*)[!-9;-~]+[ \t]*:[^\r\n]*\r?\n")
_CLAIMS = re.compile(r"\.(?:xml|gz|gzip|zip)(?:#\d+)?\Z", re.IGNORECASE)


def shape(content: bytes) -> Shape:
    """The shape of `content`, whatever its label says."""
    if content[:2] == b"\x1f\x8b":
        return Shape.GZIP
    if content[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return Shape.ZIP
    text = _head(content)
    if text.startswith("<"):
        return _xml_shape(text)
    if text.startswith("{") and b'"policies"' in content:
        return Shape.JSON_REPORT
    return Shape.OTHER


def kind(found: Shape) -> Kind:
    """The kind of payload of that shape."""
    return _KINDS.get(found, Kind.OTHER)


def is_mail(content: bytes) -> bool:
    """Whether the bytes start like a mail (RFC 5322 header, or an mbox separator)."""
    return shape(content) is Shape.OTHER and _HEADER_LINE.match(content[:HEAD_BYTES]) is not None


def claims_report(name: str) -> bool:
    """Whether a file name promises a report."""
    return _CLAIMS.search(name) is not None


def wide_encoding(content: bytes) -> str | None:
    """The encoding of XML that is written in two bytes a character and has no mark to say so."""
    for pattern, encoding in _WIDE:
        if pattern.match(content):
            return encoding
    return None


def _head(content: bytes) -> str:
    head = content[:HEAD_BYTES]
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, "replace").lstrip("\x00 \t\r\n\ufeff")
    wide = wide_encoding(head)
    return head.decode(wide or "latin-1", "replace").lstrip("\x00 \t\r\n\ufeff")


def _xml_shape(text: str) -> Shape:
    position = 0
    while (skipped := _SKIP.match(text, position)) is not None:
        position = skipped.end()
    root = _ROOT.search(text, position)
    return Shape.REPORT if root and root.group(1).lower() == "feedback" else Shape.XML
