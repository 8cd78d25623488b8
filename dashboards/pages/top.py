"""The frame around every page: navigation, language, period, domain, and how fresh the data is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from dashboards.address import CUSTOM, PRESET_DAYS
from dashboards.pages import links
from dashboards.wording.plain import plain

if TYPE_CHECKING:
    from analytics.freshness import Freshness
    from analytics.trust import TrustShare
    from dashboards.context import Visit

LANGUAGE_NAMES = {"en": "English", "ja": "日本語"}
OLD_AFTER_DAYS = 4  # reports of a day come in over the next two
SHOW_DAYS = 28


def navigation(visit: Visit, names: tuple[str, ...]) -> None:
    """The name of the program, the pages, the language."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="top"):
        with st.container(width="content", key="brand"):
            st.text("whosends", width="content")
        with st.container(horizontal=True, gap="xxsmall", width="stretch", key="pages"):
            for name in names:
                links.to_page(visit, name, f"nav.{name}")
        st.session_state["language"] = visit.words.language
        st.segmented_control(
            visit.words("filter.language"),
            list(LANGUAGE_NAMES),
            key="language",
            format_func=LANGUAGE_NAMES.__getitem__,
            label_visibility="collapsed",
            required=True,
            on_change=lambda: links.go(visit.address.of_language(st.session_state["language"])),
        )


def filters(visit: Visit, fresh: Freshness, trust: TrustShare) -> None:
    """Period and domain of every number on the page, up to when there is data, and how much of it is unverified."""
    words, window = visit.words, visit.window
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="filters"):
        _period(visit)
        _domain(visit, fresh.domains)
    parts = [words("filter.shown", span=words.span(window.since, window.until))]
    if fresh.last_day is not None:
        parts.append(words("fresh.newest", day=words.day(fresh.last_day)))
    if fresh.newest_received_utc is not None:
        parts.append(words("fresh.received", moment=words.moment(fresh.newest_received_utc)))
    reports, reporters = words.some("reports", fresh.reports), words.some("reporters", fresh.reporters)
    parts.append(words("fresh.scope", reports=reports, reporters=reporters))
    if trust.unverified:
        share = words.passed(trust.unverified, trust.messages, trust.share)
        parts.append(words("fresh.unverified", share=share))
    st.caption(" · ".join(parts))
    _old(visit, fresh)


def _period(visit: Visit) -> None:
    words, address, window = visit.words, visit.address, visit.window

    def choose_preset() -> None:
        preset = st.session_state["window"]
        wanted = address.of_days(window.since, window.until) if preset == CUSTOM else address.of_preset(preset)
        links.go(wanted)

    def choose_days() -> None:
        days = st.session_state["days"]
        if len(days) == len(("first", "last")):
            links.go(address.of_days(*days))

    st.session_state["window"] = address.preset
    st.segmented_control(
        words("filter.window"),
        [*PRESET_DAYS, CUSTOM],
        key="window",
        format_func=lambda preset: words(f"filter.window.{preset}"),
        required=True,
        on_change=choose_preset,
    )
    if address.preset == CUSTOM:
        st.session_state["days"] = (window.since, window.until)
        st.date_input(
            words("filter.days"),
            key="days",
            format="YYYY-MM-DD",
            max_value=max(visit.today, window.until),
            min_value=None,
            width=250,
            on_change=choose_days,
        )


def _domain(visit: Visit, domains: tuple[str, ...]) -> None:
    words, chosen = visit.words, visit.address.domain
    options = ["", *domains]
    if chosen and chosen not in domains:
        options.append(chosen)
    st.session_state["domain"] = chosen or ""
    st.selectbox(
        words("filter.domain"),
        options,
        key="domain",
        format_func=lambda domain: plain(domain) if domain else words("filter.all_domains"),
        width=280,
        on_change=lambda: links.go(visit.address.of_domain(st.session_state["domain"] or None)),
    )


def _old(visit: Visit, fresh: Freshness) -> None:
    words, newest = visit.words, fresh.last_day
    if newest is None or visit.address.preset == CUSTOM or visit.today - newest <= timedelta(days=OLD_AFTER_DAYS):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="old"):
        age = words.some("days", (visit.today - newest).days)
        st.text(words("fresh.old", days=age, day=words.day(newest)), width="stretch")
        st.button(
            words("fresh.show", days=words.some("days", SHOW_DAYS), day=words.day(newest)),
            type="primary",
            on_click=links.go,
            args=(visit.address.of_days(newest - timedelta(days=SHOW_DAYS - 1), newest),),
        )
