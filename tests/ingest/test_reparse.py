"""The spool alone makes the database again, to the last cell; and what changed is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import custody, wiring
from ingest.errors import SettingsError, StoreError
from ingest.journal import Journal, Verdict
from ingest.model import Fate, Origin, RawMail
from ingest.poll import Pipeline
from ingest.remembered import Remembered
from ingest.settings import Gates, Settings, TrustSettings
from ingest.spool import DiskSpool
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from ingest.store.partly import Wanted
from tests.fakes import kept
from tests.fakes.reports import gz, mail, record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.model import ReadMail

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "files"
NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Mails of every fate, and decisions about some of them."""
    settings = kept.copied(tmp_path)
    decide(settings, "accept", kept.PARTIAL)
    decide(settings, "reject", kept.NEWER)
    kept.load(tmp_path, {"9-again.eml": mail(gz(kept.NEWER), message_id="<9@r.example>")})
    decide(settings, "reject", kept.HELD)
    return settings


def decide(settings: Settings, what: str, content: bytes) -> None:
    custody.act(settings, what, [kept.sha(content)], who="anna", why="looked at it")


def prints(settings: Settings) -> dict[str, str]:
    return fingerprint(wiring.database(settings))


def beside(settings: Settings) -> set[str]:
    return {path.name for path in settings.db.parent.iterdir() if path.name.startswith("kept")}


def test_with_the_same_parser_nothing_changes(settings: Settings) -> None:
    before = prints(settings)
    done = custody.reparse(settings)
    assert (done.replaced, done.changes is not None and done.changes.nothing) == (True, True)
    assert done.mails == 9
    assert prints(settings) == before
    assert beside(settings) == {
        "kept.duckdb",
        "kept.duckdb.turn",
        "kept.duckdb.writer",
        "kept.duckdb.lock",
        "kept.duckdb.filing",
        "kept.spool",
    }


def test_the_spool_alone_is_enough(settings: Settings) -> None:
    before = prints(settings)
    settings.db.unlink()
    done = custody.reparse(settings)
    assert done.changes is None
    assert prints(settings) == before


def test_a_second_load_of_the_same_files_changes_nothing_in_a_rebuild(settings: Settings, tmp_path: Path) -> None:
    kept.load(tmp_path)
    before = prints(settings)
    custody.reparse(settings)
    assert prints(settings) == before


@pytest.mark.parametrize("folder", [ROOT / "data" / "samples", CORPUS], ids=["samples", "corpus"])
def test_every_real_report_comes_out_the_same(tmp_path: Path, folder: Path) -> None:
    if not folder.exists():
        pytest.skip(f"no corpus in {folder}")
    settings = Settings(db=tmp_path / "w.duckdb")
    wiring.load_paths(settings, [folder])
    held = kept.frame(settings, "SELECT payload_sha256, fate FROM v_report ORDER BY 1")
    for what, fates in (("accept", ("partial", "quarantined")), ("reject", ("accepted", "superseded"))):
        chosen = held[held["fate"].isin(fates)]["payload_sha256"].tolist()[:3]
        if chosen:
            custody.act(settings, what, chosen, who="anna", why="x")
    before = prints(settings)
    done = custody.reparse(settings)
    assert done.unreadable == done.failed == []
    assert prints(settings) == before
    custody.reparse(settings, Wanted(since=date(1990, 1, 1)))
    assert prints(settings) == before
    settings.db.unlink()
    custody.reparse(settings)
    assert prints(settings) == before


