"""How are we, what changed, what is the first thing to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from analytics import overview as asked
from analytics.freshness import freshness
from analytics.rates import every_day
from dashboards import charts, context
from dashboards.pages import links, parts, states, whose
from dashboards.wording import sentences

if TYPE_CHECKING:
    from analytics.changes import Change
    from analytics.overview import Overview
    from dashboards.context import Visit

CHANGES_SHOWN = 8
BADGE_COLOURS: dict[str, Literal["green", "orange", "red", "blue"]] = {
    "service_better": "green",
    "service_worse": "orange",
    "failing_burst": "red",
    "new_service": "blue",
}


def show() -> None:
    """The page."""
    visit = context.visit()
    found = context.answer(asked.overview, visit.window)
    if found.this.messages == 0:
        states.no_data(visit)
        return
    first_day = context.answer(freshness).first_day
    comparable = first_day is not None and first_day <= visit.window.previous().since
    parts.answer(sentences.overview(visit.words, found, comparable=comparable), sentences.attention(visit.words, found))
    _numbers(visit, found, comparable=comparable)
    whose.split(visit)
    _charts(visit, found)
    _changes(visit, found)


def _numbers(visit: Visit, found: Overview, *, comparable: bool) -> None:
    words, this, before = visit.words, found.this, found.previous
    parts.numbers(
        words,
        (
            parts.volume(words, "messages", this.messages, before.messages),
            parts.rate(words, "passed", this.pass_rate, before.pass_rate),
            parts.rate(words, "dkim", this.dkim_aligned_rate, before.dkim_aligned_rate),
            parts.rate(words, "spf", this.spf_aligned_rate, before.spf_aligned_rate),
            parts.volume(words, "failing", this.failing, before.failing, more_is="bad"),
        ),
        comparable=comparable,
    )


def _charts(visit: Visit, found: Overview) -> None:
    words, days = visit.words, every_day(found.days, found.window)
    parts.heading(words, "overview.rates")
    st.altair_chart(charts.rates(days, visit.span(), words, visit.colours), alt=words("chart.alt.rates"))


def _changes(visit: Visit, found: Overview) -> None:
    words = visit.words
    parts.heading(words, "overview.changes")
    if not found.changes:
        st.text(words("overview.changes.none", days=words.some("days", found.window.days)))
    for position, change in enumerate(found.changes[:CHANGES_SHOWN]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"change {position}"):
            st.badge(words(f"change.badge.{change.kind}"), color=BADGE_COLOURS.get(change.kind, "gray"))
            st.text(sentences.changed(words, change), width="content")
            _look(visit, change)
    with st.container(horizontal=True, gap="medium", key="more"):
        links.to_page(visit, "failing", "overview.failing")
        links.to_page(visit, "senders", "overview.senders")


def _look(visit: Visit, change: Change) -> None:
    if change.kind in {"new_service", "service_worse", "service_better"}:
        links.to_page(visit, "senders", "overview.look", service=change.subject)
    elif change.kind == "failing_burst":
        links.to_page(visit, "failing", "overview.look")
