"""Which reporter used to report on a domain, does not any more, and since when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.ask import ask_plainly
from analytics.frames import Column, Contract, checked
from analytics.freshness import freshness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analytics.reader import Reader

REGULAR_DAYS = 28  # how far back it is asked whether somebody reports regularly
REGULAR_SHARE = 0.6  # active on so many of these days: the next day is expected
GRACE_DAYS = 2  # reports of a day come in over the next two, or as late as this reporter's usually do
CHANCE = 0.001  # a silence that is likelier than this to be chance is none: some reporters leave days out
LATEST_DAYS = 7  # nobody is waited for longer
LOOK_BACK_DAYS = 120  # who fell silent earlier is history

MISSING: Contract = (
    Column("reporter", "text", "", "organisation that used to send reports"),
    Column("policy_domain", "text", "", "domain they were about"),
    Column("last_day", "day", "UTC day", "newest day that it reported on"),
    Column("missing_since", "day", "UTC day", "first day that it was expected to report on and did not"),
    Column("missing_days", "int", "days", "such days so far"),
    Column("active_days", "int", "days", "of the 28 days up to last_day, those with a report"),
    Column("messages", "int", "messages", "reported in these 28 days"),
)


@dataclass(frozen=True, slots=True)
class _Habit:
    """One reporter and domain, up to its newest day."""

    reporter: str
    policy_domain: str
    days: frozenset[date]  # of the REGULAR_DAYS up to the last
    last: date
    messages: int
    lag_days: int  # how late its reports usually are

    @property
    def is_regular(self) -> bool:
        return len(self.days) >= math.ceil(REGULAR_SHARE * REGULAR_DAYS)

    def expects(self, day: date) -> bool:
        """Whether it reported on most of the same weekdays; some reporters rest at weekends."""
        same = sum(1 for one in self.days if one.weekday() == day.weekday())
        return same >= REGULAR_SHARE * REGULAR_DAYS / 7

    def is_silent(self, missing: int) -> bool:
        """Whether so many expected days in a row without a report are more than chance."""
        window = [self.last - timedelta(days=back) for back in range(REGULAR_DAYS)]
        expected = [day for day in window if self.expects(day)]
        left_out = sum(1 for day in expected if day not in self.days) / max(len(expected), 1)
        return missing > 0 and left_out**missing <= CHANCE

    def missing(self, as_of: date) -> Iterator[date]:
        """Days without a report that should be here by the end of `as_of`."""
        day = self.last + timedelta(days=1)
        while day <= as_of - timedelta(days=self.lag_days):
            if self.expects(day):
                yield day
            day += timedelta(days=1)


def missing(reader: Reader, as_of: date, domain: str | None = None) -> pd.DataFrame:
    """Reporters that are missing (`MISSING`), those with most messages first.

    Somebody is expected on a day when it reported on at least 60 % of the 28 days up to its newest one, and on as many of the same weekdays.
    A day is missing when it is older than reports of this reporter usually take (95 of 100, at least two days, at most a week). Somebody who leaves
    days out now and then is missing only after so many days that this is hardly chance (CHANCE).

    Args:
        reader: the database.
        as_of: the last complete UTC day. Where the data ends before, that day is taken: then everybody is silent, which `freshness` tells.
        domain: policy domain; None: all.
    """
    with reader.asking() as one:
        newest = freshness(one).last_day
        rows = [] if newest is None else list(_silent(one, min(as_of, newest), domain))
    frame = pd.DataFrame(rows, columns=[column.name for column in MISSING])
    return checked(frame.sort_values(["messages", "reporter", "policy_domain"], ascending=[False, True, True]), MISSING)


def _silent(reader: Reader, end: date, domain: str | None) -> Iterator[tuple[object, ...]]:
    """The rows of `MISSING`, in no order."""
    since = end - timedelta(days=LOOK_BACK_DAYS + REGULAR_DAYS)
    asked = {"since": since, "until": end, "domain": domain, "regular_days": REGULAR_DAYS}
    for line in ask_plainly(reader, "reporter_habits", asked):
        habit = _habit(line)
        if not habit.is_regular or habit.last <= since + timedelta(REGULAR_DAYS):
            continue
        days = list(habit.missing(end))
        if days and habit.is_silent(len(days)):
            yield habit.reporter, habit.policy_domain, habit.last, days[0], len(days), len(habit.days), habit.messages


def _habit(line: dict[str, Any]) -> _Habit:
    lag_days = math.ceil(line["lag_s"] / 86_400)
    return _Habit(
        line["reporter"],
        line["policy_domain"],
        frozenset(line["days"]),
        line["last"],
        line["messages"],
        min(max(lag_days, GRACE_DAYS), LATEST_DAYS),
    )
