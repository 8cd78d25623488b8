"""Reports are read by the fast way and by parsedmarc: the same rows, whoever reads; where they differ, parsedmarc's count and somebody is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ingest import custody, wiring
from ingest.errors import SettingsError
from ingest.model import DIFFER, Fate, Origin, RawMail
from ingest.normalize import columnar, lane
from ingest.reading import read, read_all
from ingest.settings import Limits, Parsing, Settings
from ingest.settings_file import load
from tests.fakes.reports import gz, mail, record, report_bytes, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.model import ReadMail
    from ingest.normalize.columnar import Columns
    from ingest.normalize.raw import RawReport

PARSEDMARC = Parsing(normalizer="parsedmarc")
NEVER, ALWAYS = Parsing(compared_percent=0), Parsing(compared_percent=100)
GOOD = report_bytes([record("7"), record("5", source_ip="2001:db8::1")])
ODD = report_bytes([record("3", extra="<more/>")], report_id="odd")


def raw(body: bytes, name: str = "x") -> RawMail:
    return RawMail(Origin(path=name), body)


def wrong(found: Columns | str) -> Columns | str:
    """As if the fast way had a mistake that no count shows."""
    if isinstance(found, str):
        return found
    place = found.rows.schema.get_field_index("header_from")
    return replace(found, rows=found.rows.set_column(place, "header_from", found.rows["envelope_from"]))


@pytest.fixture
def mistaken(monkeypatch: pytest.MonkeyPatch) -> None:
    original = columnar.read
    monkeypatch.setattr(columnar, "read", lambda *given: [wrong(one) for one in original(*given)])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of reports that parsedmarc is asked to read."""
    seen: list[str] = []
    original = lane.normalize

    def normalize(report: RawReport) -> lane.Normalized:
        seen.append(report.report_id or "")
        return original(report)

    monkeypatch.setattr(lane, "normalize", normalize)
    return seen


def test_what_the_fast_way_understands_parsedmarc_is_not_asked(asked: list[str]) -> None:
    assert read(raw(GOOD), Limits(), NEVER).payloads[0].fate is Fate.ACCEPTED
    assert asked == []
    assert read(raw(ODD), Limits(), NEVER).payloads[0].fate is Fate.ACCEPTED
    assert asked == ["odd"]


def test_the_setting_sends_everything_through_parsedmarc(asked: list[str]) -> None:
    assert read(raw(GOOD), Limits(), PARSEDMARC) == read(raw(GOOD), Limits(), NEVER)
    assert asked == ["r-1"]


def test_mails_read_together_are_as_read_alone() -> None:
    mails = [
        raw(mail(gz(GOOD), zipped({"1.xml": ODD, "2.xml": GOOD})), "1"),
        raw(GOOD[:-40], "2"),
        raw(b"no report", "3"),
        raw(ODD, "4"),
        raw(mail(gz(report_bytes([record("0"), record("9")], report_id="more"))), "5"),
    ]
    alone: list[ReadMail] = [read(one, Limits(), NEVER) for one in mails]
    assert read_all(mails, Limits(), NEVER) == alone
    assert [[one.fate for one in each.payloads] for each in alone] == [
        [Fate.ACCEPTED, Fate.ACCEPTED, Fate.ACCEPTED],
        [Fate.PARTIAL],
        [Fate.REJECTED],
        [Fate.ACCEPTED],
        [Fate.ACCEPTED],
    ]
    assert alone == [read(one, Limits(), PARSEDMARC) for one in mails]


def test_the_share_that_is_compared_is_chosen_by_the_bytes() -> None:
    hashes = [raw(str(number).encode()).sha256 for number in range(20_000)]
    for percent in (0, 1, 25, 100):
        chosen = [Parsing(compared_percent=percent).compares(sha) for sha in hashes]
        assert abs(sum(chosen) / 200 - percent) < 1.5
        assert chosen == [Parsing(compared_percent=percent).compares(sha) for sha in hashes]


def test_being_compared_costs_a_mail_nothing_of_its_bounds() -> None:
    """Both ways count the same elements; together they would be past the bound of this mail."""
    limits, body = Limits(records=10), report_bytes([record(str(n)) for n in range(1, 11)])
    assert read(raw(body), limits, ALWAYS) == read(raw(body), limits, NEVER)
    assert read(raw(body), limits, ALWAYS).payloads[0].fate is Fate.ACCEPTED


@pytest.mark.usefixtures("mistaken")
def test_where_they_differ_parsedmarc_wins_and_the_report_says_so(tmp_path: Path) -> None:
    assert (
        read(raw(GOOD), Limits(), NEVER).payloads[0].report != read(raw(GOOD), Limits(), PARSEDMARC).payloads[0].report
    )
    (payload,) = read(raw(GOOD), Limits(), ALWAYS).payloads
    (right,) = read(raw(GOOD), Limits(), PARSEDMARC).payloads
    assert payload.report is not None
    assert right.report is not None
    assert payload.report.records == right.report.records
    assert payload.report.flags == (*right.report.flags, DIFFER)
    assert "(0.header_from, 1.header_from)" in payload.reason
    assert payload.fate is Fate.ACCEPTED

    settings = Settings(db=tmp_path / "w.duckdb", parsing=ALWAYS)
    outcomes = wiring.pipeline(settings).store.add([read(raw(GOOD + b" ", "again"), Limits(), ALWAYS)])
    assert [one.needs_a_look for one in outcomes] == [True]
    findings = [one for one in custody.examine(settings) if one.name == "reading"]
    assert [one.grave for one in findings] == [False]
    assert "1 reports were read differently" in findings[0].message


def test_a_count_that_the_text_does_not_hold_sends_the_report_to_parsedmarc(monkeypatch: pytest.MonkeyPatch) -> None:
    original = columnar.read

    def miscounted(*given: object) -> list[Columns | str]:
        return [one if isinstance(one, str) else replace(one, messages=one.messages + 1) for one in original(*given)]  # type: ignore[arg-type]

    monkeypatch.setattr(columnar, "read", miscounted)
    (payload,) = read(raw(GOOD), Limits(), NEVER).payloads
    assert (payload.xml_records, payload.xml_messages) == (2, 12)
    assert payload.report is not None
    assert payload.report.messages == 12


def test_an_id_of_brackets_only_is_no_id() -> None:
    (payload,) = read(raw(report_bytes([record("1")], report_id="&lt;&gt;")), Limits(), NEVER).payloads
    assert (payload.fate, payload.report) == (Fate.QUARANTINED, None)
    assert "report_id" in payload.reason


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('normalizer = "quick"', "normalizer"),
        ("compared_percent = 101", "compared_percent"),
        ("compared_percent = -1", "compared_percent"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "whosends.toml"
    path.write_text(f"[parsing]\n{text}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        load(path)


def test_nothing_may_be_compared(tmp_path: Path) -> None:
    path = tmp_path / "whosends.toml"
    path.write_text('[parsing]\nnormalizer = "auto"\ncompared_percent = 0\n', encoding="utf-8")
    assert load(path).parsing == NEVER


def test_a_slice_of_a_block_says_what_it_holds() -> None:
    """The records of several reports share one table; each report knows its own."""
    found = read_all([raw(GOOD, "1"), raw(report_bytes([record("4")], report_id="b"), "2")], Limits(), NEVER)
    reports = [payload.report for one in found for payload in one.payloads if payload.report is not None]
    assert [[one.messages for one in report.records] for report in reports] == [[7, 5], [4]]
    assert [report.records.most_messages for report in reports] == [7, 4]
    assert [one.index for one in reports[1].records] == [0]
