"""A DNS server on loopback that knows a few PTR records and remembers every question."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.reversename
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SILENT = "(no answer)"


@dataclass
class NameServer:
    """Where it listens, and what it was asked, as addresses."""

    port: int
    asked: list[str] = field(default_factory=list)


def _reply(question: dns.message.Message, names: Mapping[str, Sequence[str]], asked: list[str]) -> bytes | None:
    name = question.question[0].name
    address = str(dns.reversename.to_address(name))
    asked.append(address)
    known = names.get(address)
    if known is not None and SILENT in known:
        return None
    response = dns.message.make_response(question)
    response.flags |= dns.flags.RA
    if known is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif known:
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "PTR", *known))
    return bytes(response.to_wire())


def _serve(server: socket.socket, names: Mapping[str, Sequence[str]], asked: list[str]) -> None:
    while True:
        wire, client = server.recvfrom(4096)
        if not wire:
            return
        answer = _reply(dns.message.from_wire(wire), names, asked)
        if answer is not None:
            server.sendto(answer, client)


@contextmanager
def name_server(names: Mapping[str, Sequence[str]]) -> Iterator[NameServer]:
    """A server that answers PTR questions from `names` (address → names; none: an empty answer; SILENT: never) inside the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        found = NameServer(server.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, names, found.asked))
        thread.start()
        try:
            yield found
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
                stop.sendto(b"", server.getsockname())
            thread.join()
