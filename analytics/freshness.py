"""How far the data reaches: shown beside every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analytics.ask import ask
from analytics.frames import texts

if TYPE_CHECKING:
    from datetime import date, datetime

    from analytics.reader import Reader


@dataclass(frozen=True, slots=True)
class Freshness:
    """Span and origin of all accepted reports. On an empty database: None, 0 and ()."""

    first_day: date | None  # UTC
    last_day: date | None  # UTC
    newest_received_utc: datetime | None  # naive UTC; when the newest of them was received
    reports: int
    reporters: int
    domains: tuple[str, ...]  # policy domains, most messages first


def freshness(reader: Reader) -> Freshness:
    """How far the data reaches, over all days and domains."""
    row = ask(reader, "freshness").iloc[0]
    return Freshness(
        first_day=as_day(row["first_day"]),
        last_day=as_day(row["last_day"]),
        newest_received_utc=as_time(row["newest_received_utc"]),
        reports=int(row["reports"]),
        reporters=int(row["reporters"]),
        domains=tuple(texts(row["domains"])),
    )


def as_day(value: pd.Timestamp | None) -> date | None:
    """A day out of a frame; None where it is missing."""
    return None if pd.isna(value) else pd.Timestamp(value).date()


def as_time(value: pd.Timestamp | None) -> datetime | None:
    """A naive UTC time out of a frame; None where it is missing."""
    return None if pd.isna(value) else pd.Timestamp(value).to_pydatetime()
