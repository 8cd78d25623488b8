"""Rates: how many of the messages passed, weighted by messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.frames import COUNTS, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

RATE_OF = {
    "pass_rate": "dmarc_pass",
    "spf_aligned_rate": "spf_aligned",
    "dkim_aligned_rate": "dkim_aligned",
    "spf_pass_rate": "spf_pass",
    "dkim_pass_rate": "dkim_pass",
}


def pass_rate(counts: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """Messages and rates per key.

    Rates are shares of messages, never means of rates: a record of 1,000 messages weighs 1,000 times one of 1 message.

    Args:
        counts: any grain at or below `by`; the columns of `frames.COUNTS` (int64, messages).
        by: key columns of the result; () gives the total in one row. A missing key is a key.

    Returns:
        One row per key, sorted by it: keys, counts (int64), rates (float64 in 0..1, NaN where messages is 0).
    """
    names = columns(COUNTS)
    if by:
        summed = counts.groupby(list(by), dropna=False, observed=True, sort=True)[names].sum().reset_index()
    else:
        summed = counts[names].sum().to_frame().T
    return with_rates(summed.astype(dict.fromkeys(names, "int64")))


def with_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """The same rows with the rate columns added."""
    messages = counts["messages"].astype("float64")
    messages = messages.where(messages > 0)
    rates = {rate: counts[count].astype("float64") / messages for rate, count in RATE_OF.items()}
    return counts.assign(**rates)
