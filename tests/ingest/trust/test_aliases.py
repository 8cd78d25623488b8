"""The table of known reporters: each line usable, none in another's way, and claims recognised however they are written."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from ingest.trust import aliases, names
from ingest.trust.binding import Claims, bind

TABLE = aliases.known()


def said(
    org_name: str | None = None, email: str | None = None, submitter: str | None = None, receiver: str | None = None
) -> Claims:
    return Claims(org_name, org_name or "", email, submitter, receiver)


def test_every_line_says_where_it_was_seen_and_when() -> None:
    rows = list(csv.DictReader((files("ingest.reference") / "reporters.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) > 10
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert row["source"]
        assert row["verified_on"][:2] == "20"
        assert row["signs"] in {"yes", ""}


def test_every_name_and_sender_belongs_to_one_reporter() -> None:
    for reporter in TABLE.reporters:
        assert reporter.senders
        for name in reporter.names:
            assert TABLE.named(name) is reporter, name
        for sender in (*reporter.senders, *reporter.house):
            address = sender if "@" in sender else f"x@mail.{sender}"
            assert TABLE.at(address) is reporter, sender


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "yahoo.com",
        "outlook.com",
        "hotmail.com",
        "gmx.net",
        "web.de",
        "mail.ru",
        "comcast.net",
        "zoho.com",
        "wp.pl",
        "fastmail.com",
    ],
)
def test_people_with_a_mailbox_there_are_no_reporters(domain: str) -> None:
    assert TABLE.at(f"anybody@{domain}") is None


@pytest.mark.parametrize(
    "name",
    [
        "google.com",
        " Google.COM ",
        "google.com.",
        '"google.com"',
        "Google Inc",
        "GOOGLE, INC.",
        "ｇｏｏｇｌｅ．ｃｏｍ",
        "mail.google.com",
    ],
)
def test_a_name_is_recognised_however_it_is_written(name: str) -> None:
    found = TABLE.named(name)
    assert found is not None
    assert found.reporter == "google.com"


@pytest.mark.parametrize(
    "name", [None, "", "  ", "notgoogle.com", "google.com.attacker.example", "goo gle.company", "."]
)
def test_another_name_is_another(name: str | None) -> None:
    assert TABLE.named(name) is None


@pytest.mark.parametrize(
    ("claims", "sender", "why"),
    [
        (said("a.example", "x@a.example"), "x@a.example", None),
        (said("A GmbH", "x@mail.a.example"), "x@a.example", None),
        (said("mx1.a.example", None, "A", "a.example"), "x@a.example", None),
        (said(None, "<x@a.example>"), "x@a.example", None),
        (said("A GmbH"), "x@a.example", "neither org_name nor report email names a domain"),
        (said("b.example", "x@a.example"), "x@a.example", "org_name says b.example, From says a.example"),
        (said("a.example", "x@b.example"), "x@a.example", "the report email says b.example, From says a.example"),
        (said("a.example", None, "b.example"), "x@a.example", "Submitter says b.example, From says a.example"),
        (
            said("a.example", None, None, "b.example"),
            "x@a.example",
            "the file name says b.example, From says a.example",
        ),
        (said("a.example", None, "Google"), "x@a.example", "Submitter says google.com, From says a.example"),
        (said("a.example", "x@a.example"), None, "there is no usable address in From"),
        (
            said("google.com", "x@a.example"),
            "noreply-dmarc-support@google.com",
            "the report email is of another organization",
        ),
        (said("google.com", None, "yahoo.com"), "noreply-dmarc-support@google.com", "Submitter says yahoo.com"),
        (said("google.com"), "x@google.com", "From is not an address that google.com reports from"),
        (said("google.com"), "x@a.example", "claims to be google.com"),
        (said("google.com"), None, "claims to be google.com"),
        (
            said("google.com", "dmarcreport@microsoft.com"),
            "noreply-dmarc-support@google.com",
            "claims to be microsoft.com",
        ),
    ],
)
def test_a_report_is_bound_when_all_places_agree(claims: Claims, sender: str | None, why: str | None) -> None:
    found = bind(claims, sender, TABLE)
    assert (found.bound, None if found.bound else found.why) == (why is None, why)


def test_organizations_are_told_by_public_suffix() -> None:
    assert names.aligned("mx.shop.co.jp", "shop.co.jp")
    assert not names.aligned("shop.co.jp", "other.co.jp")
    assert not names.aligned("co.jp", "co.jp")
    assert not names.aligned(None, None)
    assert names.domain("münchen.example") == "xn--mnchen-3ya.example"
    assert names.domain("a b.example") is None
    assert names.domain("x" * 300 + ".example") is None
