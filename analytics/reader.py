"""The seam to the store: whoever answers SQL with a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    import pandas as pd


class Reader(Protocol):
    """Answers a query. `ingest.store.connect.Database` is one."""

    def frame(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of one query; `$name` in the SQL takes `parameters["name"]`."""
        ...

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The same as plain values by column name."""
        ...

    def asking(self) -> AbstractContextManager[Reader]:
        """A reader for one answer that needs several questions: all see the same state, and what they share is done once."""
        ...
