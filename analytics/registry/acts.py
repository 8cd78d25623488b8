"""What was decided about who may send as us, by whom and why: the list of the registry, and the history of an entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analytics.ask import ask_plainly
from analytics.frames import Column, Contract, checked
from ingest.registry import Change, Decision, SenderAct, entry_of, plain
from ingest.rules import lies_under

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from analytics.reader import Reader
    from ingest.registry import Entry

ACTS: Contract = (
    Column("entry_id", "text", "", "short name of the entry"),
    Column("name", "text", "", "what people call it"),
    Column("decision", "text", "", "approve, deny or ignore"),
    Column("domains", "texts", "", "domains in From:, each with all below it; * alone: all"),
    Column("rules", "texts", "", "what tells a mail of this sender, with its proof"),
    Column("owner", "text", "", "who is responsible"),
    Column("ticket", "text", "", "where it was decided"),
    Column("note", "text", "", "anything else"),
    Column("critical", "bool", "", "a failure of it is urgent"),
    Column("valid_from", "day", "UTC day", "first day; missing: since ever"),
    Column("valid_to", "day", "UTC day", "last day; missing: open"),
    Column("at_utc", "time", "UTC", "when it was last changed; in a history, when this was done"),
    Column("who", "text", "", "by whom"),
    Column("what", "text", "", "approve, deny, ignore, edit or retire"),
    Column("why", "text", "", "in their words"),
    Column("changed", "texts", "", "names of the fields that this changed; all of them of a new entry"),
)


@dataclass(frozen=True, slots=True)
class Done:
    """An act, and the entry as it was before; None where the act made it."""

    act: SenderAct
    before: Entry | None

    @property
    def changed(self) -> list[str]:
        """Names of the fields that it changed."""
        return Change(self.act.what, self.before, self.act.entry).fields


@dataclass(frozen=True, slots=True)
class Standing:
    """How many entries there are."""

    entries: int
    approved: int
    denied: int
    ignored: int
    over: int  # of all of these: their last day is past


def history(reader: Reader, entry_id: str) -> list[Done]:
    """Every act about an entry, newest first; none where there is no such entry.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    return [done for done in reversed(_all(reader)) if done.act.entry.entry_id == entry_id]


def latest(reader: Reader, today: date, domain: str | None = None) -> list[Done]:
    """The last act about each entry: those whose last day is past at the end, else by name.

    Args:
        reader: the database.
        today: UTC.
        domain: only entries that speak of it or of a name below it; None: all.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    last = {done.act.entry.entry_id: done for done in _all(reader)}
    found = [done for done in last.values() if domain is None or concerns(done.act.entry, domain)]
    return sorted(found, key=lambda done: _place(done.act.entry, today))


def concerns(entry: Entry, domain: str) -> bool:
    """Whether it speaks of mail of the domain, or of one below it."""
    return entry.is_about(domain) or any(lies_under(one, domain) for one in entry.domains)


def standing(found: Sequence[Done], today: date) -> Standing:
    """How many entries of `latest` are approved, denied, ignored, and over."""
    entries = [done.act.entry for done in found]
    decided = [entry.decision for entry in entries]
    return Standing(
        entries=len(entries),
        approved=decided.count(Decision.APPROVE),
        denied=decided.count(Decision.DENY),
        ignored=decided.count(Decision.IGNORE),
        over=sum(is_over(entry, today) for entry in entries),
    )


def is_over(entry: Entry, today: date) -> bool:
    """Whether its last day is past."""
    return entry.valid_to is not None and entry.valid_to < today


def frame(found: Sequence[Done]) -> pd.DataFrame:
    """The acts (`ACTS`), in their order, with the entry as it is from then on."""
    rows = [
        plain(done.act.entry)
        | {"at_utc": done.act.at_utc, "who": done.act.who, "what": done.act.what, "why": done.act.why}
        | {"changed": done.changed}
        for done in found
    ]
    return checked(pd.DataFrame(rows, columns=[column.name for column in ACTS]), ACTS)


def _all(reader: Reader) -> list[Done]:
    before: dict[str, Entry] = {}
    done = []
    for row in ask_plainly(reader, "registry_acts"):
        entry = entry_of(row)
        act = SenderAct(row["at_utc"], row["who"], row["what"], row["why"], entry)
        done.append(Done(act, before.get(entry.entry_id)))
        before[entry.entry_id] = entry
    return done


def _place(entry: Entry, today: date) -> tuple[bool, str, str]:
    return is_over(entry, today), entry.name.casefold(), entry.entry_id
