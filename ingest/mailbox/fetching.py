"""Mails of the open folder as bytes, a bounded chunk at a time, leaving every flag as it is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ingest.errors import MailboxError
from ingest.mailbox.session import CommandFailedError
from ingest.model import Origin, RawMail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imapclient import IMAPClient

    from ingest.mailbox.session import Session

_log = logging.getLogger(__name__)

CHUNK_MAILS = 50
CHUNK_BYTES = 8_000_000
FACTS_MAILS = 500  # sizes and dates are asked for so many mails at once
SEARCH_MAILS = 50_000  # one answer line holds so many UIDs: imaplib refuses lines over 1 MB
_HEADER = "BODY.PEEK[HEADER]<0.65536>"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a mail before its body is fetched. `received_utc` is naive UTC."""

    uid: int
    size: int
    received_utc: datetime | None


@dataclass(frozen=True, slots=True)
class Uids:
    """UIDs of one folder, and the UIDVALIDITY that gives them a meaning."""

    mailbox: str
    folder: str
    uidvalidity: int

    def origin(self, uid: int) -> Origin:
        """Where the mail with that UID is."""
        return Origin(mailbox=self.mailbox, folder=self.folder, uidvalidity=self.uidvalidity, uid=uid)


def search(session: Session, uidvalidity: int, mails: int, *criteria: str | date) -> list[int]:
    """UIDs of the mails that meet the criteria, ascending: in the order of their arrival. `mails` is the size of the folder."""

    def ask(client: IMAPClient) -> list[int]:
        if mails <= SEARCH_MAILS:
            return list(client.search(criteria))
        windows = [f"{first}:{min(first + SEARCH_MAILS - 1, mails)}" for first in range(1, mails + 1, SEARCH_MAILS)]
        return [uid for window in windows for uid in client.search([window, *criteria])]

    return sorted(set(session.run(ask, uidvalidity=uidvalidity)))


def since_criteria(since: date | None) -> tuple[str | date, ...]:
    """A search that may give a day too much: servers compare the date in their own time zone."""
    return ("ALL",) if since is None else ("SINCE", since - timedelta(days=1))


def mails(
    session: Session, where: Uids, uids: Sequence[int], *, max_bytes: int, since: date | None
) -> Iterator[RawMail]:
    """The mails with these UIDs that still exist and came on or after `since` (UTC day), in the order of `uids`.

    A mail over `max_bytes` is given as its header with `refused` set. A mail that is gone is logged and left out.

    Raises:
        MailboxError: the server does not hand some of them over; all others were given.
    """
    left_out: list[CommandFailedError] = []
    for start in range(0, len(uids), FACTS_MAILS):
        facts = _facts(session, where, uids[start : start + FACTS_MAILS])
        wanted = [
            fact for fact in facts if since is None or fact.received_utc is None or fact.received_utc.date() >= since
        ]
        for chunk in _chunks(wanted, max_bytes):
            yield from _bodies(session, where, chunk, max_bytes=max_bytes, left_out=left_out)
    if left_out:
        raise MailboxError(
            f"{len(left_out)} mails cannot be fetched; the first of them: {left_out[0].message}",
            hint="the others are done; these are tried again by the next poll",
        )


def _facts(session: Session, where: Uids, uids: Sequence[int]) -> list[Facts]:
    def ask(client: IMAPClient) -> list[Facts]:
        answers = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        return [
            Facts(uid, answer[b"RFC822.SIZE"], _naive_utc(answer.get(b"INTERNALDATE")))
            for uid, answer in answers.items()
            if b"RFC822.SIZE" in answer
        ]

    facts = session.run(ask, uidvalidity=where.uidvalidity)
    _log_gone(where, set(uids) - {fact.uid for fact in facts})
    return facts


def _chunks(facts: Sequence[Facts], max_bytes: int) -> Iterator[list[Facts]]:
    chunk: list[Facts] = []
    size = 0
    for fact in facts:
        cost = fact.size if fact.size <= max_bytes else 0
        if chunk and (len(chunk) == CHUNK_MAILS or size + cost > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(fact)
        size += cost
    if chunk:
        yield chunk


def _bodies(
    session: Session, where: Uids, chunk: Sequence[Facts], *, max_bytes: int, left_out: list[CommandFailedError]
) -> Iterator[RawMail]:
    try:
        small = _fetch(session, where, [fact.uid for fact in chunk if fact.size <= max_bytes], "BODY.PEEK[]")
        large = _fetch(session, where, [fact.uid for fact in chunk if fact.size > max_bytes], _HEADER)
    except CommandFailedError as error:
        if len(chunk) == 1:
            _log.warning("%s: left out, tried again next time: %s", where.origin(chunk[0].uid), error.message)
            left_out.append(error)
            return
        for fact in chunk:  # find the one that cannot be had
            yield from _bodies(session, where, [fact], max_bytes=max_bytes, left_out=left_out)
        return
    gone = set()
    for fact in chunk:
        body = (small if fact.size <= max_bytes else large).pop(fact.uid, None)
        if body is None:
            gone.add(fact.uid)
            continue
        yield RawMail(where.origin(fact.uid), body, fact.received_utc, refused=_refusal(fact.size, max_bytes))
    _log_gone(where, gone)


def _fetch(session: Session, where: Uids, uids: Sequence[int], item: str) -> dict[int, bytes]:
    def ask(client: IMAPClient) -> dict[int, bytes]:
        answers = client.fetch(uids, [item])
        bodies = {}
        for uid, answer in answers.items():
            content = [value for key, value in answer.items() if key.startswith(b"BODY[")]
            if content and isinstance(content[0], bytes):  # a mail expunged meanwhile gives NIL, or nothing
                bodies[uid] = content[0]
        return bodies

    return session.run(ask, uidvalidity=where.uidvalidity) if uids else {}


def _refusal(size: int, max_bytes: int) -> str | None:
    if size <= max_bytes:
        return None
    return f"mail of {size / 1e6:.1f} MB is over the limit of {max_bytes / 1e6:.1f} MB"


def _naive_utc(internal_date: datetime | None) -> datetime | None:
    if internal_date is None or internal_date.tzinfo is None:
        return internal_date
    return internal_date.astimezone(UTC).replace(tzinfo=None)


def _log_gone(where: Uids, uids: set[int]) -> None:
    for uid in sorted(uids):
        _log.info("%s: gone meanwhile, left out", where.origin(uid))
