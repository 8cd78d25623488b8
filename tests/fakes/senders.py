"""Entries of the registry with defaults."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingest import registering
from ingest.registry import Change, Decision, Entry, checked
from ingest.rules import parsed

if TYPE_CHECKING:
    from ingest.settings import Settings

NOON = datetime(2026, 3, 5, 12)  # noqa: DTZ001 - naive UTC


def an_entry(entry_id: str = "news", *rules: str, domains: tuple[str, ...] = ("example.com",), **more: Any) -> Entry:
    """An approved sender of example.com that is told by its key `s1`, unless told otherwise."""
    read = tuple(parsed(text, domains) for text in rules or ("dkim:example.com/s1",))
    defaults: dict[str, Any] = {"name": entry_id.capitalize(), "decision": Decision.APPROVE}
    return checked(Entry(entry_id=entry_id, domains=domains, rules=read, **defaults | more))


def register(settings: Settings, *entries: Entry, why: str = "asked the team") -> list[Change]:
    """The entries are in the registry."""
    return registering.change(
        settings,
        lambda known: [Change(one.decision.value, known.get(one.entry_id), one) for one in entries],
        who="anna",
        why=why,
    )
