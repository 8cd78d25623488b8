"""What the pages of the dashboard ask, and how long the answers take."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from analytics import coverage, failing, freshness, held, kept, ledger, overview, rates, senders, trust
from analytics.registry import acts, load, proposals
from analytics.verdict import answers, unauthorized
from analytics.verdict.known import bring_up_to_date
from analytics.window import Window
from ingest.store.connect import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAYS = 28  # the period that a page shows at first

Question = tuple[str, "Callable[[], Any]"]


def of_pages(database: Database) -> Iterator[Question]:
    """Every question that a page asks, in the way it asks when the newest day in the data was yesterday."""
    fresh = freshness.freshness(database)
    if fresh.last_day is None or fresh.first_day is None:
        raise AssertionError("an empty database answers no question")
    window, everything = Window.last(DAYS, fresh.last_day), Window(fresh.first_day, fresh.last_day)
    source = str(senders.sources(database, window, limit=1)["source_ip"].iloc[0])
    service = str(senders.services(database, window)["service"].iloc[0])
    payload = str(ledger.reports(database, limit=1)["payload_sha256"].iloc[0])
    today = fresh.last_day + timedelta(days=1)
    bring_up_to_date(database)
    yield from _of_verdicts(database, window, service)
    yield "freshness", lambda: freshness.freshness(database)
    yield "records_from", lambda: kept.records_from(database)
    yield "unverified", lambda: trust.unverified(database, window)
    yield "overview", lambda: overview.overview(database, window)
    yield "totals", lambda: overview.totals(database, window)
    yield "services", lambda: senders.services(database, window)
    yield "sources", lambda: senders.sources(database, window, service=service, limit=200)
    yield "source_days", lambda: senders.source_days(database, window, source)
    yield "source_records", lambda: senders.source_records(database, window, source, limit=200)
    yield "failing", lambda: failing.failing(database, window, limit=200)
    yield "status", lambda: held.status(database)
    yield "missing", lambda: coverage.missing(database, today - timedelta(days=1))
    yield "meeting", lambda: ledger.meeting(database)
    yield "fates", lambda: ledger.fates(database)
    yield "total", lambda: ledger.total(database)
    yield "by_reporter", lambda: rates.by_reporter(database, everything)
    yield "reports", lambda: ledger.reports(database, limit=100)
    yield "line", lambda: ledger.line(database, payload)
    yield "acts", lambda: ledger.acts(database, payload)


def _of_verdicts(database: Database, window: Window, service: str) -> Iterator[Question]:
    yield "split", lambda: answers.split(database, window)
    yield "split_days", lambda: answers.split_days(database, window)
    yield "verdicts", lambda: answers.verdicts(database, window, service=service)
    yield "unauthorized", lambda: unauthorized.unauthorized(database, window)
    yield "chosen", lambda: unauthorized.chosen(database, window)
    yield "registry", lambda: load.registry(database)
    yield "history", lambda: acts.history(database, "nobody")
    yield "latest", lambda: acts.latest(database, window.until)
    yield "proposals", lambda: proposals.proposals(database, window)


def timed(path: Path, repeats: int) -> dict[str, float]:
    """Question → seconds, the median of `repeats` after a first one."""
    return {name: _median_s(ask, repeats) for name, ask in of_pages(Database(path))}


def _median_s(ask: Callable[[], Any], repeats: int) -> float:
    taken = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:] or taken)
