"""Who is ours: the registry of senders, who could be in it, and one entry with all that was decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analytics.freshness import freshness
from analytics.registry import acts
from analytics.registry.proposals import PROPOSALS, as_frame, proposals
from dashboards import context
from dashboards.draft import Draft
from dashboards.pages import columns, exchanging, links, parts, registering, states
from dashboards.wording import registry
from dashboards.wording.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.registry.acts import Done
    from analytics.registry.proposals import Proposal
    from dashboards.context import Visit

ENTRIES_SHOWN = 500  # of all there are; the CSV and the file hold every one
PROPOSALS_SHOWN = 200
BY_HAND = "1"  # in an address, where the id of a proposal may stand
ACTS_SHOWN = 200


def show() -> None:
    """The page: the list, one entry, or the form of a new one."""
    visit = context.visit()
    drill = visit.address.drill
    if "entry" in drill:
        _entry(visit, drill["entry"])
    elif "propose" in drill:
        _new(visit, drill["propose"])
    else:
        _list(visit)


def _list(visit: Visit) -> None:
    words, domain = visit.words, visit.address.domain
    found = context.answer(acts.latest, visit.today, domain)
    standing = acts.standing(found, visit.today)
    parts.answer(registry.answer(words, standing, domain))
    second = st.container(key="second")
    has_reports = context.answer(freshness).last_day is not None
    if found:
        _entries(visit, found)
    else:
        _nothing(visit, has_reports=has_reports)
    with st.container(key="more new"):
        links.to_page(visit, "registry", "registry.new", propose=BY_HAND)
    said = [registry.over(words, standing)]
    if has_reports:
        said.append(registry.to_decide(words, _proposals(visit)))
    with second:
        st.text(_together(visit, said))
    exchanging.show(visit)


def _nothing(visit: Visit, *, has_reports: bool) -> None:
    states.nothing(visit.words("registry.start" if has_reports else "registry.start.bare"))
    if visit.address.domain:
        states.way_out(visit.words("empty.all_domains"), visit.address.of_domain(None))


def _together(visit: Visit, sentences: Sequence[str]) -> str:
    told = ""
    for sentence in filter(None, sentences):
        told = visit.words.together(told, sentence) if told else sentence
    return told


def _entries(visit: Visit, found: Sequence[Done]) -> None:
    words, shown = visit.words, found[:ENTRIES_SHOWN]
    parts.heading(
        words,
        "registry.list",
        _hint(visit, "registry.list.hint", len(found)),
        csv=parts.Csv(acts.frame(found), acts.ACTS),
    )
    parts.table(
        registry.listed(words, shown),
        columns.entries(visit),
        key="entries",
        rows=[visit.address.at(entry=done.act.entry.entry_id) for done in shown],
        alt=words("registry.list"),
    )


def _hint(visit: Visit, key: str, found: int, limit: int = ENTRIES_SHOWN) -> str:
    words, hint = visit.words, visit.words(key)
    return words.together(hint, words("registry.first", n=words.number(limit))) if found > limit else hint


def _proposals(visit: Visit) -> list[Proposal]:
    words = visit.words
    with st.spinner(words("registry.proposals.wait")):
        found = context.answer(proposals, visit.window)
    shown = found[:PROPOSALS_SHOWN]
    if not found:
        parts.heading(words, "registry.proposals")
        states.nothing(words("registry.proposals.none"), where="proposed")
        return found
    hint = _hint(visit, "registry.proposals.hint", len(found), PROPOSALS_SHOWN)
    parts.heading(words, "registry.proposals", hint, csv=parts.Csv(as_frame(found), PROPOSALS))
    frame = registry.proposed(shown)
    parts.table(
        frame,
        columns.proposed(visit, frame),
        key="proposals",
        rows=[visit.address.at(propose=one.entry_id) for one in shown],
        alt=words("registry.proposals"),
    )
    return found


def _new(visit: Visit, wanted: str) -> None:
    words, drill = visit.words, visit.address.drill
    found = context.answer(proposals, visit.window) if wanted != BY_HAND else []
    proposal = next((one for one in found if one.entry_id == wanted), None)
    draft = Draft.of_proposal(proposal) if proposal else Draft.of_address(drill)
    links.crumbs(visit, "nav.registry", [], plain(draft.name) or words("registry.form.new"))
    if proposal:
        parts.answer(registry.proposal(words, proposal))
    elif draft.name:
        parts.answer(words("registry.form.about", name=plain(draft.name)))
    else:
        parts.answer(words("registry.form.new.answer"))
    taken = [done.act.entry.entry_id for done in context.answer(acts.latest, visit.today)]
    registering.new(visit, draft, taken)


def _entry(visit: Visit, entry_id: str) -> None:
    words, found = visit.words, context.answer(acts.history, entry_id)
    if not found:
        links.crumbs(visit, "nav.registry", [], plain(entry_id))
        states.nothing(words("registry.entry.unknown", entry=plain(entry_id)))
        return
    entry = found[0].act.entry
    links.crumbs(visit, "nav.registry", [], plain(entry.name))
    first, *more = registry.entry(words, entry, visit.today)
    parts.answer(first, _together(visit, more))
    parts.facts(visit, registry.facts(words, entry), key="entry")
    parts.heading(words, "registry.rules", words("registry.rules.hint"))
    parts.table(registry.rules(words, entry), columns.rules(visit), key="rules", alt=words("registry.rules"))
    registering.change(visit, entry)
    _history(visit, found)


def _history(visit: Visit, found: Sequence[Done]) -> None:
    words = visit.words
    hint = _hint(visit, "registry.history.hint", len(found), ACTS_SHOWN)
    parts.heading(words, "registry.history", hint, csv=parts.Csv(acts.frame(found), acts.ACTS))
    shown = registry.history(words, found[:ACTS_SHOWN])
    parts.table(shown, columns.decided(visit), key="history", alt=words("registry.history"))
