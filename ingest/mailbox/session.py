"""One folder of one IMAP server, kept open: a lost connection is made again, always to the same folder and the same UIDs."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ingest.errors import MailboxError
from ingest.mailbox import folders
from ingest.mailbox.login import LOST, REFUSED, UnreachableError, connect, hang_up, place, say_goodbye, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from imapclient import IMAPClient

    from ingest.settings import MailboxSettings

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

RETRY_PAUSES_S = (1.0, 4.0, 15.0)


class CommandFailedError(MailboxError):
    """The server can be reached, but this command does not succeed."""


class UidsVoid(Exception):
    """The folder has a new UIDVALIDITY: the UIDs at hand name nothing, or other mails."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What the server said when the folder was opened."""

    uidvalidity: int
    mails: int
    keyword_allowed: bool
    idle: bool
    move: bool
    uidplus: bool


class Session:
    """A connection with the folder of `settings` selected; read-only in mode keep."""

    def __init__(self, settings: MailboxSettings, *, pause: Callable[[float], object] = time.sleep) -> None:
        self._settings = settings
        self._pause = pause
        self._client: IMAPClient | None = None
        self._selected: Selected | None = None
        self._was_open = False

    def open(self) -> Selected:
        """The folder is selected, again if it was: what the server says about it now.

        Raises:
            MailboxError: see `login.connect`; or the folder is missing, read-only or gives no UIDVALIDITY.
        """
        return self.run(self._select) if self._client else self.selected()

    def selected(self) -> Selected:
        """What the server said when the folder was opened last.

        Raises:
            MailboxError: as `open`, when it has to be opened first.
        """
        return self.run(lambda _: self._selected_now())

    def run(self, command: Callable[[IMAPClient], _T], *, uidvalidity: int | None = None) -> _T:
        """The result of `command`, which may be run several times: it must be harmless to repeat.

        Args:
            command: may name UIDs only if `uidvalidity` is given.
            uidvalidity: that of the UIDs in the command; it is compared after every (re)connect, before the command.

        Raises:
            UidsVoid: the folder has another UIDVALIDITY; the command was not sent.
            CommandFailedError: the server refuses it, or the connection breaks each time it is sent.
            MailboxError: the server cannot be reached any more.
        """
        for pause_s in (*RETRY_PAUSES_S, None):
            try:
                client = self._connected()
                if uidvalidity is not None and uidvalidity != self._selected_now().uidvalidity:
                    raise UidsVoid(f"{uidvalidity} became {self._selected_now().uidvalidity}")
                return command(client)
            except UnreachableError:
                if pause_s is None or not self._was_open:
                    raise
            except LOST as error:
                self._drop()
                _log.warning("%s: connection lost: %s", place(self._settings), words(error))
                if pause_s is None:
                    raise CommandFailedError(
                        f"{place(self._settings)}: the connection breaks each time: {words(error)}",
                        hint="try again later; mails already read are kept",
                    ) from error
            except REFUSED as error:
                raise CommandFailedError(f"{place(self._settings)}: refused: {words(error)}") from error
            self._pause(pause_s)
        raise AssertionError

    def close(self) -> None:
        """Nothing is expunged: the folder is left by LOGOUT, never by CLOSE."""
        client, self._client = self._client, None
        if client is not None:
            say_goodbye(client)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            hang_up(client)

    def _connected(self) -> IMAPClient:
        if self._client is None:
            client = connect(self._settings)
            try:
                self._select(client)
            except BaseException:
                hang_up(client)
                raise
            self._client = client
            self._was_open = True
        return self._client

    def _select(self, client: IMAPClient) -> Selected:
        self._selected = select(client, self._settings, readonly=self._settings.mode == "keep")
        return self._selected

    def _selected_now(self) -> Selected:
        if self._selected is None:
            raise AssertionError
        return self._selected


def select(client: IMAPClient, settings: MailboxSettings, *, readonly: bool) -> Selected:
    """Open the folder of `settings`, and no other.

    Raises:
        MailboxError: it is missing (the hint names similar ones), read-only, or without UIDVALIDITY.
    """
    try:
        answer = client.select_folder(settings.folder, readonly=readonly)
    except LOST:
        raise
    except REFUSED as error:
        raise _not_opened(client, settings, words(error)) from error
    if b"UIDVALIDITY" not in answer:
        raise MailboxError(
            f"{place(settings)}: folder {settings.folder}: the server gives no UIDVALIDITY",
            hint="without it mails cannot be told apart safely; forward the reports to another mailbox",
        )
    return Selected(
        uidvalidity=answer[b"UIDVALIDITY"],
        mails=answer.get(b"EXISTS", 0),
        keyword_allowed=_keyword_allowed(answer, settings.keyword),
        idle=client.has_capability("IDLE"),
        move=client.has_capability("MOVE"),
        uidplus=client.has_capability("UIDPLUS"),
    )


def _keyword_allowed(answer: dict[bytes, Any], keyword: str) -> bool:
    permanent = answer.get(b"PERMANENTFLAGS")
    if permanent is None:  # RFC 3501, section 7.1: then every flag may be changed
        return True
    return b"\\*" in permanent or keyword.lower().encode() in {flag.lower() for flag in permanent}


def _not_opened(client: IMAPClient, settings: MailboxSettings, said: str) -> MailboxError:
    existing = folders.names(client)
    if settings.folder in existing:
        hint = 'if it is read-only to this user, use mode = "keep"'
        return MailboxError(f"{place(settings)}: folder {settings.folder} cannot be opened: {said}", hint=hint)
    near = folders.alike(settings.folder, existing)
    shown = ", ".join(near or existing[:10])
    return MailboxError(
        f"{place(settings)}: no folder {settings.folder}: {said}",
        hint=f"{'did you mean' if near else 'the server has'}: {shown}",
    )
