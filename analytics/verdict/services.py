"""The catalogue of services, asked about all cases at once: each different evidence and each address is looked at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics.services.model import Kind, Strength
from analytics.services.recognise import Evidence, recognise
from analytics.verdict.material import codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from analytics.services.catalogue import Catalogue
    from analytics.services.recognise import Match
    from analytics.verdict.material import Cases, Material, Table

PASSES_ON = {
    Kind.MAILBOX,
    Kind.GATEWAY,
    Kind.FORWARDER,
    Kind.HOSTING,
    Kind.ISP,
}  # mail of others leaves from there, too
_SEEN = ("our_domain", "our_selector", "our_result", "other_domain", "other_selector", "spf_domain", "spf_result")
_KNOWN = ("reverse_name", "service")


class Recognised:
    """`signals.Catalogue` by the services of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._material: Material | None = None

    def recognised(self, cases: Cases) -> Mapping[str, npt.NDArray[Any]]:
        """See `signals.Catalogue`. The service is the one that made the mail, and what passes mail on is the one that delivered it."""
        if self._material is not cases.material:
            self._material = cases.material
            self._made = _each(cases.material.evidence, _SEEN, self._by_evidence)
            self._delivered = _each(cases.material.addresses, (*_KNOWN, "asn"), self._by_address)
        made, delivered = self._made[cases.evidence], self._delivered[cases.address]
        return {
            "service_id": np.where(pd.notna(made[:, 0]), made[:, 0], delivered[:, 0]),
            "forwards": delivered[:, 1].astype(bool),
            "lists": made[:, 1].astype(bool) | delivered[:, 2].astype(bool),
            "generic": made[:, 2].astype(bool),
        }

    def _by_evidence(self, case: dict[str, Any]) -> tuple[str | None, bool, bool]:
        """Which service made the mail, whether it hosts lists, and whether what passed is that of all its customers."""
        ours = (case["our_domain"], case["our_selector"] or "") if case["our_result"] == "pass" else None
        other = (case["other_domain"], case["other_selector"] or "") if case["other_domain"] else None
        matches = recognise(
            Evidence(
                signatures=tuple(signature for signature in (other, ours) if signature is not None),
                envelope_domain=case["spf_domain"] if case["spf_result"] == "pass" else None,
            ),
            self._catalogue,
        )
        return _first(matches), self._lists(matches), any(map(_generic, matches))

    def _by_address(self, case: dict[str, Any]) -> tuple[str | None, bool, bool]:
        """Which service delivered the mail, whether it passes on mail of others, and whether it hosts lists."""
        number = case["asn"]
        matches = recognise(
            Evidence(
                reverse_name=case["reverse_name"],
                map_name=case["service"],
                asn=int(float(number)) if number is not None else None,
            ),
            self._catalogue,
        )
        service = self._catalogue.by_id[matches[0].service] if matches else None
        forwards = service is not None and (bool(service.forwards) or service.kind in PASSES_ON)
        return _first(matches), forwards, self._lists(matches)

    def _lists(self, matches: list[Match]) -> bool:
        return any(self._catalogue.by_id[match.service].kind is Kind.LIST for match in matches)


def _each(
    table: Table, names: tuple[str, ...], tell: Callable[[dict[str, Any]], tuple[str | None, bool, bool]]
) -> npt.NDArray[Any]:
    """What is told of each row, three columns; rows that agree are looked at once."""
    if not len(table):
        return np.empty((0, 3), dtype=object)
    which, first = np.unique(codes(*(table.coded(name)[0] for name in names)), return_index=True)
    columns = [table.texts(name)[first] for name in names]
    told = np.empty((len(which), 3), dtype=object)
    for row, values in enumerate(zip(*columns, strict=True)):
        told[row] = tell(dict(zip(names, values, strict=True)))
    return told[codes(*(table.coded(name)[0] for name in names))]


def _first(matches: list[Match]) -> str | None:
    return matches[0].service if matches else None


def _generic(match: Match) -> bool:
    """Whether every customer has it: a d= below that of the service is the account of one (`example.onmicrosoft.com`)."""
    exactly = match.field == Strength.DKIM_DOMAINS.field and match.value == match.pattern
    return exactly or match.field == Strength.ENVELOPE_DOMAINS.field
