"""Whether the records behind a number are still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.ask import ask_plainly

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from analytics.reader import Reader


def records_from(reader: Reader) -> date | None:
    """Records of earlier UTC days are not kept, their daily sums are; None: all records are kept.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    found: date | None = ask_plainly(reader, "records_kept_from")[0]["records_kept_from"]
    return found


def reaches_before(first: date | None, kept_from: date | None) -> bool:
    """Whether days from `first` on (None: all days) reach into days without records."""
    return kept_from is not None and (first is None or first < kept_from)


def some_before(days: pd.Series[pd.Timestamp], kept_from: date | None) -> bool:
    """Whether one of these days, some of which may be missing, is one without records."""
    return kept_from is not None and any(day.date() < kept_from for day in days.dropna())
