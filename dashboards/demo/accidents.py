"""What goes wrong on the way: mails that come twice, ids used again, a file cut short, and mails that are no reports."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, time, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from dashboards.demo import report_mail
from dashboards.demo.habits import DAY_S, midnight
from dashboards.demo.nouns import DemoMail, Expected
from dashboards.demo.reporters import DOCOMO, GOOGLE, OUTLOOK
from dashboards.demo.small_reporters import COMCAST, MIMECAST
from dashboards.demo.story import CAFE, MAIN, PARKED

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import date

    from dashboards.demo.habits import Reporter
    from dashboards.demo.story import Story


class Accident(Enum):
    """What happens to one report."""

    DELIVERED_TWICE = auto()  # the same mail, byte by byte
    RELAYED_TWICE = auto()  # the same report in two mails
    SENT_AGAIN = auto()  # first incomplete, hours later complete, under the same id
    SAME_ID = auto()  # carries the id of the day before
    CUT_SHORT = auto()  # the gzip ends in the middle


Where = tuple[str, str, "date"]  # org_name, policy domain, day


def accidents(story: Story) -> dict[Where, Accident]:
    """Which reports have an accident."""

    def at(reporter: Reporter, domain: str, week: int, weekday: int) -> Where:
        return reporter.org_name, domain, story.week(week).first + timedelta(days=weekday)

    return {
        at(MIMECAST, MAIN, 3, 2): Accident.SAME_ID,
        at(GOOGLE, CAFE, 4, 1): Accident.SENT_AGAIN,
        at(OUTLOOK, MAIN, 5, 2): Accident.DELIVERED_TWICE,
        at(GOOGLE, PARKED, 5, 3): Accident.SAME_ID,
        at(DOCOMO, MAIN, 8, 0): Accident.RELAYED_TWICE,
        at(COMCAST, MAIN, 10, 3): Accident.CUT_SHORT,
        at(GOOGLE, MAIN, 12, 1): Accident.SENT_AGAIN,
    }


def other_mails(story: Story, rng: random.Random) -> Iterator[DemoMail]:
    """What else lies in such a mailbox: advertising, and SMTP TLS reports."""
    for week, weekday in ((2, 3), (6, 1), (11, 4)):
        yield _advertising(story.week(week).first + timedelta(days=weekday), rng)
    for week in (4, 8, 12):
        yield _tls_report(story.week(week).first, rng)


def _advertising(day: date, rng: random.Random) -> DemoMail:
    received = datetime.combine(day, time(6, 12, rng.randrange(60)))
    host = "mail7.growth-letters.example"
    lines = [
        *report_mail.arrival("hello@growth-letters.example", host, "51.83.10.77", received, rng=rng),
        f"Date: {report_mail.mail_date(received)}",
        f"Message-ID: <{rng.getrandbits(64):016x}@growth-letters.example>",
        "From: Growth Letters <hello@growth-letters.example>",
        f"To: {report_mail.MAILBOX}",
        "Subject: 7 subject lines that sell more tea",
        "MIME-Version: 1.0",
        'Content-Type: text/html; charset="utf-8"',
        "",
        "<html><body><h1>Sell more tea</h1><p>Our weekly letter.</p></body></html>",
        "",
    ]
    return DemoMail(received, report_mail.CRLF.join(lines).encode(), Expected.NO_REPORT)


def _tls_report(day: date, rng: random.Random) -> DemoMail:
    received = datetime.combine(day + timedelta(days=1), time(11, 4, rng.randrange(60)))
    identifier = f"{day}T00:00:00Z_{MAIN}"
    sender = "noreply-smtp-tls-reporting@google.com"
    name = f"google.com!{MAIN}!{midnight(day)}!{midnight(day) + DAY_S - 1}!001.json.gz"
    content = gzip.compress(_tls_json(day, identifier, rng.randrange(900, 1400)), mtime=0)
    lines = [
        *report_mail.arrival(sender, GOOGLE.host, GOOGLE.host_ip, received, rng=rng),
        f"Date: {report_mail.mail_date(received)}",
        f"Message-ID: <{rng.getrandbits(64):016x}@google.com>",
        f"From: {sender}",
        f"To: {report_mail.MAILBOX}",
        f"Subject: Report Domain: {MAIN} Submitter: google.com Report-ID: <{identifier}>",
        f"TLS-Report-Domain: {MAIN}",
        "TLS-Report-Submitter: google.com",
        "MIME-Version: 1.0",
        *report_mail.attached((name, content), "application/tlsrpt+gzip"),
    ]
    return DemoMail(received, report_mail.CRLF.join(lines).encode(), Expected.NO_REPORT)


def _tls_json(day: date, identifier: str, sessions: int) -> bytes:
    """A report of SMTP TLS (RFC 8460) in which everything went well."""
    report = {
        "organization-name": "Google Inc.",
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "contact-info": "smtp-tls-reporting@google.com",
        "report-id": identifier,
        "policies": [
            {
                "policy": {"policy-type": "no-policy-found", "policy-domain": MAIN},
                "summary": {"total-successful-session-count": sessions, "total-failure-session-count": 0},
            }
        ],
    }
    return json.dumps(report).encode()
