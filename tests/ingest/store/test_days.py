"""Which days a report's messages belong to: nothing is lost or gained in spreading them, and what meets is shown."""

from __future__ import annotations

import shutil
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.reports import BEGIN, DAY_S, record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOUR_S = 3600
MONDAY = date(2026, 3, 2)  # BEGIN is its first second


class Days:
    """Reports in a real database, and the days that its views give them."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self._store = DuckStore(self.database, parser="test")
        self._number = 0

    def add(self, begin: int, end: int, counts: tuple[int, ...] = (10,), **parts: Any) -> None:
        self._number += 1
        body = report_bytes(
            [record(str(count)) for count in counts],
            begin=begin,
            end=end,
            **{"report_id": f"r-{self._number}", **parts},
        )
        self._store.add([read(RawMail(Origin(path=str(self._number)), body), Limits())])

    def __len__(self) -> int:
        return self._number

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.database.read() as connection:
            return connection.execute(sql).fetchall()

    def days(self) -> dict[date, Decimal]:
        with self.database.read() as connection:
            sql = "SELECT day, sum(messages) FROM v_record_day GROUP BY day ORDER BY day"
            return dict(connection.execute(sql).fetchall())


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("days") / "empty.duckdb"
    with Database(path).write():
        return path


@pytest.fixture
def new_days(tmp_path: Path, empty: Path) -> Callable[[], Days]:
    def make() -> Days:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb"
        shutil.copyfile(empty, path)
        return Days(path)

    return make


@pytest.fixture
def days(new_days: Callable[[], Days]) -> Days:
    return new_days()


@pytest.mark.parametrize(
    ("name", "begin", "end", "day"),
    [
        ("to the last second", BEGIN, BEGIN + DAY_S - 1, MONDAY),
        ("to the next midnight", BEGIN, BEGIN + DAY_S, MONDAY),
        ("16:00 to 16:00, mostly the next day", BEGIN + 16 * HOUR_S, BEGIN + 40 * HOUR_S, MONDAY + timedelta(days=1)),
        ("21:00 to 21:00, mostly the next day", BEGIN + 21 * HOUR_S, BEGIN + 45 * HOUR_S, MONDAY + timedelta(days=1)),
        ("09:00 to 09:00, mostly the first day", BEGIN - 15 * HOUR_S, BEGIN + 9 * HOUR_S, MONDAY - timedelta(days=1)),
        ("an hour", BEGIN + 3 * HOUR_S, BEGIN + 4 * HOUR_S, MONDAY),
        ("no time at all", BEGIN, BEGIN, MONDAY),
        ("26 hours", BEGIN - HOUR_S, BEGIN + 25 * HOUR_S, MONDAY),
    ],
)
def test_up_to_26_hours_the_day_in_the_middle_takes_all(days: Days, name: str, begin: int, end: int, day: date) -> None:
    days.add(begin, end)
    assert days.days() == {day: Decimal(10)}
    assert days.rows("SELECT DISTINCT basis FROM v_record_day") == [("midpoint",)]


def test_a_longer_period_is_spread_by_overlap(days: Days) -> None:
    days.add(BEGIN + 12 * HOUR_S, BEGIN + 60 * HOUR_S, (8,))
    assert days.days() == {
        MONDAY: Decimal(2),
        MONDAY + timedelta(days=1): Decimal(4),
        MONDAY + timedelta(days=2): Decimal(2),
    }
    assert days.rows("SELECT DISTINCT basis FROM v_record_day") == [("prorated",)]


def test_a_week_is_spread_in_fractions_that_add_up(days: Days) -> None:
    days.add(BEGIN, BEGIN + 7 * DAY_S, (5, 1))
    found = days.days()
    assert list(found) == [MONDAY + timedelta(days=number) for number in range(7)]
    assert sum(found.values(), start=Decimal(0)) == 6
    assert {round(float(share), 4) for share in found.values()} == {round(6 / 7, 4)}


def test_a_period_that_ends_at_midnight_gives_that_day_nothing(days: Days) -> None:
    days.add(BEGIN, BEGIN + 2 * DAY_S, (10,))
    assert list(days.days()) == [MONDAY, MONDAY + timedelta(days=1)]


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.integers(BEGIN - 400 * DAY_S, BEGIN + 400 * DAY_S),
            st.one_of(st.integers(0, 27 * HOUR_S), st.integers(0, 400 * DAY_S)),
            st.lists(st.one_of(st.integers(1, 50), st.integers(1, 1_000_000_000)), min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_attributed_is_exactly_what_was_reported(
    new_days: Callable[[], Days], reports: list[tuple[int, int, list[int]]]
) -> None:
    days = new_days()
    for begin, seconds, counts in reports:
        days.add(begin, begin + seconds, tuple(counts), p=f"p{len(days)}")  # else equal ones count once
    by_record = days.rows(
        "SELECT report_key, record_index, sum(messages), min(messages), min(day), max(day) FROM v_record_day GROUP BY ALL"
    )
    reported = days.rows("SELECT report_key, record_index, messages, begin_utc, end_utc FROM v_record")
    wanted = {row[:2]: row[2:] for row in reported}
    assert len(by_record) == len(wanted) == sum(len(counts) for _, _, counts in reports)
    for key, index, total, least, first, last in by_record:
        messages, begin_utc, end_utc = wanted[key, index]
        assert total == messages  # exactly: both are decimals
        assert least >= 0  # type: ignore[operator]
        assert begin_utc.date() <= first <= last <= end_utc.date()  # type: ignore[attr-defined, operator]


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.integers(BEGIN, BEGIN + DAY_S), st.integers(26 * HOUR_S + 1, 40 * DAY_S), st.integers(1, 10_000))
def test_a_spread_record_gives_each_day_its_share(
    new_days: Callable[[], Days], begin: int, seconds: int, messages: int
) -> None:
    days = new_days()
    days.add(begin, begin + seconds, (messages,))
    overlap: dict[date, int] = defaultdict(int)
    moment = begin
    while moment < begin + seconds:
        midnight = (moment // DAY_S + 1) * DAY_S
        until = min(midnight, begin + seconds)
        overlap[datetime.fromtimestamp(moment, UTC).date()] += until - moment
        moment = until
    found = days.days()
    assert set(found) == set(overlap)
    for day, share_s in overlap.items():
        assert abs(float(found[day]) - messages * share_s / seconds) < 0.001


def test_no_day_gets_less_than_nothing_however_little_there_is_to_spread(days: Days) -> None:
    for number, length in enumerate(range(30, 400, 7)):
        days.add(BEGIN - number * 3600, BEGIN - number * 3600 + length * DAY_S + 1, (1,), report_id=str(length))
    (least,) = days.rows("SELECT min(messages) FROM v_record_day")[0]
    assert least >= 0  # type: ignore[operator]
    totals = days.rows("SELECT DISTINCT sum(messages) FROM v_record_day GROUP BY report_key")
    assert totals == [(1,)]


def test_only_what_counts_is_attributed(days: Days) -> None:
    days.add(BEGIN, BEGIN + DAY_S - 1, (3,), report_id="same")
    days.add(BEGIN, BEGIN + DAY_S - 1, (4,), report_id="same")
    (counting,) = days.rows("SELECT sum(messages) FROM v_record")
    assert days.rows("SELECT sum(messages) FROM v_record_day") == [counting]
    assert len(days.rows("SELECT * FROM v_report_day")) == 1


def kinds(days: Days) -> list[tuple[object, ...]]:
    return days.rows(
        "SELECT kind, least(report_id, other_id), greatest(report_id, other_id) FROM v_meeting ORDER BY ALL"
    )


def test_two_reports_about_one_period_are_parallel(days: Days) -> None:
    days.add(BEGIN, BEGIN + DAY_S - 1, (10,))
    days.add(BEGIN, BEGIN + DAY_S - 1, (11,))
    assert kinds(days) == [("parallel", "r-1", "r-2")]


def test_periods_that_share_a_part_overlap(days: Days) -> None:
    days.add(BEGIN, BEGIN + DAY_S)
    days.add(BEGIN + HOUR_S, BEGIN + DAY_S + HOUR_S)
    assert kinds(days) == [("overlap", "r-1", "r-2")]


def test_periods_that_follow_each_other_do_not_meet(days: Days) -> None:
    days.add(BEGIN, BEGIN + DAY_S)
    days.add(BEGIN + DAY_S, BEGIN + 2 * DAY_S)
    assert kinds(days) == []


@pytest.mark.parametrize("other", [{"domain": "example.net"}, {"org_name": "Another"}])
def test_reports_of_another_reporter_or_domain_do_not_meet(days: Days, other: dict[str, Any]) -> None:
    days.add(BEGIN, BEGIN + DAY_S - 1)
    days.add(BEGIN, BEGIN + DAY_S - 1, **other)
    assert kinds(days) == []


def test_versions_of_one_report_do_not_meet(days: Days) -> None:
    days.add(BEGIN, BEGIN + DAY_S - 1, (3,), report_id="same")
    days.add(BEGIN, BEGIN + DAY_S - 1, (4,), report_id="same")
    assert kinds(days) == []


def test_what_meets_is_still_counted(days: Days) -> None:
    days.add(BEGIN, BEGIN + DAY_S - 1, (3,))
    days.add(BEGIN, BEGIN + DAY_S - 1, (4,))
    assert days.rows("SELECT sum(messages)::BIGINT FROM v_record") == [(7,)]
