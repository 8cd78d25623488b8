"""What a line of unauthorized mail is about: network, country, envelope, pattern, address or name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from analytics.labels import NO_ADDRESS, NO_ENVELOPE, NULL_SENDER, UNKNOWN_COUNTRY, UNKNOWN_NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


class By(StrEnum):
    """What unauthorized mail has a line for."""

    NETWORK = "network"
    COUNTRY = "country"
    ENVELOPE = "envelope"
    PATTERN = "pattern"
    SOURCE = "source"
    NAME = "name"


def line_of(cases: pd.DataFrame, by: By) -> pd.Series[Any]:
    """For each case of `judged_cases` the line that it belongs to, as text, never missing."""
    lines: dict[By, Callable[[pd.DataFrame], pd.Series[Any]]] = {
        By.NETWORK: _network,
        By.COUNTRY: lambda frame: frame["country"].mask(frame["country"].eq("")).fillna(UNKNOWN_COUNTRY),
        By.ENVELOPE: envelope,
        By.PATTERN: _pattern,
        By.SOURCE: lambda frame: frame["source_ip"].fillna(NO_ADDRESS),
        By.NAME: lambda frame: frame["header_from"],
    }
    return lines[by](cases).astype(object)


def envelope(cases: pd.DataFrame) -> pd.Series[Any]:
    """The domain of MAIL FROM; where it was not reported, the one that SPF was checked for, unless that was HELO."""
    checked = cases["spf_domain"].mask(cases["spf_scope"].eq("helo"))
    told = cases["envelope_from"].fillna(checked).fillna(NO_ENVELOPE)
    return told.mask(told.eq(""), NULL_SENDER)


def _network(cases: pd.DataFrame) -> pd.Series[Any]:
    """`Example Net (AS64500)`."""
    number = cases["asn"].astype("Int64").astype(object).map(lambda asn: f"AS{asn}", na_action="ignore").astype("str")
    name = cases["as_name"].mask(cases["as_name"].eq("")).astype("str")
    both = name + " (" + number + ")"
    return both.fillna(name).fillna(number).fillna(UNKNOWN_NETWORK)


def _pattern(cases: pd.DataFrame) -> pd.Series[Any]:
    """`dkim=none spf=fail`: the signature of the author's own domain, else that a stranger's passed; and the SPF check that says most."""
    ours, other = cases["our_domain"].notna(), cases["other_domain"].notna()
    dkim = cases["our_result"].fillna("no result").where(ours, "none").mask(~ours & other, "pass (elsewhere)")
    # Where it passed for MAIL FROM and the mail is not ours, it passed for somebody else: else it would have been aligned.
    elsewhere = cases["spf_result"].eq("pass") & ~cases["spf_scope"].eq("helo") & ~cases["spf_aligned"]
    return "dkim=" + dkim + " spf=" + cases["spf_result"].fillna("not reported").mask(elsewhere, "pass (elsewhere)")
