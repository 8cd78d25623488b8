"""Every record is kept, flagged, or named as unreadable; what was not reported stays None."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Fate, Kind, Origin, RawMail, ReadPayload
from ingest.reading import read
from ingest.records import DkimResult, Reason, Record, SpfResult
from ingest.settings import Limits
from tests.fakes.reports import DKIM_PASS, SPF_PASS, auth, element, record, report, report_bytes

GOOD = record("3", header_from="Good.Example.com")


def payload(records: list[str], **parts: str | int | None) -> ReadPayload:
    (found,) = read(RawMail(Origin(path="x"), report_bytes(records, **parts)), Limits()).payloads
    assert found.kind is Kind.AGGREGATE
    return found


def kept(odd: str, *, alone: bool) -> Record:
    """The record `odd` of an accepted report, alone or between two good ones."""
    found = payload([odd] if alone else [GOOD, odd, GOOD])
    assert found.fate is Fate.ACCEPTED, found.reason
    assert found.report is not None
    if not alone:
        assert [found.report.records[n].messages for n in (0, 2)] == [3, 3]
    return found.report.records[0 if alone else 1]


alone_or_not = pytest.mark.parametrize("alone", [True, False], ids=["alone", "among others"])


@alone_or_not
@pytest.mark.parametrize("address", [None, "", "1.2.3", "not-an-ip", "010.001.1.1", "1.2.3.4/32", "fe80::1::2"])
def test_a_record_without_a_valid_address_counts_and_is_flagged(address: str | None, *, alone: bool) -> None:
    found = kept(record("5", source_ip=address), alone=alone)
    assert (found.source_ip, found.messages) == (None, 5)
    assert "bad_source_ip" in found.flags
    assert found.source_ip_raw == (address or None)


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ("2001:DB8::0001", "2001:db8::1"),
        ("fe80::1%&lt;eth0&gt;", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1\n", "192.0.2.1"),
    ],
)
def test_an_address_is_written_in_one_way(sent: str, canonical: str) -> None:
    assert kept(record(source_ip=sent), alone=True).source_ip == canonical


@alone_or_not
@pytest.mark.parametrize(
    ("odd", "dkim", "spf"),
    [
        (record("5", evaluated=""), False, False),
        (record("5", evaluated="<policy_evaluated/>"), False, False),
        (record("5", dkim=None, spf="pass"), False, True),
        (record("5", dkim="pass", spf=None), True, False),
        (record("5", dkim="", spf="PASS"), False, True),
        (record("5", disposition=None), True, False),
    ],
    ids=["no evaluation", "empty evaluation", "no dkim", "no spf", "empty dkim", "no disposition"],
)
def test_a_missing_verdict_is_not_a_pass_and_the_record_counts(odd: str, *, dkim: bool, spf: bool, alone: bool) -> None:
    found = kept(odd, alone=alone)
    assert (found.messages, found.dkim_aligned, found.spf_aligned) == (5, dkim, spf)


@alone_or_not
def test_a_missing_verdict_is_flagged(*, alone: bool) -> None:
    assert "missing_evaluation" in kept(record(evaluated=""), alone=alone).flags
    assert kept(record(), alone=alone).flags == ()


@alone_or_not
@pytest.mark.parametrize(
    ("results", "dkim", "spf"),
    [
        ("<dkim/>" + SPF_PASS, (), (SpfResult("example.com", "mfrom", "pass"),)),
        ("<dkim></dkim><spf></spf>", (), ()),
        ("", (), ()),
        (None, (), ()),
        (auth("dkim", None, "none"), (DkimResult(None, None, "none"),), ()),
        (auth("dkim", "D.example", "Pass"), (DkimResult("D.example", None, "pass"),), ()),
        (auth("spf", "d.example", None), (), (SpfResult("d.example", None, None),)),
        (DKIM_PASS * 2, (DkimResult("example.com", "s1", "pass"),) * 2, ()),
    ],
    ids=["<dkim/>", "both empty", "empty results", "no results", "no domain", "no selector", "no result", "two"],
)
def test_authentication_is_kept_as_it_was_reported(
    results: str | None, dkim: tuple[DkimResult, ...], spf: tuple[SpfResult, ...], *, alone: bool
) -> None:
    found = kept(record("5", results=results), alone=alone)
    assert (found.messages, found.dkim, found.spf) == (5, dkim, spf)


@alone_or_not
def test_two_sets_of_results_are_one(*, alone: bool) -> None:
    found = kept(record("5", results=DKIM_PASS, extra=element("auth_results", SPF_PASS)), alone=alone)
    assert (len(found.dkim), len(found.spf)) == (1, 1)


@alone_or_not
@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ("<reason/>", Reason(None, None)),
        ("<reason>forwarded</reason>", Reason("forwarded", None)),
        ("<reason><type>local_policy</type></reason>", Reason("local_policy", None)),
        ("<reason><type>other</type><comment>a &lt;b&gt;</comment></reason>", Reason("other", "a <b>")),
    ],
    ids=["empty", "text", "no comment", "both"],
)
def test_an_odd_reason_does_not_cost_the_record(reasons: str, expected: Reason, *, alone: bool) -> None:
    found = kept(record("5", reasons=reasons), alone=alone)
    assert (found.messages, found.reasons) == (5, (expected,))


@alone_or_not
def test_a_record_of_zero_messages_is_kept_and_flagged(*, alone: bool) -> None:
    found = kept(record("0"), alone=alone)
    assert (found.messages, found.flags) == (0, ("zero_messages",))


@alone_or_not
@pytest.mark.parametrize("identifiers", [None, "", "<identifiers/>"], ids=["no header_from", "none", "empty"])
def test_a_record_without_identifiers_counts_and_is_flagged(identifiers: str | None, *, alone: bool) -> None:
    found = kept(record("5", identifiers=identifiers, header_from=None), alone=alone)
    assert (found.messages, found.header_from) == (5, None)
    assert "missing_header_from" in found.flags


BAD = {
    "no count": record(None),
    "empty": record(""),
    "negative": record("-5"),
    "fraction": record("1.0"),
    "underscore": record("1_000"),
    "full width": record("１２"),
    "word": record("many"),
    "10**12": record(str(10**12)),
    "2**63": record(str(2**63)),
    "5,000 digits": record("0" * 5_000 + "1"),
    "10**26": record(str(10**26)),
    "two rows": record(row=element("row", "<source_ip>192.0.2.1</source_ip><count>1</count>") * 2),
    "two counts": record(row=element("row", "<source_ip>192.0.2.1</source_ip><count>1</count><count>2</count>")),
    "two addresses": record(row=element("row", "<source_ip>192.0.2.1</source_ip>" * 2 + "<count>1</count>")),
    "two identifiers": record(identifiers="<identifiers><header_from>a.example</header_from></identifiers>" * 2),
    "two verdicts": record(evaluated="<policy_evaluated><dkim>pass</dkim></policy_evaluated>" * 2),
    "no row": record(row=""),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_record_nobody_can_read_makes_the_report_partial_and_is_named(bad: str) -> None:
    found = payload([GOOD, bad, GOOD, bad])
    assert (found.fate, found.reason) == (Fate.PARTIAL, "2 of 4 records cannot be read: 1, 3")
    assert found.report is not None
    assert [(r.index, r.messages) for r in found.report.records] == [(0, 3), (2, 3)]
    assert found.xml_records == 4


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_report_of_nothing_but_unreadable_records_is_not_counted(bad: str) -> None:
    found = payload([bad])
    assert found.fate in {Fate.PARTIAL, Fate.QUARANTINED}
    assert found.reason


def test_a_record_of_more_than_a_billion_messages_is_quarantined() -> None:
    assert payload([record(str(10**9))]).fate is Fate.ACCEPTED
    assert payload([record(str(10**9 + 1))]).fate is Fate.QUARANTINED


def test_a_report_without_records_is_refused_and_says_so() -> None:
    found = payload([])
    assert (found.fate, found.reason, found.report) == (Fate.REJECTED, "the report holds no record", None)


@alone_or_not
def test_what_was_not_reported_stays_none(*, alone: bool) -> None:
    bare = record(disposition=None, results=auth("dkim", "example.com", None) + auth("spf", "example.com", None))
    found = kept(bare, alone=alone)
    assert (found.disposition, found.envelope_from, found.envelope_to) == (None, None, None)
    assert found.dkim == (DkimResult("example.com", None, None),)
    assert found.spf == (SpfResult("example.com", None, None),)
    filled = payload([bare], version=None, email=None, org_name=None, p=None).report
    assert filled is not None
    absent = (filled.p, filled.sp, filled.np, filled.adkim, filled.aspf, filled.pct, filled.fo, filled.testing)
    assert absent == (None,) * 8
    assert (filled.reporter_raw, filled.reporter_email, filled.version, filled.generator) == (None,) * 4
    assert filled.flags == ("missing_org_name", "missing_email", "missing_policy")


@pytest.mark.parametrize("missing", ["report_id", "domain", "begin", "end"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_report_that_cannot_be_placed_is_quarantined(missing: str, value: str | None) -> None:
    found = payload([GOOD], **{missing: value})
    assert (found.fate, found.report) == (Fate.QUARANTINED, None)
    assert missing in found.reason
    assert (found.xml_records, found.xml_messages) == (1, 3)


@pytest.mark.parametrize("date", ["2026-03-02", "1772409600000", "x", "99999999999999"])
def test_a_period_nobody_can_read_is_quarantined(date: str) -> None:
    assert payload([GOOD], begin=date, end=date).fate is Fate.QUARANTINED


def test_a_period_that_ends_before_it_begins_is_quarantined() -> None:
    found = payload([GOOD], begin=1_772_409_600, end=1_772_409_599)
    assert (found.fate, found.reason) == (Fate.QUARANTINED, "the period ends before it begins")


def test_a_period_in_another_century_is_quarantined() -> None:
    assert payload([GOOD], begin=4_102_444_800, end=4_102_444_801).fate is Fate.QUARANTINED
    assert payload([GOOD], begin=4_102_440_000, end=4_102_444_800).fate is Fate.ACCEPTED


_counts = st.one_of(st.integers(-3, 2_000), st.sampled_from([10**9, 2**63, "1_000", "", "x", None]))
_odd = st.sampled_from([{}, {"source_ip": None}, {"dkim": None}, {"results": "<dkim/>"}, {"header_from": None}])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(_counts, _odd), min_size=1, max_size=8))
def test_no_record_is_ever_lost_without_being_named(
    records: list[tuple[int | str | None, dict[str, str | None]]],
) -> None:
    xml = [record(None if count is None else str(count), **odd) for count, odd in records]  # type: ignore[arg-type]
    found = payload(xml)
    good = [count for count, _ in records if isinstance(count, int) and 0 <= count <= 10**9]
    held = found.report.records if found.report else ()
    if found.fate is Fate.ACCEPTED:
        assert len(good) == len(records)
    if found.report is not None:
        assert [r.messages for r in held] == good
    assert len(held) == len(records) or found.reason


def test_extensions_and_foreign_elements_are_kept_as_json() -> None:
    found = payload([record(extra="<x:seen xmlns:x='urn:x'>1</x:seen>")], extra="<extension a='1'><b>2</b></extension>")
    assert found.report is not None
    assert found.report.extensions is not None
    assert '"name": "extension"' in found.report.extensions
    assert '"namespace": "urn:x"' in found.report.extensions


def test_the_same_traffic_in_both_standards_gives_the_same_records() -> None:
    old = report([record("7", reasons="<reason><type>forwarded</type></reason>")], policy="<pct>100</pct>")
    new = report(
        [record("7", disposition="pass")],
        attributes=' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"',
        policy="<np>none</np><testing>n</testing><discovery_method>treewalk</discovery_method>",
        meta="<generator>g 1</generator><error lang='en'>e</error>",
    )
    first, second = (read(RawMail(Origin(path="x"), text.encode()), Limits()).payloads[0].report for text in (old, new))
    assert first is not None
    assert second is not None
    assert (first.format, second.format) == ("rfc7489", "rfc9990")
    assert first.messages == second.messages == 7
    assert (second.np, second.testing, second.discovery_method, second.generator) == ("none", "n", "treewalk", "g 1")
    assert second.errors == ("e",)
    assert first.records[0].dkim_aligned is second.records[0].dkim_aligned is True
