"""A table of acts that people decided: append-only, each line in the journal on disk before the database knows it.

When the program dies in between, `catch_up` applies at the next start what the database missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    import duckdb

    from ingest.store.connect import Database

A = TypeVar("A", bound="Hashable")


@dataclass(frozen=True, slots=True)
class ActTable(Generic[A]):
    """Acts of one kind. The table has their columns and `act_no`, which counts up; its view is named like it, with `v_` before."""

    name: str
    read: Callable[[Mapping[str, Any]], A]
    plain: Callable[[A], Mapping[str, Any]]  # by column

    def held(self, connection: duckdb.DuckDBPyConnection, view: str = "") -> list[A]:
        """Every act, oldest first; or those of another view that has the same columns."""
        found = connection.execute(self._sql(view))
        names = [column[0] for column in found.description]
        return [self.read(dict(zip(names, row, strict=True))) for row in found.fetchall()]

    def history(self, database: Database, view: str = "") -> list[A]:
        """The same of a database that nobody has opened yet."""
        return [self.read(row) for row in database.rows(self._sql(view))]

    def apply(self, connection: duckdb.DuckDBPyConnection, act: A) -> None:
        """The act is the newest line."""
        row = self.plain(act)
        connection.execute(
            f"INSERT INTO {self.name} BY NAME SELECT (SELECT coalesce(max(act_no), 0) + 1 FROM {self.name}) AS act_no, "  # noqa: S608 - names of our own fields
            + ", ".join(f"${name} AS {name}" for name in row),
            dict(row),
        )

    def apply_missing(self, connection: duckdb.DuckDBPyConnection, acts: Iterable[A]) -> int:
        """Acts of the journal that the database does not hold are applied, inside a transaction of the caller; returns how many."""
        applied = self._missing(connection, acts)
        for act in applied:
            self.apply(connection, act)
        return len(applied)

    def catch_up(self, database: Database, acts: Sequence[A]) -> int:
        """The same in a transaction of its own. Again changes nothing, and so does a database that is not there yet."""
        if not acts or not database.path.exists() or not self.missing(database, acts):
            return 0
        with database.write() as connection:
            return self.apply_missing(connection, acts)

    def missing(self, database: Database, acts: Sequence[A]) -> list[A]:
        """Acts of the journal that the database does not hold."""
        with database.read() as connection:
            return self._missing(connection, acts)

    def _missing(self, connection: duckdb.DuckDBPyConnection, acts: Iterable[A]) -> list[A]:
        held = set(self.held(connection))
        return [act for act in acts if act not in held]

    def _sql(self, view: str) -> str:
        return f"SELECT * EXCLUDE (act_no) FROM {view or f'v_{self.name}'} ORDER BY act_no"  # noqa: S608 - names of our own views
