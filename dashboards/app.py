"""The dashboard: navigation, page configuration, period and domain filter."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from analytics.freshness import freshness
from analytics.trust import unverified
from dashboards import context
from dashboards.pages import failing, links, overview, registry, reports, senders, states, style, top, unauthorized

PAGES = {
    "overview": overview.show,
    "senders": senders.show,
    "failing": failing.show,
    "unauthorized": unauthorized.show,
    "registry": registry.show,
    "reports": reports.show,
}
ICON = Path(__file__).with_name("icon.svg")


def main() -> None:
    """One run: the frame around the page, then the page."""
    with states.calm(context.language()):
        visit = context.visit()
        words = visit.words
        pages = {
            name: st.Page(show, title=words(f"nav.{name}"), url_path=name, default=name == "overview")
            for name, show in PAGES.items()
        }
        page = st.navigation(list(pages.values()), position="hidden")
        st.set_page_config(page_title=f"{page.title} · whosends", page_icon=str(ICON), layout="wide")
        style.apply()
        links.register(pages, page.url_path or "overview")
        top.navigation(visit, tuple(pages))
        with states.calm(words):
            top.filters(visit, context.answer(freshness), context.answer(unverified, visit.window))
            page.run()
