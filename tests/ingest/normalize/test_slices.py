"""What parsedmarc makes of a report does not depend on how many records it sees at a time, nor on our savings around it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import parsedmarc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import aggregate
from ingest.model import Fate, Origin, RawMail
from ingest.normalize import canonical, decode, lane, raw, tree
from ingest.reading import read
from ingest.settings import Limits
from tests.fakes.reports import DKIM_PASS, SPF_PASS, auth, record, report, report_bytes

ODD = (
    record("3"),
    record("x"),
    record("-1"),
    record("0"),
    record(None),
    record(source_ip=None),
    record(dkim=None),
    record(results="<dkim/>"),
    record(results=DKIM_PASS * 3 + SPF_PASS),
    record(results=auth("spf", "d.example", None)),
    record(identifiers=""),
    record(reasons="<reason>forwarded</reason>"),
    record(disposition="Quarantine", header_from="Ä.Example", envelope_from="B.example"),
    record(row=""),
)


def raw_report(xml: str) -> raw.RawReport:
    return raw.fields(tree.read(decode.decode(xml.encode()), Limits(), tree.Spent(), raw.Records))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(ODD), min_size=1, max_size=12), st.integers(1, 5))
def test_parsedmarc_reads_each_record_by_itself(records: list[str], size: int) -> None:
    whole = raw_report(report(records))
    expected = lane.normalize(whole)
    found: dict[int, object] = {}
    for start in range(0, len(records), size):
        part = lane.normalize(replace(whole, records=whole.records[start : start + size]))
        assert part.reporter == expected.reporter
        found |= part.records
    assert found == expected.records


def test_a_report_of_several_slices_is_read_whole() -> None:
    number = 2 * aggregate.SLICE_RECORDS + 3
    records = [record(str(n), header_from=f"h{n % 7}.example") for n in range(number)]
    records[aggregate.SLICE_RECORDS] = record("x")
    (found,) = read(RawMail(Origin(path="x"), report_bytes(records)), Limits()).payloads
    assert (found.fate, found.reason) == (
        Fate.PARTIAL,
        f"1 of {number} records cannot be read: {aggregate.SLICE_RECORDS}",
    )
    assert found.report is not None
    assert [r.index for r in found.report.records] == [n for n in range(number) if n != aggregate.SLICE_RECORDS]
    assert all(r.messages == r.index and not set(r.flags) - {"zero_messages"} for r in found.report.records)


def test_a_slice_ends_where_its_results_are_many() -> None:
    whole = raw_report(report([record(results=DKIM_PASS * 250)] * 39))
    parts = list(aggregate._slices(whole))
    assert [len(part.records) for part in parts] == [20, 19]
    assert [one for part in parts for one in part.records] == list(whole.records)


class Counting:
    """xmltodict that notes what it is asked to read."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.texts: list[str] = []

    def parse(self, xml: str, **options: Any) -> Any:
        self.texts.append(xml)
        return self.original.parse(xml, **options)


@pytest.mark.parametrize("records", [[record("3")], [record("3"), record("x"), record("5")], list(ODD)])
@pytest.mark.parametrize("tagged", [False, True])
def test_reading_a_text_once_instead_of_twice_changes_nothing(records: list[str], *, tagged: bool) -> None:
    """The saving rests on this: parsedmarc reads the same text twice, and does not touch what the first reading gave."""
    xml = canonical.plain(raw_report(report(records)), tagged=tagged)
    once = lane._xmltodict()
    counting = Counting(once._original)
    answers = []
    try:
        for reader in (counting, lane.ReadOnce(counting)):  # type: ignore[arg-type]
            counting.texts.clear()
            parsedmarc.xmltodict = reader
            try:
                answers.append(json.dumps(lane._parse(xml), default=str))
            except lane.ParsedmarcRefused as refusal:
                answers.append(str(refusal))
            assert counting.texts == [xml] * (2 if reader is counting else 1)
    finally:
        parsedmarc.xmltodict = once
    assert answers[0] == answers[1]


def test_the_saving_is_made_for_the_measured_version_only() -> None:
    lane._xmltodict()
    assert f"parsedmarc {lane.MEASURED}" == lane.PARSER
    assert isinstance(parsedmarc.xmltodict, lane.ReadOnce)
    assert parsedmarc.xmltodict.unparse({"a": None}).endswith("<a></a>")


class Exhausted:
    """xmltodict on a machine without memory."""

    def parse(self, _xml: str, **_options: Any) -> Any:
        raise MemoryError


def test_a_lack_of_memory_is_never_taken_for_an_invalid_report() -> None:
    once = lane._xmltodict()
    original = once._original
    once._original = Exhausted()  # type: ignore[assignment]
    try:
        with pytest.raises(MemoryError):
            lane.normalize(raw_report(report()))
    finally:
        once._original = original
    assert lane.normalize(raw_report(report())).reporter == "Reporter Example"
