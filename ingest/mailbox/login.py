"""A logged-in connection to an IMAP server, over TLS with verification unless told otherwise."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError

from ingest.errors import MailboxError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.settings import MailboxSettings

# The connection is gone, or what came over it makes no sense: only a new connection helps.
LOST = (OSError, IMAPClientAbortError, ProtocolError, ValueError, LookupError)
# The server answered NO or BAD: the connection is fine.
REFUSED = IMAPClientError


class UnreachableError(MailboxError):
    """There was no conversation with the server; trying again later may help."""


def connect(settings: MailboxSettings) -> IMAPClient:
    """A connection that is encrypted (unless `security` is plain) and logged in. Times are as the server gives them.

    Raises:
        SettingsError: no password, or the `ca_file` cannot be read; the server was not contacted.
        UnreachableError: no answer, or the conversation broke off.
        MailboxError: the certificate is not trusted, or the server refuses TLS or the login.
    """
    password = settings.password()
    context = _tls_context(settings)
    with _said_clearly(settings):
        client = IMAPClient(
            settings.host,
            port=settings.port or (993 if settings.security == "tls" else 143),
            ssl=settings.security == "tls",
            ssl_context=context,
            timeout=settings.timeout_s,
        )
        try:
            client.normalise_times = False  # else INTERNALDATE turns into local time
            if settings.security == "starttls":
                _start_tls(client, settings, context)
            _log_in(client, settings, password)
        except BaseException:
            hang_up(client)
            raise
    return client


def hang_up(client: IMAPClient) -> None:
    """The socket is closed, without a word to the server."""
    with suppress(REFUSED, *LOST):
        client.shutdown()


def say_goodbye(client: IMAPClient) -> None:
    """The session is closed in good order, or else the socket."""
    try:
        client.logout()
    except (REFUSED, *LOST):
        hang_up(client)


def place(settings: MailboxSettings) -> str:
    """How messages name the mailbox and its server."""
    return f"mailbox {settings.name} ({settings.host})"


def words(error: BaseException) -> str:
    """What the server or the system said, without Python's wrapping."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error.args[0] if error.args else error)
    return text.removeprefix("b'").removeprefix('b"').rstrip("'\"") or type(error).__name__


def _tls_context(settings: MailboxSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file.expanduser() if settings.ca_file else None)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise SettingsError(
            f"mailbox {settings.name}: ca_file {settings.ca_file}: {words(error)}",
            hint="it must be a PEM file with the certificate of the authority that signed the server's certificate",
        ) from error


def _start_tls(client: IMAPClient, settings: MailboxSettings, context: ssl.SSLContext) -> None:
    try:
        client.starttls(context)
    except CapabilityError as error:
        raise MailboxError(
            f"{place(settings)}: the server does not offer STARTTLS; no password was sent",
            hint='use security = "tls" (port 993), or ask who runs the server',
        ) from error


def _log_in(client: IMAPClient, settings: MailboxSettings, password: str) -> None:
    if any(character in settings.user + password for character in "\r\n\0"):
        raise SettingsError(f"mailbox {settings.name}: the user or the password holds a line break or a NUL")
    if client.has_capability("LOGINDISABLED"):
        raise MailboxError(
            f"{place(settings)}: the server accepts no login on this connection; no password was sent",
            hint='use security = "tls" or "starttls"',
        )
    try:
        if settings.user.isascii() and password.isascii():
            client.login(settings.user, password)
        else:  # LOGIN knows ASCII only
            client.plain_login(settings.user, password)
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise error.__context__ from None
        said = words(error).replace(password, "***")  # some servers repeat the command
        raise MailboxError(
            f"{place(settings)}: login of {settings.user} refused: {said}",
            hint="check user and password; Gmail wants an app password; Microsoft 365 takes no passwords over IMAP",
        ) from None


@contextmanager
def _said_clearly(settings: MailboxSettings) -> Iterator[None]:
    """Whatever goes wrong inside is raised as one of our errors."""
    port = settings.port or (993 if settings.security == "tls" else 143)
    where = f"mailbox {settings.name} ({settings.host} port {port})"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailboxError(
            f"{where}: certificate not trusted: {error.verify_message}; no password was sent",
            hint="check the host name; for a certificate of your own authority set ca_file to its PEM file",
        ) from error
    except socket.gaierror as error:
        raise UnreachableError(
            f"{where}: host not found: {words(error)}", hint="check the spelling of host, and DNS"
        ) from error
    except ConnectionRefusedError as error:
        raise UnreachableError(
            f"{where}: connection refused", hint="check host and port; is the server running?"
        ) from error
    except ssl.SSLError as error:
        raise UnreachableError(
            f"{where}: TLS failed: {error.reason or words(error)}; no password was sent",
            hint='port 993 wants security = "tls", port 143 wants "starttls"',
        ) from error
    except LOST as error:
        raise UnreachableError(
            f"{where}: no conversation: {words(error)}",
            hint='check host, port and firewall; port 993 wants security = "tls", port 143 wants "starttls"',
        ) from error
    except REFUSED as error:
        raise MailboxError(f"{where}: refused: {words(error)}", hint="ask who runs the server") from error
