"""Deciding, looking at the ledger and looking after the data, on the command line."""

from __future__ import annotations

import io
import os
import pwd
import sys
from typing import TYPE_CHECKING

import pytest

from ingest import wiring
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept
from tests.fakes.reports import record, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.settings import Settings
    from tests.dashboards.cli.conftest import Run

PARTIAL, WHOLE, HELD = (kept.sha(one) for one in (kept.PARTIAL, kept.WHOLE, kept.HELD))


@pytest.fixture
def settings(run: Run, tmp_path: Path) -> Settings:
    return kept.copied(tmp_path)


def test_accept_says_what_became_of_it_and_writes_down_who(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "anna")
    ran = run("accept", PARTIAL[:10], "--why", "checked", "--db", settings.db)
    assert (ran.code, ran.out) == (0, f"{PARTIAL[:16]}: partial → accepted\n")
    assert kept.frame(settings, "SELECT who, why FROM v_act").iloc[0].tolist() == ["anna", "checked"]


def test_reject_json_is_one_object(run: Run, settings: Settings) -> None:
    ran = run("reject", WHOLE, PARTIAL, "--why", "forged", "--who", "ben", "--db", settings.db, "--json")
    assert ran.json["who"] == "ben"
    assert [line["fate_after"] for line in ran.json["payloads"]] == ["rejected", "rejected"]
    assert [line["fate_before"] for line in ran.json["payloads"]] == ["accepted", "partial"]


def test_many_are_accepted_at_once_with_yes(run: Run, settings: Settings) -> None:
    ran = run(
        "accept",
        "--fate",
        "partial",
        "--reporter",
        "Reporter Example",
        "--why",
        "x",
        "--who",
        "a",
        "--yes",
        "--db",
        settings.db,
    )
    assert (ran.code, ran.out.count("accepted")) == (0, 1)
    ran = run("accept", "--reason-matches", "ENDS BEFORE", "--why", "x", "--who", "a", "--yes", "--db", settings.db)
    assert ran.out == f"{HELD[:16]}: quarantined → accepted\n"
    ran = run("accept", "--fate", "quarantined", "--why", "x", "--who", "a", "--yes", "--db", settings.db)
    assert ran.out == "Nothing fits; nothing was done.\n"


