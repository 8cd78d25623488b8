"""A mailbox in memory that remembers what was filed, and a store that refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.errors import MailboxError, StoreError
from ingest.model import Origin, RawMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ingest.model import Failed, Fate, Outcome, ReadMail


@dataclass
class MemoryMailbox:
    """Mails with UIDs from 1; `events` tells in which order things happened."""

    bodies: list[bytes]
    name: str = "memory"
    events: list[str] = field(default_factory=list)
    filed: list[Outcome] = field(default_factory=list)
    breaks_after: int | None = None  # the server goes away after so many mails

    def unseen(self, known: Callable[[str, str, int], set[int]]) -> Iterator[RawMail]:
        have = known(self.name, "INBOX", 1)
        for uid, body in enumerate(self.bodies, 1):
            if self.breaks_after is not None and uid > self.breaks_after:
                raise MailboxError(f"mailbox {self.name}: the server closed the connection")
            if uid not in have:
                yield RawMail(Origin(self.name, "INBOX", 1, uid), body)

    def count(self) -> int | None:
        return len(self.bodies)

    def refile(self, fates: Callable[[str, str, int], Mapping[int, Fate]]) -> int:  # noqa: ARG002 - the port's shape
        return 0

    def file(self, outcomes: Sequence[Outcome]) -> None:
        self.events.append(f"filed {len(outcomes)}")
        self.filed.extend(outcomes)

    def close(self) -> None:
        self.events.append("closed")


class RefusingStore:
    """A store whose disk is full."""

    def known_uids(self, mailbox: str, folder: str, uidvalidity: int) -> set[int]:  # noqa: ARG002 - the port's shape
        return set()

    def add(self, mails: Sequence[ReadMail]) -> list[Outcome]:
        raise StoreError(f"disk full: {len(mails)} mails refused")

    def failed(self, failures: Sequence[Failed]) -> list[Failed]:
        raise StoreError(f"disk full: {len(failures)} failures not written down")
