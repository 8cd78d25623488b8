"""DKIM: real signatures, keys in a real DNS server, and what senders do to get around them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.trust.digest import canonical
from ingest.trust.head import head
from ingest.trust.keys import MAX_TIMEOUTS
from ingest.trust.results import parse
from tests.fakes.key_server import BROKEN, SILENT
from tests.fakes.signed_mail import HEADERS, Letter, delivered, key_record, passed, signed
from tests.ingest.trust.conftest import DAY

if TYPE_CHECKING:
    from tests.ingest.trust.conftest import Bench

GOOGLE = Letter().body()
SMALL = Letter(
    "a@small.example.org", "small.example.org", "a@small.example.org", "small.example.org", "small.example.org"
).body()
BOGUS = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={}; s={}; h=from:subject; bh=AAAA; b=AAAA\r\n"


def result(bench: Bench, body: bytes) -> str:
    return str(bench.evidence(body)["authenticated"]["result"])


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
def test_each_canonical_form_verifies(bench: Bench, header: bytes, body: bytes) -> None:
    assert bench.level(signed(GOOGLE, canonicalize=(header, body))) == 3


def test_a_mail_with_lf_line_ends_verifies(bench: Bench) -> None:
    assert bench.level(signed(GOOGLE).replace(b"\r\n", b"\n")) == 3


def test_the_first_good_signature_is_enough(bench: Bench) -> None:
    bogus = BOGUS.format("google.com", "s1") + BOGUS.format("attacker.example", "s1")
    assert bench.level(bogus.encode() + signed(GOOGLE)) == 3


def test_a_replayed_mail_is_what_it_was(bench: Bench) -> None:
    """Relayed by anybody, a genuine report stays genuine; that it was here already is for the keys of reports to find."""
    relayed = "Received: from x by relay.attacker.example; Tue, 03 Mar 2026 04:00:00 +0000\r\nX-Note: hello\r\nSender: a@attacker.example\r\n"
    assert bench.level(relayed.encode() + signed(GOOGLE)) == 3


def test_a_signature_of_another_domain_proves_nothing_and_is_not_asked_about(bench: Bench) -> None:
    assert bench.level(signed(SMALL, "google.com")) == 1
    assert bench.server.asked == []


def test_a_signature_is_good_for_the_mail_that_was_signed_only(bench: Bench) -> None:
    other = (
        signed(GOOGLE).partition(b"From:")[0]
        + Letter(count="99999", subject="Report domain: example.com Submitter: google.com Report-ID: r-9").body()
    )
    assert bench.level(other) == 0
    assert result(bench, other) == "fail"


def test_a_body_changed_on_the_way_leaves_the_report_unverified(bench: Bench) -> None:
    """The header can only be Google's; gateways that change bodies are common. Unverified, not forged."""
    kept = bench.evidence(signed(GOOGLE) + b"-- \r\nScanned by the gateway\r\n")
    assert (kept["level"], kept["authenticated"]["result"]) == (1, "altered")


def test_a_signed_header_of_another_report_does_not_cover_a_new_body(bench: Bench) -> None:
    elsewhere = signed(Letter(subject="Report domain: attacker.example Submitter: google.com Report-ID: 7").body())
    assert (
        bench.level(elsewhere.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + GOOGLE.partition(b"\r\n\r\n")[2]) == 3
    )  # the very body
    swapped = elsewhere.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + Letter(count="99").body().partition(b"\r\n\r\n")[2]
    assert result(bench, swapped) == "altered"
    assert bench.level(swapped) == 0


def test_a_tag_before_the_subject_does_not_hide_the_signature(bench: Bench) -> None:
    assert bench.level(signed(GOOGLE).replace(b"Subject: Report", b"Subject: [EXTERNAL] Report")) == 3


def test_a_report_added_below_the_signed_length_is_not_covered(bench: Bench) -> None:
    assert result(bench, signed(GOOGLE, length=True) + b"more") == "fail"
    assert bench.level(signed(GOOGLE, length=True)) == 0


def test_a_second_from_is_not_covered(bench: Bench) -> None:
    assert bench.level(b"From: noreply-dmarc-support@google.com\r\n" + signed(GOOGLE)) == 0


def test_a_mail_that_two_parsers_read_differently_is_not_covered(bench: Bench) -> None:
    """A lone CR ends a line for the parser that finds reports and none for DKIM: a second mail would hide in a header field."""
    inner = Letter(count="99999").body().replace(b"\r\n", b"\r")
    smuggled = b"X-A: 1\r\nX-B: 1\r" + inner + b"\r\n" + signed(GOOGLE)
    assert bench.level(smuggled) == 0
    assert bench.level(delivered(smuggled, passed())) == 0
    assert bench.level(b"X-A: 1\0\r\n" + signed(GOOGLE)) == 0


