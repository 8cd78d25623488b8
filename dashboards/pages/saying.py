"""What people say about verdicts, on the pages: an override of a service or an address, and the mute of a line of unauthorized mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analytics.verdict.rules import KINDS
from dashboards import context
from dashboards.pages.acting import PERSON
from dashboards.wording.plain import plain
from ingest.errors import SettingsError, StoreError
from ingest.opinions import By, Opinion, What, subject_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.context import Visit
    from dashboards.wording.words import Words

_SAID = "what became of the last opinion"


def override(visit: Visit, by: By, value: str) -> None:
    """The form in which somebody says what this mail is, whatever the rules say."""
    words = visit.words
    _told()
    with st.expander(words("saying.override")), st.container(key="override"):
        st.text(words("saying.override.hint"))
        with st.form("override", enter_to_submit=False, border=False):
            st.selectbox(
                words("saying.verdict"),
                KINDS,
                index=None,
                placeholder=words("saying.choose"),
                key="override verdict",
                format_func=lambda verdict: words(f"verdict.{verdict}"),
            )
            _person(words)
            st.form_submit_button(
                words("saying.override.do"), key="override do", on_click=_override, args=(visit, by, value)
            )


def mute(visit: Visit, by: str, lines: Sequence[str]) -> None:
    """The form in which somebody keeps a line off the list of unauthorized mail."""
    words = visit.words
    _told()
    with (
        st.expander(words("saying.mute")),
        st.container(key="mute"),
        st.form("mute", enter_to_submit=False, border=False),
    ):
        st.selectbox(words("saying.line"), list(lines), key="mute line", format_func=plain)
        _person(words)
        st.form_submit_button(words("saying.mute.do"), key="mute do", on_click=_mute, args=(visit, by))


def _told() -> None:
    said = st.session_state.pop(_SAID, None)
    if said is not None:
        with st.container(border=True, key="decided"):
            st.text(said)


def _person(words: Words) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.text_input(words("act.who"), value=st.session_state.get(PERSON, ""), key="say who", max_chars=100, width=220)
        st.text_input(words("act.why"), key="say why", max_chars=500, width="stretch")
        st.date_input(words("saying.until"), value=None, key="say until", format="YYYY-MM-DD", width=170)


def _override(visit: Visit, by: By, value: str) -> None:
    verdict = st.session_state["override verdict"]
    if verdict is None:
        st.session_state[_SAID] = visit.words("saying.need")
        return
    _say(visit, What.OVERRIDE, by, value, verdict=str(verdict))


def _mute(visit: Visit, by: str) -> None:
    _say(visit, What.MUTE, By(by), str(st.session_state["mute line"]))


def _say(visit: Visit, what: What, by: By, value: str, *, verdict: str = "") -> None:
    words, who = visit.words, st.session_state["say who"].strip()
    why = st.session_state["say why"].strip()
    st.session_state[PERSON] = who
    if not who or not why:
        st.session_state[_SAID] = words("act.need")
        return
    try:
        subject = subject_of(by, value, visit.window.domain or "*")
        context.say(what, Opinion(subject, verdict, st.session_state["say until"]), who=who, why=why)
    except SettingsError as error:
        st.session_state[_SAID] = words("act.impossible", why=plain(error.message))
    except StoreError as error:
        st.session_state[_SAID] = words("act.refused", why=plain(error.message))
    else:
        st.session_state[_SAID] = words(f"saying.{what}.done")
        st.session_state["say why"] = ""
