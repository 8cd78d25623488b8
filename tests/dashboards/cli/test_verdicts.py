"""`whosends verdicts`: the split of all mail, and each verdict with its evidence and its next step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.reports import record, report_bytes

if TYPE_CHECKING:
    from tests.dashboards.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[3]
ALL = ("--since", "2000-01-01", "--until", "2099-12-31")


def test_the_split_and_the_lines_hold_all_messages(run: Run, db: Path) -> None:
    messages = run("status", "--db", db, "--json").json["messages"]
    found = run("verdicts", "--db", db, *ALL, "--limit", "1000", "--json").json
    assert sum(side["messages"] for side in found["split"]) == messages
    assert sum(line["messages"] for line in found["verdicts"]) == messages
    assert found["rule_version"] >= 1


def test_a_side_can_be_asked_for_alone(run: Run, db: Path) -> None:
    everything = run("verdicts", "--db", db, *ALL, "--limit", "1000", "--json").json["verdicts"]
    side = everything[0]["side"]
    only = run("verdicts", "--db", db, *ALL, "--side", side, "--limit", "1000", "--json").json["verdicts"]
    assert only == [line for line in everything if line["side"] == side]
    wrong = run("verdicts", "--db", db, "--side", "ours")
    assert wrong.code == 2
    assert "ours_fine" in wrong.err


def test_each_line_says_what_was_seen_and_what_to_do(run: Run, db: Path) -> None:
    ran = run("verdicts", "--db", db, *ALL, "--limit", "3")
    assert ran.code == 0
    assert ran.out.count("  Seen: ") == ran.out.count("  Next: ") == 3
    assert "ours and fine" in ran.out


def test_a_line_that_wants_action_names_its_page_and_no_other_does(run: Run, db: Path) -> None:
    lines = run("verdicts", "--db", db, *ALL, "--limit", "1000", "--json").json["verdicts"]
    wanting = [line for line in lines if line["rule_id"] not in {"A1", "A3", "F1", "X1"}]
    assert wanting
    assert all(line["runbook"] is None for line in lines if line not in wanting)
    assert all((ROOT / line["runbook"]).is_file() for line in wanting)
    shown = run("verdicts", "--db", db, *ALL, "--limit", "1000").out
    assert re.findall(r"^  More: (.+)$", shown, re.MULTILINE) == [line["runbook"] for line in wanting]


def test_json_has_the_sentences_that_are_shown(run: Run, db: Path) -> None:
    for language, seen, following in (
        ("en", "  Seen: {}.", "  Next: {}"),
        ("ja", "  確認した内容: {}。", "  次の対応: {}"),
    ):
        asked = ("verdicts", "--db", db, *ALL, "--limit", "5", "--lang", language)
        shown = run(*asked).out.splitlines()
        for line in run(*asked, "--json").json["verdicts"]:
            assert seen.format(line["seen"]) in shown
            assert following.format(line["next"]) in shown


def test_lines_can_be_in_japanese_with_the_same_numbers(run: Run, db: Path) -> None:
    english = run("verdicts", "--db", db, *ALL, "--json").json
    japanese = run("verdicts", "--db", db, *ALL, "--lang", "ja", "--json").json
    assert english["split"] == japanese["split"]
    worded = {"seen", "next", "runbook"}
    for one, other in zip(english["verdicts"], japanese["verdicts"], strict=True):
        assert {name: one[name] for name in one.keys() - worded} == {
            name: other[name] for name in other.keys() - worded
        }
        assert one["next"].isascii()
        assert not other["next"].isascii()
    shown = run("verdicts", "--db", db, *ALL, "--lang", "ja").out
    assert "自社・正常" in shown
    assert "docs/runbook/ja/" in shown
    assert "Seen:" not in shown


def test_days_without_mail_are_said_to_be_so(run: Run, db: Path) -> None:
    for lang, said in (("en", "No messages"), ("ja", "メールはありません")):
        ran = run("verdicts", "--db", db, "--since", "1999-01-01", "--until", "1999-01-31", "--lang", lang)
        assert (ran.code, ran.out.startswith(said)) == (0, True)


def test_an_empty_database_says_what_to_do_next(run: Run, tmp_path: Path) -> None:
    ran = run("verdicts", "--db", tmp_path / "none.duckdb")
    assert ran.code == 4
    assert "whosends poll" in ran.err


def test_an_approved_sender_is_ours_and_an_ignored_one_is_left_out(run: Run, tmp_path: Path) -> None:
    db, mail = tmp_path / "w.duckdb", tmp_path / "r.xml"
    mail.write_bytes(report_bytes([record("7", source_ip="192.0.2.9")]))
    assert run("load", mail, "--db", db, "--json").code == 0

    def told() -> tuple[str, str, str | None]:
        (line,) = run("verdicts", "--db", db, *ALL, "--json").json["verdicts"]
        return line["side"], line["rule_id"], line["entry_id"]

    before = told()
    assert before[2] is None
    approved = run(
        "senders", "approve", "relay", "--rule", "ip:192.0.2.9", "--domain", "*", "--why", "ours", "--db", db
    )
    assert approved.code == 0, approved.err
    assert told()[2] == "relay"
    assert run("senders", "ignore", "relay", "--why", "a test", "--db", db).code == 0
    assert told() == ("excluded", "X1", "relay")
