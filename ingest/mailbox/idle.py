"""Notices new mail at once: one thread and one connection of its own per mailbox, in IDLE (RFC 2177)."""

from __future__ import annotations

import logging
import selectors
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.errors import MailboxError, WhosendsError
from ingest.mailbox.login import LOST, REFUSED, connect, hang_up, place, say_goodbye, words
from ingest.mailbox.session import select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imapclient import IMAPClient

    from ingest.settings import MailboxSettings

_log = logging.getLogger(__name__)

RENEW_S = 9 * 60.0  # servers end IDLE after 30 minutes, routers forget a silent connection sooner
SLICE_S = 1.0  # how soon `stop` is noticed
RETRY_S = 30.0


@contextmanager
def listening(mailboxes: Sequence[MailboxSettings], wake: threading.Event, stop: threading.Event) -> Iterator[None]:
    """Inside the block `wake` is set when mail may have come to one of the mailboxes, and each time that listening begins.

    A server without IDLE is left alone. Problems are logged; the poll reports them in full. The threads end soon after `stop` is
    set, or the block is left.
    """
    left = threading.Event()

    def stopping() -> bool:
        return stop.is_set() or left.is_set()

    threads = [
        threading.Thread(target=listen, args=(settings, wake, stopping), name=f"idle-{settings.name}", daemon=True)
        for settings in mailboxes
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        left.set()
        for thread in threads:
            thread.join(timeout=5 * SLICE_S)


def listen(
    settings: MailboxSettings, wake: threading.Event, stopping: Callable[[], bool], *, retry_s: float = RETRY_S
) -> None:
    """Returns soon after `stopping` turns true, or at once when the server knows no IDLE."""
    while not stopping():
        try:
            if not _listen_once(settings, wake, stopping):
                return
        except WhosendsError as error:
            _log.info("%s; listening again in %g s", error.message, retry_s)
        _wait(stopping, retry_s)


def _listen_once(settings: MailboxSettings, wake: threading.Event, stopping: Callable[[], bool]) -> bool:
    client = connect(settings)
    try:
        selected = select(client, settings, readonly=True)
        if selected.idle:
            client.idle()
            wake.set()  # mail that came before this moment may never be announced
            while not _stopped_while_idle(client, wake, stopping):
                client.idle()
    except (REFUSED, *LOST) as error:
        hang_up(client)
        raise MailboxError(f"{place(settings)}: listening for new mail broke off: {words(error)}") from error
    except BaseException:
        hang_up(client)
        raise
    say_goodbye(client)
    return selected.idle


def _stopped_while_idle(client: IMAPClient, wake: threading.Event, stopping: Callable[[], bool]) -> bool:
    """One IDLE command is over, because the server said something, it was time to renew it, or it was time to stop."""
    # Not imapclient's idle_check: it takes a line that has come in part only for a broken connection, and forgets the lines before.
    until = time.monotonic() + RENEW_S
    with selectors.DefaultSelector() as selector:
        selector.register(client.socket(), selectors.EVENT_READ)
        while not (stopped := stopping()) and time.monotonic() < until and not selector.select(SLICE_S):
            pass
    _, answers = client.idle_done()
    _wake_on_mail(answers, wake)
    return stopped


def _wake_on_mail(answers: Sequence[tuple[object, ...]], wake: threading.Event) -> None:
    if any(len(answer) > 1 and answer[1] in (b"EXISTS", b"RECENT") for answer in answers):
        wake.set()


def _wait(stopping: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not stopping() and time.monotonic() < until:
        time.sleep(min(SLICE_S, seconds))
