"""How entries of the registry of senders are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.cli import show
from ingest import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.registry import Change, Entry, SenderAct

_LINES = ("name", "decision", "critical", "domains", "rules", "owner", "ticket", "note", "valid_from", "valid_to")
_OPEN = {"valid_from": "always", "valid_to": "open"}


def as_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries for JSON."""
    return [registry.plain(entry) for entry in entries]


def as_changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Changes for JSON."""
    return [
        {
            "entry_id": one.after.entry_id,
            "what": one.what,
            "fields": one.fields,
            "before": registry.plain(one.before) if one.before else None,
            "after": registry.plain(one.after),
        }
        for one in changes
    ]


def as_act(act: SenderAct) -> dict[str, Any]:
    """An act for JSON."""
    return {"at_utc": act.at_utc, "who": act.who, "what": act.what, "why": act.why, "entry": registry.plain(act.entry)}


def say_list(entries: Sequence[Entry]) -> None:
    """One line for each."""
    columns = [("Id", "date"), ("Name", "left"), ("Decision", "left"), ("From", "left"), ("Rules", "left")]
    columns += [("Owner", "left"), ("Days", "date")]
    lines = [
        (
            entry.entry_id,
            entry.name,
            entry.decision.value + ", critical" * entry.critical,
            _text(entry, "domains"),
            _text(entry, "rules"),
            entry.owner,
            days(entry),
        )
        for entry in entries
    ]
    show.table("Registry of senders", columns, lines)


def say_entry(entry: Entry) -> None:
    """Every field."""
    show.said(entry.entry_id)
    for name in _LINES:
        if name == "rules":
            for rule in entry.rules:
                show.said(f"  {'rule':<10} {str(rule).partition('!')[0]}  ({rule.proof.value})")
        elif text := _text(entry, name):
            show.said(f"  {name:<10} {text}")


def say_history(acts: Sequence[SenderAct]) -> None:
    """What was done to an entry, oldest first."""
    columns = [("At (UTC)", "date"), ("Who", "left"), ("What", "left"), ("Changed", "left"), ("Why", "left")]
    before: list[Entry | None] = [None, *(act.entry for act in acts)]
    lines = [
        (
            f"{act.at_utc:%Y-%m-%d %H:%M}",
            act.who,
            act.what,
            ", ".join(registry.Change(act.what, old, act.entry).fields) if old else "new",
            act.why,
        )
        for old, act in zip(before, acts, strict=False)
    ]
    show.table("History", columns, lines)


def say_changes(changes: Sequence[Change]) -> None:
    """What each does: every field that differs, before and after."""
    for one in changes:
        show.said(f"{one.after.entry_id}: {one.what}{'' if one.before else ', new'}")
        for name in one.fields:
            after = _text(one.after, name)
            if one.before is not None:
                show.said(f"  {name}: {_text(one.before, name) or 'nothing'} → {after or 'nothing'}")
            elif after and name not in {"entry_id", *_OPEN}:
                show.said(f"  {name}: {after}")


def days(entry: Entry) -> str:
    """When an entry holds; empty: always."""
    if entry.valid_from is None and entry.valid_to is None:
        return ""
    return f"{entry.valid_from or ''} to {entry.valid_to or ''}".strip()


def _text(entry: Entry, name: str) -> str:
    value = getattr(entry, name)
    if name == "rules":
        return " ".join(rule.short(entry.domains) for rule in entry.rules)
    if name == "domains":
        return " ".join(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return _OPEN.get(name, "") if value is None else str(value)
