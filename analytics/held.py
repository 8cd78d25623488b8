"""The whole database in numbers, without pandas: this is asked more often than anything else, and should be answered at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics import kept
from analytics.ask import ask_plainly
from ingest.model import Fate

if TYPE_CHECKING:
    from datetime import date, datetime

    from analytics.reader import Reader

FATES: tuple[str, ...] = tuple(fate.value for fate in Fate)


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
    records_kept_from: date | None  # UTC; of earlier days there are sums, but no records; None: all are kept


def status(reader: Reader) -> Status:
    """What the database holds. Fates that did not occur are not in the dictionaries.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    with reader.asking() as one:
        mails, payloads = ask_plainly(one, "mail_fates"), ask_plainly(one, "payload_fates")
        (accepted,) = ask_plainly(one, "accepted_totals")
    return Status(
        mails={line["fate"]: line["mails"] for line in mails},
        payloads={line["fate"]: line["payloads"] for line in payloads},
        newest_received_utc=max(
            (line["newest_received_utc"] for line in mails if line["newest_received_utc"]), default=None
        ),
        newest_ingested_utc=max(
            (line["newest_ingested_utc"] for line in mails if line["newest_ingested_utc"]), default=None
        ),
        records_kept_from=kept.records_from(reader),
        **accepted,
    )
