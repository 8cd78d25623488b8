"""`whosends unauthorized`: who sends as us without being allowed, on the terminal, as JSON and as a list for a takedown."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from tests.fakes.reports import auth, record, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboards.cli.conftest import Run

ALL = ("--since", "2000-01-01", "--until", "2099-12-31")
NO = auth("spf", "example.com", "fail", scope="mfrom")


@pytest.fixture
def spoofed(run: Run, tmp_path: Path) -> Path:
    """1,000 messages of ours, and 60 of strangers."""
    db, mail = tmp_path / "w.duckdb", tmp_path / "r.xml"
    mail.write_bytes(
        report_bytes(
            [
                record("1000", source_ip="192.0.2.1"),
                record("40", source_ip="203.0.113.1", dkim="fail", results=NO, disposition="reject"),
                record("20", source_ip="203.0.113.2", dkim="fail", results=NO, header_from="gone.example.com"),
            ],
            p="reject",
        )
    )
    assert run("load", mail, "--db", db, "--json").code == 0
    return db


@pytest.mark.parametrize("by", ["network", "country", "envelope", "pattern", "source", "name"])
def test_any_lines_hold_what_the_split_says_is_not_ours(run: Run, db: Path, by: str) -> None:
    split = run("verdicts", "--db", db, *ALL, "--json").json["split"]
    not_ours = next(side["messages"] for side in split if side["side"] == "not_ours")
    found = run("unauthorized", "--db", db, *ALL, "--by", by, "--limit", "1000", "--json").json
    assert (found["by"], found["messages"]) == (by, not_ours)
    assert sum(line["messages"] for line in found["lines"]) == not_ours
    assert sum(day["messages"] for day in found["days"]) == not_ours
    assert found["total"] is None or found["total"]["messages"] == not_ours


def test_the_terminal_shows_numbers_lines_and_names_in_100_columns(run: Run, spoofed: Path) -> None:
    ran = run("unauthorized", "--db", spoofed, "--by", "source")
    assert ran.code == 0
    assert "60 messages: not yours" in ran.out
    assert "20 delivered, 0 quarantined, 40 rejected" in ran.out
    assert "203.0.113.1" in ran.out
    assert "gone.example.com" in ran.out
    assert "nothing passes" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_the_limit_hides_lines_and_says_so(run: Run, spoofed: Path) -> None:
    ran = run("unauthorized", "--db", spoofed, "--by", "source", "--limit", "1")
    assert "1 more: " in ran.out
    assert "203.0.113.2" not in ran.out


def test_the_list_for_a_takedown_is_written_once(run: Run, spoofed: Path, tmp_path: Path) -> None:
    path = tmp_path / "takedown.csv"
    found = run("unauthorized", "--db", spoofed, "--csv", path, "--json").json
    assert (found["csv"]["rows"], found["csv"]["messages"]) == (2, 60)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["source_ip"] for row in rows] == ["203.0.113.1", "203.0.113.2"]
    assert rows[0]["evidence"] == "40 messages as example.com: not signed; SPF fail for example.com"
    before = path.read_bytes()
    again = run("unauthorized", "--db", spoofed, "--csv", path)
    assert (again.code, path.read_bytes()) == (2, before)
    assert "already" in again.err


def test_no_spoofing_is_said_with_what_was_looked_at(run: Run, tmp_path: Path) -> None:
    db, mail = tmp_path / "w.duckdb", tmp_path / "r.xml"
    mail.write_bytes(report_bytes([record("7")]))
    assert run("load", mail, "--db", db, "--json").code == 0
    ran = run("unauthorized", "--db", db)
    assert ran.code == 0
    assert "No spoofing in these days" in ran.out
    assert "7 messages" in ran.out
    found = run("unauthorized", "--db", db, "--json").json
    assert (found["looked_at"], found["messages"], found["total"], found["lines"]) == (7, 0, None, [])
    assert "No messages" in run("unauthorized", "--db", db, "--domain", "other.example").out


def test_an_empty_database_says_what_to_do_next(run: Run, tmp_path: Path) -> None:
    ran = run("unauthorized", "--db", tmp_path / "none.duckdb")
    assert ran.code == 4
    assert "whosends poll" in ran.err
