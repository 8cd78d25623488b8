"""Mails of one IMAP folder: read oldest first, filed after their data is committed."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from ingest.errors import MailboxError
from ingest.mailbox import fetching
from ingest.mailbox.filing import Filer, check_possible
from ingest.mailbox.login import place
from ingest.mailbox.session import Session, UidsVoid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from ingest.model import Fate, Outcome, RawMail
    from ingest.settings import MailboxSettings

_log = logging.getLogger(__name__)

MAX_BYTES = 25_000_000
_MAX_RESTARTS = 3


class ImapMailbox:
    """The `Mailbox` port over IMAP. In mode keep the folder is opened read-only.

    Args:
        since: give only mails that came on or after this UTC day.
        limit: give at most so many mails.
        max_bytes: a larger mail is given as its header, with `refused` set.
        pause: waits the given seconds before a lost connection is made again.
        stopping: when it turns true, `unseen` ends after the mail at hand.
    """

    def __init__(
        self,
        settings: MailboxSettings,
        *,
        since: date | None = None,
        limit: int | None = None,
        max_bytes: int = MAX_BYTES,
        pause: Callable[[float], object] = time.sleep,
        stopping: Callable[[], bool] = bool,
    ) -> None:
        self._settings = settings
        self._since = since
        self._limit = limit
        self._max_bytes = max_bytes
        self._stopping = stopping
        self._session = Session(settings, pause=pause)
        self._filer = Filer(self._session, settings)
        self._given = 0
        self._total: int | None = None

    @property
    def name(self) -> str:
        """How people call it."""
        return self._settings.name

    def count(self) -> int | None:
        """How many mails `unseen` will give at most; None before the folder was searched."""
        return self._total

    def unseen(self, known: Callable[[str, str, int], set[int]]) -> Iterator[RawMail]:
        """Every mail not yet known, oldest first, fetched in chunks while they are asked for.

        When UIDVALIDITY changes on the way, it starts again with what is unknown under the new one; the ledger finds the mails
        that it has already by their bytes.

        Args:
            known: (mailbox, folder, uidvalidity) → UIDs that are in the ledger already.

        Raises:
            MailboxError: the server refuses, or cannot be reached any more; mails already given stay valid.
        """
        self._given = 0
        for _ in range(_MAX_RESTARTS):
            try:
                yield from self._unseen_once(known)
            except UidsVoid as change:
                _log.warning(
                    "%s: folder %s: UIDVALIDITY %s; starting again",
                    place(self._settings),
                    self._settings.folder,
                    change,
                )
            else:
                return
        raise MailboxError(
            f"{place(self._settings)}: folder {self._settings.folder}: UIDVALIDITY changes all the time",
            hint="ask who runs the server; nothing was moved or marked",
        )

    def file(self, outcomes: Sequence[Outcome]) -> None:
        """Mails whose data is committed are moved or flagged; in mode keep nothing happens.

        A failure is logged; `refile` makes up for it in the next poll.
        """
        by_uidvalidity: dict[int, list[tuple[int, Fate]]] = {}
        for outcome in outcomes:
            origin = outcome.origin
            if origin.uid is not None and origin.uidvalidity is not None and self._is_mine(outcome):
                by_uidvalidity.setdefault(origin.uidvalidity, []).append(
                    (origin.uid, outcome.ledger_fate or outcome.fate)
                )
        for uidvalidity, fates in by_uidvalidity.items():
            self._file_logged(uidvalidity, fates)

    def refile(self, fates: Callable[[str, str, int], Mapping[int, Fate]]) -> int:
        """Mails in the ledger that an earlier poll could not file are filed now; returns how many there were.

        Args:
            fates: (mailbox, folder, uidvalidity) → UID → fate of the mails in the ledger.

        Raises:
            MailboxError: the server refuses, or cannot be reached.
        """
        if self._settings.mode == "keep":
            return 0
        selected = self._session.open()
        check_possible(self._settings, selected)
        known = fates(self.name, self._settings.folder, selected.uidvalidity)
        criteria = ("UNKEYWORD", self._settings.keyword) if selected.keyword_allowed else ("ALL",)
        try:
            there = fetching.search(self._session, selected.uidvalidity, selected.mails, *criteria)
        except UidsVoid:
            return 0
        left = [(uid, known[uid]) for uid in there if uid in known]
        if left:
            self._file_logged(selected.uidvalidity, left)
        return len(left)

    def close(self) -> None:
        """Let go of the server."""
        self._session.close()

    def _unseen_once(self, known: Callable[[str, str, int], set[int]]) -> Iterator[RawMail]:
        selected = self._session.open()
        check_possible(self._settings, selected)
        where = fetching.Uids(self.name, self._settings.folder, selected.uidvalidity)
        there = fetching.search(self._session, where.uidvalidity, selected.mails, *fetching.since_criteria(self._since))
        have = known(where.mailbox, where.folder, where.uidvalidity)
        uids = [uid for uid in there if uid not in have]
        if self._limit is not None and self._since is None:
            uids = uids[: self._limit - self._given]
        self._total = self._given + len(uids)
        for mail in fetching.mails(self._session, where, uids, max_bytes=self._max_bytes, since=self._since):
            if self._stopping() or self._given == self._limit:
                return
            self._given += 1
            yield mail

    def _is_mine(self, outcome: Outcome) -> bool:
        return (outcome.origin.mailbox, outcome.origin.folder) == (self.name, self._settings.folder)

    def _file_logged(self, uidvalidity: int, fates: Sequence[tuple[int, Fate]]) -> None:
        if self._settings.mode == "keep":
            return
        try:
            self._filer.file(uidvalidity, fates)
        except UidsVoid as change:
            _log.warning("%s: %d mails not filed: UIDVALIDITY %s", place(self._settings), len(fates), change)
        except MailboxError as error:
            _log.warning("%s; %d mails not filed, tried again next time", error.message, len(fates))
