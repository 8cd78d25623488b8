"""Verdicts are kept: judged again only where something changed, and always what judging all of it anew would say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.registry.order import Registry
from analytics.verdict import judging, known
from analytics.verdict.answers import split, split_days, verdicts
from analytics.verdict.cases import judged_cases
from analytics.verdict.judging import PERIOD_DAYS, period_of
from analytics.verdict.rules import VERSION
from analytics.verdict.signals import NobodyRegistered
from analytics.window import Window
from ingest.enrich import Source
from ingest.model import Prune
from ingest.store import prune, sources
from ingest.store.connect import Database
from tests.analytics.verdict.people import NOON, Catalogue, judged_with
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source
from tests.fakes.random_facts import SOURCES, reports
from tests.fakes.senders import an_entry

if TYPE_CHECKING:
    from ingest.model import Report

ALWAYS = Window(MONDAY - timedelta(days=200), MONDAY + timedelta(days=200))
OWN, BAD = "192.0.2.1", "203.0.113.1"
SAID = ["day", "header_from", "source_ip", "rule_id", "confidence", "entry_id", "messages", "records"]


def said(database: Database, window: Window = ALWAYS) -> list[dict[str, Any]]:
    rows = judged_cases(database, window, daily=True)[SAID].astype(object)
    found = [
        {str(key): value for key, value in row.items()} for row in rows.where(rows.notna(), None).to_dict("records")
    ]
    return sorted(found, key=str)


def spoofed(messages: int = 5, **more: Any) -> Any:
    usual: dict[str, Any] = {"source_ip": BAD, "spf": (("example.com", "fail"),)}
    return a_record(messages, **usual | more)


@given(
    first=st.lists(reports(), min_size=1, max_size=4),
    second=st.lists(reports(), max_size=4),
    sources=st.lists(SOURCES, max_size=3),
    days=st.lists(st.integers(-90, 30), min_size=8, max_size=8),
)
@settings(max_examples=6, deadline=None)
def test_what_is_judged_bit_by_bit_is_what_is_judged_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[Report],
    second: list[Report],
    sources: list[dict[str, Any]],
    days: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("w")
    bit_by_bit, at_once = Database(folder / "bits.duckdb"), Database(folder / "once.duckdb")
    extra = [a_report(spoofed(), day=day, report_id=f"extra {place}") for place, day in enumerate(days)]
    keep(bit_by_bit, *first, *extra[:4])
    judged_with(bit_by_bit)
    keep(bit_by_bit, *second, *extra[4:])
    judged_with(bit_by_bit)
    known_sources = {one["source_ip"]: one for one in sources}.values()
    for source in known_sources:
        keep_source(bit_by_bit, **source)
    judged_with(bit_by_bit)
    keep(at_once, *first, *second, *extra)
    for source in known_sources:
        keep_source(at_once, **source)
    judged_with(at_once)
    assert said(bit_by_bit) == said(at_once)
    assert bit_by_bit.rows("SELECT count(*) AS n FROM verdict_due") == [{"n": 0}]
    wanted = "SELECT day, sum(messages)::BIGINT AS messages FROM sum_source GROUP BY day ORDER BY day"
    found = split_days(at_once, ALWAYS).groupby("day")["messages"].sum()
    assert {pd.Timestamp(str(day)).date(): total for day, total in found.items()} == {
        row["day"]: row["messages"] for row in at_once.rows(wanted)
    }


def test_nothing_is_judged_where_nothing_changed(database: Database) -> None:
    keep(database, a_report(spoofed()))
    assert known.bring_up_to_date(database) == 1
    assert known.bring_up_to_date(database) == 0
    keep(database, a_report(spoofed(), day=1, report_id="next"))
    assert known.bring_up_to_date(database) == 2, "the period of both days"


def test_an_address_is_judged_again_when_something_else_is_known_of_it(database: Database) -> None:
    keep(database, a_report(spoofed()))
    known.bring_up_to_date(database)
    asked_again = datetime(2026, 4, 1)  # noqa: DTZ001 - naive UTC, as the database keeps it
    for name, judged_days in (("host.cheap.example", 1), ("host.cheap.example", 0), ("mail.cheap.example", 1)):
        sources.keep(database, [Source(BAD, reverse_name=name)], asked_again, reverse_asked=True)
        assert known.bring_up_to_date(database) == judged_days


def test_far_days_are_not_judged_again(database: Database) -> None:
    keep(database, a_report(spoofed()), a_report(spoofed(), day=-90, report_id="old"))
    known.bring_up_to_date(database)
    keep(database, a_report(spoofed(7), report_id="late"))
    assert known.bring_up_to_date(database) == 1


def test_a_period_is_told_by_the_one_before_and_by_nothing_later(database: Database) -> None:
    first = period_of(MONDAY)
    day = (first - MONDAY).days
    usual = a_record(1_000, aligned="both", source_ip=OWN, dkim=(("example.com", "s1", "pass"),))
    broken = a_record(9, source_ip=OWN, dkim=(("example.com", "s1", "fail"),), spf=(("example.com", "fail"),))
    keep(database, a_report(broken, day=day + PERIOD_DAYS), a_report(usual, day=day, report_id="usual"))
    keep(database, a_report(broken, day=day - PERIOD_DAYS, report_id="before"))
    judged_with(database)
    found = {row["day"].date() - first: row["rule_id"] for row in said(database) if row["messages"] == 9}
    assert found == {timedelta(days=PERIOD_DAYS): "M4", timedelta(days=-PERIOD_DAYS): "S3"}


def test_an_entry_counts_on_its_days_only(database: Database) -> None:
    broken = a_record(9, source_ip=OWN, dkim=(("example.com", "s1", "fail"),), spf=(("example.com", "fail"),))
    keep(database, a_report(broken), a_report(broken, day=1, report_id="next"))
    judged_with(database, Registry((an_entry("own", f"ip:{OWN}", valid_from=MONDAY + timedelta(days=1)),)))
    assert [(row["rule_id"], row["entry_id"]) for row in said(database)] == [("S3", None), ("M4", "own")]


def test_a_newer_version_of_the_rules_leaves_the_verdicts_of_the_older_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(database, a_report(spoofed()))
    judged_with(database)
    before = database.rows("FROM verdict_day")
    monkeypatch.setattr(judging, "VERSION", VERSION + 1)
    keep(database, a_report(spoofed(7), day=1, report_id="next"))
    judge = judging.Judge(NobodyRegistered(), Catalogue({}), "other")
    judging.bring_up_to_date(database, judge, NOON)
    assert database.rows("FROM verdict_day WHERE rule_version = $version", {"version": VERSION}) == before
    assert [row["messages"] for row in said(database)] == [5, 7]
    versions = database.rows("SELECT rule_version FROM verdict_state ORDER BY ALL")
    assert [row["rule_version"] for row in versions] == [VERSION, VERSION + 1]


@pytest.mark.parametrize("judged_before", [True, False])
def test_where_records_are_gone_the_verdicts_stay(database: Database, *, judged_before: bool) -> None:
    keep(database, a_report(spoofed(), a_record(70, aligned="both", source_ip=OWN)), a_report(spoofed(3), day=2))
    if judged_before:
        judged_with(database)
    with database.write() as connection:
        prune.apply(connection, Prune(NOON, "anna", MONDAY + timedelta(days=1)))
    judged_with(database)
    assert {row["messages"]: row["rule_id"] for row in said(database)} == {70: "A1", 5: "S1", 3: "S1"}
    keep(database, a_report(spoofed(11), report_id="late"))
    judged_with(database)
    assert {row["messages"]: row["rule_id"] for row in said(database)} == {70: "A1", 16: "S1", 3: "S1"}
    assert split(database, ALWAYS).set_index("side").loc["not_ours", "messages"] == 19


def test_what_does_not_count_any_more_has_no_verdict(database: Database) -> None:
    keep(database, a_report(spoofed()), a_report(spoofed(7), report_id="wrong"))
    judged_with(database)
    with database.write() as connection:
        connection.execute("UPDATE report SET fate = 'rejected' WHERE report_id = 'wrong'")
    judged_with(database)
    assert [row["messages"] for row in said(database)] == [5]


@pytest.mark.parametrize("source_ip", [BAD, None])
def test_lines_of_one_address_hold_its_mail(database: Database, source_ip: str | None) -> None:
    keep(database, a_report(spoofed(5), spoofed(7, source_ip=None), a_record(70, aligned="both", source_ip=OWN)))
    judged_with(database)
    found = verdicts(database, ALWAYS, source_ip=source_ip or "(no valid address)")
    assert found["messages"].sum() == (5 if source_ip else 7)
    everything = verdicts(database, ALWAYS)
    assert everything["messages"].sum() == split(database, ALWAYS)["messages"].sum() == 82
    assert everything["share"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("day", [date(1970, 1, 5), date(1969, 12, 31), date(2026, 11, 24)])
def test_periods_begin_on_mondays(day: date) -> None:
    first = period_of(day)
    assert first <= day < first + timedelta(days=PERIOD_DAYS)
    assert first.weekday() == 0
    assert pd.Timestamp(first).date() == period_of(first)
