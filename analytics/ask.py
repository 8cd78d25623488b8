"""The questions in `queries/*.sql`: found by name, completed with their parts, asked with the parameters they use."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from analytics.reader import Reader

_COMMENT = re.compile(r"--[^\n]*")
_PART = re.compile(r"\{\{(\w+)\}\}")
_PARAMETER = re.compile(r"\$(\w+)")


@cache
def sql(name: str) -> str:
    """The text of `queries/<name>.sql` without comments; `{{part}}` is replaced by `queries/parts/part.sql`."""
    folder = files("analytics") / "queries"
    return _complete(_COMMENT.sub("", (folder / f"{name}.sql").read_text(encoding="utf-8")))


def _complete(text: str) -> str:
    parts = files("analytics") / "queries" / "parts"
    while _PART.search(text):
        text = _PART.sub(lambda found: _COMMENT.sub("", (parts / f"{found[1]}.sql").read_text(encoding="utf-8")), text)
    return text.strip()


def used(text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those parameters that the SQL names: DuckDB refuses any other."""
    names = set(_PARAMETER.findall(text))
    return {name: value for name, value in parameters.items() if name in names}


def ask_plainly(reader: Reader, name: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The same as plain values by column name: for what is small and asked by programs that do not need pandas.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    text = sql(name)
    return reader.rows(text, used(text, parameters or {}))


def ask(reader: Reader, name: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The rows of `queries/<name>.sql`, with dtypes as DuckDB gives them: `frames.checked` makes them firm.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    text = sql(name)
    return reader.frame(text, used(text, parameters or {}))
