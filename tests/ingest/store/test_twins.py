"""The same report under another id counts once, until a person decides; parallel reports that differ count both."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ingest.model import Act, Fate, Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store import acts, check
from ingest.store.twins import WORDS
from tests.fakes.ledger import NOON, Ledger
from tests.fakes.reports import BEGIN, DAY_S, auth, record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.model import ReadMail

ROWS = [record("7"), record("5", source_ip="198.51.100.8")]
FIRST = report_bytes(ROWS, report_id="one")
SECOND = report_bytes(ROWS[::-1], report_id="two")  # in another order
THIRD = report_bytes(ROWS, report_id="three")
NEWER = report_bytes([record("9")], report_id="one")  # FIRST corrected


class Books(Ledger):
    """A ledger that people decide about."""

    _acts = 0

    def decide(self, what: str, body: bytes) -> tuple[Fate, Fate]:
        self._acts += 1
        one = Act(NOON + timedelta(minutes=self._acts), "auditor", what, sha(body), "asked the reporter")
        return acts.decide(self.database, [one], earlier=list, write_down=lambda _: None)[0]

    def fates(self) -> dict[str, str]:
        """sha256 of the payload → fate of its report; the ledger says the same."""
        found = self.rows("SELECT payload_sha256, fate FROM v_report")
        assert sorted(found) == sorted(
            self.rows("SELECT payload_sha256, fate FROM v_payload WHERE fate <> 'duplicate'")
        )
        assert check.disagreements(self.database) == []
        return {str(payload): str(fate) for payload, fate in found}


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "w.duckdb")


def sha(body: bytes) -> str:
    return RawMail(Origin(), body).sha256


def mail(body: bytes, hours: float = 0, trust: int | None = None) -> ReadMail:
    found = read(RawMail(Origin(path=f"{sha(body)}-{hours}"), body, NOON + timedelta(hours=hours)), Limits())
    return replace(found, payloads=tuple(replace(one, trust=trust) for one in found.payloads))


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
@pytest.mark.parametrize("late_first", [True, False])
def test_equal_rows_under_another_id_count_once(books: Books, *, together: bool, late_first: bool) -> None:
    mails = [mail(FIRST, 0), mail(SECOND, 1)]
    mails = mails[::-1] if late_first else mails
    for batch in [mails] if together else [[one] for one in mails]:
        books.add(*batch)
    assert books.fates() == {sha(FIRST): "accepted", sha(SECOND): "suspect"}
    assert books.messages() == 12
    assert books.rows("SELECT reason FROM v_payload WHERE fate = 'suspect'") == [(WORDS,)]
    assert books.rows("SELECT reason FROM v_mail WHERE fate = 'suspect'") == [(WORDS,)]
    assert books.rows("SELECT DISTINCT reason FROM v_payload WHERE fate = 'accepted'") == [("",)]
    books.agrees()


def test_of_three_one_counts_in_every_order_and_batching(tmp_path: Path) -> None:
    mails = [mail(FIRST, 2), mail(SECOND, 1), mail(THIRD, 1)]
    held = set()
    for number, (order, cut) in enumerate(itertools.product(itertools.permutations(mails), (0, 1, 2))):
        books = Books(tmp_path / f"{number}.duckdb")
        books.add(*order[:cut])
        books.add(*order[cut:])
        held.add(tuple(sorted(books.fates().items(), key=str)))
        assert books.messages() == 12
        books.agrees()
    assert len(held) == 1


@pytest.mark.parametrize(
    "other",
    [
        report_bytes([record("7"), record("6", source_ip="198.51.100.8")], report_id="two"),
        report_bytes([*ROWS, record("1")], report_id="two"),
        report_bytes([*ROWS, ROWS[0]], report_id="two"),
        report_bytes([ROWS[0], record("5", source_ip="198.51.100.9")], report_id="two"),
        report_bytes([ROWS[0], record("5", source_ip="198.51.100.8", disposition="reject")], report_id="two"),
        report_bytes(
            [ROWS[0], record("5", source_ip="198.51.100.8", results=auth("dkim", "other.example", "pass"))],
            report_id="two",
        ),
        report_bytes(ROWS, report_id="two", p="reject"),
        report_bytes(ROWS, report_id="two", org_name="Another"),
        report_bytes(ROWS, report_id="two", domain="example.net"),
        report_bytes(ROWS, report_id="two", end=BEGIN + DAY_S),
        report_bytes(ROWS, begin=BEGIN + DAY_S, end=BEGIN + 2 * DAY_S - 1, report_id="one"),
    ],
    ids=[
        "count",
        "row",
        "row-twice",
        "address",
        "disposition",
        "results",
        "policy",
        "reporter",
        "domain",
        "period",
        "next-day",
    ],
)
def test_reports_that_differ_in_anything_count_both(books: Books, other: bytes) -> None:
    books.add(mail(FIRST, 0), mail(other, 1))
    assert set(books.fates().values()) == {"accepted"}


def test_the_one_that_is_proven_counts_before_the_one_that_came_first(books: Books) -> None:
    books.add(mail(FIRST, 0, trust=1))
    books.add(mail(SECOND, 1, trust=3))
    assert books.fates() == {sha(FIRST): "suspect", sha(SECOND): "accepted"}
    books.agrees()


def test_a_person_lets_both_count(books: Books) -> None:
    books.add(mail(FIRST, 0), mail(SECOND, 1), mail(THIRD, 2))
    assert books.decide("accept", SECOND) == (Fate.SUSPECT, Fate.ACCEPTED)
    assert books.fates() == {sha(FIRST): "accepted", sha(SECOND): "accepted", sha(THIRD): "suspect"}
    books.add(mail(FIRST, 3), mail(SECOND, 4))  # comes again: nothing changes
    assert books.messages() == 24


def test_when_the_one_that_counts_is_rejected_the_next_one_counts(books: Books) -> None:
    books.add(mail(FIRST, 0), mail(SECOND, 1), mail(THIRD, 2))
    books.decide("reject", FIRST)
    assert books.fates() == {sha(FIRST): "rejected", sha(SECOND): "accepted", sha(THIRD): "suspect"}
    assert books.rows("SELECT DISTINCT reason FROM v_payload WHERE fate = 'accepted'") == [("",)]


@pytest.mark.parametrize("together", [True, False])
def test_when_the_one_that_counts_is_corrected_its_twin_counts_too(books: Books, *, together: bool) -> None:
    batches: Sequence[Sequence[ReadMail]] = [[mail(FIRST, 0), mail(SECOND, 1)], [mail(NEWER, 2)]]
    for batch in [[*batches[0], *batches[1]]] if together else batches:
        books.add(*batch)
    assert books.fates() == {sha(FIRST): "superseded", sha(SECOND): "accepted", sha(NEWER): "accepted"}
    assert books.messages() == 21
    books.agrees()


def test_a_suspect_that_is_corrected_counts(books: Books) -> None:
    books.add(mail(SECOND, 0))
    books.add(mail(FIRST, 1))
    books.add(mail(NEWER, 2))
    assert books.fates() == {sha(FIRST): "superseded", sha(SECOND): "accepted", sha(NEWER): "accepted"}
    books.agrees()


def test_doctor_finds_a_suspect_without_a_twin(books: Books) -> None:
    books.add(mail(FIRST, 0))
    with books.database.write() as connection:
        for table in ("report", "payload", "mail"):
            connection.execute(f"UPDATE {table} SET fate = 'suspect'")  # noqa: S608
    assert [one.name for one in check.disagreements(books.database)] == ["suspects"]
