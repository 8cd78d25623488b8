"""One fixture for each rule, the order between neighbours, and the law: every record has one verdict, and no message is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.verdict.cases import judged_cases
from analytics.verdict.rules import RULES
from analytics.verdict.signals import Inventory
from analytics.window import Window
from ingest.store.connect import Database
from tests.analytics.verdict.people import Catalogue, Senders, judged_by
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from ingest.records import Record

WINDOW = Window(MONDAY, MONDAY)
HOME, ELSEWHERE, UNIVERSITY, SERVICE, LISTS, OWN, VENDOR, BAD, QUIET = (
    *("192.0.2.1", "198.51.100.7", "198.51.100.8", "198.51.100.9", "198.51.100.10"),
    *("203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"),
)
OURS, FORGED, OTHER = ("example.com", "s1"), ("example.com", "never-seen"), ("vendor.example", "v")
USUAL = (  # what makes s1 a selector that is ours, at home at 192.0.2.1, and example.com a domain that signs
    a_record(10_000, aligned="dkim", source_ip=HOME),
)


class Known(Senders):
    """Three addresses that somebody decided about."""

    def __init__(self) -> None:
        super().__init__()
        self.known = {
            OWN: ("tenant", "approve"),
            VENDOR: ("vendor", "approve"),
            BAD: ("tenant", "deny"),
            QUIET: ("tenant", "ignore"),
        }


CATALOGUE = Catalogue({"Vendor": "", "Lists": "lists", "Forwarder": "forwards"})
INVENTORY = Inventory(silent=frozenset({"parked.example"}))


@pytest.fixture
def verdicts(tmp_path: Path) -> Callable[..., pd.DataFrame]:
    database = Database(tmp_path / "w.duckdb")

    def told(*records: Record, usual: tuple[Record, ...] = USUAL, **report: Any) -> pd.DataFrame:
        keep(database, a_report(*usual, **report), a_report(*records, report_id="asked", **report))
        for address, known in {
            HOME: {"service": "Own"},
            UNIVERSITY: {"service": "University", "service_kind": "Education"},
            SERVICE: {"service": "Vendor", "service_kind": "Marketing"},
            LISTS: {"service": "Lists"},
        }.items():
            keep_source(database, address, **known)
        judged_by(database, Known(), CATALOGUE, INVENTORY)
        return judged_cases(database, WINDOW)

    return told


def sent(
    by: str,
    *,
    signed: tuple[str, str] | None = None,
    result: str = "fail",
    spf: tuple[str, str] = ("example.com", "fail"),
    **more: Any,
) -> Record:
    """A failing record unless `aligned` says otherwise."""
    dkim = ((*signed, result),) if signed else ()
    return a_record(7, source_ip=by, dkim=dkim, spf=(spf,), **more)


FOREIGN: dict[str, Any] = {"spf": ("vendor.example", "pass"), "envelope_from": "vendor.example"}
EACH = {
    "X1": sent(QUIET, **FOREIGN),
    "D1": sent(BAD, **FOREIGN),
    "D2": sent(BAD, aligned="both"),
    "T1": sent(ELSEWHERE, signed=OURS, result="temperror"),
    "A1": sent(ELSEWHERE, aligned="both", signed=OURS, result="pass", spf=("example.com", "pass")),
    "A2": sent(ELSEWHERE, aligned="spf", spf=("example.com", "pass")),
    "A3": sent(HOME, aligned="dkim", signed=OURS, result="pass"),
    "F1": sent(UNIVERSITY, aligned="dkim", signed=OURS, result="pass"),
    "A4": a_record(5_000, source_ip=ELSEWHERE, aligned="dkim", dkim=((*OURS, "pass"),), spf=(("example.com", "fail"),)),
    "L1": sent(LISTS, signed=OURS, spf=("lists.example", "pass"), envelope_from="lists.example"),
    "F2": sent(UNIVERSITY, signed=OURS),
    "M4": sent(OWN, signed=OURS),
    "M3": sent(VENDOR, signed=OTHER, result="pass", **FOREIGN),
    "M1": sent(VENDOR, signed=OTHER, result="pass"),
    "M2": sent(VENDOR, **FOREIGN),
    "M5": sent(OWN, spf=("example.com", "none")),
    "E1": sent(SERVICE, **FOREIGN),
    "S3": sent(ELSEWHERE, signed=FORGED),
    "S1": sent(ELSEWHERE),
    "S2": sent(ELSEWHERE, spf=("bad.example", "pass"), envelope_from="bad.example"),
    "S5": sent(ELSEWHERE, spf=("bad.example", "none"), envelope_from="bad.example"),
    "S4": a_record(7, source_ip=ELSEWHERE, header_from="parked.example"),
    "U1": a_record(7, source_ip=ELSEWHERE),
}


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_each_rule_has_mail_that_only_it_explains(verdicts: Callable[..., pd.DataFrame], rule: str) -> None:
    found = verdicts(EACH[rule])
    asked = found[found["messages"].ne(10_000)] if rule != "A3" else found
    assert set(asked["rule_id"]) == {rule}, asked.T.to_string()


NEIGHBOURS = {
    # a name and its rule; why it is not the other one
    "approved mail that is labelled as a list stays ours and broken": (
        "M4",
        sent(OWN, signed=OURS, reasons=(("mailing_list", None),)),
    ),
    "a broken signature with a selector that never passed is forged, whatever the envelope says": (
        "S3",
        sent(ELSEWHERE, signed=FORGED, **FOREIGN),
    ),
    "a copied signature from somewhere that forwards nothing is not called a list": (
        "U1",
        sent(ELSEWHERE, signed=OURS),
    ),
    "a receiver that trusts an ARC chain says that the mail was passed on": (
        "F2",
        sent(ELSEWHERE, signed=OURS, reasons=(("local_policy", "arc=pass"),)),
    ),
    "a temporary error does not excuse a signature that is broken": (
        "M4",
        sent(OWN, signed=OURS, spf=("example.com", "temperror")),
    ),
    "the test flag of the policy is no override": ("S1", sent(ELSEWHERE, reasons=(("policy_test_mode", None),))),
    "an empty envelope proves nothing about our domain": (
        "S5",
        sent(ELSEWHERE, spf=("mail.example", "none"), envelope_from=""),
    ),
    "SPF alone at a forwarder of unsigned mail is not our sender": (
        "S2",
        sent(UNIVERSITY, spf=("u.example", "pass"), envelope_from="u.example"),
    ),
    "a service that we approved, with an account that is not proven to be ours": ("M2", sent(VENDOR, **FOREIGN)),
    "aligned mail of a denied sender is looked at, not called ours": (
        "D2",
        sent(BAD, aligned="dkim", signed=OURS, result="pass"),
    ),
}


@pytest.mark.parametrize("why", NEIGHBOURS)
def test_neighbours(verdicts: Callable[..., pd.DataFrame], why: str) -> None:
    wanted, record = NEIGHBOURS[why]
    found = verdicts(record)
    assert set(found.loc[found["messages"].ne(10_000), "rule_id"]) == {wanted}


def test_two_tenants_of_one_address_get_two_verdicts(verdicts: Callable[..., pd.DataFrame]) -> None:
    ours = sent(SERVICE, aligned="dkim", signed=("example.com", "esp1"), result="pass", **FOREIGN)
    theirs = sent(
        SERVICE,
        signed=("other.example", "esp9"),
        result="pass",
        spf=("bounce.other.example", "pass"),
        envelope_from="bounce.other.example",
    )
    found = verdicts(ours, theirs).query("source_ip == @SERVICE").set_index("our_selector", drop=False)
    assert found.loc["esp1", "side"] == "ours_fine"
    assert list(found[found["our_selector"].isna()]["side"]) == ["unknown"]


results = st.sampled_from(["pass", "fail", "none", "temperror", "permerror", "neutral", "softfail", "odd", None])
domains = st.sampled_from(["example.com", "mail.example.com", "vendor.example", "bad.example", "", None])
some_records = st.builds(
    lambda n, ip, d, s, aligned, ef, why, hf: a_record(
        n,
        source_ip=ip,
        dkim=tuple(d),
        spf=tuple(s),
        aligned=aligned,
        envelope_from=ef,
        reasons=tuple(why),
        header_from=hf,
    ),
    st.integers(0, 10**6),
    st.sampled_from([HOME, ELSEWHERE, UNIVERSITY, SERVICE, LISTS, OWN, VENDOR, BAD, QUIET, None]),
    st.lists(st.tuples(domains, st.sampled_from(["s1", "s2", None]), results), max_size=3),
    st.lists(st.tuples(domains, results), max_size=2),
    st.sampled_from(["", "dkim", "spf", "both"]),
    domains,
    st.lists(
        st.tuples(
            st.sampled_from(["mailing_list", "forwarded", "local_policy", "other", None]),
            st.sampled_from([None, "arc=pass", ""]),
        ),
        max_size=2,
    ),
    st.sampled_from(["example.com", "mail.example.com", "parked.example", "", None]),
)


@given(st.lists(some_records, min_size=1, max_size=12), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_every_record_has_one_verdict_and_no_message_is_lost(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record], split: int
) -> None:
    database = Database(tmp_path_factory.mktemp("w") / "w.duckdb")
    halves = records[: len(records) * split // 3], records[len(records) * split // 3 :]
    keep(database, *(a_report(*half, report_id=str(number)) for number, half in enumerate(halves) if half))
    judged_by(database, Known(), CATALOGUE, INVENTORY)
    found = judged_cases(database, WINDOW)
    assert found["records"].sum() == len(records)
    assert found["messages"].sum() == sum(record.messages for record in records)
    assert set(found["rule_id"]) <= {rule.id for rule in RULES}
    assert found[["verdict", "kind", "side", "confidence"]].notna().all(axis=None)


def test_rules_have_names_of_their_own_and_the_last_takes_all() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert RULES[-1].id == "U1"
