"""Rates are weighted by messages, and every split of them adds up."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import failing, rates, senders
from analytics.frames import COUNTS, columns
from analytics.overview import totals
from analytics.pass_rate import pass_rate
from analytics.window import Window
from ingest.records import Records
from ingest.store.connect import Database
from tests.fakes.facts import MONDAY, a_record, a_report, keep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Report
    from ingest.records import Record

FORTNIGHT = Window.last(14, MONDAY)
NAMES = columns(COUNTS)

RECORDS = st.builds(
    a_record,
    st.integers(0, 10_000),
    aligned=st.sampled_from(["", "dkim", "spf", "both"]),
    source_ip=st.sampled_from([None, "192.0.2.1", "2001:db8::1"]),
    header_from=st.sampled_from([None, "example.com", "news.example.com"]),
    disposition=st.sampled_from([None, "none", "quarantine", "reject", "pass"]),
    dkim=st.lists(
        st.tuples(
            st.sampled_from([None, "example.com", "esp.example"]),
            st.sampled_from([None, "s1"]),
            st.sampled_from([None, "pass", "fail", "temperror", "none"]),
        ),
        max_size=2,
    ),
    spf=st.lists(
        st.tuples(st.sampled_from([None, "example.com", "esp.example"]), st.sampled_from([None, "pass", "fail"])),
        max_size=2,
    ),
)


@st.composite
def report_lists(draw: st.DrawFn) -> list[Report]:
    """Reports of two weeks, two domains and two reporters."""
    return [
        a_report(
            *draw(st.lists(RECORDS, min_size=1, max_size=4)),
            day=draw(st.integers(-16, 2)),
            policy_domain=draw(st.sampled_from(["example.com", "example.org"])),
            reporter=draw(st.sampled_from(["google.com", "docomo.ne.jp"])),
            report_id=f"r{number}",
        )
        for number in range(draw(st.integers(1, 5)))
    ]


def numbers(reports: Sequence[Report]) -> dict[str, pd.DataFrame]:
    """Every frame of a fresh database that holds these reports."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "facts.duckdb")
        keep(database, *reports)
        return {
            "day": rates.by_day(database, FORTNIGHT),
            "week": rates.by_week(database, FORTNIGHT),
            "domain": rates.by_domain(database, FORTNIGHT),
            "reporter": rates.by_reporter(database, FORTNIGHT),
            "service": senders.services(database, FORTNIGHT),
            "source": senders.sources(database, FORTNIGHT),
            "failing": failing.failing(database, FORTNIGHT),
        }


FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(report_lists())
def test_every_split_adds_up_to_the_total(reports: list[Report]) -> None:
    inside = [
        record
        for report in reports
        if FORTNIGHT.since <= report.begin_utc.date() <= FORTNIGHT.until
        for record in report.records
    ]
    frames = numbers(reports)
    for split in ("day", "week", "domain", "reporter", "service", "source"):
        assert frames[split]["messages"].sum() == sum(record.messages for record in inside)
        assert frames[split]["dmarc_pass"].sum() == sum(r.messages for r in inside if r.dkim_aligned or r.spf_aligned)
        assert frames[split]["dkim_aligned"].sum() == sum(r.messages for r in inside if r.dkim_aligned)
        assert frames[split]["spf_pass"].sum() == sum(
            r.messages for r in inside if any(s.result == "pass" for s in r.spf)
        )
    assert frames["failing"]["failing"].sum() == sum(
        r.messages for r in inside if not (r.dkim_aligned or r.spf_aligned)
    )


def _halves(record: Record) -> list[Record]:
    first = record.messages // 3
    return [replace(record, messages=first), replace(record, messages=record.messages - first)]


