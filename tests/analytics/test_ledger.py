"""What came in, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from analytics import held, ledger
from analytics.ledger import Filters
from tests.fakes.facts import a_record, a_report, keep, keep_payload, payload_sha256

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
    found = held.status(filled)
    assert found.mails == found.payloads == {"accepted": 2, "quarantined": 1, "rejected": 1}
    assert (found.reports, found.records, found.messages) == (2, 3, 18)
    assert (str(found.first_day), str(found.last_day)) == ("2026-03-02", "2026-03-03")
    assert found.newest_received_utc == datetime(2026, 3, 4, 12)  # noqa: DTZ001


def test_status_of_an_empty_database_is_zero(database: Database) -> None:
    assert held.status(database) == held.Status({}, {}, 0, 0, 0, None, None, None, None, None)


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
        ({"since": date(2026, 3, 4)}, 1),
        ({"until": date(2026, 3, 3)}, 3),
        ({"since": date(2026, 3, 3), "until": date(2026, 3, 3)}, 2),
        ({"since": date(2026, 3, 5)}, 0),
    ],
)
def test_filters_and_total_agree(filled: Database, filters: dict[str, Any], lines: int) -> None:
    chosen = Filters(**filters)
    assert len(ledger.reports(filled, chosen)) == ledger.total(filled, chosen) == lines
    assert sum(ledger.fates(filled, chosen).values()) == lines


def test_the_newest_comes_first_and_pages_follow(filled: Database) -> None:
    times = ledger.reports(filled)["received_utc"].tolist()
    assert times == sorted(times, reverse=True)
    paged = [ledger.reports(filled, limit=1, offset=offset)["payload_sha256"].iloc[0] for offset in range(4)]
    assert paged == ledger.reports(filled)["payload_sha256"].tolist()


def test_a_payload_without_a_report_says_why(filled: Database) -> None:
    line = ledger.reports(filled, Filters(fate="rejected")).iloc[0]
    assert (line["reason"], line["member"]) == ("not a report", "invoice.pdf")
    assert line[["reporter", "policy_domain", "report_id", "day"]].isna().all()


def test_a_line_shows_its_report(filled: Database) -> None:
    line = ledger.reports(filled, Filters(reporter="google.com")).iloc[0]
    assert (line["policy_domain"], line["records"], line["messages"], line["p"]) == ("example.com", 2, 11, "none")


@pytest.fixture
def with_bare_mail(filled: Database) -> Database:
    """One more mail, in which nothing was found."""
    with filled.write() as connection:
        connection.execute(
            "INSERT INTO mail VALUES (uuid(), $1, 'reports/INBOX/1/99', 'reports', 'INBOX', 1, 99, '<99@x>', 'spam@x.example', "
            "'Buy now', 77, '2026-03-09', '2026-03-09', 'rejected', 'no report found in it')",
            ["ab" * 32],
        )
    return filled


def test_a_mail_in_which_nothing_was_found_is_a_line_too(with_bare_mail: Database) -> None:
    line = ledger.reports(with_bare_mail).iloc[0]
    assert line[["fate", "reason", "member", "size_bytes"]].tolist() == ["rejected", "no report found in it", "", 77]
    assert line[["payload_sha256", "kind", "reporter", "messages"]].isna().all()
    assert ledger.fates(with_bare_mail) == {"accepted": 2, "quarantined": 1, "rejected": 2}
    assert ledger.total(with_bare_mail, Filters(search="buy NOW")) == 1
    assert ledger.line(with_bare_mail, "ab" * 32).iloc[0]["subject"] == "Buy now"


def test_the_line_that_stands_for_a_payload_is_not_that_of_a_copy(database: Database) -> None:
    report = a_report(a_record(5))
    keep(database, report)
    sha = payload_sha256(report)
    keep_payload(database, fate="duplicate", reason="copy", payload_sha256=sha, received_utc=datetime(2026, 4, 1))  # noqa: DTZ001
    assert ledger.reports(database).iloc[0]["fate"] == "duplicate"
    assert ledger.line(database, sha).iloc[0]["fate"] == "accepted"
    assert ledger.line(database, "0" * 64).empty


@pytest.mark.parametrize(
    ("fate", "is_read", "choices"),
    [
        ("accepted", True, ("reject",)),
        ("superseded", True, ("reject",)),
        ("duplicate", True, ("reject",)),
        ("partial", True, ("accept", "reject")),
        ("quarantined", True, ("accept", "reject")),
        ("quarantined", False, ("reject",)),
        ("rejected", True, ("accept",)),
        ("rejected", False, ()),
    ],
)
def test_what_can_be_decided_follows_from_the_fate(fate: str, choices: tuple[str, ...], *, is_read: bool) -> None:
    begin = pd.Timestamp("2026-03-02") if is_read else pd.NaT
    assert ledger.choices(pd.Series({"fate": fate, "begin_utc": begin})) == choices


def test_acts_of_a_payload_come_newest_first(database: Database) -> None:
    with database.write() as connection:
        for number, (what, sha) in enumerate([("accept", "a"), ("reject", "a"), ("reject", "b")], 1):
            connection.execute(
                "INSERT INTO act VALUES ($1, '2026-03-05', 'anna', $2, $3, 'why', 'partial', 'accepted')",
                [number, what, sha],
            )
    assert ledger.acts(database, "a")["what"].tolist() == ["reject", "accept"]
    assert ledger.acts(database, "c").empty
    assert ledger.parked(database).empty


def test_every_fate_of_ingest_is_known() -> None:
    assert held.FATES == ("accepted", "duplicate", "superseded", "suspect", "partial", "quarantined", "rejected")
