"""One user's mail on a real IMAP server, as tests see it: deliver, look, take away."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient

from ingest.settings import MailboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

PASSWORD = "correct-horse"


def mail(subject: str, text: str = "nothing to see") -> bytes:
    head = f"From: noreply@reporter.example\r\nTo: dmarc@corp.example\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\n"
    return f"{head}{text}\r\n".encode()


@dataclass(frozen=True)
class Account:
    """Where the account is, and how it is reached."""

    port: int
    user: str
    folder: Path  # for the password file
    security: str = "plain"
    host: str = "127.0.0.1"
    ca_file: Path | None = None

    def settings(self, **changes: Any) -> MailboxSettings:
        """Settings that work, with a password file, changed as wanted."""
        password_file = self.folder / "password"
        password_file.write_text(PASSWORD + "\n", encoding="utf-8")
        kept: dict[str, Any] = {
            "name": "reports",
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "security": self.security,
            "ca_file": self.ca_file,
            "password_file": password_file,
            "timeout_s": 20.0,
        }
        return MailboxSettings(**{**kept, **changes})

    def at(self, port: int) -> Account:
        """The same account through another port, such as that of a proxy."""
        return replace(self, port=port)

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Another mail program of the same user."""
        context = ssl.create_default_context(cafile=self.ca_file) if self.security == "tls" else None
        client = IMAPClient(self.host, port=self.port, ssl=self.security == "tls", ssl_context=context, timeout=20)
        client.login(self.user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def deliver(self, bodies: Sequence[bytes], folder: str = "INBOX", *, at: datetime | None = None) -> None:
        with self.client() as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.multiappend(folder, [{"msg": body, **({"date": at} if at else {})} for body in bodies])

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """Subjects of the mails in a folder, in its order; empty when there is no such folder."""
        with self.client() as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            heads = client.fetch(client.search(), ["BODY.PEEK[HEADER]"])
            parse = BytesHeaderParser().parsebytes
            return [str(parse(heads[uid][b"BODY[HEADER]"])["Subject"]) for uid in sorted(heads)]

    def flags(self, folder: str = "INBOX") -> dict[int, set[str]]:
        """UID → its flags, without \\Recent, which depends on who looks."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search())
            return {uid: {flag.decode() for flag in flags} - {"\\Recent"} for uid, flags in found.items()}

    def expunge(self, uids: Sequence[int], folder: str = "INBOX") -> None:
        with self.client() as client:
            client.select_folder(folder)
            client.delete_messages(list(uids))
            client.expunge()

    def recreate(self, folder: str) -> None:
        """The folder is deleted and made again: empty, with another UIDVALIDITY."""
        with self.client() as client:
            client.delete_folder(folder)
            client.create_folder(folder)
