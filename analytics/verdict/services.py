"""The catalogue of services, asked about all cases of a window at once: each different evidence is looked at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.services.model import Kind, Strength
from analytics.services.recognise import Evidence, recognise

if TYPE_CHECKING:
    from analytics.services.catalogue import Catalogue
    from analytics.services.recognise import Match

PASSES_ON = {
    Kind.MAILBOX,
    Kind.GATEWAY,
    Kind.FORWARDER,
    Kind.HOSTING,
    Kind.ISP,
}  # mail of others leaves from there, too
_LOOKED_AT = (
    *("our_domain", "our_selector", "our_result", "other_domain", "other_selector", "spf_domain", "spf_result"),
    *("reverse_name", "service", "asn"),
)


class Recognised:
    """`signals.Catalogue` by the services of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def recognised(self, cases: pd.DataFrame) -> pd.DataFrame:
        """See `signals.Catalogue`. The service is the one that made the mail, and what passes mail on is the one that delivered it."""
        looked_at = cases[list(_LOOKED_AT)].astype(object)
        keys = list(looked_at.where(looked_at.notna(), None).itertuples(index=False, name=None))
        known = {key: self._told(dict(zip(_LOOKED_AT, key, strict=True))) for key in dict.fromkeys(keys)}
        columns = ("service_id", "forwards", "lists", "generic")
        found = pd.DataFrame([known[key] for key in keys], columns=list(columns), index=cases.index)
        return found.astype({"service_id": object, "forwards": bool, "lists": bool, "generic": bool})

    def _told(self, case: dict[str, Any]) -> tuple[str | None, bool, bool, bool]:
        ours = (case["our_domain"], case["our_selector"] or "") if case["our_result"] == "pass" else None
        other = (case["other_domain"], case["other_selector"] or "") if case["other_domain"] else None
        evidence = Evidence(
            signatures=tuple(signature for signature in (other, ours) if signature is not None),
            envelope_domain=case["spf_domain"] if case["spf_result"] == "pass" else None,
            reverse_name=case["reverse_name"],
            map_name=case["service"],
            asn=None if case["asn"] is None else int(case["asn"]),
        )
        matches = recognise(evidence, self._catalogue)
        if not matches:
            return None, False, False, False
        by_id = self._catalogue.by_id
        delivered = next((by_id[match.service] for match in matches if match.strength >= Strength.REVERSE_NAMES), None)
        forwards = delivered is not None and (bool(delivered.forwards) or delivered.kind in PASSES_ON)
        lists = any(by_id[match.service].kind is Kind.LIST for match in matches)
        generic = any(map(_generic, matches))
        return matches[0].service, forwards, lists, generic


def _generic(match: Match) -> bool:
    """Whether every customer has it: a d= below that of the service is the account of one (`example.onmicrosoft.com`)."""
    exactly = match.field == Strength.DKIM_DOMAINS.field and match.value == match.pattern
    return exactly or match.field == Strength.ENVELOPE_DOMAINS.field
