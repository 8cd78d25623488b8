"""A mail belongs to the entry that proves most, row by row and over whole columns alike."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.frames import ContractError
from analytics.registry import cases, load
from analytics.registry.matching import Case, Signature, SpfCheck, match
from analytics.registry.order import Registry
from ingest import registering
from ingest.registry import Change, Decision
from ingest.rules import Proof
from ingest.settings import Settings
from tests.fakes.senders import an_entry

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.registry import Entry

DAY = date(2026, 3, 3)
OURS = Signature("example.com", "s1", "pass")
VENDORS = Signature("sendgrid.net", "smtpapi", "pass")


def a_case(
    source_ip: str | None = "198.51.100.1",
    *dkim: Signature,
    header_from: str | None = "example.com",
    envelope_from: str | None = None,
    service_id: str | None = None,
    spf: tuple[SpfCheck, ...] = (),
) -> Case:
    return Case(source_ip, header_from, envelope_from, service_id, dkim, spf)


def answers(entries: tuple[Entry, ...], case: Case, day: date = DAY) -> tuple[str, str, str, bool] | None:
    found = match(Registry(entries), case, day)
    return (
        None
        if found is None
        else (found.entry.entry_id, found.proof.value, str(found.rule).partition("!")[0], found.broken)
    )


def frame(some: list[Case], days: list[date]) -> pd.DataFrame:
    rows = [
        asdict(case)
        | {"dkim": [one._asdict() for one in case.dkim], "spf": [one._asdict() for one in case.spf], "day": day}
        for case, day in zip(some, days, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(cases.NEEDED))


@pytest.mark.parametrize(
    ("rule", "case", "proof"),
    [
        ("ip:192.0.2.0/24", a_case("192.0.2.255"), "tenant"),
        ("ip:192.0.2.0/24", a_case("192.0.3.0"), None),
        ("ip:192.0.2.0/24", a_case(None), None),
        ("ip:192.0.2.0/24", a_case("no address"), None),
        ("ip:2001:db8::/32", a_case("2001:db8:ffff::1"), "tenant"),
        ("ip:2001:db8::/32", a_case("2001:db9::"), None),
        ("ip:2001:db8::8/125", a_case("2001:db8::f"), "tenant"),
        ("ip:2001:db8::8/125", a_case("2001:db8::10"), None),
        ("ip:0.0.2.0/24", a_case("::200"), None),
        ("service:sendgrid", a_case(service_id="sendgrid"), "vendor"),
        ("service:sendgrid", a_case(service_id="sendgrid-eu"), None),
        ("service:sendgrid", a_case(), None),
        ("dkim:example.com/s1", a_case(None, VENDORS, OURS), "tenant"),
        ("dkim:example.com/s1", a_case(None, Signature("EXAMPLE.com.", "S1", "pass")), "tenant"),
        ("dkim:example.com/s1", a_case(None, Signature("example.com", "s2", "pass")), None),
        ("dkim:example.com/s1", a_case(None, Signature("example.com", None, "pass")), None),
        ("dkim:example.com/s?", a_case(None, OURS), "tenant"),
        ("dkim:example.com", a_case(None, Signature("example.com", None, "pass")), "tenant"),
        ("dkim:example.com", a_case(None, Signature("mail.example.com", "s1", "pass")), None),
        ("dkim:*.example.com", a_case(None, Signature("mail.example.com", "s1", "pass")), "tenant"),
        ("dkim:*.example.com", a_case(None, OURS), None),
        ("dkim:sendgrid.net", a_case(None, VENDORS), "vendor"),
        ("dkim:sendgrid.net", a_case(None, Signature("sendgrid.net", "smtpapi", "fail")), None),
        ("dkim:example.com", a_case(None, Signature("example.com", "s1", "none")), None),
        ("selector:smtp*", a_case(None, VENDORS), "vendor"),
        ("selector:smtp*", a_case(None, Signature("sendgrid.net", "smtpapi", "fail")), None),
        ("envelope:b.example.com", a_case(spf=(SpfCheck("x.b.example.com", "mfrom", "pass"),)), "tenant"),
        ("envelope:b.example.com", a_case(spf=(SpfCheck("b.example.com", None, "pass"),)), "tenant"),
        ("envelope:b.example.com", a_case(spf=(SpfCheck("b.example.com", "helo", "pass"),)), None),
        ("envelope:b.example.com", a_case(spf=(SpfCheck("example.com", "mfrom", "pass"),)), None),
        (
            "envelope:b.example.com",
            a_case(envelope_from="b.example.com", spf=(SpfCheck(None, "mfrom", "pass"),)),
            "tenant",
        ),
    ],
)
def test_a_rule_fits_what_it_says_and_nothing_else(rule: str, case: Case, proof: str | None) -> None:
    found = match(Registry((an_entry("e", rule),)), case, DAY)
    assert (found.proof.value if found else None) == proof


def test_a_mail_from_that_did_not_pass_spf_is_no_evidence() -> None:
    """The simplest forgery of all: our own bounce domain, from anywhere."""
    entry = an_entry("e", "envelope:example.com")
    for spf in ((), (SpfCheck("example.com", "mfrom", "fail"),), (SpfCheck("evil.example", "mfrom", "pass"),)):
        assert answers((entry,), a_case(envelope_from="example.com", spf=spf)) is None


def test_a_broken_signature_of_ours_is_vendor_level_evidence_and_only_with_a_named_selector() -> None:
    broken = Signature("example.com", "s1", "fail")
    assert answers((an_entry("e", "dkim:example.com/s1"),), a_case(None, broken)) == (
        *("e", "vendor", "dkim:example.com/s1", True),
    )
    for rule in ("dkim:example.com", "dkim:example.com/s1!vendor", "dkim:example.com/*?"):
        assert answers((an_entry("e", rule),), a_case(None, broken)) is None
    vendor = an_entry("v", "service:sendgrid")
    both = (an_entry("e", "dkim:example.com/s1"), vendor)
    assert answers(both, a_case(None, broken, service_id="sendgrid")) == ("v", "vendor", "service:sendgrid", False)


def test_two_customers_of_one_service_on_one_address() -> None:
    """A shared address is the vendor's; our signature is ours."""
    entry = an_entry("news", "ip:198.51.100.1!vendor", "dkim:example.com/s1", "service:sendgrid")
    ours = a_case("198.51.100.1", OURS, VENDORS, service_id="sendgrid")
    theirs = a_case("198.51.100.1", VENDORS, service_id="sendgrid")
    assert answers((entry,), ours) == ("news", "tenant", "dkim:example.com/s1", False)
    assert answers((entry,), theirs) == ("news", "vendor", "ip:198.51.100.1", False)


