"""What came in, from whom, what became of it, and who is missing; down to the raw report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analytics import coverage, held, kept, ledger
from analytics.rates import by_reporter
from analytics.window import Window
from dashboards import context
from dashboards.pages import acting, columns, links, parts, states
from dashboards.wording import rows, sentences
from dashboards.wording.plain import plain

if TYPE_CHECKING:
    from analytics.held import Status
    from analytics.ledger import Filters
    from dashboards.context import Visit

PAGE_ROWS = 100
ALL = "all"
IN_PERIOD = "period"


def show() -> None:
    """The page: the list, or one payload or mail."""
    visit = context.visit()
    if "report" in visit.address.drill:
        _one(visit, visit.address.drill["report"])
        return
    status, chosen = context.answer(held.status), _chosen(visit)
    covered = sentences.covered(visit.words, status, in_period=chosen.since is not None)
    parts.answer(sentences.came_in(visit.words, status), covered)
    _missing(visit)
    _meeting(visit)
    fates = context.answer(ledger.fates, replace(chosen, fate=None))
    _filters(visit, status, fates)
    _list(visit, chosen)


def _chosen(visit: Visit) -> Filters:
    drill, window = visit.address.drill, visit.window
    in_period = drill.get("came") == IN_PERIOD
    return ledger.Filters(
        fate=drill.get("fate"),
        reporter=drill.get("reporter"),
        domain=visit.address.domain,
        search=drill.get("search"),
        since=window.since if in_period else None,
        until=window.until if in_period else None,
        meets="meets" in drill,
    )


def _missing(visit: Visit) -> None:
    found = context.answer(coverage.missing, visit.today - timedelta(days=1), visit.address.domain)
    if not found.empty:
        with st.container(border=True, gap="xsmall", key="missing"):
            for sentence in sentences.missing(visit.words, found):
                st.text(sentence)


def _meeting(visit: Visit) -> None:
    """Reports that may count the same mail twice are said, and can be looked at."""
    found, drill = context.answer(ledger.meeting, visit.address.domain), visit.address.drill
    if not found.reports and "meets" not in drill:
        return

    def only_those() -> None:
        links.go(visit.address.step(meets="1" if st.session_state["meets"] else None, page=None))

    with st.container(border=True, gap="xsmall", key="meeting"):
        st.text(sentences.meeting(visit.words, found))
        st.session_state["meets"] = "meets" in drill
        st.toggle(visit.words("reports.meets"), key="meets", on_change=only_those)


def _filters(visit: Visit, status: Status, fates: dict[str, int]) -> None:
    words, drill = visit.words, visit.address.drill

    def choose_fate() -> None:
        fate = st.session_state["fate"]
        links.go(visit.address.step(fate=None if fate == ALL else fate, page=None))

    def look_for() -> None:
        links.go(visit.address.step(search=st.session_state["search"].strip(), page=None))

    def limit_to_period() -> None:
        links.go(visit.address.step(came=IN_PERIOD if st.session_state["came"] else None, page=None))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="ledger filters"):
        shown = [ALL, *(fate for fate in held.FATES if fate in fates or fate == drill.get("fate"))]
        st.session_state["fate"] = drill.get("fate") if drill.get("fate") in shown else ALL
        st.segmented_control(
            words("reports.fate"),
            shown,
            key="fate",
            format_func=lambda fate: sentences.fate_with_number(words, fate, fates),
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
    st.session_state["came"] = drill.get("came") == IN_PERIOD
    st.toggle(words("reports.in_period"), key="came", on_change=limit_to_period)


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


def _list(visit: Visit, chosen: Filters) -> None:
    words, drill = visit.words, visit.address.drill
    total = context.answer(ledger.total, chosen)
    if total == 0:
        _nothing_fits(visit, chosen)
        return
    pages = -(-total // PAGE_ROWS)
    page = min(_page_number(drill.get("page", "1")), pages)
    found = context.answer(ledger.reports, chosen, limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS)
    parts.heading(words, "reports.list", words("reports.list.hint"), csv=parts.Csv(found, ledger.LEDGER))
    kept_from = context.answer(kept.records_from)
    if kept.some_before(found["day"], kept_from):
        parts.not_kept(visit, kept_from)
    parts.table(
        rows.ledger(words, found),
        columns.ledger(visit),
        key="ledger",
        rows=[
            visit.address.step(report=mail if pd.isna(payload) else payload)
            for payload, mail in zip(found["payload_sha256"], found["mail_sha256"], strict=True)
        ],
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


def _nothing_fits(visit: Visit, chosen: Filters) -> None:
    words = visit.words
    named = [
        words(f"reports.filter.{key}", value=words(f"fate.{value}") if words.has(f"fate.{value}") else plain(value))
        for key in ("fate", "reporter", "domain", "search")
        if (value := getattr(chosen, key))
    ]
    if chosen.meets:
        named.append(words("reports.meets"))
    if chosen.since is not None:
        named.append(words("reports.in_period"))
    states.nothing(words("empty.filter", filters=", ".join(named)))
    states.way_out(words("empty.filter.clear"), visit.address.of_domain(None).at())


def _one(visit: Visit, sha256: str) -> None:
    line = parts.ledger_line(sha256)
    back = visit.address.step(report=None)
    if line is None:
        links.crumbs(visit, "nav.reports", [], plain(sha256[:16]))
        states.nothing(visit.words("report.raw.none"))
        return
    links.crumbs(visit, "nav.reports", [], sentences.report_title(visit.words, line), root_address=back)
    parts.report(visit, line)
    if pd.notna(line["payload_sha256"]):
        acting.show(visit, line)
    _mail(visit, str(line["mail_sha256"]))
    if pd.notna(line["payload_sha256"]):
        parts.raw_report(visit, sha256)


def _mail(visit: Visit, mail_sha256: str) -> None:
    content = context.raw_mail(mail_sha256)
    if content is not None:
        st.download_button(
            visit.words("report.download.mail"),
            content,
            file_name=f"{mail_sha256[:16]}.eml",
            mime="application/octet-stream",
            on_click="ignore",
        )


def _page_number(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 8 else 1
