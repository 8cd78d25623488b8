"""Rows to Arrow tables, through Arrow's own JSON reader.

`Table.from_pylist` takes eight times as long, and imports pandas: a third of a second for a program that has just started.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import json as arrow_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENCODER = json.JSONEncoder(default=str)  # a datetime as Arrow reads it


def table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """One row for each mapping; what one of them lacks is NULL.

    Raises:
        ValueError: a row holds a name that the schema has not, or a text that is none (half a surrogate pair).
    """
    lines = "\n".join(map(_ENCODER.encode, rows)).encode("ascii")
    if not lines:
        return pa.Table.from_batches([], schema)
    return arrow_json.read_json(
        pa.BufferReader(lines),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(lines)),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    )
