"""Every case gets its verdict, and the database keeps it: what changed is judged again, and nothing else.

Days are judged in periods of four weeks that begin on a Monday. What is usual for a selector, a place or a name is told by the period and the one
before it; so the verdicts of a period never change because of what comes later, and there is always a month to tell from. A changed day has its
period judged again, and the next one, for which it is the one before.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from analytics.ask import ask_plainly
from analytics.verdict.material import Cases, Material
from analytics.verdict.rules import VERSION
from analytics.verdict.said import overridden
from analytics.verdict.signals import Inventory, with_signals
from analytics.verdict.verdicts import ANSWER, judged
from ingest.store.verdicts import judging

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import pandas as pd

    from analytics.reader import Reader
    from analytics.verdict.said import Said
    from analytics.verdict.signals import Catalogue, Senders
    from ingest.store.connect import Database
    from ingest.store.verdicts import Docket

    Progress = Callable[[int, int], None]

PERIOD_DAYS = 28
MATERIAL_PERIODS = 6  # are judged from evidence that is read at once: bounds the memory
_EPOCH = date(1970, 1, 5)  # a Monday


@dataclass(frozen=True, slots=True)
class Judge:
    """All that verdicts depend on besides the records."""

    senders: Senders
    catalogue: Catalogue
    known: str  # changes whenever one of the others says something else
    breaks: tuple[
        date, ...
    ] = ()  # first UTC days on which registry or people say something else than on the day before
    overrides: tuple[Said, ...] = ()
    inventory: Inventory = field(default_factory=Inventory)


def period_of(day: date) -> date:
    """The first day of the period of a day."""
    return day - timedelta(days=(day - _EPOCH).days % PERIOD_DAYS)


def is_due(reader: Reader, known: str) -> bool:
    """Whether a verdict is missing, or would come out differently now.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    (row,) = ask_plainly(reader, "verdict_state", {"rule_version": VERSION})
    return bool(row["due"]) or row["known"] != known


def bring_up_to_date(
    database: Database, judge: Judge, now: datetime, *, progress: Progress = lambda _done, _all: None
) -> int:
    """Every case has the verdict that the judge gives; returns how many days were judged.

    Raises:
        StoreError: the database refused; the verdicts are as they were.
    """
    with judging(database, VERSION) as docket:
        days = docket.days()
        changed = set(days if docket.known() != judge.known else docket.due())
        wanted = {period_of(day) for day in changed}
        wanted |= {period + timedelta(days=PERIOD_DAYS) for period in wanted}
        periods = sorted(wanted & {period_of(day) for day in days})
        for start in range(0, len(periods), MATERIAL_PERIODS):
            part = periods[start : start + MATERIAL_PERIODS]
            _judge(docket, judge, part, partial(_step, progress, start, len(periods)))
        docket.done(judge.known, now)
    return sum(period_of(day) in wanted for day in days)


def _step(progress: Progress, start: int, total: int, done: int) -> None:
    progress(start + done, total)


def _judge(docket: Docket, judge: Judge, periods: Sequence[date], progress: Callable[[int], None]) -> None:
    length = timedelta(days=PERIOD_DAYS)
    frames = docket.evidence(periods[0] - length, periods[-1] + length)
    material = Material(frames)
    for number, period in enumerate(periods):
        progress(number)
        last = period + length - timedelta(days=1)
        breaks = [day for day in judge.breaks if period < day <= last]
        found = docket.cases(period - length, period, last, breaks)
        cases = _cases(material, frames, found, [period, *breaks])
        by_rules = judged(with_signals(cases, judge.senders, judge.catalogue, judge.inventory))
        answers = overridden(by_rules, cases, judge.overrides)
        told, given = _told(
            found[found["asked"].to_numpy(dtype=bool)], answers, [period, *breaks, last + timedelta(days=1)]
        )
        docket.put(told, given, period, last)
    progress(len(periods))


def _cases(material: Material, frames: dict[str, pd.DataFrame], found: pd.DataFrame, starts: Sequence[date]) -> Cases:
    evidence, addresses = (
        frames[name][key].to_numpy() for name, key in (("evidence", "evidence_no"), ("addresses", "address_no"))
    )
    return Cases(
        material,
        np.searchsorted(evidence, found["evidence_no"].to_numpy()).astype(np.int64),
        np.searchsorted(addresses, found["address_no"].to_numpy()).astype(np.int64),
        found["messages"].to_numpy(dtype=np.float64),
        np.array(starts, dtype="datetime64[D]")[found["stretch"].to_numpy()],
        found["several"].to_numpy(dtype=bool),
        found["asked"].to_numpy(dtype=bool),
    )


def _told(asked: pd.DataFrame, answers: pd.DataFrame, bounds: Sequence[date]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What `Docket.put` takes."""
    number = answers.groupby(list(ANSWER), dropna=False, sort=False).ngroup().to_numpy()
    given = answers[list(ANSWER)].assign(answer=number).drop_duplicates("answer")
    spans = np.array([(first, after - timedelta(days=1)) for first, after in pairwise(bounds)], dtype="datetime64[D]")
    of = spans[asked["stretch"].to_numpy()]
    told = asked[["address_no", "evidence_no"]].assign(
        answer=number, first_day=of[:, 0].astype("datetime64[us]"), last_day=of[:, 1].astype("datetime64[us]")
    )
    return told, given


def fingerprint(*texts: str) -> str:
    """A short text that changes with every one of these."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]
