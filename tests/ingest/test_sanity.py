"""Gates hold back what is readable and cannot be believed, and say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Fate, Origin, RawMail, ReadMail, ReadPayload
from ingest.reading import read
from ingest.sanity import SanityGates
from ingest.settings import Gates, Limits
from tests.fakes.reports import BEGIN, DAY_S, record, report_bytes

NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC; twelve hours after the usual report's day
OURS = ("example.com", "example.net")


def a_mail(
    *, begin: int = BEGIN, end: int = BEGIN + DAY_S - 1, domain: str = "example.com", vouched: bool = False
) -> RawMail:
    body = report_bytes([record("3")], begin=begin, end=end, domain=domain)
    return RawMail(Origin("main", "INBOX", 1, 1), body, NOON, ingested_utc=NOON, vouched=vouched)


def gated(mail: RawMail, gates: Gates | None = None, domains: tuple[str, ...] = OURS) -> ReadPayload:
    (payload,) = SanityGates(gates or Gates(), domains)(mail, read(mail, Limits())).payloads
    return payload


def test_a_plausible_report_passes_unchanged() -> None:
    mail = a_mail()
    before = read(mail, Limits())
    assert SanityGates(Gates(), OURS)(mail, before) == before


DAYS_33 = BEGIN - 32 * DAY_S
IMPLAUSIBLE = {
    "long": (a_mail(begin=DAYS_33), "the period is longer than 32 days"),
    "future": (a_mail(end=BEGIN + 5 * DAY_S), "the period ends after the mail was received (2026-03-07)"),
    "old": (
        a_mail(begin=BEGIN - 60 * DAY_S, end=BEGIN - 59 * DAY_S),
        "the period began more than 60 days before the mail was received (2026-01-01)",
    ),
    "foreign": (a_mail(domain="example.org"), "example.org is not one of our domains"),
}


@pytest.mark.parametrize("name", IMPLAUSIBLE)
def test_each_gate_holds_a_report_back_with_its_reason(name: str) -> None:
    mail, reason = IMPLAUSIBLE[name]
    payload = gated(mail)
    assert (payload.fate, payload.reason) == (Fate.QUARANTINED, reason)
    assert payload.report is not None  # it can be released


def test_all_reasons_are_named() -> None:
    payload = gated(a_mail(begin=BEGIN - 400 * DAY_S, domain="example.org"))
    assert payload.reason.count(";") == 2


@pytest.mark.parametrize("what", ["period_days", "age_days", "future_days"])
def test_the_edges_of_a_gate_are_inside(what: str) -> None:
    gates = Gates(period_days=7, age_days=10, future_days=2)
    spans = {
        "period_days": (NOON - timedelta(days=7), NOON),
        "age_days": (NOON - timedelta(days=10), NOON - timedelta(days=9)),
        "future_days": (NOON, NOON + timedelta(days=2)),
    }
    steps = {"period_days": (-1, 0), "age_days": (-1, 0), "future_days": (0, 1)}
    begin, end = (int((moment - datetime(1970, 1, 1)).total_seconds()) for moment in spans[what])  # noqa: DTZ001
    assert gated(a_mail(begin=begin, end=end), gates).fate is Fate.ACCEPTED
    beyond = gated(a_mail(begin=begin + steps[what][0], end=end + steps[what][1]), gates)
    assert beyond.fate is Fate.QUARANTINED
    assert ";" not in beyond.reason


@pytest.mark.parametrize("domain", ["example.com", "EXAMPLE.com.", "shop.example.com", "a.b.example.net"])
def test_our_domains_and_all_below_them_are_ours(domain: str) -> None:
    assert gated(a_mail(domain=domain)).fate is Fate.ACCEPTED


@pytest.mark.parametrize("domain", ["notexample.com", "example.com.evil.example", "com", "example.org"])
def test_a_domain_that_only_looks_like_ours_is_not(domain: str) -> None:
    assert gated(a_mail(domain=domain)).reason == f"{domain} is not one of our domains"


def test_where_our_domains_are_not_known_every_domain_may_be_ours() -> None:
    assert gated(a_mail(domain="example.org"), domains=()).fate is Fate.ACCEPTED


@pytest.mark.parametrize("name", IMPLAUSIBLE)
def test_what_a_person_loads_passes_unless_the_settings_say_otherwise(name: str) -> None:
    mail = replace(IMPLAUSIBLE[name][0], vouched=True)
    assert gated(mail).fate is Fate.ACCEPTED
    assert gated(mail, Gates(on_load=True)).fate is Fate.QUARANTINED


def test_without_a_date_of_receipt_the_time_of_reading_stands_in() -> None:
    mail = replace(a_mail(begin=BEGIN - 90 * DAY_S, end=BEGIN - 89 * DAY_S), received_utc=None)
    assert "before the mail was received" in gated(mail).reason


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.ACCEPTED])
def test_what_was_not_accepted_keeps_its_fate_and_reason(fate: Fate) -> None:
    mail = a_mail(domain="example.org")
    before = read(mail, Limits())
    held = replace(before, payloads=(replace(before.payloads[0], fate=fate, reason="as it was"),))
    assert SanityGates(Gates(), OURS)(mail, held) == held


def test_a_mail_without_a_report_is_left_alone() -> None:
    mail = RawMail(Origin("main", "INBOX", 1, 2), b"Subject: hello\n\nwords\n", NOON)
    before = read(mail, Limits())
    assert SanityGates(Gates(), OURS)(mail, before) == before


_SECONDS = st.integers(0, 4_000_000_000)


@given(begin=_SECONDS, end=_SECONDS, domain=st.sampled_from(["example.com", "example.org"]), vouched=st.booleans())
def test_gates_only_ever_hold_back_and_always_say_why(begin: int, end: int, domain: str, *, vouched: bool) -> None:
    mail = a_mail(begin=begin, end=end, domain=domain, vouched=vouched)
    before: ReadMail = read(mail, Limits())
    after = SanityGates(Gates(), OURS)(mail, before)
    (was,), (now,) = before.payloads, after.payloads
    if now != was:
        assert (was.fate, now.fate) == (Fate.ACCEPTED, Fate.QUARANTINED)
        assert now.reason
    assert replace(now, fate=was.fate, reason=was.reason) == was
