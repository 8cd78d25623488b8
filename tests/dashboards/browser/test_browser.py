"""The dashboard in a real browser, as a person uses it."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ingest.store.connect import Database
from tests.fakes.dashboard import ATTACK, ROOT, served, settled
from tests.fakes.facts import MONDAY, a_record, a_report, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser
ROW_HEIGHT = 36
SCREENSHOTS = ROOT / "screenshots"
README_IMAGES = ROOT / "docs" / "img"
LOOKS = {
    "light-en-1440": {"width": 1440, "scheme": "light", "locale": "en-US"},
    "dark-ja-820": {"width": 820, "scheme": "dark", "locale": "ja-JP"},
}
ANSWERS = {
    "": (r"messages claimed to be from your domains", "を名乗るメールは"),
    "senders": (r"services sent .* in the name of your domains", "の名前で"),
    "failing": (r"messages failed DMARC", "DMARC に失敗しました"),
    "unauthorized": (r"were sent as you without being allowed", "許可なく自社を名乗って"),
    "registry": (r"Nobody is registered yet", "まだ何も登録されていません"),
    "reports": (r"mails brought", "が含まれ"),
}


def picture(page: Page, name: str) -> None:
    """A screenshot of the whole page, for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    width = page.viewport_size["width"] if page.viewport_size else 1440
    page.set_viewport_size({"width": width, "height": min(max(height, 700), 2400)})
    page.wait_for_timeout(300)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def answer(page: Page) -> str:
    return page.locator(".st-key-answer").inner_text()


def click_row(page: Page, position: int, *, x: int = 60) -> None:
    """Click into a row of the first table, as a person does."""
    table = page.locator('[data-testid="stDataFrame"]').first
    table.scroll_into_view_if_needed()
    table.click(position={"x": x, "y": ROW_HEIGHT * (position + 1) + ROW_HEIGHT / 2})
    page.wait_for_timeout(300)
    settled(page)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", ANSWERS)
def test_every_page_answers(dashboard: str, open_page: Opener, path: str, look: str) -> None:
    page = open_page(f"{dashboard}/{path}", **LOOKS[look])
    assert re.search(ANSWERS[path]["ja" in look], answer(page))
    picture(page, f"{path or 'overview'}-{look}")
    if os.environ.get("WHOSENDS_README_IMAGES") and path in {"", "senders"} and look == "light-en-1440":
        README_IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=README_IMAGES / f"{path or 'overview'}.png")


def test_a_drill_down_by_click_ends_at_the_raw_report_and_back_leads_back(dashboard: str, open_page: Opener) -> None:
    page = open_page(f"{dashboard}/senders?window=7d")
    click_row(page, 0)
    assert "service=" in page.evaluate("location.search")
    service = answer(page)
    picture(page, "service-light-en-1440")
    click_row(page, 0)
    assert "ip=" in page.evaluate("location.search")
    picture(page, "source-light-en-1440")
    click_row(page, 0)
    assert "report=" in page.evaluate("location.search")
    assert "<feedback" in page.locator('[data-testid="stCode"]').inner_text()
    assert answer(page).startswith("Report of ")
    picture(page, "raw-light-en-1440")
    page.go_back()
    page.wait_for_timeout(300)
    settled(page)
    page.go_back()
    page.wait_for_timeout(300)
    settled(page)
    assert answer(page) == service
    page.locator(".st-key-crumbs").get_by_text("Senders").click()
    page.wait_for_timeout(300)
    settled(page)
    assert "services sent" in answer(page)
    assert page.evaluate("location.search") == "?window=7d"


def test_from_a_part_of_all_mail_to_the_raw_report_are_four_clicks(dashboard: str, open_page: Opener) -> None:
    page = open_page(f"{dashboard}/?window=7d")
    page.locator(".st-key-parts").get_by_text("ours and broken").click()
    page.wait_for_timeout(300)
    settled(page)
    assert "are ours and broken" in answer(page)
    for step in ("service=", "ip=", "report="):
        click_row(page, 0)
        assert step in page.evaluate("location.search")
    assert "<feedback" in page.locator('[data-testid="stCode"]').inner_text()


