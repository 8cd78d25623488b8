"""What people say about verdicts in the database: every act is kept for ever, and the last one about a subject counts.

An act is in the journal, on disk, before the database knows it. When the program dies in between, `catch_up` applies it at the next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import opinions
from ingest.opinions import OpinionAct, act_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import duckdb

    from ingest.store.connect import Database

_ACTS = "SELECT * EXCLUDE (act_no) FROM v_opinion_act ORDER BY act_no"
_IN_FORCE = "SELECT * EXCLUDE (act_no) FROM v_opinion ORDER BY act_no"


def decide(
    database: Database,
    act: OpinionAct,
    *,
    earlier: Callable[[], Iterable[OpinionAct]],
    write_down: Callable[[Sequence[OpinionAct]], None],
) -> OpinionAct:
    """The act is in force; returns it as it is kept. A database that is missing is made.

    Args:
        database: where it is kept.
        act: who says what, when and why.
        earlier: gives the acts of the journal: those that the database missed are applied first.
        write_down: puts acts on disk; called once, when nothing speaks against them any more.

    Raises:
        SettingsError: the act cannot be, or changes nothing. Nothing of it was done.
        StoreError: a disk refused. When it was that of the database, the act is in the journal and is applied at the next start.
    """
    made = opinions.checked(act)
    with database.write() as connection:
        apply_missing(connection, earlier())
        refusal = opinions.idle(made, opinions.standing(_asked(connection, _IN_FORCE)).get(made.key))
        if refusal is None:
            write_down([made])
            _apply(connection, made)
    if refusal is not None:
        raise refusal  # outside of the transaction: what was missing stays applied
    return made


def catch_up(database: Database, acts: Sequence[OpinionAct]) -> int:
    """Acts of the journal that the database does not hold are applied; returns how many. Again changes nothing."""
    if not acts or not database.path.exists() or not missing(database, acts):
        return 0
    with database.write() as connection:
        return apply_missing(connection, acts)


def apply_missing(connection: duckdb.DuckDBPyConnection, acts: Iterable[OpinionAct]) -> int:
    """The same inside a transaction of the caller."""
    applied = _missing(connection, acts)
    for act in applied:
        _apply(connection, act)
    return len(applied)


def missing(database: Database, acts: Sequence[OpinionAct]) -> list[OpinionAct]:
    """Acts of the journal that the database does not hold."""
    with database.read() as connection:
        return _missing(connection, acts)


def history(database: Database) -> list[OpinionAct]:
    """Every act, oldest first."""
    return [act_of(row) for row in database.rows(_ACTS)]


def in_force(database: Database) -> list[OpinionAct]:
    """The acts that are in force, oldest first."""
    return [act_of(row) for row in database.rows(_IN_FORCE)]


def _missing(connection: duckdb.DuckDBPyConnection, acts: Iterable[OpinionAct]) -> list[OpinionAct]:
    held = set(_asked(connection, _ACTS))
    return [act for act in acts if act not in held]


def _asked(connection: duckdb.DuckDBPyConnection, sql: str) -> list[OpinionAct]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description]
    return [act_of(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def _apply(connection: duckdb.DuckDBPyConnection, act: OpinionAct) -> None:
    row = opinions.plain(act)
    connection.execute(
        "INSERT INTO opinion_act BY NAME SELECT (SELECT coalesce(max(act_no), 0) + 1 FROM opinion_act) AS act_no, "  # noqa: S608 - names of our own fields
        + ", ".join(f"${name} AS {name}" for name in row),
        row,
    )
