"""The trust level of a report is kept, and its best proven delivery decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from ingest.model import Fate, Origin, RawMail, ReadMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.reports import report_bytes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> DuckStore:
    return DuckStore(Database(tmp_path / "w.duckdb"), parser="test")


def delivered(uid: int, trust: int) -> ReadMail:
    """The same report, delivered once more: forged (0) is held back."""
    mail = read(RawMail(Origin(), report_bytes()), Limits())
    (payload,) = mail.payloads
    payload = replace(payload, trust=trust, trust_evidence=f'{{"level": {trust}}}')
    if trust == 0:
        payload = replace(payload, fate=Fate.QUARANTINED, reason="forged")
    origin = Origin("reports", "INBOX", 1, uid)
    return replace(mail, origin=origin, received_utc=datetime(2026, 11, 1, uid), payloads=(payload,))  # noqa: DTZ001


@pytest.mark.parametrize("order", list(permutations((0, 1, 3))))
@pytest.mark.parametrize("together", [True, False])
def test_one_proven_delivery_proves_the_bytes_in_any_order(
    store: DuckStore, tmp_path: Path, order: tuple[int, ...], *, together: bool
) -> None:
    mails = [delivered(uid, trust) for uid, trust in enumerate(order, 1)]
    for batch in [mails] if together else [[mail] for mail in mails]:
        store.add(batch)
    found = Database(tmp_path / "w.duckdb").frame("SELECT fate, trust, trust_evidence FROM v_report")
    assert found.to_dict("records") == [{"fate": "accepted", "trust": 3, "trust_evidence": '{"level": 3}'}]


def test_a_forged_report_is_in_the_ledger_and_in_no_number(store: DuckStore, tmp_path: Path) -> None:
    store.add([delivered(1, 0)])
    database = Database(tmp_path / "w.duckdb")
    assert database.frame("SELECT fate, reason FROM v_payload").to_dict("records") == [
        {"fate": "quarantined", "reason": "forged"}
    ]
    assert database.frame("SELECT * FROM v_record").empty