def test_a_person_says_that_a_verdict_is_wrong_and_the_page_follows(tmp_path: Path, open_page: Opener) -> None:
    database = Database(tmp_path / "w.duckdb")
    day = (datetime.now(UTC).date() - timedelta(days=3) - MONDAY).days
    keep(database, a_report(a_record(40, source_ip="203.0.113.1", spf=(("example.com", "fail"),)), day=day))
    with served(database.path, tmp_path / "log") as address:
        page = open_page(f"{address}/senders?ip=203.0.113.1")
        assert "spoofing: your own domain as envelope (S1" in page.locator(".st-key-verdict-0").inner_text()
        page.get_by_text("Is this verdict wrong?").click()
        page.wait_for_timeout(500)  # it unfolds
        chosen = page.locator(".st-key-override-verdict input")
        chosen.press_sequentially("misconfigured: nothing")
        wanted = '[role="option"][data-focused="true"]'
        page.locator(wanted).filter(has_text="misconfigured: nothing authenticates it").wait_for()
        page.keyboard.press("Enter")
        expect(chosen).to_have_value("misconfigured: nothing authenticates it")
        page.locator(".st-key-say-who input").fill("anna")
        page.locator(".st-key-say-why input").fill("a printer of ours")
        page.locator(".st-key-override-do button").click()
        page.wait_for_timeout(500)
        settled(page)
        assert "It counts from now on." in page.locator(".st-key-decided").inner_text()
        told = page.locator(".st-key-verdict-0").inner_text()
        assert "misconfigured: nothing authenticates it (M5" in told
        assert "Said by anna, not by the rules: a printer of ours" in told


def test_a_filter_survives_reload_and_a_change_of_page(dashboard: str, open_page: Opener) -> None:
    page = open_page(dashboard)
    page.get_by_text("7 days", exact=True).click()
    page.wait_for_timeout(300)
    settled(page)
    page.locator('[data-testid="stSelectbox"]').click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_timeout(300)
    settled(page)
    query = page.evaluate("location.search")
    assert re.fullmatch(r"\?window=7d&domain=[a-z.-]+", query)
    filtered = answer(page)
    page.reload()
    settled(page)
    assert answer(page) == filtered
    page.locator(".st-key-pages").get_by_text("Failing").click()
    page.wait_for_timeout(500)
    settled(page)
    assert page.evaluate("location.pathname + location.search") == f"/failing{query}"


def test_an_attack_in_a_report_is_shown_as_text(dashboard: str, open_page: Opener) -> None:
    page = open_page(f"{dashboard}/senders?ip=203.0.113.66")
    click_row(page, 0)
    assert ATTACK in answer(page)
    assert "owned" not in page.title()
    assert page.locator('[data-testid="stMain"] img').count() == 0
    assert (
        page.locator('[data-testid="stMain"] a[href*="javascript"], [data-testid="stMain"] a[href*="evil"]').count()
        == 0
    )
    picture(page, "attack-light-en-1440")
    page.locator(".st-key-crumbs").get_by_text("203.0.113.66").click()
    page.wait_for_timeout(300)
    settled(page)
    for path in ("senders", "failing", "reports?search=javascript"):
        open_page(f"{dashboard}/{path}")


def test_the_first_visitor_may_come_by_a_deep_link(tmp_path: Path, open_page: Opener) -> None:
    with served(tmp_path / "nothing.duckdb", tmp_path / "serve.log") as address:
        page = open_page(f"{address}/reports?lang=ja")
        assert "whosends poll" in page.locator('[data-testid="stCode"]').first.inner_text()
        picture(page, "empty-light-ja-1440")
