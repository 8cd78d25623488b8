"""Which service a record's mail came through, in plain Python, for one record; many are matched in SQL with the same table.

Evidence is ordered by how hard it is to share or to fake:

1. the domain of a signature that is the vendor's own (`d=sendgrid.net`): only the vendor holds the key;
2. a selector that only this vendor makes customers use, under the customer's own domain;
3. the domain of MAIL FROM: bounces go back to the vendor;
4. the reverse name of the address: the vendor's network delivered it;
5. the name in parsedmarc's map: the same, for the whole of a domain, told by others;
6. the network (AS): anything else of the vendor may live there, too.

Within one kind the longest domain wins. What says who made the mail (1-3) stands before who delivered it (4-6), because
mail is forwarded: a signature survives that, so the first match is the service that made it and a later match by
address is the one that passed it on. Whether the sender is one of *our* accounts there, none of this can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from analytics.services.model import Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analytics.services.catalogue import Catalogue
    from analytics.services.model import Pattern

_WHOLE = {"map_names", "asns"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a record and its source say. Only signatures and MAIL FROM domains that passed prove anything: give those."""

    signatures: tuple[tuple[str, str], ...] = ()  # d= and s= of each
    envelope_domain: str | None = None
    reverse_name: str | None = None
    map_name: str | None = None
    asn: int | None = None


class Match(NamedTuple):
    """A service, and what of the evidence met which pattern of it."""

    service: str
    field: str
    pattern: str
    value: str
    strength: int


def recognise(evidence: Evidence, catalogue: Catalogue) -> list[Match]:
    """The services that the evidence speaks for, the strongest evidence first; each service and kind of evidence once."""
    best: dict[tuple[str, str], Match] = {}
    for strength, value in _values(evidence):
        pattern = _pattern(catalogue, strength.field, value)
        if pattern is not None:
            match = Match(pattern.service, pattern.field, pattern.pattern, value, pattern.strength)
            best.setdefault((match.service, match.field), match)
    return sorted(best.values(), key=lambda match: match.strength)


def _values(evidence: Evidence) -> Iterator[tuple[Strength, str]]:
    for domain, selector in evidence.signatures:
        yield Strength.DKIM_DOMAINS, _host(domain)
        yield Strength.DKIM_SELECTORS, selector.lower()
    if evidence.envelope_domain:
        yield Strength.ENVELOPE_DOMAINS, _host(evidence.envelope_domain)
    if evidence.reverse_name:
        yield Strength.REVERSE_NAMES, _host(evidence.reverse_name)
    if evidence.map_name:
        yield Strength.MAP_NAMES, evidence.map_name
    if evidence.asn is not None:
        yield Strength.ASNS, str(evidence.asn)


def _host(name: str) -> str:
    return name.lower().rstrip(".")


def _pattern(catalogue: Catalogue, field: str, value: str) -> Pattern | None:
    key = field, value
    if key not in catalogue.found:
        catalogue.found[key] = _looked_up(catalogue.by_pattern.get(field, {}), field, value)
    return catalogue.found[key]


def _looked_up(of_field: dict[str, Pattern], field: str, value: str) -> Pattern | None:
    if field == Strength.DKIM_SELECTORS.field:
        fitting = [pattern for glob, pattern in of_field.items() if fnmatchcase(value, glob)]
        return max(fitting, key=lambda pattern: len(pattern.pattern), default=None)
    if field in _WHOLE:
        return of_field.get(value)
    labels = value.split(".")
    tails = (".".join(labels[start:]) for start in range(len(labels)))
    return next((of_field[tail] for tail in tails if tail in of_field), None)
