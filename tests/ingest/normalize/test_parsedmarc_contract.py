"""What ingest relies on about the pinned parsedmarc: measured behaviour, tested again on every upgrade."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from ingest.model import Fate, Origin, RawMail
from ingest.normalize import lane
from ingest.reading import read
from ingest.settings import Limits
from tests.fakes.reports import BEGIN, DAY_S, record, report, report_bytes

PROJECT = Path(__file__).resolve().parents[3]
ZONES = ("UTC", "Europe/Berlin", "America/New_York")


def parsed(xml: str) -> dict[str, object]:
    return lane._parse(xml)


def test_the_installed_parsedmarc_is_the_pinned_one() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = [line for line in project["project"]["dependencies"] if line.startswith("parsedmarc")]
    assert pins == [f"parsedmarc=={version('parsedmarc')}"]
    assert lane.PARSER == "parsedmarc 11.1.0"


OFFLINE = """
import sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise AssertionError(event)
sys.addaudithook(refuse)
from ingest.enrich import LocalEnricher
from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
found = read(RawMail(Origin(path="x"), sys.stdin.buffer.read()), Limits()).payloads[0]
print(found.fate.value, LocalEnricher().look_up(["8.8.8.8"])[0].asn)
"""


def _run(code: str, body: bytes, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=body,
        capture_output=True,
        check=True,
        cwd=PROJECT,
        env={**os.environ, **environment},
    )
    return done.stdout.decode().strip()


def test_reading_and_looking_up_open_no_socket() -> None:
    assert _run(OFFLINE, report_bytes()) == "accepted 15169"


def test_counts_are_not_split_over_days() -> None:
    week = read(RawMail(Origin(path="x"), report_bytes([record("3")], end=BEGIN + 7 * DAY_S)), Limits()).payloads[0]
    assert week.report is not None
    assert [r.messages for r in week.report.records] == [3]
    raw = parsed(report([record("3")], end=BEGIN + 400 * DAY_S, declaration=""))
    assert len(raw["records"]) == 1  # type: ignore[arg-type]
    assert raw["report_metadata"]["timespan_requires_normalization"] is False  # type: ignore[index]


def test_unknown_children_of_identifiers_pass_through() -> None:
    names = "<identifiers><header_from>example.com</header_from><whosends_index>7</whosends_index></identifiers>"
    raw = parsed(report([record(identifiers=names)], declaration=""))
    assert raw["records"][0]["identifiers"]["whosends_index"] == "7"  # type: ignore[index]


def test_of_several_records_parsedmarc_drops_a_bad_one_without_a_mark() -> None:
    raw = parsed(report([record("1"), record("x"), record("3")], declaration=""))
    assert [one["count"] for one in raw["records"]] == [1, 3]  # type: ignore[attr-defined]
    assert raw["report_metadata"]["errors"] == []  # type: ignore[index]


def test_a_single_bad_record_is_refused_by_parsedmarc() -> None:
    with pytest.raises(lane.ParsedmarcRefused):
        parsed(report([record("x")], declaration=""))


def test_parsedmarc_fills_in_what_was_not_reported() -> None:
    """Why `reconcile` takes these values from the raw XML instead."""
    results = "<spf><domain>bounce.example</domain></spf><dkim><domain>d.example</domain></dkim>"
    one = parsed(report([record(disposition=None, results=results)], declaration=""))["records"][0]  # type: ignore[index]
    assert one["identifiers"]["envelope_from"] == "bounce.example"
    assert (one["auth_results"]["dkim"][0]["selector"], one["auth_results"]["dkim"][0]["result"]) == ("none", "none")
    assert one["auth_results"]["spf"][0]["scope"] == "mfrom"
    assert one["policy_evaluated"]["disposition"] == "none"


def test_the_reporter_is_named_as_parsedmarc_names_it() -> None:
    found = read(RawMail(Origin(path="x"), report_bytes(org_name="mail.eu.Google.com", report_id="7@a.b")), Limits())
    kept = found.payloads[0].report
    assert kept is not None
    assert (kept.reporter, kept.reporter_raw, kept.report_id) == ("google.com", "mail.eu.Google.com", "7@a.b")


def test_alignment_is_what_the_receiver_evaluated() -> None:
    one = parsed(report([record(dkim="PASS", spf="pass", results="")], declaration=""))["records"][0]  # type: ignore[index]
    assert one["alignment"] == {"spf": True, "dkim": True, "dmarc": True}


DATES = """
import sys
from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
mail = read(RawMail(Origin(path="x"), sys.stdin.buffer.read()), Limits())
found = mail.payloads[0]
print(found.fate.value, found.report.begin_utc, found.report.end_utc, found.report.key, mail.received_utc)
"""


def test_times_do_not_depend_on_the_zone_of_the_process() -> None:
    """2023-10-29 01:30 UTC is in the hour that Berlin has twice; 2023-11-05 06:30 UTC is that of New York."""
    for begin, expected in (
        (1_698_543_000, "accepted 2023-10-29 01:30:00 "),
        (1_699_165_800, "accepted 2023-11-05 06:30:00 "),
    ):
        xml = report_bytes(begin=begin, end=begin + DAY_S)
        body = b"Date: Sun, 29 Oct 2023 02:30:00 +0100\nContent-Type: text/xml\n\n" + xml
        answers = {_run(DATES, body, TZ=zone) for zone in ZONES}
        assert len(answers) == 1
        (answer,) = answers
        assert answer.startswith(expected)
        assert answer.endswith(" 2023-10-29 01:30:00")


def test_a_good_report_is_read_by_parsedmarc_without_a_word_of_ours() -> None:
    found = read(RawMail(Origin(path="x"), report_bytes([record(str(n)) for n in range(1, 30)])), Limits()).payloads[0]
    assert found.fate is Fate.ACCEPTED
    assert found.report is not None
    assert not any(r.flags for r in found.report.records)
