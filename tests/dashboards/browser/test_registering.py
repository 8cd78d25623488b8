"""Who may send as us, decided by a person in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import registering, registry_file
from ingest.registry import Decision
from ingest.settings import Settings
from ingest.store.connect import Database
from tests.dashboards.browser.test_browser import LOOKS, answer, click_row, picture
from tests.dashboards.test_pages import ATTACK, YESTERDAY
from tests.fakes.dashboard import served, settled
from tests.fakes.facts import a_record, a_report, keep, keep_source
from tests.fakes.senders import an_entry, register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Own Mail passed yesterday and is in no entry; the newsletter is in one, and was decided about twice."""
    settings = Settings(db=tmp_path / "registry.duckdb")
    keep(Database(settings.db), a_report(a_record(900, aligned="both", source_ip="192.0.2.1"), day=YESTERDAY))
    keep_source(Database(settings.db), "192.0.2.1", service="Own Mail", service_kind="Technology")
    register(settings, an_entry("news", "dkim:example.com/n1", "service:esp", owner="Sales", note=ATTACK))
    register(settings, an_entry("news", "dkim:example.com/n1", "dkim:example.com/n2", owner="Sales"), why="second key")
    return settings


@pytest.fixture
def address(settings: Settings, tmp_path: Path) -> Iterator[str]:
    with served(settings.db, tmp_path / "serve.log") as address:
        yield f"{address}/registry"


def sign(page: Page, who: str, why: str, *, form: int = 0) -> None:
    page.get_by_label("Your name").nth(form).fill(who)
    page.get_by_label("Reason", exact=True).nth(form).fill(why)


def press(page: Page, name: str) -> str:
    """What is said after a click on that button."""
    page.get_by_role("button", name=name).click()
    page.wait_for_selector('[class*="st-key-decided"]')
    settled(page)
    return page.locator('[class*="st-key-decided"]').inner_text()


def shown(page: Page, label: str) -> str:
    return page.get_by_label(label, exact=True).input_value()


def test_a_proposal_is_approved_with_a_reason(address: str, open_page: Opener, settings: Settings) -> None:
    page = open_page(address)
    page.wait_for_selector(".st-key-answer")
    page.locator('[data-testid="stDataFrame"]').nth(1).scroll_into_view_if_needed()
    page.locator('[data-testid="stDataFrame"]').nth(1).click(position={"x": 60, "y": 54})
    page.wait_for_timeout(300)
    settled(page)
    assert "propose=own-mail" in page.evaluate("location.search")
    assert answer(page).startswith("Own Mail passed DMARC as you")
    assert shown(page, "Rules, one a line") == "dkim:example.com/s1"
    assert press(page, "Approve: it is ours") == "Nothing was done: say who you are, and why."
    sign(page, "anna", "our own servers")
    page.get_by_label("Owner", exact=True).fill("Operations")
    assert press(page, "Approve: it is ours") == "Done: Own Mail is in the registry now, approved."
    assert page.evaluate("location.search") == "?entry=own-mail"
    assert answer(page) == "Own Mail is approved: it may send as example.com."
    made = registering.history(settings, "own-mail")[-1]
    assert (made.who, made.why, made.entry.owner) == ("anna", "our own servers", "Operations")
    page.locator(".st-key-crumbs").get_by_text("Registry").click()
    page.wait_for_timeout(300)
    settled(page)
    assert answer(page) == "The registry holds 2 entries: 2 approved."


def test_an_entry_is_edited_denied_and_ended_and_its_history_is_shown(
    address: str, open_page: Opener, settings: Settings
) -> None:
    page = open_page(address)
    click_row(page, 0)
    assert page.evaluate("location.search") == "?entry=news"
    picture(page, "entry-light-en-1440")
    page.get_by_label("Owner", exact=True).fill("Marketing")
    assert press(page, "Save changes") == "Nothing was done: say who you are, and why."
    assert shown(page, "Owner") == "Marketing"
    sign(page, "ben", "moved")
    assert press(page, "Save changes") == "Done: Owner: Sales → Marketing."
    assert page.get_by_label("Your name").first.input_value() == "ben"
    sign(page, "ben", "left them")
    assert press(page, "Deny: it may not send as us") == "Done: News is denied now."
    sign(page, "ben", "over", form=1)
    assert press(page, "End it").startswith("Done: News holds until ")
    acts = registering.history(settings, "news")
    assert [act.what for act in acts] == ["approve", "approve", "edit", "deny", "retire"]
    assert (acts[-1].entry.decision, acts[-1].entry.owner) == (Decision.DENY, "Marketing")
    assert page.locator('[data-testid="stDataFrame"]').count() == 2  # rules and history
    with page.expect_download() as download:
        page.locator('[data-testid="stDownloadButton"]').get_by_text("CSV").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(acts)
    assert "second key" in lines[-2]
    assert page.title() == "Registry · whosends"


def test_a_last_day_is_cleared_again(address: str, open_page: Opener, settings: Settings) -> None:
    register(settings, an_entry("old", valid_to=YESTERDAY))
    page = open_page(f"{address}?entry=old")
    assert "It held until" in page.locator(".st-key-second").inner_text()
    page.locator(".st-key-sender-valid_to").get_by_role("button", name="Clear date").click()
    sign(page, "anna", "renewed")
    assert press(page, "Save changes").startswith("Done: To day: ")
    assert registering.history(settings, "old")[-1].entry.valid_to is None


def test_the_registry_is_downloaded_and_imported_as_a_file(
    address: str, open_page: Opener, settings: Settings, tmp_path: Path
) -> None:
    page = open_page(address)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the registry").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text == registry_file.written(registering.entries(settings))
    (tmp_path / "new.toml").write_text(text.replace("Sales", "Growth"), encoding="utf-8")
    page.locator('input[type="file"]').set_input_files(tmp_path / "new.toml")
    page.wait_for_selector(".st-key-decide-import-form")
    settled(page)
    picture(page, "import-light-en-1440")
    sign(page, "anna", "from the repository")
    assert press(page, "Change the registry so") == "Done: 1 entry changed."
    assert registering.history(settings, "news")[-1].entry.owner == "Growth"


@pytest.mark.parametrize("look", LOOKS)
def test_the_list_and_the_form_can_be_looked_at(address: str, open_page: Opener, look: str) -> None:
    page = open_page(address, **LOOKS[look])
    page.wait_for_selector(".st-key-answer")
    picture(page, f"registry-list-{look}")
    page = open_page(f"{address}?propose=1&name=List&rule=dkim:example.com/l1&from_domain=example.com", **LOOKS[look])
    picture(page, f"registry-form-{look}")
