"""The error tree: what can go wrong, what to do about it, and the exit code it ends with.

    WhosendsError          1  our bug, when raised bare
    ├── SettingsError      2  the configuration or an argument is wrong
    ├── MailboxError       3  the mail server refused, vanished or changed under us
    ├── WorkerError        1  the machine cannot run the processes that read mails
    └── StoreError         4  the database is missing, busy, damaged or newer than this program
        ├── StoreMissing      no database file yet
        ├── StoreOutdated     made by an older program; the next write brings it up to date
        ├── StoreBusy         another process holds the file
        └── StoreExhausted    disk, memory or file handles ran out

Vendor exceptions never pass the vendor's door; they are raised again as one of these, `from` the original.
"""

from __future__ import annotations

import errno
from typing import ClassVar

# Nothing wrong with what was asked for; the machine had no room just then.
_NO_ROOM = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EAGAIN,
    errno.ENOBUFS,
}


class WhosendsError(Exception):
    """Something a person must know about: says what and where, and in `hint` what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingsError(WhosendsError):
    """The configuration, an option or a path is wrong; nothing was done."""

    exit_code = 2


class MailboxError(WhosendsError):
    """The mail server refused, vanished or changed; committed mails stay committed."""

    exit_code = 3


class WorkerError(WhosendsError):
    """The machine, not a mail, kept us from reading; the mails stay where they are."""


class StoreError(WhosendsError):
    """The database refused; what was not committed stays in the mailbox."""

    exit_code = 4


class StoreMissing(StoreError):
    """There is no database file yet."""


class StoreOutdated(StoreError):
    """The database was made by an older program and waits for its next write."""


class StoreBusy(StoreError):
    """Another program holds the database file; trying again later helps."""


class StoreExhausted(StoreError):
    """Disk, memory or file handles ran out; nothing of the batch at hand was kept, and trying again later helps."""


def exhausted(error: BaseException) -> bool:
    """Whether the machine had no room for it: no memory, no file handle, no space on the disk."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _NO_ROOM)


def refused_by_system(where: object, error: OSError, *, hint: str) -> StoreError:
    """The error to raise for what the operating system said about a file of ours."""
    kind = StoreExhausted if exhausted(error) else StoreError
    return kind(f"{where}: {error.strerror}", hint=hint)
