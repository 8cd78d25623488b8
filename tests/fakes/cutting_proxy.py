"""A TCP proxy on loopback that breaks an IMAP conversation where a test wants it broken."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

When = Literal["before", "after", "silent", "never"]


@dataclass
class Cut:
    """What happens when a client sends a matching command.

    before: the server never sees it, both sides are closed; after: the server carries it out, its answer is lost, both sides are
    closed; silent: the server never sees it, and nobody ever answers; never: only `then` is called.
    """

    pattern: re.Pattern[bytes]
    when: When
    times: int = 1
    then: Callable[[], None] | None = None


@dataclass
class CuttingProxy:
    """Give clients `port` in place of the server's."""

    upstream: int
    port: int
    cuts: list[Cut] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)  # every line that a client sent, without its tag
    connections: int = 0
    bytes_left: int | None = None  # answers are cut off after so many bytes, once

    def cut(self, pattern: str, when: When, *, times: int = 1, then: Callable[[], None] | None = None) -> None:
        self.cuts.append(Cut(re.compile(pattern.encode()), when, times, then))

    def cut_after_bytes(self, number: int) -> None:
        self.bytes_left = number

    def sent(self, pattern: str) -> list[bytes]:
        return [line for line in self.commands if re.search(pattern.encode(), line)]

    def due(self, line: bytes) -> Cut | None:
        self.commands.append(line.strip().partition(b" ")[2])
        for cut in self.cuts:
            if cut.times and cut.pattern.search(line):
                cut.times -= 1
                return cut
        return None


@contextmanager
def cutting_proxy(upstream: int) -> Iterator[CuttingProxy]:
    """A proxy in front of the server on port `upstream`; everything is closed at the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = CuttingProxy(upstream, int(listener.getsockname()[1]))
    links: list[_Link] = []

    def accept() -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = listener.accept()
                proxy.connections += 1
                links.append(_Link(proxy, client, socket.create_connection(("127.0.0.1", upstream))))

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for link in links:
            link.close()


class _Link:
    """One client, one connection to the server, two threads."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._swallow_until: bytes | None = None  # the tag whose answer nobody may see
        self._silent = False
        for pump in (self._from_client, self._from_server):
            threading.Thread(target=pump, daemon=True).start()

    def close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _from_client(self) -> None:
        with suppress(OSError):
            while data := self._client.recv(65536):
                if self._silent:
                    continue
                cut = self._proxy.due(data)
                if cut is not None and not self._obey(cut, data):
                    continue
                self._server.sendall(data)
        self.close()

    def _obey(self, cut: Cut, data: bytes) -> bool:
        """Whether the server shall see the command."""
        if cut.then is not None:
            cut.then()
        if cut.when == "before":
            self.close()
        elif cut.when == "silent":
            self._silent = True
        elif cut.when == "after":
            self._swallow_until = data.split(b" ", 1)[0]
        return cut.when in ("after", "never")

    def _from_server(self) -> None:
        with suppress(OSError):
            answer = b""
            while data := self._server.recv(65536):
                if self._swallow_until is not None:
                    answer += data
                    if self._swallow_until + b" " in answer:
                        break
                elif not self._cut_short(data):
                    self._client.sendall(data)
        self.close()

    def _cut_short(self, data: bytes) -> bool:
        left = self._proxy.bytes_left
        if left is None:
            return False
        if len(data) < left:
            self._proxy.bytes_left = left - len(data)
            return False
        self._proxy.bytes_left = None
        self._client.sendall(data[:left])
        self.close()
        return True
