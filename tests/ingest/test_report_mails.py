"""Reports in mails: whatever the labels say, every part is looked at."""

from __future__ import annotations

import base64
import quopri

import pytest

from ingest import mime
from ingest.model import Fate, Kind, Origin, RawMail, ReadMail
from ingest.reading import read
from ingest.settings import Limits
from tests.fakes.reports import gz, mail, raw_mail, report, report_bytes, zipped

ONE = report_bytes(report_id="one", org_name="Société Exemple &amp; Söhne")
TWO = report_bytes(report_id="two")
B64 = base64.encodebytes(gz(ONE)).decode()


def delivered(body: bytes) -> ReadMail:
    return read(RawMail(Origin(path="x"), body), Limits())


def accepted(body: bytes) -> list[str]:
    """Ids of the reports that count; everything else in the mail has a line too, but no report."""
    return [p.report.report_id for p in delivered(body).payloads if p.fate is Fate.ACCEPTED and p.report is not None]


@pytest.mark.parametrize("label", ["application/gzip", "application/zip", "application/octet-stream", "image/png"])
@pytest.mark.parametrize("content", [gz(ONE), zipped({"r.xml": ONE}), ONE], ids=["gz", "zip", "xml"])
def test_the_content_type_does_not_matter(label: str, content: bytes) -> None:
    assert accepted(mail(content, content_type=label)) == ["one"]


@pytest.mark.parametrize("label", ["text/plain", "text/html", "text/xml", "application/xml"])
def test_a_report_labelled_as_text_is_found(label: str) -> None:
    assert accepted(raw_mail(f"Content-Type: {label}\nContent-Transfer-Encoding: base64", B64)) == ["one"]


@pytest.mark.parametrize("label", ["application/gzip", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable", "x-unknown", "bynary"])
def test_base64_under_a_wrong_transfer_encoding_is_undone(label: str, encoding: str) -> None:
    body = B64.replace("=", "") if encoding == "quoted-printable" else B64  # its "=" would be a soft line break
    assert accepted(raw_mail(f"Content-Type: {label}\nContent-Transfer-Encoding: {encoding}", body)) == ["one"]


def test_a_gzip_with_the_binary_transfer_encoding_is_read() -> None:
    headers = 'Content-Type: application/gzip; name="r.xml.gz"\nContent-Transfer-Encoding: binary'
    assert accepted(raw_mail(headers, gz(ONE))) == ["one"]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("7bit", report(report_id="one", org_name="Soci&#233;t&#233; Exemple &amp; S&#246;hne").encode()),
        ("8bit", ONE),
        ("binary", ONE),
        ("quoted-printable", quopri.encodestring(ONE)),
        ("base64", base64.encodebytes(ONE)),
    ],
    ids=["7bit", "8bit", "binary", "quoted-printable", "base64"],
)
@pytest.mark.parametrize("label", ["text/xml", "application/xml", "application/xml; charset=utf-8", "text/plain"])
def test_a_plain_report_is_read_under_every_transfer_encoding(label: str, encoding: str, body: bytes) -> None:
    found = delivered(raw_mail(f"Content-Type: {label}\nContent-Transfer-Encoding: {encoding}", body))
    (payload,) = found.payloads
    assert payload.report is not None
    assert payload.report.reporter_raw == "Société Exemple & Söhne"
    assert payload.fate is Fate.ACCEPTED


def _attached(inner: bytes, headers: str) -> bytes:
    return b"\n".join(
        [
            raw_mail('Content-Type: multipart/mixed; boundary="b"', "words"),
            b"--b\n" + headers.encode() + b"\n",
            inner,
            b"--b--\n",
        ]
    )


def test_a_report_in_an_attached_mail_is_read() -> None:
    assert accepted(_attached(mail(gz(ONE)), "Content-Type: message/rfc822")) == ["one"]


def test_a_report_in_an_attached_mail_in_base64_is_read() -> None:
    headers = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64"
    assert accepted(_attached(base64.encodebytes(mail(gz(ONE))), headers)) == ["one"]


@pytest.mark.parametrize("label", ["application/octet-stream", "text/plain", "message/rfc822"])
def test_a_report_in_a_mail_attached_as_a_file_is_read(label: str) -> None:
    headers = f'Content-Type: {label}; name="fwd.eml"\nContent-Transfer-Encoding: base64'
    assert accepted(_attached(base64.encodebytes(mail(gz(ONE))), headers)) == ["one"]


def test_both_reports_of_a_mail_with_two_attachments_count() -> None:
    assert accepted(mail(gz(ONE), gz(TWO))) == ["one", "two"]


def test_words_and_pages_before_a_report_do_not_hide_it() -> None:
    body = mail(gz(ONE), text="{ dear admin", html="<html><body>&lt;feedback&gt;</body></html>")
    assert accepted(body) == ["one"]
    assert len(delivered(body).payloads) == 1


def test_a_picture_before_a_report_and_a_signature_around_it_do_not_matter() -> None:
    signed = mail(b"\x89PNG\r\n\x1a\n" + bytes(64), gz(ONE)).replace(
        b"multipart/mixed;", b'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;'
    )
    assert b"multipart/signed" in signed
    assert accepted(signed) == ["one"]


