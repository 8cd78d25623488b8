"""Who sends as us without being allowed, what receivers did with it, and whether our policy stops it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analytics.csv_text import of_frame
from analytics.verdict import unauthorized as asked
from analytics.verdict.grouping import By
from analytics.verdict.takedown import TAKEDOWN, takedown
from dashboards import charts, context
from dashboards.pages import columns, links, parts, saying, states
from dashboards.wording import rows
from dashboards.wording.verdicts import proof

if TYPE_CHECKING:
    from analytics.verdict.unauthorized import Unauthorized
    from dashboards.context import Visit

LINES_SHOWN = 500
TREATED = ("delivered", "quarantined", "rejected")


def show() -> None:
    """The page."""
    visit = context.visit()
    words = visit.words
    context.judged(words)
    by = By(visit.address.drill["by"]) if visit.address.drill.get("by") in set(By) else By.NETWORK
    found = context.answer(asked.unauthorized, visit.window, by=by)
    if not found.looked_at:
        states.no_data(visit)
        return
    if not found.messages:
        states.nothing(words("unauthorized.none", messages=words.some("messages", found.looked_at)))
        return
    _answer(visit, found)
    _numbers(visit, found)
    _days(visit, found)
    _lines(visit, found, by)
    _kinds(visit, found)
    _takedown(visit)


def _answer(visit: Visit, found: Unauthorized) -> None:
    words, total = visit.words, found.total.iloc[0]
    numbers = {name: words.number(int(total[name])) for name in (*TREATED, "stopped")}
    parts.answer(
        words(
            "unauthorized.answer",
            messages=words.some("messages", found.messages),
            share=words.percent(float(total["share"])),
            span=words.span(visit.window.since, visit.window.until),
        ),
        words("unauthorized.second", **numbers),
    )


def _numbers(visit: Visit, found: Unauthorized) -> None:
    words, total = visit.words, found.total.iloc[0]
    before = found.messages_before
    shown = [parts.volume(words, "unauthorized", found.messages, before or 0, more_is="bad")]
    shown += [parts.Number(name, words.number(int(total[name])), "", None) for name in (*TREATED, "not_stopped")]
    parts.numbers(words, shown, comparable=before is not None)


def _days(visit: Visit, found: Unauthorized) -> None:
    words, colours = visit.words, visit.colours
    parts.heading(words, "unauthorized.days", csv=parts.Csv(found.days, asked.DAYS))
    tones = (colours.stranger, colours.broken, colours.quiet)
    kinds = {name: (words(f"treated.{name}"), tone) for name, tone in zip(TREATED, tones, strict=True)}
    days = pd.concat([found.days.assign(kind=name, messages=found.days[name]) for name in TREATED])
    st.altair_chart(charts.parts(days, kinds, visit.span(), words, colours=colours), alt=words("unauthorized.alt"))


def _lines(visit: Visit, found: Unauthorized, by: By) -> None:
    words = visit.words
    parts.heading(
        words, "unauthorized.lines", words("unauthorized.lines.hint"), csv=parts.Csv(found.lines, asked.LINES)
    )
    st.session_state["by"] = str(by)
    st.segmented_control(
        words("unauthorized.by"),
        [str(one) for one in By],
        key="by",
        format_func=lambda one: words(f"unauthorized.by.{one}"),
        required=True,
        on_change=lambda: links.go(visit.address.at(by=st.session_state["by"])),
    )
    if found.muted:
        st.text(words("unauthorized.muted", messages=words.some("messages", found.muted)))
    shown = found.lines.head(LINES_SHOWN)
    if shown.empty:
        return
    frame, config = rows.unauthorized(words, shown), columns.unauthorized(visit, shown)
    parts.table(frame, config, key="lines", alt=words("unauthorized.lines"))
    saying.mute(visit, str(by), list(shown["line"]))


def _kinds(visit: Visit, found: Unauthorized) -> None:
    words = visit.words
    parts.heading(words, "unauthorized.kinds", csv=parts.Csv(found.kinds, asked.KINDS))
    parts.table(
        rows.unauthorized_kinds(words, found.kinds),
        columns.unauthorized(visit, found.kinds),
        key="kinds",
        alt=words("unauthorized.kinds"),
    )
    if found.names.empty:
        return
    hint = words("unauthorized.names.hint")
    parts.heading(words, "unauthorized.names", hint, csv=parts.Csv(found.names, asked.NAMES))
    names = found.names.head(LINES_SHOWN)
    parts.table(
        rows.unauthorized_names(words, names),
        columns.unauthorized(visit, names, why=True),
        key="names",
        alt=words("unauthorized.names"),
    )


def _takedown(visit: Visit) -> None:
    words = visit.words
    with st.container(horizontal=True, vertical_alignment="center", key="takedown"):
        st.text(words("unauthorized.takedown"), width="content")
        st.download_button(
            words("unauthorized.takedown.csv"),
            lambda: of_frame(takedown(context.answer(asked.chosen, visit.window), partial(proof, words)), TAKEDOWN),
            file_name="whosends-unauthorized.csv",
            mime="text/csv",
            key="csv takedown",
            on_click="ignore",
        )
