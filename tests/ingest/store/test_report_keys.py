"""One report counts once: the same bytes again, other versions, other days, other domains, in every order."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Fate, Origin, Outcome, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store import check
from ingest.store.connect import Database
from tests.fakes.ledger import NOON, Ledger
from tests.fakes.reports import BEGIN, DAY_S, gz, mail, record, report_bytes, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

A = report_bytes([record("10")])
B = report_bytes([record("7"), record("5")])  # the same report, corrected
C = report_bytes([record("2")])


_ledgers = itertools.count()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "empty.duckdb"
    with Database(path).write():
        return path


@pytest.fixture
def new_ledger(tmp_path: Path, empty_database: Path) -> Callable[[], Ledger]:
    """Makes ledgers that are migrated already, which is most of the time that a small one takes."""

    def make() -> Ledger:
        path = tmp_path / f"{next(_ledgers)}.duckdb"
        shutil.copyfile(empty_database, path)
        return Ledger(path)

    return make


@pytest.fixture
def ledger(new_ledger: Callable[[], Ledger]) -> Ledger:
    return new_ledger()


def delivery(content: bytes, hours: float | None = 0, *, uid: int = 1, mailbox: str = "main") -> RawMail:
    """A delivery that came `hours` after noon; None: nobody knows when."""
    received = None if hours is None else NOON + timedelta(hours=hours)
    return RawMail(Origin(mailbox, "INBOX", 1, uid), content, received)


def fates(outcomes: Iterable[Outcome]) -> list[tuple[Fate, ...]]:
    return [outcome.payloads for outcome in outcomes]


def test_the_same_bytes_again_are_a_duplicate(ledger: Ledger) -> None:
    ledger.add(delivery(A, uid=1))
    (again,) = ledger.add(delivery(A, 5, uid=2))
    assert (again.fate, again.payloads) == (Fate.DUPLICATE, (Fate.DUPLICATE,))
    assert ledger.messages() == 10
    ledger.agrees()


@pytest.mark.parametrize(
    "second", [zipped({"r.xml": A}), gz(A), mail(A), gz(gz(A))], ids=["zip", "gz", "mail", "gz-gz"]
)
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
def test_the_same_report_in_another_container_is_a_duplicate(ledger: Ledger, second: bytes, *, together: bool) -> None:
    first, other = delivery(A, uid=1), delivery(second, 1, uid=2)
    outcomes = ledger.add(first, other) if together else [*ledger.add(first), *ledger.add(other)]
    assert fates(outcomes) == [(Fate.ACCEPTED,), (Fate.DUPLICATE,)]
    assert ledger.messages() == 10
    ledger.agrees()


def test_two_copies_in_one_mail_count_once(ledger: Ledger) -> None:
    (outcome,) = ledger.add(delivery(mail(gz(A), gz(A))))
    assert outcome.payloads == (Fate.ACCEPTED, Fate.DUPLICATE)
    assert ledger.messages() == 10


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
@pytest.mark.parametrize("newest_first", [True, False], ids=["newest first", "oldest first"])
def test_the_newest_version_of_a_report_counts(ledger: Ledger, *, together: bool, newest_first: bool) -> None:
    mails = [delivery(A, 0, uid=1), delivery(B, 1, uid=2)]
    mails = mails[::-1] if newest_first else mails
    for batch in [mails] if together else [[one] for one in mails]:
        ledger.add(*batch)
    assert ledger.messages() == 12
    assert ledger.rows("SELECT uid, fate FROM v_mail ORDER BY uid") == [(1, "superseded"), (2, "accepted")]
    assert ledger.rows("SELECT messages, fate FROM v_payload ORDER BY 1") == [(10, "superseded"), (12, "accepted")]
    for view in ("v_payload", "v_mail"):
        (reason,) = ledger.rows(f"SELECT reason FROM {view} WHERE fate = 'superseded'")  # noqa: S608
        assert "a newer version of the same report counts" in str(reason)
    assert len(ledger.rows("SELECT * FROM v_record_all")) == 3
    ledger.agrees()


def test_between_versions_of_one_moment_the_order_does_not_decide(new_ledger: Callable[[], Ledger]) -> None:
    winners = set()
    for contents in itertools.permutations((A, B)):
        for together in (True, False):
            ledger = new_ledger()
            mails = [delivery(content, uid=uid) for uid, content in enumerate(contents, 1)]
            for batch in [mails] if together else [[one] for one in mails]:
                ledger.add(*batch)
            winners.add(frozenset(ledger.counting()))
            ledger.agrees()
    assert len(winners) == 1


def test_the_same_id_on_another_day_is_another_report(ledger: Ledger) -> None:
    tomorrow = report_bytes([record("3")], begin=BEGIN + DAY_S, end=BEGIN + 2 * DAY_S - 1)
    ledger.add(delivery(A, uid=1), delivery(tomorrow, uid=2))
    assert ledger.messages() == 13


@pytest.mark.parametrize("other", [{"domain": "example.net"}, {"org_name": "Another"}, {"report_id": "r-2"}])
def test_the_same_id_of_another_reporter_or_domain_is_another_report(ledger: Ledger, other: dict[str, str]) -> None:
    ledger.add(delivery(A, uid=1), delivery(report_bytes([record("3")], **other), uid=2))
    assert ledger.messages() == 13


@pytest.mark.parametrize(
    "same", [{"domain": "Example.COM."}, {"org_name": " reporter EXAMPLE "}, {"report_id": "&lt;r-1&gt;"}]
)
def test_writing_of_names_does_not_make_another_report(ledger: Ledger, same: dict[str, str]) -> None:
    ledger.add(delivery(A, uid=1), delivery(report_bytes([record("3")], **same), 1, uid=2))
    assert ledger.messages() == 3


def test_ids_that_differ_after_an_at_sign_are_two_reports(ledger: Ledger) -> None:
    for uid, name in enumerate(("7@a.example", "7@b.example"), 1):
        ledger.add(delivery(report_bytes([record(str(uid))], report_id=name), uid=uid))
    assert ledger.messages() == 3


def test_the_same_mail_fetched_twice_changes_nothing(ledger: Ledger) -> None:
    ledger.add(delivery(mail(gz(A))))
    before = ledger.rows("SELECT * FROM v_mail JOIN v_payload USING (mail_id)")
    (again,) = ledger.add(delivery(mail(gz(A))))
    assert (again.fate, again.reason) == (Fate.DUPLICATE, "this delivery is in the ledger already")
    assert ledger.rows("SELECT * FROM v_mail JOIN v_payload USING (mail_id)") == before


def test_a_report_delivered_to_a_second_mailbox_is_a_duplicate(ledger: Ledger) -> None:
    ledger.add(delivery(mail(gz(A)), uid=1))
    (outcome,) = ledger.add(
        delivery(b"Received: by relay; Tue, 3 Mar 2026 13:00:00 GMT\n" + mail(gz(A)), 1, mailbox="second")
    )
    assert outcome.payloads == (Fate.DUPLICATE,)
    assert ledger.rows("SELECT count(*) FROM v_mail") == [(2,)]
    ledger.agrees()


def test_an_older_version_that_comes_again_later_does_not_count_again(ledger: Ledger) -> None:
    for uid, (content, hours) in enumerate([(A, 0), (B, 1), (A, 2)], 1):
        ledger.add(delivery(content, hours, uid=uid))
    assert ledger.messages() == 12
    ledger.agrees()


def test_an_earlier_delivery_found_later_lets_the_right_version_count_again(ledger: Ledger) -> None:
    ledger.add(delivery(A, 2, uid=1))
    ledger.add(delivery(B, 1, uid=2))
    assert ledger.messages() == 10
    (outcome,) = ledger.add(delivery(A, 0, uid=3))
    assert outcome.payloads == (Fate.DUPLICATE,)
    assert [[kept.messages for kept in change] for change in (outcome.accepted, outcome.replaced)] == [[12], [10]]
    assert ledger.messages() == 12
    assert ledger.rows("SELECT uid, fate FROM v_mail ORDER BY uid") == [
        (1, "superseded"),
        (2, "accepted"),
        (3, "duplicate"),
    ]
    ledger.agrees()


@pytest.mark.parametrize("damaged_first", [True, False], ids=["damaged first", "whole first"])
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
def test_a_whole_copy_of_a_damaged_delivery_counts(ledger: Ledger, *, damaged_first: bool, together: bool) -> None:
    mails = [delivery(gz(A)[:-4], 0, uid=1), delivery(gz(A), 1, uid=2)]
    mails = mails if damaged_first else mails[::-1]
    for batch in [mails] if together else [[one] for one in mails]:
        ledger.add(*batch)
    assert ledger.messages() == 10
    assert ledger.rows("SELECT fate FROM v_report") == [("accepted",)]
    ledger.agrees()


@pytest.mark.parametrize("held_first", [True, False], ids=["held first", "held later"])
def test_a_delivery_that_was_held_back_does_not_stop_one_that_was_not(ledger: Ledger, *, held_first: bool) -> None:
    good = read(delivery(A, 1, uid=1), Limits())
    held = replace(
        read(delivery(A, 0, uid=2), Limits()),
        payloads=tuple(replace(one, fate=Fate.QUARANTINED, reason="implausible") for one in good.payloads),
    )
    for mail_read in (held, good) if held_first else (good, held):
        ledger.add(mail_read)
    assert ledger.messages() == 10
    ledger.agrees()


@pytest.mark.parametrize("held_first", [True, False], ids=["held first", "damaged first"])
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
def test_a_damaged_and_a_held_back_delivery_give_the_same_in_every_order(
    ledger: Ledger, *, held_first: bool, together: bool
) -> None:
    good, damaged = read(delivery(A, 1, uid=1), Limits()), read(delivery(gz(A)[:-4], 0, uid=2), Limits())
    payloads = tuple(replace(one, fate=Fate.QUARANTINED, reason="implausible") for one in good.payloads)
    mails = [replace(good, payloads=payloads), damaged]
    mails = mails if held_first else mails[::-1]
    for batch in [mails] if together else [[one] for one in mails]:
        ledger.add(*batch)
    assert ledger.rows("SELECT fate FROM v_report") == [("partial",)]
    assert ledger.messages() == 0
    assert check.disagreements(ledger.database) == []
    ledger.agrees()


VARIANTS: Sequence[bytes] = (
    A,
    gz(A),
    gz(A)[:-4],
    mail(gz(B)),
    B,
    zipped({"1.xml": B, "2.xml": A}),
    C,
    report_bytes([record("3")], report_id="other"),
    report_bytes([record("3"), record("x")], report_id="other"),
    report_bytes([record("4")], begin=BEGIN - DAY_S, end=BEGIN - 1),
    b"no report",
)
_deliveries = st.lists(
    st.tuples(st.integers(0, len(VARIANTS) - 1), st.sampled_from([None, 0, 1, 2])), min_size=1, max_size=6, unique=True
)


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(_deliveries, st.data())
def test_order_repeats_and_batches_do_not_change_what_counts(
    new_ledger: Callable[[], Ledger], chosen: list[tuple[int, int | None]], data: st.DataObject
) -> None:
    mails = [delivery(VARIANTS[variant], hours, uid=uid) for uid, (variant, hours) in enumerate(chosen, 1)]
    plain, other = new_ledger(), new_ledger()
    plain.add(*mails)
    repeats = data.draw(st.lists(st.sampled_from(mails), max_size=3))
    shuffled = data.draw(st.permutations(mails + repeats))
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        other.add(*shuffled[:size])
        shuffled = shuffled[size:]
    held = "SELECT payload_sha256, fate, messages FROM v_report ORDER BY ALL"
    assert other.rows(held) == plain.rows(held)
    plain.agrees()
    if not repeats:
        other.agrees()
