"""Which mail fails DMARC, and why: ranked by failing messages."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from analytics.ask import ask
from analytics.frames import SERVICE, SERVICE_KIND, Column, Contract, checked
from analytics.senders import TREATED

if TYPE_CHECKING:
    import pandas as pd

    from analytics.reader import Reader
    from analytics.window import Window


class Cause(StrEnum):
    """Why a message failed. Decided per record by the view `record_outcome` of the store, first match in this order."""

    DKIM_BROKEN = "dkim_broken"  # a signature of our own domain is there and does not verify
    TEMPORARY = "temporary"  # a check that would have counted ended in temperror
    NOT_ALIGNED_BOTH = "not_aligned_both"  # SPF and DKIM passed, both for another domain
    DKIM_NOT_ALIGNED = "dkim_not_aligned"  # only DKIM passed, for another domain
    SPF_NOT_ALIGNED = "spf_not_aligned"  # only SPF passed, for another domain
    NO_AUTHENTICATION = "no_authentication"  # nothing passed


FAILING: Contract = (
    SERVICE,
    SERVICE_KIND,
    Column("header_from", "text", "", "domain in From:, or `(no domain)`"),
    Column("cause", "text", "", "a value of Cause"),
    Column("failing", "int", "messages", "failed DMARC for this cause"),
    Column("messages", "int", "messages", "all of this service with this header_from, passed or not"),
    Column("share", "float", "0..1", "failing / all failing messages of the window"),
    Column("sources", "int", "addresses", "different source_ip that fail so"),
    Column("dkim_domain", "text", "", "d= of the signature most failing messages show; missing: no signature"),
    Column("dkim_selector", "text", "", "its s="),
    Column("dkim_result", "text", "", "its result"),
    Column("spf_domain", "text", "", "domain of their SPF check; missing: none reported"),
    Column("spf_result", "text", "", "its result"),
    *TREATED,
    Column("first_seen", "day", "UTC day", "first day this service, header_from and cause failed, over all data"),
    Column("last_seen", "day", "UTC day", "last such day"),
)


def failing(reader: Reader, window: Window, *, limit: int = 200) -> pd.DataFrame:
    """The biggest failures (`FAILING`), one row per service, header_from and cause, most failing messages first.

    `share` is of all failing messages, also those past `limit`.
    """
    frame = ask(reader, "failing", window.parameters() | {"limit": limit})
    total = frame.pop("total_failing").astype("float64")
    frame["share"] = frame["failing"] / total.where(total > 0)
    return checked(frame, FAILING)
