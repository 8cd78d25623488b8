"""What the file of a catalogue may say, and what is said of it where it may not."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.services.cells import COLUMNS
from analytics.services.lines import parse
from analytics.services.model import Answer, Kind, Pattern
from tests.fakes.services import catalogue_of, text_of

TODAY = date(2026, 11, 24)


def problems(*lines: dict[str, str], today: date | None = TODAY) -> list[str]:
    return [str(problem) for problem in parse(text_of(*lines), today=today, map_names={"Acme", "Zenith"})[1]]


def test_a_line_becomes_a_service() -> None:
    service = catalogue_of(
        {
            "dkim_selectors": "acme? acme-*",
            "asns": "64500 64501",
            "map_names": "Acme;Zenith",
            "spf_include": "*.spf.acme.example",
            "spf_aligns": "custom",
            "forwards": "yes",
            "multi_tenant": "no",
        }
    ).services[0]
    assert (service.kind, service.spf_aligns, service.dkim_aligns) == (Kind.ESP, Answer.CUSTOM, None)
    assert (service.asns, service.map_names) == ((64500, 64501), ("Acme", "Zenith"))
    assert (service.forwards, service.multi_tenant) == (True, False)
    assert service.patterns() == (
        Pattern("acme-mail", "dkim_domains", "acme.example", 1),
        Pattern("acme-mail", "dkim_selectors", "acme?", 2),
        Pattern("acme-mail", "dkim_selectors", "acme-*", 2),
        Pattern("acme-mail", "map_names", "Acme", 5),
        Pattern("acme-mail", "map_names", "Zenith", 5),
        Pattern("acme-mail", "asns", "64500", 6),
        Pattern("acme-mail", "asns", "64501", 6),
    )


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("id", "Acme_Mail", "'Acme_Mail' is not of a-z"),
        ("name", "", "is empty"),
        ("name", "Ac\u202eme", "has a character that cannot be seen"),
        ("kind", "newsletter", "'newsletter' is none of mailbox, esp"),
        ("dkim_domains", "*.acme.example", "is not a domain in lower case"),
        ("dkim_domains", "acme", "'acme' is not a domain"),
        ("envelope_domains", "Acme.example", "is not a domain in lower case"),
        ("reverse_names", "acme..example", "is not a domain"),
        ("dkim_selectors", "[ab]cd", "is not a selector"),
        ("dkim_selectors", "s1", "used by many"),
        ("dkim_selectors", "*?a", "used by many"),
        ("asns", "AS64500", "'AS64500' is not the number"),
        ("asns", "0", "is not the number"),
        ("spf_include", "include:acme.example", "is not a domain"),
        ("map_names", "Acme;Nobody", "parsedmarc's map has no 'Nobody'"),
        ("spf_aligns", "maybe", "'maybe' is none of yes, no, custom"),
        ("multi_tenant", "custom", "neither yes, no nor empty"),
        ("source", " ", "is empty"),
        ("verified_on", "24.11.2026", "is not a day as YYYY-MM-DD"),
        ("verified_on", "20261124", "is not a day as YYYY-MM-DD"),
        ("verified_on", "2026-11-25", "2026-11-25 is after today, 2026-11-24"),
    ],
)
def test_a_bad_cell_is_named_with_its_line_and_column(column: str, cell: str, message: str) -> None:
    (problem,) = problems({"id": "zenith", "dkim_domains": "zenith.example"}, {column: cell})
    assert problem.startswith(f"line 3: {column}: ")
    assert message in problem


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"fix_en": "Sign."}, "fix_en without fix_ja"),
        ({"fix_ja": "署名します。"}, "fix_ja without fix_en"),
        ({"doc_url": "https://acme.example/dkim"}, "doc_url without doc_title"),
        ({"doc_url": "http://acme.example/dkim", "doc_title": "DKIM"}, "is not an https address"),
        ({"dkim_domains": ""}, "has neither pattern nor SPF include nor documentation"),
    ],
)
def test_what_belongs_together_is_there_together(line: dict[str, str], message: str) -> None:
    (problem,) = problems(line)
    assert message in problem


def test_everything_wrong_is_said_at_once_in_the_order_of_the_lines() -> None:
    found = problems({"kind": "none", "asns": "x"}, {"id": "b", "dkim_domains": "b.example"}, {"verified_on": "never"})
    assert [problem.split(":")[:2] for problem in found] == [
        ["line 2", " asns"],
        ["line 2", " kind"],
        ["line 4", " verified_on"],
    ]


def test_an_id_or_a_pattern_belongs_to_one_service() -> None:
    assert problems({}, {"id": "zenith"}) == ["line 3: dkim_domains: acme.example is that of acme-mail in line 2"]
    assert problems({}, {"dkim_domains": "other.example"}) == ["line 3: id acme-mail is that of line 2"]
    assert problems({}, {"id": "zenith", "dkim_domains": "mail.acme.example"}) == []


def test_lines_are_counted_in_the_file_even_where_cells_have_line_breaks() -> None:
    text = text_of({"fix_en": "one\ntwo", "fix_ja": "一"}, {"id": "zenith", "kind": "x"})
    assert [problem.line for problem in parse(text)[1]] == [3, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column id"),
        ("id,name\n", "no column kind"),
        (text_of({}).replace("asns", "asn"), "unknown column 'asn'"),
        (text_of({}).replace("kind", "name"), "column name stands there 2 times"),
        (text_of({}) + "a,b\n", "2 cells, not 20"),
        (text_of({}) + 'a"b,"c"d\n', "not CSV"),
    ],
)
def test_what_is_no_catalogue_is_refused_with_a_reason(text: str, message: str) -> None:
    assert any(message in problem.message for problem in parse(text)[1])


def test_columns_may_stand_in_any_order_after_a_byte_order_mark() -> None:
    text = "\ufeff" + text_of({}, columns=tuple(reversed(COLUMNS)))
    assert parse(text)[0][0].service == catalogue_of({}).services[0]
