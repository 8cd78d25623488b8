"""Frame → Altair chart. Charts hold only days, numbers and our own words, never text of a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

if TYPE_CHECKING:
    from analytics.window import Window
    from dashboards.wording.colours import Palette
    from dashboards.wording.words import Words

VOLUME_HEIGHT = 240  # pixels, with axis and legend
RATES_HEIGHT = 230
FEW_DAYS = 4  # a line of fewer days is drawn with points
ROUND_FLOOR = 0.05  # the rate axis starts at a multiple of it, below the lowest rate


def volume(days: pd.DataFrame, window: Window, words: Words, colours: Palette, *, height: int = VOLUME_HEIGHT) -> Any:
    """Stacked bars: messages per UTC day that failed (below, so that they are seen) and passed DMARC.

    Args:
        days: columns day, messages, dmarc_pass; one row per day with data.
    """
    failed, passed = words("chart.failed"), words("chart.passed")
    frame = days.assign(failed=days["messages"] - days["dmarc_pass"])
    long = pd.concat(
        [
            _part(frame, "failed", failed, order=0),
            _part(frame, "dmarc_pass", passed, order=1),
        ],
        ignore_index=True,
    )
    return (
        alt.Chart(long, height=height)
        .mark_bar(size=_bar_width(window.days), cornerRadiusEnd=1)
        .encode(
            x=_days_axis(window, words),
            y=alt.Y("messages:Q", title=None, stack="zero", axis=_quiet_axis(tickCount=4, format="~s")),
            color=alt.Color(
                "result:N",
                scale=alt.Scale(domain=[passed, failed], range=[colours.fine, colours.broken]),
                legend=_legend("square"),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("day:T", title=words("chart.day"), format="%Y-%m-%d"),
                alt.Tooltip("result:N", title=words("chart.result")),
                alt.Tooltip("messages:Q", title=words("chart.messages"), format=","),
            ],
        )
    )


def rates(days: pd.DataFrame, window: Window, words: Words, colours: Palette, *, height: int = RATES_HEIGHT) -> Any:
    """Lines: share of messages per UTC day that passed DMARC, was DKIM aligned, was SPF aligned.

    The axis zooms to the data; its lowest tick is written on it.

    Args:
        days: columns day, messages, pass_rate, dkim_aligned_rate, spf_aligned_rate (0..1).
    """
    names = [words("chart.line.dmarc"), words("chart.line.dkim"), words("chart.line.spf")]
    columns = ["pass_rate", "dkim_aligned_rate", "spf_aligned_rate"]
    drawn = list(zip(names, columns, strict=True))[::-1]  # the first name is drawn last: on top
    long = pd.concat([_part(days, column, name, order=0, value="rate") for name, column in drawn], ignore_index=True)
    colour = alt.Scale(domain=names, range=[colours.fine, colours.quiet, colours.quiet])
    dash = alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]])
    width = alt.Scale(domain=names, range=[2.6, 1.3, 1.3])
    return (
        alt.Chart(long, height=height)
        .mark_line(point=window.days < FEW_DAYS, interpolate="linear")
        .encode(
            x=_days_axis(window, words),
            y=alt.Y(
                "rate:Q",
                title=None,
                scale=alt.Scale(domain=[floor(long["rate"]), 1.0]),
                axis=_quiet_axis(tickCount=4, format=".0%"),
            ),
            color=alt.Color("result:N", scale=colour, legend=_legend("stroke")),
            strokeDash=alt.StrokeDash("result:N", scale=dash, legend=_legend("stroke")),
            strokeWidth=alt.StrokeWidth("result:N", scale=width, legend=None),
            tooltip=[
                alt.Tooltip("day:T", title=words("chart.day"), format="%Y-%m-%d"),
                alt.Tooltip("result:N", title=words("chart.result")),
                alt.Tooltip("rate:Q", title=words("chart.rate"), format=".1%"),
            ],
        )
    )


def floor(values: pd.Series) -> float:
    """Where the rate axis starts: the multiple of ROUND_FLOOR below the lowest rate, at most 0.95; 0 without rates."""
    lowest = float(values.min())
    if math.isnan(lowest):
        return 0.0
    return min(max(math.floor(lowest / ROUND_FLOOR) * ROUND_FLOOR, 0.0), 1 - ROUND_FLOOR)


def _part(frame: pd.DataFrame, column: str, name: str, *, order: int, value: str = "messages") -> pd.DataFrame:
    return pd.DataFrame(
        {"day": pd.to_datetime(frame["day"]), value: frame[column], "result": name, "order": order},
    )


def _days_axis(window: Window, words: Words) -> alt.X:
    first, last = pd.Timestamp(window.since), pd.Timestamp(window.until)
    half = pd.Timedelta(hours=14)  # room for the first and the last bar
    domain = [alt.DateTime(**_parts(first - half)), alt.DateTime(**_parts(last + half))]
    return alt.X(
        "day:T",
        title=None,
        scale=alt.Scale(type="utc", domain=domain, nice=False),
        axis=alt.Axis(
            format=words("chart.day_format"), tickCount=min(window.days, 8), grid=False, labelFlush=False, domain=False
        ),
    )


def _parts(moment: pd.Timestamp) -> dict[str, Any]:
    return {
        "year": moment.year,
        "month": moment.month,
        "date": moment.day,
        "hours": moment.hour,
        "utc": True,
    }


def _bar_width(days: int) -> float:
    return max(3.0, min(22.0, 640 / days))


def _quiet_axis(**options: Any) -> alt.Axis:
    return alt.Axis(domain=False, ticks=False, gridOpacity=0.5, minExtent=44, maxExtent=44, **options)


def _legend(symbol: str) -> alt.Legend:
    return alt.Legend(orient="top", title=None, direction="horizontal", symbolType=symbol, offset=4)
