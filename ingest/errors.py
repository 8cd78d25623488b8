"""The error tree: what can go wrong, what to do about it, and the exit code it ends with.

    WhosendsError          1  our bug, when raised bare
    ├── SettingsError      2  the configuration or an argument is wrong
    ├── MailboxError       3  the mail server refused, vanished or changed under us
    └── StoreError         4  the database is missing, busy, damaged or newer than this program
        ├── StoreMissing      no database file yet
        └── StoreBusy         another process holds the file

Vendor exceptions never pass the vendor's door; they are raised again as one of these, `from` the original.
"""

from __future__ import annotations

from typing import ClassVar


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


class StoreError(WhosendsError):
    """The database refused; what was not committed stays in the mailbox."""

    exit_code = 4


class StoreMissing(StoreError):
    """There is no database file yet."""


class StoreBusy(StoreError):
    """Another program holds the database file; trying again later helps."""