def test_deny_beats_approve_of_the_same_proof_and_not_of_a_better_one() -> None:
    approve = an_entry("yes", "ip:192.0.2.7", "service:sendgrid")
    deny = an_entry("no", "ip:192.0.2.0/24", decision=Decision.DENY)
    assert answers((approve, deny), a_case("192.0.2.7")) == ("no", "tenant", "ip:192.0.2.0/24", False)
    weak = an_entry("weak", "service:sendgrid", decision=Decision.DENY)
    assert answers((approve, weak), a_case("192.0.2.7", service_id="sendgrid")) == (
        *("yes", "tenant", "ip:192.0.2.7", False),
    )
    ignore = an_entry("known", "ip:192.0.2.7", decision=Decision.IGNORE)
    assert answers((ignore, approve), a_case("192.0.2.7")) == ("yes", "tenant", "ip:192.0.2.7", False)


@pytest.mark.parametrize(
    ("vague", "specific"),
    [
        ("ip:192.0.2.0/24", "ip:192.0.2.0/28"),
        ("ip:192.0.2.0/24", "ip:192.0.2.1"),
        ("dkim:example.com", "dkim:example.com/s1"),
        ("dkim:example.com/s*", "dkim:example.com/s1"),
        ("dkim:example.com", "ip:192.0.2.1"),
        ("envelope:example.com", "envelope:b.example.com"),
        ("selector:s1", "dkim:example.com!vendor"),
        ("service:sendgrid", "selector:s1"),
    ],
)
def test_the_more_specific_rule_is_the_answer(vague: str, specific: str) -> None:
    case = a_case("192.0.2.1", OURS, service_id="sendgrid", spf=(SpfCheck("b.example.com", "mfrom", "pass"),))
    for pair in ((vague, specific), (specific, vague)):
        found = answers((an_entry("a", pair[0]), an_entry("b", pair[1])), case)
        assert found is not None
        assert found[2] == specific.partition("!")[0]


def test_an_entry_holds_on_its_days_and_for_its_domains() -> None:
    entry = an_entry("e", "ip:192.0.2.1", valid_from=DAY, valid_to=DAY + timedelta(1))
    for days, holds in ((-1, False), (0, True), (1, True), (2, False)):
        assert (answers((entry,), a_case("192.0.2.1"), DAY + timedelta(days)) is not None) is holds
    for name, holds in (("a.example.com", True), ("Example.com.", True), ("example.org", False), (None, False)):
        assert (answers((entry,), a_case("192.0.2.1", header_from=name), DAY) is not None) is holds
    assert answers((an_entry("e", "ip:192.0.2.1", domains=("*",)),), a_case("192.0.2.1", header_from=None)) is not None


def test_the_registry_is_what_it_was_at_the_end_of_a_day(tmp_path: Path) -> None:
    at = Settings(db=tmp_path / "r.duckdb")
    for day, owner in ((2, "first"), (4, "second")):
        registering.change(
            at,
            lambda known, owner=owner: [Change("approve", known.get("e"), an_entry("e", owner=owner))],  # type: ignore[misc]
            who="anna",
            why="x",
            clock=lambda day=day: datetime(2026, 3, day, 23, 59),  # type: ignore[misc]  # noqa: DTZ001 - naive UTC
        )
    from ingest import wiring

    reader = wiring.database(at)
    assert load.registry(reader, date(2026, 3, 1)).entries == ()
    assert [one.owner for one in load.registry(reader, date(2026, 3, 2)).entries] == ["first"]
    assert load.registry(reader, date(2026, 3, 4)) == load.registry(reader)
    assert load.registry(reader).entries == (an_entry("e", owner="second"),)


