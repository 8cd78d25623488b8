"""Mails made to cost much: each is refused by a bound that has a name, in a process that may use 512 MB and half a minute.

A pattern or a loop that takes quadratic time on 25 MB takes hours; the process would be ended, and the reason would say "hostile".
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from ingest.model import Fate, Origin, RawMail, ReadMail
from ingest.settings import Limits, WorkerSettings
from ingest.worker import Workers
from tests.fakes.reports import gz, mail, record, report_bytes, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MB = 1_000_000
HEAD = b"From: a@b.example\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(Limits(), WorkerSettings(processes=1, memory_mb=512, timeout_s=30)) as pool:
        yield pool


def packed(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def zeros(total: int) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(compressor.compress(b"\0" * MB) for _ in range(total // MB)), compressor.flush()])


def zip_of(number: int, content: bytes = b"", suffix: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for n in range(number):
            archive.writestr(f"{n}{suffix}", content)
    return buffer.getvalue()


def multiparts(depth: int, tail: bytes = b"") -> bytes:
    return (
        HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)) + tail
    )


def mails_in_mails(depth: int) -> bytes:
    body = b"x" * 1_000_000
    for _ in range(depth):
        body = HEAD + b"Content-Type: application/octet-stream; name=x.eml\n\n" + body
    return body


def flood(inner: bytes, each: int, records: int) -> bytes:
    return b"<feedback>" + (b"<record>" + inner * each + b"</record>") * records + b"</feedback>"


DOCUMENTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "96 MB of <a/>": (lambda: b"<feedback>" + b"<a/>" * 24 * MB, "15,001 XML elements"),
    "as many in records": (lambda: flood(b"<a/>", 1_400, 12_000), "no standard knows"),
    "attributes in elements": (
        lambda: b"<feedback>" + (b"<x " + b" ".join(b"a%d=''" % n for n in range(10_000)) + b"/>") * 500,
        "XML attributes in one mail",
    ),
    "11 million records": (lambda: b"<feedback>" + b"<record/>" * 11 * MB, "more than 200,000 records"),
    "an attribute": (lambda: b"<feedback a='" + b"x" * 90 * MB + b"'/>", "one XML tag or comment"),
    "a comment": (lambda: b"<feedback><!--" + b"<" * 90 * MB, "one XML tag or comment"),
    "an instruction": (lambda: b"<feedback><?x " + b"<" * 90 * MB, "one XML tag or comment"),
    "CDATA": (lambda: b"<feedback><![CDATA[" + b"<" * 90 * MB, "XML text is longer"),
    "30 million levels": (lambda: b"<feedback>" + b"<a>" * 30 * MB, "nested deeper"),
    "lines": (lambda: b"<feedback>" + b"\n" * 90 * MB + b"</feedback>", "no record"),
    "character references": (lambda: b"<feedback>" + b"&#32;" * 18 * MB + b"</feedback>", "no record"),
    "schema tags": (lambda: b"<feedback>" + b"<xs:schema" * 9 * MB, "too large to be repaired"),
    "a broken document": (lambda: b"<feedback>&;" + b"<a/>" * (MB - 2) + b" " * 25 * MB, "15,001 XML elements"),
    "Japanese": (lambda: b"<feedback>" + b"\x82\xa0" * 40 * MB, "XML text is longer"),
    "no encoding": (lambda: b"<feedback>" + b"\xff" * 90 * MB, "XML text is longer"),
    "wide blanks": (lambda: b" \0" * 40 * MB, "not a DMARC report"),
    "JSON": (lambda: b"{" + b"\xff" * 90 * MB, "not a DMARC report"),
    "mails": (lambda: HEAD + b"\n\n\nFrom 1234\n" * 7 * MB, "more than 100 parts"),
}
DELIVERIES: dict[str, tuple[Callable[[], bytes], str]] = {
    "2 GB of zeros": (lambda: zeros(2_000 * MB), "decompresses to more than"),
    "empty gzip members": (lambda: gz(b"") * MB, "more than 5,000 gzip members"),
    "65,535 empty members": (lambda: zip_of(65_535), "more than 100 members"),
    "200,000 empty members": (lambda: zip_of(200_000), "more than 65,535 entries"),
    "30 members, each too large": (lambda: zip_of(30, b"\0" * 150 * MB), "decompresses to more than"),
    "30 archives, each broken": (
        lambda: zip_of(30, b"\x1f\x8b" + b"\0" * 90 * MB, ".gz"),
        "decompresses to more than",
    ),
    "4,000 documents": (
        lambda: zipped({f"{n}.xml": b"<feedback>" + b"<a/>" * 12_000 for n in range(4_000)}),
        "more than 100 members",
    ),
    "parts": (lambda: MIXED + b"--b\n\n" * 450_000, "more than 10,000 MIME parts"),
    "lines": (lambda: HEAD + b"\n" + b"a\n" * 12 * MB, "more than 1,000,000 lines"),
    "100,000 multiparts": (lambda: multiparts(100_000), "nested too deeply"),
    "mails in mails": (lambda: mails_in_mails(60), "again and again"),
    "lines in multiparts": (lambda: multiparts(19, b"\n" + b"a\n" * 900_000), "no report"),
    "headers": (lambda: HEAD + b"a:\n" * 900_000 + b"\nx", "no report"),
    "a header of semicolons": (
        lambda: HEAD + b"Content-Type: multipart/mixed" + b";" * 24 * MB + b"\n\nx",
        "no report",
    ),
    "a header of quotes": (lambda: HEAD + b"Content-Type: a/b" + b';a="' * 6 * MB + b"\n\nx", "no report"),
    "encoded words": (
        lambda: MIXED + (b'--b\nContent-Disposition: attachment; filename="' + b"=?a?q? " * 1_100 + b'"\n\nx\n') * 90,
        "no report",
    ),
    "brackets": (lambda: b"From: " + b"(" * 60_000 + b"\n\nx", "no report"),
    "semicolons": (lambda: HEAD + b"\n" + b"; " * 12 * MB, "no report"),
    "names": (lambda: HEAD + b"\n" + (b";\nname" + b"1" * 60) * 360_000, "no report"),
    "base64": (
        lambda: HEAD + b"Content-Transfer-Encoding: 8bit\n\nH4sI" + b"A A\n" * 220_000 + b"A " * 11 * MB,
        "gzip",
    ),
    "a DOCTYPE": (lambda: b"<!DOCTYPE" + b" " * 65_000 + b"[" + b" " * 100, "not a DMARC report"),
    "quoted-printable": (
        lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 24 * MB,
        "no report",
    ),
}


def refused(found: ReadMail, because: str) -> None:
    reasons = [found.problem, *(payload.reason for payload in found.payloads)]
    assert not any(payload.fate is Fate.ACCEPTED for payload in found.payloads)
    assert not any("hostile" in reason for reason in reasons), reasons
    assert any(because in reason for reason in reasons), reasons


@pytest.mark.parametrize(("make", "because"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_document_made_to_cost_much_is_refused(workers: Workers, make: Callable[[], bytes], because: str) -> None:
    (found,) = workers([RawMail(Origin(path="x"), mail(packed(make())))])
    refused(found, because)


@pytest.mark.parametrize(("make", "because"), DELIVERIES.values(), ids=DELIVERIES.keys())
def test_a_delivery_made_to_cost_much_is_refused(workers: Workers, make: Callable[[], bytes], because: str) -> None:
    (found,) = workers([RawMail(Origin(path="x"), make())])
    refused(found, because)


def test_a_report_over_68_years_stays_as_small_as_it_is(workers: Workers) -> None:
    """parsedmarc would split it into 497,120 records."""
    body = report_bytes([record("1000000")] * 20, begin=0, end=68 * 365 * 86_400)
    (payload,) = workers([RawMail(Origin(path="x"), body)])[0].payloads
    assert (payload.fate, payload.xml_records, payload.xml_messages) == (Fate.ACCEPTED, 20, 20_000_000)
    assert payload.report is not None
    assert len(payload.report.records) == 20


def distinct(number: int) -> bytes:
    """A report in which no two records have the same address."""
    return report_bytes(
        [
            record(
                str(n % 50 + 1),
                source_ip=f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}",
                header_from=f"m{n % 300}.example.com",
                envelope_from=f"b{n % 1_000}.example.com",
            )
            for n in range(number)
        ]
    )


@pytest.mark.parametrize(
    ("records", "memory_mb"),
    [
        (20_000, 60),
        pytest.param(100_000, 160, marks=pytest.mark.slow),
        pytest.param(200_000, 300, marks=pytest.mark.slow),
    ],
)
def test_a_long_report_takes_little_memory(records: int, memory_mb: int) -> None:
    body = packed(distinct(records))
    with Workers(Limits(), WorkerSettings(processes=1, memory_mb=memory_mb, timeout_s=300)) as workers:
        (payload,) = workers([RawMail(Origin(path="x"), body)])[0].payloads
    assert (payload.fate, payload.reason, payload.xml_records) == (Fate.ACCEPTED, "", records)
    assert payload.report is not None
    assert len(payload.report.records) == records
    assert not any(one.flags for one in payload.report.records)


def test_documents_in_a_loaded_archive_share_one_bound_on_elements() -> None:
    """A file that a person loads may hold more members than a mail. The bound is 30 elements for each record that is allowed."""
    archive = zipped({f"{n}.xml": b"<feedback>" + b"<a/>" * 12_000 for n in range(120)})
    with Workers(Limits(records=40_000), WorkerSettings(processes=1)) as workers:
        (found,) = workers([RawMail(Origin(path="x"), archive, vouched=True)])
    refused(found, "XML elements in one mail")
