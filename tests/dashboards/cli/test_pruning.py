"""Dropping old records on the command line, and what every command says about them afterwards."""

from __future__ import annotations

import csv
import io
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ingest import custody, wiring
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.settings import Settings
    from tests.dashboards.cli.conftest import Run

CUTOFF = "2026-03-03"  # the day after that of the reports
SAID = "Records before 2026-03-03 are not kept (daily sums are)."


@pytest.fixture
def settings(run: Run, tmp_path: Path) -> Settings:
    return kept.copied(tmp_path)


@pytest.fixture
def pruned(run: Run, settings: Settings) -> Settings:
    ran = run("prune", "--before", CUTOFF, "--who", "anna", "--yes", "--json", "--db", settings.db)
    assert ran.json == {
        "done": True,
        "before": CUTOFF,
        "days": 1,
        "first_day": "2026-03-02",
        "last_day": "2026-03-02",
        "reports": 3,
        "records": 4,
    }
    return settings


def test_it_says_what_would_go_and_does_nothing_unasked(run: Run, settings: Settings) -> None:
    before = fingerprint(wiring.database(settings))
    ran = run("prune", "--before", CUTOFF, "--db", settings.db)
    assert (ran.code, ran.out.splitlines()[0]) == (2, "Before 2026-03-03 (UTC): 4 records of 3 reports on 1 day.")
    assert "--yes" in ran.err
    plan = run("prune", "--before", CUTOFF, "--db", settings.db, "--json")
    assert (plan.code, plan.json["done"], plan.json["records"]) == (0, False, 4)
    assert fingerprint(wiring.database(settings)) == before


@pytest.mark.parametrize(("typed", "messages"), [("n\n", 41), ("y\n", 0)])
def test_at_a_terminal_it_asks(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, typed: str, messages: int
) -> None:
    terminal = io.StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    ran = run("prune", "--before", CUTOFF, "--db", settings.db)
    assert ran.code == 0
    assert "Drop these records?" in ran.out
    assert kept.messages(settings) == messages


def test_who_did_it_is_written_down(run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "ben")
    assert run("prune", "--older-than", "2m", "--yes", "--db", settings.db).code == 0
    assert kept.frame(settings, "SELECT who FROM v_prune")["who"].tolist() == ["ben"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], 2),
        (["--before", CUTOFF, "--older-than", "13m"], 2),
        (["--older-than", "a year"], 2),
        (["--before", "2999-01-01"], 2),
        (["--older-than", "59d"], 2),
        (["--older-than", "59d", "--force"], 0),
    ],
)
def test_a_cutoff_that_cannot_be_meant_is_refused(run: Run, settings: Settings, given: list[str], code: int) -> None:
    assert run("prune", *given, "--yes", "--db", settings.db).code == code


def test_status_says_from_which_day_on_records_are_kept(run: Run, pruned: Settings) -> None:
    assert run("status", "--db", pruned.db, "--json").json["records_kept_from"] == CUTOFF
    assert SAID in run("status", "--db", pruned.db).out


def test_everything_is_kept_where_nothing_was_dropped(run: Run, settings: Settings, tmp_path: Path) -> None:
    assert run("status", "--db", settings.db, "--json").json["records_kept_from"] is None
    for command in (["status"], ["ledger"], ["export", "--out", tmp_path / "audit"]):
        assert "not kept" not in run(*command, "--db", settings.db).out


def test_senders_are_as_before(run: Run, settings: Settings) -> None:
    before = run("senders", "--by", "source", "--db", settings.db).out
    custody.prune(settings, date.fromisoformat(CUTOFF), who="anna")
    assert run("senders", "--by", "source", "--db", settings.db).out == before


def test_the_ledger_says_that_records_are_gone(run: Run, pruned: Settings) -> None:
    assert SAID in run("ledger", "--db", pruned.db).out
    assert run("ledger", "--db", pruned.db, "--json").json["records_kept_from"] == CUTOFF


def test_the_export_says_that_it_is_not_complete(run: Run, pruned: Settings, tmp_path: Path) -> None:
    out = tmp_path / "audit"
    assert f"records.csv is not complete: {SAID}" in run("export", "--out", out, "--db", pruned.db).out
    exported = run("export", "--out", out, "--db", pruned.db, "--json").json
    assert exported["records_kept_from"] == CUTOFF
    assert [file["messages"] for file in exported["files"]] == [0, 41, 41]
    with (out / "reports.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["fate"], row["records_pruned"]) for row in csv.DictReader(file)]
    assert ("accepted", "true") in rows
    assert ("partial", "false") in rows
    later = run("export", "--out", out, "--since", CUTOFF, "--db", pruned.db)
    assert "not complete" not in later.out


def test_a_decision_about_a_report_without_records_is_refused(run: Run, pruned: Settings) -> None:
    ran = run("reject", kept.sha(kept.WHOLE), "--why", "forged", "--db", pruned.db)
    assert ran.code == 2
    assert "records before 2026-03-03 are not kept" in ran.err
    assert "whosends raw" in ran.err
