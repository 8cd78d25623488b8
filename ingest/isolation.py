"""One mail that cannot be read or kept, by a fault of ours, does not take the others with it."""

from __future__ import annotations

import email.errors
import logging
import lzma
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ingest.model import Failed, ReadMail
from ingest.patience import is_transient, patiently

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.model import Outcome, RawMail
    from ingest.ports import Store

_log = logging.getLogger(__name__)

# What a bug of ours, or of a library under us, raises when it meets a mail that nobody thought of. Whatever is not in this list ends the run
# with a traceback; our own WhosendsErrors, and what is transient, are never put down to a mail.
OF_THE_MAIL = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError),
    *(TypeError, ValueError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, email.errors.MessageError),
)


def examined(
    mails: Sequence[RawMail], examiner: Callable[[Sequence[RawMail]], Callable[[RawMail], ReadMail]]
) -> list[ReadMail | Failed]:
    """Each of `mails` read, or what went wrong. They are read together where that works.

    Raises:
        StoreExhausted: memory or file handles ran out, again after waiting.
        WorkerError: no process could be started to read them, again after waiting.
    """
    try:
        examine = patiently(examiner, mails)
    except OF_THE_MAIL:
        _log.exception("a batch of %d mails cannot be read, trying them one by one", len(mails))

        def examine(mail: RawMail) -> ReadMail:
            return examiner([mail])(mail)

    return [_examined(mail, examine) for mail in mails]


def _examined(mail: RawMail, examine: Callable[[RawMail], ReadMail]) -> ReadMail | Failed:
    try:
        return patiently(examine, mail)
    except OF_THE_MAIL as error:
        _log.exception("%s: cannot be read", mail.origin)
        return Failed(mail.origin, _words(error))


def kept(store: Store, mails: Sequence[ReadMail]) -> list[Outcome | Failed]:
    """What the store decided about each of `mails`, or why it cannot keep just this one.

    Raises:
        StoreError: the database is to blame, not a mail; what was yielded before stays committed.
    """
    try:
        return list(patiently(store.add, mails))
    except (StoreError, *OF_THE_MAIL) as error:
        if is_transient(error) or not mails:
            raise
        _log.warning("a batch of %d mails is refused, trying them one by one: %s", len(mails), _words(error))
        return _one_by_one(store, mails, error)


def _one_by_one(store: Store, mails: Sequence[ReadMail], refusal: BaseException) -> list[Outcome | Failed]:
    patiently(store.add, [])  # raises when the database is to blame
    done: list[Outcome | Failed] = []
    for mail in mails:
        try:
            done += patiently(store.add, [mail])
        except (StoreError, *OF_THE_MAIL) as error:
            if is_transient(error):
                raise
            done.append(Failed(mail.origin, _words(error)))
    if len(mails) > 1 and isinstance(refusal, StoreError) and all(isinstance(one, Failed) for one in done):
        raise refusal  # so many bad mails at once are none
    return done


def _words(error: BaseException) -> str:
    """The error in one line, for the list of parked mails."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}"[:500] if text else type(error).__name__
