"""Which mail fails, and why."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from analytics.failing import Cause, failing
from analytics.window import Window
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

if TYPE_CHECKING:
    from ingest.store.connect import Database

WEEK = Window.last(7, MONDAY)
OURS, ESP = "example.com", "esp.example"
CASES: list[tuple[str, dict[str, Any], Cause]] = [
    ("nothing", {}, Cause.NO_AUTHENTICATION),
    ("spf fails", {"spf": [(OURS, "fail")]}, Cause.NO_AUTHENTICATION),
    ("dkim none", {"dkim": [(OURS, None, "none")], "spf": [(OURS, "none")]}, Cause.NO_AUTHENTICATION),
    ("foreign dkim fails", {"dkim": [(ESP, "k", "fail")]}, Cause.NO_AUTHENTICATION),
    ("both foreign", {"dkim": [(ESP, "k", "pass")], "spf": [(ESP, "pass")]}, Cause.NOT_ALIGNED_BOTH),
    ("only foreign dkim", {"dkim": [(ESP, "k", "pass")], "spf": [(OURS, "softfail")]}, Cause.DKIM_NOT_ALIGNED),
    ("only foreign spf", {"spf": [(ESP, "pass")]}, Cause.SPF_NOT_ALIGNED),
    ("own signature broken", {"dkim": [(OURS, "s1", "fail")]}, Cause.DKIM_BROKEN),
    ("own key missing", {"dkim": [(OURS, "s1", "permerror")], "spf": [(ESP, "pass")]}, Cause.DKIM_BROKEN),
    (
        "own broken, service's intact",
        {"dkim": [(ESP, "k", "pass"), (OURS, "s1", "fail")], "spf": [(ESP, "pass")]},
        Cause.DKIM_BROKEN,
    ),
    ("subdomain signs", {"dkim": [("mail.example.com", "s1", "fail")]}, Cause.DKIM_BROKEN),
    ("parent signs", {"dkim": [(OURS, "s1", "fail")], "header_from": "news.example.com"}, Cause.DKIM_BROKEN),
    ("sibling signs", {"dkim": [("a.example.com", "s1", "fail")], "header_from": "b.example.com"}, Cause.DKIM_BROKEN),
    (
        "case does not matter",
        {"dkim": [("EXAMPLE.com", "s1", "fail")], "header_from": "Example.COM"},
        Cause.DKIM_BROKEN,
    ),
    ("a name that only ends alike", {"dkim": [("notexample.com", "k", "fail")]}, Cause.NO_AUTHENTICATION),
    ("a top-level domain is no parent", {"dkim": [("com", "k", "fail")]}, Cause.NO_AUTHENTICATION),
    ("own key not reachable", {"dkim": [(OURS, "s1", "temperror")]}, Cause.TEMPORARY),
    ("own spf not reachable", {"spf": [(OURS, "temperror")]}, Cause.TEMPORARY),
    ("spf of no domain not reachable", {"spf": [(None, "temperror")]}, Cause.TEMPORARY),
    ("foreign spf not reachable", {"spf": [(ESP, "temperror")]}, Cause.NO_AUTHENTICATION),
    ("broken and not reachable", {"dkim": [(OURS, "a", "temperror"), (OURS, "b", "fail")]}, Cause.DKIM_BROKEN),
    ("foreign dkim, own spf later", {"dkim": [(ESP, "k", "pass")], "spf": [(OURS, "temperror")]}, Cause.TEMPORARY),
    ("no domain, own signature broken", {"dkim": [(OURS, "s1", "fail")], "header_from": None}, Cause.DKIM_BROKEN),
    ("strict alignment asked for", {"dkim": [("mail.example.com", "s1", "pass")]}, Cause.DKIM_NOT_ALIGNED),
]


@pytest.mark.parametrize(("record", "cause"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_cause_is(database: Database, record: dict[str, Any], cause: Cause) -> None:
    keep(database, a_report(a_record(5, **record)))
    row = failing(database, WEEK).iloc[0]
    assert Cause(row["cause"]) is cause
    assert row["failing"] == 5


@pytest.mark.parametrize(
    "order", list(permutations([(ESP, "k", "pass"), (OURS, "s1", "fail"), (OURS, "s0", "neutral")]))
)
def test_the_order_of_signatures_does_not_matter(database: Database, order: list[tuple[str, str, str]]) -> None:
    keep(database, a_report(a_record(5, dkim=order)))
    row = failing(database, WEEK).iloc[0]
    assert (row["dkim_domain"], row["dkim_selector"], row["dkim_result"]) == (OURS, "s0", "neutral")


def test_passing_mail_is_no_failure_whatever_else_broke(database: Database) -> None:
    keep(database, a_report(a_record(5, aligned="spf", dkim=[(OURS, "s1", "fail")])))
    assert failing(database, WEEK).empty


def test_the_evidence_is_what_most_messages_show(database: Database) -> None:
    few, many = [a_record(10, dkim=[(ESP, "rare", "pass")])] * 3, [a_record(40, dkim=[(ESP, "often", "pass")])]
    keep(database, a_report(*few, *many))
    rows = failing(database, WEEK)
    assert rows[["dkim_selector", "failing", "cause"]].values.tolist() == [["often", 70, "dkim_not_aligned"]]


def test_failures_are_ranked_and_shared_out(database: Database) -> None:
    keep_source(database, "192.0.2.2", service="Tickets")
    keep(
        database,
        a_report(
            a_record(30, spf=[(ESP, "pass")], disposition="reject"),
            a_record(60, source_ip="192.0.2.2", dkim=[(OURS, "s1", "fail")], disposition="quarantine"),
            a_record(900, source_ip="192.0.2.2", aligned="dkim"),
            a_record(10, source_ip=None, header_from=None),
        ),
    )
    rows = failing(database, WEEK)
    assert rows["failing"].tolist() == [60, 30, 10]
    assert rows["share"].tolist() == [0.6, 0.3, 0.1]
    assert rows["messages"].tolist() == [960, 30, 10]
    assert rows["quarantined"].tolist() == [60, 0, 0]
    assert rows["rejected"].tolist() == [0, 30, 0]


def test_shares_are_of_all_failures_also_those_not_shown(database: Database) -> None:
    keep(database, a_report(*(a_record(n, header_from=f"d{n}.example") for n in (1, 2, 7))))
    assert failing(database, WEEK, limit=1)["share"].tolist() == [0.7]


def test_since_when_is_told_per_cause_and_over_all_data(database: Database) -> None:
    broken = a_record(5, dkim=[(OURS, "s1", "fail")])
    keep(database, a_report(a_record(5), day=-40), a_report(broken, day=-10), a_report(broken))
    row = failing(database, WEEK).iloc[0]
    assert (row["cause"], row["first_seen"].date().isoformat()) == ("dkim_broken", "2026-02-20")
    assert row["failing"] == 5
