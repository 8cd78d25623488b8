"""What the columns of every frame are: name, dtype, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ingest.errors import WhosendsError


class ContractError(WhosendsError):
    """A frame is not what it promises to be: our bug."""


@dataclass(frozen=True, slots=True)
class Column:
    """One promise. `dtype` is one of DTYPES."""

    name: str
    dtype: str
    unit: str
    meaning: str


Contract = tuple[Column, ...]

DTYPES = {
    "int": "int64",  # never missing
    "int?": "Int64",  # may be missing (pd.NA)
    "float": "float64",  # missing: NaN
    "text": "str",  # missing: NaN
    "bool": "bool",  # never missing
    "day": "datetime64[us]",  # midnight of a UTC day; missing: NaT
    "time": "datetime64[us]",  # naive UTC; missing: NaT
    "texts": "object",  # a list of str
}


def columns(contract: Contract) -> list[str]:
    """The names, in order."""
    return [column.name for column in contract]


def checked(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """A copy with exactly the promised columns, in order, with the promised dtypes, rows numbered from 0.

    Raises:
        ContractError: a column is missing, is not promised, or holds what its dtype cannot hold.
    """
    promised = columns(contract)
    if set(frame.columns) != set(promised):
        raise ContractError(f"columns {sorted(set(frame.columns) ^ set(promised))} are promised or there, not both")
    return pd.DataFrame({column.name: _cast(frame[column.name], column) for column in contract}).reset_index(drop=True)


def _cast(series: pd.Series[Any], column: Column) -> pd.Series[Any]:
    try:
        if column.dtype == "texts":
            return pd.Series([texts(value) for value in series], index=series.index, dtype="object")
        return series.astype(pd.api.types.pandas_dtype(DTYPES[column.dtype]))
    except (TypeError, ValueError) as error:
        raise ContractError(f"column {column.name}: {error}") from error


def texts(value: object) -> list[str]:
    """The texts of one list cell; [] where it is missing."""
    return [str(item) for item in value] if isinstance(value, list | np.ndarray) else []


COUNTS: Contract = (
    Column("messages", "int", "messages", "all messages of accepted reports"),
    Column("dmarc_pass", "int", "messages", "passed DMARC: SPF or DKIM passed and was aligned"),
    Column("spf_aligned", "int", "messages", "SPF passed and was aligned, as the reporter evaluated it"),
    Column("dkim_aligned", "int", "messages", "DKIM passed and was aligned, as the reporter evaluated it"),
    Column("spf_pass", "int", "messages", "SPF passed for whatever domain"),
    Column("dkim_pass", "int", "messages", "some DKIM signature passed, of whatever domain"),
)

RATES: Contract = (
    Column("pass_rate", "float", "0..1", "dmarc_pass / messages; NaN without messages"),
    Column("spf_aligned_rate", "float", "0..1", "spf_aligned / messages"),
    Column("dkim_aligned_rate", "float", "0..1", "dkim_aligned / messages"),
    Column("spf_pass_rate", "float", "0..1", "spf_pass / messages"),
    Column("dkim_pass_rate", "float", "0..1", "dkim_pass / messages"),
)

SEEN: Contract = (
    Column("first_seen", "day", "UTC day", "first day with a message, over all data of the domain filter"),
    Column("last_seen", "day", "UTC day", "last day with a message, over all data of the domain filter"),
)

DAY = Column("day", "day", "UTC day", "day of the middle of the report's period")
SERVICE = Column("service", "text", "", "who runs the source: service, else network name, else `unknown network`")
SERVICE_KIND = Column("service_kind", "text", "", "what kind of service it is; missing for a bare network")
