"""Whose mail it is, on the pages: the same numbers as everywhere, the next step beside the verdict, and a way to say otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from dashboards.cli.main import app as command
from ingest.store.connect import Database
from tests.dashboards.test_pages import texts, visit
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from ingest.model import Report

OWN, BAD = "192.0.2.1", "203.0.113.1"
DAY = (datetime.now(UTC).date() - timedelta(days=3) - MONDAY).days


def the_report() -> Report:
    fine = a_record(900, aligned="both", source_ip=OWN, dkim=(("example.com", "s1", "pass"),))
    broken = a_record(60, source_ip=OWN, dkim=(("example.com", "s1", "fail"),), spf=(("example.com", "fail"),))
    spoofed = a_record(40, source_ip=BAD, spf=(("example.com", "fail"),), disposition="quarantine")
    return a_report(fine, broken, spoofed, day=DAY)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "pages.duckdb"
    monkeypatch.setenv("WHOSENDS_DB", str(path))
    monkeypatch.chdir(tmp_path)
    database = Database(path)
    keep(database, the_report())
    keep_source(database, OWN, service="Own Mail", service_kind="Technology")
    keep_source(database, BAD, as_name="Cheap Hosting", asn=64500, country="NL")
    return path


def told(*arguments: str) -> dict[str, Any]:
    found = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    said: dict[str, Any] = json.loads(found.stdout)
    return said


@pytest.mark.usefixtures("path")
def test_a_part_of_all_mail_lists_its_verdicts_with_the_numbers_of_the_command_line() -> None:
    by_side = {row["side"]: row["messages"] for row in told("verdicts")["split"]}
    assert {side: messages for side, messages in by_side.items() if messages} == {
        "ours_fine": 900,
        "ours_broken": 60,
        "not_ours": 40,
    }
    for side, messages in by_side.items():
        app = visit("senders", side=side)
        shown = app.dataframe[0].value["messages"].sum() if app.dataframe else 0
        assert shown == messages


@pytest.mark.usefixtures("path")
def test_a_service_says_what_its_mail_is_and_what_to_do() -> None:
    app = visit("senders", service="Own Mail")
    found = texts(app)
    assert any(
        text.startswith("Own Mail as example.com: 60 messages, misconfigured: signature does not verify (M4")
        for text in found
    )
    assert any(text.startswith("Next: Check that the key for s1._domainkey.example.com is in DNS") for text in found)


@pytest.mark.usefixtures("path")
def test_unauthorized_mail_has_the_numbers_of_the_command_line() -> None:
    said = told("unauthorized")
    app = visit("unauthorized")
    assert [metric.value for metric in app.metric] == ["40", "0", "40", "0", "40"]
    assert (
        app.dataframe[0].value["line"].tolist() == [row["line"] for row in said["lines"]] == ["Cheap Hosting (AS64500)"]
    )
    assert said["messages"] == app.dataframe[0].value["messages"].sum() == 40
    assert visit("unauthorized", by="country").dataframe[0].value["line"].tolist() == ["NL"]


def say(app: AppTest, button: str, *, who: str = "anna", why: str = "a rented server of ours") -> AppTest:
    for key, value in (("say who", who), ("say why", why)):
        app.text_input(key=key).set_value(value)
    app.button(key=button).click().run()
    assert not app.exception, app.exception
    return app


@pytest.mark.usefixtures("path")
def test_somebody_says_what_mail_is() -> None:
    app = visit("senders", service="Cheap Hosting", ip=BAD)
    app.selectbox(key="override verdict").set_value("misconfigured.no_authentication")
    say(app, "override do")
    assert "It counts from now on." in texts(app)
    assert any("misconfigured: nothing authenticates it" in text for text in texts(app))
    assert "Said by anna, not by the rules: a rented server of ours" in texts(app)
    assert told("verdicts", "--side", "not_ours")["verdicts"] == []


@pytest.mark.usefixtures("path")
def test_nothing_is_said_before_somebody_chose_what() -> None:
    app = say(visit("senders", ip=BAD), "override do")
    assert "Nothing was said: choose first what this mail is." in texts(app)
    assert told("verdicts", "--side", "not_ours")["split"][3]["messages"] == 40


@pytest.mark.usefixtures("path")
def test_without_a_reason_nothing_is_said() -> None:
    app = say(visit("unauthorized"), "mute do", why="")
    assert "Cheap Hosting (AS64500)" in app.dataframe[0].value["line"].tolist()
    assert told("unauthorized")["muted"] == 0


@pytest.mark.usefixtures("path")
def test_a_line_is_muted_on_the_page_and_counts_on() -> None:
    app = say(visit("unauthorized"), "mute do")
    assert any(text.startswith("Not listed, because somebody muted it: 40 messages.") for text in texts(app))
    assert (told("unauthorized")["muted"], told("unauthorized")["messages"]) == (40, 40)


def test_without_spoofing_the_page_says_so(path: Path) -> None:
    keep(Database(path), a_report(a_record(5, aligned="both"), day=DAY, policy_domain="fine.example", report_id="fine"))
    app = visit("unauthorized", domain="fine.example")
    assert any(text.startswith("Nobody sent as you without being allowed") for text in texts(app))
