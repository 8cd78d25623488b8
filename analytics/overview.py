"""How we are: one window beside the one before, day by day, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.ask import ask
from analytics.changes import Change, changes
from analytics.frames import COUNTS, RATES, columns
from analytics.pass_rate import pass_rate
from analytics.rates import by_day

if TYPE_CHECKING:
    import pandas as pd

    from analytics.reader import Reader
    from analytics.window import Window


@dataclass(frozen=True, slots=True)
class Totals:
    """One window in numbers: messages, rates in 0..1 (NaN without messages), and what they rest on."""

    messages: int
    dmarc_pass: int
    spf_aligned: int
    dkim_aligned: int
    spf_pass: int
    dkim_pass: int
    pass_rate: float
    spf_aligned_rate: float
    dkim_aligned_rate: float
    spf_pass_rate: float
    dkim_pass_rate: float
    failing: int  # messages that did not pass DMARC
    sources: int  # addresses
    reports: int
    reporters: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page: `days` is `rates.BY_DAY` of the window, `changes` the biggest first."""

    window: Window
    this: Totals
    previous: Totals
    days: pd.DataFrame
    changes: tuple[Change, ...]


def overview(reader: Reader, window: Window) -> Overview:
    """The window, the window before, the days and the changes."""
    before = window.previous()
    with reader.asking() as one:
        days = by_day(one, window)
        return Overview(
            window=window,
            this=_totals(one, window, days),
            previous=_totals(one, before, by_day(one, before)),
            days=days,
            changes=changes(one, window),
        )


def totals(reader: Reader, window: Window) -> Totals:
    """The numbers of one window."""
    with reader.asking() as one:
        return _totals(one, window, by_day(one, window))


def _totals(reader: Reader, window: Window, days: pd.DataFrame) -> Totals:
    row = pass_rate(days, by=()).iloc[0]
    support = ask(reader, "window_reports", window.parameters()).iloc[0]
    numbers: dict[str, Any] = {name: int(row[name]) for name in columns(COUNTS)}
    numbers |= {name: float(row[name]) for name in columns(RATES)}
    return Totals(
        **numbers,
        failing=numbers["messages"] - numbers["dmarc_pass"],
        sources=int(ask(reader, "window_sources", window.parameters()).iloc[0]["sources"]),
        reports=int(support["reports"]),
        reporters=int(support["reporters"]),
    )
