"""Verdicts added up: every message of the window once, the same numbers as everywhere else, evidence of the biggest case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.overview import totals
from analytics.verdict.answers import SPLIT, SPLIT_DAYS, VERDICTS, split, split_days, verdicts
from analytics.verdict.rules import Side
from analytics.window import Window
from tests.analytics.verdict.people import judged_with
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

if TYPE_CHECKING:
    from ingest.store.connect import Database

WINDOW = Window(MONDAY, MONDAY)
OWN, ESP, BAD = "192.0.2.1", "198.51.100.1", "203.0.113.1"


def filled(database: Database) -> None:
    keep(
        database,
        a_report(
            a_record(1_000, aligned="both", source_ip=OWN), a_record(3, source_ip=BAD, spf=(("example.com", "fail"),))
        ),
        a_report(
            a_record(
                50,
                source_ip=ESP,
                dkim=(("sendgrid.net", "s1", "pass"),),
                spf=(("u123.wl.sendgrid.net", "pass"),),
                envelope_from="u123.wl.sendgrid.net",
                disposition="quarantine",
            ),
            a_record(
                4,
                source_ip=ESP,
                dkim=(("sendgrid.net", "s2", "pass"),),
                spf=(("u123.wl.sendgrid.net", "pass"),),
                envelope_from="u123.wl.sendgrid.net",
            ),
            report_id="2",
            reporter="other.example",
        ),
    )
    keep_source(database, ESP, service="Twilio SendGrid", service_kind="Marketing")


def test_the_sides_hold_every_message_once(database: Database) -> None:
    filled(database)
    judged_with(database)
    found = split(database, WINDOW)
    assert list(found.columns) == [column.name for column in SPLIT]
    assert list(found["side"]) == [str(side) for side in Side]
    by_side = found.set_index("side")["messages"]
    assert by_side[by_side > 0].to_dict() == {"ours_fine": 1_000, "not_ours": 3, "unknown": 54}
    numbers = totals(database, WINDOW)
    assert (found["messages"].sum(), found["dmarc_pass"].sum()) == (numbers.messages, numbers.dmarc_pass)
    assert found["share"].sum() == 1.0


def test_a_line_holds_its_numbers_and_the_evidence_of_most_of_them(database: Database) -> None:
    filled(database)
    judged_with(database)
    found = verdicts(database, WINDOW)
    assert list(found.columns) == [column.name for column in VERDICTS]
    assert list(found["messages"]) == [1_000, 54, 3]
    line = found.iloc[1]
    assert (line["verdict"], line["rule_id"], line["service_id"]) == ("probable_service", "E1", "sendgrid")
    assert (line["service"], line["other_selector"], line["quarantined"]) == ("Twilio SendGrid", "s1", 50)
    assert (line["sources"], line["reporters"], line["records"]) == (1, 1, 2)
    assert pd.isna(line["entry_id"])


def test_a_service_that_signs_as_us_and_also_for_itself_is_ours(database: Database) -> None:
    both = (("example.com", "s1", "pass"), ("sendgrid.net", "x", "pass"))
    bounce: dict[str, Any] = {
        "spf": (("u1.wl.sendgrid.net", "pass"),),
        "envelope_from": "u1.wl.sendgrid.net",
        "source_ip": ESP,
    }
    keep(database, a_report(a_record(900, aligned="dkim", dkim=both, **bounce), a_record(90, dkim=both[1:], **bounce)))
    keep_source(database, ESP, service="Twilio SendGrid")
    judged_with(database)
    found = verdicts(database, WINDOW).set_index("rule_id")["messages"].to_dict()
    assert found == {"A3": 900, "M3": 90}


def test_without_mail_there_are_sides_and_no_lines(database: Database) -> None:
    keep(database, a_report(a_record(5), day=9))
    judged_with(database)
    found = split(database, WINDOW)
    assert found["messages"].sum() == 0
    assert found["share"].isna().all()
    assert verdicts(database, WINDOW).empty
    assert list(split_days(database, WINDOW).columns) == [column.name for column in SPLIT_DAYS]
