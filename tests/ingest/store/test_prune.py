"""Records go, sums stay: whatever came before and comes after, in whatever order."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from itertools import count, permutations
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import rates
from analytics.window import Window
from ingest.errors import SettingsError
from ingest.model import Act, Fate, Origin, Prune, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store import acts, check, prune, sources, sums
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from tests.fakes.facts import MONDAY, a_record, a_report, keep
from tests.fakes.ledger import NOON, Ledger
from tests.fakes.random_facts import reports
from tests.fakes.reports import record, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.model import Deed, ReadMail, Report

SUMS = ("v_sum_source", "v_sum_reporter", "v_seen")
CUTOFF = date(2026, 3, 3)  # the day after that of the reports
LATER = date(2026, 5, 1)

OLD = report_bytes([record("20")], report_id="versions")
NEW = report_bytes([record("30"), record("1")], report_id="versions")
OTHER = report_bytes([record("7"), record("5", source_ip="198.51.100.8")], report_id="other")
TWIN = report_bytes([record("5", source_ip="198.51.100.8"), record("7")], report_id="twin")
LIKE = report_bytes([record("6"), record("6", source_ip="198.51.100.8")], report_id="alike from afar")
BROKEN = report_bytes([record("4"), record("x")], report_id="broken")
CLOCK = report_bytes([record("9")], report_id="clock", begin=2, end=1)


def sha(body: bytes) -> str:
    return RawMail(Origin(), body).sha256


def mail(body: bytes, hours: float = 0, trust: int | None = None) -> ReadMail:
    found = read(RawMail(Origin(path=f"{sha(body)}-{hours}"), body, NOON + timedelta(hours=hours)), Limits())
    return replace(found, payloads=tuple(replace(one, trust=trust) for one in found.payloads))


class Books(Ledger):
    """A ledger whose old records somebody drops, and about whose payloads somebody decides."""

    _times = count()

    def prune(self, before: date = CUTOFF) -> prune.Pruned:
        with self.database.write() as connection:
            return prune.apply(connection, Prune(NOON + timedelta(seconds=next(self._times)), "anna", before))

    def decide(self, what: str, body: bytes) -> tuple[Fate, Fate]:
        one = Act(NOON + timedelta(seconds=next(self._times)), "anna", what, sha(body), "asked them")
        return acts.decide(self.database, [one], earlier=list, write_down=lambda _: None)[0]

    def fate(self, body: bytes) -> str:
        return str(self.rows(f"SELECT fate FROM v_report WHERE payload_sha256 = '{sha(body)}'")[0][0])  # noqa: S608

    def reason(self, body: bytes) -> str:
        return str(self.rows(f"SELECT reason FROM v_payload WHERE payload_sha256 = '{sha(body)}'")[0][0])  # noqa: S608

    def counted(self) -> int:
        """Messages in the sums; everything agrees with everything else."""
        assert check.disagreements(self.database, deep=True) == []
        return int(str(self.rows("SELECT coalesce(sum(messages), 0)::BIGINT FROM v_sum_source")[0][0]))

    def records(self) -> int:
        return int(str(self.rows("SELECT count(*) FROM v_record_all")[0][0]))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "w.duckdb")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prune") / "empty.duckdb"
    with Database(path).write():
        return path


def test_records_go_and_everything_else_stays(books: Books) -> None:
    books.add(mail(OLD), mail(NEW, 1), mail(OTHER))
    tables = ("v_mail", "v_payload", *SUMS)
    before = {name: fingerprint(books.database)[name] for name in tables}
    assert prune.plan(books.database, CUTOFF) == books.prune() == prune.Pruned(
        CUTOFF, days=1, first_day=date(2026, 3, 2), last_day=date(2026, 3, 2), reports=3, records=5
    )  # fmt: skip
    assert {name: fingerprint(books.database)[name] for name in tables} == before
    assert (books.records(), books.counted()) == (0, 43)
    assert books.rows("SELECT sum(messages)::BIGINT, bool_or(records_kept) FROM v_report") == [(63, False)]
    assert books.rows("SELECT who, before_day, reports, records FROM v_prune") == [("anna", CUTOFF, 3, 5)]


@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(reports(), min_size=1, max_size=3), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 3), st.integers(-22, 10)), min_size=1, max_size=2),
)
def test_sums_and_rates_are_those_of_a_database_that_keeps_everything(
    tmp_path: Path, empty: Path, batches: list[list[Report]], cutoffs: list[tuple[int, int]]
) -> None:
    pruned, whole = Books(tmp_path / "pruned.duckdb"), Database(tmp_path / "whole.duckdb")
    for database in (pruned.database, whole):
        shutil.copyfile(empty, database.path)
    for number in range(4):
        for at, days in cutoffs:
            if at == number:
                pruned.prune(MONDAY + timedelta(days=days))
        for batch in batches[number : number + 1]:
            keep(pruned.database, *batch)
            keep(whole, *batch)
    window = Window(MONDAY - timedelta(days=30), MONDAY + timedelta(days=30))
    for _ in range(2):
        assert check.disagreements(pruned.database, deep=True) == []
        assert [fingerprint(pruned.database)[name] for name in SUMS] == [fingerprint(whole)[name] for name in SUMS]
        for question in (rates.by_day, rates.by_domain, rates.by_reporter):
            assert question(pruned.database, window).equals(question(whole, window))
        sums.recompute(pruned.database)
    closed = max(MONDAY + timedelta(days=days) for _, days in cutoffs)
    assert pruned.rows(f"SELECT count(*) FROM v_record WHERE day < DATE '{closed}'") == [(0,)]  # noqa: S608


def test_what_comes_late_is_counted_and_its_records_go_at_once(books: Books) -> None:
    books.add(mail(OLD))
    books.prune()
    (late,) = books.add(mail(OTHER))
    assert late.fate is Fate.ACCEPTED
    assert (books.records(), books.counted()) == (0, 32)


def test_an_address_that_came_late_is_looked_up_like_any_other(books: Books) -> None:
    books.prune()
    books.add(mail(OTHER))
    assert books.records() == 0
    assert sources.unknown(books.database) == ["198.51.100.7", "198.51.100.8"]


@pytest.mark.parametrize("first", [OLD, NEW])
def test_the_version_that_counted_when_its_records_went_counts_for_ever(books: Books, first: bytes) -> None:
    second = NEW if first == OLD else OLD
    books.add(mail(first, 1 if first == NEW else 0))
    counted = books.counted()
    books.prune()
    (outcome,) = books.add(mail(second, 1 if second == NEW else 0))
    assert outcome.fate is Fate.SUPERSEDED
    assert (books.fate(first), books.fate(second)) == ("accepted", "superseded")
    assert "that is final" in books.reason(second)
    assert books.counted() == counted
    books.add(mail(second, -5), mail(first, 9), mail(first, -9, trust=3))  # again, at other times, better proven
    assert (books.fate(first), books.fate(second)) == ("accepted", "superseded")
    assert (books.records(), books.counted()) == (0, counted)


def test_of_two_versions_that_come_late_together_the_newer_counts(books: Books) -> None:
    books.prune()
    books.add(mail(OLD), mail(NEW, 1))
    assert (books.fate(OLD), books.fate(NEW)) == ("superseded", "accepted")
    assert (books.records(), books.counted()) == (0, 31)


def test_a_repetition_under_another_id_is_suspected_though_the_records_are_gone(books: Books) -> None:
    books.add(mail(OTHER))
    books.prune()
    books.add(mail(TWIN, -9, trust=3), mail(LIKE))
    assert (books.fate(OTHER), books.fate(TWIN), books.fate(LIKE)) == ("accepted", "suspect", "accepted")
    assert books.counted() == 24
    books.decide("accept", TWIN)
    assert books.fate(OTHER) == "accepted"
    assert (books.records(), books.counted()) == (0, 36)


def test_nobody_can_decide_about_a_report_whose_records_are_gone(books: Books) -> None:
    books.add(mail(OLD), mail(OTHER), mail(BROKEN))
    books.prune(LATER)
    books.add(mail(NEW, 1))
    before = fingerprint(books.database)
    for what, body in (("reject", OTHER), ("accept", BROKEN), ("reject", BROKEN), ("reject", NEW), ("accept", NEW)):
        with pytest.raises(SettingsError, match="records before 2026-05-01 are not kept"):
            books.decide(what, body)
    assert fingerprint(books.database) == before
    assert acts.matching(books.database, list(Fate)) == []


def test_a_version_that_was_held_back_cannot_take_the_place_of_one_whose_records_are_gone(books: Books) -> None:
    damaged = report_bytes([record("8"), record("x")], report_id="versions")
    books.add(mail(OLD))
    books.prune()
    books.add(mail(damaged, 2))
    assert books.fate(damaged) == "partial"
    with pytest.raises(SettingsError, match="not kept"):
        books.decide("accept", damaged)
    books.decide("reject", damaged)
    assert (books.fate(OLD), books.fate(damaged)) == ("accepted", "rejected")
    assert books.counted() == 20


def test_what_waits_for_a_decision_keeps_its_records_until_it_is_as_old_itself(books: Books) -> None:
    books.prune(date(2026, 3, 1))
    books.add(mail(CLOCK))
    books.prune()
    assert books.fate(CLOCK) == "quarantined"
    assert (books.records(), books.counted()) == (1, 0)
    books.decide("accept", CLOCK)
    assert (books.records(), books.counted()) == (0, 9)


def test_what_waits_too_long_goes_too(books: Books) -> None:
    books.add(mail(CLOCK), mail(BROKEN))
    assert books.prune(LATER).reports == 2
    assert (books.records(), books.counted()) == (0, 0)
    (again,) = books.add(mail(BROKEN, 5))
    assert again.fate is Fate.DUPLICATE


def test_what_a_person_decided_before_holds_for_what_comes_later(books: Books) -> None:
    books.add(mail(BROKEN))
    books.decide("accept", BROKEN)
    counted = books.counted()
    books.prune()
    books.add(mail(BROKEN, 3), mail(OTHER))
    assert (books.fate(BROKEN), books.counted()) == ("accepted", counted + 12)


def test_the_order_of_what_is_caught_up_is_that_of_the_journal(tmp_path: Path) -> None:
    deeds: list[Deed] = [
        Act(NOON, "anna", "accept", sha(BROKEN), "x"),
        Prune(NOON, "anna", CUTOFF),
        Act(NOON, "anna", "accept", sha(CLOCK), "y"),
    ]
    results = []
    for number, cut in enumerate((0, 1, 2, 3)):
        one = Books(tmp_path / f"{number}.duckdb")
        one.add(mail(OLD), mail(BROKEN), mail(CLOCK))
        assert acts.catch_up(one.database, deeds[:cut]) == cut
        assert acts.catch_up(one.database, deeds) == 3 - cut
        assert acts.catch_up(one.database, deeds) == 0
        assert one.counted() == 33
        results.append(fingerprint(one.database))
    assert results == results[:1] * 4


def test_the_order_of_other_reports_does_not_matter(tmp_path: Path) -> None:
    held = set()
    for number, order in enumerate(permutations([mail(OLD), mail(OTHER), None])):
        books = Books(tmp_path / f"{number}.duckdb")
        for one in order:
            books.prune() if one is None else books.add(one)
        assert (books.records(), books.counted()) == (0, 32)
        held.add(tuple(fingerprint(books.database)[name] for name in (*SUMS, "v_report", "v_payload", "v_record")))
    assert len(held) == 1


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        ("UPDATE sum_reporter SET messages = messages + 1", "closed_days"),
        ("UPDATE sum_source SET messages = messages + 1", "closed_sums"),
        ("UPDATE sum_outcome SET dkim_aligned = NOT dkim_aligned", "closed_sums"),
        ("UPDATE report SET in_sums = false", "closed_reports"),
        ("UPDATE report SET pruned_content = NULL", "pruned"),
        ("UPDATE prune SET before_day = '2026-01-01'", "pruned"),
        ("UPDATE sum_seen SET first_day = first_day - 1", "sums_seen"),
    ],
)
def test_damage_to_what_is_left_of_old_days_is_found(books: Books, damage: str, name: str) -> None:
    books.add(mail(OTHER))
    books.prune()
    assert books.counted() == 12
    with duckdb.connect(
        str(books.database.path)
    ) as connection:  # not through our own door, which would set right what it can
        connection.execute(damage)
    assert name in {one.name for one in check.disagreements(books.database, deep=True)}


def test_a_report_of_a_long_period_goes_with_the_day_that_it_counts_for(books: Books) -> None:
    keep(
        books.database,
        a_report(a_record(5), day=3, begin_utc=NOON - timedelta(days=1), end_utc=NOON + timedelta(days=9)),
    )
    assert books.prune(MONDAY + timedelta(days=5)).reports == 0
    assert books.prune(MONDAY + timedelta(days=6)).reports == 1
