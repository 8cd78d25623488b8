"""A real IMAP server in this process: pymap on loopback, one user, an empty INBOX, capabilities as wanted."""

from __future__ import annotations

import asyncio
import threading
from argparse import Namespace
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Login
from pymap.imap import IMAPServer

from tests.fakes.imap_account import PASSWORD, Account

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from pathlib import Path

USER = "reports@corp.example"


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
    stack = AsyncExitStack()
    start = _start(stack, tls, security, frozenset(name.encode() for name in without))
    port = asyncio.run_coroutine_threadsafe(start, loop).result(30)
    try:
        yield Account(port=port, user=USER, folder=folder, security=security, ca_file=ca_file)
    finally:
        asyncio.run_coroutine_threadsafe(_stop(stack), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _start(stack: AsyncExitStack, tls: ssl.SSLContext | None, security: str, without: frozenset[bytes]) -> int:
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
    options: dict[str, Any] = {"ssl_context": tls, "invalid_user_sleep": 0.0, "reject_dnsbl": False}
    config = _Config.from_args(args, **options)
    config.without = without
    config.apply_context()
    login = Login(config)
    await DictBackend._add_demo_user(config, login)
    callback = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config))
    server = await asyncio.start_server(callback, "127.0.0.1", 0, ssl=tls if security == "tls" else None)
    await stack.enter_async_context(server)
    return int(server.sockets[0].getsockname()[1])


async def _stop(stack: AsyncExitStack) -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await stack.aclose()
