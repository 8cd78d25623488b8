"""A registry as a file is imported on the page after a look at what would change, and not otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import registering, registry_file
from ingest.settings import Settings
from tests.dashboards.test_pages import ATTACK, texts, visit
from tests.fakes.senders import an_entry, register

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

OTHERS = f'[[sender]]\nid = "crm"\ndecision = "approve"\ndomains = ["example.com"]\nrules = ["service:crm"]\nnote = "{ATTACK[:9]}"\n'


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The newsletter is registered."""
    settings = Settings(db=tmp_path / "pages.duckdb")
    monkeypatch.setenv("WHOSENDS_DB", str(settings.db))
    monkeypatch.chdir(tmp_path)
    register(settings, an_entry("news", note=ATTACK))
    return settings


def bring(app: AppTest, content: str) -> AppTest:
    app.file_uploader("registry file").set_value(("registry.toml", content.encode(), "application/toml"))
    app.run()
    assert not app.exception, app.exception
    return app


def confirm(app: AppTest, *, who: str = "anna", why: str = "from the repository") -> AppTest:
    app.text_input("import who").set_value(who)
    app.text_input("import why").set_value(why)
    app.button("registry confirm").click()
    app.run()
    assert not app.exception, app.exception
    return app


def test_a_file_is_imported_after_a_look_at_what_changes(settings: Settings) -> None:
    app = bring(visit("registry"), OTHERS)
    assert app.dataframe[-1].value["entry_id"].tolist() == ["crm"]
    assert len(registering.entries(settings)) == 1
    assert "Nothing was done: say who you are, and why." in texts(confirm(app, who=""))
    app.toggle("registry prune").set_value(True).run()
    assert app.dataframe[-1].value["what"].tolist() == ["approved", "ended"]
    app = confirm(app)
    assert "Done: 2 entries changed." in texts(app)
    assert "The registry says what this file says: nothing to change." in texts(app)
    assert [one.entry_id for one in registering.entries(settings)] == ["crm", "news"]
    assert registering.history(settings, "crm")[-1].why == "from the repository"


def test_only_what_somebody_looked_at_is_imported(settings: Settings) -> None:
    app = bring(visit("registry"), OTHERS)
    register(settings, an_entry("crm", "service:other"))
    app = confirm(app)
    assert "Nothing was done. the registry is another one by now. (look at the changes again)" in texts(app)
    assert len(registering.history(settings, "crm")) == 1
    confirm(app)
    assert str(registering.history(settings, "crm")[-1].entry.rules[0]) == "service:crm!vendor"


@pytest.mark.parametrize("content", ["<b>", '[[sender]]\nid = "<script>"', "x = 1", "\x00", "[" * 100_000])
def test_a_file_that_is_none_is_said_to_be_none(settings: Settings, content: str) -> None:
    app = bring(visit("registry"), content)
    assert any(text.startswith("This file cannot be imported. registry.toml: ") for text in texts(app))
    assert "registry confirm" not in {one.key for one in app.button}


def test_what_is_downloaded_can_be_imported_again(settings: Settings) -> None:
    app = bring(visit("registry"), registry_file.written(registering.entries(settings)))
    assert "The registry says what this file says: nothing to change." in texts(app)
