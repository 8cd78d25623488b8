"""Authentication-Results: ours and only ours; what stands in comments and quotes is not a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.trust.results import MAX_LENGTH, Results, parse
from tests.fakes.signed_mail import MX, RECEIVED, Letter, delivered, passed, results, signed

if TYPE_CHECKING:
    from tests.ingest.trust.conftest import Bench

FORGED = Letter(
    sender="dmarcreport@microsoft.com",
    org_name="Outlook.com",
    email="dmarcreport@microsoft.com",
    submitter="protection.outlook.com",
    receiver="protection.outlook.com",
).body()
OK = passed("microsoft.com")
HOP = "Received: from [192.0.2.9] by relay.sender.example with SMTP id 9; Tue, 03 Mar 2026 03:59:00 +0000\r\n"


def found(value: str) -> list[tuple[str, str]]:
    header = parse(value)
    return [(one.method, one.result) for one in header.results] if header else []


def test_real_headers_are_read() -> None:
    """As Gmail, Postfix with OpenDKIM, amavis and Microsoft write them."""
    gmail = parse(
        "mx.google.com; dkim=pass header.i=@google.com header.s=20230601 header.b=Ab/9+c=; arc=pass (i=1); spf=pass (google.com: domain of "
        'a@b.c designates 192.0.2.1 as permitted sender) smtp.mailfrom="a@b.c"; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=google.com'
    )
    assert isinstance(gmail, Results)
    assert gmail.server == "mx.google.com"
    assert [one.method for one in gmail.results] == ["dkim", "arc", "spf", "dmarc"]
    assert gmail.of("dmarc")[0].get("header.from") == "google.com"
    assert gmail.of("dkim")[0].get("header.i") == "@google.com"
    assert found(
        "koriander.ueber.net; dkim=pass (2048-bit key; unprotected) header.d=google.com; dkim-atps=neutral"
    ) == [("dkim", "pass"), ("dkim-atps", "neutral")]
    assert found("nelson.ngyn.org (amavisd-new); dkim=pass (2048-bit key) header.d=google.com") == [("dkim", "pass")]
    assert found("mx.example.org 1; none") == []
    microsoft = parse(
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=google.com; dkim=pass (x) header.d=google.com;dmarc=pass action=none header.from=google.com;compauth=pass reason=100"
    )
    assert microsoft is not None
    assert (microsoft.server, microsoft.of("dmarc")[0].get("header.from")) == (None, "google.com")


@pytest.mark.parametrize(
    "value",
    [
        "mx.example.com; spf=fail (dmarc=pass header.from=google.com; ) smtp.mailfrom=x",
        "mx.example.com; spf=fail (a (b; dmarc=pass) \\) ; dmarc=pass) smtp.mailfrom=x",
        'mx.example.com; spf=fail smtp.mailfrom="x; dmarc=pass header.from=google.com"',
        'mx.example.com; spf=fail smtp.mailfrom="\\"; dmarc=pass header.from=google.com"',
        "mx.example.com; spf=fail smtp.mailfrom=x dmarc=pass header.from=google.com",
        "mx.example.com; spf= =dmarc=pass",
    ],
)
def test_words_of_the_sender_are_not_results(value: str) -> None:
    assert ("dmarc", "pass") not in found(value)


@pytest.mark.parametrize(
    "value", ["", ";", "mx; (", "mx; (" * 5_000, 'mx; dmarc=pass "', "(" * 9_000 + ")" * 9_000, "m; a=b" * MAX_LENGTH]
)
def test_a_malformed_header_says_nothing(value: str) -> None:
    assert found(value) == []


def test_the_header_may_stand_above_or_below_our_own_received(bench: Bench) -> None:
    assert bench.level(delivered(HOP.encode() + FORGED, OK)) == 3
    assert bench.level((RECEIVED + OK + HOP).encode() + FORGED) == 3


def test_hops_inside_our_network_may_come_first(bench: Bench) -> None:
    inside = "Received: from mx by store.internal with LMTP id 1; Tue, 03 Mar 2026 04:00:01 +0000\r\nReceived: from mx.example.com by filter.example.com; Tue, 03 Mar 2026 04:00:01 +0000\r\n"
    assert bench.level((inside + RECEIVED + OK + HOP).encode() + FORGED) == 3


def test_another_servers_header_is_not_believed(bench: Bench) -> None:
    assert bench.level(delivered(FORGED, passed("microsoft.com", "mx.attacker.example"))) == 1
    assert bench.level(delivered(FORGED, passed("microsoft.com", f"{MX}.attacker.example"))) == 1
    assert bench.level(delivered(FORGED, passed("microsoft.com", None))) == 1


def test_a_header_with_our_name_below_a_hop_outside_is_not_believed(bench: Bench) -> None:
    assert bench.level(delivered((HOP + OK).encode() + FORGED)) == 1


def test_only_the_topmost_header_of_ours_counts(bench: Bench) -> None:
    """What the sender put in with our name stands below what our server wrote, whichever of the two it is next to."""
    none = results("dkim=none; dmarc=none header.from=microsoft.com")
    assert bench.level((RECEIVED + none + OK).encode() + FORGED) == 1
    assert bench.level(delivered(OK.encode() + FORGED, none)) == 1
    assert bench.level(delivered(OK.encode() + FORGED, results("dmarc=fail header.from=microsoft.com"))) == 0


def test_a_pass_for_another_domain_than_from_decides_nothing(bench: Bench) -> None:
    assert bench.level(delivered(FORGED, passed("attacker.example"))) == 1
    assert bench.level(delivered(FORGED, results("dmarc=pass"))) == 1
    assert bench.level(delivered(FORGED, results("dmarc=fail header.from=attacker.example"))) == 1


def test_two_results_that_differ_decide_nothing(bench: Bench) -> None:
    both = results("dmarc=pass header.from=microsoft.com; dmarc=fail header.from=microsoft.com")
    assert bench.level(delivered(FORGED, both)) == 1


@pytest.mark.parametrize("tag", ["header.d=notification.microsoft.com", "header.i=@microsoft.com"])
def test_where_dmarc_is_not_checked_an_aligned_signature_is_proof(bench: Bench, tag: str) -> None:
    kept = bench.evidence(delivered(FORGED, results(f"dkim=fail header.d=x.example; dkim=pass {tag}")))
    assert (kept["level"], kept["authenticated"]["result"]) == (3, "dkim=pass")
    assert bench.server.asked == []


def test_microsofts_headers_without_a_name_count_when_its_servers_are_ours(bench: Bench) -> None:
    judge = bench.judge(authserv_ids=("protection.outlook.com",))
    received = "Received: from a (192.0.2.1) by B.mail.protection.outlook.com (192.0.2.2) with Microsoft SMTP Server; Tue, 03 Mar 2026 04:00:00 +0000\r\n"
    nameless = results(
        "spf=pass smtp.mailfrom=microsoft.com; dkim=pass header.d=microsoft.com;dmarc=pass action=none header.from=microsoft.com",
        None,
    )
    assert bench.level((received + nameless + HOP).encode() + FORGED, judge) == 3
    assert bench.level((received + HOP + nameless).encode() + FORGED, judge) == 1


def test_a_header_that_decides_costs_no_question(bench: Bench) -> None:
    bench.level(delivered(signed(Letter().body()), passed()))
    assert bench.server.asked == []


def test_a_thousand_headers_are_read_in_order(bench: Bench) -> None:
    assert bench.level(delivered((passed("microsoft.com", "mx.other.example") * 1_000 + OK).encode() + FORGED)) == 3
    assert bench.level(delivered((passed("microsoft.com", "mx.other.example") * 3_000 + OK).encode() + FORGED)) in {
        0,
        1,
    }
