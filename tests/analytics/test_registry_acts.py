"""The list of the registry and the history of an entry say what was decided, by whom, and what it changed."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from analytics.csv_text import of_frame
from analytics.registry import acts
from analytics.registry.proposals import PROPOSALS, Proposal, as_frame
from ingest import registering, wiring
from ingest.registry import Decision
from ingest.settings import Settings
from tests.fakes.senders import an_entry, register

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 3, 10)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(db=tmp_path / "w.duckdb")
    register(settings, an_entry("news"), an_entry("host", decision=Decision.DENY, valid_to=date(2026, 3, 9)))
    registering.decide(settings, "news", None, registering.Said({"owner": "=1+1"}), who="ben", why="moved")
    return settings


def test_the_list_holds_the_last_act_about_each_entry_and_those_that_are_over_last(settings: Settings) -> None:
    found = acts.latest(wiring.database(settings), TODAY)
    assert [(done.act.entry.entry_id, done.act.who, done.act.what) for done in found] == [
        *(("news", "ben", "edit"), ("host", "anna", "deny"))
    ]
    assert acts.standing(found, TODAY) == acts.Standing(entries=2, approved=1, denied=1, ignored=0, over=1)
    assert acts.standing(found, date(2026, 3, 9)).over == 0


def test_the_history_is_newest_first_and_says_what_changed(settings: Settings) -> None:
    found = acts.history(wiring.database(settings), "news")
    assert [done.act.what for done in found] == ["edit", "approve"]
    assert found[0].changed == ["owner"]
    assert found[1].before is None
    assert acts.history(wiring.database(settings), "nobody") == []


@pytest.mark.parametrize(
    ("domains", "domain", "concerned"),
    [
        (("example.com",), "example.com", True),
        (("example.com",), "mail.example.com", True),
        (("mail.example.com",), "example.com", True),
        (("*",), "example.com", True),
        (("example.com",), "notexample.com", False),
    ],
)
def test_an_entry_concerns_a_domain_with_all_above_and_below_it(
    domains: tuple[str, ...], domain: str, *, concerned: bool
) -> None:
    assert acts.concerns(an_entry("news", domains=domains), domain) is concerned


def test_the_csv_holds_whole_entries_and_no_formula(settings: Settings) -> None:
    frame = acts.frame(acts.latest(wiring.database(settings), TODAY))
    head, first, *_ = of_frame(frame, acts.ACTS).decode().splitlines()
    assert head.startswith("entry_id,name,decision,domains,rules,owner,")
    assert '"[""dkim:example.com/s1!tenant""]",\'=1+1,' in first
    assert of_frame(acts.frame([]), acts.ACTS).decode().splitlines() == [head]


def test_proposals_are_rows_of_a_csv() -> None:
    one = Proposal("a", "A", ("example.com",), ("dkim:example.com/s1",), 3, 2, 1)
    lines = of_frame(as_frame([one]), PROPOSALS).decode().splitlines()
    assert lines[0] == "entry_id,name,domains,rules,messages,sources,reporters"
    assert json.loads('["example.com"]') == as_frame([one])["domains"].iloc[0]
    assert as_frame([]).empty
