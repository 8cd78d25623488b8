"""Every level and every rule, on whole mails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ingest.model import Fate, Kind, Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from tests.fakes.reports import gz, mail, report_bytes
from tests.fakes.signed_mail import Letter, delivered, passed, results, signed

if TYPE_CHECKING:
    from tests.ingest.trust.conftest import Bench

GOOGLE = Letter()
SMALL = Letter(
    sender="Reports <dmarc@small.example.org>",
    org_name="small.example.org",
    email="dmarc@small.example.org",
    submitter="small.example.org",
    receiver="small.example.org",
)
ATTACKER = replace(GOOGLE, sender="reports@attacker.example")
DOCOMO = Letter(
    sender="reporting@dmarc25.jp",
    org_name="docomo.ne.jp",
    email="reporting@dmarc25.jp",
    submitter="docomo.ne.jp",
    receiver="docomo.ne.jp",
)


def test_level_3_our_server_says_pass_and_everything_says_google(bench: Bench) -> None:
    kept = bench.evidence(delivered(GOOGLE.body(), passed()))
    assert kept == {
        "level": 3,
        "authenticated": {"way": "authentication-results", "result": "dmarc=pass", "domain": "google.com"},
        "from_domain": "google.com",
        "reporter": "google.com",
        "reporter_email_domain": "google.com",
        "submitter": "google.com",
        "filename_receiver": "google.com",
        "bound": True,
        "known": True,
        "why": "google.com is proven (authentication-results: dmarc=pass) and From belongs to google.com",
    }
    assert bench.server.asked == []


def test_level_3_without_such_a_header_by_its_signature(bench: Bench) -> None:
    kept = bench.evidence(delivered(signed(GOOGLE.body())))
    assert (kept["level"], kept["authenticated"]) == (3, {"way": "dkim", "result": "pass", "domain": "google.com"})
    assert bench.server.asked == ["s1._domainkey.google.com"]


def test_level_3_signed_by_another_domain_of_the_organization(bench: Bench) -> None:
    letter = Letter(
        "DMARC <dmarcreport@microsoft.com>",
        "Enterprise Outlook",
        "dmarcreport@microsoft.com",
        "enterprise.protection.outlook.com",
        "enterprise.protection.outlook.com",
    )
    kept = bench.evidence(signed(letter.body(), "notification.microsoft.com"))
    assert (kept["level"], kept["reporter"], kept["authenticated"]["domain"]) == (
        3,
        "microsoft.com",
        "notification.microsoft.com",
    )


def test_level_3_a_reporter_that_mails_through_another_company(bench: Bench) -> None:
    assert bench.level(delivered(DOCOMO.body(), passed("dmarc25.jp"))) == 3


def test_level_2_proven_and_bound_but_not_in_the_table(bench: Bench) -> None:
    kept = bench.evidence(signed(SMALL.body(), "small.example.org"))
    assert (kept["level"], kept["bound"], kept["known"]) == (2, True, False)


def test_level_1_a_filtering_host_that_reports_for_its_customer(bench: Bench) -> None:
    letter = Letter(
        "MAILER-DAEMON@esa1.hc1-1.iphmx.com",
        "uhaul.com",
        "MAILER-DAEMON@esa1.hc1-1.iphmx.com",
        "uhaul.com",
        "uhaul.com",
    )
    kept = bench.evidence(delivered(letter.body(), passed("esa1.hc1-1.iphmx.com")))
    assert (kept["level"], kept["bound"]) == (1, False)
    assert kept["why"].endswith("but org_name says uhaul.com, From says iphmx.com")


def test_level_1_the_company_of_a_reporter_but_not_the_address_it_reports_from(bench: Bench) -> None:
    """A mail of Google with a stranger's words in it (a shared document, say) is no report of Google."""
    letter = replace(GOOGLE, sender="drive-shares-noreply@google.com")
    assert bench.level(delivered(letter.body(), passed())) == 1


def test_level_1_nothing_known_either_way(bench: Bench) -> None:
    kept = bench.evidence(SMALL.body())
    assert (kept["level"], kept["authenticated"]) == (1, {"way": "dkim", "result": "none", "domain": None})


def test_level_1_a_bare_file(bench: Bench) -> None:
    payload = bench.payload(gz(report_bytes(org_name="google.com")))
    assert (payload.trust, payload.fate) == (1, Fate.ACCEPTED)
    assert json.loads(payload.trust_evidence or "")["authenticated"]["result"] == "bare file"


def test_level_0_our_server_says_fail(bench: Bench) -> None:
    """Even beside a signature that would verify: our own server saw the mail as it came."""
    payload = bench.payload(
        delivered(signed(SMALL.body(), "small.example.org"), results("dmarc=fail header.from=small.example.org"))
    )
    assert (payload.trust, payload.fate) == (0, Fate.QUARANTINED)
    assert (
        payload.reason
        == "forged: the mail says it comes from small.example.org, but our mail server found dmarc=fail for that domain"
    )


