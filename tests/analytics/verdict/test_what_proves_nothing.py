"""What looks like us and proves nothing, and what looks strange and is ours: with the real registry and the real catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from analytics.registry.order import Registry
from analytics.verdict.cases import judged_cases
from analytics.window import Window
from ingest.enrich import LocalEnricher
from tests.analytics.verdict.people import judged_with
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_sources
from tests.fakes.senders import an_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.records import Record
    from ingest.registry import Entry
    from ingest.store.connect import Database

    Told = Callable[..., dict[str, str]]

OWN, NEXT_DOOR = "116.202.10.25", "116.202.10.26"  # two servers at one web host
LINE, UNIVERSITY = "113.161.20.9", "130.54.10.21"
OURS = ("example.com", "s1", "pass")
MICROSOFT = {"52.101.132.8": "mail-a.outbound.protection.outlook.com", "52.101.132.9": "mail-b.outlook.com"}
BOXES, BESIDE = MICROSOFT
GOOGLE = {"209.85.218.8": "mail-a.google.com", "209.85.218.9": "mail-b.google.com"}
LETTERS, GROUPS = GOOGLE
AT_SES: dict[str, Any] = {"spf": (("eu-west-1.amazonses.com", "pass"),), "envelope_from": "eu-west-1.amazonses.com"}
USUAL = a_record(10_000, aligned="both", source_ip=OWN, dkim=(OURS,), spf=(("example.com", "pass"),))


@pytest.fixture
def told(database: Database) -> Told:
    def judged(*records: Record, entries: tuple[Entry, ...] = (), usual: Record = USUAL) -> dict[str, str]:
        """Rule by address, of the records after the usual one."""
        keep(database, a_report(usual), a_report(*records, report_id="asked"))
        addresses = dict.fromkeys(str(record.source_ip) for record in (usual, *records))
        keep_sources(database, LocalEnricher().look_up(addresses, MICROSOFT | GOOGLE))
        judged_with(database, Registry(entries))
        found = judged_cases(database, Window(MONDAY, MONDAY))
        asked = found[found["messages"].ne(usual.messages)]
        return dict(zip(asked["source_ip"], asked["rule_id"], strict=True))

    return judged


def fails(source_ip: str, dkim: tuple[str, str | None, str], spf: tuple[str, str], **more: Any) -> Record:
    more.setdefault("envelope_from", spf[0])
    return a_record(5, source_ip=source_ip, dkim=(dkim,) if dkim[0] else (), spf=(spf,), **more)


UNSIGNED = ("", None, "")


def test_a_copied_signature_of_an_approved_key_does_not_make_mail_ours(told: Told) -> None:
    entry = an_entry("letters", "dkim:example.com/s1")
    copied = fails("203.0.113.9", ("example.com", "s1", "fail"), ("bad.example", "none"))
    assert told(copied, entries=(entry,)) == {"203.0.113.9": "U1"}


def test_an_approved_key_that_survived_forwarding_was_forwarded(told: Told) -> None:
    entry = an_entry("letters", "dkim:example.com/s1")
    survived = fails(UNIVERSITY, OURS, ("example.com", "softfail"), dkim_aligned=True)
    assert told(survived, entries=(entry,)) == {UNIVERSITY: "F1"}


def test_an_approved_address_is_no_forwarder_however_little_it_sends(told: Told) -> None:
    entry = an_entry("relay", f"ip:{NEXT_DOOR}")
    little = fails(NEXT_DOOR, OURS, ("example.com", "softfail"), dkim_aligned=True)
    assert told(little, entries=(entry,)) == {NEXT_DOOR: "A3"}


def test_the_server_next_door_at_our_web_host_is_not_ours(told: Told) -> None:
    spoofed = fails(NEXT_DOOR, UNSIGNED, ("example.com", "fail"))
    own = fails(OWN, UNSIGNED, ("example.com", "fail"))
    assert told(spoofed, own) == {NEXT_DOOR: "S1", OWN: "M5"}


def test_a_report_without_selectors_calls_nothing_forged_and_knows_the_home(told: Told) -> None:
    broken = fails(LINE, ("example.com", None, "fail"), ("bad.example", "none"))
    home = fails(OWN, ("example.com", None, "pass"), ("vendor.example", "pass"), dkim_aligned=True)
    assert told(broken, home) == {LINE: "F2", OWN: "A3"}


def test_mail_that_a_receiver_saw_forwarded_from_its_home_was_forwarded(told: Told) -> None:
    seen = fails(OWN, OURS, ("example.com", "fail"), dkim_aligned=True, reasons=(("trusted_forwarder", None),))
    assert told(seen) == {OWN: "F1"}


def test_another_tenant_of_microsoft_365_is_not_us(told: Told) -> None:
    usual = a_record(10_000, aligned="both", source_ip=BOXES, dkim=(OURS,), spf=(("example.com", "pass"),))
    trial = "trial7.onmicrosoft.com"
    spoofed = fails(BESIDE, (trial, "selector2", "pass"), (trial, "pass"))
    assert told(spoofed, usual=usual) == {BESIDE: "S2"}


def test_another_tenant_of_microsoft_365_that_forwards_is_a_forwarder(told: Told) -> None:
    usual = a_record(10_000, aligned="both", source_ip=BOXES, dkim=(OURS,), spf=(("example.com", "pass"),))
    survived = fails(BESIDE, OURS, ("hotel.example", "pass"), dkim_aligned=True)
    broken = fails(BOXES, ("example.com", "s1", "fail"), ("hotel.example", "pass"))
    assert told(survived, broken, usual=usual) == {BESIDE: "F1", BOXES: "F2"}


def test_a_group_at_the_service_that_has_our_mailboxes_is_a_list(told: Told) -> None:
    usual = a_record(10_000, aligned="both", source_ip=LETTERS, dkim=(OURS,), spf=(("example.com", "pass"),))
    listed = a_record(
        5,
        source_ip=GROUPS,
        dkim=(("example.com", "s1", "fail"), ("googlegroups.com", "20230601", "pass")),
        spf=(("googlegroups.com", "pass"),),
        envelope_from="googlegroups.com",
    )
    assert told(listed, usual=usual) == {GROUPS: "L1"}


def test_another_customer_of_amazon_ses_is_not_us_though_the_service_signs_for_both(told: Told) -> None:
    token, both = ("amazonses.com", "6gbrjpgw", "pass"), AT_SES
    usual = a_record(10_000, aligned="dkim", source_ip="54.240.8.9", dkim=(OURS, token), **both)
    theirs = a_record(5, source_ip="54.240.8.9", dkim=(("zebra.example", "x", "pass"), token), **both)
    ours = a_record(6, source_ip="54.240.8.10", dkim=(token,), **both)
    assert told(theirs, ours, usual=usual) == {"54.240.8.9": "E1", "54.240.8.10": "M3"}


def test_another_customer_of_a_service_that_no_catalogue_knows_by_its_network_is_not_us(told: Told) -> None:
    news = "198.2.130.9"  # a network that has a name, and no service in the catalogue
    spf = (("mail51.atl51.rsgsv.net", "pass"),)
    usual = a_record(10_000, aligned="dkim", source_ip=news, dkim=(OURS,), spf=spf, envelope_from=spf[0][0])
    theirs = fails("198.2.130.10", ("promo.example", "s1", "pass"), ("em88.promo.example", "pass"))
    assert told(theirs, usual=usual) == {"198.2.130.10": "S2"}
