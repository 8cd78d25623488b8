"""Calm words instead of data: nothing yet, nothing here, and trouble with the database."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from analytics.freshness import freshness
from dashboards import context
from dashboards.pages import links
from dashboards.wording.plain import plain
from ingest.errors import SettingsError, StoreBusy, StoreError, StoreMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards.address import Address
    from dashboards.context import Visit
    from dashboards.wording.words import Words
    from ingest.errors import WhosendsError


@contextmanager
def calm(words: Words) -> Iterator[None]:
    """What goes wrong with the database inside the block becomes a sentence and what helps."""
    try:
        yield
    except StoreMissing:
        no_database(words)
    except StoreBusy as error:
        trouble(words, "trouble.busy", error)
    except StoreError as error:
        trouble(words, "trouble.store", error)
    except SettingsError as error:
        trouble(words, "trouble.settings", error)


def bug(error: Exception) -> bool:
    """Our own mistake: the traceback goes to the log, a sentence to the page. For `on_script_error`.

    Returns:
        True: Streamlit need not show it.
    """
    logging.getLogger("whosends").error("a page could not be made", exc_info=error)
    with st.container(key="trouble"):
        st.header(context.language()("trouble.bug"), anchor=False)
    return True


def no_database(words: Words) -> None:
    """What to do first."""
    st.header(words("empty.database.title"), anchor=False)
    st.text(words("empty.database.text"))
    for command, key in (("whosends poll", "poll"), ("whosends load PATH", "load"), ("whosends demo", "demo")):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.code(command, language=None, width=220)
            st.text(words(f"empty.database.{key}"))
    st.button(words("trouble.again"))


def trouble(words: Words, key: str, error: WhosendsError) -> None:
    """What is wrong, and what helps."""
    with st.container(key="trouble"):
        st.header(words(key), anchor=False)
        st.text(plain(error.message))
        if error.hint:
            st.text(words("trouble.hint", hint=plain(error.hint)))
        st.button(words("trouble.again"), type="primary")


def no_data(visit: Visit) -> None:
    """No report at all, or none speaks of the window; with a domain filter, a way out of it."""
    words, window = visit.words, visit.window
    if context.answer(freshness).last_day is None:
        no_database(words)
        return
    span = words.span(window.since, window.until)
    if window.domain is None:
        nothing(words("empty.window", span=span))
        return
    nothing(words("empty.window.domain", span=span, domain=plain(window.domain)))
    way_out(words("empty.all_domains"), visit.address.of_domain(None))


def nothing(sentence: str, *, where: str = "") -> None:
    """One quiet sentence where data would stand; `where`: which data, when a page may say it of several."""
    with st.container(border=True, key=f"nothing {where}".strip()):
        st.text(sentence)


def way_out(text: str, address: Address) -> None:
    """A button, with our own words on it, that leads to a view with data."""
    st.button(text, type="primary", on_click=links.go, args=(address,))
