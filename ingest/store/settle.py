"""Settles again which version of a report counts, after something else than a new delivery changed one of them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ingest.model import Fate
from ingest.store import relabel, twins
from ingest.store.judge import COUNTABLE, decisions, instead, settled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import duckdb

_VERSIONS = """
SELECT report_key, payload_sha256, fate, pruned_content IS NOT NULL FROM report
WHERE report_key IN (SELECT unnest($1::UUID[])) AND fate IN (SELECT unnest($2::VARCHAR[]))
ORDER BY report_key, received_utc, payload_sha256
"""
_Version = tuple["UUID", str, str, bool]  # as in _VERSIONS


def settle(connection: duckdb.DuckDBPyConnection, keys: Sequence[UUID]) -> None:
    """Of all complete versions of each of these reports the newest counts, and of its twins one; the ledger says so.

    Whose records are gone keeps its fate, and stands in the way of its other versions if it counts.
    """
    found: list[_Version] = connection.execute(_VERSIONS, [list(keys), [fate.value for fate in COUNTABLE]]).fetchall()
    for _, group in groupby(found, key=lambda version: version[0]):
        versions = list(group)
        final = [version for version in versions if version[3] and version[2] != Fate.SUPERSEDED.value]
        counting = (final or versions)[-1][1]
        for _, payload_sha256, fate, pruned in versions:
            after = settled(Fate(fate), newest=payload_sha256 == counting)
            if after.value != fate and not pruned:
                reason = _reason(connection, payload_sha256, counting, final=bool(final))
                change(connection, payload_sha256, (Fate(fate), after), reason)
    for twin in twins.changes(connection, keys):
        change(connection, twin.kept.payload_sha256, (twin.before, twin.after), twin.reason)


def change(connection: duckdb.DuckDBPyConnection, payload_sha256: str, fates: tuple[Fate, Fate], reason: str) -> None:
    """A stored report and its ledger lines have the second of `fates` instead of the first."""
    connection.execute("UPDATE report SET fate = $2 WHERE payload_sha256 = $1", [payload_sha256, fates[1].value])
    for _ in relabel.lines(connection, payload_sha256, fates, reason):
        pass


def _reason(connection: duckdb.DuckDBPyConnection, payload_sha256: str, counting: str, *, final: bool) -> str:
    if payload_sha256 != counting:
        return instead(counting, final=final)
    decision = decisions(connection, [payload_sha256]).get(payload_sha256)
    return decision.words if decision is not None else ""
