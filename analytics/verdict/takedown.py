"""The addresses that send as us without being allowed, with the evidence that their owners ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.frames import Column, Contract, checked, columns
from analytics.labels import NO_ADDRESS
from analytics.verdict.answers import EVIDENCE
from analytics.verdict.grouping import envelope
from analytics.verdict.unauthorized import added

if TYPE_CHECKING:
    from collections.abc import Callable

TAKEDOWN: Contract = (
    Column("source_ip", "text", "", "the address, or `(no valid address)`"),
    Column("reverse_name", "text", "", "its reverse name; missing: none, or it was not looked up"),
    Column("asn", "int?", "", "number of its network"),
    Column("as_name", "text", "", "its network"),
    Column("country", "text", "", "its country, two letters"),
    Column("first_day", "day", "UTC day", "first day in the window"),
    Column("last_day", "day", "UTC day", "last day in the window"),
    Column("messages", "int", "messages", "all of them"),
    Column("header_froms", "text", "", "domains in From:, most messages first, joined by a comma"),
    Column("envelopes", "text", "", "domains of MAIL FROM, else of the SPF check, likewise"),
    Column("spf_results", "text", "", "results of SPF, likewise"),
    Column("reporters", "text", "", "who said so, in alphabetical order, likewise"),
    Column("evidence", "text", "", "what receivers saw, in words, most messages first"),
)
_SEEN = ["source_ip", "header_from", *columns(EVIDENCE)]


def takedown(cases: pd.DataFrame, tell: Callable[[pd.DataFrame], str]) -> pd.DataFrame:
    """`TAKEDOWN` of `unauthorized.chosen`: one row per address, most messages first.

    Args:
        cases: see `unauthorized.chosen`.
        tell: what receivers saw, in words; gets all that was seen of one address: messages, header_from and EVIDENCE, most messages
            first; of envelope_from only whether it is empty.
    """
    of = cases.assign(source_ip=cases["source_ip"].fillna(NO_ADDRESS), envelope=envelope(cases))
    frame = added(of, ["source_ip"]).drop(columns=["reporters", "header_froms"])
    told = {
        "reverse_name": of.groupby("source_ip")["reverse_name"].first(),
        "header_froms": _joined(of, "header_from"),
        "envelopes": _joined(of, "envelope"),
        "spf_results": _joined(of.assign(spf_result=of["spf_result"].fillna("not reported")), "spf_result"),
        "reporters": of[["source_ip", "reporters"]].explode("reporters").groupby("source_ip")["reporters"].agg(_listed),
        "evidence": _evidence(of, tell),
    }
    frame = frame.assign(**{name: frame["source_ip"].map(values) for name, values in told.items()})
    frame = frame[columns(TAKEDOWN)]
    return checked(frame.sort_values(["messages", "source_ip"], ascending=[False, True]), TAKEDOWN)


def _joined(of: pd.DataFrame, name: str) -> pd.Series[Any]:
    """The different texts of each address, most messages first."""
    sums = of.groupby(["source_ip", name])["messages"].sum().reset_index()
    ranked = sums.sort_values(["messages", name], ascending=[False, True])
    return ranked.groupby("source_ip")[name].agg(", ".join)


def _listed(names: pd.Series[Any]) -> str:
    return ", ".join(sorted(set(names.dropna())))


def _evidence(of: pd.DataFrame, tell: Callable[[pd.DataFrame], str]) -> pd.Series[Any]:
    null_sender = of["envelope_from"].where(of["envelope_from"].eq(""))  # many reporters leave other domains out
    sums = of.assign(envelope_from=null_sender).groupby(_SEEN, dropna=False)["messages"].sum().reset_index()
    ranked = sums.sort_values(["messages", *_SEEN], ascending=[False, *[True] * len(_SEEN)], kind="stable")
    return pd.Series({address: tell(rows) for address, rows in ranked.groupby("source_ip")}, dtype=object)
