"""Whatever bytes come in, reading answers; and whatever it answers, the store can keep."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Fate, Origin, RawMail, ReadMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.reports import gz, mail, raw_mail, record, report_bytes, zipped

if TYPE_CHECKING:
    from pathlib import Path

ONE = report_bytes([record("1"), record("2")], report_id="one")
TWO = report_bytes(report_id="two")
_ATTACHED = "Content-Type: message/rfc822; name*=utf-8''%ff.eml\nContent-Transfer-Encoding: base64"
SEEDS = (
    *(
        ONE,
        gz(ONE),
        gz(ONE, TWO),
        zipped({"a.xml": ONE, "b.xml.gz": gz(TWO)}),
        mail(gz(ONE)),
        mail(zipped({"a.xml": ONE})),
    ),
    *(mail(ONE, content_type="text/xml", html="<p>x</p>"), raw_mail(_ATTACHED, base64.encodebytes(mail(gz(ONE))))),
    raw_mail(
        "Content-Type: multipart/report; boundary=b",
        "--b\nContent-Type: message/feedback-report\n\nVersion: 1\n\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\n--b--",
    ),
)
SPLINTERS = (
    *(
        b"<",
        b">",
        b"&",
        b"\0",
        b"\xff\xfe",
        b"]]>",
        b"<![CDATA[",
        b"=?utf-8?b?w6T?=",
        b"\n\n",
        b"--b",
        b";",
        b'"',
        b"PK\x03\x04",
    ),
    *(b"\x1f\x8b", b'encoding="undefined"', b"filename*0*=x''%zz", b"charset=unicode_escape", b"name*=x'y'%ff"),
    *(
        b"base64",
        b"quoted-printable",
        b"x-uuencode",
        b"Content-Type: message/rfc822\n",
        b"\n<record>",
        b"</record>",
        b"From x 2026\n",
    ),
)
_changes = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from((0, 0, 1, 4, 100)), st.sampled_from(SPLINTERS) | st.binary(max_size=3)),
    min_size=1,
    max_size=8,
)


def changed(body: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """`body` with bytes cut out and splinters put in, at shares of its length."""
    for share, cut, splinter in changes:
        position = int(share * len(body))
        body = body[:position] + splinter + body[position + cut :]
    return body


def delivered(body: bytes) -> ReadMail:
    return read(RawMail(Origin(path="x"), body), Limits())


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), _changes)
def test_a_damaged_delivery_is_answered_with_fates_and_reasons(
    seed: bytes, changes: list[tuple[float, int, bytes]]
) -> None:
    found = delivered(changed(seed, changes))
    assert found.payloads or found.problem
    assert len({payload.member for payload in found.payloads}) == len(found.payloads)
    for payload in found.payloads:
        assert (payload.fate is Fate.ACCEPTED) is not bool(payload.reason)
        if payload.fate is Fate.ACCEPTED:
            assert payload.report is not None
            assert (payload.xml_records, payload.xml_messages) == (len(payload.report.records), payload.report.messages)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_answered(body: bytes) -> None:
    found = delivered(body)
    assert found.payloads or found.problem


@settings(
    deadline=None, max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(st.sampled_from(SEEDS), _changes), min_size=20, max_size=40))
def test_whatever_was_read_can_be_stored(
    tmp_path: Path, bodies: list[tuple[bytes, list[tuple[float, int, bytes]]]]
) -> None:
    mails = [delivered(changed(seed, changes)) for seed, changes in bodies]
    assert len(DuckStore(Database(tmp_path / "w.duckdb"), parser="t").add(mails)) == len(mails)


def test_extreme_values_can_be_stored(tmp_path: Path) -> None:
    counts = [record(str(10**12 - 1))] * 20
    bodies = [
        report_bytes(counts, report_id="sum"),
        report_bytes(report_id="pct", policy="<pct>99999999999</pct>"),
        report_bytes(report_id="first", begin=-62_135_596_800, end=0),
        report_bytes(report_id="last", begin=0, end=253_402_300_799),
        b"Subject: a\0b\nFrom: \xff <\xff@x>\nMessage-ID: \xfe\nDate: Mon, 01 Jan 0001 00:00:00 +1400\n"
        + mail(gz(ONE)),
    ]
    store = DuckStore(Database(tmp_path / "w.duckdb"), parser="t")
    outcomes = store.add([delivered(body) for body in bodies])
    assert [outcome.fate for outcome in outcomes][:2] == [Fate.QUARANTINED, Fate.ACCEPTED]
    assert outcomes[-1].fate is Fate.ACCEPTED
