"""CSV that a spreadsheet opens without running anything in it: cells, quoting, lines. Column-wise, with Arrow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

    from analytics.frames import Contract

# What a spreadsheet takes for the start of a formula, or strips before it looks for one. NFKC makes the wide and
# small forms equal to the ASCII ones. OWASP ASVS 1.2.10, CWE-1236.
TRIGGERS = "=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
# What may stand before it: blanks, control and invisible characters, quotes.
LEADING = "".join(
    [
        *(chr(code) for code in range(0x01, 0x21)),
        *(chr(code) for code in range(0x7F, 0xA1)),
        *(chr(code) for code in range(0x2000, 0x2010)),
        *(chr(code) for code in range(0x2028, 0x2030)),
        *(chr(code) for code in range(0x205F, 0x2070)),
        "\u00ad\u3000\ufeff\"'`\u00b4\u2018\u2019\u201c\u201d",
    ]
)
GUARD = "'"
_FORMULA = f"^([{LEADING}]*[{TRIGGERS.replace('-', chr(92) + '-')}])"
_NEEDS_QUOTES = '[",\r\n]|^ | $|^$'


def neutralised(texts: pa.Array) -> pa.Array:
    """The same texts, with a `'` before every one that a spreadsheet could take for a formula.

    Reversible: a text that begins with `'` and, without it, would have been guarded, was guarded.
    """
    return pc.replace_substring_regex(texts, pattern=_FORMULA, replacement=GUARD + r"\1")


def cells(column: pa.Array) -> pa.Array:
    """The cells of one column as texts, guarded and quoted (RFC 4180); null stays null, an empty text becomes `""`.

    Text is guarded; numbers are digits with `.`; booleans `true` and `false`; days YYYY-MM-DD; times
    YYYY-MM-DDTHH:MM:SSZ; rates are rounded to 6 decimals.
    """
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        coded = column.dictionary_encode()  # most columns repeat few texts
        return _quoted(neutralised(pc.cast(coded.dictionary, pa.string()))).take(
            coded.indices
        )  # pandas gives large ones
    if pa.types.is_timestamp(kind):
        seconds = pc.cast(pc.cast(column, pa.timestamp("s"), safe=False), pa.string())
        return pc.binary_join_element_wise(pc.replace_substring(seconds, " ", "T"), pa.scalar("Z"), "")
    if pa.types.is_floating(kind):
        number = pc.round(pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column), 6)
        return pc.cast(number, pa.string())
    return pc.cast(column, pa.string())


def _quoted(texts: pa.Array) -> pa.Array:
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = pc.binary_join_element_wise(pa.scalar('"'), doubled, pa.scalar('"'), "")
    return pc.if_else(pc.match_substring_regex(texts, _NEEDS_QUOTES), quoted, texts)


def header(names: list[str]) -> bytes:
    """The first line."""
    return (",".join(names) + "\n").encode()


def lines(batch: Any) -> bytes:
    """The rows of a record batch or table in UTF-8, one line each, every one ended by a line feed."""
    if batch.num_rows == 0:
        return b""
    texts = [cells(_whole(column)) for column in batch.columns]
    rows = pc.binary_join_element_wise(*texts, ",", null_handling="replace", null_replacement="")
    return ("\n".join(rows.to_pylist()) + "\n").encode()


def of_frame(frame: pd.DataFrame, contract: Contract) -> bytes:
    """A whole frame that obeys `contract` as CSV, in its order: what a download button gives. Lists become JSON."""
    arrays = [_array(frame[column.name], column.dtype) for column in contract]
    names = [column.name for column in contract]
    return header(names) + lines(pa.table(dict(zip(names, arrays, strict=True))))


def _array(series: pd.Series[Any], dtype: str) -> pa.Array:
    if dtype == "texts":
        return pa.array([json.dumps(texts, ensure_ascii=False) for texts in series], type=pa.string())
    array = _whole(pa.array(series, from_pandas=True))
    return pc.cast(array, pa.date32()) if dtype == "day" else array


def _whole(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
