"""Unauthorized mail added up: every message once, whatever the lines are about; what stops it; what it was before; names apart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.verdict.answers import split
from analytics.verdict.grouping import By
from analytics.verdict.rules import Side
from analytics.verdict.unauthorized import DAYS, Unauthorized, unauthorized
from analytics.window import Window
from ingest.store.connect import Database
from tests.analytics.verdict.people import judged_with
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source
from tests.fakes.random_facts import SOURCES, reports

if TYPE_CHECKING:
    from ingest.model import Report
    from ingest.records import Record

WEEK = Window(MONDAY, MONDAY + timedelta(days=6))
OWN, BAD, WORSE = "192.0.2.1", "203.0.113.1", "203.0.113.2"
BOUNCE = "u123.wl.sendgrid.net"
MISSING = "invented.example.com"


def spoofed(messages: int, **more: Any) -> Record:
    """Not signed, and SPF says no."""
    usual: dict[str, Any] = {"source_ip": BAD, "spf": (("example.com", "fail"),)}
    return a_record(messages, **usual | more)


def asked(database: Database, window: Window = WEEK, **more: Any) -> Unauthorized:
    judged_with(database)
    return unauthorized(database, window, **more)


def filled(database: Database) -> None:
    """80 messages that are not ours among 1,080, from two networks on two days."""
    keep(
        database,
        a_report(a_record(1_000, aligned="both", source_ip=OWN), spoofed(10), spoofed(20, disposition="quarantine")),
        a_report(
            spoofed(20, disposition="reject", source_ip=WORSE),
            spoofed(
                30,
                source_ip=WORSE,
                spf=(("bulk.example", "pass"),),
                envelope_from="bulk.example",
                header_from="shop.example.com",
            ),
            day=2,
            reporter="other.example",
            p="reject",
            sp="none",
        ),
    )
    keep_source(database, BAD, as_name="Cheap Hosting", asn=64500, country="NL", service_kind="Web Host")
    keep_source(database, WORSE, as_name="Cheap Hosting", asn=64501, country="NL")


def test_a_line_says_how_much_from_where_and_what_became_of_it(database: Database) -> None:
    filled(database)
    found = asked(database)
    assert (found.looked_at, found.messages, found.messages_before) == (1_080, 80, None)
    worse, bad = found.lines.to_dict("records")
    assert (worse["line"], worse["asn"], worse["country"]) == ("Cheap Hosting (AS64501)", 64501, "NL")
    assert (worse["messages"], worse["share"]) == (50, 50 / 1_080)
    assert (worse["delivered"], worse["quarantined"], worse["rejected"]) == (30, 0, 20)
    assert (worse["stopped"], worse["not_stopped"]) == (20, 30)
    assert (worse["sources"], worse["header_froms"], worse["reporters"]) == (1, 2, 1)
    assert worse["first_day"] == worse["last_day"] == pd.Timestamp(MONDAY + timedelta(days=2))
    assert worse["kinds"] == ["foreign_envelope", "direct"]
    assert (bad["messages"], bad["delivered"], bad["quarantined"], bad["rejected"]) == (30, 10, 20, 0)
    assert (bad["stopped"], bad["not_stopped"]) == (0, 30)
    (total,) = found.total.to_dict("records")
    assert (total["sources"], total["header_froms"], total["reporters"]) == (2, 2, 2)
    assert (total["country"], pd.isna(total["asn"])) == ("NL", True)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (By.COUNTRY, {"NL": 80}),
        (By.ENVELOPE, {"example.com": 50, "bulk.example": 30}),
        (By.PATTERN, {"dkim=none spf=fail": 50, "dkim=none spf=pass (elsewhere)": 30}),
        (By.SOURCE, {WORSE: 50, BAD: 30}),
        (By.NAME, {"example.com": 50, "shop.example.com": 30}),
    ],
)
def test_lines_are_about_what_was_asked_for(database: Database, by: By, expected: dict[str, int]) -> None:
    filled(database)
    found = asked(database, by=by).lines
    assert found.set_index("line")["messages"].to_dict() == expected


def test_each_day_of_the_window_has_its_count(database: Database) -> None:
    filled(database)
    found = asked(database).days
    assert list(found.columns) == [column.name for column in DAYS]
    assert list(found["messages"]) == [30, 0, 50, 0, 0, 0, 0]
    assert list(found["rejected"]) == [0, 0, 20, 0, 0, 0, 0]


def test_the_window_before_is_told_where_there_is_data_of_all_of_it(database: Database) -> None:
    filled(database)
    assert asked(database).lines["messages_before"].isna().all()
    keep(database, a_report(spoofed(7), a_record(500, aligned="both", source_ip=OWN), day=-7))
    found = asked(database)
    assert found.messages_before == 7
    assert found.lines.set_index("asn")["messages_before"].to_dict() == {64501: 0, 64500: 7}
    assert asked(database, WEEK.previous()).messages == 7


@pytest.mark.parametrize(
    ("header_from", "published", "stopped"),
    [
        ("example.com", {"p": "none", "sp": "reject"}, False),
        ("example.com", {"p": "quarantine", "sp": "none"}, True),
        ("example.com", {"p": "Reject"}, True),
        ("example.com", {"p": "quarantine", "testing": "y"}, False),
        ("example.com", {"p": "reject", "testing": "y"}, True),
        ("example.com", {"p": "quarantine", "testing": "n"}, True),
        ("example.com", {"p": "quarantine", "pct": 0}, False),
        ("example.com", {"p": None}, False),
        ("shop.example.com", {"p": "reject"}, True),
        ("shop.example.com", {"p": "reject", "sp": "none", "np": "reject"}, False),
        ("shop.example.com", {"p": "none", "sp": "quarantine"}, True),
        (MISSING, {"p": "none", "sp": "none", "np": "reject"}, True),
        (MISSING, {"p": "reject", "sp": "reject", "np": "none"}, False),
        (MISSING, {"p": "none", "sp": "reject"}, True),
    ],
)
def test_the_policy_that_counts_is_that_of_the_name(
    database: Database, header_from: str, published: dict[str, Any], *, stopped: bool
) -> None:
    keep(database, a_report(spoofed(9, header_from=header_from), **published))
    (line,) = asked(database, missing={MISSING}).lines.to_dict("records")
    assert (line["stopped"], line["not_stopped"]) == ((9, 0) if stopped else (0, 9))


def test_names_that_send_no_mail_stand_apart(database: Database) -> None:
    fine = (("example.com", "s1", "pass"),)
    elsewhere: dict[str, Any] = {"source_ip": OWN, "spf": ((BOUNCE, "pass"),), "envelope_from": BOUNCE}
    keep(
        database,
        a_report(
            a_record(1_000, aligned="dkim", dkim=fine, source_ip="192.0.2.7"),
            spoofed(5),
            spoofed(6, header_from=MISSING),
            spoofed(7, header_from="news.example.com"),
            a_record(50, header_from="news.example.com", **elsewhere),  # probably a service: this name may send
        ),
        a_report(spoofed(8, header_from="parked.example"), policy_domain="parked.example", p="reject"),
    )
    found = asked(database)
    assert found.messages == 26
    shown = found.names[["header_from", "why", "messages"]].to_dict("split")["data"]
    assert shown == [["parked.example", "not_a_sender", 8], [MISSING, "nothing_passes", 6]]


def test_what_is_not_known_yet_is_added_when_asked_for(database: Database) -> None:
    keep(database, a_report(spoofed(5), a_record(3, source_ip=None)))
    assert asked(database).messages == 5
    assert asked(database, unknown=True).messages == 8


def test_without_spoofing_there_are_no_lines(database: Database) -> None:
    keep(database, a_report(a_record(40, aligned="both")))
    found = asked(database)
    assert (found.looked_at, found.messages) == (40, 0)
    assert found.lines.empty
    assert found.names.empty
    assert list(found.days["messages"]) == [0] * 7


@pytest.mark.parametrize("unknown", [False, True])
@given(made=st.lists(reports(), min_size=1, max_size=6), sources=st.lists(SOURCES, max_size=3), by=st.sampled_from(By))
@settings(max_examples=20, deadline=None)
def test_every_message_is_in_one_line_and_had_one_fate(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[Report],
    sources: list[dict[str, Any]],
    by: By,
    *,
    unknown: bool,
) -> None:
    database = Database(tmp_path_factory.mktemp("w") / "w.duckdb")
    keep(database, *made)
    for source in {one["source_ip"]: one for one in sources}.values():
        keep_source(database, **source)
    window = Window(MONDAY - timedelta(days=20), MONDAY + timedelta(days=8))
    judged_with(database)
    sides = split(database, window).set_index("side")
    asked_for = [Side.NOT_OURS, Side.UNKNOWN] if unknown else [Side.NOT_OURS]
    found = unauthorized(database, window, by=by, unknown=unknown)
    assert found.messages == sides.loc[asked_for, "messages"].sum()
    assert found.lines["line"].is_unique
    for frame in (found.lines, found.total, found.kinds, found.days):
        assert frame["messages"].sum() == found.messages
        assert frame["quarantined"].sum() == sides.loc[asked_for, "quarantined"].sum()
        assert frame["rejected"].sum() == sides.loc[asked_for, "rejected"].sum()
        assert frame["messages"].eq(frame["delivered"] + frame["quarantined"] + frame["rejected"]).all()
        assert frame["messages"].eq(frame["stopped"] + frame["not_stopped"]).all()
        assert frame[["delivered", "stopped", "not_stopped"]].ge(0).all(axis=None)
    assert found.names["messages"].sum() <= found.messages
