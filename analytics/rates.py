"""Pass rates per day, week, domain and reporter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analytics.ask import ask
from analytics.frames import COUNTS, DAY, RATES, Column, Contract, checked
from analytics.pass_rate import pass_rate

if TYPE_CHECKING:
    from analytics.reader import Reader
    from analytics.window import Window

BY_DAY: Contract = (DAY, *COUNTS, *RATES)
BY_WEEK: Contract = (
    Column("week", "text", "ISO week", "YYYY-Www, in UTC"),
    Column("week_start", "day", "UTC day", "its Monday"),
    Column("days", "int", "days", "how many days of the week lie in the window: 7, less at its edges"),
    *COUNTS,
    *RATES,
)
BY_DOMAIN: Contract = (Column("policy_domain", "text", "", "domain whose policy was applied"), *COUNTS, *RATES)
BY_REPORTER: Contract = (Column("reporter", "text", "", "organisation that sent the reports"), *COUNTS, *RATES)


def by_day(reader: Reader, window: Window) -> pd.DataFrame:
    """Messages and rates per UTC day that has records (`BY_DAY`), oldest first. `every_day` adds the days between."""
    return _rates(reader, window, "by_day", BY_DAY)


def by_domain(reader: Reader, window: Window) -> pd.DataFrame:
    """Messages and rates per policy domain (`BY_DOMAIN`), by name."""
    return _rates(reader, window, "by_domain", BY_DOMAIN)


def by_reporter(reader: Reader, window: Window) -> pd.DataFrame:
    """Messages and rates per reporter (`BY_REPORTER`), by name."""
    return _rates(reader, window, "by_reporter", BY_REPORTER)


def by_week(reader: Reader, window: Window) -> pd.DataFrame:
    """Messages and rates per ISO week that has records (`BY_WEEK`), oldest first; the edges hold less than 7 days."""
    return weekly(by_day(reader, window), window)


def _rates(reader: Reader, window: Window, name: str, contract: Contract) -> pd.DataFrame:
    counts = ask(reader, name, window.parameters())
    return checked(pass_rate(counts, by=[contract[0].name]), contract)


def every_day(days: pd.DataFrame, window: Window) -> pd.DataFrame:
    """A `BY_DAY` frame with a row for each day of the window: no records is 0 messages and NaN rates."""
    calendar = pd.DataFrame({"day": _calendar(window)})
    filled = calendar.merge(days[["day", *[column.name for column in COUNTS]]], on="day", how="left").fillna(0)
    return checked(pass_rate(filled, by=["day"]), BY_DAY)


def weekly(days: pd.DataFrame, window: Window) -> pd.DataFrame:
    """`BY_WEEK` out of a `BY_DAY` frame of the window."""
    mondays = _monday(_calendar(window)).value_counts()
    weeks = pass_rate(days.assign(week_start=_monday(days["day"])), by=["week_start"])
    weeks["week"] = weeks["week_start"].dt.strftime("%G-W%V")
    weeks["days"] = weeks["week_start"].map(mondays).fillna(0)
    return checked(weeks, BY_WEEK)


def _calendar(window: Window) -> pd.Series[pd.Timestamp]:
    return pd.Series(pd.date_range(window.since, window.until, freq="D", unit="us"))


def _monday(days: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    return days - pd.to_timedelta(days.dt.day_of_week, unit="D")
