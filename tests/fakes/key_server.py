"""A DNS server on loopback that publishes TXT records and remembers every question."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.rdata
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SILENT = "(no answer)"
BROKEN = "(server failure)"


@dataclass
class KeyServer:
    """Where it listens, and which names it was asked for."""

    port: int
    records: dict[str, str]
    asked: list[str] = field(default_factory=list)


def _reply(question: dns.message.Message, server: KeyServer) -> bytes | None:
    name = question.question[0].name
    text = name.to_text(omit_final_dot=True).lower()
    server.asked.append(text)
    known = next((value for key, value in server.records.items() if text == key or text.endswith(f".{key}")), None)
    if known == SILENT:
        return None
    response = dns.message.make_response(question)
    response.flags |= dns.flags.RA
    if known == BROKEN:
        response.set_rcode(dns.rcode.SERVFAIL)
    elif known is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif known:
        pieces = " ".join(f'"{known[start : start + 200]}"' for start in range(0, len(known), 200))
        response.answer.append(dns.rrset.from_rdata(name, 60, dns.rdata.from_text("IN", "TXT", pieces)))
    return bytes(response.to_wire())


def _serve(listener: socket.socket, server: KeyServer) -> None:
    while True:
        wire, client = listener.recvfrom(4096)
        if not wire:
            return
        answer = _reply(dns.message.from_wire(wire), server)
        if answer is not None:
            listener.sendto(answer, client)


@contextmanager
def key_server(records: Mapping[str, str]) -> Iterator[KeyServer]:
    """A server for these names and all below them (text; "": no TXT record; SILENT; BROKEN); other names do not exist."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        found = KeyServer(listener.getsockname()[1], dict(records))
        thread = threading.Thread(target=_serve, args=(listener, found))
        thread.start()
        try:
            yield found
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
                stop.sendto(b"", listener.getsockname())
            thread.join()
