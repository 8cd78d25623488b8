"""Pieces that several pages show: the answer, the numbers, tables whose rows open, facts, the raw report."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import streamlit as st

from analytics import kept, ledger
from analytics.csv_text import of_frame
from dashboards import context
from dashboards.pages import links
from dashboards.wording import rows, sentences
from dashboards.wording.plain import visible
from dashboards.wording.words import MINUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from analytics.frames import Contract
    from dashboards.address import Address
    from dashboards.context import Visit
    from dashboards.wording.words import Words

RAW_SHOWN_BYTES = 200_000
RAW_LONG = 3_000  # characters; a longer text scrolls in RAW_HEIGHT pixels
RAW_HEIGHT = 560
ROW_HEIGHT = 36
TECHNICAL = {"evidence_dkim", "evidence_spf", "report_id", "origin", "member", "sha256", "reverse_name", "policy"}
MAX_ROWS_HIGH = 14  # a longer table scrolls


def answer(sentence: str, second: str = "") -> None:
    """What the page found, first of all."""
    with st.container(key="answer"):
        st.text(sentence)
    if second:
        with st.container(key="second"):
            st.text(second)


@dataclass(frozen=True, slots=True)
class Number:
    """One number with the period before beside it."""

    key: str
    value: str
    before: str
    delta: str | None  # None: nothing to compare with
    more_is: Literal["good", "bad", "neither"] = "neither"


def volume(words: Words, key: str, now: int, before: int, *, more_is: Literal["bad", "neither"] = "neither") -> Number:
    """A number of messages, or of anything else that is counted."""
    return Number(key, words.number(now), words.number(before), words.change(now, before), more_is)


def rate(words: Words, key: str, now: float, before: float) -> Number:
    """A rate 0..1 of which more is better."""
    return Number(key, words.percent(now), words.percent(before), words.points(now, before), "good")


def numbers(words: Words, shown: Sequence[Number], *, comparable: bool) -> None:
    """At most five numbers in a row; the period before stands beside them when there is data of all of it."""
    colours: dict[str, Literal["normal", "inverse", "off"]] = {"good": "normal", "bad": "inverse", "neither": "off"}
    with st.container(key="numbers"):
        for cell, number in zip(st.columns(len(shown)), shown, strict=True):
            delta = number.delta if comparable else None
            same = delta is None or delta.startswith("±")
            cell.metric(
                words(f"number.{number.key}"),
                number.value,
                delta=delta.replace(MINUS, "-") if delta else None,  # the sign that Streamlit knows
                delta_color="off" if same else colours[number.more_is],
                delta_arrow="off" if same else "auto",
                delta_description=words("number.before", value=number.before) if delta else None,
                help=words(f"help.{number.key}"),
            )


@dataclass(frozen=True, slots=True)
class Csv:
    """What a table shows, for a spreadsheet: the rows that analytics gave, formulas neutralised."""

    frame: pd.DataFrame
    contract: Contract


def heading(words: Words, key: str, hint: str = "", *, csv: Csv | None = None) -> None:
    """The title of a section, with a quiet hint beside it, and its rows as CSV."""
    with st.container(horizontal=True, key=f"heading {key}"):
        st.subheader(words(key), anchor=False, width="content")
        st.caption(hint, width="stretch")
        if csv is not None:
            st.download_button(
                words("table.csv"),
                lambda: of_frame(csv.frame, csv.contract),
                file_name=f"whosends-{key.replace('.', '-')}.csv",
                mime="text/csv",
                key=f"csv {key}",
                on_click="ignore",
                type="tertiary",
            )


def table(
    frame: pd.DataFrame, columns: dict[str, Any], *, key: str, rows: Sequence[Address] | None = None, alt: str = ""
) -> None:
    """A table of `frame`; with `rows`, a click on a row leads to the address of that row."""

    def open_row() -> None:
        cells = st.session_state[key].selection.cells
        if cells and rows is not None:
            links.go(rows[cells[0][0]])

    opening: dict[str, Any] = {"on_select": open_row, "selection_mode": "single-cell"} if rows is not None else {}
    st.dataframe(
        frame,
        hide_index=True,
        column_config=columns,
        column_order=list(columns),
        row_height=ROW_HEIGHT,
        height="content" if len(frame) <= MAX_ROWS_HIGH else ROW_HEIGHT * MAX_ROWS_HIGH + ROW_HEIGHT // 2,
        placeholder="",
        key=key,
        alt=alt or None,
        **opening,
    )


def facts(visit: Visit, pairs: Iterable[tuple[str, str]], *, key: str) -> None:
    """What is known, as small captions over plain text."""
    with st.container(horizontal=True, gap="large", key=f"facts {key}"):
        for name, text in pairs:
            how = "technical" if name in TECHNICAL else "fact"
            with st.container(width="content", gap=None, key=f"{how} {key} {name}"):
                st.caption(visit.words(f"column.{name}"), width="content")
                st.text(text, width="content")


def ledger_line(sha256: str) -> pd.Series | None:
    """The line of the ledger that stands for these bytes of a payload or a mail; None when there is none."""
    found = context.answer(ledger.line, sha256)
    return None if found.empty else found.iloc[0]


def report(visit: Visit, line: pd.Series) -> None:
    """One payload: whose it is, and what is known about it."""
    answer(sentences.report_title(visit.words, line))
    facts(visit, rows.report_facts(visit.words, line), key="report")
    kept_from = context.answer(kept.records_from)
    if pd.notna(line["day"]) and kept.reaches_before(line["day"].date(), kept_from):
        not_kept(visit, kept_from)


def not_kept(visit: Visit, kept_from: date | None) -> None:
    """That of days before `kept_from` there are sums, but no records."""
    if kept_from is not None:
        st.caption(visit.words("records.not_kept", day=visit.words.day(kept_from)))


def raw_report(visit: Visit, payload_sha256: str) -> None:
    """The report as it came, as text; at most RAW_SHOWN_BYTES of it, and a button to download it whole."""
    words, content = visit.words, context.raw_report(payload_sha256)
    with st.container(horizontal=True, key="heading raw"):
        st.subheader(words("report.raw"), anchor=False, width="content")
        if content is not None:
            st.download_button(
                words("report.download"),
                content,
                file_name=f"{payload_sha256[:16]}.xml",
                mime="application/octet-stream",
                on_click="ignore",
            )
    if content is None:
        st.text(words("report.raw.none"))
        return
    if len(content) > RAW_SHOWN_BYTES:
        shown, total = words.number(RAW_SHOWN_BYTES / 1000), words.number(len(content) / 1000)
        st.caption(words("report.raw.cut", shown=shown, total=total))
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = content[:RAW_SHOWN_BYTES].decode(encoding, "replace").replace("\r\n", "\n")
    st.code(
        visible(text, keep="\n\t"),
        language=None,
        wrap_lines=True,
        height=RAW_HEIGHT if len(text) > RAW_LONG else "content",
    )
