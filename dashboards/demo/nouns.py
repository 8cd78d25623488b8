"""What moves through the demo: streams of mail, rows of reports, and report mails with what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature as a receiver judged it."""

    domain: str
    selector: str
    result: str = "pass"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a share (0..1) of a stream's messages authenticates."""

    share: float
    signatures: tuple[Signature, ...]
    spf_domain: str
    spf_result: str
    from_list: bool = False  # some receivers see a mailing list and override their policy


@dataclass(frozen=True, slots=True)
class Stream:
    """Mails of one kind, sent by one service under one header_from."""

    name: str
    header_from: str
    policy_domain: str
    addresses: tuple[str, ...]
    messages: tuple[int, ...]  # expected per day, Monday first
    audience: str  # shoppers, business, world: who receives it
    phases: tuple[tuple[date, tuple[Outcome, ...]], ...]  # from that day on; () means silence
    spread: float = 0.12  # a receiver with n messages sees about n**spread addresses
    month_end: float = 1.0  # factor on the last two days of a month

    def outcomes(self, day: date) -> tuple[Outcome, ...]:
        """How it authenticates on `day`; empty when nothing is sent."""
        current: tuple[Outcome, ...] = ()
        for start, outcomes in self.phases:
            if start <= day:
                current = outcomes
        return current


@dataclass(frozen=True, slots=True)
class Row:
    """One `<record>` of a report, with what the receiver decided."""

    source_ip: str
    messages: int
    header_from: str
    envelope_to: str
    outcome: Outcome
    dkim_aligned: bool
    spf_aligned: bool
    disposition: str
    reason: tuple[str, str] | None = None  # type, comment

    @property
    def dmarc_pass(self) -> bool:
        """Aligned by one of the two."""
        return self.dkim_aligned or self.spf_aligned


class Expected(StrEnum):
    """What should become of a mail of the demo."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    UNREADABLE = "unreadable"
    NO_REPORT = "no report"


@dataclass(frozen=True, slots=True)
class Planned:
    """The truth about one report of the demo, to be found again in the database."""

    reporter: str  # org_name as sent
    policy_domain: str
    report_id: str
    day: date
    begin: int  # Unix time
    end: int
    rows: tuple[Row, ...]
    p: str

    @property
    def records(self) -> int:
        """How many `<record>` the report holds."""
        return len(self.rows)

    @property
    def messages(self) -> int:
        """How many messages they stand for."""
        return sum(row.messages for row in self.rows)

    @property
    def dmarc_pass(self) -> int:
        """How many of these messages pass DMARC."""
        return sum(row.messages for row in self.rows if row.dmarc_pass)


@dataclass(frozen=True, slots=True)
class DemoMail:
    """One mail in the demo mailbox."""

    received_utc: datetime  # naive UTC
    body: bytes
    expected: Expected
    planned: Planned | None = None  # None: not an aggregate report
