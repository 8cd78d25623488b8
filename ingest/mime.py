"""The parts of a mail, and its few headers that matter, through the standard library's parser."""

from __future__ import annotations

import base64
import binascii
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr, parsedate_to_datetime
from typing import TYPE_CHECKING

from ingest import sniff
from ingest.mime_tree import MAX_DEPTH, TooMuch, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT = 1_000  # characters of a header that we keep; decoding a long one takes quadratic time
MAX_NAME = 250  # the same of a file
MAX_FROM = 2_000
_TEXT = {"text/plain", "text/html", "text/calendar", "text/rfc822-headers"}


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree, its transfer encoding undone."""

    name: str  # position and file name: "2 report.xml.gz"
    content: bytes
    is_text: bool  # words for a person, unless they turn out to be a report
    is_failure_report: bool = False
    refused: str | None = None  # why it was not opened; content is then empty


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the ledger keeps of a mail's header."""

    message_id: str | None
    mail_from: str | None
    subject: str | None
    date_utc: datetime | None  # when our server received it, else when it says it was sent; naive UTC


def parts(body: bytes) -> Iterator[Part]:
    """Every leaf of the mail, attached mails included, in order."""
    work = Work(len(body))
    try:
        yield from _parts(work.parsed(body), "", 0, work)
    except TooMuch as bound:
        yield Part("1", b"", is_text=False, refused=str(bound))


def envelope(body: bytes) -> Envelope:
    """The header fields that identify a mail; None for what is missing or unreadable."""
    head = BytesHeaderParser(policy=email.policy.compat32).parsebytes(body[: sniff.HEAD_BYTES].lstrip(b"\r\n"))
    address = _address(str(head.get("From", "")))
    return Envelope(
        message_id=_header(head, "Message-ID"),
        mail_from=address or _header(head, "From"),
        subject=_header(head, "Subject"),
        date_utc=_received(head) or _date(_header(head, "Date")),
    )


def _address(value: str) -> str:
    """The address of a From field, found before encoded words are decoded: a decoded display name may look like one."""
    if len(value) > MAX_FROM or value.count("(") > MAX_DEPTH:  # the standard library goes one call deeper for each
        return ""
    return parseaddr(" ".join(value.split()))[1]


def _parts(message: Message, prefix: str, depth: int, work: Work) -> Iterator[Part]:
    if depth > MAX_DEPTH:
        yield Part(prefix, b"", is_text=False, refused="MIME parts are nested too deeply")
        return
    content_type = message.get_content_type()
    if content_type == "message/feedback-report":
        yield Part(_name(message, prefix), _feedback(message), is_text=False, is_failure_report=True)
    elif message.is_multipart():  # only then: otherwise the payload is decoded, by whatever charset is claimed
        inner = _children(message, [child for child in message.get_payload() if isinstance(child, Message)], work)
        for number, child in enumerate(inner, 1):
            yield from _parts(child, f"{prefix}.{number}" if prefix else str(number), depth + 1, work)
    else:
        yield from _leaf(message, prefix, depth, work)


def _children(message: Message, children: list[Message], work: Work) -> list[Message]:
    if message.get_content_type() == "message/rfc822" and _encoding(message) == "base64" and children:
        try:
            return [work.parsed(base64.b64decode(children[0].as_bytes()))]
        except (LookupError, ValueError):
            return []
    return children


def _leaf(message: Message, prefix: str, depth: int, work: Work) -> Iterator[Part]:
    raw = message.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    is_text = message.get_content_type() in _TEXT and not sniff.claims_report(_filename(message) or "")
    if depth < MAX_DEPTH and _is_attached_mail(message, content):
        yield from _parts(work.parsed(content), prefix or "1", depth + 1, work)
        return
    yield Part(_name(message, prefix), content, is_text=is_text)


def _is_attached_mail(message: Message, content: bytes) -> bool:
    name = (_filename(message) or "").lower()
    return (name.endswith(".eml") or message.get_content_type() == "message/rfc822") and sniff.is_mail(content)


def _feedback(message: Message) -> bytes:
    payload = message.get_payload() if message.is_multipart() else None
    inner = payload[0] if isinstance(payload, list) and payload else message
    try:
        return inner.as_bytes() if isinstance(inner, Message) else b""
    except (LookupError, ValueError):  # a charset that is none
        return b""


def _name(message: Message, prefix: str) -> str:
    return f"{prefix or '1'} {_filename(message) or message.get_content_type()}"


def _filename(message: Message) -> str | None:
    try:
        name = message.get_filename()
    except (TypeError, ValueError, LookupError):
        return None
    return _decoded(name[:MAX_NAME]) if name else None


def _encoding(message: Message) -> str:
    return str(message.get("Content-Transfer-Encoding", "")).strip().lower()


def _header(message: Message, name: str) -> str | None:
    value = message.get(name)
    if value is None:
        return None
    return " ".join(_decoded(str(value)).split()) or None


def _decoded(value: str) -> str:
    try:
        text = str(make_header(decode_header(value[:MAX_TEXT])))
    except (LookupError, ValueError, binascii.Error):
        text = value[:MAX_TEXT]
    return text.encode("utf-8", "replace").decode("utf-8")


def _received(message: Message) -> datetime | None:
    newest = message.get("Received")
    return _date(str(newest).rpartition(";")[2].strip()) if newest and ";" in str(newest) else None


def _date(value: str | None) -> datetime | None:
    """A header's date as naive UTC; None when it cannot be read."""
    if not value:
        return None
    try:
        date = parsedate_to_datetime(value[:MAX_TEXT])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
