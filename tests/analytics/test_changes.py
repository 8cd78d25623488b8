"""What changed: few claims, and right."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from analytics.changes import Kind, changes
from analytics.window import Window
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

if TYPE_CHECKING:
    from analytics.changes import Change
    from ingest.store.connect import Database

WEEK = Window(MONDAY, MONDAY + timedelta(days=6))
BEFORE, NOW = range(-7, 0), range(7)


def send(database: Database, days: range, messages: int, **record: Any) -> None:
    """So many messages every day of a range."""
    what = f"{messages} {sorted(record.items())}"
    keep(database, *(a_report(a_record(messages, **record), day=day, report_id=f"{day} {what}") for day in days))


def kinds(found: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.kind.value, change.subject) for change in found]


@pytest.fixture
def running(database: Database) -> Database:
    """A service "Own" that passes, for three weeks; the others are known by name."""
    for number, name in enumerate(["Own", "Tickets", "News"], 1):
        keep_source(database, f"192.0.2.{number}", service=name)
    keep_source(database, "192.0.2.9", as_name="Some network")
    send(database, range(-14, 7), 100, aligned="both")
    return database


def test_nothing_to_say_about_a_quiet_week(running: Database) -> None:
    assert changes(running, WEEK) == ()


def test_nothing_to_say_about_an_empty_database(database: Database) -> None:
    assert changes(database, WEEK) == ()


def test_a_service_seen_for_the_first_time_is_new(running: Database) -> None:
    send(running, range(3, 5), 10, source_ip="192.0.2.2")
    (change,) = [change for change in changes(running, WEEK) if change.kind is Kind.NEW_SERVICE]
    assert (change.subject, change.domain, change.before, change.after, change.messages) == (
        "Tickets",
        "example.com",
        0,
        20,
        20,
    )
    assert change.first_day == MONDAY + timedelta(days=3)


@pytest.mark.parametrize("earlier", [-13, -60])
def test_a_service_that_comes_back_is_not_new(running: Database, earlier: int) -> None:
    send(running, range(earlier, earlier + 1), 1, source_ip="192.0.2.2", aligned="dkim")
    send(running, NOW, 10, source_ip="192.0.2.2", aligned="dkim")
    assert changes(running, WEEK) == ()


def test_another_address_of_a_known_service_is_not_new(running: Database) -> None:
    keep_source(running, "198.51.100.1", service="Own")
    send(running, NOW, 10, source_ip="198.51.100.1", aligned="dkim")
    assert changes(running, WEEK) == ()


def test_below_20_messages_nothing_is_said(running: Database) -> None:
    send(running, range(1), 19, source_ip="192.0.2.2")
    assert changes(running, WEEK) == ()


def test_in_the_first_weeks_of_data_nobody_is_new(database: Database) -> None:
    send(database, range(-3, 7), 100, aligned="both")
    send(database, NOW, 100, aligned="both", source_ip="192.0.2.2")
    assert changes(database, WEEK) == ()


def test_a_regular_service_that_falls_silent_is_gone(running: Database) -> None:
    send(running, range(-5, -2), 10, source_ip="192.0.2.2", aligned="dkim")
    assert kinds(changes(running, WEEK)) == [("gone_service", "Tickets")]


def test_a_service_that_sends_now_and_then_is_not_gone(running: Database) -> None:
    send(running, range(-2, -1), 500, source_ip="192.0.2.2", aligned="dkim")
    assert changes(running, WEEK) == ()


def test_a_forger_that_falls_silent_is_not_gone(running: Database) -> None:
    send(running, BEFORE, 50, source_ip="192.0.2.9")
    assert changes(running, WEEK) == ()


def test_when_no_reports_came_nobody_is_gone(database: Database) -> None:
    send(database, range(-14, 0), 100, aligned="both")
    assert changes(database, WEEK) == ()


def test_a_service_that_passes_less_is_worse(running: Database) -> None:
    send(running, NOW, 100)
    (change,) = changes(running, WEEK)
    assert (change.kind, change.subject, change.before, change.after) == (Kind.SERVICE_WORSE, "Own", 1.0, 0.5)
    assert change.messages == 700


def test_a_service_that_passes_more_is_better(running: Database) -> None:
    send(running, BEFORE, 100)
    assert kinds(changes(running, WEEK)) == [("service_better", "Own")]


@pytest.mark.parametrize("failing", [5, 4])
def test_a_step_below_5_points_is_weather(running: Database, failing: int) -> None:
    send(running, NOW, failing)
    assert changes(running, WEEK) == ()


def test_a_big_step_of_few_messages_is_not_told(running: Database) -> None:
    send(running, BEFORE, 6, source_ip="192.0.2.2", aligned="dkim")
    send(running, NOW, 6, source_ip="192.0.2.2")
    assert changes(running, WEEK) == ()


def test_forgeries_that_triple_are_a_burst(running: Database) -> None:
    send(running, BEFORE, 5, source_ip="192.0.2.9")
    send(running, range(4), 5, source_ip="192.0.2.9")
    send(running, range(4, 7), 40, source_ip="192.0.2.9")
    (change,) = changes(running, WEEK)
    assert (change.kind, change.subject, change.before, change.after) == (Kind.FAILING_BURST, "example.com", 35, 140)
    assert change.first_day == MONDAY + timedelta(days=4)


def test_forgeries_from_new_networks_are_one_burst_and_no_new_services(running: Database) -> None:
    for number in range(20, 30):
        keep_source(running, f"203.0.113.{number}", as_name=f"Network {number}")
        send(running, range(2, 3), 30, source_ip=f"203.0.113.{number}")
    assert kinds(changes(running, WEEK)) == [("failing_burst", "example.com")]


def test_without_data_for_the_whole_window_before_nothing_is_called_a_burst(database: Database) -> None:
    """The first weeks of a new user: the days before their first report are not days without failures."""
    keep_source(database, "192.0.2.1", as_name="Ours")
    keep_source(database, "192.0.2.9", as_name="Theirs")
    send(database, range(-1, 7), 100, source_ip="192.0.2.1", aligned="both")
    send(database, range(-1, 7), 40, source_ip="192.0.2.9")
    assert "failing_burst" not in [kind for kind, _ in kinds(changes(database, WEEK))]


def test_failures_of_a_service_that_once_passed_are_no_burst(running: Database) -> None:
    send(running, range(-40, -39), 1, source_ip="192.0.2.2", aligned="dkim")
    send(running, NOW, 100, source_ip="192.0.2.2")
    assert changes(running, WEEK) == ()


def policy(database: Database, days: range, p: str, messages: int = 100, reporter: str = "reporter.example") -> None:
    record = a_record(messages, aligned="both")
    seen = {"p": p, "reporter": reporter}
    keep(database, *(a_report(record, day=day, report_id=f"{reporter} {day} {p}", **seen) for day in days))


def test_a_policy_step_is_found_with_its_first_day(database: Database) -> None:
    policy(database, range(-14, 2), "none")
    policy(database, range(2, 7), "quarantine")
    (change,) = changes(database, WEEK)
    assert (change.kind, change.subject, change.before, change.after) == (
        Kind.POLICY_STEP,
        "example.com",
        "none",
        "quarantine",
    )
    assert change.first_day == MONDAY + timedelta(days=2)
    assert change.messages == 500


def test_a_reporter_that_still_sees_the_old_policy_does_not_hide_the_step(database: Database) -> None:
    policy(database, range(-14, 2), "none")
    policy(database, range(2, 7), "quarantine")
    policy(database, range(2, 7), "none", 30, "slow.example")
    assert kinds(changes(database, WEEK)) == [("policy_step", "example.com")]


def test_one_small_reporter_with_another_policy_is_no_step(database: Database) -> None:
    policy(database, range(-14, 7), "none")
    policy(database, NOW, "reject", 3, "odd.example")
    assert changes(database, WEEK) == ()


def test_a_step_within_the_window_before_is_old_news(database: Database) -> None:
    policy(database, range(-14, -3), "none")
    policy(database, range(-3, 7), "quarantine")
    assert changes(database, WEEK) == ()


def test_the_biggest_change_comes_first(running: Database) -> None:
    send(running, NOW, 300)
    send(running, NOW, 10, source_ip="192.0.2.2", aligned="dkim")
    assert kinds(changes(running, WEEK)) == [("service_worse", "Own"), ("new_service", "Tickets")]
