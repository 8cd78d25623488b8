"""A span of UTC days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.window import Window
from ingest.errors import SettingsError

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


def test_both_days_are_included() -> None:
    assert Window(date(2026, 3, 2), date(2026, 3, 8)).days == 7
    assert Window(date(2026, 3, 2), date(2026, 3, 2)).days == 1


def test_last_ends_with_the_given_day() -> None:
    assert Window.last(7, date(2026, 3, 8)) == Window(date(2026, 3, 2), date(2026, 3, 8))


@given(DAYS, st.integers(1, 400))
def test_previous_is_as_long_and_directly_before(until: date, days: int) -> None:
    window = Window.last(days, until, "example.com")
    before = window.previous()
    assert before.days == window.days == days
    assert before.until == window.since - timedelta(days=1)
    assert before.domain == "example.com"


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(SettingsError, match="2026-03-08 is after 2026-03-02") as caught:
        Window(date(2026, 3, 8), date(2026, 3, 2))
    assert caught.value.hint
