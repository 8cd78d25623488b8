"""The catalogue of services: what its file may say, that the one that ships says it, and who is recognised by what."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING

import pytest

from analytics.services.catalogue import STALE_DAYS, Catalogue, catalogue, examine, map_names, shipped, stale
from analytics.services.cells import COLUMNS
from analytics.services.lines import parse
from analytics.services.model import Answer, Kind, Pattern, Strength
from analytics.services.recognise import Evidence, Match, recognise
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 24)
LINE = {
    "id": "acme-mail",
    "name": "Acme Mail",
    "kind": "esp",
    "dkim_domains": "acme.example",
    "source": "vendor documentation (read)",
    "verified_on": "2026-11-24",
}


def text_of(*lines: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """A file with these lines; what a line does not say is as in LINE."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(LINE | line for line in lines)
    return file.getvalue()


def problems(*lines: dict[str, str], today: date | None = TODAY) -> list[str]:
    return [str(problem) for problem in parse(text_of(*lines), today=today, map_names={"Acme", "Zenith"})[1]]


def catalogue_of(*lines: dict[str, str]) -> Catalogue:
    found, wrong = parse(text_of(*lines))
    assert wrong == []
    return Catalogue(tuple(line.service for line in found))


def test_the_catalogue_that_ships_is_right() -> None:
    lines, wrong = examine(None, today=max(service.verified_on for service in catalogue().services))
    assert wrong == []
    assert [line.service for line in lines] == list(catalogue().services)


def test_the_catalogue_that_ships_is_worth_having() -> None:
    services = catalogue().services
    assert len(services) >= 120
    assert sum(service.documented for service in services) >= 20
    assert {service.kind for service in services} >= set(Kind) - {Kind.OTHER}
    assert [service.id for service in services] == sorted(service.id for service in services)
    assert all(service.fix_en for service in services if service.documented)


def test_every_map_name_that_ships_is_in_parsedmarcs_map() -> None:
    names = [name for service in catalogue().services for name in service.map_names]
    assert len(names) > 50
    assert [name for name in names if name not in map_names()] == []


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
        ({"dkim_domains": "", "spf_include": "acme.example"}, "has nothing to be recognised by"),
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


def test_a_file_that_cannot_be_read_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        examine(tmp_path / "none.csv", today=TODAY)
    (tmp_path / "latin.csv").write_bytes("Café".encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        examine(tmp_path / "latin.csv", today=TODAY)


def test_a_line_is_stale_after_more_than_400_days() -> None:
    lines, _ = parse(text_of({}))
    verified = lines[0].service.verified_on
    assert list(stale(lines, date.fromordinal(verified.toordinal() + STALE_DAYS))) == []
    assert list(stale(lines, date.fromordinal(verified.toordinal() + STALE_DAYS + 1))) == lines


EVERY = {
    "dkim_domains": "acme.example",
    "dkim_selectors": "acme*",
    "envelope_domains": "bounce.acme.example",
    "reverse_names": "out.acme.example",
    "map_names": "Acme",
    "asns": "64500",
}


@pytest.mark.parametrize(
    ("evidence", "field", "value"),
    [
        (Evidence(signatures=(("ACME.example.", "x"),)), "dkim_domains", "acme.example"),
        (Evidence(signatures=(("ours.example", "Acme7"),)), "dkim_selectors", "acme7"),
        (Evidence(envelope_domain="a.bounce.acme.example"), "envelope_domains", "a.bounce.acme.example"),
        (Evidence(reverse_name="m1.out.acme.example."), "reverse_names", "m1.out.acme.example"),
        (Evidence(map_name="Acme"), "map_names", "Acme"),
        (Evidence(asn=64500), "asns", "64500"),
    ],
)
def test_each_kind_of_evidence_recognises(evidence: Evidence, field: str, value: str) -> None:
    (match,) = recognise(evidence, catalogue_of(EVERY))
    assert (match.service, match.field, match.value) == ("acme-mail", field, value)
    assert match.strength == Strength[field.upper()]


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(),
        Evidence(signatures=(("notacme.example", "xacme"),)),
        Evidence(signatures=(("acme.example.evil.example", ""),)),
        Evidence(envelope_domain="acme.example", reverse_name="example", map_name="acme", asn=6450),
    ],
)
def test_half_a_label_or_a_parent_recognises_nobody(evidence: Evidence) -> None:
    assert recognise(evidence, catalogue_of(EVERY)) == []


def test_the_longest_domain_wins() -> None:
    known = catalogue_of(
        {"reverse_names": "acme.example"},
        {"id": "b", "dkim_domains": "b.example", "reverse_names": "lists.acme.example"},
    )
    assert recognise(Evidence(reverse_name="m.lists.acme.example"), known)[0].service == "b"
    assert recognise(Evidence(reverse_name="m.mylists.acme.example"), known)[0].service == "acme-mail"


def test_the_longest_selector_wins() -> None:
    known = catalogue_of({"dkim_selectors": "ac*"}, {"id": "b", "dkim_domains": "b.example", "dkim_selectors": "acme*"})
    assert recognise(Evidence(signatures=(("ours.example", "acme1"),)), known)[0].service == "b"


def test_who_made_the_mail_stands_before_who_passed_it_on() -> None:
    known = catalogue_of({}, {"id": "fwd", "dkim_domains": "fwd.example", "reverse_names": "fwd.example"})
    evidence = Evidence(signatures=(("acme.example", "a"), ("acme.example", "b")), reverse_name="mx.fwd.example")
    assert recognise(evidence, known) == [
        Match("acme-mail", "dkim_domains", "acme.example", "acme.example", 1),
        Match("fwd", "reverse_names", "fwd.example", "mx.fwd.example", 4),
    ]


def test_the_strength_of_a_kind_is_its_place_in_the_order() -> None:
    strengths = [pattern.strength for pattern in catalogue().patterns]
    assert strengths == sorted(strengths)
    assert len(set(catalogue().patterns)) == len(catalogue().patterns)


@pytest.mark.parametrize(
    ("evidence", "service"),
    [
        (Evidence(signatures=(("example-com.20230601.gappssmtp.com", "20230601"),)), "google-workspace"),
        (Evidence(signatures=(("contoso.onmicrosoft.com", "selector1-contoso"),)), "microsoft-365"),
        (Evidence(signatures=(("example.com", "20250817055129pm"),), reverse_name="m1.mtasv.net"), "postmark"),
        (Evidence(signatures=(("example.com", "mte1"),)), "mandrill"),
        (Evidence(envelope_domain="u1.wl.sendgrid.net"), "sendgrid"),
        (Evidence(reverse_name="mail128-136.atl41.mandrillapp.com"), "mandrill"),
        (Evidence(map_name="Amazon SES"), "amazon-ses"),
        (Evidence(asn=11377), "sendgrid"),
    ],
)
def test_well_known_senders_are_recognised(evidence: Evidence, service: str) -> None:
    assert recognise(evidence, catalogue())[0].service == service


def test_the_file_that_ships_has_one_form() -> None:
    assert shipped().splitlines()[0] == ",".join(COLUMNS)
    assert shipped().endswith("\n")
    assert "\r" not in shipped()
