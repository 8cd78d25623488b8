"""The registry as TOML: what is written is read back, and what is wrong is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import SettingsError
from ingest.registering import differences
from ingest.registry import Change, Decision, Entry
from ingest.registry_file import read, written
from tests.fakes.senders import an_entry

GOOD = 'id = "a"\ndecision = "approve"\ndomains = ["Example.com"]\nrules = ["ip:192.0.2.1", "dkim:example.com/s1"]\n'
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "registry.md"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "registry.toml"


def test_what_need_not_be_said_has_a_default(file: Path) -> None:
    file.write_text(f"[[sender]]\n{GOOD}", encoding="utf-8")
    assert read(file) == [an_entry("a", "ip:192.0.2.1", "dkim:example.com/s1", name="a")]


def test_an_empty_registry_is_an_empty_file(file: Path) -> None:
    file.write_text(written([]), encoding="utf-8")
    assert read(file) == []


_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(['"', "\\", "\n", "\t", "\x7f", "'"]), max_size=20
)


_RULES = ("ip:192.0.2.0/24!vendor", "dkim:example.org!tenant", "dkim:example.com", "service:x")
_ENTRIES = st.builds(
    lambda **more: an_entry("a", *_RULES, **more),
    name=_TEXT.map(lambda text: f"n{text}"),
    note=_TEXT,
    critical=st.booleans(),
    valid_from=st.none() | st.dates(),
    decision=st.sampled_from(Decision),
)


@settings(max_examples=100, deadline=None)
@given(_ENTRIES)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, entry: Entry) -> None:
    file = tmp_path_factory.mktemp("toml") / "registry.toml"
    file.write_text(written([entry, an_entry("b")]), encoding="utf-8", newline="\n")
    assert read(file) == [entry, an_entry("b")]


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("x = [", "registry.toml", "export"),
        ("sender = 1", "no list of tables", "[[sender]]"),
        ("[[senders]]", "unknown key 'senders'", "did you mean sender?"),
        (f'[[sender]]\n{GOOD}desicion = "x"', "unknown key 'desicion'", "did you mean decision?"),
        (f"[[sender]]\n{GOOD}[[sender]]\n{GOOD}", "two senders 'a'", "one entry"),
        (f"[[sender]]\n{GOOD}critical = 1", "(a): critical = 1 is not true or false", ""),
        (f'[[sender]]\n{GOOD}valid_to = "2026-01-01"', "is not a day", ""),
        (f"[[sender]]\n{GOOD}valid_to = 2026-01-01T00:00:00", "is not a day", ""),
        (f"[[sender]]\n{GOOD}".replace("approve", "allow"), "decision = 'allow'", "one of approve, deny, ignore"),
        (f"[[sender]]\n{GOOD}".replace("192.0.2.1", "192.0.2"), "(a): rule 'ip:192.0.2'", "write ip:"),
        (f"[[sender]]\n{GOOD}".replace('"ip:192.0.2.1"', "7"), "is not a list of texts", ""),
        (f"[[sender]]\n{GOOD}".replace('"a"', '"A"'), "an id is made of", "for instance a"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, says: str, hint: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        read(file)
    assert says in refused.value.message
    assert hint in refused.value.hint


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read(file)


def test_only_differences_are_acts() -> None:
    same, other, left, over = an_entry("a"), an_entry("b"), an_entry("c"), an_entry("d", valid_to=date(2026, 3, 1))
    known = {one.entry_id: one for one in (same, other, left, over)}
    edited, denied = an_entry("b", owner="x"), an_entry("b", owner="x", decision=Decision.DENY)
    new = an_entry("e", decision=Decision.IGNORE)
    assert differences(known, [same, edited, new]) == [Change("edit", other, edited), Change("ignore", None, new)]
    ended = an_entry("c", valid_to=date(2026, 3, 2))
    assert differences(known, [same, denied], ends=date(2026, 3, 2)) == [
        Change("deny", other, denied),
        Change("retire", left, ended),
    ]
    with pytest.raises(SettingsError, match="before it begins"):
        differences({"f": an_entry("f", valid_from=date(2026, 4, 1))}, [], ends=date(2026, 3, 2))


def test_the_example_of_the_document_is_a_registry(file: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    file.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    entries = read(file)
    assert [entry.entry_id for entry in entries] == ["newsletter", "old-host", "own-servers"]
    file.write_text(written(entries), encoding="utf-8")
    assert read(file) == entries
