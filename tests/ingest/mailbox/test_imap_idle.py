from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingest.mailbox import idle
from tests.fakes.imap_account import mail
from tests.fakes.pymap_server import pymap_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.settings import MailboxSettings
    from tests.fakes.cutting_proxy import CuttingProxy
    from tests.fakes.imap_account import Account

PATIENCE_S = 30.0  # only a test that fails waits so long


@contextmanager
def listener(settings: MailboxSettings) -> Iterator[threading.Event]:
    """Listens inside the block; gives the event that is set on new mail."""
    wake, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=idle.listen, args=(settings, wake, stop.is_set), kwargs={"retry_s": 0.05})
    thread.start()
    try:
        yield wake
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_new_mail_wakes(account: Account) -> None:
    with listener(account.settings()) as wake:
        assert wake.wait(PATIENCE_S)  # connected: whatever came before is read by the poll that follows
        wake.clear()
        account.deliver([mail("a")])
        assert wake.wait(PATIENCE_S)


def test_mail_in_another_folder_does_not_wake(account: Account) -> None:
    with listener(account.settings()) as wake:
        assert wake.wait(PATIENCE_S)
        wake.clear()
        account.deliver([mail("a")], "Elsewhere")
        assert not wake.is_set()
        account.deliver([mail("b")])
        assert wake.wait(PATIENCE_S)


def test_listening_changes_nothing(account: Account, proxy: CuttingProxy) -> None:
    account.deliver([mail("a")])
    with listener(account.at(proxy.port).settings(mode="move")) as wake:
        assert wake.wait(PATIENCE_S)
    assert proxy.sent("EXAMINE")
    assert not proxy.sent("SELECT|FETCH|STORE|MOVE")


def test_a_cut_is_mended_and_wakes(account: Account, proxy: CuttingProxy) -> None:
    proxy.cut("IDLE", "before")
    with listener(account.at(proxy.port).settings()) as wake:
        assert wake.wait(PATIENCE_S)
        wake.clear()
        while proxy.connections < 2:
            assert wake.wait(PATIENCE_S)
        wake.clear()
        account.deliver([mail("a")])
        assert wake.wait(PATIENCE_S)


def test_a_server_without_idle_is_left_alone(tmp_path: Path) -> None:
    with pymap_server(tmp_path, without=["IDLE"]) as account:
        wake = threading.Event()
        idle.listen(account.settings(), wake, lambda: False)  # returns
    assert not wake.is_set()


def test_several_mailboxes_share_one_alarm(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    wake, stop = threading.Event(), threading.Event()
    with pymap_server(tmp_path / "a") as first, pymap_server(tmp_path / "b") as second:
        mailboxes = [first.settings(name="first"), second.settings(name="second")]
        with idle.listening(mailboxes, wake, stop):
            for account in (second, first):
                assert wake.wait(PATIENCE_S)
                wake.clear()
                account.deliver([mail("a")])
                assert wake.wait(PATIENCE_S)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("idle-")]


def test_a_password_that_is_missing_does_not_end_the_listener_with_a_traceback(pymap: Account, tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(
        target=idle.listen,
        args=(pymap.settings(password_file=tmp_path / "gone"), threading.Event(), stop.is_set),
        kwargs={"retry_s": 0.01},
    )
    thread.start()
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
