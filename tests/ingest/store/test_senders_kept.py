"""What people decide about senders is kept for ever, the last word counts, and no crash loses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ingest import custody, registering, wiring
from ingest.errors import SettingsError, StoreError
from ingest.journal import Journal
from ingest.registering import Said
from ingest.registry import Change, Decision, SenderAct
from ingest.settings import Settings
from ingest.store import senders
from ingest.store.act_table import ActTable
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept
from tests.fakes.senders import NOON, an_entry, register

if TYPE_CHECKING:
    from pathlib import Path

NEWS = an_entry("news", "dkim:example.com/s1", "service:sendgrid", owner="Marketing", critical=True, note="日本語\n")
BAD = an_entry("bad", "ip:192.0.2.0/24", decision=Decision.DENY, valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 4))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return kept.copied(tmp_path)


def edit(settings: Settings, entry_id: str, decision: Decision | None = None, **fields: object) -> None:
    registering.decide(settings, entry_id, decision, Said(fields), who="bert", why="changed my mind")


def journal(settings: Settings) -> Journal:
    return Journal(settings.spool)


def test_the_last_act_about_an_entry_counts_and_all_acts_are_kept(settings: Settings) -> None:
    register(settings, NEWS, BAD)
    edit(settings, "news", ticket="MAIL-1")
    edit(settings, "news", Decision.IGNORE)
    assert registering.entries(settings) == [BAD, replace(NEWS, ticket="MAIL-1", decision=Decision.IGNORE)]
    acts = registering.history(settings, "news")
    assert [(act.who, act.what, act.why) for act in acts] == [
        ("anna", "approve", "asked the team"),
        ("bert", "edit", "changed my mind"),
        ("bert", "ignore", "changed my mind"),
    ]
    assert acts[0].entry == NEWS
    found = kept.frame(settings, "SELECT entry_id, decision, changed_by, changed_how FROM v_sender ORDER BY 1")
    assert found.to_numpy().tolist() == [["bad", "deny", "anna", "deny"], ["news", "ignore", "bert", "ignore"]]


def test_an_entry_that_is_retired_holds_for_the_days_before(settings: Settings) -> None:
    register(settings, NEWS)
    registering.retire(settings, "news", date(2026, 3, 9), who="anna", why="contract ended")
    assert registering.entries(settings) == [replace(NEWS, valid_to=date(2026, 3, 9))]
    with pytest.raises(SettingsError, match="ends on 2026-03-09 already"):
        registering.retire(settings, "news", date(2026, 3, 9), who="anna", why="again")


def test_rules_are_replaced_or_added_and_read_for_the_domains_of_the_entry(settings: Settings) -> None:
    register(settings, an_entry("news", "service:sendgrid", domains=("example.org",)))
    more = Said({"domains": ("example.com",)}, more_rules=["dkim:example.com"])
    after = registering.decide(settings, "news", None, more, who="a", why="b").after
    assert [str(rule) for rule in after.rules] == ["service:sendgrid!vendor", "dkim:example.com!tenant"]
    after = registering.decide(settings, "news", None, Said(rules=["ip:192.0.2.1"]), who="a", why="b").after
    assert [str(rule) for rule in after.rules] == ["ip:192.0.2.1!tenant"]


def test_what_changes_nothing_or_names_nothing_is_refused(settings: Settings) -> None:
    register(settings, NEWS)
    with pytest.raises(SettingsError, match="is so already"):
        edit(settings, "news", Decision.APPROVE, owner=" Marketing ")
    with pytest.raises(SettingsError, match="no sender 'nobody'"):
        edit(settings, "nobody", owner="x")
    with pytest.raises(SettingsError, match="no sender 'nobody'"):
        registering.history(settings, "nobody")
    assert len(journal(settings).known_sender_acts()) == 1


@pytest.mark.parametrize(("who", "why"), [("", "x"), ("x", "  "), ("x", "y" * 1001)])
def test_who_and_why_are_asked_for_and_of_several_all_or_none_are_done(settings: Settings, who: str, why: str) -> None:
    with pytest.raises(SettingsError, match=r"missing|too long"):
        registering.decide(
            settings, "new", Decision.DENY, Said({"domains": ("*",)}, ["ip:192.0.2.1"]), who=who, why=why
        )
    assert journal(settings).known_sender_acts() == []
    assert registering.entries(settings) == []


def test_the_journal_gives_back_what_was_decided(settings: Settings) -> None:
    register(settings, NEWS, BAD)
    assert [act.entry for act in journal(settings).known_sender_acts()] == [NEWS, BAD]
    assert journal(settings).known_sender_acts() == senders.history(wiring.database(settings))


def test_an_act_that_is_only_in_the_journal_is_in_force_after_the_next_run(settings: Settings, tmp_path: Path) -> None:
    """As after a crash between the journal and the commit."""
    journal(settings).sender_acts([SenderAct(NOON, "anna", "approve", "seen", NEWS)])
    assert [finding.name for finding in custody.examine(settings)] == ["acts"]
    kept.load(tmp_path, {"1-whole.eml": kept.MAILS["1-whole.eml"]})
    assert registering.entries(settings) == [NEWS]
    assert custody.examine(settings) == []
    assert senders.ACTS.catch_up(wiring.database(settings), journal(settings).known_sender_acts()) == 0


def test_an_act_that_is_only_in_the_journal_comes_before_the_next_act(settings: Settings) -> None:
    journal(settings).sender_acts([SenderAct(NOON, "anna", "approve", "seen", NEWS)])
    edit(settings, "news", owner="Sales")
    assert [act.what for act in registering.history(settings, "news")] == ["approve", "edit"]
    assert registering.entries(settings) == [replace(NEWS, owner="Sales")]


def test_when_the_commit_fails_the_act_is_in_the_journal_and_nothing_is_half_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(ActTable, "apply", refuse)
        with pytest.raises(StoreError, match="disk is full"):
            register(settings, NEWS, BAD)
    assert registering.entries(settings) == []
    assert senders.ACTS.catch_up(wiring.database(settings), journal(settings).known_sender_acts()) == 2
    assert registering.entries(settings) == [BAD, NEWS]


def test_what_cannot_be_written_down_is_not_done(settings: Settings) -> None:
    def refuse(_: object) -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="disk is full"):
        senders.decide(
            wiring.database(settings),
            lambda _: [Change("approve", None, NEWS)],
            lambda change: SenderAct(NOON, "anna", change.what, "seen", change.after),
            earlier=list,
            write_down=refuse,
        )
    assert registering.entries(settings) == []


def test_reading_everything_again_keeps_what_was_decided(settings: Settings) -> None:
    register(settings, NEWS, BAD)
    custody.act(settings, "accept", [kept.sha(kept.PARTIAL)], who="anna", why="x")
    edit(settings, "news", owner="Sales")
    before = fingerprint(wiring.database(settings))
    done = custody.reparse(settings)
    assert done.changes is not None
    assert done.changes.nothing
    assert fingerprint(wiring.database(settings)) == before
    settings.db.unlink()
    custody.reparse(settings)
    assert fingerprint(wiring.database(settings)) == before
    assert registering.entries(settings) == [BAD, replace(NEWS, owner="Sales")]


def test_a_lost_decision_is_told_by_a_comparison(settings: Settings) -> None:
    register(settings, NEWS, BAD)
    lines = journal(settings).path.read_bytes().splitlines(keepends=True)
    journal(settings).path.write_bytes(b"".join(line for line in lines if b'"bad"' not in line))
    changes = custody.reparse(settings, dry_run=True).changes
    assert changes is not None
    assert changes.tables["sender_act"].lost == 1


def test_a_backup_carries_the_registry(settings: Settings, tmp_path: Path) -> None:
    register(settings, NEWS, BAD)
    custody.backup(settings, tmp_path / "b.tar")
    other = Settings(db=tmp_path / "elsewhere" / "w.duckdb")
    custody.restore(other, tmp_path / "b.tar")
    assert registering.entries(other) == [BAD, NEWS]
    other.db.unlink()
    custody.reparse(other)
    assert registering.entries(other) == [BAD, NEWS]


def test_a_smaller_file_holds_the_registry_too(settings: Settings) -> None:
    register(settings, NEWS)
    custody.compact(settings)
    assert registering.entries(settings) == [NEWS]


def test_a_registry_can_be_made_before_the_first_report_comes(tmp_path: Path) -> None:
    settings = Settings(db=tmp_path / "new.duckdb")
    register(settings, NEWS)
    assert registering.entries(settings) == [NEWS]
