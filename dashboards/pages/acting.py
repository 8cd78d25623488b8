"""A person's decision about one payload: the form, and what was decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analytics import ledger
from dashboards import context
from dashboards.pages import columns, parts
from dashboards.wording import rows
from dashboards.wording.plain import plain
from ingest.errors import SettingsError, StoreError

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.context import Visit
    from dashboards.wording.words import Words

PERSON = "name of the person"  # in the session, for the next decision, on whatever page
_SAID = "what became of the last decision"


def show(visit: Visit, line: pd.Series) -> None:
    """What can be decided about the payload of this ledger line, and what was."""
    words, choices = visit.words, ledger.choices(line)
    if choices:
        parts.heading(words, "act.heading", words("act.hint"))
    said = st.session_state.pop(_SAID, None)
    if said is not None:
        with st.container(border=True, key="decided"):
            st.text(said)
    if choices:
        _form(words, str(line["payload_sha256"]), choices)
    history = context.answer(ledger.acts, str(line["payload_sha256"]))
    if not history.empty:
        parts.heading(words, "act.history", csv=parts.Csv(history, ledger.ACTS))
        parts.table(rows.acts(words, history), columns.acts(visit), key="acts", alt=words("act.history"))


def _form(words: Words, payload: str, choices: tuple[str, ...]) -> None:
    with st.container(key="decide"), st.form("decision", enter_to_submit=False, border=True):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            st.text_input(
                words("act.who"), value=st.session_state.get(PERSON, ""), key="act who", max_chars=100, width=220
            )
            st.text_input(words("act.why"), key="act why", max_chars=500, width="stretch")
        with st.container(horizontal=True, gap="small"):
            for what in choices:
                st.form_submit_button(
                    words(f"act.{what}"), key=f"act {what}", on_click=_decide, args=(words, what, payload)
                )


def _decide(words: Words, what: str, payload: str) -> None:
    who, why = st.session_state["act who"].strip(), st.session_state["act why"].strip()
    st.session_state[PERSON] = who
    if not who or not why:
        st.session_state[_SAID] = words("act.need")
        return
    try:
        before, after = context.decide(what, payload, who=who, why=why)
    except SettingsError as error:
        st.session_state[_SAID] = words("act.impossible", why=plain(error.message))
    except StoreError as error:
        st.session_state[_SAID] = words("act.refused", why=plain(error.message))
    else:
        st.session_state[_SAID] = words("act.done", before=words(f"fate.{before}"), after=words(f"fate.{after}"))
        st.session_state["act why"] = ""
