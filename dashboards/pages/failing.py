"""What fails DMARC, why, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analytics import failing as asked
from analytics import overview
from dashboards import context
from dashboards.pages import columns, links, parts, states
from dashboards.wording import rows, sentences

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.context import Visit
    from dashboards.wording.words import Words

KEYS = ("service", "header_from", "cause")
KINDS_SHOWN = 200


def show() -> None:
    """The page: the list, or one kind of failure."""
    visit = context.visit()
    totals = context.answer(overview.totals, visit.window)
    if totals.messages == 0:
        states.no_data(visit)
        return
    found = context.answer(asked.failing, visit.window, limit=KINDS_SHOWN)
    if found.empty:
        states.nothing(visit.words("empty.failing"))
    elif "cause" in visit.address.drill:
        _one(visit, found)
    else:
        parts.answer(sentences.failing(visit.words, totals, found))
        _list(visit, found)


def _list(visit: Visit, found: pd.DataFrame) -> None:
    words = visit.words
    parts.heading(words, "failing.list", _hint(words, len(found)), csv=parts.Csv(found, asked.FAILING))
    parts.table(
        rows.failing(words, found),
        columns.failing(visit, found),
        key="failing",
        rows=[
            visit.address.at(service=service, header_from=header_from, cause=cause)
            for service, header_from, cause in zip(*(found[key] for key in KEYS), strict=True)
        ],
        alt=words("failing.list"),
    )


def _hint(words: Words, kinds: int) -> str:
    hint = words("failing.list.hint")
    return hint if kinds < KINDS_SHOWN else words.together(hint, words("senders.first", n=words.number(kinds)))


def _one(visit: Visit, found: pd.DataFrame) -> None:
    words, drill = visit.words, visit.address.drill
    links.crumbs(visit, "nav.failing", [], sentences.named(words, drill.get("service", "")))
    chosen = found
    for key in KEYS:
        chosen = chosen[chosen[key] == drill.get(key)]
    if chosen.empty:
        states.nothing(words("empty.failing"))
        return
    row = chosen.iloc[0]
    parts.answer(sentences.failing_one(words, row))
    sections = (("why", sentences.cause), ("meaning", sentences.meaning), ("treated", sentences.treated))
    for key, sentence in sections:
        parts.heading(words, f"failing.{key}")
        with st.container(key=f"words {key}"):
            st.text(sentence(words, row))
        if key == "why":
            parts.facts(visit, rows.failing_facts(words, row), key="failing")
    with st.container(key="more"):
        links.to_page(visit, "senders", "failing.sender", service=str(row["service"]))
