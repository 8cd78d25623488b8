"""A person's decision about a sender: the forms in which an entry of the registry is made, changed and ended."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

import streamlit as st

from analytics.registry import acts
from dashboards import context
from dashboards.draft import Draft
from dashboards.pages import deeds, links, parts
from dashboards.wording import registry
from dashboards.wording.plain import plain
from ingest.registry import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from dashboards.context import Visit
    from dashboards.wording.words import Words
    from ingest.registry import Entry

_SHOWN = "what the form of a sender held at first"
_FIELDS = tuple(one.name for one in fields(Draft))
_LINES_HEIGHT = 130


def new(visit: Visit, draft: Draft, taken: Collection[str]) -> None:
    """The form of a new entry, filled with the draft; entries that have an id already can be opened instead."""
    words = visit.words
    if draft.name and draft.named in taken:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="known"):
            st.text(words("registry.form.known", entry=draft.named), width="content")
            links.to_page(visit, "registry", "registry.form.open", entry=draft.named)
    parts.heading(words, "registry.form.heading", words("registry.form.hint"))
    deeds.said("sender")
    with st.container(key="decide"), st.form("sender", enter_to_submit=False, border=True):
        _fields(words, draft, fresh=True)
        _who_and_why("sender", words)
        with st.container(horizontal=True, gap="small"):
            for decision in Decision:
                _button(words, decision.value, _make, (visit, decision, taken), first=decision is Decision.APPROVE)


def change(visit: Visit, entry: Entry) -> None:
    """The forms in which an entry is changed, decided about anew, and ended."""
    words, draft = visit.words, Draft.of_entry(entry)
    parts.heading(words, "registry.form.change", words("registry.form.hint"))
    deeds.said("sender")
    with st.container(key="decide"), st.form("sender", enter_to_submit=False, border=True):
        _fields(words, draft, fresh=False)
        _who_and_why("sender", words)
        with st.container(horizontal=True, gap="small"):
            _button(words, "edit", _edit, (visit, draft, None), first=True)
            for decision in Decision:
                if decision is not entry.decision:
                    _button(words, decision.value, _edit, (visit, draft, decision))
    _ending(visit, entry)


def _ending(visit: Visit, entry: Entry) -> None:
    words = visit.words
    if acts.is_over(entry, visit.today):
        deeds.said("retire")
        return
    parts.heading(words, "registry.retire", words("registry.retire.hint"))
    deeds.said("retire")
    with st.container(key="decide end"), st.form("retire", enter_to_submit=False, border=True):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            st.date_input(
                words("registry.retire.day"), value=visit.today, key="retire day", format="YYYY-MM-DD", width=170
            )
            deeds.person("retire", words)
        _button(words, "retire", _retire, (visit, entry.entry_id))


def _fields(words: Words, draft: Draft, *, fresh: bool) -> None:
    """The fields; where another draft stood before, or none, this one stands now."""
    is_other = st.session_state.get(_SHOWN) != draft
    for name in _FIELDS:
        if is_other or _key(name) not in st.session_state:
            st.session_state[_key(name)] = getattr(draft, name)
    st.session_state[_SHOWN] = draft
    with st.container(horizontal=True, gap="medium"):
        st.text_input(words("column.name"), key=_key("name"), width="stretch")
        if fresh:
            st.text_input(
                words("registry.form.id"), key=_key("entry_id"), help=words("registry.form.id.help"), width=240
            )
    with st.container(horizontal=True, gap="medium"):
        for name in ("domains", "rules"):
            _lines(words, name)
    with st.container(horizontal=True, gap="medium"):
        for name in ("owner", "ticket", "note"):
            st.text_input(words(f"column.{name}"), key=_key(name), width="stretch" if name == "note" else 200)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name in ("valid_from", "valid_to"):
            _day(words, name)
        st.checkbox(words("registry.form.critical"), key=_key("critical"))


def _lines(words: Words, name: str) -> None:
    st.text_area(
        words(f"registry.form.{name}"),
        key=_key(name),
        help=words(f"registry.form.{name}.help"),
        height=_LINES_HEIGHT,
        width="stretch",
    )


def _day(words: Words, name: str) -> None:
    st.date_input(
        words(f"registry.form.{name}"),
        value=None,
        min_value=date.min,
        max_value=date.max,
        key=_key(name),
        format="YYYY-MM-DD",
        width=200,
    )


def _who_and_why(form: str, words: Words) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        deeds.person(form, words)


def _button(words: Words, what: str, act: Callable[..., None], args: tuple[Any, ...], *, first: bool = False) -> None:
    st.form_submit_button(
        words(f"registry.act.{what}"),
        key=f"sender {what}",
        type="primary" if first else "secondary",
        on_click=act,
        args=args,
    )


def _key(name: str) -> str:
    return f"sender {name}"


def _typed() -> Draft:
    return Draft(**{name: st.session_state[_key(name)] for name in _FIELDS if _key(name) in st.session_state})


def _make(visit: Visit, decision: Decision, taken: Collection[str]) -> None:
    words, draft = visit.words, _typed()

    def make(who: str, why: str) -> str:
        said = draft.said(Draft())
        return registry.done(words, context.register(draft.named, decision, said, fresh=True, who=who, why=why))

    refusal = words(f"registry.need.{draft.missing}") if draft.missing else ""
    if draft.named in taken:
        refusal = refusal or words("registry.taken", entry=draft.named)
    if deeds.attempt("sender", words, make, refusal=refusal):
        links.go(visit.address.at(entry=draft.named))


def _edit(visit: Visit, shown: Draft, decision: Decision | None) -> None:
    words, draft = visit.words, _typed()

    def edit(who: str, why: str) -> str:
        said = draft.said(shown)
        return registry.done(words, context.register(shown.entry_id, decision, said, fresh=False, who=who, why=why))

    refusal = words(f"registry.need.{draft.missing}") if draft.missing else ""
    if decision is None and draft == shown:
        refusal = words("registry.same")
    deeds.attempt("sender", words, edit, refusal=refusal)


def _retire(visit: Visit, entry_id: str) -> None:
    words, last_day = visit.words, st.session_state["retire day"] or visit.today

    def retire(who: str, why: str) -> str:
        ended = context.retire(entry_id, last_day, who=who, why=why)
        return words("registry.done.retire", name=plain(ended.after.name), day=words.day(last_day))

    deeds.attempt("retire", words, retire)
