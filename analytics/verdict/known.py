"""Verdicts by what is known now: the registry of senders, the catalogue of services and what people say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analytics.registry.load import registry
from analytics.services.catalogue import catalogue
from analytics.verdict import judging, said
from analytics.verdict.registered import Registered
from analytics.verdict.services import Recognised
from ingest.opinions import What

if TYPE_CHECKING:
    from datetime import date

    from analytics.reader import Reader
    from analytics.registry.order import Registry
    from analytics.verdict.judging import Progress
    from ingest.store.connect import Database


def judge_now(reader: Reader) -> judging.Judge:
    """The registry and the overrides as they are, and the catalogue that ships.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    entries, services = registry(reader), catalogue()
    overrides = said.in_force(reader, What.OVERRIDE)
    known = judging.fingerprint(repr(entries.entries), repr(services.services), repr(overrides))
    breaks = tuple(sorted({*breaks_of(entries), *said.breaks_of(overrides)}))
    return judging.Judge(Registered(entries), Recognised(services), known, breaks, overrides)


def breaks_of(entries: Registry) -> tuple[date, ...]:
    """The UTC days on which an entry begins, or is over."""
    begins = {entry.valid_from for entry in entries.entries if entry.valid_from}
    over = {entry.valid_to + timedelta(days=1) for entry in entries.entries if entry.valid_to}
    return tuple(sorted(begins | over))


def bring_up_to_date(database: Database, *, progress: Progress = lambda _done, _all: None) -> int:
    """Every accepted record has the verdict that what is known now gives it; returns how many days were judged.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    database.bring_up_to_date()
    judge = judge_now(database)
    if not judging.is_due(database, judge.known):
        return 0
    return judging.bring_up_to_date(database, judge, datetime.now(UTC).replace(tzinfo=None), progress=progress)
