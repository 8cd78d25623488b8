"""An IMAP server on loopback that holds the demo's mails; gone when its block ends."""

from __future__ import annotations

import asyncio
import queue
import secrets
import threading
from argparse import Namespace
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ingest.errors import SettingsError, WhosendsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dashboards.demo.nouns import DemoMail

HOST = "127.0.0.1"
USER = "dmarc-reports"
START_S = 120.0  # a slow machine may take its time to fill the mailbox


@dataclass(frozen=True, slots=True)
class Served:
    """Where the server listens, and who may log in."""

    host: str
    port: int
    user: str
    password: str


@contextmanager
def serve(mails: Iterable[DemoMail], *, user: str = USER, password: str | None = None) -> Iterator[Served]:
    """The INBOX of `user` holds `mails` while the block runs; afterwards the port is closed.

    Args:
        mails: in the order of their UIDs.
        user: who may log in.
        password: None: a random one, known to the caller only.

    Raises:
        SettingsError: pymap, which serves IMAP, is not installed.
    """
    _need_pymap()
    secret = password or secrets.token_urlsafe(16)
    server = _Server(list(mails), user, secret)
    server.start()
    try:
        yield Served(HOST, server.port, user, secret)
    finally:
        server.stop()


def _need_pymap() -> None:
    try:
        import pymap.backend.dict  # noqa: F401
    except ImportError as error:
        raise SettingsError("the demo needs pymap", hint="pip install 'whosends[demo]'") from error


class _Server:
    """A thread with an event loop of its own."""

    def __init__(self, mails: list[DemoMail], user: str, password: str) -> None:
        self._mails = mails
        self._user = user
        self._password = password
        self._ready: queue.Queue[int] = queue.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="demo-imap", daemon=True)
        self.port = 0

    def start(self) -> None:
        """The server listens and its mailbox is full."""
        self._thread.start()
        try:
            self.port = self._ready.get(timeout=START_S)
        except queue.Empty as error:
            raise WhosendsError(f"the demo's IMAP server was not ready in {START_S:.0f} s") from error
        if not self.port:
            self._thread.join()
            raise WhosendsError("the demo's IMAP server ended before it was ready", hint="the log above says why")

    def stop(self) -> None:
        """The port is closed and the thread has ended."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.put(0)

    async def _serve(self) -> None:
        from proxyprotocol.result import ProxyResultLocal
        from proxyprotocol.sock import SocketInfo
        from pymap.imap import IMAPServer

        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        backend, config = await self._backend()
        await self._fill(config)
        connections: set[asyncio.Task[Any]] = set()
        answer = IMAPServer(backend.login, config)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                connections.add(task)
                task.add_done_callback(connections.discard)
            await answer(reader, writer, SocketInfo.get(writer, ProxyResultLocal(), unique_id=uuid4().bytes))

        server = await asyncio.start_server(connected, HOST, 0)
        self._ready.put(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        for task in tuple(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _backend(self) -> tuple[Any, Any]:
        from pymap.backend.dict import DictBackend
        from pymap.concurrent import Subsystem

        arguments = Namespace(
            host=HOST,
            port=0,
            debug=False,
            cert=None,
            key=None,
            tls=False,
            passlib_cfg=None,
            proxy_protocol=None,
            inherited_sockets=None,
            demo_data=False,
            demo_user=self._user,
            demo_password=self._password,
        )
        backend, config = await DictBackend.init(arguments, cpu_subsystem=Subsystem.for_asyncio())
        config.apply_context()
        return backend, config

    async def _fill(self, config: Any) -> None:
        from pymap.backend.dict.filter import FilterSet
        from pymap.backend.dict.mailbox import MailboxSet
        from pymap.parsing.message import AppendMessage

        mailboxes = MailboxSet()
        inbox = await mailboxes.get_mailbox("INBOX")
        for mail in self._mails:
            when = mail.received_utc.replace(tzinfo=UTC)
            await inbox.append(AppendMessage(mail.body, when, frozenset()))
        config.set_cache[self._user] = (mailboxes, FilterSet())