@pytest.mark.parametrize("proven", [True, False])
def test_level_0_a_stranger_reports_as_google_even_with_its_own_dmarc_pass(bench: Bench, *, proven: bool) -> None:
    payload = bench.payload(delivered(ATTACKER.body(), *([passed("attacker.example")] if proven else [])))
    assert (payload.trust, payload.fate) == (0, Fate.QUARANTINED)
    assert payload.reason == (
        "forged: the report says it is from google.com, but the mail comes from attacker.example, which google.com does not use"
    )
    assert bench.server.asked == []


@pytest.mark.parametrize(
    "letter",
    [
        replace(ATTACKER, email="x@attacker.example"),
        replace(ATTACKER, org_name="Example", submitter="attacker.example"),
        replace(ATTACKER, org_name="GOOGLE.COM."),
        replace(ATTACKER, org_name="ｇｏｏｇｌｅ．ｃｏｍ", email=None),
        replace(ATTACKER, org_name="mail.google.com", email=None),
        replace(ATTACKER, org_name="Google, Inc", email=None),
        replace(ATTACKER, org_name=None),
        replace(ATTACKER, sender="noreply-dmarc-support@google.com.attacker.example"),
        replace(ATTACKER, sender="noreply-dmarc-support@google.com, x@attacker.example"),
        replace(ATTACKER, sender="=?utf-8?q?=3Cnoreply-dmarc-support=40google=2Ecom=3E?= <x@attacker.example>"),
        replace(ATTACKER, sender='"noreply-dmarc-support@google.com" <x@attacker.example>'),
        replace(ATTACKER, sender="x@attacker.example", extra="From: noreply-dmarc-support@google.com\r\n"),
        Letter("joe@yahoo.com", "Yahoo", "joe@yahoo.com", "yahoo.com", "yahoo.com"),
        Letter("joe@wp.pl", "wp.pl", "dmarc-support@wp.pl", "wp.pl", "wp.pl"),
    ],
    ids=lambda letter: f"{letter.sender[:40]} {letter.org_name}",
)
def test_level_0_however_a_known_reporter_is_claimed(bench: Bench, letter: Letter) -> None:
    """Users of a provider can sign as its domain too: for such reporters only the right address will do."""
    assert bench.level(delivered(letter.body(), passed("attacker.example"), passed("yahoo.com"), passed("wp.pl"))) == 0


def test_level_0_google_without_a_signature(bench: Bench) -> None:
    payload = bench.payload(delivered(GOOGLE.body()))
    assert (payload.trust, payload.fate) == (0, Fate.QUARANTINED)
    assert payload.reason == (
        "forged: the mail says it comes from google.com, but carries no valid DKIM signature of it (none), and google.com signs every report"
    )


def test_google_without_a_signature_is_only_unverified_when_dkim_is_not_checked(bench: Bench) -> None:
    payload = bench.payload(delivered(GOOGLE.body()), bench.judge(verify_dkim=False))
    assert (payload.trust, payload.fate) == (1, Fate.ACCEPTED)
    assert bench.server.asked == []


def test_strict_mode_quarantines_what_is_not_proven(bench: Bench) -> None:
    judge = bench.judge(minimum=2)
    assert bench.payload(SMALL.body(), judge).reason.startswith(
        "not trusted enough: unverified: nothing proves that small.example.org"
    )
    assert bench.payload(signed(SMALL.body(), "small.example.org"), judge).fate is Fate.ACCEPTED


def test_without_quarantine_only_the_level_is_set(bench: Bench) -> None:
    payload = bench.payload(delivered(ATTACKER.body()), bench.judge(quarantine=False))
    assert (payload.trust, payload.fate, payload.reason) == (0, Fate.ACCEPTED, "")


def test_a_fate_that_was_decided_before_stays(bench: Bench) -> None:
    raw = RawMail(Origin(path="x"), delivered(ATTACKER.body()))
    before = read(raw, Limits())
    before = replace(before, payloads=tuple(replace(one, fate=Fate.PARTIAL, reason="cut") for one in before.payloads))
    (after,) = bench.judge()(raw, before).payloads
    assert (after.trust, after.fate, after.reason) == (0, Fate.PARTIAL, "cut")


def test_every_report_of_a_mail_is_judged_for_itself(bench: Bench) -> None:
    honest = report_bytes(org_name="reporter.example", email="a@reporter.example")
    forged = report_bytes(org_name="google.com", report_id="r-2")
    raw = RawMail(Origin(path="x"), delivered(mail(gz(honest), gz(forged)), passed("reporter.example")))
    judged = bench.judge()(raw, read(raw, Limits()))
    assert [(one.trust, one.fate) for one in judged.payloads] == [(2, Fate.ACCEPTED), (0, Fate.QUARANTINED)]


def test_what_is_no_report_is_left_alone_and_costs_no_question(bench: Bench) -> None:
    raw = RawMail(Origin(path="x"), mail(b"not a report", filename="x.xml"))
    before = read(raw, Limits())
    assert before.payloads[0].kind is Kind.OTHER
    assert bench.judge()(raw, before) == before
    assert bench.server.asked == []


def test_the_keys_of_the_evidence_are_always_the_same(bench: Bench) -> None:
    bodies = [
        delivered(GOOGLE.body(), passed()),
        gz(report_bytes()),
        ATTACKER.body(),
        replace(SMALL, org_name=None, email=None).body(),
    ]
    orders = {tuple(bench.evidence(body)) for body in bodies}
    assert len(orders) == 1
