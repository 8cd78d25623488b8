"""The runbook: a page for every rule that asks for action, the same in both languages, with examples and commands that are real."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from analytics.verdict import answers
from analytics.verdict.rules import RULES
from analytics.window import Window
from dashboards.cli.main import app
from dashboards.wording import verdicts as worded
from dashboards.wording.runbook import NOTHING_TO_DO, PAGES, runbook
from dashboards.wording.words import ENGLISH, JAPANESE, LANGUAGES
from ingest.store.connect import Database
from tests.analytics.verdict.people import Catalogue, Senders, judged_by
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = ROOT / "docs" / "runbook"
NAMES = sorted(path.name for path in (RUNBOOK / "en").glob("*.md"))
HOME, ASKED = "192.0.2.1", "198.51.100.7"
MAIN = ("example.com", "s1")


def read(language: str, name: str) -> str:
    return (RUNBOOK / language / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[tuple[str, str]]:
    """Kind and content of each block of code."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_every_rule_that_asks_for_action_has_a_page_in_both_languages() -> None:
    assert {rule.id for rule in RULES} == PAGES.keys() | NOTHING_TO_DO
    assert not PAGES.keys() & NOTHING_TO_DO
    for words in LANGUAGES.values():
        assert {runbook(words, rule) for rule in NOTHING_TO_DO} == {None}
        for rule in PAGES:
            assert (ROOT / str(runbook(words, rule))).is_file()


def test_no_page_is_without_a_rule_and_the_index_names_each() -> None:
    for language in LANGUAGES:
        pages = {path.stem for path in (RUNBOOK / language).glob("*.md")} - {"README"}
        assert pages == set(PAGES.values())
        assert set(re.findall(r"\]\(([\w-]+)\.md\)", read(language, "README.md"))) == pages


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_headings_and_the_same_code(name: str) -> None:
    english, japanese = read("en", name), read("ja", name)
    headings = [re.findall(r"^(#+) ", text, re.MULTILINE) for text in (english, japanese)]
    assert headings[0] == headings[1]
    assert blocks(english) == blocks(japanese)
    assert (
        re.findall(r"`(whosends [^`]+)`", english) == re.findall(r"`(whosends [^`]+)`", japanese) or name == "README.md"
    )
    assert len(english.splitlines()) <= 80
    assert len(japanese.splitlines()) <= 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_the_same_questions(language: str) -> None:
    asked = {
        tuple(re.findall(r"^## (.+)$", read(language, name), re.MULTILINE)) for name in NAMES if name != "README.md"
    }
    assert len(asked) == 1
    assert len(asked.pop()) == 8


def commands() -> list[str]:
    found = []
    for name in NAMES:
        text = read("en", name)
        found += [line for kind, code in blocks(text) if kind == "sh" for line in code.splitlines()]
        found += re.findall(r"`(whosends [^`]+)`", text)
    return sorted(set(found))


def test_commands_are_of_whosends_or_dig() -> None:
    assert {command.split()[0] for command in commands()} == {"whosends", "dig"}


@pytest.mark.parametrize("command", [command for command in commands() if command.startswith("whosends")])
def test_every_command_of_ours_exists_with_its_options(command: str) -> None:
    found: Any = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    while words and words[0] in getattr(found, "commands", {}):
        found = found.commands[words.pop(0)]
    assert found.name != "whosends"
    found.make_context(found.name, words)


@pytest.mark.parametrize("name", NAMES)
def test_records_that_are_to_be_published_are_well_formed(name: str) -> None:
    for kind, code in blocks(read("en", name)):
        if kind == "dns":
            for line in code.splitlines():
                assert re.fullmatch(
                    r'[\w.-]+\. +3600 IN (?:CNAME [\w.-]+\.|MX +\d+ [\w.-]*\.|TXT +[("].+[)"])', line
                ), line
                assert "v=spf1" not in line or re.search(r' [~-]all"$', line), line