def test_an_expired_signature_is_judged_by_the_day_the_mail_came(bench: Bench) -> None:
    def expiring(seconds: int) -> bytes:
        signer = dkim.DKIM(SMALL)
        from tests.fakes.signed_mail import private_key

        made = signer.gen_header  # the library has no x= of its own
        moment = str(int((DAY - DAY.__class__(1970, 1, 1)).total_seconds()) + seconds).encode()
        signer.gen_header = lambda fields, *rest, **more: made(
            [*fields[:-1], (b"x", moment), fields[-1]], *rest, **more
        )
        return (
            bytes(
                signer.sign(
                    b"s1",
                    b"small.example.org",
                    private_key(),
                    include_headers=HEADERS,
                    canonicalize=(b"relaxed", b"relaxed"),
                )
            )
            + SMALL
        )

    assert bench.level(expiring(60)) == 2
    assert result(bench, expiring(-60)) == "fail"


@pytest.mark.parametrize(
    ("selector", "found"), [("gone", "no key"), ("x" * 70, "no key"), ("a..b", "no key"), ("é", "no key")]
)
def test_a_key_that_does_not_exist_is_no_proof(bench: Bench, selector: str, found: str) -> None:
    mail = BOGUS.format("google.com", selector).encode() + GOOGLE
    assert (result(bench, mail), bench.level(mail)) == (found, 0)


def test_in_an_old_mail_a_missing_key_proves_nothing_against_it(bench: Bench) -> None:
    mail = signed(GOOGLE, selector="gone")
    assert bench.level(mail, ingested_utc=DAY + timedelta(days=8)) == 1
    assert bench.level(GOOGLE, ingested_utc=DAY + timedelta(days=8)) == 0


@pytest.mark.parametrize(
    "record",
    [
        "",
        "v=DKIM1; p=",
        "v=DKIM1; k=ed25519; p=" + "A" * 43 + "=",
        "v=DKIM1; p=AAAA",
        "v=spf1 -all",
        "v=DKIM1; n=" + "x" * 3_900 + "; p=",
        "p=;;=;",
    ],
)
def test_a_key_that_cannot_be_used_is_no_proof(bench: Bench, record: str) -> None:
    bench.server.records["odd._domainkey.small.example.org"] = record
    assert bench.level(signed(SMALL, "small.example.org", "odd")) == 1


@pytest.mark.parametrize("silence", [SILENT, BROKEN])
def test_where_dns_does_not_answer_nothing_is_held_against_a_mail(bench: Bench, silence: str) -> None:
    bench.server.records["s1._domainkey.google.com"] = silence
    assert (result(bench, signed(GOOGLE)), bench.level(signed(GOOGLE))) == ("not checked", 1)


def test_a_key_is_asked_for_once_a_run_whatever_the_answer(bench: Bench) -> None:
    judge = bench.judge()
    for selector in ("s1", "gone"):
        bench.server.asked.clear()
        for _ in range(3):
            bench.level(signed(GOOGLE, selector=selector), judge)
        assert bench.server.asked == [f"{selector}._domainkey.google.com"]


def test_after_three_time_outs_in_a_row_dns_is_left_alone(bench: Bench) -> None:
    bench.server.records.clear()
    bench.server.records["example.org"] = SILENT
    judge = bench.judge(timeout_s=0.05)
    for number in range(6):
        mail = Letter(f"a@d{number}.example.org", "x", f"a@d{number}.example.org").body()
        assert bench.level(BOGUS.format(f"d{number}.example.org", "s1").encode() + mail, judge) == 1
    assert len({name.split(".")[2] for name in bench.server.asked}) == 3


def test_a_sender_whose_dns_is_silent_cannot_switch_off_the_check_of_google(bench: Bench) -> None:
    bench.server.records["example.org"] = SILENT
    judge = bench.judge(timeout_s=0.05)
    for number in range(MAX_TIMEOUTS):
        mail = Letter(f"a@d{number}.example.org", "x", f"a@d{number}.example.org").body()
        bench.level(BOGUS.format(f"d{number}.example.org", "s1").encode() + mail, judge)
    assert bench.level(signed(GOOGLE), judge) == 3
    assert bench.level(BOGUS.format("google.com", "gone").encode() + GOOGLE, judge) == 0


def test_of_a_thousand_signatures_five_are_verified(bench: Bench) -> None:
    many = "".join(BOGUS.format("google.com", f"n{number}") for number in range(1_000)).encode()
    assert bench.level(many + signed(GOOGLE)) == 0
    assert len(bench.server.asked) == 5


