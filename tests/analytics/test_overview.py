"""The first page in numbers, and how far the data reaches."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from analytics.freshness import Freshness, freshness
from analytics.overview import overview, totals
from analytics.window import Window
from ingest.errors import StoreMissing
from ingest.records import Records
from ingest.store.connect import Database
from tests.fakes.facts import MONDAY, a_record, a_report, keep

if TYPE_CHECKING:
    from pathlib import Path

WEEK = Window.last(7, MONDAY)


def test_a_window_stands_beside_the_one_before(database: Database) -> None:
    keep(
        database,
        a_report(a_record(6, aligned="dkim"), a_record(2, source_ip=None)),
        a_report(a_record(1, aligned="spf"), reporter="google.com"),
        a_report(a_record(4), day=-7),
    )
    seen = overview(database, WEEK)
    this = seen.this
    assert (this.messages, this.dmarc_pass, this.failing, this.sources) == (9, 7, 2, 2)
    assert (this.reports, this.reporters) == (2, 2)
    assert this.pass_rate == pytest.approx(7 / 9)
    assert (seen.previous.messages, seen.previous.pass_rate) == (4, 0.0)
    assert seen.days["messages"].tolist() == [9]


def test_a_report_without_records_is_a_report(database: Database) -> None:
    keep(database, replace(a_report(), records=Records.of(())))
    found = totals(database, WEEK)
    assert (found.reports, found.messages) == (1, 0)
    assert math.isnan(found.pass_rate)


def test_an_empty_database_gives_zeros(database: Database) -> None:
    seen = overview(database, WEEK)
    assert (seen.this.messages, seen.this.reports, seen.changes) == (0, 0, ())
    assert math.isnan(seen.this.pass_rate)
    assert freshness(database) == Freshness(None, None, None, 0, 0, ())


def test_no_database_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        overview(Database(tmp_path / "none.duckdb"), WEEK)


def test_freshness_spans_all_accepted_reports(database: Database) -> None:
    keep(database, a_report(day=-9), a_report(a_record(5), policy_domain="example.org"))
    keep(database, a_report(day=30, report_id="odd"), fate="quarantined")
    assert freshness(database) == Freshness(
        first_day=date(2026, 2, 21),
        last_day=date(2026, 3, 2),
        newest_received_utc=datetime(2026, 3, 3, 12),  # noqa: DTZ001
        reports=2,
        reporters=1,
        domains=("example.org", "example.com"),
    )
