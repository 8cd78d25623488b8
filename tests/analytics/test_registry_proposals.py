"""Who is proposed: what passes as us, is told by what only we can make, and is in no entry yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from analytics.registry.proposals import Proposal, proposals
from analytics.window import Window
from ingest.settings import Settings
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source
from tests.fakes.senders import an_entry, register

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.store.connect import Database

WEEK = Window.last(7, MONDAY)


def signed(messages: int, selector: str | None = "s1", domain: str = "example.com", **more: Any) -> Any:
    return a_record(messages, aligned="dkim", dkim=[(domain, selector, "pass")], **more)


def by_spf(messages: int, domain: str, **more: Any) -> Any:
    return a_record(messages, aligned="spf", spf=[(domain, "pass")], dkim=[], **more)


@pytest.fixture
def at(database: Database) -> Settings:
    return Settings(db=database.path)


def test_a_key_is_the_service_that_sends_most_with_it_and_a_forwarder_is_no_sender(database: Database) -> None:
    keep(database, a_report(signed(90), signed(9, "s2"), signed(3, source_ip="203.0.113.5")))
    keep(database, a_report(signed(5), reporter="other.example"))
    keep_source(database, "192.0.2.1", service="Send Grid")
    keep_source(database, "203.0.113.5", service="Forwarder")
    assert proposals(database, WEEK) == [
        Proposal(
            "send-grid",
            "Send Grid",
            ("example.com",),
            ("dkim:example.com/s1", "dkim:example.com/s2"),
            messages=107,
            sources=2,
            reporters=2,
        )
    ]


def test_without_a_signature_the_mail_from_domain_tells(database: Database) -> None:
    keep(database, a_report(by_spf(5, "bounce.example.com", header_from="news.example.com")))
    (one,) = proposals(database, WEEK)
    assert (one.entry_id, one.name) == ("bounce-example-com", "bounce.example.com")
    assert (one.domains, one.rules) == (("example.com",), ("envelope:bounce.example.com",))


def test_networks_of_which_no_service_is_known_are_not_thrown_together(database: Database) -> None:
    keep(database, a_report(signed(5), signed(7, "s2")))
    keep_source(database, "192.0.2.1", as_name="BIG-CLOUD")
    assert [one.rules for one in proposals(database, WEEK)] == [("dkim:example.com/s2",), ("dkim:example.com/s1",)]


def test_what_fails_or_is_in_an_entry_is_not_proposed(database: Database, at: Settings) -> None:
    failing = a_record(50, dkim=[("vendor.example", "v", "pass")], spf=[("vendor.example", "pass")])
    keep(database, a_report(signed(5), signed(7, "s2"), failing))
    register(at, an_entry("news", "dkim:example.com/s2"))
    assert [one.rules for one in proposals(database, WEEK)] == [("dkim:example.com/s1",)]
    register(at, an_entry("rest", "ip:192.0.2.1!vendor"))
    assert proposals(database, WEEK) == []


def test_an_id_that_is_taken_is_not_proposed_again(database: Database, at: Settings) -> None:
    keep(database, a_report(signed(5)))
    keep_source(database, "192.0.2.1", service="News")
    register(at, an_entry("news", "dkim:example.com/other"))
    assert [one.entry_id for one in proposals(database, WEEK)] == ["news-2"]


@pytest.mark.parametrize("selector", [None, "*", "s?", "$(reboot)", "a b", "a!vendor", "s1/x", ""])
def test_a_selector_that_cannot_stand_in_a_rule_makes_no_rule(database: Database, selector: str | None) -> None:
    """Reports are written by strangers: a `*` of theirs must not become a wildcard of ours."""
    keep(database, a_report(signed(5, selector)))
    assert proposals(database, WEEK) == []


def test_only_signatures_of_our_own_domains_are_named(database: Database) -> None:
    both = a_record(5, aligned="dkim", dkim=[("a.vendor.example", "v", "pass"), ("mail.example.com", "s1", "pass")])
    keep(database, a_report(both))
    assert [one.rules for one in proposals(database, WEEK)] == [("dkim:mail.example.com/s1",)]


def test_nothing_is_proposed_without_reports(tmp_path: Path, database: Database) -> None:
    assert proposals(database, WEEK) == []


def test_a_service_that_is_in_an_entry_by_its_name_in_the_catalogue_is_not_proposed(
    database: Database, at: Settings
) -> None:
    keep(database, a_report(signed(7)))
    keep_source(database, "192.0.2.1", service="Twilio SendGrid")
    assert [one.name for one in proposals(database, WEEK)] == ["Twilio SendGrid"]
    register(at, an_entry("news", "service:sendgrid"))
    assert proposals(database, WEEK) == []
