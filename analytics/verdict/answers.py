"""Whose mail it was: the verdicts of a window, added up in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.ask import ask
from analytics.frames import DAY, SERVICE, SERVICE_KIND, Column, Contract, checked, columns
from analytics.verdict.rules import Side

if TYPE_CHECKING:
    import pandas as pd

    from analytics.reader import Reader
    from analytics.window import Window

EVIDENCE: Contract = (
    Column("our_domain", "text", "", "d= of a signature of header_from's own domain; missing: there was none"),
    Column("our_selector", "text", "", "its s="),
    Column("our_result", "text", "", "its result"),
    Column("other_domain", "text", "", "d= of a signature of another domain that passed; missing: there was none"),
    Column("other_selector", "text", "", "its s="),
    Column("envelope_from", "text", "", "domain of MAIL FROM; empty: null sender; missing: not reported"),
    Column("spf_domain", "text", "", "domain that SPF was checked for"),
    Column("spf_result", "text", "", "its result"),
    Column("override", "text", "", "reasons of the reporter, joined by a space"),
)
VERDICTS: Contract = (
    Column("side", "text", "", "a value of Side"),
    Column("verdict", "text", "", "a value of Verdict"),
    Column("kind", "text", "", "which sort of it"),
    Column("rule_id", "text", "", "the rule that said so"),
    Column("confidence", "text", "", "high, medium or low; of most of the messages"),
    SERVICE,
    SERVICE_KIND,
    Column("header_from", "text", "", "domain in From:, in lower case"),
    Column("service_id", "text", "", "service of the catalogue; missing: none is recognised"),
    Column("entry_id", "text", "", "entry of the registry of senders; missing: none matches"),
    Column("act_no", "int?", "", "opinion of a person that stands in place of the rules; missing: none"),
    Column("said_by", "text", "", "who said so"),
    Column("said_why", "text", "", "in their words"),
    Column("said_until", "day", "UTC day", "last day of mail for which it holds; missing: for ever"),
    Column("messages", "int", "messages", "all of them"),
    Column("share", "float", "0..1", "messages / all messages of the window"),
    Column("quarantined", "int", "messages", "failed DMARC and were quarantined, says the reporter"),
    Column("rejected", "int", "messages", "failed DMARC and were rejected, says the reporter"),
    Column("records", "int", "records", "accepted records"),
    Column("sources", "int", "addresses", "different source_ip"),
    Column("reporters", "int", "reporters", "who said so"),
    Column("first_day", "day", "UTC day", "first day in the window"),
    Column("last_day", "day", "UTC day", "last day in the window"),
    *EVIDENCE,
)
_PARTS: Contract = (
    Column("messages", "int", "messages", "all of them"),
    Column("dmarc_pass", "int", "messages", "passed DMARC"),
    Column("quarantined", "int", "messages", "failed DMARC and were quarantined, says the reporter"),
    Column("rejected", "int", "messages", "failed DMARC and were rejected, says the reporter"),
)
_SIDE = Column("side", "text", "", "a value of Side; each stands once")
SPLIT: Contract = (
    _SIDE,
    *_PARTS,
    Column("share", "float", "0..1", "messages / all messages of the window; NaN without messages"),
)
SPLIT_DAYS: Contract = (DAY, Column("side", "text", "", "a value of Side"), *_PARTS)
_COUNTED = columns(_PARTS)


def verdicts(
    reader: Reader, window: Window, *, service: str | None = None, source_ip: str | None = None
) -> pd.DataFrame:
    """`VERDICTS`: one row per verdict, service and header_from, most messages first; the evidence is that of its biggest case.

    Args:
        reader: the database, whose verdicts are up to date (`known.bring_up_to_date`).
        window: days and policy domain.
        service: only this one, as pages name it; None: all.
        source_ip: only this address.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    asked = window.parameters() | {"service": service, "source_ip": source_ip}
    with reader.asking() as asking:
        total = int(split(asking, window)["messages"].sum())
        frame = ask(asking, "verdict_lines", asked)
    share = frame["messages"] / total if total else frame["messages"] * float("nan")
    return checked(frame.assign(share=share), VERDICTS)


def split_days(reader: Reader, window: Window, *, service: str | None = None) -> pd.DataFrame:
    """`SPLIT_DAYS`: all mail on its sides, one row per day and side that has mail.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    return checked(ask(reader, "verdict_split", window.parameters() | {"service": service}), SPLIT_DAYS)


def split(reader: Reader, window: Window, *, service: str | None = None) -> pd.DataFrame:
    """`SPLIT`: the same of all days, in the order of `Side`, also sides without mail.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    sums = split_days(reader, window, service=service).groupby("side")[_COUNTED].sum()
    frame = sums.reindex([str(side) for side in Side], fill_value=0).rename_axis("side").reset_index()
    total = float(frame["messages"].sum())
    frame["share"] = frame["messages"] / total if total else float("nan")
    return checked(frame, SPLIT)
