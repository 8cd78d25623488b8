"""Whose mail it was: the verdicts of a window, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.frames import SERVICE, SERVICE_KIND, Column, Contract, checked, columns
from analytics.labels import NO_ADDRESS
from analytics.verdict.cases import cases
from analytics.verdict.rules import Side
from analytics.verdict.signals import Inventory, with_signals
from analytics.verdict.verdicts import judged

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    from analytics.reader import Reader
    from analytics.verdict.signals import Catalogue, Senders
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
SPLIT: Contract = (
    Column("side", "text", "", "a value of Side; each stands once"),
    Column("messages", "int", "messages", "all of them"),
    Column("share", "float", "0..1", "messages / all messages of the window; NaN without messages"),
    Column("dmarc_pass", "int", "messages", "passed DMARC"),
    Column("quarantined", "int", "messages", "failed DMARC and were quarantined, says the reporter"),
    Column("rejected", "int", "messages", "failed DMARC and were rejected, says the reporter"),
)
_ROW = ["side", "verdict", "kind", "rule_id", "service", "service_kind", "header_from", "service_id", "entry_id"]
_MISSING = ("service_kind", "service_id", "entry_id")


def judged_cases(
    reader: Reader, window: Window, senders: Senders, catalogue: Catalogue, *, inventory: Inventory | None = None
) -> pd.DataFrame:
    """Every case of the window with its signals and its verdict: what the other answers add up.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    return judged(with_signals(cases(reader, window), senders, catalogue, inventory or Inventory()))


def verdicts(found: pd.DataFrame) -> pd.DataFrame:
    """`VERDICTS` of `judged_cases`: one row per verdict, service and header_from, most messages first.

    The evidence of a row is that of its biggest case.
    """
    named = found.assign(service=found["group"], source_ip=found["source_ip"].fillna(NO_ADDRESS))
    named = named.assign(**{name: named[name].fillna("") for name in _MISSING})
    ordered = named.sort_values(["messages", *_ROW], ascending=False, kind="stable")
    by = ordered.groupby(_ROW, sort=True)
    total = found["messages"].sum()
    frame = (
        by[["confidence", *columns(EVIDENCE)]]
        .agg(_first)
        .assign(
            **by[["messages", "quarantined", "rejected", "records"]].sum(),
            sources=by["source_ip"].nunique(),
            reporters=by["reporters"].agg(lambda lists: len({name for names in lists for name in names})),
            first_day=by["day"].min(),
            last_day=by["day"].max(),
        )
    )
    frame = frame.reset_index()
    frame["share"] = frame["messages"] / total if total else float("nan")
    frame = frame.assign(**{name: frame[name].where(frame[name].ne(""), None) for name in _MISSING})
    return checked(frame.sort_values(["messages", *_ROW], ascending=[False, *[True] * len(_ROW)]), VERDICTS)


def split(found: pd.DataFrame) -> pd.DataFrame:
    """`SPLIT` of `judged_cases`: all mail on its sides, in the order of `Side`, also those without mail."""
    counted = found.assign(dmarc_pass=found["messages"].where(found["passes"], 0))
    sums = counted.groupby("side")[["messages", "dmarc_pass", "quarantined", "rejected"]].sum()
    frame = sums.reindex([str(side) for side in Side], fill_value=0).rename_axis("side").reset_index()
    total = float(frame["messages"].sum())
    frame["share"] = frame["messages"] / total if total else float("nan")
    return checked(frame, SPLIT)


def _first(values: pd.Series[Any]) -> object:
    """What the biggest case says, even when that is nothing."""
    return values.iloc[0]