def test_what_is_known_about_sources_is_carried_over(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute("UPDATE source SET reverse_name = 'mail.example', reverse_utc = '2026-03-03'")
    before = kept.frame(settings, "SELECT * FROM v_source ORDER BY 1")
    custody.reparse(settings)
    assert kept.frame(settings, "SELECT * FROM v_source ORDER BY 1").equals(before)


def test_a_dry_run_says_what_would_change_and_changes_nothing(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute("UPDATE record SET messages = 999, header_from = 'x'")
    before = prints(settings)
    done = custody.reparse(settings, dry_run=True)
    assert done.changes is not None
    assert set(done.changes.tables) == {"record"}
    assert done.changes.tables["record"].columns == {"messages": 6, "header_from": 6}
    assert not done.replaced
    assert prints(settings) == before


def test_what_changed_is_named_by_payload_and_column(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute(
            "UPDATE payload SET fate = 'rejected', messages = 1 WHERE payload_sha256 = $1", [kept.sha(kept.OLDER)]
        )
    done = custody.reparse(settings)
    assert done.changes is not None
    assert done.changes.tables["payload"].columns == {"fate": 1, "messages": 1}
    (one,) = done.changes.payloads
    assert (one["payload_sha256"], one["fate_before"], one["fate_after"]) == (
        kept.sha(kept.OLDER),
        "rejected",
        "accepted",
    )
    assert (one["messages_before"], one["messages_after"]) == (1, 20)


def test_other_settings_give_another_verdict_and_a_decision_still_holds(settings: Settings) -> None:
    strict = replace(settings, domains=("other.example",), gates=Gates(on_load=True))
    done = custody.reparse(strict)
    assert done.changes is not None
    assert "fate" in done.changes.tables["report"].columns
    assert kept.report_fate(strict, kept.WHOLE) == "quarantined"
    assert kept.report_fate(strict, kept.PARTIAL) == "accepted"
    assert kept.report_fate(strict, kept.NEWER) == "rejected"


def test_a_database_that_cannot_be_read_is_set_aside_and_made_anew(settings: Settings) -> None:
    before = prints(settings)
    settings.db.write_bytes(b"damaged" * 1000)
    done = custody.reparse(settings)
    assert "not a valid DuckDB database file" in done.problem
    assert prints(settings) == before
    assert [path.read_bytes()[:7] for path in done.aside] == [b"damaged"]


def test_a_database_of_a_newer_program_is_left_alone(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute("INSERT INTO migration VALUES (9999, 'later', now()::TIMESTAMP)")
    before = settings.db.read_bytes()
    with pytest.raises(StoreError, match="has schema 9999"):
        custody.reparse(settings)
    assert settings.db.read_bytes() == before


def test_mails_whose_bytes_are_gone_are_not_given_up_without_being_told(settings: Settings) -> None:
    spool = DiskSpool(settings.spool)
    gone = next(one for one in sorted(spool.names()) if one != kept.sha(kept.HELD))
    (settings.spool / gone[:2] / f"{gone}.gz").unlink()
    before = prints(settings)
    with pytest.raises(StoreError, match="1 mails of the database cannot be read again"):
        custody.reparse(settings)
    assert prints(settings) == before
    done = custody.reparse(settings, force=True)
    assert done.unreadable == [gone]
    assert done.changes is not None
    assert done.changes.tables["mail"].lost == 1


def test_a_mail_of_a_run_that_was_broken_off_is_in_the_rebuilt_database(settings: Settings) -> None:
    body = mail(gz(report_bytes([record("7")], report_id="late")), message_id="<99@r.example>")
    DiskSpool(settings.spool).keep([RawMail(Origin(path="/x/late.eml"), body, None, None, NOON, vouched=True)])
    before = kept.messages(settings)
    done = custody.reparse(settings)
    assert done.changes is not None
    assert done.changes.tables["mail"].added == 1
    assert kept.messages(settings) == before + 7


@pytest.mark.parametrize("content", [kept.OLDER, kept.NEWER, kept.PARTIAL, kept.WHOLE, kept.HELD])
def test_a_part_is_replaced_in_place_and_nothing_else_changes(settings: Settings, content: bytes) -> None:
    before = prints(settings)
    with Database(settings.db).write() as connection:
        connection.execute(
            "UPDATE record SET messages = 999 WHERE report_no IN (SELECT report_no FROM report WHERE payload_sha256 = $1)",
            [kept.sha(content)],
        )
    assert prints(settings) != before
    wanted = Wanted(payloads=(kept.sha(content),))
    told = custody.reparse(settings, wanted, dry_run=True)
    assert told.changes is not None
    assert told.changes.tables["record"].columns == {"messages": told.changes.tables["record"].changed}
    assert prints(settings) != before
    custody.reparse(settings, wanted)
    assert prints(settings) == before


def test_a_part_by_day(settings: Settings) -> None:
    before = prints(settings)
    done = custody.reparse(settings, Wanted(since=date(2026, 3, 4)))
    assert 0 < done.mails < 9
    assert prints(settings) == before
    with pytest.raises(SettingsError, match="no mail fits"):
        custody.reparse(settings, Wanted(since=date(2099, 1, 1)))


def test_a_part_whose_bytes_are_gone_is_left_as_it_is(settings: Settings) -> None:
    for path in settings.spool.glob("??/*.gz"):
        path.unlink()
    before = prints(settings)
    with pytest.raises(StoreError, match="cannot be read again"):
        custody.reparse(settings, Wanted(payloads=(kept.sha(kept.WHOLE),)))
    assert prints(settings) == before


def with_trust(level: int) -> Callable[[RawMail, ReadMail], ReadMail]:
    def step(_: RawMail, read: ReadMail) -> ReadMail:
        evidence = '{"why": "made up"}'
        return replace(read, payloads=tuple(replace(p, trust=level, trust_evidence=evidence) for p in read.payloads))

    return step


def test_a_trust_level_is_remembered_not_found_again(settings: Settings) -> None:
    """The journal keeps what was proven when the mail came; a level below the minimum quarantines as it did then."""
    body = mail(gz(report_bytes(report_id="judged")), message_id="<98@r.example>")
    raw = RawMail(Origin("m", "INBOX", 1, 5), body, NOON, None, NOON)
    first = wiring.pipeline(settings)
    judged = Pipeline(first.store, first.spool, first.read, (with_trust(0),)).examined(raw)
    Journal(settings.spool).verdicts([judged])
    found = [entry for _, entry in Journal(settings.spool).entries() if isinstance(entry, Verdict)]
    verdicts = {(one.mail_sha256, one.payload_sha256, one.ingested_utc): one for one in found}
    remembered = Remembered(verdicts, TrustSettings(), with_trust(3))
    (payload,) = remembered(raw, wiring.pipeline(settings).examined(raw)).payloads
    assert (payload.trust, payload.fate, payload.reason) == (0, Fate.QUARANTINED, "forged: made up")
    (vouched,) = remembered(replace(raw, vouched=True), wiring.pipeline(settings).examined(raw)).payloads
    assert (vouched.trust, vouched.fate) == (0, Fate.ACCEPTED)


def test_a_mail_whose_run_was_broken_off_before_it_was_judged_is_judged_when_it_is_read_again(
    settings: Settings,
) -> None:
    raw = RawMail(Origin("m", "INBOX", 1, 6), mail(gz(report_bytes(report_id="unjudged"))), NOON, None, NOON)
    remembered = Remembered({}, TrustSettings(), with_trust(0))
    (payload,) = remembered(raw, wiring.pipeline(settings).examined(raw)).payloads
    assert payload.trust == 0
