"""Whose mail it is: all mail in its parts, the verdicts of a part, and those of one service or address with the one next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analytics.services.catalogue import catalogue
from analytics.verdict import answers
from dashboards import charts, context
from dashboards.pages import columns, links, parts, registry_links, saying, states
from dashboards.wording import rows, verdicts
from dashboards.wording.colours import of_side
from ingest.opinions import By

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.context import Visit

LINES_SHOWN = 500
TOLD = 5  # verdicts of one service or address that are told in full


def split(visit: Visit) -> None:
    """All mail of the window in its parts, day by day; each part leads to its verdicts."""
    words = visit.words
    context.judged(words)
    found, days = context.answer(answers.split, visit.window), context.answer(answers.split_days, visit.window)
    parts.heading(words, "whose.heading", words("whose.hint"), csv=parts.Csv(found, answers.SPLIT))
    with st.container(horizontal=True, gap="medium", key="parts"):
        for _, row in found[found["messages"].gt(0)].iterrows():
            links.told(visit, "senders", _part(visit, row), side=str(row["side"]))
    there = set(days["side"])
    kinds = {side: (verdicts.side(words, side), tone) for side, tone in of_side(visit.colours).items() if side in there}
    chart = charts.parts(days.assign(kind=days["side"]), kinds, visit.span(), words, colours=visit.colours)
    st.altair_chart(chart, alt=words("whose.alt"))


def _part(visit: Visit, row: pd.Series) -> str:
    words = visit.words
    share, messages = words.percent(row["share"]), words.number(row["messages"])
    return words("whose.part", side=verdicts.side(words, row["side"]), messages=messages, share=share)


def side(visit: Visit, wanted: str) -> None:
    """The verdicts of one part of all mail, most messages first."""
    words = visit.words
    context.judged(words)
    found = context.answer(answers.split, visit.window)
    of = found[found["side"].eq(wanted)]
    if of.empty or not of.iloc[0]["messages"]:
        links.crumbs(visit, "nav.senders", [], words("whose.lines"))
        states.nothing(words("whose.none"))
        return
    name = verdicts.side(words, wanted)
    links.crumbs(visit, "nav.senders", [], name)
    row, span = of.iloc[0], words.span(visit.window.since, visit.window.until)
    parts.answer(
        words(
            "whose.answer",
            side=name,
            messages=words.some("messages", int(row["messages"])),
            share=words.percent(row["share"]),
            span=span,
        )
    )
    lines = context.answer(answers.verdicts, visit.window)
    lines = lines[lines["side"].eq(wanted)]
    parts.heading(words, "whose.lines", words("whose.lines.hint"), csv=parts.Csv(lines, answers.VERDICTS))
    shown = lines.head(LINES_SHOWN)
    parts.table(
        rows.verdicts(words, shown),
        columns.verdicts(visit, shown),
        key="verdicts",
        rows=[visit.address.at(service=name) for name in shown["service"]],
        alt=words("whose.lines"),
    )


def told(visit: Visit, *, service: str | None = None, source_ip: str | None = None) -> None:
    """What the mails of a service or address are, what was seen, and what to do; and a way to the registry."""
    words = visit.words
    context.judged(words)
    found = context.answer(answers.verdicts, visit.window, service=service, source_ip=source_ip)
    if found.empty:
        return
    parts.heading(words, "whose.of", csv=parts.Csv(found, answers.VERDICTS))
    for position, (_, row) in enumerate(found.head(TOLD).iterrows()):
        first, *rest = verdicts.told(words, row, catalogue().by_id.get(str(row["service_id"])))
        with st.container(border=True, gap="xsmall", key=f"verdict {position}"):
            st.text(first)
            for line in rest:
                st.text(line)
            if row["side"] in {"ours_fine", "ours_broken", "unknown", "not_ours"} and (rule := _rule(row, source_ip)):
                registry_links.offer(visit, name=str(row["service"]), rule=rule, domain=str(row["header_from"]))
    if len(found) > TOLD:
        st.caption(words("whose.rest", n=words.number(len(found) - TOLD)))
    if source_ip is not None or service is not None:
        saying.override(visit, By.SERVICE if source_ip is None else By.SOURCE, str(source_ip or service))


def _rule(row: pd.Series, source_ip: str | None) -> str:
    """Match rules that tell this mail, as the registry writes them."""
    if source_ip:
        return f"ip:{source_ip}" if source_ip[:1] != "(" else ""
    if row["our_result"] == "pass" and isinstance(row["our_selector"], str):
        return f"dkim:{row['our_domain']}/{row['our_selector']}"
    if row["spf_result"] == "pass" and isinstance(row["spf_domain"], str):
        return f"envelope:{row['spf_domain']}"
    return f"service:{row['service_id']}" if isinstance(row["service_id"], str) else ""
