"""Who used to report and does not any more, and since when; weekends and late mail are no silence."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from analytics.coverage import MISSING, missing
from analytics.frames import columns
from tests.fakes.facts import MONDAY, a_record, a_report, keep

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from ingest.store.connect import Database

TODAY = MONDAY + timedelta(days=60)


def reports(
    database: Database,
    reporter: str,
    days: Iterable[int],
    *,
    domain: str = "example.com",
    messages: int = 10,
    lag_days: int | None = None,
) -> None:
    """One report for each of these days after MONDAY, which came the day after, or so many days after."""
    made = [a_report(a_record(messages), day=day, reporter=reporter, policy_domain=domain) for day in days]
    if lag_days is None:
        keep(database, *made)
        return
    for report in made:
        keep(database, report, received_utc=report.end_utc + timedelta(days=lag_days))


def found(database: Database, domain: str | None = None, *, as_of: date = TODAY) -> pd.DataFrame:
    frame = missing(database, as_of, domain)
    assert list(frame.columns) == columns(MISSING)
    return frame


def test_who_reports_every_day_is_not_missing(database: Database) -> None:
    reports(database, "steady.example", range(30))
    assert found(database).empty


def test_who_fell_silent_is_missing_since_the_first_day_without_a_report(database: Database) -> None:
    reports(database, "steady.example", range(40))
    reports(database, "gone.example", range(30))
    (line,) = found(database).to_dict("records")
    assert (line["reporter"], line["policy_domain"]) == ("gone.example", "example.com")
    assert (line["last_day"].date(), line["missing_since"].date()) == (MONDAY + timedelta(29), MONDAY + timedelta(30))
    assert (line["missing_days"], line["active_days"], line["messages"]) == (8, 28, 280)


def test_reports_of_the_last_days_may_still_come(database: Database) -> None:
    reports(database, "steady.example", range(32))
    reports(database, "late.example", range(30))
    assert found(database).empty


def test_a_reporter_that_is_always_late_is_waited_for(database: Database) -> None:
    reports(database, "steady.example", range(36))
    reports(database, "slow.example", range(30), lag_days=6)
    reports(database, "quick.example", range(30))
    assert found(database)["reporter"].tolist() == ["quick.example"]


def test_an_occasional_reporter_is_not_expected(database: Database) -> None:
    reports(database, "steady.example", range(60))
    reports(database, "rare.example", range(0, 50, 2))
    assert found(database).empty


def test_weekends_of_a_reporter_that_rests_are_no_silence(database: Database) -> None:
    working = [day for day in range(40) if day % 7 < 5]
    reports(database, "steady.example", range(42))
    reports(database, "office.example", working)
    assert found(database).empty
    reports(database, "steady.example", range(42, 49))
    assert found(database)["missing_since"].tolist() == [datetime.combine(MONDAY + timedelta(42), time())]


def test_who_leaves_days_out_is_missing_only_after_more_days_than_chance_explains(database: Database) -> None:
    reports(database, "often.example", [day for day in range(30) if day % 10 < 7])  # the last one on day 26
    reports(database, "steady.example", range(31))
    assert found(database).empty
    reports(database, "steady.example", range(31, 40))
    assert found(database)["reporter"].tolist() == ["often.example"]


def test_each_domain_is_looked_at_by_itself(database: Database) -> None:
    reports(database, "big.example", range(40))
    reports(database, "big.example", range(30), domain="example.org", messages=1)
    assert found(database)["policy_domain"].tolist() == ["example.org"]
    assert found(database, "example.com").empty
    assert len(found(database, "example.org")) == 1


def test_those_with_most_messages_come_first(database: Database) -> None:
    reports(database, "steady.example", range(40))
    for name, messages in (("a.example", 1), ("b.example", 100)):
        reports(database, name, range(30), messages=messages)
    assert found(database)["reporter"].tolist() == ["b.example", "a.example"]


def test_an_old_archive_is_looked_at_as_of_its_own_end(database: Database) -> None:
    reports(database, "steady.example", range(40))
    reports(database, "gone.example", range(30))
    assert len(found(database, as_of=MONDAY + timedelta(days=900))) == 1


def test_who_fell_silent_long_ago_is_history(database: Database) -> None:
    reports(database, "gone.example", range(30))
    reports(database, "steady.example", range(100, 155))
    assert len(found(database, as_of=MONDAY + timedelta(days=140))) == 1
    assert found(database, as_of=MONDAY + timedelta(days=154)).empty


def test_what_is_not_accepted_does_not_count_as_a_report(database: Database) -> None:
    reports(database, "steady.example", range(40))
    reports(database, "gone.example", range(30))
    odd = [a_report(day=day, reporter="gone.example") for day in range(30, 40)]
    keep(database, *odd, fate="quarantined", reason="odd")
    assert found(database)["reporter"].tolist() == ["gone.example"]


@pytest.mark.parametrize("domain", [None, "example.com"])
def test_an_empty_database_misses_nobody(database: Database, domain: str | None) -> None:
    assert found(database, domain).empty
