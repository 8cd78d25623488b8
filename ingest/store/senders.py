"""The registry of senders in the database: every act is kept for ever, and the last one about an entry counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest import registry
from ingest.errors import SettingsError
from ingest.registry import Change, Entry, SenderAct
from ingest.store.act_table import ActTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ingest.store.connect import Database

    Plan = Callable[[Mapping[str, Entry]], Sequence[Change]]


def _act(row: Mapping[str, Any]) -> SenderAct:
    return SenderAct(row["at_utc"], row["who"], row["what"], row["why"], registry.entry_of(row))


def _plain(act: SenderAct) -> Mapping[str, Any]:
    return {"at_utc": act.at_utc, "who": act.who, "what": act.what, "why": act.why, **registry.plain(act.entry)}


ACTS = ActTable("sender_act", _act, _plain)


def decide(
    database: Database,
    plan: Plan,
    act: Callable[[Change], SenderAct],
    *,
    earlier: Callable[[], Iterable[SenderAct]],
    write_down: Callable[[Sequence[SenderAct]], None],
) -> list[Change]:
    """What was planned is in force; returns it. All of it, or none. A database that is missing is made.

    Args:
        database: where the registry is.
        plan: says what is to change, given the entries by their id; nobody else changes any meanwhile.
        act: who, when and why.
        earlier: gives the acts of the journal: those that the database missed are applied first.
        write_down: puts acts on disk; called once, when nothing speaks against them any more.

    Raises:
        SettingsError: by the plan; or an act does not say who and why. Nothing was done.
        StoreError: a disk refused. When it was that of the database, the acts are in the journal and are applied at the next start.
    """
    with database.write() as connection:
        ACTS.apply_missing(connection, earlier())
        changes = list(plan({act.entry.entry_id: act.entry for act in ACTS.held(connection)}))
        acts = [act(change) for change in changes]
        for one in acts:
            _check(one)
        write_down(acts)
        for one in acts:
            ACTS.apply(connection, one)
        return changes


def history(database: Database, entry_id: str | None = None) -> list[SenderAct]:
    """Every act, or those about one entry, oldest first."""
    return [act for act in ACTS.history(database) if entry_id is None or act.entry.entry_id == entry_id]


def _check(act: SenderAct) -> None:
    for name, text in (("who", act.who), ("why", act.why)):
        if not text.strip():
            raise SettingsError(f"{act.what}: {name} is missing", hint="say who decided, and why: auditors read it")
        registry.refuse_odd(text, f"{act.what}: {name}")
