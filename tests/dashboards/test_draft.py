"""What a person leaves as it was in the form of an entry is not said; what they change is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from dashboards.draft import Draft
from ingest.registering import Said
from tests.fakes.senders import an_entry

ENTRY = an_entry("news", "dkim:example.com/s1", "ip:192.0.2.1!vendor", note="a\u202eb\nc", critical=True)


def test_an_untouched_form_says_nothing() -> None:
    draft = Draft.of_entry(ENTRY)
    assert draft.said(draft) == Said({}, None)
    assert draft.said(draft).about(ENTRY) == ENTRY
    assert draft.note == "a⟨U+202E⟩b\nc"


def test_only_changed_fields_are_said() -> None:
    draft = Draft.of_entry(ENTRY)
    changed = replace(draft, owner="Marketing", critical=False, valid_to=date(2026, 3, 9))
    assert changed.said(draft).fields == {"owner": "Marketing", "critical": False, "valid_to": date(2026, 3, 9)}
    assert changed.said(draft).rules is None


def test_rules_are_read_again_when_the_domains_change() -> None:
    draft = Draft.of_entry(ENTRY)
    after = replace(draft, domains="example.org").said(draft).about(ENTRY)
    assert [str(rule) for rule in after.rules] == ["dkim:example.com/s1!vendor", "ip:192.0.2.1!vendor"]


@pytest.mark.parametrize("text", ["a.example\nb.example", " a.example,  b.example ", "a.example b.example\n\n"])
def test_lines_blanks_and_commas_part_what_is_listed(text: str) -> None:
    assert Draft(domains=text).said(Draft()).fields["domains"] == ("a.example", "b.example")


def test_an_id_is_made_from_the_name_unless_one_is_given() -> None:
    assert Draft(name="News & Co").named == "news-co"
    assert Draft(name="News", entry_id=" n ").named == "n"


def test_the_first_field_that_is_missing_is_named() -> None:
    assert Draft().missing == "name"
    assert Draft(name="a", domains="*", rules=" ").missing == "rules"
    assert Draft.of_entry(ENTRY).missing is None
