"""A registry and a catalogue of services, as small as a test wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping


GENERIC = "vendor.example"  # signs and bounces for every customer of every service


class Senders:
    """Knows some addresses: source_ip → (proof, decision)."""

    def __init__(self, **_: object) -> None:
        self.known: dict[str, tuple[str, str]] = {}

    def match(self, cases: pd.DataFrame) -> pd.DataFrame:
        found = [self.known.get(str(ip)) for ip in cases["source_ip"]]
        return pd.DataFrame(
            {
                "entry_id": [one and "entry" for one in found],
                "proof": [one and one[0] for one in found],
                "decision": [one and one[1] for one in found],
            },
            index=cases.index,
            dtype=object,
        ).assign(by_address=[one is not None for one in found])


class Catalogue:
    """Knows some services by their name: service → what it does besides sending ('', 'forwards', 'lists')."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known

    def recognised(self, cases: pd.DataFrame) -> pd.DataFrame:
        names = cases["service"].map(lambda name: name if name in self.known else None)
        does = names.map(lambda name: self.known.get(name, ""))
        return pd.DataFrame(
            {
                "service_id": names.astype(object),
                "forwards": does.eq("forwards").astype(bool),
                "lists": does.eq("lists").astype(bool),
                "generic": (cases["other_domain"].eq(GENERIC) | cases["spf_domain"].eq(GENERIC)).astype(bool),
            },
            index=cases.index,
        )
