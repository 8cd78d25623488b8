"""Frame → Altair chart. Charts hold only days, numbers and our own words, never text of a report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import altair as alt
import pandas as pd

from dashboards.wording.words import FEW_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from analytics.window import Window
    from dashboards.wording.colours import Palette
    from dashboards.wording.words import Words

VOLUME_HEIGHT = 230  # pixels, with axis and legend
RATES_HEIGHT = 220
FEW_DAYS = 4  # a line of fewer days is drawn with points
ROUND_FLOOR = 0.05  # the rate axis starts at a multiple of it, below the lowest rate
EDGE = pd.Timedelta(hours=14)  # room for half a bar on both sides


@dataclass(frozen=True, slots=True)
class Span:
    """The days an axis holds; reports of those from `provisional_from` on are still coming in."""

    window: Window
    provisional_from: date


def parts(
    days: pd.DataFrame, kinds: Mapping[str, tuple[str, str]], span: Span, words: Words, *, colours: Palette
) -> Any:
    """Stacked bars: messages per UTC day in parts.

    Args:
        days: columns day, messages and kind; one row per day and kind with data.
        kinds: kind → its name and colour, the lowest first; others are not shown.
        span: the days of the axis.
        words: the reader's.
        colours: of the page.
    """
    known = days[days["kind"].isin(set(kinds))]
    order = {kind: place for place, kind in enumerate(kinds)}
    long = pd.DataFrame(
        {
            "day": pd.to_datetime(known["day"]),
            "messages": known["messages"],
            "result": [kinds[kind][0] for kind in known["kind"]],
            "order": [order[kind] for kind in known["kind"]],
        }
    )
    return _bars(long, list(kinds.values()), span, words, colours=colours)


def volume(days: pd.DataFrame, span: Span, words: Words, colours: Palette, *, height: int = VOLUME_HEIGHT) -> Any:
    """Stacked bars: messages per UTC day that failed (below, so that they are seen) and passed DMARC.

    Args:
        days: columns day, messages, dmarc_pass; one row per day with data.
    """
    failed, passed = words("chart.failed"), words("chart.passed")
    counts = days.assign(failed=days["messages"] - days["dmarc_pass"])
    long = _long(counts, {failed: "failed", passed: "dmarc_pass"}, value="messages")
    named = [(passed, colours.fine), (failed, colours.broken)]
    return _bars(long, named, span, words, colours=colours, height=height)


def _bars(
    long: pd.DataFrame,
    named: Sequence[tuple[str, str]],
    span: Span,
    words: Words,
    *,
    colours: Palette,
    height: int = VOLUME_HEIGHT,
) -> Any:
    """Of day, messages, result (a name) and order (from below); `named` are names with their colours, as the legend has them."""
    names, tones = [name for name, _ in named], [tone for _, tone in named]
    bars = (
        alt.Chart(long)
        .mark_bar(size=max(3.0, min(22.0, 640 / span.window.days)), cornerRadiusEnd=1)
        .encode(
            x=_days(span, words),
            y=alt.Y("messages:Q", title=None, stack="zero", axis=_quiet_axis("~s")),
            color=alt.Color("result:N", scale=alt.Scale(domain=names, range=tones), legend=_legend("square")),
            order=alt.Order("order:Q"),
            tooltip=_tooltip(words, alt.Tooltip("messages:Q", title=words("chart.messages"), format=",")),
        )
    )
    return _above_provisional(bars.properties(height=height), span, words, colours, named_at="top")


def rates(days: pd.DataFrame, span: Span, words: Words, colours: Palette, *, height: int = RATES_HEIGHT) -> Any:
    """Lines: share of messages per UTC day that passed DMARC, was DKIM aligned, was SPF aligned.

    Days with fewer than FEW_MESSAGES have no point. The axis zooms to the data; its lowest tick is written on it.

    Args:
        days: columns day, messages, pass_rate, dkim_aligned_rate, spf_aligned_rate (0..1).
    """
    names = [words("chart.line.dmarc"), words("chart.line.dkim"), words("chart.line.spf")]
    columns = dict(zip(names, ("pass_rate", "dkim_aligned_rate", "spf_aligned_rate"), strict=True))
    drawn = {name: columns[name] for name in reversed(names)}  # the first name is drawn last: on top
    long = _long(days[days["messages"] >= FEW_MESSAGES], drawn, value="rate")
    dash = alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]])
    width = alt.Scale(domain=names, range=[2.6, 1.3, 1.3])
    colour = alt.Scale(domain=names, range=[colours.fine, colours.quiet, colours.quiet])
    lines = (
        alt.Chart(long)
        .mark_line(point=span.window.days < FEW_DAYS)
        .encode(
            x=_days(span, words),
            y=alt.Y("rate:Q", title=None, scale=alt.Scale(domain=[floor(long["rate"]), 1.0]), axis=_quiet_axis(".0%")),
            color=alt.Color("result:N", scale=colour, legend=_legend("stroke")),
            strokeDash=alt.StrokeDash("result:N", scale=dash, legend=_legend("stroke")),
            strokeWidth=alt.StrokeWidth("result:N", scale=width, legend=None),
            tooltip=_tooltip(words, alt.Tooltip("rate:Q", title=words("chart.rate"), format=".1%")),
        )
    )
    return _above_provisional(lines.properties(height=height), span, words, colours, named_at="bottom")


def floor(values: pd.Series[float]) -> float:
    """Where the rate axis starts: the multiple of ROUND_FLOOR below the lowest rate, at most 0.95; 0 without rates."""
    lowest = float(values.min())
    if math.isnan(lowest):
        return 0.0
    return min(max(math.floor(lowest / ROUND_FLOOR) * ROUND_FLOOR, 0.0), 1 - ROUND_FLOOR)


def _long(days: pd.DataFrame, columns: dict[str, str], *, value: str) -> pd.DataFrame:
    """One row per day and name, in the order of `columns`."""
    parts = [
        pd.DataFrame({"day": pd.to_datetime(days["day"]), value: days[column], "result": name, "order": order})
        for order, (name, column) in enumerate(columns.items())
    ]
    return pd.concat(parts, ignore_index=True)


def _above_provisional(
    marks: Any, span: Span, words: Words, colours: Palette, *, named_at: Literal["top", "bottom"]
) -> Any:
    """The marks over a grey band where reports are still coming in; without a band when the window ends before."""
    first = max(span.provisional_from, span.window.since)
    if first > span.window.until:
        return marks
    edges = pd.DataFrame(
        {"from": [pd.Timestamp(first) - pd.Timedelta(hours=12)], "to": [pd.Timestamp(span.window.until) + EDGE]}
    )
    band = alt.Chart(edges.assign(words=words("chart.provisional")))
    x = alt.X("from:T", scale=_scale(span), title=None)
    grey = band.mark_rect(color=colours.unknown, opacity=0.14).encode(x=x, x2="to:T")
    name = band.mark_text(
        align="right", baseline=named_at, dx=-4, dy=4 if named_at == "top" else -4, color=colours.quiet, fontSize=11
    ).encode(x=alt.X("to:T", scale=_scale(span)), y=alt.value(0 if named_at == "top" else "height"), text="words:N")
    return alt.layer(grey, marks, name).properties(height=marks.height)


def _scale(span: Span) -> alt.Scale:
    first, last = pd.Timestamp(span.window.since) - EDGE, pd.Timestamp(span.window.until) + EDGE
    domain = [
        alt.DateTime(year=edge.year, month=edge.month, date=edge.day, hours=edge.hour, utc=True)
        for edge in (first, last)
    ]
    return alt.Scale(type="utc", domain=domain, nice=False)


def _days(span: Span, words: Words) -> alt.X:
    axis = alt.Axis(
        format=words("chart.day_format"), tickCount=min(span.window.days, 8), grid=False, domain=False, title=None
    )
    return alt.X("day:T", title=None, scale=_scale(span), axis=axis)


def _tooltip(words: Words, value: alt.Tooltip) -> list[alt.Tooltip]:
    day = alt.Tooltip("utcyearmonthdate(day):T", title=words("chart.day"), format="%Y-%m-%d")
    return [day, alt.Tooltip("result:N", title=words("chart.result")), value]


def _quiet_axis(form: str) -> alt.Axis:
    return alt.Axis(domain=False, ticks=False, gridOpacity=0.5, minExtent=44, maxExtent=44, tickCount=4, format=form)


def _legend(symbol: str) -> alt.Legend:
    return alt.Legend(orient="top", title=None, direction="horizontal", symbolType=symbol, offset=4)
