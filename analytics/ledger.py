"""What came in, from whom, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.ask import ask
from analytics.frames import Column, Contract, checked
from analytics.freshness import as_day, as_time
from ingest.model import Fate

if TYPE_CHECKING:
    from datetime import date, datetime

    import pandas as pd

    from analytics.reader import Reader

FATES: tuple[str, ...] = tuple(fate.value for fate in Fate)

LEDGER: Contract = (
    Column("received_utc", "time", "UTC", "when the mail came; when it was ingested, for files"),
    Column("ingested_utc", "time", "UTC", "when whosends kept it"),
    Column("origin", "text", "", "mailbox/folder/uidvalidity/uid, or the path of a file"),
    Column("member", "text", "", "path inside the mail or archive; empty for a bare file"),
    Column("kind", "text", "", "aggregate, failure, tlsrpt or other"),
    Column("fate", "text", "", "one of FATES"),
    Column("reason", "text", "", "why, in words; empty when accepted"),
    Column("reporter", "text", "", "organisation that sent the report; missing where none was read"),
    Column("policy_domain", "text", "", "domain the report is about"),
    Column("report_id", "text", "", "id of the report, as sent"),
    Column("begin_utc", "time", "UTC", "start of its period"),
    Column("end_utc", "time", "UTC", "end of its period"),
    Column("day", "day", "UTC day", "day it counts for"),
    Column("p", "text", "", "policy the reporter saw"),
    Column("xml_records", "int?", "records", "counted in the raw XML"),
    Column("xml_messages", "int?", "messages", "summed in the raw XML"),
    Column("records", "int?", "records", "stored from it"),
    Column("messages", "int?", "messages", "stored from it"),
    Column("size_bytes", "int", "bytes", "decompressed"),
    Column("mail_from", "text", "", "From: of the mail"),
    Column("subject", "text", "", "Subject: of the mail"),
    Column("message_id", "text", "", "Message-ID: of the mail"),
    Column("payload_sha256", "text", "", "its bytes in the spool"),
    Column("mail_sha256", "text", "", "the bytes of the mail in the spool"),
)


@dataclass(frozen=True, slots=True)
class Status:
    """The whole database in numbers. `reports`, `records`, `messages` are accepted ones."""

    mails: dict[str, int]  # fate → mails
    payloads: dict[str, int]  # fate → payloads
    reports: int
    records: int
    messages: int
    first_day: date | None  # UTC, of accepted reports
    last_day: date | None
    newest_received_utc: datetime | None  # naive UTC, of any mail
    newest_ingested_utc: datetime | None


def status(reader: Reader) -> Status:
    """What the database holds. Fates that did not occur are not in the dictionaries."""
    mails, payloads = ask(reader, "mail_fates"), ask(reader, "payload_fates")
    accepted = ask(reader, "accepted_totals").iloc[0]
    return Status(
        mails={str(fate): int(number) for fate, number in zip(mails["fate"], mails["mails"], strict=True)},
        payloads={str(fate): int(number) for fate, number in zip(payloads["fate"], payloads["payloads"], strict=True)},
        reports=int(accepted["reports"]),
        records=int(accepted["records"]),
        messages=int(accepted["messages"]),
        first_day=as_day(accepted["first_day"]),
        last_day=as_day(accepted["last_day"]),
        newest_received_utc=as_time(mails["newest_received_utc"].max()),
        newest_ingested_utc=as_time(mails["newest_ingested_utc"].max()),
    )


def reports(  # noqa: PLR0913 - each is one filter of the page
    reader: Reader,
    *,
    fate: str | None = None,
    reporter: str | None = None,
    domain: str | None = None,
    search: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> pd.DataFrame:
    """A page of payload lines with their reports (`LEDGER`), newest first.

    Args:
        fate: one of FATES.
        reporter: exact name.
        domain: exact policy domain.
        search: part of a reporter, domain, report id, origin, address, subject, hash or reason, in any case.
        limit: rows.
        offset: rows to leave out.
    """
    filters = _filters(fate, reporter, domain, search)
    return checked(ask(reader, "ledger", filters | {"limit": limit, "offset": offset}), LEDGER)


def total(
    reader: Reader,
    *,
    fate: str | None = None,
    reporter: str | None = None,
    domain: str | None = None,
    search: str | None = None,
) -> int:
    """How many lines `reports` would give without a limit."""
    return int(ask(reader, "ledger_total", _filters(fate, reporter, domain, search)).iloc[0]["total"])


def _filters(fate: str | None, reporter: str | None, domain: str | None, search: str | None) -> dict[str, str | None]:
    return {"fate": fate, "reporter": reporter, "domain": domain, "search": search or None}
