"""The demo company in a database, the dashboard as `whosends serve` starts it, and Debian's Chromium in front of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboards.demo.company import mails
from dashboards.demo.report_mail import OWN_MX
from ingest import wiring
from ingest.settings import Settings, TrustSettings
from tests.fakes import reports
from tests.fakes.dashboard import ATTACK, served, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Dialog, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FOR_README = bool(os.environ.get("WHOSENDS_README_IMAGES"))  # only the pictures are made then, of the demo as it is
DAYS_LOADED = 100 if FOR_README else 35  # the default period and a week before it


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last weeks of the demo company, and one report whose texts attack."""
    folder = tmp_path_factory.mktemp("dashboard")
    now = datetime.now(UTC)
    inbox = folder / "mails"
    inbox.mkdir()
    since = now.replace(tzinfo=None) - timedelta(days=DAYS_LOADED)
    for number, mail in enumerate(mails(now.date())):
        if mail.received_utc.replace(tzinfo=None) >= since:
            (inbox / f"{number:05}.eml").write_bytes(mail.body)
    if not FOR_README:
        (inbox / "attack.xml").write_bytes(attack(now))
    path = folder / "whosends.duckdb"
    wiring.load_paths(Settings(db=path, trust=TrustSettings(authserv_ids=(OWN_MX,))), [inbox])
    return path


def attack(now: datetime) -> bytes:
    """A report of yesterday with ATTACK wherever a reporter can write what it likes."""
    begin = int((now - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    text = escape(ATTACK)
    record = reports.record(
        "5",
        source_ip="203.0.113.66",
        dkim="fail",
        header_from=text,
        envelope_from=text,
        results=reports.auth("dkim", text, "pass", selector=text) + reports.auth("spf", text, "pass"),
    )
    return reports.report_bytes([record], org_name=text, report_id=text, begin=begin, end=begin + reports.DAY_S - 1)


@pytest.fixture(scope="session")
def dashboard(database: Path) -> Iterator[str]:
    """The address of the dashboard of the demo company."""
    with served(database, database.with_name("serve.log")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a fresh profile. At the end: no page asked anything of another host, none ran foreign code."""
    contexts, foreign, dialogs = [], [], []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    def opened(address: str, *, width: int = 1440, scheme: str = "light", locale: str = "en-US") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 1000},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale=locale,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: foreign.append(request.url) if _is_foreign(request.url) else None)
        page.on("dialog", refuse)
        page.goto(address)
        settled(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert foreign == []
    assert dialogs == []


def _is_foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
