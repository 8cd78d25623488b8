"""The mail around a report: headers as the company's own mail server left them, and the attachment."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from dashboards.demo.story import MAIN

if TYPE_CHECKING:
    import random

    from dashboards.demo.habits import Reporter
    from dashboards.demo.nouns import Planned

MAILBOX = f"dmarc-reports@{MAIN}"
OWN_MX = f"mx.{MAIN}"
CRLF = "\r\n"


def mail_date(moment_utc: datetime) -> str:
    """RFC 5322 date of a naive UTC time."""
    return format_datetime(moment_utc.replace(tzinfo=UTC))


def arrival(sends_from: str, host: str, host_ip: str, received_utc: datetime, *, rng: random.Random) -> list[str]:
    """The header lines that the company's own server put on top."""
    domain = sends_from.partition("@")[2]
    return [
        f"Return-Path: <{sends_from}>",
        f"Delivered-To: {MAILBOX}",
        f"Received: from {host} ({host} [{host_ip}])",
        f"\tby {OWN_MX} (Postfix) with ESMTPS id {rng.getrandbits(44):011X}",
        f"\tfor <{MAILBOX}>; {mail_date(received_utc)}",
        f"Authentication-Results: {OWN_MX};",
        f"\tdkim=pass header.d={domain} header.s={rng.choice(('s1', 'selector1', '20230601', 'mail'))};",
        f"\tspf=pass smtp.mailfrom={sends_from};",
        f"\tdmarc=pass header.from={domain}",
    ]


def file_name(planned: Planned, reporter: Reporter) -> str:
    """receiver!policy-domain!begin!end[!id].xml, RFC 9990 section on file names."""
    parts = [reporter.submitter.lower(), planned.policy_domain, str(planned.begin), str(planned.end)]
    if reporter.mail.id_in_name:
        parts.append(planned.report_id)
    return "!".join(parts) + ".xml"


def packed(xml: bytes, name: str, packing: str, when: int) -> tuple[str, bytes]:
    """File name and bytes of the attachment.

    Args:
        xml: the report.
        name: its file name, ending in .xml.
        packing: gzip, zip or xml.
        when: Unix time written into the archive.
    """
    if packing == "xml":
        return name, xml
    buffer = io.BytesIO()
    if packing == "zip":
        stamp = datetime.fromtimestamp(when, UTC)
        member = zipfile.ZipInfo(name, (stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(member, xml)
        return name.removesuffix(".xml") + ".zip", buffer.getvalue()
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=6, fileobj=buffer, mtime=when) as stream:
        stream.write(xml)
    return name + ".gz", buffer.getvalue()


def report_mail(
    planned: Planned, reporter: Reporter, attachment: tuple[str, bytes], received_utc: datetime, *, rng: random.Random
) -> bytes:
    """The whole mail as bytes with CRLF line ends.

    Args:
        planned: what it reports.
        reporter: who sends it.
        attachment: file name and bytes.
        received_utc: when the company's server took it, naive UTC.
        rng: for message id, queue id and boundary.
    """
    headers = _headers(planned, reporter, received_utc, rng)
    part = attached(attachment, reporter.mail.media_type)
    if reporter.mail.single_part:
        return CRLF.join([*headers, *part]).encode()
    boundary = f"=_{rng.getrandbits(80):020x}"
    body = [
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
        "",
        f"--{boundary}",
        'Content-Type: text/plain; charset="us-ascii"',
        "",
        reporter.mail.text.format(domain=planned.policy_domain) or "DMARC aggregate report",
        f"--{boundary}",
        *part,
        f"--{boundary}--",
        "",
    ]
    return CRLF.join([*headers, *body]).encode()


def _headers(planned: Planned, reporter: Reporter, received_utc: datetime, rng: random.Random) -> list[str]:
    subject = reporter.mail.subject.format(
        domain=planned.policy_domain, submitter=reporter.submitter, report_id=planned.report_id
    )
    return [
        *arrival(reporter.sends_from, reporter.host, reporter.host_ip, received_utc, rng=rng),
        f"Date: {mail_date(received_utc.replace(second=0))}",
        f"Message-ID: <{rng.getrandbits(64):016x}.{planned.end}@{reporter.sends_from.partition('@')[2]}>",
        f"From: {reporter.sends_from}",
        f"To: {MAILBOX}",
        f"Subject: {subject}",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
    ]


def attached(attachment: tuple[str, bytes], media_type: str) -> list[str]:
    """The lines of one base64 part, headers included."""
    name, content = attachment
    encoded = base64.encodebytes(content).decode("ascii").split("\n")
    return [
        f'Content-Type: {media_type}; name="{name}"',
        f'Content-Disposition: attachment; filename="{name}"',
        "Content-Transfer-Encoding: base64",
        "",
        *encoded,
    ]
