"""Finds every report in the bytes of one delivery: all MIME parts, all archive members, bounded in size, number and depth.

Labels (content types, file names, transfer encodings) are hints at best; the content itself decides. What looks like a report but cannot be
unpacked comes out too, as a payload with `refused` or `damaged` set, so that nothing is dropped without a line in the ledger.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ingest import archive, sniff
from ingest.mime import parts
from ingest.model import Kind, Payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.mime import Part
    from ingest.model import RawMail
    from ingest.settings import Limits

MAX_NESTING = 2  # an archive in an archive


@dataclass(slots=True)
class Budget:
    """What is left to spend on one delivery."""

    limits: Limits
    bytes_left: int
    members: int  # how many there may be
    members_left: int

    def take_member(self) -> bool:
        """Whether one more part or member may be looked at."""
        self.members_left -= 1
        return self.members_left >= 0

    def room(self) -> int:
        """How many bytes the next payload may have."""
        return max(0, min(self.limits.payload_bytes, self.bytes_left))


def payloads(mail: RawMail, limits: Limits) -> list[Payload]:
    """Everything in `mail` that is a report or claims to be one. Member names are unique within the mail."""
    members = limits.members_loaded if mail.vouched else limits.members
    budget = Budget(limits, limits.mail_payload_bytes, members, members)
    if sniff.is_mail(mail.body):
        found = list(_from_mail(mail.body, "", budget, 0))
    else:
        found = list(_from_content(mail.body, "", budget, 0))
    if not sniff.is_mail(mail.body) and not found:
        found = [Payload("", mail.body, Kind.OTHER)]
    return list(_with_unique_names(found))


def _from_mail(body: bytes, prefix: str, budget: Budget, nesting: int) -> Iterator[Payload]:
    found = False
    for part in parts(body):
        name = f"{prefix}/{part.name}" if prefix else part.name
        if not budget.take_member():
            yield Payload(name, b"", refused=f"more than {budget.members} parts in one mail")
            return
        if part.is_failure_report or part.refused:
            found = True
            yield Payload(name, part.content, Kind.FAILURE if part.is_failure_report else Kind.OTHER, part.refused)
            continue
        for payload in _from_part(replace(part, name=name), budget, nesting):
            found = True
            yield payload
    repaired = None if found else unfolded_headers(body)
    if repaired is not None:
        yield from _from_mail(repaired, prefix, budget, nesting)


def _from_part(part: Part, budget: Budget, nesting: int) -> Iterator[Payload]:
    """The payloads of one MIME part; none for the words around a report."""
    content = _undone_base64(part.content)
    shape = sniff.shape(content)
    if shape in {sniff.Shape.GZIP, sniff.Shape.ZIP, sniff.Shape.REPORT, sniff.Shape.JSON_REPORT}:
        yield from _from_content(content, part.name, budget, nesting)
    elif not part.is_text and (shape is sniff.Shape.XML or sniff.claims_report(part.name)):
        yield Payload(part.name, content, Kind.OTHER)


def _from_content(content: bytes, name: str, budget: Budget, nesting: int) -> Iterator[Payload]:
    """The payloads of one content, archives opened, and mails in archives."""
    shape = sniff.shape(content)
    if shape in {sniff.Shape.GZIP, sniff.Shape.ZIP}:
        if nesting:
            budget.bytes_left -= len(content)
        if nesting >= MAX_NESTING:
            yield Payload(name, b"", refused="archives nested too deeply")
            return
        yield from _from_archive(content, name, budget, nesting)
        return
    if len(content) > budget.room():
        yield Payload(name, b"", refused=f"{len(content):,} bytes are over the limit of {budget.room():,}")
        return
    budget.bytes_left -= len(content)
    inside = _from_mails(content, name, budget, nesting) if nesting and sniff.is_mail(content) else []
    yield from inside or [Payload(name, content, sniff.kind(shape))]


_MBOX_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\d{4}\r?\n")


def _from_mails(content: bytes, name: str, budget: Budget, nesting: int) -> list[Payload]:
    """The payloads of a mail in an archive, or of all mails of an mbox there."""
    lines = islice(_MBOX_LINE.finditer(content), budget.members + 1)
    starts = [match.start() for match in lines] or [0]
    found: list[Payload] = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        if budget.members_left < 0:
            break
        found += _from_mail(content[start:end], name, budget, nesting)
    return found


def _from_archive(content: bytes, name: str, budget: Budget, nesting: int) -> Iterator[Payload]:
    members = archive.gzip_members if sniff.shape(content) is sniff.Shape.GZIP else archive.zip_members
    empty = True
    for member in members(content, budget.room):
        empty = False
        inner = f"{name}/{member.name}" if name and member.name else name or member.name
        if not budget.take_member():
            yield Payload(inner, b"", refused=f"more than {budget.members} members in one mail")
            return
        budget.bytes_left -= member.spent
        if member.refused:
            yield Payload(inner, b"", refused=member.refused)
            continue
        for payload in _from_content(member.content, inner, budget, nesting + 1):
            yield replace(payload, damaged=member.damaged or payload.damaged)
    if empty:
        yield Payload(name, b"", refused="the archive is empty")


_SPACE = b" \t\r\n\v\f"
_BASE64 = re.compile(rb"\A[\sA-Za-z0-9+/=]+\Z")
_BASE64_STARTS = (b"H4sI", b"UEsD", b"PD94", b"PGZl", b"77u/")  # gzip, zip, "<?x", "<fe", BOM


def _undone_base64(content: bytes) -> bytes:
    """Content that is still base64, under a wrong transfer encoding, decoded; anything else as it is."""
    if not content.lstrip()[:4].startswith(_BASE64_STARTS) or not _BASE64.match(content):
        return content
    try:
        return base64.b64decode(content.translate(None, _SPACE) + b"==")
    except binascii.Error:
        return content


_UNFOLDED = re.compile(rb";[ \t]*(\r?\n)(?=(?:file)?name\*?\d*\*?=|charset=|boundary=)", re.IGNORECASE)


def unfolded_headers(body: bytes) -> bytes | None:
    """The mail with header parameters that start in the first column folded back; None when there are none."""
    repaired = _UNFOLDED.sub(rb";\1 ", body)
    return repaired if repaired != body else None


def _with_unique_names(found: list[Payload]) -> Iterator[Payload]:
    seen: dict[str, int] = {}
    for payload in found:
        times = seen[payload.member] = seen.get(payload.member, 0) + 1
        yield payload if times == 1 else replace(payload, member=f"{payload.member}#{times}")
