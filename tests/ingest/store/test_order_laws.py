"""What counts does not depend on the order, the repetition and the batching of mails, nor on when a person decided about them."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Act, Origin, RawMail
from ingest.reading import read
from ingest.sanity import SanityGates
from ingest.settings import Gates, Limits
from ingest.store import acts
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.reports import BEGIN, DAY_S, gz, mail, record, report_bytes, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC
LATE_H = 24 * 100  # so late that the gates hold the report back
GATES = SanityGates(Gates(), ("example.com",))

FIRST = report_bytes([record("10")])
CORRECTED = report_bytes([record("7"), record("5")])
ONLY_IN_PART = report_bytes([record("3"), record("x")], report_id="other")
FOREIGN = report_bytes([record("6")], domain="example.org")
BACKWARDS = report_bytes([record("8")], report_id="back", begin=BEGIN, end=BEGIN - DAY_S)
AGAIN = report_bytes([record("10")], report_id="again")  # FIRST under another id
AND_AGAIN = report_bytes([record("10")], report_id="and again")
REPORTS = (
    *(FIRST, CORRECTED, ONLY_IN_PART, FOREIGN, BACKWARDS, report_bytes([record("3")], report_id="other")),
    *(AGAIN, AND_AGAIN, report_bytes([record("5"), record("7")], report_id="again")),
)
DELIVERED: Sequence[bytes] = (
    *REPORTS,
    gz(FIRST),
    gz(FIRST)[:-4],  # damaged
    mail(gz(CORRECTED), gz(FOREIGN)),
    zipped({"1.xml": CORRECTED, "2.xml": FIRST}),
    mail(gz(ONLY_IN_PART), text="words"),
    FIRST[: len(FIRST) // 2],
    b"no report",
)
SHAS = [RawMail(Origin(), body).sha256 for body in REPORTS]


class Books:
    """A real store with gates in front, and what it holds of payloads."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self._store = DuckStore(self.database, parser="test", clock=lambda: NOON + timedelta(days=200))

    def add(self, mails: Sequence[RawMail]) -> None:
        self._store.add([GATES(one, read(one, Limits())) for one in mails])

    def decide(self, decided: Sequence[Act]) -> None:
        with self.database.write() as connection:
            acts.apply_missing(connection, decided)

    def held(self) -> list[tuple[object, ...]]:
        reports = "SELECT payload_sha256, report_key::VARCHAR, fate, records, messages FROM v_report"
        refused = "SELECT DISTINCT payload_sha256, '', fate, 0, 0 FROM v_payload WHERE records IS NULL"
        counted = "SELECT '', '', '', count(*), coalesce(sum(messages), 0)::BIGINT FROM v_record"
        with self.database.read() as connection:
            return connection.execute(f"{reports} UNION ALL {refused} UNION ALL {counted} ORDER BY ALL").fetchall()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("laws") / "empty.duckdb"
    with Database(path).write():
        return path


@pytest.fixture
def new_books(tmp_path: Path, empty: Path) -> Callable[[], Books]:
    def make() -> Books:
        path = tmp_path / f"{len(list(tmp_path.glob('*.duckdb')))}.duckdb"
        shutil.copyfile(empty, path)
        return Books(path)

    return make


def delivery(uid: int, variant: int, hours: int | None) -> RawMail:
    received = None if hours is None else NOON + timedelta(hours=hours)
    return RawMail(Origin("main", "INBOX", 1, uid), DELIVERED[variant], received, ingested_utc=NOON)


def act(number: int, what: str, sha256: str) -> Act:
    return Act(NOON + timedelta(days=1, minutes=number), "auditor", what, sha256, "looked at")


_DELIVERIES = st.lists(
    st.tuples(st.integers(0, len(DELIVERED) - 1), st.sampled_from([None, 0, 1, 2, LATE_H])),
    min_size=1,
    max_size=6,
    unique=True,
)
_ACTS = st.lists(
    st.tuples(st.sampled_from([acts.ACCEPT, acts.REJECT]), st.sampled_from(SHAS)),
    max_size=3,
    unique_by=lambda one: one[1],
)
_PATIENT = settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))


def in_batches(books: Books, mails: Sequence[RawMail], data: st.DataObject) -> None:
    while mails:
        size = data.draw(st.integers(1, len(mails)))
        books.add(mails[:size])
        mails = mails[size:]


@_PATIENT
@given(_DELIVERIES, _ACTS, st.data())
def test_order_repeats_and_batches_of_mails_do_not_matter(
    new_books: Callable[[], Books],
    chosen: list[tuple[int, int | None]],
    decided: list[tuple[str, str]],
    data: st.DataObject,
) -> None:
    mails = [delivery(uid, *one) for uid, one in enumerate(chosen, 1)]
    decisions = [act(number, *one) for number, one in enumerate(decided)]
    plain, other = new_books(), new_books()
    plain.add(mails)
    repeats = data.draw(st.lists(st.sampled_from(mails), max_size=3))
    in_batches(other, data.draw(st.permutations(mails + repeats)), data)
    assert other.held() == plain.held()
    for books in (plain, other):
        books.decide(decisions)
    assert other.held() == plain.held()
    in_batches(other, data.draw(st.permutations(mails)), data)
    assert other.held() == plain.held()


@_PATIENT
@given(_DELIVERIES, _ACTS, st.data())
def test_it_does_not_matter_how_many_mails_came_before_a_decision(
    new_books: Callable[[], Books],
    chosen: list[tuple[int, int | None]],
    decided: list[tuple[str, str]],
    data: st.DataObject,
) -> None:
    """Of deliveries that are all plausible; whoever decides has at least seen the payload."""
    mails = [delivery(uid, variant, min(hours or 0, 2)) for uid, (variant, hours) in enumerate(chosen, 1)]
    plain, other = new_books(), new_books()
    plain.add(mails)
    there = [one for one in decided if any(one[1] == row[0] for row in plain.held())]
    decisions = [act(number, *one) for number, one in enumerate(there)]
    plain.decide(decisions)
    early = data.draw(st.permutations(mails))
    for number in range(len(early)):
        other.add(early[number : number + 1])
        seen = {row[0] for row in other.held()}
        other.decide([one for one in decisions if one.payload_sha256 in seen])
    assert other.held() == plain.held()
