"""Who sends as us, down to one record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analytics import senders
from analytics.labels import NO_ADDRESS, NO_DOMAIN, UNKNOWN_NETWORK
from analytics.window import Window
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source, payload_sha256

if TYPE_CHECKING:
    from ingest.store.connect import Database

WEEK = Window.last(7, MONDAY)


def test_a_service_falls_back_to_its_network_and_then_to_unknown(database: Database) -> None:
    keep_source(database, "192.0.2.1", service="Mailer", service_kind="ESP", as_name="Net")
    keep_source(database, "192.0.2.2", as_name="Net")
    addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", None]
    keep(database, a_report(*(a_record(9 - n, source_ip=ip) for n, ip in enumerate(addresses))))
    services = senders.services(database, WEEK)
    assert services["service"].tolist() == [UNKNOWN_NETWORK, "Mailer", "Net"]
    assert services["messages"].tolist() == [13, 9, 8]
    assert services["service_kind"].fillna("").tolist() == ["", "ESP", ""]


def test_the_sources_of_a_service_are_as_many_as_it_says(database: Database) -> None:
    keep(database, a_report(*(a_record(1, source_ip=ip) for ip in (None, "192.0.2.2", "192.0.2.3", "192.0.2.3"))))
    service = senders.services(database, WEEK).iloc[0]
    assert service["sources"] == len(senders.sources(database, WEEK, service=service["service"])) == 3


def test_mail_without_a_valid_address_or_domain_is_shown(database: Database) -> None:
    keep(database, a_report(a_record(7, source_ip=None, header_from=None)))
    assert senders.sources(database, WEEK)["source_ip"].tolist() == [NO_ADDRESS]
    assert senders.source_days(database, WEEK, NO_ADDRESS)["messages"].tolist() == [7]
    assert senders.source_records(database, WEEK, NO_ADDRESS)["header_from"].tolist() == [NO_DOMAIN]
    assert senders.services(database, WEEK)["header_froms"].tolist() == [[NO_DOMAIN]]


def test_first_and_last_seen_reach_beyond_the_window(database: Database) -> None:
    keep(database, *(a_report(day=day) for day in (-100, 0, 50)))
    for frame in (senders.services(database, WEEK), senders.sources(database, WEEK)):
        assert str(frame["first_seen"].iloc[0].date()) == "2025-11-22"
        assert str(frame["last_seen"].iloc[0].date()) == "2026-04-21"


def test_the_window_before_stands_beside(database: Database) -> None:
    keep(database, a_report(a_record(10, aligned="dkim")), a_report(a_record(3, aligned="spf"), a_record(1), day=-7))
    service = senders.services(database, WEEK).iloc[0]
    assert (service["previous_messages"], service["previous_pass_rate"], service["pass_rate"]) == (4, 0.75, 1.0)


def test_domains_are_listed_with_the_biggest_first(database: Database) -> None:
    records = [a_record(n, header_from=f"d{n:02}.example") for n in range(1, 31)]
    keep(database, a_report(*records))
    service = senders.services(database, WEEK).iloc[0]
    assert service["header_froms"][:2] == ["d30.example", "d29.example"]
    assert (len(service["header_froms"]), service["header_from_total"]) == (20, 30)


def test_only_failing_mail_is_counted_as_quarantined_or_rejected(database: Database) -> None:
    treated = [a_record(1, disposition="quarantine"), a_record(2, disposition="reject")]
    keep(database, a_report(*treated, a_record(4, aligned="dkim", disposition="reject"), a_record(8, disposition=None)))
    service = senders.services(database, WEEK).iloc[0]
    assert (service["quarantined"], service["rejected"]) == (1, 2)


def test_pages_of_sources_follow_each_other(database: Database) -> None:
    keep(database, a_report(*(a_record(n, source_ip=f"192.0.2.{n}") for n in range(1, 8))))
    pages = [senders.sources(database, WEEK, limit=3, offset=offset)["messages"].tolist() for offset in (0, 3, 6)]
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]


def test_a_record_shows_what_the_report_says(database: Database) -> None:
    report = a_report(
        a_record(2),
        a_record(
            5,
            dkim=[("esp.example", "k1", "pass"), ("example.com", None, "fail")],
            spf=[("bounce.example", "softfail")],
            reasons=[("local_policy", "arc=pass"), ("other", None)],
        ),
    )
    keep(database, report)
    row = senders.source_records(database, WEEK, "192.0.2.1").iloc[0]
    assert row["dkim"] == "d=esp.example s=k1 pass; d=example.com s=? fail"
    assert row["spf"] == "bounce.example (mfrom) softfail"
    assert row["reasons"] == "local_policy: arc=pass; other"
    assert (row["messages"], row["record_index"], row["payload_sha256"]) == (5, 1, payload_sha256(report))


@pytest.mark.parametrize("address", ["192.0.2.1' OR 1=1 --", "nobody", ""])
def test_an_address_that_is_not_there_gives_nothing(database: Database, address: str) -> None:
    keep(database, a_report())
    assert senders.source_days(database, WEEK, address).empty
    assert senders.source_records(database, WEEK, address).empty


def test_a_domain_filter_holds_for_history_too(database: Database) -> None:
    keep(database, a_report(), a_report(day=-30, policy_domain="example.org"))
    service = senders.services(database, replace(WEEK, domain="example.com")).iloc[0]
    assert service["first_seen"].date() == MONDAY
