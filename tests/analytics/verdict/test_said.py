"""What people say counts: an override in place of the rules, on its days and for its mail only; a mute on the list and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from analytics.verdict import known
from analytics.verdict.answers import split, verdicts
from analytics.verdict.grouping import By as Line
from analytics.verdict.unauthorized import unauthorized
from analytics.window import Window
from ingest import giving
from ingest.opinions import By, Opinion, What, subject_of
from ingest.settings import Settings
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source
from tests.fakes.opinions import an_opinion

if TYPE_CHECKING:
    from ingest.records import Record
    from ingest.store.connect import Database

WEEK = Window(MONDAY, MONDAY + timedelta(days=6))
BAD, WORSE = "203.0.113.1", "203.0.113.2"


def spoofed(messages: int, **more: Any) -> Record:
    usual: dict[str, Any] = {"source_ip": BAD, "spf": (("example.com", "fail"),)}
    return a_record(messages, **usual | more)


@pytest.fixture
def filled(database: Database) -> Database:
    keep(
        database,
        a_report(spoofed(10), spoofed(20, source_ip=WORSE, header_from="shop.example.com")),
        a_report(spoofed(40), day=1, report_id="next"),
    )
    keep_source(database, BAD, service="Printers", as_name="Cheap Hosting", asn=64500, country="NL")
    keep_source(database, WORSE, as_name="Dear Hosting", asn=64501, country="NL")
    return database


def say(database: Database, what: What, opinion: Opinion) -> None:
    giving.give(Settings(db=database.path), what, opinion, who="anna", why="these are our printers")


def ours(database: Database) -> int:
    known.bring_up_to_date(database)
    found = split(database, WEEK)
    return int(found.loc[found["side"].eq("ours_broken"), "messages"].sum())


BROKEN = "misconfigured.no_authentication"


@pytest.mark.parametrize(
    ("opinion", "messages"),
    [
        (an_opinion(BAD, BROKEN), 50),
        (an_opinion("203.0.113.0/24", BROKEN), 70),
        (an_opinion("203.0.113.0/24", BROKEN, domain="shop.example.com"), 20),
        (an_opinion(BAD, BROKEN, until=MONDAY), 10),
        (an_opinion("printers", BROKEN, by=By.SERVICE), 50),
        (an_opinion("example.com", BROKEN, by=By.ENVELOPE), 70),
        (an_opinion("shop.example.com", BROKEN, by=By.NAME), 20),
        (an_opinion("198.51.100.0/24", BROKEN), 0),
    ],
)
def test_an_override_stands_in_place_of_the_rules(filled: Database, opinion: Opinion, messages: int) -> None:
    assert ours(filled) == 0
    say(filled, What.OVERRIDE, opinion)
    assert ours(filled) == messages
    assert split(filled, WEEK)["messages"].sum() == 70


def test_an_override_says_whose_it_is_and_goes_when_it_is_taken_back(filled: Database) -> None:
    opinion = an_opinion(BAD, BROKEN)
    say(filled, What.OVERRIDE, opinion)
    known.bring_up_to_date(filled)
    line = verdicts(filled, WEEK, service="Printers").iloc[0]
    assert (line["said_by"], line["said_why"], line["rule_id"]) == ("anna", "these are our printers", "M5")
    giving.withdraw(Settings(db=filled.path), What.OVERRIDE, opinion.subject, who="anna", why="sold")
    assert ours(filled) == 0
    assert verdicts(filled, WEEK)["said_by"].isna().all()


def test_what_was_said_last_counts(filled: Database) -> None:
    say(filled, What.OVERRIDE, an_opinion("203.0.113.0/24", BROKEN))
    say(filled, What.OVERRIDE, an_opinion(BAD, "spoofing.direct"))
    assert ours(filled) == 20


@pytest.mark.parametrize(
    ("by", "value", "left"),
    [
        (By.NETWORK, "Cheap Hosting (AS64500)", 20),
        (By.COUNTRY, "nl", 0),
        (By.ENVELOPE, "example.com", 0),
        (By.PATTERN, "dkim=none spf=fail", 0),
        (By.SOURCE, "203.0.113.2/32", 50),
        (By.NAME, "shop.example.com", 50),
    ],
)
def test_a_mute_keeps_mail_off_the_list_and_in_every_sum(filled: Database, by: By, value: str, left: int) -> None:
    say(filled, What.MUTE, Opinion(subject_of(by, value)))
    known.bring_up_to_date(filled)
    for line in Line:
        found = unauthorized(filled, WEEK, by=line)
        assert found.messages == found.days["messages"].sum() == found.kinds["messages"].sum() == 70
        assert (found.lines["messages"].sum(), found.muted) == (left, 70 - left)


def test_a_mute_ends(filled: Database) -> None:
    say(filled, What.MUTE, Opinion(subject_of(By.SOURCE, BAD), until=MONDAY))
    known.bring_up_to_date(filled)
    assert unauthorized(filled, WEEK).muted == 10
