"""Hostile sizes: refused within a bound on memory, with a reason. Nothing here is timed."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from ingest.model import Fate, Origin, RawMail, ReadPayload
from ingest.reading import read
from ingest.settings import Limits
from tests.fakes.reports import gz, mail, record, report, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20
BIG = Limits()
SMALL = Limits(payload_bytes=8 * MIB, mail_payload_bytes=16 * MIB)


def peak(work: Callable[[], object]) -> int:
    """The most bytes that Python held at once while `work` ran."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def payloads(body: bytes, limits: Limits) -> tuple[ReadPayload, ...]:
    return read(RawMail(Origin(path="x"), body), limits).payloads


def zeros(total: int) -> bytes:
    """A gzip stream of `total` zeros, made of one compressed block repeated."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = compressor.compress(b"\0" * MIB) + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(b"\0" * MIB) + compressor.flush(zlib.Z_FULL_FLUSH)
    return first + block * (total // MIB - 1)


@pytest.mark.parametrize("wrap", [lambda body: body, gz, mail], ids=["gz", "gz-in-gz", "mail"])
def test_two_gigabytes_of_zeros_in_a_gzip_are_refused(wrap: Callable[[bytes], bytes]) -> None:
    body = wrap(zeros(2048 * MIB))
    assert len(body) < 8 * MIB
    (found,) = payloads(body, SMALL)
    assert (found.fate, found.reason) == (Fate.REJECTED, "decompresses to more than 8,388,608 bytes")
    assert peak(lambda: payloads(body, SMALL)) < 8 * len(body) + 4 * SMALL.payload_bytes


def test_two_gigabytes_of_zeros_in_a_zip_are_refused() -> None:
    raw = zeros(2048 * MIB)[10:]  # past the gzip header: plain deflate
    body = bytearray(zipped({"r.xml": b"\0" * 64}))
    start, end = body.index(b"r.xml") + 5, body.index(b"PK\x01\x02")
    body[start:end] = raw
    for signature, offset in ((b"PK\x03\x04", 18), (b"PK\x01\x02", 20)):
        position = body.index(signature) + offset
        body[position : position + 8] = len(raw).to_bytes(4, "little") + (2047 * MIB).to_bytes(4, "little")
    directory = body.rindex(b"PK\x05\x06")
    body[directory + 16 : directory + 20] = body.index(b"PK\x01\x02").to_bytes(4, "little")
    (found,) = payloads(bytes(body), SMALL)
    assert (found.fate, found.reason) == (Fate.REJECTED, "decompresses to more than 8,388,608 bytes")
    assert peak(lambda: payloads(bytes(body), SMALL)) < 4 * len(body) + 4 * SMALL.payload_bytes


HOSTILE = {
    "elements": lambda n: b"<feedback>" + b"<a/>" * (n // 4) + b"</feedback>",
    "elements, broken": lambda n: b"<feedback>&;" + b"<a/>" * (n // 4),
    "elements after records": lambda n: b"<feedback>" + b"<record/>" * 15_000 + b"<a/>" * (n // 4) + b"</feedback>",
    "blanks": lambda n: b"<feedback>" + b" " * n + b"</feedback>",
    "attributes": lambda n: b"<feedback " + b" ".join(b"a%d='>'" % i for i in range(n // 12)) + b"/>",
    "attribute": lambda n: b"<feedback a='" + b"x" * n + b"'/>",
    "text": lambda n: report(org_name="x" * n).encode(),
    "depth": lambda n: b"<feedback>" + b"<a>" * (n // 3),
    "comment": lambda n: b"<feedback><!--" + b"x" * n + b"--></feedback>",
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_costs_no_more_than_a_few_times_its_size(make: Callable[[int], bytes]) -> None:
    content = make(8 * MIB)
    body = gzip.compress(content, 1)
    found: list[ReadPayload] = []
    used = peak(lambda: found.extend(payloads(body, BIG)))
    assert [(one.fate, one.report) for one in found] == [(Fate.REJECTED, None)], found
    assert used < 5 * len(content) + 16 * MIB


def test_96_megabytes_of_empty_elements_are_refused_early() -> None:
    content = b"<feedback>" + b"<a/>" * (24 * MIB)
    found: list[ReadPayload] = []
    body = gzip.compress(content, 1)
    limits = Limits(payload_bytes=len(content), mail_payload_bytes=len(content))
    used = peak(lambda: found.extend(payloads(body, limits)))
    assert found[0].reason == "15,001 XML elements before the first record"
    assert used < 4 * len(content) + 16 * MIB


def test_a_text_over_the_limit_is_refused() -> None:
    assert payloads(report(org_name="x" * 1001).encode(), Limits(text_bytes=1000))[0].fate is Fate.REJECTED
    assert payloads(report(org_name="x" * 1000).encode(), Limits(text_bytes=1000))[0].fate is Fate.ACCEPTED


def test_elements_nested_past_the_limit_are_refused() -> None:
    deep = "<a>" * 60 + "</a>" * 60
    assert "nested deeper than 50" in payloads(report(extra=deep).encode(), BIG)[0].reason


def test_more_records_than_the_limit_are_refused() -> None:
    body = report([record()] * 11).encode()
    assert payloads(body, Limits(records=10))[0].reason == "more than 10 records in one report"
    assert payloads(body, Limits(records=11))[0].fate is Fate.ACCEPTED


def test_a_bare_file_over_the_payload_limit_is_refused() -> None:
    assert "over the limit of 100" in payloads(report().encode(), Limits(payload_bytes=100))[0].reason
