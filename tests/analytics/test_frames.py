"""Frames keep their promises, also when there is nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from analytics import failing, ledger, rates, senders
from analytics.frames import DTYPES, Column, Contract, ContractError, checked, columns
from analytics.verdict import takedown, unauthorized
from analytics.window import Window
from tests.analytics.verdict.people import judged_with
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.store.connect import Database

WEEK = Window.last(7, MONDAY)


def not_ours(database: Database) -> unauthorized.Unauthorized:
    """Also what is not known yet."""
    judged_with(database)
    return unauthorized.unauthorized(database, WEEK, unknown=True)


def addresses(database: Database) -> pd.DataFrame:
    """The same for a takedown."""
    judged_with(database)
    return takedown.takedown(unauthorized.chosen(database, WEEK, unknown=True), lambda rows: f"{len(rows)} pieces")


FRAMES: list[tuple[Callable[[Database], pd.DataFrame], Contract]] = [
    (lambda database: rates.by_day(database, WEEK), rates.BY_DAY),
    (lambda database: rates.by_week(database, WEEK), rates.BY_WEEK),
    (lambda database: rates.by_domain(database, WEEK), rates.BY_DOMAIN),
    (lambda database: rates.by_reporter(database, WEEK), rates.BY_REPORTER),
    (lambda database: rates.every_day(rates.by_day(database, WEEK), WEEK), rates.BY_DAY),
    (lambda database: senders.services(database, WEEK), senders.SERVICES),
    (lambda database: senders.sources(database, WEEK), senders.SOURCES),
    (lambda database: senders.source_days(database, WEEK, "192.0.2.1"), senders.SOURCE_DAYS),
    (lambda database: senders.source_records(database, WEEK, "192.0.2.1"), senders.SOURCE_RECORDS),
    (lambda database: failing.failing(database, WEEK), failing.FAILING),
    (ledger.reports, ledger.LEDGER),
    (lambda database: not_ours(database).lines, unauthorized.LINES),
    (lambda database: not_ours(database).total, unauthorized.LINES),
    (lambda database: not_ours(database).kinds, unauthorized.KINDS),
    (lambda database: not_ours(database).names, unauthorized.NAMES),
    (lambda database: not_ours(database).days, unauthorized.DAYS),
    (addresses, takedown.TAKEDOWN),
]


def obeys(frame: pd.DataFrame, contract: Contract) -> bool:
    """Names, order and dtypes are as promised."""
    expected = [pd.api.types.pandas_dtype(DTYPES[column.dtype]) for column in contract]
    return list(frame.columns) == columns(contract) and list(frame.dtypes) == expected


@pytest.mark.parametrize(("make", "contract"), FRAMES)
def test_a_frame_of_an_empty_database_obeys_its_contract(
    database: Database, make: Callable[[Database], pd.DataFrame], contract: Contract
) -> None:
    assert obeys(make(database), contract)


@pytest.mark.parametrize(("make", "contract"), FRAMES)
def test_a_frame_with_everything_missing_obeys_its_contract(
    database: Database, make: Callable[[Database], pd.DataFrame], contract: Contract
) -> None:
    bare: dict[str, Any] = {"source_ip": None, "header_from": None, "envelope_from": None, "disposition": None}
    keep(database, a_report(a_record(3, **bare), a_record(0), p=None, pct=None))
    keep_payload(database, fate="rejected", reason="not a report", received_utc=None)
    frame = make(database)
    assert len(frame) > 0
    assert obeys(frame, contract)


def test_a_column_that_is_not_promised_is_our_bug() -> None:
    with pytest.raises(ContractError, match="surplus"):
        checked(pd.DataFrame({"a": [1], "surplus": [2]}), (Column("a", "int", "", ""),))


def test_a_missing_number_in_a_column_that_promises_one_is_our_bug() -> None:
    with pytest.raises(ContractError, match="column a"):
        checked(pd.DataFrame({"a": [1, None]}), (Column("a", "int", "", ""),))