class Terminal(io.StringIO):
    """Somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "fate"), [("n\n", "partial"), ("y\n", "accepted")])
def test_many_at_once_are_asked_for(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, typed: str, fate: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    ran = run("accept", "--fate", "partial", "--why", "x", "--who", "a", "--db", settings.db)
    assert ran.code == 0
    assert kept.report_fate(settings, kept.PARTIAL) == fate


def test_many_at_once_need_a_yes_where_nobody_can_be_asked(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    ran = run("accept", "--fate", "partial", "--why", "x", "--who", "a", "--db", settings.db)
    assert (ran.code, "--yes" in ran.err) == (2, True)
    assert kept.report_fate(settings, kept.PARTIAL) == "partial"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((WHOLE,), "is accepted already"),
        ((kept.sha(kept.UNREADABLE),), "holds no report that could be read"),
        (("12345678",), "nothing in the ledger begins with"),
        (("123",), "not the beginning of a SHA-256"),
    ],
)
def test_what_cannot_be_accepted_ends_with_a_reason(
    run: Run, settings: Settings, arguments: tuple[str, ...], says: str
) -> None:
    ran = run("accept", *arguments, "--why", "x", "--who", "a", "--db", settings.db)
    assert ran.code == 2
    assert says in ran.err


def test_payloads_and_filters_exclude_each_other(run: Run, settings: Settings) -> None:
    assert run("accept", "--why", "x", "--db", settings.db).code == 2
    assert run("accept", WHOLE, "--fate", "partial", "--why", "x", "--db", settings.db).code == 2


def test_ledger_lists_every_mail_with_its_reason(run: Run, settings: Settings) -> None:
    ran = run("ledger", "--db", settings.db, "--json")
    assert ran.json["total"] == len(ran.json["lines"]) == sum(ran.json["fates"].values()) == len(kept.MAILS)
    reasons = {line["origin"].rsplit("/", 1)[1]: line["reason"] for line in ran.json["lines"]}
    assert reasons["7-words.eml"] == "no report found in it"
    assert "cannot be read" in reasons["4-partial.eml"]
    assert "8 lines: " in run("ledger", "--db", settings.db).out


def test_ledger_filters(run: Run, settings: Settings) -> None:
    for arguments, lines in (
        (("--fate", "partial"), 1),
        (("--search", "words.eml"), 1),
        (("--reporter", "nobody"), 0),
        (("--domain", "EXAMPLE.com"), 6),
        (("--since", "2026-03-04", "--until", "2026-03-04"), 1),
        (("--limit", "2"), 2),
    ):
        assert len(run("ledger", *arguments, "--db", settings.db, "--json").json["lines"]) == lines, arguments
    assert run("ledger", "--fate", "duplicate", "--search", "zzz", "--db", settings.db).out == "Nothing fits.\n"


def test_ledger_shows_reports_that_share_their_period(run: Run, tmp_path: Path) -> None:
    db = tmp_path / "w.duckdb"
    for number in (1, 2):
        path = tmp_path / f"{number}.xml"
        path.write_bytes(report_bytes([record(str(number))], report_id=f"r-{number}"))
        run("load", path, "--db", db)
    assert [line["meets"] for line in run("ledger", "--meets", "--db", db, "--json").json["lines"]] == ["parallel"] * 2
    assert run("ledger", "--meets", "--db", db).out.count("parallel:") == 2


def test_ledger_missing_and_parked_have_words_for_nothing(run: Run, settings: Settings) -> None:
    assert run("ledger", "--missing", "--db", settings.db, "--json").json == {"missing": []}
    assert "still does" in run("ledger", "--missing", "--db", settings.db).out
    assert run("ledger", "--parked", "--db", settings.db).out == "No mail is parked.\n"


def test_raw_writes_a_payload_or_a_mail_as_it_came(run: Run, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("raw", WHOLE[:8], "--out", out, "--db", settings.db).code == 0
    assert out.read_bytes() == kept.WHOLE
    body = kept.MAILS["7-words.eml"]
    assert run("raw", kept.sha(body), "--out", out, "--db", settings.db).code == 0
    assert out.read_bytes() == body


def test_raw_without_bytes_is_an_error(run: Run, settings: Settings, tmp_path: Path) -> None:
    for path in settings.spool.glob("??/*.gz"):
        path.unlink()
    ran = run("raw", WHOLE, "--out", tmp_path / "out", "--db", settings.db)
    assert ran.code == 4
    assert "not in the spool" in ran.err


def test_reparse_says_that_nothing_changed(run: Run, settings: Settings) -> None:
    before = fingerprint(wiring.database(settings))
    ran = run("reparse", "--dry-run", "--db", settings.db)
    assert ran.out.splitlines() == [
        "8 mails were read again.",
        "Nothing is different.",
        "Nothing was changed: this was a dry run.",
    ]
    ran = run("reparse", "--db", settings.db, "--json")
    assert ran.json["replaced"] is True
    assert ran.json["changes"] == {"tables": {}, "payloads": []}
    assert fingerprint(wiring.database(settings)) == before


def test_reparse_names_what_changed(run: Run, settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute("UPDATE payload SET messages = 1 WHERE payload_sha256 = $1", [PARTIAL])
    ran = run("reparse", "--payload", PARTIAL[:8], "--db", settings.db)
    assert f"{PARTIAL[:12]} in " in ran.out
    assert "partial, 1 messages → partial, 4 messages" in ran.out


def test_backup_and_restore(run: Run, settings: Settings, tmp_path: Path) -> None:
    assert "verified" in run("backup", tmp_path / "b.tar", "--db", settings.db).out
    other = tmp_path / "other" / "w.duckdb"
    assert run("restore", tmp_path / "b.tar", "--db", other, "--json").json["mails"] == 8
    assert fingerprint(Database(other)) == fingerprint(wiring.database(settings))
    ran = run("restore", tmp_path / "b.tar", "--db", other)
    assert ran.code == 2
    assert "--force" in ran.err
    assert run("restore", tmp_path / "b.tar", "--db", other, "--force").code == 0


def test_compact_says_how_large_the_file_was_and_is(run: Run, settings: Settings) -> None:
    before, size = fingerprint(wiring.database(settings)), settings.db.stat().st_size
    ran = run("compact", "--db", settings.db, "--json")
    assert ran.json["path"] == str(settings.db)
    assert (ran.json["size_bytes_before"], ran.json["size_bytes_after"]) == (size, settings.db.stat().st_size)
    assert f"{ran.json['records']} records" in run("compact", "--db", settings.db).out
    assert fingerprint(wiring.database(settings)) == before


def test_doctor_finds_explains_and_repairs(run: Run, settings: Settings) -> None:
    before = fingerprint(wiring.database(settings))
    with Database(settings.db).write() as connection:
        connection.execute("DELETE FROM record WHERE record_index = 0")
    ran = run("doctor", "--db", settings.db)
    assert ran.code == 4
    assert "not what their records add up to" in ran.out
    assert "--repair: the database is made anew" in ran.out
    ran = run("doctor", "--repair", "--deep", "--db", settings.db, "--json")
    assert ran.code == 0
    assert ran.json["healthy"] is True
    assert len(ran.json["repaired"]) == 1
    assert fingerprint(wiring.database(settings)) == before


def test_doctor_makes_a_lost_database_anew(run: Run, settings: Settings) -> None:
    settings.db.unlink()
    assert run("doctor", "--db", settings.db).code == 4
    assert run("doctor", "--repair", "--db", settings.db).code == 0
    assert kept.messages(settings) == 41


def test_where_the_environment_has_no_name_the_account_decides(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert run("reject", WHOLE, "--why", "x", "--db", settings.db).code == 0
    decided = wiring.database(settings).frame("SELECT who FROM v_act ORDER BY act_no DESC LIMIT 1")
    assert decided["who"].tolist() == [pwd.getpwuid(os.getuid()).pw_name]