def record(
    *, decided: tuple[str, str] | None = None, service: str, kind: str | None = None, **said: Any
) -> dict[str, Any]:
    return {"decided": decided, "service": service, "kind": kind, "said": {"messages": 412} | said}


OURS, DENIED = ("tenant", "approve"), ("tenant", "deny")
NEWS: dict[str, Any] = {
    "dkim": (("news-cloud.example", "nc1", "pass"),),
    "spf": (("bounce.news-cloud.example", "pass"),),
    "envelope_from": "bounce.news-cloud.example",
}
EXAMPLES = {
    "M4": record(decided=OURS, service="News Cloud", **NEWS | {"dkim": (("example.com", "nc1", "fail"),)}),
    "M3": record(decided=OURS, service="News Cloud", **NEWS),
    "M1": record(
        decided=OURS,
        service="Ticket Cloud",
        dkim=(("ticket-cloud.example", "mta7", "pass"),),
        spf=(("example.com", "softfail"),),
    ),
    "M2": record(
        decided=OURS,
        service="Ticket Cloud",
        spf=(("bounce.ticket-cloud.example", "pass"),),
        envelope_from="bounce.ticket-cloud.example",
    ),
    "M5": record(decided=OURS, service="Own servers", spf=(("example.com", "softfail"),)),
    "A2": record(decided=OURS, service="Own servers", aligned="spf", spf=(("example.com", "pass"),)),
    "A4": record(
        service="News Cloud", aligned="dkim", messages=4_000, dkim=((*MAIN, "pass"),), spf=(("example.com", "fail"),)
    ),
    "D2": record(
        decided=DENIED,
        service="Old Host",
        aligned="both",
        dkim=(("example.com", "old", "pass"),),
        spf=(("example.com", "pass"),),
    ),
    "F2": record(service="University", kind="Education", dkim=((*MAIN, "fail"),), spf=(("example.com", "softfail"),)),
    "L1": record(
        service="Tea Lists",
        dkim=((*MAIN, "fail"), ("lists.example", "list1", "pass")),
        spf=(("lists.example", "pass"),),
        envelope_from="lists.example",
        reasons=(("mailing_list", None),),
    ),
    "E1": record(service="News Cloud", **NEWS),
    "S1": record(service="Access Network", spf=(("example.com", "fail"),)),
    "T1": record(service="Own servers", dkim=((*MAIN, "temperror"),), spf=(("example.com", "temperror"),)),
    "U1": record(service="Some Network", dkim=((*MAIN, "fail"),), spf=(("example.com", "fail"),)),
}


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_example_of_a_page_is_what_whosends_says_of_such_mail(rule: str, tmp_path: Path) -> None:
    example = EXAMPLES[rule]
    database = Database(tmp_path / "w.duckdb")
    usual = a_record(10_000, aligned="dkim", source_ip=HOME)
    keep(database, a_report(usual, a_record(source_ip=ASKED, **example["said"])))
    keep_source(database, HOME, service="Mail servers")
    keep_source(
        database, ASKED, service=example["service"], service_kind=example["kind"], reverse_name="host.network.example"
    )
    senders = Senders()
    if example["decided"]:
        senders.known[ASKED] = example["decided"]
    catalogue = Catalogue({"News Cloud": ""})
    judged_by(database, senders, catalogue)
    lines = answers.verdicts(database, Window(MONDAY, MONDAY))
    row = lines[lines["service"].eq(example["service"])].iloc[0]
    assert row["rule_id"] == rule
    for words in (ENGLISH, JAPANESE):
        line, seen, *_, more = worded.told(words, row)
        page = str(runbook(words, rule))
        assert page in more
        text = (ROOT / page).read_text(encoding="utf-8")
        assert f"> {line}\n>\n> {seen}\n" in text, (line, seen)


def test_every_page_has_an_example() -> None:
    assert {PAGES[rule] for rule in EXAMPLES} == set(PAGES.values())
