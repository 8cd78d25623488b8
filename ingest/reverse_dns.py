"""Reverse DNS of source addresses: only when switched on, slowly, in the background of the poller, never from a page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import dns.exception
import dns.resolver
import dns.reversename

from ingest.enrich import is_public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ingest.settings import EnrichSettings


class ReverseDns:
    """Asks for PTR records, at most so many a second. A failure is an answer too: asked, and nothing known."""

    def __init__(
        self, settings: EnrichSettings, *, port: int = 53, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._resolver = dns.resolver.Resolver(configure=not settings.nameservers)
        if settings.nameservers:
            self._resolver.nameservers = list(settings.nameservers)
            self._resolver.port = port
        self._resolver.lifetime = settings.timeout_s
        self._pause_s = 1 / settings.queries_per_s
        self._sleep = sleep

    def names(self, addresses: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """(address, name) for each; private and reserved addresses are answered with None, without asking."""
        for address in addresses:
            if not is_public(address):
                yield address, None
                continue
            yield address, self._ask(address)
            self._sleep(self._pause_s)

    def _ask(self, address: str) -> str | None:
        try:
            answer = self._resolver.resolve(dns.reversename.from_address(address), "PTR", raise_on_no_answer=True)
        except (dns.exception.DNSException, OSError):
            return None
        names = {str(record.target).rstrip(".").lower() for record in answer} - {""}
        return min(names, default=None)
