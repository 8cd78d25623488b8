"""The registry as the database holds it: now, or as it was known at the end of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.ask import ask_plainly
from analytics.registry.order import Registry
from ingest.registry import entry_of

if TYPE_CHECKING:
    from datetime import date

    from analytics.reader import Reader


def registry(reader: Reader, as_of: date | None = None) -> Registry:
    """Every entry, also those whose days are over.

    Args:
        reader: the database.
        as_of: acts of later UTC days are left out; None: all acts. On which days an entry holds is another matter: `matching.match`.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    return Registry(tuple(entry_of(row) for row in ask_plainly(reader, "registry", {"as_of": as_of})))
