"""What a person does to the registry, with their name and a reason: the two fields, the attempt, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboards.pages.acting import PERSON
from dashboards.wording.plain import plain
from ingest.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboards.wording.words import Words
    from ingest.errors import WhosendsError

_ABOUT_COMMANDS = ("whosends ", "--")  # hints for people at a command line


def said(form: str) -> None:
    """What became of the last attempt in that form stands here, once."""
    told = st.session_state.pop(_key(form), None)
    if told is not None:
        with st.container(border=True, key=f"decided {form}"):
            st.text(told)


def person(form: str, words: Words) -> None:
    """The fields for who decides, and why; the name is remembered."""
    who = st.session_state.get(PERSON, "")
    st.text_input(words("act.who"), value=who, key=f"{form} who", max_chars=100, width=200)
    st.text_input(words("act.why"), key=f"{form} why", max_chars=500, width="stretch")


def attempt(form: str, words: Words, act: Callable[[str, str], str], *, refusal: str = "") -> bool:
    """Whether it is done. What became of it, or what spoke against it, is said at the form.

    Args:
        form: whose fields say who and why.
        words: of the reader.
        act: does it, given who and why; returns what is said of it.
        refusal: why it cannot be done; empty: nothing is known to speak against it.
    """
    who, why = st.session_state[f"{form} who"].strip(), st.session_state[f"{form} why"].strip()
    st.session_state[PERSON] = who
    if refusal or not who or not why:
        st.session_state[_key(form)] = words("act.need") if not who or not why else refusal
        return False
    try:
        st.session_state[_key(form)] = act(who, why)
    except SettingsError as error:
        st.session_state[_key(form)] = reason(words, "registry.impossible", error)
        return False
    except StoreError as error:
        st.session_state[_key(form)] = words("act.refused", why=plain(error.message))
        return False
    st.session_state[f"{form} why"] = ""
    return True


def reason(words: Words, key: str, error: WhosendsError) -> str:
    """The sentence of that key with what is wrong, and what helps where that can be done on a page."""
    hint = "" if any(sign in error.hint for sign in _ABOUT_COMMANDS) else plain(error.hint)
    return words(key, why=f"{plain(error.message)}.", hint=f"({hint})" if hint else "").strip()


def _key(form: str) -> str:
    return f"what became of {form}"
