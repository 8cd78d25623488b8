"""The registry of senders, asked about all cases of a window at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.registry.cases import matched
from ingest.rules import RuleKind

if TYPE_CHECKING:
    import pandas as pd

    from analytics.registry.order import Registry


class Registered:
    """`signals.Senders` by the entries of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def match(self, cases: pd.DataFrame) -> pd.DataFrame:
        """See `signals.Senders`: each case is asked about on its own day. A signature that did not pass names an entry, and proves nothing."""
        told = matched(self._registry, cases)
        found = told[["entry_id", "proof", "decision"]].astype(object)
        found = found.where(found.notna(), None)
        proof = found["proof"].mask(told["broken"].astype(bool), None)
        return found.assign(proof=proof, by_address=told["rule"].fillna("").str.startswith(f"{RuleKind.IP}:"))
