"""The registry of senders in the database: every act is kept for ever, and the last one about an entry counts.

An act is in the journal, on disk, before the database knows it. When the program dies in between, `catch_up` applies it at the next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest import registry
from ingest.errors import SettingsError
from ingest.registry import Change, Entry, SenderAct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import duckdb

    from ingest.store.connect import Database

    Plan = Callable[[Mapping[str, Entry]], Sequence[Change]]

_ACTS = "SELECT * EXCLUDE (act_no) FROM v_sender_act ORDER BY act_no"


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
        apply_missing(connection, earlier())
        changes = list(plan(_current(connection)))
        acts = [act(change) for change in changes]
        for one in acts:
            _check(one)
        write_down(acts)
        for one in acts:
            _apply(connection, one)
        return changes


def catch_up(database: Database, acts: Sequence[SenderAct]) -> int:
    """Acts of the journal that the database does not hold are applied; returns how many. Again changes nothing."""
    if not acts or not database.path.exists() or not missing(database, acts):
        return 0
    with database.write() as connection:
        return apply_missing(connection, acts)


def apply_missing(connection: duckdb.DuckDBPyConnection, acts: Iterable[SenderAct]) -> int:
    """The same inside a transaction of the caller."""
    applied = _missing(connection, acts)
    for act in applied:
        _apply(connection, act)
    return len(applied)


def missing(database: Database, acts: Sequence[SenderAct]) -> list[SenderAct]:
    """Acts of the journal that the database does not hold."""
    with database.read() as connection:
        return _missing(connection, acts)


def history(database: Database, entry_id: str | None = None) -> list[SenderAct]:
    """Every act, or those about one entry, oldest first."""
    acts = [_act(row) for row in database.rows(_ACTS)]
    return [act for act in acts if entry_id is None or act.entry.entry_id == entry_id]


def _missing(connection: duckdb.DuckDBPyConnection, acts: Iterable[SenderAct]) -> list[SenderAct]:
    held = set(_held(connection))
    return [act for act in acts if act not in held]


def _current(connection: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    return {act.entry.entry_id: act.entry for act in _held(connection)}


def _held(connection: duckdb.DuckDBPyConnection) -> list[SenderAct]:
    found = connection.execute(_ACTS)
    names = [column[0] for column in found.description]
    return [_act(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def _act(row: Mapping[str, Any]) -> SenderAct:
    return SenderAct(row["at_utc"], row["who"], row["what"], row["why"], registry.entry_of(row))


def _apply(connection: duckdb.DuckDBPyConnection, act: SenderAct) -> None:
    row = {"at_utc": act.at_utc, "who": act.who, "what": act.what, "why": act.why, **registry.plain(act.entry)}
    connection.execute(
        "INSERT INTO sender_act BY NAME SELECT (SELECT coalesce(max(act_no), 0) + 1 FROM sender_act) AS act_no, "  # noqa: S608 - names of our own fields
        + ", ".join(f"${name} AS {name}" for name in row),
        row,
    )


def _check(act: SenderAct) -> None:
    for name, text in (("who", act.who), ("why", act.why)):
        if not text.strip():
            raise SettingsError(f"{act.what}: {name} is missing", hint="say who decided, and why: auditors read it")
        registry.refuse_odd(text, f"{act.what}: {name}")
