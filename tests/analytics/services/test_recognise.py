"""Who is recognised by what, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.services.catalogue import catalogue
from analytics.services.model import Strength
from analytics.services.recognise import Evidence, Match, recognise
from tests.fakes.services import catalogue_of

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


_TEXTS = st.text(max_size=30) | st.sampled_from(
    ["a.acme.example", "acme.example.", "ACME9", "Acme", "mail.sendgrid.net"]
)


@given(st.lists(st.tuples(_TEXTS, _TEXTS), max_size=3), _TEXTS, _TEXTS, _TEXTS, st.integers())
def test_whatever_a_report_says_every_match_meets_its_pattern(
    signatures: list[tuple[str, str]], envelope: str, reverse: str, mapped: str, asn: int
) -> None:
    evidence = Evidence(
        signatures=tuple(signatures), envelope_domain=envelope, reverse_name=reverse, map_name=mapped, asn=asn
    )
    found = recognise(evidence, catalogue_of(EVERY))
    assert [match.strength for match in found] == sorted({match.strength for match in found})
    for match in found:
        if match.field.endswith(("domains", "reverse_names")):
            assert f".{match.value}".endswith(f".{match.pattern}")
        elif match.field == "dkim_selectors":
            assert match.value.startswith("acme")
        else:
            assert match.value == match.pattern
