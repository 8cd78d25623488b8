"""Charts show every message once, keep the whole window, and hold no text of a report."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from analytics.window import Window
from dashboards import charts
from dashboards.charts import Span
from dashboards.wording.colours import DARK, LIGHT
from dashboards.wording.words import ENGLISH, JAPANESE

WINDOW = Window(date(2026, 3, 2), date(2026, 3, 8))
WHOLE = Span(WINDOW, provisional_from=date(2026, 3, 9))
LATE = Span(WINDOW, provisional_from=date(2026, 3, 7))


def days(*rows: tuple[int, int]) -> pd.DataFrame:
    """One row per day from the start of WINDOW: (messages, of them passed); half of them by SPF."""
    frame = pd.DataFrame(rows, columns=["messages", "dmarc_pass"]).astype("int64")
    frame.insert(0, "day", pd.date_range(WINDOW.since, periods=len(frame)))
    rate = frame["dmarc_pass"] / frame["messages"].where(frame["messages"] > 0)
    return frame.assign(pass_rate=rate, dkim_aligned_rate=rate, spf_aligned_rate=rate / 2)


def data(chart: Any) -> list[dict[str, Any]]:
    return list(next(iter(chart.to_dict()["datasets"].values())))


def test_bars_hold_every_message_once() -> None:
    shown = pd.DataFrame(data(charts.volume(days((10, 7), (5, 5), (0, 0)), WHOLE, ENGLISH, LIGHT)))
    assert shown.groupby("result")["messages"].sum().to_dict() == {"passed": 12, "failed": 3}


def test_the_axis_holds_the_whole_window_in_utc() -> None:
    for chart in (charts.volume, charts.rates):
        scale = chart(days((10, 7)), WHOLE, ENGLISH, LIGHT).to_dict()["encoding"]["x"]["scale"]
        assert scale["type"] == "utc"
        first, last = scale["domain"]
        assert (first["month"], first["date"], first["utc"]) == (3, 1, True)
        assert (last["month"], last["date"], last["utc"]) == (3, 8, True)


def test_rates_start_at_a_floor_below_the_lowest() -> None:
    chart = charts.rates(days((100, 98), (100, 96)), WHOLE, ENGLISH, LIGHT).to_dict()
    assert chart["encoding"]["y"]["scale"]["domain"] == [pytest.approx(0.45), 1.0]


@pytest.mark.parametrize(
    ("lowest", "floor"), [(0.97, 0.95), (0.999, 0.95), (1.0, 0.95), (0.5, 0.5), (0.0, 0.0), (float("nan"), 0.0)]
)
def test_the_floor_is_round(lowest: float, floor: float) -> None:
    assert charts.floor(pd.Series([lowest, 1.0 if lowest == lowest else lowest])) == pytest.approx(floor)  # noqa: PLR0124


def test_charts_of_nothing_and_of_one_day_are_drawn() -> None:
    one = Span(Window(date(2026, 3, 2), date(2026, 3, 2)), provisional_from=date(2026, 3, 1))
    for chart in (charts.volume, charts.rates):
        assert data(chart(days((100, 1)), one, JAPANESE, DARK))
        chart(days((0, 0)), one, JAPANESE, DARK).to_dict()


def test_days_of_which_reports_still_come_in_lie_on_a_band() -> None:
    layers = charts.volume(days((10, 7)), LATE, ENGLISH, LIGHT).to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["rect", "bar", "text"]


def test_a_day_with_few_messages_has_no_rate() -> None:
    shown = data(charts.rates(days((29, 1), (30, 30)), WHOLE, ENGLISH, LIGHT))
    assert {row["day"][:10] for row in shown} == {"2026-03-03"}


def test_a_chart_speaks_the_language_and_wears_the_colours() -> None:
    drawn = charts.volume(days((10, 7)), WHOLE, JAPANESE, DARK).to_dict()["encoding"]["color"]["scale"]
    assert drawn == {"domain": ["成功", "失敗"], "range": [DARK.fine, DARK.broken]}


def test_a_chart_holds_only_days_numbers_and_our_words() -> None:
    frame = days((10, 7)).assign(service="<script>alert(1)</script>")
    for chart in (charts.volume, charts.rates):
        assert "script" not in chart(frame, WHOLE, ENGLISH, LIGHT).to_json()
