"""A real IMAP server in this process: pymap on loopback, one user, an empty INBOX, capabilities as wanted."""

from __future__ import annotations

import asyncio
import threading
from argparse import Namespace
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from proxyprotocol.result import ProxyResultLocal
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, DictBackend, Login
from pymap.concurrent import _AsyncioEvent, _AsyncioSubsystem
from pymap.imap import IMAPServer

from tests.fakes.imap_account import PASSWORD, Account

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from pathlib import Path

USER = "reports@corp.example"


class _Event(_AsyncioEvent):
    """pymap's event, which else waits for ever when it is combined with another one after it was set.

    The server would then leave a client without an answer that says DONE just when new mail is announced.
    """

    def or_event(self, *events: Any) -> Any:
        either = super().or_event(*events)
        if self.is_set():
            either.set()
        return either


class _Subsystem(_AsyncioSubsystem):
    def new_event(self) -> _AsyncioEvent:
        return _Event()


class _Config(Config):
    """The stock server, less some capabilities."""

    without: frozenset[bytes] = frozenset()

    @property
    def login_capability(self) -> Sequence[bytes]:
        return [name for name in super().login_capability if name not in self.without]


@contextmanager
def pymap_server(
    folder: Path,
    *,
    tls: ssl.SSLContext | None = None,
    security: str = "plain",
    ca_file: Path | None = None,
    without: Sequence[str] = (),
) -> Iterator[Account]:
    """A running server; its mails live as long as the block.

    Args:
        folder: an empty folder for the account's password file.
        tls: certificate of the server; used from the first byte with security "tls", else by STARTTLS.
        without: capabilities that the server does not announce.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="pymap", daemon=True)
    thread.start()
    start = _start(tls, security, frozenset(name.encode() for name in without))
    server = asyncio.run_coroutine_threadsafe(start, loop).result(30)
    port = int(server.sockets[0].getsockname()[1])
    try:
        yield Account(port=port, user=USER, folder=folder, security=security, ca_file=ca_file)
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _start(tls: ssl.SSLContext | None, security: str, without: frozenset[bytes]) -> asyncio.Server:
    args = Namespace(
        host="127.0.0.1",
        port=0,
        debug=False,
        cert=None,
        key=None,
        tls=tls is not None and security != "tls",
        passlib_cfg=None,
        proxy_protocol=None,
        demo_data=False,
        demo_user=USER,
        demo_password=PASSWORD,
    )
    options: dict[str, Any] = {
        "ssl_context": tls,
        "invalid_user_sleep": 0.0,
        "reject_dnsbl": False,
        "subsystem": _Subsystem(),
    }
    config = _Config.from_args(args, **options)
    config.without = without
    config.apply_context()
    login = Login(config)
    await DictBackend._add_demo_user(config, login)
    serve = IMAPServer(login, config)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Awaited here: the library's own callback starts a task that nobody holds, which Python may collect while it waits.
        await serve(reader, writer, SocketInfo.get(writer, ProxyResultLocal(), unique_id=uuid4().bytes))

    return await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls if security == "tls" else None)


async def _stop(server: asyncio.Server) -> None:
    server.close()  # first, or a client may come in while the others are sent away
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await server.wait_closed()
