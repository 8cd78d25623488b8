"""Builders of aggregate reports, every part overridable, and of the containers and mails around them."""

from __future__ import annotations

import gzip
import io
import zipfile
from email.message import EmailMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BEGIN = 1_772_409_600  # 2026-03-02 00:00:00 UTC
DAY_S = 86_400
NAME = "reporter.example!example.com!1772409600!1772495999"


def element(name: str, inner: str | None) -> str:
    """`<name>inner</name>`; nothing when `inner` is None. `inner` is XML already."""
    return "" if inner is None else f"<{name}>{inner}</{name}>"


def auth(kind: str, domain: str | None, result: str | None, **more: str) -> str:
    """One `auth_results/dkim` or `/spf`."""
    inner = element("domain", domain) + element("result", result)
    return element(kind, inner + "".join(element(name, text) for name, text in more.items()))


DKIM_PASS = auth("dkim", "example.com", "pass", selector="s1")
SPF_PASS = auth("spf", "example.com", "pass", scope="mfrom")


def record(
    count: str | None = "1",
    *,
    source_ip: str | None = "198.51.100.7",
    disposition: str | None = "none",
    dkim: str | None = "pass",
    spf: str | None = "fail",
    reasons: str = "",
    evaluated: str | None = None,
    header_from: str | None = "example.com",
    envelope_from: str | None = None,
    envelope_to: str | None = None,
    results: str | None = DKIM_PASS + SPF_PASS,
    row: str | None = None,
    identifiers: str | None = None,
    extra: str = "",
) -> str:
    """One `<record>`. None leaves an element out; `row`, `evaluated` and `identifiers` replace a whole part."""
    if evaluated is None:
        inner = element("disposition", disposition) + element("dkim", dkim) + element("spf", spf) + reasons
        evaluated = element("policy_evaluated", inner)
    if row is None:
        row = element("row", element("source_ip", source_ip) + element("count", count) + evaluated)
    if identifiers is None:
        names = {"envelope_to": envelope_to, "envelope_from": envelope_from, "header_from": header_from}
        identifiers = element("identifiers", "".join(element(name, text) for name, text in names.items()))
    return element(
        "record", row + identifiers + (element("auth_results", results) if results is not None else "") + extra
    )


def report(
    records: Sequence[str] | None = None,
    *,
    org_name: str | None = "Reporter Example",
    email: str | None = "noreply@reporter.example",
    report_id: str | None = "r-1",
    begin: object = BEGIN,
    end: object = BEGIN + DAY_S - 1,
    domain: str | None = "example.com",
    p: str | None = "none",
    version: str | None = "1.0",
    meta: str = "",
    policy: str = "",
    extra: str = "",
    root: str = "feedback",
    attributes: str = "",
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>\n',
) -> str:
    """One aggregate report as text. None leaves an element out; `meta`, `policy`, `extra` are added where they say."""
    dates = element("begin", None if begin is None else str(begin)) + element("end", None if end is None else str(end))
    metadata = element("org_name", org_name) + element("email", email) + meta + element("report_id", report_id)
    published = element("domain", domain) + element("p", p) + policy
    body = [
        element("version", version),
        element("report_metadata", metadata + element("date_range", dates)),
        element("policy_published", published),
        extra,
        *(records if records is not None else [record()]),
    ]
    return f"{declaration}<{root}{attributes}>{''.join(body)}</{root}>"


def report_bytes(records: Sequence[str] | None = None, **parts: str | int | None) -> bytes:
    """The same as UTF-8 bytes."""
    return report(records, **parts).encode()  # type: ignore[arg-type]


def gz(*contents: bytes) -> bytes:
    """A gzip stream, one member for each content."""
    return b"".join(gzip.compress(content, 6, mtime=0) for content in contents)


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive; a name that ends with "/" is a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 3, 0, 0, 0)), content, method)
    return buffer.getvalue()


def mail(
    *attachments: bytes,
    content_type: str = "application/gzip",
    filename: str | None = f"{NAME}.xml.gz",
    date: str | None = "Tue, 03 Mar 2026 01:02:03 +0000",
    message_id: str = "<1@reporter.example>",
    text: str | None = "This is an aggregate report.\n",
    html: str | None = None,
    cte: str = "base64",
) -> bytes:
    """A report mail: words for people, then the attachments."""
    message = EmailMessage()
    message["From"] = "Reports <noreply@reporter.example>"
    message["To"] = "dmarc@example.com"
    message["Subject"] = "Report Domain: example.com Submitter: reporter.example Report-ID: <r-1>"
    message["Message-ID"] = message_id
    if date is not None:
        message["Date"] = date
    if text is not None:
        message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    main, sub = content_type.split("/")
    for content in attachments:
        message.add_attachment(content, maintype=main, subtype=sub, filename=filename, cte=cte)
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{number}")  # the same mail every time
    return message.as_bytes()


def raw_mail(headers: str, body: str | bytes) -> bytes:
    """A mail written by hand: its header lines, an empty line, its body."""
    content = body if isinstance(body, bytes) else body.encode()
    lines = "\n".join(line.strip() for line in headers.strip().splitlines())
    return f"From: noreply@reporter.example\nTo: dmarc@example.com\nMIME-Version: 1.0\n{lines}\n\n".encode() + content
