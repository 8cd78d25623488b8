"""No page sends more than a megabyte to the browser, however much there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from analytics import senders
from analytics.freshness import freshness
from analytics.window import Window
from dashboards.pages.registry import ACTS_SHOWN, ENTRIES_SHOWN
from dashboards.pages.senders import SERVICES_SHOWN
from ingest.registry import MAX_LIST
from ingest.settings import Settings
from ingest.store.connect import Database
from tests.bench.facts import make
from tests.fakes.senders import an_entry, register

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).resolve().parents[2] / "dashboards" / "entry" / "dashboard.py"
RECORDS = 200_000
MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """More services, addresses, failures and reports than a page shows."""
    path = tmp_path_factory.mktemp("large") / "large.duckdb"
    make(path, RECORDS)
    return Database(path)


@pytest.fixture
def everything(large: Database) -> Window:
    """All of its days."""
    fresh = freshness(large)
    assert fresh.first_day is not None
    assert fresh.last_day is not None
    return Window(fresh.first_day, fresh.last_day)


def messages(node: Any) -> Iterator[Any]:
    """What is sent for everything on the page."""
    if hasattr(getattr(node, "proto", None), "ByteSize"):
        yield node.proto
    for child in getattr(node, "children", {}).values():
        yield from messages(child)


def visit(
    database: Database, window: Window, name: str, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AppTest:
    monkeypatch.setenv("WHOSENDS_DB", str(database.path))
    monkeypatch.chdir(database.path.parent)
    app = AppTest.from_file(str(APP), default_timeout=120).run()
    app._page_hash = calc_hash(name) if name != "overview" else ""
    app.query_params.update({"since": str(window.since), "until": str(window.until), **query})
    app.run()
    assert not app.exception, app.exception
    return app


def registered(database: Database) -> dict[str, str]:
    """More entries than are shown, and one with as many rules and acts as nobody has; where that one is looked at."""
    settings = Settings(db=database.path)
    rules = [f"dkim:a-long-name-of-a-domain-{number}.example.com/selector{number}" for number in range(MAX_LIST)]
    many = [an_entry(f"sender-{number}", *rules[:20], owner="o" * 100) for number in range(ENTRIES_SHOWN + 1)]
    register(settings, *many, *(an_entry("large", *rules, note=f"note {act}") for act in range(ACTS_SHOWN + 1)))
    return {"entry": "large"}


@pytest.mark.parametrize(
    "name",
    [
        "overview",
        "senders",
        "senders of a service",
        "senders of an address",
        "senders of a part",
        "unauthorized",
        "failing",
        "entry of the registry",
        "registry",
        "reports",
    ],
)
def test_a_page_is_small_however_much_there_is(
    large: Database, everything: Window, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {}
    if name == "senders of a service":
        query = {"service": str(senders.services(large, everything).sort_values("sources")["service"].iloc[-1])}
    if name == "senders of a part":
        query = {"side": "not_ours"}
    if name == "entry of the registry":
        query = registered(large)
    if name == "senders of an address":
        query = {"ip": str(senders.sources(large, everything, limit=1)["source_ip"].iloc[0])}
    app = visit(large, everything, name.split(" ", maxsplit=1)[0].replace("entry", "registry"), query, monkeypatch)
    assert 5_000 < sum(message.ByteSize() for message in messages(app._tree)) < MOST_BYTES


def test_of_many_services_the_first_are_shown_and_said_to_be(
    large: Database, everything: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(senders.services(large, everything)) > SERVICES_SHOWN
    app = visit(large, everything, "senders", {}, monkeypatch)
    assert len(app.dataframe[0].value) == SERVICES_SHOWN
    assert any(f"{SERVICES_SHOWN:,}" in caption.value for caption in app.caption)
