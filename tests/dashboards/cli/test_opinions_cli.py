"""`whosends override ...` and `whosends mute ...`: people say on the command line what they know about mail."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analytics.verdict.rules import RULES
from ingest import giving
from ingest.opinions import By, What, subject_of
from ingest.settings import Settings

if TYPE_CHECKING:
    from tests.dashboards.cli.conftest import Run

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "verdicts.md"
SPOOF = ("set", "spoofing.direct", "--source", "192.0.2.0/24")
QUIET = ("set", "--network", "Example Net (AS64500)")


@pytest.fixture
def where(run: Run, tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    return tmp_path / "o.duckdb"


def test_an_override_is_set_listed_and_withdrawn(run: Run, where: Path) -> None:
    made = run(
        *("override", *SPOOF, "--domain", "Example.COM", "--until", "2026-12-31", "--why", "rented", "--who", "anna"),
        *("--db", where, "--json"),
    )
    assert made.code == 0
    assert {name: value for name, value in made.json.items() if name != "at_utc"} == {
        "who": "anna",
        "what": "override",
        "why": "rented",
        "subject_by": "source",
        "subject_value": "192.0.2.0/24",
        "subject_domain": "example.com",
        "verdict": "spoofing.direct",
        "until": "2026-12-31",
    }
    assert run("override", "list", "--db", where, "--json").json == {"overrides": [made.json]}
    assert run("mute", "list", "--db", where).out == "No mute.\n"
    shown = run("override", "list", "--db", where).out
    assert all(text in shown for text in ("192.0.2.0/24", "spoofing.direct", "2026-12-31"))
    withdraw = ("override", "withdraw", "--source", "192.0.2.0/24", "--domain", "example.com", "--why", "ours")
    assert run(*withdraw, "--db", where).out == "source 192.0.2.0/24 (example.com): override withdrawn\n"
    assert run("override", "list", "--db", where, "--json").json == {"overrides": []}
    acts = run("override", "list", "--history", "--db", where, "--json").json["acts"]
    assert [act["what"] for act in acts] == ["override", "withdraw_override"]
    assert "withdrawn" in run("override", "list", "--history", "--db", where).out


def test_a_mute_is_set_listed_and_withdrawn(run: Run, where: Path) -> None:
    set_ = run("mute", *QUIET, "--until", "2026-12-31", "--why", "they know", "--db", where)
    assert set_.out == "network Example Net (AS64500): muted, for mail up to 2026-12-31\n"
    run("override", *SPOOF, "--why", "x", "--db", where)
    (mute,) = run("mute", "list", "--db", where, "--json").json["mutes"]
    assert (mute["what"], mute["subject_domain"], mute["verdict"]) == ("mute", "*", "")
    assert run("mute", "withdraw", *QUIET[1:], "--why", "they did nothing", "--db", where).code == 0
    assert [act.what for act in giving.in_force(Settings(db=where))] == [What.OVERRIDE]


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        *(("override set unknown.no_rule", name, value) for name, value in (("service", "SendGrid"), ("name", "a.b"))),
        *(("override set unknown.no_rule", name, value) for name, value in (("source", "::1"), ("envelope", "a.b"))),
        *(("mute set", name, value) for name, value in (("country", "JP"), ("pattern", "dkim=none spf=fail"))),
        *(("mute set", name, value) for name, value in (("envelope", "(null sender)"), ("name", "a.b"))),
        *(("mute set", name, value) for name, value in (("source", "::1"), ("network", "AS64500"))),
    ],
)
def test_mail_is_told_by_each_option(run: Run, where: Path, command: str, option: str, value: str) -> None:
    assert run(*command.split(), f"--{option}", value, "--why", "x", "--db", where).code == 0
    (act,) = giving.in_force(Settings(db=where))
    assert act.opinion.subject == subject_of(By(option), value)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("override", "set", "spoofing.drect", "--name", "a.b", "--why", "x"), "'spoofing.drect' is no verdict"),
        (("override", "set", "spoofing", "--name", "a.b", "--why", "x"), "one of excluded.ignored, spoofing.denied"),
        (("override", "set", "spoofing.direct", "--why", "x"), "say which mail"),
        (("override", *SPOOF, "--name", "a.b", "--why", "x"), "say which mail"),
        (("override", *SPOOF), "--why"),
        (("override", *SPOOF, "--why", " "), "why is missing"),
        (("override", *SPOOF, "--why", "again"), "said already"),
        (("override", *SPOOF, "--until", "31.12.2026", "--why", "x"), "YYYY-MM-DD"),
        (
            ("override", "set", "spoofing.direct", "--source", "192.0.2.1/24", "--why", "x"),
            "did you mean 192.0.2.0/24?",
        ),
        (("override", "set", "spoofing.direct", "--country", "JP", "--why", "x"), "--country"),
        (("override", "withdraw", "--name", "a.b", "--why", "x"), "no override of name a.b is in force"),
        (("mute", "withdraw", "--source", "192.0.2.0/24", "--why", "x"), "no mute of source"),
        (("mute", "set", "--service", "SendGrid", "--why", "x"), "--service"),
        (("mute", "set", "--country", "Japan", "--why", "x"), "is no country"),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_done(
    run: Run, where: Path, arguments: tuple[str, ...], says: str
) -> None:
    run("override", *SPOOF, "--why", "x", "--db", where)
    before = giving.history(Settings(db=where))
    ran = run(*arguments, "--db", where)
    assert ran.code == 2
    assert says in ran.err
    assert giving.history(Settings(db=where)) == before


def test_the_verdicts_that_can_be_said_are_those_of_the_rules_and_documented(run: Run, where: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for rule in RULES:
        assert f"`{rule.verdict}.{rule.kind}`" in text
    last = f"{RULES[-1].verdict}.{RULES[-1].kind}"
    assert run("override", "set", last, "--name", "a.b", "--why", "x", "--db", where).code == 0


def test_the_examples_of_the_document_run_in_their_order(run: Run, where: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8").partition("## What people say")[2].partition("\n## ")[0]
    examples = [line.strip() for line in text.splitlines() if line.startswith("    whosends ")]
    assert len(examples) == 6
    for example in examples:
        assert run(*shlex.split(example)[1:], "--db", where).code == 0, example
