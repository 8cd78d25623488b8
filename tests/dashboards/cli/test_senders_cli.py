"""`whosends senders ...`: people decide about senders on the command line."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from ingest import registering
from ingest.registry import Decision
from ingest.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboards.cli.conftest import Run

NEWS = ("--name", "News Letter", "--domain", "Example.COM", "--rule", "dkim:example.com/s1", "--why", "asked")


@pytest.fixture
def where(run: Run, tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    return tmp_path / "r.duckdb"


def test_approved_edited_and_retired_is_listed_and_shown_with_its_history(run: Run, where: Path) -> None:
    made = run(
        "senders", "approve", *NEWS, "--rule", "ip:192.0.2.1", "--shared", "--db", where, "--who", "anna", "--json"
    )
    assert made.code == 0
    assert (made.json["what"], made.json["before"]) == ("approve", None)
    assert made.json["after"]["rules"] == ["dkim:example.com/s1!tenant", "ip:192.0.2.1!vendor"]
    edit = ("senders", "edit", "news-letter", "--add-rule", "service:sendgrid", "--critical", "--from", "2026-01-01")
    assert run(*edit, "--why", "more", "--db", where).code == 0
    assert run("senders", "retire", "news-letter", "--to", "2026-06-30", "--why", "ended", "--db", where).code == 0
    (entry,) = run("senders", "list", "--db", where, "--json").json["entries"]
    assert entry == made.json["after"] | {
        "rules": [*made.json["after"]["rules"], "service:sendgrid!vendor"],
        "critical": True,
        "valid_from": "2026-01-01",
        "valid_to": "2026-06-30",
    }
    shown = run("senders", "show", "news-letter", "--db", where, "--json").json
    assert shown["entry"] == entry
    assert [(act["what"], act["why"]) for act in shown["acts"]] == [
        ("approve", "asked"),
        ("edit", "more"),
        ("retire", "ended"),
    ]
    assert shown["acts"][0]["who"] == "anna"
    for command in (("list",), ("show", "news-letter")):
        assert "2026-06-30" in run("senders", *command, "--db", where).out


def test_a_decision_changes_and_what_is_not_said_stays(run: Run, where: Path) -> None:
    run("senders", "approve", *NEWS, "--owner", "Marketing", "--to", "2026-06-30", "--db", where)
    assert run("senders", "deny", "news-letter", "--to", "open", "--why", "hacked", "--db", where).code == 0
    (entry,) = registering.entries(Settings(db=where))
    assert (entry.decision, entry.owner, entry.valid_to) == (Decision.DENY, "Marketing", None)
    assert run("senders", "ignore", "news-letter", "--why", "calm down", "--db", where).code == 0
    assert registering.entries(Settings(db=where))[0].decision is Decision.IGNORE


def test_the_list_is_of_a_domain(run: Run, where: Path) -> None:
    run("senders", "approve", *NEWS, "--db", where)
    for domain, number in (("a.example.com", 1), ("example.org", 0)):
        listed = run("senders", "list", "--domain", domain, "--db", where, "--json").json["entries"]
        assert len(listed) == number


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("approve", "x", "--why", "y"), "names no domain"),
        (("approve", "x", "--domain", "example.com", "--why", "y"), "has no rule"),
        (
            ("approve", "x", "--rule", "ip:192.0.2.1/24", "--domain", "a.b", "--why", "y"),
            "did you mean ip:192.0.2.0/24?",
        ),
        (("approve", "--why", "y"), "give an ID"),
        (("approve", "X Y", "--rule", "ip:192.0.2.1", "--domain", "a.b", "--why", "y"), "for instance x-y"),
        (("approve", "x", "--rule", "ip:192.0.2.1", "--domain", "a.b"), "--why"),
        (("edit", "nobody", "--owner", "x", "--why", "y"), "no sender 'nobody'"),
        (("show", "nobody"), "no sender 'nobody'"),
        (("retire", "nobody", "--why", "y"), "no sender 'nobody'"),
        (("approve", *NEWS), "there is a sender 'news-letter' already"),
        (("approve", "news-letter", "--why", "y"), "is so already"),
        (("retire", "news-letter", "--to", "1.1.2026", "--why", "y"), "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(run: Run, where: Path, arguments: tuple[str, ...], says: str) -> None:
    run("senders", "approve", *NEWS, "--db", where)
    before = registering.entries(Settings(db=where))
    ran = run("senders", *arguments, "--db", where)
    assert ran.code == 2
    assert says in ran.err
    assert registering.entries(Settings(db=where)) == before


def test_options_before_a_subcommand_are_refused(run: Run, where: Path) -> None:
    """Else another database than the one that was meant would be changed."""
    ran = run("senders", "--db", where, "approve", *NEWS)
    assert ran.code == 2
    assert "behind `senders approve`" in ran.err
    assert not where.exists()


def test_without_a_subcommand_it_says_who_sends(run: Run, db: Path) -> None:
    assert run("senders", "--db", db, "--json").json["senders"]


def test_an_export_is_the_same_registry_elsewhere(run: Run, where: Path, tmp_path: Path) -> None:
    run("senders", "approve", *NEWS, "--rule", "ip:192.0.2.1", "--shared", "--note", 'a "note"\n日本語', "--db", where)
    deny = ("deny", "bad", "--domain", "*", "--rule", "ip:2001:db8::/32", "--from", "2026-01-01", "--to", "2026-03-01")
    run("senders", *deny, "--critical", "--why", "left", "--db", where)
    file, other = tmp_path / "registry.toml", tmp_path / "other.duckdb"
    assert run("senders", "export", "--out", file, "--db", where).code == 0
    assert run("senders", "export", "--db", where).out == file.read_text(encoding="utf-8")
    planned = run("senders", "import", file, "--dry-run", "--db", other, "--json").json
    assert not other.exists()
    made = run("senders", "import", file, "--db", other, "--json").json
    assert planned["changes"] == made["changes"]
    assert [one["what"] for one in made["changes"]] == ["deny", "approve"]
    assert registering.entries(Settings(db=other)) == registering.entries(Settings(db=where))
    assert run("senders", "import", file, "--db", other).out == "Nothing to change.\n"
    assert len(registering.history(Settings(db=other), "bad")) == 1
    assert registering.history(Settings(db=other), "bad")[0].why == "imported from registry.toml"


def test_an_import_shows_what_changes_and_leaves_what_the_file_does_not_name(
    run: Run, where: Path, tmp_path: Path
) -> None:
    run("senders", "approve", *NEWS, "--db", where)
    file = tmp_path / "registry.toml"
    run("senders", "export", "--out", file, "--db", where)
    run("senders", "approve", "crm", "--domain", "example.com", "--rule", "service:crm", "--why", "x", "--db", where)
    text = file.read_text(encoding="utf-8").replace('name = "News Letter"', 'name = "News"\nowner = "Marketing"')
    file.write_text(text, encoding="utf-8")
    ran = run("senders", "import", file, "--db", where)
    assert ran.out.splitlines() == [
        "news-letter: edit",
        "  name: News Letter → News",
        "  owner: nothing → Marketing",
    ]
    pruned = run("senders", "import", file, "--prune", "--db", where, "--json").json["changes"]
    assert [(one["entry_id"], one["what"], one["fields"]) for one in pruned] == [("crm", "retire", ["valid_to"])]
    assert run("senders", "import", file, "--prune", "--db", where).out == "Nothing to change.\n"


def test_an_empty_file_does_not_end_everything(run: Run, where: Path, tmp_path: Path) -> None:
    run("senders", "approve", *NEWS, "--db", where)
    file = tmp_path / "registry.toml"
    file.write_text("", encoding="utf-8")
    assert run("senders", "import", file, "--prune", "--db", where).code == 2
    assert run("senders", "import", file, "--db", where).out == "Nothing to change.\n"


def test_a_file_that_is_wrong_changes_nothing(run: Run, where: Path, tmp_path: Path) -> None:
    file = tmp_path / "registry.toml"
    good = '[[sender]]\nid = "a"\ndecision = "approve"\ndomains = ["example.com"]\nrules = ["ip:192.0.2.1"]\n'
    file.write_text(f'{good}\n[[sender]]\nid = "b"\n', encoding="utf-8")
    ran = run("senders", "import", file, "--db", where)
    assert ran.code == 2
    assert "sender 2 (b): decision is missing" in ran.err
    assert not where.exists()


def test_what_is_proposed_can_be_approved_as_it_stands(run: Run, db: Path) -> None:
    proposed = run("senders", "propose", "--db", db, "--days", "10000", "--json").json["proposals"]
    assert proposed
    for one in proposed:
        whosends, *arguments = shlex.split(one["command"])
        assert whosends == "whosends"
        assert run(*arguments).code == 0
    ran = run("senders", "propose", "--db", db, "--days", "10000")
    assert ran.out == "Nobody to propose: all that passed DMARC and can be told apart is in the registry.\n"
    assert {one.entry_id for one in registering.entries(Settings(db=db))} == {one["entry_id"] for one in proposed}


def test_a_proposal_is_printed_with_its_command_on_one_line(run: Run, db: Path) -> None:
    told, command = run("senders", "propose", "--db", db, "--days", "10000", "--limit", "1").out.splitlines()
    assert "messages of" in told
    assert shlex.split(command)[:3] == ["whosends", "senders", "approve"]
