"""The nouns of ingest: mails, payloads, reports, records and their fates. No I/O."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from ingest.records import Records


DIFFER = "lanes_differ"  # the flag of a report that was read in two ways, with different results; parsedmarc's count


class Fate(StrEnum):
    """What became of a mail or a payload. Rates and totals use `ACCEPTED` only."""

    ACCEPTED = "accepted"  # read completely, counted
    DUPLICATE = "duplicate"  # the same report is already here
    SUPERSEDED = "superseded"  # a newer version of the same report counts instead
    SUSPECT = "suspect"  # every row as in another report for the same period, under another id: counted once until a person decides
    PARTIAL = "partial"  # readable only in part: kept, shown, not counted
    QUARANTINED = "quarantined"  # readable but implausible: kept, shown, not counted
    REJECTED = "rejected"  # not a report that can be read


class Kind(StrEnum):
    """What a payload is."""

    AGGREGATE = "aggregate"  # DMARC aggregate report, RFC 7489 or RFC 9990
    FAILURE = "failure"  # DMARC failure report, RFC 6591 or RFC 9991
    TLSRPT = "tlsrpt"  # SMTP TLS report, RFC 8460
    OTHER = "other"  # none of these


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a mail was found: a message in an IMAP folder, or a file on disk."""

    mailbox: str | None = None
    folder: str | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        """The form shown to people and kept in the ledger."""
        if self.path is not None:
            return self.path
        return f"{self.mailbox}/{self.folder}/{self.uidvalidity}/{self.uid}"


@dataclass(frozen=True, slots=True)
class RawMail:
    """One item as delivered: the bytes of a mail, or of a bare report file."""

    origin: Origin
    body: bytes
    received_utc: datetime | None = None  # naive UTC; IMAP INTERNALDATE, or None for files
    refused: str | None = None  # why its body was not taken, e.g. over the size limit; body then holds the header only
    ingested_utc: datetime | None = None  # naive UTC; set by the pipeline, the same for a whole batch
    vouched: bool = False  # a person gave it to us: not fetched from a mailbox that anybody can write to

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes: the name of the mail in the spool."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Payload:
    """One thing found inside a mail that may be a report, decompressed but not decoded."""

    member: str  # path inside the mail or archive, "" for a bare file
    content: bytes
    kind: Kind = Kind.OTHER
    refused: str | None = None  # why it could not be unpacked; content is then empty
    damaged: str | None = None  # why the content may be incomplete

    @property
    def sha256(self) -> str:
        """Hex digest of the decompressed bytes."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Report:
    """One aggregate report. Policy fields are as published; None means: not reported."""

    reporter: str  # organisation, normalized by parsedmarc
    reporter_raw: str | None  # org_name as sent
    reporter_email: str | None
    contact: str | None
    report_id: str  # as sent, without surrounding blanks and angle brackets
    policy_domain: str  # lower-case
    begin_utc: datetime
    end_utc: datetime
    p: str | None
    sp: str | None
    np: str | None
    adkim: str | None
    aspf: str | None
    pct: int | None
    fo: str | None
    testing: str | None
    discovery_method: str | None
    generator: str | None
    format: str  # rfc7489, rfc9990 or mixed
    version: str | None
    namespace: str | None
    errors: tuple[str, ...]  # the reporter's own <error> texts
    extensions: str | None  # JSON of <extension> and foreign elements
    flags: tuple[str, ...]  # data quality of the whole report
    records: Records

    @property
    def messages(self) -> int:
        """Sum over the records."""
        return self.records.messages

    @property
    def key(self) -> uuid.UUID:
        """The same for every copy and revision of one report: who, about whom, which id, which period.

        Reporters reuse ids on other days and for other domains (Google, Mimecast), so both are part of it.
        """
        who = (self.reporter_raw or self.reporter).strip().lower()
        return stable_uuid(
            who, self.policy_domain, self.report_id, self.begin_utc.isoformat(), self.end_utc.isoformat()
        )


@dataclass(frozen=True, slots=True)
class ReadPayload:
    """A payload after reading: its ledger line, and the report when there is one."""

    member: str
    sha256: str
    size: int
    kind: Kind
    fate: Fate
    reason: str = ""
    xml_records: int | None = None  # counted in the raw XML, independently of parsedmarc
    xml_messages: int | None = None
    report: Report | None = None
    trust: int | None = None  # 0 forged .. 3 proven and known; None: not judged
    trust_evidence: str | None = None  # JSON


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail after reading: its headers and all that was found in it."""

    origin: Origin
    sha256: str
    size: int
    received_utc: datetime | None
    message_id: str | None
    mail_from: str | None
    subject: str | None
    payloads: tuple[ReadPayload, ...]
    problem: str = ""  # why nothing could be read, when payloads is empty
    ingested_utc: datetime | None = None  # naive UTC; None: now


@dataclass(frozen=True, slots=True)
class Kept:
    """A report in numbers."""

    payload_sha256: str
    records: int
    messages: int


@dataclass(frozen=True, slots=True)
class Relabelled:
    """An earlier mail whose lines in the ledger changed: each pair is (fate before, fate after)."""

    origin: str
    mail: tuple[Fate, Fate]
    payloads: tuple[tuple[Fate, Fate], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the store decided about one mail, after COMMIT."""

    origin: Origin
    fate: Fate
    reason: str
    payloads: tuple[Fate, ...] = ()
    accepted: tuple[Kept, ...] = ()  # reports that count from now on
    replaced: tuple[Kept, ...] = ()  # reports of earlier mails that no longer count: newer versions came
    relabelled: tuple[Relabelled, ...] = ()  # what that did to the lines of earlier mails
    needs_a_look: bool = False  # a report that could not be counted, or was read differently by both ways; not spam, nor another kind of report
    ledger_fate: Fate | None = None  # of a delivery that was in the ledger already: what the mail is filed as


@dataclass(frozen=True, slots=True)
class Failed:
    """A mail that could not be read or kept by a fault of ours. It stays where it is, and in the spool."""

    origin: Origin
    error: str
    attempts: int = 1  # so far, this one included
    parked: bool = False  # it is not tried any more


@dataclass(frozen=True, slots=True)
class Act:
    """What a person decided about a payload."""

    at_utc: datetime
    who: str
    what: str  # accept or reject
    payload_sha256: str
    why: str


@dataclass(frozen=True, slots=True)
class Prune:
    """A person's decision that the records of days before a UTC day are not kept, but their sums are."""

    at_utc: datetime
    who: str
    before: date


Deed = Act | Prune  # what people do, and what is kept of it for ever


def stable_uuid(*fields: str) -> uuid.UUID:
    """A UUID made from length-prefixed fields: ("a", "bc") and ("ab", "c") differ."""
    text = "".join(f"{len(part)}:{part}" for part in fields)
    return uuid.UUID(bytes=hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16])