def test_a_frame_without_a_column_is_refused_and_an_empty_one_is_answered() -> None:
    with pytest.raises(ContractError, match="spf"):
        cases.matched(Registry(()), pd.DataFrame(columns=["source_ip"]))
    empty = cases.matched(Registry((an_entry(),)), frame([], []))
    assert list(empty.columns) == ["entry_id", "decision", "proof", "rule", "broken"]
    assert empty.empty


def test_the_index_of_the_cases_is_kept() -> None:
    given_ = frame([a_case("192.0.2.1"), a_case("192.0.2.9")], [DAY, DAY]).set_index(pd.Index([7, 5]))
    found = cases.matched(Registry((an_entry("e", "ip:192.0.2.9"),)), given_)
    assert found.index.tolist() == [7, 5]
    assert found["entry_id"].isna().tolist() == [True, False]
    assert found.iloc[1].tolist() == ["e", "approve", "tenant", "ip:192.0.2.9!tenant", False]


_NAMES = st.sampled_from(
    ["example.com", "b.example.com", "a.b.example.com", "vendor.example", "u.vendor.example", "com"]
)
_MAYBE = _NAMES | st.none() | st.just("")
_SELECTORS = st.sampled_from(["s1", "s2", "k"])
_RESULTS = st.sampled_from(["pass", "fail", "neutral", "temperror", "none", "Pass"]) | st.none()
_DAYS = st.dates(DAY - timedelta(2), DAY + timedelta(2))
_V4 = st.sampled_from(["192.0.2.0", "192.0.2.127", "192.0.2.128", "192.0.2.255", "192.0.3.0"])
_V6 = st.sampled_from(
    ["2001:db8::", "2001:db8::1", "2001:db8:0:1::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "::c000:200"]
)
_RULES = st.one_of(
    st.builds("ip:{}".format, _V4 | _V6),
    st.sampled_from(
        ["ip:192.0.2.0/24", "ip:192.0.2.128/25", "ip:2001:db8::/32", "ip:2001:db8::/64", "ip:2001:db8::/127"]
    ),
    st.builds("dkim:{}{}".format, _NAMES, st.sampled_from(["", "/s1", "/s?", "/*1"])),
    st.builds("dkim:*.{}".format, _NAMES),
    st.builds("envelope:{}".format, _NAMES),
    st.sampled_from(["service:one", "service:two", "selector:s1", "selector:s*"]),
)
_PROOFS = st.sampled_from(["", "!vendor"])
_ENTRIES = st.builds(
    lambda number, rules, proof, domain, decision, days: an_entry(
        f"e{number}",
        *(text + proof for text in rules),
        domains=(domain,),
        decision=decision,
        valid_from=days and min(days),
        valid_to=days and max(days),
    ),
    st.integers(0, 99),
    st.lists(_RULES, min_size=1, max_size=3),
    _PROOFS,
    st.sampled_from(["example.com", "b.example.com", "*"]),
    st.sampled_from(Decision),
    st.none() | st.tuples(_DAYS, _DAYS),
)
_CASES = st.builds(
    Case,
    _V4 | _V6 | st.none() | st.just("no address"),
    _MAYBE,
    _MAYBE,
    st.sampled_from(["one", "two"]) | st.none(),
    st.lists(st.builds(Signature, _MAYBE, _SELECTORS | st.none(), _RESULTS), max_size=3).map(tuple),
    st.lists(st.builds(SpfCheck, _MAYBE, st.sampled_from(["mfrom", "helo"]) | st.none(), _RESULTS), max_size=2).map(
        tuple
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(_ENTRIES, max_size=4, unique_by=lambda entry: entry.entry_id),
    st.lists(st.tuples(_CASES, _DAYS), max_size=8),
)
def test_whole_columns_say_what_row_by_row_says(entries: list[Entry], rows: list[tuple[Case, date]]) -> None:
    registry = Registry(tuple(entries))
    some, days = [case for case, _ in rows], [day for _, day in rows]
    found = cases.matched(registry, frame(some, days))
    for (case, day), row in zip(rows, found.to_numpy().tolist(), strict=True):
        one = match(registry, case, day)
        if one is None:
            assert pd.isna(row[0])
        else:
            assert row == [one.entry.entry_id, one.entry.decision, one.proof, str(one.rule), one.broken]
            assert not (one.broken and one.proof is Proof.TENANT)


@settings(max_examples=100, deadline=None)
@given(st.lists(_ENTRIES, max_size=4, unique_by=lambda entry: entry.entry_id), _CASES, _DAYS, st.randoms())
def test_the_order_of_the_entries_does_not_matter(entries: list[Entry], case: Case, day: date, random: object) -> None:
    import random as some

    shuffled = list(entries)
    assert isinstance(random, some.Random)
    random.shuffle(shuffled)
    assert match(Registry(tuple(entries)), case, day) == match(Registry(tuple(shuffled)), case, day)
