"""Source address → country, network and service, from parsedmarc's bundled files, once per distinct address.

The same answers as parsedmarc's own `get_ip_address_info`, which opens its database anew for every address: here one reader stays open.
"""

from __future__ import annotations

import csv
import ipaddress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ingest.bundled import resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Source:
    """What is known about one address. None means: not known."""

    source_ip: str
    reverse_name: str | None = None
    country: str | None = None  # ISO 3166 alpha-2
    asn: int | None = None
    as_name: str | None = None
    as_domain: str | None = None
    service: str | None = None
    service_kind: str | None = None


class LocalEnricher:
    """Looks addresses up in files that ship with parsedmarc. No network."""

    def look_up(self, addresses: Iterable[str], reverse_names: Mapping[str, str | None] | None = None) -> list[Source]:
        """One `Source` for each address, in order.

        Args:
            addresses: canonical IP addresses.
            reverse_names: reverse DNS names where they are known; they name the service better than the network does.
        """
        names = reverse_names or {}
        return [self._source(address, names.get(address)) for address in addresses]

    @staticmethod
    def _source(address: str, reverse_name: str | None) -> Source:
        network = _network(address)
        service, kind = _service(reverse_name, network.get("as_domain"), network.get("as_name"))
        return Source(
            source_ip=address,
            reverse_name=reverse_name,
            country=network.get("country"),
            asn=network.get("asn"),
            as_name=network.get("as_name"),
            as_domain=network.get("as_domain"),
            service=service,
            service_kind=kind,
        )


def is_public(address: str) -> bool:
    """Whether anybody outside may know about the address: never ask DNS about others."""
    return ipaddress.ip_address(address).is_global


@cache
def _reader() -> Any:
    import maxminddb

    return maxminddb.open_database(str(resources() / "ipinfo" / "ipinfo_lite.mmdb"), maxminddb.MODE_AUTO)


@cache
def _service_names() -> dict[str, tuple[str, str | None]]:
    """Base domain in lower case → name and kind of the service, as parsedmarc's `load_reverse_dns_map` reads its bundled map."""
    with (resources() / "maps" / "base_reverse_dns_map.csv").open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        header = next(lines)
        place = tuple(header.index(column) for column in ("base_reverse_dns", "name", "type"))
        columns = tuple(zip(*filter(None, lines), strict=True))
    base, name, kind = (map(str.strip, columns[number]) for number in place)
    return dict(zip(map(str.lower, base), zip(name, kind, strict=True), strict=True))


def _network(address: str) -> dict[str, Any]:
    found = _reader().get(address)
    if not isinstance(found, dict):
        return {}
    asn = str(found.get("asn") or "").upper().removeprefix("AS")
    return {
        "country": found.get("country_code"),
        "asn": int(asn) if asn.isdigit() else None,
        "as_name": found.get("as_name") or None,
        "as_domain": (found.get("as_domain") or "").lower() or None,
    }


def _service(reverse_name: str | None, as_domain: str | None, as_name: str | None) -> tuple[str | None, str | None]:
    """Name and kind: by the reverse name's domain, else by the network's domain, else the network's own name."""
    if reverse_name is None:
        return _service_names().get(as_domain or "", (as_name, None))
    from parsedmarc.utils import get_base_domain

    base = get_base_domain(reverse_name)
    return _service_names().get(base.lower().strip(), (base, None)) if base is not None else (None, None)
