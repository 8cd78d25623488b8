"""What came in, from whom, and what became of it; down to the raw report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from analytics import ledger
from analytics.rates import by_reporter
from analytics.window import Window
from dashboards import context
from dashboards.pages import columns, links, parts, states
from dashboards.wording import rows, sentences
from dashboards.wording.plain import plain

if TYPE_CHECKING:
    from analytics.ledger import Status
    from dashboards.context import Visit

PAGE_ROWS = 100
ALL = "all"


def show() -> None:
    """The page: the list, or one payload."""
    visit = context.visit()
    if "report" in visit.address.drill:
        _one(visit, visit.address.drill["report"])
        return
    status = context.answer(ledger.status)
    parts.answer(sentences.came_in(visit.words, status), sentences.covered(visit.words, status))
    _filters(visit, status)
    _list(visit)


def _filters(visit: Visit, status: Status) -> None:
    words, drill = visit.words, visit.address.drill

    def choose_fate() -> None:
        fate = st.session_state["fate"]
        links.go(visit.address.step(fate=None if fate == ALL else fate, page=None))

    def look_for() -> None:
        links.go(visit.address.step(search=st.session_state["search"].strip(), page=None))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="ledger filters"):
        fates = [ALL, *(fate for fate in ledger.FATES if fate in status.payloads)]
        st.session_state["fate"] = drill.get("fate") if drill.get("fate") in fates else ALL
        st.segmented_control(
            words("reports.fate"),
            fates,
            key="fate",
            format_func=lambda fate: sentences.fate_with_number(words, fate, status),
            required=True,
            help=words("help.fate"),
            on_change=choose_fate,
        )
        st.session_state["search"] = drill.get("search", "")
        st.text_input(
            words("reports.search"),
            key="search",
            placeholder=words("reports.search.hint"),
            max_chars=200,
            width=280,
            on_change=look_for,
        )
        _reporter(visit, status)


def _reporter(visit: Visit, status: Status) -> None:
    words, chosen = visit.words, visit.address.drill.get("reporter", "")
    known: list[str] = []
    if status.first_day is not None and status.last_day is not None:
        known = context.answer(by_reporter, Window(status.first_day, status.last_day))["reporter"].tolist()
    st.session_state["reporter"] = chosen
    st.selectbox(
        words("column.reporter"),
        ["", *known] if chosen in {"", *known} else ["", chosen, *known],
        key="reporter",
        format_func=lambda reporter: plain(reporter) if reporter else words("reports.all_reporters"),
        width=220,
        on_change=lambda: links.go(visit.address.step(reporter=st.session_state["reporter"] or None, page=None)),
    )


def _list(visit: Visit) -> None:
    words, drill = visit.words, visit.address.drill
    chosen = {
        "fate": drill.get("fate"),
        "reporter": drill.get("reporter"),
        "domain": visit.address.domain,
        "search": drill.get("search"),
    }
    total = context.answer(ledger.total, **chosen)
    if total == 0:
        _nothing_fits(visit, chosen)
        return
    pages = -(-total // PAGE_ROWS)
    page = min(_page_number(drill.get("page", "1")), pages)
    found = context.answer(ledger.reports, **chosen, limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS)
    parts.heading(words, "reports.list", words("reports.list.hint"), csv=parts.Csv(found, ledger.LEDGER))
    parts.table(
        rows.ledger(words, found),
        columns.ledger(visit),
        key="ledger",
        rows=[visit.address.step(report=payload) for payload in found["payload_sha256"]],
        alt=words("reports.list"),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(sentences.rows_shown(words, (page - 1) * PAGE_ROWS, len(found), total))
        if pages > 1:
            _pager(visit, page, pages)


def _pager(visit: Visit, page: int, pages: int) -> None:
    key = f"page {page}"

    def turn() -> None:
        chosen = st.session_state[key]
        links.go(visit.address.step(page=None if chosen == 1 else str(chosen)))

    st.pagination(pages, default=page, key=key, on_change=turn)


def _nothing_fits(visit: Visit, chosen: dict[str, Any]) -> None:
    words = visit.words
    named = [
        words(f"reports.filter.{key}", value=words(f"fate.{value}") if words.has(f"fate.{value}") else plain(value))
        for key, value in chosen.items()
        if value
    ]
    states.nothing(words("empty.filter", filters=", ".join(named)))
    states.way_out(words("empty.filter.clear"), visit.address.of_domain(None).at())


def _one(visit: Visit, payload_sha256: str) -> None:
    line = parts.ledger_line(payload_sha256)
    back = visit.address.step(report=None)
    if line is None:
        links.crumbs(visit, "nav.reports", [], plain(payload_sha256[:16]))
        states.nothing(visit.words("report.raw.none"))
        return
    links.crumbs(visit, "nav.reports", [], sentences.report_title(visit.words, line), root_address=back)
    parts.report(visit, line)
    parts.raw_report(visit, payload_sha256)


def _page_number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 8 else 1
