"""What a person decides holds, is kept for ever, and survives a crash at any moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from ingest import custody, wiring
from ingest.errors import SettingsError, StoreError, StoreMissing
from ingest.journal import Journal
from ingest.model import Act, Fate
from ingest.settings import Settings
from ingest.store import acts
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept
from tests.fakes.reports import gz, mail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOON = datetime(2026, 3, 5, 12)  # noqa: DTZ001 - naive UTC


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return kept.copied(tmp_path)


def decide(settings: Settings, what: str, *contents: bytes, why: str = "looked at it") -> list[tuple[Fate, Fate]]:
    return custody.act(settings, what, [kept.sha(one) for one in contents], who="anna", why=why)


def journal(settings: Settings) -> Journal:
    return Journal(settings.spool)


def test_an_accepted_partial_report_counts_and_its_lines_say_who_and_why(settings: Settings) -> None:
    before = kept.messages(settings)
    assert decide(settings, "accept", kept.PARTIAL) == [(Fate.PARTIAL, Fate.ACCEPTED)]
    assert kept.messages(settings) == before + 4
    assert kept.fates(settings)["4-partial.eml"] == "accepted"
    for view in ("v_mail", "v_payload"):
        reasons = kept.frame(settings, f"SELECT reason FROM {view} WHERE origin LIKE '%/4-partial.eml'")["reason"]  # noqa: S608
        assert reasons.tolist() == ["accepted by anna: looked at it"]
    act = kept.frame(settings, "SELECT * FROM v_act").iloc[0]
    assert act[["act_no", "who", "what", "why", "fate_before", "fate_after"]].tolist() == [
        *(1, "anna", "accept", "looked at it", "partial", "accepted")
    ]


def test_a_quarantined_report_can_be_released(settings: Settings) -> None:
    assert decide(settings, "accept", kept.HELD) == [(Fate.QUARANTINED, Fate.ACCEPTED)]


def test_an_older_version_that_is_released_is_superseded_by_the_newer_one(settings: Settings) -> None:
    decide(settings, "reject", kept.OLDER)
    before = kept.messages(settings)
    assert decide(settings, "accept", kept.OLDER) == [(Fate.REJECTED, Fate.SUPERSEDED)]
    assert kept.messages(settings) == before
    assert kept.report_fate(settings, kept.NEWER) == "accepted"


def test_when_the_newest_version_is_rejected_the_older_one_counts_again(settings: Settings) -> None:
    before = kept.messages(settings)
    assert decide(settings, "reject", kept.NEWER) == [(Fate.ACCEPTED, Fate.REJECTED)]
    assert kept.messages(settings) == before - 31 + 20
    assert kept.fates(settings)["2-older.eml"] == "accepted"
    assert decide(settings, "accept", kept.NEWER) == [(Fate.REJECTED, Fate.ACCEPTED)]
    assert kept.messages(settings) == before
    assert kept.fates(settings)["2-older.eml"] == "superseded"


@pytest.mark.parametrize("content", [kept.WHOLE, kept.PARTIAL, kept.HELD], ids=["accepted", "partial", "quarantined"])
def test_what_a_person_rejected_does_not_come_back_with_another_delivery(
    settings: Settings, tmp_path: Path, content: bytes
) -> None:
    decide(settings, "reject", content)
    before = kept.messages(settings)
    kept.load(tmp_path, {"9-again.eml": mail(gz(content), message_id="<9@r.example>", date=kept.DATES[1])})
    assert kept.report_fate(settings, content) == "rejected"
    assert kept.fates(settings)["9-again.eml"] == "duplicate"
    assert kept.messages(settings) == before


def test_an_unreadable_payload_that_was_rejected_is_rejected_again_when_it_comes_again(
    settings: Settings, tmp_path: Path
) -> None:
    content = kept.HELD.replace(b"<end>1</end>", b"")
    kept.load(tmp_path, {"90.xml": content})
    assert kept.fates(settings)["90.xml"] == "quarantined"
    assert decide(settings, "reject", content) == [(Fate.QUARANTINED, Fate.REJECTED)]
    kept.load(tmp_path, {"91.eml": mail(gz(content), message_id="<91@r.example>")})
    assert (kept.fates(settings)["90.xml"], kept.fates(settings)["91.eml"]) == ("rejected", "rejected")


def test_a_payload_without_a_report_cannot_be_accepted(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="holds no report that could be read: the report holds no record"):
        decide(settings, "accept", kept.UNREADABLE)
    assert kept.frame(settings, "SELECT * FROM v_act").empty
    assert journal(settings).known_acts() == []


@pytest.mark.parametrize(
    ("what", "content", "says"),
    [
        ("accept", kept.WHOLE, "is accepted already"),
        ("accept", kept.OLDER, "is superseded already"),
        ("reject", kept.UNREADABLE, "is rejected already"),
        ("reject", b"never seen", "no payload"),
    ],
)
def test_an_act_that_changes_nothing_is_refused(settings: Settings, what: str, content: bytes, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        decide(settings, what, content)


@pytest.mark.parametrize(("who", "why"), [("", "x"), ("x", "  "), ("x", "y" * 1001)])
def test_who_and_why_are_asked_for(settings: Settings, who: str, why: str) -> None:
    with pytest.raises(SettingsError, match=r"missing|too long"):
        custody.act(settings, "reject", [kept.sha(kept.WHOLE)], who=who, why=why)


def test_of_several_payloads_all_or_none_are_decided(settings: Settings) -> None:
    with pytest.raises(SettingsError):
        decide(settings, "accept", kept.PARTIAL, kept.WHOLE)
    assert kept.fates(settings)["4-partial.eml"] == "partial"
    assert len(decide(settings, "accept", kept.PARTIAL, kept.HELD)) == 2


def test_payloads_are_named_by_the_beginning_of_their_hash(settings: Settings) -> None:
    whole = kept.sha(kept.WHOLE)
    assert custody.payloads(settings, [whole[:8], whole.upper()]) == [whole]
    for name, says in (("1234567", "not the beginning"), ("zzzzzzzz", "not the beginning"), ("0" * 12, "nothing")):
        with pytest.raises(SettingsError, match=says):
            custody.payloads(settings, [name])


def test_an_ambiguous_beginning_is_refused(settings: Settings) -> None:
    with Database(settings.db).write() as connection:
        connection.execute(
            "UPDATE payload SET payload_sha256 = 'abcdef0123456789' || substr(payload_sha256, 17) WHERE records IS NOT NULL"
        )
    with pytest.raises(SettingsError, match="names more than one"):
        custody.payloads(settings, ["abcdef01"])


def test_held_payloads_are_found_by_reason_fate_and_reporter(settings: Settings) -> None:
    both = sorted([kept.sha(kept.PARTIAL), kept.sha(kept.HELD)])
    held = [Fate.PARTIAL, Fate.QUARANTINED]
    assert custody.held(settings, held) == both
    assert custody.held(settings, held, reason="CANNOT BE READ") == [kept.sha(kept.PARTIAL)]
    assert custody.held(settings, held, reporter="nobody") == []


def test_an_act_that_is_only_in_the_journal_is_in_force_after_the_next_run(settings: Settings, tmp_path: Path) -> None:
    """As after a crash between the journal and the commit."""
    journal(settings).acts([Act(NOON, "anna", "accept", kept.sha(kept.PARTIAL), "seen")])
    kept.load(tmp_path, {"1-whole.eml": kept.MAILS["1-whole.eml"]})
    assert kept.report_fate(settings, kept.PARTIAL) == "accepted"
    before = fingerprint(wiring.database(settings))
    for _ in range(2):
        assert acts.catch_up(wiring.database(settings), journal(settings).known_acts()) == 0
    assert fingerprint(wiring.database(settings)) == before


def test_an_act_that_is_only_in_the_journal_comes_before_the_next_act(settings: Settings) -> None:
    journal(settings).acts([Act(NOON, "anna", "accept", kept.sha(kept.PARTIAL), "seen")])
    assert decide(settings, "reject", kept.PARTIAL) == [(Fate.ACCEPTED, Fate.REJECTED)]
    assert kept.frame(settings, "SELECT what FROM v_act ORDER BY act_no")["what"].tolist() == ["accept", "reject"]


def test_when_the_commit_fails_the_act_is_in_the_journal_and_nothing_is_half_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    before = fingerprint(wiring.database(settings))
    with monkeypatch.context() as patched:
        patched.setattr(acts, "settle", refuse)
        with pytest.raises(StoreError, match="disk is full"):
            decide(settings, "accept", kept.PARTIAL)
    assert fingerprint(wiring.database(settings)) == before
    assert len(journal(settings).known_acts()) == 1
    assert acts.catch_up(wiring.database(settings), journal(settings).known_acts()) == 1
    assert kept.report_fate(settings, kept.PARTIAL) == "accepted"


def test_what_cannot_be_written_down_is_not_done(settings: Settings) -> None:
    def refuse(_: Sequence[Act]) -> None:
        raise StoreError("the disk is full")

    act = Act(NOON, "anna", "accept", kept.sha(kept.PARTIAL), "seen")
    with pytest.raises(StoreError, match="disk is full"):
        acts.decide(wiring.database(settings), [act], earlier=list, write_down=refuse)
    assert kept.report_fate(settings, kept.PARTIAL) == "partial"


def test_without_a_database_nothing_is_created(tmp_path: Path) -> None:
    settings = Settings(db=tmp_path / "none.duckdb")
    with pytest.raises(StoreMissing):
        custody.act(settings, "accept", ["0" * 64], who="a", why="b")
    assert list(tmp_path.iterdir()) == []
