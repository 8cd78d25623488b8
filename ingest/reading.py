"""Mails as delivered → everything that is in them, each payload with its fate. Pure: no database, no network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest import aggregate, mime, sniff, unpack
from ingest.model import Kind, ReadMail, ReadPayload
from ingest.normalize import decode, tree
from ingest.settings import Parsing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.model import Payload, RawMail
    from ingest.settings import Limits

WAITING_BYTES = 4_000_000  # of reports that wait to be read together
_NOT_OURS = {
    Kind.FAILURE: "failure report (RFC 9991): the mail is kept, its contents are not analysed",
    Kind.TLSRPT: "SMTP TLS report (RFC 8460): the mail is kept, its contents are not analysed",
    Kind.OTHER: "not a DMARC report",
}


def read_all(
    mails: Sequence[RawMail],
    limits: Limits,
    parsing: Parsing | None = None,
    *,
    beginning: Callable[[int], None] = lambda _: None,
) -> list[ReadMail]:
    """Every mail read, in this process. What `worker.Workers` does in others.

    What cannot be read is a payload with a fate and a reason, never an exception. The reports of all mails are read together as far as that is faster.

    Args:
        mails: as delivered.
        limits: bounds; past one of them a payload or mail is refused.
        parsing: how reports become rows.
        beginning: told the number of each mail before it is looked at, and len(mails) before what waits is read.
    """
    desk = _Desk(limits, parsing or Parsing())
    opened = []
    for number, mail in enumerate(mails):
        beginning(number)
        opened.append(desk.open(mail))
    beginning(len(mails))
    desk.read_waiting()
    return [one.finished() for one in opened]


def read(mail: RawMail, limits: Limits, parsing: Parsing | None = None) -> ReadMail:
    """Everything in `mail`."""
    return read_all([mail], limits, parsing)[0]


@dataclass(slots=True)
class _Opened:
    """A mail with its payloads; those that wait to be read are None until then."""

    mail: ReadMail
    payloads: list[ReadPayload | None] = field(default_factory=list)

    def finished(self) -> ReadMail:
        found = tuple(payload for payload in self.payloads if payload is not None)
        return replace(
            self.mail, payloads=found, problem=self.mail.problem or ("" if found else "no report found in it")
        )


@dataclass(slots=True)
class _Desk:
    """Opens mails, and reads the reports in them a few megabytes at a time."""

    limits: Limits
    parsing: Parsing
    waiting: list[tuple[_Opened, int, aggregate.Paper]] = field(default_factory=list)  # with their place in the mail
    bytes_waiting: int = 0

    def open(self, mail: RawMail) -> _Opened:
        header = mime.envelope(mail.body) if mail.refused or sniff.is_mail(mail.body) else None
        problem = mail.refused
        if problem is None and len(mail.body) > self.limits.mail_bytes:
            problem = f"{len(mail.body):,} bytes are over the limit of {self.limits.mail_bytes:,} for one mail"
        opened = _Opened(
            ReadMail(
                origin=mail.origin,
                sha256=mail.sha256,
                size=len(mail.body),
                received_utc=mail.received_utc or (header.date_utc if header else None),
                message_id=header.message_id if header else None,
                mail_from=header.mail_from if header else None,
                subject=header.subject if header else None,
                payloads=(),
                problem=problem or "",
            )
        )
        spent = tree.Spent()
        payloads = [] if problem else unpack.payloads(mail, self.limits)[::-1]
        while payloads:
            self._take(opened, payloads.pop(), spent)
        return opened

    def _take(self, opened: _Opened, payload: Payload, spent: tree.Spent) -> None:
        label = aggregate.Label(payload.member, payload.sha256, len(payload.content), payload.kind, payload.damaged)
        refused = payload.refused or _NOT_OURS.get(payload.kind)
        if refused is not None:
            opened.payloads.append(label.without_report(refused))
            return
        self.waiting.append(
            (opened, len(opened.payloads), aggregate.Paper(label, decode.decode(payload.content), spent))
        )
        del payload  # it may be as large as a report may be, and what is read takes the rest of what is allowed
        opened.payloads.append(None)
        self.bytes_waiting += label.size
        if self.bytes_waiting > WAITING_BYTES:
            self.read_waiting()

    def read_waiting(self) -> None:
        waiting, self.waiting, self.bytes_waiting = self.waiting, [], 0
        places = [(opened, place) for opened, place, _ in waiting]
        papers = [paper for _, _, paper in waiting]
        del waiting
        for (opened, place), found in zip(places, aggregate.read(papers, self.limits, self.parsing), strict=True):
            opened.payloads[place] = found
