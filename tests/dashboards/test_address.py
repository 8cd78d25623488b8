"""The address says all, survives a round trip, and nonsense in it does no harm."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards.address import CUSTOM, Address

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    "address",
    [
        Address(),
        Address(preset="13w", domain="example.com", language="ja"),
        Address().of_days(date(2026, 1, 1), date(2026, 1, 31)),
        Address().at(service="A & B = C", ip="2001:db8::1"),
        Address().at(entry="newsletter"),
        Address().at(propose="1", rule="dkim:a.example/s1 ip:192.0.2.0/24", from_domain="a.example", name="A & B"),
    ],
)
def test_an_address_survives_the_round_trip(address: Address) -> None:
    assert Address.read(address.query()) == address


def test_defaults_are_left_out() -> None:
    assert Address().query() == {}


def test_a_preset_ends_yesterday() -> None:
    window = Address(preset="7d", domain="example.com").window(TODAY)
    assert (window.since, window.until, window.domain) == (date(2026, 3, 24), date(2026, 3, 30), "example.com")


def test_given_days_are_taken_as_they_are() -> None:
    window = Address.read({"since": "2026-01-01", "until": "2026-01-31", "window": "7d"}).window(TODAY)
    assert (window.since, window.until) == (date(2026, 1, 1), date(2026, 1, 31))


@pytest.mark.parametrize(
    "query",
    [
        {"window": "forever"},
        {"since": "yesterday", "until": "2026-01-01"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"since": "2026-02-01"},
        {"service": "x" * 100_000},
        {"unknown": "key"},
    ],
)
def test_nonsense_is_ignored(query: dict[str, str]) -> None:
    assert Address.read(query) == Address()


def test_a_preset_ends_a_custom_period() -> None:
    custom = Address().of_days(date(2026, 1, 1), date(2026, 1, 2))
    assert custom.preset == CUSTOM
    assert custom.of_preset("7d") == Address(preset="7d")


def test_a_step_keeps_the_steps_before_and_at_forgets_them() -> None:
    source = Address(domain="example.com").at(service="A").step(ip="192.0.2.1")
    assert dict(source.drill) == {"service": "A", "ip": "192.0.2.1"}
    assert dict(source.step(ip=None).drill) == {"service": "A"}
    assert source.at() == Address(domain="example.com")
