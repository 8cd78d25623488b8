"""What a mail server offers, found out without reading a mail: for `whosends doctor` and `whosends init`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.mailbox import folders
from ingest.mailbox.filing import check_possible
from ingest.mailbox.session import Session

if TYPE_CHECKING:
    from ingest.settings import MailboxSettings


@dataclass(frozen=True, slots=True)
class MailboxCheck:
    """A mailbox that works as configured. `mails` is the size of the folder, read or not."""

    mailbox: str
    host: str
    folder: str
    mails: int
    uidvalidity: int
    idle: bool
    move: bool
    uidplus: bool
    keyword_allowed: bool  # always False in mode keep, where the folder is opened read-only
    folders: tuple[str, ...]


def check(settings: MailboxSettings) -> MailboxCheck:
    """Login, folder and the way of filing work.

    Raises:
        SettingsError: no password, or the `ca_file` cannot be read.
        MailboxError: says what does not work, and in `hint` what to do.
    """
    session = Session(settings)
    try:
        selected = session.open()
        check_possible(settings, selected)
        return MailboxCheck(
            mailbox=settings.name,
            host=settings.host,
            folder=settings.folder,
            mails=selected.mails,
            uidvalidity=selected.uidvalidity,
            idle=selected.idle,
            move=selected.move,
            uidplus=selected.uidplus,
            keyword_allowed=selected.keyword_allowed,
            folders=tuple(session.run(folders.names)),
        )
    finally:
        session.close()
