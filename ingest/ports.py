"""The seams where the outside world begins. A clock is a plain callable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.model import Failed, Fate, Outcome, RawMail, ReadMail

Clock = Callable[[], datetime]  # naive UTC


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC).replace(tzinfo=None)


class Mailbox(Protocol):
    """Where mails come from. Nothing is marked, moved or deleted before `file` is called."""

    @property
    def name(self) -> str:
        """How people call it."""
        ...

    def unseen(self, known: Callable[[str, str, int], set[int]]) -> Iterator[RawMail]:
        """Every mail not yet known, oldest first.

        Args:
            known: (mailbox, folder, uidvalidity) → UIDs that are in the ledger already.
        """
        ...

    def count(self) -> int | None:
        """How many mails `unseen` will give at most; None before it is known."""
        ...

    def refile(self, fates: Callable[[str, str, int], Mapping[int, Fate]]) -> int:
        """Mails in the ledger that could not be filed earlier are filed; returns how many.

        Args:
            fates: (mailbox, folder, uidvalidity) → UID → fate of the mails in the ledger.
        """
        ...

    def file(self, outcomes: Sequence[Outcome]) -> None:
        """Mark or move mails whose data is committed. In read-only mode nothing happens."""
        ...

    def close(self) -> None:
        """Let go of the server."""
        ...


class Store(Protocol):
    """Where mails are kept, exactly once."""

    def known_uids(self, mailbox: str, folder: str, uidvalidity: int) -> set[int]:
        """UIDs of that folder that are in the ledger, or parked."""
        ...

    def add(self, mails: Sequence[ReadMail]) -> list[Outcome]:
        """Keep all of them, or none: one transaction. Adding a mail again changes nothing."""
        ...

    def failed(self, failures: Sequence[Failed]) -> list[Failed]:
        """One more attempt of each is written down; returns them with the number of attempts."""
        ...


class Spool(Protocol):
    """Where the raw bytes of every mail are kept, before anything is parsed."""

    def keep(self, mails: Sequence[RawMail]) -> None:
        """The bytes are on disk, by sha256, and the deliveries in the journal, when this returns."""
        ...

    def judged(self, mails: Sequence[ReadMail]) -> None:
        """The trust levels of their reports are in the journal, when this returns: nobody can find them again."""
        ...


ReadBatch = Callable[["Sequence[RawMail]"], "list[ReadMail]"]  # in their order; may raise only what is no mail's fault
Step = Callable[["RawMail", "ReadMail"], "ReadMail"]  # may only hold an accepted payload back, and say why
