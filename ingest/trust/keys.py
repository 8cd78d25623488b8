"""Public DKIM keys out of DNS: each asked for once a run, never longer than allowed, and not at all once DNS is down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import dns.exception
import dns.name
import dns.resolver

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from ingest.settings import TrustSettings

MAX_TIMEOUTS_IN_A_ROW = 3
MAX_TIMEOUTS = 10  # of domains that nobody knows: a sender may own a name server that never answers
MAX_CACHED = 10_000
MAX_KEY_LENGTH = 4_096


class Asked(StrEnum):
    """How asking ended."""

    FOUND = "found"
    NONE = "none"  # DNS says that there is no such key
    UNKNOWN = "unknown"  # no answer


@dataclass(frozen=True, slots=True)
class Key:
    """An answer; `text` is the record when there is one."""

    asked: Asked
    text: bytes = b""


@dataclass(slots=True)
class _Patience:
    """Time-outs so far. Domains of known reporters have a count of their own, which no sender can run up."""

    row: int = 0
    total: int = 0

    def over(self, *, known: bool) -> bool:
        return self.row >= MAX_TIMEOUTS_IN_A_ROW or (not known and self.total >= MAX_TIMEOUTS)


class Keys:
    """Asks for keys and remembers every answer, failures too, for one run."""

    def __init__(self, settings: TrustSettings, *, port: int = 53) -> None:
        """Ready to ask; nothing is asked yet.

        Raises:
            SettingsError: a name server is not an address.
        """
        self._timeout_s = settings.timeout_s
        self._resolver = _resolver(settings.nameservers, port) if settings.nameservers else None
        self._answers: dict[tuple[str, str], Key] = {}
        self._patience = {True: _Patience(), False: _Patience()}

    def key(self, domain: str, selector: str, *, known: bool) -> Key:
        """The key `selector._domainkey.domain`.

        Args:
            domain: of the signature, a valid domain.
            selector: of the signature, anything.
            known: whether the domain belongs to a reporter that we know.
        """
        place = domain, selector.lower()
        if place not in self._answers:
            if self._patience[known].over(known=known):
                return Key(Asked.UNKNOWN)
            if len(self._answers) >= MAX_CACHED:
                self._answers.clear()
            self._answers[place] = self._ask(*place, self._patience[known])
        return self._answers[place]

    def _ask(self, domain: str, selector: str, patience: _Patience) -> Key:
        try:
            name = dns.name.from_text(f"{selector}._domainkey.{domain}.")
        except (dns.exception.DNSException, UnicodeError, ValueError):
            return Key(Asked.NONE)
        try:
            answer = self._connected().resolve(name, "TXT", lifetime=self._timeout_s, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            patience.row = 0
            return Key(Asked.NONE)
        except dns.exception.Timeout:
            patience.row, patience.total = patience.row + 1, patience.total + 1
            return Key(Asked.UNKNOWN)
        except (dns.exception.DNSException, OSError):
            return Key(Asked.UNKNOWN)
        patience.row = 0
        return _first_key(answer)

    def _connected(self) -> dns.resolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.resolver.Resolver()
        return self._resolver


def _resolver(servers: tuple[str, ...], port: int) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    try:
        resolver.nameservers = list(servers)
    except ValueError as error:
        raise SettingsError(
            f"[trust] nameservers: {error}", hint="give the addresses of name servers, such as 192.0.2.53"
        ) from error
    resolver.port = port
    return resolver


def _first_key(answer: dns.resolver.Answer) -> Key:
    """The first record that is a key; records of other kinds under the same name are passed over."""
    for record in answer:
        text = b"".join(record.strings)
        if b"p=" in text.replace(b" ", b"") and len(text) <= MAX_KEY_LENGTH:
            return Key(Asked.FOUND, text)
    return Key(Asked.NONE)
