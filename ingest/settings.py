"""What the user decided: one TOML file, checked to the last key; secrets come from the environment or a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one mail or report may cost. Past a bound it is refused, with the reason."""

    mail_bytes: int = 25_000_000
    payload_bytes: int = 100_000_000  # decompressed
    mail_payload_bytes: int = 200_000_000  # decompressed, all payloads of one mail
    members: int = 100  # parts and archive members of one mail
    members_loaded: int = 5_000  # the same of a file that a person loads: an archive of many reports
    records: int = 200_000  # of one report
    depth: int = 50  # nested XML elements
    text_bytes: int = 100_000  # of one XML text or attribute


@dataclass(frozen=True, slots=True)
class EnrichSettings:
    """What is looked up about source addresses. Local files always; DNS only when switched on."""

    reverse_dns: bool = False
    nameservers: tuple[str, ...] = ()  # empty: the system's resolver
    queries_per_s: float = 20.0
    timeout_s: float = 2.0
    keep_days: int = 30  # ask again after


@dataclass(frozen=True, slots=True)
class Gates:
    """What a believable report looks like. Others are quarantined, with the reason."""

    period_days: int = 32  # the longest period
    age_days: int = 60  # begins at most so long before it was received
    future_days: int = 2  # ends at most so long after it was received
    on_load: bool = False  # files are loaded by a person who vouches for them: there, only flags


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """How report mails are authenticated."""

    authserv_ids: tuple[str, ...] = ()  # of our own mail server: whose Authentication-Results are believed
    verify_dkim: bool = True  # where no such header decides; asks DNS for the key
    nameservers: tuple[str, ...] = ()  # empty: the system's resolver
    timeout_s: float = 2.0
    minimum: int = 1  # reports below are quarantined: 1 all that is not proven forged, 2 strict
    on_load: bool = False  # files are loaded by a person who vouches for them: there, only the level


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The processes that parse, and what one of them may cost."""

    processes: int = 0  # 0: one, and two where there is much to read and more than one core
    memory_mb: int = 512  # beyond what the process holds when idle
    timeout_s: float = 60.0  # for one mail


@dataclass(frozen=True, slots=True)
class Parsing:
    """How reports are turned into rows. parsedmarc's rows win wherever both ways are gone."""

    normalizer: str = (
        "auto"  # auto: the fast way for what it fully understands; parsedmarc: everything through parsedmarc
    )
    compared_percent: float = 1.0  # of the reports that the fast way takes are read by parsedmarc too, and compared

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        _one_of("[parsing]", "normalizer", self.normalizer, ("auto", "parsedmarc"))
        if not 0 <= self.compared_percent <= 100:
            raise SettingsError("[parsing]: compared_percent must be between 0 and 100")

    def compares(self, sha256: str) -> bool:
        """Whether the report with this hash is read both ways: the same ones every time."""
        return int(sha256[:8], 16) % 10_000 < self.compared_percent * 100


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How `whosends poll --watch` waits for mail."""

    interval_s: int = 300
    idle: bool = True


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where the dashboard listens."""

    host: str = "127.0.0.1"
    port: int = 8501
    language: str | None = None  # en or ja; None: the browser's


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """One IMAP folder that receives reports."""

    name: str
    host: str
    user: str
    port: int | None = None  # 993 with tls, else 143
    security: str = "tls"  # tls, starttls or plain
    allow_plain: bool = False  # plain to a host that is not loopback
    ca_file: Path | None = None
    folder: str = "INBOX"
    mode: str = "keep"  # keep: read-only; move; flag
    accepted_folder: str = "whosends/accepted"
    other_folder: str = "whosends/other"
    keyword: str = "$WhosendsDone"
    password_env: str = "WHOSENDS_PASSWORD"  # noqa: S105 - the name of a variable
    password_file: Path | None = None
    timeout_s: float = 30.0

    def password(self) -> str:
        """The secret, from `password_file` or the variable `password_env`.

        Raises:
            SettingsError: neither is there; the hint says how to set it.
        """
        if self.password_file is not None:
            return self._password_in(self.password_file.expanduser())
        secret = os.environ.get(self.password_env)
        if not secret:
            raise SettingsError(
                f"mailbox {self.name}: no password",
                hint=f"set the environment variable {self.password_env}, or password_file in the configuration",
            )
        return secret

    def _password_in(self, path: Path) -> str:
        where, hint = (
            f"mailbox {self.name}: password_file {path}",
            "create it with mode 600, the password on its first line",
        )
        try:
            secret = path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise SettingsError(f"{where}: {error.strerror}", hint=hint) from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"{where}: not UTF-8 text", hint=hint) from error
        if not secret:
            raise SettingsError(f"{where}: it is empty", hint=hint)
        return secret

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        where = f"mailbox {self.name}"
        _one_of(where, "security", self.security, ("tls", "starttls", "plain"))
        _one_of(where, "mode", self.mode, ("keep", "move", "flag"))
        if not self.keyword or any(c in ' (){%*"\\]' or not c.isprintable() for c in self.keyword):
            raise SettingsError(
                f"{where}: keyword = {self.keyword!r} is not an IMAP keyword", hint="use a word such as $Done"
            )
        if self.folder in {self.accepted_folder, self.other_folder}:
            raise SettingsError(f"{where}: mails would be moved to where they are: {self.folder}")
        if self.security == "plain" and self.host not in LOOPBACK and not self.allow_plain:
            raise SettingsError(
                f"{where}: security = 'plain' would send the password unencrypted to {self.host}",
                hint="use security = 'tls' or 'starttls'; or set allow_plain = true if you accept that",
            )


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it, with defaults filled in."""

    db: Path
    domains: tuple[str, ...] = ()  # our mail domains; empty: every domain reports speak of
    mailboxes: tuple[MailboxSettings, ...] = ()
    limits: Limits = field(default_factory=Limits)
    gates: Gates = field(default_factory=Gates)
    trust: TrustSettings = field(default_factory=TrustSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    parsing: Parsing = field(default_factory=Parsing)
    enrich: EnrichSettings = field(default_factory=EnrichSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    source: Path | None = None  # the file it came from

    @property
    def spool(self) -> Path:
        """Where raw mails are kept: beside the database."""
        return self.db.with_suffix(".spool")

    def mailbox(self, name: str) -> MailboxSettings:
        """The mailbox of that name.

        Raises:
            SettingsError: there is none.
        """
        for mailbox in self.mailboxes:
            if mailbox.name == name:
                return mailbox
        known = ", ".join(mailbox.name for mailbox in self.mailboxes) or "none"
        raise SettingsError(f"no mailbox called {name}", hint=f"configured: {known}")


def _one_of(where: str, key: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingsError(f"{where}: {key} = {value!r} is not known", hint=f"use one of: {', '.join(allowed)}")
