"""The Reports page: everything that came in is there, a decision is made with a reason, and who is missing is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from analytics import ledger
from ingest import wiring
from ingest.settings import Settings
from ingest.store.connect import Database
from tests.dashboards.test_pages import ATTACK, SHOWN, texts, visit
from tests.fakes import kept
from tests.fakes.facts import a_record, a_report, keep
from tests.fakes.reports import BEGIN, DAY_S, record, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = kept.copied(tmp_path)
    monkeypatch.setenv("WHOSENDS_DB", str(settings.db))
    monkeypatch.chdir(tmp_path)
    return settings


def decide(app: AppTest, what: str, *, who: str, why: str) -> AppTest:
    app.text_input("act who").set_value(who)
    app.text_input("act why").set_value(why)
    app.button(f"act {what}").click()
    app.run()
    assert not app.exception, app.exception
    return app


def test_the_numbers_beside_the_fates_are_those_of_the_list(settings: Settings) -> None:
    app = visit("reports")
    shown = app.dataframe[0].value["fate"].value_counts().to_dict()
    assert sum(shown.values()) == len(kept.MAILS)
    (options,) = [getattr(one, "options", ()) for one in app.get("button_group") if one.key == "fate"]
    assert set(options) == {f"All {len(kept.MAILS)}", *(f"{fate} {lines}" for fate, lines in shown.items())}


def test_a_mail_in_which_nothing_was_found_opens_and_can_be_downloaded(settings: Settings) -> None:
    app = visit("reports", report=kept.sha(kept.MAILS["7-words.eml"]))
    assert any(text.startswith("Nothing found in a mail of") for text in texts(app))
    assert "no report found in it" in texts(app)
    assert "act who" not in {one.key for one in app.text_input}


def test_accepting_with_a_reason_is_kept_and_shown(settings: Settings) -> None:
    app = visit("reports", report=kept.sha(kept.PARTIAL))
    app = decide(app, "accept", who="anna", why=ATTACK)
    assert "Done: partial → accepted." in texts(app)
    history = app.dataframe[0].value
    assert history[["who", "what", "why", "fate_before", "fate_after"]].iloc[0].tolist() == [
        *("anna", "accepted", SHOWN, "partial", "accepted")
    ]
    assert kept.report_fate(settings, kept.PARTIAL) == "accepted"
    assert app.text_input("act who").value == "anna"
    app = decide(app, "reject", who="anna", why="it was forged")
    assert kept.report_fate(settings, kept.PARTIAL) == "rejected"
    assert len(app.dataframe[0].value) == 2


@pytest.mark.parametrize(("who", "why"), [("", "because"), ("anna", "  ")])
def test_without_a_name_or_a_reason_nothing_is_done(settings: Settings, who: str, why: str) -> None:
    app = decide(visit("reports", report=kept.sha(kept.WHOLE)), "reject", who=who, why=why)
    assert "Nothing was done: say who you are, and why." in texts(app)
    assert kept.report_fate(settings, kept.WHOLE) == "accepted"


def test_only_what_can_be_decided_is_offered(settings: Settings) -> None:
    offered = {
        name: {
            str(button.key)
            for button in visit("reports", report=kept.sha(content)).button
            if str(button.key).startswith("act ")
        }
        for name, content in {"whole": kept.WHOLE, "held": kept.HELD, "unreadable": kept.UNREADABLE}.items()
    }
    assert offered == {"whole": {"act reject"}, "held": {"act accept", "act reject"}, "unreadable": set()}
    assert not visit("reports", report=kept.sha(kept.UNREADABLE)).warning


def test_a_decision_that_somebody_else_was_faster_with_is_refused_calmly(settings: Settings) -> None:
    from ingest import custody

    app = visit("reports", report=kept.sha(kept.HELD))
    custody.act(settings, "accept", [kept.sha(kept.HELD)], who="ben", why="x")
    app = decide(app, "accept", who="anna", why="x")
    assert any(text.startswith("Nothing was done. payload") and "is accepted already" in text for text in texts(app))


def test_a_database_that_cannot_be_written_is_a_calm_sentence(settings: Settings) -> None:
    app = visit("reports", report=kept.sha(kept.HELD))
    journal = settings.spool / "journal.jsonl"
    journal.rename(journal.with_name("elsewhere"))
    journal.mkdir()
    app = decide(app, "accept", who="anna", why="x")
    assert any(text.startswith("The database cannot be written at the moment.") for text in texts(app))
    assert kept.report_fate(settings, kept.HELD) == "quarantined"


def test_the_period_limits_the_list_when_asked_to(settings: Settings) -> None:
    inside = visit("reports", came="period", since="2026-03-04", until="2026-03-04")
    assert len(inside.dataframe[0].value) == 1
    outside = visit("reports", came="period", since="2020-03-04", until="2020-03-04")
    assert any("Only what came in the period above" in text for text in texts(outside))


def test_who_fell_silent_is_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(tmp_path / "pages.duckdb")
    monkeypatch.setenv("WHOSENDS_DB", str(database.path))
    keep(database, *(a_report(day=YESTERDAY - timedelta(days=n)) for n in range(40)))
    for number in range(5):
        silent = [YESTERDAY - timedelta(days=n) for n in range(10, 40)]
        keep(database, *(a_report(a_record(9 - number), day=day, reporter=f"{ATTACK}{number}") for day in silent))
    app = visit("reports")
    missing = [text for text in texts(app) if text.startswith("Missing: ")]
    assert len(missing) == 3
    assert f"{SHOWN}0 about example.com since" in missing[0]
    assert any(text.startswith("2 more:") for text in texts(app))
    assert any(text.startswith("未着:") for text in texts(visit("reports", lang="ja")))


def test_the_page_speaks_japanese_about_decisions(settings: Settings) -> None:
    app = visit("reports", report=kept.sha(kept.PARTIAL), lang="ja")
    app = decide(app, "accept", who="花子", why="確認済み")
    assert "変更しました: 一部のみ → 受け入れ" in texts(app)
    acts = ledger.acts(wiring.database(settings), kept.sha(kept.PARTIAL))
    assert acts.iloc[0][["who", "why"]].tolist() == ["花子", "確認済み"]


def meeting_reports(folder: Path) -> list[Path]:
    """Two reports about one day, one of them sent again under another id, and one about half of that day."""
    rows, half = [record("7")], DAY_S // 2
    reports = {
        "one": report_bytes(rows, report_id="one"),
        "other": report_bytes([record("3")], report_id="other"),
        "again": report_bytes(rows, report_id="again"),
        "half": report_bytes(
            [record("5")], report_id="half", begin=BEGIN + half, end=BEGIN + DAY_S + half, org_name="B"
        ),
        "next": report_bytes([record("5")], report_id="next", begin=BEGIN + DAY_S, end=BEGIN + 2 * DAY_S, org_name="B"),
    }
    for name, body in reports.items():
        (folder / f"{name}.xml").write_bytes(body)
    return [folder / f"{name}.xml" for name in reports]


@pytest.fixture
def meeting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(db=tmp_path / "w.duckdb")
    wiring.load_paths(settings, meeting_reports(tmp_path))
    monkeypatch.setenv("WHOSENDS_DB", str(settings.db))
    monkeypatch.chdir(tmp_path)
    return settings


def test_reports_that_share_their_period_are_said_and_can_be_looked_at(meeting: Settings) -> None:
    app = visit("reports")
    said = "4 reports share their period, or a part of it, with another report of the same reporter: 100\u00a0% of all messages. Both count."
    assert said in texts(app)
    app.toggle("meets").set_value(True).run()
    assert not app.exception, app.exception
    shown = app.dataframe[0].value.set_index("report_id")["reason"].to_dict()
    assert shown == {
        **dict.fromkeys(("half", "next"), "part of the period is in another report of this reporter, too; both count"),
        **dict.fromkeys(
            ("other", *({"one", "again"} & shown.keys())), "same period as another report of this reporter; both count"
        ),
    }
    assert len(shown) == 4


def test_a_suspected_duplicate_can_be_accepted_on_the_page(meeting: Settings) -> None:
    (held,) = wiring.database(meeting).frame("SELECT payload_sha256 AS sha FROM v_report WHERE fate = 'suspect'")["sha"]
    app = decide(visit("reports", report=held), "accept", who="anna", why="two systems")
    assert "Done: suspected duplicate → accepted." in texts(app)
    counted = wiring.database(meeting).rows("SELECT sum(messages)::BIGINT AS messages FROM v_record")
    assert counted == [{"messages": 7 + 7 + 3 + 5 + 5}]


def test_without_such_reports_nothing_is_said_about_them(meeting: Settings, tmp_path: Path) -> None:
    meeting.db.unlink()
    wiring.load_paths(meeting, [tmp_path / "one.xml", tmp_path / "next.xml"])
    assert {one.key for one in visit("reports").toggle} == {"came"}
