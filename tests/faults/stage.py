"""A mailbox as it is before a poll, copied for every case; the polls of it; and what must be equal afterwards."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from ingest.spool import DiskSpool
from ingest.store import parked
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from tests.fakes.imap_account import PASSWORD, Account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.faults.poller import Ended, Poller

DONE = (0, 5)  # exit codes: all done; done, and something needs a look
_numbers = count(1)


@dataclass(frozen=True)
class Held:
    """All that a poll leaves behind: table hashes; folder → how often it holds a mail, by hash and keyword letters."""

    tables: dict[str, str]
    folders: dict[str, Counter[str]]


@dataclass
class Case:
    """One database, one account, one configuration."""

    folder: Path
    account: Account
    maildir: Path
    poller: Poller
    ended: list[Ended] = field(default_factory=list)

    def configure(self, mode: str, *, port: int | None = None, timeout_s: float = 20.0, folder: str = "INBOX") -> Case:
        """The configuration file says so; `port` stands in for that of the server."""
        (self.folder / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        (self.folder / "password").chmod(0o600)
        text = f"""database = "w.duckdb"
domains = ["komorebi-tea.example", "komorebi-cafe.example", "komorebi-matcha.example", "example.com"]
[[mailbox]]
name = "reports"
host = "127.0.0.1"
port = {port or self.account.port}
user = "{self.account.user}"
security = "plain"
password_file = "password"
mode = "{mode}"
folder = "{folder}"
timeout_s = {timeout_s}
[trust]
verify_dkim = false
"""
        self.config.write_text(text, encoding="utf-8")
        return self

    @property
    def config(self) -> Path:
        return self.folder / "whosends.toml"

    @property
    def database(self) -> Database:
        return Database(self.folder / "w.duckdb")

    def poll(self, **fault: Any) -> Ended:
        """One `whosends poll`."""
        ended = self.poller.run("poll", "--config", str(self.config), folder=self.folder, **fault)
        self.ended.append(ended)
        return ended

    def held(self) -> Held:
        """What is there now."""
        sources = self.database.frame("SELECT * EXCLUDE (looked_up_utc, reverse_utc) FROM v_source ORDER BY ALL")
        tables = fingerprint(self.database) | {"v_source": sources.to_csv()}
        return Held(tables, contents(self.maildir))

    def held_folders(self) -> dict[str, Counter[str]]:
        """Folder → its mails, by hash and keyword letters."""
        return contents(self.maildir)

    def is_made_good(self, wanted: Held, *, remove: bool = True) -> None:
        """One more poll, and everything is as `wanted`; the spool holds every mail that the ledger speaks of."""
        ended = self.poll()
        assert ended.status in DONE, ended.said
        held = self.held()
        assert held.folders == wanted.folders
        assert held.tables == wanted.tables
        self.spool_is_complete()
        assert parked.listed(self.database) == []
        if remove:
            shutil.rmtree(self.folder)
            shutil.rmtree(self.maildir)
            self.folder.with_suffix(".log").unlink()

    def spool_is_complete(self) -> None:
        """Every mail of the ledger can be had from the spool, and its delivery is in the journal."""
        spool = DiskSpool(self.folder / "w.spool")
        known = set(self.database.frame("SELECT DISTINCT mail_sha256 FROM v_mail")["mail_sha256"])
        assert all(spool.load(sha256) is not None for sha256 in known)
        journal = spool.journal.path.read_text(encoding="ascii")
        assert all(f'"mail": "{sha256}"' in journal for sha256 in known)


@dataclass
class Stage:
    """A server, a poller, and filled mailboxes to copy."""

    server: Path  # the folder that Dovecot lives in
    port: int
    root: Path
    poller: Poller
    filled: dict[str, Path] = field(default_factory=dict)
    _undisturbed: dict[tuple[str, str], Held] = field(default_factory=dict)

    def undisturbed(self, name: str, mode: str) -> Held:
        """What a poll of that mailbox leaves behind when nothing goes wrong."""
        if (name, mode) not in self._undisturbed:
            case = self.case(name).configure(mode)
            ended = case.poll()
            assert ended.status in DONE, ended.said
            self._undisturbed[name, mode] = case.held()
        return self._undisturbed[name, mode]

    def fill(self, name: str, mails: Sequence[tuple[datetime, bytes]]) -> None:
        """A mailbox of that name holds `mails` in this order, and can be copied from now on."""
        user = f"{name}{next(_numbers)}"
        account = Account(port=self.port, user=user, folder=self.root)
        for at, body in mails:
            account.deliver([body], at=at)
        account.flags()  # every mail has its UID from here on
        self.filled[name] = self.server / "mail" / user

    def case(self, name: str) -> Case:
        """A copy of the mailbox of that name, same UIDs and UIDVALIDITY, and an empty folder for the database."""
        user = f"case{next(_numbers)}"
        maildir = self.server / "mail" / user
        shutil.copytree(self.filled[name], maildir)
        for path in (maildir, *maildir.rglob("*")):
            if path.name.startswith("dovecot.index"):
                path.unlink()
            else:
                _hand_over(path)
        folder = self.root / user
        folder.mkdir()
        return Case(folder, Account(port=self.port, user=user, folder=folder), maildir, self.poller)


def contents(maildir: Path) -> dict[str, Counter[str]]:
    """Folder → its mails by hash and keyword letters."""
    found: dict[str, Counter[str]] = {}
    for path in (*maildir.glob("**/cur/*"), *maildir.glob("**/new/*")):
        folder = path.parent.parent.relative_to(maildir).as_posix()
        keywords = "".join(letter for letter in path.name.rpartition(",")[2] if letter.islower())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        found.setdefault(folder, Counter())[f"{digest} {keywords if ':2,' in path.name else ''}"] += 1
    return found


def _hand_over(path: Path) -> None:
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
