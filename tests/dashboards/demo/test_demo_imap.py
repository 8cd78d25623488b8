"""The demo's IMAP server: holds what it was given, and is gone afterwards."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from dashboards.demo.imap_server import Served, serve
from dashboards.demo.nouns import DemoMail, Expected

MAILS = tuple(
    DemoMail(datetime(2026, 10, day, 4, 5, 6), f"Subject: {day}\r\n\r\n{day}\r\n".encode(), Expected.NO_REPORT)  # noqa: DTZ001
    for day in range(1, 31)
)
WITHOUT_PYMAP = """
import sys
sys.modules["pymap"] = None
from dashboards.demo.imap_server import serve
from ingest.errors import SettingsError
try:
    with serve([]):
        pass
except SettingsError as error:
    print(error.message, "/", error.hint)
"""


def _client(served: Served) -> IMAPClient:
    client = IMAPClient(served.host, port=served.port, ssl=False)
    client.normalise_times = False
    return client


def test_the_mailbox_holds_the_mails_with_their_dates() -> None:
    with serve(MAILS) as served, _client(served) as client:
        client.login(served.user, served.password)
        assert client.select_folder("INBOX", readonly=True)[b"EXISTS"] == len(MAILS)
        fetched = client.fetch(client.search(), ["BODY.PEEK[]", "INTERNALDATE"])
    assert [fetched[uid][b"BODY[]"] for uid in sorted(fetched)] == [mail.body for mail in MAILS]
    dates = [fetched[uid][b"INTERNALDATE"].astimezone(UTC).replace(tzinfo=None) for uid in sorted(fetched)]
    assert dates == [mail.received_utc for mail in MAILS]


def test_a_wrong_password_is_refused() -> None:
    with serve(MAILS[:1]) as served, _client(served) as client, pytest.raises(LoginError):
        client.login(served.user, "wrong")


def test_nothing_listens_and_nothing_runs_afterwards() -> None:
    before = set(threading.enumerate())
    with serve(MAILS[:1]) as served:
        open_client = _client(served)
        open_client.login(served.user, served.password)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((served.host, served.port), timeout=5)
    open_client.shutdown()
    assert set(threading.enumerate()) == before


def test_two_servers_do_not_meet() -> None:
    with serve(MAILS[:1]) as one, serve(MAILS[:2], password="secret") as other:
        assert one.port != other.port
        assert one.password != other.password == "secret"


def test_without_pymap_the_answer_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYMAP],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "the demo needs pymap / pip install 'whosends[demo]'"
