"""What happens to a mail once its data is committed: nothing, a move to a folder, or a keyword."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ingest.errors import MailboxError
from ingest.mailbox import folders
from ingest.mailbox.login import place
from ingest.model import Fate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from imapclient import IMAPClient

    from ingest.mailbox.session import Selected, Session
    from ingest.settings import MailboxSettings

_log = logging.getLogger(__name__)

CHUNK_UIDS = 200  # keeps a command line far below what servers take
_ACCEPTED = {Fate.ACCEPTED, Fate.DUPLICATE, Fate.SUPERSEDED, Fate.SUSPECT}


def check_possible(settings: MailboxSettings, selected: Selected) -> None:
    """Filing as configured can work on this server.

    Raises:
        MailboxError: it cannot; nothing was done.
    """
    where = f"{place(settings)}: folder {settings.folder}"
    if settings.mode == "flag" and not selected.keyword_allowed:
        raise MailboxError(
            f"{where}: the server keeps no keyword {settings.keyword}", hint='use mode = "keep" or mode = "move"'
        )
    if settings.mode == "move" and not (selected.move or selected.uidplus or selected.keyword_allowed):
        raise MailboxError(f"{where}: the server has no MOVE, no UIDPLUS and no keywords", hint='use mode = "keep"')


class Filer:
    """Files mails of one folder. Every step names UIDs, after their UIDVALIDITY was compared."""

    def __init__(self, session: Session, settings: MailboxSettings) -> None:
        self._session = session
        self._settings = settings
        self._made: dict[str, str] = {}  # folder as configured → as the server writes it

    def file(self, uidvalidity: int, fates: Iterable[tuple[int, Fate]]) -> None:
        """Mails with these UIDs are moved or flagged; one that is gone is passed over.

        Raises:
            UidsVoid: the folder has another UIDVALIDITY; nothing of the rest was touched.
            MailboxError: what was not filed stays where it is.
        """
        by_folder: dict[str, list[int]] = {}
        for uid, fate in fates:
            folder = self._settings.accepted_folder if fate in _ACCEPTED else self._settings.other_folder
            by_folder.setdefault(folder if self._settings.mode == "move" else "", []).append(uid)
        for folder, uids in by_folder.items():
            for start in range(0, len(uids), CHUNK_UIDS):
                self._file_chunk(uidvalidity, uids[start : start + CHUNK_UIDS], folder)

    def _file_chunk(self, uidvalidity: int, uids: Sequence[int], folder: str) -> None:
        selected = self._session.selected()
        check_possible(self._settings, selected)
        step: Callable[[IMAPClient], None]
        if self._settings.mode == "flag":
            step = _flag(uids, self._settings.keyword)
        elif selected.move:
            step = _move(uids, self._made_folder(folder))
        elif selected.uidplus:
            step = _copy_and_expunge(uids, self._made_folder(folder))
        else:
            _log.warning(
                "%s: the server has neither MOVE nor UIDPLUS: mails are copied to %s, marked %s and stay in %s",
                *(place(self._settings), folder, self._settings.keyword, self._settings.folder),
            )
            step = _copy_and_flag(uids, self._made_folder(folder), self._settings.keyword)
        self._session.run(step, uidvalidity=uidvalidity)

    def _made_folder(self, name: str) -> str:
        if name not in self._made:
            made = self._session.run(lambda client: folders.ensure(client, name))
            if made == self._settings.folder:
                raise MailboxError(
                    f"{place(self._settings)}: mails would be moved from {made} to itself",
                    hint="give accepted_folder and other_folder names of their own",
                )
            self._made[name] = made
        return self._made[name]


def _flag(uids: Sequence[int], keyword: str) -> Callable[[IMAPClient], None]:
    def step(client: IMAPClient) -> None:
        left = _still_there(client, uids)
        if left:
            client.add_flags(left, [keyword], silent=True)

    return step


def _move(uids: Sequence[int], folder: str) -> Callable[[IMAPClient], None]:
    def step(client: IMAPClient) -> None:
        left = _still_there(client, uids)
        if left:
            client.move(left, folder)

    return step


def _copy_and_expunge(uids: Sequence[int], folder: str) -> Callable[[IMAPClient], None]:
    copy = _Copy(uids, folder)

    def step(client: IMAPClient) -> None:
        copied = copy(client)
        if copied:
            client.delete_messages(copied, silent=True)
            client.uid_expunge(copied)

    return step


def _copy_and_flag(uids: Sequence[int], folder: str, keyword: str) -> Callable[[IMAPClient], None]:
    copy = _Copy(uids, folder, "UNKEYWORD", keyword)

    def step(client: IMAPClient) -> None:
        copied = copy(client)
        if copied:
            client.add_flags(copied, [keyword], silent=True)

    return step


class _Copy:
    """Copies once those that meet the criteria, also when the step is repeated after a lost connection.

    If the connection breaks after COPY was sent and before it was answered, a second copy may come to lie in the folder; the
    alternative would be to risk that there is none.
    """

    def __init__(self, uids: Sequence[int], folder: str, *criteria: str) -> None:
        self._uids = uids
        self._folder = folder
        self._criteria = criteria
        self._done: set[int] = set()

    def __call__(self, client: IMAPClient) -> list[int]:
        left = _still_there(client, self._uids, *self._criteria)
        todo = [uid for uid in left if uid not in self._done]
        if todo:
            client.copy(todo, self._folder)
            self._done.update(todo)
        return left


def _still_there(client: IMAPClient, uids: Sequence[int], *criteria: str) -> list[int]:
    client.noop()  # else a server may go on listing what another client has expunged, and then refuse to move it
    return list(client.search(["UID", ",".join(map(str, uids)), *criteria]))
