"""Rules and entries say what they mean, and refuse what cannot be."""

from __future__ import annotations

from datetime import date

import pytest

from ingest import registry
from ingest.errors import SettingsError
from ingest.rules import Proof, parsed
from tests.fakes.senders import an_entry

OURS = ("example.com",)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("ip:192.0.2.0/24", "ip:192.0.2.0/24!tenant"),
        ("ip:192.0.2.7/32", "ip:192.0.2.7!tenant"),
        ("ip:::ffff:192.0.2.7", "ip:192.0.2.7!tenant"),
        ("ip:2001:DB8:0::/48", "ip:2001:db8::/48!tenant"),
        ("ip:192.0.2.9!vendor", "ip:192.0.2.9!vendor"),
        ("service:SendGrid", "service:sendgrid!vendor"),
        ("dkim:Example.COM./S1", "dkim:example.com/s1!tenant"),
        ("dkim:mail.example.com", "dkim:mail.example.com!tenant"),
        ("dkim:example.com/*", "dkim:example.com!tenant"),
        ("dkim:notexample.com", "dkim:notexample.com!vendor"),
        ("dkim:*.gappssmtp.com/2023*", "dkim:*.gappssmtp.com/2023*!vendor"),
        ("dkim:ours.vendor.example!tenant", "dkim:ours.vendor.example!tenant"),
        ("dkim:日本.example", "dkim:xn--wgv71a.example!vendor"),
        ("envelope:bounce.example.com", "envelope:bounce.example.com!tenant"),
        ("envelope:sendgrid.net", "envelope:sendgrid.net!vendor"),
        ("selector:k1", "selector:k1!vendor"),
    ],
)
def test_a_rule_is_kept_in_one_form_with_what_it_proves(text: str, full: str) -> None:
    rule = parsed(text, OURS)
    assert str(rule) == full
    assert parsed(str(rule), ()) == rule
    assert parsed(rule.short(OURS), OURS) == rule


def test_the_proof_is_said_only_where_it_is_not_the_usual_one() -> None:
    assert parsed("dkim:example.com/s1!tenant", OURS).short(OURS) == "dkim:example.com/s1"
    assert parsed("dkim:example.com/s1", OURS).short(("*",)) == "dkim:example.com/s1!tenant"
    assert parsed("dkim:example.com", ("*",)).proof is Proof.VENDOR


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no match rule"),
        ("sendgrid", "no match rule"),
        ("rdns:x.example", "no match rule"),
        ("ip:", "no match rule"),
        ("ip:192.0.2.1/24", "no network"),
        ("ip:192.0.2", "no address"),
        ("ip:0.0.0.0/0", "that large"),
        ("ip:::/0", "that large"),
        ("dkim:exa mple.com", "no domain"),
        ("dkim:*.", "no domain"),
        ("dkim:example.com/", "cannot be read"),
        ("dkim:example.com/[a]", "cannot be read"),
        ("envelope:*", "no domain"),
        ("selector:*", "fits every mail"),
        ("service:a b", "cannot be read"),
        ("service:sendgrid!tenant", "cannot prove"),
        ("selector:k1!tenant", "cannot prove"),
        ("dkim:example.com!sure", "tenant or vendor"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        parsed(text, OURS)
    assert refused.value.hint


def test_an_entry_comes_back_from_its_plain_form() -> None:
    entry = an_entry("news", "ip:192.0.2.0/24!vendor", "dkim:example.com/s1", critical=True, valid_to=date(2026, 3, 9))
    assert registry.entry_of(registry.plain(entry) | {"more": 1}) == entry


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"entry_id": "News Letter"}, "an id is made of"),
        ({"entry_id": "-"}, "an id is made of"),
        ({"name": "  "}, "has no name"),
        ({"note": "x" * 1001}, "too long"),
        ({"owner": "\x1b[31m"}, "cannot be kept"),
        ({"owner": "\udce9"}, "cannot be kept"),
        ({"domains": ()}, "names no domain"),
        ({"domains": ("*", "example.com")}, "all domains already"),
        ({"rules": ()}, "has no rule"),
        ({"valid_from": date(2026, 3, 2), "valid_to": date(2026, 3, 1)}, "before it begins"),
    ],
)
def test_what_cannot_be_an_entry_is_refused(wrong: dict[str, object], says: str) -> None:
    from dataclasses import replace

    with pytest.raises(SettingsError, match=says):
        registry.checked(replace(an_entry(), **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "made"), [("SendGrid, Inc.", "sendgrid-inc"), ("日本", "sender"), ("--", "sender")])
def test_an_id_is_made_from_a_name(name: str, made: str) -> None:
    assert registry.slug(name) == made


def test_the_days_of_an_entry_are_included() -> None:
    entry = an_entry(valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 3))
    assert [entry.holds_on(date(2026, 3, day)) for day in (1, 2, 3, 4)] == [False, True, True, False]


def test_an_entry_is_about_its_domains_and_all_below() -> None:
    assert [an_entry().is_about(name) for name in ("example.com", "a.example.com", "anexample.com", "com")] == [
        *(True, True, False, False)
    ]
    assert an_entry(domains=("*",)).is_about("anything.example")
