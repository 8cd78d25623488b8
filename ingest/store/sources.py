"""What is known about source addresses: which are new, and what was found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from ingest import tables
from ingest.store import cases, sums

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.enrich import Source
    from ingest.store.connect import Database

_SCHEMA = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("source_ip", "reverse_name", "country", "as_name", "as_domain", "service", "service_kind")
        ),
        ("asn", pa.int64()),
        ("looked_up_utc", pa.timestamp("us")),
        ("reverse_utc", pa.timestamp("us")),
    ]
)


_KNOWN = [name for name in _SCHEMA.names if name not in {"source_ip", "looked_up_utc", "reverse_utc"}]
_CHANGED = f"""
SELECT source_ip FROM batch b LEFT JOIN source s USING (source_ip)
WHERE s.source_ip IS NULL OR {" OR ".join(f"b.{name} IS DISTINCT FROM s.{name}" for name in _KNOWN)}
"""  # noqa: S608 - names of this file


def unknown(database: Database) -> list[str]:
    """Addresses in records that nobody has looked up yet, in order."""
    # The sums know every address of accepted reports; only of the others, which are few, the records are read.
    sql = """
        SELECT source_ip FROM (
            SELECT source_ip FROM sum_address
            UNION
            SELECT source_ip FROM record SEMI JOIN (FROM report WHERE NOT in_sums) USING (report_no)
        )
        WHERE source_ip IS NOT NULL AND source_ip NOT IN (SELECT source_ip FROM source) ORDER BY source_ip
    """
    with database.read() as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def without_reverse_name(database: Database, *, asked_before: datetime, limit: int) -> list[str]:
    """Addresses whose reverse name was never asked for, or too long ago; those with most messages first."""
    sql = """
        SELECT s.source_ip FROM source s JOIN record r USING (source_ip)
        WHERE s.reverse_utc IS NULL OR s.reverse_utc < $1
        GROUP BY s.source_ip ORDER BY sum(r.messages) DESC, s.source_ip LIMIT $2
    """
    with database.read() as connection:
        return [row[0] for row in connection.execute(sql, [asked_before, limit]).fetchall()]


def keep(database: Database, sources: Sequence[Source], now: datetime, *, reverse_asked: bool = False) -> None:
    """`sources` are stored, in place of what was known about the same addresses."""
    names = [name for name in _SCHEMA.names if name not in {"looked_up_utc", "reverse_utc"}]
    times = {"looked_up_utc": now, "reverse_utc": now if reverse_asked else None}
    stamped = ({name: getattr(source, name) for name in names} | times for source in sources)
    with database.write() as connection:
        connection.register("batch", tables.table(stamped, _SCHEMA))
        changed = [row[0] for row in connection.execute(_CHANGED).fetchall()]
        connection.execute("INSERT OR REPLACE INTO source BY NAME SELECT * FROM batch")
        connection.unregister("batch")
        sums.label(connection, changed)
        cases.touch(connection, changed)