@pytest.mark.parametrize("cut", [40, 200])
def test_base64_that_ends_early_is_not_counted(cut: int) -> None:
    body = raw_mail("Content-Type: application/gzip\nContent-Transfer-Encoding: base64", B64[:-cut])
    (found,) = delivered(body).payloads
    assert found.fate in {Fate.PARTIAL, Fate.REJECTED, Fate.QUARANTINED}
    assert "gzip stream" in found.reason


def test_a_broken_archive_before_a_report_does_not_hide_it() -> None:
    first, second = delivered(mail(zipped({"r.xml": TWO})[:50], gz(ONE))).payloads
    assert first.fate is Fate.REJECTED
    assert second.fate is Fate.ACCEPTED


def test_a_mail_without_a_report_says_so() -> None:
    found = delivered(mail(text="Where is my invoice?"))
    assert (found.payloads, found.problem) == ((), "no report found in it")


def test_an_empty_delivery_is_refused() -> None:
    (payload,) = delivered(b"").payloads
    assert (payload.fate, payload.reason) == (Fate.REJECTED, "not a DMARC report")


def test_a_mail_over_the_limit_is_refused_with_its_size() -> None:
    found = read(RawMail(Origin(path="x"), mail(gz(ONE))), Limits(mail_bytes=100))
    assert "over the limit of 100 for one mail" in found.problem
    assert (found.payloads, found.message_id) == ((), "<1@reporter.example>")


def test_what_the_server_refused_stays_refused() -> None:
    head = raw_mail("Message-ID: <big@reporter.example>\nContent-Type: text/plain", "")
    found = read(RawMail(Origin("m", "INBOX", 1, 7), head, refused="30,000,000 bytes are too many"), Limits())
    assert (found.problem, found.payloads) == ("30,000,000 bytes are too many", ())
    assert found.message_id == "<big@reporter.example>"


def test_header_parameters_that_were_never_folded_are_found() -> None:
    body = mail(gz(ONE)).replace(b"application/gzip", b'application/gzip;\nname="r.xml.gz"')
    assert accepted(body) == ["one"]
    broken = raw_mail('Content-Type: multipart/mixed;\nboundary="b"', "")
    inner = f"--b\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n{B64}\n--b--\n"
    assert accepted(broken + inner.encode()) == ["one"]


@pytest.mark.parametrize("date", ["yesterday", "Fri, 99 Foo 99999 99:99:99 +9999", "", None, "Mon, 1 Jan 99999 0:0:0"])
def test_a_date_header_nobody_can_read_does_not_matter(date: str | None) -> None:
    body = mail(gz(ONE), date=None)
    if date is not None:
        body = f"Date: {date}\n".encode() + body
    assert accepted(body) == ["one"]
    assert delivered(body).received_utc is None


def test_a_mail_bears_the_time_our_server_received_it() -> None:
    received = b"Received: from a by b; Wed, 04 Mar 2026 09:00:00 +0900\nReceived: from c by a; Sun, 01 Mar 2026 00:00:00 GMT\n"
    assert str(delivered(received + mail(gz(ONE))).received_utc) == "2026-03-04 00:00:00"
    assert str(delivered(mail(gz(ONE))).received_utc) == "2026-03-03 01:02:03"


def test_header_words_are_decoded_and_tamed() -> None:
    body = mail(gz(ONE)).replace(b"Subject: Report", b"Subject: =?utf-8?b?w6TDtg==?= =?x-none?q?=ff?=\n Report")
    found = delivered(body)
    assert found.mail_from == "noreply@reporter.example"
    assert found.subject is not None
    assert "\n" not in found.subject
    assert accepted(body) == ["one"]


@pytest.mark.parametrize("levels", [50, 300, 3_000])
@pytest.mark.parametrize("kind", ["multipart/mixed", "message/rfc822"])
def test_parts_nested_past_every_reason_are_refused(kind: str, levels: int) -> None:
    head = b"Subject: x\n"
    for level in range(levels):
        if kind == "message/rfc822":
            head += b"Content-Type: message/rfc822\n\n"
        else:
            head += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
    found = delivered(head + mail(gz(ONE)))
    assert [(p.fate, p.reason) for p in found.payloads] == [(Fate.REJECTED, "MIME parts are nested too deeply")]
    assert found.subject == "x"


def test_a_failure_report_is_named_and_not_counted() -> None:
    feedback = b"Feedback-Type: auth-failure\nVersion: 1\nAuth-Failure: dmarc\n"
    found = delivered(_attached(feedback, "Content-Type: message/feedback-report"))
    assert [(p.kind, p.fate) for p in found.payloads] == [(Kind.FAILURE, Fate.REJECTED)]
    assert found.payloads[0].reason.startswith("failure report")


def test_a_display_name_that_decodes_to_an_address_is_not_taken_for_the_sender() -> None:
    forged = b"From: =?utf-8?q?=3Cnoreply-dmarc-support=40google=2Ecom=3E?= <x@attacker.example>\r\n\r\nhello\r\n"
    assert mime.envelope(forged).mail_from == "x@attacker.example"


def test_a_from_field_of_nothing_but_brackets_is_kept_as_it_is() -> None:
    found = mime.envelope(b"From: " + b"(" * 1900 + b"\r\n\r\nhello\r\n").mail_from
    assert found is not None
    assert found.startswith("(((")
