"""What differs between two database files, by table and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from ingest.store.connect import Database

EXAMPLES = 20
_RECORDS = "(SELECT payload_sha256, c.* FROM {db}.record c JOIN {db}.report USING (report_no))"
_PAYLOADS = "(SELECT mail_sha256, origin, p.* FROM {db}.payload p JOIN {db}.mail USING (mail_id))"
TABLES = {  # name → (rows, key)
    "mail": ("{db}.mail", ("mail_id",)),
    "payload": (_PAYLOADS, ("mail_id", "member")),
    "report": ("{db}.report", ("payload_sha256",)),
    "record": (_RECORDS, ("payload_sha256", "record_index")),
    "prune": ("{db}.prune", ("at_utc", "who", "before_day")),
    "act": ("{db}.act", ("at_utc", "who", "what", "payload_sha256", "why")),
    "sender_act": ("{db}.sender_act", ("at_utc", "who", "what", "entry_id", "why")),
    "opinion_act": (
        "{db}.opinion_act",
        ("at_utc", "who", "what", "subject_by", "subject_value", "subject_domain", "why"),
    ),
}
_NOT_FACTS = {
    "ingested_utc",
    "report_no",
    "act_no",
    "prune_no",
    "in_sums",
}  # when and in which order we stored it, and what follows from its fate


@dataclass(frozen=True, slots=True)
class TableChange:
    """Rows of one table that are only in the old file, only in the new one, or in both but not the same."""

    lost: int = 0
    added: int = 0
    changed: int = 0
    columns: dict[str, int] = field(default_factory=dict)  # column → rows in which it differs


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs. `payloads` are examples: sha256, fate before and after, messages before and after."""

    tables: dict[str, TableChange] = field(default_factory=dict)
    payloads: tuple[dict[str, Any], ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether both files hold the same."""
        return not any(one.lost or one.added or one.changed for one in self.tables.values())


def compare(new: Database, old: Path) -> Changes:
    """What is in `new` that is not in the file `old`, or is otherwise there. `old` must not be written meanwhile.

    Raises:
        StoreError: one of them cannot be read, or `old` is of another version.
    """
    with new.write() as connection:  # a reader may not attach another file
        connection.execute(f"ATTACH '{_quoted(old)}' AS old (READ_ONLY)")
        name = str(connection.execute("SELECT current_database()").fetchall()[0][0])
        here = '"' + name.replace('"', '""') + '"'
        tables = {table: _table(connection, here, *spec) for table, spec in TABLES.items()}
        return Changes(
            {table: change for table, change in tables.items() if change != TableChange()}, _examples(connection, here)
        )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _table(connection: duckdb.DuckDBPyConnection, here: str, rows: str, key: tuple[str, ...]) -> TableChange:
    new, old = rows.format(db=here), rows.format(db="old")
    columns = [
        str(entry[0])
        for entry in connection.execute(f"DESCRIBE SELECT * FROM {new} t").fetchall()  # noqa: S608
        if entry[0] not in _NOT_FACTS and entry[0] not in key
    ]
    counts = "".join(f', count(*) FILTER (both_ AND a."{name}" IS DISTINCT FROM b."{name}")' for name in columns)
    same = " AND ".join(f'a."{name}" IS NOT DISTINCT FROM b."{name}"' for name in columns) or "true"
    found = connection.execute(
        f"""
        SELECT count(*) FILTER (a."{key[0]}" IS NULL), count(*) FILTER (b."{key[0]}" IS NULL),
               count(*) FILTER (both_ AND NOT ({same})){counts}
        FROM (SELECT a, b, a."{key[0]}" IS NOT NULL AND b."{key[0]}" IS NOT NULL AS both_
              FROM {new} a FULL JOIN {old} b USING ({", ".join(key)}))
        """  # noqa: S608 - names of this file and of our own schema
    ).fetchall()[0]
    differing = {name: int(number) for name, number in zip(columns, found[3:], strict=True) if number}
    return TableChange(int(found[0]), int(found[1]), int(found[2]), differing)


_EXAMPLES = """
SELECT coalesce(a.payload_sha256, b.payload_sha256) AS payload_sha256, coalesce(a.member, b.member) AS member,
       coalesce(a.origin, b.origin) AS origin, b.fate AS fate_before, a.fate AS fate_after,
       b.records AS records_before, a.records AS records_after, b.messages AS messages_before, a.messages AS messages_after,
       a.reason AS reason_after
FROM {new} a FULL JOIN {old} b USING (mail_id, member)
WHERE (a.fate, a.records, a.messages, a.payload_sha256) IS DISTINCT FROM (b.fate, b.records, b.messages, b.payload_sha256)
ORDER BY origin, member LIMIT {limit}
"""


def _examples(connection: duckdb.DuckDBPyConnection, here: str) -> tuple[dict[str, Any], ...]:
    sql = _EXAMPLES.format(new=_PAYLOADS.format(db=here), old=_PAYLOADS.format(db="old"), limit=EXAMPLES)
    cursor = connection.execute(sql)
    names = [entry[0] for entry in cursor.description]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
