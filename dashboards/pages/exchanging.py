"""The registry of senders as a file: to download, and to import after a look at what would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analytics.registry import load
from dashboards import context
from dashboards.pages import columns, deeds, parts, states
from dashboards.wording import registry
from dashboards.wording.plain import plain
from ingest import registry_file
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from dashboards.context import Visit
    from ingest.registry import Change, Entry

_LARGEST_MB = 5
CHANGES_SHOWN = 200
_FILE, _PRUNE = "registry file", "registry prune"


def show(visit: Visit) -> None:
    """The registry as TOML, and the way back."""
    words = visit.words
    parts.heading(words, "registry.file", words("registry.file.hint"))
    entries = context.answer(load.registry).entries
    if entries:
        st.download_button(
            words("registry.file.download"),
            lambda: registry_file.written(entries).encode(),
            file_name="whosends-registry.toml",
            mime="application/toml",
            key="registry toml",
            on_click="ignore",
        )
    deeds.said("import")
    with st.container(key="decide import"):
        brought = st.file_uploader(words("registry.file.upload"), type="toml", key=_FILE, max_upload_size=_LARGEST_MB)
    if brought is not None:
        _preview(visit, brought.getvalue(), plain(brought.name))


def _preview(visit: Visit, content: bytes, name: str) -> None:
    words = visit.words
    prune = st.toggle(words("registry.file.prune"), key=_PRUNE)
    try:
        wanted = registry_file.told(content, name)
        changes = context.would_import(wanted, prune=prune)
    except SettingsError as error:
        states.nothing(deeds.reason(words, "registry.file.unreadable", error), where="imported")
        return
    if not changes:
        states.nothing(words("registry.file.same"), where="imported")
        return
    st.text(words("registry.file.preview", entries=words.some("entries", len(changes))))
    frame = registry.changes(words, changes)
    parts.table(frame.head(CHANGES_SHOWN), columns.changes(visit), key="changes", alt=words("registry.file"))
    if len(changes) > CHANGES_SHOWN:
        st.caption(words("registry.first", n=words.number(CHANGES_SHOWN)))
    _confirmation(visit, wanted, changes, prune=prune)


def _confirmation(visit: Visit, wanted: list[Entry], changes: list[Change], *, prune: bool) -> None:
    words = visit.words

    def confirm() -> None:
        deeds.attempt("import", words, take_over)

    def take_over(who: str, why: str) -> str:
        done = context.take_over(wanted, prune=prune, looked_at=changes, who=who, why=why)
        return words("registry.file.done", entries=words.some("entries", len(done)))

    with st.container(key="decide import form"), st.form("import", enter_to_submit=False, border=True):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            deeds.person("import", words)
        st.form_submit_button(words("registry.file.confirm"), key="registry confirm", type="primary", on_click=confirm)
