"""What came in, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from analytics import ledger
from tests.fakes.facts import a_record, a_report, keep, keep_payload

if TYPE_CHECKING:
    from ingest.store.connect import Database


@pytest.fixture
def filled(database: Database) -> Database:
    """Five payloads: two accepted, one quarantined, one copy of an accepted one, one that is no report."""
    first = a_report(a_record(5), a_record(6), reporter="google.com")
    keep(database, first, a_report(a_record(7), day=1, policy_domain="example.org", reporter="docomo.ne.jp"))
    keep(database, a_report(a_record(10**9), report_id="insane"), fate="quarantined", reason="too many messages")
    keep_payload(database, fate="rejected", reason="not a report", member="invoice.pdf", subject="Your INVOICE")
    return database


def test_status_counts_every_fate_but_sums_only_accepted(filled: Database) -> None:
    found = ledger.status(filled)
    assert found.mails == found.payloads == {"accepted": 2, "quarantined": 1, "rejected": 1}
    assert (found.reports, found.records, found.messages) == (2, 3, 18)
    assert (str(found.first_day), str(found.last_day)) == ("2026-03-02", "2026-03-03")
    assert found.newest_received_utc == datetime(2026, 3, 4, 12)  # noqa: DTZ001


def test_status_of_an_empty_database_is_zero(database: Database) -> None:
    assert ledger.status(database) == ledger.Status({}, {}, 0, 0, 0, None, None, None, None)


@pytest.mark.parametrize(
    ("filters", "lines"),
    [
        ({}, 4),
        ({"fate": "rejected"}, 1),
        ({"fate": "superseded"}, 0),
        ({"reporter": "google.com"}, 1),
        ({"domain": "example.org"}, 1),
        ({"domain": "example.org", "reporter": "google.com"}, 0),
        ({"search": "DOCOMO"}, 1),
        ({"search": "invoice"}, 1),
        ({"search": "insane"}, 1),
        ({"search": "%"}, 0),
        ({"search": "' OR 1=1 --"}, 0),
        ({"search": ""}, 4),
    ],
)
def test_filters_and_total_agree(filled: Database, filters: dict[str, Any], lines: int) -> None:
    assert len(ledger.reports(filled, **filters)) == ledger.total(filled, **filters) == lines


def test_the_newest_comes_first_and_pages_follow(filled: Database) -> None:
    times = ledger.reports(filled)["received_utc"].tolist()
    assert times == sorted(times, reverse=True)
    paged = [ledger.reports(filled, limit=1, offset=offset)["payload_sha256"].iloc[0] for offset in range(4)]
    assert paged == ledger.reports(filled)["payload_sha256"].tolist()


def test_a_payload_without_a_report_says_why(filled: Database) -> None:
    line = ledger.reports(filled, fate="rejected").iloc[0]
    assert (line["reason"], line["member"]) == ("not a report", "invoice.pdf")
    assert line[["reporter", "policy_domain", "report_id", "day"]].isna().all()


def test_a_line_shows_its_report(filled: Database) -> None:
    line = ledger.reports(filled, reporter="google.com").iloc[0]
    assert (line["policy_domain"], line["records"], line["messages"], line["p"]) == ("example.com", 2, 11, "none")


def test_every_fate_of_ingest_is_known() -> None:
    assert ledger.FATES == ("accepted", "duplicate", "superseded", "partial", "quarantined", "rejected")
