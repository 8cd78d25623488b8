"""The share of messages in reports whose sender was not verified."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from analytics.trust import unverified
from analytics.window import Window
from tests.fakes.facts import MONDAY, a_record, a_report, keep

if TYPE_CHECKING:
    from ingest.store.connect import Database

WEEK = Window(MONDAY, MONDAY + timedelta(days=6))


def _level(database: Database, report_id: str, trust: int) -> None:
    with database.write() as connection:
        connection.execute("UPDATE report SET trust = $1 WHERE report_id = $2", [trust, report_id])


def test_levels_below_two_and_reports_never_judged_are_unverified(database: Database) -> None:
    for number, trust in enumerate((3, 2, 1, None)):
        keep(database, a_report(a_record(10**number), report_id=f"r{number}"))
        if trust is not None:
            _level(database, f"r{number}", trust)
    found = unverified(database, WEEK)
    assert (found.messages, found.unverified) == (1111, 1100)
    assert found.share == 1100 / 1111


def test_only_accepted_reports_of_the_window_and_domain_count(database: Database) -> None:
    keep(database, a_report(a_record(5), report_id="in"), a_report(a_record(7), report_id="later", day=9))
    keep(database, a_report(a_record(11), report_id="held"), fate="quarantined", reason="forged")
    keep(database, a_report(a_record(13), report_id="other", policy_domain="example.org"))
    assert unverified(database, WEEK).unverified == 18
    assert unverified(database, Window(MONDAY, MONDAY, "example.com")).unverified == 5


def test_without_messages_there_is_no_share(database: Database) -> None:
    found = unverified(database, WEEK)
    assert found.unverified == 0
    assert math.isnan(found.share)
