"""A decision with a reason, as a person makes it in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes import kept
from tests.fakes.dashboard import served, settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_held_report_is_accepted_with_a_reason(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    settings = kept.copied(tmp_path)
    with served(settings.db, tmp_path / "serve.log") as address:
        page = open_page(f"{address}/reports?report={kept.sha(kept.HELD)}")
        page.get_by_label("Your name").fill("anna")
        page.get_by_label("Reason", exact=True).fill("their clock was wrong")
        page.get_by_role("button", name="Accept: it counts").click()
        page.wait_for_selector(".st-key-decided")
        settled(page)
        assert page.locator(".st-key-decided").inner_text() == "Done: quarantined → accepted."
        assert page.get_by_label("Your name").input_value() == "anna"
        assert page.get_by_label("Reason", exact=True).input_value() == ""
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the mail").click()
        assert download.value.path().read_bytes() == kept.HELD
        page.goto(f"{address}/reports?fate=accepted")
        settled(page)
    assert kept.report_fate(settings, kept.HELD) == "accepted"
    assert kept.frame(settings, "SELECT who, why FROM v_act").iloc[0].tolist() == ["anna", "their clock was wrong"]
