"""Settles again which version of a report counts, after something else than a new delivery changed one of them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ingest.model import Fate
from ingest.store import relabel, twins
from ingest.store.judge import COUNTABLE, decisions, newer, settled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import duckdb

_VERSIONS = """
SELECT report_key, received_utc, payload_sha256, fate FROM report
WHERE report_key IN (SELECT unnest($1::UUID[])) AND fate IN (SELECT unnest($2::VARCHAR[]))
ORDER BY report_key, received_utc, payload_sha256
"""
_Version = tuple["UUID", "datetime", str, str]  # as in _VERSIONS


def settle(connection: duckdb.DuckDBPyConnection, keys: Sequence[UUID]) -> None:
    """Of all complete versions of each of these reports the newest counts, and of its twins one; the ledger says so."""
    found: list[_Version] = connection.execute(_VERSIONS, [list(keys), [fate.value for fate in COUNTABLE]]).fetchall()
    for _, group in groupby(found, key=lambda version: version[0]):
        versions = list(group)
        newest = versions[-1][2]
        for _, _, payload_sha256, fate in versions:
            after = settled(Fate(fate), newest=payload_sha256 == newest)
            if after.value != fate:
                change(connection, payload_sha256, (Fate(fate), after), _reason(connection, payload_sha256, newest))
    for twin in twins.changes(connection, keys):
        change(connection, twin.kept.payload_sha256, (twin.before, twin.after), twin.reason)


def change(connection: duckdb.DuckDBPyConnection, payload_sha256: str, fates: tuple[Fate, Fate], reason: str) -> None:
    """A stored report and its ledger lines have the second of `fates` instead of the first."""
    connection.execute("UPDATE report SET fate = $2 WHERE payload_sha256 = $1", [payload_sha256, fates[1].value])
    for _ in relabel.lines(connection, payload_sha256, fates, reason):
        pass


def _reason(connection: duckdb.DuckDBPyConnection, payload_sha256: str, newest: str) -> str:
    if payload_sha256 != newest:
        return newer(newest)
    decision = decisions(connection, [payload_sha256]).get(payload_sha256)
    return decision.words if decision is not None else ""
