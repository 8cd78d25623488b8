"""What each command answers, and how it ends when it cannot."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.dashboards.cli.conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboards.cli.conftest import Run

REPORT_FILES = [path for path in SAMPLES.iterdir() if path.suffix != ".md"]


def test_load_json_is_one_object_with_fates_and_totals(run: Run, tmp_path: Path) -> None:
    ran = run("load", *REPORT_FILES, "--db", tmp_path / "x.duckdb", "--json")
    assert ran.code == 0
    assert ran.json["mails"] == {"accepted": len(REPORT_FILES)}
    assert ran.json["payloads"] == {"accepted": len(REPORT_FILES)}
    assert ran.json["reports"] == len(REPORT_FILES)
    assert ran.json["records"] > 0
    assert ran.json["messages"] >= ran.json["records"]


def test_status_after_load_gives_the_same_totals_as_the_views(run: Run, db: Path) -> None:
    found = run("status", "--db", db, "--json").json
    with duckdb.connect(str(db), read_only=True) as connection:
        facts = connection.execute("SELECT count(*), sum(messages)::BIGINT FROM v_record").fetchall()[0]
        reports = connection.execute("SELECT count(*) FROM v_report WHERE fate = 'accepted'").fetchall()[0][0]
    assert (found["records"], found["messages"], found["reports"]) == (*facts, reports)


def test_loading_the_same_files_again_changes_nothing(run: Run, db: Path) -> None:
    before = run("status", "--db", db, "--json").json
    again = run("load", SAMPLES, "--db", db, "--json")
    after = run("status", "--db", db, "--json").json
    assert again.json["reports"] == again.json["records"] == again.json["messages"] == 0
    assert set(again.json["payloads"]) == {"duplicate"}
    assert before == after


def test_a_report_that_cannot_be_counted_ends_with_code_5_and_stands_in_the_ledger(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text(
        "<feedback><report_metadata><org_name>x</org_name></report_metadata></feedback>", encoding="utf-8"
    )
    ran = run("load", broken, "--db", tmp_path / "x.duckdb", "--json")
    assert ran.code == 5
    assert ran.json["payloads"] == {"rejected": 1}


def test_a_file_without_any_report_ends_with_code_5(run: Run, tmp_path: Path) -> None:
    mail = tmp_path / "hello.eml"
    mail.write_text("From: a@example.com\nSubject: hello\n\nnothing here\n", encoding="utf-8")
    ran = run("load", mail, "--db", tmp_path / "x.duckdb", "--json")
    assert (ran.code, ran.json["mails"], ran.json["payloads"]) == (5, {"rejected": 1}, {})


@pytest.mark.parametrize("command", ["status", "senders", "failing"])
def test_without_a_database_the_answer_says_what_to_do(run: Run, tmp_path: Path, command: str) -> None:
    ran = run(command, "--db", tmp_path / "none.duckdb")
    assert ran.code == 4
    assert "whosends poll" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("by", ["service", "source", "domain", "reporter", "day", "week"])
def test_senders_by_anything_sum_up_to_the_same_messages(run: Run, db: Path, by: str) -> None:
    total = run("status", "--db", db, "--json").json["messages"]
    ran = run("senders", "--by", by, "--db", db, "--limit", 1000, "--json")
    assert sum(row["messages"] for row in ran.json["senders"]) == total
    assert run("senders", "--by", by, "--db", db).code == 0


def test_failing_says_why_in_words(run: Run, db: Path) -> None:
    ran = run("failing", "--db", db)
    assert ran.code == 0
    assert "mailjet.com" in ran.out
    rows = run("failing", "--db", db, "--json").json["failing"]
    assert [row["failing"] for row in rows] == sorted((row["failing"] for row in rows), reverse=True)


def test_a_window_without_messages_says_so(run: Run, db: Path) -> None:
    ran = run("senders", "--db", db, "--since", "2001-01-01", "--until", "2001-01-31")
    assert ran.code == 0
    assert "No messages from 2001-01-01 to 2001-01-31" in ran.out


def test_a_bad_day_is_refused_with_the_right_form(run: Run, db: Path) -> None:
    ran = run("senders", "--db", db, "--since", "31.12.2026")
    assert ran.code == 2
    assert "YYYY-MM-DD" in ran.err


def test_export_writes_three_files_twice_with_the_same_bytes(run: Run, db: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    ran = run("export", "--db", db, "--out", first, "--json")
    assert ran.code == 0
    assert run("export", "--db", db, "--out", second).code == 0
    names = ["records.csv", "reports.csv", "senders.csv"]
    assert sorted(path.name for path in first.iterdir()) == names
    assert [(first / name).read_bytes() for name in names] == [(second / name).read_bytes() for name in names]
    with (first / "records.csv").open(encoding="utf-8", newline="") as file:
        messages = sum(int(row["messages"]) for row in csv.DictReader(file))
    assert messages == run("status", "--db", db, "--json").json["messages"]


def test_control_characters_of_a_report_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    xml = (SAMPLES / "yahoo.xml").read_text(encoding="utf-8")
    sender = "evil\N{RIGHT-TO-LEFT OVERRIDE}example.com"
    poisoned = tmp_path / "poisoned.xml"
    start = xml.index("<header_from>") + len("<header_from>")
    poisoned.write_text(xml[:start] + sender + xml[xml.index("</header_from>") :], encoding="utf-8")
    run("load", poisoned, "--db", tmp_path / "x.duckdb")
    ran = run("failing", "--db", tmp_path / "x.duckdb")
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in ran.out
