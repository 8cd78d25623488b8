"""Ways from one view to another. Every view has an address, and the browser's back button leads to the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboards.wording.plain import label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.navigation.page import StreamlitPage

    from dashboards.address import Address
    from dashboards.context import Visit

_PAGES = "pages by name"  # in the session, because pages know each other only by name
_CURRENT = "name of the current page"


def register(pages: Mapping[str, StreamlitPage], current: str) -> None:
    """Links lead to these pages in this run."""
    st.session_state[_PAGES] = dict(pages)
    st.session_state[_CURRENT] = current


def current() -> str:
    """The name of the page that is shown."""
    return str(st.session_state[_CURRENT])


def go(address: Address) -> None:
    """Show another view of the current page. For callbacks of widgets."""
    st.query_params.from_dict(address.query())


def to_page(visit: Visit, name: str, key: str, /, **drill: str | None) -> None:
    """A link to a page, with our own words on it, keeping period, domain and language."""
    told(visit, name, visit.words(key), **drill)


def told(visit: Visit, name: str, text: str, /, **drill: str | None) -> None:
    """The same with words that hold numbers or names of ours; never text of a report, since labels are markup."""
    address = visit.address.at(**drill)
    if name == current():  # Streamlit leaves the address bar as it is for a link to the page one is on
        st.button(text, key=f"to {name} {text} {drill}", type="tertiary", on_click=go, args=(address,))
    else:
        st.page_link(st.session_state[_PAGES][name], label=text, query_params=address.query())


def crumbs(
    visit: Visit, root: str, steps: list[tuple[str, Address]], here: str, *, root_address: Address | None = None
) -> None:
    """Where one is: the page's name, the views above this one as links, and this one as text."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="crumbs"):
        st.button(
            visit.words(root), key="crumb", type="tertiary", on_click=go, args=(root_address or visit.address.at(),)
        )
        for position, (name, address) in enumerate(steps):
            st.text("›", width="content")
            st.button(label(name), key=f"crumb {position}", type="tertiary", on_click=go, args=(address,))
        st.text("›", width="content")
        st.text(here, width="content")
