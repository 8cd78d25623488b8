"""A believable report mailbox: an invented company's reports, and everything that goes wrong with reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from dashboards.demo.company import mails as demo_mails
from tests.fakes.reports import BEGIN, DAY_S, gz, mail, record, report_bytes, zipped

if TYPE_CHECKING:
    from datetime import date

NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC
Mails = list[tuple[datetime, bytes]]


def troublesome() -> Mails:
    """Duplicates, versions that replace each other, broken ones, and mails that hold no report; twelve of them."""
    first = report_bytes([record("3"), record("4", source_ip="203.0.113.9")])
    second = report_bytes([record("5")])  # a newer version of the same report
    other = report_bytes([record("7", source_ip="8.8.8.8")], report_id="r-2")
    bodies = [
        mail(gz(first), message_id="<1@r.example>"),
        mail(gz(other)[:-4], message_id="<2@r.example>"),
        mail(zipped({"r.xml": first}), content_type="application/zip", filename="r.zip", message_id="<3@r.example>"),
        mail(gz(second), message_id="<4@r.example>"),
        mail(gz(other), message_id="<5@r.example>"),
        mail(text="You have won\n", message_id="<6@r.example>"),
        mail(gz(report_bytes([record("1"), record("x")], report_id="partial")), message_id="<7@r.example>"),
        mail(gz(b"<feedback>"), message_id="<8@r.example>"),
        mail(gz(report_bytes([record("9")], report_id="foreign", domain="example.org")), message_id="<9@r.example>"),
        mail(gz(first), gz(report_bytes([record("2")], report_id="r-3")), message_id="<10@r.example>"),
        mail(gz(report_bytes([record("8")], begin=BEGIN - DAY_S, end=BEGIN - 1)), message_id="<11@r.example>"),
        mail(gz(second), message_id="<12@r.example>"),
    ]
    return [(NOON + timedelta(minutes=number), body) for number, body in enumerate(bodies)]


def believable(today: date, number: int = 60) -> Mails:
    """The newest mails of the demo company, the troublesome ones among them, in the order of their arrival."""
    trouble = troublesome()
    newest = list(demo_mails(today))[-(number - len(trouble)) :]
    mixed = [(one.received_utc, one.body) for one in newest]
    for place, one in zip(range(0, len(mixed), 4), trouble, strict=False):
        mixed.insert(place, one)
    return list(islice(mixed, number))
