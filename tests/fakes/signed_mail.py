"""Report mails as reporters send them, signed with DKIM by a key made here, and what a server puts on top."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.reports import gz, record, report_bytes

MX = "mx.example.com"
RECEIVED = f"Received: from mail.sender.example (mail.sender.example [192.0.2.1])\r\n\tby {MX} (Postfix) with ESMTPS id 1;\r\n\tTue, 03 Mar 2026 04:00:00 +0000\r\n"
HEADERS = [b"from", b"to", b"subject", b"date", b"message-id"]


@cache
def private_key() -> bytes:
    """An RSA key, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


@cache
def key_record() -> str:
    """Its public half as a DKIM record."""
    key = serialization.load_pem_private_key(private_key(), None).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()


@dataclass(frozen=True)
class Letter:
    """What differs from one report mail to the next; the defaults are a genuine report of Google."""

    sender: str = "noreply-dmarc-support@google.com"
    org_name: str | None = "google.com"
    email: str | None = "noreply-dmarc-support@google.com"
    submitter: str | None = "google.com"
    receiver: str | None = "google.com"
    subject: str | None = None
    count: str = "10"
    extra: str = ""

    def body(self) -> bytes:
        """The mail as it leaves the sender, unsigned."""
        xml = report_bytes([record(self.count)], org_name=self.org_name, email=self.email, report_id="r-1")
        name = f"{self.receiver}!example.com!1772409600!1772495999.xml.gz" if self.receiver else "report.xml.gz"
        subject = self.subject or f"Report domain: example.com Submitter: {self.submitter or 'x'} Report-ID: r-1"
        content = base64.encodebytes(gz(xml)).decode().replace("\n", "\r\n")
        return (
            f"{self.extra}From: {self.sender}\r\nTo: dmarc@example.com\r\nSubject: {subject}\r\n"
            f"Date: Tue, 03 Mar 2026 04:00:00 +0000\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"
            f'Content-Type: application/gzip; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{content}"
        ).encode("utf-8", "surrogateescape")


def signed(body: bytes, domain: str = "google.com", selector: str = "s1", **more: object) -> bytes:
    """`body` with a DKIM signature of `domain` on top."""
    options = {"include_headers": HEADERS, "canonicalize": (b"relaxed", b"relaxed"), **more}
    return bytes(dkim.sign(body, selector.encode(), domain.encode(), private_key(), **options)) + body


def results(text: str, server: str | None = MX) -> str:
    """An Authentication-Results header."""
    return f"Authentication-Results: {server + '; ' if server else ''}{text}\r\n"


def passed(domain: str = "google.com", server: str | None = MX) -> str:
    """The header that a server writes when DMARC passes."""
    return results(f"dkim=pass header.d={domain}; dmarc=pass (p=REJECT) header.from={domain}", server)


def delivered(body: bytes, *headers: str) -> bytes:
    """The mail as it lies in our mailbox: `headers`, our own Received, then what came."""
    return "".join([*headers, RECEIVED]).encode() + body
