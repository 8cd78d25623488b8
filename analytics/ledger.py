"""What came in, from whom, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analytics.ask import ask
from analytics.frames import Column, Contract, checked
from ingest.model import Fate

if TYPE_CHECKING:
    from datetime import date

    from analytics.reader import Reader

LEDGER: Contract = (
    Column("received_utc", "time", "UTC", "when the mail came; when it was ingested, for files"),
    Column("ingested_utc", "time", "UTC", "when whosends kept it"),
    Column("origin", "text", "", "mailbox/folder/uidvalidity/uid, or the path of a file"),
    Column("member", "text", "", "path inside the mail or archive; empty for a bare file, and where nothing was found"),
    Column("kind", "text", "", "aggregate, failure, tlsrpt or other; missing where nothing was found in the mail"),
    Column("fate", "text", "", "one of FATES"),
    Column("reason", "text", "", "why, in words; empty when accepted as it was read"),
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
    Column("size_bytes", "int", "bytes", "decompressed; of the mail where nothing was found in it"),
    Column("mail_from", "text", "", "From: of the mail"),
    Column("subject", "text", "", "Subject: of the mail"),
    Column("message_id", "text", "", "Message-ID: of the mail"),
    Column("payload_sha256", "text", "", "its decompressed bytes; missing where nothing was found in the mail"),
    Column("mail_sha256", "text", "", "the bytes of the mail in the spool"),
    Column("meets", "text", "", "of accepted reports: parallel or overlap, see Meeting; missing for all others"),
)

ACTS: Contract = (
    Column("at_utc", "time", "UTC", "when it was decided"),
    Column("who", "text", "", "by whom"),
    Column("what", "text", "", "accept or reject"),
    Column("why", "text", "", "in their words"),
    Column("fate_before", "text", "", "one of FATES"),
    Column("fate_after", "text", "", "one of FATES"),
)

PARKED: Contract = (
    Column("origin", "text", "", "mailbox/folder/uidvalidity/uid, or the path of a file"),
    Column("attempts", "int", "", "how often it failed"),
    Column("error", "text", "", "the last time"),
    Column("last_utc", "time", "UTC", "when that was"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which lines of the ledger; None means all."""

    fate: str | None = None  # one of FATES
    reporter: str | None = None  # exact name
    domain: str | None = None  # exact policy domain
    search: str | None = (
        None  # part of a reporter, domain, report id, origin, address, subject, hash or reason, in any case
    )
    since: date | None = None  # UTC days on which it came, both included
    until: date | None = None
    meets: bool = False  # only accepted reports whose period meets another's, see Meeting
    sha256: str | None = None  # bytes of a payload or a mail

    def parameters(self) -> dict[str, object]:
        """For SQL."""
        values = {name: getattr(self, name) for name in ("fate", "reporter", "domain", "since", "until", "sha256")}
        return values | {"search": self.search or None, "meets": self.meets or None}


EVERYTHING = Filters()
LINES_OF_ONE = 200  # deliveries of the same bytes


def reports(reader: Reader, filters: Filters = EVERYTHING, *, limit: int = 100, offset: int = 0) -> pd.DataFrame:
    """A page of ledger lines with their reports (`LEDGER`), newest first: `limit` rows after the first `offset`.

    A line is a payload, or a mail in which nothing was found.
    """
    return checked(ask(reader, "ledger", filters.parameters() | {"limit": limit, "offset": offset}), LEDGER)


def line(reader: Reader, sha256: str) -> pd.DataFrame:
    """The line (`LEDGER`) that stands for a payload, or for a mail in which nothing was found; no row where there is none.

    Of several deliveries it is one that is not a duplicate, where there is one.
    """
    found = reports(reader, Filters(sha256=sha256), limit=LINES_OF_ONE)
    mine = found[
        (found["payload_sha256"] == sha256) | ((found["mail_sha256"] == sha256) & found["payload_sha256"].isna())
    ]
    return mine.sort_values("fate", key=lambda fate: fate == Fate.DUPLICATE.value, kind="stable").head(1)


def fates(reader: Reader, filters: Filters = EVERYTHING) -> dict[str, int]:
    """How many lines `reports` would give without a limit, by fate; fates that do not occur are left out."""
    found = ask(reader, "ledger_fates", filters.parameters())
    return {str(fate): int(lines) for fate, lines in zip(found["fate"], found["lines"], strict=True)}


def total(reader: Reader, filters: Filters = EVERYTHING) -> int:
    """How many lines `reports` would give without a limit."""
    return sum(fates(reader, filters).values())


@dataclass(frozen=True, slots=True)
class Meeting:
    """Accepted reports whose period meets that of another one of the same reporter about the same domain. Both count."""

    parallel: int  # reports with the same period: several systems report, or the policy changed within it
    overlap: int  # reports that share a part of their period with another
    messages: int  # of these reports
    all_messages: int  # of all accepted reports

    @property
    def reports(self) -> int:
        """How many they are."""
        return self.parallel + self.overlap


def meeting(reader: Reader, domain: str | None = None) -> Meeting:
    """How much rests on reports that share their period, or a part of it, with another; `domain` None: all policy domains."""
    found = ask(reader, "meeting", {"domain": domain}).iloc[0]
    return Meeting(**{name: int(found[name]) for name in Meeting.__slots__})


def acts(reader: Reader, payload_sha256: str) -> pd.DataFrame:
    """What people decided about one payload (`ACTS`), newest first."""
    return checked(ask(reader, "acts", {"payload_sha256": payload_sha256}), ACTS)


def choices(line: pd.Series) -> tuple[str, ...]:
    """What can be decided about the payload of a ledger line: "accept" where a report was read and is held back, "reject" what is not rejected."""
    fate, is_read = str(line["fate"]), pd.notna(line["begin_utc"])
    accept = is_read and fate in {Fate.PARTIAL, Fate.QUARANTINED, Fate.SUSPECT, Fate.REJECTED}
    return (*(("accept",) if accept else ()), *(("reject",) if fate != Fate.REJECTED else ()))


def parked(reader: Reader) -> pd.DataFrame:
    """Mails that failed again and again (`PARKED`), newest failure first."""
    return checked(ask(reader, "parked"), PARKED)
