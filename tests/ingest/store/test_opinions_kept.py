"""What people say about verdicts is kept for ever, the last word counts, and no crash loses it."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_so
from hypothesis import strategies as st

from ingest import custody, giving, opinions, wiring
from ingest.errors import SettingsError, StoreError
from ingest.journal import Journal
from ingest.opinions import By, Opinion, OpinionAct, What
from ingest.settings import Settings
from ingest.store import opinions as kept_opinions
from ingest.store.act_table import ActTable
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept
from tests.fakes.opinions import NOON, a_mute, an_act, an_opinion

if TYPE_CHECKING:
    from pathlib import Path

SPOOF = an_opinion(domain="example.com", until=date(2026, 12, 31))
QUIET = a_mute("Example Net 日本 (AS64500)")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return kept.copied(tmp_path)


def journal(settings: Settings) -> Journal:
    return Journal(settings.spool)


def say(settings: Settings, opinion: Opinion) -> OpinionAct:
    what = What.OVERRIDE if opinion.verdict else What.MUTE
    return giving.give(settings, what, opinion, who="anna", why="asked the team")


def said(settings: Settings) -> list[Opinion]:
    return [act.opinion for act in giving.in_force(settings)]


def test_the_last_act_about_a_subject_counts_and_all_acts_are_kept(settings: Settings) -> None:
    say(settings, SPOOF)
    say(settings, QUIET)
    say(settings, replace(SPOOF, verdict="unknown.no_rule", until=None))
    giving.withdraw(settings, What.MUTE, QUIET.subject, who="bert", why=" they know ")
    assert said(settings) == [replace(SPOOF, verdict="unknown.no_rule", until=None)]
    acts = giving.history(settings)
    assert [(act.who, act.what, act.why) for act in acts] == [
        ("anna", "override", "asked the team"),
        ("anna", "mute", "asked the team"),
        ("anna", "override", "asked the team"),
        ("bert", "withdraw_mute", "they know"),
    ]
    assert [act.opinion for act in acts] == [SPOOF, QUIET, *said(settings), QUIET]
    found = kept.frame(
        settings, "SELECT act_no, what, subject_by, subject_value, subject_domain, verdict FROM v_opinion"
    )
    assert found.to_numpy().tolist() == [[3, "override", "source", "192.0.2.0/24", "example.com", "unknown.no_rule"]]


def test_an_override_and_a_mute_of_the_same_mail_are_two_things(settings: Settings) -> None:
    mute = replace(SPOOF, verdict="")
    say(settings, SPOOF)
    say(settings, mute)
    assert said(settings) == [SPOOF, mute]
    giving.withdraw(settings, What.OVERRIDE, SPOOF.subject, who="anna", why="x")
    assert said(settings) == [mute]


def test_what_changes_nothing_is_refused(settings: Settings) -> None:
    with pytest.raises(
        SettingsError, match=r"no override of source 192.0.2.0/24 \(example.com\) is in force"
    ) as caught:
        giving.withdraw(settings, What.OVERRIDE, SPOOF.subject, who="anna", why="x")
    assert "whosends override list" in caught.value.hint
    say(settings, SPOOF)
    with pytest.raises(SettingsError, match="said already"):
        giving.give(settings, What.OVERRIDE, SPOOF, who="bert", why="another reason")
    with pytest.raises(SettingsError, match="no mute of"):
        giving.withdraw(settings, What.MUTE, SPOOF.subject, who="anna", why="x")
    giving.withdraw(settings, What.OVERRIDE, SPOOF.subject, who="anna", why="x")
    with pytest.raises(SettingsError, match="no override of"):
        giving.withdraw(settings, What.OVERRIDE, SPOOF.subject, who="anna", why="x")
    assert len(journal(settings).known_opinion_acts()) == 2


@pytest.mark.parametrize(("who", "why"), [("", "x"), ("x", "  "), ("x", "y" * 1001)])
def test_who_and_why_are_asked_for(settings: Settings, who: str, why: str) -> None:
    with pytest.raises(SettingsError, match=r"missing|too long"):
        giving.give(settings, What.OVERRIDE, SPOOF, who=who, why=why)
    assert journal(settings).known_opinion_acts() == []
    assert giving.history(settings) == []


def test_the_journal_gives_back_what_was_said(settings: Settings) -> None:
    say(settings, SPOOF)
    say(settings, QUIET)
    giving.withdraw(settings, What.OVERRIDE, SPOOF.subject, who="anna", why="日本語\n")
    assert journal(settings).known_opinion_acts() == giving.history(settings)
    assert len(giving.history(settings)) == 3


def test_an_act_that_is_only_in_the_journal_is_in_force_after_the_next_run(settings: Settings, tmp_path: Path) -> None:
    """As after a crash between the journal and the commit."""
    journal(settings).opinion_acts([an_act(opinion=SPOOF)])
    assert [finding.name for finding in custody.examine(settings)] == ["acts"]
    kept.load(tmp_path, {"1-whole.eml": kept.MAILS["1-whole.eml"]})
    assert said(settings) == [SPOOF]
    assert custody.examine(settings) == []
    assert kept_opinions.ACTS.catch_up(wiring.database(settings), journal(settings).known_opinion_acts()) == 0


def test_an_act_that_is_only_in_the_journal_comes_before_the_next_act(settings: Settings) -> None:
    journal(settings).opinion_acts([an_act(opinion=SPOOF)])
    giving.withdraw(settings, What.OVERRIDE, SPOOF.subject, who="bert", why="x")
    assert [act.what for act in giving.history(settings)] == ["override", "withdraw_override"]
    assert said(settings) == []


def test_an_act_that_is_only_in_the_journal_is_in_force_when_it_is_said_again(settings: Settings) -> None:
    journal(settings).opinion_acts([an_act(opinion=SPOOF)])
    with pytest.raises(SettingsError, match="said already"):
        say(settings, SPOOF)
    assert said(settings) == [SPOOF]


def test_an_act_that_is_only_in_the_journal_is_put_right_by_a_repair(settings: Settings) -> None:
    journal(settings).opinion_acts([an_act(opinion=SPOOF)])
    (finding,) = custody.examine(settings)
    assert finding.repair is not None
    custody.repair(settings, finding.repair)
    assert said(settings) == [SPOOF]


def test_when_the_commit_fails_the_act_is_in_the_journal_and_nothing_is_half_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(ActTable, "apply", refuse)
        with pytest.raises(StoreError, match="disk is full"):
            say(settings, SPOOF)
    assert said(settings) == []
    assert kept_opinions.ACTS.catch_up(wiring.database(settings), journal(settings).known_opinion_acts()) == 1
    assert said(settings) == [SPOOF]


def test_what_cannot_be_written_down_is_not_done(settings: Settings) -> None:
    def refuse(_: object) -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="disk is full"):
        kept_opinions.decide(wiring.database(settings), an_act(opinion=SPOOF), earlier=list, write_down=refuse)
    assert giving.history(settings) == []


def test_reading_everything_again_keeps_what_was_said(settings: Settings) -> None:
    say(settings, SPOOF)
    custody.act(settings, "accept", [kept.sha(kept.PARTIAL)], who="anna", why="x")
    say(settings, QUIET)
    giving.withdraw(settings, What.OVERRIDE, SPOOF.subject, who="anna", why="x")
    before = fingerprint(wiring.database(settings))
    done = custody.reparse(settings)
    assert done.changes is not None
    assert done.changes.nothing
    assert fingerprint(wiring.database(settings)) == before
    settings.db.unlink()
    custody.reparse(settings)
    assert fingerprint(wiring.database(settings)) == before
    assert said(settings) == [QUIET]


def test_a_lost_act_is_told_by_a_comparison(settings: Settings) -> None:
    say(settings, SPOOF)
    say(settings, QUIET)
    lines = journal(settings).path.read_bytes().splitlines(keepends=True)
    journal(settings).path.write_bytes(b"".join(line for line in lines if b'"mute"' not in line))
    changes = custody.reparse(settings, dry_run=True).changes
    assert changes is not None
    assert changes.tables["opinion_act"].lost == 1


def test_a_backup_and_a_smaller_file_carry_what_was_said(settings: Settings, tmp_path: Path) -> None:
    say(settings, SPOOF)
    custody.compact(settings)
    custody.backup(settings, tmp_path / "b.tar")
    other = Settings(db=tmp_path / "elsewhere" / "w.duckdb")
    custody.restore(other, tmp_path / "b.tar")
    assert said(other) == [SPOOF]
    other.db.unlink()
    custody.reparse(other)
    assert said(other) == [SPOOF]


def test_it_can_be_said_before_the_first_report_comes(tmp_path: Path) -> None:
    settings = Settings(db=tmp_path / "new.duckdb")
    say(settings, SPOOF)
    assert said(settings) == [SPOOF]


_numbers = itertools.count()
_opinions = st.builds(
    an_opinion,
    st.sampled_from(["192.0.2.1", "192.0.2.2"]),
    st.sampled_from(["spoofing.direct", "unknown.no_rule"]),
    until=st.sampled_from([None, date(2026, 3, 5)]),
)
_steps = st.lists(st.tuples(st.sampled_from(What), _opinions, st.booleans()), max_size=10)


@given_so(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(_steps)
def test_what_is_in_force_follows_from_the_acts_whatever_died_in_between(
    tmp_path: Path, steps: list[tuple[What, Opinion, bool]]
) -> None:
    settings = Settings(db=tmp_path / f"{next(_numbers)}" / "w.duckdb")
    database, diary = wiring.database(settings), journal(settings)
    database.bring_up_to_date(create=True)
    for second, (what, opinion, dies) in enumerate(steps):
        told = opinion if what is What.OVERRIDE else replace(opinion, verdict="", until=None)
        act = an_act(what, told, at_utc=NOON + timedelta(seconds=second))
        if dies:
            diary.opinion_acts([act])
            continue
        with suppress(SettingsError):
            kept_opinions.decide(database, act, earlier=diary.known_opinion_acts, write_down=diary.opinion_acts)
    kept_opinions.ACTS.catch_up(database, diary.known_opinion_acts())
    acts = diary.known_opinion_acts()
    assert giving.history(settings) == acts
    assert giving.in_force(settings) == list(opinions.standing(acts).values())
    settings.db.unlink()
    custody.reparse(settings)
    assert giving.in_force(settings) == list(opinions.standing(acts).values())


def test_every_line_of_unauthorized_mail_can_be_spoken_of() -> None:
    from analytics import labels
    from analytics.verdict import grouping

    assert {str(by) for by in grouping.By} == {str(by) for by in opinions.ABOUT[What.MUTE]}
    for by, label in (
        (By.SOURCE, labels.NO_ADDRESS),
        (By.NAME, labels.NO_DOMAIN),
        (By.NETWORK, labels.UNKNOWN_NETWORK),
        (By.COUNTRY, labels.UNKNOWN_COUNTRY),
        (By.ENVELOPE, labels.NO_ENVELOPE),
        (By.ENVELOPE, labels.NULL_SENDER),
    ):
        assert opinions.subject_of(by, label).value == label