HOSTILE = [
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=from; bh=%%%; b=%%%",
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=" + ":".join(["from"] * 2_000) + "; bh=AAAA; b=AAAA",
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=from; bh=AAAA; b=" + "A" * 7_000,
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=from; bh=AAAA; b=" + "A" * 70_000,
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=from; bh=AAAA; b=" + " \t" * 3_000,
    "v=1; a=rsa-sha256; c=relaxed/x/y; d=google.com; s=s1; h=from; bh=AAAA; b=AAAA",
    "v=1; a=rsa-sha1; d=google.com; s=s1; h=from; bh=AAAA; b=AAAA",
    "v=1; a=ed25519-sha256; d=google.com; s=s1; h=from; bh=AAAA; b=AAAA",
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=subject; bh=AAAA; b=AAAA",
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=from; bh=AAAA; b=A",
    "v=1; a=rsa-sha256; d=google.com; s=s1; h=from; bh=é; b=é",
    "v=1; a=rsa-sha256; x=" + "9" * 5_000 + "; d=google.com; s=s1; h=from; bh=AAAA; b=AAAA",
    "v=1; v=1; d=google.com",
    "d=google.com",
    ";;;=;==",
    "",
    "v=1; a=rsa-sha256; d=" + "google.com." * 500 + "; s=s1; h=from; bh=AAAA; b=AAAA",
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_signature_is_none(bench: Bench, value: str) -> None:
    assert bench.level(f"X: 1\r\nDKIM-Signature: {value}\r\n".encode() + GOOGLE) == 0
    assert bench.level(f"X: 1\r\nDKIM-Signature: {value}\r\n".encode() + signed(GOOGLE)) == 3


def test_a_hostile_header_is_no_proof(bench: Bench) -> None:
    assert bench.level(b"X: 1\r\nX: " + b"x" * 300_000 + b"\r\n" + signed(GOOGLE)) == 0
    assert bench.level(b"X: x\r\n" * 5_000 + signed(GOOGLE)) == 0


def test_a_hostile_from_is_no_address() -> None:
    for value in (
        "(" * 1_900,
        "<" * 1_900,
        "a@b.c,d@e.f",
        '"' * 1_900,
        "a@b.c\0",
        "\\" * 1_900,
        "@" * 1_900,
        "",
        "a@b@c.de",
        "x" * 9_000,
    ):
        assert head(f"From: {value}\r\n\r\n".encode()).sender is None


@given(st.one_of(st.binary(max_size=120), st.text('<>@(),.:;"\\ ab=?[]\r\n', max_size=60).map(str.encode)))
def test_any_from_and_any_results_are_survived(junk: bytes) -> None:
    found = head(b"From: " + junk + b"\r\n\r\n")
    assert found.sender is None or found.domain
    parse(junk.decode("latin-1"))


@given(st.binary(max_size=300))
def test_any_key_record_and_signature_is_survived(junk: bytes) -> None:
    from ingest.settings import TrustSettings
    from ingest.trust.keys import Asked, Key, Keys
    from ingest.trust.signature import verify
    from ingest.trust.signed import Signed

    class Published(Keys):
        def key(self, domain: str, selector: str, *, known: bool) -> Key:  # noqa: ARG002 - the same key everywhere
            return Key(Asked.FOUND, junk + key_record().encode()[: len(junk) * 2])

    keys = Published(TrustSettings(nameservers=("127.0.0.1",)))
    for mail in (
        signed(GOOGLE),
        b"DKIM-Signature: v=1; a=rsa-sha256; d=google.com; s=x; h=from; bh=AA==; b=" + junk + b"\r\n" + GOOGLE,
    ):
        assert verify(mail, "google.com", keys, received=DAY, known=True).signed is not Signed.VALID


def _calm(body: bytes) -> bytes:
    """Outside what dkimpy and RFC 6376 read differently: blanks at the very end without a line end."""
    return body.rstrip(b" \t") + b"\r\n"


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\n", b"a", b"\r", b"\0"]), max_size=30).map(b"".join))
def test_bodies_are_hashed_as_dkimpy_hashes_them(body: bytes) -> None:
    from dkim.canonicalization import Relaxed, Simple

    text = _calm(body)
    lines = dkim.rfc822_parse(b"A: b\r\n\r\n" + text)[1]
    assert canonical(text, relaxed=True) == Relaxed.canonicalize_body(lines)
    assert canonical(text, relaxed=False) == Simple.canonicalize_body(lines)


def test_headers_decide_before_signatures(bench: Bench) -> None:
    letter = replace(Letter(), subject="x").body()
    assert bench.level(delivered(letter, passed())) == 3