@FEW
@given(report_lists(), st.randoms(use_true_random=False))
def test_splitting_records_and_shuffling_changes_no_number(reports: list[Report], order: object) -> None:
    shuffled = []
    for report in reports:
        pieces = [piece for record in report.records for piece in _halves(record)]
        order.shuffle(pieces)  # type: ignore[attr-defined]
        shuffled.append(replace(report, records=Records.of(replace(piece, index=n) for n, piece in enumerate(pieces))))
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = numbers(reports), numbers(shuffled)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[name])


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 10**9), st.floats(0, 1)).map(
            lambda row: {"key": row[0], "messages": row[1], **dict.fromkeys(NAMES[1:], int(row[1] * row[2]))}
        ),
        max_size=20,
    )
)
def test_no_message_is_lost_by_grouping_and_no_rate_leaves_0_to_1(rows: list[dict[str, object]]) -> None:
    counts = pd.DataFrame(rows, columns=["key", *NAMES]).astype(dict.fromkeys(NAMES, "int64"))
    grouped, total = pass_rate(counts, by=["key"]), pass_rate(counts, by=()).iloc[0]
    assert grouped["messages"].sum() == total["messages"] == counts["messages"].sum()
    assert grouped["pass_rate"].dropna().between(0, 1).all()
    assert (grouped["pass_rate"].isna() == (grouped["messages"] == 0)).all()


def test_a_big_record_weighs_more_than_a_small_one(database: Database) -> None:
    keep(database, a_report(a_record(999, aligned="dkim"), a_record(1)))
    assert rates.by_day(database, FORTNIGHT)["pass_rate"].tolist() == [0.999]


def test_authentication_and_alignment_are_told_apart(database: Database) -> None:
    keep(database, a_report(a_record(10, dkim=[("esp.example", "k", "pass")], spf=[("esp.example", "pass")])))
    row = rates.by_domain(database, FORTNIGHT).iloc[0]
    assert (row["dkim_pass"], row["spf_pass"]) == (10, 10)
    assert (row["dkim_aligned"], row["spf_aligned"], row["dmarc_pass"]) == (0, 0, 0)


@pytest.mark.parametrize("fate", ["superseded", "partial", "quarantined"])
def test_only_accepted_reports_count(database: Database, fate: str) -> None:
    keep(database, a_report(a_record(5, aligned="dkim")))
    keep(database, a_report(a_record(1000), report_id="other"), fate=fate)
    assert rates.by_day(database, FORTNIGHT)["messages"].tolist() == [5]
    assert totals(database, FORTNIGHT).reports == 1


def test_a_domain_filter_leaves_the_others_out(database: Database) -> None:
    keep(database, a_report(a_record(5)), a_report(a_record(7), policy_domain="example.org"))
    assert rates.by_domain(database, replace(FORTNIGHT, domain="example.org"))["messages"].tolist() == [7]


def test_weeks_are_iso_weeks_and_say_how_many_days_they_hold(database: Database) -> None:
    keep(database, a_report(a_record(3), day=-1), a_report(a_record(4)), a_report(a_record(5), day=-7))
    weeks = rates.by_week(database, Window.last(9, MONDAY))
    assert weeks["week"].tolist() == ["2026-W09", "2026-W10"]
    assert weeks["messages"].tolist() == [8, 4]
    assert weeks["days"].tolist() == [7, 1]


def test_a_year_ends_in_the_iso_week_that_holds_it(database: Database) -> None:
    from datetime import date

    keep(database, a_report(day=date(2027, 1, 1)), a_report(day=date(2026, 12, 28)))
    weeks = rates.by_week(database, Window(date(2026, 12, 1), date(2027, 1, 31)))
    assert weeks["week"].tolist() == ["2026-W53"]


def test_a_report_counts_for_the_day_of_its_middle(database: Database) -> None:
    from datetime import datetime

    shifted = a_report(a_record(4), begin_utc=datetime(2026, 3, 1, 16), end_utc=datetime(2026, 3, 2, 16))  # noqa: DTZ001
    keep(database, shifted)
    assert rates.by_day(database, Window(MONDAY, MONDAY))["messages"].tolist() == [4]


def test_days_without_records_are_zero_and_have_no_rate(database: Database) -> None:
    keep(database, a_report(a_record(3)))
    days = rates.every_day(rates.by_day(database, FORTNIGHT), FORTNIGHT)
    assert len(days) == 14
    assert days["messages"].sum() == 3
    assert math.isnan(days["pass_rate"].iloc[0])
